"""What a list would change: every line read, recognised, compared and written down."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, func, or_, select

from outreach.clock import dutch_date
from outreach.contacts import batches, differing, erased, names
from outreach.contacts.differing import Grounds
from outreach.contacts.lines import Line, Reader, Refusal
from outreach.contacts.matching import (
    ADDRESSES,
    Choice,
    Match,
    another_address,
    at_addresses,
    match,
    namesakes,
    someone_else,
)
from outreach.contacts.models import ImportRow, Outcome, Suppression
from outreach.contacts.names import Name
from outreach.contacts.offices import Key
from outreach.contacts.spreadsheets import Rows
from outreach.contacts.suppression import keys_of
from outreach.db import db

NO_BASIS = "Waarom wij dit adres mogen mailen is niet bekend: er gaat geen brief heen."
MOST_AT_ONE_ADDRESS = 100
ENOUGH = 200  #: namesakes in one office that are compared
ROWS = cast(Table, ImportRow.__table__)
#: What a row is written as, and in which order.
COLUMNS = (
    "import_id",
    "line",
    "outcome",
    "reason",
    "gemeente_code",
    "contact_id",
    "address_id",
    "before",
    "after",
    "choices",
    "chosen",
    "question",
)
#: What a choice of a doubtful line decides.
DECIDED = ("outcome", "reason", "gemeente_code", "contact_id", "address_id", "before", "after")

Row = tuple[Any, ...]
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Planner:
    """Writes down what each line of one list would do."""

    def __init__(
        self, import_id: int, sender_id: int | None, grounds: Grounds, reader: Reader
    ) -> None:
        self._import_id = import_id
        self._grounds = grounds
        self._reader = reader
        #: Who this list adds, by a hash of office and surname: the first line, and the others.
        self._added: dict[int, int] = {}
        self._added_too: dict[int, list[int]] = {}
        self._rows = Rows()
        self._names: dict[int, Name] = {}  # of those lines that share office and surname
        self._suppressed = _suppressed(sender_id)
        self._erased = erased.book()
        self._alone = db.session.scalar(select(ADDRESSES.c.id).limit(1)) is None

    def plan(self, rows: Rows, progress: Callable[[int, int], None]) -> None:
        """Write every line down. Those that share gemeente, rol and address go last, together."""
        self._rows = rows
        repeated = self._repeated(rows)
        self._reader.begin()
        together: dict[tuple[Key, str], list[Line]] = {}
        done = 0
        for batch in batches.of(rows):
            alone: list[Line] = []
            for line in self._read(batch):
                identity = (line.office, line.key)
                if repeated and hash(identity) in repeated and not line.variants:
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
        identity = self._reader.identity
        for _, cells in rows:
            found = identity(cells)
            if found is not None:
                known = hash(found)
                (repeated if known in seen else seen).add(known)
        return repeated

    def _read(self, rows: Iterable[tuple[int, list[str]]]) -> list[Line]:
        lines: list[Line] = []
        refused: list[Row] = []
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
        asked = [variant.line for line in lines for variant in line.variants]
        known = {} if self._alone else at_addresses(line.key for line in (*lines, *asked))
        matches: list[Match] = []
        for group in groups:
            there = known.get((group[0].office, group[0].key), ())
            if len(group) > MOST_AT_ONE_ADDRESS:
                matches += _crowd(group)
            elif len(group) == 1 and (not there or group[0].variants):
                matches.append(Match(group[0], Outcome.NEW))
            else:
                matches += match(group, there)
        certain = [found for found in matches if not found.line.variants]
        self._doubt(certain, adds=True)
        meant = {id(line): match([line], known.get((line.office, line.key), ())) for line in asked}
        self._doubt([found for group in meant.values() for found in group], adds=False)
        self._insert([self._outcome(found, meant) for found in matches])

    def _doubt(self, matches: Iterable[Match], *, adds: bool) -> None:
        """Someone new with the name of another in the same office may be that other.

        :param adds: what is new here is someone whom later lines may name again
        """
        new = [m for m in matches if m.outcome is Outcome.NEW and m.line.name.last_name]
        there = {} if self._alone else namesakes(m.line for m in new)
        for found in new:
            line = found.line
            name = line.name
            other = next(
                (k for k in there.get(line.office, ())[:ENOUGH] if names.same(k.name, name)), None
            )
            if other is not None:
                self._ask(found, f"met {other.email}", another_address(line, other))
                continue
            key = hash((line.office, names.key(name)))
            if key not in self._added:
                if adds:
                    self._added[key] = line.number
            elif number := self._namesake(key, name):
                self._ask(found, f"op regel {number}", [someone_else(line)])
            elif adds:
                self._added_too.setdefault(key, []).append(line.number)

    def _namesake(self, key: int, name: Name) -> int:
        """The earlier line that adds someone of this name, or 0."""
        earlier: list[int] = [self._added[key], *self._added_too.get(key, ())[:ENOUGH]]
        for number in earlier:
            if number not in self._names:
                self._names[number] = self._reader.name(self._rows.at(number))
            if names.same(self._names[number], name):
                return number
        return 0

    def _ask(self, found: Match, where: str, choices: list[Choice]) -> None:
        found.outcome = Outcome.DOUBTFUL
        found.reason = (
            f"{found.line.name.text} staat in deze functie al {where}."
            " Is dit dezelfde, of een ander?"
        )
        found.choices = choices

    def _outcome(self, found: Match, meant: Mapping[int, list[Match]]) -> Row:
        line = found.line
        if line.variants:
            choices = [
                choice
                for variant in line.variants
                for choice in _flat(variant.key, variant.label, meant[id(variant.line)])
            ]
            return self._doubtful(line, None, line.doubt, choices)
        if found.outcome is Outcome.DOUBTFUL or (line.doubt and found.outcome is Outcome.NEW):
            return self._doubtful(line, found, line.doubt or found.reason, found.choices)
        return self._row(line.number, **self._decided(found))

    def _doubtful(
        self, line: Line, found: Match | None, reason: str, choices: Sequence[Choice]
    ) -> Row:
        """A line that waits, with what it would do for each thing that a person can say."""
        waiting: dict[str, Any] = {
            "outcome": Outcome.DOUBTFUL,
            "reason": reason,
            "gemeente_code": line.office[0],
            "contact_id": found.known.contact_id if found and found.known else None,
            "address_id": found.known.address_id if found and found.known else None,
            "before": {},
            "after": differing.of_new(line, self._grounds),
        }
        offered = [
            {"key": choice.key, "label": choice.label, **self._decided(choice.match)}
            for choice in choices
        ]
        if offered:  # the way back stands among them
            offered.append({"key": "", "label": "laat wachten", **waiting})
        return self._row(line.number, choices=offered, question=line.question, **waiting)

    def _decided(self, found: Match) -> dict[str, Any]:
        """What a line does of which nothing is doubtful any more, as a row keeps it."""
        line, known, outcome = found.line, found.known, found.outcome
        before: dict[str, Any] = {}
        if known is None:
            after = differing.of_new(line, self._grounds)
            basis = "basis" in after
        else:
            before, after = differing.of_known(found, known, self._grounds)
            outcome = Outcome.CHANGED if before else Outcome.UNCHANGED
            basis = bool(after.get("basis")) or (known.basis is not None and "email" not in before)
        reason = found.reason
        if outcome is not Outcome.REFUSED:
            keys = keys_of(line.key, line.office[0]) if self._suppressed else ()
            no_mail = next(filter(None, map(self._suppressed.get, keys)), "")
            said = (reason, line.remark, no_mail)
            reason = " ".join(filter(None, (*said, "" if basis else NO_BASIS)))
        return {
            "outcome": outcome,
            "reason": reason,
            "gemeente_code": line.office[0],
            "contact_id": known.contact_id if known else None,
            "address_id": known.address_id if known else None,
            "before": before,
            "after": after,
        }

    def _row(
        self,
        line: int,
        outcome: Outcome,
        reason: str,
        *,
        after: dict[str, Any],
        before: dict[str, Any] | None = None,
        gemeente_code: str | None = None,
        contact_id: int | None = None,
        address_id: int | None = None,
        choices: list[Any] | None = None,
        question: str = "",
    ) -> Row:
        """In the order of COLUMNS."""
        return (
            self._import_id,
            line,
            outcome.value,
            reason,
            gemeente_code,
            contact_id,
            address_id,
            _as_json(before) if before else "{}",
            _as_json(after),
            _as_json(choices) if choices else "[]",
            "",
            question,
        )

    def _insert(self, rows: Sequence[Row]) -> None:
        batches.insert(ROWS, COLUMNS, rows)


def _flat(key: str, label: str, meant: Sequence[Match]) -> list[Choice]:
    """A choice, or when that leaves another, one for each of both."""
    found: list[Choice] = []
    for one in meant:
        if one.outcome is Outcome.DOUBTFUL:
            found += [
                Choice(f"{key}+{more.key}", f"{label}: {more.label}", more.match)
                for more in one.choices
            ]
        else:
            found.append(Choice(key, label, one))
    return found


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
