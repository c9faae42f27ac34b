"""Adressen: the list, one contact with its addresses, the geen-postlijst, files."""

import csv
import io

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.contacts import directory, suppression
from outreach.contacts.directory import Reach
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    FormOfAddress,
    Function,
    Suppression,
    SuppressionReason,
)
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make_address, make_campaign, make_contact, make_message, make_sender
from tests.web.page import Page, PageClient

LIST = "/kantoor/adressen/"
NO_MAIL = "/kantoor/adressen/geen-post"
NEW = "/kantoor/adressen/nieuw"


def listed(page: Page) -> list[str]:
    return [word for word, url in page.links().items() if "@" in word and "/adressen/" in url]


def addresses() -> list[Address]:
    db.session.expire_all()
    return list(db.session.scalars(select(Address).order_by(Address.id)))


@pytest.fixture
def zeist(client: PageClient) -> Contact:
    return make_contact(
        "Zeist", "griffie@zeist.example", form_of_address=FormOfAddress.HEER, last_name="Oosterveen"
    )


def suggest(contact: Contact) -> Address:
    """Make a contact's address one that nobody confirmed."""
    address = contact.addresses[0]
    address.confirmed_at = address.basis = None
    db.session.commit()
    return address


def test_an_informateur_ends_with_one_press(coordinator):
    contact = make_contact("Zeist", "i@zeist.example", function=Function.INFORMATEUR)
    page = f"{LIST}{contact.id}"
    assert "Coalitie gevormd" in coordinator.page(page).text

    coordinator.submit(page, f"{page}/uit-functie")

    told = coordinator.page(page).text
    assert "is niet meer in functie" in told
    assert "tot en met zo 22 maart 2026" in told
    assert "Coalitie gevormd" not in told
    assert "tot zo 22 maart 2026" in coordinator.page(LIST).text


def test_a_raadslid_stays_to_the_end_of_the_raad(coordinator):
    contact = make_contact("Zeist", "r@zeist.example", function=Function.RAADSLID, last_name="Vos")
    page = f"{LIST}{contact.id}"

    coordinator.submit(page, f"{page}/tot-einde-raadsperiode")

    assert "tot en met zo 31 maart 2030" in coordinator.page(page).text
    wrong = coordinator.submit(f"{page}/wijzig", term_from="2031-01-01")
    assert "ligt voor de eerste" in Page(wrong.text).text


def test_the_list_says_of_each_address_whether_it_can_be_mailed(coordinator, zeist):
    suggest(make_contact("Assen"))
    make_contact("Utrecht")
    suppression.suppress("griffie@utrecht.example", SuppressionReason.ASKED, by=SYSTEM, now=NOON)
    db.session.commit()

    page = coordinator.page(LIST)

    assert listed(page) == [
        "griffie@assen.example",
        "griffie@utrecht.example",
        "griffie@zeist.example",
    ]
    for chip in ("1 nog niet bevestigd", "1 wil geen post", "1 bevestigd", "alle 3"):
        assert chip in page.links()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("zoek=ZEIST", ["griffie@zeist.example"]),
        ("zoek=oosterv", ["griffie@zeist.example"]),
        ("zoek=GRIFFIE@A", ["griffie@assen.example"]),
        ("zoek=100%25", []),
        ("functie=college", ["college@assen.example"]),
        ("stand=voorgesteld", ["college@assen.example"]),
        ("stand=voorgesteld&zoek=zeist", []),
        ("blad=99", ["college@assen.example", "griffie@assen.example", "griffie@zeist.example"]),
    ],
)
def test_the_list_is_searched_and_filtered_in_its_address(coordinator, zeist, query, found):
    make_contact("Assen")
    suggest(make_contact("Assen", "college@assen.example", function=Function.COLLEGE))

    assert sorted(listed(coordinator.page(f"{LIST}?{query}"))) == sorted(found)


def test_an_empty_list_says_what_to_do(coordinator):
    page = coordinator.page(LIST)

    assert "Er staan nog geen adressen in." in page.text
    assert page.links()["Lees uw lijst in"] == "/kantoor/adressen/inlezen"


def test_a_long_list_has_pages(coordinator, zeist):
    for number in range(100):
        make_address(zeist, f"a{number}@zeist.example", preferred=False)

    first = coordinator.page(LIST)
    second = coordinator.page(first.links()["Volgende 100"])

    assert len(listed(first)) == 100
    assert len(listed(second)) == 1
    assert "Blad 2 van 2" in second.text


