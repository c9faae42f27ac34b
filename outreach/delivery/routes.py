"""All connections to one relay in one pass: a loop in one thread that waits for none of them.

Each time around it reads what relays said, settles and marks what that calls for in one
transaction (a group commit: at most two messages of each connection), and then writes. While
nothing is to be read it makes the next letters. It holds no Flask context and no ORM session,
and no transaction is open while it waits for a relay.
"""

import logging
import math
import select
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, and_
from sqlalchemy.exc import SQLAlchemyError

from outreach.clock import Clock, system_now
from outreach.db import READ_ONLY
from outreach.delivery import claims, connecting, settling, smtp, verdicts
from outreach.delivery.claims import ROW, Claimed, Lanes
from outreach.delivery.connecting import SMTP
from outreach.delivery.findings import Findings
from outreach.delivery.models import Kind, State
from outreach.delivery.orders import Orders, Outgoing, Post
from outreach.delivery.pacing import Pacing
from outreach.delivery.smtp import Mark, Session, Turn
from outreach.delivery.verdicts import Outcome, Phase, Verdict
from outreach.delivery.workers import Life
from outreach.delivery.writing import Writer

FIRST_BATCH, LARGEST_BATCH = 20, 500  #: messages claimed at once
QUICK_BATCH = 5.0  #: seconds; a batch that is gone sooner is followed by one twice as large
MOST_PER_SESSION = 100  #: messages; a relay of this machine has no reason to mind more
MOST_PER_OWN_SESSION = 2_000
MADE_AHEAD = 2  #: messages for each connection
MADE_AT_ONCE = 10
TOLD_AT_ONCE = 100  #: messages; what they are about is looked up together
RECHECK = 1.0  #: seconds, while others wait for an answer: something may have fallen due
#: Where a verdict leaves its message; whatever else is said of it, it waits as before.
STATES = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.DEFERRED: State.DEFERRED,
    Outcome.UNCERTAIN: State.UNCERTAIN,
}
STOPPED = "the sending was stopped"
T = TypeVar("T")
log = logging.getLogger(__name__)


