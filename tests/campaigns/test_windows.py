from datetime import date

import holidays
import pytest

from outreach.campaigns import windows


@pytest.mark.parametrize("year", range(2024, 2061))
def test_public_holidays_are_those_of_the_library(year: int) -> None:
    library = holidays.country_holidays("NL", years=year)
    days = [
        date.fromordinal(n)
        for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    ]

    assert [day for day in days if windows.is_holiday(day)] == sorted(library)
