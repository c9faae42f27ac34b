"""The ledger fills itself: replies, receipts, absences and bounces come in before a reminder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config import Settings
from tests.flows.command import Command
from tests.flows.smtp import Mailroom, Received, mailroom
from tests.flows.test_letter_and_reminder import CAMPAIGN, CONTACTS
from tests.imap import Mailbox

US = "eenzaamheid@coalitie.example"
SLUG = "oproep-eenzaamheid"


@pytest.fixture
def relay() -> Iterator[Mailroom]:
    with mailroom() as room:
        yield room


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def outreach(settings: Settings, tmp_path: Path, relay: Mailroom, mailbox: Mailbox) -> Command:
    """The first letter left on 23 March to seven griffies; it is the eve of the reminder."""
    command = Command(settings, tmp_path, relay.url, at="2026-03-20T10:00:00+01:00")
    command.extra["OUTREACH_IMAP_URL"] = mailbox.url
    (tmp_path / "contacts.csv").write_text(CONTACTS, encoding="utf-8-sig")
    (tmp_path / "campaign.md").write_text(CAMPAIGN, encoding="utf-8")
    (tmp_path / "oproep.pdf").write_bytes(b"%PDF-1.4 an attachment\n%%EOF\n")
    command.run(
        "senders", "add", "--name", "Coalitie tegen eenzaamheid", "--email", US,
        "--address", "Voorbeeldkade 14, 3512 ZZ Utrecht",
    )  # fmt: skip
    command.run("contacts", "import", "contacts.csv")
    command.run("campaigns", "load", "campaign.md")
    command.run("campaigns", "start", SLUG)
    command.at = "2026-03-23T09:00:05+01:00"
    command.run("deliver", "--until-empty")
    command.at = "2026-04-09T16:00:00+02:00"
    return command


def mail(
    letter: Received, body: str, *, from_: str = "", headers: str = "", subject: str = ""
) -> bytes:
    """Someone writes back."""
    name = letter.header("Message-ID").strip()
    words = subject or f"RE: {letter.header('Subject')}"
    return (
        f"From: {from_ or letter.to}\r\nTo: {US}\r\nSubject: {words}\r\nIn-Reply-To: {name}\r\n"
        f"Message-ID: <{abs(hash((letter.to, body)))}@post.example>\r\n{headers}"
        f"Date: Thu, 9 Apr 2026 10:00:00 +0200\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


def bounce(letter: Received, *, named: str = "") -> bytes:
    """A relay that could not deliver it."""
    name = named or letter.header("Message-ID").strip()
    return (
        f"From: MAILER-DAEMON@relay.example\r\nTo: {US}\r\nSubject: Undelivered Mail\r\nReturn-Path: <>\r\n"
        f"Message-ID: <{abs(hash(name))}@relay.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nSorry.\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {letter.to}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {name}\r\n\r\n--b--\r\n"
    ).encode()


def written(folder: Path, mails: dict[str, bytes]) -> list[str]:
    for name, raw in mails.items():
        (folder / name).write_bytes(raw)
    return list(mails)


AUTO = "Auto-Submitted: auto-replied\r\n"


def test_what_comes_in_decides_who_is_reminded(
    outreach: Command, relay: Mailroom, tmp_path: Path
) -> None:
    first = {one.to: one for one in relay.take()}
    zeist, denhaag = first["griffie@zeist.example"], first["griffie@denhaag.example"]
    haarlem, assen = first["griffie@haarlem.example"], first["griffie@assen.example"]
    bergen, sneek = first["griffie@bergen-nh.example"], first["griffie@sudwestfryslan.example"]
    names = written(tmp_path, {
        "antwoord.eml": mail(zeist, "De brief is doorgestuurd naar de leden van de raad.", from_="Bode <bode@zeist.example>"),
        "zaak.eml": mail(denhaag, "Uw bericht is ontvangen onder zaaknummer Z-2026-01187.", headers=AUTO, from_="noreply@denhaag.example"),
        "weg.eml": mail(haarlem, "Ik ben afwezig tot en met 20 april 2026.", headers=AUTO),
        "nee.eml": mail(bergen, "Graag geen herinneringen meer."),
        "bounce.eml": bounce(assen),
        "vals.eml": bounce(sneek, named="<verzonnen@coalitie.example>"),
        "rommel.eml": b"\x89PNG geen mail",
    })  # fmt: skip

    report = outreach.json("inbox", "read", *names, "er-is-niets.eml")

    assert report["read"] == len(report["items"]) == 8
    items = {one["file"]: one for one in report["items"]}
    told = {name: (one["kind"], one["gemeente"], one["campaign"]) for name, one in items.items()}
    assert told == {
        "antwoord.eml": ("answer", "GM0355", SLUG),
        "zaak.eml": ("receipt", "GM0518", SLUG),
        "weg.eml": ("out-of-office", "GM0392", SLUG),
        "nee.eml": ("unsubscribe", "GM0373", SLUG),
        "bounce.eml": ("bounce", "GM0106", SLUG),
        "vals.eml": ("unresolved", None, None),
        "rommel.eml": ("unresolved", None, None),
        "er-is-niets.eml": ("unresolved", None, None),
    }
    assert all(one["evidence"] for one in items.values())
    (step,) = [one for one in outreach.json("campaigns", "plan", SLUG)["steps"] if one["step"] == 2]
    sent = {one["email"] for one in step["send"]}
    assert sent == {denhaag.to, haarlem.to, sneek.to, "griffie@s-hertogenbosch.example"}
    why = {one["email"]: one for one in step["skip"]}
    assert "bode@zeist.example" in why[zeist.to]["evidence"]
    assert [one.header("Subject") for one in relay.take()] == [], "reading sends nothing by itself"

    before = outreach.json("campaigns", "status", SLUG)
    again = outreach.json("inbox", "read", *names)
    assert [one["kind"] for one in again["items"]] == [items[name]["kind"] for name in names]
    assert again["new"] == 0
    assert outreach.json("campaigns", "status", SLUG) == before

    outreach.at = "2026-04-10T09:00:05+02:00"
    outreach.run("deliver", "--until-empty")
    reminders = {one.to: one for one in relay.take() if "Herinnering" in one.header("Subject")}
    assert set(reminders) == sent
    assert "Uw zaaknummer: Z-2026-01187" in reminders[denhaag.to].part("text/plain")
    assert "Z-2026-01187" in reminders[denhaag.to].part("text/html")
    assert "zaaknummer" not in reminders[haarlem.to].part("text/plain")


def test_an_answer_between_the_plan_and_the_claim_prevents_the_letter(
    outreach: Command, relay: Mailroom, mailbox: Mailbox
) -> None:
    first = {one.to: one for one in relay.take()}
    zeist = first["griffie@zeist.example"]
    outreach.at = "2026-04-10T09:00:05+02:00"
    (step,) = [one for one in outreach.json("campaigns", "plan", SLUG)["steps"] if one["step"] == 2]
    assert zeist.to in {one["email"] for one in step["send"]}
    mailbox.put(mail(zeist, "Doorgestuurd"))

    report = outreach.json("inbox", "read")
    outreach.run("deliver", "--until-empty")

    assert [(one["kind"], one["gemeente"]) for one in report["items"]] == [("answer", "GM0355")]
    assert zeist.to not in {one.to for one in relay.take()}
    (step,) = [one for one in outreach.json("campaigns", "plan", SLUG)["steps"] if one["step"] == 2]
    assert zeist.to in {one["email"] for one in step["skip"]}
    assert outreach.json("inbox", "read")["items"] == []


def test_a_mailbox_that_is_not_there_is_said_in_one_line(
    outreach: Command, mailbox: Mailbox
) -> None:
    outreach.extra["OUTREACH_IMAP_URL"] = f"imaps://wie:wat@localhost:{mailbox.port}"
    assert len(outreach.run("inbox", "read", exits=1).strip().splitlines()) == 1
    outreach.extra["OUTREACH_IMAP_URL"] = ""
    assert "Er is geen postbus ingesteld" in outreach.run("inbox", "read", exits=1)
