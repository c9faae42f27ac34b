"""Take the government's register over: first what it would change, then exactly that.

What was shown is stored, and what was stored is what is applied, in one transaction. A row
whose gemeente or contact changed in between becomes doubtful and is left alone.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from sqlalchemy import delete, func, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.clock import dutch_date
from outreach.contacts import (
    gemeenten,
    importing,
    register_facts,
    register_file,
    register_gemeenten,
    register_people,
    succession,
)
from outreach.contacts.models import (
    Function,
    Gemeente,
    ImportState,
    Outcome,
    RegisterImport,
    RegisterKind,
    RegisterRow,
)
from outreach.contacts.register_facts import Facts
from outreach.contacts.spreadsheets import clean
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown

NOT_CHOSEN = "Niet gekozen: deze functie nam u niet over."
EMPTY = "In dit bestand staat geen enkele gemeente. Haal exportOO_gemeenten.xml op."
#: The order in which people are shown and asked for.
FUNCTIONS = (
    Function.GRIFFIER,
    Function.PLV_GRIFFIER,
    Function.BURGEMEESTER,
    Function.SECRETARIS,
    Function.WETHOUDER,
    Function.RAADSLID,
)
_KINDS = list(RegisterKind)

#: Called now and then with how many gemeenten are done.
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Kept:
    """A row that was not, or not wholly, taken back."""

    subject: str
    reason: str


@dataclass(frozen=True)
class Undone:
    reversed: int
    kept: list[Kept]


def plan(
    filename: str,
    stream: BinaryIO,
    *,
    by: Actor,
    now: datetime,
    successors: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> RegisterImport:
    """Read an export and store what it would change; change nothing yet.

    :param successors: gemeente → gemeente it went into, where the register does not say
    :raises RegisterFault: the file is no whole export
    :raises Invalid: a gemeente in `successors` that nobody knows
    """
    export = register_file.open_export(stream)
    today = dutch_date(now)
    import_ = RegisterImport(
        actor=by.key,
        filename=clean(filename)[:200],
        version=export.version,
        stamped=min(export.stamped or today, today),
        read_at=now,
    )
    db.session.add(import_)
    db.session.flush()
    chosen = {find_code(old): find_code(new) for old, new in (successors or {}).items()}
    planner = _Planner(import_, chosen, today)
    for node in export.organisations:
        facts = register_facts.read(node)
        if facts is not None:
            planner.take(facts)
            if progress is not None:
                progress(import_.gemeenten)
    if not import_.gemeenten:
        raise Invalid(EMPTY)
    planner.end()
    if missing := sorted(chosen.keys() - planner.seen):
        raise Invalid(f"{missing[0]} staat niet in dit bestand; een opvolger kan er niet bij.")
    db.session.flush()
    return import_


def find_code(text: str) -> str:
    """The code that is meant; also of a gemeente that only this register knows.

    :raises UnknownGemeente: no gemeente has this name or code
    """
    text = text.strip().upper() if text.strip().upper().startswith("GM") else text
    if len(text) == 6 and text.startswith("GM") and text[2:].isdecimal():
        return text
    return gemeenten.find(text).code


def choose_successor(
    import_: RegisterImport, code: str, successor: str, *, now: datetime
) -> RegisterImport:
    """Say what an ended gemeente went into, where the register does not; still changing nothing.

    :raises Refused: the register was applied or discarded, or knows no such end
    """
    row = db.session.scalar(
        _rows(import_, RegisterKind.GEMEENTE).where(RegisterRow.gemeente_code == code)
    )
    gemeente = db.session.get(Gemeente, code)
    if import_.state is not ImportState.SHOWN or row is None or gemeente is None:
        raise Refused("Deze proef is al overgenomen of weggegooid. Lees het register opnieuw in.")
    new = gemeenten.find(successor).code
    if new == code:
        raise Invalid("Een gemeente kan niet in zichzelf opgaan. Kies een andere.")
    planner = _Planner(import_, {}, dutch_date(now))
    db.session.execute(
        delete(RegisterRow).where(
            RegisterRow.import_id == import_.id,
            RegisterRow.kind == RegisterKind.SUCCESSION,
            RegisterRow.gemeente_code == code,
        )
    )
    planner.succeed(row, gemeente, new)
    db.session.flush()
    return import_


def apply(
    import_: RegisterImport,
    *,
    by: Actor,
    now: datetime,
    functions: Collection[Function] = FUNCTIONS,
) -> RegisterImport:
    """Do what was shown; rows that no longer hold become doubtful.

    :param functions: of whom the people are taken over
    :raises Refused: it was applied or discarded before
    """
    _move(import_, ImportState.SHOWN, ImportState.APPLIED, applied_at=now)
    for row in _open_rows(import_, Outcome.NEW, Outcome.CHANGED):
        if row.kind is RegisterKind.PERSON and row.function not in functions:
            row.outcome, row.reason = Outcome.UNCHANGED, NOT_CHOSEN
        elif reason := _apply(row, import_, now):
            row.outcome, row.reason = Outcome.DOUBTFUL, reason
    db.session.flush()
    audit.record(
        "apply register",
        f"register:{import_.id}",
        by=by,
        now=now,
        **{kind.value: _taken(import_, kind) for kind in _KINDS},  # type: ignore[arg-type]
    )
    return import_


def discard(import_: RegisterImport, *, by: Actor, now: datetime) -> RegisterImport:
    """Throw away what was shown; nothing was changed, nothing of the file is kept.

    :raises Refused: it was applied or discarded before
    """
    _move(import_, ImportState.SHOWN, ImportState.DISCARDED)
    db.session.execute(delete(RegisterRow).where(RegisterRow.import_id == import_.id))
    audit.record("discard register", f"register:{import_.id}", by=by, now=now)
    return import_


def undo(import_: RegisterImport, *, by: Actor, now: datetime) -> Undone:
    """Take back what still stands as it was written; the rest is listed and left alone.

    :raises Refused: it was never applied, or was taken back before
    """
    _move(import_, ImportState.APPLIED, ImportState.UNDONE, undone_at=now)
    kept, reversed_ = [], 0
    rows = list(_open_rows(import_, Outcome.NEW, Outcome.CHANGED))
    for row in reversed(rows):  # people before their gemeente
        left = _undo(row, import_.applied_at or now, now)
        if left:
            kept.append(Kept(row.subject, left))
            row.reason = left
        else:
            reversed_ += 1
    db.session.flush()
    subject = f"register:{import_.id}"
    audit.record("undo register", subject, by=by, now=now, reversed=reversed_, kept=len(kept))
    return Undone(reversed_, kept[::-1])


def find(import_id: int) -> RegisterImport:
    """
    :raises Unknown: there is none
    """
    found = db.session.get(RegisterImport, import_id)
    if found is None:
        raise Unknown(f"Er is geen ingelezen register met nummer {import_id}.")
    return found


def counts_of(import_: RegisterImport, kind: RegisterKind) -> dict[Outcome, int]:
    """How many rows of a kind there are; every outcome is there."""
    found = db.session.execute(
        select(RegisterRow.outcome, func.count())
        .where(RegisterRow.import_id == import_.id, RegisterRow.kind == kind)
        .group_by(RegisterRow.outcome)
    )
    return dict.fromkeys(Outcome, 0) | dict(found.all())


def fields(import_: RegisterImport) -> dict[str, int]:
    """Of how many gemeenten each fact changes, in Dutch: {"website": 17}."""
    changed = _rows(import_, RegisterKind.GEMEENTE, Outcome.CHANGED)
    words = register_gemeenten.WORDS
    found = Counter(
        words[name] for row in db.session.scalars(changed) for name in row.after if name in words
    )
    return dict(found.most_common())


def rows(
    import_: RegisterImport, kind: RegisterKind, outcome: Outcome, *, limit: int | None = None
) -> list[RegisterRow]:
    """Rows of one kind, in the order of the file."""
    return list(db.session.scalars(_rows(import_, kind, outcome).limit(limit)))


def remarks(import_: RegisterImport) -> list[RegisterRow]:
    """Rows of gemeenten with something to say that is no change."""
    found = _rows(import_, RegisterKind.GEMEENTE).where(
        RegisterRow.reason != "", RegisterRow.outcome.in_([Outcome.CHANGED, Outcome.UNCHANGED])
    )
    return list(db.session.scalars(found))


def by_function(import_: RegisterImport) -> dict[Function, int]:
    """How many people of each function are new or change."""
    found = db.session.execute(
        select(RegisterRow.function, func.count())
        .where(
            RegisterRow.import_id == import_.id,
            RegisterRow.kind == RegisterKind.PERSON,
            RegisterRow.outcome.in_([Outcome.NEW, Outcome.CHANGED]),
        )
        .group_by(RegisterRow.function)
    )
    counts = {function: count for function, count in found if function is not None}
    return {function: counts[function] for function in FUNCTIONS if function in counts}


def summary(import_: RegisterImport) -> dict[str, Any]:
    """What a register does or did, in numbers, and the rows that a person must see."""
    kinds = {kind: counts_of(import_, kind) for kind in _KINDS}
    total = {outcome: sum(counts[outcome] for counts in kinds.values()) for outcome in Outcome}
    return {
        "import_id": import_.id,
        "version": import_.version,
        "date": import_.stamped.isoformat(),
        "read": import_.gemeenten,
        "new": total[Outcome.NEW],
        "changed": total[Outcome.CHANGED],
        "unchanged": total[Outcome.UNCHANGED],
        "doubtful": total[Outcome.DOUBTFUL],
        "refused": _reasons(import_, Outcome.REFUSED),
        "doubts": _reasons(import_, Outcome.DOUBTFUL),
        "gemeenten": _plain(kinds[RegisterKind.GEMEENTE])
        | {"ended": len(ended(import_)), "fields": fields(import_)},
        "persons": _plain(kinds[RegisterKind.PERSON])
        | {"functions": {f.value: count for f, count in by_function(import_).items()}},
        "moved": kinds[RegisterKind.SUCCESSION][Outcome.CHANGED],
        "remarks": [
            {"gemeente": row.gemeente_code, "name": row.subject, "reason": row.reason}
            for row in remarks(import_)
        ],
    }


def ended(import_: RegisterImport) -> list[RegisterRow]:
    """Rows of gemeenten that this register ends."""
    changed = rows(import_, RegisterKind.GEMEENTE, Outcome.CHANGED)
    return [row for row in changed if "valid_until" in row.after]


def without_successor(import_: RegisterImport) -> list[RegisterRow]:
    """Rows of gemeenten that end, of which nobody said what they went into."""
    return [row for row in remarks(import_) if register_gemeenten.NO_SUCCESSOR in row.reason]


class _Planner:
    """Writes down what each gemeente of one export would change."""

    def __init__(self, import_: RegisterImport, successors: Mapping[str, str], today: date) -> None:
        self._import = import_
        self._successors = successors
        self._today = today
        self._newest = not db.session.scalar(
            select(RegisterImport.id)
            .where(
                RegisterImport.state == ImportState.APPLIED,
                RegisterImport.stamped > import_.stamped,
            )
            .limit(1)
        )
        self.seen: set[str] = set()
        self._moved: set[str] = set()  #: gemeenten whose people were put down to go

    def take(self, facts: Facts) -> None:
        facts.successor = self._successors.get(facts.code, facts.successor)
        row = register_gemeenten.plan(facts, today=self._today)
        code = row.gemeente_code or ""
        if code and code in self.seen:
            return  # the same organisation twice in one file
        self.seen.add(code)
        self._import.gemeenten += 1
        self._add([row])
        if row.outcome is Outcome.REFUSED or row.reason == register_gemeenten.PAST:
            return
        known = db.session.get(Gemeente, code)
        ends = facts.valid_until or (known.valid_until if known else None)
        if known is not None and ends is not None and ends <= self._today:
            successor = facts.successor or known.successor_code
            if successor:
                self._put_down(known, successor, ends)
        else:
            self._add(
                register_people.plan(
                    facts, stamped=self._import.stamped, today=self._today, newest=self._newest
                )
            )
        db.session.flush()

    def succeed(self, row: RegisterRow, gemeente: Gemeente, successor: str) -> None:
        """Put down a successor that a person chose."""
        before = {"successor_code": gemeente.successor_code}
        row.before, row.after = row.before | before, row.after | {"successor_code": successor}
        row.outcome = Outcome.CHANGED
        row.reason = row.reason.replace(register_gemeenten.NO_SUCCESSOR, "").strip()
        ends = date.fromisoformat(row.after["valid_until"]) if "valid_until" in row.after else None
        ends = ends or gemeente.valid_until
        if ends is not None and ends <= self._today:
            self._put_down(gemeente, successor, ends)

    def end(self) -> None:
        """Gemeenten that ended in the meantime by what we knew already, with or without this."""
        for gemeente in succession.due(today=self._today):
            if gemeente.code not in self._moved and gemeente.valid_until:
                self._put_down(gemeente, gemeente.successor_code or "", gemeente.valid_until)

    def _put_down(self, gemeente: Gemeente, successor: str, ends: date) -> None:
        self._moved.add(gemeente.code)
        self._add(succession.plan(gemeente, successor, ends))

    def _add(self, found: Iterable[RegisterRow]) -> None:
        for row in found:
            row.import_id = self._import.id
            db.session.add(row)


def _apply(row: RegisterRow, import_: RegisterImport, now: datetime) -> str:
    """Write one row; return why not, if it no longer holds."""
    if row.kind is RegisterKind.SUCCESSION:
        return succession.apply(row, now=now)
    if row.kind is RegisterKind.PERSON:
        write = register_people.add if row.outcome is Outcome.NEW else register_people.change
        return write(row, stamped=import_.stamped, now=now)
    if row.outcome is Outcome.NEW:
        return register_gemeenten.add(row, _predecessors(import_, row.gemeente_code or ""))
    return register_gemeenten.change(row)


def _undo(row: RegisterRow, applied_at: datetime, now: datetime) -> str:
    """Take one row back; return in Dutch what stays, if anything does."""
    if row.kind is RegisterKind.SUCCESSION:
        return succession.undo(row, applied_at=applied_at, now=now)
    if row.outcome is Outcome.NEW:
        if row.kind is RegisterKind.PERSON:
            return register_people.remove(row, applied_at=applied_at)
        return register_gemeenten.remove(row)
    if row.kind is RegisterKind.PERSON:
        left = register_people.restore(row, applied_at=applied_at, now=now)
    else:
        left = register_gemeenten.restore(row)
    return f"Is daarna gewijzigd en blijft staan: {', '.join(left)}." if left else ""


def _predecessors(import_: RegisterImport, code: str) -> list[Gemeente]:
    """The gemeenten that went into this one by this register."""
    codes = [
        row.gemeente_code
        for row in rows(import_, RegisterKind.GEMEENTE, Outcome.CHANGED)
        if row.after.get("successor_code") == code
    ]
    return list(db.session.scalars(select(Gemeente).where(Gemeente.code.in_(codes))))


def _open_rows(import_: RegisterImport, *outcomes: Outcome) -> Iterator[RegisterRow]:
    """New gemeenten first, then what changes of the others, then people, then who moves."""
    for kind in _KINDS:
        for outcome in outcomes:
            yield from rows(import_, kind, outcome)


def _rows(import_: RegisterImport, kind: RegisterKind, *outcomes: Outcome) -> Any:
    found = select(RegisterRow).where(RegisterRow.import_id == import_.id, RegisterRow.kind == kind)
    if outcomes:
        found = found.where(RegisterRow.outcome.in_(outcomes))
    return found.order_by(RegisterRow.id)


def _taken(import_: RegisterImport, kind: RegisterKind) -> int:
    counts = counts_of(import_, kind)
    return counts[Outcome.NEW] + counts[Outcome.CHANGED]


def _reasons(import_: RegisterImport, outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"gemeente": row.gemeente_code, "name": row.subject, "reason": row.reason}
        for kind in _KINDS
        for row in rows(import_, kind, outcome)
    ]


def _plain(counts: Mapping[Outcome, int]) -> dict[str, Any]:
    return {outcome.value: count for outcome, count in counts.items()}


def _move(import_: RegisterImport, old: ImportState, new: ImportState, **values: Any) -> None:
    importing.move(import_, old, new, called="Dit register", **values)
