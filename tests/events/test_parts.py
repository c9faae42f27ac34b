"""Parts of a day to choose from: their seats, who is told of a change, and where they stand."""

import threading
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from outreach.accounts.audit import CLI
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Invalid, Refused
from outreach.events import (
    changing,
    feeds,
    handing,
    keeping,
    listing,
    loading,
    offering,
    own_feed,
    parts,
    presence,
    recounting,
    registering,
)
from outreach.events.models import Meeting, MeetingPart, PartChoice, PlaceState, Registration
from outreach.frontmatter import BadFile
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_registration, make_sender, make_wanted

FILE = """---
title: Een dag over jongeren
slug: haarlem
city: Haarlem
days:
  - date: 2026-06-04
    from: "10:00"
    until: "17:00"
    capacity: 3
    parts:
      - {title: Wonen, from: "13:00", until: "14:30", place: zaal 2, capacity: 1}
      - {title: Zorg, from: "13:00", until: "14:30", online_url: "https://meet.example/zorg"}
      - {title: Wandeling, from: "15:00", until: "16:00"}
  - {date: 2026-06-05, from: "10:00", until: "12:00", capacity: 5}
---
De tekst.
"""


@pytest.fixture(autouse=True)
def _host(app: Flask) -> None:
    make_sender()


@pytest.fixture
def haarlem() -> Meeting:
    return loading.load(FILE, links=MEETING_LINKS, by=CLI, now=NOON)[0]


def part(meeting: Meeting, title: str) -> MeetingPart:
    return parts.titled(meeting, [title])[0]


def chooses(meeting: Meeting, n: int, *titles: str, **fields: Any) -> Registration:
    """Someone who comes on the first day, to these parts."""
    ids = tuple(one.id for one in parts.titled(meeting, titles))
    return make_registration(
        meeting, n, part_ids=ids, **({"day_ids": (meeting.days[0].id,)} | fields)
    )


def chosen(registration: Registration) -> list[str]:
    return [one.title for one in parts.of(registration)]


def last_mail(registration: Registration) -> Message:
    query = select(Message).where(Message.address == registration.email).order_by(Message.id)
    return db.session.scalars(query).all()[-1]


def apply(meeting: Meeting, **fields: dict[str, Any]) -> changing.Preview:
    """Change parts of the first day by title; a title without fields goes."""
    facts = keeping.facts_of(meeting)
    first = facts.days[0]
    new = tuple(
        replace(one, **fields.get(one.title, {}))
        for one in first.parts
        if fields.get(one.title) != {}
    )
    days = (replace(first, parts=new), *facts.days[1:])
    return changing.apply(
        meeting, replace(facts, days=days), version=None, links=MEETING_LINKS, by=CLI, now=NOON
    )


def test_a_part_that_is_full_refuses_the_next_and_nothing_of_that_registration_stays(
    haarlem: Meeting,
) -> None:
    first = chooses(haarlem, 1, "Wonen", "Wandeling")
    db.session.commit()

    with pytest.raises(parts.PartFull, match="“Wonen” is geen plaats meer"):
        chooses(haarlem, 2, "Wonen", "Wandeling")
    db.session.rollback()

    assert chosen(first) == ["Wonen", "Wandeling"]
    assert [one.taken for one in haarlem.days[0].parts] == [1, 0, 1]
    assert haarlem.days[0].taken == 1
    assert recounting.differences() == []


def test_two_at_once_another_day_and_another_meeting_are_refused(haarlem: Meeting) -> None:
    with pytest.raises(Invalid, match="op hetzelfde moment"):
        chooses(haarlem, 1, "Wonen", "Zorg")
    with pytest.raises(Invalid, match="die dag koos u niet"):
        chooses(haarlem, 1, "Wonen", day_ids=(haarlem.days[1].id,))
    with pytest.raises(Invalid, match="niet bij deze bijeenkomst"):
        make_registration(haarlem, 1, part_ids=(987,))


