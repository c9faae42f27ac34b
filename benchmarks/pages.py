"""What pages cost: queries and time in the office, bytes over the wire for everyone.

The office is asked twice, with a handful of rows and with many: the queries must not grow.
Yardstick of the time: `/healthz`, in the same process. Bytes are all that a real server sends
for a page with its styles, scripts and fonts; the second visit keeps what it may.
"""

import asyncio
import re
import statistics
import time
from datetime import timedelta
from urllib.parse import urljoin

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select

from benchmarks._ground import ground, report
from benchmarks._http import ask, get
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.events.models import SEATED, Place, Registration, VisitorRole
from tests.conftest import NOON
from tests.factories import make_coordinator, make_meeting, make_sender, sign_in
from tests.web import scenes

LETTERS, MEETINGS, VISITORS = 12, 4, 500  #: VISITORS of each meeting
TIMES = 20
MOST_QUERIES, MOST_MS, FIRST_KB, NEXT_KB = 12, 60, 60, 10
PUBLIC = ("/", "/bijeenkomsten/meeting-0", "/bijeenkomsten/meeting-0/aanmelden", "/privacy")
ASSET = re.compile(rb'<(?:link|script|img)\b[^>]*?\b(?:href|src)="(/static/[^"]+)"')
NESTED = re.compile(rb"url\([\"']?([^)\"']+)[\"']?\)")


def fill(letters: int, meetings: int, visitors: int) -> str:
    """Letters to every griffie and people who come; the slug of the first letter."""
    host = make_sender()
    scenes.make_griffies()
    slugs = []
    for n in range(letters):
        campaign = scenes.make_letter(f"Oproep {n}", sender=host)
        scenes.make_sent(campaign)
        slugs.append(campaign.slug)
    for n in range(meetings):
        meeting = make_meeting(f"meeting-{n}", sender_id=host.id)
        meeting.days[0].capacity = visitors
        _make_visitors(meeting.id, meeting.days[0].id, n * visitors, visitors)
        meeting.days[0].taken = visitors
    db.session.commit()
    return slugs[0]


def _make_visitors(meeting_id: int, day_id: int, before: int, count: int) -> None:
    people, places = [], []
    homes = list(db.session.scalars(select(Gemeente.code).order_by(Gemeente.code)))
    for n in range(before + 1, before + count + 1):
        email = f"raadslid{n}@raad.example"
        person = {"id": n, "meeting_id": meeting_id, "secret": f"secret-{n}", "name": f"Raad {n}"}
        person |= {"email": email, "email_key": email, "role": VisitorRole.RAADSLID}
        people.append(person | {"gemeente_code": homes[n % len(homes)], "registered_at": NOON})
        place = {"registration_id": n, "day_id": day_id, "state": SEATED[0], "number": n - before}
        places.append(place | {"changed_at": NOON - timedelta(minutes=n)})
    db.session.execute(insert(Registration), people)
    db.session.execute(insert(Place), places)


def office(letter: str) -> tuple[str, ...]:
    return (
        "/kantoor/",
        "/kantoor/gemeenten/",
        "/kantoor/gemeenten/GM0355",
        f"/kantoor/brieven/{letter}",
        "/kantoor/adressen/",
        "/kantoor/bijeenkomsten/",
        "/kantoor/bijeenkomsten/meeting-0",
    )


def queries(client: FlaskClient, path: str) -> int:
    """The statements of one request, the session's own and BEGIN not counted."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200, path
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return sum(not statement.startswith("BEGIN") for statement in seen)


def milliseconds(client: FlaskClient, path: str) -> float:
    """The 95th percentile of some requests, by the processor's clock: others may use it too."""
    found = []
    for _ in range(TIMES):
        began = time.process_time()
        client.get(path)
        found.append(1000 * (time.process_time() - began))
    return statistics.quantiles(found, n=20)[-1]


def signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, make_coordinator())
    return client


def measure_office() -> None:
    few = {}
    with ground("sqlite") as here, here.opened() as app:
        letter = fill(1, 1, 2)
        client = signed_in(app)
        few = {path: queries(client, path) for path in office(letter)}
    with ground("sqlite") as here, here.opened() as app:
        letter_of_many = fill(LETTERS, MEETINGS, VISITORS)
        client = signed_in(app)
        bare = milliseconds(client, "/healthz")
        for before, path in zip(few, office(letter_of_many), strict=True):
            many = queries(client, path)
            report(
                "pages",
                re.sub(r"oproep-.*", "…", path),
                milliseconds(client, path),
                "ms of CPU at p95",
                against=("/healthz", bare),
                target=f"≤ {MOST_MS} ms, ≤ {MOST_QUERIES} queries, as many with few rows",
                queries=many,
                queries_with_few_rows=few[before],
            )


async def weigh(port: int, path: str) -> tuple[int, int]:
    """Bytes of a first visit, and of a next one."""
    page = await ask(port, get(path))
    assert page.status == 200, page
    again, wanted, seen = 0, [asset.decode() for asset in ASSET.findall(page.body)], set()
    first = sent = await _bytes(port, path)
    while wanted:
        if (asset := wanted.pop()) in seen:
            continue
        seen.add(asset)
        first += await _bytes(port, asset)
        got = await ask(port, get(asset))
        again += 0 if b"immutable" in got.head.lower() else await _bytes(port, asset)
        if asset.endswith(".css"):
            wanted += [urljoin(asset, one.decode()) for one in NESTED.findall(got.body)]
    return first, sent + again


async def _bytes(port: int, path: str) -> int:
    if path.startswith("data:"):
        return 0
    answer = await ask(port, get(path, "Accept-Encoding: gzip, br"))
    assert answer.status == 200, path
    return len(answer.head) + len(answer.body)


def measure_public() -> None:
    with ground("sqlite") as here:
        with here.opened():
            fill(1, MEETINGS, 20)
        with here.serving() as [port]:
            found = {path: asyncio.run(weigh(port, path)) for path in PUBLIC}
    for path, (first, again) in found.items():
        for figure, size, most in (("first", first, FIRST_KB), ("next", again, NEXT_KB)):
            report("pages", f"{path}, {figure} visit", size / 1024, "KB", target=f"≤ {most} KB")


if __name__ == "__main__":
    measure_office()
    measure_public()
