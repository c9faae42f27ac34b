"""A mail host, be it for sending or for reading: its URL, and what that says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from outreach.delivery.oauth import Account
from outreach.errors import Invalid

LOOPBACK = ("localhost", "127.0.0.1", "::1")
DEFAULT = "default"
PLAIN = ("smtp", "imap")


@dataclass(frozen=True)
class MailHost:
    """How to reach a mail host, and as whom."""

    key: str  #: "default" or "sender:3"; names the breaker of a relay
    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    cafile: str = ""  #: trust these authorities instead of the system's
    account: Account | None = None  #: gives a token instead of a password

    @property
    def encrypted(self) -> bool:
        return self.scheme not in PLAIN

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read(url: str, *, what: str, ports: Mapping[str, int], key: str) -> dict[str, Any]:
    """The fields of the `MailHost` that a URL names, e.g. `imaps://post%40x.nl:secret@mail.x.nl`.

    :param what: "SMTP" or "IMAP", for the sentence
    :param ports: what each scheme that is known usually has
    :raises Invalid: it cannot be used
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid(f"De {what}-URL klopt niet: {error}.") from None
    if parts.scheme not in ports or not parts.hostname:
        known = ", ".join(f"{scheme}://" for scheme in ports)
        raise Invalid(f"De {what}-URL klopt niet: begin met {known} en noem een server.")
    return {
        "key": key,
        "scheme": parts.scheme,
        "host": parts.hostname,
        "port": port or ports[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "cafile": parse_qs(parts.query).get("cafile", [""])[0],
    }
