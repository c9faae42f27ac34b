"""Links that put a meeting, or all of them, in a calendar on the web.

What stands in them goes to Google or Microsoft: only what the public page says.
"""

from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlencode

from outreach.calendars import cleaning
from outreach.calendars.entry import Entry
from outreach.calendars.zone import TZID
from outreach.clock import to_wall

GOOGLE = "https://calendar.google.com/calendar"
OUTLOOK = "https://outlook.office.com/calendar/0"


def webcal(url: str) -> str:
    """The feed as a link that opens Outlook or Apple's calendar."""
    _, _, rest = cleaning.uri(url).partition("://")
    return f"webcal://{rest}"


@lru_cache(maxsize=256)
def google_day(entry: Entry) -> str:
    """Add one day to Google's calendar."""
    given = {
        "action": "TEMPLATE",
        "text": cleaning.text(entry.summary),
        "dates": f"{to_wall(entry.starts):%Y%m%dT%H%M%S}/{to_wall(entry.ends):%Y%m%dT%H%M%S}",
        "ctz": TZID,
        "details": _details(entry),
        "location": cleaning.text(entry.location),
    }
    return f"{GOOGLE}/render?{_query(given)}"


@lru_cache(maxsize=256)
def outlook_day(entry: Entry) -> str:
    """Add one day to Outlook on the web."""
    given = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": cleaning.text(entry.summary),
        "startdt": _utc(entry.starts),
        "enddt": _utc(entry.ends),
        "body": _details(entry),
        "location": cleaning.text(entry.location),
    }
    return f"{OUTLOOK}/deeplink/compose?{_query(given)}"


def google_feed(url: str) -> str:
    """Subscribe in Google's calendar."""
    return f"{GOOGLE}/r?{_query({'cid': webcal(url)})}"


def outlook_feed(url: str, name: str) -> str:
    """Subscribe in Outlook on the web."""
    return f"{OUTLOOK}/addfromweb?{_query({'url': cleaning.uri(url), 'name': cleaning.text(name)})}"


def _details(entry: Entry) -> str:
    words = cleaning.text(entry.description)
    return words if entry.url in words else "\n\n".join(filter(None, (words, entry.url)))


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _query(given: dict[str, str]) -> str:
    """With spaces as `%20`: Outlook shows a plus as it stands."""
    return urlencode({name: value for name, value in given.items() if value}, quote_via=quote)
