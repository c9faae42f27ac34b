"""Meetings as calendars read them: files to open, feeds to follow."""

import hashlib
from datetime import datetime

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from outreach.errors import Unknown
from outreach.events import feeds, showing
from outreach.web.context import meeting_links, now

bp = Blueprint("calendars", __name__)

#: How long a calendar may show what it has before it asks again, in seconds.
FRESH = 900


@bp.get("/bijeenkomsten/<slug>.ics")
def meeting(slug: str) -> ResponseReturnValue:
    """One meeting; `?dag=` chooses the days that someone comes on."""
    found = showing.find(slug, now=now()).meeting
    chosen = request.args.getlist("dag", type=int)
    content = feeds.file_of(found, links=meeting_links(), day_ids=chosen)
    return _calendar(content, f"{slug}.ics", showing.last_change(found))


@bp.get("/agenda.ics")
def agenda() -> ResponseReturnValue:
    content = feeds.agenda(links=meeting_links(), now=now())
    return _calendar(content, "bijeenkomsten.ics", showing.last_change())


@bp.get("/agenda/<part>.ics")
def part_of_agenda(part: str) -> ResponseReturnValue:
    """A region or a theme. One without meetings has a feed too: they may come."""
    if not feeds.PART.fullmatch(part):
        raise Unknown("Deze agenda kennen wij niet. Kopieer de link nog eens in zijn geheel.")
    content = feeds.agenda(links=meeting_links(), now=now(), part=part)
    return _calendar(content, f"bijeenkomsten-{part}.ics", showing.last_change())


def _calendar(content: bytes, name: str, changed: datetime | None) -> ResponseReturnValue:
    """The file with what lets a calendar ask "anything new?" and get a short no."""
    response = Response(content, content_type="text/calendar; charset=utf-8")
    response.headers.set("Content-Disposition", "inline", filename=name)
    response.cache_control.public = True
    response.cache_control.max_age = FRESH
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.last_modified = changed
    return response.make_conditional(request.environ)
