"""The griffie's desk: its link goes to the griffie alone, and several are registered at once."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from outreach.campaigns import desk
from outreach.campaigns.desk import BadLines
from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery.models import Kind, Message
from outreach.events.models import Meeting, Registration, VisitorRole
from outreach.web.context import links
from tests.conftest import NOON
from tests.factories import make_address, make_contact, make_meeting, make_registration, make_sender
from tests.web.page import PageClient

ZEIST = "GM0355"
GRIFFIE = "griffie@zeist.example"


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    make_sender()
    make_contact("Zeist", GRIFFIE)
    meeting = make_meeting("haarlem", days=((date(2026, 6, 4), "13:30", "17:00", 3),))
    db.session.commit()
    return meeting


@pytest.fixture
def address(meeting: Meeting) -> str:
    return links().desk(ZEIST, now=NOON).removeprefix("http://127.0.0.1:8000")


def register(client: PageClient, address: str, people: str, **fields: str) -> TestResponse:
    given = {"bijeenkomst": "haarlem", "mensen": people, "functie": "raadslid"} | fields
    return client.post(address, data=given)


def mailed(to: str = "") -> list[Message]:
    rows = select(Message).where(Message.kind == Kind.NOTICE).order_by(Message.id)
    return [one for one in db.session.scalars(rows) if not to or one.address == to]


def names() -> list[str]:
    rows = select(Registration).where(Registration.cancelled_at.is_(None))
    return [one.name for one in db.session.scalars(rows.order_by(Registration.id))]


def test_the_link_is_mailed_to_the_griffie_and_shown_to_nobody(client, meeting):
    asked = client.post("/griffie", data={"gemeente": "zeist"})
    again = client.post("/griffie", data={"gemeente": "Zeist"})

    (notice,) = mailed()
    link = re.search(r"http://127\.0\.0\.1:8000(/griffie/\S+)", notice.content["text"])
    assert asked.text == again.text
    assert "/griffie/" not in asked.text
    assert GRIFFIE not in asked.text
    assert notice.address == GRIFFIE
    assert link is not None
    assert client.page(link[1]).h1 == "Wie komt er van uw raad?"


def test_a_griffie_that_we_do_not_know_gets_nothing_and_the_page_does_not_tell(client, meeting):
    known = client.post("/griffie", data={"gemeente": "Zeist"}).text
    unknown = client.post("/griffie", data={"gemeente": "Goes"}).text

    assert [one.address for one in mailed()] == [GRIFFIE]
    assert known.replace("Zeist", "Goes") == unknown


def test_an_address_that_nobody_confirmed_gets_no_names(client, meeting):
    contact = make_contact("Goes", "griffie@goes.example")
    contact.addresses[0].confirmed_at = None
    make_address(contact, "info@goes.example", basis=None, confirmed_at=None, preferred=False)
    db.session.commit()

    client.post("/griffie", data={"gemeente": "Goes"})

    assert mailed() == []


def test_several_are_registered_at_once_each_with_a_mail_of_their_own(client, address):
    page = register(
        client,
        address,
        "Noor de Wit <noor@raad.example>\njelle@raad.example; Jelle Smit\n\n"
        '"Bos, Kim" kim@raad.example\t',
    )

    assert page.status_code == 200
    assert "3 mensen zijn aangemeld voor Haarlem." in page.text
    assert names() == ["Noor de Wit", "Jelle Smit", "Bos Kim"]
    people = db.session.scalars(select(Registration)).all()
    assert {(one.gemeente_code, one.role) for one in people} == {(ZEIST, VisitorRole.RAADSLID)}
    told = db.session.scalars(select(Message.address)).all()
    assert set(told) == {"noor@raad.example", "jelle@raad.example", "kim@raad.example"}


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ("", "Vul ten minste één naam in."),
        ("Noor de Wit", "Regel 1: er staat geen e-mailadres"),
        ("Noor <noor@raad.example>\n<jelle@raad.example>", "Regel 2: zet voor het adres een naam."),
        ("Noor <noor@raad.example>\nN. <NOOR@raad.example>", "Regel 2: dit adres staat ook op"),
        ("Noor <noor@raad>", "Regel 1:"),
    ],
)
def test_a_line_that_cannot_be_read_registers_nobody_and_what_was_pasted_stays(
    client, address, people, said
):
    page = register(client, address, people)

    assert page.status_code == 422
    assert said in page.text
    assert names() == []
    assert people.split("\n")[0].split(" <")[0] in page.text


def test_all_or_none_registers_nobody_when_one_would_wait(client, address):
    four = "\n".join(f"Raadslid {n} <r{n}@raad.example>" for n in range(4))

    refused = register(client, address, four, allen="ja")

    assert refused.status_code == 409
    assert "Er is geen plaats voor alle 4: 1 zouden moeten wachten." in refused.text
    assert names() == []
    assert register(client, address, four).status_code == 200
    assert len(names()) == 4


def test_the_desk_shows_its_own_council_and_nobody_else(client, address, meeting):
    own = make_registration(meeting, 1, gemeente_code=ZEIST, name="Eigen Raadslid")
    make_registration(meeting, 2, gemeente_code="GM0664", name="Ander Raadslid")
    make_registration(
        meeting, 3, gemeente_code=ZEIST, name="Een Inwoner", role=VisitorRole.ERVARINGSDESKUNDIGE
    )
    db.session.commit()

    page = client.page(address)

    assert "Eigen Raadslid" in page.text
    assert "Ander Raadslid" not in page.source
    assert "Een Inwoner" not in page.source
    assert own.email not in page.source


def test_one_is_withdrawn_and_another_gemeentes_is_not(client, address, meeting):
    own = make_registration(meeting, 1, gemeente_code=ZEIST)
    other = make_registration(meeting, 2, gemeente_code="GM0664")
    db.session.commit()

    done = client.post(address, data={"doe": "annuleer", "aanmelding": own.id})
    refused = client.post(address, data={"doe": "annuleer", "aanmelding": other.id})

    db.session.expire_all()
    assert done.status_code == 200
    assert own.cancelled_at is not None
    assert refused.status_code == 404
    assert other.cancelled_at is None


def test_the_link_ends_and_looking_writes_nothing(client, address, clock: FixedClock):
    before = len(mailed())
    assert client.get(address).status_code == client.head(address).status_code == 200
    clock.forward(timedelta(days=31))

    assert client.get(address).status_code == 410
    assert len(mailed()) == before


def test_no_more_than_fifty_at_once():
    with pytest.raises(BadLines, match="ten hoogste 50"):
        desk.read("\n".join(f"N <n{n}@raad.example>" for n in range(51)))
