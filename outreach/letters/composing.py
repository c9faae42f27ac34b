"""From a coordinator's Markdown to both parts of a mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a mail is, as far as its looks go."""

    LETTER = "letter"  #: with its subject as a title
    NOTICE = "notice"  #: a short message about something that was done


@dataclass(frozen=True)
class Letterhead:
    """Who sends, above and below every mail."""

    sender_name: str
    subtitle: str
    postal_address: str
    email: str
    phone: str


@dataclass(frozen=True)
class Foot:
    """What the product puts below a letter, for the griffie."""

    why: str  #: "U krijgt deze mail omdat …", one or two sentences
    answer_links: tuple[tuple[str, str], ...]  #: (label, URL), of equal weight
    answer_url: str  #: the page with all answers
    no_more_mail_url: str
    other_address_url: str
    forward_text: str = ""  #: Markdown, for the griffie to send on; names nobody
    card: tuple[tuple[str, str], ...] = ()  #: the griffiekaart: (label, value)
    answer_words: tuple[str, ...] = ()  #: per answer link: the one word that answers as well


@dataclass(frozen=True)
class Quoted:
    """The original below a reminder: its date and its words, never its answer links."""

    date: str  #: "23 maart 2026"
    text: str  #: see `Template.plain`


@dataclass(frozen=True)
class Content:
    """One mail's words, ready to be sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Template:
    """One version of a step's text, made ready once."""

    subject: str

    def fill(
        self,
        values: Mapping[str, str],
        *,
        look: Letterhead,
        foot: Foot | None = None,
        quoted: Quoted | None = None,
    ) -> Content:
        """The mail of one recipient."""
        raise NotImplementedError

    def plain(self, values: Mapping[str, str]) -> str:
        """The covering mail alone as unwrapped text, for `Quoted`."""
        raise NotImplementedError


def prepare(subject: str, mail_markdown: str, *, kind: Kind | str = Kind.LETTER) -> Template:
    """Read a step's text once, so that filling it is cheap."""
    raise NotImplementedError
