"""Meetings as organisers write them down: what may be in one, making it, publishing it."""

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import selectinload

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.calendars import cleaning
from outreach.clock import at_wall, dutch_date
from outreach.contacts.gemeenten import fold
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from outreach.events import parts, team
from outreach.events.models import (
    Meeting,
    MeetingCoordinator,
    MeetingDay,
    MeetingPart,
    MeetingState,
    OpenTo,
)
from outreach.events.registering import tidy
from outreach.letters import dutch

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: Pages of the office have these addresses.
RESERVED = ("nieuw",)
LONGEST_SLUG = 60
MOST_SEATS = 100_000
MOST_DAYS = 60
MOST_PARTS = 40  #: on one day
YEAR = timedelta(weeks=52)  #: the same weekday
YEARS = range(2000, 2101)
#: Days before a meeting that a reminder may go, and how many of them.
FURTHEST_REMINDER, MOST_REMINDERS = 60, 5
QUESTION_TYPES = ("choice", "choices", "text")


@dataclass(frozen=True)
class PartFacts:
    """One part of a day that people choose, as someone fills it in."""

    title: str
    opens: time
    closes: time
    place: str = ""
    capacity: int | None = None  #: as many as the day has when None
    online_url: str = ""
    off: bool = False  #: it stays visible, and does not take place
    id: int | None = None  #: of the part that is there already, when a form knows it


@dataclass(frozen=True)
class DayFacts:
    """One day as someone fills it in, on a Dutch clock."""

    date: date
    opens: time
    closes: time
    capacity: int
    title: str = ""
    programme: tuple[tuple[str, str], ...] = ()  #: when and what
    id: int | None = None  #: of the day that is there already, when a form knows it
    parts: tuple[PartFacts, ...] = ()  #: that people choose when they register


@dataclass(frozen=True)
class Facts:
    """Everything about a meeting that an organiser can write and change."""

    title: str = ""
    slug: str = ""  #: made of the city when empty
    city: str = ""
    venue: str = ""
    address: str = ""
    days: tuple[DayFacts, ...] = ()
    register_until: datetime | None = None
    register_from: datetime | None = None
    questions: list[Any] = field(default_factory=list)
    online_url: str = ""
    region: str = ""
    themes: tuple[str, ...] = ()
    audience: str = ""
    contact: str = ""
    costs: str = ""
    accessibility: str = ""
    language: str = ""
    parking: str = ""
    summary: str = ""
    text: str = ""
    sender_id: int | None = None
    reminders: tuple[int, ...] = (7, 1)  #: days before it, the first one first
    report: str = ""
    materials: tuple[tuple[str, str], ...] = ()  #: what it is called, and its https address
    transport: str = ""
    hearing_loop: str = ""
    speakers: str = ""
    open_to: OpenTo = OpenTo.EVERYONE
    most_per_gemeente: int | None = None  #: until the end of `spread_until`
    spread_until: date | None = None


@dataclass(frozen=True)
class Words:
    """A field that holds words: what it is called on screen, and how long it may be."""

    label: str
    longest: int
    lines: bool = False  #: may it have more than one line
    needed: bool = False


WORDS = {
    "title": Words("Titel", 150, needed=True),
    "city": Words("Plaats", 80, needed=True),
    "venue": Words("Locatie", 150),
    "address": Words("Adres", 200),
    "online_url": Words("Online", 500),
    "region": Words("Regio", 80),
    "audience": Words("Voor wie", 300),
    "contact": Words("Contact", 300),
    "costs": Words("Kosten", 300),
    "accessibility": Words("Toegankelijkheid", 1_000, lines=True),
    "language": Words("Taal", 100),
    "parking": Words("Parkeren", 1_000, lines=True),
    "transport": Words("Openbaar vervoer", 1_000, lines=True),
    "hearing_loop": Words("Ringleiding", 200),
    "speakers": Words("Sprekers", 2_000, lines=True),
    "summary": Words("Samenvatting", 500, lines=True),
    "text": Words("Tekst", 50_000, lines=True),
    "report": Words("Verslag", 50_000, lines=True),
}
#: The rest of what stands in `Facts` and in `Meeting` under one name.
VALUES = (
    "register_from",
    "register_until",
    "questions",
    "sender_id",
    "open_to",
    "most_per_gemeente",
    "spread_until",
)


