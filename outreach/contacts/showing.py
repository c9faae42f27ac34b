"""A list that was read, line by line as a person looks at it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
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

FIRST = 25  #: of each kind at once; more on request
PAGE = 100  #: of one kind at once
_QUIET = (*NAME, "attributes", "basis_on", "confirmed_at", "function", "email")


@dataclass(frozen=True)
class Change:
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Shown:
    """One line."""

    id: int
    line: int
    outcome: Outcome
    reason: str
    gemeente: Gemeente | None
    name: str
    function: str
    email: str
    changes: list[Change] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)  #: as they stood, of a refused line
    choices: list[tuple[str, str]] = field(default_factory=list)  #: of a doubtful line: key, label
    chosen: str = ""
    doubt: str = ""  #: what was doubtful, also once that was decided
    alike: int = 0  #: other lines with the same doubt, said once for all of them


def counts(import_: Import) -> dict[Outcome, int]:
    """How many lines there are of each kind; every kind is there."""
    rows = db.session.execute(
        select(ImportRow.outcome, func.count())
        .where(ImportRow.import_id == import_.id)
        .group_by(ImportRow.outcome)
    )
    return dict.fromkeys(Outcome, 0) | dict(rows.all())


def lines(
    import_: Import, outcome: Outcome, *, limit: int | None = None, page: int = 1
) -> list[Shown]:
    """Lines of one kind in the order of the file; doubtful ones also when they were decided.

    :param page: from 1, of `limit` lines each
    """
    kind = ImportRow.outcome == outcome
    if outcome is Outcome.DOUBTFUL:
        kind |= (ImportRow.chosen != "") & (ImportRow.outcome != Outcome.LEFT)
    rows = db.session.execute(
        select(ImportRow, Gemeente)
        .outerjoin(Gemeente, Gemeente.code == ImportRow.gemeente_code)
        .where(ImportRow.import_id == import_.id, kind)
        .order_by(ImportRow.line, ImportRow.id)
        .limit(limit)
        .offset((page - 1) * limit if limit else 0)
    ).all()
    shown = [_shown(row, gemeente) for row, gemeente in rows]
    if outcome is not Outcome.DOUBTFUL or not shown:
        return shown
    return _said_once(shown, [row.question for row, _ in rows], _alike(import_))


def decided(import_: Import) -> int:
    """How many doubtful lines a person has said something of."""
    said = select(func.count()).where(
        ImportRow.import_id == import_.id,
        ImportRow.chosen != "",
        ImportRow.outcome != Outcome.LEFT,
    )
    return db.session.scalar(said) or 0


def _alike(import_: Import) -> dict[str, int]:
    """How many lines have the same doubt, by that doubt."""
    rows = db.session.execute(
        select(ImportRow.question, func.count())
        .where(ImportRow.import_id == import_.id, ImportRow.question != "")
        .group_by(ImportRow.question)
    )
    return dict(rows.all())


def _said_once(shown: list[Shown], questions: list[str], alike: dict[str, int]) -> list[Shown]:
    """Only the first line with a doubt says how many others have it."""
    seen: set[str] = set()
    for at, question in enumerate(questions):
        if question not in seen and question and shown[at].choices:
            shown[at] = replace(shown[at], alike=alike[question] - 1)
        seen.add(question)
    return shown


def _shown(row: ImportRow, gemeente: Gemeente | None) -> Shown:
    after = row.after
    waiting = next((one for one in row.choices if not one["key"]), None)
    return Shown(
        row.id,
        row.line,
        row.outcome,
        row.reason,
        gemeente,
        _name(after),
        _word(wording.FUNCTIONS, Function, after.get("function")),
        after.get("email", ""),
        list(_changes(row.before, after)),
        after.get("cells", {}),
        [(one["key"], one["label"]) for one in row.choices],
        row.chosen,
        waiting["reason"] if waiting else row.reason,
    )


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterable[Change]:
    if any(name in before for name in NAME):
        yield Change("naam", _name(after | before), _name(after))
    if "email" in before:
        yield Change(wording.FIELDS["email"], before["email"], after["email"])
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
