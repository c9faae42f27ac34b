"""The connections to one relay. Each is a thread that takes messages one by one.

A thread holds no Flask context and no ORM session: its transactions are its own, short, and
never open while it waits for a relay.
"""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from outreach.clock import Clock, system_now
from outreach.db import READ_ONLY
from outreach.delivery import breaker, claims, relays, verdicts
from outreach.delivery.claims import ROW
from outreach.delivery.models import Kind, Message, State
from outreach.delivery.orders import Orders, Outgoing, Post, Tally
from outreach.delivery.pacing import Pacing
from outreach.delivery.relays import RelaySettings
from outreach.delivery.smtp import Conversation, Mark
from outreach.delivery.verdicts import Outcome, Phase, Verdict
from outreach.delivery.workers import Life

BATCH = 20
MOST_ENDINGS = 10  #: sessions in a row that end without an answer: then the relay is at fault
MOST_CONTENT = 3  #: letters of a step in a row refused for what they say: then we are
AFTER_ENDINGS = timedelta(minutes=1)  #: for a message with which two sessions ended
SETTLE_PAUSES = (0.5, 2.0, 5.0)  #: seconds; an answer that was read is worth waiting for
#: Where a verdict leaves its message; whatever else is said of it, it waits as before.
STATES = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.DEFERRED: State.DEFERRED,
    Outcome.UNCERTAIN: State.UNCERTAIN,
}
log = logging.getLogger(__name__)


