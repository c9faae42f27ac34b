"""Who may register by themselves, how many of one gemeente, and a meeting made once more."""

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from outreach.accounts.audit import CLI
from outreach.db import db
from outreach.errors import Invalid, Refused
from outreach.events import behalf, files, keeping, registering, seats
from outreach.events.models import Meeting, MeetingState, OpenTo, Registration, VisitorRole
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_meeting,
    make_registration,
    make_sender,
    make_wanted,
)

ZEIST, GOES = "GM0355", "GM0664"


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    make_sender()
    return make_meeting(invite_code="bosrand")


def test_only_who_works_for_a_raad_may_come(meeting: Meeting) -> None:
    meeting.open_to = OpenTo.COUNCILS

    with pytest.raises(Invalid, match="raadsleden"):
        make_registration(meeting, 1, role=VisitorRole.AMBTENAAR, gemeente_code=ZEIST)
    with pytest.raises(Invalid, match="Vul uw gemeente in"):
        make_registration(meeting, 2)
    assert make_registration(meeting, 3, gemeente_code=ZEIST).places[0].state == "confirmed"


def test_who_is_invited_has_the_code_and_the_office_needs_none(
    meeting: Meeting, client: FlaskClient
) -> None:
    meeting.open_to = OpenTo.INVITED
    db.session.commit()
    page, form = "/bijeenkomsten/haarlem", "/bijeenkomsten/haarlem/aanmelden"
    who = {"naam": "Bo", "email": "bo@raad.example", "functie": "raadslid"}

    assert "op uitnodiging" in client.get(page).text
    assert client.post(form, data=who).status_code == 409
    assert client.post(form, data=who | {"u": "bosrane"}).status_code == 409
    assert f'href="{form}?u=bosrand"' in client.get(f"{page}?u=bosrand").text
    assert 'name="u" value="bosrand"' in client.get(f"{form}?u=bosrand").text
    assert client.post(form, data=who | {"u": "bosrand"}).status_code == 200
    caller = make_wanted(meeting, 2)
    assert behalf.add(meeting, caller, links=MEETING_LINKS, by=CLI, now=NOON).registration.id
    meeting.invite_code = ""
    with pytest.raises(Refused, match="uitnodiging"):
        make_registration(meeting, 3, code="")


def test_at_most_so_many_of_one_gemeente_until_a_day(meeting: Meeting) -> None:
    meeting.most_per_gemeente, meeting.spread_until = 2, date(2026, 4, 1)
    people = [make_registration(meeting, n, gemeente_code=ZEIST) for n in (1, 2)]

    with pytest.raises(Refused, match=r"Van Zeist komen al 2 mensen\. Tot en met wo 1 april"):
        make_registration(meeting, 3, gemeente_code=ZEIST)
    make_registration(meeting, 1, gemeente_code=ZEIST)  # who is known adds days
    make_registration(meeting, 4, gemeente_code=GOES)
    registering.cancel(people[0], links=MEETING_LINKS, now=NOON)
    make_registration(meeting, 5, gemeente_code=ZEIST)
    later = NOON + timedelta(days=10)
    wanted = make_wanted(meeting, 6, gemeente_code=ZEIST)
    assert registering.register(meeting, wanted, links=MEETING_LINKS, now=later)


# On SQLite one writes at a time, and who waits is in the same process: it would wait for itself.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_of_one_gemeente_at_once_are_counted_in_turn_on_postgresql(
    app: Flask, meeting: Meeting
) -> None:
    meeting.most_per_gemeente, meeting.spread_until = 1, date(2026, 4, 1)
    db.session.commit()
    meeting_id, begun, said = meeting.id, threading.Event(), []

    def second() -> None:
        with app.app_context():
            mine = db.session.get_one(Meeting, meeting_id)
            begun.set()
            try:
                make_registration(mine, 2, gemeente_code=ZEIST)
                db.session.commit()
                said.append("came")
            except Refused as error:
                db.session.rollback()
                said.append(str(error)[:9])
            finally:
                db.session.remove()

    make_registration(meeting, 1, gemeente_code=ZEIST)
    other = threading.Thread(target=second)
    other.start()
    begun.wait(5)
    other.join(0.2)  # it waits for the days that we hold
    db.session.commit()
    other.join(5)

    assert said == ["Van Zeist"]
    assert db.session.query(Registration).count() == 1
    assert seats.miscounted() == []


def test_a_copy_is_a_concept_on_the_same_weekdays_ahead(meeting: Meeting) -> None:
    meeting.report, meeting.speakers = "Mooi.", "Bo de Vries, huisarts"

    made = keeping.copy(meeting, by=CLI, now=NOON + timedelta(days=400))

    assert (made.slug, made.state, made.version) == ("haarlem-2", MeetingState.DRAFT, 1)
    assert made.days[0].date == date(2027, 6, 3)
    assert made.days[0].date.weekday() == meeting.days[0].date.weekday()
    assert made.days[0].uid != meeting.days[0].uid
    assert (made.report, made.speakers) == ("", meeting.speakers)


def test_a_file_says_who_may_come_and_the_rest() -> None:
    day = "{date: 2026-06-04, from: '10:00', until: '11:00', capacity: 5}"
    head = f"---\ntitle: T\ncity: Haarlem\ndays: [{day}]\n"
    more = (
        "open_to: raden\nspread: {most: 3, until: 2026-05-01}\nreminders: [3]\nspeakers: Bo\n"
        "hearing_loop: Zaal 1\ntransport: Bus 4\n"
        "materials: [{label: Presentatie, url: 'https://stukken.example/1'}]\n---\n"
    )

    facts = files.parse(head + more).facts

    assert (facts.open_to, facts.most_per_gemeente) == (OpenTo.COUNCILS, 3)
    assert (facts.reminders, facts.spread_until) == ((3,), date(2026, 5, 1))
    assert facts.materials == (("Presentatie", "https://stukken.example/1"),)
    assert files.parse(head + "---\n").facts.reminders == (7, 1)
    for wrong in ("open_to: niemand", "reminders: [0]", "reminders: [x]", "spread: {most: 3}"):
        with pytest.raises(Invalid, match="Regel"):
            files.parse(head + wrong + "\n---\n")
