"""Someone declines in a calendar: noted and proposed; the seat stays until a person says so."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.calendars import reply
from outreach.calendars.reply import Partstat
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.incoming.telling import Kind
from outreach.delivery.models import Message
from outreach.events import registering, replying
from outreach.events.models import Place, PlaceState, Registration
from outreach.ledger import meetings
from outreach.mailbox import taking
from outreach.mailbox.taking import Origin
from outreach.tokens import Tokens
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

#: As each of them writes it: parameters in their own order, folded lines, a name or none.
DIALECTS = {
    "outlook": (
        'ATTENDEE;PARTSTAT={said};CN="raadslid1@raad.example":mailto:raadslid1@raad.example\r\n'
        "COMMENT;LANGUAGE=nl-NL:\\n\r\nUID:{uid}\r\nSUMMARY;LANGUAGE=nl-NL:Geweigerd: Een\r\n"
        "DTSTART;TZID=W. Europe Standard Time:20260604T133000\r\nDTSTAMP:{stamp}\r\nSEQUENCE:0\r\n"
    ),
    "google": (
        "DTSTART:20260604T113000Z\r\nDTSTAMP:{stamp}\r\nORGANIZER;CN=Ademruimte:mailto:p@a.example\r\n"
        "UID:{uid}\r\nATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={said};CN=Noor d\r\n"
        " e Wit;X-NUM-GUESTS=0:mailto:Raadslid1@Raad.example\r\nSTATUS:CONFIRMED\r\n"
    ),
    "apple": (
        "CREATED:20260320T080000Z\r\nUID:{uid}\r\nDTSTAMP:{stamp}\r\n"
        'ATTENDEE;CN="Noor de Wit";CUTYPE=INDIVIDUAL;EMAIL="raadslid1@raad.example";PARTSTAT\r\n'
        " ={said}:MAILTO:raadslid1@raad.example\r\nSEQUENCE:1\r\n"
    ),
}


def answer(uid: str, said: str = "DECLINED", *, how: str = "outlook", at: datetime = NOON) -> str:
    body = DIALECTS[how].format(uid=uid, said=said, stamp=f"{at:%Y%m%dT%H%M%SZ}")
    return (
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nPRODID:-//x//y\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n"
        f"{body}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


@pytest.fixture
def noor(app: Flask) -> Registration:
    make_sender()
    return make_registration(make_meeting())


def take(calendar: str, *, now: datetime = NOON) -> list[Place]:
    return replying.take(reply.read(calendar), links=MEETING_LINKS, now=now)


def asked(registration: Registration) -> int:
    key = f"registration:{registration.id}:declined:"
    query = select(Message).where(Message.dedupe_key.startswith(key))
    return len(db.session.scalars(query).all())


@pytest.mark.parametrize("how", DIALECTS)
def test_every_calendar_is_understood(how: str) -> None:
    [found] = reply.read(answer("uid-1", how=how))

    assert (found.uid, found.attendee.lower()) == ("uid-1", "raadslid1@raad.example")
    assert (found.partstat, found.stamped) == (Partstat.DECLINED, NOON)


@pytest.mark.parametrize(
    "calendar",
    [
        "",
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR",
        "BEGIN:VEVENT",
        "\x00" * 50,
        answer("x").replace("REPLY", "REQUEST"),
        answer("x", "DELEGATED"),
        answer("x") * 1000,
    ],
)
def test_what_is_no_answer_says_nothing(calendar: str) -> None:
    assert reply.read(calendar) == []


def test_a_decline_is_proposed_and_changes_no_seat(noor: Registration) -> None:
    [place] = noor.places

    assert take(answer(place.day.uid)) == [place]

    assert (place.state, place.reply) == (PlaceState.CONFIRMED, Partstat.DECLINED)
    assert replying.wants_out(place, now=NOON)
    assert meetings.stands(place) == "wil annuleren via de agenda"
    assert asked(noor) == 1
    [mail] = db.session.scalars(select(Message).where(Message.dedupe_key.contains("declined")))
    assert noor.secret in mail.content["text"]


def test_the_later_press_in_the_calendar_counts(noor: Registration) -> None:
    [place] = noor.places
    uid, before = place.day.uid, NOON - timedelta(hours=1)

    take(answer(uid, "ACCEPTED", at=NOON))
    take(answer(uid, "DECLINED", at=before))
    assert place.reply is Partstat.ACCEPTED

    take(answer(uid, "DECLINED", at=NOON), now=NOON)  # as late as what is known: nothing new
    assert place.reply is Partstat.ACCEPTED
    assert asked(noor) == 0


def test_pressing_to_and_fro_is_asked_about_once_a_day(noor: Registration) -> None:
    uid = noor.places[0].day.uid

    for minute, said in enumerate(("DECLINED", "ACCEPTED", "DECLINED", "TENTATIVE", "DECLINED")):
        moment = NOON + timedelta(minutes=minute)
        take(answer(uid, said, at=moment), now=moment)

    assert noor.places[0].reply is Partstat.DECLINED
    assert asked(noor) == 1


def test_an_answer_about_nobody_of_ours_does_nothing(noor: Registration) -> None:
    other = answer(noor.places[0].day.uid).replace("raadslid1@", "iemand@")

    assert take(other) == take(answer("no-such-uid")) == []


def test_giving_it_up_and_staying(noor: Registration) -> None:
    [place] = noor.places
    take(answer(place.day.uid))
    replying.stay(place, now=NOON)
    assert not replying.wants_out(place, now=NOON)

    later = NOON + timedelta(minutes=1)
    take(answer(place.day.uid, at=later), now=later)
    replying.leave(place, links=MEETING_LINKS, now=later)
    replying.leave(place, links=MEETING_LINKS, now=later)

    assert (place.state, noor.cancelled_at) == (PlaceState.CANCELLED, later)


def test_of_several_days_only_the_declined_one_goes(app: Flask) -> None:
    make_sender()
    days = [(datetime(2026, 6, n, tzinfo=UTC).date(), "10:00", "12:00", 5) for n in (4, 5)]
    noor = make_registration(make_meeting(days=days))
    first, second = noor.places

    take(answer(second.day.uid))
    replying.leave(second, links=MEETING_LINKS, now=NOON)

    assert (first.state, second.state) == (PlaceState.CONFIRMED, PlaceState.CANCELLED)


def test_it_comes_in_by_mail_and_is_no_answer_of_a_gemeente(
    noor: Registration, app: Flask, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = (
        "From: Noor <raadslid1@raad.example>\r\nTo: post@ademruimte.example\r\n"
        "Subject: Geweigerd: Een inloop\r\nMessage-ID: <r1@raad.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n"
        + answer(noor.places[0].day.uid)
    ).encode()
    store = Store(tmp_path_factory.mktemp("files"))
    links = Links("https://ademruimte.example", Tokens(("a key of the tests",)))

    taken = taking.take(raw, Origin(), store=store, links=links, now=NOON)
    again = taking.take(raw, Origin(), store=store, links=links, now=NOON)

    assert (taken.mail.kind, taken.mail.state.value) == (Kind.UNRESOLVED, "settled")
    assert not again.fresh
    assert noor.places[0].reply is Partstat.DECLINED
    assert registering.ACTIVE[0] is noor.places[0].state