class Route:
    """The way to one relay in one pass."""

    def __init__(
        self,
        life: Life,
        clock: Clock,
        orders: Orders,
        post: Post,
        findings: Findings,
        pacing: Pacing,
    ) -> None:
        self.life, self.clock, self.orders, self.post = life, clock, orders, post
        self.findings, self.pacing, self.tally = findings, pacing, findings.tally
        self._writer = Writer(life.engine)
        self._sessions: list[Session] = []
        self._most = pacing.connections(post.connections)  #: sessions
        self._opening = 0
        self._reached = False  #: the relay was reached in this pass
        self._opened: SimpleQueue[SMTP | Verdict] = SimpleQueue()
        self._claimed: deque[Claimed] = deque()  #: in hand, and not made into a mail yet
        self._told = 0  #: how many of the first of them the orders were told of
        self._made: deque[tuple[Claimed, Outgoing]] = deque()
        self._returned: list[Claimed] = []  #: to be given back
        self._answered: list[Turn] = []  #: have a verdict that is not written down yet
        self._beginning: list[Turn] = []  #: chosen, perhaps marked, and nothing of them is said
        self._batch = FIRST_BATCH
        self._dry = False  #: nothing was due when we last asked
        self._asked = 0.0  #: when that was, by the monotonic clock
        self._steps: list[int] = []  #: whose letters leave by turns
        self._left = threading.Event()  #: nobody takes opened sessions any more
        self._poll = select.poll()
        self._watched: dict[int, tuple[Session, int]] = {}

    def run(self) -> None:
        """Send until nothing is due, over as many connections as there is work for."""
        if not self._any_due():  # another process was faster
            return
        self._bell, self._ear = socket.socketpair()
        self._poll.register(self._ear, select.POLLIN)
        try:
            while self._goes_on():
                self._open_sessions()
                self._watch()
                self._settle_and_mark()
        finally:
            self._end()

    def _any_due(self) -> bool:
        now = self.clock.now()
        wanted = and_(self.orders.due(now), self.findings.open())
        with self.life.engine.connect().execution_options(**READ_ONLY) as connection:
            self._steps = claims.steps_that_wait(connection)
            return claims.any_due(connection, wanted, now=now)

    @property
    def _over(self) -> bool:
        """Nothing more is begun; what is in hand is ended."""
        return self.findings.closed or self.life.stopping.is_set() or self._left.is_set()

    def _goes_on(self) -> bool:
        if any(session.busy or session.ended for session in self._sessions):
            return True
        return not self._over and bool(self._in_hand or not self._dry)

    @property
    def _in_hand(self) -> int:
        """Messages that are claimed and not begun."""
        return len(self._claimed) + len(self._made)

    # ── sessions ────────────────────────────────────────────────────────────────────────

    def _open_sessions(self) -> None:
        """Open as many as there is work for; the first alone, to see whether the relay is there."""
        if not self._sessions and not self._made:
            self._make(1)  # nobody is greeted for a letter that cannot be made
        if self._over or not (self._sessions or self._made):
            return
        idle = sum(session.hungry for session in self._sessions)
        wanted = self._in_hand - idle - self._opening
        room = (self._most if self._reached else 1) - len(self._sessions) - self._opening
        for _ in range(min(wanted, room)):
            self._opening += 1
            name = f"to {self.findings.relay}"
            threading.Thread(target=self._open, name=name, daemon=True).start()

    def _open(self) -> None:
        """In a thread of its own: a relay may take minutes to greet us."""
        try:
            opened = connecting.opened(self.findings.relay, self.post.timeouts)
        except Exception as error:
            # Whoever waits for this session must hear that it does not come.
            log.exception("no session with %s", self.findings.relay)
            opened = verdicts.lost(Phase.CONNECT, connecting.told(error))
        self._opened.put(opened)
        if self._left.is_set():
            self._close_opened()
        else:
            with suppress(OSError):
                self._bell.send(b"!")

    def _take_opened(self) -> None:
        """Begin to use the sessions that were opened, or learn why one was not."""
        while True:
            try:
                opened = self._opened.get_nowait()
            except Empty:
                return
            self._opening -= 1
            if isinstance(opened, Verdict):
                self._not_opened(opened)
            else:
                self._reached = True
                own = self.findings.relay.on_this_machine
                session = Session(
                    opened,
                    self.post.timeouts,
                    most=MOST_PER_OWN_SESSION if own else MOST_PER_SESSION,
                    grouped=self.post.grouped,
                    ahead=self.post.ahead,
                )
                self._sessions.append(session)
                self._watched[session.socket.fileno()] = session, 0

    def _not_opened(self, verdict: Verdict) -> None:
        """Nobody's fault of those who wait; it is noted at the first of them.

        While others are open the relay works, and takes no more of them at once.
        """
        others = sum(not session.closed for session in self._sessions)
        if others and verdict.phase is Phase.CONNECT and verdict.outcome is Outcome.RELAY:
            self._most = others + self._opening
            return
        message, outgoing = None, Outgoing((), "postmaster@localhost", "postmaster@localhost")
        if self._made:
            message, outgoing = self._made.popleft()
        elif self._claimed:
            message = self._claimed.popleft()
            self._told = max(0, self._told - 1)
        if message is not None:
            self._settle([Turn(message, outgoing, verdict=verdict)])

    def _close_opened(self) -> None:
        while True:
            try:
                opened = self._opened.get_nowait()
            except Empty:
                return
            if not isinstance(opened, Verdict):
                opened.close()

    def _watch(self) -> None:
        """Wait until something can be read or written; make letters rather than wait."""
        self._register()
        can_make = bool(self._claimed) and len(self._made) < MADE_AHEAD * self._most
        events = self._poll.poll(0 if can_make else self._patience())
        for descriptor, event in events:
            if descriptor in self._watched:
                session, _ = self._watched[descriptor]
                if event & select.POLLOUT:
                    session.write()
                if event & ~select.POLLOUT:
                    session.read()
            else:
                self._ear.recv(64)
                self._take_opened()
        now = time.monotonic()
        for session in self._sessions:
            session.expire(now)
        if can_make and not events:
            self._make(MADE_AT_ONCE)

    def _register(self) -> None:
        """Tell the kernel whom we listen to, as far as that changed."""
        for descriptor, (session, mask) in list(self._watched.items()):
            if session.closed:
                del self._watched[descriptor]
                self._poll.unregister(descriptor)
            elif mask != (wanted := _mask(session)):
                self._watched[descriptor] = session, wanted
                self._poll.register(descriptor, wanted)

    def _patience(self) -> int:
        """Milliseconds to wait for anything to happen."""
        now = time.monotonic()
        moments = [session.deadline for session in self._sessions]
        if self._is_low:
            moments.append(self._asked + RECHECK if self._dry else now)
        wait = min([now + RECHECK, *moments]) - now
        return max(0, math.ceil(1000 * wait))

    # ── letters ─────────────────────────────────────────────────────────────────────────

    @property
    def _is_low(self) -> bool:
        """Whether more should be claimed soon."""
        return not self._over and self._in_hand < MADE_AHEAD * self._most

    def _make(self, count: int) -> None:
        """Make so many of the messages in hand into mails."""
        with self.orders.around():
            while count and self._claimed:
                if not self._told:
                    coming = list(islice(self._claimed, TOLD_AT_ONCE))
                    self.orders.coming(coming)
                    self._told = len(coming)
                message = self._claimed.popleft()
                self._told -= 1
                if (outgoing := self._render(message)) and self._fits(message, outgoing):
                    self._made.append((message, outgoing))
                count -= 1

    def _render(self, message: Claimed) -> Outgoing | None:
        try:
            return self.orders.render(message)
        except Exception as error:
            # Whatever is wrong with this one must not stop the others.
            log.exception("message %s cannot be made into a mail", message.id)
            now, failed = self.clock.now(), error
            to = self._write(
                lambda connection: settling.fault(connection, message, failed, now=now)
            )
            if to is State.FAILED:
                self.tally.count(to)
            return None

    def _fits(self, message: Claimed, outgoing: Outgoing) -> bool:
        """Whether the octets of this message may leave now; else its sender waits."""
        if not self.pacing.weighs(message):
            return True
        if message.sender_id in self.findings.full:
            self._returned.append(message)
            return False
        size = outgoing.size
        if self._write(lambda connection: self.pacing.fits(connection, message, size)):
            return True
        self._returned.append(message)
        self.findings.full.add(message.sender_id)
        return False

    def _pair(self) -> list[tuple[Session, Turn]]:
        """Sessions that can begin a message, each with one."""
        hungry = [] if self._over else [one for one in self._sessions if one.hungry]
        if len(self._made) < len(hungry) and self._claimed:
            self._make(max(len(hungry) - len(self._made), MADE_AT_ONCE))
        pairs = []
        earliest = system_now() + self.post.lease / 2
        for session in hungry:
            while self._made:
                message, outgoing = self._made.popleft()
                # Halted, or too long in hand: then it is claimed anew, or by another.
                if self.findings.takes(message) and message.lease_until >= earliest:
                    pairs.append((session, Turn(message, outgoing)))
                    break
                self._returned.append(message)
        return pairs

    def _claim_more(self) -> None:
        """Take as many as are gone within seconds: what falls due meanwhile must not wait."""
        now = time.monotonic()
        quick = now - self._asked < QUICK_BATCH
        self._batch = min(LARGEST_BATCH, 2 * self._batch) if quick else FIRST_BATCH
        self._asked = now
        found = self.claim()
        self._dry = not found
        self._claimed.extend(_by_turns(found))

    def claim(self) -> list[Claimed]:
        """Take messages for this process, as many as the limits of their senders allow."""
        wanted = _both(self.orders.due(self.clock.now()), self.findings.open())
        self._steps = [*self._steps[1:], *self._steps[:1]]
        if self.pacing.limits or self.pacing.grouped:
            return self._write(lambda connection: self._claim_by_limits(connection, wanted))
        return self._write(
            lambda connection: self._claim_of(connection, wanted, self._batch, self._steps)
        )

    def _claim_by_limits(
        self, connection: Connection, wanted: ColumnElement[bool]
    ) -> list[Claimed]:
        """As many as senders and groups of receivers allow; of a group each step has its share."""
        due = and_(wanted, claims.due(self.clock.now()))
        lanes = self.pacing.lanes(connection, due, self._steps) if self.pacing.grouped else None
        free = and_(wanted, ROW.sender_id.not_in(self.pacing.limits))
        taken: list[Claimed] = []
        while True:
            taken += self._claim_paced(connection, wanted, self._batch - len(taken), lanes)
            room = self._batch - len(taken)
            taken += self._claim_of(connection, free, room, self._steps, lanes)
            if lanes is None or not (lanes.shares and any(lanes.room.values())):
                break
            lanes.shares.clear()  # what some of them left over is for all
        if lanes is not None:
            self.pacing.took_to_groups(taken)
        return taken

    def _claim_paced(
        self, connection: Connection, wanted: ColumnElement[bool], most: int, lanes: Lanes | None
    ) -> list[Claimed]:
        """As many as the limits of each sender allow, by turns where several steps have mail."""
        taken: list[Claimed] = []
        for sender_id in sorted(self.findings.sender_ids & self.pacing.limits.keys()):
            room = min(most - len(taken), self.pacing.room(connection, sender_id))
            if room > 0:
                turns = claims.after(
                    claims.last_step(connection, ROW.sender_id == sender_id), self._steps
                )
                mine = and_(wanted, ROW.sender_id == sender_id)
                found = self._claim_of(connection, mine, int(room), turns, lanes)
                self.pacing.took(sender_id, len(found))
                taken += found
        return taken

    def _claim_of(
        self,
        connection: Connection,
        wanted: ColumnElement[bool],
        limit: int,
        turns: Sequence[int],
        lanes: Lanes | None = None,
    ) -> list[Claimed]:
        return claims.claim(
            connection,
            wanted,
            owner=self.life.id,
            limit=limit,
            now=self.clock.now(),
            lease=self.post.lease,
            turns=turns,
            lanes=lanes,
        )

    # ── what is written down ────────────────────────────────────────────────────────────

    def _settle_and_mark(self) -> None:
        """Write down what became of messages and which ones follow; then let those begin."""
        ended = [turn for session in self._sessions for turn in session.take_ended()]
        self._answered = ended
        if any(turn.verdict.outcome is not Outcome.ACCEPTED for turn in ended if turn.verdict):
            self._settle(ended)
            self._answered = ended = []
        asking = [(one, turn) for one in self._sessions if (turn := one.asks) is not None]
        begins = self._pair()
        self._beginning = [turn for _, turn in begins]
        marks = asking + [(one, turn) for one, turn in begins if one.grouped]
        mark = Mark(self.post.lease)
        announced = any(session.grouped for session, _ in begins)
        marked = self._commit(
            ended, [turn.message for _, turn in marks], Phase.MAIL if announced else Phase.DATA
        )
        self._beginning = []
        for session, turn in asking:
            if turn.message.id in marked:
                session.go_on(turn, mark)
            else:
                session.drop(turn)
        for session, turn in begins:
            if turn.message.id in marked:
                turn.mark = mark
            if turn.mark or not session.grouped:
                session.begin(turn)
        self._proceed()

    def _commit(
        self, ended: list[Turn], messages: list[Claimed], phase: Phase = Phase.DATA
    ) -> set[int]:
        """One transaction for all of it; return the ids of the messages that may be sent."""
        wants_more = self._is_low and (not self._dry or time.monotonic() - self._asked >= RECHECK)
        if not (ended or messages or self._returned or wants_more):
            return set()
        now = self.clock.now()
        accepted = [(turn.message, turn.verdict.reply) for turn in ended if turn.verdict]
        returned = self._returned

        def work(connection: Connection) -> tuple[list[Claimed], set[int], list[State]]:
            late = settling.accept(connection, accepted, now=now)
            wanted = self.orders.still_wanted(now)
            marked = (
                claims.mark(
                    connection, messages, wanted, now=now, lease=self.post.lease, phase=phase
                )
                if messages
                else set()
            )
            unwanted = [message for message in messages if message.id not in marked]
            dropped = [self._drop(connection, message) for message in unwanted]
            self._release(connection, returned)
            return late, marked, [state for state in dropped if state is not None]

        late, marked, dropped = self._write(work)
        self._returned = []
        self._answered = [turn for turn in self._answered if turn not in ended]
        if wants_more:
            self._claim_more()
        if ended:
            self._note_accepted(ended, late)
        for state in dropped:
            self.tally.count(state)
        return marked

    def _drop(self, connection: Connection, message: Claimed) -> State | None:
        """End a message that is not wanted for its reason, or give it back."""
        now = self.clock.now()
        ended = claims.drop(connection, message, self.orders.dropped(), now=now)
        if ended is None:
            self.findings.set_aside.add(message.id)
            self._release(connection, [message])
        return ended

    def _release(self, connection: Connection, messages: Iterable[Claimed]) -> None:
        if ids := [message.id for message in messages]:
            self._dry = False
            claims.release(connection, self.life.id, now=self.clock.now(), ids=ids)

    def _note_accepted(self, ended: Iterable[Turn], late: Sequence[Claimed]) -> None:
        too_late = {message.id for message in late}
        for turn in ended:
            if turn.message.id in too_late:
                log.warning("message %s: %s came too late", turn.message.id, turn.verdict)
            else:
                self.tally.count(State.ACCEPTED)
            self.findings.accepted(turn.message)

    def _settle(self, turns: Iterable[Turn]) -> None:
        """Settle each by itself, and draw the conclusions before anything else is begun."""
        self._dry = False
        for turn in turns:
            if turn.verdict is None:
                continue
            verdict, wait = self.findings.weigh(turn.message, turn.verdict)
            if verdict.outcome is Outcome.ACCEPTED:
                self._commit([turn], [])
            else:
                self._settle_refused(turn, verdict, wait)
                envelope_from = turn.outgoing.envelope_from
                self.findings.conclude(turn.message, verdict, envelope_from)

    def _settle_refused(self, turn: Turn, verdict: Verdict, wait: timedelta | None) -> None:
        message, now = turn.message, self.clock.now()
        to = STATES.get(verdict.outcome, State.QUEUED)
        said = {"phase": verdict.phase, "reply": verdict.reply}
        told = f"{self.findings.relay}\n{smtp.transcript(turn)}"

        def work(connection: Connection) -> bool:
            match to:
                case State.REFUSED:
                    reason = verdict.reason
                    return settling.refuse(
                        connection, message, reason=reason, now=now, transcript=told, **said
                    )
                case State.DEFERRED:
                    return settling.defer(connection, message, now=now, transcript=told, **said)
                case State.UNCERTAIN:
                    reply = verdict.reply
                    return settling.doubt(connection, message, reply, now=now, transcript=told)
                case _:
                    later = now + wait if wait else None
                    return settling.put_back(connection, message, now=now, not_before=later, **said)

        if not self._write(work):
            log.warning("message %s: %s came too late", message.id, verdict)
        elif to is not State.QUEUED:
            self.tally.count(to)

    def _proceed(self) -> None:
        for session in self._sessions:
            turn = session.ready
            if turn is not None and not self.findings.takes(turn.message):
                session.drop(turn)
            session.proceed()
            if session.retired:
                session.quit()
        self._sessions = [one for one in self._sessions if not one.closed or one.ended]

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._writer.write(work)

    # ── the end ─────────────────────────────────────────────────────────────────────────

    def _end(self) -> None:
        """Give back what was not begun, whatever happened, and say goodbye."""
        self._left.set()
        self._close_opened()
        for session in self._sessions:
            session.quit() if not session.busy else session.abandon(STOPPED)
        with suppress(SQLAlchemyError):
            self._give_back()
        while any(not session.closed for session in self._sessions):
            self._watch()
        self._writer.close()
        self._bell.close()
        self._ear.close()

    def _give_back(self) -> None:
        """Leave nothing in hand: this process may live on after whatever ended the pass."""
        left = [*self._returned, *self._claimed, *(message for message, _ in self._made)]
        self._claimed.clear()  # nothing is made while the goodbyes are waited for
        with self.life.engine.begin() as connection:
            self._release(connection, left)
        ended = [turn for session in self._sessions for turn in session.take_ended()]
        for turn in [*self._answered, *self._beginning, *ended]:
            verdict = turn.verdict or Verdict(Outcome.UNSENT, Phase.MAIL, STOPPED)
            if verdict.outcome is Outcome.ACCEPTED:
                self._commit([turn], [])
            else:
                self._settle_refused(turn, verdict, None)


@lru_cache(maxsize=64)
def _both(due: ColumnElement[bool], open_: ColumnElement[bool]) -> ColumnElement[bool]:
    """One and the same expression for the same two: then it is compiled once."""
    return and_(due, open_)


def _by_turns(messages: Iterable[Claimed]) -> list[Claimed]:
    """Notices first; then letters, of each step one by turns."""
    places: Counter[int | None] = Counter()

    def place(message: Claimed) -> tuple[bool, int]:
        if message.kind is not Kind.LETTER:
            return False, 0
        places[message.step_id] += 1
        return True, places[message.step_id]

    return sorted(messages, key=place)


def _mask(session: Session) -> int:
    return select.POLLIN | (select.POLLOUT if session.wants_to_write else 0)
