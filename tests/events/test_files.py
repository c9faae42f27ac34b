"""A meeting as a file: what it says, and where it is wrong."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Invalid, Refused, Unknown
from outreach.events import changing, files, keeping, loading
from outreach.events.keeping import DayFacts, Facts
from outreach.events.models import Meeting, MeetingState
from outreach.frontmatter import BadFile
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_registration, make_sender

SHORT = """---
title: Een inloop voor jongeren
slug: haarlem
city: Haarlem
days:
  - {date: 2026-06-04, from: "13:30", until: 17:00, capacity: 25}
---
De tekst.
"""
FULL = """---
title: "Ruimte voor jongeren: hoe begint u?"
slug: rotterdam
city: Rotterdam
venue: Loods Zes
address: Voorbeeldpier 6
days:
  - date: 2026-09-11
    from: 9.30
    until: "17:00"
    capacity: 40
    title: Kennismaken
    programme: [{at: "9.30", what: Koffie}, {what: Rondleiding}]
  - {date: 2026-09-12, from: "10:00", until: "16:00", capacity: 30}
register_from: 2026-05-01
register_until: 2026-09-04
questions:
  - {key: dieet, label: Hebt u een dieet?}
  - {key: sessie, label: Welke sessie?, type: choice, options: [Wonen, Zorg]}
online_url: https://meet.example/ademruimte
region: Zuid-Holland
themes: [jeugd, wonen]
audience: Raadsleden en griffiers
contact: Ilse Verhagen
costs: no
accessibility: Lift aanwezig
language: Nederlands
parking: 0012
summary: Kort.
sender: post@ademruimte.example
state: concept
---

# Programma

Alinea.

---

