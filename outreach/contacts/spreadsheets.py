"""Read someone's list: CSV of any kind, XLSX, XLS, ODS. Nothing here knows what columns mean.

What the file holds decides how it is read, not what it is called. Whatever is wrong with
it ends in one sentence, soon, and in little memory.
"""

import codecs
import csv
import io
import itertools
import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from outreach import unseen
from outreach.contacts import workbooks
from outreach.errors import Invalid

MAX_BYTES = 25 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 200
DELIMITERS = (";", "\t", ",", "|")
#: Encodings that a person can name; ours come by themselves.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows (cp1252)",
    "iso8859-15": "ISO 8859-15",
    "cp850": "DOS (cp850)",
    "mac-roman": "Mac",
}
SEARCHED = 30  #: rows among which the header row is looked for

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200c\u200d]")
_DAY = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]0+:00(?::00)?)?|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
)
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
_BETWEEN = "\x1f"  #: no cell holds it, see `clean`
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)

#: What a file begins with that is no list, and what it is then.
_OTHER_KINDS = (
    (b"%PDF", "een PDF"),
    (b"\x89PNG", "een afbeelding"),
    (b"\xff\xd8\xff", "een afbeelding"),
    (b"GIF8", "een afbeelding"),
    (b"\x1f\x8b", "een ingepakt bestand (gzip)"),
    (b"7z\xbc\xaf", "een ingepakt bestand (7z)"),
    (b"Rar!", "een ingepakt bestand (rar)"),
    (b"SQLite format 3", "een database"),
    (b"\x7fELF", "een programma"),
    (b"MZ\x90", "een programma"),
    (b"MZ\x00", "een programma"),
    (b"{\\rtf", "een tekst uit een tekstverwerker"),
)
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8"),
)
_MARKED = ("utf-16-le", "utf-16-be", "utf-32")  #: recognised, and not worth naming


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

    def at(self, line: int) -> list[str]:
        """The cells of the row that begins on this line."""
        return self._cells[bisect_left(self._lines, line)].split(_BETWEEN)

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
class Layout:
    """How to read a file, where a person says so; what is empty or 0 is found by itself."""

    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_line: int = 0  #: as the file counts


#: Everything is found by itself.
FOUND = Layout()


@dataclass(frozen=True)
class Sheet:
    """A header row and the rows below it, cells cleaned, without the empty rows."""

    header: list[str]
    rows: Rows
    layout: Layout  #: how it was read
    sheets: tuple[str, ...] = ()  #: of a workbook: those that could be read instead
    above: tuple[tuple[int, list[str]], ...] = ()  #: rows above the header row: a title


def read(
    filename: str,
    data: bytes,
    layout: Layout = FOUND,
    *,
    likeness: Callable[[Sequence[str]], int] = lambda _cells: 0,
) -> Sheet:
    """The list in a file.

    :param filename: for the sentences only
    :param likeness: how many cells of a row are names of columns; the header row has most of
        all near the top, or is the first that is as wide as a table
    :raises Unreadable: too large, damaged, of another kind, empty
    """
    name = clean(filename)[:80] or "Het bestand"
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{name} is groter dan 25 MB. Deel de lijst in stukken.")
    try:
        if workbooks.is_workbook(data):
            book = workbooks.read(data, layout.sheet)
            used = Layout(sheet=book.sheet)
            return _sheet(book.rows, layout, used, likeness, sheets=book.sheets)
        used = _as_text(data, layout)
        return _sheet(_text_rows(data, used), layout, used, likeness)
    except workbooks.Unusable as fault:
        raise Unreadable(f"{name} {fault}") from None


def clean(text: str) -> str:
    """A cell on one line: no invisible characters, single spaces, none around it."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_CONTROLS.sub("", unseen.clean(text)).split())


def day(text: str) -> date | None:
    """A day in a cell: 2026-04-25, also with a time behind it, 25-4-2026 or 25/04/2026.

    >>> day("25-4-2026")
    datetime.date(2026, 4, 25)
    """
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    year, month, of_month = (match[1], match[2], match[3]) if match[1] else match.group(6, 5, 4)
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        return None


def to_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """A table as spreadsheet programs here open it: semicolons, a BOM, and no formulas."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([defuse(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def defuse(text: str) -> str:
    """A cell of a CSV that no spreadsheet takes for a formula; `read` takes the ' off again."""
    text = unseen.clean(text)
    return f"'{text}" if _FORMULA.match(text) else text


def _sheet(
    rows: Iterable[tuple[int, list[str]]],
    asked: Layout,
    used: Layout,
    likeness: Callable[[Sequence[str]], int],
    sheets: tuple[str, ...] = (),
) -> Sheet:
    filled = _filled(rows)
    first = list(itertools.islice(filled, max(SEARCHED, asked.header_line)))
    if not first:
        raise workbooks.Unusable("is leeg.")
    at = _header_at(first, asked.header_line, likeness)
    found = Rows()
    for line, cells in itertools.chain(first[at + 1 :], filled):
        if len(found) == MAX_ROWS:
            raise workbooks.Unusable("heeft meer dan 200.000 regels. Deel de lijst in stukken.")
        found.append(line, cells)
    line, header = first[at]
    used = Layout(used.sheet, used.encoding, used.delimiter, line)
    return Sheet(header, found, used, sheets, tuple(first[:at]))


