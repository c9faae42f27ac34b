"""The organisations in whose name letters leave."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach import unseen
from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.limits import Limits
from outreach.accounts.models import Sender
from outreach.accounts.people import check_email
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown


@dataclass(frozen=True)
class Letterhead:
    """What stands around a letter, beside the name and the addresses."""

    subtitle: str = ""
    phone: str = ""
    website: str = ""
    place: str = ""  #: in "Utrecht, 23 maart 2026"
    signatories: Sequence[tuple[str, str]] = ()  #: name and function
    cosigners: Sequence[str] = ()
    handled_by: str = ""  #: "Behandeld door"
    direct_phone: str = ""  #: of who handles it

    @classmethod
    def of(cls, sender: Sender) -> "Letterhead":
        return cls(
            subtitle=sender.subtitle,
            phone=sender.phone,
            website=sender.website,
            place=sender.place,
            signatories=[(one["name"], one.get("function", "")) for one in sender.signatories],
            cosigners=sender.cosigners,
            handled_by=sender.handled_by,
            direct_phone=sender.direct_phone,
        )


MOST_LOGOS = 12


def add(
    name: str,
    email: str,
    address: str,
    *,
    by: Actor,
    now: datetime,
    reply_to: str | None = None,
    envelope_from: str | None = None,
    own_relay: bool = False,
    own_mailbox: bool = False,
    letterhead: Letterhead | None = None,
    limits: Limits | None = None,
) -> Sender:
    """Add an organisation that sends letters.

    :param address: its postal address, one line: every letter shows it
    :param limits: what its mail host takes; none unless given

    :raises Refused: another organisation sends from this e-mail address
    """
    sender = Sender(own_relay=own_relay, own_mailbox=own_mailbox, created_at=now)
    _fill(sender, name, email, address, reply_to, envelope_from)
    _set_letterhead(sender, letterhead or Letterhead())
    (limits or Limits()).set_on(sender)
    db.session.add(sender)
    db.session.flush()
    audit.record("add sender", f"sender:{sender.id}", by=by, now=now, sender_id=sender.id)
    return sender


def change(
    sender: Sender,
    *,
    by: Actor,
    now: datetime,
    name: str,
    email: str,
    address: str,
    reply_to: str | None,
    envelope_from: str | None,
    letterhead: Letterhead,
    limits: Limits | None = None,
) -> None:
    """Change how an organisation's letters to come look; what was sent stays as it was.

    :param limits: what its mail host takes; as it was unless given

    :raises Refused: another organisation sends from this e-mail address
    """
    with db.session.no_autoflush:
        _fill(sender, name, email, address, reply_to, envelope_from)
    _set_letterhead(sender, letterhead)
    if limits is not None:
        limits.set_on(sender)
    audit.record("change sender", f"sender:{sender.id}", by=by, now=now, sender_id=sender.id)


def set_letterhead(sender: Sender, letterhead: Letterhead, *, by: Actor, now: datetime) -> None:
    """Change only what stands around its letters."""
    _set_letterhead(sender, letterhead)
    audit.record("change letterhead", f"sender:{sender.id}", by=by, now=now, sender_id=sender.id)


def set_logo(sender: Sender, name: str, sha256: str, *, by: Actor, now: datetime) -> None:
    """Put a logo on its letterhead; one of the same organisation makes way.

    :param name: of an organisation that signs with it; "" for its own
    :raises Invalid: there are twelve
    """
    name = " ".join(name.split())
    kept = [one for one in sender.logos if one["name"] != name]
    if len(kept) >= MOST_LOGOS:
        raise Invalid(f"Er passen ten hoogste {MOST_LOGOS} logo’s op een brief.")
    sender.logos = [*kept, {"name": name, "sha256": sha256}]
    audit.record("set logo", f"sender:{sender.id}", by=by, now=now, sender_id=sender.id)


def remove_logo(sender: Sender, name: str, *, by: Actor, now: datetime) -> bool:
    """Take a logo off its letterhead; False when there is none of that name."""
    kept = [one for one in sender.logos if one["name"] != name]
    if len(kept) == len(sender.logos):
        return False
    sender.logos = kept
    audit.record("remove logo", f"sender:{sender.id}", by=by, now=now, sender_id=sender.id)
    return True


def limit(sender: Sender, limits: Limits, *, by: Actor, now: datetime) -> None:
    """Let a sender keep to other limits, from the next letters on.

    :raises Invalid: a number that is none to keep to
    """
    limits.set_on(sender)
    numbers: dict[str, Any] = asdict(limits)
    record = f"sender:{sender.id}"
    audit.record("limit sender", record, by=by, now=now, sender_id=sender.id, **numbers)


def find(email: str) -> Sender:
    """The organisation that sends from this address.

    :raises Unknown: there is none
    """
    key = email.strip().lower()
    sender: Sender | None = db.session.scalar(select(Sender).where(Sender.email == key))
    if sender is None:
        raise Unknown(f"Er is geen afzender met het adres {key}.")
    return sender


def everyone() -> list[Sender]:
    """All organisations that send letters, the first one first."""
    return list(db.session.scalars(select(Sender).order_by(Sender.id)))


def only() -> Sender | None:
    """The one organisation here, whose name stands above pages of all; None of several."""
    known = everyone()
    return known[0] if len(known) == 1 else None


def _fill(
    sender: Sender,
    name: str,
    email: str,
    address: str,
    reply_to: str | None,
    envelope_from: str | None,
) -> None:
    for value, what in ((name, "naam"), (address, "postadres")):
        if not value.strip():
            raise Invalid(f"Geef een {what} voor de afzender.")
    key = check_email(email).lower()
    other = db.session.scalar(select(Sender.id).where(Sender.email == key))
    if other is not None and other != sender.id:
        raise Refused(f"Er is al een afzender met het adres {key}.")
    sender.name, sender.email = " ".join(unseen.clean(name).split()), key
    sender.postal_address = " ".join(address.split())
    sender.reply_to = check_email(reply_to) if reply_to else None
    sender.envelope_from = check_email(envelope_from) if envelope_from else None


def _set_letterhead(sender: Sender, letterhead: Letterhead) -> None:
    sender.subtitle = " ".join(letterhead.subtitle.split())
    sender.phone = " ".join(letterhead.phone.split())
    sender.website = letterhead.website.strip()
    sender.place = " ".join(letterhead.place.split())
    sender.signatories = [
        {"name": name, "function": function} for name, function in letterhead.signatories
    ]
    sender.cosigners = list(letterhead.cosigners)
    sender.handled_by = " ".join(letterhead.handled_by.split())
    sender.direct_phone = " ".join(letterhead.direct_phone.split())
