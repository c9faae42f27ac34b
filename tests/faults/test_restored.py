"""Letters left since a backup. Whoever puts it back and goes on writes to nobody twice."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import false, select

from config import Settings
from outreach.accounts.audit import SYSTEM
from outreach.accounts.models import Sender
from outreach.campaigns import running, writing
from outreach.campaigns.store import Store
from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery import relays
from outreach.delivery.models import Message, State
from outreach.operations import holding
from tests.delivery.relay import Relay, Rule
from tests.factories import make_contact, make_sender
from tests.faults.harness import odd_transitions
from tests.faults.zygote import Zygote
from tests.flows.command import Command

pytestmark = pytest.mark.faults
LATER = ("Haarlem", "Utrecht")  #: whose letters are refused for now, once
SOON = ("Zeist", "Assen")
LETTER = """---
name: Oproep
slug: oproep
sender: post@naastelkaar.example
steps:
  - {subject: "Oproep aan de raad van {{gemeente}}", send_at: 2026-03-23T09:00}
  - {subject: "Herinnering", after: 18 days, at: "09:00", to: not_answered}
---
{{aanhef}}

Wilt u de oproep doorsturen naar de raad van {{gemeente}}?

Met vriendelijke groet,
Marit Zuidema
---
{{aanhef}}

Wij schreven u op {{eerste_brief.datum}}.

Met vriendelijke groet,
Marit Zuidema
"""


@pytest.fixture
def relay() -> Iterator[Relay]:
    later = [Rule("rcpt", "450 4.2.0 Later", to=address(name), times=1) for name in LATER]
    with Relay(*later) as server:
        yield server


@pytest.fixture
def outreach(
    app: Flask, settings: Settings, clock: FixedClock, tmp_path: Path, relay: Relay
) -> Command:
    make_sender(email="post@naastelkaar.example")
    for name in (*SOON, *LATER):
        make_contact(name, address(name))
    store = Store(settings.instance / "files")
    campaign = writing.load(LETTER, folder=tmp_path, store=store, by=SYSTEM, now=clock.now())
    running.start(campaign, by=SYSTEM, now=clock.now())
    db.session.commit()
    return Command(settings, tmp_path, relay.url)


def address(name: str) -> str:
    return f"griffie@{name.lower()}.example"


def put_back_an_older_one(outreach: Command, relay: Relay) -> None:
    """Half of the letters leave; a backup; the rest leaves, and the reminders; the backup again."""
    deliver(outreach, "2026-03-23T09:00:05+01:00")
    assert len(relay.taken) == 2
    outreach.run("backup", "before.zip")
    deliver(outreach, "2026-03-23T11:00:00+01:00")
    deliver(outreach, "2026-04-10T09:00:05+02:00")
    assert len(relay.taken) == 8
    outreach.at = "2026-04-11T12:00:00+02:00"
    outreach.run("restore", "before.zip", "--force")


def deliver(outreach: Command, at: str) -> None:
    outreach.at = at
    db.session.remove()
    outreach.run("deliver", "--until-empty")


def letters(relay: Relay) -> Counter[tuple[str, str]]:
    return Counter((one.to, one.message_id) for one in relay.taken)


def test_nobody_gets_a_letter_twice_after_a_restore(outreach: Command, relay: Relay) -> None:
    put_back_an_older_one(outreach, relay)
    deliver(outreach, "2026-04-12T09:00:00+02:00")
    assert len(relay.taken) == 8, "it starts held"
    status = outreach.json("campaigns", "status", "oproep")
    assert status["state"] == "paused"
    assert {one["email"] for one in status["uncertain"]} >= {address(name) for name in LATER}

    outreach.run("campaigns", "resume", "oproep")
    deliver(outreach, "2026-04-13T09:00:00+02:00")
    deliver(outreach, "2026-05-20T09:00:00+02:00")

    assert max(letters(relay).values()) == 1
    assert len(relay.taken) == 8
    assert odd_transitions() == []
    db.session.remove()
    outreach.run("campaigns", "settle", "oproep", address(LATER[0]), "--as", "resend", "--step", 1)
    deliver(outreach, "2026-05-21T09:00:00+02:00")
    assert max(letters(relay).values()) == 2, "a person decides, and then it leaves"


def kill_at(zygote: Zygote, outreach: Command, place: str, *words: str | Path) -> None:
    db.session.remove()
    sender = zygote.command(outreach.variables | {"KILL_AT": place}, *map(str, words))
    assert sender.wait() == -9, sender.said


def test_a_kill_leaves_the_old_one_or_the_new_one(
    outreach: Command, zygote: Zygote, tmp_path: Path
) -> None:
    """Of the database as of the files, whatever is started next."""
    file, relay_file = tmp_path / "now.zip", outreach.settings.instance / "senders" / "1.smtp"
    there = sender(1)
    relays.keep(outreach.settings.instance, there, "smtp://127.0.0.1:25")
    db.session.commit()
    outreach.run("backup", file)
    whole = file.read_bytes()

    kill_at(zygote, outreach, "backup-written", "backup", file)
    assert file.read_bytes() == whole, "the one that was there"

    places = {"held": "old", "before-files": "new"}
    for place, which in places.items():
        there = sender(1)
        relays.keep(outreach.settings.instance, there, "smtp://127.0.0.1:2525")
        there.name = "Of later"
        db.session.commit()
        kill_at(zygote, outreach, f"restore-{place}", "restore", file, "--force")

        outreach.run("users", "list")
        old = sender(1).name == "Of later"
        assert old is (which == "old"), place
        assert old is relay_file.read_text().strip().endswith(":2525"), "and the files with it"
        left = {path.name for path in outreach.settings.instance.glob("restoring*")}
        assert left == {"restoring.lock"}, "nothing of it stays"


def sender(number: int) -> Sender:
    db.session.remove()
    return db.session.get_one(Sender, number)


def test_without_the_hold_they_would(
    outreach: Command, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "_may_have_left", lambda _now: false())
    put_back_an_older_one(outreach, relay)
    outreach.run("campaigns", "resume", "oproep")
    deliver(outreach, "2026-04-13T09:00:00+02:00")

    assert max(letters(relay).values()) > 1
    assert not db.session.scalar(select(Message.id).where(Message.state == State.UNCERTAIN))
