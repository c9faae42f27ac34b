"""When councils do not meet: the table that comes along, changing it, and who follows what."""

from datetime import date

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.contacts import gemeenten, recesses
from outreach.contacts.models import RecessRegion
from outreach.contacts.recesses import Typed
from outreach.errors import Invalid
from tests.conftest import NOON

pytestmark = pytest.mark.usefixtures("app")

MAY = date(2026, 4, 27)
WHEN = {"by": SYSTEM, "now": NOON}


def follows(name: str) -> str:
    return recesses.followed(gemeenten.find(name)).value


def test_the_holidays_of_these_years_are_there() -> None:
    calendar = recesses.calendar()

    summer = calendar.within(RecessRegion.ZUID, date(2026, 7, 13))

    assert str(summer) == "zomervakantie"
    assert calendar.within(RecessRegion.NOORD, date(2026, 8, 17)) is None
    for region in recesses.REGIONS:
        assert str(calendar.within(region, MAY)) == "meivakantie"
        days = {one.from_day.year for one in calendar.recesses if one.region in (region, "overal")}
        assert days == {2025, 2026, 2027, 2028}


def test_a_gemeente_follows_its_province_unless_it_is_apart() -> None:
    assert [follows(name) for name in ("Assen", "Hattem", "Eemnes", "Zwolle")] == ["noord"] * 4
    assert [follows(name) for name in ("Tiel", "Zeist", "Zeewolde", "Altena")] == ["midden"] * 4
    assert [follows(name) for name in ("Arnhem", "Breda", "Goes", "Maastricht")] == ["zuid"] * 4


def test_someone_may_choose_another_region_and_go_back() -> None:
    tiel = gemeenten.find("Tiel")

    recesses.follow(tiel, RecessRegion.ZUID, **WHEN)
    assert (follows("Tiel"), recesses.apart()) == ("zuid", [tiel])
    assert recesses.calendar().region_of(tiel.code) is RecessRegion.ZUID

    recesses.follow(tiel, RecessRegion.MIDDEN, **WHEN)
    assert (follows("Tiel"), recesses.apart()) == ("midden", [])


def test_a_recess_has_a_name_and_days_in_order_and_is_there_once() -> None:
    typed = Typed("  week  vrij", RecessRegion.ZUID, date(2026, 3, 2), date(2026, 3, 6))
    assert recesses.add(typed, **WHEN).name == "week vrij"

    for name, first, last in (
        ("week vrij", date(2026, 3, 2), date(2026, 3, 6)),
        (" ", date(2026, 3, 9), date(2026, 3, 13)),
        ("week", date(2026, 3, 13), date(2026, 3, 9)),
        ("jaar", date(2026, 3, 9), date(2027, 3, 9)),
    ):
        with pytest.raises(Invalid):
            recesses.add(Typed(name, RecessRegion.ZUID, first, last), **WHEN)


def test_the_table_as_a_file_is_the_same_table() -> None:
    before, data = [vars(one) for one in recesses.listed()], recesses.to_csv()

    assert recesses.take_over("reces.csv", data, **WHEN) == len(before)
    assert recesses.to_csv() == data


def test_a_line_that_cannot_be_read_leaves_the_table_as_it_was() -> None:
    data = recesses.to_csv()

    for line in ("mei;overal;27-4-2026;2026-05-99", "mei;west;27-4-2026;1-5-2026"):
        with pytest.raises(Invalid, match=r"^Regel 2: "):
            recesses.take_over("x.csv", f"naam;regio;van;t/m\n{line}\n".encode(), **WHEN)
    with pytest.raises(Invalid, match="De kolom van en tot en met ontbreekt"):
        recesses.take_over("x.csv", b"naam;regio\nmei;zuid\n", **WHEN)
    assert recesses.to_csv() == data
