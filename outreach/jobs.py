"""What runs by itself. Each job owns its transactions; running one twice does no harm."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Select, select

from outreach.campaigns import audience, rendering, running, scheduling
from outreach.campaigns.links import Links
from outreach.campaigns.lookup import Lookup
from outreach.campaigns.models import Campaign, CampaignState, Step
from outreach.campaigns.rendering import Renderer
from outreach.campaigns.store import Store
from outreach.clock import Clock
from outreach.db import db
from outreach.delivery import mime, outbox, sending
from outreach.delivery.models import Kind, Message, State
from outreach.delivery.sending import Orders, Outgoing, Post, Tally
from outreach.delivery.workers import Life
from outreach.events import offering, registering
from outreach.events.links import MeetingLinks

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

    @property
    def meeting_links(self) -> MeetingLinks:
        return MeetingLinks(self.links.base_url, self.links.key)

    def renderer(self, now: datetime) -> Renderer:
        return Renderer(self.links, self.store, now)


def expand_due_steps(desk: Desk, *, now: datetime) -> int:
    """Make the letters of every step whose moment has come; return how many can leave."""
    made = 0
    for step in scheduling.due_steps(now=now):
        made += scheduling.queue_step(step, key=desk.links.key, now=now)
        db.session.commit()
    scheduling.postpone(now=now)
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
    changed += registering.forget_needs(now=now)
    db.session.commit()
    return changed


def _each_apart(deeds: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Do each in a transaction of its own: a fault in one must not stop the others."""
    for deed in deeds:
        try:
            done = deed()
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("a waiting list could not be tended: %s", deed)
        else:
            yield done


def make_pdfs(desk: Desk, *, now: datetime, stopping: threading.Event | None = None) -> int:
    """Make the PDF letters that are due and not made yet; return how many.

    Between queue and due, never in the send loop: a PDF takes as long as twenty mails.
    """
    made = 0
    renderer = desk.renderer(now)
    while not (stopping and stopping.is_set()):
        waiting = db.session.scalars(_without_pdf().limit(PDF_BATCH)).all()
        for message in waiting:
            _make_pdf(message, renderer, now=now)
        db.session.commit()
        made += len(waiting)
        if len(waiting) < PDF_BATCH:
            break
    return made


def _make_pdf(message: Message, renderer: Renderer, *, now: datetime) -> None:
    try:
        name, data = renderer.pdf(rendering.recipient_of(db.session(), message))
    except Exception as error:  # a fault in one letter must not stop the others
        log.exception("no PDF for message %s", message.id)
        message.faults += 1
        if message.faults >= MOST_FAULTS:
            was, message.state, message.reason = message.state, State.FAILED, "pdf"
            note = f"{type(error).__name__}: {error}"[:500]
            outbox.record_event(message, State.FAILED, was=was, actor="system", now=now, note=note)
        return
    message.pdf_sha256, message.pdf_name = renderer.store.put(data), name


def orders(
    desk: Desk, *, clock: Clock, around: Callable[[], AbstractContextManager[Any]]
) -> Orders:
    """What delivery must know of campaigns and letters, as it is handed down.

    :param around: entered by each sending thread before it asks the database through
        `db.session`; the application's context
    """
    renderer, lookup = desk.renderer(clock.now()), Lookup(db.engine)

    def render(message: Message) -> Outgoing:
        sender = lookup.sender(message.sender_id)
        if message.kind is Kind.LETTER:
            pieces = renderer.data(message, lookup.recipient(message), at=clock.now())
        else:
            pieces = mime.data(renderer.by_content(message, sender))
        return Outgoing(pieces, sender.envelope_from or sender.email, message.address)

    def on_our_fault(message: Message, fault: str) -> None:
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
