"""Write what an import showed, many lines at a time; what no longer holds becomes doubtful."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Date,
    Insert,
    String,
    Table,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    true,
    update,
)

from outreach.clock import dutch_date
from outreach.contacts import batches, differing, names, offices, search_keys
from outreach.contacts.matching import (
    ADDRESSES,
    CONTACTS,
    OFFICES,
    Known,
    at_addresses,
    by_address,
)
from outreach.contacts.models import (
    Function,
    Import,
    ImportRow,
    ListMember,
    Outcome,
)
from outreach.contacts.names import Name
from outreach.contacts.offices import Key
from outreach.db import UtcDateTime, db

ROWS: Table = ImportRow.__table__  # type: ignore[assignment]
MEMBERS: Table = ListMember.__table__  # type: ignore[assignment]

APPEARED = "Dit contact is intussen al toegevoegd. Lees de lijst opnieuw in."
CHANGED = "Dit contact is intussen gewijzigd. Lees de lijst opnieuw in."
GONE = "Dit contact is intussen verwijderd. Lees de lijst opnieuw in."


def add_new(import_: Import, now: datetime) -> None:
    """Add whom an import showed as new: one statement per table, however many they are.

    Someone who was added by another since the list was shown becomes doubtful.
    """
    function = ROWS.c.after["function"].as_string()
    offices_ = select(ROWS.c.gemeente_code, function).where(_of(import_, Outcome.NEW)).distinct()
    keys = [(code, Function(word)) for code, word in db.session.execute(offices_)]
    if not keys:
        return
    offices.ensure(keys)
    _doubt(_appeared(import_), APPEARED)
    connection = db.session.connection()
    connection.execute(
        update(ROWS)
        .where(_of(import_, Outcome.NEW))
        .values(contact_id=_next_id(CONTACTS, import_), address_id=_next_id(ADDRESSES, import_))
    )
    connection.execute(_insert(CONTACTS, _contacts(now), import_))
    connection.execute(_insert(ADDRESSES, _addresses(now), import_))


def change_known(rows: Sequence[Any], now: datetime) -> None:
    """Write some of an import's changes; what no longer holds becomes doubtful."""
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


def check_unchanged(import_: Import) -> None:
    """Of those that an import leaves as they are, who is gone or moved is doubtful."""
    there = (
        select(ROWS.c.id, ADDRESSES.c.id.label("address"))
        .outerjoin(
            ADDRESSES,
            (ADDRESSES.c.id == ROWS.c.address_id) & (ADDRESSES.c.contact_id == ROWS.c.contact_id),
        )
        .where(
            _of(import_, Outcome.UNCHANGED),
            ADDRESSES.c.id.is_(None)
            | (ADDRESSES.c.address_key != func.lower(ROWS.c.after["email"].as_string())),
        )
    )
    rows = db.session.execute(there).all()
    _doubt([row for row in rows if row.address is None], GONE)
    _doubt([row for row in rows if row.address is not None], CHANGED)


def put_on_list(import_: Import) -> None:
    """Put everyone of the list on the list that was named, who is not on it yet."""
    there = exists().where(
        MEMBERS.c.list_id == import_.list_id, MEMBERS.c.contact_id == ROWS.c.contact_id
    )
    ours = (
        select(literal(import_.list_id), ROWS.c.contact_id, literal(import_.id))
        .where(_of(import_, Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED), ~there)
        .distinct()
    )
    columns = ["list_id", "contact_id", "import_id"]
    db.session.connection().execute(insert(MEMBERS).from_select(columns, ours))


def write(changes: Iterable[tuple[Known, differing.Values]], now: datetime) -> None:
    """Give contacts and their addresses these values, over what they have now."""
    contacts, addresses = [], []
    for known, values in changes:
        merged = differing.as_it_is(known) | values
        whole = differing.to_columns(merged | {"attributes": _merged(known, values)})
        contacts.append(
            {field: whole[field] for field in differing.OF_CONTACT}
            | {"at": known.contact_id, "search_key": search_keys.of_contact(whole)}
        )
        addresses.append(
            {field: whole[field] for field in differing.OF_ADDRESS}
            | {"email": whole["email"], "address_key": whole["email"].lower()}
            | {"at": known.address_id}
        )
    if not contacts:
        return
    connection = db.session.connection()
    here = CONTACTS.c.id == bindparam("at")
    connection.execute(update(CONTACTS).where(here).values(changed_at=now), contacts)
    here = ADDRESSES.c.id == bindparam("at")
    connection.execute(update(ADDRESSES).where(here), addresses)


def _of(import_: Import, *outcomes: Outcome) -> ColumnElement[bool]:
    return (ROWS.c.import_id == import_.id) & ROWS.c.outcome.in_(outcomes)


def _appeared(import_: Import) -> list[Any]:
    """New rows of someone whom we know by now; a second person at one address is another."""
    at = (
        select(ROWS.c.id)
        .join(ADDRESSES, ADDRESSES.c.address_key == func.lower(ROWS.c.after["email"].as_string()))
        .where(_of(import_, Outcome.NEW))
        .distinct()
    )
    rows = db.session.scalars(at).all()
    appeared: list[Any] = []
    for ids in batches.of(rows):
        some = db.session.execute(
            select(ROWS.c.id, ROWS.c.gemeente_code, ROWS.c.after).where(ROWS.c.id.in_(ids))
        ).all()
        known = at_addresses(_key(row) for row in some)
        appeared += [r for r in some if _there(r, known.get((_office(r), _key(r)), ()))]
    return appeared


