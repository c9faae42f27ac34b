"""Read someone's list: CSV of any common kind, XLSX, ODS. Nothing here knows what columns mean.

What the file holds decides how it is read, not what it is called. Whatever is wrong with
it ends in one sentence, soon, and in little memory.
"""

import csv
import io
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from outreach.contacts import workbooks
from outreach.errors import Invalid

MAX_BYTES = 25 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 200
DELIMITERS = (";", "\t", ",")

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
_BETWEEN = "\x1f"  #: no cell holds it, see `clean`
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)

#: What a file begins with that is no list, and what it is then.
_OTHER_KINDS = (
    (b"%PDF", "een PDF"),
    (b"\xd0\xcf\x11\xe0", "een oud Excel-bestand (.xls) of een met een wachtwoord"),
    (b"\x89PNG", "een afbeelding"),
    (b"\xff\xd8\xff", "een afbeelding"),
    (b"GIF8", "een afbeelding"),
    (b"\x1f\x8b", "een ingepakt bestand (gzip)"),
    (b"7z\xbc\xaf", "een ingepakt bestand (7z)"),
    (b"Rar!", "een ingepakt bestand (rar)"),
    (b"SQLite format 3", "een database"),
    (b"\x7fELF", "een programma"),
    (b"MZ\x90", "een programma"),
)
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)


class Unreadable(Invalid):
    """A file that cannot be read as a list at all."""


class Rows(Sequence[tuple[int, list[str]]]):
    """Rows with the line they begin on, kept small: one string each."""

    def __init__(self) -> None:
        self._lines = array("L")
        self._cells: list[str] = []

    def append(self, line: int, cells: list[str]) -> None:
        self._lines.append(line)
        self._cells.append(_BETWEEN.join(cells))

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for line, cells in zip(self._lines, self._cells, strict=True):
            yield line, cells.split(_BETWEEN)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return self._lines[index], self._cells[index].split(_BETWEEN)


@dataclass(frozen=True)
class Sheet:
    """A header row and the rows below it, cells cleaned, without the empty rows."""

    header: list[str]
    rows: Sequence[tuple[int, list[str]]]


def read(filename: str, data: bytes) -> Sheet:
    """The list in a file.

    :param filename: for the sentences only
    :raises Unreadable: too large, damaged, of another kind, empty
    """
    name = clean(filename)[:80] or "Het bestand"
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{name} is groter dan 25 MB. Deel de lijst in stukken.")
    try:
        rows = workbooks.read(data) if data[:4] == b"PK\x03\x04" else _text_rows(data)
        return _sheet(rows)
    except workbooks.Unusable as fault:
        raise Unreadable(f"{name} {fault}") from None


def clean(text: str) -> str:
    """A cell on one line: no invisible characters, single spaces, none around it."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_INVISIBLE.sub("", text).split())


def defuse(text: str) -> str:
    """A cell of a CSV that no spreadsheet takes for a formula; `read` takes the ' off again."""
    return f"'{text}" if _FORMULA.match(text) else text


def _sheet(rows: Iterable[tuple[int, list[str]]]) -> Sheet:
    header: list[str] = []
    found = Rows()
    for line, raw in rows:
        cells = [clean(cell) if cell else "" for cell in raw]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MAX_COLUMNS:
            raise workbooks.Unusable(f"heeft meer dan {MAX_COLUMNS} kolommen (regel {line}).")
        if not header:
            header = cells
            continue
        if len(found) == MAX_ROWS:
            raise workbooks.Unusable("heeft meer dan 200.000 regels. Deel de lijst in stukken.")
        found.append(line, cells)
    if not header:
        raise workbooks.Unusable("is leeg.")
    return Sheet(header, found)


def _text_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decode(data)
    if "\0" in text:
        raise workbooks.Unusable("is geen tekst: er staan NUL-tekens in. Bewaar het als CSV.")
    first = text[: text.find("\n") + 1].strip()
    named = _SEPARATOR_LINE.fullmatch(first)
    delimiter = named[1] if named else _delimiter(text)
    if delimiter not in DELIMITERS:
        raise workbooks.Unusable(f"noemt “{delimiter}” als scheidingsteken; kies ; of , of tab.")
    rows = _csv_rows(text, delimiter)
    if named:
        next(rows)
    for line, cells in rows:
        yield line, [_restore(cell) if cell.startswith("'") else cell for cell in cells]


def _decode(data: bytes) -> str:
    for magic, kind in _OTHER_KINDS:
        if data.startswith(magic):
            raise workbooks.Unusable(f"is {kind}. Bewaar de lijst als CSV, XLSX of ODS.")
    encodings = [encoding for bom, encoding in _BOMS if data.startswith(bom)][:1]
    for encoding in encodings or _guesses(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise workbooks.Unusable("bevat tekens die wij niet kunnen lezen. Bewaar het als CSV (UTF-8).")


def _guesses(data: bytes) -> list[str]:
    """Encodings of a text without a mark at its start, the likeliest first."""
    sample = data[:4000]
    mostly = len(sample) * 0.35  # of UTF-16 every second byte of plain letters is zero
    if sample[1::2].count(0) > mostly:
        return ["utf-16-le"]
    if sample[::2].count(0) > mostly:
        return ["utf-16-be"]
    return ["utf-8", "cp1252"]


def _delimiter(text: str) -> str:
    """The delimiter that cuts the header row in most cells."""

    def cells(delimiter: str) -> int:
        try:
            return next((len(cells) for _, cells in _csv_rows(text, delimiter) if any(cells)), 0)
        except workbooks.Unusable:
            return 0

    return max(DELIMITERS, key=cells)


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line that it begins on; a quoted cell may hold several lines."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            if lines.ended:  # the reader wanted more: an opening " that nothing closes
                raise workbooks.Unusable(f'heeft een " op regel {start} die nergens eindigt.')
            yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        raise workbooks.Unusable(f"heeft op regel {start} een te lange cel.") from None


class _Lines:
    """The lines of a text, and whether someone asked for one more than there are."""

    def __init__(self, text: str) -> None:
        self._text = io.StringIO(text, newline="")
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        yield from self._text
        self.ended = True


def _restore(cell: str) -> str:
    return cell[1:] if _FORMULA.match(cell) else cell
