"""What two parsers that did not make our files read in them, against what was put in.

Hostile words are made by hypothesis, thirty entries to a file, since each file is read in a
process of its own.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from outreach.calendars import feed, invite
from outreach.calendars.entry import Entry, Party
from outreach.clock import AMSTERDAM, at_wall
from tests.calendars import foreign
from tests.calendars.entries import COALITION, HAARLEM, JAN, REVISED, ZEIST, make_entry

HOSTILE = (
    *("\\", "\\n", "\\N", "\\,", ";", ",", ":", '"', "=", "^n", "%", "'", " ", "  ", "\t"),
    *("\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r\nEND:VEVENT\r\n"),
    *("\x00", "\x07", "\x1b[31m", "\x7f", "\x9f", "\ud800", "\ufeff", "\u200b", "\u202e"),
    *("é", "Súdwest-Fryslân", "’s-Hertogenbosch", "👋🏽", "e\u0301", "👨\u200d👩\u200d👧" * 9),
    *("x" * 74, "é" * 74, "C:\\Notulen", "<b>", "&amp;", "http://x.example"),
    *("DTSTART:20200101T000000Z", "BEGIN:VALARM", "DESCRIPTION"),
)
WORDS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), max_size=12).map("".join)
MOMENTS = st.datetimes(datetime.min.replace(2024), datetime.max.replace(2040)).map(  # noqa: DTZ901
    lambda naive: naive.replace(microsecond=0, tzinfo=UTC)
)
ENTRIES = st.lists(
    st.builds(
        lambda starts, lasts, **given: make_entry(starts=starts, ends=starts + lasts, **given),
        MOMENTS,
        st.timedeltas(timedelta(seconds=1), timedelta(days=4)),
        sequence=st.integers(0, 2**31 - 1),
        summary=WORDS,
        location=WORDS,
        description=WORDS,
        categories=st.lists(WORDS, max_size=2).map(tuple),
        conference=st.sampled_from(["", "https://meet.example/é?a=b,c;d&e='f'#g"]),
        cancelled=st.booleans(),
        uid=st.uuids(version=4).map(lambda uuid: f"{uuid}@coalitie.example"),
    ),
    min_size=30,
    max_size=30,
    unique_by=lambda entry: entry.uid,
)
#: Shrinking would start hundreds of processes; the words that failed are printed as they are.
FEW = settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def legible(words: str) -> str:
    """What can be kept of words: their lines, without controls and broken characters."""
    lines = re.sub("\r\n|[\r\v\f\x85\u2028\u2029]", "\n", words).replace("\t", " ")
    return re.sub("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]", "", lines)


def meant(entry: Entry, **changes: Any) -> dict[str, Any]:
    """What a reader should find."""
    online = entry.conference and entry.conference not in entry.description
    told = f"{entry.description}\n\nOnline meedoen: {entry.conference}".strip()
    return {
        "uid": entry.uid,
        "starts": int(entry.starts.timestamp()),
        "ends": int(entry.ends.timestamp()),
        "status": "CANCELLED" if entry.cancelled else "CONFIRMED",
        "sequence": entry.sequence,
        "summary": "GEANNULEERD: " * entry.cancelled + legible(entry.summary),
        "location": legible(entry.location),
        "description": legible(told if online else entry.description),
        "organizer": [],
        "attendees": [],
    } | changes


def in_order(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [meant(entry) for entry in sorted(entries, key=lambda one: (one.starts, one.uid))]


def assert_lines_as_the_rules_say(ics: bytes) -> None:
    """RFC 5545, 3.1: CRLF and nothing else, 75 octets, no character in two pieces."""
    assert ics.count(b"\r\n") == ics.count(b"\n") == ics.count(b"\r")
    assert ics.endswith(b"END:VCALENDAR\r\n")
    for line in ics.split(b"\r\n"):
        assert len(line) <= 75
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", line.decode("utf-8"))


@pytest.mark.parametrize("reader", foreign.READERS)
@given(entries=ENTRIES, name=WORDS)
@FEW
def test_hostile_words_are_read_as_they_were_meant(
    reader: str, entries: list[Entry], name: str
) -> None:
    ics = feed.feed(entries, name=f"Agenda {name}.", description=name)

    assert_lines_as_the_rules_say(ics)
    read = foreign.read(reader, ics)
    assert read["entries"] == in_order(entries)
    assert read["name"] == legible(f"Agenda {name}.")
    assert read["method"] == ""


@pytest.mark.parametrize("reader", foreign.READERS)
def test_each_hour_of_the_days_around_both_changes_of_the_clock_is_read_right(reader: str) -> None:
    midnights = [
        datetime(year, month, day, tzinfo=AMSTERDAM).astimezone(UTC)
        for year, month, day in [(2026, 3, 28), (2026, 10, 24), (2030, 3, 30), (2040, 10, 27)]
    ]
    entries = [
        make_entry(uid=f"{midnight:%Y-%m}-{hour}", starts=midnight + timedelta(hours=hour))
        for midnight in midnights
        for hour in range(73)
    ]

    assert foreign.read(reader, feed.single(entries))["entries"] == in_order(entries)


@pytest.mark.parametrize("reader", foreign.READERS)
def test_summer_and_winter_stand_on_their_hour(reader: str) -> None:
    [summer, winter] = foreign.read(
        reader,
        feed.single([make_entry(uid="1", starts=HAARLEM), make_entry(uid="2", starts=ZEIST)]),
    )["entries"]

    assert datetime.fromtimestamp(summer["starts"], UTC).hour == 11
    assert datetime.fromtimestamp(winter["starts"], UTC).hour == 12


@pytest.mark.parametrize("reader", foreign.READERS)
def test_readers_stumble_over_the_zone_that_we_do_not_use(reader: str) -> None:
    """So the tests above can fail: with the library's own zone a meeting in June moves."""
    calendar = Calendar.from_ical(feed.single([make_entry()]))
    del calendar.subcomponents[0]
    calendar.add_missing_timezones()

    [moved] = foreign.read(reader, calendar.to_ical())["entries"]

    assert moved["starts"] - HAARLEM.timestamp() == 3600


