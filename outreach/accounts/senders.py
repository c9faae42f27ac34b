"""The organisations in whose name letters leave."""

from datetime import datetime

from sqlalchemy import select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown


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
) -> Sender:
    """Add an organisation that sends letters.

    :param address: its postal address, one line: every letter shows it

    :raises Refused: another organisation sends from this e-mail address
    """
    for value, what in ((name, "naam"), (address, "postadres")):
        if not value.strip():
            raise Invalid(f"Geef een {what} voor de afzender.")
    for given in filter(None, (email, reply_to, envelope_from)):
        if "@" not in given:
            raise Invalid(f"“{given}” is geen e-mailadres.")
    key = email.strip().lower()
    if db.session.scalar(select(Sender.id).where(Sender.email == key)):
        raise Refused(f"Er is al een afzender met het adres {key}.")
    sender = Sender(
        name=name.strip(),
        email=key,
        postal_address=" ".join(address.split()),
        reply_to=reply_to,
        envelope_from=envelope_from,
        own_relay=own_relay,
        own_mailbox=own_mailbox,
        created_at=now,
    )
    db.session.add(sender)
    db.session.flush()
    audit.record("add sender", f"sender:{sender.id}", by=by, now=now, sender_id=sender.id)
    return sender


def find(email: str) -> Sender:
    """The organisation that sends from this address.

    :raises Unknown: there is none
    """
    key = email.strip().lower()
    sender = db.session.scalar(select(Sender).where(Sender.email == key))
    if sender is None:
        raise Unknown(f"Er is geen afzender met het adres {key}.")
    return sender


def everyone() -> list[Sender]:
    """All organisations that send letters, the first one first."""
    return list(db.session.scalars(select(Sender).order_by(Sender.id)))
