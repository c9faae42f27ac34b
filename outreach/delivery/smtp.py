"""The SMTP conversation of an opened session: a state machine that never waits.

`smtplib` raises one and the same exception for a connection lost at RCPT and one lost after
the dot, and that difference is the whole truth about a letter. So each command is written and
its answer read here, and the dot is a write of its own: lost before it is not sent, lost
after it is in doubt.

Where the relay offers PIPELINING (RFC 2920), MAIL, RCPT and DATA of a message go together,
and go with the dot of the message before it: one round trip a message. Then a message must be
marked before its MAIL, so at most two are in doubt when the process dies: one whose dot is
written, and the one announced behind it. Elsewhere each command waits for the answer to the
one before, and a message is marked between RCPT and DATA: at most one.
"""

import math
import ssl
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from outreach.delivery import verdicts
from outreach.delivery.connecting import SMTP, Timeouts, reply_of, told
from outreach.delivery.orders import Outgoing
from outreach.delivery.verdicts import LATE, Outcome, Phase, Verdict

CHUNK = 65_536  #: octets read at once, and written under one time-out
LONGEST_REPLY = 65_536  #: octets; a relay that says more talks no SMTP
#: The kernel did not take the bytes: they cannot have arrived.
NOT_TAKEN = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)
WOULD_WAIT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
NEVER = math.inf
USUAL = {Phase.MAIL: 250, Phase.RCPT: 250, Phase.DATA: 354}
HALF_GONE = "more than half the lease was gone"


@dataclass(frozen=True, slots=True)
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


class Stage(Enum):
    """How far a turn is."""

    OFFERED = auto()  #: MAIL and RCPT are said, or DATA too; their answers are to come
    TAKEN = auto()  #: the relay takes sender and recipient, and waits for DATA
    READY = auto()  #: 354: the relay waits for the message
    WRITING = auto()  #: the message is being written, and not its dot
    DOTTED = auto()  #: the dot was handed over
    ENDED = auto()  #: it has its verdict


@dataclass(eq=False, slots=True)
class Turn:
    """One message in one session, from its MAIL to the answer to its dot."""

    message: Any  #: of no concern to the conversation
    outgoing: Outgoing
    mark: Mark | None = None
    stage: Stage = Stage.OFFERED
    replies: list[tuple[int, bytes]] = field(default_factory=list)
    verdict: Verdict | None = None


