"""The letter as a PDF on letterhead, made by typst: tagged, PDF/UA-1 and PDF/A-2a."""

import json
import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from outreach.errors import Invalid
from outreach.letters import dutch, markup
from outreach.letters.markup import Block, Document, Inline, one_line

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).with_name("letter.typ")
PRINT = Path(__file__).with_name("print.typ")
STANDARDS: "list[typst.PDFStandard]" = ["ua-1", "a-2a"]
#: What stands before ".pdf"; registers and file systems cut longer names (octets).
LONGEST_NAME = 150
#: A fact in the side column; what is longer pushes the others off the page.
_LONGEST_FACT = 160
_MONTHS = "|".join(dutch.MONTHS)
#: A date or a phone number stays on one line.
_TOGETHER = re.compile(rf"(\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?|0\d{{1,3}}(?: \d{{2,4}}){{2,4}})")
_POSTCODE = re.compile(r"(\d{4}) ?([A-Z]{2})\s+(.+)")
_BODIES = {
    "raad": "de gemeenteraad van {}",
    "college": "het college van burgemeester en wethouders van de gemeente {}",
}
_ATTENTION = {"raad": ("t.a.v. de griffie",)}


@dataclass(frozen=True)
class Signatory:
    name: str
    role: str = ""


@dataclass(frozen=True)
class Logo:
    """Of an organisation; `svg` is what `logos.clean` gave."""

    name: str
    svg: str


@dataclass(frozen=True)
class PdfLetter:
    """Everything that one PDF letter says. Empty facts are left out."""

    title: str  #: above the letter and in the document's properties
    sender: str
    day: date  #: the day its step is planned for
    subject: str
    text: str  #: Markdown with placeholders; its own aanhef and closing are recognised
    addressee: tuple[str, ...]  #: lines of the address window, see `addressee_lines`
    addressee_short: str  #: "de gemeenteraad van Zeist", for the head of later pages
    values: Mapping[str, str] = field(default_factory=dict)  #: for the text's placeholders
    subtitle: str = ""
    sender_lines: tuple[str, ...] = ()  #: postal address, phone, e-mail, site
    salutation: str = ""  #: used when the text does not begin with its own
    our_reference: str = ""
    your_reference: str = ""
    your_letter_of: str = ""  #: "26 maart 2026"
    place: str = ""  #: before the date; that of the sender's address unless given
    handled_by: str = ""
    phone: str = ""  #: of who handles it
    attachments: tuple[str, ...] = ()
    closing: str = ""  #: "Met vriendelijke groet,"; used when the text has none
    on_behalf_of: str = ""
    signatories: tuple[Signatory, ...] = ()  #: likewise
    cosigners: tuple[str, ...] = ()  #: "Deze brief sturen wij mede namens …"
    logo: str = ""  #: the sender's own, an SVG
    cosigner_logos: tuple[Logo, ...] = ()
    summary: str = ""  #: for the document's properties
    keywords: tuple[str, ...] = ()


class NoPdf(Invalid):
    """What typst cannot set, or what may not stand in a PDF/A."""


def make(letter: PdfLetter) -> bytes:
    """The PDF of one letter; equal letters give equal bytes.

    What no font can show (emoji, mostly) is left out: a PDF/A must be able to show it all.

    :raises NoPdf: the text cannot be set
    :raises MissingValue: a placeholder in the text without a value or a default
    """
    return typeset(TEMPLATE, _inputs(letter))


def make_many(
    letters: Sequence[tuple[str, PdfLetter]], *, title: str, says: str, day: date, duplex: bool
) -> bytes:
    """Letters to print in one tagged PDF: a list of them first, then each with its own pages.

    :param letters: whom each is to, in words, and the letter
    :param says: a sentence below the title
    :param duplex: let each begin on an odd page
    :raises NoPdf: they cannot be set
    """
    found = [{"to": to, "says": _inputs(letter)} for to, letter in letters]
    inputs = {
        "letters": json.dumps(found, ensure_ascii=False),
        "name": title,
        "says": says,
        "sender": letters[0][1].sender if letters else "",
        "sides": "2" if duplex else "1",
        "year": str(day.year),
        "month": str(day.month),
        "day": str(day.day),
    }
    return typeset(PRINT, inputs)


def typeset(template: Path, inputs: dict[str, str]) -> bytes:
    """A PDF of one of our templates and these values; equal values give equal bytes.

    What no font can show is left out, see `make`.

    :raises NoPdf: they cannot be set
    """
    try:
        try:
            return _compile(template, inputs)
        except _typst().TypstError:
            shown = {name: _showable(value) for name, value in inputs.items()}
            if shown == inputs:
                raise
            return _compile(template, shown)
    except _typst().TypstError as error:
        raise NoPdf(
            "Van deze tekst is geen PDF te maken. Haal heel lange stukken zonder alinea’s eruit."
        ) from error


