"""What the product does by itself for waiting lists: each apart from the others."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis.strategies import datetimes, just, timedeltas
from sqlalchemy import select, update

from outreach import jobs
from outreach.accounts.audit import CLI
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.clock import from_wall, to_wall
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import offering, recounting, registering, seats
from outreach.events.models import Meeting, MeetingDay, Place
from outreach.ledger import alerts, overview
from outreach.tokens import Tokens
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

ONE_SEAT = ((date(2026, 6, 4), "13:30", "17:00", 1),)


def make_offer(slug: str) -> Meeting:
    """A meeting of one seat, which is offered to the first of two who wait."""
    meeting = make_meeting(slug, days=ONE_SEAT)
    seated, _, _ = (make_registration(meeting, n) for n in (1, 2, 3))
    registering.cancel(seated, links=MEETING_LINKS, now=NOON)
    return meeting


def states(meeting: Meeting) -> list[str]:
    query = select(Place.state).join(MeetingDay).where(MeetingDay.meeting_id == meeting.id)
    return [state.value for state in db.session.scalars(query.order_by(Place.number))]


def test_a_fault_in_one_waiting_list_does_not_stop_the_others(
    app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    make_sender()
    broken, whole = make_offer("haarlem"), make_offer("zeist")
    # Its seat was counted away: giving it back once more meets the table's own CHECK.
    db.session.execute(update(MeetingDay).where(MeetingDay.meeting_id == broken.id).values(taken=0))
    db.session.commit()
    links = Links("https://ademruimte.example", Tokens(("a key of the tests, long enough",)))

    jobs.tend_meetings(jobs.Desk(links, Store(tmp_path)), now=NOON + offering.OFFER_LASTS)

    assert states(broken)[1] == "offered"  # as it was
    assert states(whole) == ["cancelled", "cancelled", "offered"]
    assert "a waiting list could not be tended" in caplog.text


def test_a_newcomer_does_not_pass_who_waits_while_a_seat_is_free(app: Flask):
    """Between a seat that came and its offer, as after a crash of another program."""
    make_sender()
    meeting = make_meeting(days=ONE_SEAT)
    for n in (1, 2):
        make_registration(meeting, n)
    db.session.execute(update(MeetingDay).values(capacity=2))
    db.session.expire_all()

    make_registration(meeting, 3)

    assert states(meeting) == ["confirmed", "waiting", "waiting"]
    assert seats.miscounted() == []


@given(
    sent=datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=just(UTC)),  # noqa: DTZ001
    ahead=timedeltas(timedelta(minutes=1), timedelta(days=40)),
)
@settings(max_examples=200, deadline=None)
def test_an_offer_ends_while_people_are_up_and_before_the_day(sent, ahead):
    until = offering.keeps_until(sent, sent + ahead)

    assert sent < until <= sent + ahead
    if until < sent + ahead:
        assert time(8) <= to_wall(until).time() <= time(20)
        assert until - sent <= offering.OFFER_LASTS + timedelta(hours=14)


@pytest.mark.parametrize(
    ("sent", "starts", "until"),
    [
        ("2026-03-23T14:30", "2026-06-04T13:30", "2026-03-24T14:30"),
        ("2026-03-23T22:15", "2026-06-04T13:30", "2026-03-25T10:00"),
        ("2026-06-01T11:00", "2026-06-04T13:30", "2026-06-02T10:00"),  # twelve hours: at night
        ("2026-06-03T09:00", "2026-06-04T13:30", "2026-06-03T13:00"),
        ("2026-06-04T09:00", "2026-06-04T13:30", "2026-06-04T11:00"),
        ("2026-06-04T12:30", "2026-06-04T13:30", "2026-06-04T13:30"),
    ],
)
def test_how_long_a_place_is_kept(sent: str, starts: str, until: str):
    moments = [from_wall(datetime.fromisoformat(one)) for one in (sent, starts)]

    assert to_wall(offering.keeps_until(*moments)).isoformat()[:16] == until


def test_the_subject_says_until_when(app: Flask):
    make_sender()
    make_offer("haarlem")

    subjects = {one.content["subject"] for one in db.session.query(Message)}

    assert "Er is plaats voor u: Haarlem, reageer vóór di 24 maart, 9.00 uur" in subjects


def test_a_count_that_differs_is_told_to_a_person_and_mended_by_one(app: Flask, tmp_path: Path):
    make_sender()
    meeting = make_meeting(days=((date(2026, 6, 4), "13:30", "17:00", 5),))
    for n in (1, 2):
        make_registration(meeting, n)
    db.session.execute(update(MeetingDay).values(taken=4, waiting=1))
    db.session.commit()
    links = Links("https://ademruimte.example", Tokens(("a key of the tests, long enough",)))

    jobs.tidy(jobs.Desk(links, Store(tmp_path)), now=NOON)

    (told,) = [one for one in overview.waiting(NOON) if "telling" in one.title]
    assert "Haarlem, do 4 juni: de teller zegt 4 bezet en 1 wachtend, de lijst 2" in told.detail
    assert alerts.note(at=NOON) == 1
    assert alerts.note(at=NOON) == 0
    assert recounting.mend(meeting, by=CLI, now=NOON) == 1
    assert (meeting.days[0].taken, meeting.days[0].waiting) == (2, 0)
    assert [one for one in overview.waiting(NOON) if "telling" in one.title] == []
