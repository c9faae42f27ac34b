"""Regions as a list: a row for each gemeente of a region (docs/addresses.md)."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from outreach.accounts.audit import Actor
from outreach.contacts import gemeenten, regions, spreadsheets
from outreach.contacts.addresses import check
from outreach.contacts.models import Gemeente, Region, RegionGemeente, RegionKind
from outreach.db import db
from outreach.errors import Invalid

#: Field → how its column may be called; the first is what an export writes.
HEADERS = {
    "gemeente": ("gemeente", "municipality"),
    "name": ("regio", "region"),
    "kind": ("soort", "kind"),
    "partner": ("partner", "regiopartner"),
    "partner_email": ("email", "e-mail", "e-mailadres"),
    "partner_phone": ("telefoon", "phone"),
}
PARTNER = ("partner", "partner_email", "partner_phone")
_KINDS = {gemeenten.fold(word): kind for kind, word in regions.KINDS.items()} | {
    kind.value: kind for kind in RegionKind
}


@dataclass
class Wanted:
    """What a file says of one region."""

    kind: RegionKind
    name: str
    codes: list[str] = field(default_factory=list)
    partner: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """What a file did: regions by what became of them, and lines that were left out."""

    new: int
    changed: int
    unchanged: int
    refused: list[dict[str, Any]]  #: {line, reason}, the header row being line 1


def take_over(
    filename: str, data: bytes, *, by: Actor, now: datetime, kind: RegionKind = RegionKind.OWN
) -> Summary:
    """Make the regions that a file holds what it says; regions that it does not name stay.

    Lines that cannot be read are left out and told, the others are taken over.

    :param kind: of regions for which the file does not say
    :raises Invalid: the file cannot be read, or lacks a column
    :raises Refused: a gemeente is in another region of the same kind, which the file leaves out
    """
    wanted, refused = _read(spreadsheets.read(filename, data), kind)
    known = {
        (one.kind, one.search_key): one
        for one in db.session.scalars(select(Region).order_by(Region.id))
    }
    before = {key: _as_it_is(one) for key, one in known.items() if key in wanted}
    held = [known[key].id for key in before]
    db.session.execute(delete(RegionGemeente).where(RegionGemeente.region_id.in_(held)))
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for key, one in wanted.items():
        region = known.get(key)
        if region is None:
            regions.create(one.kind, one.name, one.codes, by=by, now=now, **one.partner)
            counts["new"] += 1
        elif _says(one, region) == before[key]:
            regions.put(region, one.codes)
            counts["unchanged"] += 1
        else:
            regions.change(
                region,
                kind=one.kind,
                name=one.name,
                codes=one.codes,
                by=by,
                now=now,
                **one.partner,
            )
            counts["changed"] += 1
    return Summary(**counts, refused=refused)


def to_csv() -> bytes:
    """All regions, as `take_over` reads them; a region without gemeenten has one row, too."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([names[0] for names in HEADERS.values()])
    rows = db.session.execute(
        select(Gemeente.name, Region)
        .select_from(Region)
        .outerjoin(RegionGemeente, RegionGemeente.region_id == Region.id)
        .outerjoin(Gemeente, Gemeente.code == RegionGemeente.gemeente_code)
        .order_by(Region.kind, Region.search_key, Gemeente.sort_key)
    )
    for name, one in rows:
        said = (one.partner, one.partner_email, one.partner_phone)
        cells = [name or "", one.name, one.kind.value, *said]
        writer.writerow([spreadsheets.defuse(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def _read(
    sheet: spreadsheets.Sheet, kind: RegionKind
) -> tuple[dict[tuple[RegionKind, str], Wanted], list[dict[str, Any]]]:
    columns, book = _columns(sheet.header), gemeenten.Book()
    wanted: dict[tuple[RegionKind, str], Wanted] = {}
    refused = []
    for line, cells in sheet.rows:
        given = {one: cells[at] if at < len(cells) else "" for one, at in columns.items()}
        try:
            _add(wanted, given, book, kind)
        except Invalid as fault:
            refused.append({"line": line, "reason": str(fault)})
    return wanted, refused


def _add(
    wanted: dict[tuple[RegionKind, str], Wanted],
    given: Mapping[str, str],
    book: gemeenten.Book,
    kind: RegionKind,
) -> None:
    name, word = given["name"], gemeenten.fold(given.get("kind", ""))
    if not gemeenten.fold(name):
        raise Invalid("De naam van de regio ontbreekt.")
    if word and word not in _KINDS:
        raise Invalid(f"De soort “{word[:40]}” kennen wij niet; kies uit {', '.join(RegionKind)}.")
    kind = _KINDS.get(word, kind)
    code = book.find(given["gemeente"]).code if given["gemeente"] else None
    email = given.get("partner_email", "")
    if email:
        check(email)
    key = (kind, gemeenten.fold(name))
    one = wanted.setdefault(key, Wanted(kind, name))
    said = {part: value for part in PARTNER if (value := given.get(part, ""))}
    if other := [part for part, value in said.items() if one.partner.get(part, value) != value]:
        raise Invalid(f"Hierboven staat bij {name} iets anders in de kolom {HEADERS[other[0]][0]}.")
    one.partner |= said
    if code:
        one.codes.append(code)


def _columns(header: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, title in enumerate(header):
        for one, names in HEADERS.items():
            if gemeenten.fold(title) in {gemeenten.fold(name) for name in names}:
                found.setdefault(one, at)
    if lacking := [HEADERS[one][0] for one in ("gemeente", "name") if one not in found]:
        raise Invalid(
            f"De kolom {' en '.join(lacking)} ontbreekt. De eerste regel moet de namen van de"
            " kolommen geven."
        )
    return found


def _as_it_is(region: Region) -> tuple[Any, ...]:
    codes = sorted(db.session.scalars(regions.codes_in([region.id])))
    return region.name, codes, [getattr(region, part) for part in PARTNER]


def _says(one: Wanted, region: Region) -> tuple[Any, ...]:
    """An empty cell says nothing of a partner."""
    partner = [one.partner.get(part, getattr(region, part)) for part in PARTNER]
    return one.name, sorted(set(one.codes)), partner
