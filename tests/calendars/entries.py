"""Entries to write: made up, with what a test does not care about filled in."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from outreach.calendars.entry import Entry, Party
from outreach.clock import at_wall

HAARLEM = at_wall(date(2026, 6, 4), time(13, 30))  #: summer: 11.30 UTC
ZEIST = at_wall(date(2026, 11, 17), time(13, 30))  #: winter: 12.30 UTC
REVISED = datetime(2026, 3, 2, 9, tzinfo=UTC)
COALITION = Party("Coalitie tegen eenzaamheid", "agenda@coalitie.example")
JAN = Party("Jan de Vries", "j.devries@raad.example")


def make_entry(**values: Any) -> Entry:
    starts = values.get("starts", HAARLEM)
    defaults = {
        "uid": "5b0c1d34-haarlem@coalitie.example",
        "sequence": 0,
        "starts": starts,
        "ends": starts + timedelta(hours=3),
        "summary": "Bijeenkomst in Haarlem",
        "created": REVISED - timedelta(days=1),
        "revised": REVISED,
    }
    return Entry(**(defaults | values))
