"""A sender's limits: what its mail host takes in a minute, an hour, a day, and in octets."""

import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from outreach.accounts.limits import PRESETS, Limits
from outreach.accounts.models import Sender
from outreach.campaigns.models import Campaign, Step
from outreach.clock import FixedClock, system_now
from outreach.db import db
from outreach.delivery import pacing
from outreach.delivery.models import Kind, Message, State
from outreach.delivery.pacing import Spread
from tests.conftest import NOON
from tests.delivery.relay import Relay, Rule
from tests.delivery.sends import address, make_messages, send, states
from tests.factories import make, make_sender

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Uptime:
    """A clock that goes forward when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def names(count: int, letter: str = "g") -> list[str]:
    return [f"{letter}{n}" for n in range(count)]


def make_step(sender: Sender, slug: str) -> int:
    campaign = Campaign(sender_id=sender.id, name=slug, slug=slug, created_at=NOON)
    campaign.steps = [Step(position=1)]
    step: int = make(campaign).steps[0].id
    return step


def let_pass(time: timedelta) -> None:
    """Make everything that left so much longer ago, by the system's clock."""
    for message in db.session.scalars(select(Message).where(Message.submitting_at.is_not(None))):
        assert message.submitting_at is not None
        message.submitting_at -= time
    db.session.commit()


@pytest.mark.parametrize(
    ("limit", "window"), [("per_minute", MINUTE), ("per_hour", HOUR), ("per_day", DAY)]
)
def test_no_more_leaves_in_a_window_than_the_limit_and_a_restart_changes_nothing(
    app: Flask, clock: FixedClock, limit: str, window: timedelta
) -> None:
    make_messages(*names(10), sender_id=make_sender(**{limit: 4}).id)

    with Relay() as relay:
        tally = send(relay.url, clock, connections=2)
        assert (len(relay.taken), tally.stopped) == (4, [])
        let_pass(window - timedelta(seconds=10))
        send(relay.url, clock)
        assert len(relay.taken) == 4
        let_pass(timedelta(seconds=11))
        send(relay.url, clock)
        assert len(relay.taken) == 8

    waiting = db.session.scalars(select(Message).where(Message.state == State.QUEUED)).all()
    assert [(m.attempts, m.not_before, m.owner) for m in waiting] == [(0, NOON, None)] * 2


def test_the_tightest_of_several_limits_holds(app: Flask, clock: FixedClock) -> None:
    make_messages(*names(9), sender_id=make_sender(per_minute=3, per_hour=5).id)

    with Relay() as relay:
        send(relay.url, clock)
        assert len(relay.taken) == 3
        let_pass(MINUTE)
        send(relay.url, clock)

    assert len(relay.taken) == 5


def test_without_limits_and_with_limits_off_everything_leaves_at_once(
    app: Flask, clock: FixedClock
) -> None:
    make_messages(*names(30), sender_id=make_sender(per_minute=2, connections=1).id)
    make_messages(*names(30, "h"))

    with Relay() as relay:
        send(relay.url, clock, limits=False, spread=Spread())

    assert len(relay.taken) == 60


def test_a_sender_at_its_limit_does_not_hold_up_another(app: Flask, clock: FixedClock) -> None:
    make_messages(*names(30), sender_id=make_sender(per_minute=1).id)
    make_messages("zeist", "haren")

    with Relay() as relay:
        send(relay.url, clock)

    assert sorted(relay.recipients) == sorted([address("g0"), address("zeist"), address("haren")])


def test_what_was_put_back_unsent_takes_nobodys_room(app: Flask, clock: FixedClock) -> None:
    make_messages(*names(3), sender_id=make_sender(per_minute=2).id)

    with Relay(Rule("dot", "421 4.7.0 Too many messages, slow down", times=1)) as relay:
        tally = send(relay.url, clock)
        assert "vindt dat wij te veel post sturen" in tally.stopped[0]
        assert set(states().values()) == {State.QUEUED}
        send(relay.url, clock, probe=True)

    assert len(relay.taken) == 2


