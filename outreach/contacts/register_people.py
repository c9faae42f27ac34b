"""Who works where by the register: proposals beside what we know, never over it.

Someone new becomes a contact whose address nobody confirmed, so no letter goes there. Of
someone we know only what is empty, or what an earlier register gave, is filled.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import selectinload

from outreach.contacts import erased, names, offices
from outreach.contacts.differing import NAME
from outreach.contacts.erased import Book
from outreach.contacts.models import (
    Address,
    Contact,
    FormOfAddress,
    Function,
    ImportState,
    ListMember,
    Office,
    Outcome,
    RegisterImport,
    RegisterKind,
    RegisterRow,
    Tag,
)
from outreach.contacts.names import Name
from outreach.contacts.references import is_referred_to
from outreach.contacts.register_facts import Facts, Person
from outreach.db import db

REGISTER = "Register van Overheidsorganisaties"
MOVED = "Dit contact is intussen gewijzigd. Lees het register opnieuw in."
APPEARED = "Dit contact is intussen al toegevoegd. Lees het register opnieuw in."
GONE = "Dit contact is al verwijderd."
LETTER = "Voor dit contact is al een brief gemaakt; het blijft staan."
USED = "Dit contact is daarna gewijzigd of elders gebruikt; het blijft staan."
LEFT = "Staat niet meer in het register."
ERASED = "Deze persoon is op verzoek gewist. Wij mogen de gegevens niet opnieuw bewaren."
SHARED = "Dit adres staat al bij deze functie; de naam komt erbij zonder adres."
#: Those of whom there is one: more in the register are clerks of committees.
_SINGLE = (Function.GRIFFIER, Function.BURGEMEESTER, Function.SECRETARIS)
_FILLED = (*NAME, "phone", "party", "term_until")
WORDS = {
    "phone": "telefoon",
    "party": "fractie",
    "term_until": "laatste dag in deze functie",
    "email": "adres",
}


@dataclass
class Part:
    """One function in one gemeente: who is there, and what earlier registers gave of them."""

    contacts: list[Contact] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


def source(stamped: date) -> str:
    """Where an address comes from, as it is shown and as article 14 wants it."""
    return f"{REGISTER} (organisaties.overheid.nl), {stamped.day}-{stamped.month}-{stamped.year}"


def plan(facts: Facts, *, stamped: date, today: date, newest: bool) -> list[RegisterRow]:
    """What the register proposes for the people of one gemeente.

    :param newest: no later register was taken over, so who is missing has left
    """
    parts: dict[Function, Part] = {}
    for person in facts.people:
        if person.until is None or person.until >= today or _knows(facts.code, person):
            parts.setdefault(person.function, Part()).people.append(person)
    earlier, brought = _earlier(facts.code)
    for contact in _contacts(facts.code, parts):
        parts[contact.office.function].contacts.append(contact)
    rows, out = [], erased.book()
    for function, part in parts.items():
        left = list(part.contacts)
        for person in part.people:
            if is_out(out, facts.code, person):
                rows.append(_left_out(facts.code, function))
                continue
            rows.append(_proposal(facts.code, person, part, left, earlier, stamped))
        if newest:
            gone = [one for one in left if one.id in brought and one.term_until is None]
            rows += [_ended(facts.code, function, one, stamped) for one in gone]
    return rows


def is_out(book: Book, code: str, person: Person) -> bool:
    """Whether this person was erased on request: known by address, or by name in this office."""
    by_address = bool(person.email and book.refusal(person.email.lower()))
    return by_address or book.holds_person(code, person.function, person.name)


def add(row: RegisterRow, *, stamped: date, now: datetime) -> str:
    """Make the contact that a row proposes; return why not, if so."""
    office_key = row.gemeente_code, Function(row.function or "")
    office_id = offices.ensure([office_key])[office_key]
    name = _name(row.after)
    there = db.session.scalars(select(Contact).where(Contact.office_id == office_id)).all()
    if any(names.same(name, names.of(one)) for one in there if names.of(one)):
        return APPEARED
    contact = Contact(office_id=office_id, created_at=now, changed_at=now)
    _set(contact, {key: row.after[key] for key in _FILLED if key in row.after})
    contact.attributes = row.after["attributes"]
    if email := row.after.get("email"):
        contact.addresses.append(_address(email, stamped, now, preferred=True))
    db.session.add(contact)
    db.session.flush()
    row.contact_id = contact.id
    return ""


def change(row: RegisterRow, *, stamped: date, now: datetime) -> str:
    """Fill in what a row proposes of someone we know; return why not, if it no longer holds."""
    contact = db.session.get(Contact, row.contact_id)
    if contact is None or any(
        _written(contact, name) != old for name, old in row.before.items() if name != "email"
    ):
        return MOVED
    email = row.after.get("email") if "email" in row.before else None
    if email and any(one.address_key == email.lower() for one in contact.addresses):
        return MOVED
    _set(contact, {name: row.after[name] for name in row.before if name != "email"})
    if email:
        contact.addresses.append(_address(email, stamped, now, preferred=not contact.addresses))
    contact.changed_at = now
    db.session.flush()
    return ""


def remove(row: RegisterRow, *, applied_at: datetime) -> str:
    """Take a contact back that a row added; return why it stays, if it does."""
    contact = db.session.get(Contact, row.contact_id) if row.contact_id else None
    if contact is None:
        return GONE
    return remove_contact(contact, applied_at)


def remove_contact(contact: Contact, applied_at: datetime, *, lists: bool = False) -> str:
    """Remove a contact that an import made; return why it stays, if it does.

    :param lists: its tags and lists came with it, and go with it
    """
    if is_referred_to(Contact, contact.id) or any(
        is_referred_to(Address, one.id) for one in contact.addresses
    ):
        return LETTER
    touched = contact.notes or contact.changed_at != applied_at
    ours = all(
        one.created_at == applied_at and one.confirmed_at is None for one in contact.addresses
    )
    held = not lists and any(
        db.session.scalar(select(kind.contact_id).where(kind.contact_id == contact.id).limit(1))
        for kind in (ListMember, Tag)
    )
    if touched or not ours or held:
        return USED
    for kind in (ListMember, Tag):
        db.session.execute(delete(kind).where(kind.contact_id == contact.id))
    db.session.delete(contact)
    db.session.flush()
    return ""


def restore(row: RegisterRow, *, applied_at: datetime, now: datetime) -> list[str]:
    """Take back what a row filled in and still stands; return what was left, in Dutch."""
    contact = db.session.get(Contact, row.contact_id)
    if contact is None:
        return ["het contact, dat al verwijderd is"]
    left = []
    for name, old in row.before.items():
        if name == "email":
            left += _take_back(contact, row.after["email"], applied_at)
        elif _written(contact, name) == row.after[name]:
            _set(contact, {name: old})
        else:
            left.append(WORDS.get(name, "naam"))
    contact.changed_at = now
    db.session.flush()
    return sorted(set(left))


def _take_back(contact: Contact, email: str, applied_at: datetime) -> list[str]:
    for address in contact.addresses:
        if address.address_key == email.lower() and address.created_at == applied_at:
            if address.confirmed_at or is_referred_to(Address, address.id):
                return [WORDS["email"]]
            contact.addresses.remove(address)
    return []


def _proposal(
    code: str,
    person: Person,
    part: Part,
    left: list[Contact],
    earlier: dict[int, RegisterRow],
    stamped: date,
) -> RegisterRow:
    given = _given(person, part)
    reasons = [person.remark] if person.remark else []
    known = _match(person, left, earlier)
    if len(known) > 1:
        reason = f"{person.name.text} staat hier {len(known)} keer. Voeg die eerst samen."
        return _row(code, person, Outcome.DOUBTFUL, [reason])
    if known:
        contact = known[0]
        left.remove(contact)
        return _beside(code, person, contact, given, earlier, reasons)
    if person.function in _SINGLE and len(part.people) > 1:
        several = len(part.people)
        reason = f"Het register noemt hier {several} keer een {person.function.value}. Wie is het?"
        return _row(code, person, Outcome.DOUBTFUL, [reason])
    taken = {one.address_key for contact in part.contacts for one in contact.addresses}
    if given.get("email", "").lower() in taken:
        given.pop("email")
        reasons.append(SHARED)
    since = {"in functie sinds": person.since.isoformat()} if person.since else {}
    given["attributes"] = {"register": source(stamped)} | since
    return _row(code, person, Outcome.NEW, reasons, after=given)


def _left_out(code: str, function: Function) -> RegisterRow:
    """Nothing of who it is about: not even a name may be kept."""
    return RegisterRow(
        kind=RegisterKind.PERSON,
        outcome=Outcome.REFUSED,
        reason=ERASED,
        gemeente_code=code,
        subject="(gewist)",
        function=function,
    )


def _beside(
    code: str,
    person: Person,
    contact: Contact,
    given: dict[str, Any],
    earlier: dict[int, RegisterRow],
    reasons: list[str],
) -> RegisterRow:
    """What is empty here, or was given by an earlier register, against what it gives now."""
    base = earlier[contact.id].after if contact.id in earlier else {}
    before: dict[str, Any] = {}
    kept = []
    for name, value in given.items():
        if name == "email":
            if all(one.address_key != value.lower() for one in contact.addresses):
                before[name] = None
            continue
        ours = _written(contact, name)
        if ours == value:
            continue
        if not ours or ours == base.get(name):
            before[name] = ours
        else:
            kept.append(WORDS.get(name, "naam"))
    if kept:
        reasons.append(f"Uw eigen gegevens blijven staan: {', '.join(dict.fromkeys(kept))}.")
    outcome = Outcome.CHANGED if before else Outcome.UNCHANGED
    return _row(code, person, outcome, reasons, before=before, after=given, contact_id=contact.id)


def _ended(code: str, function: Function, contact: Contact, stamped: date) -> RegisterRow:
    """Someone whom a register brought, and who is not in it any more."""
    last = (stamped - timedelta(days=1)).isoformat()
    return RegisterRow(
        kind=RegisterKind.PERSON,
        outcome=Outcome.CHANGED,
        reason=LEFT,
        gemeente_code=code,
        subject=names.of(contact).text,
        function=function,
        contact_id=contact.id,
        before={"term_until": None},
        after={"term_until": last},
    )


def _given(person: Person, part: Part) -> dict[str, Any]:
    """What the register gives of someone, as a row keeps it."""
    given = {
        "form_of_address": person.name.form_of_address.value,
        "titles": person.name.titles,
        "initials": person.name.initials,
        "first_name": person.name.first_name,
        "prefix": person.name.prefix,
        "last_name": person.name.last_name,
        "phone": person.phone,
        "party": person.party,
        "term_until": person.until.isoformat() if person.until else "",
        "email": person.email,
    }
    return {name: value for name, value in given.items() if value}


def _match(
    person: Person, left: Iterable[Contact], earlier: dict[int, RegisterRow]
) -> list[Contact]:
    """Who of these is meant: by the register's own number, else by name."""
    there = list(left)
    by_key = [
        one
        for one in there
        if person.key and one.id in earlier and earlier[one.id].key == person.key
    ]
    return by_key or [
        one for one in there if names.of(one) and names.same(person.name, names.of(one))
    ]


