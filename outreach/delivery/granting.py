"""Asking for access to a mailbox, in one of two ways that need no password of it.

By a code that its owner types in at the provider (RFC 8628), while we ask whether it was
done; or by an address to open, from which the provider sends the browser back to us with a
code for us (RFC 6749 4.1, with PKCE: RFC 7636). Google's device code may not ask for mail.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from outreach.accounts.people import check_email
from outreach.clock import system_now
from outreach.delivery import oauth, secretfiles, tokenserver
from outreach.delivery.oauth import ProviderSilent
from outreach.delivery.providers import Provider, Tokens
from outreach.delivery.tokenserver import NotAnswered, NotGranted
from outreach.errors import Invalid, Refused

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
INTERVAL = 5.0  #: seconds between two questions, where the server names none; and added by it
LASTS = timedelta(minutes=15)
DENIED = ("access_denied", "authorization_declined")
OVER = ("expired_token", "bad_verification_code", "code_expired")


class NotAllowed(Refused):
    """The owner of the mailbox said no, or let the code run out."""


@dataclass(frozen=True)
class Attempt:
    """Access that was asked for and not given yet."""

    provider: str
    user: str  #: the mailbox it is for
    address: str  #: to be opened in a browser
    ends_at: datetime
    user_code: str = ""  #: to be typed in there; "" when the browser comes back to us
    device_code: str = field(default="", repr=False)
    interval: float = INTERVAL
    asked_at: datetime | None = None  #: when we last asked whether it was done
    state: str = ""  #: comes back with the browser
    verifier: str = field(default="", repr=False)
    redirect: str = ""

    def wait(self, at: datetime) -> float:
        """Seconds before we may ask again."""
        if self.asked_at is None:
            return 0.0
        return max(0.0, self.interval - (at - self.asked_at).total_seconds())


def redirect_address(base_url: str) -> str:
    """Where a browser comes back to: registered at the provider, to the letter."""
    return f"{base_url}/kantoor/instellingen/verbonden"


def begin(provider: Provider, user: str, *, redirect: str) -> Attempt:
    """Ask for access.

    :param redirect: the address of ours that a browser may be sent back to

    :raises Invalid: that is no address of a mailbox
    :raises NoAccess: our app is not known there
    :raises ProviderSilent: the provider does not answer
    """
    user = check_email(user)
    if provider.device_url:
        return _by_code(provider, user)
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect,
        "scope": provider.scope,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "login_hint": user,
        **provider.asked_too,
    }
    return Attempt(
        provider.name,
        user,
        f"{provider.authorize_url}?{urlencode(asked)}",
        system_now() + LASTS,
        state=state,
        verifier=verifier,
        redirect=redirect,
    )


def ask(provider: Provider, attempt: Attempt) -> Tokens | Attempt:
    """Ask once whether the code was typed in; the attempt as it now stands when it was not.

    :raises NotAllowed: it never will be
    :raises NoAccess: the provider refuses us
    :raises ProviderSilent: the provider does not answer
    """
    now = system_now()
    if now > attempt.ends_at:
        raise _over(provider)
    form = {"grant_type": DEVICE, "device_code": attempt.device_code, **provider.identity}
    try:
        return Tokens.read(tokenserver.ask(provider.exchange_url, form), at=now)
    except NotAnswered as error:
        raise oauth.silent(provider, error) from error
    except NotGranted as error:
        if error.code == "authorization_pending":
            return replace(attempt, asked_at=now)
        if error.code == "slow_down":
            return replace(attempt, asked_at=now, interval=attempt.interval + INTERVAL)
        raise _refused(provider, attempt.user, error) from error


def wait(provider: Provider, attempt: Attempt, *, pause: Callable[[float], object]) -> Tokens:
    """Ask until it was done, as often as the provider wants to be asked.

    :raises NotAllowed: it never will be
    :raises NoAccess: the provider refuses us
    """
    while True:
        pause(attempt.interval)
        try:
            answer = ask(provider, attempt)
        except ProviderSilent:
            answer = replace(attempt, interval=(attempt.interval or INTERVAL) * 2)
        if isinstance(answer, Tokens):
            return answer
        attempt = answer


def redeem(provider: Provider, attempt: Attempt, answer: Mapping[str, str]) -> Tokens:
    """Take the access that the browser came back with.

    :param answer: what stood in the address: `code` and `state`, or `error`

    :raises NotAllowed: the owner said no, it took too long, or this is no answer to this question
    :raises NoAccess: the provider refuses us
    :raises ProviderSilent: the provider does not answer
    """
    if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
        raise NotAllowed("Dit antwoord hoort niet bij deze verbinding: begin opnieuw.")
    if said := answer.get("error"):
        raise _refused(provider, attempt.user, NotGranted(said[:60], ""))
    now = system_now()
    if now > attempt.ends_at:
        raise _over(provider)
    form = {
        "grant_type": "authorization_code",
        "code": answer.get("code", ""),
        "redirect_uri": attempt.redirect,
        "code_verifier": attempt.verifier,
        **provider.identity,
    }
    try:
        return Tokens.read(tokenserver.ask(provider.exchange_url, form), at=now)
    except NotAnswered as error:
        raise oauth.silent(provider, error) from error
    except NotGranted as error:
        if error.code == "invalid_grant":
            raise _over(provider) from error
        raise _refused(provider, attempt.user, error) from error


def read_answer(attempt: Attempt, pasted: str) -> dict[str, str]:
    """What someone pasted: the whole address where the browser ended, or the code alone.

    :raises Invalid: it is neither
    """
    text = pasted.strip()
    if "://" in text:
        return {name: values[0] for name, values in parse_qs(urlsplit(text).query).items()}
    if not text or len(text.split()) > 1:
        raise Invalid("Plak het hele adres waar de browser eindigde, of alleen de code daaruit.")
    return {"code": text, "state": attempt.state}


def remember(instance: Path, sender_id: int, attempt: Attempt) -> None:
    """Keep an attempt on our side until the browser comes back; a new one takes its place."""
    secretfiles.write_record(_file(instance, sender_id), attempt)


def remembered(instance: Path, sender_id: int) -> Attempt:
    """The attempt that was begun.

    :raises NotAllowed: there is none, or it is over
    """
    try:
        attempt = secretfiles.read_record(_file(instance, sender_id), Attempt)
    except ValueError:
        attempt = None
    if attempt is None or system_now() > attempt.ends_at:
        raise NotAllowed("Er is geen verbinding begonnen, of het duurde te lang: begin opnieuw.")
    return attempt


def forget(instance: Path, sender_id: int) -> None:
    """The attempt is done with."""
    _file(instance, sender_id).unlink(missing_ok=True)


def _by_code(provider: Provider, user: str) -> Attempt:
    form = {"scope": provider.scope, **provider.identity}
    try:
        said = tokenserver.ask(provider.device_url, form)
        return _attempt(provider, user, said)
    except NotAnswered as error:
        raise oauth.silent(provider, error) from error
    except NotGranted as error:
        raise _refused(provider, user, error) from error


def _attempt(provider: Provider, user: str, said: Mapping[str, Any]) -> Attempt:
    try:
        return Attempt(
            provider.name,
            user,
            # The second name is Google's, from before the standard.
            tokenserver.check(str(said.get("verification_uri") or said["verification_url"])),
            system_now() + timedelta(seconds=float(said["expires_in"])),
            user_code=str(said["user_code"]),
            device_code=str(said["device_code"]),
            interval=float(said.get("interval", INTERVAL)),
        )
    except (KeyError, TypeError, ValueError):
        raise NotAnswered("geen code in het antwoord") from None


def _refused(provider: Provider, user: str, error: NotGranted) -> Refused:
    if error.code in DENIED:
        return NotAllowed(f"Bij {provider.title} is geen toestemming gegeven voor {user}.")
    if error.code in OVER:
        return _over(provider)
    return oauth.refusal(provider, user, error)


def _over(provider: Provider) -> NotAllowed:
    return NotAllowed(f"De code van {provider.title} is verlopen: begin opnieuw.")


def _file(instance: Path, sender_id: int) -> Path:
    return instance / "senders" / f"{sender_id}.connecting"
