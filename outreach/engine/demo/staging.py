"""Setting up the demo around the product: its relay, its filling, its griffies."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from config import Env, Settings, Switch
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.engine.demo import coordinators, filling
from outreach.engine.demo.capture import Capture
from outreach.engine.demo.clock import DemoClock
from outreach.engine.demo.inbox import Inbox
from outreach.engine.demo.visiting import Door
from outreach.engine.demo.walking import Walker
from outreach.engine.work import Work
from outreach.events.links import MeetingLinks


def inbox(instance: Path) -> Inbox:
    return Inbox(instance / "inbox")


def forget(settings: Settings, words: Sequence[str]) -> int:
    """Throw away the mails of a demo that name someone; return how many."""
    if settings.env is not Env.DEMO or not (settings.instance / "inbox").exists():
        return 0
    return inbox(settings.instance).forget(words)


@contextmanager
def relay(settings: Settings) -> Iterator[Settings]:
    """The settings to run with: in a demo without a relay, mail goes to the local inbox.

    All griffies of a demo come from this machine: limits per address would stop them.
    """
    if settings.env is not Env.DEMO or settings.relay_url:
        yield settings
        return
    with Capture(inbox(settings.instance), DemoClock.of(settings.instance)) as capture:
        yield settings.model_copy(update={"smtp_url": capture.url, "rate_limits": Switch.OFF})


def fill_once(app: Flask, settings: Settings) -> bool:
    """Put the stories in an empty demo; say whether it was empty."""
    with app.app_context():
        if filling.is_filled():
            return False
        now = DemoClock.of(settings.instance).now()
        links = MeetingLinks(settings.base_url, settings.keys[0])
        filling.fill(store=Store(settings.instance / "files"), links=links, now=now)
        db.session.commit()
    for visit in coordinators.plans():
        inbox(settings.instance).expect(visit)
    return True


def walker(settings: Settings, work: Work, door: Door, stopping: threading.Event) -> Walker:
    return Walker(DemoClock.of(settings.instance), inbox(settings.instance), work, door, stopping)
