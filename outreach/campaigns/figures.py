"""A campaign in numbers."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from outreach.campaigns import running
from outreach.campaigns.models import Campaign, Step
from outreach.db import db
from outreach.delivery import evidence
from outreach.delivery.models import Message, State


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


def status(campaign: Campaign) -> dict[str, Any]:
    """What CONTRACT's `campaigns status --json` prints."""
    doubtful = uncertain(campaign)
    known = evidence.known([message.id for message, _ in doubtful])
    return {
        "slug": campaign.slug,
        "state": running.state_of(campaign).value,
        "pause_reason": campaign.pause_reason,
        "counts": {state.value: count for state, count in counts(campaign).items()},
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
