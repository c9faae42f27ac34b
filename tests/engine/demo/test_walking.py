"""A small demo, whole: pages on loopback, a relay, griffies, and the clock walked to May."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from config import Env, Settings
from outreach.accounts.audit import SYSTEM
from outreach.answers.models import Answer
from outreach.app import create_app
from outreach.campaigns import running, writing
from outreach.campaigns.store import Store
from outreach.clock import to_wall
from outreach.contacts.models import Suppression, SuppressionReason
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.delivery.workers import Life
from outreach.engine import serving
from outreach.engine.demo import griffies, roster, staging
from outreach.engine.demo.inbox import Captured
from outreach.engine.demo.roster import Mailbox
from outreach.engine.demo.visiting import Door
from outreach.engine.demo.walking import Jump, Walker
from outreach.engine.work import Work
from outreach.errors import Invalid
from tests.factories import make_contact, make_sender

SENDER = "Naast Elkaar <oproep@naastelkaar.example>"
LETTER = """---
name: Oproep
slug: oproep
sender: oproep@naastelkaar.example
audience: {role: griffier}
steps:
  - {subject: "Oproep aan {{gemeente}}", send_at: 2026-03-23T09:00}
  - {subject: "Herinnering aan {{gemeente}}", send_at: 2026-04-10T09:00, to: not_answered}
---
{{aanhef}}

Wilt u dit doorsturen?

Met vriendelijke groet,

Marit Zuidema
---
{{aanhef}}

Wij schreven u op {{eerste_brief.datum}}.

Met vriendelijke groet,

