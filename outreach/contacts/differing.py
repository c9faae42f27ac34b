"""What a line would change, field by field: as a person is shown it, and as it is written.

Values stand here as an `ImportRow` keeps them, in JSON: enums as their word, days and
moments as ISO text. `before` holds the fields that change, as they were; `after` every
field that the line gives.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from outreach.clock import dutch_date
from outreach.contacts.lines import Line
from outreach.contacts.matching import Known, Match
from outreach.contacts.models import Basis, FormOfAddress
from outreach.contacts.names import Name

NAME = ("form_of_address", "titles", "initials", "first_name", "prefix", "last_name")
OF_CONTACT = (*NAME, "phone", "party", "portfolio", "attributes")
_PLAIN = ("phone", "party", "portfolio")
OF_ADDRESS = ("basis", "source", "basis_on", "confirmed_at")

Values = dict[str, Any]


@dataclass(frozen=True)
class Grounds:
    """Why the addresses of a whole list may be mailed, and where the list comes from."""

    basis: Basis | None = None
    source: str = ""


def of_new(line: Line, grounds: Grounds) -> Values:
    """Every field of someone whom the line adds."""
    after: Values = {"function": line.office[1].value, "email": line.email}
    form, titles, first_name, initials, prefix, last_name, _ = line.name
    words = (line.phone, line.party, line.portfolio)
    given = (form.value, titles, initials, first_name, prefix, last_name, *words)
    for field, value in zip(OF_CONTACT, given, strict=False):
        if value:
            after[field] = value
    if line.attributes:
        after["attributes"] = line.attributes
    if basis := line.basis or grounds.basis:
        after["basis"] = basis.value
    if source := line.source or grounds.source:
        after["source"] = source
    return after


def of_known(match: Match, known: Known, grounds: Grounds) -> tuple[Values, Values]:
    """What changes of someone we know (before), and what the line gives (after)."""
    line, now = match.line, as_it_is(known)
    after = {"function": line.office[1].value, "email": line.email, **_given(match, known)}
    before = {field: now[field] for field in OF_CONTACT if _differs(field, after, now)}
    if "attributes" in before:
        old, new = before["attributes"], after["attributes"]
        before["attributes"] = {key: old.get(key) for key in new if old.get(key) != new[key]}
    return before | _grounds(line, known, grounds, now, after), after


def as_it_is(known: Known) -> Values:
    """Every field of a contact and its address, as they are now."""
    return {
        **_name(known.name),
        "email": known.email,
        "phone": known.phone,
        "party": known.party,
        "portfolio": known.portfolio,
        "attributes": known.attributes,
        "basis": known.basis.value if known.basis else None,
        "source": known.source,
        "basis_on": known.basis_on.isoformat() if known.basis_on else None,
        "confirmed_at": known.confirmed_at.isoformat() if known.confirmed_at else None,
    }


def as_written(after: Values, applied_at: datetime) -> Values:
    """Every field of someone whom a line added, as it was written at that moment."""
    empty: Values = {**dict.fromkeys(OF_CONTACT, ""), "attributes": {}, "source": "", "basis": None}
    given = {field: after[field] for field in (*OF_CONTACT, "email", *OF_ADDRESS) if field in after}
    return empty | given | confirmation(after.get("basis"), applied_at)


def confirmation(basis: str | None, at: datetime) -> Values:
    """A known basis confirms the address, on that day."""
    return {
        "basis_on": dutch_date(at).isoformat() if basis else None,
        "confirmed_at": at.isoformat() if basis else None,
    }


def change(before: Values, after: Values, applied_at: datetime) -> Values:
    """The values that a line writes over those that `before` holds; of attributes the changed."""
    written = {field: after[field] for field in before if field in after}
    if "attributes" in before:
        written["attributes"] = {key: after["attributes"][key] for key in before["attributes"]}
    if "confirmed_at" in before:
        written |= confirmation(after.get("basis"), applied_at)
    return written


def to_columns(values: Values) -> Values:
    """Values as the database takes them."""
    read = {
        "form_of_address": FormOfAddress,
        "basis": Basis,
        "basis_on": date.fromisoformat,
        "confirmed_at": datetime.fromisoformat,
    }
    return {
        field: read[field](value) if field in read and value is not None else value
        for field, value in values.items()
    }


def _name(name: Name) -> Values:
    return {
        "form_of_address": name.form_of_address.value,
        "titles": name.titles,
        "initials": name.initials,
        "first_name": name.first_name,
        "prefix": name.prefix,
        "last_name": name.last_name,
    }


def _given(match: Match, known: Known) -> Values:
    """What the line says about the person; an empty cell says nothing, unless it is another."""
    line, name = match.line, _name(match.line.name)
    given = name if match.succeeds else {field: value for field, value in name.items() if value}
    if line.name.last_name:
        given["prefix"] = line.name.prefix  # a surname is whole, with or without tussenvoegsel
        if not match.succeeds and _surname(line) == _surname(known):
            given |= {"prefix": known.name.prefix, "last_name": known.name.last_name}
    given |= {field: value for field in _PLAIN if (value := getattr(line, field))}
    if line.attributes:
        given["attributes"] = line.attributes
    return given


def _grounds(line: Line, known: Known, grounds: Grounds, now: Values, after: Values) -> Values:
    """Like `before`, for the address; a list's own basis only fills what is empty."""
    if known.key != line.key:  # why we may mail the old address says nothing about the new one
        new = line.basis or grounds.basis
        after |= {"basis": new.value if new else None, "source": line.source or grounds.source}
        return {field: now[field] for field in ("email", *OF_ADDRESS)}
    basis = line.basis or (grounds.basis if known.basis is None else None)
    source = line.source
    if basis and basis is not known.basis:
        source = source or grounds.source
        after |= {"basis": basis.value, "source": source}
        return {field: now[field] for field in OF_ADDRESS}
    if basis:
        after["basis"] = basis.value
    if source:
        after["source"] = source
    before = {"source": now["source"]} if source and source != known.source else {}
    if basis and known.confirmed_at is None:
        before |= {"basis_on": now["basis_on"], "confirmed_at": None}
    return before


def _differs(field: str, after: Values, now: Values) -> bool:
    if field == "attributes":
        return any(now[field].get(key) != value for key, value in after.get(field, {}).items())
    return field in after and after[field] != now[field]


def _surname(someone: Line | Known) -> str:
    return f"{someone.name.prefix} {someone.name.last_name}".strip()
