"""A sender's mailbox is connected in the browser, without JavaScript and without a password."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts.models import AuditEntry, Role, Sender
from outreach.db import db
from outreach.delivery import mailboxes, oauth
from outreach.delivery.models import Message
from outreach.ledger import morning
from tests.factories import make_coordinator, make_sender, sign_in
from tests.imap import Mailbox
from tests.oauth_server import TokenServer
from tests.web.page import Page, PageClient

HOME = "/kantoor/instellingen/"
BACK = "/kantoor/instellingen/verbonden"


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    """Both providers are set, and stood in for."""
    with TokenServer() as server:
        known = {name: server.provider(name) for name in ("microsoft", "google")}
        monkeypatch.setitem(app.extensions, "outreach.providers", known)
        yield server


@pytest.fixture
def sender(app: Flask) -> Sender:
    sender = make_sender()
    db.session.commit()
    return sender


@pytest.fixture
def instance(app: Flask) -> Path:
    path: Path = app.extensions["outreach.settings"].instance
    return path


def page_of(sender: Sender) -> str:
    return f"/kantoor/instellingen/postbus/{sender.id}"


def begin(owner: PageClient, sender: Sender, provider: str, **values: str) -> None:
    response = owner.submit(page_of(sender), provider=provider, **values)
    assert response.location == f"{page_of(sender)}/verbind"


def press(owner: PageClient, sender: Sender) -> Page:
    """ "Ik heb het gedaan"; the page that follows."""
    response = owner.submit(f"{page_of(sender)}/verbind")
    return owner.page(response.location)


def test_microsoft_is_connected_by_a_code(
    owner: PageClient, server: TokenServer, sender: Sender, instance: Path
) -> None:
    begin(owner, sender, "microsoft")
    page = owner.page(f"{page_of(sender)}/verbind")
    assert "KLM-42" in page.text
    assert "https://login.voorbeeld.example/apparaat" in page.links().values()

    server.approve()
    page = press(owner, sender)

    assert f"{sender.name} is verbonden met Microsoft 365." in page.text
    grant = oauth.connected(instance, sender)
    assert grant is not None
    assert (grant.provider, grant.user) == ("microsoft", sender.email)
    db.session.refresh(sender)
    assert sender.per_minute == 30
    [entry] = db.session.query(AuditEntry).filter_by(act="connect mail")
    assert entry.detail == {"provider": "microsoft"}


def test_who_presses_too_soon_is_told_to_press_again(
    owner: PageClient, server: TokenServer, sender: Sender, instance: Path
) -> None:
    server.interval = 5
    begin(owner, sender, "microsoft")

    assert "heeft de code nog niet gekregen. Druk over 5 seconden" in press(owner, sender).text
    asked = len(server.asked)
    assert "Druk over 5 seconden nog eens" in press(owner, sender).text

    assert len(server.asked) == asked, "not more often than the provider wants"
    assert oauth.connected(instance, sender) is None


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (400, "access_denied", "Bij Microsoft 365 is geen toestemming gegeven"),
        (400, "expired_token", "De code van Microsoft 365 is verlopen: begin opnieuw"),
        (503, "", "Microsoft 365 geeft nu geen toegangstokens af"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    owner: PageClient, server: TokenServer, sender: Sender, status: int, error: str, told: str
) -> None:
    begin(owner, sender, "microsoft")
    server.errors = [(status, error)]

    assert told in press(owner, sender).text


def test_an_app_that_is_not_known_is_told_beside_the_field(
    owner: PageClient, server: TokenServer, sender: Sender
) -> None:
    server.errors = [(401, "invalid_client")]

    response = owner.submit(page_of(sender), provider="microsoft")

    assert response.status_code == 422
    assert "OUTREACH_MICROSOFT_CLIENT_ID" in Page(response.text).text


def test_google_is_connected_by_way_of_its_own_page(
    owner: PageClient, server: TokenServer, sender: Sender, instance: Path
) -> None:
    begin(owner, sender, "google", mailbox="postbus@coalitie.example")
    there = owner.page(f"{page_of(sender)}/verbind").links()["Ga naar Google"]

    back = urlsplit(server.consent(there))
    assert back.path == BACK
    response = owner.submit(f"{BACK}?{back.query}", BACK)

    assert response.location == page_of(sender)
    grant = oauth.connected(instance, sender)
    assert grant is not None
    assert (grant.provider, grant.user) == ("google", "postbus@coalitie.example")


def test_an_answer_in_another_browser_connects_nothing(
    app: Flask, owner: PageClient, server: TokenServer, sender: Sender, instance: Path
) -> None:
    begin(owner, sender, "google")
    there = owner.page(f"{page_of(sender)}/verbind").links()["Ga naar Google"]
    back = urlsplit(server.consent(there))
    other = app.test_client()
    assert isinstance(other, PageClient)
    sign_in(other, make_coordinator(role=Role.OWNER))

    page = other.page(f"{BACK}?{back.query}")
    token = other.page(page_of(sender)).all("input")[1].attrs["value"]
    values = {name: found[0] for name, found in parse_qs(back.query).items()}
    response = other.post(BACK, data={"csrf_token": token, **values})

    assert page.h1 == "Deze verbinding is hier niet begonnen"
    assert f"?{back.query}" in page.text, "to be pasted where it was begun"
    assert response.status_code in (400, 409)
    assert server.asked == []
    assert oauth.connected(instance, sender) is None


def test_consent_that_was_refused_is_told(
    owner: PageClient, server: TokenServer, sender: Sender
) -> None:
    begin(owner, sender, "google")
    there = owner.page(f"{page_of(sender)}/verbind").links()["Ga naar Google"]
    state = parse_qs(urlsplit(there).query)["state"][0]

    page = owner.page(f"{BACK}?error=access_denied&state={state}")

    assert "Bij Google is geen toestemming gegeven" in page.text


def test_a_coordinator_sees_the_connection_and_a_beheerder_ends_it(
    owner: PageClient,
    coordinator: PageClient,
    server: TokenServer,
    sender: Sender,
    instance: Path,
) -> None:
    begin(owner, sender, "microsoft")
    server.approve()
    press(owner, sender)

    page = coordinator.page(page_of(sender))
    assert "verbonden" in page.text
    assert "Sinds" in page.text
    assert "23 maart 2026" in page.text
    assert [form for form in page.all("form") if "/postbus" in form.attrs.get("action", "")] == []
    assert "verbonden postbus" in coordinator.page(HOME).text

    response = owner.submit(page_of(sender), f"{page_of(sender)}/los")

    assert "Niet verbonden" in owner.page(response.location).text
    assert oauth.connected(instance, sender) is None


def test_a_connection_that_lapsed_says_so(
    owner: PageClient, server: TokenServer, sender: Sender, instance: Path
) -> None:
    begin(owner, sender, "microsoft")
    server.approve()
    press(owner, sender)
    account = oauth.account_of(instance, sender, {"microsoft": server.provider()})
    assert account is not None
    server.revoke()
    with pytest.raises(oauth.NoAccess):
        account.token(refused=account.token())

    page = owner.page(page_of(sender))

    assert "verlopen" in page.text
    assert "tot een beheerder opnieuw verbindt" in page.text
    assert f"De postbus van {sender.name} is niet meer verbonden" in owner.page("/kantoor/").text
    told = {"base_url": "https://x.example", "key": "k" * 32, "instance": instance}
    at, providers = datetime(2026, 3, 24, 6, 30, tzinfo=UTC), {"microsoft": server.provider()}
    assert morning.queue(**told, now=at, providers=providers) == 1
    (mail,) = db.session.scalars(select(Message).where(Message.dedupe_key.like("morning:%")))
    assert f"De postbus van {sender.name} is niet meer" in " ".join(mail.content["text"].split())


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (date(2026, 4, 22), "Het geheim van de app bij Microsoft 365 verloopt op 22 april 2026"),
        (date(2026, 3, 1), "Het geheim van de app bij Microsoft 365 verliep op 1 maart 2026"),
        (date(2026, 4, 23), ""),
    ],
)
def test_a_secret_that_ends_within_a_month_is_on_the_first_page(
    app: Flask, owner: PageClient, server: TokenServer, sender: Sender, ends: date, told: str
) -> None:
    begin(owner, sender, "microsoft")
    server.approve()
    press(owner, sender)
    known = app.extensions["outreach.providers"]
    known["microsoft"] = replace(known["microsoft"], secret_expires=ends)

    text = owner.page("/kantoor/").text

    assert ("Het geheim van de app" in text) is bool(told)
    assert told in text


def test_a_file_that_cannot_be_read_does_not_close_the_page(
    owner: PageClient, server: TokenServer, sender: Sender, instance: Path
) -> None:
    begin(owner, sender, "microsoft")
    (instance / "senders" / f"{sender.id}.oauth").write_text("{")

    assert "is niet te lezen: verbind opnieuw" in owner.page(page_of(sender)).text
    owner.submit(page_of(sender), f"{page_of(sender)}/los")
    assert "Niet verbonden" in owner.page(page_of(sender)).text


def test_without_an_app_it_says_what_to_set(owner: PageClient, sender: Sender) -> None:
    assert "OUTREACH_MICROSOFT_CLIENT_ID" in owner.page(page_of(sender)).text


def test_the_folders_that_are_read_are_chosen_from_the_servers_list(
    owner: PageClient, coordinator: PageClient, sender: Sender, instance: Path
) -> None:
    path = f"{page_of(sender)}/mappen"
    with Mailbox() as server:
        server.put(b"Subject: x\r\n\r\n", "Raden")
        mailboxes.keep(instance, sender, server.url)
        db.session.commit()
        assert path in owner.page(page_of(sender)).links().values()
        page = owner.page(path)
        assert "INBOX lezen wij altijd" in " ".join(page.text.split())

        owner.submit(path, map=["Raden"])

        boxes = [one.attrs for one in owner.page(path).all("input") if "map" in one.attrs.values()]
        assert [one["value"] for one in boxes if "checked" in one] == ["INBOX", "Raden"]
        refused = owner.submit(path, map=["Nergens"])
        assert "geen map “Nergens”" in owner.page(refused.location).text
        assert coordinator.get(path).status_code == 403


def test_who_has_no_mailbox_is_told(owner: PageClient, sender: Sender) -> None:
    gone = owner.get(f"{page_of(sender)}/mappen")

    assert "heeft geen postbus die Outreach leest" in owner.page(gone.location).text
