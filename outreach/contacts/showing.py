"""A list that was read, line by line as a person looks at it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from outreach.contacts import wording
from outreach.contacts.differing import NAME
from outreach.contacts.models import (
    Basis,
    FormOfAddress,
    Function,
    Gemeente,
    Import,
    ImportRow,
    Outcome,
)
from outreach.db import db

#: Shown at once; more on request.
FIRST = 25
_QUIET = (*NAME, "attributes", "basis_on", "confirmed_at", "function", "email")


@dataclass(frozen=True)
class Change:
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Shown:
    """One line."""

    line: int
    reason: str
    gemeente: Gemeente | None
    name: str
    function: str
    email: str
    changes: list[Change] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)  #: as they stood, of a refused line


def counts(import_: Import) -> dict[Outcome, int]:
    """How many lines there are of each kind; every kind is there."""
    rows = db.session.execute(
        select(ImportRow.outcome, func.count())
        .where(ImportRow.import_id == import_.id)
        .group_by(ImportRow.outcome)
    )
    return dict.fromkeys(Outcome, 0) | dict(rows.all())


def lines(import_: Import, outcome: Outcome, *, limit: int | None = None) -> list[Shown]:
    """Lines of one kind in the order of the file."""
    rows = db.session.execute(
        select(ImportRow, Gemeente)
        .outerjoin(Gemeente, Gemeente.code == ImportRow.gemeente_code)
        .where(ImportRow.import_id == import_.id, ImportRow.outcome == outcome)
        .order_by(ImportRow.line, ImportRow.id)
        .limit(limit)
    )
    return [_shown(row, gemeente) for row, gemeente in rows]


def _shown(row: ImportRow, gemeente: Gemeente | None) -> Shown:
    after = row.after
    return Shown(
        row.line,
        row.reason,
        gemeente,
        _name(after),
        _word(wording.FUNCTIONS, Function, after.get("function")),
        after.get("email", ""),
        list(_changes(row.before, after)),
        after.get("cells", {}),
    )


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterable[Change]:
    if any(name in before for name in NAME):
        yield Change("naam", _name(after | before), _name(after))
    for name in before:
        if name not in _QUIET:
            yield Change(
                wording.FIELDS.get(name, name), _text(name, before[name]), _text(name, after[name])
            )
    if before.get("confirmed_at", "") is None and after.get("basis"):
        yield Change(wording.FIELDS["confirmed_at"], "nog niet", "ja")
    for key, old in before.get("attributes", {}).items():
        yield Change(key, str(old or ""), str(after["attributes"][key]))


def _name(values: dict[str, Any]) -> str:
    form = FormOfAddress(values.get("form_of_address") or "")
    given = values.get("initials") or values.get("first_name")
    words = (values.get("titles"), given, values.get("prefix"), values.get("last_name"))
    return wording.with_form(form, " ".join(str(word) for word in words if word))


def _text(name: str, value: Any) -> str:
    if name == "basis":
        return _word(wording.BASES, Basis, value)
    return "" if value is None else str(value)


def _word(words: dict[Any, str], kind: type, value: Any) -> str:
    return words[kind(value)] if value else ""
