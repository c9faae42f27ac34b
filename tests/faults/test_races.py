"""Several processes at once: each letter once; and twice as soon as a guard is left out."""

from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from outreach.accounts.audit import CLI
from outreach.accounts.limits import Limits
from outreach.db import db
from outreach.delivery import receivers
from outreach.delivery.models import State
from tests.conftest import NOON
from tests.delivery.sends import make_messages, states
from tests.factories import make_sender
from tests.faults.conftest import Start
from tests.faults.harness import compare, odd_transitions, relay_process

pytestmark = pytest.mark.faults
SENDERS = 4
LETTERS = 120


def race(start: Start, log: Path, sender_id: int | None = None, **options: str) -> Counter[str]:
    """Let several processes send the same letters; return how often each was taken."""
    make_messages(*[f"g{n}" for n in range(LETTERS)], sender_id=sender_id)
    with relay_process(log, delay=0.005) as relay:
        senders = [start(relay.url, connections=2, **options) for _ in range(SENDERS)]
        for sender in senders:
            sender.wait()
        taken = Counter(one["to"] for one in relay.taken())
        if not options:
            assert [sender.code for sender in senders] == [0] * SENDERS
            assert compare(relay).false == []
    return taken


def test_each_letter_leaves_once_with_four_processes(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    taken = race(start, tmp_path / "log")

    assert len(taken) == LETTERS
    assert set(taken.values()) == {1}
    assert set(states().values()) == {State.ACCEPTED}
    assert odd_transitions() == []


def test_four_processes_keep_to_one_limit_together(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    taken = race(start, tmp_path / "log", make_sender(per_hour=50).id)

    assert len(taken) == 50
    assert set(taken.values()) == {1}


def make_group(**limits: int) -> None:
    domains = [f"g{n}.example" for n in range(LETTERS)]
    receivers.add("Microsoft", domains, Limits(**limits), by=CLI, now=NOON)
    db.session.commit()


def test_four_processes_keep_to_what_a_group_of_receivers_takes(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    make_group(per_hour=50)

    taken = race(start, tmp_path / "log")

    assert len(taken) == 50
    assert set(taken.values()) == {1}


def test_without_its_lock_a_group_gets_more_than_it_takes(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    make_group(per_hour=10)

    taken = race(start, tmp_path / "log", without="receivers")

    if db.engine.dialect.name == "sqlite":  # has one writer at a time anyway
        assert len(taken) == 10
    else:
        assert len(taken) > 10, "the race did not happen: then the test above proves nothing"


def test_without_the_guards_letters_leave_twice(app: Flask, start: Start, tmp_path: Path) -> None:
    taken = race(start, tmp_path / "log", without="claim,mark")

    assert max(taken.values()) > 1, "the race did not happen: then the test above proves nothing"