def _knows(code: str, person: Person) -> bool:
    """Whether someone who left by now is among ours: then the last day matters."""
    there = (
        select(Contact)
        .join(Office)
        .where(
            Office.gemeente_code == code,
            Office.function == person.function,
            Contact.last_name == person.name.last_name,
        )
    )
    return any(names.same(person.name, names.of(one)) for one in db.session.scalars(there))


def _earlier(code: str) -> tuple[dict[int, RegisterRow], set[int]]:
    """By contact what the last register that was taken over gave of it; and who came from one."""
    rows = db.session.scalars(
        select(RegisterRow)
        .join(RegisterImport, RegisterImport.id == RegisterRow.import_id)
        .where(
            RegisterRow.gemeente_code == code,
            RegisterRow.kind == RegisterKind.PERSON,
            RegisterRow.contact_id.is_not(None),
            RegisterRow.outcome.in_([Outcome.NEW, Outcome.CHANGED]),
            RegisterImport.state == ImportState.APPLIED,
        )
        .order_by(RegisterRow.id)
    )
    found: dict[int, RegisterRow] = {}
    brought: set[int] = set()
    for row in rows:
        contact_id = row.contact_id or 0
        if contact_id not in found or row.key:  # who left has none
            found[contact_id] = row
        if row.outcome is Outcome.NEW:
            brought.add(contact_id)
    return found, brought


