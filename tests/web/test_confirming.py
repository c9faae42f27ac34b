"""Adressen controleren: the queue in the browser, with one choice per page."""

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.contacts import channels, gemeenten
from outreach.contacts.models import Address, Channel
from outreach.db import db
from tests.factories import make_contact, make_coordinator, sign_in
from tests.web.page import Page, PageClient

QUEUE = "/kantoor/adressen/controleren"
ZEIST = f"{QUEUE}/GM0355"


def begin(client: PageClient, province: str = "") -> str:
    """Take the next gemeente; return where its page is."""
    return client.post(
        QUEUE, data={"provincie": province, "csrf_token": token(client)}
    ).headers["Location"]  # fmt: skip


def token(client: PageClient) -> str:
    page = client.page(QUEUE)
    return next(n.attrs["value"] for n in page.all("input") if n.attrs["name"] == "csrf_token")


def press(client: PageClient, where: str, decision: str, **values: str) -> str:
    """Press a button of a gemeente's page; return where it leads."""
    path, _, query = where.partition("?")
    response = client.submit(where, f"{path}/{decision}" + (f"?{query}" if query else ""), **values)
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def confirmed() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(Address.email).order_by(Address.id)))


def test_the_first_page_says_how_many_addresses_wait(coordinator: PageClient) -> None:
    make_contact("Zeist")

    page = coordinator.page("/kantoor/")

    assert page.links()["341 adressen controleren"] == QUEUE
    told = coordinator.page(QUEUE)
    assert "1 van 342 griffies klaar" in told.text
    assert "Utrecht 1 van 26" in told.text


def test_a_province_is_gone_through_with_one_press_each(coordinator: PageClient) -> None:
    where = begin(coordinator, "Flevoland")
    seen = []
    while where != QUEUE:
        seen.append(coordinator.page(where).h1)
        where = press(coordinator, where, "klopt")

    assert seen == ["Almere", "Dronten", "Lelystad", "Noordoostpolder", "Urk", "Zeewolde"]
    assert confirmed()[0] == "griffie@almere.nl"
    told = coordinator.page(QUEUE).text
    assert "In Flevoland is nu niets meer dat u kunt controleren." in told
    assert "Flevoland 6 van 6" in told


def test_the_page_leads_to_the_site_in_a_window_of_its_own(coordinator: PageClient) -> None:
    page = coordinator.page(ZEIST)

    site = next(a for a in page.all("a") if a.attrs.get("target") == "_blank")
    assert site.attrs["href"] == "https://zeist.nl/"
    assert "noopener" in site.attrs["rel"]
    assert "griffie@zeist.nl" in page.text


def test_each_choice_has_a_key_of_its_own(coordinator: PageClient) -> None:
    make_contact("Zeist")
    make_contact("Zeist", "griffie@driebergen.nl", basis=None)

    page = coordinator.page(ZEIST)

    keys = [n.attrs["data-key"] for n in page.nodes if "data-key" in n.attrs]
    assert sorted(keys) == sorted(set(keys))
    assert {"k", "a", "w", "l", "h", "s"} <= set(keys)


def test_a_general_address_is_taken_at_the_second_press(coordinator: PageClient) -> None:
    first = coordinator.submit(ZEIST, f"{ZEIST}/ander", email="info@zeist.nl")
    assert first.status_code == 422
    again = Page(first.text)
    assert "is een algemeen adres van de gemeente" in again.text
    sure = next(n.attrs["value"] for n in again.all("input") if n.attrs["name"] == "sure")

    other = coordinator.submit(ZEIST, f"{ZEIST}/ander", email="post@zeist.nl", sure=sure)
    assert other.status_code == 422  # the second press was about another address
    press(coordinator, ZEIST, "ander", email="info@zeist.nl", sure=sure)

    assert confirmed() == ["info@zeist.nl"]


