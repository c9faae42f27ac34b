"""When raden meet: one at a time, from a file, and what of a file cannot be read."""

from datetime import date

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.contacts import directory, gemeenten, sittings
from outreach.contacts.models import SittingKind
from outreach.contacts.sittings import Typed
from outreach.errors import Invalid, Unknown
from tests.conftest import NOON

pytestmark = pytest.mark.usefixtures("app")

WHEN = {"by": SYSTEM, "now": NOON}
DAY = date(2026, 3, 12)
FILE = """gemeente;datum;soort;bron
Zeist;12-03-2026;;https://zeist.example/rooster
GM0014;2026-03-25;raad;de griffie
Den Bosch;2026-04-07;commissie;
Zeits;2026-03-25;;
Bergen;2026-03-25;;
Assen;31-4-2026;;
Assen;2026-04-30;presidium;
Assen;1926-04-30;;
;2026-04-30;;
"""


def code(name: str) -> str:
    return gemeenten.find(name).code


def known() -> list[tuple[str, date, str, str]]:
    found = sittings.everything()
    return [(one.gemeente.name, one.day, one.kind.value, one.source) for one in found]


def test_a_vergadering_is_there_once_and_its_day_can_change() -> None:
    made = sittings.add(Typed(code("Zeist"), DAY, source="  de   griffie "), **WHEN)
    sittings.add(Typed(code("Zeist"), DAY, SittingKind.COMMISSIE), **WHEN)
    assert made.source == "de griffie"

    for wrong in (
        Typed(code("Zeist"), DAY),
        Typed(code("Zeist"), date(226, 3, 12)),
        Typed(code("Zeist"), DAY, source="x" * 301),
    ):
        with pytest.raises(Invalid):
            sittings.add(wrong, **WHEN)
    sittings.change(made, Typed(code("Zeist"), date(2026, 3, 19)), **WHEN)
    with pytest.raises(Invalid, match="staat al in de lijst"):
        sittings.change(made, Typed(code("Zeist"), DAY, SittingKind.COMMISSIE), **WHEN)
    sittings.remove(sittings.find(code("Zeist"), DAY, SittingKind.COMMISSIE), **WHEN)
    with pytest.raises(Unknown):
        sittings.find(code("Zeist"), DAY, SittingKind.COMMISSIE)

    assert known() == [("Zeist", date(2026, 3, 19), "raad", "")]


def test_of_a_file_the_good_lines_are_added_and_the_bad_ones_told() -> None:
    sittings.add(Typed(code("Assen"), DAY, source="eigen"), **WHEN)
    took = sittings.take_over("lijst.csv", FILE.encode(), **WHEN)

    assert (took.new, took.changed, took.unchanged) == (3, 0, 0)
    assert [row["line"] for row in took.refused] == [5, 6, 7, 8, 9, 10]
    assert "Bedoelt u" in took.refused[0]["reason"]
    assert took.refused[2]["text"] == "Assen · 31-4-2026"
    assert ("Assen", DAY, "raad", "eigen") in known()
    assert ("'s-Hertogenbosch", date(2026, 4, 7), "commissie", "") in known()
    assert ("Groningen", date(2026, 3, 25), "raad", "de griffie") in known()


def test_the_list_as_a_file_is_the_same_list() -> None:
    sittings.take_over("lijst.csv", FILE.encode(), **WHEN)
    before, data = known(), sittings.to_csv()

    again = sittings.take_over("x.csv", data, **WHEN)
    other = sittings.take_over("x.csv", b"gemeente,datum,bron\nZeist,2026-03-12,=1+1\n", **WHEN)

    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
    assert (other.changed, len(before)) == (1, 3)
    sittings.take_over("x.csv", sittings.to_csv(), **WHEN)
    assert ("Zeist", DAY, "raad", "=1+1") in known()
    with pytest.raises(Invalid, match="De kolom datum ontbreekt"):
        sittings.take_over("x.csv", b"gemeente,soort\nZeist,raad\n", **WHEN)


def test_the_next_of_a_gemeente_is_of_its_raad_and_not_over() -> None:
    for day, kind in (
        (date(2026, 3, 10), SittingKind.RAAD),
        (date(2026, 3, 20), SittingKind.COMMISSIE),
        (date(2026, 4, 9), SittingKind.RAAD),
        (DAY, SittingKind.RAAD),
    ):
        sittings.add(Typed(code("Zeist"), day, kind), **WHEN)

    found = [
        directory.staff(code("Zeist"), today=day).next_sitting for day in (DAY, date(2026, 3, 13))
    ]

    assert found == [DAY, date(2026, 4, 9)]
    assert directory.staff(code("Assen"), today=DAY).next_sitting is None
    assert sittings.days_of_raden(since=DAY) == {code("Zeist"): [DAY, date(2026, 4, 9)]}
    assert sittings.past(before=DAY).total == 1
