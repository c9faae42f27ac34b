from datetime import UTC, datetime, timedelta

import pytest

from outreach.db import db
from tests.factories import make_meeting, make_sender
from tests.web.page import PageClient


def test_the_front_door_says_who_writes_and_leads_to_sign_in(client: PageClient) -> None:
    make_sender(name="Initiatief Ademruimte", phone="030 000 01 23")

    page = client.page("/")

    assert "Er staan nu geen bijeenkomsten gepland" in page.text
    assert "Voorbeeldkade 14, 3512 ZZ Utrecht" in page.text
    assert page.links()["Log in"] == "/inloggen"
    assert page.title.endswith("Initiatief Ademruimte")


def test_the_front_door_stands_before_there_is_a_sender(client: PageClient) -> None:
    assert client.page("/").h1 == "Bijeenkomsten"


def test_several_senders_each_have_their_name_and_address(client: PageClient) -> None:
    make_sender(name="Naast Elkaar")
    make_sender(name="Gezonde Streek")

    text = client.page("/").text

    assert "Naast Elkaar" in text
    assert "Gezonde Streek" in text


def test_the_list_is_narrowed_to_a_region_a_theme_or_a_place(client: PageClient) -> None:
    make_meeting("haarlem", region="Noord-Holland", themes=["Jeugd"])
    make_meeting("zeist", region="Utrecht", themes=["Jeugd"], title="Samen eten")
    db.session.commit()

    whole = client.page("/").source
    assert [part for part in ("haarlem", "zeist", "utrecht") if f"/?deel={part}" in whole] == [
        "haarlem", "zeist", "utrecht"
    ]  # fmt: skip
    assert "/?deel=jeugd" not in whole, "it would leave nothing out"
    one = client.page("/?deel=utrecht")
    assert "Samen eten" in one.text
    assert "inloop voor jongeren" not in one.text
    assert "Samen eten" in client.page("/?deel=<b>").text


@pytest.mark.parametrize("path", ["/privacy", "/toegankelijkheid"])
def test_a_statement_names_where_to_write(client: PageClient, path: str) -> None:
    sender = make_sender()

    page = client.page(path)

    assert page.links()[sender.email] == f"mailto:{sender.email}"
    assert page.links()["Privacy"] == "/privacy"


def test_security_txt_has_a_contact_and_an_end_within_a_year(client: PageClient) -> None:
    sender = make_sender()

    response = client.get("/.well-known/security.txt")

    assert response.content_type == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert lines["Contact"] == f"mailto:{sender.email}"
    assert lines["Canonical"] == "http://127.0.0.1:8000/.well-known/security.txt"
    left = datetime.fromisoformat(lines["Expires"]) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)


def test_public_pages_set_no_cookie(client: PageClient) -> None:
    for path in ("/", "/privacy", "/toegankelijkheid"):
        assert "Set-Cookie" not in client.get(path).headers
