"""What becomes of a message, for each answer that a relay can give at each phase."""

import gc
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from outreach.clock import FixedClock
from outreach.delivery.models import State
from outreach.delivery.settling import BACK_OFF
from tests.conftest import NOON
from tests.delivery.relay import Relay, Rule
from tests.delivery.sends import address, history, make_messages, one, send, states

ZEIST = address("zeist")
#: Relays that take one command at a time, that take a group, and that say 354 whatever came.
MODES = {
    "one by one": {"extensions": "SIZE"},
    "grouped": {"extensions": "SIZE PIPELINING"},
    "grouped, asks nothing": {"extensions": "SIZE PIPELINING", "asks_nothing": True},
}


def test_a_letter_is_claimed_marked_and_accepted(app: Flask, clock: FixedClock) -> None:
    message = make_messages("zeist")[0]

    with Relay() as relay:
        tally = send(relay.url, clock)

    assert relay.recipients == [ZEIST]
    assert relay.taken[0].message_id == message.message_id
    assert (tally.ended, tally.stopped) == ({State.ACCEPTED: 1}, [])
    assert history(message) == [State.QUEUED, State.CLAIMED, State.SUBMITTING, State.ACCEPTED]
    assert (message.state, message.accepted_at, message.owner) == (State.ACCEPTED, NOON, None)
    assert message.reply == "250 2.0.0 Ok: queued as 00000001"


def test_what_was_accepted_is_not_sent_again(app: Flask, clock: FixedClock) -> None:
    make_messages("zeist", "utrecht")

    with Relay() as relay:
        send(relay.url, clock)
        again = send(relay.url, clock)

    assert len(relay.taken) == 2
    assert again.tried == 0


def test_a_pass_leaves_what_is_frozen_as_it_is(app: Flask, clock: FixedClock) -> None:
    """To freeze and thaw at each pass would keep all that dies in between, for months."""
    make_messages("zeist")
    gc.freeze()
    frozen = gc.get_freeze_count()

    with Relay() as relay:
        send(relay.url, clock)

    assert relay.recipients == [ZEIST]
    assert 0 < gc.get_freeze_count() <= frozen  # some of it dies by itself


REFUSALS = [
    ("rcpt", "550 5.1.1 No such user", State.REFUSED, "no-mailbox"),
    ("rcpt", "550 No such user", State.REFUSED, "no-mailbox"),
    ("rcpt", "550 5.7.1 We do not want this", State.REFUSED, "policy"),
    ("rcpt", "450 4.2.1 The user is receiving mail too quickly", State.DEFERRED, ""),
    ("rcpt", "552 5.2.2 Mailbox full", State.REFUSED, "mailbox-full"),
    ("rcpt", "450 4.2.0 Greylisted", State.DEFERRED, ""),
    ("rcpt", "452 4.2.2 Mailbox over quota", State.DEFERRED, ""),
    ("data", "451 4.3.0 Not now", State.DEFERRED, ""),
    ("data", "554 5.5.1 No valid recipients", State.REFUSED, "content"),
    ("dot", "451 4.3.0 Not now", State.DEFERRED, ""),
    ("dot", "554 5.7.1 Spam", State.REFUSED, "content"),
    ("dot", "552 5.3.4 Too big", State.REFUSED, "size"),
    ("dot", "550 5.1.1 No such user", State.REFUSED, "no-mailbox"),
]


@pytest.mark.parametrize(("phase", "reply", "state", "reason"), REFUSALS)
def test_a_refusal_marks_this_message_and_no_other(
    app: Flask, clock: FixedClock, phase: str, reply: str, state: State, reason: str
) -> None:
    make_messages("haren", "zeist", "utrecht")

    with Relay(Rule(phase, reply, to=ZEIST)) as relay:
        tally = send(relay.url, clock)

    assert states() == {"haren": State.ACCEPTED, "zeist": state, "utrecht": State.ACCEPTED}
    zeist = one("zeist")
    assert (zeist.reason, zeist.reply, zeist.phase) == (reason, reply, phase)
    assert relay.sessions == 1
    assert tally.stopped == []


ENDINGS = [
    ("rcpt", State.DEFERRED),
    ("data", State.DEFERRED),
    ("body", State.DEFERRED),
    ("dot", State.UNCERTAIN),
]


