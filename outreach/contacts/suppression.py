"""The geen-postlijst: who gets no letters, from one sender or from anyone. It wins.

A row is of an address, of everyone at a domain, or of a gemeente; they stand in one column, so
that a mark asks all three in one index.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, literal, or_, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import GenericFunction

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import erased, gemeenten
from outreach.contacts.addresses import BadAddress, address_key, check
from outreach.contacts.models import (
    Address,
    Contact,
    Gemeente,
    Office,
    Suppression,
    SuppressionReason,
)
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
    :raises Refused: it was erased on request, so that we may not even keep it here
    """
    key = address_key(check(email))
    if gone := erased.book().refusal(key):
        raise Refused(f"{gone} Er gaat al geen post meer heen.")
    return _put(key, reason, by=by, now=now, sender_id=sender_id, note=note)


def suppress_any(
    text: str,
    reason: SuppressionReason,
    *,
    by: Actor,
    now: datetime,
    sender_id: int | None = None,
    note: str = "",
) -> Suppression:
    """Likewise an address, "@zeist.example" for everyone at a domain, or a gemeente by name.

    Of subdomains nothing is said. Of a gemeente all letters stay away, whoever reads them.

    :raises Invalid: none of these
    """
    key = read(text)
    act = suppress if "@" in key[1:] else _put
    return act(key, reason, by=by, now=now, sender_id=sender_id, note=note)


def follow(old: Gemeente, address: Address, *, by: Actor, now: datetime) -> None:
    """A gemeente that wanted no post went up in another: this address of it still gets none."""
    for row in db.session.scalars(_all_standing([old.code])).all():
        note = f"De gemeente {old.name} wilde geen post meer."
        _put(address.address_key, row.reason, by=by, now=now, sender_id=row.sender_id, note=note)


def read(text: str) -> str:
    """What someone typed to put on the list, as its key: an address, "@domain" or a gemeente.

    :raises Invalid: none of these
    """
    text = text.strip()
    if not text.startswith("@"):
        return address_key(text) if "@" in text else gemeenten.find(text).code
    try:
        return address_key(f"x{text}")[1:]
    except BadAddress:
        raise BadAddress(f"“{text[:80]}” is geen domein, zoals @zeist.example.") from None


def said(key: str) -> str:
    """What a row is about, as screens and plans say it."""
    if key.startswith("@"):
        return f"iedereen op {key[1:]}"
    if "@" in key:
        return key
    gemeente = db.session.get(Gemeente, key)
    return f"gemeente {gemeente.name}" if gemeente else key


def _put(
    key: str,
    reason: SuppressionReason,
    *,
    by: Actor,
    now: datetime,
    sender_id: int | None,
    note: str,
) -> Suppression:
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
        raise Refused("Dit is al van de geen-postlijst gehaald.")
    db.session.refresh(suppression)
    _record("lift suppression", suppression, by=by, now=now)
    return suppression


class domain_of(GenericFunction[str]):
    """SQL: "@zeist.example" of an address key."""

    type = String()
    inherit_cache = True


@compiles(domain_of)
def _domain_of(element: Any, compiler: Any, **kw: Any) -> str:
    key = compiler.process(element.clauses, **kw)
    place = "instr" if compiler.dialect.name == "sqlite" else "strpos"
    return f"substr({key}, {place}({key}, '@'))"


def covers(row: Any, address_key: Any, gemeente_code: Any = None) -> ColumnElement[bool]:
    """In SQL: does this row of the list speak of this address in this gemeente?

    :param row: `Suppression`, or an alias
    :param address_key: a column, or a key; likewise the gemeente
    """
    held: ColumnElement[bool] = row.address_key.in_(_spoken(address_key, gemeente_code))
    return held


def _spoken(address_key: Any, gemeente_code: Any) -> list[Any]:
    """What a row may speak of: the address, its domain, its gemeente."""
    key: Any = literal(address_key) if isinstance(address_key, str) else address_key
    return [key, domain_of(key), *([gemeente_code] if gemeente_code is not None else [])]


def suppressed(address_key: Any, sender_id: Any, gemeente_code: Any = None) -> ColumnElement[bool]:
    """In SQL: does the list keep letters of this sender from this address in this gemeente?

    Each is one look in the index: every mark asks, and one look for all three costs SQLite more.

    :param address_key: a column, or a key
    :param sender_id: a column, or a sender's id; None asks for letters of all
    """
    row = aliased(Suppression)
    standing = (
        select(row.id)
        .where(row.lifted_at.is_(None), or_(row.sender_id.is_(None), row.sender_id == sender_id))
        .correlate_except(row)  # also where it stands two questions deep
    )
    spoken = _spoken(address_key, gemeente_code)
    return or_(*(standing.where(row.address_key == one).exists() for one in spoken))


def standing_for_any() -> ColumnElement[bool]:
    """In SQL, over `address`: does the list keep letters of any sender from it?

    For a whole list: by the sets of what stands, so that no row is looked up by itself.
    """
    standing = select(Suppression.address_key).where(Suppression.lifted_at.is_(None))
    keys = standing.correlate(None)
    contact, office = aliased(Contact), aliased(Office)
    there = (
        select(contact.id)
        .join(office, office.id == contact.office_id)
        .where(office.gemeente_code.in_(keys))
        .correlate(None)
    )
    return or_(
        Address.address_key.in_(keys),
        domain_of(Address.address_key).in_(keys),
        Address.contact_id.in_(there),
    )


def is_suppressed(
    email: str, sender_id: int | None = None, *, gemeente_code: str | None = None
) -> bool:
    """Whether this address gets no letters: of this sender, or without one, of all."""
    key = address_key(email)
    asked = select(suppressed(key, sender_id, gemeente_code))
    return bool(db.session.scalar(asked)) or bool(erased.book().refusal(key))


def standing_of(email: str, *, gemeente_code: str | None = None) -> list[Suppression]:
    """The rows that keep letters from this address, oldest first."""
    key = address_key(email)
    return list(db.session.scalars(_all_standing([*keys_of(key, gemeente_code)])))


def keys_of(key: str, gemeente_code: str | None = None) -> tuple[str, ...]:
    """Whatever row of the list would keep letters from this address key."""
    keys = key, f"@{key.partition('@')[2]}"
    return (*keys, gemeente_code) if gemeente_code else keys


def _all_standing(keys: list[str]) -> Select[Suppression]:
    rows = select(Suppression).where(
        Suppression.address_key.in_(keys), Suppression.lifted_at.is_(None)
    )
    return rows.order_by(Suppression.since, Suppression.id)


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
