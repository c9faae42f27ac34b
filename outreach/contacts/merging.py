"""Contacts that are one and the same: finding the likely ones, and making one of two.

What was made of two stays one: it cannot be taken back, and the audit says which it were.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import contains_eager, selectinload

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import names, references
from outreach.contacts.gemeenten import fold
from outreach.contacts.models import (
    Address,
    Contact,
    Gemeente,
    ImportRow,
    ListMember,
    NotSame,
    Office,
    RegisterRow,
    Tag,
)
from outreach.contacts.names import Name
from outreach.db import db
from outreach.errors import Refused, Unknown

#: What is chosen as one thing; the rest (addresses, lists, labels, own fields, notes) is joined.
CHOICES: dict[str, tuple[str, ...]] = {
    "name": ("titles", "initials", "first_name", "prefix", "last_name"),
    "form_of_address": ("form_of_address",),
    "phone": ("phone",),
    "party": ("party",),
    "portfolio": ("portfolio",),
    "term": ("term_from", "term_until"),
}
GONE = "Een van deze twee is intussen gewijzigd of samengevoegd. Bekijk ze opnieuw."


@dataclass(frozen=True)
class Pair:
    """Two contacts of one office that may be one."""

    one: Contact  #: the older
    other: Contact
    why: str  #: Dutch

    @property
    def stamp(self) -> str:
        """What changes when either of them does."""
        return f"{self.one.changed_at.isoformat()} {self.other.changed_at.isoformat()}"


def likely() -> list[Pair]:
    """Everyone who may be in the list twice, by gemeente. Who was said to be another is not."""
    known = {(one, other) for one, other in db.session.execute(select(NotSame.one, NotSame.other))}
    crowded = select(Contact.office_id).group_by(Contact.office_id).having(func.count() > 1)
    rows = (
        select(Contact)
        .join(Contact.office)
        .outerjoin(Office.gemeente)
        .where(Contact.office_id.in_(crowded))
        .options(
            contains_eager(Contact.office).contains_eager(Office.gemeente),
            selectinload(Contact.addresses),
        )
        .order_by(Gemeente.sort_key, Office.id, Contact.id)
    )
    offices: dict[int, list[Contact]] = defaultdict(list)
    for contact in db.session.scalars(rows):
        offices[contact.office_id].append(contact)
    return [
        pair
        for people in offices.values()
        for pair in _pairs(people)
        if (pair.one.id, pair.other.id) not in known
    ]


def pair(one_id: int, other_id: int) -> Pair:
    """Two contacts beside each other.

    :raises Unknown: one of them is gone
    :raises Refused: they have another office, or are one
    """
    found = [db.session.get(Contact, id_) for id_ in sorted((one_id, other_id))]
    if found[0] is None or found[1] is None:
        raise Unknown("Een van deze twee staat niet meer in de lijst.")
    one, other = found[0], found[1]
    if one is other or one.office_id != other.office_id:
        raise Refused("Alleen wie dezelfde functie in dezelfde gemeente heeft, kan een zijn.")
    return Pair(one, other, _why(_Seen.of(one), _Seen.of(other)))


def say_not_same(found: Pair, *, by: Actor, now: datetime) -> None:
    """Two who look alike are two; they are not shown again."""
    there = NotSame.one == found.one.id, NotSame.other == found.other.id
    if db.session.scalar(select(NotSame.one).where(*there)) is None:
        db.session.add(NotSame(one=found.one.id, other=found.other.id))
    audit.record("tell contacts apart", f"contact:{found.one.id}", by=by, now=now,
                 other=found.other.id)  # fmt: skip


def merge(
    keep_id: int, drop_id: int, chosen: Mapping[str, int], *, stamp: str, by: Actor, now: datetime
) -> Contact:
    """Make one contact of two: `keep_id` stays, and gets all that the other had.

    Addresses, lists, labels, letters and lines of imports go along; where both have an address,
    the confirmed one stays. The geen-postlijst is by address and does not change.

    :param chosen: of each of `CHOICES` whose it is, by id; without one it is of who stays
    :param stamp: the pair's, as it was looked at
    :raises Refused: one of them changed since
    """
    ids = sorted((keep_id, drop_id))
    held = select(Contact.id).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update()
    if len(db.session.scalars(held).all()) < 2:
        raise Refused(GONE)
    db.session.expire_all()
    if pair(*ids).stamp != stamp:
        raise Refused(GONE)
    keep, drop = db.session.get_one(Contact, keep_id), db.session.get_one(Contact, drop_id)
    for choice, fields in CHOICES.items():
        if chosen.get(choice, keep_id) == drop_id:
            for field in fields:
                setattr(keep, field, getattr(drop, field))
    keep.attributes = drop.attributes | keep.attributes
    keep.notes = "\n\n".join(dict.fromkeys(filter(None, (keep.notes, drop.notes))))
    keep.changed_at = now
    db.session.flush()
    _join_addresses(keep, drop, drop_preferred=chosen.get("address", keep_id) == drop_id)
    _join_marks(keep.id, drop.id)
    _point(Contact, drop.id, keep.id)
    db.session.execute(delete(NotSame).where(or_(NotSame.one == drop.id, NotSame.other == drop.id)))
    db.session.execute(delete(Contact).where(Contact.id == drop.id))
    db.session.expire_all()
    audit.record("merge contacts", f"contact:{keep_id}", by=by, now=now, merged=drop_id)
    return db.session.get_one(Contact, keep_id)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Of a contact what it is compared by; made once, as an office may have forty."""

    contact: Contact
    name: Name
    last: str
    given: str  #: its first letter
    keys: frozenset[str]

    @classmethod
    def of(cls, one: Contact) -> "_Seen":
        given = fold(one.first_name or one.initials)[:1]
        keys = frozenset(address.address_key for address in one.addresses)
        return cls(one, names.of(one), fold(one.last_name), given, keys)


