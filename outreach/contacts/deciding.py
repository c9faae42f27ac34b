"""What a person says of the lines of a list that was read, before it is taken over.

A doubtful line holds what it would do for each answer (`ImportRow.choices`), worked out when
it was shown. Choosing one puts that in the row, so what is shown stays what is applied; the
way back stands among them. A line can also be left out, and taken after all.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, func, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import batches, names
from outreach.contacts.models import Import, ImportRow, ImportState, Outcome
from outreach.contacts.names import Name
from outreach.contacts.planning import DECIDED
from outreach.db import db
from outreach.errors import Invalid, Refused

ROWS: Table = ImportRow.__table__  # type: ignore[assignment]
#: What can be left out: what would otherwise be done, or waits.
LEAVABLE = (Outcome.NEW, Outcome.CHANGED, Outcome.DOUBTFUL)


def choose(import_: Import, chosen: Mapping[int, str], *, by: Actor, now: datetime) -> int:
    """Say what doubtful lines are; return how many that changes.

    A line that thereby says the same as another of the list is refused and names that one.

    :param chosen: row → the key of one of its choices; "" lets it wait
    :raises Refused: the list is no longer a trial
    :raises Invalid: a row has no such choice
    """
    _hold(import_)
    changed = 0
    for ids in batches.of(sorted(chosen)):
        rows = _rows(ROWS.c.id.in_(ids), import_)
        changed += _decide(import_, [(row, chosen[row.id]) for row in rows])
    if changed:
        _record("choose import rows", import_, changed, by, now)
    return changed


def choose_alike(import_: Import, row_id: int, key: str, *, by: Actor, now: datetime) -> int:
    """Say it of all lines with the same doubt as this one; return how many that changes."""
    question = select(ROWS.c.question).where(ROWS.c.id == row_id).scalar_subquery()
    same = (ROWS.c.question == question) & (ROWS.c.question != "")
    ids = select(ROWS.c.id).where(ROWS.c.import_id == import_.id, same)
    alike = dict.fromkeys(db.session.scalars(ids), key)
    return choose(import_, alike | {row_id: key}, by=by, now=now)


def leave(import_: Import, rows: Collection[int] | Outcome, *, by: Actor, now: datetime) -> int:
    """Leave lines out, these or all of one outcome; return how many."""
    _hold(import_)
    left = _changed(
        update(ROWS)
        .where(_these(import_, rows), ROWS.c.outcome.in_(LEAVABLE))
        .values(was=ROWS.c.outcome, outcome=Outcome.LEFT)
    )
    if left:
        _record("leave import rows", import_, left, by, now)
    return left


def take(import_: Import, rows: Collection[int] | Outcome, *, by: Actor, now: datetime) -> int:
    """Take lines after all that were left out, these or all that had this outcome."""
    _hold(import_)
    here = (
        (ROWS.c.import_id == import_.id) & (ROWS.c.was == rows)
        if isinstance(rows, Outcome)
        else _these(import_, rows)
    )
    taken = _changed(
        update(ROWS)
        .where(here, ROWS.c.outcome == Outcome.LEFT)
        .values(outcome=ROWS.c.was, was=None)
    )
    if taken:
        _record("take import rows", import_, taken, by, now)
    return taken


def _hold(import_: Import) -> None:
    """Whoever takes the list over meanwhile waits, or was first.

    :raises Refused: it is no longer a trial
    """
    held = db.session.scalar(
        update(Import)
        .where(Import.id == import_.id, Import.state == ImportState.SHOWN)
        .values(state=ImportState.SHOWN)
        .returning(Import.id)
    )
    if held is None:
        raise Refused("Deze lijst is al overgenomen of weggegooid. Er is niets meer te kiezen.")


def _these(import_: Import, rows: Collection[int] | Outcome) -> ColumnElement[bool]:
    ours = ROWS.c.import_id == import_.id
    if isinstance(rows, Outcome):
        return ours & (ROWS.c.outcome == rows)
    return ours & ROWS.c.id.in_(sorted(rows))


def _rows(condition: ColumnElement[bool], import_: Import) -> Sequence[Any]:
    return db.session.execute(
        select(
            ROWS.c.id, ROWS.c.line, ROWS.c.outcome, ROWS.c.choices, ROWS.c.chosen, ROWS.c.question
        )
        .where(condition, ROWS.c.import_id == import_.id)
        .order_by(ROWS.c.id)
    ).all()


def _decide(import_: Import, chosen: Sequence[tuple[Any, str]]) -> int:
    values = []
    for row, key in chosen:
        stays = row.chosen == key and row.outcome is not Outcome.LEFT
        if stays or not row.choices:
            continue
        choice = next((one for one in row.choices if one["key"] == key), None)
        if choice is None:
            raise Invalid(f"Regel {row.line} kent die keuze niet.")
        values.append({"at": row.id, "key": key} | {name: choice[name] for name in DECIDED})
    if not values:
        return 0
    _refuse_doubles(import_, values)
    db.session.connection().execute(
        update(ROWS)
        .where(ROWS.c.id == bindparam("at"))
        .values(
            chosen=bindparam("key"),
            was=None,
            **{name: bindparam(f"to_{name}", type_=ROWS.c[name].type) for name in DECIDED},
        ),
        [
            {"at": one["at"], "key": one["key"]}
            | {f"to_{name}": _typed(name, one[name]) for name in DECIDED}
            for one in values
        ],
    )
    return len(values)


def _refuse_doubles(import_: Import, values: Sequence[dict[str, Any]]) -> None:
    """Two lines of a list that say the same of the same are one."""
    ours = {one["at"] for one in values}
    emails = sorted({one["after"]["email"].lower() for one in values if one["key"]})
    email = func.lower(ROWS.c.after["email"].as_string())
    there = db.session.execute(
        select(ROWS.c.line, ROWS.c.gemeente_code, ROWS.c.address_id, ROWS.c.after)
        .where(
            ROWS.c.import_id == import_.id,
            ROWS.c.outcome.in_((Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)),
            ROWS.c.id.not_in(sorted(ours)),
            email.in_(emails),
        )
        .order_by(ROWS.c.line)
    ).all()
    lines = dict(
        db.session.execute(select(ROWS.c.id, ROWS.c.line).where(ROWS.c.id.in_(sorted(ours)))).all()
    )
    said = [(row.line, _identity(row._asdict())) for row in there]
    for one in values:
        if one["outcome"] not in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED):
            continue
        identity = _identity(one)
        first = next((line for line, other in said if _same(identity, other)), None)
        if first is None:
            said.append((lines[one["at"]], identity))
        else:
            one["outcome"] = Outcome.REFUSED
            one["reason"] = f"Dubbel: zelfde gemeente, rol en adres als regel {first}."


def _identity(values: Mapping[str, Any]) -> tuple[Any, Any, Name]:
    after = values["after"]
    name = Name(
        first_name=after.get("first_name", ""),
        initials=after.get("initials", ""),
        prefix=after.get("prefix", ""),
        last_name=after.get("last_name", ""),
    )
    office = values["gemeente_code"], after["function"], after["email"].lower()
    return office, values["address_id"], name


def _same(one: tuple[Any, Any, Name], other: tuple[Any, Any, Name]) -> bool:
    same_contact = one[1] is not None and one[1] == other[1]
    same_person = bool(one[2]) == bool(other[2]) and names.same(one[2], other[2])
    return same_contact or (one[0] == other[0] and same_person)


def _typed(name: str, value: Any) -> Any:
    return Outcome(value) if name == "outcome" else value


def _changed(statement: Any) -> int:
    changed = db.session.execute(
        statement.returning(ROWS.c.id).execution_options(synchronize_session=False)
    ).all()
    db.session.expire_all()
    return len(changed)


def _record(act: str, import_: Import, count: int, by: Actor, now: datetime) -> None:
    db.session.expire_all()
    audit.record(
        act, f"import:{import_.id}", by=by, now=now, sender_id=import_.sender_id, rows=count
    )
