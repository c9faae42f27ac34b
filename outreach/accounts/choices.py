"""What owners choose for the whole installation: periods, privacy, how much post is too much.

Each subject is a dataclass with a default that suits most, kept as one row.
"""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Setting
from outreach.db import db


class Choice(Protocol):
    """A subject: a frozen dataclass of texts and numbers."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    KEY: ClassVar[str]


C = TypeVar("C", bound=Choice)


@dataclass(frozen=True)
class Periods:
    """How many days things are kept (DESIGN: retention)."""

    KEY: ClassVar[str] = "retention"

    needs: int = 14  #: diet and access, after the meeting
    registrations: int = 183  #: names and addresses, after the meeting
    letters: int = 730  #: text, address and PDF, after it was sent
    notices: int = 183  #: confirmations and notices
    conversations: int = 365  #: with the mail server, of letters in doubt
    replies: int = 365  #: mail of a gemeente, after it came in
    mail: int = 30  #: other mail, after it came in
    documents: int = 1826  #: text, names and PDF, after they came in the file
    removed_documents: int = 30  #: until then they can be put back
    contacts: int = 730  #: after the last day in office
    alerts: int = 90
    audit: int = 730


@dataclass(frozen=True)
class Privacy:
    """Who answers for the data, as the statements say it; lines are separated by newlines."""

    KEY: ClassVar[str] = "privacy"

    controller: str = ""  #: the senders together when empty
    email: str = ""  #: where people ask; the senders' own when empty
    officer: str = ""  #: functionaris gegevensbescherming: name and how to reach
    processors: str = ""  #: one a line: "TransIP, mailserver, Nederland"
    outside_eea: str = ""  #: which data leave the EEA, and on what ground; nothing when empty
    interest: str = ""  #: which legitimate interest it is


@dataclass(frozen=True)
class Pressure:
    """How much post a griffie should get from all senders together."""

    KEY: ClassVar[str] = "pressure"

    letters: int = 4
    days: int = 30


def read(kind: type[C]) -> C:
    """What was chosen; the defaults where nothing was."""
    row = db.session.get(Setting, kind.KEY)
    names = {one.name for one in fields(kind)}
    known = {name: value for name, value in row.value.items() if name in names} if row else {}
    return kind(**known)


def write(chosen: Choice, *, by: Actor, now: datetime) -> None:
    note(chosen.KEY, asdict(chosen))
    audit.record(f"change {chosen.KEY}", f"setting:{chosen.KEY}", by=by, now=now)


def note(key: str, value: dict[str, Any]) -> None:
    """Keep something of the product's own under a key."""
    row = db.session.get(Setting, key)
    if row is None:
        db.session.add(Setting(key=key, value=value))
    else:
        row.value = value
    db.session.flush()


def noted(key: str) -> dict[str, Any]:
    row = db.session.get(Setting, key)
    return dict(row.value) if row else {}
