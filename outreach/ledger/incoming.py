"""Mail that came in, for those who look at it: what waits, what is settled, whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from outreach.campaigns.models import Campaign
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery.arrivals import Incoming, IncomingLink, Mailbox, Place
from outreach.delivery.incoming.telling import Kind

MOST_LISTED = 200
#: What a mail is, as screens say it.
WORDS = {
    Kind.BOUNCE: "niet aangekomen",
    Kind.DELAY: "bezorging duurt langer",
    Kind.RECEIPT: "ontvangstbevestiging",
    Kind.OUT_OF_OFFICE: "afwezigheidsbericht",
    Kind.ANSWER: "antwoord",
    Kind.UNSUBSCRIBE: "wil geen post meer",
    Kind.COMPLAINT: "gemeld als ongewenst",
    Kind.OWN_COPY: "onze eigen mail",
    Kind.UNRESOLVED: "nog niet herkend",
}


def count_waiting() -> int:
    """How many mails wait for a person. One look in an index."""
    waiting = select(func.count()).where(Incoming.state == Place.WAITING)
    return db.session.scalar(waiting) or 0


def waiting() -> list[Incoming]:
    """The mails that wait for a person, the oldest first, so that nobody waits longest unseen."""
    rows = select(Incoming).where(Incoming.state == Place.WAITING)
    return list(
        db.session.scalars(rows.order_by(Incoming.received_at, Incoming.id).limit(MOST_LISTED))
    )


def settled(*, most: int = MOST_LISTED) -> list[Incoming]:
    """The mails that are settled, the newest first, with their gemeenten."""
    rows = (
        select(Incoming)
        .where(Incoming.state == Place.SETTLED)
        .options(selectinload(Incoming.links))
        .order_by(Incoming.received_at.desc(), Incoming.id.desc())
        .limit(most)
    )
    return list(db.session.scalars(rows))


def names(mails: Sequence[Incoming]) -> dict[str, str]:
    """The names of the gemeenten that these mails are linked with or may be of, by code."""
    codes = {link.gemeente_code for mail in mails for link in mail.links}
    codes |= {str(one["gemeente"]) for mail in mails for one in mail.proposals}
    if not codes:
        return {}
    rows = select(Gemeente.code, Gemeente.name).where(Gemeente.code.in_(codes))
    return dict(db.session.execute(rows).tuples().all())


def item(mail: Incoming) -> dict[str, Any]:
    """A mail as `inbox read` tells of it; of one that waits, the likeliest proposal."""
    links = [(link.gemeente_code, link.campaign_id) for link in mail.links]
    proposed = [(str(one["gemeente"]), one["campaign"]) for one in mail.proposals]
    waits = mail.state is Place.WAITING
    codes = [code for code, _ in (proposed[:1] if waits else links)]
    campaign_id = next((id_ for _, id_ in (proposed[:1] if waits else links)), None)
    campaign = db.session.get(Campaign, campaign_id) if campaign_id else None
    told: dict[str, Any] = {
        "kind": mail.kind.value,
        "gemeente": codes[0] if codes else None,
        "campaign": campaign.slug if campaign else None,
        "evidence": "; ".join(mail.reasons),
        "state": mail.state.value,
        "gemeenten": codes,
        "case_number": mail.case_number or None,
    }
    if waits:
        told["guess"] = mail.guess.value if mail.guess else None
        told["proposals"] = [{"gemeente": p["gemeente"], "why": p["why"]} for p in mail.proposals]
    return told


def broken_mailboxes(*, since: datetime) -> list[Mailbox]:
    """The mailboxes that cannot be read since this moment of the system's clock, or before."""
    down = select(Mailbox).where(Mailbox.down_since <= since).order_by(Mailbox.key)
    return list(db.session.scalars(down))


@dataclass(frozen=True)
class Came:
    """A mail of one gemeente, for its timeline."""

    mail: Incoming
    link: IncomingLink
    campaign: Campaign | None

    @property
    def at(self) -> datetime:
        return self.mail.received_at


def of_gemeente(code: str) -> list[Came]:
    """The settled mails of a gemeente."""
    rows = db.session.execute(
        select(Incoming, IncomingLink, Campaign)
        .join(IncomingLink, IncomingLink.incoming_id == Incoming.id)
        .outerjoin(Campaign, Campaign.id == IncomingLink.campaign_id)
        .where(IncomingLink.gemeente_code == code, Incoming.state == Place.SETTLED)
    )
    return [Came(mail, link, campaign) for mail, link, campaign in rows]
