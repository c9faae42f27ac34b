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
    handling: Mapped[str] = mapped_column(Text, default="")  #: what the raad did: a Handling
    url: Mapped[str] = mapped_column(Text, default="")  #: where it can be read
    source: Mapped[Source]
    evidence: Mapped[str] = mapped_column(
        Text, default=""
    )  #: Dutch: "griffie, op de antwoordpagina"
    actor: Mapped[str]
    actor_name: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
    kept_at: Mapped[datetime | None]  #: when someone let it stand beside what contradicts it
    kept_by: Mapped[str | None]


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


class PhoneCall(Base):
    """One griffie that is called about one letter: who has it before her, and what came of it."""

    __tablename__ = "phone_call"
    __table_args__ = (UniqueConstraint("campaign_id", "gemeente_code", "body"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    gemeente_code: Mapped[str] = mapped_column(ForeignKey("gemeente.code"))
    body: Mapped[str]
    held_by: Mapped[int | None] = mapped_column(ForeignKey("coordinator.id"))
    held_until: Mapped[datetime | None]  #: by the system's clock
    called_at: Mapped[datetime | None]  #: the last time
    called_by: Mapped[str | None]  #: "coordinator:3"
    times: Mapped[int] = mapped_column(default=0)
    again_on: Mapped[date | None]  #: when to call again; None: not again
    note: Mapped[str] = mapped_column(Text, default="")  #: for who calls next


class HitState(StrEnum):
    OTHER = "other"  #: not our letter; kept so that it is not read again
    PROPOSED = "proposed"  #: waits for a person
    RECORDED = "recorded"
    REFUSED = "refused"  #: a person said that it is not ours


class ListHit(Base):
    """A public document that may list a letter of ours, as a search engine of councils has it."""

    __tablename__ = "list_hit"
    __table_args__ = (UniqueConstraint("campaign_id", "entity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    entity: Mapped[str]  #: its name there
    gemeente_code: Mapped[str | None] = mapped_column(ForeignKey("gemeente.code"))
    state: Mapped[HitState]
    title: Mapped[str] = mapped_column(Text, default="")
    quote: Mapped[str] = mapped_column(Text, default="")  #: the line that speaks of the letter
    on_date: Mapped[date | None]  #: of the meeting
    url: Mapped[str] = mapped_column(Text, default="")
    handling: Mapped[str] = mapped_column(default="")
    doubt: Mapped[str] = mapped_column(Text, default="")  #: Dutch: why a person looks twice
    found_at: Mapped[datetime]


class ListLook(Base):
    """How far a letter was looked for on lists. Moments by the system's clock."""

    __tablename__ = "list_look"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    looked_at: Mapped[datetime | None]  #: the last time to the end
    next_at: Mapped[datetime]  #: not before
    question: Mapped[int] = mapped_column(default=0)  #: which of its questions comes next
    offset: Mapped[int] = mapped_column(default=0)  #: how many hits of it were read
    fault: Mapped[str] = mapped_column(Text, default="")  #: Dutch


class Document(Base):
    """A document of a gemeente: one that it sent us, or one that we found. On screen: a stuk.

    What is removed stays as a row until its retention, so that it can be put back.
    """

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    gemeente_code: Mapped[str] = mapped_column(ForeignKey("gemeente.code"), index=True)
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaign.id", ondelete="SET NULL"), index=True
    )  #: the letter of ours that it is about
    reply_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaign.id", ondelete="SET NULL"), index=True
    )  #: our letter in reply
    found: Mapped[bool] = mapped_column(default=False)  #: not sent to us, but found somewhere
    body: Mapped[str] = mapped_column(default="")  #: raad, college; "" for anyone else
    author: Mapped[str] = mapped_column(default="")  #: who it is from when it is not the body
    subject: Mapped[str]
    number: Mapped[str] = mapped_column(default="", index=True)  #: "No." on the document
    kenmerk: Mapped[str] = mapped_column(default="", index=True)  #: theirs
    dated: Mapped[date]  #: the date on it
    sent_on: Mapped[date | None]  #: "VERZONDEN 26 MAART 2026"
    handled_by: Mapped[str] = mapped_column(default="")
    signatories: Mapped[list[Any]] = mapped_column(default=list)  #: [{"name": …, "function": …}]
    url: Mapped[str] = mapped_column(default="")  #: where it was found
    note: Mapped[str] = mapped_column(Text, default="")
    filename: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str | None]  #: the PDF in the store; None when there is none
    size: Mapped[int] = mapped_column(default=0)  #: octets
    pages: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text, default="")  #: what the PDF says
    text_fault: Mapped[str] = mapped_column(default="")  #: Dutch: why there is no text
    actor: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    @property
    def reference(self) -> str:
        """What a letter in reply quotes as "Uw kenmerk"."""
        return self.kenmerk or self.number
