"""Workbooks to read, whole and broken, made here."""

import io
import zipfile
from html import escape
from typing import Any

import xlsxwriter

SHEET = "xl/worksheets/sheet1.xml"
MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(rows: list[list[Any]], *, hidden: list[list[Any]] | None = None, indent: int = 0) -> bytes:
    """A workbook with these rows; `hidden` on an invisible sheet before them."""
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
    return buffer.getvalue()


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
