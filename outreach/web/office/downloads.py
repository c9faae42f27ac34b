"""Tables of the office as files to keep."""

import csv
import io
from collections.abc import Iterable, Mapping

import xlsxwriter
from flask import Response

from outreach import unseen

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv(name: str, rows: Iterable[Iterable[str]]) -> Response:
    """A table as a Dutch spreadsheet opens it: semicolons, and a BOM before the UTF-8."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([_cell(value) for value in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    content = out.getvalue().encode("utf-8-sig")
    return Response(content, mimetype="text/csv", headers=headers)


def as_xlsx(name: str, rows: Iterable[Iterable[str]]) -> Response:
    """A table as a workbook in which every cell is text: no formulas, no links."""
    return as_workbook(name, {"": rows})


def as_workbook(name: str, tables: Mapping[str, Iterable[Iterable[str]]]) -> Response:
    """Likewise several tables, each on a sheet of its own by its name."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for title, rows in tables.items():
            sheet = book.add_worksheet(title or None)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, unseen.clean(cell))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.getvalue(), mimetype=XLSX, headers=headers)


def _cell(value: str) -> str:
    """A value that a spreadsheet will not compute."""
    value = unseen.clean(value)
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
