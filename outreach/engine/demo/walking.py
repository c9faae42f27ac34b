"""Moving the demo's clock: never a jump, always a walk from one due moment to the next.

At each moment the same work is done that `serve` does, and the griffies act whose time has
come, so that a letter of Monday is answered on Tuesday before the reminder of Friday goes.
"""

import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from outreach.clock import AMSTERDAM, at_wall, dutch_date
from outreach.engine.demo.clock import DemoClock
from outreach.engine.demo.inbox import Inbox
from outreach.engine.demo.visiting import Door, VisitFailed, visit
from outreach.errors import Invalid

log = logging.getLogger(__name__)

#: How far apart visits are that are done at one moment.
TOGETHER = timedelta(hours=1)


class Jump(StrEnum):
    """The buttons of the clock's bar, by the value they send."""

    HOUR = "uur"
    DAY = "dag"
    NEXT = "gebeurtenis"


class Work(Protocol):
    """What is done at each moment."""

    def is_due(self) -> bool:
        """Whether anything is due now."""
        ...

    def all_due(self) -> None:
        """Do everything that is due now."""
        ...

    def next_due(self) -> datetime | None:
        """The first moment to come at which something of ours is due."""
        ...


@dataclass(frozen=True)
class Coming:
    """The next thing that will happen by itself."""

    at: datetime
    visits: int = 0  #: how many griffies act by then; none when it is letters that leave


@dataclass
class Walker:
    """Holds the clock's hands. `run` has a thread of its own; pages ask the rest."""

    clock: DemoClock
    inbox: Inbox
    work: Work
    door: Door
    stopping: threading.Event
    #: Held by whoever does due work, so that a tick and a walk do not do it both.
    busy: threading.Lock = field(default_factory=threading.Lock)
    #: Where the walk goes; None while the clock just runs.
    target: datetime | None = None
    #: The next event, as it stood a moment ago.
    coming: Coming | None = None
    #: E-mail address and password of the demo's coordinator, for the front page.
    sign_in: tuple[str, str] | None = None
    _wake: threading.Condition = field(default_factory=threading.Condition)

    def jump(self, button: str) -> None:
        """Begin to walk to where a button points. A walk under way is lengthened.

        :raises Invalid: no such button
        """
        if button not in set(Jump):
            raise Invalid(f"“{button}” kan de klok niet. Kies een knop of een dag.")
        start = self.target or self.clock.now()
        if button == Jump.NEXT:
            self.walk_to(self.coming.at if self.coming else start)
        elif button == Jump.HOUR:
            self.walk_to(start + timedelta(hours=1))
        else:  # the same time on the clock, also when summer time begins
            tomorrow = start.astimezone(AMSTERDAM) + timedelta(days=1)
            self.walk_to(tomorrow.astimezone(UTC))

    def walk_to(self, target: datetime) -> None:
        """Begin to walk to a moment; one that is past changes nothing."""
        with self._wake:
            if target > (self.target or self.clock.now()):
                self.target = target
                self._wake.notify()

    def run(self) -> None:
        """Walk whenever a page asks, until `stopping`."""
        while not self.stopping.is_set():
            try:
                self._turn()
            except Exception:  # the thread's outermost point: without it the clock stands still
                log.exception("the clock stopped on its way to %s", self.target)
                self.target = None

    def _turn(self) -> None:
        self.refresh()
        with self._wake:
            if self.target is None:
                self._wake.wait(timeout=1)
        if self.target is not None:
            self.walk()

    def refresh(self) -> None:
        """Look again what comes next."""
        self.coming = self._next_event()

    def tick(self) -> None:
        """What is due while the clock just runs; nothing when a walk is under way."""
        if not self.busy.acquire(blocking=False):
            return
        try:
            self._do_due()
        finally:
            self.busy.release()

    def act(self) -> int:
        """Let the griffies act whose time has come; return how many did."""
        count = 0
        while (due := self.inbox.next_visit()) and due.due <= self.clock.now():
            if self.stopping.is_set():
                break
            count += 1
            fault = ""
            try:
                visit(self.door, self.inbox, due)
            except VisitFailed as error:
                fault = str(error)
                log.error("a griffie of the demo could not do %r: %s", due.act, fault)
            self.inbox.visited(due, fault)
        return count

    def walk(self) -> None:
        """Go to `target`, through every due moment before it."""
        with self.busy:
            while self.target and not self.stopping.is_set():
                self._do_due()
                self._step()

    def _do_due(self) -> None:
        if self.work.is_due():
            self.work.all_due()
        if self.act():
            self.work.all_due()  # what the product tells those griffies

    def _step(self) -> None:
        """Put the clock on the next due moment, or on the end of the walk."""
        moments = self._coming_moments()
        with self._wake:
            target = self.target or self.clock.now()
            nearest = min((moment for moment in moments if moment), default=None)
            if nearest is not None and nearest <= target:
                self.clock.move_to(nearest)
                return
            self.clock.move_to(target)
            self.coming = None
            self.target = None

    def _coming_moments(self) -> list[datetime | None]:
        """When something of ours is due, and when the next to act have done so.

        Who acts within an hour acts at the end of it, if nothing of ours falls due in between:
        a walk over weeks takes half as long, and nobody answers after the reminder.
        """
        due, visit = self.work.next_due(), self.inbox.next_visit()
        if visit is None or (due is not None and due <= visit.due):
            return [due]
        ends = [due, self.target, visit.due + TOGETHER]
        soon = self.inbox.visits_before(min(end for end in ends if end)) or [visit]
        return [due, soon[-1].due]

    def _next_event(self) -> Coming | None:
        """Letters that leave, or the griffies that act on one day."""
        due, first = self.work.next_due(), self.inbox.next_visit()
        if first is None or (due is not None and due <= first.due):
            return None if due is None else Coming(due)
        midnight = at_wall(dutch_date(first.due) + timedelta(days=1), time(0))
        that_day = self.inbox.visits_before(min(due, midnight) if due else midnight)
        return Coming(that_day[-1].due, visits=len(that_day))
