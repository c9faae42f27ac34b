"""The list at the door: for a helper's phone by a link, and for the office."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry
from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import door_codes, presence
from outreach.events.models import DoorLink, Meeting, MeetingDay, Registration
from outreach.events.needs import Needs, Wish
from outreach.events.presence import Pressed
from tests.conftest import NOON
from tests.factories import make_meeting, make_registration, make_sender
from tests.web.page import PageClient

TODAY = ((date(2026, 3, 23), "10:00", "17:00", 3),)
MINUTE = 60_000  #: milliseconds


@pytest.fixture
def meeting(app: Flask) -> Meeting:
    make_sender()
    meeting = make_meeting(days=TODAY)
    make_registration(meeting, 1, name="Noor de Wit", gemeente_code="GM1900")
    make_registration(meeting, 2, name="Ton Bakker")
    db.session.commit()
    return meeting


@pytest.fixture
def link(meeting: Meeting, coordinator: PageClient) -> DoorLink:
    """As a coordinator makes it in the office."""
    coordinator.submit(door(meeting), door(meeting), label="Sanne")
    return db.session.scalars(select(DoorLink)).one()


def door(meeting: Meeting) -> str:
    return f"/kantoor/bijeenkomsten/{meeting.slug}/dag/{meeting.days[0].id}/deur"


def url(link: DoorLink) -> str:
    return f"/deur/{link.secret}"


def there(day: MeetingDay) -> list[str]:
    db.session.expire_all()
    return [row.name for row in presence.rows(day) if row.came_at]


def number(meeting: Meeting, name: str) -> int:
    return next(row.id for row in presence.rows(meeting.days[0]) if row.name == name)


def test_a_helper_reports_present_and_takes_it_back(
    client: PageClient, meeting: Meeting, link: DoorLink, clock: FixedClock
) -> None:
    noor = str(number(meeting, "Noor de Wit"))

    seen = client.page(client.post(url(link), data={"aanwezig": noor, "zoek": "noor"}).location)
    assert "Noor de Wit is aanwezig gemeld." in seen.text
    assert "1 aanwezig" in seen.text
    assert there(meeting.days[0]) == ["Noor de Wit"]

    client.post(url(link), data={"terug": noor})
    assert there(meeting.days[0]) == []
    [last] = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "take back present"))
    assert (last.actor, last.subject) == (f"door:{link.id}", f"registration:{noor}")


def test_a_search_leaves_who_fits_and_says_so_of_nobody(
    client: PageClient, link: DoorLink, meeting: Meeting
) -> None:
    found = client.page(f"{url(link)}?zoek=fryslan")
    assert "Noor de Wit" in found.text
    assert "Ton Bakker" not in found.text

    assert "Niemand op de lijst past bij “zzz”" in client.page(f"{url(link)}?zoek=zzz").text


def test_someone_new_is_written_down_and_a_mistake_is_shown(
    client: PageClient, link: DoorLink, meeting: Meeting
) -> None:
    wrong = client.submit(url(link), f"{url(link)}#nieuw", naam="Ank Visser", gemeente="Uterchtt")
    assert wrong.status_code == 422
    assert "Wij kennen geen gemeente “Uterchtt”" in wrong.text

    client.submit(url(link), f"{url(link)}#nieuw", naam="Ank Visser", gemeente="Utrecht")
    assert there(meeting.days[0]) == ["Ank Visser"]


def test_what_a_phone_kept_is_taken_once_and_by_its_own_clock(
    client: PageClient, link: DoorLink, meeting: Meeting
) -> None:
    """The phone's clock is years ahead; what it says is in its own order."""
    noor, phone = number(meeting, "Noor de Wit"), 1_900_000_000_000
    taps: list[dict[str, Any]] = [
        {"key": "p-2", "id": noor, "came": True, "at": phone - MINUTE},
        {"key": "p-1", "id": noor, "came": False, "at": phone - 2 * MINUTE},
        {
            "key": "p-3",
            "name": "Ank",
            "role": "wethouder",
            "gemeente": "",
            "email": "",
            "at": phone,
        },
        {"key": "p-4", "id": "p-3", "came": False, "at": phone},
        {"key": "e", "id": 999, "came": True, "at": phone},
        {"key": "f"},
    ]

    def send() -> dict[str, Any]:
        return client.post(f"{url(link)}/tikken", json={"now": phone, "taps": taps}).get_json()

    said, again = send(), send()

    assert said["done"] == again["done"] == ["p-2", "p-1", "p-3", "p-4"]
    assert [one["key"] for one in said["refused"]] == ["e", "f"]
    assert there(meeting.days[0]) == []  # what a phone says is in its own order
    assert said["rows"] == again["rows"]
    assert [row["name"] for row in said["rows"]] == ["Noor de Wit", "Ton Bakker"]


