"""What the engine does at each beat: the jobs, under the application's context."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask

from config import Settings, Switch
from outreach import jobs
from outreach.campaigns import looking, scheduling
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.clock import Clock, system_now
from outreach.db import READ_ONLY, db
from outreach.delivery.dkim import Signer
from outreach.delivery.lookout import Lookout
from outreach.delivery.openbesluitvorming import Server
from outreach.delivery.pacing import Spread
from outreach.delivery.sending import Post
from outreach.delivery.workers import Life
from outreach.events import offering
from outreach.mailbox.reading import Postroom

#: Before anything of ours was planned.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

#: Seconds that a beat waits for the next turn of a sender with limits; less than between beats.
PATIENCE = 2.5

#: Rows that search reads before it looks whether it is to stop.
INDEXED = 1_000

log = logging.getLogger(__name__)


class Work:
    """The jobs of one process. Ends between two messages once `life.stopping` is set."""

    def __init__(self, app: Flask, settings: Settings, life: Life) -> None:
        self._app, self._life = app, life
        self._clock: Clock = app.extensions["outreach.clock"]
        links = Links(settings.base_url, app.extensions["outreach.tokens"])
        signer = Signer.of(settings.dkim_domain, settings.dkim_selector, settings.dkim_key)
        self._desk = jobs.Desk(links, Store(settings.instance / "files"), signer)
        self._spread = Spread()
        self._post = Post(
            settings.instance,
            settings.relay_url,
            connections=settings.connections,
            limits=settings.rate_limits is Switch.ON,
            spread=self._spread,
            providers=app.extensions["outreach.providers"],
        )
        self._lookout = Lookout(self._post, settings.mailbox_url, settings.relay_log)
        self._room = Postroom(
            settings.instance,
            settings.mailbox_url,
            self._post.providers,
            self._desk.store,
            links,
        )
        self._alert_url = settings.alert_url
        self._lists_url = settings.openbesluitvorming_url
        self._faults: list[str] = []

    def all_due(self) -> None:
        """Make and send everything that is due now; never wait for a retry.

        Of a sender with limits mail leaves evenly: its next turn is waited for when it comes
        before the next beat.
        """
        until = time.monotonic() + PATIENCE
        self._deliver()
        while (wait := self._spread.wait(until - time.monotonic())) is not None:
            if self._life.stopping.wait(wait):
                break
            self._deliver()

    def watch(self) -> None:
        """Settle what can be by itself, tell people what waits, take what was kept long enough."""
        with self._app.app_context():
            now, at = self._clock.now, system_now
            looks: tuple[Callable[[], int], ...] = (
                lambda: jobs.settle_doubts(self._lookout, now=now(), at=at()),
                lambda: jobs.tell(self._desk, self._alert_url, at=at()),
                lambda: jobs.queue_morning_mail(
                    self._desk,
                    now=now(),
                    instance=self._post.instance,
                    providers=self._post.providers,
                ),
                lambda: jobs.tidy(self._desk, now=now()),
                lambda: jobs.compact(now=now()),
            )
            if self._lists_url:
                looks += (lambda: self._look_on_lists(now(), at()),)
            for look in looks:
                try:
                    look()
                except Exception:  # one that fails must not keep the others from their turn
                    db.session.rollback()
                    log.exception("a look at what waits failed")

    def _look_on_lists(self, now: datetime, at: datetime) -> int:
        server = Server(self._lists_url, looking.MOST)
        return len(jobs.look_on_lists(server, now=now, at=at))

    def read_lists(self) -> None:
        """Read the long lists that were brought in."""
        with self._app.app_context():
            jobs.read_lists(now=self._clock.now())

    def index(self) -> None:
        """Let search read what changed."""
        with self._app.app_context():
            while jobs.index(INDEXED) and not self._life.stopping.is_set():
                pass

    def read_mail(self) -> None:
        """Take in what came in, as far as it is time to look."""
        with self._app.app_context():
            now = self._clock.now
            for _ in jobs.read_mailboxes(self._room, now=now, at=system_now()):
                if self._life.stopping.is_set():
                    break

    def _deliver(self) -> None:
        with self._app.app_context():
            tally = jobs.deliver(
                self._life,
                self._desk,
                self._post,
                clock=self._clock,
                around=self._app.app_context,
                until_empty=True,
            )
        for fault in tally.stopped:
            if fault not in self._faults:  # once, not at every beat
                log.error("%s", fault)
        self._faults = tally.stopped

    def is_due(self) -> bool:
        """Whether a step or a letter is due now, or waits for something else."""
        first = self._next_due(after=LONG_AGO)
        return first is not None and first <= self._clock.now()

    def next_due(self) -> datetime | None:
        """The first moment to come at which a step or a letter is due."""
        return self._next_due(after=self._clock.now())

    def _next_due(self, *, after: datetime) -> datetime | None:
        with self._app.app_context():
            db.session.connection(execution_options=READ_ONLY)
            moments = scheduling.next_due(now=after), offering.next_due(now=after)
            return min((moment for moment in moments if moment), default=None)
