"""One contact at a time, by hand: add, change, remove."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.clock import dutch_date
from outreach.contacts import erased, names, offices
from outreach.contacts.addresses import check
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    Function,
    Gemeente,
    ListMember,
    Tag,
)
from outreach.contacts.references import is_referred_to
from outreach.contacts.spreadsheets import clean
from outreach.db import db
from outreach.errors import Invalid, Refused

_NAME = ("form_of_address", "titles", "initials", "first_name", "prefix", "last_name")
#: What `add` and `change` take, beside the address.
FIELDS = frozenset(
    [*_NAME, "phone", "party", "portfolio", "attributes", "notes", "term_from", "term_until"]
)


#: The last day of the raad that was elected in March 2026.
TERM_ENDS = date(2030, 3, 31)
#: Those whose term is that of the raad.
OF_TERM = (Function.RAADSLID, Function.WETHOUDER)


class PartyOfOther(Invalid):
    """A party of someone who is no raadslid."""


class BadTerm(Invalid):
    """A term that ends before it begins."""


def add(
    gemeente_code: str | None,
    function: Function,
    *,
    email: str,
    basis: Basis | None,
    source: str,
    by: Actor,
    now: datetime,
    **fields: Any,
) -> Contact:
    """Add someone, or an office's mailbox, with an address.

    With a basis the address counts as confirmed; without one it is never mailed.

    :param gemeente_code: None only for a partner
    :raises BadAddress: the text is no e-mail address
    :raises Refused: the same person is in this office with this address
    """
    if gemeente_code is None and function is not Function.PARTNER:
        raise Invalid("Kies een gemeente; alleen een partner hoeft er geen te hebben.")
    if gemeente_code is not None and db.session.get(Gemeente, gemeente_code) is None:
        raise Invalid(f"Er is geen gemeente met code {gemeente_code}.")
    email = check(email)
    office_id = offices.ensure([(gemeente_code, function)])[gemeente_code, function]
    contact = Contact(office_id=office_id, created_at=now, changed_at=now)
    _set(contact, fields, function)
    _refuse_twice(contact, office_id, email)
    db.session.add(contact)
    db.session.flush()
    address = _address(contact, email, now)
    address.preferred = True
    _confirm(address, basis, source, now)
    db.session.flush()
    audit.record("add contact", f"contact:{contact.id}", by=by, now=now)
    return contact


def change(contact: Contact, *, by: Actor, now: datetime, **fields: Any) -> Contact:
    """Change what we know of someone; `FIELDS` names what can be given."""
    _set(contact, fields, contact.office.function)
    contact.changed_at = now
    audit.record("change contact", f"contact:{contact.id}", by=by, now=now, fields=sorted(fields))
    return contact


def end(contact: Contact, *, by: Actor, now: datetime) -> None:
    """Say that someone left office: from this moment no letter goes there."""
    contact.term_until, contact.changed_at = dutch_date(now) - timedelta(days=1), now
    audit.record("end term", f"contact:{contact.id}", by=by, now=now)


def end_with_raad(contact: Contact, *, by: Actor, now: datetime) -> None:
    """Let someone's term end with that of the raad."""
    contact.term_until, contact.changed_at = TERM_ENDS, now
    audit.record("end term", f"contact:{contact.id}", by=by, now=now, with_raad=True)


def remove(contact: Contact, *, by: Actor, now: datetime) -> None:
    """Remove a contact with its addresses.

    :raises Refused: a letter was made for it; then its history stays
    """
    if is_referred_to(Contact, contact.id):
        raise Refused(
            "Voor dit contact is al een brief gemaakt. Zet het adres op de geen-postlijst,"
            " of vul een einddatum van de functie in."
        )
    audit.record("remove contact", f"contact:{contact.id}", by=by, now=now)
    forget(contact)


def forget(contact: Contact) -> None:
    """Delete a contact with all that is its own; whether that may be is asked before."""
    for rows in (ListMember, Tag):
        db.session.execute(delete(rows).where(rows.contact_id == contact.id))
    db.session.delete(contact)
    db.session.flush()


def add_address(
    contact: Contact, *, email: str, basis: Basis | None, source: str, by: Actor, now: datetime
) -> Address:
    """Give someone a further address; the preferred one stays preferred.

    :raises Refused: the contact has this address
    """
    address = _address(contact, check(email), now)
    _confirm(address, basis, source, now)
    db.session.flush()
    _record("add address", address, by=by, now=now)
    return address