def find(slug: str) -> Meeting:
    """The meeting with this address.

    :raises Unknown: there is none
    """
    found: Meeting | None = db.session.scalar(select(Meeting).where(Meeting.slug == slug))
    if found is None:
        raise Unknown(f"Er is geen bijeenkomst met de naam “{slug[:80]}”.")
    return found


def everything(now: datetime) -> list[Meeting]:
    """All meetings, concepts too: first what is to come, then what is over, the latest first."""
    query = select(Meeting).options(selectinload(Meeting.days)).order_by(Meeting.id)
    found = list(db.session.scalars(query))
    over = [one for one in found if one.days and one.days[-1].ends_at <= now]
    ahead = [one for one in found if one not in over]
    return [
        *sorted(ahead, key=lambda one: one.days[0].starts_at if one.days else one.created_at),
        *sorted(over, key=lambda one: one.days[-1].ends_at, reverse=True),
    ]


def facts_of(meeting: Meeting) -> Facts:
    """A meeting as a form shows it and a file says it. Days that are off are no part of it."""
    live = [day for day in meeting.days if day.cancelled_at is None]
    return Facts(
        slug=meeting.slug,
        days=tuple(_facts_of_day(day) for day in live or meeting.days),
        themes=tuple(meeting.themes),
        reminders=tuple(meeting.reminders),
        materials=tuple((one["label"], one["url"]) for one in meeting.materials),
        **{name: getattr(meeting, name) for name in (*WORDS, *VALUES)},
    )


def create(
    facts: Facts, *, by: Actor, now: datetime, state: MeetingState = MeetingState.DRAFT
) -> Meeting:
    """A new meeting, each day with the UID that it keeps.

    :raises Invalid: with what is wrong
    :raises Refused: another meeting has this slug
    """
    good = check(facts)
    meeting = Meeting(state=state, version=1, created_at=now)
    meeting.slug = good.slug or _free_slug(good)
    check_free(meeting.slug)
    write(meeting, good, now=now)
    meeting.days = [new_day(day, now=now) for day in good.days]
    db.session.add(meeting)
    db.session.flush()
    team.begin(meeting, by=by)
    audit.record(
        "create meeting", f"meeting:{meeting.id}", by=by, now=now, sender_id=meeting.sender_id
    )
    return meeting


def copy(meeting: Meeting, *, by: Actor, now: datetime) -> Meeting:
    """The same meeting once more, as a concept: the same weekdays, in the first year ahead.

    What is of one time only stays behind: until when one can register, the report, the materials.
    """
    facts = facts_of(meeting)
    first, shift = min(day.date for day in facts.days), timedelta(0)
    while first + shift <= dutch_date(now):
        shift += YEAR
    days = tuple(
        replace(
            day, id=None, date=day.date + shift,
            parts=tuple(replace(part, id=None, off=False) for part in day.parts),
        )
        for day in facts.days
    )  # fmt: skip
    return create(
        replace(
            facts, slug="", days=days, register_from=None, register_until=None, report="",
            materials=(), most_per_gemeente=None, spread_until=None,
        ),
        by=by,
        now=now,
    )  # fmt: skip


def publish(meeting: Meeting, *, by: Actor, now: datetime) -> None:
    """From concept to open; done twice it is done once.

    :raises Refused: it is cancelled
    """
    if meeting.state is MeetingState.CANCELLED:
        raise Refused("Deze bijeenkomst gaat niet door. Maak een nieuwe.")
    if meeting.state is MeetingState.OPEN:
        return
    meeting.state, meeting.updated_at = MeetingState.OPEN, now
    meeting.version += 1
    for day in meeting.days:
        day.revised_at = now
    db.session.flush()
    audit.record(
        "publish meeting", f"meeting:{meeting.id}", by=by, now=now, sender_id=meeting.sender_id
    )


