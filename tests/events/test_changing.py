"""Changing a meeting: who is told, what calendars see, and what cannot be."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from outreach.accounts.audit import CLI
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Invalid, Refused, Unknown
from outreach.events import (
    changing,
    feeds,
    keeping,
    offering,
    registering,
    seats,
    showing,
    words,
)
from outreach.events.changing import Preview
from outreach.events.keeping import DayFacts, Facts
from outreach.events.models import Meeting, MeetingDay, MeetingState, Registration
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender

THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 2),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 2),
)
LATER = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def _host(app: Flask) -> None:
    make_sender()


@pytest.fixture
def rotterdam() -> Meeting:
    return make_meeting("rotterdam", days=THREE_DAYS)


def apply(meeting: Meeting, facts: Facts | None = None, **fields: Any) -> Preview:
    """The change, as a file or a form makes it, with what the preview said before."""
    wanted = replace(facts or keeping.facts_of(meeting), **fields)
    seen = changing.preview(meeting, wanted, now=LATER)
    done = changing.apply(
        meeting, wanted, version=meeting.version, links=MEETING_LINKS, by=CLI, now=LATER
    )
    assert seen == done
    db.session.commit()
    return done


def with_day(meeting: Meeting, number: int, **fields: Any) -> Facts:
    facts = keeping.facts_of(meeting)
    days = list(facts.days)
    days[number] = replace(days[number], **fields)
    return replace(facts, days=tuple(days))


def told(*registrations: Registration) -> list[int]:
    """How many mails each got since it was registered."""
    db.session.flush()
    return [
        len([m for m in mails(one) if m.created_at is not None and m.created_at >= LATER])
        for one in registrations
    ]


def mails(registration: Registration) -> list[Message]:
    query = select(Message).where(Message.address == registration.email).order_by(Message.id)
    return list(db.session.scalars(query))


def sequences(meeting: Meeting) -> list[int]:
    return [day.sequence for day in meeting.days]


def states(registration: Registration) -> list[str]:
    return [place.state.value for place in registration.places]


def test_an_hour_concerns_only_who_comes_on_that_day(rotterdam):
    friday, saturday, _ = rotterdam.days
    on_friday = make_registration(rotterdam, 1, day_ids=(friday.id,))
    on_saturday = make_registration(rotterdam, 2, day_ids=(saturday.id,))

    seen = apply(rotterdam, with_day(rotterdam, 0, opens=time(10, 30)))

    assert seen.changes == ("Vrijdag 11 september begint om 10.30 uur (was: 10.00 uur)",)
    assert [(one.registration.id, one.invited) for one in seen.affected] == [(on_friday.id, True)]
    assert told(on_friday, on_saturday) == [1, 0]
    assert sequences(rotterdam) == [1, 0, 0]
    mail = mails(on_friday)[-1].content
    assert "begint om 10.30 uur" in mail["text"]
    assert "SEQUENCE:1" in mail["calendar"]["ics"]
    assert "DTSTART;TZID=Europe/Amsterdam:20260911T103000" in mail["calendar"]["ics"]


def test_a_new_place_concerns_everyone_with_a_place_of_any_kind(rotterdam):
    _, saturday, _ = rotterdam.days
    people = [make_registration(rotterdam, n, day_ids=(saturday.id,)) for n in (1, 2, 3)]
    gone = make_registration(rotterdam, 4)
    doubtful = make_registration(rotterdam, 5, doubtful=True)
    registering.cancel(gone, links=MEETING_LINKS, now=NOON)
    registering.cancel(people[0], links=MEETING_LINKS, now=NOON)
    assert (states(people[1]), states(people[2])) == (["offered"], ["waiting"])
    assert states(doubtful) == ["unconfirmed", "waiting", "unconfirmed"]

    seen = apply(rotterdam, venue="Loods Zes", address="Voorbeeldpier 6")

    assert seen.changes == (
        "De plaats wordt Loods Zes, Voorbeeldpier 6, Rotterdam"
        " (was: Pakhuis De Linde, Voorbeeldgracht 4, Rotterdam)",
    )
    assert told(*people, gone, doubtful) == [0, 1, 1, 0, 1]
    assert [one.invited for one in seen.affected] == [False, False, False]
    assert sequences(rotterdam) == [1, 1, 1]


def test_each_invited_day_gets_its_new_invitation_above_what_was_sent(rotterdam):
    mine = make_registration(rotterdam)

    apply(rotterdam, title="Een andere naam")
    apply(rotterdam, venue="Loods Zes")

    found = [m.content["calendar"]["ics"] for m in mails(mine)]
    assert ["SEQUENCE:2" in ics for ics in found[-3:]] == [True, True, True]
    assert all("Loods Zes" in ics for ics in found[-3:])
    assert [place.sent_sequence for place in mine.places] == [2, 2, 2]


def test_other_meetings_keep_their_calendar_byte_for_byte(rotterdam):
    zeist = make_meeting("zeist")
    before = feeds.file_of(zeist, links=MEETING_LINKS)

    apply(rotterdam, venue="Loods Zes")

    assert feeds.file_of(zeist, links=MEETING_LINKS) == before


@pytest.mark.parametrize(
    ("fields", "rises", "revised"),
    [
        ({"venue": "Loods Zes"}, True, True),
        ({"title": "Anders"}, True, True),
        ({"online_url": "https://meet.example/ademruimte"}, True, True),
        ({"city": "Schiedam"}, True, True),
        ({"summary": "Anders."}, False, True),
        ({"themes": ("jeugd",)}, False, True),
        ({"text": "Anders."}, False, False),
        ({"costs": "Gratis"}, False, False),
        ({"contact": "Ilse Verhagen"}, False, False),
        ({"register_until": NOON + timedelta(days=30)}, False, False),
        ({"questions": [{"key": "q", "label": "Wat?", "type": "text"}]}, False, False),
    ],
)
def test_what_a_change_of_the_meeting_does_to_calendars(rotterdam, fields, rises, revised):
    mine = make_registration(rotterdam)
    before = feeds.file_of(rotterdam, links=MEETING_LINKS)

    seen = apply(rotterdam, **fields)

    assert sequences(rotterdam) == [int(rises)] * 3
    assert {day.revised_at for day in rotterdam.days} == {LATER if revised else NOON}
    assert (feeds.file_of(rotterdam, links=MEETING_LINKS) != before) is revised
    assert bool(seen.silent) is not rises
    assert told(mine) == [3 if rises else 0]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"opens": time(8, 0)}, [1, 0, 0]),
        ({"closes": time(18, 0)}, [1, 0, 0]),
        ({"title": "Kennismaken"}, [1, 0, 0]),
        ({"capacity": 9}, [0, 0, 0]),
        ({"programme": (("10.00", "Koffie"),)}, [0, 0, 0]),
    ],
)
def test_what_a_change_of_a_day_does_to_calendars(rotterdam, fields, expected):
    apply(rotterdam, with_day(rotterdam, 0, **fields))

    assert sequences(rotterdam) == expected


def test_the_same_facts_change_nothing_at_all(rotterdam):
    mine = make_registration(rotterdam)

    assert not apply(rotterdam)

    assert (rotterdam.version, sequences(rotterdam), told(mine)) == (1, [0, 0, 0], [0])


def test_a_day_that_moves_keeps_its_uid_and_its_people(rotterdam):
    friday = rotterdam.days[0]
    mine = make_registration(rotterdam, day_ids=(friday.id,))
    facts = keeping.facts_of(rotterdam)
    days = [replace(day, id=None) for day in facts.days]  # as a file says them
    days[0] = replace(days[0], date=date(2026, 9, 18))

    seen = apply(rotterdam, days=tuple(days))

    assert seen.changes == ("Vrijdag 11 september wordt vrijdag 18 september, 10.00 tot 17.00 uur",)
    assert [day.uid for day in rotterdam.days] == [
        "rotterdam-2@outreach.example",
        "rotterdam-3@outreach.example",
        "rotterdam-1@outreach.example",
    ]
    assert told(mine) == [1]
    assert "20260918T100000" in mails(mine)[-1].content["calendar"]["ics"]


def test_a_day_that_disappears_is_called_off_and_stays_in_calendars(rotterdam):
    friday, saturday, _ = rotterdam.days
    on_friday = make_registration(rotterdam, 1, day_ids=(friday.id,))
    on_both = make_registration(rotterdam, 2, day_ids=(friday.id, saturday.id))
    facts = keeping.facts_of(rotterdam)

    seen = apply(rotterdam, days=facts.days[:1] + facts.days[2:])

    assert seen.changes == ("Zaterdag 12 september gaat niet door",)
    assert told(on_friday, on_both) == [0, 2]
    assert mails(on_both)[-1].content["calendar"]["method"] == "CANCEL"
    assert sequences(rotterdam) == [0, 1, 0]
    assert b"STATUS:CANCELLED" in feeds.file_of(rotterdam, links=MEETING_LINKS)
    assert states(on_both) == ["confirmed", "confirmed"]
    with pytest.raises(Refused, match="komt niet terug"):
        apply(rotterdam, facts, days=tuple(replace(day, id=None) for day in facts.days))


def test_a_day_of_a_concept_may_vanish():
    meeting = make_meeting("rotterdam", days=THREE_DAYS, state=MeetingState.DRAFT)

    apply(meeting, days=keeping.facts_of(meeting).days[:1])

    assert db.session.scalar(select(db.func.count()).select_from(MeetingDay)) == 1


def test_a_day_more_tells_nobody_and_leaves_the_others_their_sequence(rotterdam):
    mine = make_registration(rotterdam)
    monday = DayFacts(date(2026, 9, 14), time(9), time(12), 10)

    seen = apply(rotterdam, days=(*keeping.facts_of(rotterdam).days, monday))

    assert seen.silent == ("Er komt een dag bij: Maandag 14 september, 9.00 tot 12.00 uur",)
    assert (sequences(rotterdam), told(mine)) == ([0, 0, 0, 0], [0])
    assert len({day.uid for day in rotterdam.days}) == 4


def test_fewer_seats_than_are_taken_is_refused_by_number(rotterdam):
    make_registration(rotterdam, 1)
    make_registration(rotterdam, 2)

    with pytest.raises(Refused, match="vrijdag 11 september zijn 2 plaatsen bezet"):
        changing.preview(rotterdam, with_day(rotterdam, 0, capacity=1), now=LATER)
    with pytest.raises(Refused, match="niet lager zijn dan 2"):
        apply(rotterdam, with_day(rotterdam, 0, capacity=1))


def test_more_seats_are_offered_at_once(rotterdam):
    saturday = rotterdam.days[1]
    first, second, third = (
        make_registration(rotterdam, n, day_ids=(saturday.id,)) for n in (1, 2, 3)
    )

    apply(rotterdam, with_day(rotterdam, 1, capacity=2))

    assert (states(first), states(second), states(third)) == (
        ["confirmed"],
        ["offered"],
        ["waiting"],
    )
    assert told(first, second, third) == [0, 1, 0]
    assert seats.miscounted() == []


def test_an_offer_ends_at_the_new_start_of_a_day_that_moves_forward(rotterdam):
    saturday = rotterdam.days[1]
    seated, waits = (make_registration(rotterdam, n, day_ids=(saturday.id,)) for n in (1, 2))
    registering.cancel(seated, links=MEETING_LINKS, now=NOON)

    apply(rotterdam, with_day(rotterdam, 1, date=date(2026, 3, 24), opens=time(8), closes=time(17)))

    assert waits.places[0].offer_until == saturday.starts_at < NOON + offering.OFFER_LASTS


def test_two_screens_collide(rotterdam):
    facts = keeping.facts_of(rotterdam)
    apply(rotterdam, costs="Gratis")

    with pytest.raises(Refused, match="collega"):
        changing.apply(
            rotterdam,
            replace(facts, venue="Loods Zes"),
            version=1,
            links=MEETING_LINKS,
            by=CLI,
            now=LATER,
        )
    assert (rotterdam.venue, rotterdam.version) == ("Pakhuis De Linde", 2)


def test_what_is_over_does_not_change(rotterdam):
    friday, saturday, _ = rotterdam.days
    was_there = make_registration(rotterdam, 1, day_ids=(friday.id,))
    comes = make_registration(rotterdam, 2, day_ids=(saturday.id,))
    now = friday.ends_at

    with pytest.raises(Refused, match="is voorbij en verandert niet meer"):
        changing.preview(rotterdam, with_day(rotterdam, 0, opens=time(9)), now=now)
    with pytest.raises(Refused, match="is al voorbij"):
        changing.preview(rotterdam, with_day(rotterdam, 1, date=date(2026, 9, 1)), now=now)
    facts = replace(keeping.facts_of(rotterdam), venue="Loods Zes")
    seen = changing.preview(rotterdam, facts, now=now)
    assert [one.registration.id for one in seen.affected] == [comes.id]
    only_saturday = replace(facts, days=(replace(facts.days[1], id=None), *facts.days[2:]))
    assert changing.preview(rotterdam, only_saturday, now=now).changes == seen.changes
    assert was_there.places[0].day.cancelled_at is None


def test_a_published_address_stays(rotterdam):
    with pytest.raises(Refused, match="agenda's"):
        apply(rotterdam, slug="rotterdam-2026")
    draft = make_meeting("zeist", state=MeetingState.DRAFT)
    apply(draft, slug="zeist-november")
    assert draft.slug == "zeist-november"
    with pytest.raises(Refused, match="Er is al een bijeenkomst"):
        apply(draft, slug="rotterdam")


def test_a_day_that_is_gone_is_not_found(rotterdam):
    with pytest.raises(Unknown, match="Vrijdag 11 september"):
        apply(rotterdam, with_day(rotterdam, 0, id=10_000))


def test_cancelling_tells_everyone_once_also_who_waits(rotterdam):
    saturday = rotterdam.days[1]
    seated, waits = (make_registration(rotterdam, n, day_ids=(saturday.id,)) for n in (1, 2))
    make_registration(rotterdam, 3, day_ids=(rotterdam.days[0].id,))
    assert len(changing.preview_cancel(rotterdam)) == 3

    def cancel(reason: str) -> int:
        return changing.cancel(rotterdam, reason=reason, links=MEETING_LINKS, by=CLI, now=LATER)

    assert (cancel("De zaal is kapot."), cancel("Nog een keer.")) == (3, 0)

    assert told(seated, waits) == [2, 1]
    assert "De zaal is kapot." in mails(waits)[-1].content["text"]
    assert (rotterdam.state, rotterdam.cancel_reason) == (
        MeetingState.CANCELLED,
        "De zaal is kapot.",
    )
    assert sequences(rotterdam) == [1, 1, 1]
    assert (states(seated), states(waits)) == (["confirmed"], ["waiting"])
    assert seats.miscounted() == []
    with pytest.raises(Refused, match="gaat niet door"):
        apply(rotterdam, title="Toch wel")


def test_a_cancelled_day_leaves_nothing_to_accept_or_to_let_lapse(rotterdam):
    saturday = rotterdam.days[1]
    seated, offered = (make_registration(rotterdam, n, day_ids=(saturday.id,)) for n in (1, 2))
    registering.cancel(seated, links=MEETING_LINKS, now=NOON)

    assert changing.cancel_day(saturday, reason="", links=MEETING_LINKS, by=CLI, now=LATER) == 1
    assert changing.cancel_day(saturday, reason="", links=MEETING_LINKS, by=CLI, now=LATER) == 0

    assert states(offered) == ["waiting"]
    assert offering.due(now=LATER + timedelta(days=9)) == []
    with pytest.raises(Refused):
        offering.accept(offered.places[0], links=MEETING_LINKS, now=LATER)
    assert offering.fill(saturday, links=MEETING_LINKS, now=LATER) == []
    assert (rotterdam.state, sequences(rotterdam)) == (MeetingState.OPEN, [0, 1, 0])
    assert seats.miscounted() == []


def test_confirming_after_one_day_was_cancelled_invites_for_the_rest(rotterdam):
    friday, saturday, _ = rotterdam.days
    doubtful = make_registration(rotterdam, day_ids=(friday.id, saturday.id), doubtful=True)
    changing.cancel_day(saturday, reason="", links=MEETING_LINKS, by=CLI, now=NOON)

    registering.confirm(doubtful, links=MEETING_LINKS, now=NOON)

    requests = [
        m.content["calendar"]["ics"]
        for m in mails(doubtful)
        if m.content.get("calendar", {}).get("method") == "REQUEST"
    ]
    assert [friday.uid in ics.split("RELATED-TO")[0] for ics in requests] == [True]


def test_the_last_day_cancelled_is_the_meeting_cancelled():
    meeting = make_meeting()

    changing.cancel_day(meeting.days[0], reason="Ziek.", links=MEETING_LINKS, by=CLI, now=LATER)

    assert (meeting.state, meeting.cancel_reason) == (MeetingState.CANCELLED, "Ziek.")


def test_who_registers_while_a_change_is_made_is_told_the_new_hours_and_place(rotterdam):
    assert rotterdam.days[0].opens == time(10)  # read, as a form does before it is sent
    behind = {"synchronize_session": False}  # as another process would have changed it
    later = rotterdam.days[0].starts_at + timedelta(minutes=30)
    friday = update(MeetingDay).where(MeetingDay.id == rotterdam.days[0].id)
    db.session.execute(friday.values(starts_at=later, sequence=4).execution_options(**behind))
    place = update(Meeting).values(venue="Loods Zes").execution_options(**behind)
    db.session.execute(place)

    mine = make_registration(rotterdam, day_ids=(rotterdam.days[0].id,))

    mail = mails(mine)[0].content
    assert "10.30 tot 17.00 uur" in mail["text"]
    assert "Loods Zes" in mail["text"]
    assert "SEQUENCE:4" in mail["calendar"]["ics"]


def test_a_cancelled_day_is_said_where_someone_sees_their_days(rotterdam):
    mine = make_registration(rotterdam)
    changing.cancel_day(rotterdam.days[1], reason="", links=MEETING_LINKS, by=CLI, now=LATER)

    assert [words.standing(place) for place in mine.places] == [
        "U hebt een plaats",
        "Deze dag gaat niet door",
        "U hebt een plaats",
    ]


def test_a_concept_is_not_cancelled():
    with pytest.raises(Refused, match="concept"):
        changing.cancel(
            make_meeting(state=MeetingState.DRAFT),
            reason="",
            links=MEETING_LINKS,
            by=CLI,
            now=LATER,
        )


def test_a_reason_has_an_end(rotterdam):
    with pytest.raises(Invalid, match="500"):
        changing.cancel(rotterdam, reason="x" * 501, links=MEETING_LINKS, by=CLI, now=LATER)


def test_a_meeting_whose_last_day_is_off_is_over_after_the_day_before(rotterdam):
    _, saturday, sunday = rotterdam.days
    changing.cancel_day(sunday, reason="", links=MEETING_LINKS, by=CLI, now=LATER)
    over = saturday.ends_at + timedelta(minutes=1)

    assert showing.coming(now=over) == []
    assert [one.meeting.id for one in showing.past(now=over)] == [rotterdam.id]


def test_a_day_that_was_held_stays_as_it_was_when_the_rest_is_called_off():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    after_friday = meeting.days[0].ends_at + timedelta(hours=1)

    changing.cancel(meeting, reason="", links=MEETING_LINKS, by=CLI, now=after_friday)

    off = [feeds.entry(day, links=MEETING_LINKS).cancelled for day in meeting.days]
    assert off == [False, True, True]
    assert [day.sequence for day in meeting.days] == [0, 1, 1]
