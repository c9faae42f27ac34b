"""Dates, times and numbers as Dutch writes them, whatever the machine's locale is.

Times have a dot and the word "uur", days and months are lower-case, a day has no leading zero
(Onze Taal, taaladvies.net).
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)
_WRITTEN = re.compile(rf"(\d{{1,2}})\s+({'|'.join(MONTHS)})\s+(\d{{4}})")
_HYPHENS = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})")


def local(moment: datetime) -> datetime:
    """A moment in Dutch time; a naive one would be somebody's guess and is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return moment.astimezone(AMSTERDAM)


def long_date(day: date) -> str:
    """
    >>> long_date(date(2026, 3, 23))
    '23 maart 2026'
    """
    day = _day(day)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def day_date(day: date) -> str:
    """
    >>> day_date(date(2026, 3, 23))
    'ma 23 maart'
    """
    day = _day(day)
    return f"{WEEKDAYS[day.weekday()][:2]} {day.day} {MONTHS[day.month - 1]}"


def day_long_date(day: date) -> str:
    """
    >>> day_long_date(date(2026, 6, 4))
    'do 4 juni 2026'
    """
    return f"{day_date(day)} {_day(day).year}"


def clock_time(moment: datetime) -> str:
    """The Dutch time of day, with minutes also at the hour: "9.00 uur"."""
    there = local(moment)
    return f"{there.hour}.{there.minute:02} uur"


def day_time(moment: datetime) -> str:
    """A moment as screens and notices write it: "ma 23 maart, 9.00 uur"."""
    return f"{day_date(local(moment))}, {clock_time(moment)}"


def parse_date(text: str) -> date | None:
    """The day that someone wrote: 4-6-2026, 04-06-2026, 4 juni 2026 or 2026-06-04."""
    text = " ".join(text.lower().split())
    try:
        if match := _WRITTEN.fullmatch(text):
            return date(int(match[3]), MONTHS.index(match[2]) + 1, int(match[1]))
        if match := _HYPHENS.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def number(value: int) -> str:
    """
    >>> number(18129929)
    '18.129.929'
    """
    return f"{value:,}".replace(",", ".")


def plural(count: int, one: str, many: str) -> str:
    """A number with its noun.

    >>> plural(1, "griffie", "griffies"), plural(322, "griffie", "griffies")
    ('1 griffie', '322 griffies')
    """
    return f"{number(count)} {one if count == 1 else many}"


def enumeration(words: Sequence[str], last: str = "en") -> str:
    """
    >>> enumeration(["Haarlem", "Rotterdam", "Zeist"])
    'Haarlem, Rotterdam en Zeist'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _day(day: date) -> date:
    # A moment is a date to Python too; its day is the Dutch one, also just after midnight.
    return local(day).date() if isinstance(day, datetime) else day
