"""Take over a list of addresses: first what it would change, line by line, then that.

What was shown is stored, and what was stored is what is applied, in one transaction. A line
whose contact changed in between becomes doubtful and is left alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.clock import dutch_date
from outreach.contacts import applying, batches, spreadsheets
from outreach.contacts.columns import recognise
from outreach.contacts.differing import Grounds
from outreach.contacts.lines import Reader
from outreach.contacts.models import (
    Basis,
    ContactList,
    Import,
    ImportRow,
    ImportState,
    Outcome,
    RegisterImport,
)
from outreach.contacts.planning import NO_BASIS, Planner
from outreach.db import db
from outreach.errors import Refused, Unknown

#: Called now and then with how many lines are done, of how many.
Progress = Callable[[int, int], None]


def plan(
    filename: str,
    data: bytes,
    *,
    by: Actor,
    now: datetime,
    sender_id: int | None = None,
    list_name: str = "",
    basis: Basis | None = None,
    source: str = "",
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Import:
    """Read a list and store what it would change; change nothing yet.

    :param list_name: the named list that its contacts come on
    :param basis: why its addresses may be mailed, where the list itself does not say
    :param mapping: column → field, for columns with a name of their own
    :raises Invalid: the file as a whole cannot be used
    """
    sheet = spreadsheets.read(filename, data)
    columns = recognise(sheet.header, mapping)
    list_name = spreadsheets.clean(list_name)
    _list_of(list_name, sender_id)
    import_ = Import(
        sender_id=sender_id,
        actor=by.key,
        filename=spreadsheets.clean(filename)[:200],
        list_name=list_name,
        basis=basis,
        source=spreadsheets.clean(source),
        columns=columns.as_shown(),
        read_at=now,
    )
    db.session.add(import_)
    db.session.flush()
    reader = Reader(columns, today=dutch_date(now))
    planner = Planner(import_.id, sender_id, Grounds(basis, import_.source), reader)
    planner.plan(sheet.rows, progress or _quiet)
    return import_


def apply(import_: Import, *, by: Actor, now: datetime, progress: Progress | None = None) -> Import:
    """Do what was shown; lines that no longer hold become doubtful.

    :raises Refused: it was applied or discarded before
    """
    move(import_, ImportState.SHOWN, ImportState.APPLIED, applied_at=now)
    if import_.list_name:
        import_.list_id = _ensure_list(import_, now).id
        db.session.flush()
    total = sum(_counts(import_).values())
    done = 0
    for rows in applied(import_, Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED):
        applying.apply(rows, import_, now)
        done += len(rows)
        (progress or _quiet)(done, total)
    db.session.expire_all()  # rows came and changed beside the session
    counts = _counts(import_)
    audit.record(
        "apply import",
        f"import:{import_.id}",
        by=by,
        now=now,
        sender_id=import_.sender_id,
        new=counts[Outcome.NEW],
        changed=counts[Outcome.CHANGED],
    )
    return import_


def find(import_id: int) -> Import:
    """An import by its number.

    :raises Unknown: there is none
    """
    found = db.session.get(Import, import_id)
    if found is None:
        raise Unknown(f"Er is geen ingelezen lijst met nummer {import_id}.")
    return found


def discard(import_: Import, *, by: Actor, now: datetime) -> Import:
    """Throw away what was shown; nothing was changed, nothing of the list is kept.

    :raises Refused: it was applied or discarded before
    """
    move(import_, ImportState.SHOWN, ImportState.DISCARDED)
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == import_.id))
    audit.record("discard import", f"import:{import_.id}", by=by, now=now)
    return import_


def summary(import_: Import) -> dict[str, Any]:
    """What an import does or did, in numbers, and the lines that a person must see."""
    counts = _counts(import_)
    without = select(func.count()).where(
        ImportRow.import_id == import_.id, ImportRow.reason.contains(NO_BASIS, autoescape=True)
    )
    return {
        "import_id": import_.id,
        "new": counts[Outcome.NEW],
        "changed": counts[Outcome.CHANGED],
        "unchanged": counts[Outcome.UNCHANGED],
        "doubtful": counts[Outcome.DOUBTFUL],
        "refused": _reasons(import_, Outcome.REFUSED),
        "doubts": _reasons(import_, Outcome.DOUBTFUL),
        "remarks": _reasons(import_, Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED),
        "without_basis": db.session.scalar(without) or 0,
    }


def move(
    import_: Import | RegisterImport,
    old: ImportState,
    new: ImportState,
    *,
    called: str = "Deze lijst",
    **values: Any,
) -> None:
    """Guarded: of two who press at once, one gets the sentence.

    :raises Refused: the import is in another state than `old`
    """
    model = type(import_)
    moved = db.session.scalar(
        update(model)
        .where(model.id == import_.id, model.state == old)
        .values(state=new, **values)
        .returning(model.id)
    )
    db.session.refresh(import_)
    if moved is None:
        was = {
            ImportState.APPLIED: "al overgenomen",
            ImportState.DISCARDED: "weggegooid",
            ImportState.UNDONE: "al ongedaan gemaakt",
        }
        raise Refused(f"{called} is {was.get(import_.state, 'nog niet overgenomen')}.")


def applied(import_: Import, *outcomes: Outcome) -> Iterator[Sequence[Row[Any]]]:
    """The rows of these kinds in the order they are written, some thousands at a time."""
    rows = select(
        ImportRow.id,
        ImportRow.line,
        ImportRow.outcome,
        ImportRow.gemeente_code,
        ImportRow.contact_id,
        ImportRow.address_id,
        ImportRow.before,
        ImportRow.after,
    ).where(ImportRow.import_id == import_.id, ImportRow.outcome.in_(outcomes))
    last = 0
    while batch := db.session.execute(
        rows.where(ImportRow.id > last).order_by(ImportRow.id).limit(batches.SIZE)
    ).all():
        yield batch
        last = batch[-1].id


def _list_of(name: str, sender_id: int | None) -> ContactList | None:
    """The list of that name, if there is one and it may be added to."""
    found = db.session.scalar(select(ContactList).where(ContactList.name == name))
    if found is not None and found.sender_id not in (None, sender_id):
        raise Refused(f"De lijst “{name}” is van een andere afzender. Kies een andere naam.")
    return found


def _ensure_list(import_: Import, now: datetime) -> ContactList:
    found = _list_of(import_.list_name, import_.sender_id)
    if found is None:
        found = ContactList(name=import_.list_name, sender_id=import_.sender_id, created_at=now)
        db.session.add(found)
        db.session.flush()
    return found


def _counts(import_: Import) -> dict[Outcome, int]:
    rows = db.session.execute(
        select(ImportRow.outcome, func.count())
        .where(ImportRow.import_id == import_.id)
        .group_by(ImportRow.outcome)
    )
    return dict.fromkeys(Outcome, 0) | dict(rows.all())


def _reasons(import_: Import, *outcomes: Outcome) -> list[dict[str, Any]]:
    """The lines with something to say; not that they lack a basis, which is a number."""
    rows = db.session.execute(
        select(ImportRow.line, ImportRow.reason)
        .where(
            ImportRow.import_id == import_.id,
            ImportRow.outcome.in_(outcomes),
            ImportRow.reason.not_in(["", NO_BASIS]),
        )
        .order_by(ImportRow.line)
    )
    return [{"line": line, "reason": reason} for line, reason in rows]


def _quiet(_done: int, _total: int) -> None:
    """Nobody watches."""
