"""Feeds kept as bytes for as long as nothing in them changed.

A feed of two hundred days takes a tenth of a second to make, and calendars ask for it day and
night. One light query says whether what is kept still holds, so that a change is seen at once,
whichever process made it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, String, cast, func, select

from outreach.accounts.models import Sender
from outreach.db import READ_ONLY, db
from outreach.delivery.prepared import Prepared, given
from outreach.events import feeds, showing
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, MeetingState
from outreach.events.seats import DAY

#: Feeds kept at once: anyone may ask for a region that nobody has heard of.
MOST_KEPT = 100
#: What the bytes follow from. A published meeting is never removed and each change raises its
#: version, so the sum rises with each; the moments say so too. The rest is what has no version:
#: the days that time leaves out, and the organisation's name above the feed.
VERSION = (
    select(
        func.count(MeetingDay.id),
        func.sum(Meeting.version),
        func.max(Meeting.updated_at),
        func.max(MeetingDay.revised_at),
        func.count(MeetingDay.id).filter(MeetingDay.ends_at > given("oldest", DAY.ends_at)),
        select(func.aggregate_strings(cast(Sender.id, String) + " " + Sender.name, "\n"))
        .select_from(Sender)
        .scalar_subquery(),
    )
    .select_from(MeetingDay)
    .join(Meeting)
    .where(Meeting.state != MeetingState.DRAFT)
)


@dataclass(frozen=True)
class Kept:
    """One feed, ready to be sent."""

    content: bytes
    tag: str  #: equal bytes have an equal one
    changed: datetime | None
    version: list[Any]


class FeedCache:
    """The feeds of one process and one database."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Kept] = {}

    def agenda(self, *, links: MeetingLinks, now: datetime, part: str = "") -> Kept:
        """The feed as `feeds.agenda` would make it now."""
        # Read before the rows: what is kept may be newer than its version, never older.
        version = _version(now - feeds.KEPT)
        kept = self._kept.get((links.base_url, part))
        if kept is None or kept.version != version:
            if not db.session().in_transaction():
                db.session.connection(execution_options=READ_ONLY)
            content = feeds.agenda(links=links, now=now, part=part)
            tag = hashlib.sha256(content).hexdigest()[:32]
            kept = Kept(content, tag, showing.last_change(), version)
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[links.base_url, part] = kept
        return kept


def _version(oldest: datetime) -> list[Any]:
    """What the feeds follow from now; without a transaction where none has begun.

    One statement needs none, and to begin and end one takes longer than the statement.
    """
    if db.session().in_transaction():
        return _asked(db.session.connection(), oldest)
    with db.engine.connect() as connection:
        return _asked(connection, oldest)


def _asked(connection: Connection, oldest: datetime) -> list[Any]:
    return _asking(connection.dialect).raw(connection, {"oldest": oldest})


@lru_cache(maxsize=4)
def _asking(dialect: Dialect) -> Prepared:
    return Prepared(VERSION, dialect)
