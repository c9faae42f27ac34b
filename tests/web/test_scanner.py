"""A mail scanner opens every address in every mail, three times; nothing comes of it."""

import quopri
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.campaigns.rendering import Renderer
from outreach.db import Base, db
from outreach.delivery.models import Kind, Message
from outreach.web.context import links, store
from tests.conftest import NOON
from tests.factories import (
    make_campaign,
    make_contact,
    make_meeting,
    make_message,
    make_registration,
)
from tests.web.page import Page, PageClient

US = "http://127.0.0.1:8000"
ZEIST = "GM0355"
URL = re.compile(rf"{re.escape(US)}(/[^\s<>\"')]*)")


@pytest.fixture
def mails(app: Flask, client: PageClient) -> list[str]:
    """The words of a letter, of what it asks when each button is pressed, and of a registration."""
    campaign = make_campaign()
    letter = make_message(campaign, make_contact("Zeist", "griffie@zeist.example"))
    for place in ("Soest", "Baarn"):
        make_message(campaign, make_contact(place))
    answer = links().answer(campaign.id, ZEIST, "raad", now=NOON).removeprefix(US)
    for sent in (
        {"antwoord": "doorgestuurd"},
        {"doe": "geen-herinnering"},
        {"doe": "ander-adres", "adres": "raad@zeist.example"},
    ):
        assert client.post(answer, data=sent).status_code == 200
    away = links().one_click(
        db.session.scalars(select(Message.message_id).where(Message.address_key.contains("soest"))).one(),
        now=NOON,
    )  # fmt: skip
    client.post(away.removeprefix(US), data={"List-Unsubscribe": "One-Click"})
    registration = make_registration(make_meeting("rotterdam"))
    db.session.commit()
    told = [str(one.content) for one in db.session.scalars(_notices())]
    addresses = [
        links().answer(campaign.id, ZEIST, "raad", now=NOON, k="doorgestuurd"),
        links().one_click(letter.message_id, now=NOON),
        links().no_more_mail(campaign.sender_id, now=NOON),
        f"{US}/aanmelding/{registration.secret}",
    ]
    rendered = Renderer(links(), store(), NOON).raw(db.session(), letter)
    return [*told, *addresses, quopri.decodestring(rendered).decode(errors="replace")]


def _notices() -> Any:
    return select(Message).where(Message.kind == Kind.NOTICE)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    db.session.rollback()
    return {
        table.name: sorted(map(repr, db.session.execute(select(table)).all()))
        for table in Base.metadata.sorted_tables
    }


def test_a_scanner_that_opens_all_there_is_changes_no_row(
    client: PageClient, mails: list[str]
) -> None:
    wanted = {path for mail in mails for path in URL.findall(mail)}
    assert len(wanted) >= 7
    before, seen = everything(), set()

    while new := wanted - seen:
        for path in sorted(new):
            seen.add(path)
            for _ in range(3):
                got = client.get(path)
                assert client.head(path).status_code == got.status_code < 500
            if got.mimetype == "text/html" and got.status_code == 200:
                found = Page(got.text).links().values()
                wanted |= {one.partition("#")[0] for one in found if one.startswith("/")}
        wanted = {one for one in wanted if not one.startswith(("/kantoor", "/inloggen"))}

    assert len(seen) > 12
    assert everything() == before

    answer = next(one for one in sorted(seen) if one.startswith("/antwoord/"))
    client.post(answer.partition("?")[0], data={"antwoord": "gesprek"})
    assert everything() != before  # a press does change them
