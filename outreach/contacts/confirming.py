"""What someone says of a griffie in the work queue, and taking that back."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.clock import dutch_date
from outreach.contacts import channels, checklist, keeping, suggesting
from outreach.contacts.addresses import check
from outreach.contacts.models import (
    Address,
    AddressCheck,
    Basis,
    Channel,
    Contact,
    Decision,
    Function,
    Gemeente,
)
from outreach.contacts.references import is_referred_to
from outreach.db import db
from outreach.errors import Invalid, Refused

#: What is wrong with what was typed, though it may be right all the same.
GENERAL = (
    "{email} is een algemeen adres van de gemeente, niet van de griffie. Kies nog een keer [Ander"
    " adres] als de griffie het echt gebruikt."
)
ELSEWHERE = (
    "{email} hoort bij gemeente {other}. Kies nog een keer [Ander adres] als de griffie van {name}"
    " het echt gebruikt."
)


class Doubtful(Invalid):
    """An address that is probably not this griffie's; said twice it is taken."""


def choose(
    code: str,
    decision: Decision,
    *,
    by: Actor,
    now: datetime,
    at: datetime,
    person_id: int | None = None,
    email: str = "",
    url: str = "",
    source: str = "",
    sure: bool = False,
) -> None:
    """Say of a gemeente's griffie what its address is, or that it has none.

    The address gets its basis (published), its date, and the site of the gemeente as its source.
    Every other address of a griffie there that nobody confirmed is not asked again.

    :param person_id: whose hold this is; None at the command line, which takes what nobody holds
    :param email: with RIGHT the address that was shown, with OTHER the one that was typed
    :param url: of the web form, with FORM; or empty
    :param source: where the address stands, when that is not the gemeente's site
    :param sure: also when the address is probably not the griffie's
    :raises Doubtful: the address is general, or of another gemeente
    :raises checklist.Gone: a colleague has it, or it was done already
    :raises Invalid: no e-mail address, no URL
    """
    today = dutch_date(now)
    email = check(email) if decision in (Decision.RIGHT, Decision.OTHER) else ""
    url = channels.web_address(url)
    checklist.hold(code, person_id, today=today, at=at)
    gemeente = db.session.get_one(Gemeente, code)
    if email and not sure:
        _doubt(gemeente, email, by_hand=decision is Decision.OTHER)
    row = db.session.get_one(AddressCheck, code, populate_existing=True)
    before: dict[str, Any] = {
        "written": now.isoformat(),
        "later_at": row.later_at.isoformat() if row.later_at else None,
    }
    if decision is Decision.LATER:
        row.later_at = at
    else:
        row.later_at = None
        if email:
            before |= _use(
                gemeente, email, source or checklist.site_of(gemeente), today, by=by, now=now
            )
        elif decision is Decision.FORM:
            before |= channels.choose(code, Function.GRIFFIER, Channel.FORM, url, by=by, now=now)
        elif not _confirmed(code, today):
            raise Invalid("Er is nog geen goed adres. Kies het adres, of [Alleen webformulier].")
        before["declined"] = _decline_others(code, today, now)
    row.decision, row.decided_by, row.decided_at = decision, by.key, at
    row.before = before
    db.session.flush()
    audit.record("check address", f"gemeente:{code}", by=by, now=now, decision=decision.value)


def undo(person_id: int, *, by: Actor, now: datetime, at: datetime) -> str:
    """Take someone's last choice back, and give her the gemeente again; return its code.

    :raises Refused: there is none, or what it wrote was changed or used since
    """
    last = db.session.scalar(_newest(by).with_for_update())
    if last is None:
        raise Refused("U koos hier nog niets, dus er valt niets ongedaan te maken.")
    if last.held_by not in (None, person_id) and last.held_until and last.held_until > at:
        raise Refused("Een collega heeft deze gemeente nu voor zich.")
    before = last.before
    _undo_address(before)
    channels.take_back(before)
    declined = update(Address).where(Address.id.in_(before.get("declined", [])))
    db.session.execute(declined.values(declined_at=None))
    last.later_at = _moment(before["later_at"])
    last.decision = last.decided_by = last.decided_at = None
    last.before = {}
    last.held_by, last.held_until = person_id, at + checklist.HOLD
    db.session.flush()
    db.session.expire_all()
    audit.record("undo address check", f"gemeente:{last.gemeente_code}", by=by, now=now)
    return last.gemeente_code


def last_choice(by: Actor) -> AddressCheck | None:
    """What someone said last, and can take back."""
    return db.session.scalar(_newest(by))


def _newest(by: Actor) -> Select[AddressCheck]:
    return (
        select(AddressCheck)
        .where(AddressCheck.decided_by == by.key, AddressCheck.decision.is_not(None))
        .order_by(AddressCheck.decided_at.desc(), AddressCheck.gemeente_code)
        .limit(1)
    )


