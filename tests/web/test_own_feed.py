"""One's own calendar to follow: asked for on one's own page, replaced there, read as any feed."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from icalendar import Calendar

from outreach.accounts.audit import SYSTEM
from outreach.clock import FixedClock
from outreach.db import db
from outreach.events import changing, registering
from outreach.events.models import Meeting, Registration
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_registration
from tests.web.page import Page, PageClient
from tests.web.test_own_page import press, publish, url

__all__ = ["publish"]
GONE = "Deze agenda bestaat niet meer."


@pytest.fixture
def comes(publish: Callable[..., Meeting]) -> Registration:
    """Someone who comes on the first two of three days."""
    meeting = publish()
    days = [day.id for day in meeting.days[:2]]
    registration = make_registration(meeting, day_ids=days)
    db.session.commit()
    return registration


def asked(client: PageClient, registration: Registration) -> str:
    """The address that the page gives, as a path."""
    page = Page(press(client, registration, "agenda").text)
    (field,) = (one for one in page.all("input") if one.attrs.get("id") == "eigen-link")
    return str(field.attrs["value"]).removeprefix("http://127.0.0.1:8000")


def events(client: PageClient, address: str) -> list[tuple[str, str, int]]:
    calendar = Calendar.from_ical(client.get(address).data)
    return [
        (str(one["dtstart"].dt.date()), str(one.get("status")), int(one["sequence"]))
        for one in calendar.walk("VEVENT")
    ]


def test_the_page_gives_no_address_until_it_is_asked_for(client, comes):
    page = client.page(url(comes))

    assert "Geef mij een link" in page.text
    assert "/agenda/p/" not in page.source


def test_the_feed_holds_the_days_on_which_one_comes_and_names_nobody(client, comes):
    address = asked(client, comes)

    response = client.get(address)

    assert [day for day, _, _ in events(client, address)] == ["2026-09-11", "2026-09-12"]
    assert "Noor" not in response.text
    assert comes.email not in response.text
    assert b"METHOD" not in response.data
    assert b"REFRESH-INTERVAL;VALUE=DURATION" in response.data
    assert response.cache_control.private
    assert "public" not in response.headers["Cache-Control"]


def test_nothing_changed_is_a_short_no(client, comes):
    address = asked(client, comes)
    first = client.get(address)

    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert client.head(address).status_code == 200


def test_a_day_that_is_moved_or_given_up_changes_in_the_feed(client, comes, clock: FixedClock):
    address = asked(client, comes)
    before = {day: sequence for day, _, sequence in events(client, address)}
    keep = [comes.meeting.days[0].id]
    clock.forward(timedelta(hours=1))

    registering.change_days(comes, keep, links=MEETING_LINKS, now=clock.now())
    changing.cancel_day(
        comes.meeting.days[0], reason="Ziek", links=MEETING_LINKS, by=SYSTEM, now=clock.now()
    )
    db.session.commit()

    after = {day: (status, sequence) for day, status, sequence in events(client, address)}
    assert {day: status for day, (status, _) in after.items()} == {
        "2026-09-11": "CANCELLED",
        "2026-09-12": "CANCELLED",
    }
    assert after["2026-09-11"][1] > before["2026-09-11"]


def test_another_registration_of_the_same_mailbox_joins_the_feed(client, comes, publish):
    address = asked(client, comes)
    other = publish("zeist", days=((date(2026, 11, 17), "13:30", "17:00", 25),))
    make_registration(other, email=comes.email)
    make_registration(other, 7)
    db.session.commit()

    assert [day for day, _, _ in events(client, address)][-1] == "2026-11-17"
    assert len(events(client, address)) == 3


def test_a_new_address_stops_the_old_one(client, comes):
    old = asked(client, comes)
    new = asked(client, comes)

    assert old != new
    assert client.get(old).status_code == 404
    assert GONE in client.get(old).text
    assert client.get(new).status_code == 200
    assert client.get("/agenda/p/onzin.ics").status_code == 404


def test_who_cancelled_gets_no_address(client, comes):
    registering.cancel(comes, links=MEETING_LINKS, now=NOON)
    db.session.commit()

    assert press(client, comes, "agenda").status_code == 409
