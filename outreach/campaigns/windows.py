"""When letters may leave: days and hours, Dutch time, with or without holidays."""

from datetime import date, datetime, time, timedelta
from functools import cache

from dateutil.easter import easter
from sqlalchemy import ColumnElement, and_

from outreach.campaigns.models import Campaign
from outreach.clock import at_wall, dutch_date, to_wall

WORKDAYS = 0b0011111
EVERY_DAY = 0b1111111
#: What a letter that is written in the browser begins with.
OFFICE_HOURS = (8 * 60, 18 * 60)


@cache
def _holidays(year: int) -> frozenset[date]:
    """By the Algemene termijnenwet, and Goede Vrijdag."""
    sunday = easter(year)
    of_easter = {sunday + timedelta(days=n) for n in (-2, 0, 1, 39, 49, 50)}
    kings_day = date(year, 4, 27)
    kings_day -= timedelta(days=kings_day.weekday() == 6)
    fixed = {date(year, 1, 1), kings_day, date(year, 12, 25), date(year, 12, 26)}
    liberation = {date(year, 5, 5)} if year % 5 == 0 else set[date]()
    return frozenset(of_easter | fixed | liberation)


def is_holiday(day: date) -> bool:
    """A Dutch public holiday, Koningsdag included."""
    return day in _holidays(day.year)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not is_holiday(day)


def add_working_days(day: date, count: int) -> date:
    """The working day `count` working days after `day`, or before it when negative."""
    one = 1 if count > 0 else -1
    while count:
        day += timedelta(days=one)
        count -= one * is_working_day(day)
    return day


def open_now(now: datetime) -> ColumnElement[bool]:
    """SQL: campaigns whose window is open at this moment."""
    wall = to_wall(now)
    minute = wall.hour * 60 + wall.minute
    conditions = [
        Campaign.window_days.op("&")(1 << wall.weekday()) != 0,
        Campaign.window_from <= minute,
        Campaign.window_until > minute,
    ]
    if is_holiday(wall.date()):
        conditions.append(Campaign.window_holidays.is_(True))
    return and_(*conditions)


def is_open(campaign: Campaign, moment: datetime) -> bool:
    wall = to_wall(moment)
    minute = wall.hour * 60 + wall.minute
    return (
        _open_day(campaign, wall.date()) and campaign.window_from <= minute < campaign.window_until
    )


def next_opening(campaign: Campaign, moment: datetime) -> datetime:
    """`moment` when the window is open then, else the first moment after it that is."""
    if is_open(campaign, moment):
        return moment
    opens = time(campaign.window_from // 60, campaign.window_from % 60)
    day = dutch_date(moment)
    for ahead in range(366):
        candidate = at_wall(day + timedelta(days=ahead), opens)
        if candidate > moment and _open_day(campaign, day + timedelta(days=ahead)):
            return candidate
    raise ValueError("the window never opens")  # files.py and writing.py refuse such a window


def _open_day(campaign: Campaign, day: date) -> bool:
    if not campaign.window_days & (1 << day.weekday()):
        return False
    return campaign.window_holidays or not is_holiday(day)
