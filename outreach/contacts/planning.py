"""What a list would change: every line read, recognised, compared and written down."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, func, insert, or_, select

from outreach.clock import dutch_date
from outreach.contacts import batches, differing, erased, names
from outreach.contacts.differing import Grounds
from outreach.contacts.lines import Line, Reader, Refusal
from outreach.contacts.matching import Match, at_addresses, match, namesakes
from outreach.contacts.models import ImportRow, Outcome, Suppression
from outreach.contacts.names import Name
from outreach.contacts.offices import Key
from outreach.contacts.suppression import keys_of
from outreach.db import db

NO_BASIS = "Waarom wij dit adres mogen mailen is niet bekend: er gaat geen brief heen."
MOST_AT_ONE_ADDRESS = 100
ENOUGH = 200  #: namesakes in one office that are compared
ROWS = cast(Table, ImportRow.__table__)


class Planner:
    """Writes down what each line of one list would do."""

    def __init__(
        self, import_id: int, sender_id: int | None, grounds: Grounds, reader: Reader
    ) -> None:
        self._import_id = import_id
        self._grounds = grounds
        self._reader = reader
        #: Who this list adds, by office and surname: the name and the line.
        self._added: dict[tuple[Key, str], list[tuple[Name, int]]] = {}
        self._suppressed = _suppressed(sender_id)
        self._erased = erased.book()

    def plan(
        self, rows: Sequence[tuple[int, list[str]]], progress: Callable[[int, int], None]
    ) -> None:
        """Write every line down. Those that share gemeente, rol and address go last, together."""
        repeated = self._repeated(rows)
        together: dict[tuple[Key, str], list[Line]] = {}
        done = 0
        for batch in batches.of(rows):
            alone: list[Line] = []
            for line in self._read(batch):
                identity = (line.office, line.key)
                if hash(identity) in repeated:
                    together.setdefault(identity, []).append(line)
                else:
                    alone.append(line)
            self._write([[line] for line in alone])
            done += len(batch)
            progress(done, len(rows))
        for groups in batches.of(together.values()):
            self._write(groups)

    def _repeated(self, rows: Iterable[tuple[int, list[str]]]) -> set[int]:
        """Hashes of what several lines are recognised by: numbers, to hold many in little."""
        seen: set[int] = set()
        repeated: set[int] = set()
        for _, cells in rows:
            identity = hash(self._reader.identity(cells))
            (repeated if identity in seen else seen).add(identity)
        return repeated

    def _read(self, rows: Iterable[tuple[int, list[str]]]) -> list[Line]:
        lines: list[Line] = []
        refused: list[dict[str, Any]] = []
        for number, cells in rows:
            try:
                if reason := self._erased.refusal_among(cells):  # and nothing of it is kept
                    refused.append(self._row(number, Outcome.REFUSED, reason, after={}))
                else:
                    lines.append(self._reader.read(number, cells))
            except Refusal as fault:
                after = {"cells": self._reader.as_read(cells)}
                refused.append(self._row(number, Outcome.REFUSED, str(fault), after=after))
        self._insert(refused)
        return lines

    def _write(self, groups: Sequence[Sequence[Line]]) -> None:
        lines = [line for group in groups for line in group]
        known = at_addresses(line.key for line in lines)
        matches: list[Match] = []
        for group in groups:
            there = known.get((group[0].office, group[0].key), ())
            matches += _crowd(group) if len(group) > MOST_AT_ONE_ADDRESS else match(group, there)
        self._doubt(matches)
        self._insert([self._outcome(found) for found in matches])

    def _doubt(self, matches: Iterable[Match]) -> None:
        """Someone new with the name of another in the same office may be that other."""
        new = [m for m in matches if m.outcome is Outcome.NEW and m.line.name.last_name]
        there = namesakes(m.line for m in new)
        for found in new:
            line = found.line
            earlier = self._added.setdefault((line.office, names.key(line.name)), [])
            others = [(name, f"met {email}") for name, email in there.get(line.office, ())]
            others += [(name, f"op regel {number}") for name, number in earlier]
            where = next((w for name, w in others[:ENOUGH] if names.same(name, line.name)), "")
            if where:
                found.outcome = Outcome.DOUBTFUL
                found.reason = (
                    f"{line.name.text} staat in deze functie al {where}."
                    " Is dit dezelfde, of een ander?"
                )
            else:
                earlier.append((line.name, line.number))

    def _outcome(self, found: Match) -> dict[str, Any]:
        line, known, outcome = found.line, found.known, found.outcome
        before: dict[str, Any] = {}
        after = differing.of_new(line, self._grounds)
        if known is not None and outcome is Outcome.UNCHANGED:
            before, after = differing.of_known(found, known, self._grounds)
            outcome = Outcome.CHANGED if before else Outcome.UNCHANGED
        if line.doubt and outcome is not Outcome.REFUSED:
            outcome, before = Outcome.DOUBTFUL, {}
        reasons = [line.doubt or found.reason]
        if outcome not in (Outcome.DOUBTFUL, Outcome.REFUSED):
            basis = "basis" in after or (known is not None and known.basis is not None)
            no_mail = (self._suppressed.get(key) for key in keys_of(line.key, line.office[0]))
            reasons += [line.remark, next(filter(None, no_mail), ""), "" if basis else NO_BASIS]
        return self._row(
            line.number,
            outcome,
            " ".join(reason for reason in reasons if reason),
            gemeente_code=line.office[0],
            contact_id=known.contact_id if known else None,
            address_id=known.address_id if known else None,
            before=before,
            after=after,
        )

    def _row(self, line: int, outcome: Outcome, reason: str, **values: Any) -> dict[str, Any]:
        return {
            "import_id": self._import_id,
            "line": line,
            "outcome": outcome,
            "reason": reason,
            "gemeente_code": None,
            "contact_id": None,
            "address_id": None,
            "before": {},
            **values,
        }

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            db.session.connection().execute(insert(ROWS), rows)


def _crowd(group: Sequence[Line]) -> list[Match]:
    reason = f"Meer dan {MOST_AT_ONE_ADDRESS} regels hebben dit adres in deze functie."
    return [Match(line, Outcome.REFUSED, reason=reason) for line in group]


def _suppressed(sender_id: int | None) -> dict[str, str]:
    """What to say of every address, domain and gemeente on the geen-postlijst."""
    rows = db.session.execute(
        select(Suppression.address_key, func.min(Suppression.since))
        .where(
            Suppression.lifted_at.is_(None),
            or_(Suppression.sender_id.is_(None), Suppression.sender_id == sender_id),
        )
        .group_by(Suppression.address_key)
    )
    return {
        key: f"{_subject(key)} op de geen-postlijst sinds {_day(since)}: krijgt geen post."
        for key, since in rows
    }


def _subject(key: str) -> str:
    if key.startswith("@"):
        return f"Iedereen op {key[1:]} staat"
    return "Staat" if "@" in key else "De gemeente staat"


def _day(moment: datetime) -> str:
    day = dutch_date(moment)
    return f"{day.day}-{day.month}-{day.year}"
