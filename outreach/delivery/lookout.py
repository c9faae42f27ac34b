"""Looking for what became of messages in doubt, where nobody needs to be asked.

In the log of a Postfix on this machine, at each look; in the sender's Sent folder, now and
then. Nothing is held in the database meanwhile: what was found is for the caller to settle.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from outreach.accounts.models import Sender
from outreach.clock import to_wall
from outreach.db import db
from outreach.delivery import evidence, hosts, mailboxes, relay_log, relays, sent_folder
from outreach.delivery.evidence import Doubt
from outreach.delivery.mailboxes import MailboxSettings
from outreach.delivery.models import Message, Proof
from outreach.delivery.orders import Post
from outreach.delivery.relay_log import Verdict
from outreach.errors import OutreachError

STATE = "relay-log.json"  #: in INSTANCE: how far the log was read
#: After the mark, until it is looked for in the Sent folder again: hosts file it with a delay.
SENT_SOON = timedelta(minutes=2)
SENT_OFTEN, SENT_FIRST_DAY = timedelta(minutes=15), timedelta(days=1)
SENT_SELDOM, SENT_LAST = timedelta(hours=6), timedelta(days=14)
PATIENCE = 10.0  #: seconds for each answer of a mailbox
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lookout:
    """Where can be looked."""

    post: Post  #: which relay and mailbox a sender has
    imap_url: str  #: the default mailbox; "" when there is none
    relay_log: Path | None


@dataclass(frozen=True)
class Found:
    """What was found about one message in one place."""

    id: int
    marked_at: datetime  #: of the try that it is about
    place: Proof
    verdict: Verdict
    words: str  #: a quote, or Dutch


def senders_of(doubts: Iterable[Doubt]) -> dict[int, Sender]:
    """Their senders, apart from any transaction."""
    table = Sender.__table__
    ids = {doubt.sender_id for doubt in doubts}
    rows = db.session.execute(select(table).where(table.c.id.in_(ids))).mappings()
    return {row["id"]: Sender(**row) for row in rows}


def by_log(
    where: Lookout, doubts: Sequence[Doubt], senders: dict[int, Sender], *, at: datetime
) -> Iterator[Found]:
    """What the relay's log says; only of what was handed to a relay on this machine.

    :param at: the system's clock
    """
    ours: list[Doubt] = []
    for doubt in doubts:
        if why := _not_in_log(where, doubt, senders[doubt.sender_id]):
            yield _open(doubt, Proof.RELAY_LOG, why)
        else:
            ours.append(doubt)
    if not ours or where.relay_log is None:
        return
    try:
        watched = {doubt.message_id: doubt.marked_at for doubt in ours}
        reading = relay_log.read(where.relay_log, where.post.instance / STATE, watched, now=at)
    except OSError as error:
        why = f"{where.relay_log} is niet te lezen: {error.strerror}"
        yield from (_open(doubt, Proof.RELAY_LOG, why) for doubt in ours)
        return
    until = _time(datetime.fromtimestamp(reading.until, tz=at.tzinfo)) if reading.until else "niets"
    for doubt in ours:
        verdict, words = reading.verdict(doubt.message_id, doubt.marked_at, now=at)
        if verdict is not Verdict.TAKEN:
            words = f"gelezen tot en met {until}: {words}"
        yield Found(doubt.id, doubt.marked_at, Proof.RELAY_LOG, verdict, words)


def by_sent_folder(
    where: Lookout,
    doubts: Sequence[Doubt],
    senders: dict[int, Sender],
    looked: dict[int, datetime],
    *,
    at: datetime,
) -> Iterator[Found]:
    """What stands in the Sent folders, for those whose turn it is. Absence shows nothing.

    :param looked: when was looked last
    :param at: the system's clock
    """
    boxes: dict[MailboxSettings, list[Doubt]] = defaultdict(list)
    for doubt in doubts:
        if not _is_due(doubt, looked.get(doubt.id), at):
            continue
        try:
            box = mailboxes.for_sender(
                senders[doubt.sender_id],
                instance=where.post.instance,
                default_url=where.imap_url,
                providers=where.post.providers,
            )
        except OutreachError as error:
            yield _open(doubt, Proof.SENT_FOLDER, str(error))
            continue
        if box is None:
            none = "er is geen postbus ingesteld (OUTREACH_IMAP_URL)"
            yield _open(doubt, Proof.SENT_FOLDER, none)
        else:
            boxes[box].append(doubt)
    for box, those in boxes.items():
        yield from _in_sent_folder(box, those)


def conclude(found: Found, *, now: datetime) -> bool:
    """Settle a message by what was found, or note where was looked; return whether it settled."""
    message = db.session.get(Message, found.id)
    if message is None or message.submitting_at != found.marked_at:
        return False  # it was sent again meanwhile
    if found.verdict is Verdict.TAKEN:
        return evidence.arrived(message, found.place, found.words, now=now)
    if found.verdict is Verdict.NEVER and evidence.never_taken(message, found.words, now=now):
        return True
    evidence.looked(message.id, found.place, found.words)
    return False


def _not_in_log(where: Lookout, doubt: Doubt, sender: Sender) -> str:
    """Why the log cannot say anything about it; "" when it may."""
    if where.relay_log is None:
        return "er is geen log ingesteld (OUTREACH_RELAY_LOG)"
    if not doubt.here:
        return "deze brief ging via een andere machine weg"
    try:
        relay = relays.for_sender(
            sender,
            instance=where.post.instance,
            default_url=where.post.default_url,
            providers=where.post.providers,
        )
    except OutreachError as error:
        return str(error)
    if relay.host not in hosts.LOOPBACK:
        return f"deze brief ging naar {relay}, niet naar een mailserver op deze machine"
    return ""


def _is_due(doubt: Doubt, last: datetime | None, at: datetime) -> bool:
    age = at - doubt.marked_at
    if age < SENT_SOON or age > SENT_LAST:
        return False
    if last is None or last < doubt.marked_at:
        return True
    return at - last >= (SENT_OFTEN if age < SENT_FIRST_DAY else SENT_SELDOM)


def _in_sent_folder(box: MailboxSettings, doubts: list[Doubt]) -> Iterator[Found]:
    try:
        there = sent_folder.find(box, [doubt.message_id for doubt in doubts], timeout=PATIENCE)
    except OutreachError as error:
        log.info("no look in the Sent folder: %s", error)
        yield from (_open(doubt, Proof.SENT_FOLDER, str(error)) for doubt in doubts)
        return
    for doubt in doubts:
        folder = there.get(doubt.message_id)
        if folder is None:
            none = f"niet gevonden in {box}; dat zegt nog niets"
            yield _open(doubt, Proof.SENT_FOLDER, none)
        else:
            words = f"{doubt.message_id} staat in de map {folder}"
            yield Found(doubt.id, doubt.marked_at, Proof.SENT_FOLDER, Verdict.TAKEN, words)


def _open(doubt: Doubt, place: Proof, why: str) -> Found:
    return Found(doubt.id, doubt.marked_at, place, Verdict.OPEN, why)


def _time(moment: datetime) -> str:
    there = to_wall(moment)
    return f"{there.day}-{there.month} {there.hour}.{there.minute:02}.{there.second:02} uur"
