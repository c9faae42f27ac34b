"""Which mailbox a sender's replies and bounces come in, and how it is opened.

Like relays: the instance's own, or one of the sender's, whose URL is a file in
INSTANCE/senders/<id>.imap that only we can read. An opened mailbox is one of imap-tools.
"""

import contextlib
import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError

from outreach.accounts.models import Sender
from outreach.delivery import hosts, oauth, secretfiles
from outreach.delivery.hosts import DEFAULT, LOOPBACK, MailHost
from outreach.delivery.oauth import xoauth2
from outreach.delivery.providers import Providers
from outreach.delivery.relays import sender_key
from outreach.errors import Invalid, Refused

PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}
#: What imaplib and imap-tools raise when a server refuses, breaks off or talks nonsense.
TROUBLE = (imaplib.IMAP4.error, ImapToolsError, ConnectionError, TimeoutError, ssl.SSLError)


class MailboxUnusable(Refused):
    """A mailbox cannot be reached, refuses us, or broke off."""


class _Refused(MailboxUnusable):
    """It did not take our password, or our token."""


class MailboxSettings(MailHost):
    """How to reach a mailbox, and as whom."""

    @property
    def row(self) -> str:
        """The key of what is known of it: `Mailbox.key`."""
        return f"{self.user}@{self.host}:{self.port}"


def parse(url: str, *, key: str = DEFAULT) -> MailboxSettings:
    """Read a mailbox's URL, e.g. `imaps://post%40x.nl:secret@mail.x.nl:993?cafile=/…`.

    :raises Invalid: unusable, or it would send a password in plain text
    """
    mailbox = MailboxSettings(**hosts.read(url, what="IMAP", ports=PORTS, key=key))
    if not mailbox.encrypted and mailbox.host not in LOOPBACK:
        raise Invalid(
            "Onversleuteld (imap://) kan alleen naar deze machine zelf:"
            " gebruik imaps:// of imap+starttls://."
        )
    if not (mailbox.user + mailbox.password).isprintable():
        raise Invalid("De IMAP-URL klopt niet: er staat een stuurteken in gebruiker of wachtwoord.")
    return mailbox


def keep(instance: Path, sender: Sender, url: str) -> None:
    """Give a sender a mailbox of its own; the file is 0600 before the password is in it.

    :raises Invalid: the URL cannot be used
    """
    parse(url.strip())
    secretfiles.write(_file(instance, sender.id), url.strip() + "\n")
    sender.own_mailbox = True


def for_sender(
    sender: Sender, *, instance: Path, default_url: str, providers: Providers | None = None
) -> MailboxSettings | None:
    """The mailbox that this sender's replies and bounces come in: that of the account it is
    connected with, else its own, else the default; None when there is none.

    :param providers: whose accounts can be connected

    :raises MailboxUnusable: it has one of its own, whose file is gone
    :raises NoAccess: it is connected with a provider that is not among them
    """
    if account := oauth.account_of(instance, sender, providers or {}):
        mailbox = parse(account.provider.imap, key=sender_key(sender.id))
        return replace(mailbox, user=account.user, account=account)
    if not sender.own_mailbox:
        return parse(default_url) if default_url else None
    try:
        url = _file(instance, sender.id).read_text(encoding="utf-8").strip()
    except OSError:
        raise MailboxUnusable(
            f"De postbus van {sender.name} staat niet meer in senders/{sender.id}.imap:"
            " geef hem opnieuw op."
        ) from None
    return parse(url, key=sender_key(sender.id))


@contextmanager
def opened(settings: MailboxSettings, *, timeout: float = 30) -> Iterator[BaseMailBox]:
    """A mailbox with its INBOX chosen. It is left, whatever happens within.

    :param timeout: seconds that each answer of the server may take

    :raises MailboxUnusable: unreachable, no safe encryption, refused, or broken off later
    :raises NoAccess: its connection is over
    :raises ProviderSilent: its token must be renewed, and the token server does not answer
    """
    box = _signed_in(settings, timeout)
    try:
        yield box
    except TROUBLE as error:
        raise _fault(settings, "brak het gesprek af", error) from error
    finally:
        _leave(box)


