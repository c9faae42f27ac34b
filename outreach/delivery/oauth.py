"""Mail accounts that are connected by OAuth2 instead of a password: Microsoft 365 and Google.

What a provider granted is a file, INSTANCE/senders/<id>.oauth, that only we can read. It
holds the refresh token and the access token with its end, so that all processes share one
renewal. Who renews holds a file lock, and a refresh token that the server replaced is on
disk before the access token that came with it is used.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.limits import PRESETS, Limits, preset_of
from outreach.accounts.models import Sender
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import breaker, secretfiles, tokenserver
from outreach.delivery.providers import Provider, Providers, Tokens
from outreach.delivery.tokenserver import NotAnswered, NotGranted
from outreach.errors import Refused

LOCK_SECONDS = 60.0
#: What ends a connection for good: only a person can make it anew.
LAPSED = ("invalid_grant", "interaction_required", "consent_required", "login_required")
#: What is wrong with our registration at the provider, not with the connection.
OUR_APP = ("invalid_client", "unauthorized_client")


class NoAccess(Refused):
    """The provider gives no access (any more): a person must connect anew, or mend settings."""


class ProviderSilent(Refused):
    """The provider's token server does not answer now."""


@dataclass(frozen=True)
class Grant:
    """A connection as it is kept."""

    provider: str
    user: str  #: the mailbox it is for
    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    ends_at: datetime
    renew_at: datetime
    connected_at: datetime
    valid_until: datetime | None = None
    lapsed_at: datetime | None = None  #: the provider ended it

    def gives(self, refused: str) -> bool:
        """Whether its access token is worth trying, and not yet to be renewed."""
        return bool(self.access_token) and self.access_token != refused


@dataclass(frozen=True)
class Account:
    """One connected mailbox: gives the access token that opens it."""

    path: Path
    provider: Provider
    user: str

    def token(self, *, refused: str = "") -> str:
        """An access token that has not ended.

        :param refused: one that a mail server did not take; it is renewed, unless someone
            else did so already

        :raises NoAccess: the connection is over, or our app is not known there
        :raises ProviderSilent: it must be renewed, and the token server does not answer
        """
        grant = self._grant()
        if grant.gives(refused) and system_now() < grant.renew_at:
            return grant.access_token
        with _locked(self.path):
            grant = self._grant()
            if grant.gives(refused) and system_now() < grant.renew_at:
                return grant.access_token
            return self._renewed(grant, refused)

    def _grant(self) -> Grant:
        if grant := _read(self.path):
            return grant
        raise NoAccess(f"{self.user} is niet meer verbonden met {self.provider.title}.")

    def _renewed(self, grant: Grant, refused: str) -> str:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh_token,
            **self.provider.identity,
        }
        try:
            said = tokenserver.ask(self.provider.exchange_url, form)
            tokens = Tokens.read(said, at=system_now())
        except NotAnswered as error:
            if grant.gives(refused) and system_now() < grant.ends_at:
                return grant.access_token  # it lasts some minutes more
            raise silent(self.provider, error) from error
        except NotGranted as error:
            if error.code in LAPSED and grant.lapsed_at is None:
                over = replace(grant, access_token="", lapsed_at=system_now())
                secretfiles.write_record(self.path, over)
            raise refusal(self.provider, self.user, error) from error
        fresh = replace(
            grant,
            access_token=tokens.access,
            refresh_token=tokens.refresh or grant.refresh_token,
            ends_at=tokens.ends_at,
            renew_at=tokens.renew_at,
            valid_until=tokens.valid_until or grant.valid_until,
            lapsed_at=None,
        )
        secretfiles.write_record(self.path, fresh)
        return tokens.access


def connected(instance: Path, sender: Sender) -> Grant | None:
    """The connection of a sender, also one that is over; None when it has none."""
    return _read(_file(instance, sender.id))


def any_connected(instance: Path) -> bool:
    """Whether any sender is."""
    return any((instance / "senders").glob("*.oauth"))


@dataclass(frozen=True)
class Look:
    """What a screen shows of a sender's connection."""

    kept: bool  #: there is a file
    grant: Grant | None
    fault: str = ""  #: why the file says nothing


