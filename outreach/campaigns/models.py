from datetime import datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.accounts.models import Sender
from outreach.db import Base


class Selection(Base):
    """A saved question over contacts, asked anew each time. On screen: a selectie."""

    __tablename__ = "selection"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    expression: Mapped[dict[str, Any]]  #: see `expressions`
    version: Mapped[int] = mapped_column(default=1)  #: rises with each change; two screens collide
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.name


class CampaignState(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class Campaign(Base):
    """A letter to many gemeenten, with its steps. On screen: a brief."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("sender.id"))
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    kenmerk: Mapped[str] = mapped_column(default="")
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: as in the file
    variants: Mapped[list[str]] = mapped_column(default=list)  #: bodies: ["raad", "college"]
    pdf_letter: Mapped[bool] = mapped_column(default=False)
    questions: Mapped[list[Any]] = mapped_column(default=list)
    outcomes: Mapped[list[Any]] = mapped_column(default=list)  #: [{"key", "label", "stops"}]
    meetings: Mapped[list[str]] = mapped_column(default=list)
    #: Whether who registers for one of these answers the letter: see `registered`.
    registration_answers: Mapped[bool] = mapped_column(default=False)
    #: Letters of gemeenten that it answers: [{"gemeente", "body", "kenmerk", "date"}]
    in_reply_to: Mapped[list[Any]] = mapped_column(default=list)
    handled_by: Mapped[str] = mapped_column(default="")  #: on the letterhead; "": the sender's
    direct_phone: Mapped[str] = mapped_column(default="")  #: likewise
    cosigners: Mapped[list[str] | None]  #: likewise; None: the sender's
    window_days: Mapped[int] = mapped_column(default=127)  #: bit 0 = Monday
    window_from: Mapped[int] = mapped_column(default=0)  #: minutes after midnight, Dutch time
    window_until: Mapped[int] = mapped_column(default=1440)
    window_holidays: Mapped[bool] = mapped_column(default=True)  #: whether holidays are open
    soft_first: Mapped[int] = mapped_column(default=0)  #: gemeenten that go first; 0: no soft start
    soft_gemeenten: Mapped[list[str]] = mapped_column(default=list)  #: codes; else we choose
    soft_hours: Mapped[int | None]  #: until the rest goes; None: the next working day
    soft_judged: Mapped[bool] = mapped_column(default=False)  #: see `softly.brake`
    state: Mapped[CampaignState] = mapped_column(default=CampaignState.DRAFT)
    pause_reason: Mapped[str] = mapped_column(Text, default="")  #: Dutch; empty when a person did
    source: Mapped[str] = mapped_column(Text, default="")  #: the file it was loaded from
    approval_asked_by: Mapped[str] = mapped_column(default="")  #: an actor's key; see `approving`
    approved_by: Mapped[str] = mapped_column(default="")
    approval_of: Mapped[str] = mapped_column(default="")  #: fingerprint of the letter it is about
    approval_remark: Mapped[str] = mapped_column(Text, default="")  #: why it was sent back
    warnings: Mapped[list[Any]] = mapped_column(default=list)  #: acknowledged at the start
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]

    sender: Mapped[Sender] = relationship()
    steps: Mapped[list["Step"]] = relationship(
        primaryjoin="and_(Campaign.id == Step.campaign_id, Step.corrects_id.is_(None))",
        back_populates="campaign",
        order_by="Step.position",
        cascade="all, delete-orphan",
    )
    notes: Mapped[list["Step"]] = relationship(  #: two-line corrections of what was sent
        primaryjoin="and_(Campaign.id == Step.campaign_id, Step.corrects_id.is_not(None))",
        order_by="Step.position",
        viewonly=True,
    )
    attachments: Mapped[list["Attachment"]] = relationship(
        order_by="Attachment.position", cascade="all, delete-orphan"
    )


class Recipients(StrEnum):
    """Whom a step goes to, of the campaign's audience."""

    ALL = "all"
    NOT_ANSWERED = "not_answered"
    RECEIPT = "receipt"  #: confirmed that it came in, and did not answer
    SILENT = "silent"  #: neither answered nor confirmed that it came in


class StepState(StrEnum):
    PLANNED = "planned"
    QUEUED = "queued"  #: its rows exist
    CANCELLED = "cancelled"


class Step(Base):
    """One letter of a campaign: the first, or a reminder."""

    __tablename__ = "step"
    __table_args__ = (UniqueConstraint("campaign_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    position: Mapped[int]  #: from 1; of corrections from 101
    corrects_id: Mapped[int | None]  #: the step whose readers are told that it was wrong
    recipients: Mapped[Recipients] = mapped_column(default=Recipients.ALL)
    #: A question's key: to those that gave one of `question_answers`, or without: no reply to it.
    question: Mapped[str | None]
    question_answers: Mapped[list[str]] = mapped_column(default=list)
    #: A meeting's slug: to those that are registered for it, or to those that are not.
    meeting: Mapped[str | None]
    meeting_registered: Mapped[bool] = mapped_column(default=False)
    send_at: Mapped[datetime | None]  #: a moment that was chosen
    send_at_wall: Mapped[str] = mapped_column(default="")  #: as it was chosen: "2026-03-23T09:00"
    after_days: Mapped[int | None]  #: or: days after the gemeente's own first letter
    after_working: Mapped[bool] = mapped_column(default=False)  #: count working days
    after_at: Mapped[time | None]  #: at this Dutch time
    before: Mapped[str | None]  #: a meeting's slug: the days count back from its first day
    #: Working days after the first raadsvergadering behind the letter before it; where that is not
    #: known it is `after_days` behind that letter.
    council_days: Mapped[int | None]
    #: Wait, per gemeente, until its recess is over; see `moments`.
    not_in_recess: Mapped[bool] = mapped_column(default=False)
    state: Mapped[StepState] = mapped_column(default=StepState.PLANNED)
    queued_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship(back_populates="steps")
    texts: Mapped[list["StepText"]] = relationship(
        order_by="StepText.id", cascade="all, delete-orphan"
    )
    drafts: Mapped[list["StepDraft"]] = relationship(cascade="all, delete-orphan")

    @property
    def follows(self) -> bool:
        """Whether it goes only where the first letter arrived, in its thread."""
        return self.position > 1 and (
            self.recipients is not Recipients.ALL or bool(self.question or self.meeting)
        )


class StepText(Base):
    """One version of a step's words for one body. A message keeps the version it was sent with."""

    __tablename__ = "step_text"
    __table_args__ = (UniqueConstraint("step_id", "variant", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"))
    variant: Mapped[str]
    number: Mapped[int]  #: from 1; the highest is current
    subject: Mapped[str]
    mail: Mapped[str] = mapped_column(Text)  #: Markdown: the covering mail
    letter: Mapped[str] = mapped_column(
        Text, default=""
    )  #: Markdown: becomes the PDF; "" = the mail
    #: What went along, where the attachments were corrected since: see `attached`. None: those
    #: of the campaign.
    attached: Mapped[list[Any] | None]
    actor: Mapped[str]
    created_at: Mapped[datetime]


class Correction(Base):
    """A step's text was corrected after its letters were made. Rows are added, never changed."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"), index=True)
    #: The step that tells those who have an older text; None: they get nothing.
    note_step_id: Mapped[int | None] = mapped_column(ForeignKey("step.id"))
    upto_text_id: Mapped[int]  #: the newest of the older texts
    changed: Mapped[int]  #: letters that had not left and got the new text
    actor: Mapped[str]
    made_at: Mapped[datetime]


class StepDraft(Base):
    """What one person is writing and did not save yet. On screen: a klad."""

    __tablename__ = "step_draft"
    __table_args__ = (UniqueConstraint("step_id", "variant", "coordinator_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"))
    variant: Mapped[str]
    coordinator_id: Mapped[int] = mapped_column(ForeignKey("coordinator.id"))
    based_on: Mapped[int]  #: the number of the version that was opened
    subject: Mapped[str]
    mail: Mapped[str] = mapped_column(Text)
    letter: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]


class TextBlock(Base):
    """A single text that any letter can take over. On screen: a tekstblok."""

    __tablename__ = "text_block"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str] = mapped_column(Text)  #: Markdown with placeholders
    actor: Mapped[str]  #: who wrote it last
    changed_at: Mapped[datetime]


class Attachment(Base):
    """A file that goes with every step. Its bytes are in INSTANCE/files/<sha256>."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    position: Mapped[int]
    filename: Mapped[str]
    content_type: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