def _next_id(table: Table, import_: Import) -> ColumnElement[int]:
    """The id that each new row's contact or address will have.

    On PostgreSQL the table's own sequence gives them. On SQLite they follow the highest, with
    the steps of the rows' own ids; nobody else can write before this transaction ends.
    """
    if db.engine.dialect.name == "postgresql":
        return func.nextval(func.pg_get_serial_sequence(table.name, "id"))
    first = select(func.min(ROWS.c.id)).where(_of(import_, Outcome.NEW)).scalar_subquery()
    highest = select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery()
    before = db.session.execute(select(highest - first + 1)).scalar_one()
    return ROWS.c.id + (before or 0)


def _insert(table: Table, values: dict[str, Any], import_: Import) -> Insert:
    """INSERT … SELECT of what the new rows give."""
    # Plain equality of columns: what both engines look up in a table of their own.
    code = func.coalesce(OFFICES.c.gemeente_code, "")
    at = (
        select(code.label("code"), OFFICES.c.function, func.min(OFFICES.c.id).label("id"))
        .group_by(code, OFFICES.c.function)
        .subquery("at")
    )
    same = at.c.code == func.coalesce(ROWS.c.gemeente_code, "")
    function = cast(at.c.function, String) == ROWS.c.after["function"].as_string()
    given = {"office_id": at.c.id} if "office_id" in table.c else {}
    rows = select(*(values | given).values()).select_from(ROWS).where(_of(import_, Outcome.NEW))
    if given:
        rows = rows.join(at, same & function)
    return insert(table).from_select([*values, *given], rows.order_by(ROWS.c.id))


def _contacts(now: datetime) -> dict[str, Any]:
    words = [field for field in differing.OF_CONTACT if field != "attributes"]
    return {
        "id": ROWS.c.contact_id,
        **{field: _word(field) for field in words},
        "attributes": _attributes(),
        "notes": literal(""),
        "search_key": search_keys.in_sql(_word(part) for part in search_keys.PARTS),
        "created_at": literal(now, UtcDateTime()),
        "changed_at": literal(now, UtcDateTime()),
    }


def _addresses(now: datetime) -> dict[str, Any]:
    email, basis = ROWS.c.after["email"].as_string(), ROWS.c.after["basis"].as_string()
    known = basis.is_not(None)
    return {
        "id": ROWS.c.address_id,
        "contact_id": ROWS.c.contact_id,
        "email": email,
        "address_key": func.lower(email),
        "basis": basis,
        "source": _word("source"),
        "basis_on": case((known, literal(dutch_date(now), Date())), else_=null()),
        "confirmed_at": case((known, literal(now, UtcDateTime())), else_=null()),
        "preferred": true(),
        "created_at": literal(now, UtcDateTime()),
    }


def _word(field: str) -> ColumnElement[str]:
    return func.coalesce(ROWS.c.after[field].as_string(), "")


def _attributes() -> ColumnElement[Any]:
    if db.engine.dialect.name == "postgresql":
        return func.coalesce(ROWS.c.after["attributes"], cast(literal_column("'{}'"), JSON))
    return func.coalesce(func.json_extract(ROWS.c.after, "$.attributes"), "{}")


def _doubt(rows: Sequence[Any], reason: str) -> None:
    if rows:
        here = ROWS.c.id.in_([row.id for row in rows])
        doubtful = update(ROWS).where(here).values(outcome=Outcome.DOUBTFUL, reason=reason)
        db.session.execute(doubtful)


def _parted(rows: Iterable[Any], is_apart: Callable[[Any], bool]) -> tuple[list[Any], list[Any]]:
    """The rows that stay, and those set apart."""
    parts: tuple[list[Any], list[Any]] = ([], [])
    for row in rows:
        parts[is_apart(row)].append(row)
    return parts


def _there(row: Any, known: Iterable[Known]) -> bool:
    """Whether someone added this very person since the list was shown."""
    name = Name(
        first_name=row.after.get("first_name", ""),
        initials=row.after.get("initials", ""),
        prefix=row.after.get("prefix", ""),
        last_name=row.after.get("last_name", ""),
    )
    return any(bool(name) == bool(k.name) and names.same(name, k.name) for k in known)


def _moved(row: Any, known: Known) -> bool:
    """Whether what was to change is no longer what it was when it was shown."""
    now = differing.as_it_is(known)
    was = row.before.get("email", row.after["email"]).lower()
    return (known.key, known.contact_id) != (was, row.contact_id) or any(
        any(now[field].get(key) != value for key, value in old.items())
        if field == "attributes"
        else now[field] != old
        for field, old in row.before.items()
    )


def _merged(known: Known, values: differing.Values) -> dict[str, Any]:
    """Attributes with the changed ones over them; None takes one away."""
    merged = known.attributes | values.get("attributes", {})
    return {key: value for key, value in merged.items() if value is not None}


def _office(row: Any) -> Key:
    return row.gemeente_code, Function(row.after["function"])


def _key(row: Any) -> str:
    key: str = row.after["email"].lower()
    return key