def _pairs(people: Iterable[Contact]) -> Iterator[Pair]:
    for one, other in combinations(map(_Seen.of, people), 2):
        if why := _why(one, other):
            yield Pair(one.contact, other.contact, why)


def _why(one: _Seen, other: _Seen) -> str:
    """Why two may be one; empty when nothing says so."""
    near = _near(one.last, other.last) and (
        not one.given or not other.given or one.given == other.given
    )
    if one.keys & other.keys and (near or not one.last or not other.last):
        return "hetzelfde adres"
    if not near or not one.last:
        return ""
    return "dezelfde naam" if names.same(one.name, other.name) else "een naam die erop lijkt"


def _near(one: str, other: str) -> bool:
    """Whether one letter more, less or other makes them equal; of short names none."""
    if one == other:
        return True
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1:
        return False
    shorter, longer = sorted((one, other), key=len)
    at = next((n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b),
              len(shorter))  # fmt: skip
    return shorter[at + (len(one) == len(other)) :] == longer[at + 1 :]


def _join_addresses(keep: Contact, drop: Contact, *, drop_preferred: bool) -> None:
    ours = {one.address_key: one for one in keep.addresses}
    first = _preferred(drop if drop_preferred else keep) or _preferred(keep) or _preferred(drop)
    for one in list(drop.addresses):
        mine = ours.get(one.address_key)
        if mine is None:
            moved = update(Address).where(Address.id == one.id)
            db.session.execute(moved.values(contact_id=keep.id, preferred=False))
            continue
        if one.confirmed_at and not mine.confirmed_at:
            for field in ("basis", "source", "basis_on", "confirmed_at", "declined_at"):
                setattr(mine, field, getattr(one, field))
            db.session.flush()
        _point(Address, one.id, mine.id)
        db.session.execute(delete(Address).where(Address.id == one.id))
    if first is not None:
        chosen = Address.address_key == first
        ours_now = update(Address).where(Address.contact_id == keep.id)
        db.session.execute(ours_now.values(preferred=chosen))
    db.session.expire(keep, ["addresses"])
    db.session.expire(drop, ["addresses"])


def _preferred(contact: Contact) -> str | None:
    """The key of the address that someone is written to."""
    ranked = sorted(contact.addresses, key=lambda one: (not one.preferred, one.id))
    return ranked[0].address_key if ranked else None


def _join_marks(keep: int, drop: int) -> None:
    """Lists and labels: those that only the other had come along."""
    kinds: tuple[tuple[Any, Any], ...] = ((ListMember, ListMember.list_id), (Tag, Tag.name))
    for model, key in kinds:
        mine = select(key).where(model.contact_id == keep)
        theirs = and_(model.contact_id == drop, key.not_in(mine))
        db.session.execute(
            update(model).where(theirs).values(contact_id=keep),
            execution_options={"synchronize_session": False},
        )
        db.session.execute(delete(model).where(model.contact_id == drop))


def _point(model: type[Contact | Address], old: int, new: int) -> None:
    """Let all that pointed at one row point at another: letters, lines of imports."""
    for column in references.columns(model.__tablename__):
        table = column.table
        db.session.execute(update(table).where(column == old).values({column.name: new}))
    loose: dict[Any, tuple[Any, ...]] = {
        Contact: (ImportRow.contact_id, RegisterRow.contact_id),
        Address: (ImportRow.address_id,),
    }
    for attribute in loose[model]:
        rows = update(attribute.class_).where(attribute == old)
        db.session.execute(rows.values({attribute.key: new}))
