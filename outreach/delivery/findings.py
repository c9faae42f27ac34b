"""What one pass learns of a relay, its senders and its letters, and what follows from it.

A verdict on one message may be about more than that message: then the relay is left alone
for a while, a sender drops out, or a campaign is paused and a person told.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache, partial

from sqlalchemy import ColumnElement, Connection, Engine, and_

from outreach.clock import Clock, system_now
from outreach.delivery import breaker, relays, settling, verdicts
from outreach.delivery.claims import ROW, Claimed
from outreach.delivery.models import State
from outreach.delivery.orders import Orders, Tally
from outreach.delivery.relays import RelaySettings
from outreach.delivery.verdicts import LATE, Outcome, Phase, Verdict
from outreach.delivery.writing import write

MOST_ENDINGS = 10  #: sessions in a row that end without an answer: then the relay is at fault
MOST_CONTENT = 3  #: letters of a step in a row refused for what they say: then we are
AFTER_ENDINGS = timedelta(minutes=1)  #: for a message with which two sessions ended


@dataclass
class Findings:
    """What is known of one relay in this pass."""

    engine: Engine
    clock: Clock
    orders: Orders
    tally: Tally
    relay: RelaySettings
    sender_ids: set[int]  #: those whose mail it takes; one that is refused drops out
    closed: bool = False  #: the relay takes nothing now
    set_aside: set[int] = field(default_factory=set)  #: messages not to take again this pass
    full: set[int] = field(default_factory=set)  #: senders of which no more may leave now
    _halted_steps: set[int] = field(default_factory=set)
    _ended_with: set[int] = field(default_factory=set)  #: messages with which a session ended
    _late_with: set[int] = field(default_factory=set)  #: messages for which a lease was too short
    _worked: set[int] = field(default_factory=set)  #: senders whose mail it took
    _content: dict[int, list[Claimed]] = field(default_factory=dict)
    _endings: int = 0

    def open(self) -> ColumnElement[bool]:
        """SQL over `message`: it may still be tried in this pass."""
        sets = self.sender_ids - self.full, self._halted_steps, self.set_aside
        return _open(*map(frozenset, sets))

    def takes(self, message: Claimed) -> bool:
        """Whether this message may still be tried in this pass."""
        return message.sender_id in self.sender_ids and message.step_id not in self._halted_steps

    def weigh(self, message: Claimed, verdict: Verdict) -> tuple[Verdict, timedelta | None]:
        """The verdict in the light of what came before, and how long the message must wait.

        A session that ends with a message may be chance; the second time it may be the message.
        """
        if verdict.reason == LATE:  # a relay that takes minutes must not get it for ever
            again = message.id in self._late_with
            self._late_with.add(message.id)
            return (replace(verdict, outcome=Outcome.DEFERRED) if again else verdict), None
        if verdict.outcome is not Outcome.SESSION:
            return verdict, None
        again = message.id in self._ended_with
        self._ended_with.add(message.id)
        if not again:
            return verdict, None
        outcome = Outcome.DEFERRED if verdict.dropped else verdict.outcome
        return replace(verdict, outcome=outcome), AFTER_ENDINGS

    def accepted(self, message: Claimed) -> None:
        """The relay took it: the relay works, its sender may, and its letter is not refused."""
        self._endings = 0
        if message.step_id is not None and self._content:
            self._content.pop(message.step_id, None)
        if message.sender_id not in self._worked:
            self._worked.add(message.sender_id)
            for key in (self.relay.key, relays.sender_key(message.sender_id)):
                write(self.engine, partial(breaker.mend, key=key))

    def conclude(self, message: Claimed, verdict: Verdict, envelope_from: str) -> None:
        """What a verdict other than acceptance says of more than its message."""
        if verdict.outcome in (Outcome.RELAY, Outcome.OURS):
            fault = verdicts.fault(verdict, str(self.relay), envelope_from)
            self._shut(message, verdict, fault)
        elif verdict.dropped or verdict.outcome is Outcome.SESSION:
            self._session_ended(message, verdict)
        elif verdict.outcome is not Outcome.UNSENT:
            self._endings = 0
            if verdict.reason in verdicts.ABOUT_THE_LETTER and message.step_id is not None:
                self._refused_letter(message, message.step_id, verdict)

    def _session_ended(self, message: Claimed, verdict: Verdict) -> None:
        """A session ended without an answer; many in a row are the relay's doing."""
        self._endings += 1
        if self._endings >= MOST_ENDINGS and not self.closed:
            self._shut(message, verdict, verdicts.often_lost(str(self.relay), verdict))

    def _shut(self, message: Claimed, verdict: Verdict, fault: str) -> None:
        """Leave the relay, or one sender at it, alone for a while."""
        one_sender = verdict.outcome is Outcome.OURS and verdict.phase is not Phase.AUTH
        key = relays.sender_key(message.sender_id) if one_sender else self.relay.key
        at, reply = system_now(), verdict.reply
        write(self.engine, partial(breaker.trip, key=key, fault=fault, reply=reply, at=at))
        if one_sender:
            self.sender_ids.discard(message.sender_id)
        else:
            self.closed = True
        if verdict.outcome is Outcome.OURS:
            self._our_fault(message, fault)
        else:
            self.tally.stop(fault)

    def _refused_letter(self, message: Claimed, step_id: int, verdict: Verdict) -> None:
        """One refused letter may be chance; three in a row are ours, and none of theirs."""
        refused = self._content.setdefault(step_id, [])
        refused.append(message)
        if len(refused) < MOST_CONTENT:
            return
        del self._content[step_id]
        self._halted_steps.add(step_id)
        now = self.clock.now()

        def take_back(connection: Connection) -> int:
            return sum(settling.take_back_refusal(connection, one, now=now) for one in refused)

        self.tally.count(State.REFUSED, -write(self.engine, take_back))
        self._our_fault(message, verdicts.letter_refused(str(self.relay), verdict))

    def _our_fault(self, message: Claimed, fault: str) -> None:
        self.tally.stop(fault)
        with self.orders.around():
            self.orders.on_our_fault(message, fault)


@lru_cache(maxsize=64)
def _open(
    senders: frozenset[int], halted_steps: frozenset[int], set_aside: frozenset[int]
) -> ColumnElement[bool]:
    return and_(
        ROW.sender_id.in_(senders),
        ROW.step_id.is_(None) | ROW.step_id.not_in(halted_steps),
        ROW.id.not_in(set_aside),
    )
