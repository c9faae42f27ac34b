"""Who is meant by an address, over all that we hold: contacts, registrations, letters."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import aliased

from outreach.contacts import erased, names
from outreach.contacts.addresses import address_key, check
from outreach.contacts.models import Address, Contact, Function
from outreach.contacts.names import Name
from outreach.db import db
from outreach.events.models import Registration

#: Shorter ones could be anyone's.
LEAST = 6


@dataclass(frozen=True)
class Person:
    """Someone, by all that leads to them."""

    keys: frozenset[str]  #: of addresses that are theirs alone, and the one that was asked for
    contact_ids: frozenset[int] = frozenset()
    registration_ids: frozenset[int] = frozenset()
    #: As texts of others may name them: given name or initials with a surname, never less.
    names: frozenset[str] = frozenset()
    offices: tuple[tuple[str | None, Function, Name], ...] = ()
    hashes: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def words(self) -> list[str]:
        """What no text may hold any more after an erasure, the longest first."""
        return sorted({*self.keys, *self.names}, key=len, reverse=True)

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """Finds them in a text, also where a name runs over the end of a line."""
        if not self.words:
            return None
        found = (r"\s+".join(map(re.escape, word.split())) for word in self.words)
        return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)", re.IGNORECASE)


def of_email(email: str) -> Person:
    """
    :raises BadAddress: the text is no e-mail address
    """
    key = address_key(check(email))
    there = select(Address.contact_id).where(Address.address_key == key).distinct()
    return _of({key}, set(db.session.scalars(there)))


def of_contact(contact: Contact) -> Person:
    """Someone from the list, also without an address."""
    return _of(set(), {contact.id})


def of_registration(registration: Registration) -> Person:
    """One registration alone: its retention ends before that of who made it."""
    return Person(
        frozenset(),
        registration_ids=frozenset({registration.id}),
        names=frozenset(_told([registration.name])),
    )


def _of(keys: set[str], contact_ids: set[int]) -> Person:
    keys = keys | _theirs_alone(contact_ids)
    contacts = db.session.scalars(select(Contact).where(Contact.id.in_(contact_ids))).all()
    registrations = db.session.execute(
        select(Registration.id, Registration.name).where(Registration.email_key.in_(keys))
    ).all()
    called = [words for one in contacts for words in _spellings(names.of(one))]
    called += [row.name for row in registrations]
    pepper = erased.book().pepper
    return Person(
        frozenset(keys),
        frozenset(contact_ids),
        frozenset(row.id for row in registrations),
        frozenset(_told(called)),
        tuple((one.office.gemeente_code, one.office.function, names.of(one)) for one in contacts),
        frozenset(erased.digest(pepper, key) for key in keys) if pepper else frozenset(),
    )


def _theirs_alone(contact_ids: set[int]) -> set[str]:
    """Their addresses, but those behind which others are too: a griffie's mailbox."""
    other = aliased(Address)
    others = select(other.id).where(
        other.address_key == Address.address_key, other.contact_id.not_in(contact_ids)
    )
    theirs = select(Address.address_key).where(Address.contact_id.in_(contact_ids))
    return set(db.session.scalars(theirs.where(~others.exists())))


def _spellings(name: Name) -> Iterable[str]:
    """Under which full names lists and letters know someone."""
    surname = " ".join(part for part in (name.prefix, name.last_name) if part)
    if not name.last_name:
        return
    for given in (name.first_name, name.initials, name.initials.replace(".", "")):
        if given:
            yield f"{given} {surname}"
            yield f"{surname}, {given}"
            yield f"{name.last_name}, {given} {name.prefix}".strip()


def _told(called: Iterable[str]) -> Iterable[str]:
    for words in called:
        tidy = " ".join(words.split())
        if len(tidy) >= LEAST and " " in tidy:
            yield tidy
