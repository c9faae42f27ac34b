"""Meetings as the office sees them: what is to come, and who stands where on each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select, true
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from outreach.calendars.reply import Partstat
from outreach.campaigns import registered
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date
from outreach.db import db
from outreach.events import keeping
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingState,
    Place,
    PlaceState,
    Registration,
    VisitorRole,
)
from outreach.events.showing import Phase, Shown, period
from outreach.letters import dutch

WEEK = timedelta(days=7)

#: As what someone comes: on a list, and at the start of a sentence that names nobody.
ROLES = {
    VisitorRole.RAADSLID: ("raadslid", "Een raadslid"),
    VisitorRole.COMMISSIELID: ("commissielid", "Een commissielid"),
    VisitorRole.FRACTIEMEDEWERKER: ("fractiemedewerker", "Een fractiemedewerker"),
    VisitorRole.WETHOUDER: ("wethouder", "Een wethouder"),
    VisitorRole.BURGEMEESTER: ("burgemeester", "De burgemeester"),
    VisitorRole.GRIFFIER: ("griffier", "Iemand van de griffie"),
    VisitorRole.AMBTENAAR: ("ambtenaar", "Een ambtenaar"),
    VisitorRole.ORGANISATIE: ("organisatie voor zorg of welzijn", "Iemand van een organisatie"),
    VisitorRole.ERVARINGSDESKUNDIGE: ("ervaringsdeskundige", "Een ervaringsdeskundige"),
    VisitorRole.ANDERS: ("anders", "Iemand"),
}


#: How a meeting stands, in a word.
WORDS = {
    Phase.OPEN: "open",
    Phase.FULL: "vol",
    Phase.SOON: "aanmelden kan nog niet",
    Phase.CLOSED: "aanmelden kan niet meer",
    Phase.CANCELLED: "gaat niet door",
    Phase.OVER: "voorbij",
}
DRAFT = "concept"


@dataclass(frozen=True)
class Line:
    """One meeting in a list."""

    meeting: Meeting
    word: str  #: how it stands
    over: bool  #: the last day has ended


@dataclass(frozen=True)
class DaySheet:
    """One day with everyone on it; each list in the order of their numbers."""

    day: MeetingDay
    seated: list[Place]
    offered: list[Place]
    waiting: list[Place]
    cancelled: list[Place]
    door: list[Place]  #: put on the list at the door, and there

    @property
    def came(self) -> int:
        """Who was met at the door, with a seat or without."""
        everyone = (*self.seated, *self.offered, *self.waiting, *self.cancelled, *self.door)
        return sum(place.came_at is not None for place in everyone)

    @property
    def sure(self) -> int:
        """Seats of people who come."""
        return sum(place.state is PlaceState.CONFIRMED for place in self.seated)

    @property
    def unconfirmed(self) -> int:
        """Seats held for people who still have to say that it was them."""
        return len(self.seated) - self.sure

    @property
    def free(self) -> int:
        return self.day.capacity - self.day.taken

    @property
    def miscounted(self) -> bool:
        """Whether the counters say something else than this list."""
        held = len(self.seated) + len(self.offered)
        return (self.day.taken, self.day.waiting) != (held, len(self.waiting))

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """The seats as one bar: (css, from, width), of a hundred."""
        held = len(self.offered) + self.unconfirmed
        parts = (("b-bezet", self.sure), ("b-vast", held), ("b-vrij", self.free))
        at, found, whole = 0.0, [], max(1, self.day.capacity)
        for css, count in parts:
            width = 100 * max(0, count) / whole
            if width:
                found.append((css, round(at, 2), round(width, 2)))
            at += width
        return found


@dataclass(frozen=True)
class Sheet:
    """One meeting with its days."""

    meeting: Meeting
    word: str  #: how it stands
    days: list[DaySheet]

    @property
    def people(self) -> int:
        """How many people come, wait or are held a place, each counted once."""
        return len(
            {
                place.registration_id
                for one in self.days
                for place in (*one.seated, *one.offered, *one.waiting)
            }
        )

    @property
    def sentence(self) -> str:
        """Where, when, and how full, for the top of the page."""
        running = [one.day for one in self.days if one.day.cancelled_at is None]
        place = f"{_capital(when(self.meeting))} in {self.meeting.city}"
        if self.meeting.state is MeetingState.CANCELLED or not running:
            return f"{place}: gaat niet door."
        taken, whole = sum(d.taken for d in running), sum(d.capacity for d in running)
        words = f"{place}. {dutch.number(taken)} van {dutch.plural(whole, 'plaats', 'plaatsen')}"
        waiting = len({p.registration_id for one in self.days for p in one.waiting})
        said = f", {dutch.plural(waiting, 'mens wacht', 'mensen wachten')}" if waiting else ""
        return f"{words} bezet{said}."


@dataclass(frozen=True)
class Gathering:
    """A day of a meeting to come."""

    at: datetime
    day: MeetingDay


def everything(now: datetime) -> tuple[list[Line], list[Line]]:
    """All meetings: those to come, the first one first; those that are over, the latest first."""
    lines = [
        Line(meeting, word(meeting, now=now), _over(meeting, now))
        for meeting in keeping.everything(now)
    ]
    return [line for line in lines if not line.over], [line for line in lines if line.over]


def of(meeting: Meeting, *, now: datetime) -> Sheet:
    """Everyone on every day, in one query however many they are."""
    rows = db.session.scalars(
        select(Place)
        .join(MeetingDay, MeetingDay.id == Place.day_id)
        .join(Registration, Registration.id == Place.registration_id)
        .where(MeetingDay.meeting_id == meeting.id)
        .options(contains_eager(Place.registration).joinedload(Registration.gemeente))
        .order_by(Place.number, Place.id)
    )
    per_day: dict[int, list[Place]] = {day.id: [] for day in meeting.days}
    for place in rows:
        per_day[place.day_id].append(place)
    days = [_sheet(day, per_day[day.id]) for day in meeting.days]
    return Sheet(meeting, word(meeting, now=now), days)


def coming(now: datetime, *, within: timedelta | None = WEEK) -> list[Gathering]:
    """The days of open meetings to come, with their counts; None: however far away."""
    soon = true() if within is None else MeetingDay.starts_at <= now + within
    days = db.session.scalars(
        select(MeetingDay)
        .join(Meeting)
        .where(
            Meeting.state == MeetingState.OPEN,
            MeetingDay.cancelled_at.is_(None),
            MeetingDay.ends_at > now,
            soon,
        )
        .options(contains_eager(MeetingDay.meeting))
        .order_by(MeetingDay.starts_at)
    )
    return [Gathering(day.starts_at, day) for day in days]


def search(text: str, limit: int) -> list[Meeting]:
    """Meetings whose title, city or place holds the text, the newest first."""
    columns = (Meeting.title, Meeting.city, Meeting.venue, Meeting.slug)
    holds = [column.icontains(text, autoescape=True) for column in columns]
    found = select(Meeting).where(holds[0] | holds[1] | holds[2] | holds[3])
    newest = found.order_by(Meeting.created_at.desc(), Meeting.id.desc()).limit(limit)
    return list(db.session.scalars(newest.options(selectinload(Meeting.days))))


def search_people(text: str, limit: int) -> list[Registration]:
    """Who registered, by name or address, the newest first. Not for everyone's eyes."""
    by_name = Registration.name.icontains(text, autoescape=True)
    by_address = Registration.email_key.contains(text.lower(), autoescape=True)
    found = select(Registration).where(by_name | by_address).order_by(Registration.id.desc())
    return list(db.session.scalars(found.limit(limit).options(joinedload(Registration.meeting))))


