"""Selecties and the list of addresses: by keyboard, on a phone, with and without script."""

from collections.abc import Callable

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import expressions, selections
from outreach.contacts.models import ContactList, Function, Tag
from outreach.db import db
from tests.browser.conftest import Site, Visitor, sign_in
from tests.conftest import NOON
from tests.factories import make, make_contact, make_sender
from tests.web import scenes

pytestmark = pytest.mark.browser

NEW = "/kantoor/adressen/selecties/nieuw"
PAGES = (
    "/kantoor/adressen/?provincie=Drenthe&functie=griffier",
    "/kantoor/adressen/1",
    "/kantoor/adressen/selecties/",
    "/kantoor/adressen/selecties/1",
    "/kantoor/adressen/selecties/1/wijzig",
    "/kantoor/adressen/selecties/1/verwijder",
    NEW,
)
ASKS = {
    "all": [
        {"field": "role", "op": "in", "value": ["griffier"]},
        {
            "any": [
                {"field": "province", "op": "in", "value": ["Drenthe", "Groningen"]},
                {"field": "tag", "op": "in", "value": ["pilot"]},
            ]
        },
        {"field": "answered", "op": "not_in", "value": ["oproep"]},
        {"field": "inhabitants", "op": "between", "value": [20000, 150000]},
    ]
}


@pytest.fixture(autouse=True)
def _story(site: Site) -> None:
    """A griffier in Zeist with a label, griffies elsewhere, a letter that left, a selectie."""
    with site.app.app_context():
        sender = make_sender(name="Naast Elkaar", email="post@naastelkaar.example")
        zeist = make_contact("Zeist", last_name="Oosterveen", first_name="Maud")
        make(Tag(contact_id=zeist.id, name="pilot"))
        make(ContactList(name="Koplopers", created_at=NOON))
        make_contact("Zeist", "kok@zeist.example", function=Function.RAADSLID, last_name="Kok")
        scenes.make_griffies(60)
        letter = scenes.make_letter("Oproep", sender=sender)
        letter.slug = "oproep"
        scenes.make_sent(letter)
        expression = selections.resolve(expressions.parse(ASKS))
        selections.add("Grote gemeenten in het noorden", expression, by=SYSTEM, now=NOON)
        db.session.commit()


def test_every_page_is_seen_and_read_by_everyone(office: Visitor) -> None:
    office.look_at(*PAGES)


def test_a_selectie_is_made_by_keyboard_and_used_in_a_letter(office: Visitor) -> None:
    office.visit(NEW)
    office.tab_to("Nog een regel")
    office.page.keyboard.type("provincie")
    office.tab_to("Voeg een regel toe")
    office.press("Enter")
    office.page.wait_for_selector("text=Regel 2: provincie")
    office.tab_to("Utrecht")
    office.press(" ")
    office.page.wait_for_selector("#telling >> text=contacten: griffiers in Utrecht.")
    office.tab_to("Naam van de selectie")
    office.page.keyboard.type("Utrecht")
    office.tab_to("Bewaar de selectie")
    office.press("Enter")
    office.page.wait_for_url("**/selecties/2")

    office.visit("/kantoor/brieven/nieuw")
    office.page.fill("#name", "Brief aan Utrecht")
    office.page.select_option("#segment", "Utrecht")
    office.page.click("button:has-text('Bewaar en schrijf de tekst')")
    office.page.wait_for_url("**/schrijf")
    office.visit("/kantoor/brieven/brief-aan-utrecht/stap/1")

    said = office.page.inner_text("main")
    assert "Selectie Utrecht: griffiers in Utrecht." in said
    assert "3 adressen" in said


def test_a_selectie_is_made_without_script(visitors: Callable[..., Visitor]) -> None:
    office = sign_in(visitors(java_script_enabled=False))

    office.visit(NEW)
    office.page.select_option("#veld0", "gemeente")
    office.page.click("button:has-text('Voeg een regel toe')")
    office.page.fill("#r2-value", "Zeist")
    office.page.click("main >> text=Tel opnieuw >> visible=true >> nth=-1")
    assert "contact: griffiers in Zeist." in office.page.inner_text("#telling")
    office.page.fill("#name", "Zeist")
    office.page.click("text=Bewaar de selectie")

    assert office.page.inner_text("h1") == "Zeist"
