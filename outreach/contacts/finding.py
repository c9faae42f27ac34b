"""What someone looks for in the list of addresses, as conditions that list, file and acts share.

Each is a set of contacts or addresses, found by an index; none looks a row up by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from outreach.contacts import search_keys
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    ContactList,
    Function,
    Gemeente,
    GemeenteAlias,
    ListMember,
    Office,
    Tag,
)
from outreach.db import db

NO_BASIS = "geen"  #: of `Sought.basis`: addresses that we do not know why we may mail

Conditions = list[ColumnElement[bool]]

# Apart from the tables of the question around.
_CONTACT = Contact.__table__.alias("sought_contact")
_ADDRESS = Address.__table__.alias("sought_address")
_OFFICE = Office.__table__.alias("sought_office")
_GEMEENTE = Gemeente.__table__.alias("sought_gemeente")


@dataclass(frozen=True)
class Sought:
    """Filters that all have to fit; what is empty asks nothing."""

    text: str = ""
    function: Function | None = None
    province: str = ""
    tag: str = ""
    list_name: str = ""
    basis: str = ""  #: a Basis, or NO_BASIS
    within: ColumnElement[bool] | None = None  #: over `contact`: a selectie

    @property
    def everything(self) -> bool:
        return self == Sought()


def conditions(sought: Sought) -> Conditions:
    """SQL over `address` (and `contact`, where a selectie is asked)."""
    found: Conditions = []
    if offices := _of_offices(sought):
        theirs = select(_OFFICE.c.id).outerjoin(
            _GEMEENTE, _GEMEENTE.c.code == _OFFICE.c.gemeente_code
        )
        found.append(_of_contacts(_CONTACT.c.office_id.in_(theirs.where(*offices))))
    if sought.tag:
        tagged = select(Tag.contact_id).where(Tag.name == sought.tag)
        found.append(Address.contact_id.in_(tagged.correlate(None)))
    if sought.list_name:
        listed = select(ListMember.contact_id).join(ContactList)
        named = listed.where(ContactList.name == sought.list_name)
        found.append(Address.contact_id.in_(named.correlate(None)))
    if sought.basis:
        known = sought.basis in set(Basis)
        same = Address.basis == Basis(sought.basis) if known else Address.basis.is_(None)
        found.append(same)
    if sought.within is not None:
        found.append(
            Address.contact_id.in_(select(Contact.id).where(sought.within).correlate(None))
        )
    return found + _texts(sought.text)


def _of_offices(sought: Sought) -> Conditions:
    found: Conditions = []
    if sought.function is not None:
        found.append(_OFFICE.c.function == sought.function)
    if sought.province:
        found.append(func.coalesce(_GEMEENTE.c.province, "") == sought.province)
    return found


def _texts(text: str) -> Conditions:
    """Each word is in the name, in the address, or names the gemeente."""
    if not text.strip():
        return []
    keys = _gemeente_keys()
    return [_holds(word, keys) for word in search_keys.words(text)]


def _holds(word: str, keys: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    addresses = select(_ADDRESS.c.id).where(_ADDRESS.c.address_key.contains(word, autoescape=True))
    found: Conditions = [Address.id.in_(addresses)]
    if folded := search_keys.fold(word):
        # It has no sign that LIKE takes for another: only letters, digits and @.
        found.append(_of_contacts(_CONTACT.c.search_key.like(f"%{folded}%")))
    if folded and (codes := [code for code, key in keys if folded in key]):
        offices = select(_OFFICE.c.id).where(_OFFICE.c.gemeente_code.in_(codes))
        found.append(_of_contacts(_CONTACT.c.office_id.in_(offices)))
    return or_(*found)


def _of_contacts(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Address.contact_id.in_(select(_CONTACT.c.id).where(condition))


def _gemeente_keys() -> Iterable[tuple[str, str]]:
    """Every name and alias of a gemeente as it is looked for."""
    names = select(Gemeente.code, Gemeente.name)
    aliases = select(GemeenteAlias.gemeente_code, GemeenteAlias.alias)
    rows = db.session.execute(names.union_all(aliases))
    return [(code, search_keys.fold(name)) for code, name in rows]
