"""What leaves on which day, from the first letter to the last reminder."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from outreach.campaigns import audience, scheduling, windows
from outreach.campaigns.models import Campaign, Step, StepState
from outreach.campaigns.moments import Moments
from outreach.clock import dutch_date
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Message, State
from outreach.letters import dutch

#: What is taken for granted, as screens say it.
ASSUMED = (
    "Vanaf nu antwoordt niemand meer. Elk antwoord maakt de volgende stap kleiner.",
    "Elke eerste brief komt aan op de dag dat hij weggaat.",
    "De mailserver neemt alles op één dag aan. Heeft hij een lagere grens, dan duurt het langer.",
)
LEFT = (State.ACCEPTED, State.SUBMITTING, State.UNCERTAIN)


@dataclass(frozen=True)
class Day:
    """The letters of one step that leave on one day."""

    day: date
    step: Step
    letters: int
    left: bool  #: they are gone; else it is foreseen


def days(campaign: Campaign, *, now: datetime) -> list[Day]:
    """Every day on which letters left or will, in order; steps without a moment are not there."""
    found: list[Day] = []
    for step in campaign.steps:
        if step.state is StepState.QUEUED:
            found += _made(step, now)
        elif step.state is StepState.PLANNED:
            found += _to_make(step, now)
    return sorted(found, key=lambda one: (one.day, one.step.position, not one.left))


def as_json(found: Iterable[Day]) -> list[dict[str, Any]]:
    """The days as `campaigns plan --json` prints them."""
    return [
        {
            "date": one.day.isoformat(),
            "step": one.step.position,
            "letters": one.letters,
            "left": one.left,
        }
        for one in found
    ]


def as_lines(found: Iterable[Day]) -> Iterator[str]:
    """The days for a terminal, with what is taken for granted."""
    yield "Wat gaat wanneer uit:"
    for one in found:
        letters = dutch.plural(one.letters, "brief", "brieven")
        yield f"  {dutch.day_date(one.day)}  stap {one.step.position}: {letters}" + (
            ", verstuurd" if one.left else ""
        )
    for sentence in ASSUMED:
        yield f"  Aanname: {sentence}"


def _made(step: Step, now: datetime) -> list[Day]:
    """Of a step whose letters exist: what left, and what waits for its moment."""
    left: Counter[date] = Counter()
    gone = select(func.coalesce(Message.accepted_at, Message.not_before)).where(
        Message.step_id == step.id, Message.state.in_(LEFT)
    )
    left.update(dutch_date(at) for at in db.session.scalars(gone))
    waits = (
        select(Message.not_before, func.count())
        .where(
            Message.step_id == step.id,
            Message.state.in_(outbox.WAITS),
            audience.drop_of_message(now).is_(None),
        )
        .group_by(Message.not_before)
    )
    waiting: Counter[date] = Counter()
    for not_before, count in db.session.execute(waits):
        opens = windows.next_opening(step.campaign, max(not_before, now))
        waiting[dutch_date(opens)] += count
    return [
        Day(day, step, count, gone)
        for counted, gone in ((left, True), (waiting, False))
        for day, count in counted.items()
    ]


def _to_make(step: Step, now: datetime) -> list[Day]:
    """Of a step to come: whoever would get it now, each on the day of its own."""
    due = scheduling.due_at(step)
    if due is None:
        return []
    counted: Counter[datetime] = Counter()
    made = max(due, now)
    own = Moments(step, now=made)
    for person in db.session.execute(audience.members(step, now=now)):
        if person.reason is None:
            counted[own.of(person).at] += 1
    days: Counter[date] = Counter()
    for moment, count in counted.items():
        days[dutch_date(windows.next_opening(step.campaign, moment))] += count
    return [Day(day, step, count, False) for day, count in days.items()]
