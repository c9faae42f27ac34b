"""What a calendar answers to an invitation (RFC 5546, 3.2.3): who, about which entry, and what."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from icalendar import Calendar, Component

#: An answer is a page at most; what is longer is none.
LONGEST = 100_000
MOST = 20


class Partstat(StrEnum):
    """What someone pressed; any other word says nothing to us."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@dataclass(frozen=True)
class Reply:
    uid: str
    attendee: str  #: an address as it stands there, without mailto:
    partstat: Partstat
    stamped: datetime | None  #: when it was pressed: of two, the later one counts


def read(calendar: str) -> list[Reply]:
    """The answers in a file; nothing for what is no answer, or cannot be read."""
    if len(calendar) > LONGEST:
        return []
    try:
        parsed = Calendar.from_ical(calendar)
        if str(parsed.get("METHOD", "")).upper() != "REPLY":
            return []
        found = [_reply(event) for event in parsed.walk("VEVENT")[:MOST]]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        return []
    return [one for one in found if one is not None]


def _reply(event: Component) -> Reply | None:
    attendees = event.get("ATTENDEE")
    one = attendees[0] if isinstance(attendees, list) else attendees
    said = str(getattr(one, "params", {}).get("PARTSTAT", "")).lower()
    if one is None or said not in list(Partstat):
        return None
    address = str(one)
    if address[:7].lower() == "mailto:":
        address = address[7:]
    stamp = event.get("DTSTAMP")
    moment = getattr(stamp, "dt", None)
    if isinstance(moment, datetime):
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    else:
        moment = None
    return Reply(str(event.get("UID", "")), address.strip(), Partstat(said), moment)
