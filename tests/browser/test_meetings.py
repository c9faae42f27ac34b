"""A raadslid with a forwarded letter reads, registers, cancels: by thumb, by keyboard, anyhow."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import registering
from outreach.events.models import MeetingState, Registration
from tests.browser.conftest import PHONE, SMALL, ZOOMED, Site, Visitor
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender, make_wanted

pytestmark = pytest.mark.browser

ROTTERDAM = "/bijeenkomsten/rotterdam"
OWN_PAGE = r"/aanmelding/[\w-]+"
FORM = f"{ROTTERDAM}/aanmelden"
THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 120),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 60),
)


@pytest.fixture
def pages(site: Site) -> list[str]:
    """Every kind of page about meetings, with something on each."""
    with site.app.app_context():
        make_sender(name="Initiatief Ademruimte")
        rotterdam = make_meeting(
            "rotterdam",
            days=THREE_DAYS,
            title="Drie dagen ademruimte",
            summary="Bezoek plekken waar jongeren zo kunnen binnenlopen.",
            audience="Raadsleden, wethouders en griffiers",
            accessibility="Overal zonder drempel.",
            contact="Bel Ilse Verhagen, 030 000 00 00, of mail ilse@ademruimte.example",
            text="## Waarom\n\nLees [wat eraan voorafging](https://lees.example).\n\n- een\n- twee",
            themes=["Jongeren"],
            questions=[
                {"key": "lunch", "label": "Eet u mee?", "type": "choice", "options": ["Ja", "Nee"]}
            ],
        )
        rotterdam.days[0].title = "Kijken"
        rotterdam.days[0].programme = [{"at": "10.00", "what": "Ontvangst met koffie"}]
        off = make_meeting("assen", cancel_reason="De zaal is niet beschikbaar.")
        off.state = MeetingState.CANCELLED
        first, offered, waiting = (make_registration(rotterdam, n) for n in (1, 2, 3))
        registering.cancel(first, links=MEETING_LINKS, now=NOON)
        doubtful = make_wanted(rotterdam, 4, doubtful=True)
        held = registering.register(rotterdam, doubtful, links=MEETING_LINKS, now=NOON)
        own = [first, offered, waiting, held.registration]
        found = [f"/aanmelding/{one.secret}" for one in own]
        db.session.commit()
    return ["/", ROTTERDAM, "/bijeenkomsten/assen", FORM, *found]


def open_all(visitor: Visitor) -> None:
    visitor.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def refused(visitor: Visitor, *statuses: int) -> None:
    """Chromium itself reports a page with an error's status on the console; nothing else may."""
    assert [re.findall(r"status of (\d+)", line) for line in visitor.said] == [
        [str(status)] for status in statuses
    ], visitor.said
    visitor.said.clear()


@dataclass
class Counted:
    """A thumb: each press and each field that is filled in counts."""

    visitor: Visitor
    deeds: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.deeds.append(path)
        self.visitor.visit(path)

    def tap(self, name: str) -> None:
        self.deeds.append(name)
        self.visitor.page.locator("a, button, label", has_text=name).first.click()

    def fill(self, label: str, value: str) -> None:
        self.deeds.append(label)
        control = self.visitor.page.get_by_label(label, exact=True)
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(label=value)
        else:
            control.fill(value)


def test_from_the_forwarded_letter_to_registered_and_cancelled_elsewhere(
    visitors: Callable[..., Visitor], pages: list[str], site: Site
) -> None:
    phone = visitors(viewport=PHONE, has_touch=True, is_mobile=True, java_script_enabled=False)
    thumb = Counted(phone)

    thumb.open(f"{ROTTERDAM}?g=GM1900")
    thumb.tap("Meld u aan")
    thumb.fill("Naam", "Noor de Wit")
    thumb.fill("E-mail", "n.dewit@raad.example")
    thumb.fill("Functie", "Raadslid")
    thumb.tap("Vrijdag 11 september")
    thumb.tap("Zondag 13 september")
    assert phone.page.input_value("#gemeente") == "Súdwest-Fryslân"
    thumb.tap("Meld u aan")

    assert phone.page.inner_text("h1") == "U bent aangemeld, Noor de Wit"
    assert len(thumb.deeds) <= 12, thumb.deeds

    elsewhere = visitors()
    elsewhere.visit(link_in_the_mail(site, "n.dewit@raad.example"))
    elsewhere.page.get_by_text("Annuleer uw aanmelding").click()
    elsewhere.page.get_by_role("button", name="Annuleer alle dagen").click()
    assert elsewhere.page.inner_text("h1") == "U bent niet meer aangemeld"
    elsewhere.check_axe()
    with site.app.app_context():
        query = select(Registration).where(Registration.name == "Noor de Wit")
        assert db.session.scalars(query).one().cancelled_at == NOON


def link_in_the_mail(site: Site, address: str) -> str:
    with site.app.app_context():
        mails = db.session.scalars(select(Message).where(Message.address == address))
        found = {url for mail in mails for url in re.findall(OWN_PAGE, mail.content["text"])}
    [link] = found
    return link


def enter(visitor: Visitor, name: str) -> None:
    """Go to a link or button by Tab, press it, and wait for the next page."""
    visitor.tab_to(name)
    with visitor.page.expect_navigation():
        visitor.press("Enter")


def test_by_keyboard_alone_with_a_mistake_on_the_way(page: Visitor, pages: list[str]) -> None:
    page.visit("/")
    enter(page, "Rotterdam")
    enter(page, "Meld u aan")
    enter(page, "Meld u aan")
    refused(page, 422)
    assert page.page.evaluate("document.activeElement.className") == "mis"
    page.check_axe()
    page.press("Tab")
    assert page.focus_name() == "Naam: vul uw naam in"
    page.press("Enter")
    assert page.focus_name() == "Naam"
    page.page.keyboard.type("Noor de Wit")
    page.tab_to("E-mail")
    page.page.keyboard.type("n.dewit@raad.example")
    page.tab_to("Functie")
    page.page.keyboard.type("Wethouder")
    page.tab_to("Gemeente (hoeft niet)")
    page.page.keyboard.type("Zeist")
    page.press("Escape", "Tab", "Space")
    page.check_focus()
    enter(page, "Meld u aan")

    assert page.page.inner_text("h1") == "U bent aangemeld, Noor de Wit"
    page.check_axe()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visitors: Callable[..., Visitor], pages: list[str], scheme: str) -> None:
    visitor = visitors(viewport=PHONE if scheme == "dark" else None, color_scheme=scheme)

    for path in pages:
        visitor.visit(path)
        open_all(visitor)
        visitor.check_axe()


def test_nothing_sticks_out(page: Visitor, pages: list[str]) -> None:
    for path in pages:
        page.visit(path)
        open_all(page)
        for viewport in (SMALL, PHONE, ZOOMED):
            page.page.set_viewport_size(viewport)  # type: ignore[arg-type]
            page.check_fits()


def test_forced_colours_keep_the_boxes_and_the_trap_stays_out_of_sight(
    visitors: Callable[..., Visitor], pages: list[str]
) -> None:
    visitor = visitors(forced_colors="active")
    visitor.visit(FORM)

    box = visitor.page.get_by_label(re.compile("Vrijdag 11 september"))
    box.check()

    assert box.evaluate("e => getComputedStyle(e).appearance") == "auto"
    button = visitor.page.get_by_role("button", name="Meld u aan")
    assert button.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    trap = visitor.page.locator("#website").bounding_box()
    assert trap is not None
    assert trap["x"] + trap["width"] < 0
