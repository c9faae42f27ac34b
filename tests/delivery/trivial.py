"""Orders without any campaign: send everything, made into the plainest mail."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, null, true

from outreach.delivery import mime
from outreach.delivery.mime import Mail
from outreach.delivery.models import Message
from outreach.delivery.orders import Orders, Outgoing

FROM = "post@coalitie.example"
DATE = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)


def render(message: Message) -> Outgoing:
    mail = Mail(
        from_name="Coalitie",
        from_address=FROM,
        to=message.address,
        subject=message.content["subject"],
        date=DATE,
        message_id=message.message_id,
        text=message.content["text"],
        html=message.content["html"],
    )
    return Outgoing((mime.as_data(mime.build(mail)),), FROM, message.address)


def orders(
    *,
    due: Callable[[datetime], ColumnElement[bool]] = lambda _: true(),
    still_wanted: Callable[[datetime], ColumnElement[bool]] | None = None,
    dropped: Callable[[], ColumnElement[Any]] = lambda: cast(null(), String),
    render: Callable[[Message], Outgoing] = render,
    on_our_fault: Callable[[Message, str], None] = lambda _message, _fault: None,
    around: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> Orders:
    """Send everything, unless told otherwise."""
    wanted = still_wanted or (lambda _: dropped().is_(None))
    return Orders(due, wanted, dropped, render, on_our_fault, around)