def test_who_waits_chooses_once_there_is_a_place(haarlem: Meeting) -> None:
    seated = [chooses(haarlem, n) for n in range(1, 4)]
    waits = chooses(haarlem, 4, "Wonen")
    assert chosen(waits) == []

    registering.cancel(seated[0], links=MEETING_LINKS, now=NOON)
    wonen = part(haarlem, "Wonen").id
    with pytest.raises(Invalid, match="die dag koos u niet"):
        registering.change_parts(waits, [wonen], links=MEETING_LINKS, now=NOON)
    offering.accept(waits.places[0], links=MEETING_LINKS, now=NOON)
    assert "U koos nog geen onderdelen" in last_mail(waits).content["text"]
    registering.change_parts(waits, [wonen], links=MEETING_LINKS, now=NOON)

    assert chosen(waits) == ["Wonen"]


def test_changing_ones_choice_tells_the_calendar_and_a_full_part_changes_nothing(
    haarlem: Meeting,
) -> None:
    one, other = chooses(haarlem, 1, "Wonen"), chooses(haarlem, 2, "Zorg")
    sent = one.places[0].sent_sequence
    db.session.commit()
    with pytest.raises(parts.PartFull):
        registering.change_parts(other, [part(haarlem, "Wonen").id], links=MEETING_LINKS, now=NOON)
    db.session.rollback()
    assert chosen(other) == ["Zorg"]

    registering.change_parts(one, [part(haarlem, "Wandeling").id], links=MEETING_LINKS, now=NOON)
    registering.change_parts(other, [part(haarlem, "Wonen").id], links=MEETING_LINKS, now=NOON)

    assert (chosen(one), chosen(other)) == (["Wandeling"], ["Wonen"])
    mail = last_mail(one).content
    assert "Uw onderdelen zijn gewijzigd" in mail["subject"]
    assert "U koos 15.00 tot 16.00 uur: Wandeling" in mail["text"]
    calendar = mail["calendar"]["ics"].replace("\r\n ", "")
    assert "U koos:\\n15.00 tot 16.00 uur: Wandeling" in calendar
    assert one.places[0].sent_sequence == sent + 1
    assert recounting.differences() == []


def test_leaving_the_day_or_cancelling_gives_the_part_to_others(haarlem: Meeting) -> None:
    one = chooses(haarlem, 1, "Wonen", day_ids=tuple(day.id for day in haarlem.days))

    registering.change_days(one, [haarlem.days[1].id], links=MEETING_LINKS, now=NOON)
    second = chooses(haarlem, 2, "Wonen")
    registering.cancel(second, links=MEETING_LINKS, now=NOON)
    third = chooses(haarlem, 3, "Wonen", doubtful=True)
    offering.expire(third.places[0].id, links=MEETING_LINKS, now=NOON + registering.HOLD)

    assert [chosen(each) for each in (one, second, third)] == [[], [], []]
    assert part(haarlem, "Wonen").taken == 0
    assert recounting.differences() == []


def test_who_comes_in_place_of_another_comes_to_the_same_parts(haarlem: Meeting) -> None:
    was = chooses(haarlem, 1, "Wonen")

    other = handing.hand_over(
        was, "Joris de Boer", "joris@raad.example", links=MEETING_LINKS, by=CLI, now=NOON
    )

    assert (chosen(was), chosen(other)) == ([], ["Wonen"])
    assert "Wonen, zaal 2" in last_mail(other).content["text"]
    assert part(haarlem, "Wonen").taken == 1


def test_a_known_address_is_refused_by_a_full_part_like_a_new_one(haarlem: Meeting) -> None:
    chooses(haarlem, 1, "Wonen")
    known = chooses(haarlem, 2)
    db.session.commit()

    for n in (2, 3):
        with pytest.raises(parts.PartFull):
            chooses(haarlem, n, "Wonen")
        db.session.rollback()

    wanted = make_wanted(
        haarlem, 2, day_ids=(haarlem.days[0].id,), part_ids=(part(haarlem, "Zorg").id,)
    )
    again = registering.register(haarlem, wanted, links=MEETING_LINKS, now=NOON)
    assert [one.title for one in again.parts] == ["Zorg"]  # as the page says it to anyone
    assert chosen(known) == []


