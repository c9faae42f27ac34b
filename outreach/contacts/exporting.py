"""All addresses as a spreadsheet that can be read in again without a change."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import xlsxwriter
from sqlalchemy import ColumnElement, Select, select

from outreach import unseen
from outreach.contacts import batches
from outreach.contacts.columns import HEADERS, Field
from outreach.contacts.models import Address, Contact, Gemeente, Office
from outreach.contacts.spreadsheets import defuse
from outreach.db import db

Conditions = tuple[ColumnElement[bool], ...]

#: Each column and what stands in it; attributes come behind these.
_COLUMNS = {
    Field.GEMEENTE: Gemeente.name,
    Field.FUNCTION: Office.function,
    Field.FORM: Contact.form_of_address,
    Field.TITLES: Contact.titles,
    Field.INITIALS: Contact.initials,
    Field.FIRST_NAME: Contact.first_name,
    Field.PREFIX: Contact.prefix,
    Field.LAST_NAME: Contact.last_name,
    Field.EMAIL: Address.email,
    Field.PHONE: Contact.phone,
    Field.PARTY: Contact.party,
    Field.PORTFOLIO: Contact.portfolio,
    Field.BASIS: Address.basis,
    Field.SOURCE: Address.source,
}
_BASIS = list(_COLUMNS).index(Field.BASIS)


def to_csv(*only: ColumnElement[bool]) -> bytes:
    """Semicolons and a BOM, as spreadsheet programs here open it; no cell is a formula.

    :param only: conditions over address, contact, office and gemeente: rows that fit all
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in _rows(only):
        writer.writerow([defuse(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(*only: ColumnElement[bool]) -> bytes:
    """Every cell is text: no formulas, no links, no phone number without its zero.

    :param only: as for `to_csv`
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Adressen")
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(_rows(only)):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, unseen.clean(cell))
    return file.getvalue()


def _rows(only: Conditions) -> Iterator[list[str]]:
    """The header row, then one row for each address, by gemeente."""
    names = _attribute_names(only)
    yield [HEADERS[field][0] for field in _COLUMNS] + names
    order = (Gemeente.sort_key, Gemeente.code, Office.function, Contact.last_name, Address.id)
    rows = _of_addresses(only, *_COLUMNS.values(), Contact.attributes, Address.confirmed_at)
    # A partner has no gemeente; both engines must put them in one place.
    for row in _stream(rows.order_by(Gemeente.code.is_(None), *order)):
        *cells, attributes, confirmed_at = row
        if confirmed_at is None:
            cells[_BASIS] = None  # reading it in again would confirm what nobody confirmed
        yield [str(cell or "") for cell in cells] + [str(attributes.get(n, "")) for n in names]


def _attribute_names(only: Conditions) -> list[str]:
    names: set[str] = set()
    for row in _stream(_of_addresses(only, Contact.attributes)):
        names.update(row[0])
    return sorted(names)


def _of_addresses(only: Conditions, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Contact)
        .join(Contact.office)
        .join(Contact.addresses)
        .outerjoin(Office.gemeente)
        .where(*only)
    )


def _stream(rows: Select[Any]) -> Iterator[Any]:
    return iter(db.session.execute(rows, execution_options={"yield_per": batches.SIZE}))
