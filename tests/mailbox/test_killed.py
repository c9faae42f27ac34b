"""A reader that is killed, again and again, loses and doubles nothing."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from outreach.db import READ_ONLY, db
from outreach.delivery.arrivals import Incoming
from tests.flows.command import Command
from tests.imap import Mailbox
from tests.mailbox import mails, scene

pytestmark = pytest.mark.faults
KILLS = 2
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def server() -> Iterator[Mailbox]:
    with Mailbox() as server:
        yield server


def test_a_killed_reader_loses_and_doubles_nothing(
    app: Flask, settings: Settings, server: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    scene.send_letters(mails.PLACES)
    for place in mails.PLACES:
        server.put(mails.reply(place, "Doorgestuurd"))
        server.put(
            mails.mail(f"Een vraag over {place}?", from_=f"k{place}@ziggo.nl", subject="Vraag")
        )
    command = Command(settings, tmp_path, extra={"OUTREACH_IMAP_URL": server.url})
    seen = 0
    for _ in range(KILLS):
        reader = command.start("inbox", "read")
        until = time.monotonic() + 60
        while _count() < seen + 2 and reader.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        reader.kill()
        reader.communicate()
        seen = _count()

    assert 0 < seen < 2 * len(mails.PLACES), "it was killed while it was at work"
    command.run("inbox", "read")
    command.run("inbox", "read")

    assert _count() == 2 * len(mails.PLACES)
    given = [(one.gemeente_code, one.status) for one in scene.answers()]
    assert sorted(given) == sorted((scene.code(place), "doorgestuurd") for place in mails.PLACES)


def _count() -> int:
    db.session.connection(execution_options=READ_ONLY)  # the reader must not wait for us
    found = db.session.scalar(select(func.count()).select_from(Incoming)) or 0
    db.session.rollback()
    return found
