"""The work queue of griffies whose address has to be checked, shared out over colleagues.

A gemeente waits while its griffie has no confirmed address (and takes post by mail), or has an
address that nobody looked at: of a list, of the register, of a gemeente that ended. What one
colleague has before her is held: nobody else gets it for ten minutes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import joinedload

from outreach.accounts.models import Coordinator
from outreach.contacts import channels, offices, suggesting, suppression
from outreach.contacts.models import (
    Address,
    AddressCheck,
    Channel,
    Contact,
    Function,
    Gemeente,
    Office,
)
from outreach.contacts.suggesting import Suggestion
from outreach.db import db
from outreach.errors import Refused, Unknown

HOLD = timedelta(minutes=10)  #: a gemeente is nobody else's while one looks at it
ATTEMPTS = 5  #: at one that others take at the same moment


class Gone(Refused):
    """Someone else has this gemeente, or was first."""


@dataclass(frozen=True)
class Item:
    """One gemeente, as the queue shows it."""

    gemeente: Gemeente
    waits: bool
    suggestions: list[Suggestion]  #: the likeliest first
    general: list[str]  #: addresses of a list that are the whole gemeente's: never offered
    confirmed: list[str]
    channel: Channel
    form_url: str
    holder: Coordinator | None  #: whoever has it before her now
    form_only: bool  #: we saw on its site that there is no address

    @property
    def site(self) -> str:
        return site_of(self.gemeente)


@dataclass
class Share:
    """How far a province is, and who is at work in it."""

    name: str
    done: int = 0
    total: int = 0
    colleagues: list[str] = field(default_factory=list)

    @property
    def waits(self) -> int:
        return self.total - self.done


@lru_cache(maxsize=4)  # making the expression takes longer than the question
def waits(today: date) -> ColumnElement[bool]:
    """SQL over `gemeente`: its griffie has to be looked at."""
    usable = and_(Address.confirmed_at.is_not(None), Address.basis.is_not(None))
    otherwise = exists().where(
        Office.gemeente_code == Gemeente.code,
        Office.function == Function.GRIFFIER,
        Office.channel != Channel.EMAIL,
    )
    return and_(
        _is_there(today),
        or_(_unseen(today), and_(~_address_of_griffie(usable, today=today), ~otherwise)),
    )


def counting(today: date) -> Select[Any]:
    """How many gemeenten wait, as a question for a page that asks more."""
    return select(func.count()).select_from(Gemeente).where(waits(today))


def count(today: date) -> int:
    """How many gemeenten wait."""
    return db.session.scalar(counting(today)) or 0


def waiting(today: date, *, province: str = "") -> list[Gemeente]:
    """Those that wait, in the order of a list."""
    rows = select(Gemeente).where(waits(today)).order_by(Gemeente.sort_key, Gemeente.code)
    return list(db.session.scalars(rows.where(Gemeente.province == province) if province else rows))


def shares(*, today: date, at: datetime) -> list[Share]:
    """How far each province is, in the order of the alphabet.

    :param at: the machine's time
    """
    done = func.sum(case((waits(today), 0), else_=1))
    rows = db.session.execute(
        select(Gemeente.province, done, func.count())
        .where(_is_there(today))
        .group_by(Gemeente.province)
        .order_by(Gemeente.province)
    )
    found = {name: Share(name, done, total) for name, done, total in rows}
    busy = db.session.execute(
        select(Gemeente.province, Coordinator)
        .join(AddressCheck, AddressCheck.gemeente_code == Gemeente.code)
        .join(Coordinator, Coordinator.id == AddressCheck.held_by)
        .where(AddressCheck.held_until > at)
        .order_by(Coordinator.id)
    )
    for name, person in busy:
        if name in found and str(person) not in found[name].colleagues:
            found[name].colleagues.append(str(person))
    return list(found.values())


def item(code: str, *, today: date, at: datetime) -> Item:
    """One gemeente of the queue, whether or not it waits.

    :raises Unknown: there is none with this code
    """
    gemeente = db.session.get(Gemeente, code)
    if gemeente is None:
        raise Unknown(f"Er is geen gemeente met code {code}.")
    office = channels.office_of(code)
    there = addresses(code, today)
    unseen = [one for one in there if one.confirmed_at is None and one.declined_at is None]
    suggestions, general = _suggestions(gemeente, unseen, there)
    held = db.session.execute(
        select(Coordinator)
        .join(AddressCheck, AddressCheck.held_by == Coordinator.id)
        .where(AddressCheck.gemeente_code == code, AddressCheck.held_until > at)
    ).scalar_one_or_none()
    return Item(
        gemeente,
        waits=_waits(code, today),
        suggestions=suggestions,
        general=general,
        confirmed=[one.email for one in there if one.confirmed_at and one.basis],
        channel=office.channel if office else Channel.EMAIL,
        form_url=office.form_url if office else "",
        holder=held,
        form_only=code in suggesting.FORM_ONLY,
    )


def site_of(gemeente: Gemeente) -> str:
    """Where to look; and what the source of an address is that was found there."""
    return f"https://{gemeente.website}/" if gemeente.website else ""


def take(
    person_id: int, *, today: date, at: datetime, province: str = "", but: str = ""
) -> str | None:
    """Hold the next gemeente for someone; the one that she holds already comes first.

    Those that someone put off come last. None when nothing is left that no colleague has.

    :param at: the machine's time: a hold ends ten minutes later
    :param but: not this one, which she just put off
    """
    _ensure_rows()
    candidates = _candidates(person_id, today, at, province)
    candidates = candidates.where(AddressCheck.gemeente_code != but)
    for attempt in range(ATTEMPTS):
        code = db.session.execute(_take(candidates, person_id, at, patient=attempt > 0)).scalar()
        if code is None:
            if db.session.scalar(candidates) is None:
                return None
        elif _waits(code, today):
            return str(code)
        else:
            release(code, person_id)  # decided while we looked
    return None


def release(code: str, person_id: int) -> None:
    """Let a gemeente go that someone holds."""
    db.session.execute(
        update(AddressCheck)
        .where(AddressCheck.gemeente_code == code, AddressCheck.held_by == person_id)
        .values(held_by=None, held_until=None)
    )


def _take(candidates: Select[str], person_id: int, at: datetime, *, patient: bool) -> Any:
    """
    :param patient: wait for who changes the row; else pass it by
    """
    wanted = candidates.with_for_update(skip_locked=not patient, of=AddressCheck)
    return (
        update(AddressCheck)
        .where(AddressCheck.gemeente_code == wanted.scalar_subquery(), _free(person_id, at))
        .values(held_by=person_id, held_until=at + HOLD)
        .returning(AddressCheck.gemeente_code)
        .execution_options(synchronize_session=False)
    )


def _candidates(person_id: int, today: date, at: datetime, province: str) -> Select[str]:
    found = (
        select(AddressCheck.gemeente_code)
        .join(Gemeente, Gemeente.code == AddressCheck.gemeente_code)
        .where(waits(today), _free(person_id, at))
        .order_by(
            case((AddressCheck.held_by == person_id, 0), else_=1),
            AddressCheck.later_at.is_not(None),
            AddressCheck.later_at,
            case((_unseen(today), 0), else_=1),
            Gemeente.sort_key,
            Gemeente.code,
        )
        .limit(1)
    )
    return found.where(Gemeente.province == province) if province else found


def _free(person_id: int, at: datetime) -> ColumnElement[bool]:
    return or_(
        AddressCheck.held_by.is_(None),
        AddressCheck.held_by == person_id,
        AddressCheck.held_until < at,
    )


def hold(code: str, person_id: int | None, *, today: date, at: datetime) -> None:
    """Take a gemeente for a choice: of two who choose at once, the second is told.

    :raises Gone: a colleague has it, or it does not wait any more
    """
    _ensure_rows()
    free = [AddressCheck.held_by.is_(None), AddressCheck.held_until < at]
    if person_id is not None:
        free.append(AddressCheck.held_by == person_id)
    held = db.session.execute(
        update(AddressCheck)
        .where(AddressCheck.gemeente_code == code, or_(*free))
        .values(held_by=None, held_until=None)
        .returning(AddressCheck.gemeente_code)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    name = db.session.scalar(select(Gemeente.name).where(Gemeente.code == code)) or code
    if held is None:
        raise Gone(f"Een collega heeft {name} nu voor zich.")
    if not _waits(code, today):
        raise Gone(f"{name} is al gecontroleerd.")


def addresses(code: str, today: date) -> list[Address]:
    """Of everyone who is griffier there, the preferred of each first."""
    rows = (
        select(Address)
        .join(Address.contact)
        .join(Contact.office)
        .where(
            Office.gemeente_code == code,
            Office.function == Function.GRIFFIER,
            _in_office(today),
        )
        .options(joinedload(Address.contact))
        .order_by(Contact.id, Address.preferred.desc(), Address.id)
    )
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def _suggestions(
    gemeente: Gemeente, unseen: Sequence[Address], addresses: Sequence[Address]
) -> tuple[list[Suggestion], list[str]]:
    found = [
        Suggestion(one.email, _why(one), one)
        for one in unseen
        if not suggesting.is_general(one.email, gemeente)
    ]
    general = [one.email for one in unseen if suggesting.is_general(one.email, gemeente)]
    if not any(one.confirmed_at and one.basis for one in addresses):
        found += _made(gemeente, {one.address_key for one in addresses})
    no_mail = _no_mail(one.email for one in found)
    return [
        Suggestion(one.email, one.why, one.address, one.email.lower() in no_mail) for one in found
    ], general


def _made(gemeente: Gemeente, known: set[str]) -> list[Suggestion]:
    own, made = gemeente.general_email, suggesting.made_for(gemeente)
    found = []
    if own and "griffi" in own.lower():
        found.append(Suggestion(own, "Zo staat het in het register van de overheid."))
    if made and made != own.lower():
        found.append(Suggestion(made, "Zo heten de meeste griffies: griffie@ en het domein."))
    return [one for one in found if one.email.lower() not in known]


def _why(address: Address) -> str:
    if not address.source or address.source.startswith(("https://", "http://")):
        return "Zo staat het in uw lijst; niemand bevestigde het nog."
    return address.source


def _no_mail(emails: Iterable[str]) -> set[str]:
    return {email.lower() for email in emails if suppression.standing_of(email)}


def _waits(code: str, today: date) -> bool:
    return bool(db.session.scalar(select(waits(today)).where(Gemeente.code == code)))


@lru_cache(maxsize=4)
def _unseen(today: date) -> ColumnElement[bool]:
    """SQL over `gemeente`: its griffie has an address that nobody looked at."""
    return _address_of_griffie(
        Address.confirmed_at.is_(None), Address.declined_at.is_(None), today=today
    )


def _address_of_griffie(*such_that: ColumnElement[bool], today: date) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            Office.gemeente_code == Gemeente.code,
            Office.function == Function.GRIFFIER,
            Contact.office_id == Office.id,
            Address.contact_id == Contact.id,
            _in_office(today),
            *such_that,
        )
        .correlate(Gemeente)
    )


def _in_office(today: date) -> ColumnElement[bool]:
    return or_(Contact.term_until.is_(None), Contact.term_until >= today)


def _is_there(today: date) -> ColumnElement[bool]:
    return or_(Gemeente.valid_until.is_(None), Gemeente.valid_until > today)


def _ensure_rows() -> None:
    """A row for every gemeente; also for those that a register brought since."""
    lacking = select(Gemeente.code).where(
        ~exists().where(AddressCheck.gemeente_code == Gemeente.code)
    )
    codes = list(db.session.scalars(lacking.order_by(Gemeente.code)))
    if codes:
        rows = [{"gemeente_code": code, "before": {}} for code in codes]
        db.session.execute(_insert_once(), rows)


def _insert_once() -> Any:
    return offices.dialect().insert(AddressCheck).on_conflict_do_nothing()
