"""Adressen: search as you type, filters in the address, files of what is shown, acts on many."""

import csv
import io

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import expressions, selections
from outreach.contacts.models import Address, Contact, Function, Tag
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make, make_contact
from tests.web import scenes
from tests.web.page import Page, PageClient

LIST = "/kantoor/adressen/"
TOGETHER = f"{LIST}samen"


@pytest.fixture
def people(client: PageClient) -> list[Contact]:
    found = [make_contact(home) for home in ("Assen", "Emmen", "Zeist")]
    raad = make_contact(
        "Zeist", "janssen@zeist.example", function=Function.RAADSLID, last_name="Janssen",
        phone="0301234567",
    )  # fmt: skip
    make(Tag(contact_id=raad.id, name="pilot"))
    return [*found, raad]


def listed(page: Page) -> list[str]:
    return [word for word, url in page.links().items() if "@" in word and LIST in url]


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Address)) or 0


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("zoek=jansen", ["janssen@zeist.example"]),
        ("provincie=Drenthe", ["griffie@assen.example", "griffie@emmen.example"]),
        ("provincie=Drenthe&zoek=ass", ["griffie@assen.example"]),
        ("label=pilot", ["janssen@zeist.example"]),
        ("lijst=Weg", []),
        ("grondslag=geen", []),
        ("grondslag=onzin&functie=raadslid", ["janssen@zeist.example"]),
    ],
)
def test_filters_stand_in_the_address(coordinator, people, query, finds):
    page = coordinator.page(f"{LIST}?{query}")

    assert listed(page) == finds


def test_a_filter_that_stands_is_a_chip_that_takes_it_away(coordinator, people):
    page = coordinator.page(f"{LIST}?provincie=Drenthe&functie=griffier")

    chips = page.links()
    assert chips["provincie: Drenthe ×: haal dit filter weg"] == f"{LIST}?functie=griffier"
    assert chips["functie: griffier ×: haal dit filter weg"] == f"{LIST}?provincie=Drenthe"


def test_a_selectie_is_a_filter(coordinator, people):
    data = {"all": [{"field": "tag", "op": "in", "value": ["pilot"]}]}
    made = selections.add("Pilot", expressions.parse(data), by=SYSTEM, now=NOON)
    db.session.commit()

    page = coordinator.page(f"{LIST}?selectie={made.id}")

    assert listed(page) == ["janssen@zeist.example"]
    assert "selectie: Pilot ×: haal dit filter weg" in page.links()
    assert coordinator.get(f"{LIST}?selectie=999").status_code == 404


def test_typing_renews_the_list_alone(coordinator, people):
    part = coordinator.get(f"{LIST}?zoek=jans", headers={"HX-Target": "lijst"}).text

    assert "janssen@" in part
    assert "<html" not in part


def test_a_file_has_what_the_list_shows(coordinator, people):
    page = coordinator.page(f"{LIST}?label=pilot")
    links = {word: url for word, url in page.links().items() if "Download" in word}

    as_csv = coordinator.get(links["Download deze (CSV)"]).data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(as_csv), delimiter=";"))

    assert [row["email"] for row in rows] == ["janssen@zeist.example"]
    assert rows[0]["telefoon"].endswith("0301234567")
    assert coordinator.get(links["Download deze (Excel)"]).data.startswith(b"PK")


def test_ticked_addresses_get_a_label_and_lose_it_again(coordinator, people):
    ids = [str(one.addresses[0].id) for one in people[:2]]

    done = coordinator.submit(LIST, TOGETHER, kies=ids, daad="tag", naam="Noorden", op="kies")
    page = coordinator.page(done.location)
    assert "2 contacten kregen het label “Noorden”." in page.text
    assert len(listed(coordinator.page(f"{LIST}?label=Noorden"))) == 2

    undo = next(f.attrs["action"] for f in page.all("form") if "ongedaan" in f.attrs["action"])
    coordinator.submit(done.location, undo)
    assert listed(coordinator.page(f"{LIST}?label=Noorden")) == []
    again = coordinator.post(undo, data={"csrf_token": _token(coordinator)})
    assert again.status_code == 409


def test_all_that_a_search_finds_are_removed_and_come_back(coordinator, people):
    here = f"{LIST}?provincie=Drenthe"
    action = f"{TOGETHER}?provincie=Drenthe"

    done = coordinator.submit(here, action, daad="remove", op="alle")
    assert count() == 2
    page = coordinator.page(done.location)
    assert "2 contacten zijn verwijderd." in page.text
    undo = next(f.attrs["action"] for f in page.all("form") if "ongedaan" in f.attrs["action"])
    assert coordinator.submit(done.location, undo).status_code == 303
    assert count() == 4


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"daad": "remove", "op": "kies"}, 422),
        ({"daad": "weg", "op": "alle"}, 422),
        ({"daad": "tag", "op": "alle", "naam": ""}, 422),
        ({"daad": "remove", "op": "alle", "aantal": "3"}, 409),
        ({"daad": "remove", "op": "kies", "kies": ["x", "99999999999999"]}, 422),
    ],
)
def test_what_is_not_meant_touches_nothing(coordinator, people, values, status):
    assert coordinator.submit(LIST, TOGETHER, **values).status_code == status
    assert count() == 4


def test_a_reader_has_nothing_to_tick(reader, people):
    page = reader.page(LIST)

    assert not [n for n in page.all("input") if n.attrs.get("name") == "kies"]
    assert len(listed(page)) == 4


def test_as_many_queries_with_many_rows(coordinator, people, query_count):
    coordinator.page(LIST)
    with query_count() as few:
        coordinator.page(f"{LIST}?zoek=e")
    scenes.make_griffies()
    with query_count() as many:
        coordinator.page(f"{LIST}?zoek=e")

    assert many.count == few.count <= 13  # with BEGIN


def _token(client: PageClient) -> str:
    nodes = client.page(LIST).all("input")
    return next(n.attrs["value"] for n in nodes if n.attrs.get("name") == "csrf_token")
