"""How much post a griffie gets from all senders together: a sign for who plans, never a stop."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import and_, func, or_, select

from outreach.accounts import choices
from outreach.accounts.choices import Pressure
from outreach.campaigns import audience, scheduling
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.campaigns.moments import Facts
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.delivery.outbox import WAITS

#: Left, or may have.
LEFT = (State.ACCEPTED, State.SUBMITTING, State.UNCERTAIN)


@dataclass(frozen=True)
class Over:
    """A gemeente that gets more letters than it should."""

    gemeente: str
    letters: int


@dataclass(frozen=True)
class Load:
    """Letters to one gemeente in the period until now."""

    letters: int
    most: Pressure

    @property
    def much(self) -> bool:
        return self.letters > self.most.letters


def of_gemeente(code: str, *, now: datetime) -> Load:
    most = choices.read(Pressure)
    return Load(_written([code], most, at=now)[code], most)


class Asked:
    """What counting hangs on, looked up once for the steps of a letter."""

    def __init__(self, now: datetime, facts: Facts) -> None:
        self.now, self.facts = now, facts
        self._codes: dict[int, list[str]] = {}

    @cached_property
    def most(self) -> Pressure:
        return choices.read(Pressure)

    @cached_property
    def steps(self) -> Sequence[Step]:
        """Steps to come, of any letter that runs and of the letters that are looked at."""
        runs = Campaign.state.in_((CampaignState.RUNNING, CampaignState.PAUSED))
        mine = Step.campaign_id.in_(self.facts.campaign_ids)
        planned = select(Step).join(Campaign, Campaign.id == Step.campaign_id)
        return db.session.scalars(
            planned.where(Step.state == StepState.PLANNED, or_(runs, mine))
        ).all()

    def expect(self, step: Step, codes: Iterable[str | None]) -> None:
        """Where the letters of a step go, for who knows it already."""
        self._codes[step.id] = [code for code in codes if code]

    def codes(self, step: Step) -> list[str]:
        if step.id not in self._codes:
            rows = db.session.execute(audience.members(step, now=self.now))
            self.expect(step, [row.gemeente_code for row in rows if row.reason is None])
        return self._codes[step.id]

    def leaves_at(self, step: Step) -> datetime | None:
        mine = step.campaign_id in self.facts.campaign_ids
        return scheduling.leaves_at(step, facts=self.facts if mine else None)


def exceeded(
    step: Step, codes: Collection[str | None], *, now: datetime, asked: Asked | None = None
) -> list[Over]:
    """The gemeenten that get more than they should with this step, the fullest first.

    Counted over the days before it leaves: what left, what waits, and what is planned.

    :param codes: of its letters, one for each
    :param asked: where many steps are asked about at once
    """
    asked = asked or Asked(now, Facts([step.campaign_id]))
    asked.expect(step, codes)
    most = asked.most
    at = max(asked.leaves_at(step) or now, now)
    mine = Counter(code for code in codes if code)
    total = mine + _written(mine.keys(), most, at=at) + _planned(step, asked, at=at)
    over = {code: total[code] for code in mine if total[code] > most.letters}
    if not over:
        return []
    rows = select(Gemeente.code, Gemeente.name, Gemeente.sort_key).where(Gemeente.code.in_(over))
    named = sorted(db.session.execute(rows), key=lambda row: (-over[row.code], row.sort_key))
    return [Over(row.name, over[row.code]) for row in named]


def sentence(over: list[Over]) -> str:
    """What a check or a plan says of them; "" when there are none."""
    if not over:
        return ""
    most = choices.read(Pressure)
    some = ", ".join(f"{one.gemeente} ({one.letters})" for one in over[:5])
    more = f" en {len(over) - 5} andere" if len(over) > 5 else ""
    who = "1 gemeente krijgt" if len(over) == 1 else f"{len(over)} gemeenten krijgen"
    letters = "1 brief" if most.letters == 1 else f"{most.letters} brieven"
    days = "1 dag" if most.days == 1 else f"{most.days} dagen"
    return f"{who} hiermee meer dan {letters} in {days}: {some}{more}."


def _written(codes: Collection[str], most: Pressure, *, at: datetime) -> Counter[str]:
    since = at - timedelta(days=most.days)
    left = and_(
        Message.state.in_(LEFT),
        func.coalesce(Message.accepted_at, Message.not_before).between(since, at),
    )
    waits = and_(Message.state.in_(WAITS), Message.not_before <= at)
    rows = db.session.execute(
        select(Message.gemeente_code, func.count())
        .where(
            Message.gemeente_code.in_(sorted(codes)), Message.kind == Kind.LETTER, or_(left, waits)
        )
        .group_by(Message.gemeente_code)
    )
    return Counter({code or "": count for code, count in rows})


def _planned(step: Step, asked: Asked, *, at: datetime) -> Counter[str]:
    """Letters of steps to come that leave before this one: of any letter that runs, and its own."""
    found: Counter[str] = Counter()
    for other in asked.steps:
        if other.id == step.id:
            continue
        later = other.campaign_id == step.campaign_id and other.position > step.position
        due = None if later else asked.leaves_at(other)
        if due is not None and at - timedelta(days=asked.most.days) <= due <= at:
            found.update(asked.codes(other))
    return found
