"""Raadsvergaderingen: on which days the raad of a gemeente meets, as far as somebody told us."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import contains_eager

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import gemeenten, spreadsheets
from outreach.contacts.models import Gemeente, Sitting, SittingKind
from outreach.db import db
from outreach.errors import Invalid, Unknown

PAGE = 100
LONGEST_SOURCE = 300
_MOST = 20_000  #: rows of a file: all gemeenten for some years
_YEARS = range(2000, 2101)
#: Field → how its column may be called; the first is what an export writes.
HEADERS = {
    "gemeente": ("gemeente", "municipality"),
    "day": ("datum", "dag", "date", "vergaderdatum"),
    "kind": ("soort", "kind", "vergadering"),
    "source": ("bron", "source", "link", "hoe weten we dit"),
}
_KINDS = {kind.value: kind for kind in SittingKind} | {
    "": SittingKind.RAAD,
    "raadsvergadering": SittingKind.RAAD,
    "gemeenteraad": SittingKind.RAAD,
    "commissievergadering": SittingKind.COMMISSIE,
    "raadscommissie": SittingKind.COMMISSIE,
}


@dataclass(frozen=True)
class Typed:
    """A vergadering as someone writes it down."""

    code: str
    day: date
    kind: SittingKind = SittingKind.RAAD
    source: str = ""


@dataclass(frozen=True)
class Listing:
    """A part of the list that fits a page."""

    sittings: list[Sitting]  #: with their gemeente
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class Summary:
    """What a file did: vergaderingen by what became of them, and lines that were left out."""

    new: int
    changed: int
    unchanged: int
    refused: list[dict[str, Any]]  #: {line, reason, text}, the header row being line 1


def listed(*, since: date, code: str = "", page: int = 1) -> Listing:
    """Those from a day on, the earliest first; with a code of that gemeente only."""
    wanted = [Sitting.day >= since] + ([Sitting.gemeente_code == code] if code else [])
    return _listed(wanted, Sitting.day, page)


def past(*, before: date, code: str = "", page: int = 1) -> Listing:
    """Those before a day, the newest first."""
    wanted = [Sitting.day < before] + ([Sitting.gemeente_code == code] if code else [])
    return _listed(wanted, Sitting.day.desc(), page)


def everything() -> list[Sitting]:
    """All, the earliest first."""
    return list(db.session.scalars(_sittings(Sitting.day)))


def days_of_raden(*, since: date) -> dict[str, list[date]]:
    """Per gemeente the days on which its raad meets, from a day on, in their order."""
    rows = db.session.execute(
        select(Sitting.gemeente_code, Sitting.day)
        .where(Sitting.kind == SittingKind.RAAD, Sitting.day >= since)
        .order_by(Sitting.day)
    )
    found: dict[str, list[date]] = {}
    for code, day in rows:
        found.setdefault(code, []).append(day)
    return found


def get(sitting_id: int) -> Sitting:
    """
    :raises Unknown: it was removed
    """
    found = db.session.get(Sitting, sitting_id)
    if found is None:
        raise Unknown("Deze vergadering staat niet meer in de lijst.")
    return found


def find(code: str, day: date, kind: SittingKind) -> Sitting:
    """
    :raises Unknown: none is known of that kind, there on that day
    """
    found = _known(code, day, kind)
    if found is None:
        raise Unknown(f"Er staat op {day.isoformat()} geen vergadering ({kind}) in de lijst.")
    return found


def add(typed: Typed, *, by: Actor, now: datetime) -> Sitting:
    """
    :raises Invalid: a day that cannot be right, or one that is there already
    """
    sitting = Sitting()
    _put(sitting, typed)
    db.session.add(sitting)
    db.session.flush()
    audit.record("add sitting", f"sitting:{sitting.id}", by=by, now=now)
    return sitting


def change(sitting: Sitting, typed: Typed, *, by: Actor, now: datetime) -> None:
    """
    :raises Invalid: as `add`
    """
    _put(sitting, typed)
    db.session.flush()
    audit.record("change sitting", f"sitting:{sitting.id}", by=by, now=now)


def remove(sitting: Sitting, *, by: Actor, now: datetime) -> None:
    audit.record("remove sitting", f"sitting:{sitting.id}", by=by, now=now)
    db.session.delete(sitting)
    db.session.flush()


def take_over(filename: str, data: bytes, *, by: Actor, now: datetime) -> Summary:
    """Add what a file says to the list; see `to_csv`. What is there already stays.

    Lines that cannot be read are left out and told, the others are taken over.

    :raises Invalid: the file cannot be read, or lacks a column
    """
    sheet = spreadsheets.read(filename, data)
    columns, book = _columns(sheet.header), gemeenten.Book()
    if len(sheet.rows) > _MOST:
        raise Invalid("Dit bestand heeft meer dan 20.000 regels. Deel het in stukken.")
    wanted: dict[tuple[str, date, SittingKind], Typed] = {}
    refused = []
    for line, cells in sheet.rows:
        given = {one: cells[at] if at < len(cells) else "" for one, at in columns.items()}
        try:
            one = _read(given, book)
        except Invalid as fault:
            text = " · ".join(cell for cell in cells if cell)[:200]
            refused.append({"line": line, "reason": str(fault), "text": text})
        else:
            wanted[one.code, one.day, one.kind] = one
    known = {(one.gemeente_code, one.day, one.kind): one for one in db.session.scalars(_all())}
    new = [one for key, one in wanted.items() if key not in known]
    changed = [
        known[key]
        for key, one in wanted.items()
        if key in known and one.source not in ("", known[key].source)
    ]
    for row in changed:
        row.source = wanted[row.gemeente_code, row.day, row.kind].source
    db.session.add_all(
        Sitting(gemeente_code=one.code, day=one.day, kind=one.kind, source=one.source)
        for one in new
    )
    db.session.flush()
    unchanged = len(wanted) - len(new) - len(changed)
    audit.record("import sittings", "sitting", by=by, now=now, count=len(new) + len(changed))
    return Summary(len(new), len(changed), unchanged, refused)


def to_csv() -> bytes:
    """The list, as `take_over` reads it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([names[0] for names in HEADERS.values()])
    for one in everything():
        said = [one.gemeente.name, one.day.isoformat(), one.kind.value, one.source]
        writer.writerow([spreadsheets.defuse(cell) for cell in said])
    return text.getvalue().encode("utf-8-sig")


