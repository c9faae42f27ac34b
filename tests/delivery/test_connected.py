"""Mail that leaves through a connected account: STARTTLS, XOAUTH2, and tokens that end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from outreach.accounts.audit import CLI
from outreach.accounts.models import Sender
from outreach.clock import FixedClock, system_now
from outreach.db import db
from outreach.delivery import oauth
from outreach.delivery.models import State
from outreach.delivery.orders import Orders, Tally
from outreach.delivery.providers import Tokens
from tests.conftest import NOON
from tests.delivery.relay import Relay, Rule
from tests.delivery.sends import Faults, make_messages, send, states
from tests.delivery.trivial import orders
from tests.factories import make_sender
from tests.oauth_server import TokenServer

USER = "post@coalitie.example"


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


@pytest.fixture
def relay(server: TokenServer) -> Iterator[Relay]:
    with Relay(accepts=server.accepts) as relay:
        yield relay


@pytest.fixture
def faults() -> Faults:
    return Faults()


class Connected:
    """A sender that is connected, and the sending of its mail."""

    def __init__(self, instance: Path, clock: FixedClock, server: TokenServer, relay: Relay):
        self.instance, self.clock, self.server = instance, clock, server
        self.provider = server.provider("microsoft", smtp=relay.url)
        self.sender: Sender = make_sender()
        self.connect()

    def connect(self) -> None:
        tokens = Tokens.read(self.server.give(), at=system_now())
        oauth.keep(self.instance, self.sender, self.provider, tokens, user=USER, by=CLI, now=NOON)
        db.session.commit()

    def letters(self, *names: str) -> None:
        make_messages(*names, sender_id=self.sender.id)

    def send(self, given: Orders | None = None, *, probe: bool = True) -> Tally:
        return send(
            "",
            self.clock,
            given=given,
            instance=self.instance,
            providers={"microsoft": self.provider},
            limits=False,
            probe=probe,
        )


@pytest.fixture
def account(
    app: Flask, clock: FixedClock, tmp_path: Path, server: TokenServer, relay: Relay
) -> Connected:
    return Connected(tmp_path, clock, server, relay)


def test_letters_leave_with_a_token(account: Connected, relay: Relay, server: TokenServer) -> None:
    account.letters("zeist", "assen")

    tally = account.send()

    assert tally.stopped == []
    assert sorted(relay.recipients) == ["griffie@assen.example", "griffie@zeist.example"]
    assert server.renewals == 0


def test_a_token_that_is_not_taken_is_renewed_and_shown_once_more(
    account: Connected, relay: Relay, server: TokenServer
) -> None:
    account.letters("zeist")
    server.access.clear()

    tally = account.send()

    assert tally.stopped == []
    assert relay.recipients == ["griffie@zeist.example"]
    assert (server.renewals, relay.sessions) == (1, 2)


@pytest.mark.parametrize(
    "said",
    [
        "421 4.7.66 Access token has expired",
        "535 5.7.3 Authentication unsuccessful",
        "530 5.7.57 Client not authenticated to send mail",
    ],
)
def test_a_token_that_ends_between_two_letters_marks_nobody(
    account: Connected, relay: Relay, server: TokenServer, faults: Faults, said: str
) -> None:
    relay.expired, server.uses = said, 4  # one at AUTH, then three letters
    server.access.clear()
    account.letters("zeist", "assen", "hoorn", "goes", "sluis")

    tally = account.send(orders(on_our_fault=faults))

    assert (tally.stopped, faults.told) == ([], [])
    assert set(states().values()) == {State.ACCEPTED}
    assert len(relay.recipients) == len(set(relay.recipients)) == 5
    assert server.renewals == 2


def test_a_new_token_that_is_refused_too_is_our_fault(
    account: Connected, relay: Relay, server: TokenServer, faults: Faults
) -> None:
    account.letters("zeist")
    server.uses = 0

    tally = account.send(orders(on_our_fault=faults))

    assert f"laat ons niet in de postbus {USER}: verbind opnieuw" in tally.stopped[0]
    assert [fault for _id, fault in faults.told] == tally.stopped
    assert states() == {"zeist": State.QUEUED}
    assert (server.renewals, relay.sessions) == (1, 2)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "SmtpClientAuthentication is disabled for the Mailbox.",
            f"(Set-CASMailbox -Identity {USER} -SmtpClientAuthenticationDisabled $false)",
        ),
        ("SmtpClientAuthentication is disabled for the Tenant.", "voor de hele organisatie"),
        ("user is locked by your organization's security defaults policy", "security defaults"),
    ],
)
def test_a_mailbox_that_may_not_send_by_smtp_says_what_the_administrator_must_do(
    account: Connected, relay: Relay, server: TokenServer, said: str, told: str
) -> None:
    relay.rules = [Rule("auth", f"535 5.7.139 Authentication unsuccessful, {said}")]
    account.letters("zeist")

    [stopped] = account.send().stopped

    assert told in stopped
    assert "beheerder van uw Microsoft 365" in stopped
    assert said in stopped
    assert (server.renewals, relay.sessions) == (0, 1)
    assert states() == {"zeist": State.QUEUED}


def test_a_connection_that_was_ended_pauses_and_marks_nobody(
    account: Connected, relay: Relay, server: TokenServer, faults: Faults
) -> None:
    account.letters("zeist", "assen")
    server.revoke()

    tally = account.send(orders(on_our_fault=faults))

    assert len(tally.stopped) == 1
    assert tally.stopped[0].startswith(
        f"De verbinding van {USER} met Microsoft 365 is verlopen: verbind opnieuw"
    )
    assert [fault for _id, fault in faults.told] == tally.stopped
    assert set(states().values()) == {State.QUEUED}
    assert relay.taken == []


def test_who_connects_anew_need_not_wait_for_the_breaker(
    account: Connected, relay: Relay, server: TokenServer
) -> None:
    account.letters("zeist")
    server.revoke()
    account.send()
    assert account.send(probe=False).tried == 0

    account.connect()

    assert account.send(probe=False).stopped == []
    assert relay.recipients == ["griffie@zeist.example"]


def test_a_token_server_that_is_away_is_the_relays_trouble(
    account: Connected, relay: Relay, server: TokenServer, faults: Faults
) -> None:
    account.letters("zeist")
    server.access.clear()
    server.errors = [(503, "")]

    tally = account.send(orders(on_our_fault=faults))

    assert "Microsoft 365 geeft nu geen toegangstokens af" in tally.stopped[0]
    assert faults.told == []
    assert states() == {"zeist": State.QUEUED}

    assert account.send().stopped == []  # as soon as it is back
    assert relay.recipients == ["griffie@zeist.example"]


def test_a_server_without_xoauth2_gets_no_token(
    account: Connected, relay: Relay, server: TokenServer
) -> None:
    account.letters("zeist")
    relay.offers = "LOGIN PLAIN"

    tally = account.send()

    assert "does not offer XOAUTH2" in tally.stopped[0]
    assert not any(line.startswith("AUTH") for _session, line in relay.said)


def test_nothing_is_said_to_a_server_without_starttls(
    account: Connected, relay: Relay, server: TokenServer
) -> None:
    account.letters("zeist")
    relay.accepts = None

    tally = account.send()

    assert "biedt geen versleuteling (STARTTLS) aan" in tally.stopped[0]
    assert [line.split()[0] for _session, line in relay.said] == ["ehlo"]
