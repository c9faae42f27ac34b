import smtplib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.clock import FixedClock
from outreach.engine.demo import griffies, roster
from outreach.engine.demo.capture import Capture
from outreach.engine.demo.inbox import Inbox
from tests.conftest import NOON

LETTER = (
    "From: Naast Elkaar <oproep@naastelkaar.example>\r\nTo: {to}\r\n"
    "Subject: Oproep aan de raad\r\nList-Unsubscribe: <http://127.0.0.1/afmelden/x>\r\n\r\nDag.\r\n"
)
ALIVE = roster.drawn("mailbox")[griffies.DEAD + griffies.GREY :]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


@pytest.fixture
def relay(inbox: Inbox, clock: FixedClock) -> Iterator[smtplib.SMTP]:
    with Capture(inbox, clock) as capture, smtplib.SMTP("127.0.0.1", capture.port) as client:
        yield client


def send(relay: smtplib.SMTP, to: str, raw: str = LETTER) -> None:
    relay.sendmail("oproep@naastelkaar.example", [to], raw.format(to=to).encode())


def test_a_mail_is_kept_byte_for_byte(relay: smtplib.SMTP, inbox: Inbox):
    to = ALIVE[0].griffie

    send(relay, to)

    (mail,) = inbox.search()
    assert (mail.recipient, mail.subject, mail.at) == (to, "Oproep aan de raad", NOON)
    assert inbox.raw(mail.number) == LETTER.format(to=to).encode()


def test_a_mailbox_that_is_gone_is_refused_at_rcpt(relay: smtplib.SMTP, inbox: Inbox):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(relay, roster.drawn("mailbox")[0].griffie)

    ((code, words),) = refused.value.recipients.values()
    assert (code, words[:5]) == (550, b"5.1.1")
    assert inbox.count() == 0


def test_greylisting_ends_after_five_minutes(relay: smtplib.SMTP, inbox: Inbox, clock: FixedClock):
    to = roster.drawn("mailbox")[griffies.DEAD].griffie
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(relay, to)

    clock.forward(timedelta(minutes=5))
    send(relay, to)

    assert inbox.count() == 1


def test_who_answers_is_expected(relay: smtplib.SMTP, inbox: Inbox):
    for box in ALIVE[:60]:
        send(relay, box.griffie)

    visit = inbox.next_visit()

    assert visit is not None
    assert visit.due > NOON


def test_nobody_reacts_to_a_notice(relay: smtplib.SMTP, inbox: Inbox):
    notice = "From: a@b.example\r\nSubject: Genoteerd\r\n\r\nDag.\r\n"

    for box in ALIVE[:60]:
        send(relay, box.griffie, notice)

    assert inbox.next_visit() is None


def test_mails_are_found_by_words_of_address_and_subject(inbox: Inbox):
    for name in ("Zeist", "Bergen", "Súdwest"):
        raw = f"Subject: Oproep aan {name}\r\n\r\n".encode()
        inbox.keep(raw, f"griffie@{name.lower()}.example", now=NOON)

    assert [mail.number for mail in inbox.search("oproep griffie@")] == [3, 2, 1]
    assert [mail.number for mail in inbox.search("ZEIST oproep")] == [1]
    assert inbox.search("100%") == []
    assert (inbox.count("griffie"), len(inbox.search("griffie", page=2, per_page=2))) == (3, 1)
