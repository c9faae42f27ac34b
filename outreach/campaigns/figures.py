"""A campaign in numbers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from outreach.campaigns import running, windows
from outreach.campaigns.models import Campaign, CampaignState, Step
from outreach.clock import dutch_date
from outreach.db import db
from outreach.delivery import evidence
from outreach.delivery.models import Message, State
from outreach.letters import dutch

#: Letters of which sending has begun.
UNDER_WAY = (State.CLAIMED, State.SUBMITTING, State.DEFERRED)


def counts(campaign: Campaign) -> dict[State, int]:
    """Letters by state over all steps; every state is there."""
    return _counted(Step.campaign_id == campaign.id)


def counts_of_step(step: Step) -> dict[State, int]:
    return _counted(Step.id == step.id)


def uncertain(campaign: Campaign) -> list[tuple[Message, int]]:
    """The letters in doubt, each with the position of its step."""
    rows = db.session.execute(
        select(Message, Step.position)
        .join(Step, Step.id == Message.step_id)
        .where(Step.campaign_id == campaign.id, Message.state == State.UNCERTAIN)
        .order_by(Step.position, Message.id)
    )
    return [(message, position) for message, position in rows]


def rest_at(
    campaign: Campaign, counts: Mapping[State, int], first: datetime | None, *, now: datetime
) -> datetime | None:
    """When the letters that wait begin to leave, if none of them leaves now.

    :param first: when the first of those that are `QUEUED` is due
    """
    if first is None or any(counts[state] for state in UNDER_WAY):
        return None
    opens = windows.next_opening(campaign, max(first, now))
    return opens if opens > now else None


def said_rest(at: datetime, *, begun: bool, now: datetime) -> str:
    """ "Eerste brieven vertrokken; de rest vanaf ma 4 mei" """
    same_day = dutch_date(at) == dutch_date(now)
    when = dutch.clock_time(at) if same_day else dutch.day_date(dutch_date(at))
    if begun:
        return f"Eerste brieven vertrokken; de rest vanaf {when}"
    return f"Vertrekt vanaf {when}"


def status(campaign: Campaign, *, now: datetime | None = None) -> dict[str, Any]:
    """What CONTRACT's `campaigns status --json` prints.

    :param now: to say in `rest_at` from when the rest leaves
    """
    found = counts(campaign)
    waits = select(func.min(Message.not_before)).join(Step, Step.id == Message.step_id)
    waits = waits.where(Step.campaign_id == campaign.id, Message.state == State.QUEUED)
    runs = now is not None and campaign.state is CampaignState.RUNNING
    first = db.session.scalar(waits) if runs else None
    rest = rest_at(campaign, found, first, now=now) if now else None
    doubtful = uncertain(campaign)
    known = evidence.known([message.id for message, _ in doubtful])
    return {
        "slug": campaign.slug,
        "state": running.state_of(campaign).value,
        "pause_reason": campaign.pause_reason,
        "counts": {state.value: count for state, count in found.items()},
        "rest_at": _iso(rest),
        "uncertain": [
            {
                "email": message.address,
                "gemeente": message.gemeente_code,
                "body": message.variant,
                "step": position,
                "since": _iso(message.submitting_at),
                "evidence": known.get(message.id, []),
            }
            for message, position in doubtful
        ],
    }


def _counted(condition: Any) -> dict[State, int]:
    rows = db.session.execute(
        select(Message.state, func.count())
        .join(Step, Step.id == Message.step_id)
        .where(condition)
        .group_by(Message.state)
    )
    found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in State}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
