"""Two hundred people at once for 25 seats, through the real form; and a server that is killed.

Four server processes on PostgreSQL, one on SQLite. The same race with the guard left out
overbooks: else the first test would prove nothing.
"""

import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from config import Settings
from outreach.accounts.audit import CLI
from outreach.db import READ_ONLY, db
from outreach.delivery.models import Message
from outreach.engine.demo.visiting import Browser, Door, FirstForm
from outreach.events import changing, keeping, seats
from outreach.events.models import (
    SEATED,
    Meeting,
    MeetingDay,
    Place,
    PlaceState,
    Registration,
)
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender
from tests.flows.command import Command

pytestmark = pytest.mark.faults
PEOPLE, SEATS = 200, 25
PATIENCE = 300.0  #: seconds: this asks what is lost, not how fast a busy machine is


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    make_sender()
    meeting = make_meeting()
    db.session.commit()
    return meeting


@pytest.fixture
def outreach(settings: Settings, tmp_path: Path) -> Command:
    return Command(settings, tmp_path, at="2026-03-23T09:00:05+01:00")


@contextmanager
def serving(outreach: Command, count: int = 1, **options: object) -> Iterator[list[Door]]:
    """So many servers on one database; killed at the end, if they still run."""
    words = [f"--{name}={value}" for name, value in options.items()]
    processes = [started(outreach, *words) for _ in range(count)]
    try:
        yield [Door("127.0.0.1", port_of(process)) for process in processes]
    finally:
        for process in processes:
            kill(process)


def started(outreach: Command, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.doors", *words],
        env=outreach.environment,
        cwd=Path(__file__).parent.parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


class House:
    """Servers of which one is killed now and then; another takes its place."""

    def __init__(self, outreach: Command, count: int) -> None:
        self.outreach = outreach
        self.processes = [started(outreach) for _ in range(count)]
        self.doors = [Door("127.0.0.1", port_of(one)) for one in self.processes]

    def kill(self, n: int) -> None:
        kill(self.processes[n])
        self.processes[n] = started(self.outreach)
        self.doors[n] = Door("127.0.0.1", port_of(self.processes[n]))

    def close(self) -> None:
        for process in self.processes:
            kill(process)

    def served(self, n: int, act: Callable[[Door], str]) -> str:
        """Do this at a door; when no answer comes, do the same again until one does."""
        deadline = time.monotonic() + 600
        while True:
            try:
                return act(self.doors[n % len(self.doors)])
            except (OSError, HTTPException):  # killed under it, or not back yet
                assert time.monotonic() < deadline
                time.sleep(0.2)


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline().rstrip().rpartition(":")[2])


def servers_for(settings: Settings) -> int:
    """SQLite has one machine and one server; PostgreSQL may have several."""
    return 1 if settings.sqlalchemy_url.startswith("sqlite") else 4


def register(door: Door, n: int, *, slug: str = "haarlem", **more: list[str]) -> str:
    """Open the form and send it, as a browser without JavaScript does; the page that comes."""
    browser = Browser(door)
    path = f"/bijeenkomsten/{slug}/aanmelden"
    url = f"http://127.0.0.1:{door.port}{path}"
    form = FirstForm(browser.get(url), action=path)
    return browser.post(url, form.fields | person(n) | more)


def person(n: int) -> dict[str, str]:
    return {"naam": f"Raadslid {n}", "email": f"raadslid{n}@raad.example", "functie": "raadslid"}


def race(doors: list[Door], people: int = PEOPLE) -> list[str]:
    """Everyone at once, spread over the servers; one page each, or what went wrong."""
    pages: dict[int, str] = {}
    gate = threading.Barrier(people)

    def run(n: int) -> None:
        gate.wait()
        try:
            pages[n] = register(doors[n % len(doors)], n)
        except Exception as error:  # told by the test below
            pages[n] = f"fault: {error!r}"

    threads = [threading.Thread(target=run, args=(n,)) for n in range(people)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return [pages[n] for n in range(people)]


def places() -> list[Place]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Place).order_by(Place.number)))


def test_two_hundred_at_once_for_25_seats(
    app: Flask, meeting: Meeting, outreach: Command, settings: Settings
) -> None:
    with serving(outreach, servers_for(settings)) as doors:
        pages = race(doors)

    assert [page for page in pages if page.startswith("fault")] == []
    found = places()
    assert Counter(place.state for place in found) == {
        PlaceState.CONFIRMED: SEATS,
        PlaceState.WAITING: PEOPLE - SEATS,
    }
    assert [place.number for place in found] == list(range(1, PEOPLE + 1))
    assert [place.state for place in found[:SEATS]] == [PlaceState.CONFIRMED] * SEATS
    assert len({place.registration.email_key for place in found}) == PEOPLE
    assert seats.miscounted() == []
    # What each was told is what stands in the ledger.
    told = Counter(bool(re.search(r"hebt een plaats", page)) for page in pages)
    assert told[True] == SEATS


