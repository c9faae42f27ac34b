"""At the door: whoever is pressed is there, whatever the phones, their clocks and their order."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from outreach.accounts.audit import Actor
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from outreach.events import door_links, listing, presence, registering, seats
from outreach.events.models import Meeting, MeetingDay, Registration, Tap, VisitorRole
from outreach.events.presence import Pressed, WalkIn
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration

TWO_DAYS = (
    (date(2026, 3, 23), "09:00", "17:00", 2),
    (date(2026, 3, 24), "09:00", "17:00", 2),
)
ANNE, BEP = Actor("door:1"), Actor("door:2")


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    meeting = make_meeting(days=TWO_DAYS)
    for day in meeting.days:
        day.starts_at += timedelta(hours=1)  # it begins in an hour
    db.session.commit()
    return meeting


@pytest.fixture
def day(meeting: Meeting) -> MeetingDay:
    return meeting.days[0]


def press(day: MeetingDay, who: Registration, came: bool = True, **more: object) -> bool:
    by = more.pop("by", ANNE)
    now = more.pop("now", NOON)
    return presence.press(day, Pressed(who.id, came, **more), by=by, now=now)  # type: ignore[arg-type]


def there(day: MeetingDay) -> list[str]:
    db.session.expire_all()
    return [row.name for row in presence.rows(day) if row.came_at]


def statuses(meeting: Meeting) -> list[tuple[str, str, str]]:
    return [(row.name, row.status, row.days) for row in listing.rows(meeting)]


def test_who_is_met_is_there_and_undo_takes_it_back(meeting: Meeting, day: MeetingDay) -> None:
    noor = make_registration(meeting)

    press(day, noor)
    assert there(day) == ["Noor de Wit 1"]
    assert set(statuses(meeting)) == {
        ("Noor de Wit 1", "confirmed", "2026-03-24"),
        ("Noor de Wit 1", "attended", "2026-03-23"),
    }

    press(day, noor, came=False)
    assert there(day) == []
    assert statuses(meeting) == [("Noor de Wit 1", "confirmed", "2026-03-23 2026-03-24")]


def test_seats_do_not_move_at_the_door(meeting: Meeting, day: MeetingDay) -> None:
    """Also not for who waited, cancelled or stands for another day: people let people in."""
    first, second, waits = (make_registration(meeting, n) for n in (1, 2, 3))
    registering.cancel(second, links=MEETING_LINKS, now=NOON)
    only_later = make_registration(meeting, 4, day_ids=(meeting.days[1].id,))
    before = (day.taken, day.waiting)

    for one in (first, second, waits, only_later):
        press(day, one)
    presence.walk_in(day, WalkIn("Ank Visser"), by=ANNE, now=NOON)

    assert len(there(day)) == 5
    counted = presence.count(day, presence.rows(day))
    assert (counted.present, counted.capacity, counted.full) == (5, 2, True)
    assert (day.taken, day.waiting) == before
    assert seats.miscounted() == []


def test_a_press_that_comes_twice_is_one(meeting: Meeting, day: MeetingDay) -> None:
    noor = make_registration(meeting)

    assert press(day, noor, key="a")
    assert press(day, noor, came=False, key="b")
    assert not press(day, noor, key="a")  # its answer was lost on the way; sent again

    assert there(day) == []
    assert db.session.scalar(select(func.count()).select_from(Tap)) == 2


def test_the_later_press_counts_also_when_it_comes_first(meeting: Meeting, day: MeetingDay) -> None:
    noor = make_registration(meeting)
    nine, ten = NOON - timedelta(minutes=10), NOON - timedelta(minutes=5)

    press(day, noor, came=False, key="bep-1", at=ten, by=BEP)
    press(day, noor, came=True, key="anne-1", at=nine)

    assert there(day) == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(range(4)),
    taps=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=4, max_size=4),
    again=st.integers(0, 3),
)
def test_any_order_of_arrival_ends_with_the_same_list(
    day: MeetingDay, order: list[int], taps: list[tuple[int, bool]], again: int
) -> None:
    """Four phones, one press each, at times that may be equal; one arrives twice."""
    noor = make_registration(day.meeting)
    latest = max(range(4), key=lambda n: (taps[n][0], f"{n}-1"))

    for n in [*order, again]:
        minutes, came = taps[n]
        at = NOON - timedelta(minutes=10 - minutes)
        press(day, noor, came, key=f"{n}-1", at=at, by=Actor(f"door:{n}"))

    assert bool(there(day)) is taps[latest][1]
    db.session.rollback()


def test_a_phone_is_believed_about_its_own_order_and_never_about_the_future(
    meeting: Meeting, day: MeetingDay
) -> None:
    noor = make_registration(meeting)
    still = NOON - timedelta(seconds=3)

    press(day, noor, came=True, key="anne-2", at=still)
    press(day, noor, came=False, key="anne-1", at=still)  # the network was slow a moment ago
    assert there(day) == []

    press(day, noor, came=True, key="bep-1", at=NOON + timedelta(days=1), by=BEP)
    [place] = [one for one in noor.places if one.day_id == day.id]
    assert place.came_at == NOON


def test_someone_new_is_written_down_once(meeting: Meeting, day: MeetingDay) -> None:
    who = WalkIn("Ank Visser", VisitorRole.WETHOUDER, "utrecht", "Ank@raad.example", key="k")

    added = presence.walk_in(day, who, by=ANNE, now=NOON)
    again = presence.walk_in(day, who, by=ANNE, now=NOON)

    assert added is again
    assert (added.name, added.gemeente_code, added.email) == (
        "Ank Visser",
        "GM0344",
        "Ank@raad.example",
    )
    assert there(day) == ["Ank Visser"]
    assert statuses(meeting) == [("Ank Visser", "attended", "2026-03-23")]


def test_someone_new_with_a_known_address_is_that_person(meeting: Meeting, day: MeetingDay) -> None:
    noor = make_registration(meeting)

    added = presence.walk_in(day, WalkIn("N. de Wit", email=noor.email), by=ANNE, now=NOON)

    assert added is noor
    assert there(day) == ["Noor de Wit 1"]


def test_nobody_is_sent_away_for_a_typing_error(meeting: Meeting, day: MeetingDay) -> None:
    who = WalkIn("Ank Visser", gemeente="Uterchtt", email="ank(at)raad")

    added = presence.walk_in(day, who, by=ANNE, now=NOON)

    assert there(day) == ["Ank Visser"]
    assert added.note == "Aan de deur opgeschreven.\nE-mail: ank(at)raad\nGemeente: Uterchtt"
    with pytest.raises(Invalid, match="naam"):
        presence.walk_in(day, WalkIn("  "), by=ANNE, now=NOON)


def test_who_was_added_by_mistake_is_off_the_list_again(meeting: Meeting, day: MeetingDay) -> None:
    added = presence.walk_in(day, WalkIn("Ank Visser"), by=ANNE, now=NOON)

    press(day, added, came=False)

    assert presence.rows(day) == []
    assert statuses(meeting) == []


def test_the_list_finds_by_name_gemeente_and_code(meeting: Meeting, day: MeetingDay) -> None:
    make_registration(meeting, 1, name="Sanne van 't Hek", gemeente_code="GM1900")
    make_registration(meeting, 2, name="Jiří Ångström")
    rows = presence.rows(day)
    code = rows[1].code

    def found(typed: str) -> list[str]:
        return [row.name for row in rows if row.fits(typed)]

    assert found("hek sudwest") == ["Sanne van 't Hek"]
    assert found("angstrom") == ["Jiří Ångström"]
    assert found(code.lower().replace("-", " ")) == ["Sanne van 't Hek"]
    assert len({row.code for row in rows}) == 2


def test_only_people_of_this_meeting_can_be_pressed(meeting: Meeting, day: MeetingDay) -> None:
    stranger = make_registration(make_meeting("zeist"))

    with pytest.raises(Unknown, match="staat niet op de lijst"):
        press(day, stranger)


def test_a_link_opens_one_day_for_a_while_until_it_is_taken_back(day: MeetingDay) -> None:
    link = door_links.give(day, label="Sanne, ingang", by=ANNE, now=NOON)

    def opened(at: datetime) -> str:
        try:
            return door_links.open_by(link.secret, now=at).label
        except door_links.Shut as shut:
            return str(shut)

    assert opened(NOON) == "Sanne, ingang"
    assert opened(day.starts_at - timedelta(hours=25)).startswith("Deze link werkt vanaf")
    assert opened(day.ends_at + timedelta(hours=7)).startswith("Deze dag is voorbij")
    door_links.revoke(link, by=ANNE, now=NOON)
    assert opened(NOON).startswith("Deze link is ingetrokken")
    with pytest.raises(Refused):
        door_links.give(day, by=ANNE, now=day.ends_at + timedelta(days=1))
