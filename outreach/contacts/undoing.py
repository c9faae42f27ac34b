"""Take an import back: what still stands as it was written; the rest is listed and left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, func, or_, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import applying, differing, importing
from outreach.contacts.differing import NAME, OF_ADDRESS, Values
from outreach.contacts.matching import Known, by_address
from outreach.contacts.models import (
    Address,
    Contact,
    Function,
    Import,
    ImportState,
    ListMember,
    Outcome,
    Tag,
)
from outreach.contacts.references import referred_to
from outreach.db import db

GONE = "Dit contact is al verwijderd."
LETTER = "Voor dit contact is al een brief gemaakt; het blijft staan."
USED = "Dit contact is daarna gewijzigd of elders gebruikt; het blijft staan."
#: Fields that are one thing: half a name, or a basis with the source of another, is nothing.
_TOGETHER = {"naam": NAME, "adres": ("email", *OF_ADDRESS), "waarom wij mogen mailen": OF_ADDRESS}
_WORDS = {"phone": "telefoon", "party": "fractie", "portfolio": "portefeuille"}


@dataclass(frozen=True)
class Kept:
    """A line that was not, or not wholly, taken back."""

    line: int
    reason: str


@dataclass(frozen=True)
class Undone:
    reversed: int  #: lines that were taken back, wholly or in part
    kept: list[Kept]


def undo(import_: Import, *, by: Actor, now: datetime) -> Undone:
    """Take back what an import added and changed, as far as nobody changed it since.

    Letters that left, answers and the geen-postlijst stay as they are.

    :raises Refused: it was never applied, or was taken back before
    """
    importing.move(import_, ImportState.APPLIED, ImportState.UNDONE, undone_at=now)
    applied_at = import_.applied_at or now
    db.session.execute(delete(ListMember).where(ListMember.import_id == import_.id))
    kept: list[tuple[int, Kept]] = []
    reversed_ = 0
    for rows in importing.applied(import_, Outcome.NEW, Outcome.CHANGED):
        new = [row for row in rows if row.outcome is Outcome.NEW]
        changed = [row for row in rows if row.outcome is Outcome.CHANGED]
        known = by_address(row.address_id for row in rows)
        left, count = _remove(new, known, applied_at)
        half, back = _restore(changed, known, applied_at, now)
        kept += left + half
        reversed_ += count + back
    _remember(kept)
    audit.record(
        "undo import",
        f"import:{import_.id}",
        by=by,
        now=now,
        sender_id=import_.sender_id,
        reversed=reversed_,
        kept=len(kept),
    )
    db.session.expire_all()  # rows went and changed beside the session
    return Undone(reversed_, sorted((row for _, row in kept), key=lambda row: row.line))


def _remove(
    rows: Sequence[Row[Any]], known: dict[int, Known], applied_at: datetime
) -> tuple[list[tuple[int, Kept]], int]:
    """Remove the contacts that lines added, but those that someone uses."""
    contact_ids = [row.contact_id for row in rows]
    lettered = referred_to(Contact, contact_ids)
    held = referred_to(Address, [row.address_id for row in rows])
    used = _used(contact_ids)
    kept, going = [], []
    for row in rows:
        there = _found(row, known)
        if there is None:
            kept.append((row.id, Kept(row.line, GONE)))
        elif row.contact_id in lettered or row.address_id in held:
            kept.append((row.id, Kept(row.line, LETTER)))
        elif row.contact_id in used or not _stands(there, row, applied_at):
            kept.append((row.id, Kept(row.line, USED)))
        else:
            going.append(row.contact_id)
    db.session.execute(delete(Address).where(Address.contact_id.in_(going)))
    db.session.execute(delete(Contact).where(Contact.id.in_(going)))
    return kept, len(going)


def _restore(
    rows: Sequence[Row[Any]], known: dict[int, Known], applied_at: datetime, now: datetime
) -> tuple[list[tuple[int, Kept]], int]:
    """Give fields that lines changed their old values, but those that changed again."""
    kept, back = [], []
    for row in rows:
        there = _found(row, known)
        if there is None:
            kept.append((row.id, Kept(row.line, GONE)))
            continue
        written = differing.change(row.before, row.after, applied_at)
        old, stays = _parted(row, there, written)
        if old:
            back.append((there, old))
        if stays:
            names = ", ".join(stays)
            reason = f"Is daarna gewijzigd en blijft staan: {names}."
            kept.append((row.id, Kept(row.line, reason)))
    applying.write(back, now)
    return kept, len(back)


def _parted(row: Row[Any], known: Known, written: Values) -> tuple[Values, list[str]]:
    """The old values that can come back, and the words for what changed since."""
    current = differing.as_it_is(known)
    old = {field: value for field, value in row.before.items() if field != "attributes"}
    moved = known.key != row.after["email"].lower()
    stays = []
    for word, fields in _groups(old):
        own_address = moved and fields[-1] in OF_ADDRESS
        if own_address or any(current[field] != written[field] for field in fields):
            stays.append(word)
            old = {field: value for field, value in old.items() if field not in fields}
    before = row.before.get("attributes", {})
    now = current["attributes"]
    same = {key for key in before if now.get(key) == written["attributes"][key]}
    if same:
        old["attributes"] = {key: before[key] for key in before if key in same}
    return old, stays + [key for key in before if key not in same]


def _groups(fields: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Fields that come back together or not at all, with the word for them."""
    left = list(fields)
    groups = []
    for word, members in _TOGETHER.items():
        if ("email" in left) is not (word == "adres") and members is not NAME:
            continue
        if there := [field for field in left if field in members]:
            groups.append((word, there))
    singles = [field for field in left if field in _WORDS]
    return groups + [(_WORDS[field], [field]) for field in singles]


def _found(row: Row[Any], known: dict[int, Known]) -> Known | None:
    """The contact that a line was about. SQLite gives the id of one that is gone to another."""
    there = known.get(row.address_id)
    office = row.gemeente_code, Function(row.after["function"])
    same = there is not None and (there.contact_id, there.office) == (row.contact_id, office)
    return there if same else None


def _stands(known: Known, row: Row[Any], applied_at: datetime) -> bool:
    written = differing.as_written(row.after, applied_at)
    same_address = known.key == row.after["email"].lower()
    return same_address and differing.as_it_is(known) == written


def _used(contact_ids: Sequence[int]) -> set[int]:
    """Contacts that someone gave something that no import gives."""

    def of(column: Any, condition: ColumnElement[bool] | None = None) -> set[int]:
        rows = select(column).where(column.in_(contact_ids))
        rows = rows if condition is None else rows.where(condition)
        return set(db.session.scalars(rows))

    by_hand = or_(Contact.notes != "", Contact.term_until.is_not(None))
    several = (
        select(Address.contact_id)
        .where(Address.contact_id.in_(contact_ids))
        .group_by(Address.contact_id)
        .having(func.count() > 1)
    )
    return (
        of(Contact.id, by_hand)
        | of(Tag.contact_id)
        | of(ListMember.contact_id)
        | set(db.session.scalars(several))
    )


def _remember(kept: Sequence[tuple[int, Kept]]) -> None:
    """Let the import's page say it too."""
    if kept:
        here = applying.ROWS.c.id == bindparam("at")
        db.session.connection().execute(
            update(applying.ROWS).where(here).values(reason=bindparam("why")),
            [{"at": id_, "why": row.reason} for id_, row in kept],
        )
