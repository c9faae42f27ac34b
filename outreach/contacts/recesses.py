"""Recess: when councils do not meet, by region, and which region each gemeente follows.

The table comes with the school holidays (Regeling vaststelling schoolvakanties); councils mostly
keep to those. Whoever knows better changes it.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import delete, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import gemeenten, spreadsheets
from outreach.contacts.models import Gemeente, Recess, RecessRegion
from outreach.db import db
from outreach.errors import Invalid, Unknown

#: The regions that a gemeente can follow.
REGIONS = (RecessRegion.NOORD, RecessRegion.MIDDEN, RecessRegion.ZUID)
LONGEST = timedelta(days=100)
_MOST = 1_000  #: rows of a file
_OF_PROVINCE = {
    **dict.fromkeys(
        ("Drenthe", "Flevoland", "Fryslân", "Groningen", "Noord-Holland", "Overijssel"),
        RecessRegion.NOORD,
    ),
    **dict.fromkeys(("Gelderland", "Utrecht", "Zuid-Holland"), RecessRegion.MIDDEN),
    **dict.fromkeys(("Limburg", "Noord-Brabant", "Zeeland"), RecessRegion.ZUID),
}
#: Gemeenten that do not follow most of their province. One that is divided is where most live.
_APART = {
    **dict.fromkeys(("GM0244", "GM0317"), RecessRegion.NOORD),  # Hattem, Eemnes
    **dict.fromkeys(("GM0050", "GM1959"), RecessRegion.MIDDEN),  # Zeewolde, Altena
    **dict.fromkeys(
        (
            "GM0202",  # Arnhem
            "GM0209",  # Beuningen
            "GM0221",  # Doesburg
            "GM0225",  # Druten
            "GM0226",  # Duiven
            "GM0252",  # Heumen
            "GM0263",  # Maasdriel
            "GM0268",  # Nijmegen
            "GM0274",  # Renkum
            "GM0275",  # Rheden
            "GM0277",  # Rozendaal
            "GM0293",  # Westervoort
            "GM0296",  # Wijchen
            "GM0297",  # Zaltbommel
            "GM0299",  # Zevenaar
            "GM0668",  # West Maas en Waal
            "GM1705",  # Lingewaard
            "GM1734",  # Overbetuwe
            "GM1945",  # Berg en Dal
        ),
        RecessRegion.ZUID,
    ),
}
HEADERS = {
    "name": ("naam", "name", "vakantie", "reces"),
    "region": ("regio", "region"),
    "from_day": ("van", "from", "begin"),
    "until_day": ("tot en met", "t/m", "until", "eind"),
}


@dataclass(frozen=True)
class Typed:
    """A recess as someone writes it down."""

    name: str
    region: RecessRegion
    from_day: date
    until_day: date


@dataclass
class Calendar:
    """All recesses, looked up once."""

    recesses: Sequence[Recess]

    @cached_property
    def _regions(self) -> dict[str, RecessRegion]:
        rows = db.session.execute(
            select(Gemeente.code, Gemeente.province, Gemeente.recess_region)
        ).all()
        return {code: own or default(code, province) for code, province, own in rows}

    def region_of(self, code: str | None) -> RecessRegion:
        """That a gemeente follows; only what holds everywhere where there is none."""
        return self._regions.get(code or "", RecessRegion.ALL)

    def within(self, region: RecessRegion, day: date) -> Recess | None:
        """The recess that a day falls in, the longest if there are two; None outside any."""
        found = [
            one
            for one in self.recesses
            if one.region in (region, RecessRegion.ALL) and one.from_day <= day <= one.until_day
        ]
        return max(found, key=lambda one: one.until_day, default=None)


def calendar() -> Calendar:
    return Calendar(listed())


def listed() -> Sequence[Recess]:
    """All, the earliest first."""
    return db.session.scalars(select(Recess).order_by(Recess.from_day, Recess.region)).all()


def get(recess_id: int) -> Recess:
    """
    :raises Unknown: it was removed
    """
    found = db.session.get(Recess, recess_id)
    if found is None:
        raise Unknown("Dit reces staat niet meer in de lijst.")
    return found


def default(code: str, province: str) -> RecessRegion:
    """The region that a gemeente follows unless someone chose another."""
    return _APART.get(code) or _OF_PROVINCE.get(province, RecessRegion.MIDDEN)


def followed(gemeente: Gemeente) -> RecessRegion:
    return gemeente.recess_region or default(gemeente.code, gemeente.province)


def apart() -> list[Gemeente]:
    """Gemeenten for which someone chose a region."""
    chosen = select(Gemeente).where(Gemeente.recess_region.is_not(None))
    return list(db.session.scalars(chosen.order_by(Gemeente.sort_key)))


def add(typed: Typed, *, by: Actor, now: datetime) -> Recess:
    """
    :raises Invalid: no name, days that do not follow each other, or one that is there already
    """
    recess = Recess()
    _put(recess, typed)
    db.session.add(recess)
    db.session.flush()
    audit.record("add recess", f"recess:{recess.id}", by=by, now=now)
    return recess


def change(recess: Recess, typed: Typed, *, by: Actor, now: datetime) -> None:
    """
    :raises Invalid: as `add`
    """
    _put(recess, typed)
    db.session.flush()
    audit.record("change recess", f"recess:{recess.id}", by=by, now=now)


def remove(recess: Recess, *, by: Actor, now: datetime) -> None:
    audit.record("remove recess", f"recess:{recess.id}", by=by, now=now)
    db.session.delete(recess)
    db.session.flush()


def follow(gemeente: Gemeente, region: RecessRegion | None, *, by: Actor, now: datetime) -> None:
    """Let a gemeente follow a region; None: what it follows by itself."""
    is_default = region == default(gemeente.code, gemeente.province)
    gemeente.recess_region = None if is_default else region
    db.session.flush()
    audit.record("follow recess", f"gemeente:{gemeente.code}", by=by, now=now)


def take_over(filename: str, data: bytes, *, by: Actor, now: datetime) -> int:
    """Make the table what a file says; return how many recesses it has. See `to_csv`.

    :raises Invalid: the file or a line of it cannot be read; then nothing changes
    """
    sheet = spreadsheets.read(filename, data)
    columns = _columns(sheet.header)
    if len(sheet.rows) > _MOST:
        raise Invalid(f"Dit bestand heeft meer dan {_MOST} regels. Kies een lijst met recessen.")
    wanted = []
    for line, cells in sheet.rows:
        given = {one: cells[at] if at < len(cells) else "" for one, at in columns.items()}
        try:
            wanted.append(_checked(_read(given)))
        except Invalid as fault:
            raise Invalid(f"Regel {line}: {fault}") from None
    kept = {_key(one): one for one in wanted}
    db.session.execute(delete(Recess))
    db.session.expire_all()
    for one in kept.values():
        db.session.add(Recess(**vars(one)))
    db.session.flush()
    audit.record("replace recesses", "recess", by=by, now=now, count=len(kept))
    return len(kept)


def to_csv() -> bytes:
    """The table, as `take_over` reads it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([names[0] for names in HEADERS.values()])
    for one in listed():
        days = one.from_day.isoformat(), one.until_day.isoformat()
        writer.writerow([spreadsheets.defuse(one.name), one.region.value, *days])
    return text.getvalue().encode("utf-8-sig")


