"""`outreach doctor`: each thing that is wrong has a line that says so, and what to do."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from config import Settings
from outreach.accounts.audit import CLI
from outreach.campaigns.models import CampaignState
from outreach.cli import main
from outreach.clock import system_now
from outreach.contacts import erased
from outreach.db import db
from outreach.delivery import relays, secretfiles
from outreach.delivery.models import State
from outreach.delivery.workers import Life
from outreach.operations import backing_up, health, holding
from outreach.operations.backing_up import Last
from outreach.operations.findings import Grade
from outreach.operations.health import Ward
from tests.conftest import NOON
from tests.delivery.relay import Relay, Rule
from tests.delivery.test_dkim import KEYS, pem
from tests.factories import make_campaign, make_contact, make_message, make_sender
from tests.flows.command import Command
from tests.imap import Mailbox


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as one:
        yield one


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as server:
        yield server


@pytest.fixture
def outreach(
    app: Flask, settings: Settings, tmp_path: Path, relay: Relay, mailbox: Mailbox
) -> Command:
    make_sender()
    db.session.commit()
    db.session.remove()
    settings.instance.chmod(0o700)
    extra = {"OUTREACH_IMAP_URL": mailbox.url, "OUTREACH_ENV": "production"}
    extra |= {"OUTREACH_BASE_URL": "https://brieven.example"}
    return Command(settings, tmp_path, relay.url, extra=extra)


def report(outreach: Command) -> dict[str, tuple[str, str]]:
    """Grade and sentence by what it is about; the last where there are several."""
    db.session.remove()
    ward = Ward(
        outreach.settings.instance,
        outreach.extra["OUTREACH_BASE_URL"],
        production=True,
        smtp_url=outreach.smtp_url,
        imap_url=outreach.extra["OUTREACH_IMAP_URL"],
        providers={},
    )
    found = {one.what: one for one in health.examine(ward, at=system_now())}
    return {what: (one.grade.value, one.sentence) for what, one in found.items()}


def test_all_is_well(outreach: Command, app: Flask, relay: Relay):
    outreach.run("backup", "now.zip")
    with Life(db.engine):
        found = report(outreach)

    assert {what: grade for what, (grade, _) in found.items()} == dict.fromkeys(
        (
            "Instellingen",
            "Map",
            "Schijf",
            "Reservekopie",
            "Database",
            "Klok",
            "Versturen",
            "Mailserver",
            "Postbus",
        ),
        "good",
    )
    assert relay.taken == [], "nothing is sent"
    assert not any(line.startswith("MAIL") for _, line in relay.said)


def test_a_person_reads_lines(outreach: Command):
    said = outreach.run("doctor")

    assert "goed    Database: " in said
    assert "let op  Reservekopie: Er is er nog geen gemaakt" in said
    assert "let op  Versturen: Er draait geen outreach serve" in said


def test_a_relay_or_mailbox_that_refuses_us(outreach: Command, relay: Relay, mailbox: Mailbox):
    relay.rules = [Rule("connect", "554 5.7.1 Go away")]
    outreach.extra["OUTREACH_IMAP_URL"] = mailbox.url.replace("ge%2Fheim", "onzin")
    found = report(outreach)

    assert found["Mailserver"][0] == "wrong"
    assert "554 5.7.1 Go away" in found["Mailserver"][1]
    assert found["Postbus"][0] == "wrong"
    assert "weigert onze aanmelding" in found["Postbus"][1]


def test_files_that_others_can_read(outreach: Command, settings: Settings, relay: Relay):
    sender = make_sender(email="b@naastelkaar.example")
    relays.keep(settings.instance, sender, relay.url)
    db.session.commit()
    (settings.instance / "senders" / f"{sender.id}.smtp").chmod(0o644)

    assert "chmod 600" in report(outreach)["Map"][1]


def test_a_database_of_another_version(outreach: Command):
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    found = report(outreach)

    assert found["Database"][0] == "wrong"
    assert "outreach db upgrade" in found["Database"][1]


def test_a_disk_that_fills(outreach: Command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "TOO_LITTLE", 10**18)

    assert "te weinig" in report(outreach)["Schijf"][1]


def test_a_backup_of_long_ago(outreach: Command, settings: Settings):
    long_ago = system_now() - timedelta(days=3)
    last = Last("now.zip", long_ago)
    secretfiles.write_record(settings.instance / backing_up.LAST, last)

    assert report(outreach)["Reservekopie"][0] == "mind"


def test_what_waits_for_a_person(outreach: Command):
    campaign = make_campaign(state=CampaignState.PAUSED, pause_reason=f"{holding.HELD}gisteren.")
    make_message(campaign, make_contact("Zeist"), state=State.UNCERTAIN)
    db.session.commit()
    said = [one.sentence for one in health._letters()]

    assert said == [
        f"“{campaign.name}” staat stil. Teruggezet uit een reservekopie van gisteren.",
        "1 bericht is misschien verstuurd: zie Onzeker.",
    ]


def test_a_key_that_cannot_sign(outreach: Command):
    outreach.extra |= {
        "OUTREACH_DKIM_DOMAIN": "a.example",
        "OUTREACH_DKIM_SELECTOR": "s",
        "OUTREACH_DKIM_KEY": pem(KEYS["ed25519"]).replace("M", "N", 1),
    }
    done = CliRunner().invoke(main, ["doctor", "--json"], env=outreach.variables)

    assert done.exit_code == 1
    assert json.loads(done.stdout)["findings"][0]["what"] == "DKIM"
    assert done.stderr == "Error: 1 fout.\n"


def test_a_process_that_hangs(outreach: Command, monkeypatch: pytest.MonkeyPatch):
    with Life(db.engine):
        monkeypatch.setattr(health, "STILL", timedelta(seconds=-1))

        assert "Start outreach opnieuw" in report(outreach)["Versturen"][1]


def test_a_clock_that_was_set_back(outreach: Command, monkeypatch: pytest.MonkeyPatch):
    with Life(db.engine):
        monkeypatch.setattr(health, "ODD", -1.0)

        assert report(outreach)["Klok"][0] == "mind"


def test_a_lost_pepper_is_said(app: Flask, settings: Settings) -> None:
    erased.remember(["noor@zeist.example"], [], by=CLI, now=NOON)
    db.session.commit()

    assert [one.grade for one in health._pepper(settings.instance)] == [Grade.GOOD]
    (settings.instance / "pepper").write_text("another")
    assert [one.grade for one in health._pepper(settings.instance)] == [Grade.WRONG]
    (settings.instance / "pepper").unlink()
    (lost,) = health._pepper(settings.instance)
    assert (lost.grade, "ontbreekt" in lost.sentence) == (Grade.WRONG, True)
