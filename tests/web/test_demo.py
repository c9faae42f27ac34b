"""The pages that exist only with ENV=demo."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from flask import Flask, current_app

from config import Env, Settings
from outreach.app import create_app
from outreach.db import db
from outreach.delivery.workers import Life
from outreach.engine.demo import staging
from outreach.engine.demo.visiting import Door
from outreach.engine.demo.walking import Walker
from outreach.engine.work import Work
from tests.conftest import NOON
from tests.web.page import PageClient


@pytest.fixture
def walker(database_url: str, tmp_path: Path) -> Iterator[Walker]:
    """A demo whose clock nobody winds: no thread runs."""
    settings = Settings(
        instance=tmp_path, database_url=database_url, env=Env.DEMO, secret_key="x" * 32
    )
    app = create_app(settings)
    app.test_client_class = PageClient
    with app.app_context():
        work = Work(app, settings, Life(db.engine))
        walker = staging.walker(settings, work, Door("127.0.0.1", 9), threading.Event())
        app.extensions["outreach.demo"] = walker
        yield walker
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(walker: Walker) -> PageClient:
    client = current_app.test_client()
    assert isinstance(client, PageClient)
    return client


def keep(walker: Walker, to: str = "griffie@zeist.example") -> int:
    """A letter with HTML, text and a PDF."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "Naast Elkaar <oproep@naastelkaar.example>", to
    mail["Subject"] = "Oproep aan de raad"
    mail.set_content("Geachte griffier,\r\n")
    mail.add_alternative("<html><head></head><body><p>Geachte griffier,</p></body></html>", "html")
    mail.add_attachment(b"%PDF-1.7", "application", "pdf", filename="Brief aan Zeist.pdf")
    return walker.inbox.keep(bytes(mail), to, now=NOON).number


def test_every_page_has_the_bar(walker: Walker, client: PageClient):
    keep(walker)

    for url in ("/", "/inloggen", "/demo/post", "/demo/post/1", "/bestaat-niet"):
        page = client.page(url, 404 if "niet" in url else 200)
        assert "het is hier vr 20 maart 2026, 10.00 uur" in page.text
        assert "Naar de volgende gebeurtenis" in page.text


def test_the_bar_is_dutch_on_an_english_page_too(walker: Walker, client: PageClient):
    page = client.page("/?taal=en").text

    assert "het is hier vr 20 maart 2026" in page


def test_a_button_sends_the_clock_on_its_way(walker: Walker, client: PageClient):
    begin = walker.clock.now()

    response = client.submit("/demo/post", "/demo/klok", naar="uur")
    end = walker.clock.now()

    assert (response.status_code, response.location) == (303, "/demo/klok?terug=/demo/post")
    assert walker.target is not None
    assert begin <= walker.target - timedelta(hours=1) <= end


def test_a_day_can_be_chosen(walker: Walker, client: PageClient):
    client.submit("/demo/klok", dag="2026-05-01")

    assert walker.target == datetime(2026, 5, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize("sent", [{"dag": "morgen"}, {"naar": "terug"}])
def test_nonsense_moves_nothing(walker: Walker, client: PageClient, sent: dict[str, str]):
    response = client.submit("/demo/klok", "/demo/klok", **sent)

    assert response.status_code == 422
    assert walker.target is None


def test_the_page_waits_for_the_walk_and_then_goes_back(walker: Walker, client: PageClient):
    client.submit("/demo/klok", naar="uur")

    under_way = client.get("/demo/klok?terug=/demo/post")
    walker.target = None
    done = client.get("/demo/klok?terug=/demo/post")

    assert (under_way.status_code, under_way.headers["Refresh"]) == (200, "1")
    assert "De klok loopt naar vr 20 maart, 11.00 uur" in under_way.text
    assert (done.status_code, done.location) == (303, "/demo/post")


def test_it_goes_back_to_our_own_pages_only(client: PageClient):
    assert client.get("/demo/klok?terug=//elders.example/").location == "/kantoor/"


def test_the_inbox_lists_the_newest_first_and_finds_words(walker: Walker, client: PageClient):
    for name in ("zeist", "bunnik"):
        keep(walker, f"griffie@{name}.example")

    listed, found = client.page("/demo/post").text, client.page("/demo/post?zoek=ZEIST raad").text

    assert listed.index("griffie@bunnik.example") < listed.index("griffie@zeist.example")
    assert "griffie@bunnik.example" not in found
    assert "1 mail" in found
    assert "Geen mail past bij" in client.page("/demo/post?zoek=utrecht").text
    assert 'lang="nl"' in client.get("/demo/post?taal=en").text[:200]


def test_the_inbox_has_pages(walker: Walker, client: PageClient):
    for number in range(26):
        keep(walker, f"griffie@g{number}.example")

    assert client.page("/demo/post").links()["Oudere"] == "/demo/post?blad=2"
    assert "griffie@g0.example" in client.page("/demo/post?blad=2").text


def test_a_mail_is_shown_in_four_ways(walker: Walker, client: PageClient):
    number = keep(walker)
    url = f"/demo/post/{number}"

    assert client.page(url).all("iframe")[0].attrs["src"] == f"{url}/html"
    assert "Geachte griffier," in client.page(f"{url}?als=tekst").text
    assert "Content-Type: multipart/mixed" in client.page(f"{url}?als=bron").text
    assert client.page(f"{url}?als=delen").links()["Brief aan Zeist.pdf"] == f"{url}/deel/2"
    assert client.get(f"{url}.eml").data == walker.inbox.raw(number)


def test_the_mail_runs_and_loads_nothing_of_its_own(walker: Walker, client: PageClient):
    response = client.get(f"/demo/post/{keep(walker)}/html")

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert '<base target="_blank">' in response.text


def test_a_pdf_opens_in_the_browser(walker: Walker, client: PageClient):
    response = client.get(f"/demo/post/{keep(walker)}/deel/2")

    assert response.mimetype == "application/pdf"
    assert response.data == b"%PDF-1.7"
    assert response.headers["Content-Disposition"].startswith("inline")


def test_what_is_not_there_is_said(walker: Walker, client: PageClient):
    keep(walker)

    for url in ("/demo/post/9", "/demo/post/9/html", "/demo/post/9.eml", "/demo/post/1/deel/9"):
        client.page(url, 404)


def test_there_is_no_inbox_and_no_bar_in_production(app: Flask):
    stranger = app.test_client()

    assert stranger.get("/demo/post").status_code == 404
    assert stranger.get("/demo/klok").status_code == 404
    assert "het is hier" not in stranger.get("/").text