def _all() -> Select[Sitting]:
    return select(Sitting)


def _sittings(*order: Any) -> Select[Sitting]:
    return (
        select(Sitting)
        .join(Sitting.gemeente)
        .options(contains_eager(Sitting.gemeente))
        .order_by(*order, Gemeente.sort_key, Sitting.id)
    )


def _listed(wanted: list[ColumnElement[bool]], order: Any, page: int) -> Listing:
    total = db.session.scalar(select(func.count()).select_from(Sitting).where(*wanted)) or 0
    page = min(max(1, page), max(1, -(-total // PAGE)))
    rows = _sittings(order).where(*wanted).offset((page - 1) * PAGE).limit(PAGE)
    return Listing(list(db.session.scalars(rows)), total, page)


def _known(code: str, day: date, kind: SittingKind) -> Sitting | None:
    found: Sitting | None = db.session.scalar(
        _all().where(Sitting.gemeente_code == code, Sitting.day == day, Sitting.kind == kind)
    )
    return found


def _put(sitting: Sitting, typed: Typed) -> None:
    typed = _checked(typed)
    with db.session.no_autoflush:
        if _known(typed.code, typed.day, typed.kind) not in (None, sitting):
            raise Invalid("Deze vergadering staat al in de lijst.")
    sitting.gemeente_code, sitting.day = typed.code, typed.day
    sitting.kind, sitting.source = typed.kind, typed.source


def _checked(typed: Typed) -> Typed:
    if typed.day.year not in _YEARS:
        raise Invalid(f"Het jaar {typed.day.year} kan niet kloppen. Kijk de dag na.")
    source = spreadsheets.clean(typed.source)
    if len(source) > LONGEST_SOURCE:
        raise Invalid(f"Kort in hoe wij dit weten, tot {LONGEST_SOURCE} tekens.")
    return Typed(typed.code, typed.day, typed.kind, source)


def _columns(header: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, title in enumerate(header):
        for one, names in HEADERS.items():
            if gemeenten.fold(title) in {gemeenten.fold(name) for name in names}:
                found.setdefault(one, at)
    if lacking := [HEADERS[one][0] for one in ("gemeente", "day") if one not in found]:
        raise Invalid(
            f"De kolom {' en '.join(lacking)} ontbreekt. De eerste regel moet de namen van de"
            " kolommen geven."
        )
    return found


def _read(given: dict[str, str], book: gemeenten.Book) -> Typed:
    if not given["gemeente"]:
        raise Invalid("De gemeente ontbreekt.")
    code = book.find(given["gemeente"]).code
    day = spreadsheets.day(given["day"])
    if day is None:
        raise Invalid(f"“{given['day'][:40]}” is geen dag. Schrijf 2026-04-25.")
    kind = _KINDS.get(given.get("kind", "").casefold())
    if kind is None:
        known = " of ".join(SittingKind)
        raise Invalid(f"De soort “{given['kind'][:40]}” kennen wij niet; kies {known}.")
    return _checked(Typed(code, day, kind, given.get("source", "")))
