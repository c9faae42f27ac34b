"""Selecties in the browser: rows added and taken away, counted, saved, used in a letter."""

from typing import Any

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import expressions, selections
from outreach.campaigns.models import Selection
from outreach.contacts.models import Contact, Function, Tag
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make, make_campaign, make_contact
from tests.web.page import Form, Page, PageClient

ALL = "/kantoor/adressen/selecties/"
NEW = f"{ALL}nieuw"


@pytest.fixture
def people(client: PageClient) -> list[Contact]:
    return [make_contact(home) for home in ("Assen", "Emmen", "Zeist")]


@pytest.fixture
def drenthe(people: list[Contact]) -> Selection:
    data = {"all": [{"field": "province", "op": "in", "value": ["Drenthe"]}]}
    made = selections.add("Drenthe", expressions.parse(data), by=SYSTEM, now=NOON)
    db.session.commit()
    return made


def press(client: PageClient, page: Page, **values: Any) -> Page:
    """Send the form of a page, with these values over what stands in it."""
    form = Form(page, NEW)
    kept = {name: value for name, value in form.values.items() if name != "deel"}
    parts = [n.attrs["value"] for n in page.all("input") if n.attrs.get("name") == "deel"]
    response = client.post(form.action, data=kept | {"deel": parts} | values)
    assert response.status_code in (200, 422), response.text
    return Page(response.text)


def test_a_selectie_is_made_row_by_row_and_saved(coordinator, people):
    start = coordinator.page(NEW)
    assert "3 contacten: griffiers" in start.text

    second = press(coordinator, start, erbij="0", veld0="province")
    assert "Regel 2: provincie" in second.text
    assert "Nog niet te tellen. Regel 2 (provincie): kies of typ een waarde." in second.text
    third = press(
        coordinator,
        second,
        **{"r2-value": ["Drenthe", "Groningen"]},
        erbij="0",
        veld0="inhabitants",
    )
    counted = press(coordinator, third, **{"r3-value": ["100.000", ""], "r3-op": "more"}, kijk="1")
    assert "1 contact: griffiers in Drenthe of Groningen, met meer dan 100.000" in counted.text
    assert "Griffie Emmen" in counted.links()
    without = press(coordinator, counted, weg="r3")
    assert "2 contacten: griffiers in Drenthe of Groningen." in without.text
    form = Form(without, NEW)
    parts = {"deel": ["r1", "r2"], "r2-value": ["Drenthe", "Groningen"]}
    saved = coordinator.post(NEW, data=form.values | parts | {"name": "Noord", "bewaar": "1"})

    assert saved.status_code == 303
    page = coordinator.page(saved.location)
    assert page.h1 == "Noord"
    assert "griffiers in Drenthe of Groningen" in page.text
    listed = coordinator.page(ALL)
    assert "2 contacten" in listed.text
    assert "nog geen brief" in listed.text


