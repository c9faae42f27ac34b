"""The facts of a gemeente: what the register would change of ours, and writing that."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Select, delete, exists, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import gemeenten
from outreach.contacts.gemeenten import AmbiguousGemeente, UnknownGemeente
from outreach.contacts.models import (
    AddressCheck,
    Contact,
    Gemeente,
    GemeenteAlias,
    Office,
    Outcome,
    RegisterKind,
    RegisterRow,
)
from outreach.contacts.register_facts import PROVINCES, Facts
from outreach.db import Base, db

OWN = "own"
REGISTER = "register"
MOVED = "Deze gemeente is intussen gewijzigd. Lees het register opnieuw in."
USED = "Bij deze gemeente staat intussen iets; zij blijft staan."
PAST = "Bestond al niet meer toen onze lijst begon; niet overgenomen."
NO_SUCCESSOR = "Het register noemt geen opvolger. Kies die, dan gaan de adressen mee."
#: Facts that a person may correct, and the register may not take back.
CORRECTABLE = ("website", "general_email", "postal_address", "visiting_address", "inhabitants")
_DAYS = ("valid_from", "valid_until")
_WIDTH, _HEIGHT = 22, 28  #: of the tile map


def correct(gemeente: Gemeente, *, by: Actor, now: datetime, **facts: Any) -> Gemeente:
    """Change facts by hand: from then on neither the register nor an upgrade changes them."""
    if unknown := facts.keys() - set(CORRECTABLE):
        raise TypeError(f"no facts to correct: {', '.join(sorted(unknown))}")
    changed = {name: value for name, value in facts.items() if getattr(gemeente, name) != value}
    for name, value in changed.items():
        setattr(gemeente, name, value)
    gemeente.origins = gemeente.origins | dict.fromkeys(changed, OWN)
    subject = f"gemeente:{gemeente.code}"
    audit.record("correct gemeente", subject, by=by, now=now, fields=sorted(changed))
    return gemeente


def plan(facts: Facts, *, today: date) -> RegisterRow:
    """What the register changes of one gemeente; without an import yet."""
    known = _known(facts)
    if known is None:
        return _unknown(facts, today)
    facts.code = known.code
    given = _given(facts)
    kept, before = [], {}
    for name, value in given.items():
        if same(name, getattr(known, name), value):
            continue
        if known.origins.get(name) == OWN:
            kept.append(WORDS[name])
        else:
            before[name] = written(getattr(known, name))
    reasons = list(facts.faults)
    if kept:
        reasons.append(f"Uw eigen gegevens blijven staan: {', '.join(kept)}.")
    ends = given.get("valid_until", known.valid_until)
    outcome = Outcome.CHANGED if before else Outcome.UNCHANGED
    if ends and not given.get("successor_code", known.successor_code):
        reasons.append(NO_SUCCESSOR)
    if facts.name and known.code not in {g.code for g in gemeenten.candidates(facts.name)}:
        reasons.append(f"Heet in het register “{facts.name}”.")
    after = {name: written(given[name]) for name in before}
    return _row(facts, known.name, outcome, reasons, before=before, after=after)


def add(row: RegisterRow, predecessors: Sequence[Gemeente]) -> str:
    """Add a gemeente that is new; return why not, if so."""
    if db.session.get(Gemeente, row.gemeente_code) is not None:
        return MOVED
    facts = read(row.after)
    province = facts.pop("province_code")
    column, tile_row, lat, lon = _place(province, predecessors)
    db.session.add(
        Gemeente(
            code=row.gemeente_code,
            name=row.subject,
            search_key=gemeenten.fold(row.subject),
            sort_key=gemeenten.sort_key(row.subject),
            province=PROVINCES[province],
            province_code=province,
            lat=lat,
            lon=lon,
            ris_supplier="",
            tile_column=column,
            tile_row=tile_row,
            origins={},
            **{"website": "", "general_email": "", "postal_address": "", **facts},
        )
    )
    db.session.flush()
    return ""


def change(row: RegisterRow) -> str:
    """Write what a row showed; return why not, if it no longer holds."""
    gemeente = db.session.get(Gemeente, row.gemeente_code)
    if gemeente is None or any(
        written(getattr(gemeente, name)) != old or gemeente.origins.get(name) == OWN
        for name, old in row.before.items()
    ):
        return MOVED
    successor = row.after.get("successor_code")
    if successor and db.session.get(Gemeente, successor) is None:
        return f"De opvolger {successor} kennen wij niet."
    for name, value in read(row.after).items():
        setattr(gemeente, name, value)
    row.before = row.before | {
        "origins": {name: gemeente.origins.get(name, "") for name in row.after}
    }
    gemeente.origins = gemeente.origins | dict.fromkeys(row.after, REGISTER)
    return ""


def restore(row: RegisterRow) -> list[str]:
    """Take back what a row changed and still stands; return the facts that were left, in Dutch."""
    gemeente = db.session.get_one(Gemeente, row.gemeente_code)
    origins, left = dict(gemeente.origins), []
    before = read({name: old for name, old in row.before.items() if name != "origins"})
    for name, old in before.items():
        if written(getattr(gemeente, name)) != row.after[name] or origins.get(name) != REGISTER:
            left.append(WORDS[name])
            continue
        setattr(gemeente, name, old)
        origins.pop(name)
        if origin := row.before["origins"][name]:
            origins[name] = origin
    gemeente.origins = origins
    return left


def remove(row: RegisterRow) -> str:
    """Take a gemeente back that a row added; return why not, if something refers to it."""
    gemeente = db.session.get(Gemeente, row.gemeente_code)
    if gemeente is None:
        return "Deze gemeente is er al niet meer."
    nobody = ~exists().where(Contact.office_id == Office.id)
    db.session.execute(delete(Office).where(Office.gemeente_code == gemeente.code, nobody))
    unsaid = AddressCheck.gemeente_code == gemeente.code, AddressCheck.decision.is_(None)
    db.session.execute(delete(AddressCheck).where(*unsaid))
    if any(db.session.scalar(question) for question in _references(gemeente.code)):
        return USED
    db.session.delete(gemeente)
    db.session.flush()
    return ""


def written(value: Any) -> Any:
    """A value as a row keeps it, in JSON."""
    return value.isoformat() if isinstance(value, date) else value


def read(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the database takes them."""
    return {
        name: date.fromisoformat(value) if name in _DAYS and value else value
        for name, value in values.items()
    }


