"""Registering: seats, the waiting list, offers, and what one person may do twice."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from outreach.accounts.audit import CLI
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Invalid, Refused
from outreach.events import changing, offering, registering, seats
from outreach.events.models import MeetingDay, MeetingState, Place, PlaceState, Registration
from outreach.events.registering import Closed
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_meeting,
    make_registration,
    make_sender,
    make_wanted,
)

HAARLEM = (date(2026, 6, 4), "13:30", "17:00")
THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 2),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 2),
)


@pytest.fixture(autouse=True)
def _host(app: Flask) -> None:
    make_sender()


def states(registration: Registration) -> list[str]:
    return [place.state.value for place in registration.places]


def mails(registration: Registration) -> list[Message]:
    query = select(Message).where(Message.address == registration.email).order_by(Message.id)
    return list(db.session.scalars(query))


def test_a_seat_at_once_while_there_are_seats_then_numbers():
    meeting = make_meeting(days=[(*HAARLEM, 2)])

    people = [make_registration(meeting, n) for n in range(1, 5)]

    assert [states(one) for one in people] == [
        ["confirmed"],
        ["confirmed"],
        ["waiting"],
        ["waiting"],
    ]
    assert [one.places[0].number for one in people] == [1, 2, 3, 4]
    assert seats.rank(people[3].places[0]) == 2
    assert seats.miscounted() == []


def test_each_day_has_its_own_seats():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)

    make_registration(meeting, 1)
    second = make_registration(meeting, 2)

    assert states(second) == ["confirmed", "waiting", "confirmed"]


def test_the_same_form_twice_is_one_registration():
    meeting = make_meeting()
    wanted = make_wanted(meeting, form_key="form-1")

    first = registering.register(meeting, wanted, links=MEETING_LINKS, now=NOON)
    second = registering.register(meeting, wanted, links=MEETING_LINKS, now=NOON)

    assert first.registration.id == second.registration.id
    assert meeting.days[0].taken == 1
    assert len(mails(first.registration)) == 1


def test_a_known_address_adds_its_days_and_the_page_says_nothing_of_it():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    friday, _saturday, sunday = meeting.days
    known = make_registration(meeting, day_ids=(friday.id,))

    again = registering.register(
        meeting,
        make_wanted(meeting, day_ids=(friday.id, sunday.id), email="RaadsLid1@raad.example"),
        links=MEETING_LINKS,
        now=NOON,
    )

    assert again.registration.id == known.id
    assert states(known) == ["confirmed", "confirmed"]
    assert [(s.day.id, s.state) for s in again.standings] == [
        (friday.id, PlaceState.CONFIRMED),
        (sunday.id, PlaceState.CONFIRMED),
    ]
    assert "U was al aangemeld" in mails(known)[-1].content["text"]


def test_a_known_address_on_a_full_day_looks_like_a_new_one():
    meeting = make_meeting(days=[(*HAARLEM, 1)])
    make_registration(meeting, 1)

    again = registering.register(meeting, make_wanted(meeting, 1), links=MEETING_LINKS, now=NOON)
    new = registering.register(meeting, make_wanted(meeting, 2), links=MEETING_LINKS, now=NOON)

    assert again.standings == new.standings


def test_a_seat_given_up_is_offered_to_the_first_who_waits_and_to_nobody_else():
    meeting = make_meeting(days=[(*HAARLEM, 1)])
    seated, first, second = (make_registration(meeting, n) for n in (1, 2, 3))

    registering.cancel(seated, links=MEETING_LINKS, now=NOON)

    assert (states(seated), states(first), states(second)) == (
        ["cancelled"],
        ["offered"],
        ["waiting"],
    )
    assert first.places[0].offer_until == NOON + offering.OFFER_LASTS
    assert "Er is plaats voor u" in mails(first)[-1].content["subject"]
    assert seats.miscounted() == []


def test_a_newcomer_does_not_get_the_place_that_is_offered():
    meeting = make_meeting(days=[(*HAARLEM, 1)])
    seated, first = (make_registration(meeting, n) for n in (1, 2))
    registering.cancel(seated, links=MEETING_LINKS, now=NOON)

    newcomer = make_registration(meeting, 3)

    assert states(newcomer) == ["waiting"]
    offering.accept(first.places[0], links=MEETING_LINKS, now=NOON)
    offering.accept(first.places[0], links=MEETING_LINKS, now=NOON)
    assert states(first) == ["confirmed"]
    assert len(mails(first)) == 3  # the waiting list, the offer, one confirmation
    assert seats.miscounted() == []


def test_an_offer_that_is_over_goes_to_the_next():
    meeting = make_meeting(days=[(*HAARLEM, 1)])
    seated, first, second = (make_registration(meeting, n) for n in (1, 2, 3))
    registering.cancel(seated, links=MEETING_LINKS, now=NOON)
    later = NOON + offering.OFFER_LASTS

    assert offering.next_due(now=NOON) == later
    (place_id,) = offering.due(now=later)
    assert offering.expire(place_id, links=MEETING_LINKS, now=later)

    assert (states(first), states(second)) == (["cancelled"], ["offered"])
    assert first.cancelled_at == later  # nothing left: free to register again
    with pytest.raises(Refused, match="voorbij"):
        offering.accept(first.places[0], links=MEETING_LINKS, now=later)
    assert seats.miscounted() == []


def test_an_offer_never_lasts_beyond_the_start():
    meeting = make_meeting(days=[(*HAARLEM, 1)])
    seated, first = (make_registration(meeting, n) for n in (1, 2))
    shortly_before = meeting.days[0].starts_at - timedelta(hours=1)

    registering.cancel(seated, links=MEETING_LINKS, now=shortly_before)

    assert first.places[0].offer_until == meeting.days[0].starts_at


def test_changing_days_gives_back_and_takes():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    friday, saturday, sunday = meeting.days
    mine = make_registration(meeting, 1, day_ids=(friday.id, saturday.id))
    waits = make_registration(meeting, 2, day_ids=(saturday.id,))

    registering.change_days(mine, (friday.id, sunday.id), links=MEETING_LINKS, now=NOON)

    assert states(mine) == ["confirmed", "cancelled", "confirmed"]
    assert states(waits) == ["offered"]
    assert seats.miscounted() == []


def test_back_on_a_day_is_a_new_number_behind_who_waits():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    friday, saturday, _ = meeting.days
    mine = make_registration(meeting, 1, day_ids=(friday.id, saturday.id))
    waits = make_registration(meeting, 2, day_ids=(saturday.id,))
    registering.change_days(mine, (friday.id,), links=MEETING_LINKS, now=NOON)

    registering.change_days(mine, (friday.id, saturday.id), links=MEETING_LINKS, now=NOON)

    assert states(mine) == ["confirmed", "waiting"]
    assert states(waits) == ["offered"]
    assert mine.places[1].number > waits.places[0].number


def test_this_was_not_me_erases_and_says_nothing_more():
    meeting = make_meeting()
    mine = make_registration(meeting)
    told = len(mails(mine))

    registering.cancel(mine, links=MEETING_LINKS, now=NOON, erase=True)

    assert (mine.name, mine.email, mine.email_key) == ("", "", "")
    assert meeting.days[0].taken == 0
    new = db.session.scalars(select(Message).order_by(Message.id)).all()[told:]
    assert [m.content["calendar"]["method"] for m in new] == ["CANCEL"]


def test_what_tripped_a_limit_holds_its_seat_for_a_day():
    meeting = make_meeting(days=[(*HAARLEM, 1)])
    doubtful = make_registration(meeting, 1, doubtful=True)
    waits = make_registration(meeting, 2)

    assert (states(doubtful), states(waits)) == (["unconfirmed"], ["waiting"])
    later = NOON + registering.HOLD
    (place_id,) = offering.due(now=later)
    offering.expire(place_id, links=MEETING_LINKS, now=later)

    assert (states(doubtful), states(waits)) == (["cancelled"], ["offered"])
    with pytest.raises(Refused):
        registering.confirm(doubtful, links=MEETING_LINKS, now=later)


def test_confirming_in_time_keeps_the_seat_and_sends_the_invitation():
    meeting = make_meeting()
    doubtful = make_registration(meeting, doubtful=True)
    assert "calendar" not in mails(doubtful)[0].content

    registering.confirm(doubtful, links=MEETING_LINKS, now=NOON)
    registering.confirm(doubtful, links=MEETING_LINKS, now=NOON)

    assert states(doubtful) == ["confirmed"]
    assert [m.content.get("calendar", {}).get("method") for m in mails(doubtful)] == [
        None,
        "REQUEST",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": MeetingState.CANCELLED}, "gaat niet door"),
        ({"state": MeetingState.DRAFT}, "staat nog niet open"),
        ({"register_from": NOON + timedelta(days=1)}, "kan nog niet"),
        ({"register_until": NOON - timedelta(days=1)}, "kan niet meer"),
    ],
)
def test_a_closed_meeting_says_why(fields, said):
    meeting = make_meeting(**fields)

    with pytest.raises(Closed, match=said):
        make_registration(meeting)
    assert db.session.scalars(select(Place)).all() == []


def test_nothing_is_taken_without_a_day_or_for_a_day_of_another_meeting():
    meeting, other = make_meeting(), make_meeting("zeist")

    with pytest.raises(Invalid, match="geen dag"):
        make_registration(meeting, day_ids=())
    with pytest.raises(Invalid, match="niet bij deze bijeenkomst"):
        make_registration(meeting, day_ids=(other.days[0].id,))
    assert meeting.days[0].taken == 0


def test_each_seated_day_has_its_own_invitation_and_a_rising_sequence():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    mine = make_registration(meeting)
    assert [m.content["calendar"]["method"] for m in mails(mine)] == ["REQUEST"] * 3

    registering.cancel(mine, links=MEETING_LINKS, now=NOON)

    cancels = [m for m in mails(mine) if m.content.get("calendar", {}).get("method") == "CANCEL"]
    assert len(cancels) == 3
    assert all("SEQUENCE:1" in m.content["calendar"]["ics"] for m in cancels)


def test_a_second_form_that_trips_a_limit_adds_no_confirmed_seat():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    friday, _, sunday = meeting.days
    mine = make_registration(meeting, 1, day_ids=(friday.id,))

    again = make_wanted(meeting, 1, day_ids=(sunday.id,), doubtful=True)
    later = NOON + timedelta(hours=2)
    registering.register(meeting, again, links=MEETING_LINKS, now=later)

    assert states(mine) == ["confirmed"]
    assert "heeft niets veranderd" in mails(mine)[-1].content["text"]


def test_a_form_sent_over_and_over_is_no_way_to_pester_someone():
    meeting = make_meeting()
    mine = make_registration(meeting)
    first = len(mails(mine))

    for minutes in (1, 30, 59, 61, 62):
        moment = NOON + timedelta(minutes=minutes)
        registering.register(meeting, make_wanted(meeting), links=MEETING_LINKS, now=moment)

    assert len(mails(mine)) == first + 1


def test_the_calendar_file_in_the_mail_has_the_days_one_comes_on():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    friday, _, sunday = meeting.days

    mine = make_registration(meeting, day_ids=(friday.id, sunday.id))

    link = f"rotterdam.ics?dag={friday.id}&dag={sunday.id}"
    assert link in mails(mine)[0].content["text"]


def test_taking_an_offer_says_who_one_is_for_the_other_days_too():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    first = make_registration(meeting, 1, day_ids=(meeting.days[1].id,))
    doubtful = make_registration(meeting, 2, doubtful=True)
    registering.cancel(first, links=MEETING_LINKS, now=NOON)
    assert states(doubtful) == ["unconfirmed", "offered", "unconfirmed"]

    offering.accept(doubtful.places[1], links=MEETING_LINKS, now=NOON)

    assert states(doubtful) == ["confirmed"] * 3
    assert all(place.sent_sequence >= 0 for place in doubtful.places)


def test_a_number_of_the_list_that_nobody_confirms_lapses_as_its_mail_says():
    meeting = make_meeting(days=[(*HAARLEM, 1)])
    make_registration(meeting, 1)
    doubtful = make_registration(meeting, 2, doubtful=True)
    real = make_registration(meeting, 3)
    over = NOON + registering.HOLD
    assert offering.next_due(now=NOON) == over
    assert offering.due(now=over) == [doubtful.places[0].id]

    assert offering.expire(doubtful.places[0].id, links=MEETING_LINKS, now=over)

    assert (states(doubtful), states(real)) == (["cancelled"], ["waiting"])
    assert seats.rank(real.places[0]) == 1
    assert seats.miscounted() == []


def test_the_same_form_after_cancelling_is_someone_who_comes_after_all():
    meeting = make_meeting()
    wanted = make_wanted(meeting, form_key="form-1")
    first = registering.register(meeting, wanted, links=MEETING_LINKS, now=NOON).registration
    registering.cancel(first, links=MEETING_LINKS, now=NOON)

    again = registering.register(meeting, wanted, links=MEETING_LINKS, now=NOON)

    assert again.registration.id != first.id
    assert [one.state for one in again.standings] == [PlaceState.CONFIRMED]
    assert meeting.days[0].taken == 1


def test_the_same_form_after_leaving_a_day_takes_that_day_again():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    wanted = make_wanted(meeting, form_key="form-1")
    own = registering.register(meeting, wanted, links=MEETING_LINKS, now=NOON).registration
    registering.change_days(own, (meeting.days[0].id,), links=MEETING_LINKS, now=NOON)

    registering.register(meeting, wanted, links=MEETING_LINKS, now=NOON)

    assert states(own) == ["confirmed"] * 3


def test_the_mail_about_an_offer_that_is_over_offers_nothing():
    meeting = make_meeting(days=[(*HAARLEM, 1)])
    first, second = (make_registration(meeting, n) for n in (1, 2))
    registering.cancel(first, links=MEETING_LINKS, now=NOON)

    offering.expire(second.places[0].id, links=MEETING_LINKS, now=NOON + offering.OFFER_LASTS)

    said = mails(second)[-1].content["text"]
    assert "De plaats gaat nu naar de" in said.replace("\n", " ")
    assert "Er is een plaats voor u" not in said


def test_what_was_taken_cannot_be_declined():
    meeting = make_meeting()
    own = make_registration(meeting)

    with pytest.raises(Refused, match="al ja gezegd"):
        offering.decline(own.places[0], links=MEETING_LINKS, now=NOON)


def test_a_meeting_that_is_off_leaves_nothing_to_confirm():
    meeting = make_meeting()
    doubtful = make_registration(meeting, doubtful=True)
    changing.cancel(meeting, reason="", links=MEETING_LINKS, by=CLI, now=NOON)

    with pytest.raises(Refused, match="gaat niet door"):
        registering.confirm(doubtful, links=MEETING_LINKS, now=NOON)


def test_of_a_day_that_is_off_people_are_told_once():
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    friday, saturday, _ = meeting.days
    own = make_registration(meeting)
    changing.cancel_day(saturday, reason="", links=MEETING_LINKS, by=CLI, now=NOON)

    registering.change_days(own, (friday.id,), links=MEETING_LINKS, now=NOON)
    registering.cancel(own, links=MEETING_LINKS, now=NOON)

    cancels = [
        m.content["calendar"]["ics"]
        for m in mails(own)
        if m.content.get("calendar", {}).get("method") == "CANCEL"
    ]
    told = [sum(f"UID:{day.uid}" in ics for ics in cancels) for day in meeting.days]
    assert told == [1, 1, 1]
    assert seats.miscounted() == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_who_moves_a_seat_holds_every_day_of_the_meeting_on_postgresql():
    """Else two who move seats of different days wait for each other's people in a circle."""
    meeting = make_meeting("rotterdam", days=THREE_DAYS)
    first, second = (make_registration(meeting, n) for n in (1, 2))
    registering.change_days(first, (meeting.days[0].id,), links=MEETING_LINKS, now=NOON)
    offered = second.places[1]
    other = meeting.days[2].id
    db.session.commit()
    assert offered.state is PlaceState.OFFERED
    db.session.execute(text("SET LOCAL lock_timeout = '100ms'"))

    with db.engine.connect() as someone:
        someone.execute(select(MeetingDay.id).where(MeetingDay.id == other).with_for_update())
        with pytest.raises(OperationalError):
            offering.accept(offered, links=MEETING_LINKS, now=NOON)
        someone.rollback()
    db.session.rollback()
