"""The same letter to the same gemeenten once more: asked for a reason while the other still runs.

The same is: of the same sender, begun in the last sixty days, with the same subject and (nearly)
the same words in its first step, to at least half of the gemeenten of this one. So it is also
recognised after a typing error was mended, and the next letter of a series is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from outreach.campaigns import audience
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.campaigns.writing import current_texts
from outreach.clock import dutch_date
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.letters import dutch
from outreach.letters.checking import Finding, Severity

CODE = "duplicate-letter"
BEFORE = "sent-before"  #: likewise, but that one is over: said, as any warning
WITHIN = timedelta(days=60)
ALIKE = 0.9  #: of the words, in their order
NOT_SENT = (State.CANCELLED, State.SUPPRESSED)


@dataclass(frozen=True)
class Duplicate:
    """An earlier letter that this one repeats."""

    campaign: Campaign
    shared: int  #: gemeenten that both go to
    of: int  #: gemeenten that this one goes to


def of(campaign: Campaign, *, now: datetime) -> Duplicate | None:
    """The letter that this draft repeats most; None when it repeats none.

    Whom a letter goes to is asked only of letters that say the same.
    """
    first = campaign.steps[0]
    alike = [one for one in _lately(campaign, now) if _says_the_same(one.steps[0], first)]
    mine = _gemeenten(first, now) if alike else set()
    found = [Duplicate(one, len(mine & _gemeenten(one.steps[0], now)), len(mine)) for one in alike]
    repeated = [one for one in found if one.shared and one.shared * 2 >= one.of]
    return max(repeated, key=lambda one: one.shared, default=None)


def findings(campaign: Campaign, *, now: datetime) -> Iterator[Finding]:
    """A warning about a draft; of a letter that still runs one that asks for a reason."""
    if campaign.state is not CampaignState.DRAFT:
        return
    if (found := of(campaign, now=now)) is not None:
        begun = dutch.day_date(dutch_date(found.campaign.started_at or now))
        runs = found.campaign.state in (CampaignState.RUNNING, CampaignState.PAUSED)
        yield Finding(
            CODE if runs else BEFORE,
            Severity.WARNING,
            f"Dezelfde brief, “{found.campaign.name}”, begon op {begun} en"
            f" {'gaat' if runs else 'ging'} naar {dutch.number(found.shared)} van"
            f" deze {dutch.plural(found.of, 'gemeente', 'gemeenten')}. Zij krijgen hem dan dubbel.",
            "",
        )


def _lately(campaign: Campaign, now: datetime) -> list[Campaign]:
    recent = select(Campaign).where(
        Campaign.id != campaign.id,
        Campaign.sender_id == campaign.sender_id,
        Campaign.started_at >= now - WITHIN,
    )
    return list(db.session.scalars(recent.options(selectinload(Campaign.steps))))


def _says_the_same(one: Step, other: Step) -> bool:
    return any(
        _words(a.subject) == _words(b.subject)
        and _alike(_words(f"{a.mail} {a.letter}"), _words(f"{b.mail} {b.letter}"))
        for a in current_texts(one).values()
        for b in current_texts(other).values()
    )


def _words(text: str) -> list[str]:
    return text.casefold().split()


def _alike(one: list[str], other: list[str]) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _gemeenten(step: Step, now: datetime) -> set[str]:
    """The gemeenten that got a step, or will."""
    if step.state is StepState.CANCELLED:
        return set()
    if step.state is StepState.QUEUED:
        rows = select(Message.gemeente_code).where(
            Message.step_id == step.id, Message.state.not_in(NOT_SENT)
        )
        return {code for code in db.session.scalars(rows) if code}
    members = db.session.execute(audience.members(step, now=now))
    return {row.gemeente_code for row in members if row.reason is None and row.gemeente_code}