def test_a_system_clock_that_is_set_back_frees_nothing(app: Flask, clock: FixedClock) -> None:
    make_messages(*names(4), sender_id=make_sender(per_hour=2).id)

    with Relay() as relay:
        send(relay.url, clock)
        let_pass(-timedelta(minutes=30))
        send(relay.url, clock)

    assert len(relay.taken) == 2


def test_thirty_a_minute_is_one_every_two_seconds(app: Flask, clock: FixedClock) -> None:
    make_messages(*names(40), sender_id=make_sender(per_minute=30).id)
    uptime = Uptime()
    spread, left = Spread(uptime), []

    with Relay() as relay:
        for _ in range(9):
            send(relay.url, clock, spread=spread, connections=2)
            left.append(len(relay.taken))
            uptime.seconds += 1.0

    assert left == [1, 1, 2, 2, 3, 3, 4, 4, 5]


def test_a_turn_that_comes_late_is_made_up_and_a_rest_is_not() -> None:
    uptime = Uptime()
    spread = Spread(uptime)

    def take() -> float:
        room = spread.room(1, 2.0)
        spread.took(1, 2.0, int(room))
        return room

    assert take() == 1
    uptime.seconds = 1002.4
    assert take() == 1
    uptime.seconds = 1004.0
    assert take() == 1
    uptime.seconds = 1600.0
    assert [take(), take()] == [1, 0]


def test_a_beat_waits_for_a_turn_that_is_near_and_for_no_other() -> None:
    uptime = Uptime()
    spread = Spread(uptime)
    assert spread.wait(2.5) is None

    for sender_id, interval in ((1, 2.0), (2, 14.4)):
        spread.room(sender_id, interval)
        spread.took(sender_id, interval, 1)
    assert spread.wait(2.5) is None  # nobody asked in vain

    spread.room(2, 14.4)
    assert spread.wait(2.5) is None
    uptime.seconds += 0.5
    spread.room(1, 2.0)
    assert spread.wait(2.5) == pytest.approx(1.5)


def test_two_campaigns_of_a_sender_share_what_may_leave(app: Flask, clock: FixedClock) -> None:
    sender = make_sender(per_minute=6)
    make_messages(*names(10, "a"), sender_id=sender.id, step_id=make_step(sender, "eerste"))
    make_messages(*names(10, "b"), sender_id=sender.id, step_id=make_step(sender, "tweede"))

    with Relay() as relay:
        send(relay.url, clock)

    assert sorted(relay.recipients) == sorted(map(address, [*names(3, "a"), *names(3, "b")]))


def test_turns_go_round_one_by_one_also_after_a_restart(app: Flask, clock: FixedClock) -> None:
    sender = make_sender(per_minute=30)
    for letter in "abc":
        step_id = make_step(sender, letter)
        make_messages(*names(3, letter), sender_id=sender.id, step_id=step_id)

    with Relay() as relay:
        for _ in range(6):
            send(relay.url, clock, spread=Spread(), until_empty=False)

    assert [one[8] for one in relay.recipients] == ["a", "b", "c"] * 2


def test_campaigns_share_also_without_limits(app: Flask, clock: FixedClock) -> None:
    sender = make_sender()
    make_messages(*names(40, "a"), sender_id=sender.id, step_id=make_step(sender, "eerste"))
    make_messages(*names(40, "b"), sender_id=sender.id, step_id=make_step(sender, "tweede"))

    with Relay() as relay:
        send(relay.url, clock)

    assert len(relay.taken) == 80
    assert sum(one.startswith("griffie@b") for one in relay.recipients[:40]) == 20


def test_a_notice_goes_before_letters_that_wait_for_their_turn(
    app: Flask, clock: FixedClock
) -> None:
    sender = make_sender(per_minute=2)
    make_messages(*names(9), sender_id=sender.id, step_id=make_step(sender, "eerste"))
    make_messages("zeist", kind=Kind.NOTICE, sender_id=sender.id)

    with Relay() as relay:
        send(relay.url, clock)

    assert relay.recipients == [address("zeist"), address("g0")]