def _put(recess: Recess, typed: Typed) -> None:
    typed = _checked(typed)
    with db.session.no_autoflush:
        same = select(Recess.id).where(
            Recess.region == typed.region,
            Recess.from_day == typed.from_day,
            Recess.until_day == typed.until_day,
        )
        if db.session.scalar(same) not in (None, recess.id):
            raise Invalid("Dit reces staat al in de lijst.")
    recess.name, recess.region = typed.name, typed.region
    recess.from_day, recess.until_day = typed.from_day, typed.until_day


def _checked(typed: Typed) -> Typed:
    name = spreadsheets.clean(typed.name)
    if not name or len(name) > 80:
        raise Invalid("Geef het reces een naam van ten hoogste 80 tekens, zoals meivakantie.")
    if typed.until_day < typed.from_day:
        raise Invalid("De laatste dag ligt voor de eerste dag. Draai ze om.")
    if typed.until_day - typed.from_day > LONGEST:
        raise Invalid("Een reces duurt ten hoogste honderd dagen. Kijk de dagen na.")
    return Typed(name, typed.region, typed.from_day, typed.until_day)


def _key(one: Typed) -> tuple[RecessRegion, date, date]:
    return one.region, one.from_day, one.until_day


def _columns(header: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, title in enumerate(header):
        for one, names in HEADERS.items():
            if gemeenten.fold(title) in {gemeenten.fold(name) for name in names}:
                found.setdefault(one, at)
    if lacking := [names[0] for one, names in HEADERS.items() if one not in found]:
        raise Invalid(
            f"De kolom {' en '.join(lacking)} ontbreekt. De eerste regel moet de namen van de"
            " kolommen geven."
        )
    return found


def _read(given: dict[str, str]) -> Typed:
    try:
        region = RecessRegion(given["region"].casefold())
    except ValueError:
        known = ", ".join(RecessRegion)
        raise Invalid(
            f"De regio “{given['region'][:40]}” kennen wij niet; kies uit {known}."
        ) from None
    return Typed(given["name"], region, _day(given["from_day"]), _day(given["until_day"]))


def _day(text: str) -> date:
    found = spreadsheets.day(text)
    if found is None:
        raise Invalid(f"“{text[:40]}” is geen dag. Schrijf 2026-04-25.")
    return found
