"""Relays that keep to no rules: they hold nobody up, mark nobody, and leave nothing behind."""

import time

import pytest
from flask import Flask

from outreach.clock import FixedClock
from outreach.delivery import routes
from outreach.delivery.connecting import Timeouts
from outreach.delivery.models import State
from tests.delivery.relay import Relay, Rule
from tests.delivery.sends import make_messages, send, states


def test_waiting_for_a_goodbye_costs_no_time_of_the_processor(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "RECHECK", 0.05)
    make_messages("zeist")
    began = time.process_time()

    with Relay(Rule("quit", delay=1.0)) as relay:
        send(relay.url, clock, until_empty=False, timeouts=Timeouts(goodbye=0.8))

    assert states() == {"zeist": State.ACCEPTED}
    assert time.process_time() - began < 0.4


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        (Rule("dot", "250 2.0.0 Ok\0 queued \x1b[2J"), State.ACCEPTED),
        (Rule("rcpt", "550 5.1.1 No\0 such user"), State.REFUSED),
    ],
    ids=["dot", "rcpt"],
)
def test_an_answer_is_kept_without_what_no_database_or_terminal_should_get(
    app: Flask, clock: FixedClock, rule: Rule, state: State
) -> None:
    message = make_messages("zeist")[0]

    with Relay(rule) as relay:
        send(relay.url, clock)

    assert message.state is state
    assert message.reply == rule.reply.replace("\0", "").replace("\x1b", "")
