"""The pages of meetings: what everyone reads before coming."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from outreach.clock import FixedClock
from outreach.db import db
from outreach.events.models import (
    Meeting,
    MeetingState,
    Place,
    PlaceState,
    Registration,
    VisitorRole,
)
from tests.conftest import NOON
from tests.factories import make_meeting, make_registration, make_sender
from tests.web.page import Page, PageClient

HAARLEM = "/bijeenkomsten/haarlem"
FULL = ((date(2026, 6, 4), "13:30", "17:00", 1),)
THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 120),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 60),
)
PERSON = r"noor de|raadslid\d|raad\.example|secret-of|geen vlees"
NASTY = "<script>alert(1)</script>\"'></script>{{7*7}}"

TYPED = (
    *("title", "city", "venue", "address", "online_url", "region", "audience", "contact"),
    *("costs", "accessibility", "language", "parking", "summary", "text"),
)


def publish(slug: str = "haarlem", **fields: Any) -> Meeting:
    meeting = make_meeting(slug, **fields)
    db.session.commit()
    return meeting


def insert_people(meeting: Meeting, first: int, last: int) -> None:
    """Registrations as rows: the mail about them is of no matter here."""
    day = meeting.days[0]
    for n in range(first, last):
        state = PlaceState.CONFIRMED if n <= day.capacity else PlaceState.WAITING
        place = Place(day=day, state=state, number=n, changed_at=NOON)
        person = Registration(
            meeting=meeting,
            secret=f"secret-of-person-{n}",
            name=f"Noor de Wit {n}",
            email=f"raadslid{n}@raad.example",
            email_key=f"raadslid{n}@raad.example",
            role=VisitorRole.RAADSLID,
            registered_at=NOON,
            places=[place],
        )
        db.session.add(person)
    day.taken, day.waiting = min(last - 1, day.capacity), max(0, last - 1 - day.capacity)
    db.session.commit()


def structured(page: Page) -> dict[str, Any]:
    [block] = page.all("script")
    found: dict[str, Any] = json.loads(block.text)
    return found


def test_the_essentials_come_first_and_the_form_is_one_press_away(client: PageClient) -> None:
    make_sender()
    publish(audience="Raadsleden", costs="Geen", accessibility="Geen drempels")

    page = client.page(f"{HAARLEM}?g=GM0355")

    labels = [node.text.strip() for node in page.all("dt")]
    assert labels[:6] == ["Wanneer", "Waar", "Voor wie", "Plaatsen", "Kosten", "Toegang"]
    assert "do 4 juni 2026, 13.30 tot 17.00 uur" in page.text
    assert "Nog 25 van de 25 plaatsen" in page.text
    assert page.links()["Meld u aan"] == f"{HAARLEM}/aanmelden?g=GM0355"
    assert page.links()["Bekijk de kaart en de route"] == (
        "https://www.openstreetmap.org/search?query=Voorbeeldgracht+4%2C+Haarlem"
    )


def test_three_days_each_say_what_is_left(client: PageClient) -> None:
    meeting = publish("rotterdam", days=THREE_DAYS)
    meeting.days[1].programme = [{"at": "9.30", "what": "Wat kost een inloop?"}]
    make_registration(meeting, 1, day_ids=(meeting.days[1].id,))
    db.session.commit()

    text = client.page("/bijeenkomsten/rotterdam").text

    assert "vr 11 tot en met zo 13 september 2026" in text
    assert "vr nog 120; za vol, met wachtlijst; zo nog 60" in text
    assert "10.00 tot 17.00 uur. Nog 120 van de 120 plaatsen." in text
    assert "De enige plaats is bezet. U kunt op de wachtlijst." in text
    assert "Wat kost een inloop?" in text


def _full(meeting: Meeting) -> None:
    make_registration(meeting)


def _closed(meeting: Meeting) -> None:
    meeting.register_until = NOON - timedelta(minutes=1)


def _soon(meeting: Meeting) -> None:
    meeting.register_from = datetime.fromisoformat("2026-05-01T00:00+02:00")


def _cancelled(meeting: Meeting) -> None:
    meeting.state, meeting.cancel_reason = MeetingState.CANCELLED, "De zaal is gesloten."


@pytest.mark.parametrize(
    ("change", "said", "button"),
    [
        (_full, "Alle plaatsen zijn bezet.", "Zet u op de wachtlijst"),
        (_closed, "Aanmelden kan niet meer. Wilt u toch komen? Mail", ""),
        (_soon, "Aanmelden kan vanaf vr 1 mei.", ""),
        (_cancelled, "Deze bijeenkomst gaat niet door De zaal is gesloten.", ""),
    ],
    ids=["full", "closed", "soon", "cancelled"],
)
def test_a_page_says_how_the_meeting_stands(
    client: PageClient, change: Callable[[Meeting], None], said: str, button: str
) -> None:
    make_sender()
    meeting = publish(days=FULL)
    change(meeting)
    db.session.commit()

    page = client.page(HAARLEM)

    assert said in page.text
    offered = [word for word, url in page.links().items() if url.endswith("/aanmelden")]
    assert offered == ([button] if button else [])


def test_a_meeting_that_is_over_says_so_and_leads_on(client: PageClient, clock: FixedClock) -> None:
    publish()
    clock.forward(timedelta(days=100))

    page = client.page(HAARLEM)

    assert "Deze bijeenkomst is voorbij." in page.text
    assert "Meld u aan" not in page.links()
    assert "Geweest do 4 juni 2026 Haarlem" in client.page("/").text


def test_a_concept_is_as_unknown_as_what_does_not_exist(client: PageClient) -> None:
    publish(state=MeetingState.DRAFT)

    concept = client.get(HAARLEM)

    assert concept.status_code == 404
    assert concept.data == client.get("/bijeenkomsten/bestaat-niet").data
    assert client.get(f"{HAARLEM}/aanmelden").status_code == 404
    assert client.get("/bijeenkomsten/%00").status_code == 404
    assert "haarlem" not in client.get("/").text + client.get("/sitemap.xml").text


def test_only_a_code_is_carried_on(client: PageClient) -> None:
    publish()

    assert client.page(f"{HAARLEM}?g=<b>").links()["Meld u aan"] == f"{HAARLEM}/aanmelden"


def test_the_text_is_markdown_and_braces_are_just_braces(client: PageClient) -> None:
    publish(text='Lees **dit** op [de site](https://lees.example).\n\n{{naam}} en {{x|"y"}}')

    page = client.page(HAARLEM)

    assert page.links()["de site"] == "https://lees.example"
    assert [node.text for node in page.all("strong")] == ["dit"]
    assert '{{naam}} en {{x|"y"}}' in page.text


def test_nothing_that_was_typed_becomes_markup(client: PageClient) -> None:
    meeting = publish(**dict.fromkeys(TYPED, NASTY), themes=[NASTY])
    meeting.days[0].title = NASTY
    meeting.days[0].programme = [{"at": NASTY, "what": NASTY}]
    db.session.commit()

    for path in (HAARLEM, "/", f"{HAARLEM}/aanmelden"):
        source = client.get(path).text
        assert "<script>alert" not in source, path
        assert "49" not in Page(source).title

    assert structured(client.page(HAARLEM))["name"] == NASTY


def test_search_engines_read_the_facts_and_no_person(client: PageClient) -> None:
    meeting = publish("rotterdam", days=THREE_DAYS, contact="Ilse Verhagen, 030 000 00 00")

    found = structured(client.page("/bijeenkomsten/rotterdam"))

    assert found["@type"] == "Event"
    assert found["startDate"] == "2026-09-11T10:00+02:00"
    assert found["endDate"] == "2026-09-13T15:00+02:00"
    assert [day["startDate"] for day in found["subEvent"]][1] == "2026-09-12T09:30+02:00"
    assert found["eventStatus"] == "https://schema.org/EventScheduled"
    assert "Verhagen" not in json.dumps(found)

    friday, saturday, sunday = meeting.days
    saturday.taken = saturday.capacity
    sunday.cancelled_at = NOON
    db.session.commit()

    days = structured(client.page("/bijeenkomsten/rotterdam"))["subEvent"]
    free = friday.capacity - friday.taken
    assert [day.get("remainingAttendeeCapacity") for day in days] == [free, 0, None]
    stock = [day.get("offers", {}).get("availability") for day in days]
    assert stock == ["https://schema.org/InStock", "https://schema.org/SoldOut", None]
    assert days[2]["eventStatus"] == "https://schema.org/EventCancelled"
    assert days[0]["location"]["address"]["addressLocality"] == "Rotterdam"
    page = client.page("/bijeenkomsten/rotterdam")
    told = {n.attrs.get("property"): n.attrs.get("content") for n in page.all("meta")}
    assert told["og:title"] == meeting.title
    assert told["og:url"] == "http://127.0.0.1:8000/bijeenkomsten/rotterdam"

    meeting.state = MeetingState.CANCELLED
    db.session.commit()

    found = structured(client.page("/bijeenkomsten/rotterdam"))
    assert found["eventStatus"] == "https://schema.org/EventCancelled"


def test_telephone_and_mail_of_the_contact_can_be_pressed(client: PageClient) -> None:
    publish(contact="Bel Ilse Verhagen, 030 000 00 00, of mail ilse@ademruimte.example")

    links = client.page(HAARLEM).links()

    assert links["030 000 00 00"] == "tel:+31300000000"
    assert links["ilse@ademruimte.example"] == "mailto:ilse@ademruimte.example"


def test_the_front_page_lists_what_comes_and_how_to_follow_it(client: PageClient) -> None:
    publish("zeist", days=((date(2026, 11, 17), "09:30", "16:00", 40),), region="Utrecht")
    publish(themes=["Jongeren"])
    off = publish("assen", days=((date(2026, 10, 1), "09:30", "16:00", 40),), region="")
    off.state = MeetingState.CANCELLED
    db.session.commit()

    page = client.page("/")

    assert page.h1 == "Bijeenkomsten in 2026"
    assert "U bent welkom in Haarlem en Zeist." in page.text
    towns = [node.text.strip() for node in page.all("h2")][:3]
    assert towns == ["Haarlem", "Assen", "Zeist"]
    assert "Pakhuis De Linde. Nog 25 plaatsen." in page.text
    assert "Praten" not in page.text
    assert "Deze bijeenkomst gaat niet door." in page.text
    links = page.links()
    assert links["Volg de agenda"] == "webcal://127.0.0.1:8000/agenda.ics"
    assert "cid=webcal%3A%2F%2F127.0.0.1%3A8000%2Fagenda.ics" in links["Google Agenda"]
    assert links["Outlook op internet"].startswith("https://outlook.office.com/")
    assert links["Noord-Holland"] == "webcal://127.0.0.1:8000/agenda/noord-holland.ics"
    assert links["Jongeren"] == "webcal://127.0.0.1:8000/agenda/jongeren.ics"
    assert 'value="http://127.0.0.1:8000/agenda.ics"' in page.source


def test_no_registrant_is_on_any_public_page_and_no_page_gets_slower(
    client: PageClient, query_count: Any
) -> None:
    make_sender()
    meeting = publish(days=((date(2026, 6, 4), "13:30", "17:00", 150),))
    paths = ("/", HAARLEM, f"{HAARLEM}/aanmelden")
    files = (f"{HAARLEM}.ics", "/agenda.ics", "/agenda/noord-holland.ics", "/sitemap.xml")
    insert_people(meeting, 1, 2)
    before = {}
    for path in paths:
        with query_count() as counted:
            client.get(path)
        before[path] = counted.count

    insert_people(meeting, 2, 201)

    for path in paths:
        with query_count() as counted:
            source = client.get(path).text
        assert counted.count == before[path], path
        assert not re.search(PERSON, source, re.IGNORECASE), path
    for path in (*files, "/robots.txt"):
        assert not re.search(PERSON, client.get(path).text, re.IGNORECASE), path


def test_the_front_page_asks_as_much_for_ten_meetings_as_for_two(
    client: PageClient, query_count: Any
) -> None:
    make_sender()
    counts = []
    for number in (2, 10):
        for n in range(number):
            publish(f"m{number}-{n}", region=f"Regio {n}")
        with query_count() as counted:
            client.get("/")
        counts.append(counted.count)

    assert counts[0] == counts[1]


def test_search_engines_find_the_meetings_and_nothing_else(client: PageClient) -> None:
    publish()
    publish("zeist", state=MeetingState.DRAFT)

    sitemap, robots = client.get("/sitemap.xml"), client.get("/robots.txt")

    assert sitemap.content_type == "application/xml; charset=utf-8"
    assert re.findall("<loc>(.*?)</loc>", sitemap.text) == [
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:8000/bijeenkomsten/haarlem",
    ]
    assert "Disallow: /aanmelding/" in robots.text
    assert "Disallow: /kantoor/" in robots.text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in robots.text


def test_no_page_of_meetings_sets_a_cookie(client: PageClient) -> None:
    publish()

    for path in ("/", HAARLEM, f"{HAARLEM}/aanmelden", f"{HAARLEM}.ics", "/agenda.ics"):
        assert "Set-Cookie" not in client.get(path).headers, path
