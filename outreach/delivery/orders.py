"""What sending is told, and what it tells back."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement

from outreach.delivery import claims
from outreach.delivery.claims import Claimed
from outreach.delivery.connecting import Timeouts
from outreach.delivery.mime import ADDRESS, Unmailable
from outreach.delivery.models import State
from outreach.delivery.pacing import Spread
from outreach.delivery.providers import Providers


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it leaves.

    :raises Unmailable: no mail can be sent from or to such an address
    """

    #: Its bytes in pieces, each made by `mime.as_data`: together all of DATA but the last dot.
    pieces: tuple[bytes, ...]
    envelope_from: str  #: where bounces go
    to: str

    def __post_init__(self) -> None:
        for address in (self.envelope_from, self.to):
            _check(address)

    @property
    def size(self) -> int:
        """Octets (RFC 1870)."""
        return sum(map(len, self.pieces))


@lru_cache(maxsize=64)
def _check(address: str) -> None:
    if not ADDRESS.fullmatch(address):
        raise Unmailable(f"Dit is geen adres om post mee te sturen: “{address[:80]!a}”.")


@dataclass(frozen=True)
class Orders:
    """What sending must know of campaigns and letters. Expressions are over `Message`."""

    #: Whether a message may be tried at this moment: its campaign runs, its window is open.
    #: That its own time has come (`not_before`, `expires_at`) is asked beside it.
    due: Callable[[datetime], ColumnElement[bool]]
    #: Asked once more in the very statement that marks it: paused, answered, suppressed since?
    still_wanted: Callable[[datetime], ColumnElement[bool]]
    #: The code of why it must end unsent ("answered", "suppressed"), or NULL.
    dropped: Callable[[], ColumnElement[Any]]
    render: Callable[[Claimed], Outgoing]
    #: We were refused as a whole at this message: pause its campaign, tell a person (in Dutch).
    on_our_fault: Callable[[Claimed, str], None]
    #: Entered around calls of `render` and `on_our_fault`, in the thread that makes them.
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    #: Told, before they are rendered one by one, which messages come next.
    coming: Callable[[Sequence[Claimed]], None] = lambda _: None


@dataclass(frozen=True)
class Post:
    """Where mail goes, over how many connections, and with how much patience."""

    instance: Path
    default_url: str  #: "" when there is none
    connections: int = 2  #: to each relay
    lease: timedelta = claims.LEASE
    timeouts: Timeouts = field(default_factory=Timeouts)
    probe: bool = False  #: also try a relay that is left alone: a person asks for it
    limits: bool = True  #: keep to the limits of senders
    spread: Spread | None = None  #: of a process that goes on, and need not hurry
    providers: Providers = field(default_factory=dict)  #: whose accounts can be connected
    grouped: bool = True  #: use PIPELINING where a relay offers it
    ahead: bool = True  #: then also announce a message together with the dot before it


class Tally:
    """What became of the messages that were tried. May be read meanwhile, for progress."""

    def __init__(self) -> None:
        self.ended: Counter[State] = Counter()
        self.stopped: list[str] = []  #: relays and senders refused as a whole: Dutch sentences
        self._lock = threading.Lock()

    @property
    def tried(self) -> int:
        return self.ended.total()

    def count(self, state: State, by: int = 1) -> None:
        with self._lock:
            self.ended[state] += by

    def stop(self, fault: str) -> None:
        with self._lock:
            if fault not in self.stopped:
                self.stopped.append(fault)

    def add(self, other: "Tally") -> None:
        """Count what another pass did too."""
        for state, number in other.ended.items():
            self.count(state, number)
        for fault in other.stopped:
            self.stop(fault)
