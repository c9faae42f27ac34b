"""When each letter of a step is due: the step's own moment, and what makes it later for some.

A reminder counts from the first letter of its own gemeente, or from its next raadsvergadering; a
step that keeps out of recess waits for the first working day after that of the gemeente's region;
with a soft start most wait for a few. Plan, preview and queue ask this; a letter that is made
keeps its moment as `not_before`, which is all that sending looks at.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import func, select

from outreach.campaigns import audience, conditions, softly, windows
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.clock import at_wall, dutch_date, to_wall
from outreach.contacts import recesses, sittings
from outreach.contacts.models import Gemeente, Recess, RecessRegion
from outreach.contacts.recesses import Calendar
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.events.models import Meeting, MeetingDay, MeetingState
from outreach.letters import dutch

#: A raadsvergadering that is further away is not the next one: those before it are not known.
FAR = timedelta(days=100)
#: Letters that left, may have, or still will.
_REACHES = (State.ACCEPTED, *audience.UNSETTLED)

UNKNOWN_SITTING = "raadsvergadering niet bekend"

#: Whom a first letter and its reminder have in common: see `party`.
Party = tuple[str, str]


@dataclass
class Facts:
    """What moments hang on, looked up once for the steps of some campaigns, and only if asked."""

    campaign_ids: Collection[int]
    _raden: dict[date, dict[str, list[date]]] = field(default_factory=dict)
    _reached: dict[tuple[int, int], dict[Party, datetime]] = field(default_factory=dict)

    @cached_property
    def arrivals(self) -> dict[int, datetime]:
        """Per campaign: when the first of its first letters arrived; missing where none did."""
        rows = db.session.execute(
            select(Step.campaign_id, func.min(Message.accepted_at))
            .join(Message, Message.step_id == Step.id)
            .where(Step.campaign_id.in_(self.campaign_ids), Step.position == 1)
            .group_by(Step.campaign_id)
        )
        return {campaign_id: arrived for campaign_id, arrived in rows if arrived is not None}

    @cached_property
    def calendar(self) -> Calendar:
        return recesses.calendar()

    def raden(self, since: date) -> dict[str, list[date]]:
        """Per gemeente on which days its raad meets, from a day on."""
        if since not in self._raden:
            self._raden[since] = sittings.days_of_raden(since=since)
        return self._raden[since]

    @property
    def raden_seen(self) -> str:
        """Differs with each vergadering that a moment was asked of."""
        return repr(self._raden)

    def reached(self, step: Step) -> dict[Party, datetime]:
        """When the newest letter of a step, or of one before it, reached each gemeente or will."""
        key = step.campaign_id, step.position
        if key not in self._reached:
            self._reached[key] = _reached(step)
        return self._reached[key]


@dataclass(frozen=True)
class Moment:
    """When a letter is due, and why not when its step was planned."""

    at: datetime  #: not before it is made
    why: str = ""  #: Dutch: "na de meivakantie"
    own: bool = False  #: it is not simply due when its step is


def planned(step: Step, facts: Facts) -> datetime | None:
    """The moment as it was chosen, before anything makes it later; None while it is not known."""
    if step.send_at is not None or step.after_days is None:
        return step.send_at
    if step.before is not None:
        return _before(step, step.before)
    base = _arrived(step, facts) or step.campaign.steps[0].send_at
    return None if base is None else after(step, base)


def earliest(step: Step, facts: Facts) -> datetime | None:
    """The first moment at which a letter of the step can be due, for whomever."""
    after_sitting = step.council_days is not None
    due = AfterSitting(step, facts).earliest() if after_sitting else planned(step, facts)
    if due is None or not step.not_in_recess:
        return due
    return min(
        past_recess(step.campaign, region, due, facts.calendar)[0] for region in recesses.REGIONS
    )


def after(step: Step, base: datetime) -> datetime:
    """`after_days` (working) days after a moment, at the step's Dutch time."""
    if step.after_days is None or step.after_at is None:
        raise ValueError("the step has a moment of its own")
    day = dutch_date(base)
    if step.after_working:
        day = windows.add_working_days(day, step.after_days)
    else:
        day += timedelta(days=step.after_days)
    return at_wall(day, step.after_at)


