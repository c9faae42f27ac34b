"""The registration form as people and programs send it, and what the page says after it."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from outreach.app import create_app
from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import needs
from outreach.events.models import Meeting, PlaceState, Registration
from outreach.web.public.registration_form import TO_CONFIRM, TOO_MANY
from outreach.web.security import limiter, network
from tests.factories import make_meeting, make_registration, make_sender
from tests.web.page import Page, PageClient

PAGE = "/bijeenkomsten/haarlem"
FORM = f"{PAGE}/aanmelden"
NOOR = {"naam": "Noor de Wit", "email": "n.dewit@raad.example", "functie": "raadslid"}
THREE_DAYS = (
    (date(2026, 9, 11), "10:00", "17:00", 120),
    (date(2026, 9, 12), "09:30", "16:30", 1),
    (date(2026, 9, 13), "11:00", "15:00", 60),
)


@pytest.fixture
def publish(app: Flask) -> Callable[..., Meeting]:
    make_sender()

    def make(**fields: Any) -> Meeting:
        meeting = make_meeting(**fields)
        db.session.commit()
        return meeting

    return make


def everyone() -> list[Registration]:
    return list(db.session.scalars(select(Registration).order_by(Registration.id)))


def states() -> list[list[str]]:
    return [[place.state.value for place in one.places] for one in everyone()]


def test_a_raadslid_registers_and_is_told_so(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    publish()

    response = client.submit(f"{FORM}?g=GM1900", FORM, **NOOR)

    page = Page(response.text)
    assert response.status_code == 200
    assert page.h1 == "U bent aangemeld, Noor de Wit"
    assert "De bevestiging is onderweg naar n.dewit@raad.example" in page.text
    assert "U hebt een plaats, 13.30 tot 17.00 uur" in page.text
    assert page.links()["Outlook of Apple (.ics)"] == f"{PAGE}.ics"
    assert page.links()["Google Agenda"].startswith("https://calendar.google.com/")
    assert page.links()["Outlook op internet"].startswith("https://outlook.office.com/")
    assert "/aanmelding/" not in response.text
    assert "Set-Cookie" not in response.headers
    [one] = everyone()
    assert (one.name, one.gemeente_code, one.places[0].state) == (
        "Noor de Wit",
        "GM1900",
        PlaceState.CONFIRMED,
    )
    assert one.hold_until is None


def test_without_a_script_and_without_a_key_it_works_as_well(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    publish()

    assert client.post(FORM, data=NOOR).status_code == 200
    assert states() == [["confirmed"]]


def test_the_page_is_the_same_for_an_address_that_is_known(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    meeting = publish(slug="rotterdam", days=THREE_DAYS)
    url = "/bijeenkomsten/rotterdam/aanmelden"
    known = make_registration(meeting, 1, name="Saskia van der Berg")
    db.session.commit()

    def send(**fields: Any) -> str:
        days = [str(day.id) for day in meeting.days]
        text = client.post(url, data={**NOOR, "dag": days, **fields}).text
        return text.replace(fields["email"].replace("@", "@<wbr>"), "")

    again = send(email="RAADSLID1@raad.example")
    new = send(email="n.dewit@raad.example")

    assert again == new
    assert "Saskia" not in again
    assert known.secret not in again
    assert "Was u al eerder aangemeld? Dan geldt wat in de mail staat." in again


def test_the_same_holds_for_an_address_that_trips_a_limit(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    meeting = publish()
    make_registration(meeting, 1)
    db.session.commit()

    pages = [
        client.post(FORM, data=NOOR | {"email": email, "website": "x"}).text.replace(
            email_shown, ""
        )
        for email, email_shown in (
            ("raadslid1@raad.example", "raadslid1@<wbr>raad.example"),
            ("new@raad.example", "new@<wbr>raad.example"),
        )
    ]

    assert pages[0] == pages[1]


def test_a_page_that_is_made_once_says_whose_it_is_each_time(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    meeting = publish(days=((date(2026, 6, 4), "13:30", "17:00", 1),))
    make_registration(meeting, 1)
    db.session.commit()

    def told(name: str, email: str) -> Page:
        return Page(client.post(FORM, data=NOOR | {"naam": name, "email": email}).text)

    first = told("Noor <b>de Wit</b>", "noor@raad.example")
    second = told("\ue000adres\ue001", "b@raad.example")

    assert first.h1 == "U staat op de wachtlijst, Noor <b>de Wit</b>"
    assert "U bent eerste op de wachtlijst" in first.text
    assert second.h1 == "U staat op de wachtlijst, \ue000adres\ue001"
    assert "U bent tweede op de wachtlijst" in second.text
    assert "b@raad.example" in second.text
    meeting.venue = "De Nieuwe Zaal"
    db.session.commit()
    assert "De Nieuwe Zaal" in told("Cas", "cas@raad.example").text


def test_full_is_a_waiting_list_with_ones_place_in_it(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    meeting = publish(days=((date(2026, 6, 4), "13:30", "17:00", 1),))
    form = client.page(FORM)
    assert "Nog 1 plaats." in form.text
    for n in (1, 2, 3):  # while the form was being filled in
        make_registration(meeting, n)
    db.session.commit()

    page = Page(client.post(FORM, data=NOOR).text)

    assert page.h1 == "U staat op de wachtlijst, Noor de Wit"
    assert "U bent derde op de wachtlijst. Wij mailen u zodra er plaats is." in page.text
    assert "Google Agenda" not in page.links()
    assert "Deze dag is vol: u komt op de wachtlijst." in client.page(FORM).text


def test_each_day_says_what_came_of_it(client: PageClient, publish: Callable[..., Meeting]) -> None:
    meeting = publish(slug="rotterdam", days=THREE_DAYS)
    friday, saturday, sunday = meeting.days
    make_registration(meeting, 1)
    db.session.commit()
    url = "/bijeenkomsten/rotterdam/aanmelden"
    assert "Zaterdag 12 september, wachtlijst" in client.page(url).text

    page = Page(client.post(url, data=NOOR | {"dag": [friday.id, saturday.id, sunday.id]}).text)

    assert page.h1 == "U bent aangemeld, Noor de Wit"
    assert "za 12 september …U bent eerste op de wachtlijst" in page.text
    assert page.links()["Outlook of Apple (.ics)"] == (
        f"/bijeenkomsten/rotterdam.ics?dag={friday.id}&dag={sunday.id}"
    )
    assert [name for name in page.links() if name.startswith("Google Agenda")] == [
        "Google Agenda, vr 11 september",
        "Google Agenda, zo 13 september",
    ]


def test_what_is_wrong_is_said_and_what_is_right_stays(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    publish(slug="rotterdam", days=THREE_DAYS)
    url = "/bijeenkomsten/rotterdam/aanmelden"

    response = client.post(url, data=NOOR | {"email": "n.dewit@gemeente", "gemeente": "Sudwest"})

    page = Page(response.text)
    assert response.status_code == 422
    assert page.title.startswith("Fout: ")
    assert "Drie antwoorden kloppen nog niet U bent nog niet aangemeld." in page.text
    assert list(page.links().items())[3:6] == [
        (
            "E-mail: dit adres is niet compleet: na “gemeente” ontbreekt een deel, zoals .nl",
            "#email",
        ),
        ("Gemeente: wij kennen geen gemeente “Sudwest”", "#gemeente"),
        ("Dagen: u hebt nog geen dag gekozen", "#dag"),
    ]
    assert "Bedoelt u Súdwest-Fryslân? Kies de naam uit de lijst" in page.text
    values = {node.attrs.get("name"): node.attrs.get("value") for node in page.all("input")}
    assert values["naam"] == "Noor de Wit"
    assert values["email"] == "n.dewit@gemeente"
    assert values["gemeente"] == "Sudwest"
    assert "Raadslid" in [o.text for o in page.all("option") if "selected" in o.attrs]
    assert everyone() == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"naam": " "}, "Vul uw naam in."),
        ({"naam": "x" * 101}, "Kort uw naam in tot 100 tekens."),
        ({"email": ""}, "Vul uw e-mailadres in."),
        ({"email": "noor"}, "In dit adres ontbreekt het apenstaartje (@)."),
        ({"email": "noor@@raad.example"}, "Dit is geen e-mailadres."),
        ({"functie": ""}, "Kies uw functie."),
        ({"functie": "koning"}, "Kies een functie uit de lijst."),
        ({"gemeente": "Bergen"}, "“Bergen” kan Bergen (L) of Bergen (NH) zijn."),
        ({"gemeente": "Nergenshuizen"}, "Wij kennen geen gemeente “Nergenshuizen”."),
        ({"dag": "999999"}, "Een dag die u koos, kunt u niet meer kiezen."),
        ({"dag": "x"}, "Een dag die u koos, kunt u niet meer kiezen."),
        ({"wens": "Geen vlees"}, "maar wij mogen die nog niet bewaren"),
        ({"wens": "x" * 2001, "mag": "ja"}, "Kort dit in tot 2000 tekens."),
        ({"vraag-lunch": "Misschien"}, "Kies een antwoord dat in de lijst staat."),
        ({"vraag-talen": ["Fries", "Latijn"]}, "Kies een antwoord dat in de lijst staat."),
    ],
)
def test_each_mistake_has_its_own_sentence(
    client: PageClient, publish: Callable[..., Meeting], sent: dict[str, Any], said: str
) -> None:
    publish(questions=QUESTIONS)

    response = client.post(FORM, data=NOOR | sent)

    assert response.status_code == 422
    assert said in Page(response.text).text
    assert everyone() == []


QUESTIONS = [
    {"key": "lunch", "label": "Eet u mee?", "type": "choice", "options": ["Ja", "Nee"]},
    {"key": "talen", "label": "Talen", "type": "choices", "options": ["Fries", "Nederlands"]},
    {"key": "weten", "label": "Wat wilt u weten?", "type": "text"},
]


def test_answers_are_kept_by_their_key(client: PageClient, publish: Callable[..., Meeting]) -> None:
    publish(questions=QUESTIONS)
    answers = {"vraag-lunch": "Ja", "vraag-talen": ["Fries"], "vraag-weten": " Alles\x00 "}

    assert client.submit(FORM, **NOOR, **answers).status_code == 200

    assert everyone()[0].answers == {"lunch": "Ja", "talen": ["Fries"], "weten": "Alles"}


def test_a_need_is_kept_only_when_that_is_allowed(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    publish()

    client.post(FORM, data=NOOR | {"wens": "Geen vlees", "mag": "ja"})
    client.post(FORM, data=NOOR | {"email": "other@raad.example", "mag": "ja"})

    assert [needs.of(one).diet.words for one in everyone()] == ["Geen vlees", ""]


@pytest.mark.parametrize("typed", ["Den Bosch", "gemeente 's-Hertogenbosch", "GM0796"])
def test_a_gemeente_is_known_by_each_of_its_names(
    client: PageClient, publish: Callable[..., Meeting], typed: str
) -> None:
    publish()

    assert client.post(FORM, data=NOOR | {"gemeente": typed}).status_code == 200

    assert everyone()[0].gemeente_code == "GM0796"


@pytest.mark.parametrize(("sent", "filled"), [("GM0355", "Zeist"), ("GM9999", ""), ("<b>", "")])
def test_the_letters_link_fills_in_the_gemeente(
    client: PageClient, publish: Callable[..., Meeting], sent: str, filled: str
) -> None:
    publish()

    page = client.page(f"{FORM}?g={sent}")

    [field] = [node for node in page.all("input") if node.attrs.get("name") == "gemeente"]
    assert field.attrs["value"] == filled


def test_one_form_sent_twice_is_one_registration_and_one_mail(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    publish()
    sent = NOOR | {"sleutel": "one-form"}

    first, second = client.post(FORM, data=sent), client.post(FORM, data=sent)

    assert first.text == second.text
    assert states() == [["confirmed"]]
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


def test_who_mends_the_address_and_sends_again_is_registered_with_it(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    publish()

    client.post(FORM, data=NOOR | {"sleutel": "one-form", "email": "n.dewit@raad.exmple"})
    client.post(FORM, data=NOOR | {"sleutel": "one-form"})

    assert [one.email for one in everyone()] == ["n.dewit@raad.exmple", "n.dewit@raad.example"]


def test_who_falls_in_the_trap_is_not_lost_but_asked_to_confirm(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    publish()
    [trap] = [node for node in client.page(FORM).all("input") if node.attrs["name"] == "website"]
    assert (trap.attrs["tabindex"], trap.attrs["autocomplete"]) == ("-1", "off")

    page = Page(client.post(FORM, data=NOOR | {"website": "https://spam.example"}).text)

    assert page.h1 == "Bevestig uw aanmelding, Noor de Wit"
    assert "binnen 24 uur" in page.text
    assert states() == [["unconfirmed"]]


def test_registering_has_closed_while_typing_and_nothing_is_lost(
    client: PageClient, publish: Callable[..., Meeting], clock: FixedClock
) -> None:
    publish(contact="ilse@ademruimte.example", register_until=clock.now() + timedelta(hours=1))
    client.page(FORM)
    clock.forward(timedelta(hours=2))

    response = client.post(FORM, data=NOOR)

    page = Page(response.text)
    assert response.status_code == 409
    assert page.h1 == "Aanmelden kan niet meer"
    assert "U bent niet aangemeld. Wilt u toch komen? Mail ilse@ademruimte.example" in page.text
    assert "Noor de Wit, n.dewit@raad.example" in page.text
    assert page.links()["Bekijk andere bijeenkomsten"] == "/"
    assert client.page(FORM).h1 == "Aanmelden kan niet meer"
    assert everyone() == []


def test_a_day_that_has_begun_is_no_choice(
    client: PageClient, publish: Callable[..., Meeting], clock: FixedClock
) -> None:
    meeting = publish(slug="rotterdam", days=THREE_DAYS)
    clock.at = meeting.days[0].starts_at + timedelta(minutes=1)

    page = client.page("/bijeenkomsten/rotterdam/aanmelden")

    labels = [label.text for label in page.all("label") if "september" in label.text]
    assert len(labels) == 2
    assert not any("Vrijdag" in label for label in labels)


def test_nothing_that_was_typed_becomes_markup(
    client: PageClient, publish: Callable[..., Meeting]
) -> None:
    publish(questions=QUESTIONS)
    nasty = '"><script>alert(1)</script>'

    wrong = client.post(FORM, data=dict.fromkeys([*NOOR, "gemeente", "wens", "vraag-weten"], nasty))
    right = client.post(FORM, data=NOOR | {"naam": nasty})
    sent = client.get(f"{FORM}?g={nasty}")

    for response in (wrong, right, sent):
        assert "<script>alert" not in response.text
    assert (wrong.status_code, right.status_code) == (422, 200)


def test_before_anyone_can_send_mail_the_page_says_what_to_do(client: PageClient) -> None:
    make_meeting(contact="ilse@ademruimte.example")
    db.session.commit()

    page = Page(client.post(FORM, data=NOOR).text)

    assert "Wij kunnen u nog geen bevestiging mailen." in page.text
    assert page.links()["ilse@ademruimte.example"] == "mailto:ilse@ademruimte.example"


@pytest.fixture
def limited(app: Flask, settings: Any, clock: FixedClock) -> Iterator[Flask]:
    """The same instance with its limits on."""
    strict = create_app(settings.model_copy(update={"rate_limits": "on"}), clock=clock)
    limiter.reset()
    yield strict
    limiter.reset()
    with strict.app_context():
        db.session.remove()
        db.engine.dispose()


def send(app: Flask, n: int, *, after: timedelta = timedelta(minutes=1)) -> TestResponse:
    """Open the form, fill it in for so long, send it."""
    client, clock = app.test_client(), app.extensions["outreach.clock"]
    key = re.search(r'name="sleutel" value="([^"]+)"', client.get(FORM).text)
    assert key is not None
    clock.forward(after)
    fields = NOOR | {"email": f"raadslid{n}@raad.example", "sleutel": key[1]}
    return client.post(FORM, data=fields)


def test_a_whole_council_behind_one_address_registers_and_its_tail_confirms(
    limited: Flask, publish: Callable[..., Meeting]
) -> None:
    publish()
    for _ in range(18):
        limiter.limiter.hit(TO_CONFIRM, "registration", "127.0.0.1")

    pages = [send(limited, n) for n in range(4)]

    assert [page.status_code for page in pages] == [200] * 4
    assert states() == [["confirmed"], ["confirmed"], ["unconfirmed"], ["unconfirmed"]]
    assert Page(pages[3].text).h1 == "Bevestig uw aanmelding, Noor de Wit"


def test_two_hundred_councillors_of_one_town_hall_are_all_let_in(
    limited: Flask, publish: Callable[..., Meeting]
) -> None:
    publish()
    for limit in (TO_CONFIRM, TOO_MANY):
        for _ in range(200):
            limiter.limiter.hit(limit, "registration", "127.0.0.1")

    assert send(limited, 1).status_code == 200
    assert states() == [["unconfirmed"]]


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (timedelta(seconds=1), "unconfirmed"),
        (timedelta(seconds=2), "confirmed"),
        (timedelta(days=3), "confirmed"),
    ],
)
def test_a_form_that_is_filled_in_faster_than_people_can_is_confirmed_first(
    limited: Flask, publish: Callable[..., Meeting], after: timedelta, state: str
) -> None:
    publish()

    assert send(limited, 1, after=after).status_code == 200
    assert states() == [[state]]


@pytest.mark.parametrize("key", ["", "made-up", "eyJ.x.y"])
def test_a_form_that_was_never_opened_is_confirmed_first(
    limited: Flask, publish: Callable[..., Meeting], key: str
) -> None:
    publish()

    response = limited.test_client().post(FORM, data=NOOR | {"sleutel": key})

    assert response.status_code == 200
    assert states() == [["unconfirmed"]]


def test_neighbours_in_one_network_of_ipv6_count_as_one(app: Flask) -> None:
    def of(address: str) -> str:
        with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
            return network()

    assert of("2001:db8:1:2::1") == of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::"
    assert of("2001:db8:1:3::1") != of("2001:db8:1:2::1")
    assert of("192.0.2.7") == "192.0.2.7"


def test_more_than_any_town_hall_is_asked_to_wait_and_loses_nothing(
    limited: Flask, publish: Callable[..., Meeting]
) -> None:
    publish()
    for _ in range(2000):
        limiter.limiter.hit(TOO_MANY, "registration", "127.0.0.1")

    response = send(limited, 1)

    assert response.status_code == 429
    assert "meer dan 2.000 aanmeldingen. Wacht een uur" in Page(response.text).text
    assert 'value="Noor de Wit"' in response.text
    assert everyone() == []


@pytest.fixture
def held(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """Hold the database, as a writer that does not come to an end; nobody waits long for it."""
    sqlite = db.engine.dialect.name == "sqlite"
    if sqlite:
        with closing(db.engine.raw_connection()) as one:
            monkeypatch.setattr(type(one.driver_connection), "patience", 0.05)
    else:
        monkeypatch.setattr("outreach.db.PATIENCE", 0.05)
        db.engine.dispose()  # it is told when it is opened

    @contextmanager
    def holding() -> Iterator[None]:
        db.session.rollback()
        with db.engine.begin() as connection:
            if not sqlite:
                connection.execute(text("LOCK TABLE registration, place IN EXCLUSIVE MODE"))
            yield

    return holding


def test_whoever_comes_while_the_database_is_held_sends_the_same_form_again(
    client: PageClient,
    publish: Callable[..., Meeting],
    held: Callable[[], AbstractContextManager[None]],
) -> None:
    day = publish(days=THREE_DAYS).days[0].id
    typed = NOOR | {"gemeente": "Haarlem", "wens": "geen noten", "mag": "y", "sleutel": "one-form"}

    with held():
        response = client.post(FORM, data=typed | {"dag": str(day)})

    page = Page(response.text)
    shown = {node.attrs["name"]: node.attrs.get("value") for node in page.all("input")[::-1]}
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "60"
    assert "Wacht een minuut en druk dan opnieuw op Meld u aan." in page.text
    assert everyone() == []
    assert all(shown[name] == typed[name] for name in ("naam", "email", "gemeente", "wens"))
    assert shown["sleutel"] == "one-form"
    assert client.post(FORM, data=typed | {"dag": str(day)}).status_code == 200
    assert [one.name for one in everyone()] == ["Noor de Wit"]


def test_a_button_that_meets_a_held_database_can_be_pressed_again(
    client: PageClient,
    publish: Callable[..., Meeting],
    held: Callable[[], AbstractContextManager[None]],
) -> None:
    own_page = f"/aanmelding/{make_registration(publish(), 1).secret}"
    db.session.commit()

    with held():
        response = client.post(own_page, data={"doe": "annuleer", "wens": "<moe> & ziek"})

    page = Page(response.text)
    assert response.status_code == 503
    assert "Wacht een minuut en druk dan op Probeer het opnieuw." in page.text
    again = {node.attrs["name"]: node.attrs["value"] for node in page.all("input")}
    assert again == {"doe": "annuleer", "wens": "<moe> & ziek"}
    assert client.post(own_page, data=again).status_code == 200
    assert states() == [["cancelled"]]