def remove(meeting: Meeting, *, by: Actor, now: datetime) -> None:
    """Throw a concept away.

    :raises Refused: it was published, and stands in calendars
    """
    if meeting.state is not MeetingState.DRAFT:
        raise Refused("Een bijeenkomst die openbaar is, blijft bestaan. U kunt haar annuleren.")
    audit.record(
        "remove meeting", f"meeting:{meeting.id}", by=by, now=now, sender_id=meeting.sender_id
    )
    for day in list(meeting.days):
        db.session.delete(day)
    db.session.execute(
        delete(MeetingCoordinator).where(MeetingCoordinator.meeting_id == meeting.id)
    )
    db.session.flush()
    db.session.delete(meeting)
    db.session.flush()


def note(meeting: Meeting, text: str, *, by: Actor, now: datetime) -> None:
    """Write down what the office keeps for itself.

    :raises Invalid: too long
    """
    meeting.notes = worded(text, Words("Notitie", 10_000, lines=True))
    db.session.flush()
    audit.record(
        "note meeting", f"meeting:{meeting.id}", by=by, now=now, sender_id=meeting.sender_id
    )


def check(facts: Facts) -> Facts:
    """The facts, tidied.

    :raises Invalid: the first thing that is wrong, in a Dutch sentence
    """
    written: dict[str, Any] = {
        name: worded(getattr(facts, name), rule) for name, rule in WORDS.items()
    }
    check_link(written["online_url"])
    slug = facts.slug.strip()
    if slug:
        check_slug(slug)
    days = tuple(sorted(map(check_day, facts.days), key=lambda day: (day.date, day.opens)))
    _check_days(days)
    _check_period(facts)
    check_spread(facts.most_per_gemeente, facts.spread_until)
    if facts.sender_id is not None and db.session.get(Sender, facts.sender_id) is None:
        raise Invalid("Deze afzender bestaat niet. Kies een andere.")
    return replace(
        facts,
        slug=slug,
        days=days,
        themes=_themes(facts.themes),
        reminders=check_reminders(facts.reminders),
        materials=check_materials(facts.materials),
        questions=list(_questions(facts.questions)),
        **written,
    )


def check_day(day: DayFacts) -> DayFacts:
    """One day, tidied.

    :raises Invalid: with what is wrong
    """
    if day.date.year not in YEARS:
        raise Invalid(f"{day.date:%d-%m-%Y} kan niet: kies een jaar van 2000 tot en met 2100.")
    name = dutch.day_long_date(day.date)
    if day.closes <= day.opens:
        raise Invalid(f"Op {name} ligt het einde niet na het begin. Kies een later einde.")
    if not 1 <= day.capacity <= MOST_SEATS:
        raise Invalid(
            f"Het aantal plaatsen op {name} kan niet {day.capacity} zijn: kies 1 tot en met"
            f" {dutch.number(MOST_SEATS)}."
        )
    title = worded(day.title, Words(f"Titel van {name}", 100))
    programme = tuple(
        (worded(at, Words("Programma", 40)), worded(what, Words("Programma", 300)))
        for at, what in day.programme
    )
    moments(day)
    good = tuple(sorted((check_part(one, day) for one in day.parts), key=lambda one: one.opens))
    if len(good) > MOST_PARTS:
        raise Invalid(f"Een dag heeft ten hoogste {MOST_PARTS} onderdelen om uit te kiezen.")
    for earlier, later in pairwise(sorted(good, key=lambda one: one.title.casefold())):
        if earlier.title.casefold() == later.title.casefold():
            raise Invalid(f"Op {name} staat “{later.title}” er twee keer. Geef het een eigen naam.")
    return replace(day, title=title, programme=programme, parts=good)


def check_part(part: PartFacts, day: DayFacts) -> PartFacts:
    """One part of a day, tidied.

    :raises Invalid: with what is wrong
    """
    title = worded(part.title, Words("Naam van het onderdeel", 100, needed=True))
    place = worded(part.place, Words(f"Plaats van {title}", 100))
    if ";" in title + place or place.isdecimal():  # a form has these in one line
        raise Invalid(f"Gebruik bij “{title}” geen puntkomma, en een plaats met een woord erbij.")
    if not day.opens <= part.opens < part.closes <= day.closes:
        hours = f"{day.opens:%H:%M} tot {day.closes:%H:%M}"
        raise Invalid(f"“{title}” moet eindigen na het begin, en binnen de dag vallen: {hours}.")
    if part.capacity is not None and not 1 <= part.capacity <= MOST_SEATS:
        raise Invalid(
            f"Het aantal plaatsen bij “{title}” kan niet {part.capacity} zijn: kies 1 tot en met"
            f" {dutch.number(MOST_SEATS)}, of laat het leeg."
        )
    check_link(part.online_url)
    at_wall(day.date, part.opens)
    at_wall(day.date, part.closes)
    return replace(part, title=title, place=place)