def _doubt(gemeente: Gemeente, email: str, *, by_hand: bool) -> None:
    if suggesting.is_general(email, gemeente):
        raise Doubtful(GENERAL.format(email=email))
    if not by_hand:
        return
    domain = email.rpartition("@")[2].lower()
    if domain in suggesting.domains(gemeente):
        return
    others = select(Gemeente).where(
        Gemeente.code != gemeente.code,
        or_(
            func.lower(Gemeente.website) == domain,
            func.lower(Gemeente.general_email).endswith(f"@{domain}", autoescape=True),
        ),
    )
    if other := db.session.scalar(others.limit(1)):
        raise Doubtful(ELSEWHERE.format(email=email, other=other.name, name=gemeente.name))


def _use(
    gemeente: Gemeente, email: str, source: str, today: date, *, by: Actor, now: datetime
) -> dict[str, Any]:
    """Confirm the address of the griffie, which may be new; return what undo needs."""
    before = channels.mail_again(gemeente.code, by=by, now=now)
    known = checklist.addresses(gemeente.code, today)
    address = next((one for one in known if one.address_key == email.lower()), None)
    if address is None:
        address, contact_id = _new_address(gemeente, email, source, known, by=by, now=now)
        was, first = None, contact_id
    else:
        was, first = _was(address), None
        keeping.confirm(address, basis=Basis.PUBLISHED, source=source, by=by, now=now)
    preferred = next((one.id for one in address.contact.addresses if one.preferred), None)
    if preferred != address.id:
        keeping.prefer(address, by=by, now=now)
    return before | {"address": address.id, "was": was, "contact": first, "preferred": preferred}


def _new_address(
    gemeente: Gemeente,
    email: str,
    source: str,
    known: Sequence[Address],
    *,
    by: Actor,
    now: datetime,
) -> tuple[Address, int | None]:
    """To whom the list had an address of; else to a griffie's mailbox of its own."""
    unseen = [one for one in known if one.confirmed_at is None and one.declined_at is None]
    if unseen:
        contact = unseen[0].contact
        added = keeping.add_address(
            contact, email=email, basis=Basis.PUBLISHED, source=source, by=by, now=now
        )
        return added, None
    contact = keeping.add(
        gemeente.code,
        Function.GRIFFIER,
        email=email,
        basis=Basis.PUBLISHED,
        source=source,
        by=by,
        now=now,
    )
    return contact.addresses[0], contact.id


def _decline_others(code: str, today: date, now: datetime) -> list[int]:
    ids = [
        one.id
        for one in checklist.addresses(code, today)
        if one.confirmed_at is None and one.declined_at is None
    ]
    db.session.execute(update(Address).where(Address.id.in_(ids)).values(declined_at=now))
    return ids


def _undo_address(before: dict[str, Any]) -> None:
    if "address" not in before:
        return
    address = db.session.get(Address, before["address"])
    if address is None or address.confirmed_at != _moment(before["written"]):
        raise Refused("Dit adres is daarna gewijzigd. Bekijk het bij de gemeente.")
    contact, was = address.contact, before["was"]
    if was is None:
        _undo_new(address, contact, before)
    else:
        address.basis = Basis(was["basis"]) if was["basis"] else None
        address.source = was["source"]
        address.basis_on = date.fromisoformat(was["basis_on"]) if was["basis_on"] else None
        address.confirmed_at = _moment(was["confirmed_at"])
        address.declined_at = _moment(was["declined_at"])
    db.session.flush()
    if before["preferred"] and before["contact"] is None:
        ours = Address.contact_id == contact.id
        chosen = Address.id == before["preferred"]
        db.session.execute(update(Address).where(ours).values(preferred=chosen))


def _undo_new(address: Address, contact: Contact, before: dict[str, Any]) -> None:
    used = is_referred_to(Address, address.id) or (
        before["contact"] is not None and is_referred_to(Contact, contact.id)
    )
    if used:
        raise Refused("Naar dit adres is al een brief gemaakt. Wijzig het bij de gemeente.")
    if before["contact"] is None or len(contact.addresses) > 1:
        contact.addresses.remove(address)
    else:
        keeping.forget(contact)


def _confirmed(code: str, today: date) -> bool:
    return any(one.confirmed_at and one.basis for one in checklist.addresses(code, today))


def _was(address: Address) -> dict[str, Any]:
    return {
        "basis": address.basis.value if address.basis else None,
        "source": address.source,
        "basis_on": address.basis_on and address.basis_on.isoformat(),
        "confirmed_at": address.confirmed_at and address.confirmed_at.isoformat(),
        "declined_at": address.declined_at and address.declined_at.isoformat(),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
