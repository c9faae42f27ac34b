"""A coordinator takes over the list that she has: a workbook of 2022 that nobody made for us."""

import io
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.contacts import exporting, suppression
from outreach.contacts.models import Contact, Gemeente, Office, SuppressionReason
from outreach.db import db
from tests.browser.conftest import Site, Visitor
from tests.conftest import NOON
from tests.factories import make_contact

pytestmark = pytest.mark.browser

HEADER = ("Provincie", "Gemeente", "", "Naam griffier", "Mail griffie", "Tel.", "Opmerking")
ROWS = [
    ("", "Bergen", "", "mevr. A. v.d. Berg", "griffie@bergen-een.example", "", ""),
    ("", "Bergen", "", "dhr. K. Kok", "griffie@bergen-twee.example", "", ""),
    ("Utrecht", "Zeist", "", "mw. mr. J. de Wit", "griffie@zeist.example", 301234567, ""),
    ("", "Soest", "", "", "griffie@soest.example", "", "=1+1"),
    ("", "Baarn", "", "P. Bos", "geenpost@baarn.example", "", "=cmd|' /C calc'!A0"),
    ("", "Zeist", "", "J. de Wit", "Griffie@zeist.example", "", "dubbel"),
    ("Totaal", "", "", "", "", 6, ""),
]


def ugly() -> bytes:
    """Two title rows, an empty one, cells merged downwards, an empty column, a total."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.add_worksheet("Toelichting").write(0, 0, "Zie het tweede blad.")
        sheet = book.add_worksheet("Griffies")
        sheet.merge_range(0, 0, 0, 6, "Griffies van Nederland")
        sheet.write(1, 0, "stand mei 2022, vragen aan Marit")
        for line, cells in enumerate((HEADER, *ROWS), start=3):
            sheet.write_row(line, 0, cells)
        sheet.write_formula(7, 6, "=1+1", None, 2)
        sheet.merge_range(6, 0, 9, 0, "Utrecht")
    return buffer.getvalue()


def export(site: Site) -> bytes:
    with site.app.app_context():
        return exporting.to_csv()


@pytest.fixture
def list_of_2022(site: Site, tmp_path: Path) -> Path:
    """The workbook; Zeist is known by an older griffier, and Baarn asked for no post."""
    with site.app.app_context():
        make_contact("Zeist", email="griffie@zeist.example", initials="P.", last_name="Dorp")
        asked = SuppressionReason.ASKED
        suppression.suppress("geenpost@baarn.example", asked, by=CLI, now=NOON)
        db.session.commit()
    file = tmp_path / "griffies 2022.xlsx"
    file.write_bytes(ugly())
    return file


def test_an_ugly_workbook_is_understood_decided_taken_over_and_taken_back(
    office: Visitor, site: Site, list_of_2022: Path
) -> None:
    page, before = office.page, export(site)
    office.visit("/kantoor/adressen/")
    page.get_by_role("link", name="Lees een lijst in").click()
    page.set_input_files("#file", list_of_2022)
    page.get_by_label("Waarom mogen we deze adressen mailen?").select_option("published")
    page.get_by_role("button", name="Bekijk wat er verandert").click()

    # What each column is: proposed, beside what stands in it.
    page.wait_for_url("**/kolommen")
    assert page.get_by_label("Naam griffier is").input_value() == "name"
    assert page.get_by_label("Mail griffie is").input_value() == "email"
    assert page.get_by_label("Gemeente is").input_value() == "gemeente"
    assert page.get_by_label("Blad").input_value() == "Griffies"
    assert page.get_by_text("Griffies van Nederland; stand mei 2022").is_visible()
    assert page.get_by_label("Staat de functie niet in de lijst?").input_value() == "griffier"
    office.check_axe()
    office.check_fits()
    page.get_by_label("Opmerking is").select_option("eigen gegeven")
    page.get_by_role("button", name="Bekijk wat er verandert").click()

    # What would change, line by line; nothing has.
    page.wait_for_url("**/inlezen/1")
    assert page.get_by_text("komen 2 nieuwe adressen en 1 wijziging.").is_visible()
    assert page.get_by_text("Staat op de geen-postlijst sinds 23-3-2026").is_visible()
    assert page.get_by_text("zelfde gemeente, rol en adres als regel 7").is_visible()
    assert page.get_by_text("Dit is een regel met een totaal").is_visible()
    assert page.get_by_role("cell", name="mevrouw mr. J. de Wit").first.is_visible()
    assert page.locator("ins:visible", has_text="0301234567").count() == 1
    office.check_axe()
    office.check_fits()
    assert export(site) == before

    # The two Bergens: one answer each. What they change is shown before anything is written.
    page.get_by_role("group", name="regel 5").get_by_label("Bergen (NH), Noord-Holland").check()
    page.get_by_role("group", name="regel 6").get_by_label("Bergen (L), Limburg").check()
    page.get_by_role("button", name="Neem 3 regels over").click()
    page.wait_for_selector("text=Uw 2 keuzes zijn bewaard.")
    assert page.get_by_role("cell", name="mevrouw A. v.d. Berg").is_visible()
    assert export(site) == before
    page.get_by_role("button", name="Neem 5 regels over").click()
    page.wait_for_selector("text=5 regels zijn overgenomen.")
    with site.app.app_context():
        there = (
            select(Gemeente.name, Contact.last_name)
            .join(Office, Office.gemeente_code == Gemeente.code)
            .join(Contact, Contact.office_id == Office.id)
        )
        assert {tuple(row) for row in db.session.execute(there)} == {
            ("Bergen (NH)", "Berg"),
            ("Bergen (L)", "Kok"),
            ("Zeist", "Wit"),
            ("Soest", ""),
            ("Baarn", "Bos"),
        }
        assert suppression.is_suppressed("geenpost@baarn.example")

    page.get_by_role("button", name="Maak het inlezen ongedaan").click()
    page.wait_for_selector("text=5 regels zijn teruggedraaid.")
    assert export(site) == before
