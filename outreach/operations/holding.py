"""An older installation starts held: what may have left since its backup is in doubt.

Between the backup and its return letters left that the backup does not know of, so whatever
could have left by now is treated as what a crash leaves behind: never sent again by itself.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, literal, or_, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.campaigns import scheduling
from outreach.campaigns.models import Campaign, CampaignState
from outreach.db import db
from outreach.delivery.models import DeliveryEvent, Kind, Message, Relay, State, Worker
from outreach.letters import dutch

WAITING = (State.QUEUED, State.DEFERRED)
IN_HAND = (State.CLAIMED, State.SUBMITTING)
NOTE = "teruggezet uit een reservekopie; kan sindsdien verstuurd zijn"
#: How the reason of such a pause begins.
HELD = "Teruggezet uit een reservekopie van "
ACT = "restore backup"


@dataclass(frozen=True)
class Held:
    """What was held."""

    campaigns: int  #: paused
    doubtful: int  #: messages
    drafts: list[str]  #: campaigns that someone may have started since


def hold(restore_id: str, taken_at: datetime, *, key: str, by: Actor, now: datetime) -> Held:
    """Pause every campaign, and put in doubt what may have left since the backup.

    :param restore_id: noted in the audit trail: the database says by it which one it is
    :param taken_at: by the system's clock, as the marks of messages are
    :param key: signs the ids of letters that fell due since
    """
    running = (CampaignState.RUNNING, CampaignState.PAUSED)
    campaigns = db.session.scalars(select(Campaign).where(Campaign.state.in_(running))).all()
    doubtful = _doubt(taken_at, by, now)
    for campaign in campaigns:  # one that was paused may have been resumed since
        campaign.state = CampaignState.RUNNING
    db.session.flush()
    while steps := scheduling.due_steps(now=now):  # a step that is made may let the next fall due
        for step in steps:
            scheduling.queue_step(step, key=key, now=now)
        doubtful += _doubt(taken_at, by, now)
    for campaign in campaigns:
        campaign.state = CampaignState.PAUSED
        campaign.paused_at = campaign.paused_at or now
        campaign.pause_reason = (
            f"{HELD}{dutch.day_time(taken_at)}. Wat sindsdien weg kan zijn, staat bij Onzeker:"
            " kijk dat na, en hervat daarna."
        )
    db.session.execute(update(Worker).where(Worker.ended_at.is_(None)).values(ended_at=taken_at))
    db.session.execute(delete(Relay))
    drafts = select(Campaign.name).where(Campaign.state == CampaignState.DRAFT)
    held = Held(len(campaigns), doubtful, list(db.session.scalars(drafts.order_by(Campaign.id))))
    audit.record(
        ACT, f"restore:{restore_id}", by=by, now=now, campaigns=held.campaigns, doubtful=doubtful
    )
    db.session.flush()
    return held


def paused() -> list[Campaign]:
    """Campaigns that are still held."""
    query = select(Campaign).where(
        Campaign.state == CampaignState.PAUSED, Campaign.pause_reason.startswith(HELD)
    )
    return list(db.session.scalars(query))


def _doubt(taken_at: datetime, by: Actor, now: datetime) -> int:
    wanted = _may_have_left(now)
    events = select(
        Message.id,
        literal(now, DeliveryEvent.at.type),
        Message.state,
        literal(State.UNCERTAIN, DeliveryEvent.to_state.type),
        literal(by.key),
        literal(NOTE),
    ).where(wanted)
    names = ["message_id", "at", "from_state", "to_state", "actor", "note"]
    db.session.execute(insert(DeliveryEvent).from_select(names, events))
    # The marked moment says from when on to look for it in the Sent folder. A notice has none:
    # without a person, one that was in doubt is sent once more.
    marked = case((Message.kind == Kind.LETTER, func.coalesce(Message.submitting_at, taken_at)))
    changed = db.session.execute(
        update(Message)
        .where(wanted)
        .values(
            state=State.UNCERTAIN,
            owner=None,
            lease_until=None,
            fence=Message.fence + 1,
            submitting_at=marked,
            reply="",
        )
        .returning(Message.id),
        execution_options={"synchronize_session": False},
    ).all()
    db.session.expire_all()
    return len(changed)


def _may_have_left(now: datetime) -> ColumnElement[bool]:
    due = and_(Message.state.in_(WAITING), Message.not_before <= now)
    return or_(due, Message.state.in_(IN_HAND))