def _filled(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The rows with something in them, cleaned; what is empty at their end is left off."""
    for line, raw in rows:
        cells = [clean(cell) if cell else "" for cell in raw]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MAX_COLUMNS:
            raise workbooks.Unusable(f"heeft meer dan {MAX_COLUMNS} kolommen (regel {line}).")
        yield line, cells


def _header_at(
    rows: Sequence[tuple[int, list[str]]],
    wanted: int,
    likeness: Callable[[Sequence[str]], int],
) -> int:
    """Which of the first rows names the columns."""
    if wanted:
        at = next((at for at, (line, _) in enumerate(rows) if line >= wanted), None)
        if at is None:
            raise workbooks.Unusable(f"heeft geen regel {wanted}.")
        return at
    alike = [likeness(cells) for _, cells in rows]
    if max(alike) > 1:
        return alike.index(max(alike))
    widths = [sum(map(bool, cells)) for _, cells in rows]
    wide = max(2, -(-max(widths) // 2))
    return next((at for at, width in enumerate(widths) if width >= wide), 0)


def _as_text(data: bytes, asked: Layout) -> Layout:
    """How to read a text: as asked, else as it looks."""
    encoding = _encoding(data, asked.encoding)
    first = (
        data[:64].decode(_codec(encoding), "replace").lstrip("\ufeff").partition("\n")[0].strip()
    )
    named = _SEPARATOR_LINE.fullmatch(first)
    delimiter = asked.delimiter or (named[1] if named else "")
    if delimiter and (len(delimiter) > 1 or delimiter.isalnum() or delimiter in "\"' \r\n@."):
        raise workbooks.Unusable(f"noemt “{delimiter}” als scheidingsteken; kies ; of , of tab.")
    return Layout("", encoding, delimiter or _delimiter(data, encoding))


def _text_rows(data: bytes, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    rows = _csv_rows(data, layout.encoding, layout.delimiter)
    for line, cells in rows:
        if line == 1 and _SEPARATOR_LINE.fullmatch(layout.delimiter.join(cells).strip()):
            continue
        yield line, [_restore(cell) if cell.startswith("'") else cell for cell in cells]


def _encoding(data: bytes, asked: str) -> str:
    for magic, kind in _OTHER_KINDS:
        if data.startswith(magic):
            raise workbooks.Unusable(f"is {kind}. Bewaar de lijst als CSV, XLSX of ODS.")
    if asked and asked not in (*ENCODINGS, *_MARKED):
        raise workbooks.Unusable(f"is niet te lezen als “{asked}”: dat kennen wij niet.")
    marked = [encoding for bom, encoding in _BOMS if data.startswith(bom)][:1]
    for encoding in [asked] if asked else marked or _guesses(data):
        if _decodes(data, encoding):
            return encoding
    if asked:
        raise workbooks.Unusable(f"bevat tekens die in {ENCODINGS.get(asked, asked)} niet bestaan.")
    raise workbooks.Unusable("bevat tekens die wij niet kunnen lezen. Bewaar het als CSV (UTF-8).")


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding  # a mark at the start is no cell


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether all of it is text in this encoding; piece by piece, to hold little."""
    decoder = codecs.getincrementaldecoder(_codec(encoding))()
    size = 1 << 20
    try:
        for start in range(0, len(data) + 1, size):
            if "\0" in decoder.decode(data[start : start + size], start + size > len(data)):
                raise workbooks.Unusable(
                    "is geen tekst: er staan NUL-tekens in. Bewaar het als CSV."
                )
    except UnicodeDecodeError:
        return False
    return True


def _guesses(data: bytes) -> list[str]:
    """Encodings of a text without a mark at its start, the likeliest first."""
    sample = data[:4000]
    mostly = len(sample) * 0.35  # of UTF-16 every second byte of plain letters is zero
    if sample[1::2].count(0) > mostly:
        return ["utf-16-le"]
    if sample[::2].count(0) > mostly:
        return ["utf-16-be"]
    return ["utf-8", "cp1252"]


def _delimiter(data: bytes, encoding: str) -> str:
    """The delimiter that cuts most of the first rows in as many cells, and in most of them."""

    def regularity(delimiter: str) -> int:
        rows = itertools.islice(_csv_rows(data, encoding, delimiter), SEARCHED)
        try:
            widths = Counter(len(cells) for _, cells in rows if any(cells))
        except workbooks.Unusable:
            return 0
        return max(((width - 1) * times for width, times in widths.items()), default=0)

    return max(DELIMITERS, key=regularity)


def _csv_rows(data: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line that it begins on; a quoted cell may hold several lines."""
    lines = _Lines(data, encoding)
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

    def __init__(self, data: bytes, encoding: str) -> None:
        self._text = io.TextIOWrapper(io.BytesIO(data), encoding=_codec(encoding), newline="")
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        yield from self._text
        self.ended = True


def _restore(cell: str) -> str:
    return cell[1:] if _FORMULA.match(cell) else cell
