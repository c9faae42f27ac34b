"""Mail is written down once, whoever asks for it twice."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts.models import Sender
from outreach.contacts.addresses import BadAddress
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import DeliveryEvent, Kind, Message, State
from tests.conftest import NOON

KEY = "a key of the tests"


def make_sender() -> Sender:
    sender = Sender(
        name="Coalitie", email="post@coalitie.example", postal_address="Kade 1", created_at=NOON
    )
    db.session.add(sender)
    db.session.flush()
    return sender


def details(sender: Sender, address: str = "griffie@zeist.example") -> outbox.Details:
    return {
        "sender_id": sender.id,
        "address": address,
        "now": NOON,
        "key": KEY,
        "domain": "coalitie.example",
    }


def test_queueing_the_same_letter_twice_gives_one_row(app: Flask) -> None:
    sender = make_sender()

    first = outbox.queue(Kind.LETTER, "step:1:raad:GM0355", **details(sender))
    second = outbox.queue(Kind.LETTER, "step:1:raad:GM0355", **details(sender))

    assert first is not None
    assert second is None
    assert (first.state, first.not_before) == (State.QUEUED, NOON)
    assert db.session.scalars(select(Message)).all() == [first]


def test_every_new_row_has_its_first_event(app: Flask) -> None:
    sender = make_sender()
    rows = [
        outbox.row(Kind.LETTER, f"step:1:{number}", **details(sender)) for number in range(1, 8)
    ]

    assert outbox.queue_many(rows[:4]) == 4
    assert outbox.queue_many(rows) == 3

    events = db.session.scalars(select(DeliveryEvent)).all()
    assert len(events) == len({event.message_id for event in events}) == 7
    assert {(event.from_state, event.to_state) for event in events} == {(None, State.QUEUED)}


def test_a_row_can_be_made_with_the_reason_it_will_not_leave(app: Flask) -> None:
    sender = make_sender()

    message = outbox.queue(
        Kind.LETTER, "step:1:x", **details(sender), state=State.SUPPRESSED, reason="suppressed"
    )

    assert message is not None
    assert (message.state, message.reason) == (State.SUPPRESSED, "suppressed")


def test_text_that_is_no_address_is_refused(app: Flask) -> None:
    sender = make_sender()

    with pytest.raises(BadAddress):
        outbox.queue(Kind.LETTER, "step:1:x", **details(sender, "griffie@zeist.example\r\nBcc: x"))


def test_a_message_id_is_the_same_each_time_and_needs_the_key() -> None:
    one = outbox.message_id_for("step:1:x", key=KEY, domain="coalitie.example")

    assert re.fullmatch(r"<[0-9a-f]{40}@coalitie\.example>", one)
    assert one == outbox.message_id_for("step:1:x", key=KEY, domain="coalitie.example")
    assert one != outbox.message_id_for("step:1:y", key=KEY, domain="coalitie.example")
    assert one != outbox.message_id_for("step:1:x", key="another", domain="coalitie.example")


def test_a_notice_keeps_its_own_words(app: Flask) -> None:
    sender = make_sender()

    notice = outbox.queue_notice(
        dedupe_key="answer:1:notice",
        sender=sender,
        address="griffie@zeist.example",
        subject="Uw antwoord",
        text="Wij schreven op: doorgestuurd.",
        now=NOON,
        key=KEY,
    )

    assert notice is not None
    assert notice.kind is Kind.NOTICE
    assert notice.message_id.endswith("@coalitie.example>")
    assert notice.content["subject"] == "Uw antwoord"
