"""Which mail server takes a sender's mail: the instance's own, or one of the sender's.

A sender's own relay is a URL in INSTANCE/senders/<id>.smtp, readable by us alone: it holds
a password, and passwords are not in the database.
"""

from dataclasses import replace
from pathlib import Path

from outreach.accounts.models import Sender
from outreach.delivery import hosts, oauth, secretfiles
from outreach.delivery.breaker import sender_key as sender_key
from outreach.delivery.hosts import DEFAULT, LOOPBACK, MailHost
from outreach.delivery.providers import Providers
from outreach.errors import Invalid, Refused

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class NoRelay(Refused):
    """There is no mail server that would take this sender's mail."""


class RelaySettings(MailHost):
    """How to reach a relay, and as whom."""

    @property
    def on_this_machine(self) -> bool:
        """Plain text goes nowhere else (see `parse`)."""
        return not self.encrypted


def parse(url: str, *, key: str = DEFAULT) -> RelaySettings:
    """Read a relay's URL, e.g. `smtp+starttls://post%40x.nl:secret@mail.x.nl:587?cafile=/…`.

    :raises Invalid: unusable, or it would send a password or a letter in plain text
    """
    relay = RelaySettings(**hosts.read(url, what="SMTP", ports=PORTS, key=key))
    if not relay.encrypted and (relay.host not in LOOPBACK or relay.user):
        raise Invalid(
            "Onversleuteld (smtp://) kan alleen naar deze machine zelf en zonder wachtwoord:"
            " gebruik smtp+starttls:// of smtps://."
        )
    return relay


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
