"""Reading a mailbox, and remembering how far.

One mail and the place after it are one transaction, so whoever is killed loses and doubles
nothing. Nothing is held in the database while the mail server is waited for.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from outreach.accounts.models import Sender
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.db import READ_ONLY, db
from outreach.delivery import folders, mailboxes
from outreach.delivery.arrivals import Folder, Mailbox
from outreach.delivery.folders import Found, Left
from outreach.delivery.mailboxes import MailboxSettings
from outreach.delivery.models import Message
from outreach.delivery.providers import Providers
from outreach.errors import OutreachError
from outreach.mailbox import taking
from outreach.mailbox.taking import Origin, Taken

log = logging.getLogger(__name__)
#: Between two looks at a mailbox, by the system's clock; longer at one that cannot be read.
OFTEN, SELDOM = timedelta(minutes=2), timedelta(minutes=10)
#: Mail from before our first letter is none of our business.
BEFORE_FIRST = timedelta(days=2)
WITHOUT_LETTERS = timedelta(days=30)
PATIENCE = 20.0  #: seconds for each answer of a mailbox


@dataclass(frozen=True)
class Postroom:
    """Where mail comes in, and where what is read is kept."""

    instance: Path
    default_url: str  #: the default mailbox; "" when there is none
    providers: Providers
    store: Store
    links: Links


@dataclass(frozen=True)
class Box:
    """A mailbox, and whose it is."""

    settings: MailboxSettings
    sender_id: int | None  #: None: all senders'

    @property
    def key(self) -> str:
        return self.settings.row


def boxes(room: Postroom) -> tuple[list[Box], list[str]]:
    """The mailboxes of all senders, each once; and in Dutch what keeps others from being read."""
    found: dict[str, Box] = {}
    faults: list[str] = []
    for sender in db.session.scalars(select(Sender).order_by(Sender.id)).all():
        try:
            settings = mailboxes.for_sender(
                sender,
                instance=room.instance,
                default_url=room.default_url,
                providers=room.providers,
            )
        except OutreachError as error:
            faults.append(str(error))
            continue
        if settings is not None:
            own = sender.id if settings.key != "default" else None
            box = Box(settings, own)
            shared = found.get(box.key)
            found[box.key] = box if shared is None else Box(shared.settings, None)
    if room.default_url:  # also when every sender has one of its own
        box = Box(mailboxes.parse(room.default_url), None)
        found.setdefault(box.key, box)
    return list(found.values()), faults


def is_due(box: Box, at: datetime) -> bool:
    """Whether it is time to look at a mailbox again.

    :param at: the system's clock
    """
    row = db.session.get(Mailbox, box.key)
    return row is None or at - row.read_at >= (SELDOM if row.down_since else OFTEN)


def read(box: Box, room: Postroom, *, now: Callable[[], datetime], at: datetime) -> Iterator[Taken]:
    """Take in what is new in a mailbox; each is committed when it is given.

    :param at: the system's clock
    :raises OutreachError: the mailbox cannot be read; what was taken in stays
    """
    since = _since(at)
    row = db.session.get(Mailbox, box.key)
    chosen = tuple(row.folders) if row is not None else ()
    db.session.rollback()
    found = folders.new(
        box.settings,
        lambda folder: _left(box.key, folder),
        since=since.date(),
        known=_ours,
        chosen=chosen,
        timeout=PATIENCE,
    )
    for one in found:
        taken = _take(one, box, room, now())
        if taken is not None:
            yield taken
            db.session.rollback()  # whoever looked at it holds nothing while the next is fetched


def note(box: Box, fault: str, *, at: datetime) -> None:
    """Keep whether a mailbox could be read.

    :param fault: Dutch; "" when it could
    """
    row = db.session.get(Mailbox, box.key) or Mailbox(key=box.key, read_at=at)
    db.session.add(row)
    row.read_at, row.fault = at, fault
    row.down_since = (row.down_since or at) if fault else None


def _take(one: Found, box: Box, room: Postroom, now: datetime) -> Taken | None:
    """Take in one message, and move the place behind it, in one transaction."""
    taken = None
    try:
        if one.raw:
            origin = Origin(box.key, one.folder, one.uid, one.at, box.sender_id, one.size)
            taken = taking.take(one.raw, origin, store=room.store, links=room.links, now=now)
        _move(box.key, one)
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        raise
    return taken


def _move(key: str, one: Found) -> None:
    """Another reader may have been here: a place never goes back within one numbering."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    fresh = {"mailbox": key, "name": one.folder, "uidvalidity": one.uidvalidity, "last_uid": 0}
    db.session.execute(dialect.insert(Folder).values(fresh).on_conflict_do_nothing())
    row = db.session.get_one(Folder, (key, one.folder), with_for_update=True)
    if row.uidvalidity != one.uidvalidity:
        row.uidvalidity, row.last_uid = one.uidvalidity, one.uid
    else:
        row.last_uid = max(row.last_uid, one.uid)
    db.session.flush()


def _left(key: str, folder: str) -> Left | None:
    db.session.connection(execution_options=READ_ONLY)
    row = db.session.get(Folder, (key, folder))
    left = Left(row.uidvalidity, row.last_uid) if row is not None else None
    db.session.rollback()
    return left


def _ours(message_ids: list[str]) -> set[str]:
    """Those that are letters of ours, by the name we gave them or the relay did."""
    db.session.connection(execution_options=READ_ONLY)
    rows = db.session.execute(
        select(Message.message_id, Message.relay_message_id).where(
            or_(Message.message_id.in_(message_ids), Message.relay_message_id.in_(message_ids))
        )
    ).all()
    db.session.rollback()
    return {name for row in rows for name in row if name}


def _since(at: datetime) -> datetime:
    """From when mail can be about a letter of ours; both clocks, as either may be behind."""
    first = db.session.execute(
        select(func.min(Message.created_at), func.min(Message.submitting_at))
    ).one()
    known = [moment for moment in first if moment is not None]
    return min(known) - BEFORE_FIRST if known else at - WITHOUT_LETTERS
