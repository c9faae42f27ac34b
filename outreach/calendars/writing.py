"""From entries to bytes: what files, feeds and invitations have in common."""

from collections.abc import Iterable
from datetime import UTC, datetime

from icalendar import Calendar, Event, vText, vUri

from outreach.calendars import cleaning, zone
from outreach.calendars.cleaning import BadEntry
from outreach.calendars.entry import Entry
from outreach.clock import AMSTERDAM

PRODID = "-//Outreach//Bijeenkomsten//NL"
OFF = "GEANNULEERD: "  #: Outlook's subscriptions show a cancelled meeting as if it goes on


class Text(vText):
    """TEXT as RFC 5545 (3.3.11) has it.

    icalendar takes the `\\N` in `C:\\Notulen` for a line break.
    """

    def to_ical(self) -> bytes:
        escaped = str(self)
        for character in "\\;,":
            escaped = escaped.replace(character, f"\\{character}")
        return escaped.replace("\n", "\\n").encode()


def text(value: str) -> Text:
    """What someone typed, as it may stand in a calendar."""
    return Text(cleaning.text(value))


def calendar(method: str = "") -> Calendar:
    """An empty calendar with our zone: valid as it is, since it has one component."""
    made = Calendar()
    made.add("version", "2.0")
    made.add("prodid", PRODID)
    made.add("calscale", "GREGORIAN")
    if method:
        made.add("method", method)
    made.add_component(zone.component())
    return made


def add(made: Calendar, entries: Iterable[Entry]) -> None:
    """Put entries in, by time, so that the same rows give the same bytes.

    :raises BadEntry: two with one UID, of which a client would keep one
    """
    seen: set[str] = set()
    for entry in sorted(entries, key=lambda one: (one.starts.astimezone(UTC), one.uid)):
        if entry.uid in seen:
            raise BadEntry(f"De UID {entry.uid} staat twee keer in een agenda.")
        seen.add(entry.uid)
        event = vevent(entry, stamped=entry.revised, sequence=entry.sequence)
        event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
        made.add_component(event)


def vevent(entry: Entry, *, stamped: datetime, sequence: int) -> Event:
    """One VEVENT without its STATUS, on which files and invitations differ."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", sequence)
    event.add("dtstamp", stamped.astimezone(UTC))
    event.add("created", entry.created.astimezone(UTC))
    event.add("last-modified", entry.revised.astimezone(UTC))
    _add_times(event, entry)
    event.add("summary", text((OFF if entry.cancelled else "") + entry.summary))
    event.add("transp", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    for name, words in (("location", entry.location), ("description", _description(entry))):
        if cleaned := text(words):
            event.add(name, cleaned)
    if entry.url:
        event.add("url", cleaning.uri(entry.url))
    if entry.conference:
        given = {"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": "Online meedoen"}
        event.add("conference", vUri(cleaning.uri(entry.conference), params=given))
    if categories := [one for one in map(cleaning.text, entry.categories) if one]:
        event.add("categories", categories)
    for uid in entry.related:
        event.add("related-to", uid, parameters={"RELTYPE": "SIBLING"})
    return event


def _add_times(event: Event, entry: Entry) -> None:
    """Dutch time, but UTC in the night in which an hour comes twice.

    A wall time with a TZID means the first of the two (RFC 5545, 3.3.5); readers differ.
    """
    dutch = [moment.astimezone(AMSTERDAM) for moment in (entry.starts, entry.ends)]
    twice = any(one.replace(fold=0).utcoffset() != one.replace(fold=1).utcoffset() for one in dutch)
    starts, ends = [one.astimezone(UTC) for one in dutch] if twice else dutch
    event.add("dtstart", starts)
    event.add("dtend", ends)


def _description(entry: Entry) -> str:
    """With the link to take part: few clients show CONFERENCE."""
    if not entry.conference or entry.conference in entry.description:
        return entry.description
    return f"{entry.description}\n\nOnline meedoen: {entry.conference}".strip()
