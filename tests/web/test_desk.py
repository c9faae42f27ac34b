"""The griffie's desk: its link goes to the griffie alone, and several are registered at once."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from outreach.accounts import audit
from outreach.accounts.models import AuditEntry
from outreach.campaigns import desk
from outreach.campaigns.desk import BadLines
from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery.models import Kind, Message
from outreach.events import handing, offering, seats
from outreach.events.models import Meeting, Registration, VisitorRole
from outreach.web.context import links
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_address,
    make_contact,
    make_meeting,
    make_registration,
    make_sender,
)
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
    desk = client.page(link[1])
    assert desk.h1 == "Wie komt er van uw raad?"
    for page in (desk.text, asked.text, client.get("/griffie").text):
        assert "Initiatief Ademruimte" in page  # whose desk it is, and where they are
        assert "Voorbeeldkade" in page


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
    assert 'role="alert" tabindex="-1" autofocus' in page.text, "the mistake has the focus"
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


def seats_of(meeting: Meeting) -> tuple[int, int]:
    db.session.expire_all()
    return meeting.days[0].taken, meeting.days[0].waiting


def test_seats_are_kept_now_and_named_later(client, address, meeting, clock):
    page = client.post(address, data={"doe": "houd", "bijeenkomst": "haarlem", "aantal": "2"})
    assert "Noem de namen vóór do 28 mei, 10.00 uur" in page.text
    one, _ = handing.kept(meeting, ZEIST)

    named = client.post(
        address, data={"doe": "noem", "aanmelding": one.id, "wie": "Bo <bo@z.example>"}
    )

    assert "Bo komt en krijgt een eigen bevestiging" in named.text
    assert seats_of(meeting) == (2, 0)
    assert [one.content["calendar"]["method"] for one in mailed("bo@z.example")] == ["REQUEST"]
    desk_links = links()
    for day in (20, 21, 22, 26, 27):
        desk.nudge(links=desk_links, now=datetime(2026, 5, day, 9, tzinfo=UTC))
    assert (
        len([one for one in mailed(GRIFFIE) if "Wie komt er van Zeist" in one.content["subject"]])
        == 2
    )
    (last,) = handing.kept(meeting, ZEIST)
    over = datetime(2026, 5, 28, 8, tzinfo=UTC)
    (due,) = offering.due(now=over)
    assert offering.expire(due, links=MEETING_LINKS, now=over)
    assert seats_of(meeting) == (1, 0)
    assert handing.kept(meeting, ZEIST) == []
    assert last.cancelled_at == over


def test_more_seats_than_are_free_are_not_kept_and_nobody_is_overtaken(client, address, meeting):
    make_registration(meeting, 1)
    db.session.commit()

    refused = client.post(address, data={"doe": "houd", "bijeenkomst": "haarlem", "aantal": "3"})

    assert refused.status_code == 409
    assert "Er zijn geen 3 plaatsen vrij" in refused.text
    assert seats_of(meeting) == (1, 0)
    assert seats.miscounted() == []
    for wrong in ("0", "", "-1", "21", "9" * 30, "²"):
        sent = {"doe": "houd", "bijeenkomst": "haarlem", "aantal": wrong}
        assert client.post(address, data=sent).status_code == 422


def test_another_comes_in_place_of_someone_also_from_the_waiting_list(client, address, meeting):
    people = [make_registration(meeting, n, gemeente_code=ZEIST) for n in range(1, 6)]
    db.session.commit()
    seated, waiting = people[0], people[3]

    for one, who in ((seated, "Bo <bo@z.example>"), (waiting, "Cas <cas@z.example>")):
        client.post(address, data={"doe": "noem", "aanmelding": one.id, "wie": who})

    assert seats_of(meeting) == (3, 2)
    assert seats.miscounted() == []
    bo, cas = db.session.scalars(
        select(Registration).order_by(Registration.id.desc()).limit(2)
    ).all()[::-1]
    assert [(one.name, one.places[0].state.value) for one in (bo, cas)] == [
        ("Bo", "confirmed"),
        ("Cas", "waiting"),
    ]
    assert seats.rank(cas.places[0]) == 1
    methods = [one.content.get("calendar", {}).get("method") for one in mailed(seated.email)]
    assert methods == ["REQUEST", None, "CANCEL"]
    assert mailed("bo@z.example")[0].content["calendar"]["method"] == "REQUEST"
    again = client.post(
        address, data={"doe": "noem", "aanmelding": people[1].id, "wie": "Bo bo@z.example"}
    )
    assert again.status_code == 409
    assert people[1].cancelled_at is None


def test_the_desk_goes_to_a_colleague_of_the_gemeente_alone(client, address):
    other = client.post(address, data={"doe": "collega", "collega": "iemand@elders.example"})
    assert (other.status_code, mailed()) == (409, [])

    client.post(address, data={"doe": "collega", "collega": "Cas@Zeist.example"})

    link, told = mailed()
    assert (link.address, told.address) == ("Cas@zeist.example", GRIFFIE)
    assert "/griffie/" in link.content["text"]
    assert "/griffie/" not in told.content["text"]


def test_what_a_griffie_does_on_its_desk_is_kept_by_number_alone(client, address, meeting):
    own = make_registration(meeting, 1, gemeente_code=ZEIST)
    db.session.commit()
    db.session.execute(delete(AuditEntry))
    register(client, address, "Noor de Wit <noor@raad.example>")
    client.post(address, data={"doe": "houd", "bijeenkomst": "haarlem", "aantal": "1"})
    (kept,) = handing.kept(meeting, ZEIST)
    for one, who in ((kept, "Bo <bo@z.example>"), (own, "Cas <cas@z.example>")):
        client.post(address, data={"doe": "noem", "aanmelding": one.id, "wie": who})
    bo = db.session.scalars(select(Registration).where(Registration.name == "Bo")).one()
    for _ in range(2):
        client.post(address, data={"doe": "annuleer", "aanmelding": bo.id})
    client.post(address, data={"doe": "collega", "collega": "cas@zeist.example"})
    client.post(address, data={"doe": "collega", "collega": "cas@elders.example"})

    rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [one.act for one in rows] == [
        "add registration",
        "keep seats",
        "hand over places",
        "hand over places",
        "cancel registration",
        "hand over desk",
    ]
    assert {one.actor for one in rows} == {f"griffie:{ZEIST}"}
    assert audit.name_of(rows[0].actor) == "de griffie"
    said = " ".join(f"{one.subject} {one.detail} {one.note}" for one in rows)
    assert not re.search("@|Noor|Bo|Cas", said)
