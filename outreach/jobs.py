"""What runs by itself. Each job owns its transactions; running one twice does no harm."""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.campaigns import rendering, running, scheduling
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign, CampaignState, Step
from outreach.campaigns.rendering import Renderer
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Message, State

log = logging.getLogger(__name__)

#: PDF letters that are made before the next commit.
PDF_BATCH = 25
MOST_FAULTS = 3


@dataclass(frozen=True)
class Desk:
    """What the jobs work with: the same for a command, a thread and a test."""

    links: Links
    store: Store

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
            outbox.record_event(
                message, State.FAILED, was=was, actor="system", now=now, note=note
            )
        return
    message.pdf_sha256, message.pdf_name = renderer.store.put(data), name


def pause_for_fault(campaign_id: int, fault: str, *, now: datetime) -> None:
    """Stop a campaign whose sender or relay was refused as a whole."""
    running.pause_for_fault(campaign_id, fault, now=now)
    db.session.commit()


def _without_pdf():  # type: ignore[no-untyped-def]
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
