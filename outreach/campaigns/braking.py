"""Pausing a letter before the rest goes, when too many of the first did not arrive."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select

from outreach.campaigns import running
from outreach.campaigns.models import Campaign, CampaignState, Step, StepState
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.letters import dutch

#: So many of the first that do not arrive pause the rest, when they are one in `ONE_IN` at least.
TOO_MANY, ONE_IN = 2, 5
_LOST = (State.REFUSED, State.FAILED)


def brake(*, now: datetime) -> int:
    """Pause letters of which too many of the first did not arrive; return how many.

    Each is judged once: who resumes it has seen the addresses.
    """
    softly = (
        select(Campaign.id, Step.id)
        .join(Step, and_(Step.campaign_id == Campaign.id, Step.position == 1))
        .where(
            Campaign.soft_first > 0,
            Campaign.soft_judged.is_(False),
            Campaign.state == CampaignState.RUNNING,
            Step.state == StepState.QUEUED,
        )
    )
    return sum(_judge(*ids, now=now) for ids in db.session.execute(softly).all())


def _judge(campaign_id: int, step_id: int, *, now: datetime) -> bool:
    lost = or_(Message.state.in_(_LOST), Message.bounced_at.is_not(None))
    done = Message.state.in_((State.ACCEPTED, *_LOST))
    waits = and_(Message.state == State.QUEUED, Message.not_before > now)
    gone, left, to_come = db.session.execute(
        select(
            func.count().filter(lost), func.count().filter(done), func.count().filter(waits)
        ).where(Message.step_id == step_id)
    ).one()
    fails = gone >= TOO_MANY and gone * ONE_IN >= left
    if fails and to_come:
        running.pause_for_fault(
            campaign_id,
            f"Zachte start: {dutch.number(gone)} van de eerste {dutch.number(left)} brieven kwamen "
            "niet aan. Kijk de adressen na en kies Hervat; dan gaat de rest.",
            now=now,
        )
    if fails or not to_come:
        db.session.get_one(Campaign, campaign_id).soft_judged = True
        db.session.flush()
    return bool(fails and to_come)
