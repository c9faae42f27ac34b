"""Files that say what is on: of one meeting, to add; of many, to subscribe to."""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, vDuration

from outreach.calendars import cleaning, writing
from outreach.calendars.entry import Entry

#: How often a client should look. Google and Outlook choose for themselves.
REFRESH = timedelta(hours=6)


def single(entries: Iterable[Entry]) -> bytes:
    """The file of one meeting, a VEVENT for each of its days.

    Without METHOD it is an appointment, not an invitation. Without NAME and X-WR-CALNAME,
    for which Outlook would make a calendar of its own.
    """
    made = writing.calendar()
    writing.add(made, entries)
    return bytes(made.to_ical())


def feed(entries: Iterable[Entry], *, name: str, description: str = "", url: str = "") -> bytes:
    """A calendar to subscribe to; cancelled meetings stay in it as cancelled.

    The same rows give the same bytes, so that a client can be told that nothing changed.
    """
    made = writing.calendar()
    _add_words(made, ("name", "x-wr-calname"), name)
    _add_words(made, ("description", "x-wr-caldesc"), description)
    if url:
        made.add("url", cleaning.uri(url))
    made.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(REFRESH))
    writing.add(made, entries)
    return bytes(made.to_ical())


def _add_words(made: Calendar, names: tuple[str, str], words: str) -> None:
    """A property of RFC 7986, and the one from before it that clients know."""
    if cleaned := writing.text(words):
        for name in names:
            made.add(name, cleaned)