@pytest.mark.parametrize("mode", ["one by one", "grouped"])
@pytest.mark.parametrize(("phase", "state"), ENDINGS)
def test_a_lost_connection_is_in_doubt_only_after_the_dot(
    app: Flask, clock: FixedClock, phase: str, state: State, mode: str
) -> None:
    make_messages("haren", "zeist", "utrecht")
    if phase == "body":  # too large for the kernel to swallow: the dot is not reached
        one("zeist").content = {"subject": "Oproep", "text": "woord " * 2_000_000, "html": ""}

    with Relay(Rule(phase, drop=True, to=ZEIST), **MODES[mode]) as relay:
        send(relay.url, clock)

    assert states() == {"haren": State.ACCEPTED, "zeist": state, "utrecht": State.ACCEPTED}
    assert relay.recipients == [address("haren"), address("utrecht")]


def test_what_was_said_about_a_letter_in_doubt_is_kept(app: Flask, clock: FixedClock) -> None:
    make_messages("zeist")

    with Relay(Rule("dot", keep=True)) as relay:
        send(relay.url, clock)

    said = one("zeist").transcript.splitlines()
    assert said[0] == f"127.0.0.1:{relay.port}"
    assert said[1].startswith("> MAIL FROM:<post@coalitie.example> SIZE=")
    assert said[2:6] == ["< 250 2.1.0 Ok", f"> RCPT TO:<{ZEIST}>", "< 250 2.1.5 Ok", "> DATA"]
    assert said[6] == "< 354 End with a dot"
    assert said[7].endswith("octets and a dot")
    assert said[8].startswith("! ")


def test_a_deferred_letter_is_tried_again_when_its_time_comes(
    app: Flask, clock: FixedClock
) -> None:
    message = make_messages("zeist")[0]

    with Relay(Rule("rcpt", "450 4.2.0 Greylisted", times=2)) as relay:
        send(relay.url, clock)
        send(relay.url, clock)
        assert (message.state, message.attempts) == (State.DEFERRED, 1)
        assert message.not_before == NOON + timedelta(minutes=5)
        clock.forward(BACK_OFF[0])
        send(relay.url, clock)
        assert message.not_before == NOON + timedelta(minutes=20)
        clock.forward(BACK_OFF[1])
        send(relay.url, clock)

    assert (message.state, message.attempts) == (State.ACCEPTED, 2)
    assert relay.recipients == [ZEIST]


@pytest.mark.parametrize("mode", MODES)
def test_everything_at_once_ends_as_the_table_says(
    app: Flask, clock: FixedClock, mode: str
) -> None:
    faulty = {
        "nobody": (Rule("rcpt", "550 5.1.1 No such user"), State.REFUSED),
        "grey": (Rule("rcpt", "450 4.2.0 Greylisted", times=1), State.DEFERRED),
        "closing": (Rule("rcpt", "421 4.3.2 Closing"), State.QUEUED),
        "later": (Rule("dot", "451 4.3.0 Not now"), State.DEFERRED),
        "spam": (Rule("dot", "554 5.7.1 Spam"), State.REFUSED),
        "lost1": (Rule("rcpt", drop=True), State.DEFERRED),
        "lost2": (Rule("data", drop=True), State.DEFERRED),
        "lost5": (Rule("body", drop=True), State.DEFERRED),
        "lost3": (Rule("dot", drop=True), State.UNCERTAIN),
        "lost4": (Rule("dot", keep=True), State.UNCERTAIN),
    }
    good = [f"g{n}" for n in range(9)]
    make_messages(*faulty, *good)
    rules = [replace(rule, to=address(name)) for name, (rule, _) in faulty.items()]
    one("lost5").content = {"subject": "Oproep", "text": "woord " * 2_000_000, "html": ""}

    with Relay(*rules, **MODES[mode]) as relay:
        tally = send(relay.url, clock, connections=3)
        assert states() == {name: state for name, (_, state) in faulty.items()} | dict.fromkeys(
            good, State.ACCEPTED
        )
        assert tally.stopped == []
        clock.forward(BACK_OFF[0])
        send(relay.url, clock)

    assert states()["grey"] is State.ACCEPTED
    assert sorted(relay.recipients) == sorted(
        [*map(address, good), address("lost4"), address("grey")]
    )
