"""What runs by itself. Each job owns its transactions; running one twice does no harm."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError

from outreach.accounts import choices
from outreach.accounts.choices import Periods
from outreach.campaigns import audience, braking, correcting, looking, running, scheduling
from outreach.campaigns import desk as griffie_desk
from outreach.campaigns.links import Links
from outreach.campaigns.looking import Piece
from outreach.campaigns.lookup import Lookup
from outreach.campaigns.models import Campaign, CampaignState, Step
from outreach.campaigns.rendering import Renderer
from outreach.campaigns.store import Store
from outreach.clock import Clock, system_now
from outreach.contacts import importing
from outreach.db import READ_ONLY, db
from outreach.delivery import evidence, mime, outbox, sending, webhook
from outreach.delivery import lookout as lookouts
from outreach.delivery.claims import Claimed
from outreach.delivery.dkim import Signer
from outreach.delivery.lookout import Lookout
from outreach.delivery.models import Alert, Kind, Message, Proof, State
from outreach.delivery.openbesluitvorming import Server
from outreach.delivery.providers import Providers
from outreach.delivery.relay_log import Verdict
from outreach.delivery.sending import Orders, Outgoing, Post, Tally
from outreach.delivery.workers import Life
from outreach.errors import OutreachError
from outreach.events import needs, offering, recounting, rounds
from outreach.events.links import MeetingLinks
from outreach.ledger import alerts, erasing, morning, retention, search_index
from outreach.ledger.retention import Rule
from outreach.mailbox import reading
from outreach.mailbox.reading import Postroom
from outreach.mailbox.taking import Taken

log = logging.getLogger(__name__)
T = TypeVar("T")

#: PDF letters that are made before the next commit.
PDF_BATCH = 25
MOST_FAULTS = 3


@dataclass(frozen=True)
class Desk:
    """What the jobs work with: the same for a command, a thread and a test."""

    links: Links
    store: Store
    signer: Signer | None = None  #: puts a DKIM signature on what leaves from its domain

    @property
    def meeting_links(self) -> MeetingLinks:
        return MeetingLinks(self.links.base_url, self.links.key)

    def renderer(self, now: datetime) -> Renderer:
        return Renderer(self.links, self.store, now)


def expand_due_steps(desk: Desk, *, now: datetime) -> int:
    """Make the letters of every step whose moment has come; return how many can leave."""
    made = 0
    for step in scheduling.due_steps(now=now):
        if scheduling.hold(step):
            made += scheduling.queue_step(step, key=desk.links.key, now=now)
        db.session.commit()
    correcting.follow_up(key=desk.links.key, now=now)
    scheduling.postpone(now=now)
    braking.brake(now=now)
    db.session.commit()
    return made


def tend_meetings(desk: Desk, *, now: datetime) -> int:
    """End offers and holds that are over, offer free seats, erase needs; return how many rows."""
    links = desk.meeting_links
    over = [partial(offering.expire, one, links=links, now=now) for one in offering.due(now=now)]
    changed = sum(_each_apart(over))
    free = [
        partial(offering.fill, day, links=links, now=now) for day in offering.days_to_fill(now=now)
    ]
    changed += sum(map(len, _each_apart(free)))
    rounds.begin_due(now=now)
    db.session.commit()
    for round_id in rounds.unfinished():
        while any(_each_apart([partial(rounds.write, round_id, links=links, now=now)])):
            changed += 1
    changed += sum(_each_apart([partial(griffie_desk.nudge, links=desk.links, now=now)]))
    changed += needs.seal_old(now=now)
    kept = timedelta(days=choices.read(Periods).needs)
    changed += needs.forget(now=now, kept=kept)
    db.session.commit()
    return changed


def _each_apart(
    deeds: Iterable[Callable[[], T]], fault: str = "a waiting list could not be tended"
) -> Iterator[T]:
    """Do each in a transaction of its own: a fault in one must not stop the others."""
    for deed in deeds:
        try:
            done = deed()
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("%s: %s", fault, deed)
        else:
            yield done


def make_pdfs(desk: Desk, *, now: datetime, stopping: threading.Event | None = None) -> int:
    """Make the PDF letters that are due and not made yet; return how many.

    Between queue and due, never in the send loop: a PDF takes as long as twenty mails. Nor
    while it holds the database: on SQLite everybody else would wait until all are made.
    """
    made = 0
    renderer, lookup = desk.renderer(now), Lookup(db.engine)
    while not (stopping and stopping.is_set()):
        db.session.connection(execution_options=READ_ONLY)
        waiting = db.session.scalars(_without_pdf().limit(PDF_BATCH)).all()
        lookup.expect(waiting)
        pdfs = {message.id: _pdf(message, renderer, lookup) for message in waiting}
        db.session.rollback()
        for message_id, pdf in pdfs.items():
            _keep_pdf(db.session.get_one(Message, message_id), pdf, now=now)
        db.session.commit()
        made += len(pdfs)
        if len(pdfs) < PDF_BATCH:
            break
    return made


def _pdf(message: Message, renderer: Renderer, lookup: Lookup) -> tuple[str, str] | Exception:
    """Where the store has it and its file name, or why it cannot be made."""
    try:
        name, data = renderer.pdf(lookup.recipient(message))
        return renderer.store.put(data), name
    except Exception as error:  # a fault in one letter must not stop the others
        log.exception("no PDF for message %s", message.id)
        return error


def _keep_pdf(message: Message, pdf: tuple[str, str] | Exception, *, now: datetime) -> None:
    if message.state is not State.QUEUED or message.pdf_sha256 is not None:
        return  # meanwhile it was stopped, or another process made it
    if not isinstance(pdf, Exception):
        message.pdf_sha256, message.pdf_name = pdf
        return
    message.faults += 1
    if message.faults >= MOST_FAULTS:
        was, message.state, message.reason = message.state, State.FAILED, "pdf"
        note = f"{type(pdf).__name__}: {pdf}"[:500]
        outbox.record_event(message, State.FAILED, was=was, actor="system", now=now, note=note)


def orders(
    desk: Desk, *, clock: Clock, around: Callable[[], AbstractContextManager[Any]]
) -> Orders:
    """What delivery must know of campaigns and letters, as it is handed down.

    :param around: entered by each sending thread before it asks the database through
        `db.session`; the application's context
    """
    renderer, lookup = desk.renderer(clock.now()), Lookup(db.engine)

    def render(message: Any) -> Outgoing:
        sender = lookup.sender(message.sender_id)
        if message.kind is Kind.LETTER:
            pieces = renderer.data(message, lookup.recipient(message), at=clock.now())
        else:
            pieces = mime.data(renderer.by_content(message, sender))
        if desk.signer is not None and desk.signer.signs(sender.email):
            pieces = desk.signer.signed(pieces, at=system_now())
        return Outgoing(pieces, sender.envelope_from or sender.email, message.address)

    def on_our_fault(message: Claimed, fault: str) -> None:
        if message.step_id is not None:
            step = db.session.get_one(Step, message.step_id)
            running.pause_for_fault(step.campaign_id, fault, now=clock.now())
            db.session.commit()

    return Orders(
        due=audience.may_leave,
        still_wanted=audience.still_wanted,
        dropped=lambda: audience.drop_of_message(clock.now()),
        render=render,
        on_our_fault=on_our_fault,
        around=around,
        coming=lookup.expect,
    )


def deliver(
    life: Life,
    desk: Desk,
    post: Post,
    *,
    clock: Clock,
    around: Callable[[], AbstractContextManager[Any]],
    until_empty: bool = False,
) -> Tally:
    """Make what is due, then send it: one pass, or until nothing is due now.

    Stops between two messages once `life.stopping` is set. Never waits for a retry.
    """
    total = Tally()
    while not life.stopping.is_set():
        expand_due_steps(desk, now=clock.now())
        tend_meetings(desk, now=clock.now())
        make_pdfs(desk, now=clock.now(), stopping=life.stopping)
        tally = sending.send_due(
            life, clock=clock, orders=orders(desk, clock=clock, around=around), post=post
        )
        total.add(tally)
        if not until_empty or not tally.tried or tally.stopped:
            break
    return total


def settle_doubts(lookout: Lookout, *, now: datetime, at: datetime) -> int:
    """Settle by itself what is in doubt and can be; return how many.

    Cheap while nothing is in doubt. The log and the mailboxes are read in no transaction.

    :param at: the system's clock
    """
    db.session.commit()
    db.session.connection(execution_options=READ_ONLY)
    doubts = evidence.in_doubt()
    if not doubts:
        db.session.rollback()
        return 0
    senders = lookouts.senders_of(doubts)
    looked = evidence.last_looks([doubt.id for doubt in doubts], Proof.SENT_FOLDER)
    db.session.rollback()
    settled = evidence.settle_known(now)
    db.session.commit()
    found_there = [
        *lookouts.by_log(lookout, doubts, senders, at=at),
        *lookouts.by_sent_folder(lookout, doubts, senders, looked, at=at),
    ]
    for found in sorted(found_there, key=lambda one: one.verdict is not Verdict.TAKEN):
        settled += lookouts.conclude(found, now=now)
        db.session.commit()
    return settled


def read_mailboxes(
    room: Postroom, *, now: Callable[[], datetime], at: datetime, due_only: bool = True
) -> Iterator[Taken | str]:
    """Take in what is new in every mailbox; give each mail, and in Dutch why one cannot be read.

    Each mail is its own transaction. What is wrong with one mailbox keeps no other waiting.

    :param at: the system's clock
    """
    found, faults = reading.boxes(room)
    due = [box for box in found if not due_only or reading.is_due(box, at)]
    db.session.rollback()
    yield from faults
    for box in due:
        fault = ""
        try:
            yield from reading.read(box, room, now=now, at=at)
        except SQLAlchemyError:
            raise
        except OutreachError as error:
            fault = str(error)
        except Exception as error:  # a server that talks nonsense
            log.exception("mailbox %s could not be read", box.settings)
            fault = f"De postbus {box.settings} is niet te lezen ({type(error).__name__})."
        db.session.rollback()
        reading.note(box, fault, at=at)
        db.session.commit()
        if fault:
            yield fault


def look_on_lists(
    server: Server, *, now: datetime, at: datetime, only: int | None = None
) -> dict[int, Piece]:
    """Look for letters on lists of ingekomen stukken, as far as it is time; by campaign.

    What is asked of the server holds nothing in the database; each letter is its own transaction.

    :param at: the system's clock
    :param only: of this campaign alone
    """
    done: dict[int, Piece] = {}
    for campaign_id in looking.due(now=now, at=at):
        if only in (None, campaign_id) and server.may_ask:
            plan = looking.plan(campaign_id)
            db.session.rollback()
            done[campaign_id] = looking.ask(plan, server)
            looking.keep(plan, done[campaign_id], now=now, at=at)
            db.session.commit()
            if done[campaign_id].fault:
                break  # the others would hear the same
    db.session.rollback()
    return done


def tell(desk: Desk, url: str, *, at: datetime) -> int:
    """Tell the program behind `url` what a person must know; return how many things it took.

    :param url: nobody is told when it is empty
    :param at: the system's clock
    """
    if not url:
        return 0
    alerts.note(at=at)
    db.session.commit()
    told = 0
    for key in [alert.key for alert in alerts.due(at)]:
        alert = db.session.get_one(Alert, key)
        link = f"{desk.links.base_url}{alert.path}"
        words = {"what": alert.what, "sentence": alert.sentence, "link": link, "id": key}
        db.session.commit()  # whoever listens may be slow
        fault = webhook.post(url, words)
        if alerts.tried(db.session.get_one(Alert, key), fault, at=at):
            log.error("nobody was told at %s: %s", urlsplit(url).hostname, fault)
        db.session.commit()
        told += not fault
    return told


def queue_morning_mail(desk: Desk, *, now: datetime, instance: Path, providers: Providers) -> int:
    """Write the morning mail down when it is its time and something waits; return how many."""
    made = morning.queue(
        base_url=desk.links.base_url,
        key=desk.links.key,
        now=now,
        instance=instance,
        providers=providers,
    )
    db.session.commit()
    return made


def tidy(desk: Desk, *, now: datetime) -> int:
    """Once a night: take what was kept long enough, return how much; count the seats anew."""
    if not retention.is_due(now=now):
        db.session.rollback()
        return 0
    deeds = [partial(_keep_to, desk, rule, now) for rule in retention.RULES]
    taken = sum(_each_apart(deeds, "what was kept long enough could not be taken"))
    if found := recounting.audit_seats(now=now):
        log.error("seats are miscounted: %s", "; ".join(map(str, found)))
    retention.done(now=now)
    rewrite = needs.went()
    db.session.commit()
    if rewrite:
        db.session.remove()
        erasing.compact(db.engine, now=now, also=True)
    return taken


def _keep_to(desk: Desk, rule: Rule, now: datetime) -> int:
    taken = retention.take(rule, now=now)
    db.session.commit()
    erasing.remove_files(desk.store, taken.files)
    return taken.count


def read_lists(*, now: datetime) -> int:
    """Read the long lists that someone brought in; return how many were read to their end."""
    read = 0
    while True:
        try:
            if not importing.read_next(now=now, progress=_commit):
                db.session.rollback()
                return read
            read += 1
        except OutreachError as error:  # thrown away meanwhile, or its columns are asked again
            log.info("a list was not read to its end: %s", error)
        db.session.commit()


def index(most: int | None = None) -> int:
    """Let search read what changed; return how many rows. Nobody waits while it reads.

    :param most: rows after which it stops; None reads all there is
    """
    done = 0
    while most is None or done < most:
        db.session.connection(execution_options=READ_ONLY)
        rows = search_index.waiting()
        found = search_index.read(rows)
        db.session.rollback()
        if not rows:
            break
        kept = search_index.keep(rows, found)
        db.session.commit()
        done += kept
        if not kept:  # others write to these rows just now
            break
    return done


def index_anew() -> int:
    """Let search read everything again; return how many rows."""
    search_index.mark_all()
    db.session.commit()
    return index()


def _commit(_done: int, _total: int) -> None:
    db.session.commit()


def compact(*, now: datetime) -> int:
    """Rewrite the database when someone was erased since; what is erased is then on no page."""
    db.session.remove()
    return int(erasing.compact(db.engine, now=now))


def _without_pdf() -> Select[Message]:
    return (
        select(Message)
        .join(Step, Step.id == Message.step_id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(
            Campaign.pdf_letter.is_(True),
            Campaign.state == CampaignState.RUNNING,
            Message.state == State.QUEUED,
            Message.pdf_sha256.is_(None),
        )
        .order_by(Message.id)
    )