def file_name(day: date, sender: str, body: str, gemeente: str, subject: str) -> str:
    """A name that stands alone in a list of documents, safe on every file system."""
    about = f"{day:%Y-%m-%d} Brief {sender} aan {body} {gemeente} - {subject}"
    name = unicodedata.normalize("NFC", one_line(re.sub(r'[/\\:*?"<>|]', " ", about)))
    name = re.sub(r" {2,}", " ", name)
    while len(name.encode()) > LONGEST_NAME:
        name = name[:-1]
    return f"{name.rstrip(' .-')}.pdf"


def addressee_lines(body: str, gemeente: str, *, postal_address: str = "") -> tuple[str, ...]:
    """The address window of a letter to a body of a gemeente."""
    lines = [part.strip() for part in re.split(r"[,\n]", postal_address) if part.strip()]
    # Post has two spaces between postcode and place.
    postal = [_POSTCODE.sub("\\1 \\2\u00a0\u00a0\\3", line) for line in lines]
    who = addressee_short(body, gemeente)
    return (who[:1].upper() + who[1:], *_ATTENTION.get(body, ()), *postal)


def addressee_short(body: str, gemeente: str) -> str:
    """The body within a sentence: "de gemeenteraad van Zeist"."""
    return _BODIES.get(body, "de gemeente {}").format(gemeente)


def _typst() -> Any:
    """Loaded with the first PDF: a process that only sends does without its seven megabytes."""
    import typst  # noqa: PLC0415

    return typst


class _Compiler:
    """One typst compiler of one template, kept: its fonts are read once."""

    def __init__(self, template: Path) -> None:
        self.lock = threading.Lock()
        self.typst = _typst().Compiler(str(template), ignore_system_fonts=True)


@cache
def _compiler(template: Path) -> _Compiler:
    return _Compiler(template)


def _compile(template: Path, inputs: dict[str, str]) -> bytes:
    compiler = _compiler(template)
    with compiler.lock:
        made = compiler.typst.compile(format="pdf", sys_inputs=inputs, pdf_standards=STANDARDS)
    return cast(bytes, made)  # several only for pictures of pages


def _inputs(letter: PdfLetter) -> dict[str, str]:
    document = markup.read(letter.text)
    salutation, blocks = _salutation(letter, document)
    blocks, closing, signatories = _signature(letter, blocks)
    tree = _Tree(document, letter.values)
    later = [f"{letter.sender} aan {letter.addressee_short}", dutch.long_date(letter.day)]
    if letter.our_reference:
        later.append(f"kenmerk {letter.our_reference}")
    lists: dict[str, Any] = {
        "keywords": letter.keywords,
        "sender_lines": letter.sender_lines,
        "addressee": letter.addressee,
        "facts": _facts(letter),
        "salutation": tree.inlines(salutation),
        "blocks": tree.blocks(blocks),
        "closing": tree.inlines(closing),
        "signatories": [tree.lines(lines) for lines in signatories],
        "cosigners": letter.cosigners,
        "logos": [{"name": one.name, "svg": one.svg} for one in letter.cosigner_logos],
    }
    strings = {
        "title": letter.title,
        "sender": letter.sender,
        "subtitle": letter.subtitle,
        "logo": letter.logo,
        "summary": letter.summary,
        "on_behalf_of": letter.on_behalf_of,
        "later_pages": ", ".join(later),
        "year": str(letter.day.year),
        "month": str(letter.day.month),
        "day": str(letter.day.day),
    }
    return strings | {name: json.dumps(value, ensure_ascii=False) for name, value in lists.items()}


def _facts(letter: PdfLetter) -> list[list[Any]]:
    """The side column: [label, line, …] for every fact there is, each line in `_words`."""
    towns = (m[3] for line in letter.sender_lines if (m := _POSTCODE.search(line)))
    place = letter.place or next(towns, "")
    day = dutch.long_date(letter.day)
    facts = [
        ("Onderwerp", (letter.subject,)),
        ("Plaats en datum", (f"{place}, {day}",)) if place else ("Datum", (day,)),
        ("Ons kenmerk", (letter.our_reference,)),
        ("Uw kenmerk", (letter.your_reference,)),
        ("Uw brief van", (letter.your_letter_of,)),
        ("Behandeld door", (letter.handled_by,)),
        ("Telefoon", (letter.phone,)),
        ("Bijlage" if len(letter.attachments) == 1 else "Bijlagen", letter.attachments),
    ]
    return [
        [label, *(_words(_short(line)) for line in lines)] for label, lines in facts if any(lines)
    ]


