"""Which contact does a line of a list mean? Recognised by gemeente, function and address.

A person is added to that where it matters: two persons behind one mailbox are two
contacts. Where both readings are sensible the line is doubtful and a person decides.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, select

from outreach.contacts import names
from outreach.contacts.lines import Line
from outreach.contacts.models import Address, Basis, Contact, Function, Office, Outcome
from outreach.contacts.names import Name
from outreach.contacts.offices import Key
from outreach.db import db

CONTACTS: Table = Contact.__table__  # type: ignore[assignment]
ADDRESSES: Table = Address.__table__  # type: ignore[assignment]
OFFICES: Table = Office.__table__  # type: ignore[assignment]
_NAME = ("form_of_address", "titles", "first_name", "initials", "prefix", "last_name")
MOST_CHOICES = 6  #: of a doubtful line
#: Offices with one holder: another name at the same address is the successor.
SINGLE = (Function.GRIFFIER, Function.BURGEMEESTER, Function.COLLEGE)

Identity = tuple[Key, str]


@dataclass(slots=True)
class Known:
    """A contact of ours, by one of its addresses."""

    contact_id: int
    address_id: int
    office: Key
    key: str
    email: str
    name: Name
    phone: str
    party: str
    portfolio: str
    attributes: dict[str, Any]
    basis: Basis | None
    source: str
    basis_on: date | None
    confirmed_at: datetime | None


@dataclass(slots=True)
class Match:
    """What a line is taken to be: of `known`, or new when there is none."""

    line: Line
    outcome: Outcome
    known: Known | None = None
    reason: str = ""
    succeeds: bool = False  #: another person than `known` in the same office
    choices: list["Choice"] = field(default_factory=list)  #: of a doubtful line


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person can say that a doubtful line is."""

    key: str
    label: str
    match: Match


def at_addresses(keys: Iterable[str]) -> dict[Identity, list[Known]]:
    """Every contact with one of these addresses, by what it is recognised by."""
    found: dict[Identity, list[Known]] = {}
    for known in _known(ADDRESSES.c.address_key.in_(sorted(set(keys)))):
        found.setdefault((known.office, known.key), []).append(known)
    return found


def by_address(ids: Iterable[int]) -> dict[int, Known]:
    """Contacts as they are now, by the ids of their addresses."""
    return {known.address_id: known for known in _known(ADDRESSES.c.id.in_(sorted(set(ids))))}


def namesakes(lines: Iterable[Line]) -> dict[Key, list[Known]]:
    """By office: who there has the surname of one of these lines, by one address each."""
    wanted = [line for line in lines if line.name.last_name]
    if not wanted:
        return {}
    rows = _known(
        CONTACTS.c.last_name.in_(sorted({line.name.last_name for line in wanted}))
        & OFFICES.c.function.in_(sorted({line.office[1] for line in wanted}))
    )
    found: dict[Key, list[Known]] = {}
    for known in rows:
        found.setdefault(known.office, []).append(known)
    return found


def match(lines: Sequence[Line], known: Sequence[Known]) -> list[Match]:
    """What the lines of one identity are, given who we know there; in the order of the lines."""
    found, lines = _without_repeats(lines)
    free = list(known)
    left: list[Line] = []
    for line in lines:
        exact = next((k for k in free if _same_person(line.name, k.name)), None)
        if exact is None:
            left.append(line)
        else:
            free.remove(exact)
            found.append(Match(line, Outcome.UNCHANGED, exact))
    found.extend(_match_rest(left, free))
    return sorted(found, key=lambda match: match.line.number)


def _without_repeats(lines: Sequence[Line]) -> tuple[list[Match], list[Line]]:
    """Lines that name the person of an earlier line, refused; and the others."""
    repeats: list[Match] = []
    first: list[Line] = []
    for line in lines:
        earlier = next((f for f in first if _same_person(f.name, line.name)), None)
        if earlier is None:
            first.append(line)
        else:
            reason = f"Dubbel: zelfde gemeente, rol en adres als regel {earlier.number}."
            repeats.append(Match(line, Outcome.REFUSED, reason=reason))
    return repeats, first