def test_a_moved_part_is_told_to_who_chose_it_and_to_nobody_else(haarlem: Meeting) -> None:
    one, other = chooses(haarlem, 1, "Wonen"), chooses(haarlem, 2, "Wandeling")
    mails, day = last_mail(other).id, haarlem.days[0]
    sequence, revised = day.sequence, day.revised_at
    wonen = part(haarlem, "Wonen").id

    seen = apply(haarlem, Wonen={"opens": time(11), "closes": time(12), "place": "zaal 9"})

    assert [each.registration.id for each in seen.affected] == [one.id]
    said = last_mail(one).content
    assert "Wonen is van 11.00 tot 12.00 uur (was: 13.00 tot 14.30 uur)" in said["text"]
    assert "zaal 9" in said["calendar"]["ics"]
    assert last_mail(other).id == mails
    assert (part(haarlem, "Wonen").id, day.sequence) == (wonen, sequence)
    assert day.revised_at >= revised


def test_a_part_that_goes_is_told_and_nobody_has_it_any_more(haarlem: Meeting) -> None:
    one = chooses(haarlem, 1, "Wonen", "Wandeling")

    seen = apply(haarlem, Wonen={})

    assert seen.changes == ("Wonen (13.00 tot 14.30 uur) gaat niet door",)
    assert chosen(one) == ["Wandeling"]
    assert "Wonen (13.00 tot 14.30 uur) gaat niet door" in last_mail(one).content["text"]
    assert recounting.differences() == []


def test_fewer_seats_than_are_taken_is_refused_more_is_silent(haarlem: Meeting) -> None:
    chooses(haarlem, 1, "Wandeling"), chooses(haarlem, 2, "Wandeling")

    with pytest.raises(Refused, match="Bij “Wandeling” zijn 2 plaatsen bezet"):
        apply(haarlem, Wandeling={"capacity": 1})
    seen = apply(haarlem, Wandeling={"capacity": 2})

    assert (seen.changes, seen.affected) == ((), ())
    assert parts.room(part(haarlem, "Wandeling")) == "Vol"


def test_loading_the_same_file_changes_nothing_and_a_copy_has_the_parts(haarlem: Meeting) -> None:
    chooses(haarlem, 1, "Wonen")
    version, ids = haarlem.version, [one.id for one in haarlem.days[0].parts]

    loading.load(FILE, links=MEETING_LINKS, by=CLI, now=NOON)
    copied = keeping.copy(haarlem, by=CLI, now=NOON)

    assert (haarlem.version, [one.id for one in haarlem.days[0].parts]) == (version, ids)
    assert [(one.title, one.taken) for one in copied.days[0].parts] == [
        ("Wonen", 0),
        ("Zorg", 0),
        ("Wandeling", 0),
    ]
    keeping.remove(copied, by=CLI, now=NOON)
    assert len(db.session.scalars(select(MeetingPart)).all()) == 3


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('until: "14:30", place', 'until: "17:30", place', "binnen de dag"),
        ("title: Zorg", "title: wonen", "er twee keer"),
        ("capacity: 1}", "capacity: nul}", "geen aantal"),
        ("title: Wandeling, ", "", "title"),
        ("https://meet", "http://meet", "https://"),
        ("title: Zorg", 'title: "Zorg; en meer"', "puntkomma"),
    ],
)
def test_a_part_that_cannot_be_is_refused_with_its_line(
    app: Flask, was: str, becomes: str, said: str
) -> None:
    with pytest.raises(BadFile, match=said) as refused:
        loading.load(FILE.replace(was, becomes), links=MEETING_LINKS, by=CLI, now=NOON)
    assert "Regel" in str(refused.value)


def test_lists_feeds_and_the_door_say_what_was_chosen(haarlem: Meeting) -> None:
    one = chooses(haarlem, 1, "Wonen", "Wandeling", day_ids=tuple(d.id for d in haarlem.days))

    (row,) = listing.rows(haarlem)
    assert row.parts == "13.00 Wonen; 15.00 Wandeling"
    assert listing.to_csv(haarlem).decode("utf-8-sig").splitlines()[0].endswith(";parts")
    assert [each.parts for each in presence.rows(haarlem.days[0])] == [row.parts]
    assert [each.parts for each in presence.rows(haarlem.days[1])] == [""]
    public = feeds.file_of(haarlem, links=MEETING_LINKS).decode().replace("\r\n ", "")
    assert "Onderdelen om uit te kiezen:\\n13.00 tot 14.30 uur: Wonen\\, zaal 2" in public
    secret = own_feed.give(one, now=NOON).secret
    own = own_feed.calendar(secret, links=MEETING_LINKS, now=NOON).decode().replace("\r\n ", "")
    assert "U koos:\\n13.00 tot 14.30 uur: Wonen\\, zaal 2\\n15.00" in own


