"""A campaign through an account of Microsoft 365: tokens that end midway, other Message-IDs.

The token server, the mail server and the mailbox are real ones on loopback. The mail server
replaces every Message-ID, ends each access token after some letters, and once takes a letter
without saying so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from outreach.accounts.models import Sender
from outreach.db import db
from outreach.delivery import evidence, mailboxes, sent_folder
from outreach.delivery.models import Message, Proof, State
from tests.conftest import NOON
from tests.delivery.relay import Relay, Rule
from tests.flows.command import Command
from tests.flows.smtp import Received
from tests.flows.test_letter_and_reminder import AANHEF, CONTACTS
from tests.imap import Mailbox
from tests.oauth_server import TokenServer

SENDER = "eenzaamheid@coalitie.example"
CAMPAIGN = """---
name: Oproep aanpak eenzaamheid
slug: oproep-eenzaamheid
sender: eenzaamheid@coalitie.example
audience: {role: griffier}
steps:
  - {subject: "Oproep aan de raad van {{gemeente}}", send_at: 2026-03-23T09:00}
  - {subject: "Herinnering: oproep aan de raad", after: 18 days, at: "09:00", to: not_answered}
---
{{aanhef}}

Maak samen eten mogelijk in {{gemeente}}.

Met vriendelijke groet,
Marit Zuidema

---
{{aanhef}}

Op {{eerste_brief.datum}} stuurden wij u een brief.

