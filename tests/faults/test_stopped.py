"""A sender that stands still past its lease, and then wakes, sends nothing of what it held."""

import signal
import time
from pathlib import Path

import pytest
from flask import Flask

from outreach.db import db
from outreach.delivery.models import State
from tests.delivery.relay import Rule
from tests.delivery.sends import history, make_messages, one, states
from tests.faults.conftest import Start
from tests.faults.harness import (
    compare,
    is_stopped,
    odd_transitions,
    relay_process,
    wait_until,
)

pytestmark = pytest.mark.faults
LEASE = 2.0


@pytest.mark.parametrize("place", ["after-claim", "in-rcpt"])
def test_one_that_only_claimed_loses_its_claims_and_sends_none_of_them(
    app: Flask, start: Start, tmp_path: Path, place: str
) -> None:
    make_messages(*[f"g{n}" for n in range(6)])

    with relay_process(tmp_path / "log", extensions="SIZE") as relay:
        hung = start(relay.url, connections=1, lease=LEASE, at=place, signal="STOP")
        wait_until(lambda: is_stopped(hung))
        time.sleep(LEASE)
        assert start(relay.url, connections=1, lease=LEASE).wait() == 0
        assert relay.count() == 6  # the living one did not wait for the one that hangs
        hung.kill(signal.SIGCONT)
        assert hung.wait() == 0
        assert relay.count() == 6
        result = compare(relay)

    assert (result.lost, result.twice, result.uncertain, result.false) == ([], [], [], [])
    assert odd_transitions() == []


def test_one_that_marked_is_in_doubt_until_it_says_that_it_sent_nothing(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    make_messages("zeist", "haren")

    with relay_process(tmp_path / "log", extensions="SIZE") as relay:
        hung = start(relay.url, connections=1, lease=LEASE, at="after-mark", signal="STOP")
        wait_until(lambda: is_stopped(hung))
        time.sleep(LEASE)
        assert start(relay.url, connections=1, lease=LEASE).wait() == 0
        assert states() == {"zeist": State.UNCERTAIN, "haren": State.ACCEPTED}
        db.session.rollback()
        hung.kill(signal.SIGCONT)
        assert hung.wait() == 0  # it woke, said RSET, put the letter back and then sent it
        assert compare(relay).twice == []
        assert relay.count() == 2

    assert history(one("zeist")) == [
        State.QUEUED,
        State.CLAIMED,
        State.SUBMITTING,
        State.UNCERTAIN,
        State.QUEUED,
        State.CLAIMED,
        State.SUBMITTING,
        State.ACCEPTED,
    ]
    assert odd_transitions() == []


def test_one_that_stopped_before_its_dot_never_writes_it(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    make_messages("zeist")

    with relay_process(tmp_path / "log", extensions="SIZE") as relay:
        hung = start(relay.url, connections=1, lease=LEASE, at="before-dot", signal="STOP")
        wait_until(lambda: is_stopped(hung))
        time.sleep(LEASE * 1.1)
        hung.kill(signal.SIGCONT)
        assert hung.wait() == 0
        assert relay.count() == 1  # the second time, with a fresh mark
        assert compare(relay).twice == []

    assert history(one("zeist")).count(State.SUBMITTING) == 2


def test_a_late_answer_settles_what_was_in_doubt(app: Flask, start: Start, tmp_path: Path) -> None:
    make_messages("zeist")

    with relay_process(tmp_path / "log", Rule("dot", delay=3 * LEASE, times=1)) as relay:
        slow = start(relay.url, connections=1, lease=LEASE)
        wait_until(lambda: relay.count() == 1)
        time.sleep(LEASE)
        assert start(relay.url, connections=1, lease=LEASE).wait() == 0
        assert states() == {"zeist": State.UNCERTAIN}
        db.session.rollback()
        assert slow.wait() == 0
        assert relay.count() == 1

    assert history(one("zeist"))[-3:] == [State.SUBMITTING, State.UNCERTAIN, State.ACCEPTED]


def test_sigterm_ends_the_message_in_hand_and_gives_back_the_rest(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    make_messages(*[f"g{n}" for n in range(10)])

    with relay_process(tmp_path / "log", Rule("dot", delay=1.0), extensions="SIZE") as relay:
        sender = start(relay.url, connections=1)
        wait_until(lambda: relay.count() == 1)  # noted; its answer comes in a second
        sender.kill(signal.SIGTERM)
        assert sender.wait() == 0
        assert relay.count() == 1

    assert list(states().values()) == [State.ACCEPTED] + [State.QUEUED] * 9