def test_a_counter_that_lies_is_found_and_mended(haarlem: Meeting) -> None:
    chooses(haarlem, 1, "Wandeling")
    db.session.execute(update(MeetingPart).values(taken=0))
    db.session.expire_all()

    (found,) = recounting.differences()
    assert str(found).endswith("Wandeling: de teller zegt 0 bezet, de lijst 1")
    assert recounting.mend(haarlem, by=CLI, now=NOON) == 1
    assert recounting.differences() == []


def test_many_who_choose_at_once_never_overfill_a_part(app: Flask, haarlem: Meeting) -> None:
    hands, room = 8, 3
    days = (replace(keeping.facts_of(haarlem).days[0], capacity=50),)
    facts = replace(keeping.facts_of(haarlem), days=days)
    changing.apply(haarlem, facts, version=None, links=MEETING_LINKS, by=CLI, now=NOON)
    apply(haarlem, Wandeling={"capacity": room})
    people = [chooses(haarlem, n).id for n in range(hands)]
    wandeling = part(haarlem, "Wandeling").id
    db.session.commit()
    gate, refused = threading.Barrier(2 * hands), []

    def press(n: int) -> None:
        with app.app_context():
            try:
                gate.wait(timeout=10)
                meeting = db.session.get_one(Meeting, haarlem_id)
                if n < hands:
                    person = db.session.get_one(Registration, people[n])
                    registering.change_parts(person, [wandeling], links=MEETING_LINKS, now=NOON)
                else:
                    chooses(meeting, 100 + n, "Wandeling")
                db.session.commit()
            except parts.PartFull as error:
                refused.append(error)
            finally:
                db.session.remove()

    haarlem_id = haarlem.id
    db.session.rollback()
    threads = [threading.Thread(target=press, args=(n,)) for n in range(2 * hands)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(refused) == 2 * hands - room
    assert len(db.session.scalars(select(PartChoice)).all()) == room
    assert recounting.differences() == []


def off(part: MeetingPart, reason: str = "") -> int:
    return changing.cancel_part(part, reason=reason, links=MEETING_LINKS, by=CLI, now=NOON)


def on(part: MeetingPart) -> int:
    return changing.restore_part(part, links=MEETING_LINKS, by=CLI, now=NOON)


TURNS = {"off": off, "on": on}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "choose", "cancel", "hand", "off", "on"]),
        st.integers(0, 3),
        st.sets(st.sampled_from(["Wonen", "Zorg", "Wandeling"]), max_size=2),
    ),
    max_size=12,
)


@given(STEPS)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_people_do_the_counters_say_what_stands(app: Flask, steps: Any) -> None:
    db.session.rollback()
    meeting = loading.load(FILE, links=MEETING_LINKS, by=CLI, now=NOON)[0]
    people: dict[int, Registration] = {}
    for deed, n, titles in steps:
        ids = [one.id for one in parts.titled(meeting, titles)]
        try:
            with db.session.begin_nested():
                for one in parts.titled(meeting, titles) if deed in TURNS else ():
                    TURNS[deed](one)
                if deed == "come":
                    people[n] = chooses(meeting, n, *titles)
                elif n in people and deed == "choose":
                    registering.change_parts(people[n], ids, links=MEETING_LINKS, now=NOON)
                elif n in people and deed == "cancel":
                    registering.cancel(people[n], links=MEETING_LINKS, now=NOON)
                elif n in people and deed == "hand":
                    people[n] = handing.hand_over(
                        people[n], "Nieuw", f"nieuw{len(steps)}-{n}@raad.example",
                        links=MEETING_LINKS, by=CLI, now=NOON,
                    )  # fmt: skip
        except (Invalid, Refused):
            db.session.expire_all()
    assert recounting.differences() == []
    for one in people.values():
        seated = {p.day_id for p in one.places if p.state is PlaceState.CONFIRMED}
        assert {p.day_id for p in parts.of(one)} <= seated
    db.session.rollback()


