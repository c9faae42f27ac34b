"""What a griffie meets: the answer page and the geen-post page, on a phone and by keyboard."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from outreach.answers.models import Answer
from outreach.contacts.models import Suppression
from outreach.db import db
from outreach.web.context import links, store
from tests.browser.conftest import PHONE, Site, Visitor
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message, make_sender

pytestmark = pytest.mark.browser


@dataclass
class Links:
    answer: str
    header: str
    body: str


@pytest.fixture
def sent(site: Site) -> Links:
    """The links of a letter that Súdwest-Fryslân has."""
    with site.app.app_context():
        campaign = make_campaign()
        contact = make_contact("Súdwest-Fryslân", "griffie@sudwestfryslan.example")
        pdf = store().put(b"%PDF-1.7")
        message = make_message(campaign, contact, pdf_sha256=pdf, pdf_name="brief.pdf")
        make_sender(name="Naast Elkaar")
        made = links()
        code = contact.office.gemeente_code
        base = made.base_url
        return Links(
            made.answer(campaign.id, code, "raad", now=NOON).removeprefix(base),
            made.one_click(message.message_id, now=NOON).removeprefix(base),
            made.no_more_mail(campaign.sender_id, now=NOON).removeprefix(base),
        )


def pages(sent: Links) -> list[str]:
    return [
        "/",
        "/privacy",
        "/toegankelijkheid",
        f"{sent.answer}?k=op-lijst",
        sent.header,
        sent.body,
    ]


def test_every_page_is_seen_and_read_by_everyone(page: Visitor, sent: Links) -> None:
    page.look_at(*pages(sent), unfold=True)


def test_on_a_phone_the_whole_answer_is_above_the_fold_and_has_boxes_in_forced_colours(
    visitors: Callable[..., Visitor], sent: Links
) -> None:
    phone = visitors(viewport=PHONE, java_script_enabled=False, forced_colors="active")
    phone.visit(f"{sent.answer}?k=doorgestuurd")

    button = phone.page.get_by_role("button", name="Verstuur")
    place = button.bounding_box()
    box = phone.page.locator("#doorgestuurd")

    assert place is not None
    assert place["y"] + place["height"] <= PHONE["height"]
    assert box.is_checked()
    assert box.evaluate("e => getComputedStyle(e).appearance") == "auto"
    assert button.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"


def test_an_answer_takes_two_taps_and_can_be_undone_by_keyboard(
    page: Visitor, sent: Links, site: Site
) -> None:
    page.visit(f"{sent.answer}?k=doorgestuurd")
    page.tab_to("Verstuur")
    page.press("Enter")
    assert page.page.inner_text("h1") == "Uw antwoord is genoteerd"
    page.check_axe()

    page.tab_to("Maak dit ongedaan")
    page.press("Enter")

    assert page.page.inner_text("h1") == "Het antwoord is ongedaan gemaakt"
    with site.app.app_context():
        assert db.session.scalars(select(Answer)).one().undone_at == NOON


def test_a_ticked_box_asks_for_its_date_without_script(
    visitors: Callable[..., Visitor], sent: Links, site: Site
) -> None:
    visitor = visitors(java_script_enabled=False)
    visitor.visit(sent.answer)
    assert not visitor.page.is_visible("#datum")

    visitor.page.check("#op-lijst")
    visitor.page.fill("#datum", "2026-04-21")
    visitor.page.get_by_role("button", name="Verstuur").click()

    assert "raadsvergadering van di 21 april 2026" in visitor.page.inner_text("main")


def test_leaving_by_keyboard_for_all_senders(page: Visitor, sent: Links, site: Site) -> None:
    page.visit(sent.body)
    page.tab_to("Uw e-mailadres")
    page.page.keyboard.type("griffie@sudwestfryslan.example")
    page.tab_to("Alleen van Initiatief Ademruimte")
    page.press("ArrowDown")
    page.tab_to("Stuur mij geen post meer")
    page.press("Enter")

    assert page.page.inner_text("h1") == "Uw verzoek is verwerkt"
    with site.app.app_context():
        assert db.session.scalars(select(Suppression)).one().sender_id is None
