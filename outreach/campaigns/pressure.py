"""How much post a griffie gets from all senders together: a sign for who plans, never a stop."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from outreach.accounts import choices
from outreach.accounts.choices import Pressure
from outreach.campaigns import audience, scheduling
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
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


def exceeded(step: Step, codes: Collection[str | None], *, now: datetime) -> list[Over]:
    """The gemeenten that get more than they should with this step, the fullest first.

    Counted over the days before it leaves: what left, what waits, and what is planned.

    :param codes: of its letters, one for each
    """
    most = choices.read(Pressure)
    at = max(scheduling.leaves_at(step) or now, now)
    mine = Counter(code for code in codes if code)
    total = mine + _written(mine.keys(), most, at=at) + _planned(step, most, at=at, now=now)
    over = {code: total[code] for code in mine if total[code] > most.letters}
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


def _planned(step: Step, most: Pressure, *, at: datetime, now: datetime) -> Counter[str]:
    """Letters of steps to come that leave before this one: of any letter that runs, and its own."""
    runs = Campaign.state.in_((CampaignState.RUNNING, CampaignState.PAUSED))
    own = and_(Step.campaign_id == step.campaign_id, Step.position < step.position)
    others = (
        select(Step)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(Step.id != step.id, Step.state == StepState.PLANNED, or_(runs, own))
    )
    found: Counter[str] = Counter()
    for other in db.session.scalars(others).all():
        later = other.campaign_id == step.campaign_id and other.position > step.position
        due = scheduling.leaves_at(other)
        if later or due is None or not at - timedelta(days=most.days) <= due <= at:
            continue
        for row in db.session.execute(audience.members(other, now=now)):
            if row.reason is None and row.gemeente_code:
                found[row.gemeente_code] += 1
    return found
