"""A gemeente that ended: who worked there goes to its successor, to be looked at there.

Nothing of the old gemeente is changed but the last day of its people, so its letters and its
answers stay where they were. At the successor each address is one that nobody confirmed: no
letter leaves before a person looked. Who wants no mail is kept by address, and so stays that.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import selectinload

from outreach.accounts.audit import SYSTEM
from outreach.clock import dutch_date
from outreach.contacts import names, offices, suppression
from outreach.contacts.models import (
    Address,
    Contact,
    Gemeente,
    ListMember,
    Office,
    Outcome,
    RegisterKind,
    RegisterRow,
    Tag,
)
from outreach.contacts.people import display_name
from outreach.contacts.register_people import remove_contact
from outreach.db import db

MOVED = "Dit contact is intussen gewijzigd. Lees het register opnieuw in."
_COPIED = ("form_of_address", "titles", "initials", "first_name", "prefix", "last_name", "phone")


def due(*, today: date) -> list[Gemeente]:
    """Gemeenten that have ended and have a successor."""
    ended = select(Gemeente).where(
        Gemeente.valid_until <= today, Gemeente.successor_code.is_not(None)
    )
    return list(db.session.scalars(ended.order_by(Gemeente.code)))


def plan(old: Gemeente, successor: str, ended: date) -> list[RegisterRow]:
    """Everyone who worked there to the end."""
    last = ended - timedelta(days=1)
    people = (
        select(Contact)
        .join(Contact.office)
        .where(
            Office.gemeente_code == old.code,
            or_(Contact.term_until.is_(None), Contact.term_until > last),
        )
        .options(selectinload(Contact.addresses), selectinload(Contact.office))
        .order_by(Contact.id)
    )
    return [_row(old, contact, successor, last) for contact in db.session.scalars(people)]


def apply(row: RegisterRow, *, now: datetime) -> str:
    """End someone's term and put a copy at the successor; return why not, if it no longer holds."""
    contact = db.session.get(Contact, row.contact_id)
    if contact is None or _day(contact.term_until) != row.before["term_until"]:
        return MOVED
    contact.term_until = date.fromisoformat(row.after["term_until"])
    contact.changed_at = now
    successor = db.session.get(Gemeente, row.after["successor"])
    if successor is None:
        return MOVED
    copy = _copy(contact, successor, now)
    row.after = row.after | {"contact_id": copy.id if copy else None}
    return ""


def undo(row: RegisterRow, *, applied_at: datetime, now: datetime) -> str:
    """Bring someone back to the old gemeente; return what was left, if so."""
    copy_id = row.after.get("contact_id")
    copy = db.session.get(Contact, copy_id) if copy_id else None
    reason = remove_contact(copy, applied_at, lists=True) if copy else ""
    contact = db.session.get(Contact, row.contact_id)
    if contact is not None and not reason:
        if _day(contact.term_until) == row.after["term_until"]:
            contact.term_until = _date(row.before["term_until"])
            contact.changed_at = now
        else:
            reason = MOVED
    db.session.flush()
    return reason


def _row(old: Gemeente, contact: Contact, successor: str, last: date) -> RegisterRow:
    email = next((one.email for one in contact.addresses), "")
    return RegisterRow(
        kind=RegisterKind.SUCCESSION,
        outcome=Outcome.CHANGED,
        gemeente_code=old.code,
        subject=display_name(contact),
        function=contact.office.function,
        contact_id=contact.id,
        before={"term_until": _day(contact.term_until)},
        after={"term_until": last.isoformat(), "successor": successor, "email": email},
    )


def _copy(contact: Contact, successor: Gemeente, now: datetime) -> Contact | None:
    """The same person or mailbox at the successor, unless it is there already."""
    key = successor.code, contact.office.function
    office_id = offices.ensure([key])[key]
    there = db.session.scalars(
        select(Contact)
        .where(Contact.office_id == office_id)
        .options(selectinload(Contact.addresses))
    ).all()
    known = {one.address_key for other in there for one in other.addresses}
    fresh = [one for one in contact.addresses if one.address_key not in known]
    ours = names.of(contact)
    named = any(ours and names.same(ours, names.of(one)) for one in there if names.of(one))
    if not fresh and (named or not ours):
        return None
    copy = Contact(
        office_id=office_id,
        attributes=dict(contact.attributes),
        created_at=now,
        changed_at=now,
        **{name: getattr(contact, name) for name in (*_COPIED, "party", "portfolio")},
    )
    old = contact.office.gemeente.name if contact.office.gemeente else ""
    for one in fresh:
        copy.addresses.append(
            Address(
                email=one.email,
                address_key=one.address_key,
                source=_source(one, old, now),
                preferred=one.preferred,
                created_at=now,
            )
        )
    db.session.add(copy)
    db.session.flush()
    _copy_marks(contact.id, copy.id)
    if contact.office.gemeente:
        for address in copy.addresses:
            suppression.follow(contact.office.gemeente, address, by=SYSTEM, now=now)
    return copy


def _copy_marks(old: int, new: int) -> None:
    """Tags and lists go with someone: a letter to the list means the successor too."""
    for tag in db.session.scalars(select(Tag.name).where(Tag.contact_id == old)).all():
        db.session.execute(insert(Tag).values(contact_id=new, name=tag))
    lists = db.session.scalars(select(ListMember.list_id).where(ListMember.contact_id == old)).all()
    for list_id in lists:
        db.session.execute(insert(ListMember).values(contact_id=new, list_id=list_id))


def _source(address: Address, old: str, now: datetime) -> str:
    day = dutch_date(now)
    came = f"Overgekomen van gemeente {old} op {day.day}-{day.month}-{day.year}; controleer het."
    return f"{came} Eerder: {address.source}" if address.source else came


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
