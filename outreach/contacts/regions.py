"""Regions other than provinces: which gemeenten are in one, and the partner that works there.

Of a kind that divides the country (GGD, zorgkantoor, jeugdregio) a gemeente is in one region;
regions of our own may overlap. So `{{regiopartner.ggd}}` of a gemeente is never two names.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import gemeenten
from outreach.contacts.addresses import check
from outreach.contacts.models import Gemeente, Region, RegionGemeente, RegionKind
from outreach.contacts.spreadsheets import clean
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown

#: What screens call each kind.
KINDS = {
    RegionKind.GGD: "GGD",
    RegionKind.ZORGKANTOOR: "zorgkantoor",
    RegionKind.JEUGDREGIO: "jeugdregio",
    RegionKind.OWN: "eigen regio",
}
#: The placeholders about partners; the first takes the only one there is, of whatever kind.
PLACEHOLDERS = ("regiopartner", *(f"regiopartner.{kind.value}" for kind in RegionKind))
LONGEST = 200  #: of a name


class UnknownRegion(Invalid):
    """No region has this name."""


class AmbiguousRegion(Invalid):
    """A name that two regions bear; the kind decides."""


class InAnother(Refused):
    """A gemeente that another region of the same kind has."""


@dataclass(frozen=True)
class Counted:
    """A region with how many gemeenten it has."""

    region: Region
    count: int


@dataclass
class Typed:
    """Names that someone typed or pasted, as far as they are gemeenten."""

    found: list[Gemeente] = field(default_factory=list)
    asked: dict[str, list[Gemeente]] = field(default_factory=dict)  #: a name of two or more
    unknown: dict[str, list[Gemeente]] = field(default_factory=dict)  #: with names like it


def everything() -> list[Counted]:
    """All regions, by kind and name."""
    rows = db.session.execute(
        select(Region, func.count(RegionGemeente.gemeente_code))
        .outerjoin(RegionGemeente, RegionGemeente.region_id == Region.id)
        .group_by(Region.id)
    )
    order = list(RegionKind)
    found = [Counted(region, count) for region, count in rows]
    return sorted(found, key=lambda one: (order.index(one.region.kind), one.region.search_key))


def get(region_id: int) -> Region:
    """
    :raises Unknown: it was removed
    """
    region = db.session.get(Region, region_id)
    if region is None:
        raise Unknown("Deze regio bestaat niet meer.")
    return region


def find(text: str) -> Region:
    """The one region that is meant by its name, by kind and name ("ggd:Zeeland"), or by its id.

    :raises UnknownRegion: none
    :raises AmbiguousRegion: two kinds have one of this name
    """
    typed = clean(text)
    before, colon, after = typed.partition(":")
    kinds = [kind for kind in RegionKind if colon and kind.value == before.strip().casefold()]
    named = select(Region).where(Region.search_key == gemeenten.fold(after if kinds else typed))
    if kinds:
        named = named.where(Region.kind.in_(kinds))
    found = list(db.session.scalars(named.order_by(Region.id)))
    if not found and typed.isascii() and typed.isdigit() and len(typed) < 10:
        found = [one for one in [db.session.get(Region, int(typed))] if one]
    if len(found) == 1:
        return found[0]
    if found:
        choices = " of ".join(f"{one.kind.value}:{one.name}" for one in found)
        raise AmbiguousRegion(f"“{typed[:80]}” zijn twee regio’s. Schrijf {choices}.")
    raise UnknownRegion(f"Er is geen regio die “{typed[:80]}” heet. Maak haar eerst bij Adressen.")


def codes_in(region_ids: Collection[int]) -> Select[str]:
    """SQL: the codes of the gemeenten in any of these regions."""
    return select(RegionGemeente.gemeente_code).where(RegionGemeente.region_id.in_(region_ids))


def members(region: Region) -> list[Gemeente]:
    """Its gemeenten, in the order of a list."""
    rows = select(Gemeente).where(Gemeente.code.in_(codes_in([region.id])))
    return list(db.session.scalars(rows.order_by(Gemeente.sort_key, Gemeente.code)))


def ended(today: date) -> list[tuple[Region, Gemeente]]:
    """Gemeenten that are no more, and are still in a region."""
    rows = db.session.execute(
        select(Region, Gemeente)
        .join(RegionGemeente, RegionGemeente.region_id == Region.id)
        .join(Gemeente, Gemeente.code == RegionGemeente.gemeente_code)
        .where(Gemeente.valid_until <= today)
        .order_by(Gemeente.sort_key, Region.id)
    )
    return [(region, gemeente) for region, gemeente in rows]


def create(
    kind: RegionKind,
    name: str,
    codes: Iterable[str] = (),
    *,
    by: Actor,
    now: datetime,
    **partner: str,
) -> Region:
    """Make a region.

    :param partner: `partner`, `partner_email` and `partner_phone`
    :raises Refused: one of this kind has this name, or a gemeente is in another one
    """
    region = Region(kind=kind, created_at=now, changed_at=now)
    _name(region, kind, name, partner)
    db.session.add(region)
    db.session.flush()
    put(region, codes)
    audit.record("add region", f"region:{region.id}", by=by, now=now)
    return region


def change(
    region: Region,
    *,
    kind: RegionKind,
    name: str,
    codes: Iterable[str],
    by: Actor,
    now: datetime,
    **partner: str,
) -> Region:
    """Change its name, its partner, and which gemeenten it has; what is left out goes.

    :raises Refused: another one of this kind has this name, or has one of the gemeenten
    """
    _name(region, kind, name, partner)
    region.changed_at = now
    db.session.flush()
    put(region, codes)
    audit.record("change region", f"region:{region.id}", by=by, now=now)
    return region


def remove(region: Region, *, by: Actor, now: datetime) -> None:
    """Remove a region; its gemeenten and everyone in them stay."""
    db.session.execute(delete(RegionGemeente).where(RegionGemeente.region_id == region.id))
    audit.record("remove region", f"region:{region.id}", by=by, now=now)
    db.session.delete(region)
    db.session.flush()


def typed(text: str) -> Typed:
    """The gemeenten in a pasted list: names, aliases or codes, a line, comma or semicolon between.

    A name that holds a comma itself ("Nuenen, Gerwen en Nederwetten") is understood.
    """
    book, read = gemeenten.Book(), Typed()
    for line in text.replace(";", "\n").replace("\t", "\n").splitlines():
        _read_line(book, [piece.strip() for piece in line.split(",") if piece.strip()], read)
    read.found = sorted(
        {one.code: one for one in read.found}.values(), key=lambda one: one.sort_key
    )
    return read


def partners_said(partners: Iterable[tuple[RegionKind, str]]) -> dict[str, str]:
    """What the placeholders about partners stand for in a gemeente; empty where none or two do."""
    names: dict[str, set[str]] = defaultdict(set)
    for kind, name in partners:
        names["regiopartner"].add(name)
        names[f"regiopartner.{kind.value}"].add(name)
    return {one: names[one].copy().pop() if len(names[one]) == 1 else "" for one in PLACEHOLDERS}


def partners_of(codes: Collection[str]) -> Select[str, RegionKind, str]:
    """SQL: of these gemeenten their code, and the kind and partner of each of their regions."""
    return (
        select(RegionGemeente.gemeente_code, Region.kind, Region.partner)
        .join(Region, Region.id == RegionGemeente.region_id)
        .where(RegionGemeente.gemeente_code.in_(codes), Region.partner != "")
        .order_by(Region.id)
    )


def _name(region: Region, kind: RegionKind, name: str, partner: dict[str, str]) -> None:
    if unknown := partner.keys() - {"partner", "partner_email", "partner_phone"}:
        raise TypeError(f"no fields of a region: {', '.join(sorted(unknown))}")
    tidy = clean(name)[:LONGEST]
    key = gemeenten.fold(tidy)
    if not key:
        raise Invalid("Geef de regio een naam.")
    other = select(Region.id).where(Region.kind == kind, Region.search_key == key)
    if region.id is not None:
        other = other.where(Region.id != region.id)
    with db.session.no_autoflush:
        if db.session.scalar(other) is not None:
            raise Refused(f"Er is al een {KINDS[kind]} die “{tidy}” heet.")
    region.kind, region.name, region.search_key = kind, tidy, key
    for one, value in partner.items():
        tidy = clean(value)[:LONGEST]
        setattr(region, one, check(tidy) if tidy and one == "partner_email" else tidy)


def put(region: Region, codes: Iterable[str]) -> None:
    """Make these its gemeenten, and no others.

    :raises InAnother: another region of its kind has one
    """
    wanted = sorted(set(codes))
    if region.kind is not RegionKind.OWN:
        _refuse_elsewhere(region, wanted)
    db.session.execute(delete(RegionGemeente).where(RegionGemeente.region_id == region.id))
    if wanted:
        rows: list[dict[str, Any]] = [{"region_id": region.id, "gemeente_code": c} for c in wanted]
        db.session.execute(insert(RegionGemeente), rows)


def _refuse_elsewhere(region: Region, codes: list[str]) -> None:
    """Each is in one region of a kind; held so that of two at once the second sees the first."""
    held = select(Gemeente.code).where(Gemeente.code.in_(codes)).order_by(Gemeente.code)
    db.session.execute(held.with_for_update(key_share=True))
    there = db.session.execute(
        select(Gemeente.name, Region.name)
        .join(RegionGemeente, RegionGemeente.gemeente_code == Gemeente.code)
        .join(Region, Region.id == RegionGemeente.region_id)
        .where(Region.kind == region.kind, Region.id != region.id, Gemeente.code.in_(codes))
        .order_by(Gemeente.sort_key)
    ).all()
    if there:
        told = ", ".join(f"{name} (in {other})" for name, other in there[:5])
        more = f" en {len(there) - 5} andere" if len(there) > 5 else ""
        raise InAnother(
            f"Een gemeente hoort bij één {KINDS[region.kind]}: {told}{more}. Haal die daar eerst"
            " weg, of laat ze hier weg."
        )


def _read_line(book: gemeenten.Book, pieces: list[str], read: Typed) -> None:
    at = 0
    while at < len(pieces):
        # Two pieces may be one name, or a name and its province: "Bergen, Limburg".
        both = ", ".join(pieces[at : at + 2])
        together = book.candidates(both) if at + 1 < len(pieces) else []
        if len(together) == 1:
            read.found.append(together[0])
            at += 2
            continue
        _read_name(book, pieces[at], read)
        at += 1


def _read_name(book: gemeenten.Book, name: str, read: Typed) -> None:
    found = book.candidates(name)
    if len(found) == 1:
        read.found.append(found[0])
    elif found:
        read.asked[name] = found
    else:
        read.unknown[name] = book.near(name)