def after_sitting(step: Step, base: datetime, days: Sequence[date]) -> tuple[datetime, str]:
    """`council_days` working days after the first of `days` behind `base`, or where that is not
    known `after_days` behind it; and in Dutch which of the two.

    :param days: on which a raad meets, in their order
    """
    begin = dutch_date(base)
    at = bisect_right(days, begin)
    if step.council_days is None or step.after_at is None or at == len(days):
        return after(step, base), UNKNOWN_SITTING
    day = days[at]
    if day - begin > FAR:
        return after(step, base), UNKNOWN_SITTING
    long = dutch.plural(step.council_days, "werkdag", "werkdagen")
    why = f"{long} na de raadsvergadering van {dutch.day_date(day)}"
    return at_wall(windows.add_working_days(day, step.council_days), step.after_at), why


def previous(step: Step) -> Step:
    """The letter before a reminder; the other text of that same reminder is none."""
    earlier = [
        one
        for one in step.campaign.steps
        if one.position < step.position
        and one.state is not StepState.CANCELLED
        and not conditions.is_other_text(step, one)
    ]
    return earlier[-1] if earlier else step.campaign.steps[0]


class AfterSitting:
    """The moments of a step that waits for the raadsvergadering after the letter before it."""

    def __init__(self, step: Step, facts: Facts) -> None:
        self._step, self._facts, before = step, facts, previous(step)
        start, self._reached = step.campaign.steps[0].send_at, {}
        arrived = _arrived(step, facts)
        self._base = arrived or start
        self._before: Moments | None = None
        if before.state is StepState.PLANNED:
            self._base = earliest(before, facts)
            if self._base is not None:
                self._before = Moments(before, now=self._base, facts=facts)
        else:
            self._reached = facts.reached(before)
        bases = [*self._reached.values(), *(one for one in (self._base, start) if one)]
        self._days = facts.raden(dutch_date(min(bases))) if bases else {}

    def of(self, person: Any) -> tuple[datetime | None, str]:
        """The moment of one of `audience.members` or of a message, and why then."""
        base = self._base
        if self._before is not None:
            opens = self._before.of(person).at
            base = windows.next_opening(self._step.campaign, opens)
        else:
            own = party(person.variant, person.gemeente_code, person.contact_id)
            base = self._reached.get(own, base)
        if base is None:
            return None, ""
        return self._after(base, person.gemeente_code)

    def earliest(self) -> datetime | None:
        """Of those that the letter before it reached; before that, of those that it may reach."""
        if self._reached:
            firsts: dict[str, datetime] = {}
            for (_variant, code), at in self._reached.items():
                firsts[code] = min(at, firsts.get(code, at))
            return min(self._after(at, code)[0] for code, at in firsts.items())
        base = self._base
        if base is None:
            return None
        campaign = self._step.campaign
        meant = audience.gemeenten_meant(campaign, today=dutch_date(base))
        codes = db.session.scalars(meant.with_only_columns(Gemeente.code))
        return min((self._after(base, code)[0] for code in codes), default=after(self._step, base))

    def _after(self, base: datetime, code: str | None) -> tuple[datetime, str]:
        return after_sitting(self._step, base, self._days.get(code or "", ()))


def past_recess(
    campaign: Campaign, region: RecessRegion, due: datetime, calendar: Calendar
) -> tuple[datetime, Recess | None]:
    """`due`, or when it would leave in a recess: that time on the first working day after it.

    :return: the moment, and the recess that it waited for
    """
    waited = None
    while found := calendar.within(region, dutch_date(windows.next_opening(campaign, due))):
        waited = found
        due = at_wall(_working_day_after(found.until_day), to_wall(due).time())
    return due, waited


