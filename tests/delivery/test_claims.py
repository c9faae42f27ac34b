"""Transitions that no relay's answer causes: reasons, pauses, ends, faults, dead workers."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import case, literal, null, select, true, update

from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry
from outreach.clock import FixedClock, system_now
from outreach.db import db
from outreach.delivery import claims, mime, outbox, reaping, settling, workers
from outreach.delivery.models import Kind, Message, State, Worker
from outreach.delivery.orders import Outgoing
from outreach.delivery.workers import Life
from outreach.errors import Refused
from tests.conftest import NOON
from tests.delivery import trivial
from tests.delivery.relay import Relay, Rule
from tests.delivery.sends import address, history, make_messages, one, send, states
from tests.delivery.trivial import orders


def dropped_for(name: str, reason: str):
    """A reason not to send to one griffie, and none for the others."""
    return lambda: case((Message.address == address(name), reason), else_=null())


def living() -> Life:
    db.session.rollback()  # on SQLite the test's own transaction would keep the worker waiting
    return Life(db.engine)


def take(life: Life, limit: int = 20, lease: timedelta = claims.LEASE) -> list[Message]:
    """Claim, as a sending process does."""
    db.session.rollback()
    with db.engine.begin() as connection:
        return claims.claim(connection, true(), owner=life.id, limit=limit, now=NOON, lease=lease)


def mark(message: Message) -> bool:
    db.session.rollback()
    with db.engine.begin() as connection:
        return claims.mark(connection, [message], true(), now=NOON) == {message.id}


def reap() -> reaping.Reaped:
    db.session.rollback()
    with db.engine.begin() as connection:
        return reaping.reap(connection, now=NOON)


@pytest.mark.parametrize(
    ("reason", "state"), [("answered", State.CANCELLED), ("suppressed", State.SUPPRESSED)]
)
def test_what_may_not_leave_any_more_ends_with_its_reason(
    app: Flask, clock: FixedClock, reason: str, state: State
) -> None:
    make_messages("zeist", "haren")

    with Relay() as relay:
        send(relay.url, clock, given=orders(dropped=dropped_for("zeist", reason)))

    assert states() == {"zeist": state, "haren": State.ACCEPTED}
    assert one("zeist").reason == reason
    assert history(one("zeist")) == [State.QUEUED, state]


def test_what_comes_in_between_claim_and_mark_stops_the_letter(
    app: Flask, clock: FixedClock
) -> None:
    make_messages("zeist", "haren")
    answered = threading.Event()

    def render(message: Message) -> Outgoing:
        answered.set()  # an answer comes while the mail is made
        return trivial.render(message)

    def dropped():
        return dropped_for("zeist", "answered")() if answered.is_set() else dropped_for("", "")()

    given = orders(dropped=dropped, still_wanted=lambda _: dropped().is_(None), render=render)
    with Relay(extensions="SIZE") as relay:
        send(relay.url, clock, given=given)

    assert relay.recipients == [address("haren")]
    assert history(one("zeist")) == [State.QUEUED, State.CLAIMED, State.CANCELLED]
    assert [said for _, said in relay.said if said == "RSET"] == ["RSET"]


@pytest.mark.parametrize(("extensions", "left"), [("SIZE", 3), ("SIZE PIPELINING", 4)])
def test_a_pause_takes_effect_within_one_message(
    app: Flask, clock: FixedClock, extensions: str, left: int
) -> None:
    make_messages(*[f"g{n}" for n in range(9)])

    with Relay(extensions=extensions) as relay:

        def runs(_now: object):
            return literal(len(relay.taken) < 3)

        send(relay.url, clock, given=orders(due=runs, still_wanted=runs))

    assert len(relay.taken) == left
    assert list(states().values()) == [State.ACCEPTED] * left + [State.QUEUED] * (9 - left)


def test_nothing_leaves_before_its_time_or_after_its_end(app: Flask, clock: FixedClock) -> None:
    make_messages("vroeg", not_before=NOON + timedelta(minutes=1))
    make_messages("laat", expires_at=NOON)
    make_messages("zeist", expires_at=NOON + timedelta(minutes=1))

    with Relay() as relay:
        send(relay.url, clock)

    assert states() == {"vroeg": State.QUEUED, "laat": State.EXPIRED, "zeist": State.ACCEPTED}
    assert relay.recipients == [address("zeist")]


def test_what_is_held_does_not_expire(app: Flask, clock: FixedClock) -> None:
    make_messages("zeist", expires_at=NOON)

    send("", clock, given=orders(due=lambda _: literal(False)))

    assert states() == {"zeist": State.QUEUED}


def test_what_is_refused_for_five_days_expires(app: Flask, clock: FixedClock) -> None:
    message = make_messages("zeist")[0]

    with Relay(Rule("rcpt", "450 4.2.0 Not now")) as relay:
        while message.state is not State.EXPIRED:
            send(relay.url, clock)
            clock.forward(timedelta(hours=12))

    assert message.attempts == 10  # twice a day in this test
    assert clock.at - NOON > settling.GIVE_UP


def test_a_letter_that_cannot_be_made_fails_alone_the_third_time(
    app: Flask, clock: FixedClock
) -> None:
    make_messages("zeist", "haren")

    def render(message: Message) -> Outgoing:
        if message.address == address("zeist"):
            raise ZeroDivisionError("the letter divides by nought")
        return trivial.render(message)

    with Relay() as relay:
        seen = []
        for _ in range(4):
            send(relay.url, clock, given=orders(render=render))
            seen.append((one("zeist").state, one("zeist").faults))
            clock.forward(settling.FAULT_PAUSE)

    assert seen == [(State.QUEUED, 1), (State.QUEUED, 2), (State.FAILED, 3), (State.FAILED, 3)]
    assert one("zeist").reply == "ZeroDivisionError: the letter divides by nought"
    assert relay.recipients == [address("haren")]


@pytest.mark.parametrize(
    ("raw", "to"),
    [
        (b"Subject: a\r\n\r\n" + b"x" * 999 + b"\r\n", "griffie@zeist.example"),
        ("Subject: a\r\n\r\nSúdwest\r\n".encode(), "griffie@zeist.example"),
        (b"Subject: a\r\n\r\na\r\n", "griffie@zeist.example>\r\nRCPT TO:<b@c.example"),
        (b"Subject: a\r\n\r\na\r\n", "griffie@súdwest.example"),
    ],
)
def test_what_no_relay_should_get_is_not_said_to_it(
    app: Flask, clock: FixedClock, raw: bytes, to: str
) -> None:
    make_messages("zeist")

    with Relay() as relay:
        given = orders(render=lambda _: Outgoing((mime.as_data(raw),), "post@coalitie.example", to))
        send(relay.url, clock, given=given)

    assert relay.said == []
    assert one("zeist").faults == 1


def test_of_two_claims_one_gets_the_message(app: Flask) -> None:
    make_messages(*[f"g{n}" for n in range(5)])

    with living() as one_life, living() as other_life:
        first, second = take(one_life, limit=3), take(other_life)

    assert [len(first), len(second)] == [3, 2]
    assert not {m.id for m in first} & {m.id for m in second}
    assert {m.fence for m in (*first, *second)} == {1}


def test_a_claim_that_was_taken_over_cannot_be_marked(app: Flask) -> None:
    make_messages("zeist")

    with living() as slow, living() as quick:
        [old] = take(slow, lease=timedelta(seconds=-1))
        assert reap() == reaping.Reaped(queued=1, uncertain=0)
        assert not mark(old)
        [new] = take(quick)
        assert not mark(old)
        assert mark(new)
        assert not mark(new)


def test_of_two_claims_by_one_worker_only_the_last_can_be_marked(app: Flask) -> None:
    make_messages("zeist")

    with living() as life:
        [old] = take(life, lease=timedelta(seconds=-1))
        reap()
        [new] = take(life)
        assert not mark(old)
        assert mark(new)


def test_the_reaper_leaves_the_living_alone(app: Flask) -> None:
    make_messages("zeist", "haren")

    with living() as life:
        marked, _ = take(life)
        mark(marked)
        assert reap() == reaping.Reaped(0, 0)

    assert reap() == reaping.Reaped(queued=1, uncertain=1)
    assert states() == {"zeist": State.UNCERTAIN, "haren": State.QUEUED}
    assert reap() == reaping.Reaped(0, 0)


def test_a_worker_lives_as_long_as_it_holds_its_lock(app: Flask) -> None:
    with living() as life, db.engine.begin() as connection:
        assert not workers.is_dead(connection, life.id)

    with db.engine.begin() as connection:
        assert workers.is_dead(connection, life.id)
    row = db.session.get_one(Worker, life.id)
    assert row.ended_at is not None


def test_a_late_250_is_proof_even_after_someone_chose_to_send_again(app: Flask) -> None:
    make_messages("zeist")
    with living() as life:
        [message] = take(life)
        mark(message)
    reap()
    outbox.settle_uncertain(one("zeist"), as_="resend", by=CLI, note="", now=NOON)
    db.session.commit()

    with db.engine.begin() as connection:
        assert settling.accept(connection, [(message, "250 Ok")], now=NOON) == []

    db.session.expire_all()
    assert one("zeist").state is State.ACCEPTED


def in_doubt(name: str, kind: Kind = Kind.LETTER) -> Message:
    make_messages(name, kind=kind)
    with living() as life:
        [message] = take(life)
        mark(message)
    reap()
    return one(name)


def test_one_in_doubt_is_never_sent_again_by_itself(app: Flask, clock: FixedClock) -> None:
    message = in_doubt("zeist")

    with Relay() as relay:
        for _ in range(3):
            send(relay.url, clock)
            clock.forward(timedelta(days=30))
            _submitted_long_ago(message)

    assert relay.taken == []
    assert message.state is State.UNCERTAIN


def test_someone_decides_that_it_arrived(app: Flask, clock: FixedClock) -> None:
    message = in_doubt("zeist")
    clock.forward(timedelta(days=1))

    outbox.settle_uncertain(message, as_="sent", by=CLI, note="de griffie belde", now=clock.now())
    db.session.commit()

    assert (message.state, message.accepted_at) == (State.ACCEPTED, NOON)  # when it left
    assert (message.settled_by, message.settled_note) == ("cli:sent", "de griffie belde")
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.subject, entry.note) == (
        "settle message",
        f"message:{message.id}",
        "de griffie belde",
    )


def test_someone_decides_to_send_it_again_with_the_same_message_id(
    app: Flask, clock: FixedClock
) -> None:
    message = in_doubt("zeist")
    before = message.message_id

    outbox.settle_uncertain(message, as_="resend", by=CLI, note="", now=NOON)
    with Relay() as relay:
        send(relay.url, clock)

    assert [taken.message_id for taken in relay.taken] == [before]
    assert message.state is State.ACCEPTED


def test_nobody_decides_while_the_sender_lives(app: Flask) -> None:
    make_messages("zeist")
    with living() as life:
        [message] = take(life)
        mark(message)
        with db.engine.begin() as connection:
            connection.execute(
                update(Message.__table__).values(lease_until=system_now() - timedelta(seconds=1))
            )
        assert reap() == reaping.Reaped(queued=0, uncertain=1)
        with pytest.raises(Refused, match="nog in handen van een proces dat loopt"):
            outbox.settle_uncertain(one("zeist"), as_="resend", by=CLI, note="", now=NOON)
        db.session.rollback()

    outbox.settle_uncertain(one("zeist"), as_="resend", by=CLI, note="", now=NOON)


def test_a_sender_that_saw_the_connection_end_lets_go_of_the_letter(
    app: Flask, clock: FixedClock
) -> None:
    make_messages("zeist")

    with Relay(Rule("dot", keep=True)) as relay, living():
        send(relay.url, clock)
        outbox.settle_uncertain(one("zeist"), as_="sent", by=CLI, note="", now=NOON)
        db.session.commit()

    assert one("zeist").state is State.ACCEPTED


def test_what_is_not_in_doubt_cannot_be_decided(app: Flask) -> None:
    [message] = make_messages("zeist")

    with pytest.raises(Refused, match="geen twijfel"):
        outbox.settle_uncertain(message, as_="sent", by=CLI, note="", now=NOON)


def test_a_notice_in_doubt_is_sent_once_more_after_ten_minutes(
    app: Flask, clock: FixedClock
) -> None:
    message = in_doubt("zeist", Kind.NOTICE)

    with Relay(Rule("dot", keep=True)) as relay:
        send(relay.url, clock)
        assert relay.taken == []
        for _ in range(3):
            _submitted_long_ago(message)
            send(relay.url, clock)

    assert [taken.message_id for taken in relay.taken] == [message.message_id]
    assert message.state is State.UNCERTAIN  # once more, not for ever


def test_a_message_that_has_not_left_can_be_cancelled(app: Flask, clock: FixedClock) -> None:
    make_messages("zeist", "haren")
    with living() as life:
        [claimed] = take(life, limit=1)
        assert outbox.cancel(one("zeist"), "campaign-cancelled", by=CLI, now=NOON)
        db.session.commit()
        assert not mark(claimed)
    assert outbox.cancel(one("haren"), "campaign-cancelled", by=CLI, now=NOON)
    assert not outbox.cancel(one("haren"), "again", by=CLI, now=NOON)

    assert states() == {"zeist": State.CANCELLED, "haren": State.CANCELLED}
    assert one("haren").reason == "campaign-cancelled"


def _submitted_long_ago(message: Message) -> None:
    message.submitting_at = system_now() - reaping.RESEND_NOTICES - timedelta(seconds=1)
    db.session.commit()