def _contacts(code: str, functions: Iterable[Function]) -> list[Contact]:
    rows = (
        select(Contact)
        .join(Contact.office)
        .where(Office.gemeente_code == code, Office.function.in_(sorted(functions)))
        .options(selectinload(Contact.addresses), selectinload(Contact.office))
        .order_by(Contact.id)
    )
    return list(db.session.scalars(rows))


def _row(
    code: str, person: Person, outcome: Outcome, reasons: list[str], **values: Any
) -> RegisterRow:
    return RegisterRow(
        kind=RegisterKind.PERSON,
        outcome=outcome,
        reason=" ".join(reasons),
        gemeente_code=code,
        subject=person.name.text,
        function=person.function,
        key=person.key,
        **values,
    )


def _address(email: str, stamped: date, now: datetime, *, preferred: bool) -> Address:
    return Address(
        email=email,
        address_key=email.lower(),
        source=source(stamped),
        preferred=preferred,
        created_at=now,
    )


def _name(values: dict[str, Any]) -> Name:
    return Name(
        first_name=values.get("first_name", ""),
        initials=values.get("initials", ""),
        prefix=values.get("prefix", ""),
        last_name=values.get("last_name", ""),
    )


def _written(contact: Contact, name: str) -> Any:
    value = getattr(contact, name)
    return value.isoformat() if isinstance(value, date) else value


def _set(contact: Contact, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name == "term_until":
            value = date.fromisoformat(value) if value else None
        elif name == "form_of_address":
            value = FormOfAddress(value)
        setattr(contact, name, value)