class Moments:
    """The moments of a step's letters; what is equal for all is looked up once."""

    def __init__(
        self, step: Step, *, now: datetime, facts: Facts | None = None, made: bool = False
    ) -> None:
        """
        :param made: the letters exist, so who goes first was decided when they were made
        """
        self._step, self._now = step, now
        self._facts = facts or Facts([step.campaign_id])
        self._planned = planned(step, self._facts)
        waits = step.council_days is not None
        self._sitting = AfterSitting(step, self._facts) if waits else None
        counts = step.after_days is not None and not step.before and not waits
        self._arrivals = arrivals(step) if counts else {}
        self._first = None if made else softly.first(step, now=now)

    def of(self, person: Any) -> Moment:
        """Of one of `audience.members`, or of a message."""
        step, due, why = self._step, self._planned, ""
        arrived = self._arrivals.get(party(person.variant, person.gemeente_code, person.contact_id))
        if arrived is not None:
            due = after(step, arrived)
        if self._sitting is not None:
            due, why = self._sitting.of(person)
        if due is None:
            return Moment(self._now)
        if self._first is not None and person.gemeente_code not in self._first:
            due = softly.rest_at(step.campaign, max(self._now, due))
            why = softly.after_first(step.campaign, len(self._first))
        if step.not_in_recess:
            due, waited = self._out_of_recess(person.gemeente_code, due)
            if waited:
                why = (f"{why}, " if self._sitting else "") + f"na de {waited.name}"
        own = arrived is not None or self._sitting is not None or due > self._now
        return Moment(max(self._now, due), why, own)

    def _out_of_recess(self, code: str | None, due: datetime) -> tuple[datetime, Recess | None]:
        campaign, calendar = self._step.campaign, self._facts.calendar
        region = calendar.region_of(code)
        due, waited = past_recess(campaign, region, due, calendar)
        if due < self._now:  # it is late, and a recess may have begun meanwhile
            later, began = past_recess(campaign, region, self._now, calendar)
            if began:
                return later, began
        return due, waited


def _arrived(step: Step, facts: Facts) -> datetime | None:
    """When the first of the first letters arrived; a draft has none, and is not asked."""
    if step.campaign.state is CampaignState.DRAFT:
        return None
    return facts.arrivals.get(step.campaign_id)


def arrivals(step: Step) -> dict[Party, datetime]:
    """When each gemeente's (per body) first letter arrived."""
    if step.campaign.state is CampaignState.DRAFT:
        return {}
    first = step.campaign.steps[0]
    rows = db.session.execute(
        select(
            Message.variant,
            Message.gemeente_code,
            Message.contact_id,
            func.min(Message.accepted_at),
        )
        .where(Message.step_id == first.id, Message.state == State.ACCEPTED)
        .group_by(Message.variant, Message.gemeente_code, Message.contact_id)
    )
    found: dict[Party, datetime] = {}
    for variant, gemeente_code, contact_id, at in rows:
        if at is None:
            continue
        key = party(variant, gemeente_code, contact_id)
        found[key] = min(at, found.get(key, at))
    return found


def _reached(step: Step) -> dict[Party, datetime]:
    when = func.coalesce(Message.accepted_at, Message.not_before)
    rows = db.session.execute(
        select(Message.variant, Message.gemeente_code, Message.contact_id, when)
        .join(Step, Step.id == Message.step_id)
        .where(
            Step.campaign_id == step.campaign_id,
            Step.position <= step.position,
            Message.state.in_(_REACHES),
        )
    )
    found: dict[Party, datetime] = {}
    for variant, gemeente_code, contact_id, at in rows:
        key = party(variant, gemeente_code, contact_id)
        found[key] = max(at, found.get(key, at))
    return found


def party(variant: str, gemeente_code: str | None, contact_id: int | None) -> Party:
    """Whom a first letter and its reminder have in common."""
    return variant, gemeente_code or f"contact-{contact_id}"


def _before(step: Step, slug: str) -> datetime | None:
    """So many (working) days before the first day of a meeting, at the step's Dutch time."""
    first = db.session.scalar(
        select(func.min(MeetingDay.date))
        .join(Meeting, Meeting.id == MeetingDay.meeting_id)
        .where(
            Meeting.slug == slug,
            Meeting.state != MeetingState.CANCELLED,
            MeetingDay.cancelled_at.is_(None),
        )
    )
    if first is None or step.after_days is None or step.after_at is None:
        return None
    if step.after_working:
        return at_wall(windows.add_working_days(first, -step.after_days), step.after_at)
    return at_wall(first - timedelta(days=step.after_days), step.after_at)


def _working_day_after(day: date) -> date:
    return windows.add_working_days(day, 1)
