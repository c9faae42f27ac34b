"""Looking contacts and their addresses up: the list, one gemeente, who reads which mailbox."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, null, select
from sqlalchemy.orm import aliased, contains_eager

from outreach.contacts import finding
from outreach.contacts.finding import Sought
from outreach.contacts.models import (
    Address,
    Contact,
    Function,
    Gemeente,
    Office,
    Sitting,
    SittingKind,
)
from outreach.contacts.suppression import standing_for_any
from outreach.db import db
from outreach.errors import Unknown

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


@dataclass(frozen=True)
class Staff:
    """Who works in a gemeente, griffie first."""

    gemeente: Gemeente
    successor: Gemeente | None  #: what it goes on as
    griffie: Office | None
    entries: list[Entry]
    without_address: list[Contact]
    next_sitting: date | None = None  #: when its raad meets next, if that is known


def search(sought: Sought, *, reach: Reach | None = None, page: int = 1) -> Listing:
    """Addresses in the order of their gemeente, of what someone looks for."""
    found = finding.conditions(sought)
    counts = _counts(found)
    if reach is not None:
        found.append(is_at(reach))
    total = counts[reach] if reach else sum(counts.values())
    page = min(max(1, page), max(1, -(-total // PAGE)))
    here = _ids(found, (page - 1) * PAGE)
    rows = db.session.execute(_entries().where(Address.id.in_(here)))
    return Listing([Entry(address, no_mail) for address, no_mail in rows], counts, total, page)


def conditions(sought: Sought, reach: Reach | None = None) -> list[ColumnElement[bool]]:
    """What `search` finds, over address, contact and office: for a file, or an act on all."""
    found = finding.conditions(sought)
    return found if reach is None else [*found, is_at(reach)]


def of_contact(contact_id: int) -> list[Entry]:
    rows = db.session.execute(_entries().where(Contact.id == contact_id))
    return [Entry(address, no_mail) for address, no_mail in rows]


def staff(code: str, *, today: date | None = None) -> Staff:
    """Who works in a gemeente, in one question.

    :param today: the day from which on its raad is looked for; the default looks for none
    :raises Unknown: no gemeente has this code
    """
    later = aliased(Gemeente)
    rows = db.session.execute(
        select(Gemeente, later, Office, Contact, Address, _no_mail(), _next_sitting(today))
        .outerjoin(later, later.code == Gemeente.successor_code)
        .outerjoin(Office, Office.gemeente_code == Gemeente.code)
        .outerjoin(Contact, Contact.office_id == Office.id)
        .outerjoin(Address, Address.contact_id == Contact.id)
        .where(Gemeente.code == code)
        .options(
            contains_eager(Contact.office),
            contains_eager(Address.contact).contains_eager(Contact.office),
        )
        .order_by(_ORDER, Contact.last_name, Contact.id, Address.preferred.desc(), Address.id)
    ).all()
    if not rows:
        raise Unknown(f"Er is geen gemeente met code {code}.")
    return Staff(
        gemeente=rows[0][0],
        successor=rows[0][1],
        griffie=next((o for _, _, o, *_ in rows if o and o.function is Function.GRIFFIER), None),
        entries=[Entry(address, no_mail) for *_, address, no_mail, _ in rows if address],
        without_address=[one for _, _, _, one, address, *_ in rows if one and not address],
        next_sitting=rows[0][-1],
    )


def _next_sitting(today: date | None) -> Any:
    if today is None:
        return null()
    raad = Sitting.kind == SittingKind.RAAD
    coming = and_(Sitting.gemeente_code == Gemeente.code, Sitting.day >= today, raad)
    return select(func.min(Sitting.day)).where(coming).correlate(Gemeente).scalar_subquery()


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
    return standing_for_any()


def is_at(reach: Reach) -> ColumnElement[bool]:
    """SQL over `address`: whether this is its `Reach`."""
    if reach is Reach.NO_MAIL:
        return _no_mail()
    confirmed = Address.confirmed_at.is_not(None)
    return and_(confirmed if reach is Reach.CONFIRMED else ~confirmed, ~_no_mail())


def _ids(found: list[ColumnElement[bool]], start: int) -> list[int]:
    """The ids of addresses on a page, in their order.

    First the offices that the page is about: so that not the whole list is sorted for a page.
    """
    counted = (
        select(Contact.office_id, func.count())
        .select_from(Address)
        .join(Address.contact)
        .where(*found)
        .group_by(Contact.office_id)
    )
    counts: dict[int, int] = dict(db.session.execute(counted).all())
    order = select(Office.id).outerjoin(Office.gemeente).order_by(*_OFFICES)
    here: list[int] = []
    waiting = PAGE
    for office_id in db.session.scalars(order):
        count = counts.get(office_id, 0)
        if start >= count and not here:
            start -= count  # of an earlier page
        elif count:
            waiting -= count - (0 if here else start)
            here.append(office_id)
        if waiting <= 0:
            break
    ids = (
        select(Address.id)
        .join(Address.contact)
        .join(Contact.office)
        .outerjoin(Office.gemeente)
        .where(*found, Contact.office_id.in_(here))
        .order_by(*_OFFICES, Contact.id, Address.preferred.desc(), Address.id)
    )
    return list(db.session.scalars(ids.limit(PAGE).offset(start)))


def _counts(found: list[ColumnElement[bool]]) -> dict[Reach, int]:
    counted = select(func.count()).select_from(Address).where(*found)
    several = select(
        counted.scalar_subquery(),
        counted.where(is_at(Reach.NO_MAIL)).scalar_subquery(),
        counted.where(is_at(Reach.SUGGESTED)).scalar_subquery(),
    )
    total, no_mail, suggested = (int(count or 0) for count in db.session.execute(several).one())
    confirmed = total - no_mail - suggested
    return {Reach.NO_MAIL: no_mail, Reach.SUGGESTED: suggested, Reach.CONFIRMED: confirmed}
