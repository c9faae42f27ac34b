"""Regio’s: made from pasted names, changed, taken over from a list, removed."""

import io

from outreach.contacts import gemeenten, regions
from outreach.contacts.models import RegionKind
from outreach.db import db
from tests.factories import make_campaign, make_region, make_sender
from tests.web.page import Page, PageClient

LIST = "/kantoor/adressen/regios"
NEW = f"{LIST}/nieuw"


def test_a_region_is_made_from_a_pasted_list(coordinator: PageClient) -> None:
    assert "Er zijn nog geen regio’s." in coordinator.page(LIST).text

    asked = coordinator.submit(NEW, name="Kust", kind="eigen", gemeenten="Bergen, Zandvort, Texel")
    assert asked.status_code == 422
    told = Page(asked.text).text
    assert "“Bergen” kan Bergen (NH) (GM0373) of Bergen (L) (GM0893) zijn." in told
    assert "“Zandvort” kennen wij niet. Bedoelt u Zandvoort?" in told

    made = coordinator.submit(
        NEW, name="Kust", kind="eigen", gemeenten="Bergen (NH)\nTexel", partner="Stichting Kust"
    )
    assert made.status_code == 303
    page = coordinator.page(LIST)
    assert "Kust eigen regio 2 Stichting Kust" in page.text


def test_a_region_is_changed_and_keeps_what_is_left(coordinator: PageClient) -> None:
    region = make_region("GGD Midden", "Zeist", "Soest")
    make_region("GGD Oost", "Baarn")
    url = f"{LIST}/{region.id}"
    assert "Soest\nZeist" in coordinator.page(url).source

    twice = coordinator.submit(url, gemeenten="Zeist, Baarn")
    assert twice.status_code == 422
    assert "Baarn (in GGD Oost)" in Page(twice.text).text

    coordinator.submit(url, gemeenten="Zeist", partner_email="post@midden.example")
    db.session.expire_all()
    assert [str(one) for one in regions.members(region)] == ["Zeist"]
    assert region.partner_email == "post@midden.example"


def test_a_list_is_taken_over_and_written(coordinator: PageClient) -> None:
    lines = "gemeente;regio;soort\nZeist;Midden;ggd\nNergens;Midden;ggd\n"
    file = (io.BytesIO(lines.encode()), "regios.csv")

    sent = coordinator.submit(LIST, file=file)

    assert sent.status_code == 303
    told = coordinator.page(LIST).text
    assert "1 nieuwe regio’s" in told
    assert "Regel 3 is niet overgenomen: De gemeente “Nergens” kennen wij niet." in told
    written = coordinator.get(f"{LIST}/regios.csv").data.decode("utf-8-sig")
    assert written.splitlines()[1] == "Zeist;Midden;ggd;;;"


def test_a_region_that_a_letter_or_selectie_uses_stays(coordinator: PageClient) -> None:
    region = make_region("GGD Midden", "Zeist")
    url = f"{LIST}/{region.id}/verwijder"
    letter = make_campaign(name="Oproep", audience={"except": {"region": [str(region.id)]}})

    assert coordinator.submit(f"{LIST}/{region.id}", name="GGD Midden").status_code == 303
    assert "wordt nog gebruikt door Oproep" in coordinator.page(url).text
    letter.audience = {}
    db.session.commit()
    coordinator.submit(url)

    assert regions.everything() == []
    assert gemeenten.find("Zeist").regions == []


def test_a_letter_is_written_to_a_region_in_the_browser(coordinator: PageClient) -> None:
    make_sender()
    region = make_region("Kern", "Zeist", kind=RegionKind.OWN)

    page = coordinator.page("/kantoor/brieven/nieuw")

    assert "eigen regio Kern" in page.text
    boxes = [n for n in page.all("input") if n.attrs.get("name") == "regions"]
    assert [n.attrs["value"] for n in boxes] == [str(region.id)]


def test_a_reader_sees_regions_and_changes_none(reader: PageClient) -> None:
    region = make_region("GGD Midden", "Zeist")

    assert "GGD Midden" in reader.page(LIST).text
    assert reader.get(f"{LIST}/{region.id}").status_code == 403
    assert reader.get(NEW).status_code == 403
