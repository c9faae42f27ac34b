"""Asking for access: by a code to type in elsewhere, or by an address that comes back to us."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from outreach.clock import system_now
from outreach.delivery import granting
from outreach.delivery.granting import Attempt, NotAllowed
from outreach.delivery.oauth import NoAccess, ProviderSilent
from outreach.delivery.providers import Tokens
from outreach.errors import Invalid
from tests.oauth_server import TokenServer

USER = "post@wijkraad.example"
REDIRECT = "http://127.0.0.1:8000/kantoor/instellingen/verbonden"


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


def begin(server: TokenServer, name: str = "microsoft") -> Attempt:
    return granting.begin(server.provider(name), USER, redirect=REDIRECT)


def answer(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_microsoft_is_asked_for_a_code_and_only_for_mail(server: TokenServer) -> None:
    attempt = begin(server)

    assert (attempt.user_code, attempt.user) == ("KLM-42", USER)
    assert attempt.address == "https://login.voorbeeld.example/apparaat"
    [asked] = server.asked
    assert asked["path"] == "/devicecode"
    assert asked["scope"].split() == [
        "https://outlook.office.com/SMTP.Send",
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "offline_access",
    ]


def test_access_comes_once_the_code_was_typed_in(server: TokenServer) -> None:
    attempt = begin(server)

    waiting = granting.ask(server.provider(), attempt)
    assert isinstance(waiting, Attempt)
    server.approve()
    tokens = granting.ask(server.provider(), waiting)

    assert isinstance(tokens, Tokens)
    assert server.accepts(tokens.access)
    assert tokens.refresh in server.refresh


def test_it_is_asked_as_often_as_the_server_wants(server: TokenServer) -> None:
    server.interval = 3
    attempt = begin(server)
    server.errors = [(400, "authorization_pending"), (400, "slow_down"), (503, "")]
    server.approve()
    pauses: list[float] = []

    granting.wait(server.provider(), attempt, pause=pauses.append)

    assert pauses == [3, 3, 8, 16]  # twice as long after silence (RFC 8628, 3.5)


def test_between_two_questions_there_is_an_interval(server: TokenServer) -> None:
    now = system_now()
    attempt = replace(begin(server), interval=5.0, asked_at=now)

    assert begin(server).wait(now) == 0
    assert attempt.wait(now + timedelta(seconds=2)) == 3
    assert attempt.wait(now + timedelta(seconds=9)) == 0


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("access_denied", "geen toestemming gegeven voor post@wijkraad.example"),
        ("authorization_declined", "geen toestemming gegeven"),
        ("expired_token", "De code van Microsoft 365 is verlopen: begin opnieuw"),
    ],
)
def test_a_no_is_one_sentence(server: TokenServer, error: str, told: str) -> None:
    attempt = begin(server)
    server.errors = [(400, error)]

    with pytest.raises(NotAllowed, match=told):
        granting.ask(server.provider(), attempt)


def test_a_code_that_ran_out_is_not_asked_about(server: TokenServer) -> None:
    attempt = replace(begin(server), ends_at=system_now() - timedelta(seconds=1))

    with pytest.raises(NotAllowed, match="is verlopen"):
        granting.ask(server.provider(), attempt)

    assert len(server.asked) == 1


def test_an_app_that_is_not_known_is_told_at_once(server: TokenServer) -> None:
    server.errors = [(401, "invalid_client")]

    with pytest.raises(NoAccess, match="OUTREACH_MICROSOFT_CLIENT_ID"):
        begin(server)


def test_a_provider_that_is_away_is_told_at_once(server: TokenServer) -> None:
    server.errors = [(500, "")]

    with pytest.raises(ProviderSilent):
        begin(server)


def test_what_is_no_mailbox_is_not_asked_for(server: TokenServer) -> None:
    with pytest.raises(Invalid):
        granting.begin(server.provider(), "post\x01auth=Bearer x", redirect=REDIRECT)

    assert server.asked == []


def test_google_is_asked_with_an_address_that_comes_back(server: TokenServer) -> None:
    attempt = begin(server, "google")

    asked = answer(attempt.address)
    assert (attempt.user_code, server.asked) == ("", [])
    assert asked["redirect_uri"] == REDIRECT
    assert asked["scope"] == "https://mail.google.com/"
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert asked["login_hint"] == USER
    assert attempt.verifier not in attempt.address
    assert attempt.verifier not in repr(attempt)


def test_what_came_back_gives_access_once(server: TokenServer) -> None:
    provider, attempt = server.provider("google"), begin(server, "google")
    back = answer(server.consent(attempt.address))

    tokens = granting.redeem(provider, attempt, back)

    assert server.accepts(tokens.access)
    with pytest.raises(NotAllowed, match="verlopen: begin opnieuw"):
        granting.redeem(provider, attempt, back)


def test_a_code_without_our_verifier_is_worth_nothing(server: TokenServer) -> None:
    attempt = begin(server, "google")
    back = answer(server.consent(attempt.address))
    other = replace(begin(server, "google"), state=attempt.state)

    with pytest.raises(NotAllowed):
        granting.redeem(server.provider("google"), other, back)

    assert server.access == {}


def test_an_answer_to_another_question_is_refused(server: TokenServer) -> None:
    attempt = begin(server, "google")
    back = answer(server.consent(begin(server, "google").address))

    with pytest.raises(NotAllowed, match="hoort niet bij deze verbinding"):
        granting.redeem(server.provider("google"), attempt, back)

    assert server.asked == []


def test_consent_that_was_refused_is_told(server: TokenServer) -> None:
    attempt = begin(server, "google")
    back = {"state": attempt.state, "error": "access_denied"}

    with pytest.raises(NotAllowed, match="Bij Google is geen toestemming gegeven"):
        granting.redeem(server.provider("google"), attempt, back)


def test_the_whole_address_may_be_pasted_or_the_code_alone(server: TokenServer) -> None:
    attempt = begin(server, "google")
    address = f"{REDIRECT}?state=x&code=4%2Fabc"

    assert granting.read_answer(attempt, f" {address}\n") == {"state": "x", "code": "4/abc"}
    assert granting.read_answer(attempt, "4/abc ") == {"state": attempt.state, "code": "4/abc"}
    with pytest.raises(Invalid, match="Plak het hele adres"):
        granting.read_answer(attempt, "ik weet het niet")


def test_an_attempt_is_remembered_for_us_alone(server: TokenServer, tmp_path: Path) -> None:
    attempt = begin(server, "google")

    granting.remember(tmp_path, 7, attempt)

    assert granting.remembered(tmp_path, 7) == attempt
    assert stat.S_IMODE((tmp_path / "senders" / "7.connecting").stat().st_mode) == 0o600
    granting.forget(tmp_path, 7)
    granting.forget(tmp_path, 7)
    with pytest.raises(NotAllowed, match="begin opnieuw"):
        granting.remembered(tmp_path, 7)


def test_an_attempt_that_took_too_long_is_over(server: TokenServer, tmp_path: Path) -> None:
    old = replace(begin(server), ends_at=system_now() - timedelta(seconds=1))
    granting.remember(tmp_path, 7, old)

    with pytest.raises(NotAllowed):
        granting.remembered(tmp_path, 7)