Marit Zuidema
"""


def who(act: str | None, *, reminder: bool = False) -> Mailbox:
    """A griffie that does this with such a letter; None finds a silent one."""
    for box in roster.everyone():
        if griffies.is_dead(box.griffie) or griffies.greylists(box.griffie):
            continue
        plans = [griffies.plan(_letter(box, reminder)), griffies.plan(_letter(box, not reminder))]
        acts = [plan.act if plan else None for plan in plans]
        if acts == [act, None]:
            return box
    raise AssertionError(f"nobody does {act}")


def _letter(box: Mailbox, reminder: bool) -> Captured:
    return Captured(1, datetime(2026, 3, 23, 8, tzinfo=UTC), SENDER, box.griffie, "", reminder, 1)


CAST = {
    "silent": who(None),
    "forwards": who("doorgestuurd"),
    "confirms": who("ontvangen"),
    "leaves": who("one-click"),
    "forwards late": who("doorgestuurd", reminder=True),
    "gone": roster.drawn("mailbox")[0],
    "greylists": roster.drawn("mailbox")[griffies.DEAD],
}


@pytest.fixture
def walker(database_url: str, tmp_path: Path) -> Iterator[Walker]:
    """The demo of one letter to the cast, its pages served."""
    settings = Settings(
        instance=tmp_path, database_url=database_url, env=Env.DEMO, secret_key="x" * 32
    )
    with ExitStack() as stack:
        listener = stack.enter_context(serving.listen("127.0.0.1", 0))
        port = listener.getsockname()[1]
        settings = settings.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})
        settings = stack.enter_context(staging.relay(settings))
        app = create_app(settings)
        stack.enter_context(_served(app, listener))
        stack.enter_context(app.app_context())
        stack.callback(db.engine.dispose)
        life = stack.enter_context(Life(db.engine))
        stack.callback(db.session.remove)
        work = Work(app, settings, life)
        walker = staging.walker(settings, work, Door("127.0.0.1", port), threading.Event())
        _begin(settings, walker)
        yield walker


@contextmanager
def _served(app: Flask, listener: socket.socket) -> Iterator[None]:
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def _begin(settings: Settings, walker: Walker) -> None:
    make_sender(name="Naast Elkaar", email="oproep@naastelkaar.example")
    for box in CAST.values():
        make_contact(box.code, box.griffie)
    store = Store(settings.instance / "files")
    now = walker.clock.now()
    campaign = writing.load(LETTER, folder=settings.instance, store=store, by=SYSTEM, now=now)
    running.start(campaign, by=SYSTEM, now=now)
    db.session.commit()


def walk_to(walker: Walker, *day: int) -> None:
    """Walk as `run` does, on this thread."""
    walker.walk_to(datetime(*day, tzinfo=UTC))
    walker.walk()
    db.session.rollback()
    db.session.expire_all()


def mails(walker: Walker, box: Mailbox) -> list[Captured]:
    """Letters that a griffie got, oldest first; notices left out."""
    found = walker.inbox.search(f"{box.griffie} aan", per_page=10)
    return [mail for mail in reversed(found) if not mail.subject.startswith("Genoteerd")]


def at(mail: Captured) -> str:
    """The Dutch time at which a mail came, to the minute."""
    return f"{to_wall(mail.at):%a %d %b %H:%M}"


def test_the_story_is_played_from_march_to_may(walker: Walker):
    walk_to(walker, 2026, 5, 1, 7)

    first = {name: mails(walker, box)[0] for name, box in CAST.items() if name != "gone"}
    second = {name for name, box in CAST.items() if len(mails(walker, box)) == 2}
    answers = {(answer.gemeente_code, answer.status) for answer in db.session.query(Answer).all()}

    assert walker.inbox.faults() == []
    assert {at(mail) for name, mail in first.items() if name != "greylists"} == {"Mon 23 Mar 09:00"}
    assert at(first["greylists"]) == "Mon 23 Mar 09:05"
    assert second == {"silent", "confirms", "forwards late", "greylists"}
    assert {at(mails(walker, CAST[name])[1]) for name in second} == {"Fri 10 Apr 09:00"}
    assert answers >= {
        (CAST["forwards"].code, "doorgestuurd"),
        (CAST["confirms"].code, "ontvangen"),
        (CAST["forwards late"].code, "doorgestuurd"),
    }
    assert db.session.query(Suppression).one().reason is SuppressionReason.ONE_CLICK
    assert db.session.query(Message).filter_by(address=CAST["gone"].griffie).first().state in (
        State.REFUSED,
    )


def test_answers_come_at_their_own_time_before_the_reminder(walker: Walker):
    walk_to(walker, 2026, 4, 10, 6)

    answered_at = db.session.query(Answer).filter_by(gemeente_code=CAST["forwards"].code).one().at
    box = CAST["forwards"]
    plan = griffies.plan(mails(walker, box)[0])

    assert plan is not None
    assert 0 <= (answered_at - plan.due).total_seconds() < 60


def test_a_walk_stops_where_it_was_sent(walker: Walker):
    walk_to(walker, 2026, 3, 21)

    assert walker.target is None
    assert f"{walker.clock.now():%d %b %H:%M}" == "21 Mar 00:00"
    assert walker.inbox.count() == 0


def test_the_buttons_go_an_hour_a_day_and_to_the_next_event(walker: Walker):
    begin = to_wall(walker.clock.now()).replace(second=0, microsecond=0)

    walker.jump(Jump.HOUR)
    hour = to_wall(walker.target).replace(second=0, microsecond=0)
    walker.jump(Jump.DAY)
    day = to_wall(walker.target).replace(second=0, microsecond=0)

    assert (hour - begin).total_seconds() == 3600
    assert (day - hour).days == 1


def test_another_button_is_refused(walker: Walker):
    with pytest.raises(Invalid, match="kan de klok niet"):
        walker.jump("terug")


def test_the_next_event_is_the_letters_and_then_a_day_of_griffies(walker: Walker):
    walker.refresh()
    letters = walker.coming
    walk_to(walker, 2026, 3, 23, 8)
    walker.refresh()
    greylisted = walker.coming

    assert letters is not None
    assert (f"{letters.at:%d %b %H:%M}", letters.visits) == ("23 Mar 08:00", 0)
    assert greylisted is not None
    assert greylisted.at > letters.at
