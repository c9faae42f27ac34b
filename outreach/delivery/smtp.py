"""The SMTP conversation, phase by phase: the only place that knows smtplib and Flask-Mail.

`smtplib` raises one and the same exception for a connection lost at RCPT and one lost after
the dot, and that difference is the whole truth about a letter. So each command is sent and
its answer read here, and the dot is a write of its own: lost before it is not sent, lost
after it is in doubt.
"""

import re
import select
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO, Any

from flask_mail import Connection, Mail

from outreach.delivery import verdicts
from outreach.delivery.relays import RelaySettings
from outreach.delivery.verdicts import Outcome, Phase, Verdict

MESSAGES_PER_CONNECTION = 100
PIECE = 65_536  #: octets written under one time-out
LINE_END = re.compile(rb"\r\n|\r|\n")
#: The kernel did not take the bytes: they cannot have arrived.
NOT_TAKEN = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)


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


@dataclass(frozen=True)
class Mark:
    """When a message was marked, by a clock that also runs while this process is stopped."""

    lease: timedelta
    at: float = field(default_factory=lambda: _uptime())

    def is_fresh(self) -> bool:
        """Whether its DATA may begin: nobody can have taken it from us, nor soon will."""
        return _uptime() - self.at <= self.lease.total_seconds() / 2

    def stands(self) -> bool:
        """Whether its dot may be written."""
        return _uptime() - self.at <= self.lease.total_seconds()


class NoEncryption(smtplib.SMTPException):
    """The relay does not offer STARTTLS, and we do not go on without."""


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
        """Connect, encrypt, sign in; `phase` says how far it came when this raises."""
        self.phase = Phase.CONNECT
        context = _context(self.relay) if self.relay.encrypted else None
        host = _Host(context if self.mail.use_ssl else None, self.timeouts)
        try:
            host.greet(self.relay.host, self.relay.port)
            host.ehlo_or_helo_if_needed()
            if self.mail.use_tls:
                _start_tls(host, context)
            if self.mail.username and self.relay.encrypted:
                self.phase = Phase.AUTH
                host.login(self.mail.username, self.mail.password or "")
        except BaseException:
            host.close()
            raise
        return host