def _signed_in(settings: MailboxSettings, timeout: float) -> BaseMailBox:
    """An open mailbox; a token that the server does not take is renewed once."""
    account = settings.account
    if account is None:
        return _entered(settings, timeout, settings.password)
    token = account.token()
    try:
        return _entered(settings, timeout, token)
    except _Refused:
        return _entered(settings, timeout, account.token(refused=token))


def _entered(settings: MailboxSettings, timeout: float, secret: str) -> BaseMailBox:
    try:
        box = _Connected(settings, timeout)
    except (*TROUBLE, OSError) as error:
        raise _not_connected(settings, error) from error
    try:
        _sign_in(box, settings, secret)
        box.folder.set("INBOX")
    except TROUBLE as error:
        _leave(box)
        raise _fault(settings, "brak het gesprek af", error) from error
    except BaseException:
        _leave(box)
        raise
    return box


class _Connected(BaseMailBox):
    """imap-tools' mailbox with a checked certificate and no downgrade."""

    def __init__(self, settings: MailboxSettings, timeout: float) -> None:
        self._settings = settings
        self._patience = timeout
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        where = self._settings
        if not where.encrypted:
            return imaplib.IMAP4(where.host, where.port, self._patience)
        context = ssl.create_default_context(cafile=where.cafile or None)
        if where.scheme == "imaps":
            return imaplib.IMAP4_SSL(
                where.host, where.port, ssl_context=context, timeout=self._patience
            )
        client = imaplib.IMAP4(where.host, where.port, self._patience)
        try:
            # Refuses by itself when it is not offered, or when we would be signed in already.
            client.starttls(context)
        except BaseException:
            _hang_up(client)
            raise
        return client


def _sign_in(box: BaseMailBox, settings: MailboxSettings, secret: str) -> None:
    try:
        if settings.account is not None:
            said = xoauth2(settings.user, secret)
            # What comes back before a refusal is its reason, and wants an empty answer.
            box.client.authenticate("XOAUTH2", lambda reason: b"" if reason else said)
        elif "AUTH=PLAIN" in box.client.capabilities:
            box.login_utf8(settings.user, secret, initial_folder=None)
        else:
            box.login(settings.user, secret, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, ImapToolsError, UnicodeError) as error:
        what = "weigert onze aanmelding: "
        what += "verbind opnieuw" if settings.account else "controleer gebruiker en wachtwoord"
        raise _Refused(str(_fault(settings, what, error))) from error


def _leave(box: BaseMailBox) -> None:
    """Say goodbye, or hang up. Whatever comes of it: what was read is read."""
    try:
        box.logout()
    except (*TROUBLE, OSError):
        _hang_up(box.client)


def _hang_up(client: imaplib.IMAP4) -> None:
    with contextlib.suppress(OSError):  # its socket may be gone already
        client.shutdown()


def _not_connected(settings: MailboxSettings, error: Exception) -> MailboxUnusable:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _fault(settings, "toont een certificaat dat niet klopt", error)
    if isinstance(error, ssl.SSLError):
        return _fault(settings, "spreekt geen TLS op deze poort", error)
    if isinstance(error, OSError):
        return _fault(settings, "is niet bereikbaar", error)
    if "TLS not supported" in str(error):
        what = "biedt geen versleuteling (STARTTLS) aan, en onversleuteld lezen wij niet"
        return _fault(settings, what, error)
    return _fault(settings, "laat ons niet binnen", error)


def _fault(settings: MailboxSettings, what: str, error: Exception) -> MailboxUnusable:
    said = error.args[0] if len(error.args) == 1 else str(error)
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    told = " ".join(words.split())[:200] or type(error).__name__
    return MailboxUnusable(f"De postbus {settings} {what} ({told}).")


def _file(instance: Path, sender_id: int) -> Path:
    return instance / "senders" / f"{sender_id}.imap"
