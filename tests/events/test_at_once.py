"""The short road of a registration writes what the long one writes, to the letter."""

import re
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, select

from outreach.db import db
from outreach.delivery.models import DeliveryEvent, Message
from outreach.errors import Refused
from outreach.events import at_once, registering
from outreach.events.at_hand import AtHand
from outreach.events.models import (
    Meeting,
    MeetingDay,
    OpenTo,
    Place,
    Registration,
    VisitorRole,
)
from outreach.events.registering import Standing, Wanted
from outreach.wording import Language, speaking
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 120),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 60),
)
WRITTEN: tuple[Table, ...] = tuple(
    model.__table__  # type: ignore[misc]
    for model in (Registration, Place, Message, DeliveryEvent, MeetingDay)
)


def wanted(meeting: Meeting, *which: int, **more: Any) -> Wanted:
    fields: dict[str, Any] = {
        "name": " Noor   de Wit-Özdemir ",
        "email": "N.deWit@raad.example",
        "role": VisitorRole.RAADSLID,
        "day_ids": tuple(meeting.days[n].id for n in which or (0,)),
    }
    return Wanted(**fields | more)


def short(meeting: Meeting, asked: Wanted) -> list[Standing] | None:
    at_hand = AtHand()
    kept = at_hand.find(meeting.slug)
    assert kept is not None
    found = at_once.register(kept, asked, at_hand=at_hand, links=MEETING_LINKS, now=NOON)
    return None if found is None else list(found.standings)


def long(meeting: Meeting, asked: Wanted) -> list[Standing]:
    return list(registering.register(meeting, asked, links=MEETING_LINKS, now=NOON).standings)


def written(road: Callable[[Meeting, Wanted], list[Standing] | None], asked: Wanted) -> Any:
    """All that a road writes and says, without the numbers that a database gives; not kept."""
    meeting = db.session.scalars(select(Meeting)).one()
    said = road(meeting, asked)
    assert said is not None
    shown = [(one.day.id, one.state, one.rank) for one in said]
    db.session.flush()
    of = {
        one.name: db.session.execute(select(one).order_by(*one.primary_key)).mappings().all()
        for one in WRITTEN
    }
    person = max(row["id"] for row in of["registration"])
    rows = {
        name: [
            {
                column: _numberless(str(value), person)
                for column, value in row.items()
                if column not in ("id", "registration_id", "message_id")
            }
            for row in found
        ]
        for name, found in of.items()
    }
    db.session.rollback()
    return shown, rows


def _numberless(value: str, person: int) -> str:
    """Ids that a database gives, of a person and in keys of mail about one day."""
    value = value.replace(f"registration:{person}:", "registration:N:")
    return re.sub(r":calendar:\d+:", ":calendar:N:", value)


CASES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "one seat": ((0,), {}),
    "three days, of which one is full": ((2, 0, 1), {}),
    "only a number on the list": ((1,), {}),
    "to be confirmed first": ((0, 1), {"doubtful": True}),
    "with all that a form may hold": (
        (0,),
        {"gemeente_code": "GM1900", "answers": {"lunch": "ja"}, "form_key": "one-form"},
    ),
}


@pytest.mark.parametrize("hosted", [True, False])
def test_both_roads_write_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch, hosted: bool
) -> None:
    if hosted:
        make_sender()
    made = make_meeting("rotterdam", days=DAYS, online_url="https://video.example/x")
    for n in (1, 2):  # of the second day there is one seat
        make_registration(made, n, day_ids=(made.days[1].id,))
    made.days[0].sequence = 3
    db.session.commit()
    for case, (which, more) in CASES.items():
        asked = wanted(made, *which, **more)
        monkeypatch.setattr(secrets, "token_urlsafe", lambda _=0: "the-secret-of-one-page")
        with speaking(Language.EN if case == "one seat" else Language.NL):
            assert written(short, asked) == written(long, asked), case


def test_who_needs_a_second_look_takes_the_long_road(app: Flask) -> None:
    make_sender()
    made = make_meeting()
    make_registration(made, 1)
    db.session.commit()

    assert short(made, wanted(made, email="Raadslid1@raad.example")) is None
    made.most_per_gemeente, made.spread_until = 2, date(2026, 5, 1)
    db.session.flush()
    assert short(made, wanted(made, gemeente_code="GM1900")) is None
    made.spread_until, made.register_until = None, NOON - timedelta(hours=1)
    db.session.flush()
    assert short(made, wanted(made)) is None
    assert len(db.session.scalars(select(Registration)).all()) == 1


def test_what_the_meeting_asks_for_is_asked_here_too(app: Flask) -> None:
    made = make_meeting(open_to=OpenTo.INVITED, invite_code="geheim")
    db.session.commit()

    with pytest.raises(Refused, match="op uitnodiging"):
        short(made, wanted(made, code="geraden"))
    assert short(made, wanted(made, code="geheim")) is not None


def test_whatever_changes_of_a_meeting_is_seen_at_once(app: Flask) -> None:
    sender, made, at_hand = make_sender(), make_meeting(), AtHand()
    db.session.commit()
    first = at_hand.find(made.slug)

    assert at_hand.find(made.slug) is first
    make_registration(made, 1)  # only its seats: no reason to read it anew
    assert at_hand.find(made.slug) is first
    made.title = "Een andere titel"
    db.session.flush()
    second = at_hand.find(made.slug)
    made.days[0].title = "Dag van de raad"
    db.session.flush()
    third = at_hand.find(made.slug)
    sender.name = "Een andere afzender"
    db.session.flush()
    fourth = at_hand.find(made.slug)

    assert second is not None
    assert second.meeting.title == "Een andere titel"
    assert third is not None
    assert third.meeting.days[0].title == "Dag van de raad"
    assert fourth is not None
    assert fourth.meeting.sender is not None
    assert fourth.meeting.sender.name == "Een andere afzender"
    assert at_hand.find("bestaat-niet") is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite lets nobody in
def test_a_change_that_was_waited_for_stands_in_the_mail(app: Flask) -> None:
    make_sender()
    made, at_hand = make_meeting(), AtHand()
    db.session.commit()
    kept = at_hand.find(made.slug)
    assert kept is not None
    made.venue, made.days[0].sequence = "De Nieuwe Zaal", 4
    db.session.flush()

    at_once.register(kept, wanted(made), at_hand=at_hand, links=MEETING_LINKS, now=NOON)

    [mail] = db.session.scalars(select(Message)).all()
    assert "De Nieuwe Zaal" in mail.content["text"]
    assert "SEQUENCE:4" in mail.content["calendar"]["ics"]
    assert db.session.scalars(select(Place.sent_sequence)).all() == [4]