def test_the_list_costs_the_same_for_few_and_for_many(coordinator, zeist, query_count):
    with query_count() as few:
        coordinator.get(LIST)
    for name in ("Emmen", "Delft", "Gouda", "Leiden"):
        make_contact(name)

    with query_count() as many:
        coordinator.get(LIST)

    assert many.count == few.count <= 12


def test_the_griffies_address_is_the_one_a_letter_would_go_to(app):
    contact = make_contact("Zeist", "oud@zeist.example")
    contact.addresses[0].preferred = False
    make_address(contact, "griffie@zeist.example")
    make_address(contact, "nieuw@zeist.example", preferred=True, confirmed_at=None)
    db.session.commit()

    entry = directory.griffies()["GM0355"]

    assert (entry.address.email, entry.reach) == ("griffie@zeist.example", Reach.CONFIRMED)


def test_someone_is_added_with_an_address_that_may_be_mailed(coordinator):
    response = coordinator.submit(
        f"{NEW}?gemeente=GM0355",
        NEW,
        email="griffie@zeist.example",
        basis="published",
        source="https://zeist.example/griffie",
        last_name="Oosterveen",
        form_of_address="heer",
    )

    assert response.status_code == 303
    page = coordinator.page(response.location)
    assert page.h1 == "Oosterveen"
    assert "Geachte heer Oosterveen," in page.text
    address = addresses()[0]
    assert (address.basis, address.confirmed_at) == (Basis.PUBLISHED, NOON)


def test_a_form_of_address_is_never_guessed(coordinator):
    coordinator.submit(NEW, gemeente="Zeist", email="griffie@zeist.example", last_name="Terpstra")

    assert addresses()[0].contact.form_of_address is FormOfAddress.ONBEKEND


def test_without_a_reason_to_mail_the_address_stays_suggested(coordinator):
    coordinator.submit(NEW, gemeente="Zeist", email="griffie@zeist.example")

    assert addresses()[0].confirmed_at is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "griffie@"}, "“griffie@” is geen e-mailadres."),
        ({"email": ""}, "Vul het e-mailadres in."),
        ({"gemeente": "Bergen"}, "Bergen (NH) (GM0373)"),
        ({"gemeente": "Zijst"}, "De gemeente “Zijst” kennen wij niet."),
        ({"gemeente": ""}, "kennen wij niet"),
        ({"party": "Lokaal"}, "Een fractie bewaren wij alleen van raadsleden."),
        ({"last_name": "x" * 201}, "Kort dit in tot 200 tekens."),
    ],
)
def test_what_cannot_be_added_comes_back_filled_in(coordinator, fields, sentence):
    given = {"gemeente": "Zeist", "email": "griffie@zeist.example", "notes": "belde"} | fields

    response = coordinator.submit(NEW, **given)

    assert response.status_code == 422
    assert sentence in Page(response.text).text
    assert "belde" in response.text
    assert addresses() == []


def test_what_we_know_of_someone_is_changed(coordinator, zeist):
    url = f"/kantoor/adressen/{zeist.id}/wijzig"

    response = coordinator.submit(url, phone="030 000 01 23", term_until="2026-12-31")

    assert response.status_code == 303
    db.session.expire_all()
    assert (zeist.phone, zeist.last_name) == ("030 000 01 23", "Oosterveen")
    assert zeist.form_of_address is FormOfAddress.HEER
    assert "do 31 december 2026" in coordinator.page(response.location).text


def test_a_suggested_address_is_confirmed_with_a_reason(coordinator, zeist):
    address = suggest(zeist)
    page = coordinator.page(f"/kantoor/adressen/{zeist.id}")
    url = page.links()["Bevestig griffie@zeist.example"]

    coordinator.submit(url, source="https://zeist.example/griffie")

    db.session.expire_all()
    assert (address.basis, address.confirmed_at) == (Basis.PUBLISHED, NOON)
    assert address.source == "https://zeist.example/griffie"


def test_an_address_is_changed_and_needs_a_reason_of_its_own(coordinator, zeist):
    url = f"/kantoor/adressen/adres/{zeist.addresses[0].id}"

    coordinator.submit(url, email="raad@zeist.example", basis="")

    assert [(a.email, a.confirmed_at) for a in addresses()] == [("raad@zeist.example", None)]


