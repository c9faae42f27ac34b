"""How many registrations a second, with 200 clients racing for 50 seats; and is none too many.

Each client has opened the real form of `outreach serve` before the race, and sends it at the
same moment as the others. What is counted: the seat, the confirmation with its invitation in
the outbox, the commit, the page. Yardstick: `/healthz` of the same servers, 200 clients too.

    python -m benchmarks.registration --races 50
"""

import argparse
import asyncio
import re
import time
from collections import Counter
from urllib.parse import urlencode

from sqlalchemy import func, select

from benchmarks._ground import ground, report
from benchmarks._http import Answer, ask, get
from outreach.db import db
from outreach.events import seats
from outreach.events.models import SEATED, Place
from tests.factories import make_meeting, make_sender

CLIENTS, SEATS = 200, 50
#: engine: (server processes, target per second)
SERVERS = {"sqlite": (1, 300), "postgresql": (2, 250)}
KEY = re.compile(rb'name="sleutel"[^>]*value="([^"]+)"')


def post(path: str, fields: dict[str, str]) -> bytes:
    body = urlencode(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def opened(port: int, path: str, n: int) -> bytes:
    """Open the form and fill it in; what will be sent."""
    shown = await ask(port, get(path))
    key = KEY.search(shown.body)
    assert key is not None, shown
    person = {"naam": f"Raadslid {n}", "email": f"raadslid{n}@raad.example", "functie": "raadslid"}
    return post(path, person | {"sleutel": key[1].decode()})


async def race(ports: list[int], requests: list[bytes]) -> tuple[float, list[Answer]]:
    """Everyone at once, spread over the servers."""
    began = time.perf_counter()
    sent = (ask(ports[n % len(ports)], request) for n, request in enumerate(requests))
    answers = await asyncio.gather(*sent)
    return time.perf_counter() - began, list(answers)


async def measure(ports: list[int], races: int) -> tuple[float, float]:
    """Registrations and bare answers a second, in turn."""
    registering = bare = 0.0
    for number in range(races):
        path = f"/bijeenkomsten/race-{number}/aanmelden"
        forms = [await opened(ports[n % len(ports)], path, n) for n in range(CLIENTS)]
        seconds, answers = await race(ports, forms)
        assert Counter(one.status for one in answers) == {200: CLIENTS}
        registering += seconds
        seconds, _ = await race(ports, [get("/healthz")] * CLIENTS)
        bare += seconds
    return CLIENTS * races / registering, CLIENTS * races / bare


def overbooked() -> int:
    """Seats given beyond those there are; also refuses counters that differ from the rows."""
    seated = select(func.count()).where(Place.state.in_(SEATED)).group_by(Place.day_id)
    assert seats.miscounted() == []
    return sum(max(0, count - SEATS) for count in db.session.scalars(seated))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--races", type=int, default=1)
    races = parser.parse_args().races
    for engine, (processes, target) in SERVERS.items():
        with ground(engine) as here:
            with here.opened():
                host = make_sender()
                for number in range(races):
                    made = make_meeting(f"race-{number}", sender_id=host.id)
                    made.days[0].capacity = SEATS
                db.session.commit()
            with here.serving(processes) as ports:
                rate, bare = asyncio.run(measure(ports, races))
            with here.opened():
                too_many = overbooked()
        report(
            "registration",
            f"{engine}, {processes} {'process' if processes == 1 else 'processes'}",
            rate,
            "per s",
            against=("/healthz", bare),
            target=f"≥ {target} per s, 0 overbooked",
            overbooked=too_many,
            racing=CLIENTS * races,
        )


if __name__ == "__main__":
    main()
