"""What shows that a relay took a message that is in doubt, or that it never did.

Evidence is kept as it was found, and settles what it is about: only what is in doubt, and only
once the worker that sent it can read no answer any more. What comes before that is kept, and
settles it later (`settle_known`). An answer that the worker itself reads still wins.

An answer on the answer page is no evidence: its link is of a gemeente, and stands in every
letter to it.
"""

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, or_, select

from outreach.accounts.audit import Actor
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import (
    DeliveryEvent,
    Evidence,
    Kind,
    Look,
    Message,
    Proof,
    State,
    Worker,
)
from outreach.errors import Refused

#: States in which something can still be found out.
OPEN = (State.SUBMITTING, State.UNCERTAIN)
LONGEST = 500  #: characters of a quote
#: How we know, in a Dutch sentence after "want".
WORDS = {
    Proof.ONE_CLICK: "de link voor “geen post meer” van deze brief is gebruikt",
    Proof.ANSWER: "er kwam een antwoord op deze brief",
    Proof.RECEIPT: "er kwam een ontvangstbevestiging van deze brief",
    Proof.OUT_OF_OFFICE: "er kwam een afwezigheidsbericht op deze brief",
    Proof.BOUNCE: "er kwam bericht dat deze brief niet bezorgd kon worden; de mailserver had hem",
    Proof.DELAY: "er kwam bericht dat de bezorging van deze brief langer duurt",
    Proof.UNSUBSCRIBE: "iemand vroeg in een mail op deze brief om geen post meer",
    Proof.COMPLAINT: "deze brief is gemeld als ongewenst",
    Proof.OWN_COPY: "onze eigen kopie van deze brief kwam binnen",
    Proof.SENT_FOLDER: "de brief staat in de map Verzonden",
    Proof.RELAY_LOG: "de mailserver nam deze brief aan, volgens zijn log",
    Proof.NEVER_TAKEN: "de mailserver kreeg deze brief nooit, volgens zijn log",
}


@dataclass(frozen=True)
class Doubt:
    """A message in doubt, as those who look for evidence need it."""

    id: int
    kind: Kind
    message_id: str
    sender_id: int
    marked_at: datetime  #: by the system's clock; nothing of it was written before
    here: bool  #: it was handed over on this machine


def in_doubt() -> list[Doubt]:
    """All messages in doubt. One indexed query when there are none."""
    rows = db.session.execute(
        select(
            Message.id, Message.kind, Message.message_id, Message.sender_id, Message.submitting_at
        )
        .where(Message.state == State.UNCERTAIN)
        .order_by(Message.id)
    ).all()
    here = _sent_here([row.id for row in rows]) if rows else set()
    return [
        Doubt(row.id, row.kind, row.message_id, row.sender_id, row.submitting_at, row.id in here)
        for row in rows
        if row.submitting_at is not None
    ]


def arrived(message: Message, proof: Proof, what: str, *, now: datetime) -> bool:
    """Something shows that a relay took a message; return whether that settled a doubt.

    Of a message that is not in doubt, nor about to be, nothing is kept.

    :param what: a quote of what was found
    """
    if message.state not in OPEN:
        return False
    _keep(message, proof, what, now)
    return _settle(message, proof, now)


def never_taken(message: Message, what: str, *, now: datetime) -> bool:
    """The relay's log shows that it never took a letter: let it wait as before.

    The only way in which a letter that was marked is sent again without a person. Return
    whether it is.
    """
    if message.state is not State.UNCERTAIN or message.kind is not Kind.LETTER:
        return False
    if outbox.held_until(message) is not None:
        return False
    _keep(message, Proof.NEVER_TAKEN, what, now)
    return _settle(message, Proof.NEVER_TAKEN, now)


def settle_by_mail(
    named: Sequence[str], proof: Proof, what: str, *, now: datetime, permanent: bool = False
) -> Message | None:
    """A mail that came in names messages; return the one of ours that it is about, if any.

    :param named: the Message-IDs in it, the most telling first. Of a reply: In-Reply-To, then
        References from the last one back. (A reminder names the first letter too, but never
        leaves while that is in doubt.)
    :param permanent: a bounce that says it will never arrive
    """
    ours = select(Message).where(
        or_(Message.message_id.in_(named), Message.relay_message_id.in_(named))
    )
    ids: dict[str | None, Message] = {}
    for found in db.session.scalars(ours):
        ids |= {found.message_id: found, found.relay_message_id: found}
    message = next((ids[one] for one in named if one in ids), None)
    if message is None:
        return None
    if permanent and message.bounced_at is None and message.state in (*OPEN, State.ACCEPTED):
        message.bounced_at = now
    arrived(message, proof, what, now=now)
    return message


