from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base


class Role(StrEnum):
    """What someone may do. On screen: beheerder, coördinator, meelezer."""

    OWNER = "owner"
    COORDINATOR = "coordinator"
    READER = "reader"


class Coordinator(Base, UserMixin):  # type: ignore[misc]
    """Someone of the organisation who may sign in."""

    __tablename__ = "coordinator"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  #: lower case
    name: Mapped[str] = mapped_column(default="")
    password: Mapped[str | None]  #: argon2id
    active: Mapped[bool] = mapped_column(default=True)
    role: Mapped[Role] = mapped_column(default=Role.COORDINATOR)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)  #: a new one ends every session
    created_at: Mapped[datetime]

    @property
    def roles(self) -> list["HeldRole"]:
        """For Flask-Security, which thinks in many roles; we hold one each."""
        return [HeldRole(self.role)]

    def __str__(self) -> str:
        return self.name or self.email


class HeldRole(RoleMixin):  # type: ignore[misc]
    """A role as Flask-Security asks for it; not a table."""

    def __init__(self, role: Role) -> None:
        self.name = role.value
        self.permissions: list[str] = []


class Sender(Base):
    """An organisation in whose name letters leave; each may have its own relay and mailbox."""

    __tablename__ = "sender"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    subtitle: Mapped[str] = mapped_column(default="")  #: under the name, as on paper
    email: Mapped[str] = mapped_column(unique=True)  #: From
    postal_address: Mapped[str]  #: one line, e.g. "Voorbeeldkade 14, 3512 ZZ Utrecht"
    phone: Mapped[str] = mapped_column(default="")
    website: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")  #: in "Utrecht, 23 maart 2026"
    reply_to: Mapped[str | None]
    envelope_from: Mapped[str | None]  #: where bounces go; `email` unless given
    own_relay: Mapped[bool] = mapped_column(default=False)  #: its SMTP URL is a file in INSTANCE
    own_mailbox: Mapped[bool] = mapped_column(default=False)  #: likewise its IMAP URL
    signatories: Mapped[list[Any]] = mapped_column(default=list)  #: [{"name": …, "function": …}]
    cosigners: Mapped[list[str]] = mapped_column(default=list)
    handled_by: Mapped[str] = mapped_column(default="")  #: whom letters name to ask
    direct_phone: Mapped[str] = mapped_column(default="")  #: of who handles it
    #: [{"name": …, "sha256": …}]: its own (name ""), and of organisations that sign with it
    logos: Mapped[list[Any]] = mapped_column(default=list)
    per_minute: Mapped[int | None]  #: what its mail host takes; see `accounts/limits.py`
    per_hour: Mapped[int | None]
    per_day: Mapped[int | None]
    megabytes_per_hour: Mapped[int | None]
    connections: Mapped[int | None]
    needs_approval: Mapped[bool] = mapped_column(default=False)  #: by a second person
    created_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.name


class Setting(Base):
    """What owners chose for the whole installation, by subject; see `accounts/choices.py`."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]


class AuditEntry(Base):
    """One act, by a person, a link or the product itself. Rows are added, never changed.

    Holds ids and words of ours, never names or addresses: those can be erased, this stays.
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]  #: "coordinator:3", "cli", "link:GM0355", "system"
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"))
    act: Mapped[str]  #: a verb and a noun: "start campaign"
    subject: Mapped[str]  #: a kind and an id: "campaign:12"
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str] = mapped_column(Text, default="")  #: a reason that someone typed
