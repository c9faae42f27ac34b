"""What everyone may read about meetings: which there are, how they stand, and in which words.

Nothing here reads a registration: the counters of the days say all that pages show.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from html import escape

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import selectinload

from outreach.clock import to_wall
from outreach.db import db
from outreach.errors import Unknown
from outreach.events import feeds, registering
from outreach.events.models import Meeting, MeetingDay, MeetingState
from outreach.letters import markup, placeholders, said
from outreach.wording import _, _n

#: How many meetings that are over the front page still names.
SHORT = 12
LAST_MINUTE = (23, 59)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Phase(StrEnum):
    """How a published meeting stands, for who may want to come."""

    OPEN = "open"
    FULL = "full"  #: each day; there is a waiting list
    SOON = "soon"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    OVER = "over"

    @property
    def registers(self) -> bool:
        return self in (Phase.OPEN, Phase.FULL)


@dataclass(frozen=True)
class Shown:
    """One meeting as a page speaks of it at one moment."""

    meeting: Meeting
    now: datetime

    @property
    def phase(self) -> Phase:
        meeting = self.meeting
        if meeting.state is MeetingState.CANCELLED or not self.held:
            return Phase.CANCELLED
        if all(day.ends_at <= self.now for day in self.held):
            return Phase.OVER
        if meeting.register_from is not None and self.now < meeting.register_from:
            return Phase.SOON
        if registering.why_closed(meeting, now=self.now):
            return Phase.CLOSED
        return Phase.OPEN if any(left(day) for day in self.coming) else Phase.FULL

    @property
    def held(self) -> list[MeetingDay]:
        """The days that take place."""
        return [day for day in self.meeting.days if day.cancelled_at is None]

    @property
    def coming(self) -> list[MeetingDay]:
        """The days that one can still register for."""
        return [day for day in self.held if day.starts_at > self.now]

    @property
    def days(self) -> list[MeetingDay]:
        """The days that the meeting is named by."""
        return self.held or self.meeting.days

    @property
    def period(self) -> str:
        """ "vr 11 tot en met zo 13 september" """
        return period([day.date for day in self.days])

    @property
    def year(self) -> int:
        return max(day.date.year for day in self.days)

    @property
    def state(self) -> str:
        """How it stands, in a sentence."""
        match self.phase:
            case Phase.SOON:
                return _(
                    "Aanmelden kan vanaf %(moment)s.", moment=_moment(self.meeting.register_from)
                )
            case Phase.CLOSED:
                return _("Aanmelden kan niet meer.")
            case Phase.CANCELLED:
                return _("Deze bijeenkomst gaat niet door.")
            case Phase.OVER:
                return _("Deze bijeenkomst is voorbij.")
            case Phase.FULL:
                return _("Vol. U kunt op de wachtlijst.")
            case Phase.OPEN:
                return _room(self.coming)

    @property
    def places(self) -> str:
        """ "Nog 16 van de 25 plaatsen", or per day: "vr nog 34; za vol, met wachtlijst"."""
        days = self.held
        if len(days) == 1:
            if self.phase is Phase.OVER:
                return seats(days[0].capacity)
            return room(days[0])
        short = [said.short_weekday(day.date) for day in days]
        if len(set(short)) < len(short):
            short = [said.day_date(day.date) for day in days]
        return "; ".join(
            f"{name} {self._briefly(day)}" for name, day in zip(short, days, strict=True)
        )

    @property
    def until(self) -> str:
        """Until when people can register, or ""; to follow "Aanmelden kan "."""
        last = self.meeting.register_until
        if last is None or not self.phase.registers:
            return ""
        wall = to_wall(last)
        if (wall.hour, wall.minute) == LAST_MINUTE:
            return _("tot en met %(day)s", day=_nbsp(said.day_date(wall.date())))
        return _("tot %(moment)s", moment=_moment(last))

    def _briefly(self, day: MeetingDay) -> str:
        if day.starts_at <= self.now:
            return _("voorbij")
        return _nbsp(_("nog %(count)s", count=left(day))) if left(day) else _("vol, met wachtlijst")


def find(slug: str, *, now: datetime) -> Shown:
    """A published meeting.

    :raises Unknown: there is none, or it is a concept still
    """
    query = select(Meeting).where(Meeting.slug == slug, Meeting.state != MeetingState.DRAFT)
    meeting = db.session.scalar(query) if _SLUG.fullmatch(slug) else None
    if meeting is None:
        raise Unknown(_("Deze bijeenkomst kennen wij niet. Kijk of het adres klopt."))
    return Shown(meeting, now)


def coming(*, now: datetime) -> list[Shown]:
    """Published meetings that are not over, the first one first; cancelled ones too."""
    last = _last_end()
    found = db.session.scalars(_published().where(last > now)).all()
    return sorted((Shown(meeting, now) for meeting in found), key=_next_day)


def narrowed(shown: Sequence[Shown], part: str) -> list[Shown]:
    """Those of one region, theme or place, as `choices` names it; all when it names nothing."""
    found = [one for one in shown if part in _parts_and_place(one)]
    return found or list(shown)


def choices(shown: Sequence[Shown]) -> dict[str, str]:
    """By which regions, themes and places a list can be narrowed: those that leave some out."""
    named: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for one in shown:
        here = _parts_and_place(one)
        named |= here
        counted.update(list(here))
    return {part: named[part] for part in sorted(named) if counted[part] < len(shown)}


def past(*, now: datetime) -> list[Shown]:
    """The last few that took place."""
    last = _last_end()
    query = _published().where(last <= now, Meeting.state == MeetingState.OPEN)
    found = db.session.scalars(query.order_by(last.desc()).limit(SHORT)).all()
    return [Shown(meeting, now) for meeting in found]


def published() -> list[tuple[str, datetime]]:
    """Slug and last change of every page that may be found."""
    query = select(Meeting.slug, Meeting.updated_at).where(Meeting.state != MeetingState.DRAFT)
    return [(slug, changed) for slug, changed in db.session.execute(query.order_by(Meeting.slug))]


def last_change(meeting: Meeting | None = None) -> datetime | None:
    """When a meeting, or any of all, changed last; concepts too, for one may have been public."""
    meetings, days = select(func.max(Meeting.updated_at)), select(func.max(MeetingDay.revised_at))
    if meeting is not None:
        meetings = meetings.where(Meeting.id == meeting.id)
        days = days.where(MeetingDay.meeting_id == meeting.id)
    moments = [db.session.scalar(query) for query in (meetings, days)]
    return max((moment for moment in moments if moment), default=None)


def parts(shown: Iterable[Shown]) -> dict[str, str]:
    """The feeds of regions and themes that these meetings stand in: part of the address, words."""
    found: dict[str, str] = {}
    for one in shown:
        found |= feeds.parts_of(one.meeting)
    return dict(sorted(found.items()))


def left(day: MeetingDay) -> int:
    """The seats that who comes now can have; 0 while people wait for one."""
    return 0 if day.waiting else max(0, day.capacity - day.taken)


def room(day: MeetingDay) -> str:
    """ "Nog 16 van de 25 plaatsen"; "Vol, met een wachtlijst" """
    free = left(day)
    if not free:
        return _("Vol, met een wachtlijst")
    return _("Nog\u00a0%(left)s van de %(seats)s", left=free, seats=seats(day.capacity))


def seats(count: int) -> str:
    """ "16 plaatsen", on one line."""
    return _nbsp(said.plural(count, "plaats", "plaatsen"))


def period(dates: Sequence[date]) -> str:
    """
    >>> period([date(2026, 9, 11), date(2026, 9, 12)]).replace("\\u00a0", " ")
    'vr 11 tot en met za 12 september'
    """
    days = sorted(set(dates))
    if not days:
        return ""
    last = _nbsp(said.day_date(days[-1]))
    if len(days) == 1:
        return last
    if days[-1] - days[0] == timedelta(days=len(days) - 1):
        return _("%(short)s tot en met %(last)s", short=_short(days[0], days[-1]), last=last)
    return said.enumeration([*(_short(day, days[-1]) for day in days[:-1]), last])


def text_html(markdown: str) -> str:
    """A meeting's text as HTML with nothing in it but what we allow; braces are just braces."""
    document = markup.read(markdown)
    html = markup.to_html(document.blocks)
    return "".join(
        piece if isinstance(piece, str) else escape(_as_typed(piece[0]))
        for piece in document.marks.split(html)
    )