def test_a_part_called_off_tells_who_chose_it_and_frees_its_seats(haarlem: Meeting) -> None:
    one, other = chooses(haarlem, 1, "Wonen", "Wandeling"), chooses(haarlem, 2, "Wandeling")
    mails, sent, day = last_mail(other).id, one.places[0].sent_sequence, haarlem.days[0]
    revised, wonen = day.revised_at, part(haarlem, "Wonen")

    assert (off(wonen, "De spreker is ziek."), off(wonen)) == (1, 0)

    said = last_mail(one).content
    assert said["subject"].startswith("Gaat niet door: Wonen, Haarlem")
    assert "De spreker is ziek." in said["text"]
    assert "u hebt uw plaats nog" in said["text"]
    calendar = said["calendar"]["ics"].replace("\r\n ", "")
    assert f"SEQUENCE:{sent + 1}\r\n" in calendar
    assert "METHOD:REQUEST" in calendar
    assert "U koos:\\n15.00 tot 16.00 uur: Wandeling" in calendar
    assert "Wonen" not in calendar
    assert last_mail(other).id == mails
    assert (chosen(one), wonen.taken, parts.room(wonen)) == (["Wandeling"], 0, "Gaat niet door")
    public = feeds.file_of(haarlem, links=MEETING_LINKS).decode().replace("\r\n ", "")
    assert "Wonen\\, zaal 2 (gaat niet door)" in public
    assert day.revised_at >= revised
    assert recounting.differences() == []
    with pytest.raises(parts.PartFull, match="“Wonen” gaat niet door"):
        chooses(haarlem, 3, "Wonen")


def test_a_part_that_takes_place_after_all_is_of_who_chose_nothing_else(haarlem: Meeting) -> None:
    apply(haarlem, Wonen={"capacity": 5})
    stays, chose_other, left = (chooses(haarlem, n, "Wonen") for n in range(3))
    wonen, zorg = part(haarlem, "Wonen"), part(haarlem, "Zorg")
    off(wonen)
    registering.change_parts(chose_other, [zorg.id], links=MEETING_LINKS, now=NOON)
    registering.cancel(left, links=MEETING_LINKS, now=NOON)
    mails = last_mail(left).id

    assert on(wonen) == 2

    assert [chosen(one) for one in (stays, chose_other, left)] == [["Wonen"], ["Zorg"], []]
    assert "gaat toch door" in last_mail(stays).content["text"]
    assert "U koos 13.00 tot 14.30 uur: Zorg" in last_mail(chose_other).content["text"]
    assert last_mail(left).id == mails
    assert (wonen.taken, wonen.cancelled_at) == (1, None)
    assert recounting.differences() == []


def test_no_part_comes_back_with_more_people_than_seats(haarlem: Meeting) -> None:
    people = [chooses(haarlem, n, "Wandeling") for n in range(2)]
    wandeling = part(haarlem, "Wandeling")
    off(wandeling)
    apply(haarlem, Wandeling={"capacity": 1})
    db.session.commit()

    with pytest.raises(Refused, match="horen 2 mensen die het eerder kozen"):
        on(wandeling)
    db.session.rollback()
    handing.hand_over(
        people[0], "Joris de Boer", "joris@raad.example", links=MEETING_LINKS, by=CLI, now=NOON
    )
    apply(haarlem, Wandeling={"capacity": 2})
    assert on(wandeling) == 2  # with who came in place of the first

    assert wandeling.taken == 2
    assert recounting.differences() == []


def test_a_file_calls_a_part_off_and_lets_it_return(haarlem: Meeting) -> None:
    one = chooses(haarlem, 1, "Wonen")
    without = FILE.replace("capacity: 1}", "capacity: 1, off: true}")

    for text, said in ((without, "gaat niet door"), (FILE, "gaat toch door")):
        loading.load(text, links=MEETING_LINKS, by=CLI, now=NOON)
        assert f"Wonen (13.00 tot 14.30 uur) {said}" in last_mail(one).content["text"]
        version = haarlem.version
        loading.load(text, links=MEETING_LINKS, by=CLI, now=NOON)
        assert haarlem.version == version

    assert chosen(one) == ["Wonen"]
    assert recounting.differences() == []
    ends = haarlem.days[0].ends_at
    with pytest.raises(Refused, match="is voorbij"):
        changing.cancel_part(
            part(haarlem, "Wonen"), reason="", links=MEETING_LINKS, by=CLI, now=ends
        )
