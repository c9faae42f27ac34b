"""Every setting, read once from the environment. docs/settings.md names them all.

`OUTREACH_<NAME>` gives a value, `OUTREACH_<NAME>_FILE` names a file that holds it (for
secrets; Docker and systemd do it so). A wrong value stops the start with one sentence.
"""

import contextlib
import os
import secrets
import tempfile
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "OUTREACH_"
SMTP_SCHEMES = ("smtp", "smtp+starttls", "smtps")
IMAP_SCHEMES = ("imap", "imap+starttls", "imaps")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class WrongSetting(SystemExit):
    """A setting that cannot be used; says its name, its fault and an example."""


class Env(StrEnum):
    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class Switch(StrEnum):
    ON = "on"
    OFF = "off"


class Settings(BaseSettings):
    """What one instance runs with. Attributes are the names of docs/settings.md in lower case."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True, frozen=True
    )

    instance: Path = Field(Path("instance"), examples=["/var/lib/outreach"])
    database_url: str = Field(
        "",
        examples=["sqlite:////var/lib/outreach/outreach.db", "postgresql+psycopg://u@h/outreach"],
    )
    base_url: str = Field("http://127.0.0.1:8000", examples=["https://brieven.example.nl"])
    smtp_url: str = Field("", examples=["smtp+starttls://gebruiker:geheim@mail.example.nl:587"])
    smtp_host: str = Field("", examples=["mail.example.nl"])
    smtp_port: int = Field(587, ge=1, le=65535, examples=["587"])
    smtp_user: str = Field("", examples=["post@example.nl"])
    smtp_password: str = Field("", examples=["OUTREACH_SMTP_PASSWORD_FILE=/run/secrets/smtp"])
    imap_url: str = Field("", examples=["imaps://gebruiker:geheim@mail.example.nl:993"])
    imap_host: str = Field("", examples=["mail.example.nl"])
    imap_port: int = Field(993, ge=1, le=65535, examples=["993"])
    imap_user: str = Field("", examples=["post@example.nl"])
    imap_password: str = Field("", examples=["OUTREACH_IMAP_PASSWORD_FILE=/run/secrets/imap"])
    microsoft_client_id: str = Field("", examples=["11111111-2222-3333-4444-555555555555"])
    microsoft_tenant: str = Field(
        "organizations", pattern="^[A-Za-z0-9.-]+$", examples=["wijkraad.onmicrosoft.com"]
    )
    microsoft_client_secret: str = Field(
        "", examples=["OUTREACH_MICROSOFT_CLIENT_SECRET_FILE=/run/secrets/microsoft"]
    )
    microsoft_secret_expires: date | None = Field(None, examples=["2027-11-30"])
    google_client_id: str = Field("", examples=["1234567890-abc.apps.googleusercontent.com"])
    google_client_secret: str = Field(
        "", examples=["OUTREACH_GOOGLE_CLIENT_SECRET_FILE=/run/secrets/google"]
    )
    oauth_url: str = Field("", examples=["http://127.0.0.1:9000"])
    oauth_smtp_url: str = Field("", examples=["smtp+starttls://localhost:2587"])
    oauth_imap_url: str = Field("", examples=["imaps://localhost:2993"])
    trusted_proxies: int = Field(0, ge=0, le=5, examples=["1"])
    trusted_hosts: str = Field("", examples=["brieven.example.nl,127.0.0.1"])
    secret_key: str = Field(
        "", examples=["32 tekens of meer, bijvoorbeeld van: openssl rand -hex 32"]
    )
    env: Env = Field(Env.PRODUCTION, examples=["production"])
    language: str = Field("nl", pattern="^(nl|en)$", examples=["nl"])
    rate_limits: Switch = Field(Switch.ON, examples=["on"])
    clock: str = Field("", examples=["2026-03-20T09:00:00+01:00"])
    relay_log: Path | None = Field(None, examples=["/var/log/mail.log"])
    alert_url: str = Field("", examples=["https://meldingen.example.nl/haak/3f9c"])
    openbesluitvorming_url: str = Field("", examples=["https://openbesluitvorming.nl"])
    dkim_domain: str = Field("", pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$", examples=["example.nl"])
    dkim_selector: str = Field("", pattern=r"^([a-z0-9-]+)?$", examples=["outreach"])
    dkim_key: str = Field("", examples=["OUTREACH_DKIM_KEY_FILE=/run/secrets/dkim.pem"])
    dns_server: str = Field("", pattern=r"^(.+:[0-9]{1,5})?$", examples=["127.0.0.1:53"])
    connections: int = Field(2, ge=1, le=20, examples=["2"])
    threads: int = Field(8, ge=1, le=64, examples=["8"])

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _FromFiles(settings_cls), env_settings

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise WrongSetting(_explain(error)) from None

    @field_validator("base_url")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is not an http or https address")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must be the address of the site alone, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        return value

    @field_validator("smtp_url", "oauth_smtp_url")
    @classmethod
    def _safe_relay(cls, value: str) -> str:
        return check_smtp_url(value) if value else value

    @field_validator("imap_url", "oauth_imap_url")
    @classmethod
    def _known_mailbox(cls, value: str) -> str:
        return check_imap_url(value) if value else value

    @field_validator("oauth_url", "oauth_smtp_url", "oauth_imap_url")
    @classmethod
    def _stands_in(cls, value: str) -> str:
        if value and urlsplit(value).hostname not in LOOPBACK:
            raise ValueError("is only for a server on this machine that stands in for the real one")
        return value.rstrip("/")

    @field_validator("microsoft_secret_expires", mode="before")
    @classmethod
    def _no_date(cls, value: Any) -> Any:
        return value or None

    @field_validator("relay_log", mode="before")
    @classmethod
    def _no_log(cls, value: Any) -> Any:
        return value or None

    @field_validator("openbesluitvorming_url")
    @classmethod
    def _site_alone(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.path.strip("/") or parts.query or parts.fragment or parts.username):
            raise ValueError("must be the address of the site alone, without a path")
        return cls._safe_address(value).rstrip("/")

    @field_validator("alert_url")
    @classmethod
    def _safe_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not parts.hostname:
            raise ValueError("names no host")
        if value and parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("must begin with https://; http:// is only for this machine")
        if value and parts.scheme not in ("http", "https"):
            raise ValueError("must begin with https://")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value.encode()) < 32:
            raise ValueError("is shorter than 32 bytes")
        return value

    @field_validator("clock")
    @classmethod
    def _aware_moment(cls, value: str) -> str:
        if value and datetime.fromisoformat(value).tzinfo is None:
            raise ValueError("needs an offset, such as +01:00")
        return value

    @field_validator("dkim_key")
    @classmethod
    def _private_key(cls, value: str) -> str:
        if value and "PRIVATE KEY-----" not in value:
            raise ValueError("is not a private key in PEM")
        return value

    @model_validator(mode="after")
    def _dkim_whole(self) -> Self:
        given = {"DOMAIN": self.dkim_domain, "SELECTOR": self.dkim_selector, "KEY": self.dkim_key}
        missing = [name for name, value in given.items() if not value]
        if missing and len(missing) < len(given):
            raise ValueError(
                f"DKIM_{missing[0]}: is missing; DKIM needs a domain, selector and key"
            )
        return self

    @model_validator(mode="after")
    def _test_only(self) -> Self:
        if self.clock and self.env is not Env.TEST:
            raise ValueError("CLOCK: works only with ENV=test")
        return self

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{self.instance.resolve() / 'outreach.db'}"

    @property
    def relay_url(self) -> str:
        """The default relay as one URL, also when given in pieces; empty when there is none."""
        if self.smtp_url or not self.smtp_host:
            return self.smtp_url
        scheme = {465: "smtps", 25: "smtp"}.get(self.smtp_port, "smtp+starttls")
        if scheme == "smtp" and self.smtp_host not in LOOPBACK:
            scheme = "smtp+starttls"
        user = f"{quote(self.smtp_user, safe='')}:{quote(self.smtp_password, safe='')}@"
        return f"{scheme}://{user if self.smtp_user else ''}{self.smtp_host}:{self.smtp_port}"

    @property
    def mailbox_url(self) -> str:
        """The default mailbox as one URL, also when given in pieces; empty when there is none."""
        if self.imap_url or not self.imap_host:
            return self.imap_url
        scheme = "imaps" if self.imap_port == 993 else "imap+starttls"
        user = f"{quote(self.imap_user, safe='')}:{quote(self.imap_password, safe='')}@"
        return f"{scheme}://{user if self.imap_user else ''}{self.imap_host}:{self.imap_port}"

    @property
    def hosts(self) -> list[str]:
        """Host headers to answer to: those of TRUSTED_HOSTS, or BASE_URL's own."""
        named = [host.strip() for host in self.trusted_hosts.split(",") if host.strip()]
        own = str(urlsplit(self.base_url).hostname)
        return named or (["localhost", "127.0.0.1", "[::1]"] if own in LOOPBACK else [own])

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def keys(self) -> tuple[str, ...]:
        """Signing keys, newest first: SECRET_KEY, else one generated into INSTANCE (0600)."""
        if self.secret_key:
            return (self.secret_key,)
        return tuple(_generated(self.instance / "secret_key").split())

    @property
    def clock_shift(self) -> timedelta:
        """How far `CLOCK` stands from the system's clock when it is read."""
        moment = datetime.fromisoformat(self.clock) if self.clock else datetime.now(UTC)
        return moment - datetime.now(UTC)


