"""Opening a session with a relay: connect, greet, encrypt, sign in.

The only place that knows Flask-Mail, and with `smtp` the only one that knows smtplib. An
opened session is handed on; what is said in it afterwards is the business of `smtp`.
"""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import IO, Any

from flask_mail import Connection, Mail

from outreach.delivery import verdicts
from outreach.delivery.oauth import Account, NoAccess, ProviderSilent, xoauth2
from outreach.delivery.relays import RelaySettings
from outreach.delivery.verdicts import Outcome, Phase, Verdict

SMTP = smtplib.SMTP  #: an opened session, in the library's shape


@dataclass(frozen=True)
class Timeouts:
    """Seconds of patience in each phase; the minima of RFC 5321 (4.5.3.2) and Postfix."""

    connect: float = 30
    greeting: float = 300
    command: float = 300
    data: float = 120
    body: float = 180  #: for each piece of the message
    dot: float = 600
    goodbye: float = 10  #: RSET, QUIT: nothing depends on their answers


class NoEncryption(smtplib.SMTPException):
    """The relay does not offer STARTTLS, and we do not go on without."""


class Unsigned(smtplib.SMTPException):
    """We cannot sign in; says why in a sentence for the coordinator."""

    def __init__(self, sentence: str, *, passes: bool = False) -> None:
        super().__init__(sentence)
        self.passes = passes  #: by itself, later


class RelayConnection(Connection):  # type: ignore[misc]
    """Flask-Mail's connection with time-outs, a checked certificate and no downgrade."""

    def __init__(self, relay: RelaySettings, timeouts: Timeouts) -> None:
        config = {
            "MAIL_SERVER": relay.host,
            "MAIL_PORT": relay.port,
            "MAIL_USERNAME": relay.user or None,
            "MAIL_PASSWORD": relay.password or None,
            "MAIL_USE_SSL": relay.scheme == "smtps",
            "MAIL_USE_TLS": relay.scheme == "smtp+starttls",
            "MAIL_SUPPRESS_SEND": False,
        }
        super().__init__(Mail().init_mail(config))
        self.relay = relay
        self.timeouts = timeouts
        self.phase = Phase.CONNECT

    def configure_host(self) -> smtplib.SMTP:
        """Connect, encrypt, sign in; `phase` says how far it came when this raises.

        A token that the relay does not take is renewed, and shown once more in a new session.
        """
        try:
            if self.relay.account is None:
                return self._open("")
            return self._open_by_token(self.relay.account)
        except (NoAccess, ProviderSilent) as error:
            raise Unsigned(str(error), passes=isinstance(error, ProviderSilent)) from error
        except smtplib.SMTPAuthenticationError as error:
            if sentence := self._why_refused(error):
                raise Unsigned(sentence) from error
            raise

    def _why_refused(self, error: smtplib.SMTPAuthenticationError) -> str:
        """What a person must do, where more is known than that the sign-in was refused."""
        reply = reply_of(error.smtp_code, error.smtp_error)
        if verdicts.NO_SMTP_AUTH in reply:
            return verdicts.no_smtp_auth(str(self.relay), self.relay.user, reply)
        if self.relay.account is not None and error.smtp_code >= 500:
            return verdicts.other_account(str(self.relay), self.relay.user, reply)
        return ""

    def _open_by_token(self, account: Account) -> smtplib.SMTP:
        token = account.token()
        try:
            return self._open(token)
        except smtplib.SMTPAuthenticationError as error:
            if not verdicts.of_token(error.smtp_code, reply_of(error.smtp_code, error.smtp_error)):
                raise
        return self._open(account.token(refused=token))

    def _open(self, token: str) -> smtplib.SMTP:
        self.phase = Phase.CONNECT
        context = _context(self.relay) if self.relay.encrypted else None
        host = _Host(context if self.mail.use_ssl else None, self.timeouts)
        try:
            host.greet(self.relay.host, self.relay.port)
            host.ehlo_or_helo_if_needed()
            if self.mail.use_tls:
                _start_tls(host, context)
            self.phase = Phase.AUTH
            self._sign_in(host, token)
        except BaseException:
            host.close()
            raise
        return host

    def _sign_in(self, host: "_Host", token: str) -> None:
        if token:
            _by_token(host, self.relay.user, token)
        elif self.mail.username and self.relay.encrypted:
            host.login(self.mail.username, self.mail.password or "")


