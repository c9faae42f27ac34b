"""After a meeting, per gemeente: who came, and what is still asked."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from outreach.accounts.audit import CLI
from outreach.contacts import gemeenten
from outreach.db import db
from outreach.errors import Refused
from outreach.events import presence
from outreach.events.models import Meeting, Place
from outreach.events.presence import Pressed
from outreach.ledger import afterwards
from outreach.web.context import links
from tests.conftest import NOON
from tests.factories import (
    make_answer,
    make_campaign,
    make_contact,
    make_meeting,
    make_message,
    make_registration,
    make_sender,
)
from tests.web.page import PageClient

TWO_DAYS = ((date(2026, 6, 4), "10:00", "17:00", 9), (date(2026, 6, 5), "10:00", "17:00", 9))
AFTER = NOON + timedelta(days=120)


@pytest.fixture
def haarlem(app: Flask) -> Meeting:
    make_sender()
    meeting = make_meeting(days=TWO_DAYS)
    meeting.materials = [{"label": "Presentatie", "url": "https://ademruimte.example/p"}]
    zeist, assen = (gemeenten.find(name).code for name in ("Zeist", "Assen"))
    met = make_registration(meeting, 1, gemeente_code=zeist, day_ids=(meeting.days[0].id,))
    make_registration(meeting, 2, gemeente_code=zeist, day_ids=(meeting.days[0].id,))
    make_registration(meeting, 3, gemeente_code=assen, day_ids=(meeting.days[1].id,))
    make_registration(meeting, 4, day_ids=(meeting.days[1].id,))
    begins = meeting.days[0].starts_at
    presence.press(meeting.days[0], Pressed(met.id, True), by=CLI, now=begins)
    db.session.commit()
    return meeting


def test_who_came_is_whom_the_door_says_and_without_a_list_who_had_a_seat(
    haarlem: Meeting,
) -> None:
    found = afterwards.everyone(haarlem, now=AFTER)

    assert [(one.gemeente.name, one.came, len(one.visitors)) for one in found] == [
        ("Assen", 1, 1),
        ("Zeist", 1, 2),
    ]
    assert afterwards.total(found) == (2, 2)
    zeist = afterwards.of(haarlem, gemeenten.find("Zeist"), now=AFTER)
    assert [bool(one.came) for one in zeist.visitors] == [True, False]
    assert zeist.absent == 1
    with pytest.raises(Refused, match="nog niet voorbij"):
        afterwards.everyone(haarlem, now=NOON)
    assert afterwards.of_gemeente(gemeenten.find("Zeist"), now=NOON) == []


def test_what_is_still_asked_is_each_letter_without_an_answer(haarlem: Meeting) -> None:
    campaign, zeist = make_campaign(), gemeenten.find("Zeist")
    make_message(campaign, make_contact("Zeist"))

    assert [one.id for one, _ in afterwards.asks(zeist)] == [campaign.id]
    make_answer(campaign, "Zeist", "doorgestuurd")
    assert afterwards.asks(zeist) == []


def test_the_office_reads_names_and_the_griffie_numbers(
    coordinator: PageClient, haarlem: Meeting
) -> None:
    """The meeting is long over by the clock of the page."""
    past = timedelta(days=365)
    for day in haarlem.days:
        day.date, day.starts_at, day.ends_at = (
            day.date - past,
            day.starts_at - past,
            day.ends_at - past,
        )
    db.session.execute(update(Place).where(Place.came_at.is_not(None)).values(came_at=NOON - past))
    db.session.commit()

    page = coordinator.page("/kantoor/bijeenkomsten/haarlem/na-afloop")
    assert "2 mensen van 2 gemeenten." in page.text
    one = coordinator.page(page.links()["Zeist"])
    assert "Van Zeist was één mens in Haarlem; 1 die zich aanmeldde, kwam niet." in one.text
    assert "Noor de Wit 1" in one.text
    assert "Noor de Wit 1" in coordinator.page("/kantoor/gemeenten/GM0355/na-afloop").text
    assert "Presentatie" in one.text
    assert "na-afloop" in coordinator.get("/kantoor/bijeenkomsten/haarlem").text
    token = links().desk("GM0355", now=NOON).rpartition("/")[2]
    desk = coordinator.page(f"/griffie/{token}")
    assert "Van uw gemeente was 1 mens er. Presentatie" in desk.text
    assert "Noor de Wit 1" not in desk.text