class _FromFiles(PydanticBaseSettingsSource):
    """OUTREACH_<NAME>_FILE: the value is what the file holds."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {}
        for name in self.settings_cls.model_fields:
            variable = f"{PREFIX}{name.upper()}_FILE"
            if path := os.environ.get(variable):
                try:
                    found[name] = Path(path).read_text(encoding="utf-8").strip()
                except (OSError, UnicodeDecodeError) as error:
                    raise WrongSetting(
                        f"{variable}: cannot read {path} ({type(error).__name__})."
                        f" Example: {variable}=/run/secrets/{name}"
                    ) from None
        return found


def check_smtp_url(url: str) -> str:
    """Return a relay's URL as it is, when it can be used safely.

    :raises ValueError: an unknown scheme, no host, or plain text beyond this machine
    """
    parts = urlsplit(url)
    if parts.scheme not in SMTP_SCHEMES:
        raise ValueError(f"must begin with one of {', '.join(s + '://' for s in SMTP_SCHEMES)}")
    if not parts.hostname:
        raise ValueError("names no host")
    if parts.port is None and parts.netloc.endswith(":"):
        raise ValueError("has a colon without a port")
    if parts.scheme == "smtp" and parts.hostname not in LOOPBACK:
        raise ValueError("plain smtp:// is only for this machine; use smtp+starttls:// or smtps://")
    if parts.scheme == "smtp" and parts.password:
        raise ValueError(
            "a password never goes over plain smtp://; use smtp+starttls:// or smtps://"
        )
    return url


def check_imap_url(url: str) -> str:
    """Return a mailbox's URL as it is, when it can be used safely.

    :raises ValueError: an unknown scheme, no host, or plain text beyond this machine
    """
    parts = urlsplit(url)
    if parts.scheme not in IMAP_SCHEMES:
        raise ValueError(f"must begin with one of {', '.join(s + '://' for s in IMAP_SCHEMES)}")
    if not parts.hostname:
        raise ValueError("names no host")
    if parts.scheme == "imap" and parts.hostname not in LOOPBACK:
        raise ValueError("plain imap:// is only for this machine; use imaps:// or imap+starttls://")
    return url


def _generated(path: Path) -> str:
    """The secret in a file of ours, made on first use. Two processes at once agree on one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as fresh:
            fresh.write(secrets.token_hex(32))  # mkstemp made it 0600
            fresh.flush()
            with contextlib.suppress(FileExistsError):  # the other process was first
                os.link(fresh.name, path)
    return path.read_text(encoding="ascii").strip()


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    fault = str(first["msg"]).removeprefix("Value error, ")
    if not first["loc"]:
        name, _, fault = fault.partition(": ")
        return f"{PREFIX}{name}: {fault}."
    name = str(first["loc"][0])
    example = (Settings.model_fields[name].examples or [""])[0]
    sentence = f"{PREFIX}{name.upper()}: {fault}."
    return f"{sentence} Example: {PREFIX}{name.upper()}={example}"