def test_a_further_address_becomes_the_one_we_write_to_and_goes_again(coordinator, zeist):
    page = f"/kantoor/adressen/{zeist.id}"
    coordinator.submit(page, f"{page}/adres", email="raad@zeist.example", basis="consent")
    old, new = addresses()
    assert (old.preferred, new.preferred) == (True, False)

    coordinator.submit(page, f"/kantoor/adressen/adres/{new.id}/voorkeur")
    assert [a.preferred for a in addresses()] == [False, True]

    coordinator.submit(page, f"/kantoor/adressen/adres/{new.id}/verwijder")
    assert [(a.email, a.preferred) for a in addresses()] == [("griffie@zeist.example", True)]


def test_the_same_address_twice_comes_back_with_a_sentence(coordinator, zeist):
    page = f"/kantoor/adressen/{zeist.id}"

    response = coordinator.submit(page, f"{page}/adres", email="GRIFFIE@zeist.example")

    assert response.status_code == 422
    assert "staat al bij dit contact" in response.text
    assert len(addresses()) == 1


def test_removing_someone_asks_first(coordinator, zeist):
    url = f"/kantoor/adressen/{zeist.id}/verwijder"
    assert coordinator.page(url).h1 == "Verwijder Oosterveen?"
    assert len(addresses()) == 1

    response = coordinator.submit(url)

    assert response.status_code == 303
    assert addresses() == []


def test_who_got_a_letter_stays(coordinator, zeist):
    make_message(make_campaign(), zeist)

    response = coordinator.submit(f"/kantoor/adressen/{zeist.id}/verwijder")

    assert response.status_code == 409
    assert len(addresses()) == 1


def test_an_address_is_put_on_the_geen_postlijst_and_taken_off(coordinator, zeist):
    sender = make_sender(name="Naast Elkaar")

    coordinator.submit(
        f"{NO_MAIL}?adres=griffie@zeist.example",
        NO_MAIL,
        sender=str(sender.id),
        note="vroeg het aan de telefoon",
    )

    row = db.session.scalars(select(Suppression)).one()
    assert (row.address_key, row.sender_id) == ("griffie@zeist.example", sender.id)
    assert row.reason is SuppressionReason.ASKED
    page = coordinator.page(NO_MAIL)
    assert "vroeg het aan de telefoon" in page.text
    assert "wil geen post" in coordinator.page(LIST).text

    coordinator.submit(NO_MAIL, f"{NO_MAIL}/{row.id}/haal-weg")

    assert "Er staat niemand op." in coordinator.page(NO_MAIL).text
    assert not suppression.is_suppressed("griffie@zeist.example", sender.id)


def test_the_geen_postlijst_may_be_for_all_senders(coordinator, zeist):
    coordinator.submit(NO_MAIL, email="griffie@zeist.example", sender="")

    assert db.session.scalars(select(Suppression)).one().sender_id is None


def test_the_list_can_be_had_as_a_file(coordinator, zeist):
    as_csv = coordinator.get("/kantoor/adressen/adressen.csv")
    as_xlsx = coordinator.get("/kantoor/adressen/adressen.xlsx")

    assert as_csv.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(as_csv.data.decode("utf-8-sig")), delimiter=";"))
    assert any("griffie@zeist.example" in row for row in rows) or "griffie@zeist" in as_csv.text
    assert as_xlsx.data.startswith(b"PK")
    assert "attachment" in as_xlsx.headers["Content-Disposition"]


def test_a_reader_looks_and_changes_nothing(reader, zeist):
    page = reader.page(f"/kantoor/adressen/{zeist.id}")

    assert "Wijzig de gegevens" not in page.links()
    assert not [f for f in page.all("form") if "adres" in f.attrs.get("action", "")]
    for url in (NEW, f"/kantoor/adressen/{zeist.id}/wijzig", "/kantoor/adressen/inlezen"):
        assert reader.get(url).status_code == 403
    assert reader.get(NO_MAIL).status_code == 200


@pytest.mark.parametrize("path", ["999", "999/wijzig", "adres/999", "adres/999/bevestig"])
def test_what_is_gone_says_so(coordinator, path):
    assert coordinator.get(f"/kantoor/adressen/{path}").status_code == 404


def test_looking_changes_nothing(coordinator, zeist):
    before = db.session.scalar(select(func.count()).select_from(Address))

    for path in ("", "nieuw", f"{zeist.id}", f"{zeist.id}/wijzig", f"{zeist.id}/verwijder"):
        assert coordinator.get(LIST + path).status_code == 200
        assert coordinator.head(LIST + path).status_code == 200

    assert db.session.scalar(select(func.count()).select_from(Address)) == before
