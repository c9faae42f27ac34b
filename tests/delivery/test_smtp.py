"""The conversation itself: bytes, time-outs, encryption, signing in; also with a foreign server."""

import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flask import Flask

from outreach.clock import FixedClock
from outreach.delivery import connecting, mime, relays
from outreach.delivery.connecting import Timeouts
from outreach.delivery.models import State
from outreach.delivery.orders import Outgoing
from outreach.delivery.smtp import Mark, Session, Turn
from outreach.delivery.verdicts import Outcome, Phase, Verdict
from tests.delivery.relay import AUTHORITY, TLS, Relay, Rule
from tests.delivery.sends import QUICK, Faults, make_messages, send, states
from tests.delivery.trivial import orders

MAIL = b"Subject: Oproep\r\n\r\nGeachte griffier,\r\n"
#: Long enough for the suite around it: a mark ages from the moment it is made.
FRESH = Mark(timedelta(days=1))
USER, PASSWORD = "post@coalitie.example", "geheim/met:tekens@"


def talk(
    url: str, message: bytes = MAIL, timeouts: Timeouts = QUICK, mark: Mark = FRESH
) -> Verdict:
    """One message in one session, as far as it comes."""
    opened = connecting.opened(relays.parse(url), timeouts)
    if isinstance(opened, Verdict):
        return opened
    session = Session(opened, timeouts, most=1)
    outgoing = Outgoing((mime.as_data(message),), "post@coalitie.example", "griffie@zeist.example")
    turn = Turn("zeist", outgoing, mark if session.grouped else None)
    session.begin(turn)
    while turn.verdict is None:
        if session.asks:
            session.go_on(turn, mark)
        session.proceed()
        wait_for(session)
    session.quit()
    while not session.closed:
        wait_for(session)
    return turn.verdict


def test_a_letter_announced_behind_one_that_breaks_off_is_not_to_blame() -> None:
    with Relay(Rule("dot", keep=True)) as relay:
        opened = connecting.opened(relays.parse(relay.url), QUICK)
        assert not isinstance(opened, Verdict)
        session = Session(opened, QUICK, most=2)
        first, second = (
            Turn(name, Outgoing((MAIL,), "post@coalitie.example", f"{name}@zeist.example"), FRESH)
            for name in ("eerste", "tweede")
        )
        session.begin(first)
        while not session.ready:
            session.proceed()
            wait_for(session)
        session.begin(second)
        session.proceed()
        while not session.closed:
            wait_for(session)

    assert first.verdict is not None
    assert second.verdict is not None
    assert [first.verdict.outcome, second.verdict.outcome] == [Outcome.UNCERTAIN, Outcome.UNSENT]
    assert relay.recipients == ["eerste@zeist.example"]


def wait_for(session: Session) -> None:
    """Until its socket has news, or patience is over."""
    if not session.closed:
        writes = [session.socket] if session.wants_to_write else []
        readable, writable, _ = select.select([session.socket], writes, [], 0.01)
        if writable:
            session.write()
        if readable:
            session.read()
        session.expire(time.monotonic())


