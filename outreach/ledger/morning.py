"""The morning mail: what waits, to everyone who can do something about it.

Only on a day on which something does. It is no letter, so it leaves as a notice; one that
cannot leave today, because it is the mail server that is down, does not leave tomorrow.
"""

from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from outreach.accounts.models import Coordinator, Role, Sender
from outreach.campaigns import notices
from outreach.clock import dutch_date, to_wall
from outreach.db import db
from outreach.delivery import breaker, outbox
from outreach.delivery.hosts import DEFAULT
from outreach.delivery.models import Kind
from outreach.delivery.providers import Providers
from outreach.delivery.relays import sender_key
from outreach.ledger import alerts, mail_accounts, overview

FROM, UNTIL = time(7, 30), time(8, 30)
LASTS = timedelta(hours=12)


def queue(*, base_url: str, key: str, now: datetime, instance: Path, providers: Providers) -> int:
    """Write today's morning mail down, once, when it is time and something waits; how many.

    :param key: signs Message-IDs
    :param providers: whose accounts can be connected: a connection that is over is told of too
    """
    if not FROM <= to_wall(now).time() < UNTIL or not alerts.once_a_day("morning", now):
        return 0
    waiting = [*overview.waiting(now), *mail_accounts.attention(instance, providers, now)]
    sender = _sender()
    if not waiting or sender is None:
        return 0
    mail = notices.morning(
        sender, [f"{one.title}. {one.detail}" for one in waiting], f"{base_url}/kantoor/"
    )
    people = select(Coordinator).where(
        Coordinator.active.is_(True), Coordinator.role != Role.READER
    )
    made = 0
    for person in db.session.scalars(people.order_by(Coordinator.id)):
        made += (
            outbox.queue(
                Kind.NOTICE,
                f"morning:{dutch_date(now)}:{person.id}",
                sender_id=sender.id,
                address=person.email,
                now=now,
                key=key,
                domain=sender.email.rpartition("@")[2],
                expires_at=now + LASTS,
                content={"subject": mail.subject, "text": mail.text, "html": mail.html},
            )
            is not None
        )
    return made


def _sender() -> Sender | None:
    """Who sends it: the first whose mail leaves."""
    down = {relay.key for relay in breaker.down()}

    def stuck(sender: Sender) -> bool:
        return sender_key(sender.id) in down or (not sender.own_relay and DEFAULT in down)

    senders = db.session.scalars(select(Sender).order_by(Sender.id)).all()
    return min(senders, key=stuck, default=None)