def _match_rest(lines: list[Line], free: list[Known]) -> list[Match]:
    """Lines that are nobody of ours to the letter, and those of ours that no line is."""
    if not free:
        return [Match(line, Outcome.NEW) for line in lines]
    found = []
    for line in lines:
        alike = [k for k in free if _may_be(line.name, k.name)]
        alone = len(alike) == 1 and sum(_may_be(li.name, alike[0].name) for li in lines) == 1
        if alone:
            found.append(Match(line, Outcome.UNCHANGED, alike[0]))
        elif len(lines) == len(free) == 1 and line.office[1] in SINGLE:
            found.append(Match(line, Outcome.UNCHANGED, free[0], succeeds=True))
        elif line.name and not any(known.name for known in free):
            found.append(Match(line, Outcome.NEW))
        else:
            choices = _who_it_may_be(line, free[:MOST_CHOICES])
            doubt = Match(line, Outcome.DOUBTFUL, free[0], _who_is_it(line, free))
            doubt.choices = choices
            found.append(doubt)
    return found


def another_address(line: Line, known: Known) -> list[Choice]:
    """What someone new can be who has the name of someone in the same office."""
    return [
        Choice(
            f"same-{known.address_id}",
            f"dezelfde: {known.email} wordt {line.email}",
            Match(line, Outcome.UNCHANGED, known),
        ),
        someone_else(line),
    ]


def someone_else(line: Line) -> Choice:
    return Choice("other", "een ander", Match(line, Outcome.NEW))


def _who_it_may_be(line: Line, free: Sequence[Known]) -> list[Choice]:
    if not line.name:
        return [
            Choice(f"is-{known.address_id}", _called(known), Match(line, Outcome.UNCHANGED, known))
            for known in free
        ]
    return [
        Choice(
            f"succeeds-{known.address_id}",
            f"de opvolger van {_called(known)}" if known.name else "wie de postbus leest",
            Match(line, Outcome.UNCHANGED, known, succeeds=True),
        )
        for known in free
    ] + [Choice("second", "een tweede persoon", Match(line, Outcome.NEW))]


def _called(known: Known) -> str:
    return known.name.text or "de postbus zelf"


def _same_person(one: Name, other: Name) -> bool:
    return bool(one) == bool(other) and names.same(one, other)


def _may_be(line: Name, known: Name) -> bool:
    """An office's own mailbox gets a name, a name is left out, or is spelled better."""
    return not line or not known or names.alike(line, known)


def _who_is_it(line: Line, free: Sequence[Known]) -> str:
    there = " en ".join(_called(known) for known in free)
    if not line.name:
        return f"Op dit adres staan {there}. Noem de naam, dan weten wij wie u bedoelt."
    return (
        f"Op dit adres staat in deze functie al {there}."
        f" Is {line.name.text} de opvolger, of een tweede persoon?"
    )


def _known(condition: ColumnElement[bool]) -> Iterator[Known]:
    columns = CONTACTS.c
    rows = db.session.connection().execute(
        select(
            columns.id,
            ADDRESSES.c.id,
            OFFICES.c.gemeente_code,
            OFFICES.c.function,
            ADDRESSES.c.address_key,
            ADDRESSES.c.email,
            *(columns[field] for field in _NAME),
            columns.phone,
            columns.party,
            columns.portfolio,
            columns.attributes,
            ADDRESSES.c.basis,
            ADDRESSES.c.source,
            ADDRESSES.c.basis_on,
            ADDRESSES.c.confirmed_at,
        )
        .join_from(ADDRESSES, CONTACTS)
        .join(OFFICES)
        .where(condition)
        .order_by(columns.id, ADDRESSES.c.id)
    )
    for contact_id, address_id, code, function, key, email, *rest in rows:
        name = Name(*rest[:6])
        yield Known(contact_id, address_id, (code, function), key, email, name, *rest[6:])