def same(name: str, ours: Any, theirs: Any) -> bool:
    """Whether two values say the same: an address in capitals is no other address."""
    if isinstance(ours, str) and isinstance(theirs, str):
        if name == "website":
            return _host(ours) == _host(theirs)
        return ours.casefold() == theirs.casefold()
    return bool(ours == theirs)


WORDS = {
    "inhabitants": "inwoners",
    "website": "website",
    "general_email": "algemeen adres",
    "postal_address": "postadres",
    "visiting_address": "bezoekadres",
    "valid_from": "bestaat sinds",
    "valid_until": "vervalt op",
    "successor_code": "opvolger",
    "council_seats": "raadszetels",
    "province_code": "provincie",
}


def _known(facts: Facts) -> Gemeente | None:
    if facts.code:
        return db.session.get(Gemeente, facts.code)
    try:
        return gemeenten.find(facts.name)
    except (UnknownGemeente, AmbiguousGemeente):
        return None


def _given(facts: Facts) -> dict[str, Any]:
    """What the register says and we keep; what it leaves empty it does not say.

    Seats are by law and inhabitants, a name is as letters write it: both stay ours.
    """
    given = {
        "inhabitants": facts.inhabitants,
        "website": facts.website,
        "general_email": facts.general_email,
        "postal_address": facts.postal_address,
        "visiting_address": facts.visiting_address,
        "valid_until": facts.valid_until,
        "successor_code": facts.successor,
    }
    return {name: value for name, value in given.items() if value}


def _unknown(facts: Facts, today: date) -> RegisterRow:
    if not facts.code or not facts.name:
        return _row(
            facts, facts.name, Outcome.REFUSED, ["Deze gemeente heeft in het register geen code."]
        )
    if facts.valid_until and facts.valid_until <= today:
        return _row(facts, facts.name, Outcome.UNCHANGED, [PAST])
    if not facts.province_code:
        reason = "Nieuw, maar het register noemt geen provincie. Neem de uitgebreide export."
        return _row(facts, facts.name, Outcome.REFUSED, [reason])
    own = {"council_seats": facts.seats, "province_code": facts.province_code}
    started = {"valid_from": written(facts.valid_from)} if facts.valid_from else {}
    after = {name: written(value) for name, value in _given(facts).items()}
    after = {"inhabitants": 0} | after | own | started
    return _row(facts, facts.name, Outcome.NEW, list(facts.faults), after=after)


def _row(
    facts: Facts, subject: str, outcome: Outcome, reasons: list[str], **values: Any
) -> RegisterRow:
    return RegisterRow(
        kind=RegisterKind.GEMEENTE,
        outcome=outcome,
        reason=" ".join(reasons),
        gemeente_code=facts.code or None,
        subject=subject or "zonder naam",
        **values,
    )


def _place(province: str, predecessors: Sequence[Gemeente]) -> tuple[int, int, float, float]:
    """Where a new gemeente stands: in the middle of those it came from, else of its province.

    In the tile map two may not share a place, so it gets the free one that is nearest.
    """
    here = (
        predecessors
        or db.session.scalars(select(Gemeente).where(Gemeente.province_code == province)).all()
    )
    lat, lon = (sum(getattr(g, axis) for g in here) / len(here) for axis in ("lat", "lon"))
    column = sum(g.tile_column for g in here) / len(here)
    row = sum(g.tile_row for g in here) / len(here)
    standing = select(Gemeente.tile_column, Gemeente.tile_row).where(
        Gemeente.code.not_in([g.code for g in predecessors])
    )
    taken = {(c, r) for c, r in db.session.execute(standing)}
    free = [(c, r) for c in range(_WIDTH) for r in range(_HEIGHT) if (c, r) not in taken]
    best = min(free, key=lambda at: (at[0] - column) ** 2 + (at[1] - row) ** 2)
    return *best, round(lat, 4), round(lon, 4)


def _references(code: str) -> Iterator[Select[Any]]:
    """Questions whether a row of any table points at this gemeente."""
    columns: list[Column[Any]] = [
        key.parent
        for table in Base.metadata.sorted_tables
        if table.name != GemeenteAlias.__tablename__
        for key in table.foreign_keys
        if key.column.table.name == Gemeente.__tablename__
    ]
    for column in columns:
        yield select(exists().where(column == code))


def _host(website: str) -> str:
    return website.casefold().removeprefix("https://").removeprefix("www.").rstrip("/")
