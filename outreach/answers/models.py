from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base


class Status(StrEnum):
    """What a gemeente did with a letter. A campaign may add outcomes of its own."""

    ONTVANGEN = "ontvangen"
    IN_BEHANDELING = "in-behandeling"
    DOORGESTUURD = "doorgestuurd"
    NAAR_COLLEGE = "naar-college"
    OP_LIJST = "op-lijst"
    BESPROKEN = "besproken"
    ANTWOORD = "antwoord"
    GESPREK = "gesprek"
    GEWEIGERD = "geweigerd"
    NIET_BENADEREN = "niet-benaderen"


#: What does not stop a reminder (CONTRACT, Commands). An outcome of the campaign's own says it.
LETS_REMIND = (Status.ONTVANGEN, Status.IN_BEHANDELING)


class Source(StrEnum):
    """How we know."""

    LINK = "link"
    MAIL = "mail"
    PHONE = "phone"
    PAPER = "paper"
    CLI = "cli"
    OFFICE = "office"


class Answer(Base):
    """One thing that one body of one gemeente did with one campaign's letter.

    Append-only: several may hold at once; taking back sets `undone_at`.
    """

    __tablename__ = "answer"
    __table_args__ = (Index(None, "campaign_id", "gemeente_code", "body"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    gemeente_code: Mapped[str] = mapped_column(ForeignKey("gemeente.code"))
    body: Mapped[str]  #: raad, college
    status: Mapped[str]  #: a Status, or the key of an outcome of the campaign's own
    stops: Mapped[bool]  #: whether reminders stop
    on_date: Mapped[date | None]  #: e.g. of the raadsvergadering
    note: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[Source]
    evidence: Mapped[str] = mapped_column(
        Text, default=""
    )  #: Dutch: "griffie, op de antwoordpagina"
    actor: Mapped[str]
    actor_name: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


class Reply(Base):
    """What an answer says to one of its campaign's questions. It stands as long as the answer."""

    __tablename__ = "reply"
    __table_args__ = (UniqueConstraint("answer_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answer.id"))
    key: Mapped[str]  #: of the question
    values: Mapped[list[Any]]  #: options, or one text


class AddressRequest(Base):
    """Someone with the answer link asked for another address. Nothing changes until the mailbox
    that has the letter agrees: by a press in the notice that goes there.
    """

    __tablename__ = "address_request"
    __table_args__ = (Index(None, "campaign_id", "gemeente_code", "body"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    gemeente_code: Mapped[str] = mapped_column(ForeignKey("gemeente.code"))
    body: Mapped[str]
    address_key: Mapped[str]  #: where the letter went, and the notice goes
    email: Mapped[str]  #: what was asked for
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
