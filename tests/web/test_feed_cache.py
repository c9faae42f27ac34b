"""Feeds that are kept: asked for again they cost next to nothing, and they are never old."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask

from config import Settings
from outreach.accounts.audit import SYSTEM
from outreach.app import create_app
from outreach.clock import FixedClock
from outreach.db import db
from outreach.events import changing, feed_cache, keeping
from outreach.events.models import Meeting, MeetingState
from tests.conftest import NOON, Counted
from tests.factories import MEETING_LINKS, make_meeting, make_sender
from tests.web.page import PageClient

FEED = "/agenda.ics"


@pytest.fixture
def meeting(client: PageClient) -> Meeting:
    make_sender()
    meeting = make_meeting()
    db.session.commit()
    return meeting


def test_asked_again_a_feed_costs_one_light_query(
    client: PageClient,
    meeting: Meeting,
    query_count: Callable[[], AbstractContextManager[Counted]],
) -> None:
    first = client.get(FEED)

    for headers in ({}, {"If-None-Match": first.headers["ETag"]}):
        with query_count() as counted:
            again = client.get(FEED, headers=headers)
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.data in (first.data, b"")
        assert counted.count <= 2  # SQLite counts BEGIN too


def test_a_change_within_the_same_moment_is_seen(client: PageClient, meeting: Meeting) -> None:
    client.get(FEED)

    for venue in ("De Hoge Beuken", "De Lage Beuken"):
        facts = replace(keeping.facts_of(meeting), venue=venue)
        changing.apply(meeting, facts, version=None, links=MEETING_LINKS, by=SYSTEM, now=NOON)
        db.session.commit()
        assert venue.encode() in client.get(FEED).data

    changing.cancel(meeting, reason="", links=MEETING_LINKS, by=SYSTEM, now=NOON)
    db.session.commit()
    assert b"STATUS:CANCELLED" in client.get(FEED).data


def test_a_meeting_is_seen_when_it_is_published_and_not_before(
    client: PageClient, meeting: Meeting
) -> None:
    zeist = make_meeting("zeist", state=MeetingState.DRAFT)
    db.session.commit()
    assert client.get(FEED).data.count(b"BEGIN:VEVENT") == 1

    keeping.publish(zeist, by=SYSTEM, now=NOON)
    db.session.commit()

    assert client.get(FEED).data.count(b"BEGIN:VEVENT") == 2


def test_what_another_process_changed_is_seen(
    client: PageClient, meeting: Meeting, settings: Settings, clock: FixedClock
) -> None:
    client.get(FEED)
    other = create_app(settings, clock=clock)

    with other.app_context():
        found = keeping.find("haarlem")
        changing.cancel(found, reason="", links=MEETING_LINKS, by=SYSTEM, now=NOON)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()

    assert b"STATUS:CANCELLED" in client.get(FEED).data


def test_the_name_above_a_feed_follows_the_organisation(
    client: PageClient, meeting: Meeting
) -> None:
    host = make_sender(name="Nieuw Initiatief")
    meeting.sender_id, meeting.version = host.id, meeting.version + 1
    db.session.commit()
    assert b"NAME:Bijeenkomsten Nieuw Initiatief\r\n" in client.get(FEED).data

    host.name = "Oud Initiatief"
    db.session.commit()

    assert b"NAME:Bijeenkomsten Oud Initiatief\r\n" in client.get(FEED).data


def test_a_day_leaves_the_feed_as_time_goes_by(
    client: PageClient, meeting: Meeting, clock: FixedClock
) -> None:
    make_meeting("zeist", days=((date(2026, 9, 4), "13:30", "17:00", 25),))
    db.session.commit()
    assert client.get(FEED).data.count(b"BEGIN:VEVENT") == 2

    clock.forward(timedelta(days=500))

    assert client.get(FEED).data.count(b"BEGIN:VEVENT") == 1


def test_each_part_is_kept_by_itself_and_not_without_end(
    app: Flask, client: PageClient, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_cache, "MOST_KEPT", 3)

    for part in ("noord-holland", "drenthe", "a", "b", "c"):
        for _ in range(2):
            count = client.get(f"/agenda/{part}.ics").data.count(b"BEGIN:VEVENT")
            assert count == (part == "noord-holland")
        assert len(app.extensions["outreach.feeds"]._kept) <= 3
