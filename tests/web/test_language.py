"""In which language a visitor reads, and that it is their own choice."""

from dataclasses import replace

import pytest
from flask import Flask, render_template_string
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events import changing, keeping, registering
from outreach.events.models import Registration
from outreach.wording import Language, speaking
from tests.factories import MEETING_LINKS, NOON, make_meeting, make_registration, make_sender
from tests.web.page import Page, PageClient


def test_a_visitor_chooses_english_and_keeps_it(client: PageClient) -> None:
    dutch = client.page("/toegankelijkheid")
    assert (dutch.all("html")[0].attrs["lang"], dutch.links()["English"]) == ("nl", "?taal=en")

    english = client.page("/toegankelijkheid?taal=en")

    assert english.all("html")[0].attrs["lang"] == "en"
    assert english.links()["Nederlands"] == "?taal=nl"
    assert client.page("/").all("html")[0].attrs["lang"] == "en"
    assert client.page("/?taal=nl").all("html")[0].attrs["lang"] == "nl"
    assert client.page("/").all("html")[0].attrs["lang"] == "nl"


def test_the_link_keeps_what_else_the_address_says(client: PageClient) -> None:
    page = client.page("/?deel=zorg+%26+welzijn&taal=nl")

    assert page.links()["English"] == "?deel=zorg+%26+welzijn&taal=en"


@pytest.mark.parametrize("asked", ["fr", "", "EN", "en\r\nx"])
def test_a_language_that_is_not_ours_chooses_nothing(client: PageClient, asked: str) -> None:
    response = client.get("/toegankelijkheid", query_string={"taal": asked})

    assert Page(response.text).all("html")[0].attrs["lang"] == "nl"
    assert "Set-Cookie" not in response.headers


def test_calendars_are_one_and_the_same_for_everybody(client: PageClient) -> None:
    client.set_cookie("taal", "en")

    assert "Set-Cookie" not in client.get("/agenda.ics?taal=en").headers
    assert "NAME:Bijeenkomsten" in client.get("/agenda.ics").text


def test_what_the_browser_prefers_is_not_followed(client: PageClient) -> None:
    response = client.get("/toegankelijkheid", headers={"Accept-Language": "en"})

    assert Page(response.text).all("html")[0].attrs["lang"] == "nl"


def test_errors_are_told_in_the_reader_s_language(client: PageClient) -> None:
    client.set_cookie("taal", "en")

    assert client.page("/nergens", 404).h1 == "There is no such page"


def test_a_value_in_a_sentence_with_markup_is_escaped(app: Flask) -> None:
    source = "{{ _h('<b>%(naam)s</b>', naam=naam) }} {{ _('%(naam)s', naam=naam) }}"
    with app.test_request_context(), speaking(Language.EN):
        said = render_template_string(source, naam="<script>")

    assert said == "<b>&lt;script&gt;</b> &lt;script&gt;"


def test_who_registers_in_english_reads_english_from_form_to_mail(
    client: PageClient, app: Flask
) -> None:
    make_sender()
    make_meeting()
    db.session.commit()
    form = "/bijeenkomsten/haarlem/aanmelden"

    wrong = Page(client.post(f"{form}?taal=en", data={"naam": "Noor de Wit"}).text)
    assert "Two answers are not right yet" in wrong.text
    assert "E-mail: fill in your e-mail address" in wrong.text
    said = client.submit(
        form, form, naam="Noor de Wit", email="n.dewit@raad.example", functie="raadslid"
    )

    assert Page(said.text).h1 == "You are registered, Noor de Wit"
    assert "You have a seat, 13:30 to 17:00" in Page(said.text).text
    [mail] = db.session.scalars(select(Message))
    assert mail.content["subject"].startswith("You are registered: Haarlem, Thu 4 June 2026")
    assert "Dear Noor de Wit," in mail.content["text"]
    assert '<html lang="en"' in mail.content["html"]
    assert "SUMMARY" in mail.content["calendar"]["ics"]
    [noor] = db.session.scalars(select(Registration))
    own = client.page(f"/aanmelding/{noor.secret}")
    assert "You have a seat" in own.text


def test_a_programme_has_its_times_as_the_reader_writes_them(client: PageClient) -> None:
    day = make_meeting("haarlem").days[0]
    day.programme = [{"at": "10.00–10.30", "what": "Zaal 4.12"}]
    db.session.commit()

    for language, said in (("nl", "10.00–10.30"), ("en", "10:00–10:30")):
        shown = client.get(f"/bijeenkomsten/haarlem?taal={language}").text
        assert f"<time>{said}</time><span>Zaal 4.12</span>" in shown


def test_a_page_of_ones_own_is_in_the_language_one_registered_in(
    app: Flask, client: PageClient
) -> None:
    with speaking(Language.EN):
        one = make_registration(make_meeting("haarlem"))
    db.session.commit()
    own = f"/aanmelding/{one.secret}"

    assert "Your registration" in client.page(own).text
    answer = client.post(own, data={"doe": "annuleer"})
    assert "You are no longer registered" in answer.text
    assert (
        "U bent niet meer aangemeld" in client.page(f"{own}?taal=nl").text
    )  # who chooses, chooses


def test_a_dutch_mail_stays_dutch_whoever_causes_it(app: Flask) -> None:
    make_sender()
    noor = make_registration(make_meeting())
    db.session.commit()

    with speaking(Language.EN):
        registering.cancel(noor, links=MEETING_LINKS, now=NOON)

    letters = db.session.scalars(select(Message).order_by(Message.id)).all()
    assert "Geannuleerd: Haarlem, do 4 juni 2026" in [one.content["subject"] for one in letters]


def test_who_registered_in_english_is_told_of_a_change_in_english(app: Flask) -> None:
    make_sender()
    meeting = make_meeting()
    with speaking(Language.EN):
        make_registration(meeting, 1)
    make_registration(meeting, 2)
    db.session.commit()
    facts = replace(keeping.facts_of(meeting), venue="De Oude Bank")

    changing.apply(meeting, facts, version=None, links=MEETING_LINKS, by=SYSTEM, now=NOON)

    subjects = {one.address: one.content for one in db.session.scalars(select(Message))}
    assert "De plaats wordt De Oude Bank" in subjects["raadslid2@raad.example"]["text"]
    assert "The place becomes De Oude Bank" in subjects["raadslid1@raad.example"]["text"]
