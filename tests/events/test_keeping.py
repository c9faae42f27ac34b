"""What may be in a meeting, and making and publishing one."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from outreach.events import changing, keeping
from outreach.events.keeping import DayFacts, Facts
from outreach.events.models import Meeting, MeetingState
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_sender

DAY = DayFacts(date(2026, 6, 4), time(13, 30), time(17), 25)
HAARLEM = Facts(title="Een inloop voor jongeren", city="Haarlem", days=(DAY,))
pytestmark = pytest.mark.usefixtures("app")


def create(facts: Facts = HAARLEM, **fields: Any) -> Meeting:
    return keeping.create(replace(facts, **fields), by=CLI, now=NOON)


def test_a_meeting_has_dutch_hours_a_uid_of_its_own_and_starts_as_a_concept():
    meeting = create()

    (day,) = meeting.days
    assert (meeting.slug, meeting.state, meeting.version) == ("haarlem", MeetingState.DRAFT, 1)
    assert day.starts_at == datetime(2026, 6, 4, 11, 30, tzinfo=UTC)
    assert (day.sequence, day.revised_at) == (0, NOON)
    assert db.session.scalars(select(AuditEntry.act)).all() == ["create meeting"]


def test_two_meetings_in_one_city_have_two_addresses_and_two_uids():
    first, second = create(), create()

    assert (first.slug, second.slug) == ("haarlem", "haarlem-2")
    assert first.days[0].uid != second.days[0].uid
    with pytest.raises(Refused, match="Er is al een bijeenkomst"):
        create(slug="haarlem")


def test_a_city_with_signs_makes_an_address():
    assert create(city="’s-Hertogenbosch").slug == "s-hertogenbosch"
    assert create(city="Súdwest-Fryslân").slug == "sudwest-fryslan"
    assert create(city="東京", title="!").slug == "bijeenkomst"


def test_facts_go_in_and_come_out_the_same():
    sender = make_sender()
    full = Facts(
        title="Titel",
        slug="vol",
        city="Utrecht",
        venue="Zaal",
        address="Kade 1",
        days=(replace(DAY, title="Dag een", programme=(("13.30", "Koffie"),)),),
        register_from=NOON,
        register_until=NOON + timedelta(days=9),
        questions=[
            {"key": "dieet", "label": "Dieet?", "type": "text"},
            {"key": "sessie", "label": "Welke?", "type": "choices", "options": ["a", "b"]},
        ],
        online_url="https://meet.example/a",
        region="Utrecht",
        themes=("jeugd", "zorg"),
        audience="Raadsleden",
        contact="Ilse",
        costs="Gratis",
        accessibility="Lift\naanwezig",
        language="Nederlands",
        parking="Op straat",
        summary="Kort.",
        text="Lang.\n\nMet *opmaak*.",
        sender_id=sender.id,
    )

    meeting = keeping.create(full, by=CLI, now=NOON)

    read = keeping.facts_of(meeting)
    assert replace(read, days=tuple(replace(day, id=None) for day in read.days)) == full
    assert not changing.preview(meeting, full, now=NOON)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": " "}, "Titel"),
        ({"title": "x" * 151}, "151"),
        ({"city": ""}, "Plaats"),
        ({"days": ()}, "ten minste één dag"),
        ({"days": (DAY, DAY)}, "do 4 juni 2026 staat er twee keer"),
        ({"days": (replace(DAY, closes=time(13, 30)),)}, "einde niet na het begin"),
        ({"days": (replace(DAY, capacity=0),)}, "aantal plaatsen op do 4 juni 2026"),
        ({"days": (replace(DAY, capacity=100_001),)}, "100.000"),
        ({"days": (replace(DAY, date=date(1, 1, 1)),)}, "kies een jaar"),
        (
            {"days": (DayFacts(date(2027, 3, 28), time(2, 30), time(5), 9),)},
            "28-03-2027 om 02.30 uur bestaat niet",
        ),
        ({"slug": "Haarlem 2"}, "geen webadres"),
        ({"slug": "x" * 61}, "geen webadres"),
        ({"online_url": "http://meet.example"}, "https://"),
        ({"online_url": "javascript:alert(1)"}, "https://"),
        ({"online_url": "https://"}, "https://"),
        ({"online_url": "https://meet.example/a b"}, "https://"),
        ({"online_url": "https://[meet"}, "https://"),
        ({"register_from": NOON, "register_until": NOON}, "Aanmelden begint"),
        ({"sender_id": 99}, "afzender bestaat niet"),
        ({"questions": [{"key": "Q 1", "label": "?"}]}, "sleutel"),
        ({"questions": [{"key": "q", "label": "?"}] * 2}, "sleutel"),
        ({"questions": [{"key": "q", "label": ""}]}, "geen tekst"),
        ({"questions": [{"key": "q", "label": "?", "type": "file"}]}, "onbekend type"),
        ({"questions": [{"key": "q", "label": "?", "type": "choice"}]}, "antwoorden nodig"),
        ({"questions": [{"key": "q", "label": "?", "options": ["a"]}]}, "open vraag"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(fields, said):
    with pytest.raises(Invalid, match=said):
        create(**fields)


def test_what_was_typed_is_tidied():
    meeting = create(title="  Een\x07 inloop \n ", text="Een\r\ntwee\x00", themes=("a ", "a", ""))

    assert (meeting.title, meeting.text, meeting.themes) == ("Een inloop", "Een\ntwee", ["a"])


def test_publishing_twice_is_once_and_a_cancelled_meeting_stays_off():
    meeting = create()

    keeping.publish(meeting, by=CLI, now=NOON)
    keeping.publish(meeting, by=CLI, now=NOON)

    assert (meeting.state, meeting.version) == (MeetingState.OPEN, 2)
    changing.cancel(meeting, reason="", links=MEETING_LINKS, by=CLI, now=NOON)
    with pytest.raises(Refused, match="gaat niet door"):
        keeping.publish(meeting, by=CLI, now=NOON)


def test_only_a_concept_is_thrown_away():
    draft = create()
    keeping.remove(draft, by=CLI, now=NOON)

    with pytest.raises(Unknown, match="haarlem"):
        keeping.find("haarlem")
    with pytest.raises(Refused, match="annuleren"):
        keeping.remove(make_meeting(), by=CLI, now=NOON)


def test_notes_are_kept_and_change_no_version():
    meeting = create()

    keeping.note(meeting, "Sleutel bij de balie.", by=CLI, now=NOON)

    assert (meeting.notes, meeting.version) == ("Sleutel bij de balie.", 1)


def test_what_is_to_come_stands_first():
    for slug, day in (
        ("over", date(2026, 1, 5)),
        ("later", date(2026, 11, 17)),
        ("soon", date(2026, 6, 4)),
        ("long-over", date(2025, 1, 5)),
    ):
        make_meeting(slug, days=((day, "10:00", "12:00", 5),))

    assert [one.slug for one in keeping.everything(NOON)] == ["soon", "later", "over", "long-over"]
