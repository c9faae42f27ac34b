"""Inzage and wissen in the office; the statements that the settings make."""

import json

import pytest
from flask import Flask

from outreach.contacts.models import Contact, Suppression
from outreach.db import db
from outreach.events import registering
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_campaign,
    make_contact,
    make_meeting,
    make_message,
    make_sender,
    make_wanted,
)
from tests.web.page import Page, PageClient

EMAIL = "noor@zeist.example"


@pytest.fixture
def noor(app: Flask) -> Contact:
    contact = make_contact("Zeist", EMAIL, first_name="Noor", last_name="Vis")
    make_message(make_campaign(), contact)
    return contact


def test_inzage_is_a_file_with_everything(coordinator: PageClient, noor: Contact) -> None:
    page = coordinator.page(f"/kantoor/adressen/{noor.id}")
    response = coordinator.get(page.links()["Geef inzage (bestand)"])

    assert response.headers["Content-Disposition"] == "attachment; filename=inzage.json"
    assert response.headers["Cache-Control"] == "no-store"
    found = json.loads(response.text)
    assert found["addresses"] == [EMAIL]
    assert {one["table"] for one in found["tables"]} >= {"contact", "address", "message"}


def test_who_only_registered_is_found_by_address(coordinator: PageClient, app: Flask) -> None:
    meeting = make_meeting("haarlem")
    registering.register(meeting, make_wanted(meeting), links=MEETING_LINKS, now=NOON)
    db.session.commit()

    page = coordinator.page("/kantoor/adressen/persoon/?adres=RAADSLID1@raad.example")

    assert "Aanmeldingen voor bijeenkomsten" in page.text
    assert "Wis deze persoon" not in page.text, "that is for a beheerder"
    nobody = coordinator.page("/kantoor/adressen/persoon/?adres=niemand@raad.example")
    assert "Wij bewaren niets van dit adres." in nobody.text
    assert (
        "geen e-mailadres" in coordinator.page("/kantoor/adressen/persoon/?adres=niemand", 422).text
    )


def test_an_owner_sees_what_goes_and_wipes_it(owner: PageClient, noor: Contact) -> None:
    url = f"/kantoor/adressen/persoon/?contact={noor.id}"

    done = owner.submit(url, "/kantoor/adressen/persoon/wis")

    assert done.status_code == 303
    assert "Deze persoon is gewist" in owner.page("/kantoor/adressen/").text
    assert db.session.query(Contact).count() == 0
    page = Page(
        owner.submit(
            "/kantoor/adressen/nieuw", gemeente="Zeist", function="griffier", email=EMAIL
        ).text
    )
    assert "Dit adres is op verzoek gewist" in page.text
    assert "op verzoek gewist" in owner.page("/kantoor/adressen/geen-post").text


def test_a_domain_and_a_gemeente_go_on_the_geen_postlijst(
    coordinator: PageClient, app: Flask
) -> None:
    for typed, said in (("@zeist.example", "iedereen op zeist.example"), ("Soest", "Soest")):
        done = coordinator.submit("/kantoor/adressen/geen-post", email=typed, sender="")
        assert done.status_code == 303
        assert said in coordinator.page("/kantoor/adressen/geen-post").text
    wrong = coordinator.submit("/kantoor/adressen/geen-post", email="Nergenshuizen", sender="")
    assert wrong.status_code == 422
    assert db.session.query(Suppression).count() == 2


def test_the_statements_say_what_the_settings_say(owner: PageClient, app: Flask) -> None:
    make_sender(name="Initiatief Ademruimte")
    assert "Nog niet ingevuld" in owner.page("/kantoor/instellingen/verwerkingsregister").text

    owner.submit(
        "/kantoor/instellingen/privacy",
        controller="Stichting Ademruimte",
        email="privacy@ademruimte.example",
        officer="T. Dijkgraaf",
        processors="Voorbeeldhost, mailserver, Nederland\nVoorbeeldcloud, website, Duitsland",
    )
    owner.submit("/kantoor/instellingen/bewaren/wijzig", needs="7")

    for url in ("/privacy", "/kantoor/instellingen/verwerkingsregister"):
        text = owner.page(url).text
        for words in ("Stichting Ademruimte", "privacy@ademruimte.example", "T. Dijkgraaf"):
            assert words in text, url
        assert "Wensen 7 dagen na de bijeenkomst" in text, url
        assert "Voorbeeldcloud" in text, url
    assert "Autoriteit Persoonsgegevens" in owner.page("/privacy").text
    assert "Nog niet" not in owner.page("/kantoor/instellingen/verwerkingsregister").text


def test_periods_and_limits_that_cannot_be_are_refused(owner: PageClient, app: Flask) -> None:
    pages = (
        ("/kantoor/instellingen/bewaren/wijzig", {"needs": "0"}),
        ("/kantoor/instellingen/bewaren/wijzig", {"letters": "lang"}),
        ("/kantoor/instellingen/postdruk", {"letters": ""}),
        ("/kantoor/instellingen/privacy", {"email": "geen adres"}),
    )
    for url, values in pages:
        assert owner.submit(url, **values).status_code == 422, (url, values)


def test_a_reader_sees_what_goes_next(reader: PageClient, app: Flask) -> None:
    page = reader.page("/kantoor/instellingen/bewaren")

    assert "Eten en toegang bij een aanmelding" in page.text
    assert "Wijzig de termijnen" not in page.text