def _parts_and_place(shown: Shown) -> dict[str, str]:
    city = shown.meeting.city
    return feeds.parts_of(shown.meeting) | {feeds.part_slug(city): city}


def _published() -> Select[Meeting]:
    return (
        select(Meeting)
        .where(Meeting.state != MeetingState.DRAFT)
        .options(selectinload(Meeting.days), selectinload(Meeting.sender))
    )


def _last_end() -> ScalarSelect[datetime]:
    """The end of the last day that takes place; of any day when the meeting is off."""
    held = func.max(MeetingDay.ends_at).filter(MeetingDay.cancelled_at.is_(None))
    last = func.coalesce(held, func.max(MeetingDay.ends_at))
    ends = select(last).where(MeetingDay.meeting_id == Meeting.id)
    return ends.correlate(Meeting).scalar_subquery()


def _next_day(shown: Shown) -> tuple[datetime, int]:
    ahead = [day.starts_at for day in shown.days if day.ends_at > shown.now]
    return min(ahead, default=shown.meeting.days[-1].starts_at), shown.meeting.id


def _room(days: Sequence[MeetingDay]) -> str:
    """Where there is room, over all days, in one sentence."""
    if len(days) == 1:
        return _("Nog %(seats)s.", seats=seats(left(days[0])))
    names = {day.id: said.weekday(day.date) for day in days}
    open_days = said.enumeration([names[day.id] for day in days if left(day)])
    full_days = said.enumeration([names[day.id] for day in days if not left(day)])
    if not full_days:
        return _("Er is nog plaats.")
    return _n(
        "Plaats op %(open)s; voor %(full)s is er een wachtlijst.",
        "Plaats op %(open)s; voor %(full)s zijn er wachtlijsten.",
        sum(1 for day in days if not left(day)),
        open=open_days,
        full=full_days,
    )


def _short(day: date, last: date) -> str:
    """A day that is followed by another, without the month when that is the same."""
    words = said.day_date(day).split(" ")
    same = (day.year, day.month) == (last.year, last.month)
    return _nbsp(" ".join(words[:2] if same else words))


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    wall = to_wall(moment)
    if (wall.hour, wall.minute) == (0, 0):
        return _nbsp(said.day_date(wall.date()))
    return f"{_nbsp(said.day_date(wall.date()))}, {_nbsp(said.clock_time(moment))}"


def _as_typed(placeholder: placeholders.Placeholder) -> str:
    default = "" if placeholder.default is None else f'|"{placeholder.default}"'
    return f"{{{{{placeholder.name}{default}}}}}"


def _nbsp(text: str) -> str:
    """Words that stay on one line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")
