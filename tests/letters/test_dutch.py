import doctest
from datetime import UTC, date, datetime

import pytest

from outreach.letters import dutch


def test_a_moment_is_told_in_dutch_time():
    assert dutch.day_time(datetime(2026, 3, 23, 8, 0, tzinfo=UTC)) == "ma 23 maart, 9.00 uur"
    assert dutch.day_time(datetime(2026, 7, 1, 11, 5, tzinfo=UTC)) == "wo 1 juli, 13.05 uur"


def test_the_day_of_a_moment_is_the_dutch_day():
    just_after_midnight = datetime(2026, 6, 3, 22, 30, tzinfo=UTC)

    assert dutch.long_date(just_after_midnight) == "4 juni 2026"
    assert dutch.day_date(just_after_midnight) == "do 4 juni"


def test_a_moment_without_its_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        dutch.day_time(datetime(2026, 3, 23, 9, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    "written", ["4-6-2026", "04-06-2026", "4 juni 2026", "4  Juni 2026", "2026-06-04"]
)
def test_a_date_is_read_as_people_write_it(written):
    assert dutch.parse_date(written) == date(2026, 6, 4)


@pytest.mark.parametrize("written", ["", "juni 2026", "31-2-2026", "4/6/2026", "morgen"])
def test_what_is_no_date_is_none(written):
    assert dutch.parse_date(written) is None


def test_days_and_numbers_are_written_as_dutch_does():
    assert dutch.long_date(date(2026, 3, 1)) == "1 maart 2026"
    assert dutch.day_long_date(date(2026, 11, 17)) == "di 17 november 2026"
    assert dutch.number(18129929) == "18.129.929"
    assert dutch.plural(1, "griffie", "griffies") == "1 griffie"
    assert dutch.plural(1342, "griffie", "griffies") == "1.342 griffies"


def test_an_enumeration_ends_with_en():
    assert dutch.enumeration([]) == ""
    assert dutch.enumeration(["Zeist"]) == "Zeist"
    assert dutch.enumeration(["raad", "college"], "of") == "raad of college"


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(dutch).failed == 0
