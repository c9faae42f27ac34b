"""When each letter of a step is due: the step's own moment, and what makes it later for some.

A reminder counts from the first letter of its own gemeente; a step that keeps out of recess waits
for the first working day after that of the gemeente's region; with a soft start most wait for a
few. Plan, preview and queue ask this; a
letter that is made keeps its moment as `not_before`, which is all that sending looks at.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import func, select

from outreach.campaigns import softly, windows
from outreach.campaigns.models import Campaign, Step
from outreach.clock import at_wall, dutch_date, to_wall
from outreach.contacts import recesses
from outreach.contacts.models import Recess, RecessRegion
from outreach.contacts.recesses import Calendar
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.events.models import Meeting, MeetingDay, MeetingState


@dataclass
class Facts:
    """What moments hang on, looked up once for the steps of some campaigns, and only if asked."""

    campaign_ids: Collection[int]

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
    base = facts.arrivals.get(step.campaign_id) or step.campaign.steps[0].send_at
    return None if base is None else after(step, base)


def earliest(step: Step, facts: Facts) -> datetime | None:
    """The first moment at which a letter of the step can be due, for whomever."""
    due = planned(step, facts)
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
        counts = step.after_days is not None and not step.before
        self._arrivals = arrivals(step) if counts else {}
        self._first = None if made else softly.first(step, now=now)

    def of(self, person: Any) -> Moment:
        """Of one of `audience.members`, or of a message."""
        step, due, why = self._step, self._planned, ""
        arrived = self._arrivals.get(party(person.variant, person.gemeente_code, person.contact_id))
        if arrived is not None:
            due = after(step, arrived)
        if due is None:
            return Moment(self._now)
        if self._first is not None and person.gemeente_code not in self._first:
            due = softly.rest_at(step.campaign, max(self._now, due))
            why = softly.after_first(step.campaign, len(self._first))
        if step.not_in_recess:
            due, waited = self._out_of_recess(person.gemeente_code, due)
            why = f"na de {waited.name}" if waited else why
        return Moment(max(self._now, due), why, arrived is not None or due > self._now)

    def _out_of_recess(self, code: str | None, due: datetime) -> tuple[datetime, Recess | None]:
        campaign, calendar = self._step.campaign, self._facts.calendar
        region = calendar.region_of(code)
        due, waited = past_recess(campaign, region, due, calendar)
        if due < self._now:  # it is late, and a recess may have begun meanwhile
            later, began = past_recess(campaign, region, self._now, calendar)
            if began:
                return later, began
        return due, waited


def arrivals(step: Step) -> dict[tuple[str, str], datetime]:
    """When each gemeente's (per body) first letter arrived."""
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
    found: dict[tuple[str, str], datetime] = {}
    for variant, gemeente_code, contact_id, at in rows:
        if at is None:
            continue
        key = party(variant, gemeente_code, contact_id)
        found[key] = min(at, found.get(key, at))
    return found


def party(variant: str, gemeente_code: str | None, contact_id: int | None) -> tuple[str, str]:
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
