"""When councils change: election day, and the day on which the new council takes its seats."""

from datetime import date, timedelta

_FIRST = 2022  #: a year of elections; they return every four years (Kieswet, art. C 4)
#: From election day to the day of the oath, as it was in 2022 and 2026.
_UNTIL_OATH = timedelta(days=14)


def election_day(year: int) -> date | None:
    """The Wednesday of 16 to 22 March (Kieswet, art. F 1), in a year that has one.

    >>> election_day(2026)
    datetime.date(2026, 3, 18)
    """
    if (year - _FIRST) % 4:
        return None
    sixteenth = date(year, 3, 16)
    return sixteenth + timedelta(days=(2 - sixteenth.weekday()) % 7)


def awaited(day: date) -> date | None:
    """When the new council begins, for a day between its election and its oath; else None."""
    elected = election_day(day.year)
    if elected and elected <= day < elected + _UNTIL_OATH:
        return elected + _UNTIL_OATH
    return None
