"""Messages to send, and the sending of them, without any campaign."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery import outbox, sending
from outreach.delivery.connecting import Timeouts
from outreach.delivery.models import DeliveryEvent, Kind, Message, State
from outreach.delivery.orders import Orders, Post, Tally
from outreach.delivery.workers import Life
from tests.conftest import NOON
from tests.delivery.trivial import orders
from tests.factories import make_sender

QUICK = Timeouts(connect=2, greeting=2, command=2, data=2, body=2, dot=2, goodbye=1)


def make_messages(*names: str, kind: Kind = Kind.LETTER, **details: Any) -> list[Message]:
    """One message to each griffie named, in that order."""
    sender_id = details.pop("sender_id", None) or make_sender().id
    rows = [
        outbox.row(
            kind,
            f"{kind}:{name}",
            sender_id=sender_id,
            address=address(name),
            now=NOON,
            key="a key of the tests",
            domain="coalitie.example",
            content={"subject": "Oproep", "text": f"Geachte griffier van {name},", "html": ""},
            **details,
        )
        for name in names
    ]
    outbox.queue_many(rows)
    db.session.commit()
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def address(name: str) -> str:
    return f"griffie@{name}.example"


@dataclass
class Faults:
    """Where `on_our_fault` ends up."""

    told: list[tuple[int, str]] = field(default_factory=list)

    def __call__(self, message: Message, fault: str) -> None:
        self.told.append((message.id, fault))


def send(
    url: str,
    clock: FixedClock,
    *,
    given: Orders | None = None,
    instance: Path = Path("nowhere"),
    until_empty: bool = True,
    **post: Any,
) -> Tally:
    """Send what is due in the test's database, as `outreach deliver --until-empty` does."""
    db.session.commit()
    post = {"connections": 1, "timeouts": QUICK} | post
    with Life(db.engine) as life:
        once = sending.send_until_empty if until_empty else sending.send_due
        tally = once(
            life,
            clock=clock,
            orders=given or orders(),
            post=Post(instance=instance, default_url=url, **post),
        )
    db.session.expire_all()
    return tally


def states() -> dict[str, State]:
    """The state of each message, by the name it was made with."""
    rows = db.session.execute(select(Message.dedupe_key, Message.state).order_by(Message.id))
    return {key.partition(":")[2]: state for key, state in rows}


def one(name: str) -> Message:
    message = db.session.scalar(select(Message).where(Message.dedupe_key.endswith(f":{name}")))
    assert message is not None
    return message


def history(message: Message) -> list[State]:
    """The states that a message went through."""
    rows = db.session.scalars(
        select(DeliveryEvent.to_state)
        .where(DeliveryEvent.message_id == message.id)
        .order_by(DeliveryEvent.id)
    )
    return list(rows)