def look(instance: Path, sender: Sender) -> Look:
    """The connection of a sender as it is, also where its file cannot be read."""
    try:
        grant = connected(instance, sender)
    except NoAccess as error:
        return Look(kept=True, grant=None, fault=str(error))
    return Look(kept=grant is not None, grant=grant)


def account_of(instance: Path, sender: Sender, providers: Providers) -> Account | None:
    """How a connected sender's mail is sent and read; None when it is not connected.

    :raises NoAccess: it is, but our app at that provider is not in the settings
    """
    grant = connected(instance, sender)
    if grant is None:
        return None
    if provider := providers.get(grant.provider):
        return Account(_file(instance, sender.id), provider, grant.user)
    raise NoAccess(
        f"{sender.name} is verbonden met {grant.provider}, maar de app die dat mag ontbreekt in"
        f" de instellingen: geef OUTREACH_{grant.provider.upper()}_CLIENT_ID."
    )


def keep(
    instance: Path,
    sender: Sender,
    provider: Provider,
    tokens: Tokens,
    *,
    user: str,
    by: Actor,
    now: datetime,
) -> None:
    """Connect a sender; it keeps to the provider's limits, unless it has numbers of its own.

    A relay that was left alone, since the connection was over, is tried at once.

    :raises NoAccess: the provider gave nothing that lasts
    """
    if not tokens.refresh:
        raise NoAccess(
            f"{provider.title} gaf geen blijvende toegang tot {user}: trek de toegang van deze app"
            " bij uw account in en verbind opnieuw."
        )
    path = _file(instance, sender.id)
    grant = Grant(
        provider.name,
        user,
        tokens.refresh,
        tokens.access,
        tokens.ends_at,
        tokens.renew_at,
        now,
        tokens.valid_until,
    )
    with _locked(path):
        secretfiles.write_record(path, grant)
    if preset_of(Limits.of(sender)) is not None:
        PRESETS[provider.preset].set_on(sender)
    breaker.mend(db.session.connection(), breaker.sender_key(sender.id))
    about = f"sender:{sender.id}"
    audit.record("connect mail", about, by=by, now=now, sender_id=sender.id, provider=provider.name)


def disconnect(instance: Path, sender: Sender, *, by: Actor, now: datetime) -> None:
    """Forget a connection; the sender has the relay and mailbox it had without.

    :raises Refused: there is none
    """
    path = _file(instance, sender.id)
    if not path.exists():
        raise Refused(f"{sender.name} is niet verbonden.")
    with _locked(path):  # a renewal under way would write it anew
        path.unlink(missing_ok=True)
    audit.record("disconnect mail", f"sender:{sender.id}", by=by, now=now, sender_id=sender.id)


def xoauth2(user: str, token: str) -> bytes:
    """What is said to sign in with a token, for SMTP and IMAP alike."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()


def refusal(provider: Provider, user: str, error: NotGranted) -> NoAccess:
    """What it means that a token server says no."""
    if error.code in LAPSED:
        what = f"De verbinding van {user} met {provider.title} is verlopen: verbind opnieuw"
    elif error.code in OUR_APP:
        names = f"OUTREACH_{provider.name.upper()}_CLIENT_ID en het geheim daarbij"
        what = f"{provider.title} herkent onze app niet: controleer {names}"
    else:
        what = f"{provider.title} geeft geen toegang tot {user}"
    return NoAccess(f"{what} ({error}).")


def silent(provider: Provider, error: NotAnswered) -> ProviderSilent:
    return ProviderSilent(f"{provider.title} geeft nu geen toegangstokens af ({error}).")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One at a time, over threads and processes. A lock goes with who holds it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    deadline = time.monotonic() + LOCK_SECONDS
    with path.with_name(f"{path.name}.lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ProviderSilent(
                        "Een ander proces vernieuwt het token al te lang."
                    ) from None
                time.sleep(0.05)
        yield


def _read(path: Path) -> Grant | None:
    try:
        return secretfiles.read_record(path, Grant)
    except ValueError:
        raise NoAccess(f"senders/{path.name} is niet te lezen: verbind opnieuw.") from None


def _file(instance: Path, sender_id: int) -> Path:
    return instance / "senders" / f"{sender_id}.oauth"