@pytest.mark.parametrize("reader", foreign.READERS)
@pytest.mark.parametrize("kind", ["request", "withdrawn", "cancelled"])
def test_invitations_are_read_as_they_were_meant(reader: str, kind: str) -> None:
    entry = make_entry(
        starts=at_wall(date(2026, 10, 26), wall_time(9)),
        summary="".join(HOSTILE),
        location='Súdwest-Fryslân, "Het Huis"; 2\\3',
        description="".join(reversed(HOSTILE)),
    )
    organizer = Party('Coalitie "Adem"; \\ ruimte,\r\nATTENDEE:mailto:x 👋', COALITION.email)
    ways: dict[str, Any] = {
        "request": {},
        "withdrawn": {"whole": False},
        "cancelled": {"whole": True},
    }
    write = invite.cancel if ways[kind] else invite.request

    ics = write(entry, organizer=organizer, attendee=JAN, sequence=7, stamped=REVISED, **ways[kind])

    assert_lines_as_the_rules_say(ics)
    expected = meant(
        entry,
        sequence=7,
        status={"request": "CONFIRMED", "withdrawn": "", "cancelled": "CANCELLED"}[kind],
        summary="GEANNULEERD: " * (kind == "cancelled") + legible(entry.summary),
        organizer=[
            [f"mailto:{COALITION.email}", "Coalitie 'Adem'; \\ ruimte, ATTENDEE:mailto:x 👋", ""]
        ],
        attendees=[[f"mailto:{JAN.email}", JAN.name, "ACCEPTED" if kind == "request" else ""]],
    )
    method = "CANCEL" if ways[kind] else "REQUEST"
    assert foreign.read(reader, ics) == {"method": method, "name": "", "entries": [expected]}
