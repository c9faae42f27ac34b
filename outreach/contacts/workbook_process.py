"""Turns one workbook on stdin into CSV on stdout. Run as a process of its own, by `workbooks`.

A hostile sheet makes the reader ask for more memory than there is, and then the reader ends
the process it runs in. So that is this one, which has nothing to lose. Exit codes: 3 too many
columns, 4 protected, 5 unreadable; anything else is a limit that was hit.
"""

import csv
import io
import os
import resource
import sys
from datetime import datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

MEMORY = 512 * 1024 * 1024
SECONDS = 20
MAX_COLUMNS = 200
MAX_TEXT = 30_000_000  #: characters in all: one long text can be repeated in a million cells


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the reader's own cries say nothing to anyone
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        return _write(workbook)
    except PasswordError:
        return 4
    except (CalamineError, OSError, ValueError):
        return 5


def _write(workbook: CalamineWorkbook) -> int:
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    writer = csv.writer(out, lineterminator="\n")
    written = 0
    for index, about in enumerate(workbook.sheets_metadata):
        sheet = workbook.get_sheet_by_index(index)
        if about.visible is not SheetVisibleEnum.Visible or sheet.start is None:
            continue
        if sheet.total_width > MAX_COLUMNS:
            return 3
        left = [""] * sheet.start[1]
        for row in sheet.iter_rows():
            cells = left + [_text(cell) for cell in row]
            written += sum(map(len, cells))
            if written > MAX_TEXT:
                return 6
            writer.writerow(cells)
        break
    out.flush()
    return 0


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
