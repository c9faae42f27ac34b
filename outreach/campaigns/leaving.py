"""Geen post meer: by List-Unsubscribe (RFC 8058), by its page, or by typing the address.

It takes effect at once, for one sender or for all, and the address is told, with undo:
one press by a colleague must not silence a whole griffie unseen.
"""

from datetime import datetime

from sqlalchemy import exists, select

from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.campaigns import notices
from outreach.campaigns.links import Links
from outreach.campaigns.received import LEFT
from outreach.contacts import addresses, suppression
from outreach.contacts.models import Suppression, SuppressionReason
from outreach.db import db
from outreach.delivery import evidence, outbox
from outreach.delivery.models import Message, Proof
from outreach.errors import Unknown

#: How the link was used, as it is kept with a letter that was in doubt.
REASONS = {
    SuppressionReason.ONE_CLICK: "List-Unsubscribe=One-Click, door het mailprogramma",
    SuppressionReason.PAGE: "de knop op de pagina van deze link",
}


def message(local_part: str) -> Message:
    """The message a List-Unsubscribe link was made for.

    :param local_part: its Message-ID before the "@"
    :raises Unknown: it is gone
    """
    begins = Message.message_id.startswith(f"<{local_part}@", autoescape=True)
    found = db.session.scalar(select(Message).where(begins))
    if found is None:
        raise Unknown("Het bericht bij deze link bestaat niet meer.")
    return found


def leave(
    mail: Message, reason: SuppressionReason, *, everyone: bool, links: Links, now: datetime
) -> Suppression:
    """Write no more to the address that this message went to.

    :param everyone: for all senders of this instance, not only the message's own
    """
    # The link is of this letter alone, so who used it has the letter.
    evidence.arrived(mail, Proof.ONE_CLICK, REASONS.get(reason, ""), now=now)
    sender = db.session.get_one(Sender, mail.sender_id)
    by = Actor(f"link:{mail.gemeente_code or 'geen-post'}")
    return _suppress(mail.address, reason, sender, everyone, by, links, now)


def leave_by_mail(mail: Message, *, by: Actor, links: Links, now: datetime) -> Suppression:
    """Someone asked in a mail for no more: the mailbox that has this message gets none."""
    sender = db.session.get_one(Sender, mail.sender_id)
    return _suppress(mail.address, SuppressionReason.ASKED, sender, False, by, links, now)


def leave_typed(email: str, sender: Sender, *, everyone: bool, links: Links, now: datetime) -> None:
    """Write no more to an address that someone typed, if this sender ever wrote there.

    Says nothing about whether it did: the page is the same for every address.

    :raises BadAddress: no e-mail address
    """
    address = addresses.check(email)
    key = addresses.address_key(address)
    wrote = exists().where(
        Message.address_key == key, Message.sender_id == sender.id, Message.state.in_(LEFT)
    )
    if db.session.scalar(select(wrote)):
        by = Actor("link:geen-post")
        _suppress(address, SuppressionReason.PAGE, sender, everyone, by, links, now)


def come_back(row: Suppression, *, now: datetime) -> None:
    """Undo "geen post meer" from the notice."""
    suppression.lift(row, by=Actor("link:geen-post"), now=now)


def _suppress(
    email: str,
    reason: SuppressionReason,
    sender: Sender,
    everyone: bool,
    by: Actor,
    links: Links,
    now: datetime,
) -> Suppression:
    scope = None if everyone else sender.id
    row = suppression.suppress(email, reason, by=by, now=now, sender_id=scope)
    notice = notices.no_more_mail(sender, everyone, links.undo_suppression(row.id, now=now), now)
    outbox.queue_notice(
        dedupe_key=f"notice:suppression:{row.id}",  # pressed twice is told once
        sender=sender,
        address=email,
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        now=now,
        key=links.key,
    )
    return row
