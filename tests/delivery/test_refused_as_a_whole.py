"""What says nothing of a recipient marks no recipient: sessions, relays, our own faults."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.clock import FixedClock, system_now
from outreach.db import db
from outreach.delivery import breaker
from outreach.delivery.models import Kind, Message, Relay, State
from tests.conftest import NOON
from tests.delivery.relay import TLS, Rule
from tests.delivery.relay import Relay as Server
from tests.delivery.sends import Faults, address, make_messages, one, send, states
from tests.delivery.trivial import FROM, orders
from tests.factories import make_sender

ZEIST = address("zeist")


def untouched(*messages: Message) -> bool:
    return all((m.state, m.attempts, m.not_before) == (State.QUEUED, 0, NOON) for m in messages)


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
def test_a_421_is_tried_once_more_in_a_new_session(
    app: Flask, clock: FixedClock, phase: str
) -> None:
    messages = make_messages(*[f"g{n}" for n in range(20)])

    with Server(Rule(phase, "421 4.3.2 Closing", after=6, times=1)) as relay:
        send(relay.url, clock)

    assert sorted(relay.recipients) == sorted(m.address for m in messages)
    assert relay.sessions == 2
    assert {(m.state, m.attempts) for m in messages} == {(State.ACCEPTED, 0)}


def test_a_message_with_which_every_session_ends_waits_and_the_others_go(
    app: Flask, clock: FixedClock
) -> None:
    make_messages("zeist", "haren", "utrecht")

    with Server(Rule("rcpt", "421 4.3.2 Closing", to=ZEIST)) as relay:
        tally = send(relay.url, clock)

    assert states() == {
        "zeist": State.QUEUED,
        "haren": State.ACCEPTED,
        "utrecht": State.ACCEPTED,
    }
    assert (one("zeist").attempts, one("zeist").not_before) == (0, NOON + timedelta(minutes=1))
    assert tally.stopped == []


@pytest.mark.parametrize("said", ["421 4.7.0 Too many connections", ""])
def test_a_relay_that_takes_no_more_connections_gets_the_rest_over_those_it_took(
    app: Flask, clock: FixedClock, said: str
) -> None:
    messages = make_messages(*[f"g{n}" for n in range(40)])

    with Server(Rule("connect", said, drop=not said, after=2)) as relay:
        tally = send(relay.url, clock, connections=4)

    assert {m.state for m in messages} == {State.ACCEPTED}
    assert tally.stopped == []
    assert breaker.open_now(db.session.connection(), at=system_now()) == {}


def test_a_relay_that_hangs_up_between_messages_does_no_harm(app: Flask, clock: FixedClock) -> None:
    make_messages("haren", "zeist", "utrecht")

    with Server(Rule("mail", drop=True, after=1, times=1)) as relay:
        send(relay.url, clock)

    assert set(states().values()) == {State.ACCEPTED}
    assert one("zeist").attempts == 0
    assert len(relay.taken) == 3


DOWN = [
    Rule("connect", "421 4.3.2 Busy"),
    Rule("connect", "554 5.3.2 Go away"),
    Rule("connect", drop=True),
    Rule("ehlo", drop=True),
    Rule("rcpt", "450 4.7.1 Rate limit exceeded: too many messages, try again later"),
    Rule("mail", "550 5.4.5 Daily sending quota exceeded"),
    Rule("rcpt", "421 4.7.0 Too many messages from your account"),
    Rule("dot", "421 4.7.28 Our system has detected an unusual rate of mail"),
    Rule("rcpt", "454 4.7.1 Relay access denied"),
]


@pytest.mark.parametrize("rule", DOWN, ids=lambda rule: rule.reply or f"{rule.phase} dropped")
def test_a_relay_that_takes_nothing_is_left_alone(
    app: Flask, clock: FixedClock, rule: Rule
) -> None:
    messages = make_messages("haren", "zeist", "utrecht")

    with Server(rule) as relay:
        tally = send(relay.url, clock)
        tried = relay.sessions
        again = send(relay.url, clock)

    assert untouched(*messages)
    assert tried == relay.sessions == 1
    assert relay.taken == []
    assert len(tally.stopped) == 1
    assert tally.stopped[0].startswith(f"De mailserver 127.0.0.1:{relay.port} ")
    assert again.stopped == tally.stopped


def test_a_relay_that_is_not_there_marks_nobody(app: Flask, clock: FixedClock) -> None:
    messages = make_messages("haren", "zeist")

    with Server() as relay:
        url = relay.url
    tally = send(url, clock)

    assert untouched(*messages)
    assert "is niet bereikbaar" in tally.stopped[0]


def test_the_breaker_waits_longer_each_time_and_closes_with_the_first_success(
    app: Flask, clock: FixedClock
) -> None:
    make_messages("zeist")

    with Server(Rule("connect", drop=True, times=6)) as relay:
        waits = []
        for _ in range(6):
            before = system_now()
            send(relay.url, clock, probe=True)
            row = db.session.scalars(select(Relay)).one()
            assert row.open_until is not None
            waits.append(round((row.open_until - before).total_seconds()))
            row.open_until = before  # the pause is over
        assert waits == [30, 60, 120, 300, 900, 900]
        assert [one.key for one in breaker.down()] == ["default"]
        send(relay.url, clock)

    assert relay.recipients == [ZEIST]
    row = db.session.scalars(select(Relay)).one()
    assert (row.failures, row.open_until, row.down_since, row.fault) == (0, None, None, "")
    assert breaker.down() == []


def test_who_asks_by_hand_tries_a_relay_that_is_left_alone(app: Flask, clock: FixedClock) -> None:
    make_messages("zeist")

    with Server(Rule("connect", drop=True, times=1)) as relay:
        send(relay.url, clock)
        assert send(relay.url, clock).tried == 0
        send(relay.url, clock, probe=True)

    assert relay.recipients == [ZEIST]


def test_ten_sessions_without_an_answer_open_the_breaker(app: Flask, clock: FixedClock) -> None:
    make_messages(*[f"g{n}" for n in range(14)])

    with Server(Rule("rcpt", drop=True)) as relay:
        tally = send(relay.url, clock)

    assert list(states().values()) == [State.DEFERRED] * 10 + [State.QUEUED] * 4
    assert "verbreekt steeds de verbinding" in tally.stopped[0]


OURS = [
    Rule("mail", "550 5.7.60 Client does not have permissions to send as this sender"),
    Rule("mail", "553 5.1.8 Sender address rejected"),
    Rule("mail", "530 5.7.0 Authentication required"),
    Rule("rcpt", "554 5.7.1 <x@y>: Relay access denied"),
    Rule("rcpt", "553 5.7.1 Sender address rejected: not owned by user post"),
    Rule("dot", "554 5.2.252 SendAsDenied; not allowed to send as"),
]


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: f"{rule.phase} {rule.reply[:20]}")
def test_a_refused_sender_is_our_fault_and_nobody_elses(
    app: Flask, clock: FixedClock, rule: Rule
) -> None:
    messages = make_messages("haren", "zeist", "utrecht")
    faults = Faults()

    with Server(rule) as relay:
        tally = send(relay.url, clock, given=orders(on_our_fault=faults))

    assert untouched(*messages)
    [(message_id, fault)] = faults.told
    assert message_id == messages[0].id
    assert fault == tally.stopped[0]
    assert f"weigert {FROM} als afzender" in fault


def test_a_refused_sender_does_not_hold_up_another(app: Flask, clock: FixedClock) -> None:
    refused = make_messages("haren", "zeist")
    taken = make_messages("utrecht", sender_id=make_sender(email="goed@coalitie.example").id)[2:]

    # Both write as the same address in these tests; the relay tells them apart by recipient.
    rule = Rule("rcpt", "554 5.7.1 Relay access denied")
    with Server(Rule(**{**rule.__dict__, "to": address("haren")})) as relay:
        send(relay.url, clock)

    assert untouched(*refused)
    assert [m.state for m in taken] == [State.ACCEPTED]
    assert relay.recipients == [address("utrecht")]


@pytest.mark.parametrize(("extensions", "offered"), [("SIZE", 3), ("SIZE PIPELINING", 4)])
def test_three_letters_refused_for_their_content_are_our_fault(
    app: Flask, clock: FixedClock, step_id: int, extensions: str, offered: int
) -> None:
    messages = make_messages(*[f"g{n}" for n in range(9)], step_id=step_id)
    faults = Faults()

    with Server(Rule("dot", "554 5.7.1 Looks like spam"), extensions=extensions) as relay:
        tally = send(relay.url, clock, given=orders(on_our_fault=faults))

    assert untouched(*messages)
    assert relay.bodies_begun == offered  # one was announced with the third's dot; it gets none
    assert tally.ended == {State.REFUSED: 0}
    assert "weigerde drie brieven achter elkaar (om de inhoud)" in faults.told[0][1]


def test_two_refused_letters_and_one_accepted_are_chance(
    app: Flask, clock: FixedClock, step_id: int
) -> None:
    make_messages(*[f"g{n}" for n in range(6)], step_id=step_id)
    faults = Faults()
    spam = "554 5.7.1 Looks like spam"
    refused = [Rule("dot", spam, to=address(f"g{n}")) for n in (0, 1, 3, 4)]

    with Server(*refused) as relay:
        send(relay.url, clock, given=orders(on_our_fault=faults))

    assert list(states().values()).count(State.REFUSED) == 4
    assert len(relay.taken) == 2
    assert faults.told == []


def test_without_a_relay_nothing_is_touched(app: Flask, clock: FixedClock) -> None:
    messages = make_messages("zeist")

    tally = send("", clock)

    assert untouched(*messages)
    assert tally.stopped[0].startswith("Er is geen mailserver ingesteld: geef OUTREACH_SMTP_URL")


def test_without_a_relay_and_without_mail_there_is_nothing_to_complain_of(
    app: Flask, clock: FixedClock
) -> None:
    assert send("", clock).stopped == []


def test_a_sender_whose_relay_is_gone_does_not_hold_up_the_others(
    app: Flask, clock: FixedClock, tmp_path: Path
) -> None:
    make_messages("haren", sender_id=make_sender(own_relay=True).id)
    make_messages("zeist")

    with Server() as relay:
        tally = send(relay.url, clock, instance=tmp_path)

    assert relay.recipients == [ZEIST]
    assert "geef hem opnieuw op" in tally.stopped[0]


@pytest.mark.parametrize("rule", [Rule("quit", drop=True), Rule("quit", "500 What?")])
def test_a_failing_goodbye_changes_nothing(app: Flask, clock: FixedClock, rule: Rule) -> None:
    make_messages("zeist")

    with Server(rule) as relay:
        tally = send(relay.url, clock)

    assert (tally.ended, tally.stopped) == ({State.ACCEPTED: 1}, [])


@pytest.mark.parametrize(
    ("certificate", "sessions"), [(TLS / "right.pem", 2), (None, 1)], ids=["far", "own machine"]
)
def test_a_connection_elsewhere_carries_a_hundred_messages(
    app: Flask, clock: FixedClock, certificate: Path | None, sessions: int
) -> None:
    make_messages(*[f"g{n}" for n in range(101)])

    with Server(certificate=certificate) as relay:
        send(relay.url, clock)

    assert len(relay.taken) == 101
    assert relay.sessions == sessions


@pytest.mark.parametrize(("extensions", "between"), [("SIZE", []), ("SIZE PIPELINING", ["DATA"])])
def test_rset_is_said_only_after_a_refusal(
    app: Flask, clock: FixedClock, extensions: str, between: list[str]
) -> None:
    make_messages("haren", "zeist", "utrecht")

    with Server(Rule("rcpt", "550 5.1.1 No such user", to=ZEIST), extensions=extensions) as relay:
        send(relay.url, clock)

    commands = [said.split()[0] for _, said in relay.said]
    refused = [said for _, said in relay.said].index(f"RCPT TO:<{ZEIST}>")
    assert commands.count("RSET") == 1
    assert commands[refused + 1 : commands.index("RSET")] == between


def test_a_notice_does_not_wait_behind_letters(app: Flask, clock: FixedClock) -> None:
    make_messages(*[f"g{n}" for n in range(30)])
    make_messages("zeist", kind=Kind.NOTICE)

    with Server() as relay:
        send(relay.url, clock)

    assert relay.recipients[0] == ZEIST
