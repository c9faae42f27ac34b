"""One's own registration, by the link in the mail: see, confirm, change, cancel, take an offer."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from outreach.calendars.reply import Partstat
from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import needs, registering
from outreach.events.models import Meeting, MeetingState, Registration
from outreach.events.needs import Needs, Wish
from tests.conftest import NOON
from tests.factories import MEETING_LINKS, make_meeting, make_registration, make_sender
from tests.web.page import Page, PageClient

ONE_SEAT = ((date(2026, 6, 4), "13:30", "17:00", 1),)
THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 120),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 60),
)


@pytest.fixture
def publish(app: Flask) -> Callable[..., Meeting]:
    make_sender()

    def make(slug: str = "rotterdam", **fields: Any) -> Meeting:
        meeting = make_meeting(slug, **({"days": THREE_DAYS} | fields))
        db.session.commit()
        return meeting

    return make


def register(meeting: Meeting, n: int = 1, **fields: Any) -> Registration:
    registration = make_registration(meeting, n, **fields)
    db.session.commit()
    return registration


def url(registration: Registration) -> str:
    return f"/aanmelding/{registration.secret}"


def press(client: PageClient, registration: Registration, doe: str, **fields: Any) -> TestResponse:
    return client.post(url(registration), data={"doe": doe, **fields})


def states(registration: Registration) -> list[str]:
    db.session.expire_all()
    return [place.state.value for place in registration.places]


def buttons(page: Page) -> list[str]:
    return [" ".join(node.text.split()) for node in page.all("button")]


def mails() -> int:
    return db.session.scalar(select(func.count()).select_from(Message)) or 0


def test_the_page_shows_where_one_stands_and_keeps_it_private(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    meeting = publish()
    register(meeting, 1)
    own = register(
        meeting,
        2,
        gemeente_code="GM1900",
        needs=Needs(Wish(("halal",), "Geen vlees")),
        consented="ja",
    )

    response = client.get(url(own))

    page = Page(response.text)
    assert page.h1 == "Uw aanmelding"
    assert "Vrijdag 11 september ✓U hebt een plaats. 10.00 tot 17.00 uur." in page.text
    assert "Zaterdag 12 september …U bent eerste op de wachtlijst." in page.text
    assert "Súdwest-Fryslân" in page.text
    assert "halal; Geen vlees" in page.text
    assert "Noor de Wit 1" not in page.text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Robots-Tag"].startswith("noindex")
    assert "Set-Cookie" not in response.headers


def test_to_look_changes_nothing(client: PageClient, publish: Callable[..., Meeting]) -> None:
    own = register(publish(), doubtful=True)
    before = mails()

    for query in ("", "?doe=bevestig", "?doe=annuleer", "?doe=niet-ik"):
        assert client.get(url(own) + query).status_code == 200
        assert client.head(url(own) + query).status_code == 200

    assert states(own) == ["unconfirmed"] * 3
    assert mails() == before


@pytest.mark.parametrize("secret", ["x", "bestaat-niet-bestaat-niet", "%00" * 20])
def test_an_unknown_link_is_a_page_with_a_way_on(client: PageClient, secret: str) -> None:
    page = client.page(f"/aanmelding/{secret}", 404)

    assert "Deze link hoort bij geen aanmelding." in page.text
    assert client.post(f"/aanmelding/{secret}", data={"doe": "annuleer"}).status_code == 404


def test_one_button_confirms_and_it_is_the_first(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    own = register(publish(), doubtful=True)
    page = client.page(url(own))
    assert page.h1 == "Bevestig uw aanmelding"
    assert buttons(page)[0] == "Bevestig uw aanmelding"

    response = client.submit(url(own))

    assert "Dank u wel. Uw aanmelding is bevestigd." in Page(response.text).text
    assert states(own) == ["confirmed"] * 3
    assert press(client, own, "bevestig").status_code == 200


def test_days_can_be_changed(client: PageClient, publish: Callable[..., Meeting]) -> None:
    meeting = publish()
    friday, saturday, sunday = meeting.days
    own = register(meeting, day_ids=(friday.id,))

    response = press(client, own, "dagen", dag=[saturday.id, sunday.id])

    assert response.status_code == 200
    assert "Uw dagen zijn bewaard." in response.text
    assert states(own) == ["cancelled", "confirmed", "confirmed"]


@pytest.mark.parametrize(
    ("days", "status", "said"),
    [
        ([], 422, "annuleer uw aanmelding onderaan"),
        (["999999"], 422, "niet bij deze bijeenkomst"),
        (["vrijdag"], 422, "niet bij deze bijeenkomst"),
        (["1" * 5_000], 422, "niet bij deze bijeenkomst"),
    ],
)
def test_days_that_cannot_be_are_refused_and_nothing_is_lost(
    client: PageClient,
    publish: Callable[..., Meeting],
    days: list[str],
    status: int,
    said: str,
) -> None:
    own = register(publish())

    response = press(client, own, "dagen", dag=days)

    assert response.status_code == status
    assert said in Page(response.text).text
    assert states(own) == ["confirmed"] * 3


def test_a_day_that_began_stays_and_the_others_can_still_go(
    client: PageClient, publish: Callable[..., Meeting], clock: FixedClock
) -> None:
    meeting = publish()
    own = register(meeting)
    clock.at = meeting.days[0].starts_at + timedelta(hours=1)

    response = press(client, own, "dagen", dag=[meeting.days[2].id])

    assert response.status_code == 200
    assert states(own) == ["confirmed", "cancelled", "confirmed"]


def test_after_registering_closed_one_can_leave_days_and_take_none(
    client: PageClient, publish: Callable[..., Meeting], clock: FixedClock
) -> None:
    meeting = publish(register_until=NOON + timedelta(hours=1))
    friday, saturday, sunday = meeting.days
    own = register(meeting, day_ids=(friday.id, saturday.id))
    clock.forward(timedelta(hours=2))

    page = client.page(url(own))
    assert "Zondag 13 september U komt niet. Aanmelden kan niet meer." in page.text
    refused = press(client, own, "dagen", dag=[friday.id, sunday.id])

    assert refused.status_code == 409
    assert "Aanmelden kan niet meer. U kunt wel dagen laten vervallen." in refused.text
    assert states(own) == ["confirmed", "confirmed"]
    assert press(client, own, "dagen", dag=[friday.id]).status_code == 200
    assert states(own) == ["confirmed", "cancelled"]


def test_what_was_half_done_when_it_was_refused_is_undone_on_the_page_too(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    meeting = publish()
    friday, saturday, _sunday = meeting.days
    own = register(meeting, day_ids=(friday.id,))
    saturday.cancelled_at = NOON
    db.session.commit()

    response = press(client, own, "dagen", dag=[saturday.id])

    assert response.status_code == 409
    assert "Deze dag gaat niet door. Kies een andere dag." in response.text
    assert "Vrijdag 11 september ✓U hebt een plaats." in Page(response.text).text
    assert states(own) == ["confirmed"]


@pytest.fixture
def offered(publish: Callable[..., Meeting]) -> Registration:
    """Someone to whom a place was offered, because the one before her cancelled."""
    meeting = publish("haarlem", days=ONE_SEAT)
    first, second = register(meeting, 1), register(meeting, 2)
    registering.cancel(first, links=MEETING_LINKS, now=NOON)
    db.session.commit()
    return second


def test_an_offer_comes_first_and_is_taken_by_one_press(
    client: PageClient, offered: Registration
) -> None:
    page = client.page(url(offered))
    assert page.h1 == "Er is plaats voor u"
    assert buttons(page)[:2] == ["Ja, ik kom op do 4 juni", "Nee, dank u, niet op do 4 juni"]
    assert "tot di 24 maart, 9.00 uur" in page.text

    response = client.submit(url(offered))

    assert "Fijn dat u komt." in response.text
    assert states(offered) == ["confirmed"]


def test_an_offer_can_be_left_to_the_next(client: PageClient, offered: Registration) -> None:
    next_one = register(offered.meeting, 3)
    day = offered.places[0].day_id

    response = press(client, offered, "nee", dag=day)

    assert response.status_code == 200
    assert Page(response.text).h1 == "U bent niet meer aangemeld"
    assert states(offered) == ["cancelled"]
    assert states(next_one) == ["offered"]


def test_an_offer_that_is_over_says_so(
    client: PageClient, offered: Registration, clock: FixedClock
) -> None:
    day = offered.places[0].day_id
    clock.forward(timedelta(days=3))

    response = press(client, offered, "ja", dag=day)

    assert response.status_code == 409
    assert "Het aanbod voor deze plaats is voorbij." in response.text
    assert press(client, offered, "ja", dag="999").status_code == 409


def test_cancelling_leads_to_registering_again(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    own = register(publish())
    [details] = [n for n in client.page(url(own)).all("details") if n.attrs.get("id")]
    assert details.attrs["id"] == "annuleer"

    page = Page(press(client, own, "annuleer").text)

    assert page.h1 == "U bent niet meer aangemeld"
    assert page.links()["Meld u opnieuw aan"] == "/bijeenkomsten/rotterdam/aanmelden"
    assert states(own) == ["cancelled"] * 3
    assert own.name == "Noor de Wit 1"
    assert client.page(url(own)).h1 == "U bent niet meer aangemeld"
    assert press(client, own, "dagen", dag=[own.places[0].day_id]).status_code == 409
    assert press(client, own, "gegevens", naam="X").status_code == 409


def test_this_was_not_me_erases_the_name_and_the_address(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    own = register(publish())

    page = Page(press(client, own, "niet-ik").text)

    assert "Wij hebben uw naam en uw adres gewist." in page.text
    assert (own.name, own.email) == ("", "")
    assert "Noor" not in client.get(url(own)).text


def test_details_can_be_changed(client: PageClient, publish: Callable[..., Meeting]) -> None:
    own = register(publish())

    response = press(
        client,
        own,
        "gegevens",
        naam="Noor de Witt",
        functie="wethouder",
        gemeente="Zeist",
        wens="Rolstoel",
        mag="ja",
    )

    assert "Uw gegevens zijn bewaard." in response.text
    assert (own.name, own.role.value) == ("Noor de Witt", "wethouder")
    assert (own.gemeente_code, needs.of(own).diet.words) == ("GM0355", "Rolstoel")


def test_details_that_are_wrong_keep_what_was_typed(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    own = register(publish())

    response = press(client, own, "gegevens", naam="", functie="wethouder", wens="Rolstoel")

    page = Page(response.text)
    assert response.status_code == 422
    assert "Twee antwoorden kloppen nog niet" in page.text
    assert "Rolstoel" in [node.attrs.get("value") for node in page.all("input")]
    assert own.name == "Noor de Wit 1"


def test_a_meeting_that_is_off_or_over_asks_nothing_more(
    client: PageClient, publish: Callable[..., Meeting], clock: FixedClock
) -> None:
    meeting = publish()
    own = register(meeting)
    clock.forward(timedelta(days=365))
    page = client.page(url(own))
    assert "Deze bijeenkomst is voorbij." in page.text
    assert buttons(page) == ["Verstuur uw antwoorden", "Ik was dit niet"]
    assert press(client, own, "vragen", **{"vraag-waarde": "veel"}).status_code == 200
    assert meeting.feedback == {"waarde": {"veel": 1}}
    assert buttons(client.page(url(own))) == ["Ik was dit niet"]

    clock.at, meeting.state, meeting.cancel_reason = (
        NOON,
        MeetingState.CANCELLED,
        "De zaal is dicht.",
    )
    db.session.commit()

    page = client.page(url(own))
    assert "Deze bijeenkomst gaat niet door. De zaal is dicht." in page.text
    assert buttons(page) == ["Ik was dit niet"]


def test_a_button_that_is_not_there_does_nothing(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    own = register(publish())

    assert press(client, own, "verras-mij").status_code == 422
    assert states(own) == ["confirmed"] * 3


def test_nothing_that_was_typed_becomes_markup(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    own = register(
        publish(),
        name="<script>alert(1)</script>",
        needs=Needs(Wish((), "<b>niets</b>")),
        consented="ja",
    )

    source = client.get(url(own)).text

    assert "<script>alert" not in source
    assert "<b>niets" not in source


def test_who_declined_in_a_calendar_is_asked_and_chooses(
    client: PageClient, publish: Callable[..., Meeting], coordinator: PageClient
) -> None:
    registration = register(publish(days=ONE_SEAT))
    [place] = registration.places
    place.reply, place.replied_at = Partstat.DECLINED, NOON
    db.session.commit()
    office = f"/kantoor/bijeenkomsten/rotterdam/aanmelding/{registration.id}"
    assert "Uw agenda meldde dat u niet komt" in client.page(url(registration)).text
    assert "wil annuleren via de agenda" in coordinator.page(office).text

    stays = press(client, registration, "komt-wel", dag=place.day_id)
    assert "Uw plaats blijft staan" in stays.text
    assert states(registration) == ["confirmed"]

    place.reply = Partstat.DECLINED
    db.session.commit()
    coordinator.submit(office, f"{office}/dag/{place.day_id}/agenda", doe="annuleer")
    assert states(registration) == ["cancelled"]
