from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base


class State(StrEnum):
    """Where a message stands. docs/delivery.md has the transitions."""

    QUEUED = "queued"
    CLAIMED = "claimed"  #: a worker has it; everything so far can be repeated
    SUBMITTING = "submitting"  #: marked: from here on its DATA may have been written
    ACCEPTED = "accepted"  #: the relay said 250 to the final dot
    DEFERRED = "deferred"  #: refused for now; tried again at `not_before`
    REFUSED = "refused"  #: refused for good
    UNCERTAIN = "uncertain"  #: the dot left, no answer was read; never sent again by itself
    SUPPRESSED = "suppressed"  #: on the geen-postlijst
    CANCELLED = "cancelled"  #: its condition no longer holds, or its campaign was cancelled
    EXPIRED = "expired"  #: its time passed before the relay took it
    FAILED = "failed"  #: a fault of ours, three times


#: States from which nothing moves by itself.
FINAL = (
    State.ACCEPTED,
    State.REFUSED,
    State.UNCERTAIN,
    State.SUPPRESSED,
    State.CANCELLED,
    State.EXPIRED,
    State.FAILED,
)


#: Every transition there is; docs/delivery.md says when. Each is made by one guarded UPDATE.
TRANSITIONS: dict[State | None, tuple[State, ...]] = {
    None: (State.QUEUED, State.SUPPRESSED, State.CANCELLED),
    State.QUEUED: (
        State.CLAIMED,
        State.SUPPRESSED,
        State.CANCELLED,
        State.EXPIRED,
        State.FAILED,
        State.ACCEPTED,  # a late 250, after someone chose to send it again
        State.UNCERTAIN,  # of a backup that was put back: it may have left since
    ),
    State.DEFERRED: (
        State.CLAIMED,
        State.SUPPRESSED,
        State.CANCELLED,
        State.EXPIRED,
        State.UNCERTAIN,  # likewise
    ),
    State.CLAIMED: (
        State.SUBMITTING,
        State.QUEUED,
        State.DEFERRED,
        State.REFUSED,
        State.SUPPRESSED,
        State.CANCELLED,
        State.FAILED,
        State.UNCERTAIN,  # likewise
    ),
    State.SUBMITTING: (
        State.ACCEPTED,
        State.DEFERRED,
        State.REFUSED,
        State.UNCERTAIN,
        State.QUEUED,  # its dot was provably not written, or the session was refused
    ),
    # By a late answer, or by a person; back to queued also when nothing had been written.
    State.UNCERTAIN: (State.ACCEPTED, State.DEFERRED, State.REFUSED, State.QUEUED),
    State.REFUSED: (State.QUEUED,),  # for a fault that turned out to be ours
}


#: In the place of an address that was erased; the row stays, so that what left stays counted.
GONE = "(gewist)"


class Kind(StrEnum):
    LETTER = "letter"  #: of a campaign's step
    PROOF = "proof"  #: a letter as its writer gets it, to look at
    NOTICE = "notice"  #: transactional: something was done in your name, with undo


#: Costs nothing where no group of receivers is limited.
GROUPED: dict[str, Any] = {
    f"{dialect}_where": text("receiver_group_id IS NOT NULL")
    for dialect in ("sqlite", "postgresql")
}


CAME_BACK: dict[str, Any] = {
    f"{dialect}_where": text("bounced_at IS NOT NULL") for dialect in ("sqlite", "postgresql")
}


class ReceiverGroup(Base):
    """Domains whose mail host takes only so much from us, over all senders."""

    __tablename__ = "receiver_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    #: "outlook.com"; with a dot before it also its subdomains: ".gov.example".
    domains: Mapped[list[str]]
    per_minute: Mapped[int | None]
    per_hour: Mapped[int | None]

    def __str__(self) -> str:
        return self.name