def make_heavy(*which: str, kilobytes: int, sender: Sender) -> None:
    make_messages(*which, sender_id=sender.id)
    text = ("x" * 71 + "\n") * (kilobytes * 1000 // 72)
    content = {"subject": "Oproep", "text": text, "html": ""}
    db.session.execute(update(Message).values(content=content))
    db.session.commit()


def test_octets_are_limited_too(app: Flask, clock: FixedClock) -> None:
    make_heavy(*names(6), kilobytes=300, sender=make_sender(megabytes_per_hour=1))

    with Relay() as relay:
        send(relay.url, clock, connections=2)
        assert len(relay.taken) == 3
        send(relay.url, clock)
        assert len(relay.taken) == 3
        let_pass(HOUR)
        send(relay.url, clock)

    assert len(relay.taken) == 6
    assert set(states().values()) == {State.ACCEPTED}


def test_what_is_larger_than_the_limit_leaves_alone(app: Flask, clock: FixedClock) -> None:
    make_heavy("zeist", "haren", kilobytes=1200, sender=make_sender(megabytes_per_hour=1))

    with Relay() as relay:
        send(relay.url, clock)

    assert relay.recipients == [address("zeist")]
    assert states()["haren"] is State.QUEUED


def test_no_more_connections_than_the_limit(app: Flask, clock: FixedClock) -> None:
    make_messages(*names(30), sender_id=make_sender(connections=1).id)

    with Relay() as relay:
        send(relay.url, clock, connections=4)

    assert (len(relay.taken), relay.sessions) == (30, 1)


def test_a_pass_over_paced_mail_ends_at_once(app: Flask, clock: FixedClock) -> None:
    make_messages(*names(5), sender_id=make_sender(per_day=1).id)

    with Relay() as relay:
        send(relay.url, clock)
        begun = time.monotonic()
        assert send(relay.url, clock).tried == 0

    assert time.monotonic() - begun < 5
    assert relay.sessions == 1


FORECASTS = [
    (Limits(), 340, None),
    (PRESETS["microsoft365"], 340, (timedelta(seconds=678), "per_minute")),
    (PRESETS["google"], 340, None),
    (PRESETS["google"], 2001, (DAY, "per_day")),
    (PRESETS["webhost"], 340, (HOUR / 250 * 339, "per_hour")),
    (Limits(per_minute=30, per_day=100), 340, (3 * DAY, "per_day")),
    (Limits(per_minute=30), 0, None),
]


@pytest.mark.parametrize(("limits", "count", "expected"), FORECASTS)
def test_how_long_it_takes_follows_from_the_tightest_limit(
    app: Flask, limits: Limits, count: int, expected: tuple[timedelta, str] | None
) -> None:
    sender = make_sender()
    limits.set_on(sender)
    db.session.commit()

    found = pacing.forecast(sender, count, at=system_now())

    assert (found and (found.wait, found.limit)) == expected


def test_what_left_already_counts_in_how_long_it_takes(app: Flask, clock: FixedClock) -> None:
    sender = make_sender(per_day=10)
    make_messages(*names(12), sender_id=sender.id)
    with Relay() as relay:
        send(relay.url, clock)
    let_pass(timedelta(hours=6))

    found = pacing.forecast(sender, 2, at=system_now())

    assert found is not None
    assert timedelta(hours=17, minutes=55) < found.wait <= timedelta(hours=18)


def test_octets_count_in_how_long_it_takes(app: Flask, clock: FixedClock) -> None:
    sender = make_sender(megabytes_per_hour=1)
    make_heavy(*names(4), kilobytes=400, sender=sender)
    with Relay() as relay:
        send(relay.url, clock)

    found = pacing.forecast(sender, 4, at=system_now())

    assert found is not None
    assert found.limit == "megabytes_per_hour"
    assert timedelta(minutes=115) < found.wait <= timedelta(hours=2)
