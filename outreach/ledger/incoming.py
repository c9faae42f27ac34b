"""Mail that came in, for those who look at it: what waits, what is settled, whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, String, cast, func, literal, select
from sqlalchemy.orm import defer, selectinload

from outreach.accounts import audit
from outreach.accounts.models import Coordinator
from outreach.answers.models import Answer, Status
from outreach.campaigns.models import Campaign
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery.arrivals import Incoming, IncomingLink, Mailbox, Outcome, Place
from outreach.delivery.incoming.telling import Kind
from outreach.ledger import standing
from outreach.letters import dutch

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


def what(mail: Incoming) -> str:
    """What a mail is, in Dutch; also of one that a coordinator's rule says is nobody's."""
    ruled = mail.details.get("rule") == Outcome.NOT_OURS
    if ruled and mail.state is Place.SETTLED and mail.settled_by == audit.SYSTEM.key:
        return "niet van een gemeente"
    return WORDS[mail.kind]


def how_many_wait() -> ScalarSelect[int]:
    """In SQL: how many mails wait for a person. One look in an index."""
    return select(func.count()).where(Incoming.state == Place.WAITING).scalar_subquery()


def waiting() -> list[Incoming]:
    """The mails that wait for a person, the oldest first, so that nobody waits longest unseen."""
    rows = (
        select(Incoming)
        .where(Incoming.state == Place.WAITING)
        .options(defer(Incoming.text))  # of one at a time, when it is shown
        .order_by(Incoming.received_at, Incoming.id)
        .limit(MOST_LISTED)
    )
    return list(db.session.scalars(rows))


def settled(*, most: int = MOST_LISTED) -> list[Incoming]:
    """The mails that are settled, the newest first, with their gemeenten."""
    rows = (
        select(Incoming)
        .where(Incoming.state == Place.SETTLED)
        .options(selectinload(Incoming.links), defer(Incoming.text))
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
    return dict(db.session.execute(rows).all())


def taken_by(mail: Incoming) -> str:
    """Who takes it up, by name; "" while nobody does."""
    return audit.name_of(mail.taken_by) if mail.taken_by else ""


def did(mail: Incoming) -> list[str]:
    """What a settled mail did, each in a Dutch sentence."""
    done, told = mail.effects, []
    if answers := done.get("answers"):
        rows = db.session.scalars(select(Answer).where(Answer.id.in_(answers)).order_by(Answer.id))
        words = [standing.of_status(one.status).word for one in rows if one.undone_at is None]
        told += [f"Genoteerd: {dutch.enumeration(words)}."] if words else []
    if done.get("bounced"):
        told.append("De brief geldt als niet aangekomen.")
    if done.get("suppressions"):
        told.append("Het adres staat op de geen-postlijst.")
    return told


def seems(mail: Incoming) -> list[str]:
    """What a mail that waits seems to say: keys of what a person can choose."""
    kind = mail.guess or mail.kind
    if kind is Kind.BOUNCE:
        return ["niet-aangekomen"]
    if kind in (Kind.UNSUBSCRIBE, Kind.COMPLAINT):
        return ["geen-post"]
    said = [str(one["status"]) for one in mail.details.get("said", [])]
    if kind is Kind.RECEIPT:
        return said or [Status.ONTVANGEN.value]
    return said


def day_of(mail: Incoming) -> date | None:
    """The day of a meeting that it names."""
    days = [one["on_date"] for one in mail.details.get("said", []) if one["on_date"]]
    return date.fromisoformat(days[0]) if days else None


def reference(mail: Incoming) -> str:
    """Our kenmerk, of the letter that it is or may be about."""
    ids = [link.campaign_id for link in mail.links]
    ids += [one["campaign"] for one in mail.proposals[:1]]
    campaign = db.session.get(Campaign, ids[0]) if ids and ids[0] else None
    return campaign.kenmerk if campaign else ""


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
    settler: Coordinator | None  #: read with it, so that its name is not asked for by itself

    @property
    def at(self) -> datetime:
        return self.mail.received_at


def of_gemeente(code: str) -> list[Came]:
    """The settled mails of a gemeente."""
    key = literal("coordinator:") + cast(Coordinator.id, String)
    rows = db.session.execute(
        select(Incoming, IncomingLink, Campaign, Coordinator)
        .join(IncomingLink, IncomingLink.incoming_id == Incoming.id)
        .outerjoin(Campaign, Campaign.id == IncomingLink.campaign_id)
        .outerjoin(Coordinator, Incoming.settled_by == key)
        .where(IncomingLink.gemeente_code == code, Incoming.state == Place.SETTLED)
        .options(defer(Incoming.text))
    )
    return [Came(*row) for row in rows]
