"""Who is told what, and how often: the webhook and the morning mail."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import jobs
from outreach.accounts.models import Role, Sender
from outreach.campaigns.links import Links
from outreach.campaigns.models import CampaignState
from outreach.campaigns.store import Store
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import webhook
from outreach.delivery.models import Kind, Message, Relay, State
from outreach.tokens import Tokens
from tests.conftest import NOON
from tests.delivery.doubts import in_doubt, put_in_doubt
from tests.factories import make, make_campaign, make_contact, make_coordinator, make_message

HALF_PAST_SEVEN = datetime(2026, 3, 23, 6, 30, tzinfo=UTC)


class Listener(HTTPServer):
    """A program that is told things, and what it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[dict[str, Any]] = []
        self.answer = 204

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/haak"

    def sentences(self) -> list[str]:
        return [one["sentence"] for one in self.told]


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append(json.loads(body))
        self.send_response(self.server.answer)
        self.send_header("Location", "/elders")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def desk(tmp_path) -> jobs.Desk:
    return jobs.Desk(Links("https://brieven.example", Tokens(("k" * 32,))), Store(tmp_path))


def letter(name: str, slug: str) -> Any:
    return make_campaign(name=name, slug=slug, state=CampaignState.RUNNING, started_at=NOON)


def doubtful(campaign: Any, *gemeenten: str) -> None:
    for name in gemeenten:
        contact = make_contact(name, f"griffie@{name.lower()}.example")
        message = make_message(campaign, contact, state=State.QUEUED, accepted_at=None)
        put_in_doubt(message.id)


def test_everything_that_stops_is_told_once(app: Flask, desk: jobs.Desk, listener: Listener):
    paused = letter("Oproep", "oproep")
    paused.state, paused.paused_at = CampaignState.PAUSED, NOON
    paused.pause_reason = "De mailserver weigert onze aanmelding."
    since = system_now() - timedelta(minutes=31)
    make(Relay(key="default", failures=3, down_since=since, fault="Geen verbinding."))
    make(Relay(key="sender:9", failures=1, down_since=system_now(), fault="Even niet."))
    doubtful(letter("Pamflet", "pamflet"), "Zeist", "Utrecht")

    assert [jobs.tell(desk, listener.url, at=system_now()) for _ in range(3)] == [3, 0, 0]

    assert sorted((one["what"], one["link"]) for one in listener.told) == [
        ("doubt", "https://brieven.example/kantoor/onzeker/"),
        ("paused", "https://brieven.example/kantoor/brieven/oproep"),
        ("relay-down", "https://brieven.example/kantoor/"),
    ]
    told = " ".join(sorted(listener.sentences()))
    assert "2 brieven van “Pamflet” zijn misschien verstuurd." in told
    assert "“Oproep” is gestopt met versturen: De mailserver weigert onze aanmelding." in told
    assert "gaat er geen post weg. Geen verbinding." in told


def test_the_next_time_is_told_anew(app: Flask, desk: jobs.Desk, listener: Listener) -> None:
    campaign = letter("Oproep", "oproep")
    doubtful(campaign, "Zeist")
    jobs.tell(desk, listener.url, at=system_now())

    doubtful(campaign, "Utrecht")
    campaign.state, campaign.pause_reason, campaign.paused_at = "paused", "Weg.", NOON
    db.session.commit()
    jobs.tell(desk, listener.url, at=system_now())
    campaign.paused_at = NOON + timedelta(days=1)
    db.session.commit()
    jobs.tell(desk, listener.url, at=system_now())

    assert [one["what"] for one in listener.told].count("doubt") == 2
    assert [one["what"] for one in listener.told].count("paused") == 2


@pytest.mark.parametrize("answer", [500, 302])
def test_who_does_not_listen_is_told_again_a_few_times_and_it_is_logged_once(
    app: Flask,
    desk: jobs.Desk,
    listener: Listener,
    caplog: pytest.LogCaptureFixture,
    answer: int,
) -> None:
    doubtful(letter("Oproep", "oproep"), "Zeist")
    listener.answer = answer
    at = system_now()

    with caplog.at_level(logging.ERROR):
        for minutes in (0, 0.5, 1, 2, 11, 12, 71, 72, 999, 9999):
            jobs.tell(desk, listener.url, at=at + timedelta(minutes=minutes))

    assert len(listener.told) == 4
    assert [record.message for record in caplog.records] == [
        f"nobody was told at 127.0.0.1: it answered {answer}"
    ]