Met vriendelijke groet,
Marit Zuidema
"""
MESSAGE_ID = re.compile(r"<[^>]+>")


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


@pytest.fixture
def relay(server: TokenServer) -> Iterator[Relay]:
    with Relay(accepts=server.accepts, renames=True) as relay:
        yield relay


@pytest.fixture
def mailbox(server: TokenServer) -> Iterator[Mailbox]:
    """The mailbox of the same account; its Sent folder is empty."""
    with Mailbox(user=SENDER, accepts=server.accepts) as mailbox:
        yield mailbox


@pytest.fixture
def outreach(
    settings: Settings, tmp_path: Path, server: TokenServer, relay: Relay, mailbox: Mailbox
) -> Command:
    """An instance in which a campaign runs, whose sender is connected."""
    given = server.settings(smtp=relay.url, imap=imap_of(mailbox))
    extra = {f"OUTREACH_{name.upper()}": value for name, value in given.items()}
    extra |= {"OUTREACH_CONNECTIONS": "1"}
    command = Command(settings, tmp_path, at="2026-03-20T10:00:00+01:00", extra=extra)
    (tmp_path / "contacts.csv").write_text(CONTACTS, encoding="utf-8-sig")
    (tmp_path / "campaign.md").write_text(CAMPAIGN, encoding="utf-8")
    command.run(
        "senders", "add", "--name", "Coalitie tegen eenzaamheid", "--email", SENDER,
        "--address", "Voorbeeldkade 14, 3512 ZZ Utrecht",
    )  # fmt: skip
    server.at_once = True
    command.run("mail", "connect", "microsoft", "--sender", SENDER)
    command.run("contacts", "import", "contacts.csv")
    command.run("campaigns", "load", "campaign.md")
    command.run("campaigns", "start", "oproep-eenzaamheid")
    command.at = "2026-03-23T09:00:05+01:00"
    return command


def taken(relay: Relay) -> dict[str, Received]:
    """What left since we last asked: one for each address, as its reader sees it."""
    found, relay.taken = relay.taken, []
    assert len({one.to for one in found}) == len(found), "nobody gets it twice"
    return {one.to: Received(one.to, one.raw) for one in found}


@dataclass(frozen=True)
class Ids:
    """What our first letter to an address is called, by us and by the mail server."""

    ours: str
    relays: str | None

    @property
    def seen(self) -> str:
        return self.relays or self.ours


def first_letter(address: str) -> Message:
    found = select(Message).where(Message.address == address).order_by(Message.id)
    return db.session.scalars(found.limit(1)).one()


def ids_of(address: str) -> Ids:
    message = first_letter(address)
    ids = Ids(message.message_id, message.relay_message_id)
    db.session.rollback()  # SQLite has one writer, and each command is another
    return ids


def test_a_campaign_goes_out_is_paused_goes_on_and_keeps_its_threads(
    outreach: Command, server: TokenServer, relay: Relay, mailbox: Mailbox, app: Flask
) -> None:
    first = end_the_connection_midway(outreach, server, relay)
    doubtful = min(AANHEF.keys() - first.keys())
    relay.rules = [Rule("dot", keep=True, to=doubtful, times=1)]

    outreach.run("mail", "connect", "microsoft", "--sender", SENDER)
    outreach.run("campaigns", "resume", "oproep-eenzaamheid")
    before = server.renewals
    outreach.run("deliver", "--until-empty")

    later = taken(relay)
    assert first.keys() & later.keys() == set(), "nobody gets it twice"
    first |= later
    assert set(first) == set(AANHEF)
    assert server.renewals > before, "the token ended midway"
    status = outreach.json("campaigns", "status", "oproep-eenzaamheid")
    assert (status["state"], status["counts"]["accepted"]) == ("running", 6)
    assert [one["email"] for one in status["uncertain"]] == [doubtful]
    for address, letter in first.items():
        ids = ids_of(address)
        assert letter.header("Message-ID") != ids.ours
        assert MESSAGE_ID.findall(letter.header("References")) == [ids.ours]
        assert ids.relays == (None if address == doubtful else letter.header("Message-ID"))

    server.uses = None
    check_a_reply_finds_its_letter(first["griffie@zeist.example"])
    settle_by_the_sent_folder(outreach, server, mailbox, first[doubtful])
    outreach.at = "2026-04-10T09:00:05+02:00"
    outreach.run("deliver", "--until-empty")

    second = taken(relay)
    assert set(second) == set(AANHEF)
    for address, reminder in second.items():
        ids = ids_of(address)
        assert reminder.header("In-Reply-To") == ids.seen
        named = MESSAGE_ID.findall(reminder.header("References"))
        assert named == list(dict.fromkeys([ids.ours, ids.seen]))
        # What the reader's program knows the first letter by.
        assert ids.seen in first[address].header("Message-ID") + first[address].header("References")
    assert outreach.json("campaigns", "status", "oproep-eenzaamheid")["counts"]["accepted"] == 14


def end_the_connection_midway(
    outreach: Command, server: TokenServer, relay: Relay
) -> dict[str, Received]:
    """Someone changes the password while letters leave: nobody is marked for it."""
    server.uses = 4  # one to sign in, then three letters

    def accepts(token: str) -> bool:
        known = server.accepts(token)
        if not known:
            server.revoke()
        return known

    relay.accepts = accepts
    told = outreach.run("deliver", "--until-empty", exits=1)
    relay.accepts = server.accepts

    assert "is verlopen: verbind opnieuw" in told
    status = outreach.json("campaigns", "status", "oproep-eenzaamheid")
    assert (status["state"], status["uncertain"]) == ("paused", [])
    assert (status["counts"]["accepted"], status["counts"]["queued"]) == (3, 4)
    return taken(relay)


def check_a_reply_finds_its_letter(letter: Received) -> None:
    """A reply names the Message-ID that its writer saw."""
    seen = [letter.header("Message-ID")]

    found = evidence.settle_by_mail(seen, Proof.ANSWER, "Re: Oproep", now=NOON)

    assert found is not None
    assert found.address == letter.to
    db.session.rollback()


def settle_by_the_sent_folder(
    outreach: Command, server: TokenServer, mailbox: Mailbox, copy: Received
) -> None:
    """The copy there has another Message-ID; ours is in its References."""
    mailbox.put(copy.raw, "Sent")
    message = first_letter(copy.to)
    assert message.state is State.UNCERTAIN
    box = mailboxes.for_sender(
        db.session.get_one(Sender, message.sender_id),
        instance=outreach.settings.instance,
        default_url="",
        providers={"microsoft": server.provider(imap=imap_of(mailbox))},
    )
    assert box is not None

    there = sent_folder.find(box, [message.message_id])

    assert there == {message.message_id: "Sent"}
    assert evidence.arrived(message, Proof.SENT_FOLDER, there[message.message_id], now=NOON)
    db.session.commit()


def imap_of(mailbox: Mailbox) -> str:
    return f"imaps://{mailbox.url.partition('@')[2]}"