@pytest.mark.parametrize(
    ("decision", "values", "words"),
    [
        ("ander", {"email": ""}, "Vul het e-mailadres in."),
        ("ander", {"email": "griffie"}, "is geen e-mailadres"),
        ("webformulier", {"url": "zeist"}, "Vul het webadres van het formulier in"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field(
    coordinator: PageClient, decision, values, words
) -> None:
    response = coordinator.submit(ZEIST, f"{ZEIST}/{decision}", **values)

    assert response.status_code == 422
    assert words in Page(response.text).text
    assert confirmed() == []


def test_only_a_form_and_later_lead_on_too(coordinator: PageClient) -> None:
    where = begin(coordinator, "Utrecht")

    where = press(coordinator, where, "webformulier", url="https://amersfoort.nl/contact")
    where = press(coordinator, where, "later")

    office = channels.office_of(gemeenten.find("Amersfoort").code)
    assert (office.channel, office.form_url) == (Channel.FORM, "https://amersfoort.nl/contact")
    assert coordinator.page(where).h1 == "De Bilt"
    assert "Uw laatste keuze: Baarn, later." in coordinator.page(where).text


def test_the_last_choice_is_taken_back_and_shown_again(coordinator: PageClient) -> None:
    where = press(coordinator, begin(coordinator, "Utrecht"), "klopt")

    response = coordinator.submit(where, f"{QUEUE}/ongedaan?provincie=Utrecht")

    assert response.headers["Location"] == f"{QUEUE}/GM0307?provincie=Utrecht"
    assert confirmed() == []
    assert coordinator.page(response.headers["Location"]).h1 == "Amersfoort"


def test_two_colleagues_see_two_gemeenten(app: Flask, coordinator: PageClient) -> None:
    colleague = app.test_client()
    sign_in(colleague, make_coordinator(name="Joost Brand"))

    mine, theirs = begin(coordinator, "Utrecht"), begin(colleague, "Utrecht")

    assert [coordinator.page(mine).h1, colleague.page(theirs).h1] == ["Amersfoort", "Baarn"]
    assert "Joost Brand heeft deze gemeente nu voor zich." in coordinator.page(theirs).text
    assert f"{theirs}/klopt" not in coordinator.page(theirs).source
    pressed = coordinator.post(
        theirs.replace("?", "/klopt?"),
        data={"email": "x@baarn.nl", "csrf_token": token(coordinator)},
    )
    assert pressed.headers["Location"] == mine
    assert "Een collega heeft Baarn nu voor zich." in coordinator.page(mine).text
    assert confirmed() == []


def test_a_second_press_on_a_page_of_before_changes_nothing(coordinator: PageClient) -> None:
    where = begin(coordinator)
    press(coordinator, where, "klopt")
    before = confirmed()

    coordinator.post(f"{where}/later", data={"csrf_token": token(coordinator)})

    assert confirmed() == before
    assert "Aa en Hunze is al gecontroleerd: griffie@aaenhunze.nl." in coordinator.page(where).text


def test_a_reader_looks_and_chooses_nothing(reader: PageClient) -> None:
    page = reader.page(ZEIST)

    assert "griffie@zeist.nl" in page.text
    assert [f for f in page.all("form") if "controleren" in f.attrs.get("action", "")] == []
    assert reader.post(f"{ZEIST}/klopt").status_code in (400, 403)
    assert reader.page(QUEUE).h1 == "Adressen controleren"


def test_unknown_gemeenten_and_choices_are_not_found(coordinator: PageClient) -> None:
    coordinator.page(f"{QUEUE}/GM9999", 404)
    sent = coordinator.post(f"{ZEIST}/misschien", data={"csrf_token": token(coordinator)})
    assert sent.status_code == 404


def test_the_pages_ask_few_questions(coordinator: PageClient, query_count) -> None:
    begin(coordinator, "Utrecht")
    for url, most in ((QUEUE, 6), (ZEIST, 12)):
        with query_count() as counted:
            coordinator.get(url)
        assert counted.count <= most, url
