"""Workbooks to read, whole and broken, made here."""

import io
import struct
import zipfile
from collections.abc import Sequence
from html import escape
from typing import Any

import xlsxwriter

SHEET = "xl/worksheets/sheet1.xml"
MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(
    rows: list[list[Any]],
    *,
    hidden: list[list[Any]] | None = None,
    indent: int = 0,
    merged: Sequence[tuple[int, int, int, int]] = (),
    more: dict[str, list[list[Any]]] | None = None,
) -> bytes:
    """A workbook with these rows; `hidden` on an invisible sheet before them, `more` behind.

    :param merged: top, left, bottom, right of cells that are one
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        front = book.add_worksheet("verborgen") if hidden else None
        sheet = book.add_worksheet("Blad1")
        sheet.activate()
        sheet.set_first_sheet()
        if front and hidden:
            front.hide()
            _fill(front, hidden, 0)
        _fill(sheet, rows, indent)
        for top, left, bottom, right in merged:
            sheet.merge_range(top, left, bottom, right, rows[top][left])
        for name, others in (more or {}).items():
            _fill(book.add_worksheet(name), others, 0)
    return buffer.getvalue()


def xls(rows: list[list[str]]) -> bytes:
    """The least that is a workbook of Excel 97: one sheet of labels in a compound file."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def text(value: str, size: str) -> bytes:
        return struct.pack(size, len(value)) + b"\x01" + value.encode("utf-16-le")

    def began(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 1996, 0, 6))

    labels = b"".join(
        record(0x204, struct.pack("<HHH", line, column, 0) + text(cell, "<H"))
        for line, cells in enumerate(rows)
        for column, cell in enumerate(cells)
    )
    sheet = began(0x10) + labels + record(0x0A, b"")
    about = text("Blad1", "<B")
    front = len(began(5)) + len(record(0x85, b"\0" * 6 + about)) + 4
    book = began(5) + record(0x85, struct.pack("<IBB", front, 0, 0) + about) + record(0x0A, b"")
    return _compound("Workbook", book + sheet)


def _compound(name: str, data: bytes) -> bytes:
    """A compound file with one stream: a header, a table of sectors, a folder, the stream."""
    data = data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0")
    count = len(data) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, count + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        said = name.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<HBBIII", len(said), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return said.ljust(64, b"\0") + links + b"\0" * 36 + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, 2, len(data))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + table + folder.ljust(512, b"\0") + data


def ods(rows: list[list[str]]) -> bytes:
    """The least that is an OpenDocument spreadsheet."""
    lines = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{office}:office:1.0"'
        f' xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Blad1">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"><manifest:file-entry'
        ' manifest:full-path="/"'
        ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        "</manifest:manifest>"
    )
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def with_sheet(rows: bytes, *, before: bytes = b"", text: str = "") -> bytes:
    """A workbook whose sheet holds this XML, and whose shared texts hold `text`."""
    sheet = b'<?xml version="1.0"?>%s<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>'
    changed = {SHEET: sheet % (before, MAIN, rows)}
    if text:
        shared = b'<?xml version="1.0"?><sst xmlns="%s"><si><t>%s</t></si></sst>'
        changed["xl/sharedStrings.xml"] = shared % (MAIN, text.encode())
    with zipfile.ZipFile(io.BytesIO(xlsx([["gemeente"]]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(parts | changed)


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _fill(sheet: Any, rows: list[list[Any]], indent: int) -> None:
    for number, row in enumerate(rows):
        for column, cell in enumerate(row, start=indent):
            if cell != "":
                sheet.write(number, column, cell)
