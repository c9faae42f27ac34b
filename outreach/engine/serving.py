"""One process: pages, the ticks that send, and in a demo the clock that can be moved."""

import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from flask import Flask
from waitress import create_server

from config import Env, Settings
from outreach.db import db
from outreach.delivery.workers import Life, on_signal
from outreach.engine.demo import coordinators, staging
from outreach.engine.demo.visiting import Door
from outreach.engine.leader import leader_for
from outreach.engine.ticking import Metronome, Tick
from outreach.engine.work import Work

#: Between two looks at what is due.
BEAT_SECONDS = 3.0
#: Between two looks at what is in doubt or waits for a person.
LISTS_SECONDS = 2.0  #: someone looks at a page that counts along
WATCH_SECONDS = 60.0
#: Of a request, before it is cut off unread. Up to here the pages themselves explain the limit.
LARGEST_REQUEST = 64 * 1024 * 1024

log = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Take the port, so that nothing else is begun when it is in use.

    :raises OSError: it is, or the host is not ours
    """
    return socket.create_server((host, port))


def serve(
    app: Flask, settings: Settings, listener: socket.socket, *, say: Callable[[str], None]
) -> None:
    """Answer requests and do what is due, until SIGTERM or Ctrl-C; then end in good order.

    The message in hand is finished, what was only claimed is given back.
    """
    server = create_server(
        app,
        sockets=[listener],
        threads=settings.threads,
        ident=None,
        max_request_body_size=LARGEST_REQUEST,
        clear_untrusted_proxy_headers=not settings.trusted_proxies,
    )
    with app.app_context():
        engine = db.engine
    gc.freeze()  # once and for good: to thaw it again would keep all that dies in between
    with Life(engine) as life:
        _end_on_signals(life.stopping)
        door = Door(*listener.getsockname()[:2])
        with _beating(app, settings, life, door):
            for line in first_screen(settings):
                say(line)
            server.run()  # until SystemExit; waits for requests under way
            life.stopping.set()
    server.close()


def first_screen(settings: Settings) -> list[str]:
    """What someone who starts it must know."""
    lines = [f"Outreach: {settings.base_url}"]
    if settings.env is Env.DEMO:
        lines += [
            f"Sign in: {coordinators.EMAIL}, password {coordinators.PASSWORD}",
            f"Sent mail: {settings.base_url}/demo/post",
        ]
    return [*lines, "Stop with Ctrl-C."]


@contextmanager
def _beating(app: Flask, settings: Settings, life: Life, door: Door) -> Iterator[None]:
    """The ticks, and in a demo the walker, for as long as it is entered."""
    work = Work(app, settings, life)
    ticks = [
        Tick("deliver", BEAT_SECONDS, work.all_due),
        Tick("watch", WATCH_SECONDS, work.watch),
        Tick("post", WATCH_SECONDS, work.read_mail),
    ]
    walking = None
    if settings.env is Env.DEMO:
        walker = staging.walker(settings, work, door, life.stopping)
        walker.sign_in = coordinators.EMAIL, coordinators.PASSWORD
        app.extensions["outreach.demo"] = walker
        ticks = [Tick("demo", BEAT_SECONDS, walker.tick)]
        walking = threading.Thread(target=walker.run, name="walker")
    ticks.append(Tick("lists", LISTS_SECONDS, work.read_lists))
    ticks.append(Tick("index", LISTS_SECONDS, work.index))
    metronome = Metronome(ticks, leader_for(life.engine, settings.instance))
    metronome.start()
    if walking:
        walking.start()
    try:
        yield
    finally:
        life.stopping.set()
        if walking:
            walking.join()
        metronome.stop()


def _end_on_signals(stopping: threading.Event) -> None:
    told = on_signal(stopping)

    def end(number: int, frame: FrameType | None) -> None:
        if told(number, frame):
            raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
