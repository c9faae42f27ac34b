"""kill -9 at every place, and at random: nobody twice, nobody lost, the doubtful named."""

import random
import signal
import time
from pathlib import Path

import pytest
from flask import Flask

from outreach.db import db
from outreach.delivery.models import State
from tests.delivery.sends import make_messages, states
from tests.faults.conftest import Start
from tests.faults.harness import Result, compare, odd_transitions, relay_process, settle_by_log

pytestmark = pytest.mark.faults
NOTHING_WRONG = Result(lost=[], twice=[], uncertain=[], false=[])

#: Where the sender dies, and how many are then in doubt: it has one connection, to a relay
#: that takes one command at a time, or a group of them.
PLACES = [
    ("SIZE", "after-claim", 0),
    ("SIZE", "in-rcpt", 0),
    ("SIZE", "before-mark", 0),
    ("SIZE", "after-mark", 1),
    ("SIZE", "before-dot", 1),
    ("SIZE", "after-dot", 1),
    ("SIZE", "after-reply", 1),
    ("SIZE", "after-settle", 0),
    ("PIPELINING", "before-mark", 2),  # one that is 354'd, and one whose answer is not noted
    ("PIPELINING", "in-rcpt", 2),
    ("PIPELINING", "after-mark-of-a-group", 2),
    ("PIPELINING", "before-dot", 2),
    ("PIPELINING", "after-dot", 2),
    ("PIPELINING", "after-reply", 2),
    ("PIPELINING", "after-settle", 2),
]


@pytest.mark.parametrize(("extensions", "place", "in_doubt"), PLACES)
def test_a_kill_loses_nothing_and_doubles_nothing(
    app: Flask, start: Start, tmp_path: Path, extensions: str, place: str, in_doubt: int
) -> None:
    make_messages(*[f"g{n}" for n in range(12)])

    with relay_process(tmp_path / "log", extensions=extensions) as relay:
        killed = start(relay.url, connections=1, at=place, nth=1 if "claim" in place else 5)
        assert killed.wait() == -signal.SIGKILL
        assert start(relay.url, connections=1).wait() == 0
        result = compare(relay)
        if extensions == "SIZE":
            assert len(result.uncertain) == in_doubt
        else:  # whether the answer to the one before came in time, is up to the network
            assert 1 <= len(result.uncertain) <= in_doubt
        assert (result.lost, result.twice, result.false) == ([], [], [])
        settle_by_log(relay)
        assert start(relay.url, connections=1).wait() == 0
        assert compare(relay) == NOTHING_WRONG
        assert relay.count() == 12

    assert set(states().values()) == {State.ACCEPTED}
    assert odd_transitions() == []


@pytest.mark.parametrize("place", ["in-reaper", "after-reaper"])
def test_a_kill_of_the_one_who_cleans_up_loses_nothing(
    app: Flask, start: Start, tmp_path: Path, place: str
) -> None:
    make_messages(*[f"g{n}" for n in range(12)])

    with relay_process(tmp_path / "log", extensions="SIZE") as relay:
        for at, nth in (("after-mark", 5), (place, 1)):
            killed = start(relay.url, connections=1, at=at, nth=nth)
            assert killed.wait() == -signal.SIGKILL
        assert start(relay.url, connections=1).wait() == 0
        result = compare(relay)

    assert (result.lost, result.twice, result.false) == ([], [], [])
    assert len(result.uncertain) == 1
    assert odd_transitions() == []


def test_forty_kills_while_342_letters_leave(app: Flask, start: Start, tmp_path: Path) -> None:
    make_messages(*[f"g{n}" for n in range(342)])

    figures = series(start, tmp_path / "log", letters=342, kills=40)

    assert figures["kills"] == 40
    assert set(states().values()) == {State.ACCEPTED}


@pytest.mark.soak
@pytest.mark.parametrize("extensions", ["SIZE", "SIZE PIPELINING"])
def test_five_hundred_kills_while_5000_letters_leave(
    app: Flask, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str], extensions: str
) -> None:
    make_messages(*[f"g{n}" for n in range(5000)])

    figures = series(
        start, tmp_path / "log", letters=5000, kills=500, connections=4, extensions=extensions
    )

    with capsys.disabled():  # for the table in docs/delivery.md
        print(f"\n{db.engine.dialect.name}, {extensions}: {figures}")
    assert figures["kills"] == 500


def series(
    start: Start,
    log: Path,
    *,
    letters: int,
    kills: int,
    connections: int = 2,
    extensions: str = "SIZE PIPELINING",
) -> dict[str, int]:
    """Send while the sender is killed at random moments; check everything, return the figures.

    A kill counts when the relay noted mail before it and after it. The series counts when
    enough of them fell between a mark and the answer to its dot: then the relay noted a letter
    of which we do not know.
    """
    dice = random.Random(7)
    between = letters // kills // 2  # what was on its way leaves after the kill
    counted = attempts = 0
    with relay_process(log, delay=0.01, extensions=extensions) as relay:
        while counted < kills:
            assert attempts < 2 * kills, "too few kills fell within the sending"
            before = relay.count()
            sender = start(relay.url, connections=connections)
            relay.wait_for(before + dice.randint(1, between), sender)
            time.sleep(dice.uniform(0, 0.01))
            sender.kill()
            sender.wait()
            attempts += 1
            counted += before < relay.count() < letters
        assert start(relay.url, connections=connections).wait() == 0
        result = compare(relay)
        assert (result.lost, result.twice, result.false) == ([], [], [])
        assert len(result.uncertain) <= bound(extensions) * connections * attempts
        arrived, missing = settle_by_log(relay)
        assert arrived >= kills / 10, "too few kills fell between mark and answer"
        assert start(relay.url, connections=connections).wait() == 0
        assert compare(relay) == NOTHING_WRONG
        assert relay.count() == letters
    assert odd_transitions() == []
    return {"kills": counted, "letters": letters, "arrived": arrived, "missing": missing}


def bound(extensions: str) -> int:
    """How many may be in doubt for each connection and crash."""
    return 2 if "PIPELINING" in extensions else 1