Nog een.
"""


def test_everything_is_read_as_it_is_written() -> None:
    read = files.parse(FULL)

    assert read == files.MeetingFile(
        Facts(
            title="Ruimte voor jongeren: hoe begint u?",
            slug="rotterdam",
            city="Rotterdam",
            venue="Loods Zes",
            address="Voorbeeldpier 6",
            days=(
                DayFacts(
                    date(2026, 9, 11),
                    time(9, 30),
                    time(17),
                    40,
                    "Kennismaken",
                    (("9.30", "Koffie"), ("", "Rondleiding")),
                ),
                DayFacts(date(2026, 9, 12), time(10), time(16), 30),
            ),
            register_from=datetime(2026, 4, 30, 22, 0, tzinfo=UTC),
            register_until=datetime(2026, 9, 4, 21, 59, 59, tzinfo=UTC),
            questions=[
                {"key": "dieet", "label": "Hebt u een dieet?", "type": "text"},
                {
                    "key": "sessie",
                    "label": "Welke sessie?",
                    "type": "choice",
                    "options": ["Wonen", "Zorg"],
                },
            ],
            online_url="https://meet.example/ademruimte",
            region="Zuid-Holland",
            themes=("jeugd", "wonen"),
            audience="Raadsleden en griffiers",
            contact="Ilse Verhagen",
            costs="no",
            accessibility="Lift aanwezig",
            language="Nederlands",
            parking="0012",
            summary="Kort.",
            text="# Programma\n\nAlinea.\n\n---\n\nNog een.",
        ),
        MeetingState.DRAFT,
        "post@ademruimte.example",
    )


def test_a_short_file_is_open_and_a_byte_order_mark_or_windows_is_no_fault() -> None:
    assert files.parse("\ufeff" + SHORT.replace("\n", "\r\n")) == files.parse(SHORT)
    assert files.parse(SHORT).state is MeetingState.OPEN
    assert (
        files.parse(SHORT.replace("city:", "for: Griffiers\ncity:", 1)).facts.audience
        == "Griffiers"
    )


def test_registering_until_a_moment_is_that_moment() -> None:
    until = SHORT.replace("city:", "register_until: 2026-06-03T12:00\ncity:", 1)

    assert files.parse(until).facts.register_until == datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


DAY = '  - {date: 2026-06-04, from: "13:30", until: 17:00, capacity: 25}\n'


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("---\ntitle", "title", "Regel 1:", "‘---’"),
        ("title:", "titel:", "Regel 2, kolom 1:", "‘titel’ is onbekend"),
        ("city: Haarlem\n", "", "Regel 2, kolom 1:", "‘city’ ontbreekt"),
        ("title: Een inloop voor jongeren", "title:", "Regel 2, kolom 1:", "Titel"),
        ("Een inloop voor jongeren", "x" * 151, "Regel 2, kolom 8:", "150"),
        ("slug: haarlem", "slug: Haarlem!", "Regel 3, kolom 7:", "slug"),
        (f"days:\n{DAY}", "", "Regel 2", "‘days’ ontbreekt"),
        (f"days:\n{DAY}", "days: []\n", "Regel 5, kolom 7:", "ten minste één dag"),
        (f"days:\n{DAY}", "days:\n", "Regel 5", "ten minste één dag"),
        (DAY, DAY + DAY, "Regel 7, kolom 5:", "do 4 juni 2026 staat er twee keer"),
        ("2026-06-04", "4-6-2026", "Regel 6, kolom 12:", "Schrijf 2026-06-04"),
        ("2026-06-04", "2027-02-29", "Regel 6, kolom 12:", "‘2027-02-29’ is geen datum"),
        ("2026-06-04", "20260604", "Regel 6, kolom 12:", "Schrijf 2026-06-04"),
        ("2026-06-04", "donderdag", "Regel 6, kolom 12:", "geen datum"),
        ("2026-06-04", "0001-01-01", "Regel 6, kolom 5:", "kies een jaar"),
        ('"13:30"', "half twee", "Regel 6, kolom 30:", "‘half twee’ is geen tijd"),
        ('"13:30"', '"13:30+05:00"', "Regel 6, kolom 30:", "geen tijd"),
        ('"13:30"', '"25:00"', "Regel 6, kolom 30:", "geen tijd"),
        ('"13:30"', '"17:00"', "Regel 6, kolom 5:", "einde niet na het begin"),
        ("capacity: 25", "capacity: veel", "Regel 6", "‘veel’ is geen aantal plaatsen"),
        ("capacity: 25", "capacity: 2.5", "Regel 6", "geen aantal plaatsen"),
        ("capacity: 25", "capacity: -1", "Regel 6", "geen aantal plaatsen"),
        ("capacity: 25", "capacity: 0", "Regel 6", "geen aantal plaatsen"),
        ("capacity: 25", "capacity: ٢٥", "Regel 6", "geen aantal plaatsen"),
        ("capacity: 25", "seats: 25", "Regel 6", "‘seats’ is onbekend in days"),
        (", capacity: 25", "", "Regel 6, kolom 5:", "‘capacity’ ontbreekt in days"),
        ("2026-06-04, from: \"13:30\"", "2027-03-28, from: 2:30", "Regel 6", "bestaat niet"),
        ("city:", "register_until: morgen\ncity:", "Regel 4, kolom 17:", "geen datum en tijd"),
        ("city:", "register_until: 0001-01-01\ncity:", "Regel 4, kolom 17:", "geen datum"),
        ("city:", "online_url: http://a.example\ncity:", "Regel 4, kolom 13:", "https://"),
        ("city:", "state: vol\ncity:", "Regel 4, kolom 8:", "concept of open"),
        ("city:", "themes: {a: b}\ncity:", "Regel 4, kolom 9:", "lijst"),
        ("city:", "questions: [{key: a, label: b, type: file}]\ncity:", "Regel 4", "‘file’"),
        ("city:", "questions: [{key: a, label: b, options: [c]}]\ncity:", "Regel 4", "options"),
        ("city:", "\tvenue: Zaal\ncity:", "Regel 4", "niet te lezen"),
        ("city: Haarlem", "city: Haarlem: Zuid", "Regel 4", "niet te lezen"),
        ("city: Haarlem", 'city: "Haar\\x00lem"', "Regel 4, kolom 7:", "onzichtbaar"),
        ("city:", "slug: weer\ncity:", "Regel 4, kolom 1:", "twee keer"),
    ],
)  # fmt: skip
def test_a_fault_names_its_place(old: str, new: str, where: str, what: str) -> None:
    assert old in SHORT

    with pytest.raises(BadFile) as fault:
        files.parse(SHORT.replace(old, new, 1))

    assert where in str(fault.value)
    assert what in str(fault.value)


def load(text: str = SHORT) -> tuple[Meeting, bool]:
    return loading.load(text, links=MEETING_LINKS, by=CLI, now=NOON + timedelta(hours=1))


def test_the_first_time_it_is_made_then_it_is_changed_and_the_affected_are_told(app: Flask):
    make_sender()
    meeting, created = load()
    assert (meeting.state, created) == (MeetingState.OPEN, True)
    mine = make_registration(meeting)
    uid = meeting.days[0].uid

    same, created = load()
    assert (same.id, created, same.version) == (meeting.id, False, 1)
    load(SHORT.replace("13:30", "14:00").replace("2026-06-04", "2026-06-05"))

    assert (meeting.days[0].uid, meeting.days[0].sequence) == (uid, 1)
    query = select(Message).where(Message.address == mine.email).order_by(Message.id.desc())
    assert "vrijdag 5 juni" in db.session.scalars(query).first().content["text"]


def test_a_concept_is_published_by_its_file_and_never_taken_back(app: Flask):
    concept = SHORT.replace("city:", "state: concept\ncity:", 1)
    meeting, _ = load(concept)
    assert meeting.state is MeetingState.DRAFT

    load()
    load(concept)

    assert meeting.state is MeetingState.OPEN


def test_without_a_slug_it_is_known_by_its_title_in_its_city(app: Flask):
    text = SHORT.replace("slug: haarlem\n", "")

    first, _ = load(text)
    again, created = load(text)
    other, _ = load(text.replace("Een inloop", "Een tweede inloop"))

    assert (again.id, created) == (first.id, False)
    assert (first.slug, other.slug) == ("haarlem", "haarlem-2")


def test_the_organisation_that_was_chosen_stays(app: Flask):
    make_sender()
    ours = make_sender(email="ons@ademruimte.example")
    load(SHORT.replace("city:", "sender: Ons@Ademruimte.example\ncity:", 1))

    meeting, _ = load()

    assert meeting.sender_id == ours.id
    with pytest.raises(Unknown, match=r"niemand@ademruimte\.example"):
        load(SHORT.replace("city:", "sender: niemand@ademruimte.example\ncity:", 1))


def test_a_file_changes_nothing_when_something_is_wrong(app: Flask):
    meeting, _ = load()
    for n in (1, 2):
        make_registration(meeting, n)

    with pytest.raises(Refused, match="2 plaatsen bezet"):
        load(SHORT.replace("capacity: 25", "capacity: 1").replace("De tekst", "Nieuw"))
    with pytest.raises(Invalid):
        load(SHORT.replace("until: 17:00", "until: 11:00"))

    assert meeting.days[0].capacity == 25
    assert meeting.text == "De tekst."


def test_a_cancelled_meeting_is_not_revived_by_its_file(app: Flask):
    meeting, _ = load()
    changing.cancel(meeting, reason="", links=MEETING_LINKS, by=CLI, now=NOON)

    with pytest.raises(Refused, match="gaat niet door"):
        load()


def test_a_form_shows_what_the_file_said(app: Flask):
    make_sender(email="post@ademruimte.example")
    meeting, _ = load(FULL)

    shown = keeping.facts_of(meeting)

    wanted = files.parse(FULL).facts
    days = tuple(replace(day, id=None) for day in shown.days)
    assert replace(shown, days=days, sender_id=None) == wanted