@dataclass
class Route:
    """All connections to one relay in one pass, and what they must know of each other."""

    life: Life
    clock: Clock
    orders: Orders
    post: Post
    tally: Tally
    relay: RelaySettings
    sender_ids: frozenset[int]  #: those whose mail it takes; one that is refused drops out
    pacing: Pacing = field(default_factory=Pacing)
    closed: bool = False  #: the relay takes nothing now
    _halted_steps: set[int] = field(default_factory=set)
    _set_aside: set[int] = field(default_factory=set)  #: messages not to take again this pass
    _ended_with: set[int] = field(default_factory=set)  #: messages with which a session ended
    _worked: set[int] = field(default_factory=set)  #: senders whose mail it took
    _content: dict[int, list[Message]] = field(default_factory=dict)
    _endings: int = 0
    _turns: list[int] = field(default_factory=list)  #: steps whose letters leave by turns
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def run(self) -> None:
        """Send until nothing is due, over as many connections as there is work for."""
        count = self._work_for(self.pacing.connections(self.post.connections))
        if not count:  # another process was faster
            return
        with ThreadPoolExecutor(count, thread_name_prefix=f"to {self.relay}") as pool:
            lanes = [pool.submit(Lane(self).run) for _ in range(count)]
        for lane in lanes:
            lane.result()

    def _work_for(self, most: int) -> int:
        """How many connections there are messages for: each costs the receiver a greeting."""
        now = self.clock.now()
        wanted = and_(self.orders.due(now), self._open())
        with self.life.engine.connect().execution_options(**READ_ONLY) as connection:
            self._turns = claims.steps_that_wait(connection)
            return claims.count_due(connection, wanted, now=now, most=most)

    @property
    def over(self) -> bool:
        return self.closed or self.life.stopping.is_set()

    def claim(self) -> list[Message]:
        wanted = and_(self.orders.due(self.clock.now()), self._open())
        with self._lock:
            self._turns = [*self._turns[1:], *self._turns[:1]]
        with self.life.engine.begin() as connection:
            if not self.pacing.limits:
                return self._claim(connection, wanted, BATCH, self._turns)
            taken = self._claim_paced(connection, wanted)
            free = and_(wanted, ROW.sender_id.not_in(self.pacing.limits))
            taken += self._claim(connection, free, BATCH - len(taken), self._turns)
        return sorted(taken, key=lambda message: message.kind is Kind.LETTER)

    def _claim_paced(self, connection: Connection, wanted: ColumnElement[bool]) -> list[Message]:
        """As many as the limits of each sender allow, by turns where several steps have mail."""
        taken: list[Message] = []
        for sender_id in sorted(self.sender_ids & self.pacing.limits.keys()):
            room = min(BATCH - len(taken), self.pacing.room(connection, sender_id))
            if room > 0:
                last = claims.last_step(connection, sender_id) or 0
                turns = sorted(self._turns, key=lambda step_id: (step_id <= last, step_id))
                mine = and_(wanted, ROW.sender_id == sender_id)
                found = self._claim(connection, mine, int(room), turns)
                self.pacing.took(sender_id, len(found))
                taken += found
        return taken

    def _claim(
        self,
        connection: Connection,
        wanted: ColumnElement[bool],
        limit: int,
        turns: Sequence[int],
    ) -> list[Message]:
        return claims.claim(
            connection,
            wanted,
            owner=self.life.id,
            limit=limit,
            now=self.clock.now(),
            lease=self.post.lease,
            turns=turns,
        )

    def fits(self, message: Message, outgoing: Outgoing) -> bool:
        """Whether the octets of this message may leave now; else its sender waits."""
        if not self.pacing.weighs(message):
            return True
        with self.life.engine.begin() as connection:
            if self.pacing.fits(connection, message, outgoing.size):
                return True
            claims.release(connection, self.life.id, now=self.clock.now(), ids=[message.id])
        with self._lock:
            self.sender_ids -= {message.sender_id}
        return False

    def takes(self, message: Message) -> bool:
        """Whether this message may still be tried in this pass."""
        return (
            not self.over
            and message.sender_id in self.sender_ids
            and message.step_id not in self._halted_steps
        )

    def set_aside(self, message: Message) -> None:
        with self._lock:
            self._set_aside.add(message.id)

    def shut(self, message: Message, verdict: Verdict, fault: str) -> None:
        """Leave the relay, or one sender at it, alone for a while."""
        one_sender = verdict.outcome is Outcome.OURS and verdict.phase is not Phase.AUTH
        key = relays.sender_key(message.sender_id) if one_sender else self.relay.key
        with self.life.engine.begin() as connection:
            breaker.trip(connection, key, fault=fault, reply=verdict.reply, at=system_now())
        with self._lock:
            if one_sender:
                self.sender_ids -= {message.sender_id}
            else:
                self.closed = True
        if verdict.outcome is Outcome.OURS:
            self._our_fault(message, fault)
        else:
            self.tally.stop(fault)

    def ended_before(self, message: Message) -> bool:
        """Whether a session ended with this message before; the first time may be chance."""
        with self._lock:
            before = message.id in self._ended_with
            self._ended_with.add(message.id)
            return before

    def ended(self, message: Message, verdict: Verdict) -> None:
        """A session ended without an answer; many in a row are the relay's doing."""
        with self._lock:
            self._endings += 1
            many = self._endings >= MOST_ENDINGS and not self.closed
        if many:
            self.shut(message, verdict, verdicts.often_lost(str(self.relay), verdict))

    def answered(self, message: Message, verdict: Verdict) -> None:
        """The relay gave a definite answer on this message: it works."""
        with self._lock:
            self._endings = 0
        if verdict.outcome is Outcome.ACCEPTED:
            self._works_for(message)
        elif verdict.reason in verdicts.ABOUT_THE_LETTER and message.step_id is not None:
            self._refused_letter(message, message.step_id, verdict)

    def _works_for(self, message: Message) -> None:
        with self._lock:
            if message.step_id is not None:
                self._content.pop(message.step_id, None)
            first = message.sender_id not in self._worked
            self._worked.add(message.sender_id)
        if first:
            with self.life.engine.begin() as connection:
                breaker.mend(connection, self.relay.key)
                breaker.mend(connection, relays.sender_key(message.sender_id))

    def _refused_letter(self, message: Message, step_id: int, verdict: Verdict) -> None:
        """One refused letter may be chance; three in a row are ours, and none of theirs."""
        with self._lock:
            refused = self._content.setdefault(step_id, [])
            refused.append(message)
            if len(refused) < MOST_CONTENT:
                return
            del self._content[step_id]
            self._halted_steps.add(step_id)
        now = self.clock.now()
        with self.life.engine.begin() as connection:
            for one in refused:
                if claims.take_back_refusal(connection, one, now=now):
                    self.tally.count(State.REFUSED, -1)
        self._our_fault(message, verdicts.letter_refused(str(self.relay), verdict))

    def _our_fault(self, message: Message, fault: str) -> None:
        self.tally.stop(fault)
        with self.orders.around():
            self.orders.on_our_fault(message, fault)

    def _open(self) -> ColumnElement[bool]:
        with self._lock:
            return and_(
                ROW.sender_id.in_(self.sender_ids),
                ROW.step_id.is_(None) | ROW.step_id.not_in(self._halted_steps),
                ROW.id.not_in(self._set_aside),
            )


