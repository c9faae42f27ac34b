"""A letter that was written elsewhere: a Word file, or what was copied out of one, as Markdown.

What comes in is not trusted. A file is measured before it is read, a DTD, macros and deep
nesting are refused, pictures and anything that is not text are left out and named.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

import mammoth
import nh3
from markdownify import ATX, MarkdownConverter

from outreach import unseen
from outreach.errors import Invalid
from outreach.letters import clipboard, markup, placeholders

LARGEST_FILE = 10_000_000  #: bytes, pictures included
_LARGEST_XML = 8_000_000  #: bytes of the texts within it, unpacked; a letter has 0.2 MB
_DEEPEST = 200  #: elements within each other; Word itself stays below 40
_MOST_PARTS = 2_000
LARGEST_TEXT = 200_000  #: characters of what comes out

#: Tags that mean something in a letter; of the others the words stay.
_TAGS = {"p", "br", "strong", "b", "em", "i", "a", "ul", "ol", "li", "hr"} | {
    "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "tr", "td", "th", "div",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)")
#: Elements that have no end, or may do without one.
_UNCLOSED = {
    "area", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "o:p", "option",
    "p", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "wbr",
}  # fmt: skip
_BULLET = re.compile(r"^[ ]*(?:[•·▪◦●‣–§]|\\?[*]|o(?=[ ]{2,}))[ ]+(?=\S)", re.MULTILINE)
_NUMBER = re.compile(r"^([ ]*)(\d{1,2})[.)][ ]+(?=\S)", re.MULTILINE)
_MERGE_FIELD = re.compile(r"[«‹]\s*([^\W\d_][\w .]*?)\s*[»›]")
_SPACES = re.compile("[\t\u00a0\u2002-\u200a\u202f]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\u000b\u000c]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_ESCAPED_FIELD = re.compile(r"\{\{[^{}\n]*\}\}")


class BadDocument(Invalid):
    """The file is not a letter that we can read."""


@dataclass(frozen=True)
class Written:
    """What was in the file."""

    text: str  #: Markdown with our placeholders
    left_out: tuple[str, ...] = ()  #: Dutch: "2 afbeeldingen"


def read_docx(data: bytes) -> Written:
    """The text of a .docx.

    :raises BadDocument: it is something else, too large, or holds what a letter does not need
    """
    _inspect(data)
    seen = _Seen()
    try:
        html = mammoth.convert_to_html(
            io.BytesIO(data), convert_image=seen.picture, include_embedded_style_map=False
        ).value
    except (KeyError, ValueError, AttributeError, IndexError, expat.ExpatError) as error:
        raise BadDocument(_UNREADABLE) from error
    text = from_html(html)
    return Written(text, tuple(seen.said()))


def pasted(html: str) -> Written:
    """Markdown of what was copied out of Word, Outlook, Gmail, Google Docs or a page.

    :raises BadDocument: it is longer than any letter, or nested beyond reading
    """
    _measure(html, _UNPASTED)
    seen = _Seen()
    plain, seen.pictures = clipboard.plain(html)
    return Written(from_html(plain), tuple(seen.said()))


def from_html(html: str) -> str:
    """Markdown of HTML, with nothing in it but a letter.

    :raises BadDocument: it is longer than any letter, or nested beyond reading
    """
    _measure(html, _UNREADABLE)
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    markdown = _Converter(heading_style=ATX, bullets="-", autolinks=False).convert(cleaned)
    return _tidied(markdown, indent=r"\1")


def tidy(text: str) -> str:
    """Plain text as Word leaves it on the clipboard, made into Markdown that we read alike.

    Bullets and numbers become lists, merge fields placeholders; what nobody sees goes.
    """
    return _tidied(text, indent="")


def _tidied(text: str, *, indent: str) -> str:
    text = _LINE_ENDS.sub("\n", text)
    text = _CONTROLS.sub("", unseen.clean(_SPACES.sub(" ", text)))
    text = _NUMBER.sub(rf"{indent}\2. ", _BULLET.sub("- ", text))
    text = _MERGE_FIELD.sub(_as_placeholder, text)
    # A placeholder's own underscore was taken for emphasis.
    text = _ESCAPED_FIELD.sub(lambda match: match[0].replace("\\", ""), text)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if len(text) > LARGEST_TEXT:
        raise BadDocument(_TOO_LONG)
    return f"{text}\n" if text else ""


def as_mail(text: str) -> str:
    """The text with our own salutation where it opens with one that fits everybody or nobody."""
    first, _, rest = text.partition("\n")
    general = re.search(r"heer|mevrouw|griffier|relatie|lezer|\{\{", first, re.IGNORECASE)
    if markup.SALUTATION.match(first) and len(first) < 2 * markup.SHORT_LINE and general:
        return "{{aanhef}}\n" + rest
    return text


_UNREADABLE = "Dit bestand is niet te lezen. Open het in Word en bewaar het opnieuw als .docx."
_UNPASTED = "Dit is niet te lezen. Plak het zonder opmaak: Ctrl+Shift+V."
_TOO_LONG = "Dit is te lang voor een brief. Kies een korter bestand, of voeg het toe als bijlage."


class _Seen:
    """Counts what is left out of a document while it is read."""

    def __init__(self) -> None:
        self.pictures = 0

    def picture(self, _image: Any) -> list[Any]:
        self.pictures += 1
        return []

    def said(self) -> Iterator[str]:
        if self.pictures:
            yield f"{self.pictures} afbeelding{'en' if self.pictures > 1 else ''}"


class _Converter(MarkdownConverter):
    """Tables become lines: a letter has no columns on a phone or in plain text."""

    def convert_table(self, _el: Any, text: str, parent_tags: Any) -> str:
        return f"\n\n{text.strip()}\n\n"

    def convert_tr(self, _el: Any, text: str, parent_tags: Any) -> str:
        cells = [cell.strip() for cell in text.split("\x1f") if cell.strip()]
        return " – ".join(cells) + "\n\n" if cells else ""

    def convert_td(self, _el: Any, text: str, parent_tags: Any) -> str:
        return " ".join(text.split()) + "\x1f"

    convert_th = convert_td


def _as_placeholder(match: re.Match[str]) -> str:
    """A merge field of Word: "«Gemeente»" is {{gemeente}}; one that we lack stays as it stands."""
    name = "_".join(match[1].lower().split())
    return f"{{{{{name}}}}}" if placeholders.is_known(name) else match[0]


def _measure(html: str, unreadable: str) -> None:
    if len(html) > 20 * LARGEST_TEXT:
        raise BadDocument(_TOO_LONG)
    if _depth(html) > _DEEPEST:
        raise BadDocument(unreadable)  # what reads it takes the square of its depth


def _depth(html: str) -> int:
    """How far elements stand within each other at most, of those that must be closed."""
    depth = deepest = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() not in _UNCLOSED:
            depth = max(0, depth + (-1 if tag[1] else 1))
            deepest = max(deepest, depth)
    return deepest


def _inspect(data: bytes) -> None:
    """Look into the package before anything reads it."""
    if len(data) > LARGEST_FILE:
        raise BadDocument("Het bestand is groter dan 10 MB. Haal de afbeeldingen eruit.")
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise BadDocument(
            "Dit is een oud Word-bestand (.doc) of het heeft een wachtwoord. Open het in Word en "
            "bewaar het als .docx, zonder wachtwoord."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _inspect_parts(package)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadDocument(_UNREADABLE) from error


def _inspect_parts(package: zipfile.ZipFile) -> None:
    names = package.namelist()
    if "[Content_Types].xml" not in names or len(names) > _MOST_PARTS:
        raise BadDocument("Dit is geen Word-bestand (.docx). Kies een ander bestand.")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadDocument(
            "In dit bestand zitten macro's. Bewaar het in Word als .docx, zonder macro's."
        )
    left = _LARGEST_XML
    for name in names:
        if not name.lower().endswith((".xml", ".rels")):
            continue
        with package.open(name) as part:
            # What the directory says of a size is the writer's word: read no further than it may.
            content = part.read(left + 1)
        left -= len(content)
        if left < 0:
            raise BadDocument(_TOO_LONG)
        _inspect_xml(content)


def _inspect_xml(content: bytes) -> None:
    depth = 0

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise BadDocument(_UNREADABLE)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declares(*_: Any) -> None:
        # Entities, also those that fetch or swell, need a DTD; Word writes none.
        raise BadDocument(_UNREADABLE)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = declares
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BadDocument(_UNREADABLE) from error
