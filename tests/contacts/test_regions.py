"""Regions: made by hand from whatever names people paste, and one of a kind per gemeente."""

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.accounts.models import AuditEntry
from outreach.contacts import gemeenten, regions
from outreach.contacts.models import Region, RegionKind
from outreach.contacts.regions import AmbiguousRegion, UnknownRegion
from outreach.db import db
from outreach.errors import Invalid, Refused
from tests.conftest import NOON
from tests.factories import make_region

pytestmark = pytest.mark.usefixtures("app")


def names(region: Region) -> list[str]:
    return [one.name for one in regions.members(region)]


def test_a_pasted_list_is_understood_as_people_write_it():
    read = regions.typed("gemeente Zeist, Den Bosch; Nuenen, Gerwen en Nederwetten\nGM0363\tZeist")

    assert [one.name for one in read.found] == [
        "Amsterdam", "'s-Hertogenbosch", "Nuenen, Gerwen en Nederwetten", "Zeist",
    ]  # fmt: skip
    assert read.asked == {}
    assert read.unknown == {}


def test_a_name_of_two_is_asked_and_a_province_behind_it_decides():
    read = regions.typed("Bergen\nBergen, Limburg\nBergen (NH.)")

    assert [one.name for one in read.found] == ["Bergen (L)", "Bergen (NH)"]
    assert [one.name for one in read.asked["Bergen"]] == ["Bergen (NH)", "Bergen (L)"]


def test_an_unknown_name_comes_with_names_like_it():
    read = regions.typed("Amersfort, Nergenshuizen")

    assert [one.name for one in read.unknown["Amersfort"]] == ["Amersfoort"]
    assert read.unknown["Nergenshuizen"] == []


def test_a_region_has_its_gemeenten_and_partner():
    region = make_region("GGD Midden", "Zeist", "Soest", partner="Stichting Midden")

    assert names(region) == ["Soest", "Zeist"]
    assert [(one.region.name, one.count) for one in regions.everything()] == [("GGD Midden", 2)]
    assert gemeenten.find("Zeist").partners == ((RegionKind.GGD, "Stichting Midden"),)
    assert db.session.scalars(select(AuditEntry.act)).all() == ["add region"]


def test_changing_a_region_leaves_out_who_is_left_out():
    region = make_region("GGD Midden", "Zeist", "Soest")

    regions.change(
        region,
        kind=RegionKind.GGD,
        name="GGD  Midden-Nederland",
        codes=[gemeenten.find("Baarn").code],
        by=SYSTEM,
        now=NOON,
        partner_email="post@midden.example",
    )

    assert (region.name, names(region)) == ("GGD Midden-Nederland", ["Baarn"])
    assert region.partner_email == "post@midden.example"


def test_a_gemeente_is_in_one_region_of_a_kind():
    make_region("GGD Oost", "Zeist")

    with pytest.raises(Refused, match=r"één GGD: Zeist \(in GGD Oost\)"):
        make_region("GGD West", "Zeist", "Soest")
    db.session.rollback()

    assert names(make_region("Zuid", "Zeist", kind=RegionKind.JEUGDREGIO)) == ["Zeist"]


def test_regions_of_our_own_may_overlap():
    for name in ("Kern", "Rand"):
        make_region(name, "Zeist", kind=RegionKind.OWN)

    assert len(gemeenten.find("Zeist").regions) == 2


def test_a_kind_has_a_name_once_however_it_is_written():
    make_region("Zuid-Limburg")

    with pytest.raises(Refused, match="al een GGD"):
        make_region("zuid  limburg")
    with pytest.raises(Invalid, match="naam"):
        make_region(" - ")


def test_a_region_is_found_by_name_by_kind_and_by_id():
    ggd = make_region("Zuid-Limburg")
    make_region("Noord")
    youth = make_region("Zuid-Limburg", kind=RegionKind.JEUGDREGIO)

    assert regions.find("noord").name == "Noord"
    assert regions.find("jeugdregio: zuid limburg") == youth
    assert regions.find(str(ggd.id)) == ggd
    with pytest.raises(AmbiguousRegion, match="ggd:Zuid-Limburg of jeugdregio:Zuid-Limburg"):
        regions.find("Zuid-Limburg")
    with pytest.raises(UnknownRegion):
        regions.find("Midden")


def test_a_removed_region_leaves_its_gemeenten(app: Flask):
    region = make_region("Noord", "Zeist")

    regions.remove(region, by=SYSTEM, now=NOON)

    db.session.expire_all()
    assert gemeenten.find("Zeist").regions == []
    assert regions.everything() == []


def test_the_partner_is_said_where_it_is_one_name():
    of_kinds = {RegionKind.GGD: ["Stichting Midden"], RegionKind.OWN: ["Kern", "Rand"]}
    partners = [(kind, name) for kind, names in of_kinds.items() for name in names]

    said = regions.partners_said(partners)

    assert said["regiopartner.ggd"] == "Stichting Midden"
    assert said["regiopartner"] == said["regiopartner.eigen"] == ""
    assert regions.partners_said(partners[:1])["regiopartner"] == "Stichting Midden"