def test_rows_may_stand_in_a_group(coordinator, people):
    make(Tag(contact_id=people[2].id, name="pilot"))
    start = press(coordinator, coordinator.page(NEW), groep="1", veld0="province")
    both = press(coordinator, start, **{"r2-value": "Drenthe"}, erbij="3", veld3="tag")
    seen = press(coordinator, both, **{"r2-value": "Drenthe", "r4-value": "pilot"}, kijk="1")

    assert "3 contacten: griffiers (in Drenthe of met label pilot)." in seen.text
    again = press(coordinator, seen, weg="g3")
    assert "Regel 2" not in again.text


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": ""}, "Geef de selectie een naam."),
        ({"name": "drenthe"}, "Er is al een selectie die “drenthe” heet."),
        ({"name": "X", "r1-value": []}, "Regel 1 (functie): kies of typ een waarde."),
        ({"name": "X", "deel": []}, "Zet ten minste één regel in de selectie."),
        ({"name": "X" * 200}, "Kort de naam in tot 120 tekens."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(coordinator, drenthe, values, says):
    page = press(coordinator, coordinator.page(NEW), bewaar="1", **values)

    assert "Dit is nog niet bewaard." in page.text
    assert says in page.text
    [name] = [n for n in page.all("input") if n.attrs.get("name") == "name"]
    assert name.attrs["value"] == values["name"]


def test_a_row_that_is_refused_is_pointed_at(coordinator, people):
    two = press(coordinator, coordinator.page(NEW), erbij="0", veld0="gemeente")
    page = press(coordinator, two, **{"r2-value": "Zeist, Bergen"}, name="X", bewaar="1")

    assert "Regel 2 (gemeente): “Bergen” kan" in page.text
    assert "#r2" in page.links().values()
    [typed] = [n for n in page.all("input") if n.attrs.get("id") == "r2-value"]
    assert typed.attrs["value"] == "Zeist, Bergen"


@pytest.mark.parametrize("values", [{"deel": ["rx"]}, {"deel": ["r1"], "r1-field": "kleur"}])
def test_a_form_that_is_none_of_ours_is_refused(coordinator, people, values):
    token = coordinator.page(NEW)
    csrf = next(n for n in token.all("input") if n.attrs.get("name") == "csrf_token")
    sent = {"csrf_token": csrf.attrs["value"]} | values
    assert coordinator.post(NEW, data=sent).status_code == 422


def test_it_is_changed_copied_and_removed(coordinator, drenthe):
    here = f"{ALL}{drenthe.id}"
    coordinator.submit(f"{here}/wijzig", name="Drenthe en Utrecht", **{
        "deel": ["r1"], "r1-value": ["Drenthe", "Utrecht"], "bewaar": "1"})  # fmt: skip
    assert "in Drenthe of Utrecht" in coordinator.page(here).text

    copied = coordinator.submit(here, f"{here}/kopie")
    assert copied.location.endswith("/wijzig")
    assert coordinator.submit(f"{here}/verwijder").status_code == 303
    assert coordinator.get(here).status_code == 404
    assert list(coordinator.page(ALL).links()).count("Drenthe en Utrecht (kopie)") == 1


def test_of_two_who_change_it_the_second_sees_what_happened(coordinator, drenthe):
    here = f"{ALL}{drenthe.id}/wijzig"
    stale = Form(coordinator.page(here), here)
    coordinator.submit(here, name="Drenthe nu", deel=["r1"], bewaar="1")

    late = coordinator.post(here, data=stale.values | {"name": "Mijn Drenthe", "bewaar": "1"})

    assert late.status_code == 422
    assert "Een collega wijzigde deze selectie" in late.text


def test_a_letter_goes_to_a_selectie_and_keeps_it(coordinator, drenthe):
    make_contact("Zwolle", "raad@zwolle.example", function=Function.RAADSLID)
    make_campaign()  # with its sender
    made = coordinator.submit(
        "/kantoor/brieven/nieuw", name="Oproep", segment="Drenthe", functions=["griffier"]
    )
    assert made.status_code == 303, made.text

    step = coordinator.page("/kantoor/brieven/oproep/stap/1")
    assert "2 adressen" in step.text
    assert "Selectie Drenthe: iedereen in Drenthe." in step.text
    form = Form(
        coordinator.page("/kantoor/brieven/oproep/wijzig"), "/kantoor/brieven/oproep/wijzig"
    )
    assert form.values["segment"] == "Drenthe"
    assert "Oproep" in coordinator.page(f"{ALL}{drenthe.id}").links()
    refused = coordinator.page(f"{ALL}{drenthe.id}/verwijder")
    assert "Dat kan niet: Oproep gebruikt deze selectie." in refused.text


def test_the_form_leaves_an_expression_of_a_file_as_it_is(coordinator, drenthe):
    campaign = make_campaign(
        slug="los", audience={"role": ["griffier"], "segment": dict(drenthe.expression)}
    )

    coordinator.submit(f"/kantoor/brieven/{campaign.slug}/wijzig", kenmerk="NIEUW")

    db.session.expire_all()
    assert campaign.kenmerk == "NIEUW"
    assert campaign.audience == {"role": ["griffier"], "segment": drenthe.expression}


def test_a_reader_looks_and_makes_nothing(reader, drenthe):
    page = reader.page(f"{ALL}{drenthe.id}")

    assert "2 contacten" in page.text
    assert "Wijzig de selectie" not in page.links()
    assert reader.get(NEW).status_code == 403
    assert "Maak een selectie" not in reader.page(ALL).links()


def test_many_selecties_take_no_more_queries(coordinator, drenthe, query_count):
    coordinator.page(ALL)
    with query_count() as few:
        coordinator.page(ALL)
    for _ in range(5):
        selections.copy(drenthe, by=SYSTEM, now=NOON)
    db.session.commit()
    with query_count() as many:
        coordinator.page(ALL)

    assert many.count == few.count <= 12
