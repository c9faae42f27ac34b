"""The SMTP conversation of an opened session, phase by phase.

`smtplib` raises one and the same exception for a connection lost at RCPT and one lost after
the dot, and that difference is the whole truth about a letter. So each command is sent and
its answer read here, and the dot is a write of its own: lost before it is not sent, lost
after it is in doubt.
"""

import select
import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from outreach.delivery import verdicts
from outreach.delivery.connecting import RelayConnection, Timeouts, not_open, reply_of, told
from outreach.delivery.relays import RelaySettings
from outreach.delivery.verdicts import Outcome, Phase, Verdict

MESSAGES_PER_CONNECTION = 100
PIECE = 65_536  #: octets written under one time-out
#: The kernel did not take the bytes: they cannot have arrived.
NOT_TAKEN = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)


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
            return not_open(connection.phase, error)
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

    def hand_over(self, pieces: Sequence[bytes], mark: Mark) -> Verdict:
        """DATA, the message (see `mime.as_data`), its dot, and what the relay says to it.

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
            for piece in pieces:
                self._write(piece)
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
        verdict = verdicts.at_dot(code, reply_of(code, text))
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
        reply = reply_of(code, text)
        if code < 400:
            return verdicts.lost(Phase.BODY, reply)
        return verdicts.at_data(code, reply) or verdicts.lost(Phase.BODY, reply)

    def _command(self, command: str, seconds: float) -> tuple[int, str]:
        if self._host.sock is None:  # smtplib hung up by itself
            raise smtplib.SMTPServerDisconnected("connection closed")
        self._host.sock.settimeout(seconds)
        code, text = self._host.docmd(command)
        return code, reply_of(code, text)

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
        return verdicts.lost(phase, told(error))


def _uptime() -> float:
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
