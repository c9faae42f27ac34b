"""What every page about one meeting names."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from outreach.accounts.models import Sender
from outreach.calendars import subscribing
from outreach.events import feeds, hosts, parts, showing, words
from outreach.events.models import Meeting, MeetingDay, MeetingPart
from outreach.events.showing import Shown
from outreach.letters import said
from outreach.web.context import meeting_links
from outreach.wording import Language, spoken

MAP = "https://www.openstreetmap.org/search"
LOCALES = {Language.NL: "nl_NL", Language.EN: "en_GB"}  #: as Open Graph names them
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.@-])(?:\+\d|0)\d(?:[ -]?\d){7,10}(?!\w)")


def about(shown: Shown) -> dict[str, Any]:
    """Values for the templates: the meeting, whose it is, and how to say things about it."""
    meeting = shown.meeting
    sender = hosts.of(meeting)
    return {
        "shown": shown,
        "meeting": meeting,
        "sender": sender,
        "page_url": meeting_links().page(meeting),
        "contact": contact_address(meeting, sender),
        "where": words.where(meeting),
        "map_url": map_url(meeting),
        "hours": words.hours,
        "room": showing.room,
        "left": showing.left,
        "seats": showing.seats,
        "locale": LOCALES[spoken()],
        "typed_times": said.typed_times,
    } | about_parts()


def about_parts() -> dict[str, Any]:
    """How templates speak of the parts of a day (`public/_onderdelen.html`)."""
    return {
        "parts_of": parts.of_day,
        "part_hours": words.part_hours,
        "hour": said.hour,
        "part_left": parts.left,
        "part_room": parts.room,
    }


def calendar_links(
    meeting: Meeting, days: list[MeetingDay], chosen: Sequence[MeetingPart] = ()
) -> dict[str, Any]:
    """For "Zet het in uw agenda": a file of these days, and links per day for the web.

    :param chosen: parts that whoever looks comes to; the links name those alone
    """
    entries = [
        (
            day,
            feeds.entry(
                day, links=meeting_links(), chosen=[p for p in chosen if p.day_id == day.id]
            ),
        )
        for day in days
    ]
    return {
        "file_days": [day.id for day in days] if len(days) < len(meeting.days) else [],
        "web_days": [
            (day, subscribing.google_day(entry), subscribing.outlook_day(entry))
            for day, entry in entries
        ],
    }


def contact_address(meeting: Meeting, sender: Sender | None) -> str:
    """Where one mails about this meeting; "" when nobody has said."""
    if match := _EMAIL.search(meeting.contact):
        return match[0]
    return (sender.reply_to or sender.email) if sender else ""


def map_url(meeting: Meeting) -> str:
    """A search on the map, for the address; the venue when that is all there is."""
    street = meeting.address or meeting.venue
    if not street:
        return ""
    named = meeting.city.casefold() in street.casefold()
    return f"{MAP}?{urlencode({'query': street if named else f'{street}, {meeting.city}'})}"


def reachable(text: str) -> Markup:
    """Text with its e-mail addresses and telephone numbers as links."""
    found = str(escape(text))
    found = _EMAIL.sub(lambda m: f'<a href="mailto:{m[0]}">{m[0]}</a>', found)
    return Markup(_PHONE.sub(_call, found))  # noqa: S704 - escaped above


def _call(match: re.Match[str]) -> str:
    number = re.sub(r"[^\d+]", "", match[0])
    international = f"+31{number[1:]}" if number.startswith("0") else number
    return f'<a href="tel:{international}"><span class="text-nowrap">{match[0]}</span></a>'
