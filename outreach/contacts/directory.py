"""Looking contacts and their addresses up: the list, one gemeente, who reads which mailbox."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import contains_eager

from outreach.contacts import finding
from outreach.contacts.finding import Sought
from outreach.contacts.models import (
    Address,
    Contact,
    Function,
    Gemeente,
    Office,
)
from outreach.contacts.suppression import suppressed_by_any
from outreach.db import db

PAGE = 100
_ORDER = case({one: rank for rank, one in enumerate(Function)}, value=Office.function)


#: Offices as a list has them; who has no gemeente comes last.
_OFFICES = (Gemeente.sort_key.is_(None), Gemeente.sort_key, Gemeente.code, _ORDER, Office.id)


class Reach(StrEnum):
    """Whether an address can be mailed, the worst first."""

    NO_MAIL = "geen-post"  #: on the geen-postlijst, for one sender or all
    SUGGESTED = "voorgesteld"  #: nobody confirmed it
    CONFIRMED = "bevestigd"

    @property
    def word(self) -> str:
        return _WORDS[self]


_WORDS = {
    Reach.NO_MAIL: "wil geen post",
    Reach.SUGGESTED: "nog niet bevestigd",
    Reach.CONFIRMED: "bevestigd",
}


@dataclass(frozen=True)
class Entry:
    """One address of one contact."""

    address: Address
    no_mail: bool

    @property
    def contact(self) -> Contact:
        return self.address.contact

    @property
    def reach(self) -> Reach:
        if self.no_mail:
            return Reach.NO_MAIL
        return Reach.CONFIRMED if self.address.confirmed_at else Reach.SUGGESTED


@dataclass(frozen=True)
class Listing:
    """A part of the list that fits a page."""

    entries: list[Entry]
    counts: dict[Reach, int]  #: of all that the search finds, whatever reach is chosen
    total: int  #: of what is chosen
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def search(sought: Sought, *, reach: Reach | None = None, page: int = 1) -> Listing:
    """Addresses in the order of their gemeente, of what someone looks for."""
    found = finding.conditions(sought)
    counts = _counts(found)
    if reach is not None:
        found.append(reach_of() == reach)
    total = counts[reach] if reach else sum(counts.values())
    page = min(max(1, page), max(1, -(-total // PAGE)))
    ids = _ids(found).limit(PAGE).offset((page - 1) * PAGE)
    # The ids alone first: what is sorted is then small.
    here = list(db.session.scalars(ids))
    rows = db.session.execute(_entries().where(Address.id.in_(here)))
    return Listing([Entry(address, no_mail) for address, no_mail in rows], counts, total, page)


def conditions(sought: Sought, reach: Reach | None = None) -> list[ColumnElement[bool]]:
    """What `search` finds, over address, contact and office: for a file, or an act on all."""
    found = finding.conditions(sought)
    return found if reach is None else [*found, reach_of() == reach]


def of_gemeente(code: str) -> list[Entry]:
    """Everyone we know in a gemeente, griffie first."""
    rows = db.session.execute(_entries().where(Office.gemeente_code == code))
    return [Entry(address, no_mail) for address, no_mail in rows]


def of_contact(contact_id: int) -> list[Entry]:
    rows = db.session.execute(_entries().where(Contact.id == contact_id))
    return [Entry(address, no_mail) for address, no_mail in rows]


def without_address(code: str) -> list[Contact]:
    """Who works in a gemeente, and has no address with us: the register often gives none."""
    people = (
        select(Contact)
        .join(Contact.office)
        .options(contains_eager(Contact.office))
        .where(Office.gemeente_code == code, ~Contact.addresses.any())
        .order_by(_ORDER, Contact.last_name, Contact.id)
    )
    return list(db.session.scalars(people))


def griffies() -> dict[str, Entry]:
    """Per gemeente the address that a letter to its griffie would go to, if it has one."""
    found = (
        select(Office.gemeente_code, Address, _no_mail())
        .join(Address.contact)
        .join(Contact.office)
        .where(Office.function == Function.GRIFFIER, Office.gemeente_code.is_not(None))
        .order_by(Contact.id, Address.id)
    )
    best: dict[str, Entry] = {}
    for code, address, no_mail in db.session.execute(found):
        entry = Entry(address, no_mail)
        if code not in best or _rank(entry) > _rank(best[code]):
            best[code or ""] = entry
    return best


def _rank(entry: Entry) -> tuple[int, bool]:
    return list(Reach).index(entry.reach), entry.address.preferred


def _entries() -> Select[Address, bool]:
    return (
        select(Address, _no_mail())
        .join(Address.contact)
        .join(Contact.office)
        .outerjoin(Office.gemeente)
        .options(
            contains_eager(Address.contact)
            .contains_eager(Contact.office)
            .contains_eager(Office.gemeente)
        )
        .order_by(*_OFFICES, Contact.id, Address.preferred.desc(), Address.id)
    )


def _no_mail() -> ColumnElement[bool]:
    return suppressed_by_any(Address.address_key, Office.gemeente_code)


def reach_of() -> ColumnElement[str]:
    """SQL over `address` and its `office`: the value of its `Reach`."""
    return case(
        (_no_mail(), Reach.NO_MAIL.value),
        (Address.confirmed_at.is_(None), Reach.SUGGESTED.value),
        else_=Reach.CONFIRMED.value,
    )


def _ids(found: list[ColumnElement[bool]]) -> Select[int]:
    """The ids of addresses in their order."""
    ranked = (
        select(Office.id, func.row_number().over(order_by=_OFFICES).label("rank"))
        .outerjoin(Office.gemeente)
        .subquery("ranked")
    )
    return (
        select(Address.id)
        .join(Address.contact)
        .join(Contact.office)
        .join(ranked, ranked.c.id == Office.id)
        .where(*found)
        .order_by(ranked.c.rank, Contact.id, Address.preferred.desc(), Address.id)
    )


def _counts(found: list[ColumnElement[bool]]) -> dict[Reach, int]:
    reach = reach_of().label("reach")
    rows = db.session.execute(
        select(reach, func.count())
        .select_from(Address)
        .join(Address.contact)
        .join(Contact.office)
        .where(*found)
        .group_by(reach)
    )
    return dict.fromkeys(Reach, 0) | {Reach(word): count for word, count in rows}
