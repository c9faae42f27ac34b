"""A database that is full, or that somebody else holds: nothing leaves that is not marked."""

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from outreach.db import db
from outreach.delivery.models import State
from tests.delivery.sends import make_messages, states
from tests.faults.conftest import Start
from tests.faults.harness import Result, compare, odd_transitions, relay_process, settle_by_log

pytestmark = pytest.mark.faults
NOTHING_WRONG = Result(lost=[], twice=[], uncertain=[], false=[])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a server has its own disk
def test_a_full_disk_stops_the_sending_and_loses_nothing_on_sqlite(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    make_messages(*[f"g{n}" for n in range(60)])
    _checkpoint()

    with relay_process(tmp_path / "log", delay=0.002) as relay:
        full = start(relay.url, connections=2, largest_file=400_000)
        assert full.wait() == 1
        assert "disk" in full.said
        assert 0 < relay.count() < 60
        noted = compare(relay)
        assert (noted.twice, noted.false) == ([], [])
        _only_what_was_marked_left(relay.taken())
        assert start(relay.url, connections=2).wait() == 0
        assert len(compare(relay).uncertain) <= 4
        settle_by_log(relay)
        assert start(relay.url, connections=2).wait() == 0
        assert compare(relay) == NOTHING_WRONG
        assert relay.count() == 60

    assert set(states().values()) == {State.ACCEPTED}
    assert odd_transitions() == []


def test_a_database_that_somebody_holds_is_waited_for(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    make_messages(*[f"g{n}" for n in range(40)])

    with relay_process(tmp_path / "log", delay=0.01) as relay:
        sender = start(relay.url, connections=2, busy=100)
        relay.wait_for(5, sender)
        with db.engine.begin() as connection:  # SQLite: BEGIN IMMEDIATE
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE message IN EXCLUSIVE MODE"))
            time.sleep(0.3)  # what was on its way arrives
            held = relay.count()
            time.sleep(1.0)
            assert relay.count() - held <= 2  # one for each connection, marked before
        assert sender.wait() == 0, sender.said
        assert compare(relay) == NOTHING_WRONG
        assert relay.count() == 40

    assert odd_transitions() == []


def test_a_second_sigterm_is_no_worse_than_the_first(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    make_messages(*[f"g{n}" for n in range(40)])

    with relay_process(tmp_path / "log", delay=0.05) as relay:
        sender = start(relay.url, connections=2)
        relay.wait_for(3, sender)
        for _ in range(2):
            sender.kill(signal.SIGTERM)
        assert sender.wait() == 0
        assert 3 <= relay.count() < 40
        assert compare(relay) == NOTHING_WRONG
        assert set(states().values()) == {State.ACCEPTED, State.QUEUED}
    assert odd_transitions() == []


def _checkpoint() -> None:
    """Empty the write-ahead log: from here on it is what grows."""
    db.session.rollback()
    db.engine.dispose()
    with closing(sqlite3.connect(str(db.engine.url.database))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _only_what_was_marked_left(taken: list[dict[str, str]]) -> None:
    marked = {State.SUBMITTING, State.ACCEPTED, State.UNCERTAIN}
    known = states()
    for one in taken:
        name = one["to"].partition("@")[2].removesuffix(".example")
        assert known[name] in marked