class Message(Base):
    """One mail to one address, written down before it is sent."""

    __tablename__ = "message"
    __table_args__ = (
        # Claimed from in this order; what a full group holds is skipped without its rows.
        Index(None, "state", "kind", "not_before", "id", "receiver_group_id"),
        Index(None, "step_id", "state", "not_before", "id", "receiver_group_id"),
        Index(None, "receiver_group_id", "state", "kind", "not_before", "id", **GROUPED),
        Index(None, "receiver_group_id", "step_id", "state", "not_before", "id", **GROUPED),
        Index(None, "receiver_group_id", "submitting_at", **GROUPED),
        #: The first letter of a gemeente in a campaign is looked up for each row of a plan.
        Index(None, "gemeente_code", "step_id", "variant"),
        Index(None, "contact_id", "step_id", "variant"),
        Index(None, "owner"),
        #: What left lately is counted for each sender that has limits.
        Index(None, "sender_id", "submitting_at"),
        #: A selectie asks who got a letter that came back: a few of all.
        Index(None, "bounced_at", **CAME_BACK),
        #: A mail that comes in names a message by either id.
        Index(None, "relay_message_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind]
    #: What makes two requests the same letter: "step:4:raad:GM0355:griffie@zeist.example".
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("sender.id"))
    step_id: Mapped[int | None] = mapped_column(ForeignKey("step.id"))
    text_id: Mapped[int | None] = mapped_column(ForeignKey("step_text.id"))  #: the version it has
    variant: Mapped[str] = mapped_column(default="")  #: the body written to: raad, college
    gemeente_code: Mapped[str | None] = mapped_column(ForeignKey("gemeente.code"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    address: Mapped[str]
    address_key: Mapped[str] = mapped_column(index=True)
    #: The group that its domain is in; `receivers` sets it, for what waits, at each change of one.
    receiver_group_id: Mapped[int | None]
    message_id: Mapped[str] = mapped_column(unique=True)  #: "<…@…>", the same on every resend
    relay_message_id: Mapped[str | None]  #: what the relay's 250 called it
    #: For kinds without a step: {"subject", "text", "html", "headers": [[name, value], …],
    #: "calendar": {"method", "ics"}, "references": [id, …], "list_unsubscribe": a URL}.
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pdf_sha256: Mapped[str | None]  #: the PDF letter, once it is made
    pdf_name: Mapped[str | None]

    state: Mapped[State] = mapped_column(default=State.QUEUED)
    reason: Mapped[str] = mapped_column(default="")  #: code: why it was not sent
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]  #: by the product's clock
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)  #: refusals for now that counted
    faults: Mapped[int] = mapped_column(default=0)  #: exceptions of ours while preparing it
    accepted_at: Mapped[datetime | None]  #: by the product's clock
    bounced_at: Mapped[datetime | None]  #: a permanent bounce came later

    owner: Mapped[str | None]  #: the worker that holds it
    fence: Mapped[int] = mapped_column(default=0)  #: rises with each claim
    lease_until: Mapped[datetime | None]  #: by the system's clock
    submitting_at: Mapped[datetime | None]  #: by the system's clock
    size: Mapped[int] = mapped_column(default=0)  #: octets, where the sender's are limited
    phase: Mapped[str] = mapped_column(default="")  #: how far the conversation came
    reply: Mapped[str] = mapped_column(Text, default="")  #: the relay's last words on it
    #: What was said with the relay, a line each: kept when it did not end well.
    transcript: Mapped[str] = mapped_column(Text, default="")
    settled_by: Mapped[str | None]  #: who decided one in doubt, and how
    settled_note: Mapped[str] = mapped_column(Text, default="")


class DeliveryEvent(Base):
    """One transition of one message. Rows are added, never changed."""

    __tablename__ = "delivery_event"
    __table_args__ = (Index(None, "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    at: Mapped[datetime]  #: by the product's clock
    from_state: Mapped[State | None]
    to_state: Mapped[State]
    actor: Mapped[str]
    note: Mapped[str] = mapped_column(Text, default="")


class Proof(StrEnum):
    """What shows that a relay took a message, or never did."""

    ONE_CLICK = "one-click"  #: the link of its own List-Unsubscribe header was used
    ANSWER = "answer"  #: a mail names its Message-ID, as all below
    RECEIPT = "receipt"
    OUT_OF_OFFICE = "out-of-office"
    BOUNCE = "bounce"
    DELAY = "delay"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"
    OWN_COPY = "own-copy"
    SENT_FOLDER = "sent-folder"
    RELAY_LOG = "relay-log"
    NEVER_TAKEN = "never-taken"  #: by the relay's log: the one proof that it did not


class Evidence(Base):
    """One thing that was found out about a message in doubt. Rows are added, never changed."""

    __tablename__ = "evidence"
    __table_args__ = (Index(None, "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    at: Mapped[datetime]  #: by the product's clock
    proof: Mapped[Proof]
    what: Mapped[str] = mapped_column(Text)  #: a quote: what was found, as it was found


class Look(Base):
    """Where was looked for a message in doubt, and when last."""

    __tablename__ = "look"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True)
    place: Mapped[Proof] = mapped_column(primary_key=True)
    at: Mapped[datetime]  #: by the system's clock
    found: Mapped[str] = mapped_column(Text)  #: Dutch


class Alert(Base):
    """Something that a person was told of, or will be: once, whoever notices it."""

    __tablename__ = "alert"
    __table_args__ = (Index(None, "next_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)  #: "relay:default:2026-03-23T08:00:00"
    what: Mapped[str]
    sentence: Mapped[str] = mapped_column(Text)  #: Dutch
    path: Mapped[str]  #: where to look, below BASE_URL
    at: Mapped[datetime]  #: by the system's clock
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]  #: when it is told (again); None: it was, or never will be


class Worker(Base):
    """A process that sends. It lives as long as it holds its lock, not as long as this row."""

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(primary_key=True)
    lock_key: Mapped[int]  #: PostgreSQL advisory lock; on SQLite a file of this name
    host: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Relay(Base):
    """What we know of a relay: its breaker. One row per relay, made on first use."""

    __tablename__ = "relay"

    key: Mapped[str] = mapped_column(primary_key=True)  #: "default", "sender:3"
    failures: Mapped[int] = mapped_column(default=0)  #: in a row
    open_until: Mapped[datetime | None]  #: by the system's clock; nothing is tried before it
    down_since: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(Text, default="")  #: Dutch, for the banner
    reply: Mapped[str] = mapped_column(Text, default="")  #: what it said
