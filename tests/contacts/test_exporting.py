"""The list as a spreadsheet: whole, harmless, and the same when it is read in again."""

import csv
import io
import string
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from outreach.accounts.audit import CLI
from outreach.clock import FixedClock
from outreach.contacts import exporting, importing, keeping, spreadsheets
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    FormOfAddress,
    Function,
    Import,
    ImportRow,
    Office,
)
from outreach.db import db
from tests.factories import make_address, make_contact

pytestmark = pytest.mark.usefixtures("app")
NOW = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
HEADER = (
    "gemeente;rol;aanspreekvorm;titel;voorletters;voornaam;tussenvoegsel;achternaam;email;telefoon"
    ";fractie;portefeuille;grondslag;bron"
)


def read_again(name: str, data: bytes) -> dict[str, Any]:
    import_ = importing.plan(name, data, by=CLI, now=NOW)
    return importing.summary(importing.apply(import_, by=CLI, now=NOW))


def test_an_empty_list_still_has_its_header_row() -> None:
    assert exporting.to_csv() == f"\ufeff{HEADER}\r\n".encode()
    assert spreadsheets.read("leeg.xlsx", exporting.to_xlsx()).header == HEADER.split(";")


def test_every_address_is_a_row_by_gemeente(clock: FixedClock) -> None:
    zeist = make_contact("Zeist", email="a@zeist.example", last_name="Vos", attributes={"z": "1"})
    make_address(zeist, "b@zeist.example", preferred=False)
    make_contact("'s-Hertogenbosch", email="a@bosch.example", phone="073 1")
    keeping.add(
        None,
        Function.PARTNER,
        email="p@partner.example",
        basis=None,
        source="",
        by=CLI,
        now=clock.now(),
    )

    rows = list(csv.reader(io.StringIO(exporting.to_csv().decode("utf-8-sig")), delimiter=";"))

    assert rows[0] == [*HEADER.split(";"), "z"]
    assert [(row[0], row[8], row[9], row[14]) for row in rows[1:]] == [
        ("'s-Hertogenbosch", "a@bosch.example", "073 1", ""),
        ("Zeist", "a@zeist.example", "", "1"),
        ("Zeist", "b@zeist.example", "", "1"),
        ("", "p@partner.example", "", ""),
    ]


def test_an_address_that_nobody_confirmed_is_not_confirmed_by_a_round_trip() -> None:
    contact = make_contact("Zeist", email="a@zeist.example")
    contact.addresses[0].confirmed_at = None
    db.session.commit()

    again = read_again("lijst.csv", exporting.to_csv())

    assert again["unchanged"] == 1
    db.session.expire_all()
    assert contact.addresses[0].confirmed_at is None


def test_no_cell_of_a_csv_is_a_formula() -> None:
    make_contact(
        "Zeist",
        email="a@zeist.example",
        last_name="=HYPERLINK()",
        phone="+31 30 1234567",
        attributes={"=x": "@SUM(A1)", "min": "-2"},
    )

    data = exporting.to_csv().decode("utf-8-sig")

    cells = [cell for row in csv.reader(io.StringIO(data), delimiter=";") for cell in row]
    assert not [cell for cell in cells if cell.lstrip()[:1] in ("=", "+", "-", "@")]
    assert "'+31 30 1234567" in cells


def test_every_cell_of_a_workbook_is_text() -> None:
    make_contact(
        "Zeist",
        email="a@zeist.example",
        last_name="=1+1",
        phone="0301234567",
        attributes={"site": "https://zeist.example"},
    )

    with zipfile.ZipFile(io.BytesIO(exporting.to_xlsx())) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        names = archive.namelist()

    assert "<f>" not in sheet
    assert sheet.count('t="s"') == sheet.count("<c ")
    assert not any("hyperlink" in name for name in names)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_that_is_read_in_again_changes_nothing(kind: str) -> None:
    make_contact(
        "Bergen (NH)",
        email="Griffie@bergen.example",
        form_of_address=FormOfAddress.MEVROUW,
        titles="prof. dr.",
        initials="A.J.",
        first_name="Anna",
        prefix="van ’t",
        last_name="Hek-de Wit",
        phone="+31 72 1",
        attributes={"Noot": "'=1", "kolom 5": "x"},
    )
    make_contact("Bergen (NH)", email="Griffie@bergen.example", last_name="Vos")
    make_contact("Bergen (L)", email="griffie@bergen.example")
    make_contact("Zeist", function=Function.RAADSLID, email="r@zeist.example", party="Lokaal")
    make_contact("Soest", email="a@soest.example", basis=None)
    data = exporting.to_csv() if kind == "csv" else exporting.to_xlsx()

    again = read_again(f"lijst.{kind}", data)

    assert (again["unchanged"], again["refused"], again["doubts"]) == (5, [], [])
    assert exporting.to_csv() == (data if kind == "csv" else exporting.to_csv())


WORDS = st.text(string.printable + "éüß’‘'=+-@\u200b\xa0＝", max_size=12)
ROWS = st.fixed_dictionaries(
    {
        "gemeente": st.sampled_from(["Zeist", "Bergen", "Utrecht", "GM0796", "Súdwest-Fryslân"]),
        "rol": st.sampled_from([function.value for function in Function]),
        "aanspreekvorm": st.sampled_from(["", "heer", "mevrouw", "neutraal"]),
        "titel": st.sampled_from(["", "dr.", "mr. drs.", "dhr."]),
        "voorletters": st.sampled_from(["", "A", "J.P.", "Th."]),
        "tussenvoegsel": st.sampled_from(["", "de", "van 't", "El"]),
        "achternaam": WORDS,
        "email": st.sampled_from(["a@b.example", "C@d.example", "e.f@g.example", "h@i.example"]),
        "telefoon": st.one_of(WORDS, st.from_regex(r"0?[1-9][0-9]{8}", fullmatch=True)),
        "grondslag": st.sampled_from(["", *[basis.value for basis in Basis]]),
        "bron": WORDS,
        "noot": st.one_of(WORDS, st.sampled_from(["007", "1,50", "ja"])),
        "provincie": st.sampled_from(["", "Utrecht", "Limburg", "-"]),
        "=som": WORDS,
    }
)


@given(st.lists(ROWS, min_size=1, max_size=6), st.sampled_from(["csv", "xlsx"]))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_import_export_import_is_a_fixed_point(rows: list[dict[str, str]], kind: str) -> None:
    for model in (ImportRow, Import, Address, Contact, Office):
        db.session.execute(delete(model))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    read_again("lijst.csv", text.getvalue().encode())
    first = exporting.to_csv()

    again = read_again(f"lijst.{kind}", first if kind == "csv" else exporting.to_xlsx())

    assert (again["new"], again["changed"], again["doubts"], again["refused"]) == (0, 0, [], [])
    assert exporting.to_csv() == first
