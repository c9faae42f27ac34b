"""A beat of the engine, with a sender whose mail host takes only so much."""

from flask import Flask
from sqlalchemy import select

from config import Settings, Switch
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.delivery.workers import Life
from outreach.engine.work import Work
from tests.delivery.relay import Relay
from tests.delivery.sends import make_messages
from tests.factories import make_sender


def beat(app: Flask, settings: Settings, relay: Relay, limits: Switch) -> list[Message]:
    """Beat once; the messages that left, in that order."""
    db.session.rollback()
    given = settings.model_copy(update={"rate_limits": limits, "smtp_url": relay.url})
    with Life(db.engine) as life:
        Work(app, given, life).all_due()
    db.session.rollback()
    left = select(Message).where(Message.state == State.ACCEPTED)
    return list(db.session.scalars(left.order_by(Message.submitting_at)))


def test_a_beat_sends_evenly_what_has_its_turn_before_the_next(
    app: Flask, settings: Settings
) -> None:
    make_messages("zeist", "haren", "utrecht", kind=Kind.NOTICE, sender_id=_sender(200))

    with Relay() as relay:
        left = beat(app, settings, relay, Switch.ON)

    moments = [message.submitting_at for message in left if message.submitting_at]
    assert len(moments) == 3
    assert (moments[2] - moments[0]).total_seconds() > 0.3  # at best 0.6: two turns of 0.3


def test_a_beat_does_not_wait_for_a_turn_that_is_far_off(app: Flask, settings: Settings) -> None:
    make_messages("zeist", "haren", kind=Kind.NOTICE, sender_id=_sender(2))

    with Relay() as relay:
        assert len(beat(app, settings, relay, Switch.ON)) == 1
        assert len(relay.taken) == 1


def test_rate_limits_off_lifts_the_pace_too(app: Flask, settings: Settings) -> None:
    make_messages(*[f"g{n}" for n in range(9)], kind=Kind.NOTICE, sender_id=_sender(2))

    with Relay() as relay:
        assert len(beat(app, settings, relay, Switch.OFF)) == 9


def _sender(per_minute: int) -> int:
    number: int = make_sender(per_minute=per_minute).id
    return number
