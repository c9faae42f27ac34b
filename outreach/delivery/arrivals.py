"""Mail that came in, and how far each mailbox was read."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base
from outreach.delivery.incoming.telling import Kind


class Place(StrEnum):
    """Where a mail stands with us."""

    SETTLED = "settled"  #: it did what it had to do, by itself or by a person
    WAITING = "waiting"  #: for a person, in Reacties
    REMOVED = "removed"  #: it was not from a gemeente; nothing of it is kept but that it was read


class Outcome(StrEnum):
    """What a coordinator's own rule makes of a mail."""

    NOT_OURS = "niet-van-een-gemeente"
    RECEIPT = "ontvangstbevestiging"
    AWAY = "afwezig"
    WAIT = "laat-wachten"


class Incoming(Base):
    """One mail that came in, read once."""

    __tablename__ = "incoming"
    __table_args__ = (
        Index(None, "state", "received_at"),
        Index(None, "message_id"),
        Index(None, "case_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: A hash of its Message-ID, sender and date, or of all of it: the same mail is read once.
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"))  #: whose mailbox
    mailbox: Mapped[str] = mapped_column(default="")  #: "user@host:port"; "" from a file
    folder: Mapped[str] = mapped_column(default="")
    uid: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[str] = mapped_column(default="")
    from_name: Mapped[str] = mapped_column(default="")
    from_email: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[datetime]
    read_at: Mapped[datetime]  #: by the product's clock
    text: Mapped[str] = mapped_column(Text, default="")
    raw_sha256: Mapped[str | None]  #: in the store; None when nothing of it is kept
    size: Mapped[int] = mapped_column(default=0)  #: octets

    kind: Mapped[Kind]
    guess: Mapped[Kind | None]  #: what an unresolved one may be
    reasons: Mapped[list[str]] = mapped_column(default=list)  #: Dutch, each a part of a sentence
    case_number: Mapped[str] = mapped_column(default="")  #: what the gemeente calls our letter
    #: {"said": [{"status", "on_date", "quote"}, …], "back_on", "deputy", "attachments": [name, …],
    #: "permanent", "rule": an `Outcome` when a coordinator's own rule decided}
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Whose it may be, most likely first: [{"gemeente", "campaign", "body", "message", "why"}, …].
    proposals: Mapped[list[Any]] = mapped_column(default=list)
    #: What it did: {"answers": [id, …], "bounced": [id, …], "suppressions": [id, …]}.
    effects: Mapped[dict[str, Any]] = mapped_column(default=dict)

    state: Mapped[Place]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]  #: "system", or who decided
    taken_by: Mapped[str | None]  #: who said to take it up: "coordinator:3"
    taken_at: Mapped[datetime | None]

    links: Mapped[list["IncomingLink"]] = relationship(
        order_by="IncomingLink.id", cascade="all, delete-orphan"
    )


class IncomingLink(Base):
    """A gemeente that a settled mail is of; one mail may speak for several."""

    __tablename__ = "incoming_link"
    __table_args__ = (Index(None, "incoming_id"), Index(None, "gemeente_code", "campaign_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    incoming_id: Mapped[int] = mapped_column(ForeignKey("incoming.id"))
    gemeente_code: Mapped[str] = mapped_column(ForeignKey("gemeente.code"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    body: Mapped[str] = mapped_column(default="")
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))  #: the letter
    why: Mapped[str] = mapped_column(Text, default="")  #: Dutch: how we know


class Mailbox(Base):
    """A mailbox that is read, and whether that goes well. Moments by the system's clock."""

    __tablename__ = "mailbox"

    key: Mapped[str] = mapped_column(primary_key=True)  #: "user@host:port"
    read_at: Mapped[datetime]
    down_since: Mapped[datetime | None]
    #: Folders that are read beside the usual ones: see `mailbox/choosing.py`.
    folders: Mapped[list[Any]] = mapped_column(default=list)
    fault: Mapped[str] = mapped_column(Text, default="")  #: Dutch


class Folder(Base):
    """How far a folder of a mailbox was read."""

    __tablename__ = "mail_folder"

    mailbox: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    uidvalidity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)


class OwnRule(Base):
    """A coordinator's own rule about mail that comes in; what is filled in must all hold."""

    __tablename__ = "own_rule"
    __table_args__ = (UniqueConstraint("sender", "words"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(default="")  #: lower case: an address, or "@domain"
    words: Mapped[str] = mapped_column(default="")  #: in the subject, as one phrase
    outcome: Mapped[Outcome]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
