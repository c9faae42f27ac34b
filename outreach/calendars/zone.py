"""The Netherlands' time zone, written by hand.

icalendar's own VTIMEZONE lists its onsets as RDATEs, of which ical.js and vobject read only
the first: a meeting in June then stands an hour off. Two observances with a rule are read
alike by every reader. They hold from 1996, when October became the end of summer time.
"""

from functools import cache

from icalendar import Component, Timezone

TZID = "Europe/Amsterdam"
VTIMEZONE = f"""\
BEGIN:VTIMEZONE
TZID:{TZID}
BEGIN:DAYLIGHT
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""


@cache
def component() -> Component:
    """The VTIMEZONE of every file; nobody changes it."""
    return Timezone.from_ical(VTIMEZONE)