def _words(text: str) -> list[tuple[str, bool]]:
    """The text in parts, and whether each stays on one line."""
    return [(part, at % 2 == 1) for at, part in enumerate(_TOGETHER.split(text)) if part]


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _LONGEST_FACT else f"{text[: _LONGEST_FACT - 1].rstrip()}…"


def _salutation(
    letter: PdfLetter, document: Document
) -> tuple[tuple[Inline, ...], tuple[Block, ...]]:
    first = document.blocks[:1]
    if first and first[0].kind == "salutation":
        return first[0].inlines, document.blocks[1:]
    return _text(letter.salutation), document.blocks


_Signed = tuple[tuple[Block, ...], tuple[Inline, ...], list[list[tuple[Inline, ...]]]]


def _signature(letter: PdfLetter, blocks: tuple[Block, ...]) -> _Signed:
    """The text without its signature, the closing phrase, and the lines of who sign.

    The text's own closing goes before that of the letterhead: every paragraph behind it is
    somebody who signs, a name with their function below it.
    """
    for at in range(len(blocks) - 1, -1, -1):
        lines = _lines(blocks[at].inlines)
        if markup.is_closing(markup.plain(lines[0])) and _are_names(blocks[at + 1 :]):
            own = [lines[1:]] if lines[1:] else []
            signed = own + [_lines(block.inlines) for block in blocks[at + 1 :]]
            return blocks[:at], lines[0], signed or _signatories(letter)
    return blocks, _text(letter.closing), _signatories(letter)


def _signatories(letter: PdfLetter) -> list[list[tuple[Inline, ...]]]:
    return [
        [_text(line) for line in (who.name, who.role) if line.strip()] for who in letter.signatories
    ]


def _are_names(blocks: tuple[Block, ...]) -> bool:
    return all(
        block.kind in ("paragraph", "closing")
        and all(len(markup.plain(line)) < 2 * markup.SHORT_LINE for line in _lines(block.inlines))
        for block in blocks
    )


def _lines(inlines: tuple[Inline, ...]) -> list[tuple[Inline, ...]]:
    lines: list[list[Inline]] = [[]]
    for part in inlines:
        if part.kind == "break":
            lines.append([])
        else:
            lines[-1].append(part)
    return [tuple(line) for line in lines]


def _text(text: str) -> tuple[Inline, ...]:
    return (Inline("text", one_line(text)),) if text.strip() else ()


@dataclass(frozen=True)
class _Tree:
    """A document's tree as JSON takes it, with the values filled in."""

    document: Document
    values: Mapping[str, str]

    def blocks(self, blocks: tuple[Block, ...], above: int = 1) -> list[dict[str, Any]]:
        made = []
        for block in blocks:
            number = block.number
            if block.kind == "heading":
                # PDF/UA: no level may be skipped; the title is level 1.
                above = number = max(2, min(number, above + 1))
            made.append(
                {
                    "kind": "paragraph" if block.kind == "button" else block.kind,
                    "number": number,
                    "inlines": self.inlines(block.inlines),
                    "children": self.blocks(block.children, above),
                }
            )
        return made

    def inlines(self, inlines: tuple[Inline, ...]) -> list[dict[str, Any]]:
        return [
            {
                # A link to nowhere cannot be written; the check before sending names it.
                "kind": "em" if part.kind == "link" and not part.url else part.kind,
                "words": _words(self._filled(part.text)),
                "url": self._filled(part.url),
                "children": self.inlines(part.children),
            }
            for part in inlines
        ]

    def lines(self, lines: list[tuple[Inline, ...]]) -> list[str]:
        return [self._filled(markup.plain(line)) for line in lines]

    def _filled(self, marked: str) -> str:
        return self.document.marks.fill(marked, self.values)


def _showable(text: str) -> str:
    return "".join(c if c.isascii() or _has_glyph(c) else _instead(c) for c in text)


def _instead(character: str) -> str:
    return "?" if unicodedata.category(character)[0] in "LN" else ""


@cache
def _has_glyph(character: str) -> bool:
    """Whether typst's own fonts can show it, in a file that must keep for good."""
    source = (
        b'#set document(title: "x")\n#set text(font: "Libertinus Serif", lang: "nl")\n'
        b"#sys.inputs.character"
    )
    try:
        _typst().compile(
            source,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"character": character},
            pdf_standards=STANDARDS,
        )
    except _typst().TypstError:
        return False
    return True
