import time
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from outreach.accounts.models import AuditEntry
from outreach.app import create_app
from outreach.db import db
from tests.factories import PASSWORD, make_coordinator
from tests.web.page import Page, PageClient

WRONG = "Dit e-mailadres en wachtwoord horen niet bij elkaar."


def test_the_right_password_opens_the_office(client: PageClient) -> None:
    person = make_coordinator(name="Marit Zuidema")

    response = client.submit("/inloggen", email=f" {person.email.upper()}", password=PASSWORD)

    assert response.status_code == 303
    assert response.location == "/kantoor/"
    assert "Marit Zuidema" in client.page("/kantoor/").text


def test_one_comes_out_where_one_wanted_to_be(client: PageClient) -> None:
    person = make_coordinator()
    asked = client.get("/kantoor/instellingen/?x=1").location

    response = client.submit(asked, "/inloggen", email=person.email, password=PASSWORD)

    assert response.location == "/kantoor/instellingen/?x=1"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "%2f%2fevil.example",
        "/\tevil",
        "javascript:alert(1)",
        "",
    ],
)
def test_no_one_is_sent_elsewhere(client: PageClient, target: str) -> None:
    person = make_coordinator()

    response = client.submit("/inloggen", email=person.email, password=PASSWORD, next=target)

    assert response.location == "/kantoor/"


def test_unknown_wrong_and_disabled_get_one_answer(client: PageClient) -> None:
    known, gone = make_coordinator(), make_coordinator(active=False)

    pages = [
        client.submit("/inloggen", email=email, password=password)
        for email, password in (
            ("niemand@ademruimte.example", PASSWORD),
            (known.email, "een ander wachtwoord"),
            (gone.email, PASSWORD),
        )
    ]

    assert [page.status_code for page in pages] == [422, 422, 422]
    assert all(WRONG in page.text for page in pages)
    assert all('type="password" value=""' in page.text for page in pages)


def test_a_refusal_is_remembered_and_a_sign_in_too(client: PageClient) -> None:
    person = make_coordinator()

    client.submit("/inloggen", email=person.email, password="een ander wachtwoord")
    client.submit("/inloggen", email=person.email, password=PASSWORD)

    acts = db.session.execute(select(AuditEntry.act, AuditEntry.actor)).all()
    assert [tuple(row) for row in acts] == [
        ("fail to sign in", "visitor"),
        ("sign in", f"coordinator:{person.id}"),
    ]


def test_an_empty_form_names_both_fields(client: PageClient) -> None:
    page = Page(client.submit("/inloggen", email="", password="").text)

    assert page.links()["Vul uw e-mailadres in."] == "#email"
    assert page.links()["Vul uw wachtwoord in."] == "#password"


def test_a_new_session_begins_at_every_sign_in(client: PageClient) -> None:
    person = make_coordinator()
    with client.session_transaction() as session:
        session["left_behind"] = "by someone else"

    client.submit("/inloggen", email=person.email, password=PASSWORD)

    with client.session_transaction() as session:
        assert "left_behind" not in session


def test_who_leaves_is_out(coordinator: PageClient) -> None:
    response = coordinator.submit("/kantoor/", "/uitloggen")

    assert response.location == "/inloggen"
    assert coordinator.get("/kantoor/").status_code == 302


def test_a_post_without_a_session_says_what_to_do(client: PageClient) -> None:
    token = client.page("/inloggen").all("input")[0].attrs["value"]

    response = client.post("/kantoor/brieven/oproep/pauzeer", data={"csrf_token": token})

    assert response.status_code == 401
    assert "wat u typte, staat er nog" in response.text


def test_the_sixth_wrong_try_has_to_wait(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"rate_limits": "on"}))
    app.test_client_class = PageClient
    client = app.test_client()
    with app.app_context():
        person, other = make_coordinator(), make_coordinator()
        assert isinstance(client, PageClient)

        for _ in range(5):
            assert _try(client, person.email) == 422

        assert _try(client, person.email) == 429
        assert _try(client, person.email.upper()) == 429
        assert _try(client, other.email) == 422
        db.session.remove()
        db.engine.dispose()


def test_nobody_learns_from_the_time_it_takes(app: Flask, client: PageClient) -> None:
    person = make_coordinator()
    client.submit("/inloggen", email=person.email, password=PASSWORD)  # renews the cheap hash
    client.submit("/kantoor/", "/uitloggen")

    known = [_seconds(client, person.email) for _ in range(7)]
    unknown = [_seconds(client, "niemand@ademruimte.example") for _ in range(7)]

    assert 0.5 < median(known) / median(unknown) < 2


def _try(client: PageClient, email: str) -> int:
    return client.submit("/inloggen", email=email, password="een ander wachtwoord").status_code


def _seconds(client: PageClient, email: str) -> float:
    start = time.perf_counter()
    _try(client, email)
    return time.perf_counter() - start
