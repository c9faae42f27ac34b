"""A whole campaign of 342 letters, whose sender is killed twelve times.

The relay's own log is the truth. A kill counts only when that log shows mail before it and
after it: a kill between two runs proves nothing.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from outreach.accounts.audit import SYSTEM
from outreach.campaigns import figures, running, settling, writing
from outreach.campaigns.models import CampaignState
from outreach.campaigns.store import Store
from outreach.contacts.models import Address
from outreach.db import db
from tests.conftest import NOON
from tests.delivery.relay import Relay
from tests.factories import make_contacts_everywhere, make_sender
from tests.faults.zygote import Zygote
from tests.flows.command import Command

pytestmark = pytest.mark.faults
KILLS = 12
PER_KILL = 2  #: in doubt per connection: the relay takes letters pipelined (docs/delivery.md)
LETTER = """---
name: Oproep
slug: oproep
sender: post@naastelkaar.example
steps:
  - {subject: "Oproep aan de raad van {{gemeente}}", send_at: 2026-03-23T09:00}
---
{{aanhef}}

Wilt u de oproep doorsturen naar de raad van {{gemeente}}?

Met vriendelijke groet,
Marit Zuidema
"""


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay(delay=0.004) as server:
        yield server


@pytest.fixture
def outreach(app: Flask, settings: Settings, tmp_path: Path, relay: Relay) -> Command:
    """A campaign to every griffie in the country, due now."""
    make_sender(email="post@naastelkaar.example")
    make_contacts_everywhere()
    moment = app.extensions["outreach.clock"].now()
    store = Store(settings.instance / "files")
    campaign = writing.load(LETTER, folder=tmp_path, store=store, by=SYSTEM, now=moment)
    running.start(campaign, by=SYSTEM, now=moment)
    db.session.commit()
    return Command(settings, tmp_path, relay.url, at="2026-03-23T09:00:05+01:00")


def test_twelve_kills_lose_nobody_and_write_to_nobody_twice(
    outreach: Command, relay: Relay, app: Flask, zygote: Zygote
) -> None:
    chance = random.Random(342)
    counted = 0
    while counted < KILLS:
        before = len(relay.taken)
        assert kill_in_mid_run(zygote, outreach, relay, chance), (
            "the run ended before it was killed"
        )
        counted += before < len(relay.taken)
    killed_at = len(relay.taken)
    outreach.run("deliver", "--until-empty")

    assert len(relay.taken) > killed_at, "a rerun right after a kill goes on at once"
    check(relay, kills=counted, connections=outreach.settings.connections)
    settle(relay)
    outreach.run("deliver", "--until-empty")

    assert sorted(relay.recipients) == sorted(everyone())
    assert len({one.message_id for one in relay.taken}) == 342
    assert running.state_of(writing.find("oproep")) is CampaignState.FINISHED


def kill_in_mid_run(zygote: Zygote, outreach: Command, relay: Relay, chance: random.Random) -> bool:
    """Start a sender and kill it some letters later; False when it ended by itself."""
    target = len(relay.taken) + chance.randint(2, 20)
    db.session.rollback()  # the test's own transaction would keep it waiting
    sender = zygote.command(outreach.variables, "deliver", "--until-empty")
    while sender.runs and len(relay.taken) < target:
        time.sleep(0.001)
    time.sleep(chance.random() * 0.01)
    sender.kill()
    return sender.wait() == -signal.SIGKILL


def check(relay: Relay, *, kills: int, connections: int) -> None:
    """Every letter is in the relay's log once, or named as doubtful."""
    status = figures.status(writing.find("oproep"))
    doubtful = {one["email"] for one in status["uncertain"]}
    taken = Counter(relay.recipients)
    assert max(taken.values()) == 1, "someone got it twice"
    assert status["counts"]["accepted"] + len(doubtful) == 342, status["counts"]
    assert {email for email in everyone() if email not in taken} <= doubtful, "someone was lost"
    assert len(doubtful) <= PER_KILL * kills * connections
    assert (status["state"] == "finished") is (not doubtful)


def settle(relay: Relay) -> None:
    """What a coordinator does with the relay's log beside her."""
    arrived = set(relay.recipients)
    campaign = writing.find("oproep")
    for message, _ in figures.uncertain(campaign):
        verdict = "sent" if message.address in arrived else "resend"
        settling.settle(campaign, message.address, verdict, by=SYSTEM, now=NOON)
    db.session.commit()


def everyone() -> list[str]:
    return list(db.session.scalars(select(Address.email)))
