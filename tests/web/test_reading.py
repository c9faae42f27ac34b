"""A GET changes nothing, and costs the same however much there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from outreach.accounts import senders
from outreach.campaigns import writing
from outreach.db import db
from tests.factories import make_meeting, make_registration, make_sender
from tests.web import scenes
from tests.web.page import PageClient
from tests.web.test_access import address

WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER")
MOST = 12  #: queries of a page of the office (PERFORMANCE.md)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every SQL statement that is sent while this lasts."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, sql: str, *_more: Any) -> None:
        seen.append(" ".join(sql.split()))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def queries(client: PageClient, url: str) -> int:
    db.session.remove()
    with statements() as seen:
        assert client.get(url).status_code == 200
    return len([sql for sql in seen if sql.startswith(("SELECT", "WITH"))])


def test_no_get_and_no_head_writes(app: Flask, owner: PageClient) -> None:
    scenes.make_griffies()
    campaign = scenes.make_letter()
    campaign.slug = "oproep"
    scenes.make_sent(campaign, uncertain=2, waiting=5)
    make_registration(make_meeting("oproep"))
    db.session.commit()

    with statements() as seen:
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()):
                url = address(app, rule)
                assert owner.get(url).status_code < 500, url
                owner.head(url)

    assert [sql for sql in seen if sql.startswith(WRITES)] == []


@pytest.mark.parametrize(
    "url",
    [
        "/kantoor/",
        "/kantoor/brieven/",
        "/kantoor/brieven/oproep",
        "/kantoor/brieven/oproep/voortgang",
        "/kantoor/gemeenten/",
        "/kantoor/adressen/",
        "/kantoor/instellingen/",
        "/kantoor/zoek/?q=griffie",
    ],
)
def test_a_page_costs_as_many_queries_with_many_rows_as_with_few(
    app: Flask, coordinator: PageClient, url: str
) -> None:
    sender = make_sender()
    campaign = scenes.make_letter(sender=sender)
    campaign.slug = "oproep"
    scenes.make_griffies(most=3)
    scenes.make_sent(campaign)
    few = queries(coordinator, url)

    campaign, sender = writing.find("oproep"), senders.everyone()[0]
    scenes.make_griffies()
    scenes.make_sent(campaign)
    for n in range(5):
        make_sender()
        scenes.make_draft(f"Concept {n}", sender=sender)
    many = queries(coordinator, url)

    assert many == few
    assert many <= MOST


def test_the_check_asks_once_for_all_steps_of_a_draft(coordinator: PageClient) -> None:
    """More than a page of the office may: it looks at every text for every reader."""
    scenes.make_draft("Oproep", sender=make_sender()).slug = "oproep"
    scenes.make_griffies(most=30)
    pages = [f"/kantoor/brieven/oproep{rest}" for rest in ("", "/stap/2/schrijf", "/stap/2")]

    asked = [queries(coordinator, page) for page in pages]

    assert [one <= most for one, most in zip(asked, (28, 41, 22), strict=True)] == [True] * 3, asked