class Session:
    """One opened connection to a relay. Nothing here waits: the caller watches the socket.

    :param host: connected, encrypted and signed in (see `connecting`)
    :param grouped: use PIPELINING where it is offered
    :param ahead: then also announce a message together with the dot before it
    """

    def __init__(
        self,
        host: SMTP,
        timeouts: Timeouts,
        *,
        most: int,
        grouped: bool = True,
        ahead: bool = True,
    ) -> None:
        self._host = host
        self._by_token = getattr(host, "by_token", False)
        self.socket = _socket_of(host)
        self.socket.setblocking(False)
        self.grouped = grouped and host.has_extn("pipelining")
        self.ended: list[Turn] = []  #: those that have their verdict, until `take_ended`
        self.closed = False
        self._ahead = ahead and self.grouped
        self._says_size = host.has_extn("size")
        self._timeouts = timeouts
        self._left = most  #: messages that this session may still begin
        self._turns: deque[Turn] = deque()
        self._next: Turn | None = None  #: announced together with the dot of the one before
        self._leaving = False
        #: The answers to come, in order; those to RSET and QUIT belong to no message.
        self._expected: deque[tuple[Phase, Turn] | None] = deque()
        self._unread = b""
        self._lines: list[bytes] = []  #: of a reply that goes on
        self._unwritten: deque[memoryview] = deque()
        self._heard = time.monotonic()  #: when anything last happened

    # ── what the caller asks ────────────────────────────────────────────────────────────

    @property
    def busy(self) -> bool:
        """Whether a message is in hand, or an answer is to come."""
        return not self.closed and bool(self._turns or self._expected)

    @property
    def hungry(self) -> bool:
        """Whether it can begin another message now."""
        if self.closed or not self._left or self._next is not None or self._expected:
            return False
        if not self._turns:
            return True
        return self._ahead and self._turns[0].stage is Stage.READY

    @property
    def retired(self) -> bool:
        """Whether it has had its share of messages, and nothing more is in hand."""
        return not self._left and not self.busy

    @property
    def asks(self) -> Turn | None:
        """The turn that goes on once its message is marked."""
        waits = self._turns and self._turns[0].stage is Stage.TAKEN
        return self._turns[0] if waits else None

    @property
    def ready(self) -> Turn | None:
        """The turn whose message is about to be written."""
        waits = self._turns and self._turns[0].stage is Stage.READY
        return self._turns[0] if waits else None

    @property
    def deadline(self) -> float:
        """When patience is over, by the monotonic clock: each phase deserves its own."""
        timeouts = self._timeouts
        if self.closed:
            return NEVER
        if self._turns and self._turns[0].stage is Stage.WRITING:
            return self._heard + timeouts.body
        if not self._expected:
            return NEVER
        first = self._expected[0]
        if first is None:
            return self._heard + timeouts.goodbye
        if first[0] is Phase.DOT:
            return self._heard + timeouts.dot
        return self._heard + (timeouts.data if first[0] is Phase.DATA else timeouts.command)

    @property
    def wants_to_write(self) -> bool:
        return bool(self._unwritten) or bool(self._turns and self._turns[0].stage is Stage.WRITING)

    def take_ended(self) -> list[Turn]:
        ended, self.ended = self.ended, []
        return ended

    # ── what the caller says ────────────────────────────────────────────────────────────

    def begin(self, turn: Turn) -> None:
        """Begin a message. Where `grouped` it must have been marked, and that committed."""
        self._left -= 1
        if self._turns:
            self._next = turn
        elif self.grouped:
            self._announce(turn)
        else:
            self._turns.append(turn)
            self._say(_mail(turn, self._says_size), (Phase.MAIL, turn))

    def go_on(self, turn: Turn, mark: Mark) -> None:
        """Say DATA for the turn that asked; its mark is committed."""
        turn.mark = mark
        if not mark.is_fresh():
            self._end(turn, Verdict(Outcome.UNSENT, Phase.DATA, HALF_GONE, LATE))
            self._reset()
            return
        turn.stage = Stage.OFFERED
        self._say(b"DATA\r\n", (Phase.DATA, turn))

    def drop(self, turn: Turn) -> None:
        """Leave the turn that asked, or was about to be written: it is not wanted any more."""
        asked = turn.stage is Stage.TAKEN
        if asked:
            self._turns.remove(turn)
            self._reset()
        else:  # after 354 there is no other way to say no
            self._end(turn, Verdict(Outcome.UNSENT, Phase.BODY, "stopped before it was written"))
            self._lose("stopped before it was written")

    def proceed(self) -> None:
        """Write what may be written now."""
        if self.closed:
            return
        if (turn := self.ready) is not None:
            if turn.mark is None or not turn.mark.is_fresh():
                self._end(turn, Verdict(Outcome.UNSENT, Phase.BODY, HALF_GONE, LATE))
                self._lose(HALF_GONE)
                return
            turn.stage = Stage.WRITING
            for piece in turn.outgoing.pieces:
                view, starts = memoryview(piece), range(0, len(piece), CHUNK)
                self._unwritten.extend(view[start : start + CHUNK] for start in starts)
        self.write()

    def quit(self) -> None:
        """Say goodbye; whatever comes of it, no message's fate hangs on it."""
        if not self.closed and not self.busy:
            self._left, self._leaving = 0, True
            self._say(b"QUIT\r\n", None)
            self.write()

    def close(self) -> None:
        """Hang up without a word. A message without its dot is then no message."""
        if not self.closed:
            self.closed = True
            self._host.close()

    def abandon(self, why: str) -> None:
        """Hang up on what is in hand; what had no dot yet waits as before."""
        for turn in [*self._turns, *filter(None, (self._next,))]:
            if turn.stage is not Stage.DOTTED:
                self._end(turn, Verdict(Outcome.UNSENT, Phase.BODY, why))
        self._next = None
        self._lose(why)

    def expire(self, now: float) -> None:
        """End the session when nothing was heard for too long."""
        if now >= self.deadline:
            self._lose("TimeoutError: timed out")

    # ── reading ─────────────────────────────────────────────────────────────────────────

    def read(self) -> None:
        """Take in what the relay said, and draw the conclusions."""
        while not self.closed:
            try:
                data = self.socket.recv(CHUNK)
            except WOULD_WAIT:
                return
            except OSError as error:
                self._lose(told(error))
                return
            if not data:
                self._lose("SMTPServerDisconnected: Connection unexpectedly closed")
                return
            self._unread += data
            self._take_lines()
            if len(data) < CHUNK and not isinstance(self.socket, ssl.SSLSocket):
                return

    def _take_lines(self) -> None:
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            number = line[:3]
            code = int(number) if number.isdigit() else -1
            if line[3:4] == b"-" and code > 0:
                self._lines.append(line[4:])
                continue
            text = line[4:]
            if self._lines:
                text, self._lines = b"\n".join((*self._lines, text)), []
            self._answer(code, text)
            if self.closed:
                return
        if len(self._unread) + sum(map(len, self._lines)) + len(self._lines) > LONGEST_REPLY:
            self._lose("an answer without an end")

    def _answer(self, code: int, text: bytes) -> None:
        if not self._expected:
            self._unasked(code, reply_of(code, text))
            return
        answered = self._expected.popleft()
        self._heard = time.monotonic()
        if answered is None:
            if self._leaving or not 200 <= code < 300:  # goodbye; or not even RSET
                self.close()
            return
        phase, turn = answered
        turn.replies.append((code, text))
        if turn.stage is Stage.ENDED:
            self._after_refusal(phase, code)
        elif (verdict := _verdict(phase, code, text)) is None:
            self._step(phase, turn)
        else:
            self._judge(turn, verdict)

    def _step(self, phase: Phase, turn: Turn) -> None:
        """The relay took this command: on to the next one."""
        if phase is Phase.DATA:
            turn.stage = Stage.READY
        elif self.grouped:
            pass
        elif phase is Phase.MAIL:
            self._say(_rcpt(turn), (Phase.RCPT, turn))
        else:
            turn.stage = Stage.TAKEN

    def _judge(self, turn: Turn, verdict: Verdict | None) -> None:
        if verdict is None:
            return
        if self._by_token:
            verdict = verdicts.unless_token_ended(verdict)
        self._end(turn, verdict)
        if verdict.outcome in (Outcome.SESSION, Outcome.RELAY, Outcome.UNCERTAIN):
            self._lose(verdict.reply)
        elif verdict.phase is not Phase.DOT and not self._expected:
            self._reset()

    def _after_refusal(self, phase: Phase, code: int) -> None:
        """The answers to what was said together with the command that was refused."""
        if phase is Phase.DATA and code == 354:
            self._lose("354 without a recipient")  # rather than write a message for nobody
        elif phase is Phase.DATA:
            self._reset()

    def _unasked(self, code: int, reply: str) -> None:
        """The relay spoke while nothing was asked: it gets no dot, nor anything else."""
        turn = self._turns[0] if self._turns else None
        if turn is not None and turn.stage in (Stage.READY, Stage.WRITING):
            refused = verdicts.at_data(code, reply) if code >= 400 else None
            self._end(turn, refused or verdicts.lost(Phase.BODY, reply))
        elif turn is not None and turn.stage is Stage.TAKEN and code == 421:
            self._judge(turn, verdicts.at_data(code, reply))
        self._lose(reply)

    # ── writing ─────────────────────────────────────────────────────────────────────────

    def write(self) -> None:
        """Hand over to the kernel what it takes now, and then the dot."""
        try:
            while self._unwritten and not self.closed:
                self._taken(self._send())
        except WOULD_WAIT:
            return
        except OSError as error:
            self.read()  # it may have said why
            self._lose(told(error))
            return
        if self._turns and self._turns[0].stage is Stage.WRITING:
            self._dot(self._turns[0])

    def _send(self) -> int:
        sock = self.socket
        if len(self._unwritten) > 1 and not isinstance(sock, ssl.SSLSocket):
            sent: int = sock.sendmsg(self._unwritten)
        else:
            sent = sock.send(self._unwritten[0])
        return sent

    def _taken(self, octets: int) -> None:
        self._heard = time.monotonic()
        while octets:
            first = self._unwritten[0]
            if octets < len(first):
                self._unwritten[0] = first[octets:]
                return
            octets -= len(first)
            self._unwritten.popleft()

    def _dot(self, turn: Turn) -> None:
        """The dot, if the relay kept silent and the mark still stands; and what goes with it."""
        self.read()
        if self.closed:
            return
        if turn.mark is None or not turn.mark.stands():
            why = "the lease was over before the dot"
            self._end(turn, Verdict(Outcome.UNSENT, Phase.BODY, why, LATE))
            self._lose(why)
            return
        follows, self._next = self._next, None
        words = b".\r\n" + (_group(follows, self._says_size) if follows else b"")
        turn.stage = Stage.DOTTED  # said first: whatever breaks off from here on leaves doubt
        try:
            sent = self.socket.send(words)
        except BlockingIOError:
            turn.stage, self._next = Stage.WRITING, follows
            return
        except ssl.SSLWantWriteError:
            sent = 0  # part of it may be on its way
        except NOT_TAKEN as error:
            turn.stage, self._next = Stage.WRITING, follows
            self._lose(told(error))
            return
        except OSError as error:
            self._next = follows
            self._lose(told(error))
            return
        self._expected.append((Phase.DOT, turn))
        if follows is not None:
            self._expect_group(follows)
        if sent < len(words):
            self._unwritten.append(memoryview(words)[sent:])
        self._heard = time.monotonic()

    def _announce(self, turn: Turn) -> None:
        self._unwritten.append(memoryview(_group(turn, self._says_size)))
        self._expect_group(turn)

    def _expect_group(self, turn: Turn) -> None:
        self._turns.append(turn)
        self._expected.extend((phase, turn) for phase in (Phase.MAIL, Phase.RCPT, Phase.DATA))
        self._heard = time.monotonic()

    def _say(self, words: bytes, awaits: tuple[Phase, Turn] | None) -> None:
        self._unwritten.append(memoryview(words))
        self._expected.append(awaits)
        self._heard = time.monotonic()

    def _reset(self) -> None:
        """Forget the transaction; a relay that cannot even do that is left."""
        self._say(b"RSET\r\n", None)

    # ── ends ────────────────────────────────────────────────────────────────────────────

    def _end(self, turn: Turn, verdict: Verdict) -> None:
        turn.verdict, turn.stage = verdict, Stage.ENDED
        if turn in self._turns:
            self._turns.remove(turn)
        self.ended.append(turn)

    def _lose(self, what: str) -> None:
        """The session is over: what that means for each message in hand."""
        if self.closed:
            return
        phases = {one[1]: one[0] for one in reversed(self._expected) if one is not None}
        self.close()
        turns = [*self._turns, *filter(None, (self._next,))]
        # Only the first in hand can be why the session ended.
        blamed = not self.ended
        for turn in turns:
            phase = _where(turn, phases)
            verdict = verdicts.lost(phase, what)
            if not blamed and phase is not Phase.DOT:
                verdict = Verdict(Outcome.UNSENT, phase, what)
            self._end(turn, verdict)
            blamed = False
        self._next = None


