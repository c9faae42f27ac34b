"""Register inlezen in the browser: upload, look, choose, take over, undo; and own corrections."""

import io

from sqlalchemy import func, select

from outreach.contacts.models import Contact, Gemeente, ImportState, RegisterImport
from outreach.db import db
from tests.contacts.register_exports import export, gemeente, person
from tests.factories import make_contact
from tests.web.page import Page

UPLOAD = "/kantoor/adressen/register/"
PEOPLE = [
    person("Griffier", "mw. mr. J.M. van der Proef", email="griffie@zeist.example"),
    person("Raadslid", "dhr. B. Verzonnen", party="VVD"),
]
ZEIST = gemeente("GM0355", "Zeist", website="www.nieuw.example", people=PEOPLE)


def upload(client, data=None, name="exportOO_gemeenten.xml"):
    page = client.page(UPLOAD)
    token = next(n.attrs["value"] for n in page.all("input") if n.attrs.get("name") == "csrf_token")
    data = export(ZEIST) if data is None else data
    sent = {"csrf_token": token, "file": (io.BytesIO(data), name)}
    return client.post(UPLOAD, data=sent, content_type="multipart/form-data")


def people():
    db.session.expire_all()
    return list(db.session.scalars(select(Contact.last_name).order_by(Contact.last_name)))


def website():
    return db.session.get_one(Gemeente, "GM0355", populate_existing=True).website


def test_a_register_is_shown_taken_over_and_taken_back(coordinator):
    shown = upload(coordinator).location
    page = coordinator.page(shown)

    assert "1 gemeente in het register van" in page.text
    assert "1 keer website" in page.text
    assert "nieuw.example" in page.text
    assert "griffie@zeist.example" in page.text
    assert "geen in het register" in page.text
    assert "Marit Zuidema" in page.text
    assert (people(), website()) == ([], "zeist.nl")

    response = coordinator.submit(shown, f"{shown}/neem-over", functie="griffier")

    assert response.status_code == 303
    assert (people(), website()) == (["Proef"], "nieuw.example")
    assert "2 wijzigingen zijn overgenomen." in coordinator.page(shown).text
    assert "Proef" in coordinator.page("/kantoor/gemeenten/GM0355").text

    undone = Page(coordinator.submit(shown, f"{shown}/ongedaan").text)

    assert "2 wijzigingen zijn teruggedraaid." in undone.text
    assert (people(), website()) == ([], "zeist.nl")


def test_who_has_no_address_stands_on_the_gemeente_s_page(coordinator):
    shown = upload(coordinator).location
    coordinator.submit(shown, f"{shown}/neem-over", functie="raadslid")

    page = coordinator.page("/kantoor/gemeenten/GM0355")

    assert "B. Verzonnen" in page.text
    assert "Zonder adres" in page.text


def test_a_successor_is_chosen_before_anything_moves(coordinator):
    make_contact("Soest", "griffie@soest.example")
    shown = upload(coordinator, export(gemeente("GM0342", "Soest", ends="2026-01-01"))).location
    assert "Waarin gaat Soest op?" in coordinator.page(shown).text

    coordinator.submit(shown, f"{shown}/opvolger", code="GM0342", opvolger="Zeist")

    page = coordinator.page(shown)
    assert "1 contact gaat naar een opvolger" in page.text
    assert db.session.get_one(Gemeente, "GM0342", populate_existing=True).successor_code is None


def test_a_trial_is_thrown_away(coordinator):
    shown = upload(coordinator).location

    coordinator.submit(shown, f"{shown}/gooi-weg")

    assert db.session.scalars(select(RegisterImport)).one().state is ImportState.DISCARDED
    assert "is weggegooid" in coordinator.page(shown).text


def test_what_is_no_register_comes_back_with_a_sentence(coordinator):
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'

    for data, sentence in ((bomb, "bevat een DTD"), (b"PK\x03\x04", "is geen XML")):
        response = upload(coordinator, data)
        assert response.status_code == 422
        assert sentence in response.text
    cut = upload(coordinator, export(ZEIST)[:-30])
    assert "houdt op bij regel" in cut.text
    assert db.session.scalar(select(func.count()).select_from(RegisterImport)) == 0


def test_a_reader_looks_and_changes_nothing(coordinator, reader):
    shown = upload(coordinator).location

    assert "Neem over" not in reader.page(shown).text
    assert reader.get(UPLOAD).status_code == 403


def test_a_correction_by_hand_outlives_the_register(coordinator):
    form = "/kantoor/gemeenten/GM0355/gegevens"
    wrong = coordinator.submit(form, form, website="geen website", inhabitants="70000")
    assert wrong.status_code == 422

    coordinator.submit(form, form, website="https://www.eigen.example/", inhabitants="70000")
    shown = upload(coordinator).location
    coordinator.submit(shown, f"{shown}/neem-over")

    assert website() == "eigen.example"
    assert "Uw eigen gegevens blijven staan: website." in coordinator.page(shown).text
