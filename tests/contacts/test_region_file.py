"""Regions as a list: read in, written out, and read in again without a change."""

from datetime import timedelta

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.contacts import region_file, regions
from outreach.contacts.models import RegionKind
from outreach.contacts.region_file import Summary
from outreach.db import db
from outreach.errors import Invalid, Refused
from tests.conftest import NOON
from tests.factories import make_region

pytestmark = pytest.mark.usefixtures("app")


def take(*lines: str, **options) -> Summary:
    data = "\r\n".join(lines).encode()
    later = NOON + timedelta(days=1)
    took = region_file.take_over("regios.csv", data, by=SYSTEM, now=later, **options)
    db.session.commit()
    return took


def there() -> dict[str, tuple[str, list[str]]]:
    return {
        f"{one.region.kind.value}:{one.region.name}": (
            one.region.partner,
            [gemeente.name for gemeente in regions.members(one.region)],
        )
        for one in regions.everything()
    }


def test_each_line_is_a_gemeente_of_a_region_with_its_partner():
    took = take(
        "Gemeente;Regio;Soort;Partner;E-mail",
        "Den Bosch;Hart van Brabant;GGD;Stichting Hart;post@hart.example",
        "GM0855;Hart van Brabant;ggd;;",
        "Zeist;Midden;jeugdregio;;",
    )

    assert (took.new, took.changed, took.unchanged, took.refused) == (2, 0, 0, [])
    assert there() == {
        "ggd:Hart van Brabant": ("Stichting Hart", ["'s-Hertogenbosch", "Tilburg"]),
        "jeugdregio:Midden": ("", ["Zeist"]),
    }


def test_lines_that_say_nothing_we_know_are_told_and_left_out():
    took = take(
        "gemeente,regio,soort,partner",
        "Bergen,Noord,,",
        "Nergens,Noord,,",
        "Zeist,,,",
        "Zeist,Noord,waterschap,",
        "Zeist,Noord,,Een",
        "Soest,Noord,,Twee",
    )

    assert [row["line"] for row in took.refused] == [2, 3, 4, 5, 7]
    assert "GM0373" in took.refused[0]["reason"]
    assert there() == {"eigen:Noord": ("Een", ["Zeist"])}


def test_what_is_written_is_read_again_without_a_change():
    make_region("=Noord", "Zeist", "Soest", partner="Stichting; Noord", partner_phone="030 1")
    make_region("Leeg", kind=RegionKind.OWN)
    before = there()

    took = region_file.take_over("r.csv", region_file.to_csv(), by=SYSTEM, now=NOON)

    assert (took.new, took.changed, took.unchanged, took.refused) == (0, 0, 2, [])
    assert there() == before


def test_a_gemeente_moves_between_two_regions_of_one_file_and_not_to_a_third():
    make_region("Oost", "Zeist", "Soest")
    make_region("West", "Baarn")
    make_region("Zuid", "Delft")

    took = take("gemeente;regio;soort", "Soest;Oost;ggd", "Zeist;West;ggd", "Baarn;West;ggd")
    assert (took.changed, there()["ggd:West"]) == (2, ("", ["Baarn", "Zeist"]))

    with pytest.raises(Refused, match=r"Delft \(in Zuid\)"):
        take("gemeente;regio;soort", "Delft;West;ggd")


@pytest.mark.parametrize("first", ["plaats;regio", "gemeente;partner", ""])
def test_a_file_without_its_columns_is_refused(first):
    with pytest.raises(Invalid):
        take(first, "Zeist;Noord")
