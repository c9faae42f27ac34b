"""The audit trail: who did what, in the same transaction as the act."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach.accounts.models import AuditEntry, Coordinator
from outreach.db import db


@dataclass(frozen=True)
class Actor:
    """Who acts: a coordinator, a command, a link in a letter, or the product itself."""

    key: str  #: as the audit keeps it: "coordinator:3", "cli", "link:GM0355",
    #: "griffie:GM0355" (on its desk), "system"
    name: str = ""  #: as a timeline shows it


SYSTEM = Actor("system", "Outreach")
CLI = Actor("cli", "opdrachtregel")


def record(
    act: str,
    subject: str,
    *,
    by: Actor,
    now: datetime,
    sender_id: int | None = None,
    note: str = "",
    **detail: Any,
) -> None:
    """Note that someone did something. `detail` holds ids and numbers, never personal data."""
    db.session.add(
        AuditEntry(
            at=now,
            actor=by.key,
            sender_id=sender_id,
            act=act,
            subject=subject,
            detail=detail,
            note=note,
        )
    )


def name_of(key: str) -> str:
    """Who an actor's key stands for, as screens say it."""
    kind, _, number = key.partition(":")
    if kind == "coordinator" and number.isdigit():
        person = db.session.get(Coordinator, int(number))
        return str(person) if person else "een vroegere collega"
    return {
        "cli": CLI.name,
        "link": "de griffie",
        "griffie": "de griffie",
        "door": "aan de deur",
    }.get(kind, SYSTEM.name)
