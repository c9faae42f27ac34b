"""Dates, times and lists for who reads a page or a mail about a registration, in their language.

Letters to gemeenten are Dutch whatever is spoken, and use `dutch`.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time

from outreach.letters import dutch
from outreach.wording import Language, _n, number, spoken

__all__ = ["number"]

_TYPED = re.compile(r"(?<!\d)(\d{1,2})\.(\d{2})(?!\d)")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SHORT = {Language.NL: 2, Language.EN: 3}  #: letters of a short weekday


def weekday(day: date) -> str:
    """ "maandag", "Monday" """
    names = dutch.WEEKDAYS if _dutch() else WEEKDAYS
    return names[_day(day).weekday()]


def short_weekday(day: date) -> str:
    """ "ma", "Mon" """
    return weekday(day)[: SHORT[spoken()]]


def month(day: date) -> str:
    """ "maart", "March" """
    return (dutch.MONTHS if _dutch() else MONTHS)[_day(day).month - 1]


def long_date(day: date) -> str:
    """ "23 maart 2026", "23 March 2026" """
    return f"{_day(day).day} {month(day)} {_day(day).year}"


def day_date(day: date) -> str:
    """ "ma 23 maart", "Mon 23 March" """
    return f"{short_weekday(day)} {_day(day).day} {month(day)}"


def day_long_date(day: date) -> str:
    """ "do 4 juni 2026", "Thu 4 June 2026" """
    return f"{day_date(day)} {_day(day).year}"


def hour(moment: datetime) -> str:
    """ "9.03", "9:03": the time of day in the Netherlands, without a word."""
    return wall_time(dutch.local(moment).time())


def wall_time(wall: time) -> str:
    """The same of a wall's time: "9.03", "9:03"."""
    return f"{wall.hour}{'.' if _dutch() else ':'}{wall.minute:02}"


def typed_times(text: str) -> str:
    """Times that a coordinator typed: "10.00–10.30", "10:00–10:30"."""
    return text if _dutch() else _TYPED.sub(r"\1:\2", text)


def clock_time(moment: datetime) -> str:
    """ "9.00 uur", "9:00" """
    return f"{hour(moment)} uur" if _dutch() else hour(moment)


def day_time(moment: datetime) -> str:
    """ "ma 23 maart, 9.00 uur", "Mon 23 March, 9:00" """
    return f"{day_date(dutch.local(moment))}, {clock_time(moment)}"


def plural(count: int, one: str, many: str) -> str:
    """A number with its noun: "1 griffie", "322 griffies"; the nouns are in the catalogue."""
    return f"{number(count)} {_n(one, many, count)}"


def enumeration(words: Sequence[str], last: str = "en") -> str:
    """ "Haarlem, Rotterdam en Zeist", "Haarlem, Rotterdam and Zeist" """
    english = {"en": "and", "of": "or"}
    return dutch.enumeration(words, last if _dutch() else english[last])


def _dutch() -> bool:
    return spoken() is Language.NL


def _day(day: date) -> date:
    return dutch.local(day).date() if isinstance(day, datetime) else day
