"""Gemeenten and Adressen in a browser: seen on every size, used by keyboard."""

from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.answers.models import Answer
from outreach.campaigns.models import CampaignState
from outreach.contacts import importing, suppression
from outreach.contacts.models import Address, Function, SuppressionReason
from outreach.db import db
from tests.browser.conftest import Site, Visitor
from tests.conftest import NOON
from tests.factories import make_answer, make_campaign, make_contact, make_message

pytestmark = pytest.mark.browser

LIST = """gemeente;rol;aanspreekvorm;naam;email;telefoon
Zeist;griffier;mevrouw;A. Blom;griffie@zeist.example;030 000 09 99
Den Bosch;griffier;heer;K. Haan;griffie@denbosch.example;
Bergen;griffier;;;griffie@bergen.example;
Tholen;griffier;;;griffie@@tholen.example;
"""
PAGES = (
    "/kantoor/gemeenten/",
    "/kantoor/gemeenten/GM0355",
    "/kantoor/gemeenten/GM0355/antwoord",
    "/kantoor/adressen/",
    "/kantoor/adressen/nieuw",
    "/kantoor/adressen/1",
    "/kantoor/adressen/1/wijzig",
    "/kantoor/adressen/1/verwijder",
    "/kantoor/adressen/adres/2/bevestig",
    "/kantoor/adressen/geen-post",
    "/kantoor/adressen/inlezen",
    "/kantoor/adressen/inlezen/1",
)
#: A table of 342 rows, which axe reads for half a minute: once is enough.
LONG = ("/kantoor/gemeenten/",)


@pytest.fixture
def site(site: Site) -> Site:
    """A letter that Zeist answered, a suggested address, an objection, a list to look at."""
    with site.app.app_context():
        campaign = make_campaign(state=CampaignState.RUNNING)
        make_message(campaign, make_contact("Zeist", last_name="Oosterveen"))
        other = make_contact("Zeist", "plv@zeist.example", function=Function.PLV_GRIFFIER)
        other.addresses[0].confirmed_at = None
        make_message(campaign, make_contact("Assen"))
        make_answer(campaign, "Zeist", "doorgestuurd", note="De fracties kregen hem al.")
        suppression.suppress("griffie@assen.example", SuppressionReason.ASKED, by=SYSTEM, now=NOON)
        importing.plan("griffies-voorjaar.csv", LIST.encode(), by=SYSTEM, now=NOON)
        db.session.commit()
    return site


def test_every_page_is_seen_and_read_by_everyone(office: Visitor) -> None:
    office.look_at(*(path for path in PAGES if path not in LONG))
    office.look_at(*LONG, axe_at_night=False)


def test_a_call_is_noted_and_taken_back_by_keyboard(office: Visitor, site: Site) -> None:
    office.visit("/kantoor/gemeenten/GM0106")
    office.tab_to("Noteer een antwoord")
    office.press("Enter")
    office.page.wait_for_url("**/antwoord")
    office.tab_to("ontvangst bevestigd")
    office.press("ArrowDown", "ArrowDown")
    office.tab_to("Noteer dit antwoord")
    office.press("Enter")
    office.page.wait_for_selector("text=Genoteerd: doorgestuurd naar de raad.")

    office.tab_to("Maak ongedaan: Doorgestuurd naar de raad")
    office.press("Enter")
    office.page.wait_for_selector("text=Het antwoord is ongedaan gemaakt.")

    with site.app.app_context():
        noted = db.session.scalars(select(Answer).order_by(Answer.id.desc())).first()
        assert noted is not None
        assert noted.undone_at == NOON


def test_a_list_is_read_taken_over_and_taken_back_by_keyboard(
    office: Visitor, site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "lijst.csv"
    file.write_text(LIST, encoding="utf-8")
    office.visit("/kantoor/adressen/")
    office.tab_to("Lees een lijst in")
    office.press("Enter")
    office.page.wait_for_url("**/inlezen")
    office.page.set_input_files("#file", file)
    office.tab_to("Bekijk wat er verandert")
    office.press("Enter")
    office.page.wait_for_url("**/inlezen/2")
    office.tab_to("Neem 2 regels over")
    office.press("Enter")
    office.page.wait_for_selector("text=2 regels zijn overgenomen.")
    with site.app.app_context():
        assert "griffie@denbosch.example" in db.session.scalars(select(Address.email)).all()

    office.tab_to("Maak het inlezen ongedaan")
    office.press("Enter")
    office.page.wait_for_selector("text=teruggedraaid")

    with site.app.app_context():
        assert "griffie@denbosch.example" not in db.session.scalars(select(Address.email)).all()


def test_a_suggested_address_is_confirmed_by_keyboard(office: Visitor, site: Site) -> None:
    office.visit("/kantoor/adressen/2")
    office.tab_to("Bevestig plv@zeist.example")
    office.press("Enter")
    office.page.wait_for_url("**/bevestig")
    office.tab_to("Bevestig dit adres")
    office.press("Enter")
    office.page.wait_for_selector("text=plv@zeist.example is bevestigd.")

    with site.app.app_context():
        assert db.session.get_one(Address, 2).confirmed_at == NOON
