"""A process that sends, and can be told to die or to stop at one place.

    python -m tests.faults.worker --database URL --relay URL [--at PLACE --nth 3 --signal KILL]

Places are the product's own functions: a profiler sees them called and return, so nothing
in the product knows of it.
"""

import argparse
import logging
import resource
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import create_engine

from outreach import turns
from outreach.clock import FixedClock
from outreach.db import install_sqlite
from outreach.delivery import sending
from outreach.delivery.orders import Post
from outreach.delivery.workers import Life
from tests.delivery.trivial import DATE, orders
from tests.faults import unguarded

#: place: (file, function, the profiler's event)
PLACES = {
    "after-claim": ("routes.py", "Route.claim", "return"),
    "in-rcpt": ("smtp.py", "_rcpt", "call"),
    "before-mark": ("claims.py", "mark", "call"),
    "after-mark": ("smtp.py", "Session.go_on", "call"),
    "after-mark-of-a-group": ("smtp.py", "Session.begin", "call"),
    "before-dot": ("smtp.py", "Session._dot", "call"),
    "after-dot": ("smtp.py", "Session._dot", "c_return"),
    "after-reply": ("verdicts.py", "at_dot", "call"),
    "after-settle": ("routes.py", "Route._note_accepted", "call"),
    "in-reaper": ("reaping.py", "reap", "return"),
    "after-reaper": ("sending.py", "tidy", "return"),
    "backup-written": ("backing_up.py", "_write", "return"),
    "restore-held": ("restoring.py", "_Task._hold", "return"),
    "restore-before-files": ("restoring.py", "_move_files", "call"),
}

#: Of SQLAlchemy's dialects, imaplib, and our store.
CALLS = {
    "do_execute",
    "do_executemany",
    "do_commit",
    "do_begin",
    "_command",
    "_get_response",
    "put",
}


def trip(place: str, nth: int, sign: signal.Signals) -> None:
    """Send ourselves a signal when a place is reached for the n-th time."""
    file, function, wanted = PLACES[place]
    seen = 0

    def watch(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal seen
        code = frame.f_code
        if event != wanted or code.co_qualname != function or not code.co_filename.endswith(file):
            return
        if event == "c_return" and getattr(arg, "__name__", "") != "send":
            return
        seen += 1
        if seen == nth:
            # To this thread: it must not run on while another takes the signal.
            signal.pthread_kill(threading.get_ident(), sign)

    threading.setprofile(watch)
    sys.setprofile(watch)


def trip_at_call(nth: int) -> None:
    """Die at the n-th time that the database, a mail server or the store of files is called."""
    seen = 0

    def watch(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal seen
        if event not in ("call", "return") or frame.f_code.co_name not in CALLS:
            return
        seen += 1
        if seen == nth:
            signal.pthread_kill(threading.get_ident(), signal.SIGKILL)

    sys.setprofile(watch)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--relay", required=True)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--lease", type=float, default=480.0)
    parser.add_argument("--at", choices=sorted(PLACES))
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--signal", default="KILL", choices=["KILL", "STOP"])
    parser.add_argument("--without", default="", help="guards to leave out: claim,mark")
    parser.add_argument("--largest_file", type=int, default=0, help="octets: a disk that is full")
    parser.add_argument("--busy", type=int, default=0, help="milliseconds that SQLite waits")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    unguarded.leave_out(given.without.split(","))
    engine = create_engine(given.database)
    if engine.dialect.name == "sqlite":
        patience = given.busy / 1000 or turns.PATIENCE
        install_sqlite(engine, patience=patience)
    if given.largest_file:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.largest_file, given.largest_file))
    if given.at:
        trip(given.at, given.nth, signal.Signals[f"SIG{given.signal}"])
    with Life(engine) as life:
        signal.signal(signal.SIGTERM, lambda *_: life.stopping.set())
        tally = sending.send_until_empty(
            life,
            clock=FixedClock(DATE),
            orders=orders(),
            post=Post(
                instance=Path(),
                default_url=given.relay,
                connections=given.connections,
                lease=timedelta(seconds=given.lease),
            ),
        )
    print(dict(tally.ended), tally.stopped)


if __name__ == "__main__":
    main()
