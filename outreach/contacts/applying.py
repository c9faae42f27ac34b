"""Write what an import showed, many lines at a time; what no longer holds becomes doubtful."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, bindparam, insert, select, update

from outreach.contacts import batches, differing, names, offices
from outreach.contacts.matching import ADDRESSES, CONTACTS, Known, at_addresses, by_address
from outreach.contacts.models import (
    FormOfAddress,
    Function,
    Import,
    ImportRow,
    ListMember,
    Outcome,
)
from outreach.contacts.names import Name
from outreach.contacts.offices import Key
from outreach.db import db

ROWS: Table = ImportRow.__table__  # type: ignore[assignment]
MEMBERS: Table = ListMember.__table__  # type: ignore[assignment]

APPEARED = "Dit contact is intussen al toegevoegd. Lees de lijst opnieuw in."
CHANGED = "Dit contact is intussen gewijzigd. Lees de lijst opnieuw in."
GONE = "Dit contact is intussen verwijderd. Lees de lijst opnieuw in."


def apply(rows: Sequence[Row[Any]], import_: Import, now: datetime) -> None:
    """Write some of an import's rows (new, changed, unchanged)."""
    new = [row for row in rows if row.outcome is Outcome.NEW]
    old = [row for row in rows if row.outcome is not Outcome.NEW]
    contact_ids = _add(new, now) if new else []
    contact_ids += _change(old, now) if old else []
    if import_.list_id is not None:
        _put_on_list(contact_ids, import_)


def write(changes: Iterable[tuple[Known, differing.Values]], now: datetime) -> None:
    """Give contacts and their addresses these values, over what they have now."""
    contacts, addresses = [], []
    for known, values in changes:
        merged = differing.as_it_is(known) | values
        whole = differing.to_columns(merged | {"attributes": _merged(known, values)})
        contacts.append(
            {field: whole[field] for field in differing.OF_CONTACT} | {"at": known.contact_id}
        )
        addresses.append(
            {field: whole[field] for field in differing.OF_ADDRESS} | {"at": known.address_id}
        )
    if not contacts:
        return
    connection = db.session.connection()
    here = CONTACTS.c.id == bindparam("at")
    connection.execute(update(CONTACTS).where(here).values(changed_at=now), contacts)
    here = ADDRESSES.c.id == bindparam("at")
    connection.execute(update(ADDRESSES).where(here), addresses)


def _add(rows: Sequence[Row[Any]], now: datetime) -> list[int]:
    ids = offices.ensure(_office(row) for row in rows)
    known = at_addresses(row.after["email"].lower() for row in rows)
    fresh, appeared = _parted(
        rows, lambda row: _there(row, known.get((_office(row), _key(row)), ()))
    )
    _doubt(appeared, APPEARED)
    if not fresh:
        return []
    contact_ids = batches.new_ids(CONTACTS, len(fresh))
    address_ids = batches.new_ids(ADDRESSES, len(fresh))
    made = list(zip(fresh, contact_ids, address_ids, strict=True))
    connection = db.session.connection()
    connection.execute(
        insert(CONTACTS), [_contact(row, ids[_office(row)], now) | {"id": c} for row, c, _ in made]
    )
    connection.execute(insert(ADDRESSES), [_address(row, c, now) | {"id": a} for row, c, a in made])
    connection.execute(
        update(ROWS)
        .where(ROWS.c.id == bindparam("at"))
        .values(contact_id=bindparam("contact"), address_id=bindparam("address")),
        [{"at": row.id, "contact": c, "address": a} for row, c, a in made],
    )
    return contact_ids


def _change(rows: Sequence[Row[Any]], now: datetime) -> list[int]:
    known = by_address(row.address_id for row in rows)
    rows, gone = _parted(rows, lambda row: row.address_id not in known)
    stands, moved = _parted(rows, lambda row: _moved(row, known[row.address_id]))
    _doubt(gone, GONE)
    _doubt(moved, CHANGED)
    write(
        (
            (known[row.address_id], differing.change(row.before, row.after, now))
            for row in stands
            if row.before
        ),
        now,
    )
    return [known[row.address_id].contact_id for row in stands]


def _put_on_list(contact_ids: Iterable[int], import_: Import) -> None:
    wanted = set(contact_ids)
    there = select(ListMember.contact_id).where(
        ListMember.list_id == import_.list_id, ListMember.contact_id.in_(sorted(wanted))
    )
    missing = sorted(wanted - set(db.session.scalars(there)))
    if missing:
        member = {"list_id": import_.list_id, "import_id": import_.id}
        db.session.execute(insert(MEMBERS), [member | {"contact_id": id_} for id_ in missing])


def _doubt(rows: Sequence[Row[Any]], reason: str) -> None:
    if rows:
        here = ROWS.c.id.in_([row.id for row in rows])
        doubtful = update(ROWS).where(here).values(outcome=Outcome.DOUBTFUL, reason=reason)
        db.session.execute(doubtful)


def _parted(
    rows: Iterable[Row[Any]], is_apart: Callable[[Row[Any]], bool]
) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """The rows that stay, and those set apart."""
    parts: tuple[list[Row[Any]], list[Row[Any]]] = ([], [])
    for row in rows:
        parts[is_apart(row)].append(row)
    return parts


def _there(row: Row[Any], known: Iterable[Known]) -> bool:
    """Whether someone added this very person since the list was shown."""
    name = Name(
        first_name=row.after.get("first_name", ""),
        initials=row.after.get("initials", ""),
        prefix=row.after.get("prefix", ""),
        last_name=row.after.get("last_name", ""),
    )
    return any(bool(name) == bool(k.name) and names.same(name, k.name) for k in known)


def _moved(row: Row[Any], known: Known) -> bool:
    """Whether what was to change is no longer what it was when it was shown."""
    now = differing.as_it_is(known)
    return known.key != _key(row) or any(
        any(now[field].get(key) != value for key, value in old.items())
        if field == "attributes"
        else now[field] != old
        for field, old in row.before.items()
    )


def _merged(known: Known, values: differing.Values) -> dict[str, Any]:
    """Attributes with the changed ones over them; None takes one away."""
    merged = known.attributes | values.get("attributes", {})
    return {key: value for key, value in merged.items() if value is not None}


def _contact(row: Row[Any], office_id: int, now: datetime) -> dict[str, Any]:
    after = row.after
    given = {field: after.get(field, "") for field in differing.OF_CONTACT}
    return given | {
        "form_of_address": FormOfAddress(given["form_of_address"]),
        "attributes": after.get("attributes", {}),
        "office_id": office_id,
        "notes": "",
        "created_at": now,
        "changed_at": now,
    }


def _address(row: Row[Any], contact_id: int, now: datetime) -> dict[str, Any]:
    after = row.after
    grounds = {"basis": after.get("basis"), "source": after.get("source", "")}
    return {
        "contact_id": contact_id,
        "email": after["email"],
        "address_key": _key(row),
        "preferred": True,
        "created_at": now,
        **differing.to_columns(grounds | differing.confirmation(grounds["basis"], now)),
    }


def _office(row: Row[Any]) -> Key:
    return row.gemeente_code, Function(row.after["function"])


def _key(row: Row[Any]) -> str:
    key: str = row.after["email"].lower()
    return key