BODIES = [
    b".",
    b"..",
    b".\r\n",
    b"a\r\n.\r\nb\r\n",
    b"a\n.\nb\n",
    b"a\r.\rb\r",
    b"a\n.\r\nRCPT TO:<x@y.example>\r\n",  # "SMTP smuggling": a bare LF before the dot
    b"\r\n.\r\n.\r\n",
    b"zonder regeleinde",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("certificate", [None, TLS / "right.pem"], ids=["plain", "tls"])
def test_a_body_arrives_as_it_left_whatever_its_dots(body: bytes, certificate: Path | None) -> None:
    message = b"Subject: Oproep\r\n\r\n" + body

    with Relay(certificate=certificate) as relay:
        assert talk(relay.url, message).outcome is Outcome.ACCEPTED

    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n")
    assert [one.raw for one in relay.taken] == [lines.replace(b"\n", b"\r\n") + b"\r\n"]
    assert len([said for _, said in relay.said if said.startswith("RCPT")]) == 1


def test_stuffing_doubles_only_dots_that_begin_a_line() -> None:
    assert mime.as_data(b".a\r\nb.\r\n..c") == b"..a\r\nb.\r\n...c\r\n"


EARLY = [
    Rule("body", "552 5.3.4 Too big"),
    Rule("body", "421 4.3.2 Closing"),
    Rule("body", "250 Ok, whatever"),
    Rule("body", drop=True),
]


@pytest.mark.parametrize("rule", EARLY, ids=lambda rule: rule.reply or "dropped")
@pytest.mark.parametrize("certificate", [None, TLS / "right.pem"], ids=["plain", "tls"])
def test_a_relay_that_speaks_before_the_dot_gets_none(rule: Rule, certificate: Path | None) -> None:
    large = MAIL + (b"woord " * 12 + b"\r\n") * 150_000

    with Relay(rule, certificate=certificate) as relay:
        verdict = talk(relay.url, large)

    assert verdict.phase in (Phase.DATA, Phase.BODY)
    assert verdict.outcome in (Outcome.DEFERRED, Outcome.REFUSED, Outcome.SESSION)
    assert relay.taken == []


@pytest.mark.parametrize("certificate", [None, TLS / "right.pem"], ids=["plain", "tls"])
def test_an_answer_given_before_the_dot_is_not_taken_for_the_answer_to_it(
    certificate: Path | None,
) -> None:
    # Both answers come at once: the second waits in a buffer, where only a look shows it.
    with Relay(
        Rule("data", "354 Go on\r\n250 Ok before anything was sent"), certificate=certificate
    ) as relay:
        verdict = talk(relay.url)

    assert (verdict.outcome, verdict.phase) == (Outcome.DEFERRED, Phase.BODY)
    assert relay.taken == []


@pytest.mark.parametrize("reply", ["2", "25x Ok", "354 What?", "hallo"])
def test_an_answer_to_the_dot_that_is_none_leaves_doubt(reply: str) -> None:
    with Relay(Rule("dot", reply)) as relay:
        assert talk(relay.url).outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize("reply", ["250", "250 2.0.0 O", "250-One\r\n250 Tw", "550 5.7"])
def test_an_answer_that_was_cut_off_leaves_doubt(reply: str) -> None:
    with Relay(Rule("dot", reply, cut=True)) as relay:
        assert talk(relay.url).outcome is Outcome.UNCERTAIN


def test_silence_after_the_dot_is_doubt_and_before_it_is_not() -> None:
    slow = Timeouts(connect=1, greeting=0.3, command=0.3, data=0.3, body=0.3, dot=0.3, goodbye=0.3)
    seen = {}

    for phase in ("connect", "ehlo", "mail", "rcpt", "data", "dot"):
        with Relay(Rule(phase, delay=1.5)) as relay:
            seen[phase] = talk(relay.url, timeouts=slow).outcome

    assert seen == {
        "connect": Outcome.RELAY,
        "ehlo": Outcome.RELAY,
        "mail": Outcome.SESSION,
        "rcpt": Outcome.DEFERRED,
        "data": Outcome.DEFERRED,
        "dot": Outcome.UNCERTAIN,
    }


@pytest.mark.parametrize("extensions", ["SIZE", "SIZE PIPELINING"])
def test_a_mark_that_is_old_writes_no_message(extensions: str) -> None:
    old = Mark(timedelta(seconds=60), at=FRESH.at - 31)

    with Relay(extensions=extensions) as relay:
        verdict = talk(relay.url, mark=old)

    assert verdict.outcome is Outcome.UNSENT
    commands = [said.split()[0].upper() for _, said in relay.said]
    alone = ["EHLO", "MAIL", "RCPT", "RSET", "QUIT"]
    grouped = ["EHLO", "MAIL", "RCPT", "DATA"]  # after 354 only hanging up says no
    assert commands == (grouped if "PIPELINING" in extensions else alone)
    assert relay.taken == []


def test_one_recipient_a_transaction_and_its_size_announced() -> None:
    with Relay() as relay:
        talk(relay.url)
    with Relay(extensions="") as old:
        talk(old.url)

    commands = [said for _, said in relay.said]
    assert commands[1] == f"MAIL FROM:<post@coalitie.example> SIZE={len(MAIL)}"
    assert [said for _, said in old.said][1] == "MAIL FROM:<post@coalitie.example>"


class Server(Controller):
    """aiosmtpd, which is not ours: encrypts and asks for a password as told."""

    def __init__(self, certificate: str, *, implicit: bool = False, **options: Any) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(TLS / certificate)
        tls = {"ssl_context": context} if implicit else {"tls_context": context}
        self.kept: list[bytes] = []
        self.implicit = implicit
        super().__init__(self, hostname="127.0.0.1", port=0, **tls, **options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.kept.append(envelope.content)
        return "250 2.6.0 <0102@relay.example> Queued mail for delivery"

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        with socket.create_connection(("127.0.0.1", self.port), 5) as plain:
            if self.implicit:
                client = ssl.create_default_context(cafile=AUTHORITY)
                client.check_hostname = False
                with client.wrap_socket(plain) as encrypted:
                    encrypted.recv(100)
            else:
                plain.recv(100)

    @property
    def url(self) -> str:
        scheme = "smtps" if self.implicit else "smtp+starttls"
        who = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
        return f"{scheme}://{who}@localhost:{self.port}?cafile={AUTHORITY}"


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def check(_server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:
    right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def test_a_foreign_server_takes_a_letter_over_starttls_with_a_password(
    app: Flask, clock: FixedClock
) -> None:
    [message] = make_messages("zeist")

    with running(
        Server("right.pem", require_starttls=True, authenticator=check, auth_required=True)
    ) as server:
        send(server.url, clock)

    assert states() == {"zeist": State.ACCEPTED}
    assert len(server.kept) == 1
    assert message.relay_message_id == "<0102@relay.example>"
    assert message.reply.startswith("250 2.6.0")


def test_a_foreign_server_takes_a_letter_over_implicit_tls() -> None:
    with running(
        Server("right.pem", implicit=True, auth_require_tls=False, authenticator=check)
    ) as server:
        assert talk(server.url).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_that_is_not_right_gets_no_letter_and_no_password(
    app: Flask, clock: FixedClock, implicit: bool, trusted: bool
) -> None:
    make_messages("zeist")
    server = Server("wrong_name.pem" if trusted else "right.pem", implicit=implicit)

    with running(server):
        url = server.url if trusted else server.url.partition("?")[0]
        tally = send(url, clock)

    assert states() == {"zeist": State.QUEUED}
    assert "toont een certificaat dat niet klopt" in tally.stopped[0]
    assert server.kept == []


def test_without_starttls_nothing_goes_over_in_plain_text(app: Flask, clock: FixedClock) -> None:
    make_messages("zeist")

    with Relay(extensions="AUTH PLAIN LOGIN") as relay:
        url = f"smtp+starttls://post:geheim@localhost:{relay.port}?cafile={AUTHORITY}"
        tally = send(url, clock)

    assert [said.split()[0].upper() for _, said in relay.said] == ["EHLO"]
    assert "biedt geen versleuteling (STARTTLS) aan" in tally.stopped[0]
    assert states() == {"zeist": State.QUEUED}


def test_a_wrong_password_is_our_fault(app: Flask, clock: FixedClock) -> None:
    make_messages("zeist", "haren")
    faults = Faults()

    def nobody(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    server = Server("right.pem", require_starttls=True, authenticator=nobody, auth_required=True)
    with running(server):
        tally = send(server.url, clock, given=orders(on_our_fault=faults))

    assert states() == {"zeist": State.QUEUED, "haren": State.QUEUED}
    assert "weigert onze aanmelding" in tally.stopped[0]
    assert [fault for _, fault in faults.told] == tally.stopped
    assert PASSWORD not in tally.stopped[0]


def test_a_relay_that_wants_no_password_gets_none(app: Flask, clock: FixedClock) -> None:
    make_messages("zeist")
    faults = Faults()

    with running(Server("right.pem")) as server:  # offers no AUTH at all
        tally = send(server.url, clock, given=orders(on_our_fault=faults))

    assert "weigert onze aanmelding" in tally.stopped[0]
    assert len(faults.told) == 1
