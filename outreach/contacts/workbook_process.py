"""Turns one workbook on stdin into CSV on stdout. Run as a process of its own, by `workbooks`.

A hostile sheet makes the reader ask for more memory than there is, and then the reader ends
the process it runs in. So that is this one, which has nothing to lose. The first line on
stdout is JSON: which sheets there are and which one follows. Exit codes: 3 too many columns,
4 protected, 5 unreadable, 7 no such sheet; anything else is a limit that was hit.
"""

import csv
import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
)

MEMORY = 300 * 1024 * 1024
SECONDS = 18
MAX_COLUMNS = 200
MAX_TEXT = 30_000_000  #: characters in all: one long text can be repeated in a million cells


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the reader's own cries say nothing to anyone
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        return _write(workbook, wanted)
    except PasswordError:
        return 4
    except (CalamineError, OSError, ValueError):
        return 5


def _write(workbook: CalamineWorkbook, wanted: str) -> int:
    sheets = [
        about.name
        for about in workbook.sheets_metadata
        if about.visible is SheetVisibleEnum.Visible
    ]
    if wanted and wanted not in sheets:
        return 7
    sheet, filled = _chosen(workbook, sheets, wanted)
    about = {"sheets": filled, "sheet": sheet.name if sheet else ""}
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    out.write(json.dumps(about) + "\n")
    code = _rows(sheet, out) if sheet else 0
    out.flush()
    return code


def _chosen(
    workbook: CalamineWorkbook, names: list[str], wanted: str
) -> tuple[CalamineSheet | None, list[str]]:
    """The sheet with most e-mail addresses, the first of equals; and all that hold something.

    One sheet at a time is in memory, and the one of most workbooks is read once.
    """
    best, most = "", -1
    filled: list[str] = []
    for name in names:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.start is None:
            continue
        filled.append(name)
        if len(names) == 1:
            return sheet, filled
        if (count := _addresses(sheet)) > most:
            best, most = name, count
    chosen = wanted if wanted in filled else best
    return (workbook.get_sheet_by_name(chosen) if chosen else None), filled


def _addresses(sheet: CalamineSheet) -> int:
    if sheet.total_width > MAX_COLUMNS:
        return 0
    return sum("@" in cell for row in sheet.iter_rows() for cell in row if isinstance(cell, str))


def _rows(sheet: CalamineSheet, out: io.TextIOWrapper) -> int:
    writer = csv.writer(out, lineterminator="\n")
    if sheet.start is None:
        return 0
    if sheet.total_width > MAX_COLUMNS:
        return 3
    written = 0
    for cells in _filled(sheet):
        written += sum(map(len, cells))
        if written > MAX_TEXT:
            return 6
        writer.writerow(cells if any(cells) else ())
    return 0


def _filled(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Every row from the first of the sheet on; cells merged downwards hold their text in each."""
    start = sheet.start or (0, 0)
    below: dict[int, list[tuple[int, int]]] = {}
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top:
            below.setdefault(top, []).append((column, bottom))
    holding: dict[int, tuple[int, str]] = {}  # column: until which row, and what it says
    left = [""] * start[1]
    for number, row in enumerate(sheet.iter_rows()):
        cells = left + [_text(cell) for cell in row]
        for column, (until, text) in list(holding.items()):
            if number > until:
                del holding[column]
            elif column < len(cells) and not cells[column]:
                cells[column] = text
        for column, bottom in below.get(number, ()):
            if column < len(cells) and cells[column]:
                holding[column] = (bottom, cells[column])
        yield cells


def _text(value: Any) -> str:
    """A cell as someone would type it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
