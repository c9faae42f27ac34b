"""Which mail server takes a sender's mail: the instance's own, or one of the sender's.

A sender's own relay is a URL in INSTANCE/senders/<id>.smtp, readable by us alone: it holds
a password, and passwords are not in the database.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from outreach.accounts.models import Sender
from outreach.delivery import oauth, secretfiles
from outreach.delivery.breaker import sender_key as sender_key
from outreach.delivery.oauth import Account
from outreach.delivery.providers import Providers
from outreach.errors import Invalid, Refused

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DEFAULT = "default"


class NoRelay(Refused):
    """There is no mail server that would take this sender's mail."""


@dataclass(frozen=True)
class RelaySettings:
    """How to reach a relay, and as whom."""

    key: str  #: names its breaker: "default", "sender:3"
    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    cafile: str = ""  #: trust these authorities instead of the system's
    account: Account | None = None  #: gives a token instead of a password

    @property
    def encrypted(self) -> bool:
        return self.scheme != "smtp"

    @property
    def on_this_machine(self) -> bool:
        """Plain text goes nowhere else (see `parse`)."""
        return not self.encrypted

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse(url: str, *, key: str = DEFAULT) -> RelaySettings:
    """Read a relay's URL, e.g. `smtp+starttls://post%40x.nl:secret@mail.x.nl:587?cafile=/…`.

    :raises Invalid: unusable, or it would send a password or a letter in plain text
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid(f"De SMTP-URL klopt niet: {error}.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        known = ", ".join(f"{scheme}://" for scheme in PORTS)
        raise Invalid(f"De SMTP-URL klopt niet: begin met {known} en noem een server.")
    if parts.scheme == "smtp" and (parts.hostname not in LOOPBACK or parts.username):
        raise Invalid(
            "Onversleuteld (smtp://) kan alleen naar deze machine zelf en zonder wachtwoord:"
            " gebruik smtp+starttls:// of smtps://."
        )
    return RelaySettings(
        key=key,
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        cafile=parse_qs(parts.query).get("cafile", [""])[0],
    )


def keep(instance: Path, sender: Sender, url: str) -> None:
    """Give a sender a relay of its own; the file is 0600 before the password is in it.

    :raises Invalid: the URL cannot be used
    """
    parse(url.strip())
    secretfiles.write(_file(instance, sender.id), url.strip() + "\n")
    sender.own_relay = True


def for_sender(
    sender: Sender, *, instance: Path, default_url: str, providers: Providers | None = None
) -> RelaySettings:
    """The relay that takes this sender's mail: that of the account it is connected with, else
    its own, else the default.

    :param providers: whose accounts can be connected

    :raises NoRelay: it has none of its own and no default is set, or its file is gone
    :raises NoAccess: it is connected with a provider that is not among them
    """
    if account := oauth.account_of(instance, sender, providers or {}):
        relay = parse(account.provider.smtp, key=sender_key(sender.id))
        return replace(relay, user=account.user, account=account)
    if not sender.own_relay:
        if not default_url:
            raise NoRelay(
                "Er is geen mailserver ingesteld: geef OUTREACH_SMTP_URL, bijvoorbeeld"
                " smtp+starttls://gebruiker:wachtwoord@mail.example.nl:587."
            )
        return parse(default_url)
    try:
        url = _file(instance, sender.id).read_text(encoding="utf-8").strip()
    except OSError:
        raise NoRelay(
            f"De mailserver van {sender.name} staat niet meer in senders/{sender.id}.smtp:"
            " geef hem opnieuw op."
        ) from None
    return parse(url, key=sender_key(sender.id))


def _file(instance: Path, sender_id: int) -> Path:
    return instance / "senders" / f"{sender_id}.smtp"
