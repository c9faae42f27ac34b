"""What becomes of messages whose worker is gone, and of notices that are in doubt."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, select, update

from outreach.clock import system_now
from outreach.delivery import history, workers
from outreach.delivery.claims import MESSAGES, ROW, free
from outreach.delivery.models import Kind, State

#: A notice in doubt is sent once more after this; a letter never.
RESEND_NOTICES = timedelta(minutes=10)


@dataclass(frozen=True)
class Reaped:
    """What was taken from workers that ended without a word."""

    queued: int
    uncertain: int


def reap(connection: Connection, *, now: datetime) -> Reaped:
    """Take from workers that are dead, at once, and from those that hang, after their lease.

    What was only claimed is queued again; what was marked is in doubt, never queued.
    """
    held = ROW.state.in_((State.CLAIMED, State.SUBMITTING))
    owners = connection.scalars(select(ROW.owner).where(held).distinct()).all()
    dead = [owner for owner in owners if owner and workers.is_dead(connection, owner)]
    lost = (ROW.lease_until < system_now()) | ROW.owner.in_(dead)
    claimed, marked = (
        and_(ROW.state == State.CLAIMED, lost),
        and_(ROW.state == State.SUBMITTING, lost),
    )
    reaped = Reaped(
        queued=free(connection, claimed, State.CLAIMED, State.QUEUED, actor="reaper", now=now),
        # The owner stays on it: while that lives, nobody may decide.
        uncertain=free(
            connection, marked, State.SUBMITTING, State.UNCERTAIN, actor="reaper", now=now
        ),
    )
    for owner in dead:
        workers.bury(connection, owner)
    return reaped


def resend_notices(connection: Connection, *, now: datetime) -> int:
    """Queue notices that are in doubt once more, with the same Message-ID; return how many.

    A notice that is missing costs more than one that comes twice. For letters it is the other
    way round, so a person decides those.
    """
    stale = and_(
        ROW.state == State.UNCERTAIN,
        ROW.kind != Kind.LETTER,
        ROW.settled_by.is_(None),
        ROW.submitting_at < system_now() - RESEND_NOTICES,
    )
    ids = connection.scalars(
        update(MESSAGES)
        .where(stale)
        .values(state=State.QUEUED, settled_by="system:resend", not_before=now, owner=None)
        .returning(ROW.id)
    ).all()
    said = "sent once more by itself"
    history.note(connection, ids, State.UNCERTAIN, State.QUEUED, actor="system", now=now, said=said)
    return len(ids)
