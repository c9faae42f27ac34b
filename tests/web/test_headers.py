"""What every response promises, whatever it says."""

import gzip

import pytest
from flask import Flask, request

from config import Settings
from outreach.app import create_app
from outreach.db import db
from tests.web.page import Page, PageClient
from tests.web.test_access import address

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
FRAMES = {"previews.show", "writing.write"}
MAILS = {"previews.mail"}


def test_every_response_has_the_headers(app: Flask, owner: PageClient) -> None:
    for rule in app.url_map.iter_rules():
        response = owner.get(address(app, rule))
        headers = response.headers

        assert headers["X-Content-Type-Options"] == "nosniff", rule
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), rule
        assert headers["Content-Security-Policy"].startswith("default-src 'none'"), rule
        if rule.endpoint not in FRAMES | MAILS:
            assert headers["Content-Security-Policy"] == POLICY, rule
        if rule.rule.startswith("/kantoor"):
            assert headers["Cache-Control"] == "no-store", rule


@pytest.mark.parametrize("url", ["/nergens", "/kantoor/nergens", "/inloggen/x"])
def test_errors_have_them_too(client: PageClient, url: str) -> None:
    response = client.get(url)

    assert response.status_code in (302, 404)
    assert response.headers["Content-Security-Policy"] == POLICY


def test_a_stranger_gets_no_cookie_on_public_pages(client: PageClient) -> None:
    for url in ("/", "/privacy", "/toegankelijkheid", "/healthz", "/nergens"):
        assert "Set-Cookie" not in client.get(url).headers, url


def test_the_cookie_is_for_this_site_alone(client: PageClient) -> None:
    cookie = client.get("/inloggen").headers["Set-Cookie"]

    assert cookie.startswith("outreach=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_bound_to_it(settings: Settings) -> None:
    secure = settings.model_copy(update={"base_url": "https://brieven.example"})
    app = create_app(secure)

    response = app.test_client().get("/inloggen", base_url="https://brieven.example")

    _close(app)

    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-outreach=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8000", 200),
        ("127.0.0.1:4711", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
    ],
)
def test_only_our_own_name_is_answered(client: PageClient, host: str, status: int) -> None:
    assert client.get("/privacy", base_url=f"http://{host}").status_code == status


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(settings: Settings) -> None:
    seen = {}
    for proxies in (0, 1):
        app = create_app(settings.model_copy(update={"trusted_proxies": proxies}))

        app.add_url_rule("/wie", "who", lambda: str(request.remote_addr))
        seen[proxies] = app.test_client().get("/wie", headers={"X-Forwarded-For": "1.2.3.4"}).text
        _close(app)

    assert seen == {0: "127.0.0.1", 1: "1.2.3.4"}


def test_a_static_file_keeps_for_ever_and_is_small(client: PageClient) -> None:
    sheet = next(
        link.attrs["href"]
        for link in client.page("/privacy").all("link")
        if "bootstrap" in link.attrs["href"]
    )

    response = client.get(sheet, headers={"Accept-Encoding": "gzip"})

    assert response.status_code == 200
    assert response.headers["Content-Encoding"] == "gzip"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"Bootstrap" in gzip.decompress(response.data)


def test_a_public_page_is_at_most_60_kilobytes_over_the_wire(client: PageClient) -> None:
    total = 0
    page = Page(client.get("/").text)
    total += len(gzip.compress(page.source.encode()))
    for node in page.all("link", "script", "img"):
        url = node.attrs.get("href") or node.attrs.get("src") or ""
        if url.startswith("/static/"):
            total += len(client.get(url, headers={"Accept-Encoding": "gzip"}).data)

    assert total <= 60_000
    assert not page.all("script")


def test_the_stylesheet_of_the_office_is_at_most_20_kilobytes(client: PageClient) -> None:
    sheets = [
        link.attrs["href"]
        for link in client.page("/inloggen").all("link")
        if link.attrs.get("rel") == "stylesheet"
    ]

    assert all(len(client.get(url).data) <= 20_480 for url in sheets if "bootstrap" not in url)


def _close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
