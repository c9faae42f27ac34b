"""Which folders of a mailbox are read beside INBOX, what lies below it, and the Sent folder.

A rule of Outlook that moves mail of griffies to a folder of its own would else hide it from us.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import folders, mailboxes
from outreach.delivery.arrivals import Mailbox
from outreach.errors import Invalid, Refused
from outreach.mailbox.reading import Box, Postroom

PATIENCE = 10.0  #: seconds for each answer, while a person waits


@dataclass(frozen=True)
class Choice:
    """A folder of a mailbox."""

    name: str
    usual: bool  #: read whatever is chosen
    read: bool


def box_of(sender: Sender, room: Postroom) -> Box:
    """The mailbox in which replies to a sender come.

    :raises Refused: there is none
    """
    settings = mailboxes.for_sender(
        sender, instance=room.instance, default_url=room.default_url, providers=room.providers
    )
    if settings is None:
        raise Refused(f"{sender.name} heeft geen postbus die Outreach leest.")
    return Box(settings, None)


def _chosen(box: Box) -> tuple[str, ...]:
    """The further folders that are read."""
    row = db.session.get(Mailbox, box.key)
    return tuple(row.folders) if row is not None else ()


def look(box: Box) -> list[Choice]:
    """The folders that can be read, as the server lists them. Nothing is opened.

    :raises OutreachError: the mailbox cannot be opened
    """
    kept = _chosen(box)
    db.session.rollback()  # nobody waits for the database while we wait for a server
    listed = folders.listed(box.settings, timeout=PATIENCE)
    return [Choice(one.name, one.usual, one.usual or one.name in kept) for one in listed]


def choose(box: Box, names: Collection[str], *, by: Actor, now: datetime) -> None:
    """Read these folders, too; those that are read anyway need not be named.

    :raises Invalid: the server has no such folder
    """
    there = {one.name: one.usual for one in look(box)}
    if unknown := sorted(set(names) - there.keys()):
        raise Invalid(f"De postbus heeft geen map “{unknown[0]}”.")
    row = db.session.get(Mailbox, box.key)
    if row is None:
        row = Mailbox(key=box.key, read_at=system_now())
        db.session.add(row)
    row.folders = sorted(one for one in names if not there[one])
    audit.record("choose folders", "mailbox", by=by, now=now, folders=len(row.folders))
