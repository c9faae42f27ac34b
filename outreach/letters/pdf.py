"""The letter as a PDF on letterhead, made by typst."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Signatory:
    name: str
    role: str = ""


@dataclass(frozen=True)
class PdfLetter:
    """Everything that one PDF letter says. Empty facts are left out."""

    title: str  #: above the letter; as a rule the subject
    sender: str
    day: date  #: the day its step is planned for
    subject: str
    text: str  #: Markdown, with its placeholders filled
    addressee: tuple[str, ...]  #: lines of the address window, see `addressee_lines`
    addressee_short: str  #: "de gemeenteraad van Zeist", for the head of later pages
    sender_lines: tuple[str, ...] = ()  #: postal address, phone, e-mail, site
    salutation: str = ""  #: left out when the text begins with its own
    our_reference: str = ""
    your_reference: str = ""
    attachments: tuple[str, ...] = ()
    closing: str = ""  #: "Met vriendelijke groet,"; left out when the text has its own
    on_behalf_of: str = ""
    signatories: tuple[Signatory, ...] = ()
    cosigners: tuple[str, ...] = ()  #: "Deze brief sturen wij mede namens …"
    summary: str = ""  #: for the document's properties
    keywords: tuple[str, ...] = ()


def make(letter: PdfLetter) -> bytes:
    """The PDF: tagged, PDF/UA-1 and PDF/A-2a, in Dutch."""
    raise NotImplementedError


def file_name(day: date, sender: str, body: str, gemeente: str, subject: str) -> str:
    """A name that stands alone in a list of documents."""
    raise NotImplementedError


def addressee_lines(body: str, gemeente: str, *, postal_address: str = "") -> tuple[str, ...]:
    """The address window of a letter to a body of a gemeente."""
    raise NotImplementedError


def addressee_short(body: str, gemeente: str) -> str:
    """The body within a sentence: "de gemeenteraad van Zeist"."""
    raise NotImplementedError
