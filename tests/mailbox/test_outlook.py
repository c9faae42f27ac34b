"""Files of Outlook are read as the mails that they were."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.campaigns.store import Store
from outreach.delivery.arrivals import Place
from outreach.delivery.incoming import outlook, parsing
from outreach.delivery.incoming.parsing import Unreadable
from outreach.delivery.incoming.telling import Kind
from tests.mailbox import mails, scene
from tests.mailbox.msg_files import compound, msg

HEAD = (
    "From: Griffie Zeist <griffie@zeist.example>\r\nTo: post@naastelkaar.example\r\nSubject: RE: Oproep\r\n"
    "Message-ID: <7@zeist.example>\r\nDate: Wed, 8 Apr 2026 10:22:00 +0200\r\n"
    f"In-Reply-To: {mails.message_id('Zeist')}\r\nContent-Type: multipart/mixed;\r\n\tboundary=x\r\n"
)  # fmt: skip
DONE = "De brief is doorgestuurd naar de raad.\r\n"


def test_a_reply_saved_in_outlook_is_an_answer_once(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))

    taken = scene.take(msg(headers=HEAD, body=DONE, attached="reactie.pdf"), store)
    again = scene.take(f"{HEAD.partition('Content')[0]}\r\n{DONE}".encode(), store)

    assert (taken.mail.kind, taken.mail.state) == (Kind.ANSWER, Place.SETTLED)
    assert [one.status for one in scene.answers("Zeist")] == ["doorgestuurd"]
    assert taken.mail.details["attachments"] == ["reactie.pdf"]
    assert store.get(taken.mail.raw_sha256 or "").startswith(b"From: Griffie Zeist")
    assert not again.fresh  # the same mail as .eml


def test_a_mail_that_never_left_the_house_is_read_by_its_properties() -> None:
    made = outlook.as_mail(
        msg(
            subject="RE: Oproep",
            sender="griffie@zeist.example",
            html="<p>Geplaatst op de LIS van 9 april, één stuk.</p>".encode("cp1252"),
            message_id="<8@zeist.example>",
            reply_to="<a@b.example>",
            sent=datetime(2026, 4, 8, 8, 22, tzinfo=UTC),
        )
    )

    mail = parsing.read(made)

    assert (mail.from_email, mail.subject) == ("griffie@zeist.example", "RE: Oproep")
    assert (mail.message_id, mail.in_reply_to) == ("<8@zeist.example>", ("<a@b.example>",))
    assert mail.date == datetime(2026, 4, 8, 8, 22, tzinfo=UTC)
    assert mail.text == "Geplaatst op de LIS van 9 april, één stuk."


def test_a_sealed_mail_is_known_as_encrypted() -> None:
    made = outlook.as_mail(msg(headers=HEAD, attached="smime.p7m"))

    assert parsing.read(made).encrypted


@pytest.mark.parametrize(
    "raw",
    [
        outlook.MAGIC,
        outlook.MAGIC + b"\xff" * 4000,
        msg(headers=HEAD, body=DONE)[:900],
        compound({"Workbook": b"no mail"}),
    ],
)
def test_a_damaged_file_waits_and_is_kept(raw: bytes, app: Flask, store: Store) -> None:
    taken = scene.take(raw, store)

    assert (taken.mail.kind, taken.mail.state) == (Kind.UNRESOLVED, Place.WAITING)
    assert "Outlook" in taken.mail.reasons[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=8))
def test_any_octets_changed_are_read_or_refused(changes: list[tuple[int, int]]) -> None:
    raw = bytearray(msg(headers=HEAD, body=DONE, attached="a.pdf"))
    for at, value in changes:
        raw[8 + at % (len(raw) - 8)] = value
    try:
        parsing.read(outlook.as_mail(bytes(raw)))
    except Unreadable:
        return
