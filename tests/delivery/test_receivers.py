"""Groups of receiving domains that take only so much, over all senders."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from outreach.accounts.audit import CLI
from outreach.accounts.limits import Limits
from outreach.accounts.models import AuditEntry
from outreach.clock import FixedClock, system_now
from outreach.db import db
from outreach.delivery import pacing, receivers
from outreach.delivery.models import Kind, Message, ReceiverGroup, State
from outreach.delivery.pacing import Spread
from outreach.errors import Invalid, Refused
from tests.conftest import NOON
from tests.delivery.relay import Relay, Rule
from tests.delivery.sends import address, make_messages, send, states
from tests.delivery.test_pacing import Uptime, let_pass, make_step, names
from tests.factories import make_sender

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def make_group(*domains: str, name: str = "Microsoft", **limits: int) -> ReceiverGroup:
    receivers.add(name, domains or ("g.example",), Limits(**limits), by=CLI, now=NOON)
    db.session.commit()
    return receivers.find(name)


def domains(count: int, letter: str = "g") -> list[str]:
    """Of `names`: "griffie@g0.example"."""
    return [f"{name}.example" for name in names(count, letter)]


def groups_of() -> dict[str, str | None]:
    """The group of each message, by the name it was made with."""
    rows = db.session.execute(
        select(Message.dedupe_key, ReceiverGroup.name)
        .outerjoin_from(Message, ReceiverGroup, Message.receiver_group_id == ReceiverGroup.id)
        .order_by(Message.id)
    )
    return {key.partition(":")[2]: name for key, name in rows}


@pytest.mark.parametrize(("limit", "window"), [("per_minute", MINUTE), ("per_hour", HOUR)])
def test_no_more_leaves_to_a_group_than_it_takes_and_a_restart_changes_nothing(
    app: Flask, clock: FixedClock, limit: str, window: timedelta
) -> None:
    make_group(*domains(10), **{limit: 4})
    make_messages(*names(5))
    make_messages(*names(10)[5:], sender_id=make_sender().id)

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


def test_letters_to_other_domains_go_on(app: Flask, clock: FixedClock) -> None:
    make_group(*domains(300), per_minute=3)
    make_messages(*names(300), "zeist", "haren")

    with Relay() as relay:
        send(relay.url, clock)

    first = [address(name) for name in names(3)]
    assert sorted(relay.recipients) == sorted([*first, address("zeist"), address("haren")])


def test_groups_and_senders_are_limited_at_once(app: Flask, clock: FixedClock) -> None:
    make_group(*domains(9), per_minute=2)
    make_messages(*names(9), *names(9, "h"), sender_id=make_sender(per_minute=5).id)

    with Relay() as relay:
        send(relay.url, clock)

    assert sorted(relay.recipients) == sorted(map(address, [*names(2), *names(3, "h")]))


def test_two_groups_have_each_their_own_room(app: Flask, clock: FixedClock) -> None:
    make_group(*domains(9), per_minute=2)
    make_group(*domains(9, "h"), name="Google", per_hour=3)
    make_messages(*names(9), *names(9, "h"))

    with Relay() as relay:
        send(relay.url, clock)

    assert sorted(relay.recipients) == sorted(map(address, [*names(2), *names(3, "h")]))


def test_limits_off_lifts_groups_too(app: Flask, clock: FixedClock) -> None:
    make_group(*domains(9), per_minute=2)
    make_messages(*names(9))

    with Relay() as relay:
        send(relay.url, clock, limits=False, spread=Spread())

    assert len(relay.taken) == 9


def test_a_subdomain_counts_where_the_group_says_so(app: Flask) -> None:
    make_group(".zeist.example", "haren.example", per_minute=1)
    make_group("pers.zeist.example", name="Pers", per_minute=1)

    make_messages("zeist", "raad.zeist", "pers.zeist", "haren", "raad.haren", "nietzeist")

    assert groups_of() == {
        "zeist": "Microsoft",
        "raad.zeist": "Microsoft",
        "pers.zeist": "Pers",
        "haren": "Microsoft",
        "raad.haren": None,
        "nietzeist": None,
    }


def test_what_waits_follows_a_group_that_is_made_changed_and_removed(
    app: Flask, clock: FixedClock
) -> None:
    make_messages("zeist", "haren", "pers.haren")
    make_group(".haren.example", name="Breed", per_hour=1)
    group = make_group("zeist.example", "pers.haren.example", per_hour=1)
    assert list(groups_of().values()) == ["Microsoft", "Breed", "Microsoft"]

    receivers.change(
        group, "Microsoft 365", ["pers.haren.example"], Limits(per_hour=2), by=CLI, now=NOON
    )
    assert list(groups_of().values()) == [None, "Breed", "Microsoft 365"]
    receivers.remove(group, by=CLI, now=NOON)
    db.session.commit()
    assert list(groups_of().values()) == [None, "Breed", "Breed"]

    acts = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["add receivers", "add receivers", "change receivers", "remove receivers"]
    with Relay() as relay:
        send(relay.url, clock)
    assert sorted(relay.recipients) == [address("haren"), address("zeist")]


def test_what_left_before_the_group_was_made_counts(app: Flask, clock: FixedClock) -> None:
    make_messages(*names(3))
    with Relay() as relay:
        send(relay.url, clock)
        make_group(*domains(9), per_hour=5)
        make_messages(*names(9))
        send(relay.url, clock)

    assert len(relay.taken) == 5


def test_what_was_put_back_unsent_takes_nobodys_room(app: Flask, clock: FixedClock) -> None:
    make_group(*domains(3), per_minute=2)
    make_messages(*names(3))

    with Relay(Rule("dot", "421 4.7.0 Too many messages, slow down", times=1)) as relay:
        send(relay.url, clock)
        assert set(states().values()) == {State.QUEUED}
        send(relay.url, clock, probe=True)

    assert len(relay.taken) == 2


def test_a_notice_goes_first_and_counts(app: Flask, clock: FixedClock) -> None:
    make_group(*domains(9), "zeist.example", per_minute=2)
    sender = make_sender()
    make_messages(*names(9), sender_id=sender.id, step_id=make_step(sender, "eerste"))
    make_messages("zeist", kind=Kind.NOTICE, sender_id=sender.id)

    with Relay() as relay:
        send(relay.url, clock)

    assert relay.recipients == [address("zeist"), address("g0")]


@pytest.mark.parametrize("limits", [{}, {"per_hour": 100}])
def test_two_campaigns_share_a_group_also_of_two_senders(
    app: Flask, clock: FixedClock, limits: dict[str, int]
) -> None:
    make_group(*domains(10, "a"), *domains(10, "b"), per_minute=6)
    for letter in "ab":
        sender = make_sender(**limits)
        step_id = make_step(sender, letter)
        make_messages(*names(10, letter), sender_id=sender.id, step_id=step_id)

    with Relay() as relay:
        send(relay.url, clock)

    assert sorted(relay.recipients) == sorted(map(address, [*names(3, "a"), *names(3, "b")]))


def test_turns_within_a_group_go_round_one_by_one_also_after_a_restart(
    app: Flask, clock: FixedClock
) -> None:
    make_group(*domains(9, "a"), *domains(9, "b"), per_minute=1)
    for letter in "ab":
        sender = make_sender()
        step_id = make_step(sender, letter)
        make_messages(*names(3, letter), sender_id=sender.id, step_id=step_id)

    with Relay() as relay:
        for _ in range(4):
            send(relay.url, clock)
            let_pass(MINUTE + timedelta(seconds=1))

    assert [one[8] for one in relay.recipients] == ["a", "b"] * 2


def test_what_one_campaign_leaves_over_is_for_the_other(app: Flask, clock: FixedClock) -> None:
    make_group(*domains(9, "a"), *domains(9, "b"), per_minute=6)
    for letter, count in (("a", 1), ("b", 9)):
        sender = make_sender()
        step_id = make_step(sender, letter)
        make_messages(*names(count, letter), sender_id=sender.id, step_id=step_id)

    with Relay() as relay:
        send(relay.url, clock)

    assert sorted(relay.recipients) == sorted(map(address, ["a0", *names(5, "b")]))


def test_sixty_a_minute_to_a_group_is_one_every_second(app: Flask, clock: FixedClock) -> None:
    make_group(*domains(9), per_minute=60)
    make_messages(*names(9), "zeist")
    uptime = Uptime()
    spread, left = Spread(uptime), []

    with Relay() as relay:
        for _ in range(4):
            send(relay.url, clock, spread=spread)
            left.append(len(relay.taken))
            uptime.seconds += 1.0

    assert left == [2, 3, 4, 5]


def test_how_long_it_takes_follows_from_a_group_when_that_is_tightest(app: Flask) -> None:
    group = make_group("g0.example", per_hour=60)
    sender = make_sender(per_minute=30)

    found = pacing.forecast(sender, 40, at=system_now(), to_groups={group.id: 10})
    other = pacing.forecast(sender, 1000, at=system_now(), to_groups={group.id: 10})

    assert found is not None
    assert other is not None
    assert (found.wait, found.group, found.most) == (timedelta(minutes=9), "Microsoft", 60)
    assert (other.limit, other.group, other.most) == ("per_minute", "", 30)


@pytest.mark.parametrize(
    ("name", "domains", "limits", "sentence"),
    [
        (" ", ["outlook.com"], {"per_hour": 1}, "Geef de groep een naam"),
        ("Microsoft", [], {"per_hour": 1}, "Noem ten minste één domein"),
        ("Microsoft", ["outlook"], {"per_hour": 1}, "“outlook” is geen domein"),
        ("Microsoft", ["outlook..com"], {"per_hour": 1}, "“outlook..com” is geen domein"),
        ("Microsoft", ["outlook.com"], {}, "Vul in hoeveel"),
        ("Microsoft", ["outlook.com"], {"per_minute": 0}, "kan niet 0 zijn"),
    ],
)
def test_a_group_that_is_none_is_refused(
    app: Flask, name: str, domains: list[str], limits: dict[str, int], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        receivers.add(name, domains, Limits(**limits), by=CLI, now=NOON)

    assert receivers.everyone() == []


def test_a_domain_and_a_name_are_of_one_group(app: Flask) -> None:
    make_group("outlook.com", per_hour=1)

    with pytest.raises(Refused, match=r"“outlook\.com” staat al in de groep “Microsoft”"):
        receivers.add("Hotmail", ["OUTLOOK.com"], Limits(per_hour=1), by=CLI, now=NOON)
    with pytest.raises(Refused, match="Er is al een groep met de naam “Microsoft”"):
        receivers.add("microsoft", ["live.nl"], Limits(per_hour=1), by=CLI, now=NOON)


def test_who_changes_a_group_does_not_wait_long_for_who_writes_letters(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "PATIENCE", "100ms")
    if db.engine.dialect.name == "postgresql":  # SQLite's writers take turns by themselves
        with db.engine.connect() as other:
            other.execute(text("LOCK TABLE message IN ROW EXCLUSIVE MODE"))
            with pytest.raises(Refused, match="Er worden nu veel brieven klaargezet"):
                make_group(per_hour=1)
            assert receivers.everyone() == []

    assert make_group(per_hour=1).per_hour == 1


def test_domains_are_read_as_people_type_them(app: Flask) -> None:
    typed = "Outlook.com, @hotmail.com;*.gov.example\n .gov.example  súd.example"

    group = make_group(*receivers.parse(typed), per_hour=1)

    assert group.domains == ["outlook.com", "hotmail.com", ".gov.example", "xn--sd-rka.example"]
