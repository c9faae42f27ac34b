from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.accounts.models import Sender
from outreach.calendars.reply import Partstat
from outreach.contacts.models import Gemeente
from outreach.db import Base
from outreach.wording import Language, spoken


class MeetingState(StrEnum):
    """What the organisers decided. Full, closed and past follow from the days: `showing`."""

    DRAFT = "draft"  #: on screen: concept; only the office sees it
    OPEN = "open"
    CANCELLED = "cancelled"  #: stays visible, as cancelled


class OpenTo(StrEnum):
    """Who may register by themselves; the office and a griffie's desk may register others too."""

    EVERYONE = "everyone"
    COUNCILS = "councils"  #: who works for a raad, with their gemeente
    INVITED = "invited"  #: who has the link with its code


class RoundKind(StrEnum):
    """What a mail to everyone who comes is about."""

    REMINDER = "reminder"
    FOLLOW_UP = "follow-up"


class VisitorRole(StrEnum):
    """As what someone comes. Never a party (AVG art. 9)."""

    RAADSLID = "raadslid"
    COMMISSIELID = "commissielid"
    FRACTIEMEDEWERKER = "fractiemedewerker"
    WETHOUDER = "wethouder"
    BURGEMEESTER = "burgemeester"
    GRIFFIER = "griffier"
    AMBTENAAR = "ambtenaar"
    ORGANISATIE = "organisatie"  #: for care or welfare
    ERVARINGSDESKUNDIGE = "ervaringsdeskundige"
    ANDERS = "anders"


