"""What other programs read in our calendars, against what the database holds.

Each file in a process of its own, by two parsers that are not ours, in summer and in winter.
"""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import changing, feeds, keeping, registering
from outreach.events.models import Meeting, MeetingDay
from tests.calendars import foreign
from tests.calendars.test_foreign import in_order
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

DAYS = (
    (date(2026, 6, 4), "13:30", "17:00", 25),  # summer
    (date(2026, 10, 25), "00:30", "23:30", 25),  # the day of 25 hours
    (date(2026, 11, 17), "09:30", "16:00", 25),  # winter
    (date(2027, 3, 28), "01:00", "04:00", 25),  # the night of 23
)


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    make_sender()
    make_meeting("zeist", title="Gaat door, in Zeist")
    return make_meeting(
        "ijlst", days=DAYS, title="Súdwest-Fryslân; een dag\\nacht, of niet",
        venue="’t Huis, “De Wâl”", city="IJlst",
    )  # fmt: skip


def stands(days: list[MeetingDay]) -> list[dict[str, Any]]:
    """What the rows say."""
    return [
        {
            "uid": day.uid,
            "starts": int(day.starts_at.timestamp()),
            "ends": int(day.ends_at.timestamp()),
            "status": "CANCELLED" if day.cancelled_at else "CONFIRMED",
            "sequence": day.sequence,
        }
        for day in sorted(days, key=lambda day: (day.starts_at, day.uid))
    ]


def read(reader: str, ics: bytes) -> list[dict[str, Any]]:
    found = foreign.read(reader, ics)["entries"]
    return [{name: entry[name] for name in stands_keys()} for entry in found]


def stands_keys() -> tuple[str, ...]:
    return ("uid", "starts", "ends", "status", "sequence")


@pytest.mark.parametrize("reader", foreign.READERS)
def test_files_and_feeds_say_what_the_database_says(
    meeting: Meeting, client: FlaskClient, reader: str
):
    changing.cancel_day(meeting.days[2], reason="", links=MEETING_LINKS, by=SYSTEM, now=NOON)
    db.session.commit()
    everything = list(db.session.scalars(select(MeetingDay)))

    assert read(reader, client.get("/agenda.ics").data) == stands(everything)
    single = client.get("/bijeenkomsten/ijlst.ics").data
    assert read(reader, single) == stands(meeting.days)


@pytest.mark.parametrize("reader", foreign.READERS)
def test_a_day_with_parts_is_read_in_all_fields(meeting: Meeting, reader: str):
    """A part is called what breaks lines and lists, and comes through whole."""
    odd = keeping.PartFacts("Wonen, zorg\\n “en meer”: 50%", time(14), time(15), "zaal 2")
    day = keeping.facts_of(meeting).days[0]
    facts = replace(keeping.facts_of(meeting), days=(replace(day, parts=(odd,)),))
    changing.apply(meeting, facts, version=None, links=MEETING_LINKS, by=SYSTEM, now=NOON)
    first = meeting.days[0]
    one = make_registration(meeting, day_ids=(first.id,), part_ids=(first.parts[0].id,))
    invitation = db.session.scalars(select(Message).where(Message.address == one.email)).first()

    entries = [feeds.entry(each, links=MEETING_LINKS) for each in meeting.days]
    single = foreign.read(reader, feeds.file_of(meeting, links=MEETING_LINKS))["entries"]
    (sent,) = foreign.read(reader, invitation.content["calendar"]["ics"].encode())["entries"]

    assert single == in_order(entries)
    assert "14.00 tot 15.00 uur: Wonen, zorg\\n “en meer”: 50%, zaal 2" in single[0]["description"]
    assert "U koos:\n14.00 tot 15.00 uur: Wonen, zorg" in sent["description"]


@pytest.mark.parametrize("reader", foreign.READERS)
def test_invitations_say_what_the_database_says(meeting: Meeting, reader: str):
    registration = make_registration(meeting)
    registering.cancel(registration, links=MEETING_LINKS, now=NOON)
    mails = [
        message.content["calendar"]
        for message in db.session.scalars(select(Message).order_by(Message.id))
        if "calendar" in message.content
    ]
    assert [mail["method"] for mail in mails] == ["REQUEST"] * 4 + ["CANCEL"] * 4

    for mail, day in ((mails[0], meeting.days[0]), (mails[7], meeting.days[3])):
        (entry,) = read(reader, mail["ics"].encode())
        (row,) = stands([day])
        assert (entry["uid"], entry["starts"], entry["ends"]) == (
            row["uid"],
            row["starts"],
            row["ends"],
        )
        assert entry["sequence"] == row["sequence"] + (mail["method"] == "CANCEL")