def change_address(
    address: Address,
    *,
    email: str,
    by: Actor,
    now: datetime,
    basis: Basis | None = None,
    source: str = "",
    confirmed: bool = False,
) -> Address:
    """Write to another address from now on.

    Why we may mail the old one says nothing about the new one: without a basis, and not
    confirmed by who reads the mail there, it is never mailed.

    :param confirmed: the office itself asked for it
    :raises Refused: the contact has this address as another one
    """
    email = check(email)
    moved = email.lower() != address.address_key
    if moved:
        erased.refuse(email)
        _refuse_double(address.contact, email)
    address.email, address.address_key = email, email.lower()
    if confirmed and basis is None:
        basis = address.basis or Basis.CONSENT
    if moved or basis is not None:
        _confirm(address, basis, source, now)
    db.session.flush()
    _record("change address", address, by=by, now=now)
    return address


def confirm(address: Address, *, basis: Basis, source: str, by: Actor, now: datetime) -> Address:
    """Say that an address is right, and why we may mail it."""
    _confirm(address, basis, source, now)
    _record("confirm address", address, by=by, now=now)
    return address


def prefer(address: Address, *, by: Actor, now: datetime) -> Address:
    """Write to this one of someone's addresses."""
    others = Address.contact_id == address.contact_id
    db.session.execute(update(Address).where(others).values(preferred=Address.id == address.id))
    db.session.refresh(address)
    _record("prefer address", address, by=by, now=now)
    return address


def remove_address(address: Address, *, by: Actor, now: datetime) -> None:
    """Take an address from someone; when it was the preferred one, the oldest other is.

    :raises Refused: it is the only one
    """
    contact = address.contact
    if len(contact.addresses) == 1:
        raise Refused("Dit is het enige adres. Wijzig het, of verwijder het contact.")
    _record("remove address", address, by=by, now=now)
    contact.addresses.remove(address)
    if address.preferred:
        contact.addresses[0].preferred = True
    db.session.flush()


def _set(contact: Contact, fields: dict[str, Any], function: Function) -> None:
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"no fields of a contact: {', '.join(sorted(unknown))}")
    if fields.get("party") and function is not Function.RAADSLID:
        raise PartyOfOther("Een fractie bewaren wij alleen van raadsleden.")
    begin = fields.get("term_from", contact.term_from)
    end = fields.get("term_until", contact.term_until)
    if begin and end and end < begin:
        raise BadTerm("De laatste dag in deze functie ligt voor de eerste.")
    for field, value in fields.items():
        setattr(contact, field, value if field == "notes" else _tidy(value))


def _tidy(value: Any) -> Any:
    """Text as a list that is read in would have it."""
    if isinstance(value, dict):
        return {clean(str(key)): clean(str(cell)) for key, cell in value.items() if cell}
    return clean(value) if type(value) is str else value


def _address(contact: Contact, email: str, now: datetime) -> Address:
    erased.refuse(email)
    _refuse_double(contact, email)
    address = Address(contact=contact, email=email, address_key=email.lower(), created_at=now)
    db.session.add(address)
    return address


def _confirm(address: Address, basis: Basis | None, source: str, now: datetime) -> None:
    address.basis = basis
    address.source = clean(source)
    address.basis_on = dutch_date(now) if basis else None
    address.confirmed_at = now if basis else None
    address.declined_at = None


def _refuse_double(contact: Contact, email: str) -> None:
    if any(address.address_key == email.lower() for address in contact.addresses):
        raise Refused(f"{email} staat al bij dit contact.")


def _refuse_twice(contact: Contact, office_id: int, email: str) -> None:
    """Two persons behind one mailbox are two contacts; one person twice is a mistake."""
    there = (
        select(Contact)
        .join(Address)
        .where(Contact.office_id == office_id, Address.address_key == email.lower())
    )
    ours = names.of(contact)
    for other in db.session.scalars(there):
        theirs = names.of(other)
        if bool(ours) == bool(theirs) and names.same(ours, theirs):
            raise Refused(f"{email} staat al in deze functie van deze gemeente.")


def _record(act: str, address: Address, *, by: Actor, now: datetime) -> None:
    audit.record(
        act, f"address:{address.id}", by=by, now=now, basis=address.basis and address.basis.value
    )