def word(meeting: Meeting, *, now: datetime) -> str:
    """How a meeting stands, in a word."""
    if meeting.state is MeetingState.DRAFT:
        return DRAFT
    return WORDS[Shown(meeting, now).phase]


def when(meeting: Meeting) -> str:
    """
    "do 4 juni 2026", or "vr 11 tot en met zo 13 september 2026".
    """
    days = [day.date for day in meeting.days]
    return f"{period(days)} {max(days).year}" if days else "nog geen datum"


def moment(at: datetime) -> str:
    """
    "wo 25 maart, 9.00 uur", which breaks between the day and the time alone.
    """
    return f"{_whole(dutch.day_date(dutch_date(at)))}, {_whole(dutch.clock_time(at))}"


_STANDS = {
    PlaceState.CONFIRMED: "komt",
    PlaceState.WAITING: "op de wachtlijst",
    PlaceState.DOOR: "aan de deur toegevoegd",
}


def stands(place: Place) -> str:
    """Where someone stands on a day, as the office's lists say it."""
    if place.came_at is not None:
        return "was erbij"
    match place.state:
        case PlaceState.OFFERED:
            until = place.offer_until or place.day.starts_at
            return f"aangeboden tot {moment(until)}"
        case PlaceState.UNCONFIRMED:
            until = place.registration.hold_until or place.day.starts_at
            return f"nog niet bevestigd, vast tot {moment(until)}"
        case PlaceState.CANCELLED:
            return f"geannuleerd op {_whole(dutch.day_date(dutch_date(place.changed_at)))}"
        case PlaceState.CONFIRMED if place.reply is Partstat.DECLINED:
            return "wil annuleren via de agenda"
        case state:
            return _STANDS[state]


def of_gemeente(code: str) -> list[tuple[Registration, Meeting, list[Campaign]]]:
    """Who registered as from this gemeente, each with the meeting and the letters that it answers;
    nobody who was erased."""
    counting = registered.counting().subquery("counting")
    answers = and_(counting.c.registration_id == Registration.id, counting.c.gemeente_code == code)
    rows = db.session.execute(
        select(Registration, Meeting, Campaign)
        .join(Meeting, Meeting.id == Registration.meeting_id)
        .outerjoin(counting, answers)
        .outerjoin(Campaign, Campaign.id == counting.c.campaign_id)
        .where(
            Registration.gemeente_code == code,
            Registration.name != "",
            Registration.hold_until.is_(None),
        )
        .order_by(Registration.id, Campaign.id)
    )
    found: dict[int, tuple[Registration, Meeting, list[Campaign]]] = {}
    for registration, meeting, campaign in rows:
        letters = found.setdefault(registration.id, (registration, meeting, []))[2]
        letters += [campaign] if campaign else []
    return list(found.values())


def _sheet(day: MeetingDay, places: Sequence[Place]) -> DaySheet:
    def those(*states: PlaceState) -> list[Place]:
        return [place for place in places if place.state in states]

    return DaySheet(
        day,
        those(PlaceState.CONFIRMED, PlaceState.UNCONFIRMED),
        those(PlaceState.OFFERED),
        those(PlaceState.WAITING),
        those(PlaceState.CANCELLED),
        [place for place in those(PlaceState.DOOR) if place.came_at is not None],
    )


def _over(meeting: Meeting, now: datetime) -> bool:
    return bool(meeting.days) and all(day.ends_at <= now for day in meeting.days)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _whole(text: str) -> str:
    """A date or a time that stays on one line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")
