"""Real processes: a relay that notes what it took, senders that are killed, and the check."""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import TRANSITIONS, DeliveryEvent, Message, State
from tests.conftest import NOON
from tests.delivery.relay import Rule, read_log
from tests.faults.zygote import PATIENCE, ROOT, Sender


@dataclass
class RelayProcess:
    """Our scripted relay as a process of its own: no kill of a sender touches it."""

    process: "subprocess.Popen[str]"
    log: Path
    port: int

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def taken(self) -> list[dict[str, str]]:
        return read_log(self.log)

    def count(self) -> int:
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def wait_for(self, count: int, sender: Sender) -> None:
        """Wait until so many messages were taken, or the sender ended."""
        wait_until(lambda: self.count() >= count or not sender.runs)


@contextmanager
def relay_process(
    log: Path, *rules: Rule, delay: float = 0.0, extensions: str = "SIZE PIPELINING"
) -> Iterator[RelayProcess]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.delivery.relay", "--log", str(log)),
            *(
                "--delay",
                str(delay),
                "--extensions",
                extensions,
                "--rules",
                json.dumps([asdict(rule) for rule in rules]),
            ),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield RelayProcess(process, log, int(process.stdout.readline()))
    finally:
        process.stdin.close()  # it ends with its standard input
        process.wait(10)
        process.stdout.close()


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def is_stopped(sender: Sender) -> bool:
    """Whether a process is stopped by a signal."""
    status = Path(f"/proc/{sender.pid}/status").read_text()
    return bool(re.search(r"^State:\s+T", status, re.M))


@dataclass(frozen=True)
class Result:
    """What the relay's log and our rows say of each other."""

    lost: list[str]
    twice: list[str]
    uncertain: list[str]
    false: list[str]  #: accepted by our books, unknown to the relay


def compare(relay: RelayProcess) -> Result:
    db.session.expire_all()
    db.session.rollback()
    taken = Counter(one["message_id"] for one in relay.taken())
    rows = db.session.scalars(select(Message)).all()
    db.session.expunge_all()
    db.session.rollback()
    ended = (State.REFUSED, State.SUPPRESSED, State.CANCELLED, State.EXPIRED)
    waits = (State.UNCERTAIN, State.QUEUED, State.DEFERRED)
    return Result(
        lost=[
            row.address
            for row in rows
            if not taken[row.message_id] and row.state not in (*ended, *waits)
        ],
        twice=[row.address for row in rows if taken[row.message_id] > 1],
        uncertain=[row.address for row in rows if row.state is State.UNCERTAIN],
        false=[
            row.address
            for row in rows
            if row.state is State.ACCEPTED and taken[row.message_id] != 1
        ],
    )


def settle_by_log(relay: RelayProcess) -> tuple[int, int]:
    """Decide what is in doubt by what the relay noted; return (had arrived, had not)."""
    noted = {one["message_id"] for one in relay.taken()}
    arrived = missing = 0
    for message in db.session.scalars(select(Message).where(Message.state == State.UNCERTAIN)):
        if message.message_id in noted:
            outbox.settle_uncertain(message, as_="sent", by=CLI, note="log", now=NOON)
            arrived += 1
        else:
            outbox.settle_uncertain(message, as_="resend", by=CLI, note="log", now=NOON)
            missing += 1
    db.session.commit()
    return arrived, missing


def odd_transitions() -> list[tuple[State | None, State]]:
    """Transitions on record that the table does not know, or that do not connect."""
    events = db.session.execute(
        select(DeliveryEvent.message_id, DeliveryEvent.from_state, DeliveryEvent.to_state).order_by(
            DeliveryEvent.id
        )
    )
    at: dict[int, State] = {}
    odd = []
    for message_id, was, to in events:
        if to not in TRANSITIONS.get(was, ()) or at.get(message_id) is not was:
            odd.append((was, to))
        at[message_id] = to
    return odd
