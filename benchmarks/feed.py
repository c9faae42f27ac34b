"""What a calendar that asks for news costs: the feed of 200 meeting days.

Yardstick: `/healthz` of the same server, behind the same hooks. "Changed" is a client that has
another version and gets the kept bytes; "not changed" gets a 304. "Made anew" is what each of
them would cost without the kept bytes.
"""

import asyncio
import re
import statistics
import time
from datetime import date, timedelta

from benchmarks._ground import ground, report
from benchmarks._http import ask, get, rate
from outreach.db import db
from outreach.events import feeds
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_sender

MEETINGS = 100  #: of two days each
ROUNDS, SECONDS, CLIENTS = 5, 0.8, 8
TARGET = "≥ 0.7"
FEED, HEALTH = "/agenda.ics", "/healthz"


def fill() -> float:
    """Make the meetings; return how many feeds a second can be made anew."""
    make_sender()
    for n in range(MEETINGS):
        day = date(2026, 4, 1) + timedelta(days=2 * n)
        hours = [(day + timedelta(days=m), "13:30", "17:00", 25) for m in range(2)]
        make_meeting(f"bijeenkomst-{n}", days=hours)
    db.session.commit()
    times = []
    for _ in range(5):
        db.session.expunge_all()
        began = time.perf_counter()
        feeds.agenda(links=MEETING_LINKS, now=NOON)
        times.append(time.perf_counter() - began)
    return 1 / statistics.median(times)


async def measure(port: int) -> dict[str, float]:
    """Each kind of request in turn, some rounds; the median of each."""
    first = await ask(port, get(FEED))
    assert first.body.count(b"BEGIN:VEVENT") == 2 * MEETINGS
    tag = re.search(r'etag: ("[^"]+")', first.head.decode(), re.I)
    assert tag is not None
    kinds = {
        "health": (get(HEALTH), 200),
        "changed": (get(FEED, 'If-None-Match: "another"'), 200),
        "not changed": (get(FEED, f"If-None-Match: {tag[1]}"), 304),
    }
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, (request, status) in kinds.items():
            each = await rate(port, request, status, seconds=SECONDS, clients=CLIENTS)
            found[kind].append(each)
    return {kind: statistics.median(rates) for kind, rates in found.items()}


def main() -> None:
    for engine in ("sqlite", "postgresql"):
        with ground(engine) as here:
            with here.opened():
                anew = fill()
            with here.serving() as [port]:
                found = asyncio.run(measure(port))
        bare = (HEALTH, found["health"])
        for kind in ("not changed", "changed"):
            report("feed", f"{kind}, {engine}", found[kind], "per s", against=bare, target=TARGET)
        report("feed", f"made anew, {engine}", anew, "per s", against=bare)


if __name__ == "__main__":
    main()
