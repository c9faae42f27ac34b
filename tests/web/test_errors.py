import logging

import pytest
from flask import Flask

from outreach.accounts.models import Sender
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make_sender
from tests.web.page import Page, PageClient


def test_an_unknown_page_says_so(client: PageClient) -> None:
    page = client.page("/nergens", 404)

    assert page.h1 == "Deze bladzijde is er niet"
    assert "Ga naar de beginpagina" in page.links()


def test_in_the_office_an_error_keeps_the_menu(coordinator: PageClient) -> None:
    page = coordinator.page("/kantoor/brieven/bestaat-niet", 404)

    assert "Er is geen brief met de naam “bestaat-niet”." in page.text
    assert page.links()["Ga naar het overzicht"] == "/kantoor/"
    assert "Brieven" in page.links()


def test_who_asks_for_json_gets_it(client: PageClient) -> None:
    response = client.get("/nergens", headers={"Accept": "application/json"})

    assert response.status_code == 404
    assert response.json == {
        "error": "Controleer het adres, of ga naar de beginpagina.",
        "status": 404,
    }


def test_a_wrong_method_is_explained(client: PageClient) -> None:
    assert "Dit kan hier niet" in client.post("/privacy", data={}).text


def test_a_fault_of_ours_has_a_number_that_the_log_knows(
    own_app: Flask, own_client: PageClient, caplog: pytest.LogCaptureFixture
) -> None:
    own_app.add_url_rule("/stuk/<secret>", "broken", lambda secret: 1 // 0)

    with caplog.at_level(logging.ERROR, logger="outreach.web.errors"):
        response = own_client.get("/stuk/t0ken")

    page = Page(response.text)
    number = next(n.text for n in page.all("span") if "cijfers" in n.attrs.get("class", ""))
    assert response.status_code == 500
    assert page.h1 == "Hier ging bij ons iets mis"
    assert number in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "broken" in caplog.text
    assert "t0ken" not in caplog.text
    assert "ZeroDivisionError" not in response.text


def test_a_file_that_is_too_large_is_refused(app: Flask, client: PageClient) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    token = client.page("/inloggen").all("input")[0].attrs["value"]

    response = client.post("/inloggen", data={"csrf_token": token, "email": "x" * 2000})

    assert response.status_code == 413
    assert "ten hoogste 25 MB" in response.text


def test_what_cannot_be_committed_is_never_answered_with_success(
    own_app: Flask, own_client: PageClient
) -> None:
    make_sender(email="post@ademruimte.example")

    def twice() -> str:
        other = Sender(name="Naast Elkaar", email="post@ademruimte.example", created_at=NOON)
        other.postal_address = "Voorbeeldkade 14, 3512 ZZ Utrecht"
        db.session.add(other)
        return "<p>Bewaard</p>"

    own_app.add_url_rule("/dubbel", "twice", twice, methods=["POST"])
    token = own_client.page("/inloggen").all("input")[0].attrs["value"]

    response = own_client.post("/dubbel", data={"csrf_token": token})

    assert response.status_code == 409
    assert "Iemand anders veranderde dit op hetzelfde moment" in response.text


def test_health_needs_nothing_and_readiness_the_database(client: PageClient) -> None:
    assert (client.get("/healthz").text, client.get("/readyz").text) == ("ok\n", "ready\n")