def test_without_the_guard_the_same_race_overbooks(
    app: Flask, meeting: Meeting, outreach: Command, settings: Settings
) -> None:
    remove_check()
    with serving(outreach, servers_for(settings), without="seat") as doors:
        race(doors, people=80)

    seated = [place for place in places() if place.state is PlaceState.CONFIRMED]
    assert len(seated) > SEATS, "the race did not happen: then the test above proves nothing"


@pytest.mark.parametrize("people", [36, pytest.param(10_000, marks=pytest.mark.soak)])
def test_three_days_with_cancels_offers_and_more_seats_in_between(
    app: Flask, outreach: Command, settings: Settings, people: int
) -> None:
    """Nobody too many, who waited longest first, each place offered once, nothing lost.

    In the long one servers are killed meanwhile; who got no answer sends the same once more.
    """
    make_sender()
    rotterdam = make_meeting(
        "rotterdam", days=[(day, "10:00", "17:00", people // 6) for day in DAYS]
    )
    db.session.commit()
    ids = [day.id for day in rotterdam.days]
    db.session.rollback()

    house = House(outreach, servers_for(settings))
    with closing(house), ThreadPoolExecutor(24) as crowd:
        visits = [crowd.submit(visit, app, house, ids, n) for n in range(people)]
        for more in (1, 2, 3):
            wait_until(lambda share=more: sum(v.done() for v in visits) >= people * share // 5)
            if people > PEOPLE:
                house.kill(more % len(house.doors))
            give_more_seats(app, people // 60 or 1)
        went_wrong = [str(error) for one in visits if (error := one.exception())]

    assert went_wrong == []
    assert seats.miscounted() == []
    registered = select(func.count()).select_from(Registration)
    assert db.session.scalar(registered) == people
    for day in db.session.scalars(select(MeetingDay)):
        check_order(day)
    offers = Counter(
        key.rpartition(":")[0]
        for key in db.session.scalars(
            select(Message.dedupe_key).where(Message.dedupe_key.contains(":offer:"))
        )
    )
    assert offers, "nobody was offered a place: then this proves little"
    assert max(offers.values()) == 1


DAYS = (date(2026, 9, 11), date(2026, 9, 12), date(2026, 9, 13))


def visit(app: Flask, house: House, ids: list[int], n: int) -> None:
    """One person: registers for some days; some cancel, some change a day, some take an offer."""
    chance = Random(n)
    some = [str(one) for one in chance.sample(ids, chance.choice((1, 1, 2, 3)))]
    path = "/bijeenkomsten/rotterdam/aanmelden"
    fields = FirstForm(house.served(n, lambda door: opened(door, path)), action=path).fields
    page = house.served(n, lambda door: sent(door, path, fields | person(n) | {"dag": some}))
    assert "U bent aangemeld" in page or "U staat op de wachtlijst" in page, page[:200]
    own = f"/aanmelding/{secret_of(app, n)}"
    match n % 5:
        case 0 | 1:
            house.served(n, lambda door: sent(door, own, {"doe": "annuleer"}))
        case 2:
            left = [str(chance.choice(ids))]
            house.served(n, lambda door: sent(door, own, {"doe": "dagen", "dag": left}))
        case 3:
            form = FirstForm(house.served(n, lambda door: opened(door, own)), action=own)
            if form.fields.get("doe") in ("ja", "nee"):
                house.served(n, lambda door: sent(door, own, form.fields))


def opened(door: Door, path: str) -> str:
    return Browser(door, patience=PATIENCE).get(f"http://127.0.0.1:{door.port}{path}")


def sent(door: Door, path: str, fields: dict[str, Any]) -> str:
    return Browser(door, patience=PATIENCE).post(f"http://127.0.0.1:{door.port}{path}", fields)


def secret_of(app: Flask, n: int) -> str:
    """As the mail tells it."""
    with app.app_context(), db.engine.connect().execution_options(**READ_ONLY) as connection:
        query = select(Registration.secret).where(
            Registration.email_key == f"raadslid{n}@raad.example"
        )
        return str(connection.execute(query).scalars().first())


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 3600
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def give_more_seats(app: Flask, more: int) -> None:
    """As a coordinator does it, in a process of its own."""
    with app.app_context():
        meeting = db.session.scalars(select(Meeting).where(Meeting.slug == "rotterdam")).one()
        facts = keeping.facts_of(meeting)
        days = tuple(replace(one, capacity=one.capacity + more) for one in facts.days)
        changing.apply(
            meeting, replace(facts, days=days), version=None, links=MEETING_LINKS, by=CLI, now=NOON
        )
        db.session.commit()


def check_order(day: MeetingDay) -> None:
    """Nobody who came later has a seat while someone waits; no seat is empty then."""
    numbers = {
        state: list(
            db.session.scalars(
                select(Place.number).where(Place.day_id == day.id, Place.state == state)
            )
        )
        for state in PlaceState
    }
    waits = numbers[PlaceState.WAITING]
    seated = [n for state in SEATED for n in numbers[state]]
    assert len(seated) <= day.capacity
    if waits:
        assert len(seated) == day.capacity
        assert max(seated) < min(waits)


def test_a_cancel_that_is_killed_before_its_commit_never_happened(
    app: Flask, meeting: Meeting, outreach: Command, tmp_path: Path
) -> None:
    seated, waits = full_meeting(meeting)
    with serving(outreach, hold="offer", marker=tmp_path / "marker") as (door,):
        cancel_and_kill(door, seated[0], tmp_path / "marker")

    assert state_of(seated[0]) is PlaceState.CONFIRMED
    assert {state_of(one) for one in waits} == {PlaceState.WAITING}
    with serving(outreach) as (door,):
        cancel(door, seated[0])
    check_first_offered(seated[0], waits)


def test_a_cancel_that_is_killed_after_its_commit_promotes_one_when_sent_again(
    app: Flask, meeting: Meeting, outreach: Command, tmp_path: Path
) -> None:
    seated, waits = full_meeting(meeting)
    with serving(outreach, hold="commit", marker=tmp_path / "marker") as (door,):
        cancel_and_kill(door, seated[0], tmp_path / "marker")

    check_first_offered(seated[0], waits)
    with serving(outreach) as (door,):
        cancel(door, seated[0])  # she saw no answer, so she presses once more
    check_first_offered(seated[0], waits)


def full_meeting(meeting: Meeting) -> tuple[list[str], list[str]]:
    """Two seats, taken, and three who wait; their secrets, in order."""
    meeting.days[0].capacity = 2
    db.session.flush()
    secrets = [make_registration(meeting, n).secret for n in range(1, 6)]
    db.session.commit()
    return secrets[:2], secrets[2:]


def cancel(door: Door, secret: str) -> None:
    url = f"http://127.0.0.1:{door.port}/aanmelding/{secret}"
    Browser(door).post(url, {"doe": "annuleer"})


def cancel_and_kill(door: Door, secret: str, marker: Path) -> None:
    """Press cancel, and leave once the server stands at the moment that is held."""
    threading.Thread(target=lambda: _ignore_end(door, secret), daemon=True).start()
    deadline = time.monotonic() + 30
    while not marker.exists():
        assert time.monotonic() < deadline, "the server never came to the moment to kill it at"
        time.sleep(0.01)


def _ignore_end(door: Door, secret: str) -> None:
    try:
        cancel(door, secret)
    except Exception:  # the server is killed under it: that is the test
        return


def state_of(secret: str) -> PlaceState:
    db.session.rollback()
    query = select(Place.state).join(Registration).where(Registration.secret == secret)
    state = PlaceState(db.session.scalars(query).one())
    db.session.rollback()  # SQLite has one writer, and this was its transaction
    return state


def check_first_offered(gone: str, waits: list[str]) -> None:
    assert state_of(gone) is PlaceState.CANCELLED
    assert [state_of(one) for one in waits] == [
        PlaceState.OFFERED,
        PlaceState.WAITING,
        PlaceState.WAITING,
    ]
    assert seats.miscounted() == []
    day = db.session.scalars(select(MeetingDay)).one()
    assert (day.taken, day.waiting) == (2, 2)
    db.session.rollback()


def remove_check() -> None:
    """The table's own CHECK would turn an overbooking into an error."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ALTER TABLE meeting_day DROP CONSTRAINT ck_meeting_day_taken"))
    else:
        written = "taken >= 0 AND taken <= capacity"
        db.session.execute(text("PRAGMA writable_schema=ON"))
        db.session.execute(
            text(
                "UPDATE sqlite_master SET sql = replace(sql, :was, 'taken >= 0')"
                " WHERE name = 'meeting_day'"
            ),
            {"was": written},
        )
        db.session.execute(text("PRAGMA writable_schema=RESET"))
    db.session.commit()