def check_link(url: str) -> None:
    """
    :raises Invalid: not an https link
    """
    if not url:
        return
    try:
        parts = urlsplit(cleaning.uri(url))
        good = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise Invalid(f"“{url[:80]}” kan geen link zijn om online mee te doen: begin met https://.")


def check_spread(most: int | None, until: date | None) -> None:
    """
    :raises Invalid: only one of the two, or no sensible number
    """
    if (most is None) != (until is None):
        raise Invalid(
            "Spreiden vraagt twee dingen: hoeveel mensen per gemeente, en tot en met welke dag."
        )
    if most is not None and not 1 <= most <= MOST_SEATS:
        raise Invalid("Kies ten minste één mens per gemeente.")


def check_reminders(days: Iterable[int]) -> tuple[int, ...]:
    """
    :raises Invalid: too many, too far ahead, or on the day itself
    """
    found = tuple(sorted(set(days), reverse=True))
    if len(found) > MOST_REMINDERS or not all(1 <= one <= FURTHEST_REMINDER for one in found):
        raise Invalid(
            f"Kies ten hoogste {MOST_REMINDERS} herinneringen, van 1 tot en met"
            f" {FURTHEST_REMINDER} dagen van tevoren."
        )
    return found


def check_materials(found: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """
    :raises Invalid: without a name, or not an https link
    """
    good = []
    for label, url in found:
        check_link(url)
        if not url:
            raise Invalid("Een stuk om na te lezen heeft een link nodig die met https:// begint.")
        good.append((worded(label, Words("Naam van het stuk", 150, needed=True)), url))
    return tuple(good)


def worded(text: str, rule: Words) -> str:
    """What someone typed in one field, tidied.

    :raises Invalid: nothing, or too much
    """
    found = tidy(text) if rule.lines else " ".join(tidy(text).split())
    if rule.needed and not found:
        raise Invalid(f"Vul bij “{rule.label}” iets in.")
    if len(found) > rule.longest:
        raise Invalid(
            f"Kort “{rule.label}” in tot {dutch.number(rule.longest)} tekens: het zijn er nu"
            f" {dutch.number(len(found))}."
        )
    return found


def check_slug(slug: str) -> None:
    """
    :raises Invalid: cannot stand in an address
    """
    if slug in RESERVED:
        raise Invalid(f"Het webadres “{slug}” kan niet. Kies een ander.")
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise Invalid(
            f"“{slug[:80]}” kan geen webadres zijn. Gebruik kleine letters, cijfers en streepjes,"
            f" ten hoogste {LONGEST_SLUG}."
        )


def check_free(slug: str) -> None:
    """
    :raises Refused: another meeting has it
    """
    if db.session.scalar(select(Meeting.id).where(Meeting.slug == slug)) is not None:
        raise Refused(f"Er is al een bijeenkomst met het webadres “{slug}”. Kies een ander.")


def write(meeting: Meeting, good: Facts, *, now: datetime) -> None:
    """Put checked facts into a meeting: everything but its days and its slug."""
    for name in (*WORDS, *VALUES):
        setattr(meeting, name, getattr(good, name))
    meeting.invite_code = meeting.invite_code or secrets.token_urlsafe(9)
    meeting.themes, meeting.updated_at = list(good.themes), now
    meeting.reminders = list(good.reminders)
    meeting.materials = [{"label": label, "url": url} for label, url in good.materials]


def new_day(facts: DayFacts, *, now: datetime) -> MeetingDay:
    """A day with its own UID, made once, for all calendars that will ever show it."""
    day = MeetingDay(uid=str(uuid4()), created_at=now, revised_at=now, capacity=facts.capacity)
    write_day(day, facts)
    day.has_parts = bool(facts.parts)
    for one in facts.parts:
        part = MeetingPart(capacity=one.capacity, taken=0, cancelled_at=now if one.off else None)
        write_part(part, one, facts)
        day.parts.append(part)
    return day


def write_part(part: MeetingPart, facts: PartFacts, day: DayFacts) -> None:
    """Put checked facts into a part of a day: all but its seats, and whether it takes place."""
    part.title, part.place, part.online_url = facts.title, facts.place, facts.online_url
    part.opens, part.closes = facts.opens, facts.closes
    part.starts_at, part.ends_at = (at_wall(day.date, one) for one in (facts.opens, facts.closes))


def write_day(day: MeetingDay, facts: DayFacts) -> None:
    """Put checked facts into a day: everything but its seats."""
    day.date, day.opens, day.closes = facts.date, facts.opens, facts.closes
    day.starts_at, day.ends_at = moments(facts)
    day.title = facts.title
    day.programme = [{"at": at, "what": what} for at, what in facts.programme]


def moments(facts: DayFacts) -> tuple[datetime, datetime]:
    """When a day begins and ends.

    :raises Invalid: a wall time that does not exist
    """
    return at_wall(facts.date, facts.opens), at_wall(facts.date, facts.closes)


def _facts_of_day(day: MeetingDay) -> DayFacts:
    return DayFacts(
        date=day.date,
        opens=day.opens,
        closes=day.closes,
        capacity=day.capacity,
        title=day.title,
        programme=tuple((one["at"], one["what"]) for one in day.programme),
        id=day.id,
        parts=tuple(
            PartFacts(
                part.title, part.opens, part.closes, part.place, part.capacity, part.online_url,
                part.cancelled_at is not None, part.id,
            )
            for part in parts.of_day(day)
        ),
    )  # fmt: skip


def _free_slug(good: Facts) -> str:
    base = _as_slug(good.city) or _as_slug(good.title) or "bijeenkomst"
    taken = set(db.session.scalars(select(Meeting.slug).where(Meeting.slug.startswith(base))))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _as_slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[: LONGEST_SLUG - 5].strip("-")


def _check_days(days: tuple[DayFacts, ...]) -> None:
    if not days:
        raise Invalid("Een bijeenkomst heeft ten minste één dag nodig. Voeg een dag toe.")
    if len(days) > MOST_DAYS:
        raise Invalid(f"Een bijeenkomst heeft ten hoogste {MOST_DAYS} dagen.")
    for earlier, later in pairwise(days):
        if earlier.date == later.date:
            name = dutch.day_long_date(later.date)
            raise Invalid(f"{name} staat er twee keer. Maak er één dag van.")


def _check_period(facts: Facts) -> None:
    first, last = facts.register_from, facts.register_until
    if first and last and first >= last:
        raise Invalid("Aanmelden begint nu na het einde ervan. Kies een vroeger begin.")


def _themes(themes: tuple[str, ...]) -> tuple[str, ...]:
    found = [worded(theme, Words("Thema", 60)) for theme in themes]
    return tuple(dict.fromkeys(filter(None, found)))


def _questions(questions: list[Any]) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for one in questions:
        key, label = (
            str(one.get("key", "")),
            worded(str(one.get("label", "")), Words("Vraag", 300)),
        )
        if not SLUG.fullmatch(key) or key in seen:
            raise Invalid(
                f"“{key[:80]}” kan geen sleutel van een vraag zijn: kleine letters, cijfers en"
                " streepjes, elke sleutel één keer."
            )
        if not label:
            raise Invalid(f"De vraag “{key}” heeft geen tekst. Vul bij label de vraag in.")
        seen.add(key)
        yield {"key": key, "label": label, **_answers(one, label)}


def _answers(question: dict[str, Any], label: str) -> dict[str, Any]:
    kind = question.get("type", "text")
    options = [worded(str(one), Words("Antwoord", 200)) for one in question.get("options") or ()]
    if kind not in QUESTION_TYPES:
        known = ", ".join(QUESTION_TYPES)
        raise Invalid(f"De vraag “{label}” heeft een onbekend type; bekend zijn {known}.")
    if (kind == "text") == bool(options) or not all(options):
        raise Invalid(
            f"De vraag “{label}” heeft antwoorden nodig om uit te kiezen."
            if kind != "text"
            else f"De vraag “{label}” is een open vraag: daarbij horen geen antwoorden."
        )
    return {"type": kind, "options": options} if options else {"type": kind}
