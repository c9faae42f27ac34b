"""A letter to ourselves, by a real relay into a real mailbox, and what was made of it there."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from config import Settings
from outreach.accounts.models import Sender
from outreach.cli import main
from outreach.db import db
from outreach.delivery import mime, outbox
from outreach.delivery.dkim import Signer
from outreach.delivery.models import Kind, Message, State
from outreach.operations import roundtrip
from outreach.operations.findings import Finding, Grade
from outreach.operations.roundtrip import Came, Sent
from tests.conftest import NOON
from tests.delivery.relay import Relay, Rule, Taken
from tests.delivery.test_dkim import KEYS, pem
from tests.delivery.test_dkim import MAIL as DKIM_MAIL
from tests.factories import make_sender
from tests.flows.command import Command
from tests.imap import Mailbox

ADDRESS = "post@naastelkaar.example"
SIGNER = Signer("naastelkaar.example", "s1", KEYS["ed25519"])
SIGNING = {
    "OUTREACH_DKIM_DOMAIN": SIGNER.domain,
    "OUTREACH_DKIM_SELECTOR": SIGNER.selector,
    "OUTREACH_DKIM_KEY": pem(KEYS["ed25519"]),
}
RESULTS = b"Authentication-Results: mx.example; dkim=pass; spf=pass; dmarc=pass\r\n"
MAIL = replace(
    DKIM_MAIL,
    from_address=ADDRESS,
    message_id="<ons@naastelkaar.example>",
    reply_to="antwoord@naastelkaar.example",
    text="U hoeft niets te doen.  En dat is  alles.\n",
)
MAIL_BODY = mime.build(MAIL).partition(b"\r\n\r\n")[2]
SIGNED = mime.undotted(SIGNER.signed(mime.data(MAIL), at=NOON))
Change = Callable[[bytes], bytes]


class Delivering(Relay):
    """A relay that puts what it took in a mailbox, changed or not."""

    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        super().__init__(**options)
        self.mailbox = mailbox
        self.change: Change = lambda raw: raw

    def note(self, one: Taken) -> None:
        super().note(one)
        self.mailbox.put(self.change(one.raw))


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox(user=ADDRESS) as one:
        yield one


@pytest.fixture
def relay(mailbox: Mailbox) -> Iterator[Delivering]:
    with Delivering(mailbox) as server:
        yield server


@pytest.fixture
def outreach(app: Flask, settings: Settings, tmp_path: Path, relay: Delivering) -> Command:
    make_sender(email=ADDRESS, reply_to="antwoord@naastelkaar.example")
    db.session.commit()
    db.session.remove()
    extra = {"OUTREACH_IMAP_URL": relay.mailbox.url} | SIGNING
    return Command(settings, tmp_path, relay.url, extra=extra)


def report(outreach: Command, *words: str, exits: int = 0) -> dict[str, tuple[str, str]]:
    """Grade and sentence by what it is about; the worst where there are several."""
    done = CliRunner().invoke(
        main, ["doctor", "roundtrip", "--wait", "5", "--json", *words], env=outreach.variables
    )
    assert done.exit_code == exits, done.output
    found = json.loads(done.stdout)["findings"]
    return worst([Finding(**one | {"grade": Grade(one["grade"])}) for one in found])


def worst(findings: Iterable[Finding]) -> dict[str, tuple[str, str]]:
    order = list(Grade)
    found: dict[str, tuple[str, str]] = {}
    for one in sorted(findings, key=lambda one: order.index(one.grade)):
        found[one.what] = one.grade.value, one.sentence
    return found


def compare(raw: bytes) -> list[Finding]:
    """What is said of our mail when it comes back so."""
    sent = Sent(Message(message_id=MAIL.message_id), mime.build(MAIL))
    return list(roundtrip.compare(sent, Came(raw, 1.0)))


def test_a_relay_that_changes_nothing(outreach: Command, relay: Delivering):
    relay.change = lambda raw: RESULTS + raw
    found = report(outreach)

    assert {grade for grade, _ in found.values()} == {"good"}
    assert "d=naastelkaar.example, s=s1" in found["DKIM"][1]
    assert found["Authentication-Results"][1] == "dkim pass, spf pass, dmarc pass."
    message = db.session.scalars(select(Message)).one()
    assert (message.kind, message.state) == (Kind.PROOF, State.ACCEPTED)


def test_a_relay_that_replaces_the_message_id(outreach: Command, relay: Delivering):
    relay.renames = True
    found = report(outreach)

    assert found["Message-ID"][0] == "mind"
    assert "@prod.relay.example>" in found["Message-ID"][1]
    assert "staat nog in References" in found["Message-ID"][1]
    assert found["Inhoud"][0] == "good"


@pytest.mark.parametrize(
    ("was", "becomes", "what", "says"),
    [
        (b"<post@naastelkaar", b"<bounce@relay", "From", "Veranderd in bounce@relay"),
        (b"Reply-To: antwoord@", b"Reply-To: niemand@", "Reply-To", "Veranderd in niemand@"),
        (b"List-Unsubscribe-Post:", b"X-Was:", "List-Unsubscribe", "is weggelaten"),
        (b"List-Unsubscribe: <http", b"List-Unsubscribe: <mailto", "List-Unsubscribe", "veranderd"),
        (b"DKIM-Signature:", b"X-Was:", "DKIM", "Geen handtekening"),
        (b"U hoeft niets", b"U moet iets", "DKIM", "na het ondertekenen veranderd"),
        (b"From:", RESULTS.replace(b"pass", b"fail") + b"From:", "Authentication-Results", "fail"),
    ],
)
def test_what_a_relay_breaks_is_said(was: bytes, becomes: bytes, what: str, says: str):
    assert was in SIGNED
    found = worst(compare(SIGNED.replace(was, becomes, 1)))

    assert found[what][0] == "wrong"
    assert says in found[what][1]


def test_a_signature_that_covers_too_little():
    other = replace(SIGNER, domain="elders.example")
    line = other.signed(mime.data(MAIL), at=NOON)[0].replace(b"list-unsubscribe-post:", b"")
    said = [one.sentence for one in compare(line + mime.build(MAIL)) if one.what == "DKIM"]

    assert len(said) == 2
    assert "list-unsubscribe-post niet ondertekend" in said[0]
    assert "Geen handtekening is van naastelkaar.example" in said[1]


def test_a_body_that_is_signed_octet_by_octet():
    """c=relaxed/simple, and c=simple, which says nothing of the body."""
    exact = base64.b64encode(hashlib.sha256(MAIL_BODY).digest())
    for how in (b"relaxed/simple", b"relaxed"):
        line = b"DKIM-Signature: v=1; c=%b; d=a.example; s=b; h=from; bh=%b\r\n" % (how, exact)
        (said, *_) = [
            one.sentence for one in compare(line + mime.build(MAIL)) if one.what == "DKIM"
        ]
        assert "is na het ondertekenen veranderd" not in said


def test_a_relay_that_refuses_it(outreach: Command, relay: Delivering):
    relay.rules = [Rule("rcpt", "550 5.1.1 No such user")]

    assert "No such user" in report(outreach, exits=1)["Verstuurd"][1]


def test_one_that_does_not_come(outreach: Command, relay: Delivering):
    relay.note = relay.taken.append
    found = report(outreach, "--wait", "0", exits=1)

    assert "kijk bij Ongewenst" in found["Aangekomen"][1]


def test_nothing_else_leaves_because_someone_looks(outreach: Command, relay: Delivering):
    sender = db.session.scalars(select(Sender)).one()
    outbox.queue_notice(
        dedupe_key="n", sender=sender, address="a@a.example", subject="s", text="t",
        now=NOON, key="k",
    )  # fmt: skip
    db.session.commit()
    db.session.remove()
    report(outreach)

    assert relay.recipients == [ADDRESS]


def test_without_a_mailbox_nothing_is_sent(outreach: Command, relay: Delivering):
    del outreach.extra["OUTREACH_IMAP_URL"]

    assert "heeft geen postbus" in outreach.run("doctor", "roundtrip", exits=1)
    assert relay.taken == []
