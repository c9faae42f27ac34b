"""The geen-postlijst: addresses that get no letters, from one sender or from anyone. It wins."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import aliased

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts.addresses import address_key, check
from outreach.contacts.models import Suppression, SuppressionReason
from outreach.db import db
from outreach.errors import Refused

#: Why an address is on the list, as screens say it.
REASONS = {
    SuppressionReason.ASKED: "vroeg het aan een coördinator",
    SuppressionReason.PAGE: "vulde het adres in op de pagina uit de brief",
    SuppressionReason.ONE_CLICK: "klikte op “afmelden” in het mailprogramma",
    SuppressionReason.BOUNCE: "het adres bestaat niet",
    SuppressionReason.COMPLAINT: "diende een klacht in",
}


def suppress(
    email: str,
    reason: SuppressionReason,
    *,
    by: Actor,
    now: datetime,
    sender_id: int | None = None,
    note: str = "",
) -> Suppression:
    """Put an address on the list. When it is there already for this sender, that row stands.

    :param sender_id: None for letters of all senders
    :raises BadAddress: the text is no e-mail address
    """
    key = address_key(check(email))
    standing = db.session.scalar(_standing(key, sender_id).order_by(Suppression.id).limit(1))
    if standing is not None:
        return standing
    suppression = Suppression(
        address_key=key, sender_id=sender_id, reason=reason, note=note, actor=by.key, since=now
    )
    db.session.add(suppression)
    db.session.flush()
    _record("suppress address", suppression, by=by, now=now, reason=reason.value)
    return suppression


def lift(suppression: Suppression, *, by: Actor, now: datetime) -> Suppression:
    """Let letters go to the address again; what the row says stays on record.

    :raises Refused: it was lifted before
    """
    same = _standing(suppression.address_key, suppression.sender_id)
    lifted = db.session.scalars(
        update(Suppression)
        .where(Suppression.id.in_(same.with_only_columns(Suppression.id)))
        .values(lifted_at=now, lifted_by=by.key)
        .returning(Suppression.id)
    ).all()
    if suppression.id not in lifted:
        raise Refused("Dit adres is al van de geen-postlijst gehaald.")
    db.session.refresh(suppression)
    _record("lift suppression", suppression, by=by, now=now)
    return suppression


def suppressed(address_key: Any, sender_id: Any) -> ColumnElement[bool]:
    """In SQL: is this address on the list for letters of this sender?

    :param address_key: a column, or a key
    :param sender_id: a column, or a sender's id
    """
    row = aliased(Suppression)
    return (
        select(row.id)
        .where(
            row.address_key == address_key,
            row.lifted_at.is_(None),
            or_(row.sender_id.is_(None), row.sender_id == sender_id),
        )
        .correlate_except(row)  # also where it stands two questions deep
        .exists()
    )


def is_suppressed(email: str, sender_id: int | None = None) -> bool:
    """Whether this address gets no letters: of this sender, or without one, of all."""
    return bool(db.session.scalar(select(suppressed(address_key(email), sender_id))))


def standing_of(email: str) -> list[Suppression]:
    """The rows that keep letters from this address, oldest first."""
    rows = select(Suppression).where(
        Suppression.address_key == address_key(email), Suppression.lifted_at.is_(None)
    )
    return list(db.session.scalars(rows.order_by(Suppression.since, Suppression.id)))


def everything() -> list[Suppression]:
    """The whole list as it stands, newest first."""
    rows = select(Suppression).where(Suppression.lifted_at.is_(None))
    return list(db.session.scalars(rows.order_by(Suppression.since.desc(), Suppression.id.desc())))


def _standing(key: str, sender_id: int | None) -> Select[Suppression]:
    rows = select(Suppression).where(
        Suppression.address_key == key, Suppression.lifted_at.is_(None)
    )
    if sender_id is None:
        return rows.where(Suppression.sender_id.is_(None))
    return rows.where(Suppression.sender_id == sender_id)


def _record(act: str, suppression: Suppression, *, by: Actor, now: datetime, **detail: Any) -> None:
    subject = f"suppression:{suppression.id}"
    audit.record(act, subject, by=by, now=now, sender_id=suppression.sender_id, **detail)