def opened(relay: RelaySettings, timeouts: Timeouts) -> SMTP | Verdict:
    """A session that is ready for MAIL; else what went wrong, which is no recipient's fault."""
    connection = RelayConnection(relay, timeouts)
    try:
        return connection.configure_host()
    except (smtplib.SMTPException, ValueError, OSError) as error:  # smtplib lets binascii's through
        return not_open(connection.phase, error)


class _WholeLines:
    """A relay's answers, line by line. A line that was cut off says nothing."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: Any = file

    def readline(self, limit: int) -> bytes:
        line: bytes = self._file.readline(limit)
        return line if line.endswith(b"\n") or len(line) >= limit else b""

    def peek(self, size: int) -> bytes:
        seen: bytes = self._file.peek(size)
        return seen

    def close(self) -> None:
        self._file.close()


class _Host(smtplib.SMTP):
    """smtplib's connection; ours are the socket's options and its patience."""

    by_token = False  #: signed in with an access token, which ends

    def __init__(self, context: ssl.SSLContext | None, timeouts: Timeouts) -> None:
        self._context = context
        self._patience = timeouts
        super().__init__(local_hostname=_own_name(), timeout=timeouts.connect)

    def greet(self, host: str, port: int) -> None:
        """Connect and read the greeting.

        :raises smtplib.SMTPConnectError: it is not 220
        """
        self._host = host  # the name that the certificate must be for
        code, text = self.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _WholeLines(self.sock.makefile("rb"))
        return super().getreply()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        try:
            # The dot is three octets in a write of their own: it must not wait for an ACK.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_hostname=host)
            sock.settimeout(self._patience.greeting)
        except BaseException:
            sock.close()
            raise
        return sock


def not_open(phase: Phase, error: Exception) -> Verdict:
    """What it means that no session came about: nothing for any recipient."""
    if isinstance(error, Unsigned):
        outcome = Outcome.RELAY if error.passes else Outcome.OURS
        return Verdict(outcome, Phase.AUTH, str(error), verdicts.UNSIGNED)
    if isinstance(error, smtplib.SMTPResponseException):
        reply = reply_of(error.smtp_code, error.smtp_error)
        if phase is Phase.AUTH:
            return verdicts.at_auth(error.smtp_code, reply)
        return Verdict(Outcome.RELAY, phase, reply)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return verdicts.lost(phase, told(error))
    if phase is Phase.AUTH and isinstance(error, smtplib.SMTPException | ValueError):
        return Verdict(Outcome.OURS, phase, told(error))  # no way to sign in that both know
    return verdicts.lost(phase, told(error))


def _context(relay: RelaySettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=relay.cafile or None)


def _start_tls(host: smtplib.SMTP, context: ssl.SSLContext | None) -> None:
    if not host.has_extn("starttls"):
        raise NoEncryption("the relay does not offer STARTTLS")
    host.starttls(context=context)
    host.ehlo()  # what was said in plain text does not count


def _by_token(host: _Host, user: str, token: str) -> None:
    """XOAUTH2. A 334 says why we are refused, and wants an empty answer before the refusal."""
    if "XOAUTH2" not in host.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("the relay does not offer XOAUTH2")
    said = xoauth2(user, token).decode()
    host.auth("XOAUTH2", lambda reason=None: said if reason is None else "")
    host.by_token = True


def _own_name() -> str:
    """How we call ourselves in EHLO; `getfqdn` could wait for a name server."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def reply_of(code: int, text: bytes | str) -> str:
    """A reply in one line, as it is kept."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {_shown(words)}"[:500]


def told(error: Exception) -> str:
    """What happened instead of a reply, as it is kept."""
    return f"{type(error).__name__}: {_shown(str(error))}"[:500]


def _shown(words: str) -> str:
    """In one line, and without what PostgreSQL does not keep (NUL) or a terminal obeys."""
    printable = (one if one.isprintable() else " " for one in words)
    return " ".join("".join(printable).split())
