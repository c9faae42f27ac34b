"""What the product does by itself for waiting lists: each apart from the others."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from outreach import jobs
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.events import offering, registering, seats
from outreach.events.models import Meeting, MeetingDay, Place
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
