"""One act on many addresses, and taking it back: what was is kept, and only that comes back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Enum, Table, and_, delete, insert, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import batches
from outreach.contacts.models import (
    Address,
    BulkAct,
    BulkKind,
    BulkRow,
    Contact,
    ContactList,
    ListMember,
    Office,
    Suppression,
    SuppressionReason,
    Tag,
)
from outreach.contacts.references import referred_to
from outreach.contacts.spreadsheets import clean
from outreach.db import UtcDateTime, db
from outreach.errors import Invalid, Refused, Unknown

MOST = 200_000
LONGEST = 100
_CONTACTS: Table = Contact.__table__  # type: ignore[assignment]
_ADDRESSES: Table = Address.__table__  # type: ignore[assignment]
_ROWS: Table = BulkRow.__table__  # type: ignore[assignment]
_PARTS: dict[str, Any] = {"addresses": Address, "lists": ListMember, "tags": Tag}

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Undone:
    back: int  #: contacts or addresses that are as they were
    kept: int  #: that someone changed since, and were left alone


def find(act_id: int) -> BulkAct:
    """
    :raises Unknown: no such act
    """
    act = db.session.get(BulkAct, act_id)
    if act is None:
        raise Unknown("Dit is er niet meer.")
    return act


def act(
    kind: BulkKind,
    conditions: Iterable[ColumnElement[bool]],
    *,
    name: str = "",
    by: Actor,
    now: datetime,
    expected: int | None = None,
) -> BulkAct:
    """Do one thing with every address that fits.

    :param conditions: over address, contact and office, as of `directory.conditions`
    :param name: of the label or the list; a list that is not there is made
    :param expected: how many addresses the person saw
    :raises Refused: there are more or fewer now
    :raises Invalid: nobody fits, or a name is missing
    """
    name = _name(kind, name)
    chosen = _chosen(conditions)
    if expected is not None and len(chosen) != expected:
        raise Refused(
            f"De lijst is intussen gewijzigd: u zag {expected}, het zijn er nu {len(chosen)}."
            " Bekijk haar opnieuw."
        )
    if not chosen:
        raise Invalid("Vink eerst een of meer adressen aan.")
    done = BulkAct(kind=kind, name=name, actor=by.key, at=now)
    db.session.add(done)
    db.session.flush()
    rows = _DO[kind](done, sorted({contact_id for _, contact_id in chosen}), chosen, now)
    done.count = len(rows)
    for some in batches.of(rows):
        db.session.execute(insert(_ROWS), [row | {"act_id": done.id} for row in some])
    _record(kind.value, done, by=by, now=now)
    db.session.expire_all()  # rows went and changed beside the session
    return done


def undo(done: BulkAct, *, by: Actor, now: datetime) -> Undone:
    """Make it as it was, but for what someone changed since.

    :raises Refused: it was taken back before
    """
    first = db.session.scalar(
        update(BulkAct)
        .where(BulkAct.id == done.id, BulkAct.undone_at.is_(None))
        .values(undone_at=now)
        .returning(BulkAct.id)
    )
    if first is None:
        raise Refused("Dit is al ongedaan gemaakt.")
    query = select(BulkRow.contact_id, BulkRow.before).where(BulkRow.act_id == done.id)
    rows = [{"contact_id": c, "before": b} for c, b in db.session.execute(query)]
    back = _UNDO[done.kind](done, rows, now)
    if done.kind is BulkKind.REMOVE:  # what is back is kept once, not twice
        emptied = update(BulkRow).where(BulkRow.act_id == done.id).values(before={})
        db.session.execute(emptied)
    _record(f"undo {done.kind.value}", done, by=by, now=now)
    db.session.expire_all()
    return Undone(back, len(rows) - back)


def _chosen(conditions: Iterable[ColumnElement[bool]]) -> list[tuple[int, int]]:
    """Address and contact of each that fits."""
    found = (
        select(Address.id, Address.contact_id)
        .join(Address.contact)
        .join(Contact.office)
        .where(*conditions)
        .order_by(Address.id)
        .limit(MOST)
    )
    return [(address_id, contact_id) for address_id, contact_id in db.session.execute(found)]


def _name(kind: BulkKind, name: str) -> str:
    name = clean(name)
    if kind not in NAMED:
        return ""
    if not name:
        raise Invalid("Vul in welk label of welke lijst.")
    if len(name) > LONGEST:
        raise Invalid(f"Kort de naam in tot {LONGEST} tekens.")
    return name


# ── labels and lists ────────────────────────────────────────────────────────────────────


def _tag(done: BulkAct, contacts: list[int], _chosen: Any, now: datetime) -> Rows:
    have = _those(Tag.contact_id, contacts, Tag.name == done.name)
    lacking = [id_ for id_ in contacts if id_ not in have]
    _insert(Tag, [{"contact_id": id_, "name": done.name} for id_ in lacking])
    return [_row(id_) for id_ in lacking]


def _untag(done: BulkAct, contacts: list[int], _chosen: Any, now: datetime) -> Rows:
    have = sorted(_those(Tag.contact_id, contacts, Tag.name == done.name))
    _delete(Tag, Tag.contact_id, have, Tag.name == done.name)
    return [_row(id_) for id_ in have]


def _undo_tag(done: BulkAct, rows: Rows, now: datetime) -> int:
    ids = [row["contact_id"] for row in rows]
    have = sorted(_those(Tag.contact_id, ids, Tag.name == done.name))
    _delete(Tag, Tag.contact_id, have, Tag.name == done.name)
    return len(have)


def _undo_untag(done: BulkAct, rows: Rows, now: datetime) -> int:
    return len(_tag(done, _still_there(rows), None, now))


def _put_on(done: BulkAct, contacts: list[int], _chosen: Any, now: datetime) -> Rows:
    list_id = db.session.scalar(select(ContactList.id).where(ContactList.name == done.name))
    if list_id is None:
        made = ContactList(name=done.name, created_at=now)
        db.session.add(made)
        db.session.flush()
        list_id = made.id
    have = _those(ListMember.contact_id, contacts, ListMember.list_id == list_id)
    lacking = [id_ for id_ in contacts if id_ not in have]
    _insert(ListMember, [{"contact_id": id_, "list_id": list_id} for id_ in lacking])
    return [_row(id_, list_id=list_id) for id_ in lacking]


def _take_off(done: BulkAct, contacts: list[int], _chosen: Any, now: datetime) -> Rows:
    list_id = db.session.scalar(select(ContactList.id).where(ContactList.name == done.name))
    if list_id is None:
        raise Invalid(f"Er is geen lijst met adressen die “{done.name}” heet.")
    rows: Rows = []
    for some in batches.of(contacts):
        on_it = select(ListMember.contact_id, ListMember.import_id).where(
            ListMember.list_id == list_id, ListMember.contact_id.in_(some)
        )
        rows += [_row(c, list_id=list_id, import_id=i) for c, i in db.session.execute(on_it)]
    ids = [row["contact_id"] for row in rows]
    _delete(ListMember, ListMember.contact_id, ids, ListMember.list_id == list_id)
    return rows


def _undo_put_on(done: BulkAct, rows: Rows, now: datetime) -> int:
    if not rows:
        return 0
    on_it = ListMember.list_id == rows[0]["before"]["list_id"]
    have = sorted(_those(ListMember.contact_id, [row["contact_id"] for row in rows], on_it))
    _delete(ListMember, ListMember.contact_id, have, on_it)
    return len(have)


def _undo_take_off(done: BulkAct, rows: Rows, now: datetime) -> int:
    if not rows:
        return 0
    there = set(_still_there(rows))
    on_it = ListMember.list_id == rows[0]["before"]["list_id"]
    have = _those(ListMember.contact_id, sorted(there), on_it)
    lacking = [row for row in rows if row["contact_id"] in there - have]
    _insert(ListMember, [row["before"] | {"contact_id": row["contact_id"]} for row in lacking])
    return len(lacking)


# ── no mail ─────────────────────────────────────────────────────────────────────────────


def _stop_mail(done: BulkAct, _contacts: Any, chosen: list[tuple[int, int]], now: datetime) -> Rows:
    """Of all senders; who is on the list for all already stays as it is."""
    keys: dict[str, int] = {}
    contact_of = dict(chosen)
    for some in batches.of(contact_of):
        known = select(Address.address_key, Address.id).where(Address.id.in_(some))
        for key, address_id in db.session.execute(known):
            keys.setdefault(key, contact_of[address_id])
    standing = and_(Suppression.lifted_at.is_(None), Suppression.sender_id.is_(None))
    have = _those(Suppression.address_key, sorted(keys), standing)
    lacking = [key for key in keys if key not in have]
    stop = {"reason": SuppressionReason.ASKED, "actor": done.actor, "since": now, "note": ""}
    ids = batches.new_ids(Suppression.__table__, len(lacking)) if lacking else []  # type: ignore[arg-type]
    made = list(zip(lacking, ids, strict=True))
    _insert(Suppression, [stop | {"id": id_, "address_key": key} for key, id_ in made])
    return [_row(keys[key], suppression_id=id_) for key, id_ in made]


def _undo_stop_mail(done: BulkAct, rows: Rows, now: datetime) -> int:
    count = 0
    for some in batches.of(row["before"]["suppression_id"] for row in rows):
        lifted = db.session.scalars(
            update(Suppression)
            .where(Suppression.id.in_(some), Suppression.lifted_at.is_(None))
            .values(lifted_at=now, lifted_by=done.actor)
            .returning(Suppression.id)
        )
        count += len(lifted.all())
    return count


# ── removing ────────────────────────────────────────────────────────────────────────────


def _remove(done: BulkAct, contacts: list[int], _chosen: Any, now: datetime) -> Rows:
    """Those for whom a letter was made stay, as one by one."""
    rows: Rows = []
    for some in batches.of(contacts):
        addresses = dict(
            db.session.execute(
                select(Address.id, Address.contact_id).where(Address.contact_id.in_(some))
            ).all()
        )
        stays = referred_to(Contact, some)
        stays |= {addresses[id_] for id_ in referred_to(Address, addresses)}
        going = [id_ for id_ in some if id_ not in stays]
        rows += _as_they_are(going)
        for part in _PARTS.values():
            _delete(part, part.contact_id, going)
        _delete(Contact, Contact.id, going)
    return rows


def _as_they_are(contacts: list[int]) -> Rows:
    whole: dict[int, dict[str, Any]] = {}
    for row in db.session.execute(select(_CONTACTS).where(Contact.id.in_(contacts))).mappings():
        whole[row["id"]] = {"contact": _plain(row)} | {part: [] for part in _PARTS}
    for part, model in _PARTS.items():
        table: Table = model.__table__
        theirs = select(table).where(table.c.contact_id.in_(contacts))
        for row in db.session.execute(theirs).mappings():
            whole[row["contact_id"]][part].append(_plain(row))
    return [{"contact_id": id_, "before": before} for id_, before in whole.items()]


def _undo_remove(done: BulkAct, rows: Rows, now: datetime) -> int:
    """With their own numbers, as far as nobody has those; an office that went keeps them out."""
    back = [row["before"] for row in rows if row["before"]]
    offices = _those(Office.id, sorted({one["contact"]["office_id"] for one in back}))
    back = [one for one in back if one["contact"]["office_id"] in offices]
    _bring_back(_CONTACTS, [one["contact"] for one in back])
    for one in back:
        for part in _PARTS:
            one[part] = [row | {"contact_id": one["contact"]["id"]} for row in one[part]]
    _bring_back(_ADDRESSES, [row for one in back for row in one["addresses"]])
    _insert(Tag, [row for one in back for row in one["tags"]])
    lists = _those(ContactList.id, _list_ids(back))
    listed = [row for one in back for row in one["lists"] if row["list_id"] in lists]
    _insert(ListMember, listed)
    return len(back)


def _list_ids(back: Rows) -> list[int]:
    return sorted({row["list_id"] for one in back for row in one["lists"]})


def _bring_back(table: Table, rows: Rows) -> None:
    """Insert rows under their own numbers; those whose number someone has get a new one."""
    taken = _those(table.c.id, sorted(row["id"] for row in rows))
    _insert_into(table, [row for row in rows if row["id"] not in taken])
    moved = [row for row in rows if row["id"] in taken]
    if moved:
        for row, number in zip(moved, batches.new_ids(table, len(moved)), strict=True):
            row["id"] = number
        _insert_into(table, moved)


def _plain(row: Any) -> dict[str, Any]:
    """A row as JSON keeps it."""
    return {
        key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()
    }


def _typed(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """The row again; a column that came since keeps its default."""
    kinds = {column.name: column.type for column in table.columns}
    return {key: _read(kinds[key], value) for key, value in values.items() if key in kinds}


def _read(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return kind.enum_class(value) if isinstance(kind, Enum) and kind.enum_class else value


# ── many rows at once ───────────────────────────────────────────────────────────────────


def _row(contact_id: int, **before: Any) -> dict[str, Any]:
    return {"contact_id": contact_id, "before": before}


def _those(column: Any, values: list[Any], *conditions: ColumnElement[bool]) -> set[Any]:
    """Those of these values that there are."""
    found: set[Any] = set()
    for some in batches.of(values):
        found.update(db.session.scalars(select(column).where(column.in_(some), *conditions)))
    return found


def _still_there(rows: Rows) -> list[int]:
    return sorted(_those(Contact.id, [row["contact_id"] for row in rows]))


def _insert(model: Any, values: Rows) -> None:
    for some in batches.of(values):
        db.session.execute(insert(model.__table__), some)


def _insert_into(table: Table, rows: Rows) -> None:
    for some in batches.of(_typed(table, row) for row in rows):
        db.session.execute(insert(table), some)


def _delete(model: Any, column: Any, ids: list[int], *conditions: ColumnElement[bool]) -> None:
    for some in batches.of(ids):
        gone = delete(model).where(column.in_(some), *conditions)
        db.session.execute(gone, execution_options={"synchronize_session": False})


def _record(what: str, done: BulkAct, *, by: Actor, now: datetime) -> None:
    audit.record(f"{what} many", f"bulk:{done.id}", by=by, now=now, count=done.count)


_Do = Callable[[BulkAct, list[int], list[tuple[int, int]], datetime], Rows]
_DO: dict[BulkKind, _Do] = {
    BulkKind.TAG: _tag,
    BulkKind.UNTAG: _untag,
    BulkKind.LIST: _put_on,
    BulkKind.UNLIST: _take_off,
    BulkKind.NO_MAIL: _stop_mail,
    BulkKind.REMOVE: _remove,
}
_UNDO: dict[BulkKind, Callable[[BulkAct, Rows, datetime], int]] = {
    BulkKind.TAG: _undo_tag,
    BulkKind.UNTAG: _undo_untag,
    BulkKind.LIST: _undo_put_on,
    BulkKind.UNLIST: _undo_take_off,
    BulkKind.NO_MAIL: _undo_stop_mail,
    BulkKind.REMOVE: _undo_remove,
}
#: Acts that need a name.
NAMED = (BulkKind.TAG, BulkKind.UNTAG, BulkKind.LIST, BulkKind.UNLIST)
