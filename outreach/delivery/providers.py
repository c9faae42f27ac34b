"""The providers whose mail accounts can be connected, and what their token servers give."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

from outreach.delivery.tokenserver import NotAnswered

RENEW_BEFORE = timedelta(minutes=5)  #: the end of an access token, or a tenth of its life


@dataclass(frozen=True)
class Provider:
    """Where an account of one provider is asked for, and where its mail goes."""

    name: str  #: as the command takes it
    title: str  #: as people know it
    client_id: str
    client_secret: str = field(repr=False)  #: "" for an app that has none
    device_url: str  #: "" where the device code may not ask for mail
    authorize_url: str
    exchange_url: str
    scope: str
    smtp: str  #: a URL, without user and password
    imap: str
    preset: str  #: of `limits.PRESETS`
    secret_expires: date | None = None

    @property
    def asked_too(self) -> dict[str, str]:
        """What its page of consent wants beside the standard, to give access that lasts."""
        lasting = {"access_type": "offline", "prompt": "consent"}
        return lasting if self.name == "google" else {}

    @property
    def identity(self) -> dict[str, str]:
        """How our app names itself in a form."""
        secret = {"client_secret": self.client_secret} if self.client_secret else {}
        return {"client_id": self.client_id, **secret}


Providers = Mapping[str, Provider]


@dataclass(frozen=True)
class Tokens:
    """What a token server gave."""

    access: str = field(repr=False)
    ends_at: datetime
    renew_at: datetime
    refresh: str = field(default="", repr=False)  #: "": the one we had stays good
    valid_until: datetime | None = None  #: of the refresh token, where the server says so

    @classmethod
    def read(cls, said: Mapping[str, Any], *, at: datetime) -> Self:
        """Take over an answer.

        :raises NotAnswered: it holds no access token
        """
        if not isinstance(said.get("access_token"), str) or not said["access_token"]:
            raise NotAnswered("geen token in het antwoord")
        lasts = _seconds(said.get("expires_in"))
        if lasts is None:  # RFC 6749 leaves it out where it is known otherwise
            lasts = timedelta(hours=1)
        whole = _seconds(said.get("refresh_token_expires_in"))
        return cls(
            said["access_token"],
            at + lasts,
            at + lasts - min(RENEW_BEFORE, lasts / 10),
            str(said.get("refresh_token") or ""),
            at + whole if whole else None,
        )


def microsoft(
    client_id: str,
    client_secret: str = "",
    *,
    tenant: str = "organizations",
    secret_expires: date | None = None,
) -> Provider:
    """Microsoft 365, for the mailboxes of one tenant or of all."""
    base = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
    return Provider(
        name="microsoft",
        title="Microsoft 365",
        client_id=client_id,
        client_secret=client_secret,
        device_url=f"{base}/devicecode",
        authorize_url=f"{base}/authorize",
        exchange_url=f"{base}/token",
        scope=(
            "https://outlook.office.com/SMTP.Send"
            " https://outlook.office.com/IMAP.AccessAsUser.All offline_access"
        ),
        smtp="smtp+starttls://smtp.office365.com:587",
        imap="imaps://outlook.office365.com:993",
        preset="microsoft365",
        secret_expires=secret_expires if client_secret else None,
    )


def google(client_id: str, client_secret: str = "") -> Provider:
    """Google, whose device code may not ask for mail (`invalid_scope`)."""
    return Provider(
        name="google",
        title="Google",
        client_id=client_id,
        client_secret=client_secret,
        device_url="",
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        exchange_url="https://oauth2.googleapis.com/token",
        scope="https://mail.google.com/",
        smtp="smtp+starttls://smtp.gmail.com:587",
        imap="imaps://imap.gmail.com:993",
        preset="google",
    )


def moved(provider: Provider, base: str, smtp: str, imap: str) -> Provider:
    """The same provider with servers on this machine in its place, where they are given."""
    if base:
        provider = replace(
            provider,
            device_url=provider.device_url and f"{base}/devicecode",
            authorize_url=f"{base}/authorize",
            exchange_url=f"{base}/token",
        )
    return replace(provider, smtp=smtp or provider.smtp, imap=imap or provider.imap)


def _seconds(said: Any) -> timedelta | None:
    try:
        return timedelta(seconds=float(said))
    except (TypeError, ValueError, OverflowError):
        return None
