"""`outreach serve` as people run it: one process that shows pages and sends what is due."""

import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from outreach.accounts.audit import SYSTEM
from outreach.campaigns import running, writing
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.models import Message, State, Worker
from tests.conftest import NOON
from tests.factories import make_contact, make_sender
from tests.flows.command import Command
from tests.flows.smtp import Mailroom, mailroom

LETTER = """---
name: Oproep
slug: oproep
sender: oproep@naastelkaar.example
steps:
  - {subject: "Oproep aan {{gemeente}}", send_at: 2026-03-23T09:00}
---
{{aanhef}}

Wilt u dit doorsturen?

Met vriendelijke groet,

Marit Zuidema
"""
GEMEENTEN = ("Zeist", "Bunnik", "De Bilt", "Soest", "Woerden")


@pytest.fixture
def relay() -> Iterator[Mailroom]:
    with mailroom() as room:
        yield room


@pytest.fixture
def outreach(settings: Settings, tmp_path: Path, relay: Mailroom, app: Flask) -> Command:
    """A letter to five griffies, due in a few seconds."""
    make_sender(name="Naast Elkaar", email="oproep@naastelkaar.example")
    for name in GEMEENTEN:
        make_contact(name)
    store, before = Store(settings.instance / "files"), NOON - timedelta(hours=1)
    campaign = writing.load(LETTER, folder=tmp_path, store=store, by=SYSTEM, now=before)
    running.start(campaign, by=SYSTEM, now=before)
    db.session.commit()
    return Command(settings, tmp_path, relay.url, at="2026-03-23T08:59:56+01:00")


def begin(outreach: Command) -> tuple[subprocess.Popen[str], str]:
    """The process and its address, as its first line says it."""
    process = outreach.start("serve", "--port", "0")
    assert process.stdout is not None
    return process, process.stdout.readline().strip().removeprefix("Outreach: ")


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert "Traceback" not in stderr, stderr
    return process.returncode


def test_it_shows_pages_sends_what_falls_due_and_stops_in_peace(
    outreach: Command, relay: Mailroom, app: Flask
):
    process, address = begin(outreach)
    page = urllib.request.urlopen(f"{address}/readyz", timeout=30).read()
    deadline = time.monotonic() + 60
    while len(relay.received) < len(GEMEENTEN) and time.monotonic() < deadline:
        time.sleep(0.2)

    status = end(process)

    assert (page, status) == (b"ready\n", 0)
    assert len({mail.to for mail in relay.received}) == len(relay.received) == len(GEMEENTEN)
    assert {m.state for m in db.session.query(Message)} == {State.ACCEPTED}
    assert all(m.accepted_at >= NOON for m in db.session.query(Message))
    assert [w.ended_at is not None for w in db.session.query(Worker)] == [True]


def test_two_servers_on_one_database_send_each_letter_once(
    outreach: Command, relay: Mailroom, app: Flask
):
    servers = [begin(outreach)[0] for _ in range(2)]
    deadline = time.monotonic() + 60
    while len(relay.received) < len(GEMEENTEN) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(4)  # a beat more, in which nothing may leave again

    assert [end(process) for process in servers] == [0, 0]
    assert sorted(mail.to for mail in relay.received) == sorted(
        {mail.to for mail in relay.received}
    )
    assert len(relay.received) == len(GEMEENTEN)


def test_a_port_that_is_taken_is_one_line(outreach: Command):
    process, address = begin(outreach)

    refused = outreach.run("serve", "--port", address.rpartition(":")[2], exits=1)

    assert "Choose another with --port." in refused
    assert len(refused.splitlines()) == 1
    assert end(process) == 0