def _verdict(phase: Phase, code: int, text: bytes) -> Verdict | None:
    """What an answer means for its message; None when the next command may follow."""
    if code == USUAL.get(phase):
        return None
    reply = reply_of(code, text)
    match phase:
        case Phase.MAIL:
            return verdicts.at_mail(code, reply)
        case Phase.RCPT:
            return verdicts.at_rcpt(code, reply)
        case Phase.DATA:
            return verdicts.at_data(code, reply)
        case _:
            return verdicts.at_dot(code, reply)


def transcript(turn: Turn) -> str:
    """What was said about one message, as far as it came."""
    message = b"%d octets and a dot" % turn.outgoing.size
    commands = [_mail(turn, says_size=True), _rcpt(turn), b"DATA", message]
    lines = []
    for number, command in enumerate(commands):
        if number > len(turn.replies):
            break
        lines.append(f"> {command.decode('ascii', 'replace').strip()}")
        if number < len(turn.replies):
            lines.append(f"< {reply_of(*turn.replies[number])}")
    if turn.verdict is not None and len(turn.replies) < len(commands):
        lines.append(f"! {turn.verdict.reply}")
    return "\n".join(lines)


def _socket_of(host: SMTP) -> Any:
    """Plain or encrypted; the library says that it could be none."""
    return host.sock


def _where(turn: Turn, phases: dict[Turn, Phase]) -> Phase:
    """How far a message came in a session that ended."""
    if turn.stage is Stage.DOTTED:
        return Phase.DOT
    if turn.stage in (Stage.READY, Stage.WRITING):
        return Phase.BODY
    if turn.stage is Stage.TAKEN:
        return Phase.DATA
    return phases.get(turn, Phase.MAIL)


def _mail(turn: Turn, says_size: bool) -> bytes:
    size = f" SIZE={turn.outgoing.size}" if says_size else ""
    return f"MAIL FROM:<{turn.outgoing.envelope_from}>{size}\r\n".encode("ascii")


def _rcpt(turn: Turn) -> bytes:
    return f"RCPT TO:<{turn.outgoing.to}>\r\n".encode("ascii")


def _group(turn: Turn, says_size: bool) -> bytes:
    return b"".join((_mail(turn, says_size), _rcpt(turn), b"DATA\r\n"))


def _uptime() -> float:
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
