"""Lijst inlezen: upload, look, take over or throw away, undo."""

import io

import pytest
from sqlalchemy import func, select

from outreach import jobs
from outreach.accounts.audit import SYSTEM
from outreach.contacts import importing
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    ContactList,
    Import,
    ImportRow,
    ImportState,
)
from outreach.db import db
from tests.conftest import NOON
from tests.contacts.workbook_files import xlsx
from tests.factories import make_contact
from tests.web.page import Form, Page

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
    sent = {
        "csrf_token": token,
        "basis": "published",
        "file": (io.BytesIO(text if isinstance(text, bytes) else text.encode()), name),
    }
    return client.post(UPLOAD, data=sent | fields, content_type="multipart/form-data")


def emails():
    db.session.expire_all()
    return list(db.session.scalars(select(Address.email).order_by(Address.email)))


def test_a_list_is_shown_line_by_line_before_anything_changes(coordinator):
    make_contact("Zeist", "griffie@zeist.example", initials="P.", last_name="Dorp", prefix="van")

    response = upload(coordinator, source="eigen navraag")
    page = coordinator.page(response.location)

    assert "komen 1 nieuw adres en 1 wijziging. 1 regel is twijfel. 1 regel kan niet." in page.text
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
    assert "Tholen;griffier;;;griffie@@tholen.example;;5;" in text
    assert "'=1+1" in text


OTHER = "Waar;Postbus;Rij\nZeist;griffie@zeist.example;1\nSoest;griffie@soest.example;2\n"


def test_columns_with_another_name_are_pointed_out_beside_samples_and_remembered(coordinator):
    columns = upload(coordinator, text=OTHER).location
    page = coordinator.page(columns)

    assert columns.endswith("/kolommen")
    assert "Zeist; Soest" in page.text
    proposed = Form(page, columns).values
    assert (proposed["kolom-0"], proposed["kolom-1"]) == ("gemeente", "email")
    assert (proposed["kolom-2"], proposed["functie"]) == ("attribute", "griffier")
    shown = coordinator.submit(columns, columns, **{"kolom-2": "skip"}).location
    assert "2 nieuwe adressen" in coordinator.page(shown).text
    assert "Rij niet overgenomen" in coordinator.page(shown).text

    again = upload(coordinator, text=OTHER).location
    assert "2 nieuwe adressen" in coordinator.page(again).text
    assert "Zoals u of een collega ze aanwees." in coordinator.page(again).text


def test_columns_that_are_not_clear_come_back_with_what_is_missing(coordinator):
    columns = upload(coordinator, text=OTHER).location

    none = coordinator.submit(columns, columns, **{"kolom-1": "attribute", "functie": ""})
    twice = coordinator.submit(columns, columns, **{"kolom-0": "email"})

    assert (none.status_code, twice.status_code) == (422, 422)
    assert "Wijs nog aan: rol, email." in Page(none.text).text
    assert "“Waar” en “Postbus” zijn allebei email" in Page(twice.text).text
    assert Form(Page(none.text), columns).values["kolom-1"] == "attribute"
    assert db.session.scalars(select(Import)).one().state is ImportState.COLUMNS


def test_clear_columns_can_be_changed_too_until_the_list_is_taken_over(coordinator):
    shown = upload(coordinator).location

    coordinator.submit(f"{shown}/kolommen", f"{shown}/kolommen", **{"kolom-5": "skip"})
    assert "030 000 09 99" not in coordinator.page(shown).text
    coordinator.submit(shown, f"{shown}/neem-over")

    assert coordinator.get(f"{shown}/kolommen").status_code == 409


def test_a_file_is_read_otherwise_when_its_letters_were_guessed_wrong(coordinator):
    data = "Waar;Wie;Mail\nSúdwest-Fryslân;griffier;a@swf.example\n".encode("cp850")
    columns = upload(coordinator, text=data).location
    assert "Súdwest" not in coordinator.page(columns).text

    coordinator.submit(columns, columns.replace("kolommen", "anders"), tekens="cp850")
    assert "Súdwest-Fryslân" in coordinator.page(columns).text
    coordinator.submit(columns, columns.replace("kolommen", "anders"), kopregel="99")

    assert "heeft geen regel 99" in coordinator.page(columns).text
    assert "Súdwest-Fryslân" in coordinator.page(columns).text


def test_another_sheet_of_a_workbook_is_read(coordinator):
    data = xlsx(
        [["Waar", "Mail"], ["Zeist", "a@z.example"], ["Soest", "a@s.example"]],
        more={"Twee": [["Gem", "Mail"], ["Baarn", "a@b.example"]]},
    )
    columns = upload(coordinator, text=data, name="lijst.xlsx").location
    assert "Zeist; Soest" in coordinator.page(columns).text

    coordinator.submit(columns, columns.replace("kolommen", "anders"), blad="Twee")

    assert "Baarn" in coordinator.page(columns).text


def test_a_doubtful_line_is_chosen_shown_again_and_only_then_taken_over(coordinator):
    shown = upload(coordinator).location
    row = db.session.scalars(select(ImportRow).where(ImportRow.line == 4)).one()

    first = coordinator.submit(shown, f"{shown}/neem-over", **{f"r{row.id}": "GM0373"})

    assert first.location == shown
    assert emails() == []
    page = coordinator.page(shown)
    assert "Uw 1 keuze is bewaard." in page.text
    assert "U koos dit: de regel is nu nieuw." in page.text
    assert "Neem 3 regels over" in page.text
    coordinator.submit(shown, f"{shown}/neem-over")
    assert "griffie@bergen.example" in emails()


def test_lines_are_left_out_by_their_box_and_all_of_a_kind_at_once(coordinator):
    shown = upload(coordinator).location
    new = db.session.scalars(select(ImportRow.id).order_by(ImportRow.line)).all()

    coordinator.submit(shown, f"{shown}/neem-over", neem=[str(new[0])])
    page = coordinator.page(shown)
    assert "1 weggelaten" in page.text
    assert "Neem 1 regel over" in page.text
    coordinator.submit(shown, f"{shown}/neem-over", alles="leave-new")
    assert "2 weggelaten" in coordinator.page(shown).text
    coordinator.submit(shown, f"{shown}/neem-over", neem=[str(new[1])])

    coordinator.submit(shown, f"{shown}/neem-over")
    assert emails() == ["griffie@denbosch.example"]


def test_choices_that_nobody_offered_are_refused(coordinator):
    shown = upload(coordinator).location
    row = db.session.scalars(select(ImportRow).where(ImportRow.line == 4)).one()

    for sent in ({f"r{row.id}": "GM0355"}, {"alles": "leave-alles"}, {"alles": "undo-new"}):
        assert coordinator.submit(shown, f"{shown}/neem-over", **sent).status_code == 422


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"file": ""}, "Kies het bestand met uw lijst."),
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


def test_a_long_list_shows_how_far_it_is_read_until_it_is(coordinator, monkeypatch):
    monkeypatch.setattr(importing, "READ_AT_ONCE", 2)
    shown = upload(coordinator).location

    page = coordinator.page(shown)
    assert "0 van 4 regels van griffies.csv zijn gelezen." in page.text
    assert coordinator.get(shown).headers["Refresh"] == "3"
    assert jobs.read_lists(now=NOON) == 1

    assert "Lijst inlezen" in coordinator.page(shown).h1
