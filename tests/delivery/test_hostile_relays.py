"""Relays that keep to no rules: they hold nobody up, mark nobody, and leave nothing behind."""

import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery import relays, routes, sending, writing
from outreach.delivery.connecting import Timeouts
from outreach.delivery.models import Message, State
from outreach.delivery.orders import Outgoing
from tests.conftest import NOON
from tests.delivery import trivial
from tests.delivery.relay import AUTHORITY, TLS, Relay, Rule
from tests.delivery.sends import address, make_messages, one, send, states
from tests.factories import make_sender

TLS_SERVER = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
TLS_SERVER.load_cert_chain(TLS / "right.pem")


@contextmanager
def hostile(
    talk: Callable[[socket.socket], None], url: str = "smtp://127.0.0.1:{port}"
) -> Iterator[str]:
    """A server whose every connection is handled by `talk`; gives its URL."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=handle, args=server.accept()[:1], daemon=True).start()

    def handle(client: socket.socket) -> None:
        with client, suppress(OSError):
            talk(client)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield url.format(port=server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def greet(client: socket.socket, *extensions: str) -> None:
    client.sendall(b"220 relay.example ESMTP\r\n")
    client.recv(1000)
    lines = ["250-relay.example", *(f"250-{one}" for one in extensions), "250 SIZE"]
    client.sendall("\r\n".join(lines).encode() + b"\r\n")


def test_waiting_for_a_goodbye_costs_no_time_of_the_processor(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "RECHECK", 0.05)
    make_messages("zeist")
    began = time.process_time()

    with Relay(Rule("quit", delay=1.0)) as relay:
        send(relay.url, clock, until_empty=False, timeouts=Timeouts(goodbye=0.8))

    assert states() == {"zeist": State.ACCEPTED}
    assert time.process_time() - began < 0.4


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        (Rule("dot", "250 2.0.0 Ok\0 queued \x1b[2J"), State.ACCEPTED),
        (Rule("rcpt", "550 5.1.1 No\0 such user"), State.REFUSED),
    ],
    ids=["dot", "rcpt"],
)
def test_an_answer_is_kept_without_what_no_database_or_terminal_should_get(
    app: Flask, clock: FixedClock, rule: Rule, state: State
) -> None:
    message = make_messages("zeist")[0]

    with Relay(rule) as relay:
        send(relay.url, clock)

    assert message.state is state
    assert message.reply == rule.reply.replace("\0", "").replace("\x1b", "")


def test_a_relay_that_speaks_nonsense_at_sign_in_is_left_alone(
    app: Flask, clock: FixedClock
) -> None:
    message = make_messages("zeist")[0]

    def talk(client: socket.socket) -> None:
        with TLS_SERVER.wrap_socket(client, server_side=True) as encrypted:
            greet(encrypted, "AUTH CRAM-MD5 LOGIN")
            encrypted.recv(1000)
            encrypted.sendall(b"334 hello\r\n")  # no base64
            encrypted.recv(1000)

    with hostile(talk, f"smtps://post:geheim@localhost:{{port}}?cafile={AUTHORITY}") as url:
        tally = send(url, clock)

    assert (message.state, message.attempts) == (State.QUEUED, 0)
    assert len(tally.stopped) == 1


def test_a_421_before_the_mark_marks_nobody(app: Flask, clock: FixedClock) -> None:
    message = make_messages("zeist")[0]

    def talk(client: socket.socket) -> None:
        greet(client)
        client.recv(1000)
        client.sendall(b"250 Ok\r\n")
        client.recv(1000)
        client.sendall(b"250 Ok\r\n421 4.3.2 Closing\r\n")

    with hostile(talk) as url:
        send(url, clock)

    assert (message.state, message.attempts) == (State.QUEUED, 0)


def test_an_answer_without_end_ends_the_session(app: Flask, clock: FixedClock) -> None:
    message = make_messages("zeist")[0]
    said: list[int] = []

    def talk(client: socket.socket) -> None:
        greet(client)
        client.recv(1000)
        while len(said) < 200:  # else it would be heard for as long as it speaks
            client.sendall(b"250-\n" * 10_000)
            said.append(1)

    with hostile(talk) as url:
        send(url, clock, until_empty=False)

    assert len(said) < 200
    assert message.state is State.DEFERRED


def test_one_that_hangs_holds_up_nothing_that_falls_due_later(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "RECHECK", 0.05)
    make_messages("zeist", "haren")
    one("haren").not_before = NOON + timedelta(minutes=1)
    relay = Relay(Rule("data", delay=0.7, to=address("zeist")))

    def render(message: Message) -> Outgoing:
        threading.Timer(0.1, lambda: clock.forward(timedelta(minutes=1))).start()
        return trivial.render(message)

    with relay:
        given = trivial.orders(render=render)
        send(relay.url, clock, given=given, connections=2, until_empty=False)

    assert relay.recipients == [address("haren"), address("zeist")]


@pytest.mark.parametrize("extensions", ["SIZE", "SIZE PIPELINING"])
def test_a_pass_that_breaks_off_leaves_nothing_in_hand(
    app: Flask, clock: FixedClock, extensions: str
) -> None:
    make_messages("zeist", *[f"g{n}" for n in range(12)])

    def breaks(_message: Message, _fault: str) -> None:
        raise RuntimeError("the disk is full")

    given = trivial.orders(on_our_fault=breaks)
    refuses = Rule("mail", "550 5.7.60 Send as denied", after=6)
    with Relay(refuses, extensions=extensions) as relay, pytest.raises(RuntimeError):
        send(relay.url, clock, given=given, connections=3)

    found = Counter(states().values())
    assert not found[State.CLAIMED] + found[State.SUBMITTING]
    assert found[State.QUEUED] >= 3  # the rest
    # Whose dot was written when it broke off is in doubt, and no other.
    assert found[State.UNCERTAIN] <= 2
    assert found[State.ACCEPTED] <= len(relay.taken)


def test_a_database_that_is_locked_is_waited_for_also_by_the_breaker(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAUSES", (0.01,))
    make_messages("zeist", "haren")
    locked = [OperationalError("UPDATE relay", None, Exception("database is locked"))]

    def refuse(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE relay") and locked:
            raise locked.pop()

    event.listen(db.engine, "before_cursor_execute", refuse)
    try:
        with Relay() as relay:
            send(relay.url, clock)
    finally:
        event.remove(db.engine, "before_cursor_execute", refuse)

    assert not locked
    assert set(states().values()) == {State.ACCEPTED}


def test_one_that_hangs_holds_up_nothing_that_falls_due_at_another(
    app: Flask, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RECHECK", 0.05)
    elsewhere = make_sender(own_relay=True)
    make_messages("zeist")
    make_messages("haren", "assen", sender_id=elsewhere.id)
    one("assen").not_before = NOON + timedelta(minutes=1)

    with Relay(Rule("dot", delay=1.5)) as slow, Relay() as quick:
        relays.keep(tmp_path, elsewhere, quick.url)
        threading.Timer(0.5, lambda: clock.forward(timedelta(minutes=1))).start()
        send(slow.url, clock, instance=tmp_path, until_empty=False)

    assert quick.recipients == [address("haren"), address("assen")]
    assert set(states().values()) == {State.ACCEPTED}


@pytest.mark.parametrize("extensions", ["SIZE", "SIZE PIPELINING"])
def test_a_relay_that_takes_longer_than_our_lease_is_not_tried_for_ever(
    app: Flask, clock: FixedClock, extensions: str
) -> None:
    make_messages("zeist")
    slow = Rule("rcpt" if "PIPELINING" in extensions else "data", delay=0.25)

    with Relay(slow, extensions=extensions) as relay:
        send(relay.url, clock, lease=timedelta(seconds=0.3))

    assert relay.taken == []
    assert states() == {"zeist": State.DEFERRED}
    assert len([said for _, said in relay.said if said.startswith("MAIL")]) == 2
