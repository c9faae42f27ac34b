"""Lijst inlezen: upload, look, take over or throw away, undo."""

import io

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.contacts import importing
from outreach.contacts.models import Address, Basis, Contact, ContactList, Import, ImportState
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make_contact
from tests.web.page import Page

UPLOAD = "/kantoor/adressen/inlezen"
FILE = """gemeente;rol;aanspreekvorm;naam;email;telefoon
Zeist;griffier;heer;M. Oosterveen;griffie@zeist.example;030 000 09 99
Den Bosch;griffier;mevrouw;S. Wit;griffie@denbosch.example;
Bergen;griffier;;;griffie@bergen.example;
Tholen;griffier;;;griffie@@tholen.example;
"""


def upload(client, text=FILE, name="griffies.csv", **fields):
    page = client.page(UPLOAD)
    token = next(n.attrs["value"] for n in page.all("input") if n.attrs.get("name") == "csrf_token")
    sent = {"csrf_token": token, "basis": "published", "file": (io.BytesIO(text.encode()), name)}
    return client.post(UPLOAD, data=sent | fields, content_type="multipart/form-data")


def emails():
    db.session.expire_all()
    return list(db.session.scalars(select(Address.email).order_by(Address.email)))


def test_a_list_is_shown_line_by_line_before_anything_changes(coordinator):
    make_contact("Zeist", "griffie@zeist.example", initials="P.", last_name="Dorp", prefix="van")

    response = upload(coordinator, source="eigen navraag")
    page = coordinator.page(response.location)

    assert "komen 1 nieuw adres en 1 wijziging. 2 regels kunnen niet." in page.text
    assert "030 000 09 99" in page.text
    assert "mevrouw S. Wit" in page.text
    assert "“Bergen” kan Bergen (NH) (GM0373) of Bergen (L) (GM0893) zijn" in page.text
    assert "“griffie@@tholen.example” is geen e-mailadres." in page.text
    assert "eigen navraag" in page.text
    assert "Marit Zuidema" in page.text
    assert emails() == ["griffie@zeist.example"]


def test_what_was_shown_is_taken_over_and_can_be_taken_back(coordinator):
    shown = upload(coordinator, list_name="Voorjaar").location
    assert emails() == []

    response = coordinator.submit(shown, f"{shown}/neem-over")

    assert response.status_code == 303
    assert emails() == ["griffie@denbosch.example", "griffie@zeist.example"]
    assert db.session.scalars(select(ContactList)).one().name == "Voorjaar"
    page = coordinator.page(shown)
    assert "2 regels zijn overgenomen." in page.text
    assert db.session.scalars(select(Address)).first().basis is Basis.PUBLISHED

    undone = coordinator.submit(shown, f"{shown}/ongedaan")

    assert Page(undone.text).h1 == "Het inlezen is ongedaan gemaakt"
    assert "2 regels zijn teruggedraaid." in Page(undone.text).text
    assert emails() == []


def test_undo_says_what_it_left_and_why(coordinator):
    shown = upload(coordinator).location
    coordinator.submit(shown, f"{shown}/neem-over")
    contact = db.session.scalars(select(Contact).where(Contact.last_name == "Wit")).one()
    coordinator.submit(f"/kantoor/adressen/{contact.id}/wijzig", phone="073 000 00 01")

    undone = Page(coordinator.submit(shown, f"{shown}/ongedaan").text)

    assert "1 regel bleef staan." in undone.text
    assert emails() == ["griffie@denbosch.example"]


def test_a_trial_is_thrown_away(coordinator):
    shown = upload(coordinator).location

    coordinator.submit(shown, f"{shown}/gooi-weg")

    assert db.session.scalars(select(Import)).one().state is ImportState.DISCARDED
    assert "is weggegooid" in coordinator.page(shown).text
    assert emails() == []


def test_taking_over_twice_is_refused_and_adds_nothing(coordinator):
    shown = upload(coordinator).location
    page = coordinator.page(shown)
    token = next(n.attrs["value"] for n in page.all("input") if n.attrs.get("name") == "csrf_token")
    coordinator.submit(shown, f"{shown}/neem-over")

    again = coordinator.post(f"{shown}/neem-over", data={"csrf_token": token})

    assert again.status_code == 409
    assert len(emails()) == 2


def test_the_refused_lines_can_be_had_as_a_list_to_mend(coordinator):
    shown = upload(coordinator, text=FILE + "Nergens;griffier;;=1+1;a@nergens.example;\n").location

    response = coordinator.get(f"{shown}/geweigerd.csv")

    text = response.data.decode("utf-8-sig")
    assert response.data.startswith(b"\xef\xbb\xbf")
    assert text.splitlines()[0].startswith("gemeente;rol;aanspreekvorm;naam;email;telefoon;regel;")
    assert "Bergen;griffier;;;griffie@bergen.example;;4;" in text
    assert "'=1+1" in text


def test_columns_with_another_name_are_told_by_hand(coordinator):
    text = "Gem.;Wie;Postbus\nZeist;griffier;griffie@zeist.example\n"

    unknown = upload(coordinator, text=text)
    known = upload(coordinator, text=text, columns="Gem. = gemeente\nWie=rol\n\nPostbus = email")

    assert unknown.status_code == 422
    assert "De kolommen ontbreken: gemeente, rol, email." in unknown.text
    assert "1 nieuw adres" in coordinator.page(known.location).text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"file": ""}, "Kies het bestand met uw lijst."),
        ({"columns": "Gem. gemeente"}, "schrijf kolom = veld"),
        ({"text": "\x00\x01\x02" * 9, "name": "lijst.xlsx"}, "lijst.xlsx"),
    ],
)
def test_what_is_no_list_comes_back_with_a_sentence(coordinator, sent, sentence):
    response = upload(coordinator, **sent)

    assert response.status_code == 422
    assert sentence in response.text
    assert db.session.scalar(select(func.count()).select_from(Import)) == 0


def test_a_long_list_shows_its_first_lines_and_the_rest_on_request(coordinator):
    rows = [f"GM0355;raadslid;;Raadslid {n};r{n}@zeist.example;" for n in range(40)]

    shown = upload(coordinator, text="\n".join([FILE.splitlines()[0], *rows])).location

    page = coordinator.page(shown)
    assert "r24@zeist.example" in page.text
    assert "r25@zeist.example" not in page.text
    whole = coordinator.page(page.links()["Toon nog 15 regels: nieuw"])
    assert "r39@zeist.example" in whole.text


def test_without_a_reason_the_page_says_that_no_letter_goes_there(coordinator):
    shown = upload(coordinator, basis="").location

    assert "2 adressen hebben geen reden waarom wij mogen mailen." in coordinator.page(shown).text


def test_a_reader_may_look_at_a_list_but_not_take_it_over(reader):
    import_ = importing.plan("griffies.csv", FILE.encode(), by=SYSTEM, now=NOON)
    db.session.commit()

    page = reader.page(f"{UPLOAD}/{import_.id}")

    assert "2 nieuwe adressen" in page.text
    assert not [f for f in page.all("form") if "inlezen" in f.attrs.get("action", "")]
    assert reader.get(UPLOAD).status_code == 403


def test_looking_changes_nothing(coordinator):
    shown = upload(coordinator).location

    for _ in range(2):
        assert coordinator.get(shown).status_code == 200
        assert coordinator.head(shown).status_code == 200

    assert db.session.scalars(select(Import)).one().state is ImportState.SHOWN