def test_who_does_not_answer_is_not_waited_for(listener: Listener) -> None:
    silent = Listener()  # takes the connection and never reads
    with silent:
        assert "timed out" in webhook.post(silent.url, {}, timeout=0.05)
    assert "refused" in webhook.post(silent.url, {}, timeout=0.05)


def test_without_an_address_nothing_is_kept(app: Flask, desk: jobs.Desk) -> None:
    doubtful(letter("Oproep", "oproep"), "Zeist")

    assert jobs.tell(desk, "", at=system_now()) == 0


def morning(desk: jobs.Desk, now: datetime) -> int:
    return jobs.queue_morning_mail(desk, now=now, instance=desk.store.folder, providers={})


def mails() -> list[Message]:
    notices = select(Message).where(Message.dedupe_key.startswith("morning:"))
    return list(db.session.scalars(notices.order_by(Message.id)))


def test_the_morning_mail_goes_once_to_who_can_do_something(app: Flask, desk: jobs.Desk) -> None:
    doubtful(letter("Oproep", "oproep"), "Zeist")
    people = [
        make_coordinator(role=Role.OWNER),
        make_coordinator(),
        make_coordinator(role=Role.READER),
        make_coordinator(active=False),
    ]

    early = HALF_PAST_SEVEN - timedelta(minutes=1)
    times = [early, HALF_PAST_SEVEN, HALF_PAST_SEVEN + timedelta(minutes=5)]
    assert [morning(desk, now) for now in times] == [0, 2, 0]

    assert [mail.address for mail in mails()] == [person.email for person in people[:2]]
    mail = mails()[0]
    assert (mail.kind, mail.expires_at) == (Kind.NOTICE, HALF_PAST_SEVEN + timedelta(hours=12))
    assert mail.content["subject"] == "1 zaak vraagt uw aandacht"
    text = " ".join(mail.content["text"].split())
    assert "1 brief misschien verstuurd. Oproep: Zeist." in text
    assert "https://brieven.example/kantoor/" in text
    assert morning(desk, HALF_PAST_SEVEN + timedelta(days=1)) == 2


def test_no_morning_mail_when_nothing_waited_then(app: Flask, desk: jobs.Desk) -> None:
    make_coordinator()

    assert morning(desk, HALF_PAST_SEVEN) == 0
    doubtful(letter("Oproep", "oproep"), "Zeist")
    assert morning(desk, HALF_PAST_SEVEN + timedelta(minutes=2)) == 0
    assert morning(desk, HALF_PAST_SEVEN + timedelta(hours=1)) == 0


def test_the_morning_mail_leaves_by_a_sender_whose_relay_works(app: Flask, desk: jobs.Desk) -> None:
    make_coordinator()
    doubtful(letter("Oproep", "oproep"), "Zeist")
    other = letter("Pamflet", "pamflet").sender
    first = db.session.scalars(select(Sender).order_by(Sender.id)).first()
    make(Relay(key=f"sender:{first.id}", failures=1, down_since=NOON, fault="Geweigerd."))

    morning(desk, HALF_PAST_SEVEN)

    assert [mail.sender_id for mail in mails()] == [other.id]
    assert "Mailserver weigert onze post" in mails()[0].content["text"]


def test_a_notice_in_doubt_is_told_only_when_it_waits_for_a_person(
    app: Flask, desk: jobs.Desk, listener: Listener
) -> None:
    message = in_doubt("zeist", Kind.NOTICE)
    assert jobs.tell(desk, listener.url, at=system_now()) == 0

    message.settled_by = "system:resend"
    db.session.commit()

    jobs.tell(desk, listener.url, at=system_now())
    assert listener.sentences() == ["Een bericht is misschien verstuurd."]