class Lane:
    """One connection: what it claims it settles, or gives back."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.conversation = Conversation(route.relay, route.post.timeouts)

    def run(self) -> None:
        try:
            while not self.route.over and (batch := self.route.claim()):
                self._work(batch)
        finally:
            self.conversation.quit()

    def _work(self, batch: list[Message]) -> None:
        """Send a batch; what is not begun goes back, whatever happens."""
        left = list(batch)
        try:
            while left and self._may_begin(left[0]):
                self._send(left[0])
                left.pop(0)
        finally:
            if left:
                self._give_back(left)

    def _may_begin(self, message: Message) -> bool:
        """Stopped, halted, or too long in hand: then it is claimed anew, or by another."""
        waited = self.route.post.lease - ((message.lease_until or system_now()) - system_now())
        return self.route.takes(message) and waited < self.route.post.lease / 2

    def _send(self, message: Message) -> None:
        outgoing = self._render(message)
        if outgoing is None or not self.route.fits(message, outgoing):
            return
        verdict = self._converse(message, outgoing)
        if verdict is not None:
            self._settle(message, outgoing, verdict)

    def _render(self, message: Message) -> Outgoing | None:
        orders = self.route.orders
        try:
            with orders.around():
                return orders.render(message)
        except Exception as error:
            # Whatever is wrong with this one must not stop the others.
            log.exception("message %s cannot be made into a mail", message.id)
            with self.route.life.engine.begin() as connection:
                to = claims.fault(connection, message, error, now=self.route.clock.now())
            if to is State.FAILED:
                self.route.tally.count(to)
            return None

    def _converse(self, message: Message, outgoing: Outgoing) -> Verdict | None:
        """Talk to the relay about one message; None when it was not wanted any more."""
        talk = self.conversation
        if failed := talk.open():
            return failed
        if refused := talk.offer(outgoing.envelope_from, outgoing.to, outgoing.size):
            return refused
        mark = Mark(self.route.post.lease)
        if not self._mark(message):
            talk.reset()
            return None
        return talk.hand_over(outgoing.pieces, mark)

    def _mark(self, message: Message) -> bool:
        """Mark and commit; else end it for its reason, or give it back."""
        route, now = self.route, self.route.clock.now()
        with route.life.engine.begin() as connection:
            wanted = route.orders.still_wanted(now)
            if claims.mark(connection, message, wanted, now=now, lease=route.post.lease):
                return True
            ended = claims.drop(connection, message, route.orders.dropped(), now=now)
            if ended is not None:
                route.tally.count(ended)
            else:
                route.set_aside(message)
                claims.release(connection, route.life.id, now=now, ids=[message.id])
        return False

    def _settle(self, message: Message, outgoing: Outgoing, verdict: Verdict) -> None:
        again = verdict.outcome is Outcome.SESSION and self.route.ended_before(message)
        if again and verdict.dropped:  # both sessions hung up at it: it may be the message
            verdict = replace(verdict, outcome=Outcome.DEFERRED)
        for pause in (*SETTLE_PAUSES, None):
            try:
                self._write(message, verdict, wait=AFTER_ENDINGS if again else None)
                break
            except OperationalError:
                if pause is None:
                    raise
                time.sleep(pause)
        self._draw_conclusions(message, outgoing, verdict)

    def _write(self, message: Message, verdict: Verdict, wait: timedelta | None) -> None:
        now = self.route.clock.now()
        said = {"phase": verdict.phase, "reply": verdict.reply}
        with self.route.life.engine.begin() as connection:
            match STATES.get(verdict.outcome, State.QUEUED):
                case State.ACCEPTED as to:
                    done = claims.accept(connection, message, verdict.reply, now=now)
                case State.REFUSED as to:
                    done = claims.refuse(
                        connection, message, reason=verdict.reason, now=now, **said
                    )
                case State.DEFERRED as to:
                    done = claims.defer(connection, message, now=now, **said)
                case State.UNCERTAIN as to:
                    done = claims.doubt(connection, message, verdict.reply, now=now)
                case to:
                    later = now + wait if wait else None
                    done = claims.put_back(connection, message, now=now, not_before=later, **said)
        if not done:
            log.warning("message %s: %s came too late", message.id, verdict)
        elif to is not State.QUEUED:
            self.route.tally.count(to)

    def _draw_conclusions(self, message: Message, outgoing: Outgoing, verdict: Verdict) -> None:
        route = self.route
        if verdict.outcome in (Outcome.RELAY, Outcome.OURS):
            fault = verdicts.fault(verdict, str(route.relay), outgoing.envelope_from)
            route.shut(message, verdict, fault)
        elif verdict.dropped or verdict.outcome is Outcome.SESSION:
            route.ended(message, verdict)
        elif verdict.outcome is not Outcome.UNSENT:
            route.answered(message, verdict)

    def _give_back(self, left: list[Message]) -> None:
        route = self.route
        with suppress(SQLAlchemyError), route.life.engine.begin() as connection:
            ids = [message.id for message in left]
            claims.release(connection, route.life.id, now=route.clock.now(), ids=ids)