def settle_known(now: datetime) -> int:
    """Settle what evidence came for while its worker could still read an answer; how many."""
    known = select(Evidence.id).where(
        Evidence.message_id == Message.id, Evidence.proof != Proof.NEVER_TAKEN
    )
    waiting = select(Message).where(Message.state == State.UNCERTAIN, exists(known))
    return sum(_settle(one, _newest(one), now) for one in db.session.scalars(waiting).all())


def known(ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    """What was found about these messages and where was looked, for programs to read."""
    found: dict[int, list[dict[str, str]]] = {}
    if not ids:
        return found
    shown = select(Evidence).where(Evidence.message_id.in_(ids)).order_by(Evidence.id)
    for one in db.session.scalars(shown):
        row = {"kind": one.proof.value, "at": one.at.isoformat(), "what": one.what}
        found.setdefault(one.message_id, []).append(row)
    for look in db.session.scalars(select(Look).where(Look.message_id.in_(ids))):
        row = {"kind": f"looked:{look.place.value}", "at": look.at.isoformat(), "what": look.found}
        found.setdefault(look.message_id, []).append(row)
    return found


def looked(message_id: int, place: Proof, found: str) -> None:
    """Note where was looked for a message in doubt, and what was there (Dutch)."""
    known = db.session.get(Look, (message_id, place))
    if known is None:
        db.session.add(Look(message_id=message_id, place=place, at=system_now(), found=found))
    else:
        known.at, known.found = system_now(), found


def last_looks(ids: Iterable[int], place: Proof) -> dict[int, datetime]:
    """When was looked in one place for these messages."""
    rows = db.session.execute(
        select(Look.message_id, Look.at).where(Look.message_id.in_(list(ids)), Look.place == place)
    )
    return {row.message_id: row.at for row in rows}


def _keep(message: Message, proof: Proof, what: str, now: datetime) -> None:
    """Add it, unless the very same was found before."""
    quote = what[:LONGEST]
    known = select(Evidence.id).where(
        Evidence.message_id == message.id, Evidence.proof == proof, Evidence.what == quote
    )
    again = proof is Proof.NEVER_TAKEN  # each time anew: it is about one try of several
    if again or db.session.scalar(known.limit(1)) is None:
        db.session.add(Evidence(message_id=message.id, at=now, proof=proof, what=quote))
        db.session.flush()


def _newest(message: Message) -> Proof:
    """What showed last that a message arrived."""
    shown = select(Evidence.proof).where(
        Evidence.message_id == message.id, Evidence.proof != Proof.NEVER_TAKEN
    )
    return db.session.scalars(shown.order_by(Evidence.id.desc())).first() or Proof.RELAY_LOG


def _settle(message: Message, proof: Proof, now: datetime) -> bool:
    if message.state is not State.UNCERTAIN:
        return False
    by, note = Actor(f"evidence:{proof.value}"), WORDS[proof]
    try:
        if proof is Proof.NEVER_TAKEN:
            outbox.settle_uncertain(message, as_="resend", by=by, note=note, now=now)
        else:
            outbox.settle_uncertain(message, as_="sent", by=by, note=note, now=now)
    except Refused:  # its worker may still read an answer, or someone was faster
        return False
    return True


def _sent_here(ids: list[int]) -> set[int]:
    """Those that a worker on this machine marked last: only its own relay's log is ours."""
    last = (
        select(func.max(DeliveryEvent.id))
        .where(DeliveryEvent.message_id.in_(ids), DeliveryEvent.to_state == State.SUBMITTING)
        .group_by(DeliveryEvent.message_id)
    )
    here = (
        select(DeliveryEvent.message_id)
        .join(Worker, Worker.id == DeliveryEvent.actor)
        .where(DeliveryEvent.id.in_(last), Worker.host == socket.gethostname())
    )
    return set(db.session.scalars(here))
