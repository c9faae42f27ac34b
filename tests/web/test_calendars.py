"""Calendar files and feeds over HTTP: what a calendar programme asks, and what it gets."""

from datetime import date, timedelta

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.clock import FixedClock
from outreach.db import db
from outreach.events import changing
from outreach.events.models import Meeting, MeetingState
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting
from tests.web.page import PageClient

FILE, FEED = "/bijeenkomsten/haarlem.ics", "/agenda.ics"
ALL = (FILE, FEED, "/agenda/noord-holland.ics", "/agenda/drenthe.ics")
TWO_DAYS = ((date(2026, 6, 4), "13:30", "17:00", 25), (date(2026, 6, 5), "09:00", "12:00", 25))


@pytest.fixture
def meeting(client: PageClient) -> Meeting:
    meeting = make_meeting(days=TWO_DAYS)
    db.session.commit()
    return meeting


@pytest.mark.parametrize("path", ALL)
def test_a_calendar_says_what_it_is(client: PageClient, meeting: Meeting, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert response.content_type == "text/calendar; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith("inline; filename=")
    assert "public" in response.headers["Cache-Control"]
    assert "max-age=900" in response.headers["Cache-Control"]
    assert response.headers["ETag"].startswith('"')
    assert response.last_modified == NOON
    assert response.data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"BEGIN:VTIMEZONE" in response.data


@pytest.mark.parametrize("path", ALL)
def test_who_asks_for_news_gets_a_short_no(client: PageClient, meeting: Meeting, path: str) -> None:
    first = client.get(path)
    tag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    asked = [
        {"If-None-Match": tag},
        {"If-None-Match": f"W/{tag}"},
        {"If-None-Match": f'"other", {tag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": changed},
    ]

    for headers in asked:
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.data) == (304, b""), headers
        assert answer.headers["ETag"] == tag
    other = {"If-None-Match": '"other"', "If-Modified-Since": changed}
    assert client.get(path, headers=other).status_code == 200


@pytest.mark.parametrize("path", ALL)
def test_head_has_the_headers_alone(client: PageClient, meeting: Meeting, path: str) -> None:
    got, head = client.get(path), client.head(path)

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(got.data))


def test_the_bytes_change_when_the_meeting_does_and_not_before(
    client: PageClient, meeting: Meeting, clock: FixedClock
) -> None:
    before = client.get(FEED)
    clock.forward(timedelta(hours=5))
    assert client.get(FEED).data == before.data

    meeting.venue, meeting.updated_at = "De Hoge Beuken", clock.now()
    db.session.commit()

    headers = {"If-None-Match": before.headers["ETag"]}
    assert client.get(FEED, headers=headers).status_code == 200
    headers = {"If-Modified-Since": before.headers["Last-Modified"]}
    assert client.get(FEED, headers=headers).status_code == 200


def test_a_concept_is_in_no_calendar_and_a_cancelled_meeting_stays(
    client: PageClient, meeting: Meeting
) -> None:
    changing.cancel(meeting, reason="", links=MEETING_LINKS, by=SYSTEM, now=NOON)
    db.session.commit()
    for path in (FILE, FEED):
        assert b"STATUS:CANCELLED" in client.get(path).data

    meeting.state = MeetingState.DRAFT
    db.session.commit()
    assert client.get(FILE).status_code == 404
    assert b"VEVENT" not in client.get(FEED).data


def test_a_part_has_its_own_meetings(client: PageClient, meeting: Meeting) -> None:
    make_meeting("zeist", region="Utrecht", themes=["Jongeren & zorg"])
    db.session.commit()

    assert client.get("/agenda/utrecht.ics").data.count(b"BEGIN:VEVENT") == 1
    assert client.get("/agenda/jongeren-zorg.ics").data.count(b"BEGIN:VEVENT") == 1
    assert client.get("/agenda/noord-holland.ics").data.count(b"BEGIN:VEVENT") == 2
    assert client.get("/agenda/drenthe.ics").data.count(b"BEGIN:VEVENT") == 0


@pytest.mark.parametrize("part", ["Utrecht", "-x", "a--b", "a_b", "%00"])
def test_a_part_that_cannot_be_is_unknown(client: PageClient, part: str) -> None:
    assert client.get(f"/agenda/{part}.ics").status_code == 404


def test_a_file_can_hold_the_days_that_someone_comes_on(
    client: PageClient, meeting: Meeting
) -> None:
    second = meeting.days[1]

    one = client.get(f"{FILE}?dag={second.id}").data

    assert one.count(b"BEGIN:VEVENT") == 1
    assert second.uid.encode() in one
    for query in ("", "?dag=999999", "?dag=x"):
        assert client.get(FILE + query).data.count(b"BEGIN:VEVENT") == 2
