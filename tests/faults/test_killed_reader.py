"""A reader that is killed at any moment loses and doubles nothing.

`outreach inbox read` runs against a real IMAP server, as a process, and is killed at a random
one of its calls to the database, to the server or to the store of files. Mail keeps coming.
"""

import random
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from outreach.answers.models import Answer
from outreach.db import db
from outreach.delivery.arrivals import Incoming
from tests.faults.zygote import Zygote
from tests.flows.command import Command
from tests.imap import Mailbox
from tests.mailbox import mails, scene

pytestmark = pytest.mark.faults
#: Calls after which it is killed: the first ones are of its start, a mail takes some thirty.
SOON, LATE = 10, 260


@dataclass(frozen=True)
class Series:
    """What came of so many kills."""

    kills: int
    lost: int
    twice: int
    answers: Counter[tuple[str, str]]
    expected: Counter[tuple[str, str]]


@pytest.mark.parametrize(
    "kills", [5, pytest.param(300, marks=pytest.mark.soak)], ids=["some", "soak"]
)
def test_a_reader_that_is_killed_loses_and_doubles_nothing(
    app: Flask,
    settings: Settings,
    zygote: Zygote,
    tmp_path: Path,
    kills: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Mailbox() as server:
        found = series(settings, zygote, server, tmp_path, kills=kills)
        seen = [flag for one in server.messages() for flag in one.flags if flag != "\\Recent"]

    if kills > 100:
        with capsys.disabled():
            print(f"\n{db.engine.dialect.name}: {found}")
    assert (found.lost, found.twice) == (0, 0)
    assert found.answers == found.expected
    assert seen == [], "nothing of the mailbox changed"


@pytest.mark.soak
def test_the_series_shows_what_its_guard_is_for(
    app: Flask, settings: Settings, zygote: Zygote, tmp_path: Path
) -> None:
    """The place is kept with the mail, in one transaction."""
    with Mailbox() as server:
        found = series(settings, zygote, server, tmp_path, kills=60, without="place")

    assert found.lost > 0


def series(
    settings: Settings,
    zygote: Zygote,
    server: Mailbox,
    folder: Path,
    *,
    kills: int,
    without: str = "",
) -> Series:
    dice, put = random.Random(7), list[str]()
    scene.send_letters(mails.PLACES)
    db.session.commit()
    command = Command(settings, folder, extra={"OUTREACH_IMAP_URL": server.url})
    counted = 0
    while counted < kills:
        for _ in range(dice.randint(1, 3)):
            place = mails.PLACES[len(put) % len(mails.PLACES)]
            name = f"<{len(put)}.series@{place.lower()}.example>"
            server.put(_named(place, len(put), name))
            put.append(name)
        calls = dice.randint(SOON, LATE)
        environment = {"KILL_CALL": str(calls), "WITHOUT": without}
        reader = zygote.command(command.environment | environment, "inbox", "read")
        counted += reader.wait() == -signal.SIGKILL
        assert len(put) < 20 * kills, f"it is hardly ever killed: {reader.said}"
    for _ in range(2):
        assert zygote.command(command.environment, "inbox", "read").wait() == 0
    times = Counter(db.session.scalars(select(Incoming.message_id)))
    given = db.session.execute(select(Answer.gemeente_code, Answer.status)).all()
    said = {mails.PLACES[n % len(mails.PLACES)] for n in range(0, len(put), 2)}
    expected = Counter((scene.code(place), "doorgestuurd") for place in said)
    db.session.rollback()
    return Series(
        counted,
        lost=sum(times[name] == 0 for name in put),
        twice=sum(times[name] > 1 for name in put),
        answers=Counter((code, status) for code, status in given),
        expected=expected,
    )


def _named(place: str, number: int, name: str) -> bytes:
    """Every other mail is an answer, the others wait for a person."""
    if number % 2 == 0:
        raw = mails.reply(place, "Doorgestuurd")
    else:
        raw = mails.mail("Een vraag.", from_=f"k{number}@ziggo.nl", subject=f"Vraag {number}")
    head, _, body = raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n")
    lines = [one for one in head.splitlines() if not one.lower().startswith(b"message-id:")]
    return b"\r\n".join([*lines, f"Message-ID: {name}".encode()]) + b"\r\n\r\n" + body