class PlaceState(StrEnum):
    """Where someone stands on one day; the words of `outreach events export`."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"  #: a place is kept until `offer_until`, for this person alone
    UNCONFIRMED = "unconfirmed"  #: holds its seat until the person says it was them
    CANCELLED = "cancelled"
    DOOR = "door"  #: put on the list at the door: holds no seat


#: What counts in `MeetingDay.taken`.
SEATED = (
    PlaceState.CONFIRMED,
    PlaceState.OFFERED,
    PlaceState.UNCONFIRMED,
)


#: How the key of a registration begins that is a seat without a person (`handing`).
KEPT_FOR = "plaats:"


class Meeting(Base):
    """A meeting of one or more days, at one place."""

    __tablename__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    #: Who invites, and whose mail it is; the first organisation when none was named.
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"))
    state: Mapped[MeetingState] = mapped_column(default=MeetingState.DRAFT)
    title: Mapped[str]
    city: Mapped[str]
    venue: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    online_url: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    themes: Mapped[list[str]] = mapped_column(default=list)
    audience: Mapped[str] = mapped_column(default="")  #: "Raadsleden, wethouders en griffiers"
    contact: Mapped[str] = mapped_column(default="")  #: "Ilse Verhagen, 030 000 00 00, post@…"
    costs: Mapped[str] = mapped_column(default="")
    accessibility: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    parking: Mapped[str] = mapped_column(default="")
    transport: Mapped[str] = mapped_column(default="")  #: how to come without a car
    hearing_loop: Mapped[str] = mapped_column(default="")
    speakers: Mapped[str] = mapped_column(Text, default="")  #: one to a line
    summary: Mapped[str] = mapped_column(Text, default="")  #: one or two sentences, under the title
    text: Mapped[str] = mapped_column(Text, default="")  #: Markdown, the rest of the page
    #: [{"key", "label", "type": "choice" | "choices" | "text", "options": […]}]
    questions: Mapped[list[Any]] = mapped_column(default=list)
    register_from: Mapped[datetime | None]
    register_until: Mapped[datetime | None]  #: the last moment; the first day's start when none
    open_to: Mapped[OpenTo] = mapped_column(default=OpenTo.EVERYONE)
    invite_code: Mapped[str] = mapped_column(default="")  #: in the link for who is invited
    most_per_gemeente: Mapped[int | None]  #: until `spread_until`, so that many gemeenten can come
    spread_until: Mapped[date | None]
    notes: Mapped[str] = mapped_column(Text, default="")  #: of the office, for itself
    needs_counted: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: what is left of `Need`
    #: How many days before it a reminder goes; none when empty.
    reminders: Mapped[list[Any]] = mapped_column(default=lambda: [7, 1])
    report: Mapped[str] = mapped_column(Text, default="")  #: Markdown: what came of it
    materials: Mapped[list[Any]] = mapped_column(default=list)  #: [{"label", "url"}]
    feedback: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: {question: {answer: n}}
    version: Mapped[int] = mapped_column(default=1)  #: rises with each change; two screens collide
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(Text, default="")  #: Dutch, as people are told

    days: Mapped[list["MeetingDay"]] = relationship(
        back_populates="meeting", order_by="MeetingDay.starts_at"
    )
    sender: Mapped[Sender | None] = relationship()

    def __str__(self) -> str:
        return self.title

    @property
    def has_parts(self) -> bool:
        """Whether a day of it has parts to choose."""
        return any(day.has_parts for day in self.days)


class MeetingCoordinator(Base):
    """Someone who prepares a meeting, and may read what people ask for."""

    __tablename__ = "meeting_coordinator"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    coordinator_id: Mapped[int] = mapped_column(
        ForeignKey("coordinator.id"), primary_key=True, index=True
    )


class MeetingDay(Base):
    """One day of a meeting: its own hours, its own seats, its own line in a calendar.

    The counters are the truth about seats: each moves by one guarded UPDATE (docs/meetings.md).
    """

    __tablename__ = "meeting_day"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= capacity", name="taken"),
        CheckConstraint("waiting >= 0", name="waiting"),
        CheckConstraint("ends_at > starts_at", name="hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    #: As someone chose it, on a Dutch clock; the moments follow from it.
    date: Mapped[date]
    opens: Mapped[time]
    closes: Mapped[time]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    title: Mapped[str] = mapped_column(default="")  #: what this day is about
    programme: Mapped[list[Any]] = mapped_column(default=list)  #: [{"at": "10.00", "what": "…"}]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)  #: seats held, see SEATED
    waiting: Mapped[int] = mapped_column(default=0)
    next_place: Mapped[int] = mapped_column(default=1)  #: the number given is the order
    cancelled_at: Mapped[datetime | None]
    uid: Mapped[str] = mapped_column(unique=True)  #: iCalendar UID, made once
    sequence: Mapped[int] = mapped_column(default=0)  #: rises with time, place and state
    created_at: Mapped[datetime]
    revised_at: Mapped[datetime]  #: LAST-MODIFIED, and DTSTAMP in feeds: equal bytes until changed
    #: Whether there is anything to choose: most days ask the database nothing more.
    has_parts: Mapped[bool] = mapped_column(default=False)

    meeting: Mapped[Meeting] = relationship(back_populates="days")
    parts: Mapped[list["MeetingPart"]] = relationship(
        back_populates="day",
        order_by="(MeetingPart.starts_at, MeetingPart.id)",
        cascade="all, delete-orphan",
    )


class MeetingPart(Base):
    """A part of a day that people choose, such as a workshop (`parts`)."""

    __tablename__ = "meeting_part"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND (capacity IS NULL OR taken <= capacity)", name="taken"),
        CheckConstraint("ends_at > starts_at", name="hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("meeting_day.id"), index=True)
    title: Mapped[str]
    opens: Mapped[time]  #: on a Dutch clock, within the day
    closes: Mapped[time]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="")  #: the room, where that is another
    online_url: Mapped[str] = mapped_column(default="")
    capacity: Mapped[int | None]  #: as many as the day has when None
    #: Its rows in `PartChoice`; none while it is off, when those wait for its return.
    taken: Mapped[int] = mapped_column(default=0)
    cancelled_at: Mapped[datetime | None]

    day: Mapped[MeetingDay] = relationship(back_populates="parts")

    def __str__(self) -> str:
        return self.title


class PartChoice(Base):
    """That someone with a seat on a day comes to this part of it."""

    __tablename__ = "part_choice"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True)
    part_id: Mapped[int] = mapped_column(
        ForeignKey("meeting_part.id"), primary_key=True, index=True
    )


class Registration(Base):
    """One person who comes to one meeting, on one or more of its days."""

    __tablename__ = "registration"
    __table_args__ = (
        #: One that counts per person and meeting; cancelled ones stay beside it.
        Index(
            "uq_registration_active",
            "meeting_id",
            "email_key",
            unique=True,
            sqlite_where=text("cancelled_at IS NULL"),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    secret: Mapped[str] = mapped_column(unique=True)  #: the address of its own page
    form_key: Mapped[str | None] = mapped_column(unique=True)  #: of the form: sent twice is one
    name: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    role: Mapped[VisitorRole]
    gemeente_code: Mapped[str | None] = mapped_column(ForeignKey("gemeente.code"), index=True)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: by the question's key
    note: Mapped[str] = mapped_column(Text, default="")  #: of the office, for itself
    registered_at: Mapped[datetime]
    hold_until: Mapped[datetime | None]  #: unconfirmed until then; None once it is known
    cancelled_at: Mapped[datetime | None]
    #: In which one registered, and gets mail.
    language: Mapped[Language] = mapped_column(default=spoken)
    told: Mapped[int] = mapped_column(default=0)  #: mails written to this person
    asked_at: Mapped[datetime | None]  #: when it answered the questions after; not what it said

    meeting: Mapped[Meeting] = relationship()
    gemeente: Mapped[Gemeente | None] = relationship()
    places: Mapped[list["Place"]] = relationship(
        back_populates="registration", order_by="Place.day_id"
    )
    #: What it chose; read it with `parts.of`, which asks nothing where there is nothing.
    parts: Mapped[list[MeetingPart]] = relationship(
        secondary="part_choice",
        order_by="(MeetingPart.starts_at, MeetingPart.id)",
        viewonly=True,
    )

    @property
    def nameless(self) -> bool:
        """Whether it is a seat that a griffie keeps for someone to be named."""
        return self.email_key.startswith(KEPT_FOR)


class Need(Base):
    """What someone asks a meeting to reckon with, sealed (`needs`)."""

    __tablename__ = "need"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True)
    diet: Mapped[str] = mapped_column(Text)
    access: Mapped[str] = mapped_column(Text)
    consent: Mapped[str] = mapped_column(Text, default="")  #: the sentence, as it was shown
    consented_at: Mapped[datetime | None]


class Place(Base):
    """Where one registration stands on one day."""

    __tablename__ = "place"
    __table_args__ = (
        UniqueConstraint("registration_id", "day_id"),
        Index(None, "day_id", "state", "number"),
        Index(None, "offer_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    day_id: Mapped[int] = mapped_column(ForeignKey("meeting_day.id"))
    state: Mapped[PlaceState]
    number: Mapped[int]  #: from `MeetingDay.next_place`: who waits with the lowest is first
    offer_until: Mapped[datetime | None]
    #: SEQUENCE of the last invitation this person was sent for this day; -1 when none was.
    sent_sequence: Mapped[int] = mapped_column(default=-1)
    changed_at: Mapped[datetime]
    #: What their calendar answered to our invitation, and when it was pressed there.
    reply: Mapped[Partstat | None]
    replied_at: Mapped[datetime | None]
    #: When someone was met at the door; whatever their seat. None when they were not.
    came_at: Mapped[datetime | None]
    #: The tap that `came_at` follows from: its time, and its key for two at one time.
    tapped_at: Mapped[datetime | None]
    tap_key: Mapped[str] = mapped_column(default="", server_default="")

    registration: Mapped[Registration] = relationship(back_populates="places")
    day: Mapped[MeetingDay] = relationship()


class DoorLink(Base):
    """The address of one day's list at the door, for one helper's phone; made to be taken back."""

    __tablename__ = "door_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("meeting_day.id"), index=True)
    secret: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str] = mapped_column(default="")  #: for whom, as the office calls them
    made_by: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    day: Mapped[MeetingDay] = relationship()


class Tap(Base):
    """Someone at the door was met, or was not after all. Never changed: the last one counts."""

    __tablename__ = "tap"
    __table_args__ = (Index(None, "registration_id", "day_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  #: made by the phone: sent twice is once
    day_id: Mapped[int] = mapped_column(ForeignKey("meeting_day.id"), index=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    came: Mapped[bool]
    at: Mapped[datetime]  #: when it was pressed, also long before it could be sent
    received_at: Mapped[datetime]
    actor: Mapped[str]


class Round(Base):
    """One mail to everyone of a meeting whom it concerns, and how far its writing came."""

    __tablename__ = "round"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  #: what it is about: never twice
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    kind: Mapped[RoundKind]
    day_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_day.id"))
    date: Mapped[date | None]  #: of the day as it was then
    days_before: Mapped[int | None]
    begun_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_id: Mapped[int]  #: the registration that it came to
    count: Mapped[int]  #: how many people it went to

    meeting: Mapped[Meeting] = relationship()
    day: Mapped[MeetingDay | None] = relationship()


class OwnFeed(Base):
    """The address of someone's own calendar: secret, of one mailbox, replaced at will."""

    __tablename__ = "own_feed"
    __table_args__ = (
        Index(
            "uq_own_feed_standing",
            "email_key",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email_key: Mapped[str]  #: that registrations were made with
    secret: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
