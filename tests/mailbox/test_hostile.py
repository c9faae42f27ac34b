"""Whatever comes in is kept, waits for a person, and holds up nobody else."""

import resource
import time

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.campaigns.store import Store
from outreach.delivery.arrivals import Place
from outreach.delivery.incoming import automatic, parsing, quoting, reports, wording
from outreach.delivery.incoming.parsing import Unreadable
from outreach.delivery.incoming.telling import Kind
from tests.mailbox import mails, scene


def nested(depth: int) -> bytes:
    """Parts within parts within parts."""
    opened = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)
    )
    return f"From: a@b.example\nMessage-ID: <n@b.example>\n{opened}Content-Type: text/plain\n\nDag\n".encode()


def enclosed(depth: int) -> bytes:
    """Mails within mails, without any boundary."""
    return b"From: a@b.example\n" + b"Content-Type: message/rfc822\n\n" * depth + b"Dag\n"


def with_head(lines: str) -> bytes:
    return f"From: griffie@zeist.example\n{lines}\n\nDag\n".encode("utf-8", "surrogateescape")


PLAIN = "From: griffie@zeist.example\nSubject: x\nContent-Type: text/plain; charset={}\n\nDag {}\n"
HOSTILE = {
    "1,200 nested parts": nested(1200),
    "400 nested parts": nested(400),
    "1,200 mails in mails": enclosed(1200),
    "2,000,000 empty parts": b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\n" * 2_000_000,
    "5,000,000 empty lines": b"From: a@b.example\n\n" + b"\n" * 5_000_000,
    "197 KB of receivers": with_head("To: " + ", ".join(f"k{n}@b.example" for n in range(16_000))),
    "197 KB of references": with_head(
        "References: " + " ".join(f"<{n}@b.example>" for n in range(16_000))
    ),
    "a million semicolons": with_head("Content-Type: text/plain" + ";" * 1_000_000),
    "a million semicolons in a part": b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    b"Content-Type: multipart/mixed" + b";" * 1_000_000 + b"\n\nDag\n--b--\n",
    "20,000 brackets": with_head("From: " + "(" * 20_000),
    "a long subject of words": with_head("Subject: " + "=?utf-8?q?=41?= " * 20_000),
    "a codec that is run": PLAIN.format("unicode_escape", r"\N{BULLET}").encode(),
    "punycode": PLAIN.format("punycode", "x-").encode(),
    "idna": PLAIN.format("idna", "x..y" * 30).encode(),
    "a charset that is none": PLAIN.format("x-nergens", "x").encode(),
    "a charset with a NUL": PLAIN.format('"utf-8\0"', "x").encode(),
    "NULs": PLAIN.format("utf-8", "a\0b\0c").encode(),
    "half a character": PLAIN.format("utf-8", "x").encode() + b"\xff\xfe\xc3",
    "base64 that is none": b"From: a@b.example\nContent-Transfer-Encoding: base64\n\n!!!!===\n",
    "no end of a part": b'From: a@b.example\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type',
    "dated 1901": with_head("Date: Mon, 1 Jan 1901 00:00:00 +0000"),
    "dated 9999": with_head("Date: Fri, 31 Dec 9999 23:59:59 -2359"),
    "dated never": with_head("Date: 99 Foo 20026 99:99:99 +99999"),
    "no headers": b"Dag, dit is geen mail.\n",
    "bytes of a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
    "one line of 3 MB": with_head("Subject: x") + b"x" * 3_000_000,
    "HTML that never closes": b"From: a@b.example\nContent-Type: text/html\n\n"
    + b"<br<div<p<!--<![" * 6000,
    "100,000 open tags": b"From: a@b.example\nContent-Type: text/html\n\n" + b"<b>" * 100_000,
    "50 MB": with_head("Subject: groot") + b"x" * 50_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_waits_and_the_next_is_read(name: str, app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    odd = scene.row(scene.take(HOSTILE[name], store))
    after = scene.take(mails.reply("Zeist", "Doorgestuurd"), store)

    assert (odd.kind, odd.state) == (Kind.UNRESOLVED, Place.WAITING)
    assert odd.reasons
    assert store.get(odd.raw_sha256 or "")[:1000] == HOSTILE[name][:1000]
    assert after.mail.kind is Kind.ANSWER
    assert [one.status for one in scene.answers()] == ["doorgestuurd"]
    # Ten times what any takes here: a bound against what grows with the square.
    assert time.process_time() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_what_a_report_says_is_text(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    raw = mails.dsn("Zeist", diagnostic="550 <script>alert(1)</script>\x00")

    found = scene.row(scene.take(raw, store))

    assert found.kind is Kind.BOUNCE
    assert "\x00" not in "".join(found.reasons)


LINES = st.sampled_from(
    ["Op ", "Van: ", "> ", "schreef", "On ", "wrote:", "zaak ", "nummer: ", "niet ", "is ", "\n", " ", "raad",
     "doorgestuurd ", "ontvangen ", "met vriendelijke groet", "lijst ingekomen ", "tot ", "21 mei ", "@", "a"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINES, min_size=1, max_size=12), st.integers(1, 3000))
def test_no_text_takes_long(words: list[str], times: int) -> None:
    text = ("".join(words) * times)[: wording.MOST]
    began = time.process_time()

    pieces = quoting.split(text)
    wording.said(pieces.own, seen=scene.NOON.date())
    wording.objects(text)
    wording.promised(text)
    wording.states(text)
    wording.asks(text)
    wording.received(text)
    wording.only_asks(text)
    automatic.absence(text)
    automatic.receipt(text)
    automatic.case_number(text)
    automatic.deputy(text, not_="")
    automatic.back_on(text, seen=scene.NOON.date())

    assert time.process_time() - began < 5


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000))
def test_any_octets_are_read_or_refused(raw: bytes) -> None:
    try:
        mail = parsing.read(b"From: a@b.example\n" + raw)
    except Unreadable:
        return
    reports.of(mail)
    assert "\0" not in mail.text + mail.subject + mail.from_name
