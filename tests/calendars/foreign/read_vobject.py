"""What vobject reads in one calendar: `python read_vobject.py < file.ics`.

It keeps zones by their TZID for as long as a process lives, so each file has its own.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import vobject


def moment(value: datetime) -> float:
    if value.tzinfo is None:
        raise ValueError("floating time")
    return value.astimezone(UTC).timestamp()


def value(event: Any, name: str) -> str:
    return str(event.getChildValue(name, ""))


def parties(event: Any, name: str) -> list[list[str]]:
    return [
        [one.value, *(one.params.get(key, [""])[0] for key in ("CN", "PARTSTAT"))]
        for one in event.contents.get(name, [])
    ]


def entry(event: Any) -> dict[str, Any]:
    words = ("uid", "status", "summary", "location", "description")
    return {name: value(event, name) for name in words} | {
        "starts": moment(event.dtstart.value),
        "ends": moment(event.dtend.value),
        "sequence": int(event.sequence.value),
        "organizer": parties(event, "organizer"),
        "attendees": parties(event, "attendee"),
    }


calendar = vobject.readOne(sys.stdin.buffer.read().decode())
read = {
    "method": value(calendar, "method"),
    "name": value(calendar, "x-wr-calname"),
    "entries": [entry(event) for event in calendar.contents.get("vevent", [])],
}
json.dump(read, sys.stdout)
