"""The zone that stands in our files, against the time zone database, for each hour until 2041."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

from dateutil.rrule import rrulestr
from icalendar import Calendar

from outreach.calendars import feed, zone
from outreach.clock import AMSTERDAM
from tests.calendars import foreign

HOUR = timedelta(hours=1)
FIRST, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
HOURS = [FIRST + n * HOUR for n in range((END - FIRST) // HOUR)]


def changes() -> list[tuple[datetime, timedelta]]:
    """The moments at which the zone in a file says that the clock changes, and to what."""
    [written] = Calendar.from_ical(feed.single([])).walk("VTIMEZONE")
    found = []
    for observance in written.subcomponents:
        starts = observance["DTSTART"].dt
        before, after = observance["TZOFFSETFROM"].td, observance["TZOFFSETTO"].td
        rule = rrulestr(observance["RRULE"].to_ical().decode(), dtstart=starts)
        until = END.replace(tzinfo=None)
        found += [((at - before).replace(tzinfo=UTC), after) for at in rule.between(starts, until)]
    return sorted(found)


def test_the_observances_give_each_hour_its_offset() -> None:
    found = changes()
    moments = [at for at, _ in found]

    wrong = [
        hour
        for hour in HOURS
        if found[bisect_right(moments, hour) - 1][1] != hour.astimezone(AMSTERDAM).utcoffset()
    ]

    assert wrong == []
    assert len([at for at in moments if FIRST <= at < END]) == 17 * 2


def test_ical_js_gives_each_hour_on_the_clock_its_offset() -> None:
    said = foreign.ical_js_says(feed.single([]), FIRST.year, END.year)

    assert len(said) == len(HOURS)
    wrong = []
    for hour, seconds in zip(HOURS, said, strict=True):
        wall = hour.replace(tzinfo=AMSTERDAM)
        twice_or_never = wall.utcoffset() != wall.replace(fold=1).utcoffset()
        if not twice_or_never and wall.utcoffset() != timedelta(seconds=seconds):
            wrong.append(hour)
    assert wrong == []


def test_the_name_of_the_zone_is_that_of_our_clock() -> None:
    assert str(AMSTERDAM) == zone.TZID