@pytest.mark.parametrize("sent", ["[]", "{", '{"taps": 3}', '{"now": "x", "taps": [3]}'])
def test_what_is_no_list_of_presses_is_refused(
    client: PageClient, link: DoorLink, sent: str
) -> None:
    response = client.post(f"{url(link)}/tikken", data=sent, content_type="application/json")

    assert response.status_code in (200, 422)
    if response.status_code == 200:
        assert len(response.get_json()["refused"]) == 1


def test_the_list_is_not_sent_again_while_it_is_the_same(
    client: PageClient, link: DoorLink, meeting: Meeting
) -> None:
    first = client.get(f"{url(link)}/lijst")
    same = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"{url(link)}/lijst", headers=same).status_code == 304

    client.post(url(link), data={"aanwezig": number(meeting, "Ton Bakker")})

    assert client.get(f"{url(link)}/lijst", headers=same).get_json()["present"] == 1


def test_the_list_tells_no_address_and_no_needs(
    client: PageClient, link: DoorLink, meeting: Meeting
) -> None:
    make_registration(meeting, 3, needs=Needs(Wish((), "Noten")), consented=True)
    db.session.commit()

    for path in (url(link), f"{url(link)}/lijst"):
        text = client.get(path).text
        assert "@raad.example" not in text
        assert "Noten" not in text


def test_a_link_that_was_taken_back_opens_and_does_nothing(
    client: PageClient, coordinator: PageClient, meeting: Meeting, link: DoorLink
) -> None:
    noor = number(meeting, "Noor de Wit")
    coordinator.submit(door(meeting), f"/kantoor/bijeenkomsten/haarlem/deur/{link.id}/intrekken")

    assert client.get(url(link)).status_code == 410
    assert client.post(url(link), data={"aanwezig": noor}).status_code == 410
    taps = {"now": 1, "taps": [{"key": "a", "id": noor, "came": True, "at": 1}]}
    assert client.post(f"{url(link)}/tikken", json=taps).status_code == 410
    assert there(meeting.days[0]) == []


def test_a_link_works_around_its_day_alone(
    client: PageClient, link: DoorLink, clock: FixedClock
) -> None:
    clock.forward(timedelta(days=2))

    assert client.get(url(link)).status_code == 410


def test_the_page_may_use_the_camera_and_has_its_worker_beside_it(
    client: PageClient, link: DoorLink
) -> None:
    headers = client.get(url(link)).headers

    assert "camera=(self)" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert client.get("/deur/werker.js").content_type.startswith("text/javascript")


def test_the_office_opens_the_list_and_sees_who_is_there(
    coordinator: PageClient, meeting: Meeting
) -> None:
    opened = coordinator.submit(door(meeting), f"{door(meeting)}/open")
    assert "/deur/" in opened.location

    day = meeting.days[0]
    ton = Pressed(number(meeting, "Ton Bakker"), True)
    presence.press(day, ton, by=CLI, now=NOON)
    db.session.commit()
    page = coordinator.page(f"/kantoor/bijeenkomsten/{meeting.slug}")
    assert "1 aanwezig gemeld" in page.text
    assert "was erbij" in page.text


def test_who_was_there_finds_a_statement_and_until_then_a_code(
    client: PageClient, coordinator: PageClient, meeting: Meeting
) -> None:
    noor = db.session.get_one(Registration, number(meeting, "Noor de Wit"))
    own = f"/aanmelding/{noor.secret}"
    code = door_codes.code(noor)
    assert code in client.page(own).text
    assert code in db.session.scalars(select(Message)).first().content["text"]  # type: ignore[union-attr]
    assert client.get(f"{own}/bewijs.pdf").status_code == 409

    presence.press(meeting.days[0], Pressed(noor.id, True), by=CLI, now=NOON)
    db.session.commit()

    assert "Download uw bewijs (PDF)" in client.page(own).links()
    assert client.get(f"{own}/bewijs.pdf").data.startswith(b"%PDF")
    for link in coordinator.page(door(meeting)).links().values():
        if link.endswith(".pdf"):
            assert coordinator.get(link).data.startswith(b"%PDF"), link