class Conversation:
    """One connection to one relay, one message at a time, in lock-step."""

    def __init__(self, relay: RelaySettings, timeouts: Timeouts | None = None) -> None:
        self.relay = relay
        self.timeouts = timeouts or Timeouts()
        self._host: Any = None
        self._sent = 0

    def open(self) -> Verdict | None:
        """Be connected; None when we are. What went wrong is nobody's fault but maybe ours."""
        if self._host is not None and self._sent >= MESSAGES_PER_CONNECTION:
            self.quit()
        if self._host is not None:
            return None
        connection = RelayConnection(self.relay, self.timeouts)
        try:
            self._host = connection.configure_host()
        except (smtplib.SMTPException, UnicodeError, OSError) as error:
            return _not_open(connection.phase, error)
        self._sent = 0
        return None

    def offer(self, envelope_from: str, to: str, size: int) -> Verdict | None:
        """MAIL and RCPT, which can be repeated; None when the relay took both."""
        announced = f" SIZE={size}" if self._host.has_extn("size") else ""
        for phase, command, judge in (
            (Phase.MAIL, f"MAIL FROM:<{envelope_from}>{announced}", verdicts.at_mail),
            (Phase.RCPT, f"RCPT TO:<{to}>", verdicts.at_rcpt),
        ):
            try:
                code, reply = self._command(command, self.timeouts.command)
            except (smtplib.SMTPException, OSError) as error:
                return self._lost(phase, error)
            if verdict := judge(code, reply):
                return self._refused(verdict)
        return None

    def hand_over(self, message: bytes, mark: Mark) -> Verdict:
        """DATA, the message, its dot, and what the relay says to it.

        Call it only after the mark is committed.
        """
        if not mark.is_fresh():
            self.reset()
            return Verdict(Outcome.UNSENT, Phase.DATA, "more than half the lease was gone")
        try:
            code, reply = self._command("DATA", self.timeouts.data)
        except (smtplib.SMTPException, OSError) as error:
            return self._lost(Phase.DATA, error)
        if verdict := verdicts.at_data(code, reply):
            return self._refused(verdict)
        try:
            self._write(stuffed(message))
            if self._has_spoken():
                return self._interrupted()
        except OSError as error:
            return self._lost(Phase.BODY, error)
        return self._finish(mark)

    def reset(self) -> None:
        """Forget the transaction; a relay that cannot even do that is left."""
        if self._host is None:
            return
        try:
            self._command("RSET", self.timeouts.goodbye)
        except (smtplib.SMTPException, OSError):
            self.close()

    def quit(self) -> None:
        """Say goodbye. Whatever comes of it, no message's fate hangs on it."""
        if self._host is None:
            return
        try:
            self._command("QUIT", self.timeouts.goodbye)
        except (smtplib.SMTPException, OSError):
            pass  # accepted is accepted: a relay may hang up first
        finally:
            self.close()

    def close(self) -> None:
        """Hang up without a word. A message without its dot is then no message."""
        if self._host is not None:
            self._host.close()
            self._host = None

    def _finish(self, mark: Mark) -> Verdict:
        if not mark.stands():
            self.close()
            return Verdict(Outcome.UNSENT, Phase.BODY, "the lease was over before the dot")
        sock: socket.socket = self._host.sock
        sock.settimeout(self.timeouts.dot)
        try:
            sock.sendall(b".\r\n")
        except NOT_TAKEN as error:
            return self._lost(Phase.BODY, error)
        except OSError as error:
            return self._lost(Phase.DOT, error)
        self._sent += 1
        try:
            code, text = self._host.getreply()
        except (smtplib.SMTPException, OSError) as error:
            return self._lost(Phase.DOT, error)
        verdict = verdicts.at_dot(code, _reply(code, text))
        if verdict.outcome is Outcome.UNCERTAIN:
            self.close()
        return verdict if verdict.outcome is Outcome.ACCEPTED else self._refused(verdict)

    def _interrupted(self) -> Verdict:
        """The relay spoke, or hung up, before the dot: it does not get one."""
        self._host.sock.settimeout(self.timeouts.goodbye)
        try:
            code, text = self._host.getreply()
        except (smtplib.SMTPException, OSError) as error:
            return self._lost(Phase.BODY, error)
        finally:
            self.close()  # in the midst of a message nothing else can be said
        reply = _reply(code, text)
        if code < 400:
            return verdicts.lost(Phase.BODY, reply)
        return verdicts.at_data(code, reply) or verdicts.lost(Phase.BODY, reply)

    def _command(self, command: str, seconds: float) -> tuple[int, str]:
        if self._host.sock is None:  # smtplib hung up by itself
            raise smtplib.SMTPServerDisconnected("connection closed")
        self._host.sock.settimeout(seconds)
        code, text = self._host.docmd(command)
        return code, _reply(code, text)

    def _write(self, data: bytes) -> None:
        sock: socket.socket = self._host.sock
        sock.settimeout(self.timeouts.body)
        view = memoryview(data)
        for start in range(0, len(data), PIECE):
            sock.sendall(view[start : start + PIECE])

    def _has_spoken(self) -> bool:
        """Whether the relay said something, or hung up, while nothing was asked of it."""
        sock: socket.socket = self._host.sock
        sock.setblocking(False)
        try:
            if self._host.file.peek(1):
                return True
        except (ssl.SSLWantReadError, BlockingIOError):
            return False
        except OSError:
            return True
        # Nothing, or the end: of the two only the end is readable.
        return bool(select.select([sock], [], [], 0)[0])

    def _refused(self, verdict: Verdict) -> Verdict:
        """Begin anew after a refusal; a session that is over is left."""
        if verdict.outcome in (Outcome.SESSION, Outcome.RELAY):
            self.close()
        elif verdict.phase is not Phase.DOT:
            self.reset()
        return verdict

    def _lost(self, phase: Phase, error: Exception) -> Verdict:
        self.close()
        return verdicts.lost(phase, _told(error))


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


def stuffed(message: bytes) -> bytes:
    """A message as DATA carries it, without its dot: CRLF only, lines of a dot doubled."""
    ends = message.count(b"\r\n")
    whole = message.count(b"\r") == message.count(b"\n") == ends
    # Ours all are: to replace each of the line ends of a long file takes as long as to send it.
    lines = message if whole else LINE_END.sub(b"\r\n", message)
    if lines.startswith(b"."):
        lines = b"." + lines
    lines = lines.replace(b"\r\n.", b"\r\n..")
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _not_open(phase: Phase, error: Exception) -> Verdict:
    """What it means that no session came about: nothing for any recipient."""
    if isinstance(error, smtplib.SMTPResponseException):
        reply = _reply(error.smtp_code, error.smtp_error)
        if phase is Phase.AUTH:
            return verdicts.at_auth(error.smtp_code, reply)
        return Verdict(Outcome.RELAY, phase, reply)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return verdicts.lost(phase, _told(error))
    if phase is Phase.AUTH and isinstance(error, smtplib.SMTPException | UnicodeError):
        return Verdict(Outcome.OURS, phase, _told(error))  # no way to sign in that both know
    return verdicts.lost(phase, _told(error))


def _uptime() -> float:
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _context(relay: RelaySettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=relay.cafile or None)


def _start_tls(host: smtplib.SMTP, context: ssl.SSLContext | None) -> None:
    if not host.has_extn("starttls"):
        raise NoEncryption("the relay does not offer STARTTLS")
    host.starttls(context=context)
    host.ehlo()  # what was said in plain text does not count


def _own_name() -> str:
    """How we call ourselves in EHLO; `getfqdn` could wait for a name server."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:500]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
