"""Bijeenkomsten in a browser: seen on every size, made and changed by keyboard."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.events import keeping, programme, registering
from outreach.events.keeping import PartFacts
from outreach.events.models import Meeting, MeetingState
from tests.browser.conftest import PHONE, Site, Visitor, sign_in
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

pytestmark = pytest.mark.browser

LIST = "/kantoor/bijeenkomsten/"
PAGES = (
    LIST,
    f"{LIST}haarlem",
    f"{LIST}zeist",
    f"{LIST}haarlem/wijzig",
    f"{LIST}haarlem/annuleer",
    f"{LIST}haarlem/onderdeel/1/annuleer",
    f"{LIST}haarlem/voeg-toe",
    f"{LIST}haarlem/aanmelding/2",
    f"{LIST}haarlem/aanmelding/2/annuleer",
)


@pytest.fixture
def site(site: Site) -> Site:
    """Haarlem, full, with an offer, people who wait and one who cancelled, and a part to choose;
    Zeist, a concept."""
    with site.app.app_context():
        make_sender()
        days = [(date(2026, 6, 4), "13:30", "17:00", 3)]
        meeting = make_meeting(days=days, online_url="https://video.example/haarlem")
        hours = [
            replace(day, parts=(PartFacts("Wandeling", time(14), time(15)),))
            for day in keeping.facts_of(meeting).days
        ]
        programme.write(meeting.days[0], hours[0], now=NOON)
        db.session.flush()
        people = [
            make_registration(meeting, n, gemeente_code="GM1900" if n % 2 else None, part_ids=(1,))
            for n in range(1, 7)
        ]
        people[1].note = "Belde: komt een half uur later."
        registering.cancel(people[0], links=MEETING_LINKS, now=NOON)
        make_meeting("zeist", state=MeetingState.DRAFT)
        db.session.commit()
    return site


def show_preview(office: Visitor) -> None:
    """Change the place, which four people are told of, and look at who they are."""
    office.visit(f"{LIST}haarlem/wijzig")
    office.page.fill("#venue", "Pakhuis De Eik")
    office.page.press("#venue", "Enter")
    office.page.wait_for_selector("h1:has-text('Wie krijgt een mail?')")


def test_every_page_is_seen_and_read_by_everyone(office: Visitor) -> None:
    office.look_at(*PAGES)
    show_preview(office)
    office.look_around()


def test_on_a_phone_the_menu_has_the_rest_under_meer(visitors: Callable[..., Visitor]) -> None:
    office = sign_in(visitors(viewport=PHONE))
    office.visit("/kantoor/")

    office.tab_to("Meer")
    office.press("Enter", "Tab")
    assert office.focus_name() == "Adressen"
    office.tab_to("Bijeenkomsten")
    office.press("Enter")
    office.page.wait_for_url(f"**{LIST}")
    office.check_axe()


def test_a_meeting_is_made_and_opened_by_keyboard(office: Visitor, site: Site) -> None:
    office.visit(LIST)
    office.tab_to("Maak een bijeenkomst")
    office.press("Enter")
    office.page.wait_for_url("**/nieuw")
    office.tab_to("Titel")
    office.page.keyboard.type("Wat werkt?")
    office.tab_to("Plaats")
    office.page.keyboard.type("Delft")
    for field, value in (("date", "2026-10-01"), ("opens", "10:00"), ("closes", "12:00")):
        office.page.fill(f"#days-0-{field}", value)
    office.tab_to("Plaatsen")
    office.page.keyboard.type("30")
    office.press("Enter")
    office.page.wait_for_url("**/delft")
    office.tab_to("Zet de bijeenkomst open")
    office.press("Enter")
    office.page.wait_for_selector("text=De bijeenkomst staat open")

    with site.app.app_context():
        made = db.session.scalars(select(Meeting).where(Meeting.slug == "delft")).one()
        assert (made.state, made.days[0].capacity) == (MeetingState.OPEN, 30)
