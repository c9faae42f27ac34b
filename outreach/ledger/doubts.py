"""Messages of which nobody knows whether they arrived: what was said, found, and may be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select

from outreach.accounts import audit
from outreach.campaigns.models import Campaign, Step
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery import evidence, outbox
from outreach.delivery.models import (
    DeliveryEvent,
    Evidence,
    Kind,
    Look,
    Message,
    Proof,
    State,
)
from outreach.errors import Unknown
from outreach.ledger import sheet

#: Where is looked without anyone asking for it.
PLACES = {Proof.RELAY_LOG: "Log van de mailserver", Proof.SENT_FOLDER: "Map Verzonden"}
RESTORED = "teruggezet uit een reservekopie; sindsdien misschien verstuurd"
_MOVES = {
    (None, State.QUEUED): "staat klaar om weg te gaan",
    (State.QUEUED, State.CLAIMED): "het versturen begint",
    (State.DEFERRED, State.CLAIMED): "het versturen begint opnieuw",
    (State.CLAIMED, State.SUBMITTING): "genoteerd: vanaf hier kan de brief weg zijn",
    (State.CLAIMED, State.QUEUED): "teruggelegd, er was nog niets verstuurd",
    (State.CLAIMED, State.DEFERRED): "uitgesteld",
    (State.CLAIMED, State.REFUSED): "geweigerd",
    (State.SUBMITTING, State.QUEUED): "teruggelegd, er was nog niets verstuurd",
    (State.SUBMITTING, State.DEFERRED): "uitgesteld",
    (State.SUBMITTING, State.REFUSED): "geweigerd",
    (State.SUBMITTING, State.ACCEPTED): "aangenomen door de mailserver",
    (State.SUBMITTING, State.UNCERTAIN): "geen antwoord gelezen: misschien verstuurd",
    (State.UNCERTAIN, State.ACCEPTED): "telt als aangekomen",
    (State.UNCERTAIN, State.QUEUED): "gaat opnieuw weg",
    (State.UNCERTAIN, State.DEFERRED): "bleek toch uitgesteld",
    (State.UNCERTAIN, State.REFUSED): "bleek toch geweigerd",
    (State.QUEUED, State.ACCEPTED): "bleek toch aangenomen",
    (State.QUEUED, State.UNCERTAIN): RESTORED,
    (State.DEFERRED, State.UNCERTAIN): RESTORED,
    (State.CLAIMED, State.UNCERTAIN): RESTORED,
}


@dataclass(frozen=True)
class Doubt:
    """A message that may have been sent."""

    message: Message
    step: Step | None
    campaign: Campaign | None
    gemeente: Gemeente | None

    @property
    def title(self) -> str:
        """ "Herinnering", or what a notice is about."""
        if self.step is not None:
            return sheet.title(self.step)
        return str(self.message.content.get("subject") or "Bericht")

    @property
    def open(self) -> bool:
        return self.message.state is State.UNCERTAIN


@dataclass(frozen=True)
class Moment:
    """One step of what happened with it."""

    at: datetime
    what: str  #: Dutch
    note: str


@dataclass(frozen=True)
class Looked:
    """A place where is looked for it, and what was there last."""

    place: str
    at: datetime | None
    found: str


@dataclass(frozen=True)
class File:
    """Everything about one of them."""

    doubt: Doubt
    moments: list[Moment]
    evidence: list[tuple[datetime, str, str]]  #: when, how we know, the quote
    looked: list[Looked]
    held_until: datetime | None  #: its sender may read an answer until then
    decided: str  #: how it was settled; "" while it is not


def everything(campaign: Campaign | None = None) -> list[Doubt]:
    """All that wait for a person, the longest in doubt first. One query, however many."""
    found = _rows().where(_waits())
    if campaign is not None:
        found = found.where(Step.campaign_id == campaign.id)
    order = Message.submitting_at.asc(), Message.id.asc()
    return [Doubt(*row) for row in db.session.execute(found.order_by(*order))]


def of(message_id: int) -> File:
    """One of them, also after it was settled.

    :raises Unknown: there is no such message, or it was never in doubt
    """
    row = db.session.execute(_rows().where(Message.id == message_id)).one_or_none()
    moments = _moments(message_id) if row else []
    if row is None or not (row[0].state is State.UNCERTAIN or row[0].settled_by):
        raise Unknown("Over dit bericht is geen twijfel.")
    doubt = Doubt(*row)
    return File(
        doubt,
        moments,
        found([message_id]).get(message_id, []),
        _looked(message_id),
        outbox.held_until(doubt.message) if doubt.open else None,
        decided(doubt.message),
    )


def found(ids: Iterable[int]) -> dict[int, list[tuple[datetime, str, str]]]:
    """What was found out about these messages, oldest first."""
    rows = db.session.scalars(
        select(Evidence).where(Evidence.message_id.in_(list(ids))).order_by(Evidence.id)
    )
    told: dict[int, list[tuple[datetime, str, str]]] = {}
    for one in rows:
        told.setdefault(one.message_id, []).append((one.at, evidence.WORDS[one.proof], one.what))
    return told


def decided(message: Message) -> str:
    """How a message in doubt was settled, in a sentence; "" while it is not."""
    if not message.settled_by or message.state is State.UNCERTAIN:
        return ""
    who, _, how = message.settled_by.rpartition(":")
    kind, _, proof = who.partition(":")
    outcome = "gaat of ging opnieuw weg" if how == "resend" else "telt als aangekomen"
    if kind == "evidence":
        return f"Was misschien verstuurd; {outcome}, want {evidence.WORDS[Proof(proof)]}."
    if kind == "system":
        return f"Was misschien verstuurd; {outcome}: een bericht dat ontbreekt, is erger dan twee."
    reason = f" Reden: {message.settled_note}" if message.settled_note else ""
    return f"Was misschien verstuurd; {outcome}. Dat besliste {audit.name_of(who)}.{reason}"


def _rows() -> Select[Message, Step, Campaign, Gemeente]:
    return (
        select(Message, Step, Campaign, Gemeente)
        .outerjoin(Step, Step.id == Message.step_id)
        .outerjoin(Campaign, Campaign.id == Step.campaign_id)
        .outerjoin(Gemeente, Gemeente.code == Message.gemeente_code)
    )


def _waits() -> ColumnElement[bool]:
    """In doubt; of a notice only after it was sent once more by itself."""
    by_hand = or_(Message.kind == Kind.LETTER, Message.settled_by.is_not(None))
    return (Message.state == State.UNCERTAIN) & by_hand


def _moments(message_id: int) -> list[Moment]:
    events = select(DeliveryEvent).where(DeliveryEvent.message_id == message_id)
    return [
        Moment(
            event.at,
            _MOVES.get((event.from_state, event.to_state), event.to_state.value),
            "het proces dat verstuurde, stopte plotseling of hing"
            if event.actor == "reaper"
            else event.note,
        )
        for event in db.session.scalars(events.order_by(DeliveryEvent.id))
    ]


def _looked(message_id: int) -> list[Looked]:
    rows = db.session.scalars(select(Look).where(Look.message_id == message_id))
    known = {row.place: row for row in rows}
    return [
        Looked(word, known[place].at, known[place].found)
        if place in known
        else Looked(word, None, "nog niet bekeken")
        for place, word in PLACES.items()
    ]
