"""What one prints for a meeting: a list for the door, badges, statements of attendance.

PDF/UA-1 and PDF/A-2a by typst, like the letters. Names enter as values and are never read.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from outreach.clock import dutch_date, to_wall
from outreach.errors import Refused
from outreach.events import hosts, parts, presence, words
from outreach.events.models import Meeting, MeetingDay, MeetingPart, Registration, VisitorRole
from outreach.events.presence import Row
from outreach.letters import dutch, pdf, said
from outreach.wording import N_, Language, _, speaking

TEMPLATE = Path(__file__).with_name("papers.typ")
#: As a badge says it; nothing for who comes as something else.
ROLES = {
    VisitorRole.GRIFFIER: N_("Griffie"),
    VisitorRole.ORGANISATIE: N_("Zorg of welzijn"),
    VisitorRole.ANDERS: "",
}


def badges(day: MeetingDay, *, now: datetime) -> bytes:
    """Ten on a sheet of A4, 90 by 54 mm, of who has a seat today, by name.

    :raises Refused: nobody has
    """
    people = [row for row in presence.rows(day) if row.expected or row.came_at]
    if not people:
        raise Refused("Er komt nog niemand op deze dag. Er zijn geen naambordjes te maken.")
    title = f"Naambordjes, {_about(day)}"
    return _make("badges", title, day.meeting, now, people=[_person(row) for row in people])


def name_list(day: MeetingDay, *, now: datetime) -> bytes:
    """Everyone whom one may meet at the door, with a box to tick."""
    rows = presence.rows(day)
    people = [
        _person(row) | {"stands": row.stands, "parts": row.parts, "since": _hour(row.came_at)}
        for row in sorted(rows, key=lambda row: not row.expected)
    ]
    return _make("list", f"Wie komt er, {_about(day)}", day.meeting, now, people=people)


def part_list(part: MeetingPart, *, now: datetime) -> bytes:
    """Everyone who chose a part of a day, with a box to tick: for who receives them there.

    :raises Refused: it is off
    """
    if part.cancelled_at is not None:
        raise Refused(f"“{part.title}” gaat niet door. Er is geen lijst te maken.")
    chose = parts.who({part.id})
    people = [
        _person(row) | {"stands": row.stands, "parts": "", "since": _hour(row.came_at)}
        for row in presence.rows(part.day)
        if row.id in chose
    ]
    title = f"{part.title}, {_about(part.day)}, {parts.hours(part)}"
    return _make("list", title, part.day.meeting, now, people=people)


def statements_of_day(day: MeetingDay, *, now: datetime) -> bytes:
    """A page for each who was there on this day, with all days of theirs.

    :raises Refused: nobody was
    """
    return statements(presence.everyone_present(day), now=now)


def statements(registrations: Sequence[Registration], *, now: datetime) -> bytes:
    """That these people were there, and on which days: a page each; all of one meeting.

    Each page is in the language in which that person registered.

    :raises Refused: someone was not met at the door
    """
    made = [_statement(one, now=now) for one in registrations]
    if not made or not all(one["days"] for one in made):
        raise Refused("Een bewijs van deelname is er voor wie aan de deur aanwezig is gemeld.")
    meeting, languages = registrations[0].meeting, {one.language for one in registrations}
    language = languages.pop() if len(languages) == 1 else Language.NL
    with speaking(language):
        title = _("Bewijs van deelname: %(title)s", title=meeting.title)
    return _make("statement", title, meeting, now, people=made, language=language)


def _make(
    kind: str,
    title: str,
    meeting: Meeting,
    now: datetime,
    *,
    people: Iterable[dict[str, Any]],
    language: Language = Language.NL,
) -> bytes:
    host, today = hosts.of(meeting), dutch_date(now)
    lines = [host.postal_address, host.phone, host.reply_to or host.email] if host else []
    inputs = {
        "kind": kind,
        "title": title,
        "language": language,
        "sender": host.name if host else "",
        "subtitle": host.subtitle if host else "",
        "meeting": meeting.title,
        "city": meeting.city,
        "made_on": dutch.long_date(today),
        "year": str(today.year),
        "month": str(today.month),
        "day": str(today.day),
        "sender_lines": _json([line for line in lines if line]),
        "people": _json(list(people)),
    }
    return pdf.typeset(TEMPLATE, inputs)


def _statement(registration: Registration, *, now: datetime) -> dict[str, Any]:
    meeting, place = registration.meeting, registration.gemeente
    host = hosts.of(meeting)
    with speaking(registration.language):
        role = _role(registration.role)
        return {
            "language": registration.language,
            "heading": _("Bewijs van deelname"),
            "name": registration.name,
            "role": _(role) if role else "",
            "gemeente": _("gemeente %(name)s", name=place.name) if place else "",
            "was_at": _("was aanwezig bij"),
            "days": [
                [
                    f"{said.weekday(day.date)} {said.long_date(day.date)}",
                    words.hours(day),
                    ". ".join(filter(None, (day.title, _chosen(registration, day)))),
                ]
                for day in presence.came_to(registration)
            ],
            "where": words.where(meeting),
            "proof": _(
                "%(sender)s meldde aan de deur wie er was. Dit bewijs is gemaakt op %(day)s.",
                sender=host.name if host else "",
                day=said.long_date(dutch_date(now)),
            ),
        }


def _chosen(registration: Registration, day: MeetingDay) -> str:
    found = parts.of(registration, {day.id})
    return _("Gekozen: %(parts)s", parts=parts.titles(found)) if found else ""


def _person(row: Row) -> dict[str, Any]:
    return {"name": row.name, "role": _role(row.role), "gemeente": row.gemeente}


def _role(role: VisitorRole) -> str:
    return ROLES.get(role, role.value.capitalize())


def _about(day: MeetingDay) -> str:
    return f"{day.meeting.city}, {dutch.long_date(day.date)}"


def _hour(moment: datetime | None) -> str:
    return f"{to_wall(moment):%-H.%M}" if moment else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
