"""Meetings as calendars read them: files to open, feeds to follow."""

import hashlib
from datetime import datetime

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from outreach.errors import Unknown
from outreach.events import feeds, showing
from outreach.web.context import feed_cache, meeting_links, now

bp = Blueprint("calendars", __name__)

#: How long a calendar may show what it has before it asks again, in seconds.
FRESH = 900


@bp.get("/bijeenkomsten/<slug>.ics")
def meeting(slug: str) -> ResponseReturnValue:
    """One meeting; `?dag=` chooses the days that someone comes on."""
    found = showing.find(slug, now=now()).meeting
    chosen = request.args.getlist("dag", type=int)
    content = feeds.file_of(found, links=meeting_links(), day_ids=chosen)
    tag = hashlib.sha256(content).hexdigest()[:32]
    return _calendar(content, tag, f"{slug}.ics", showing.last_change(found))


@bp.get("/agenda.ics")
def agenda() -> ResponseReturnValue:
    return _feed("bijeenkomsten.ics")


@bp.get("/agenda/<part>.ics")
def part_of_agenda(part: str) -> ResponseReturnValue:
    """A region or a theme. One without meetings has a feed too: they may come."""
    if not feeds.PART.fullmatch(part):
        raise Unknown("Deze agenda kennen wij niet. Kopieer de link nog eens in zijn geheel.")
    return _feed(f"bijeenkomsten-{part}.ics", part)


def _feed(name: str, part: str = "") -> ResponseReturnValue:
    kept = feed_cache().agenda(links=meeting_links(), now=now(), part=part)
    return _calendar(kept.content, kept.tag, name, kept.changed)


def _calendar(content: bytes, tag: str, name: str, changed: datetime | None) -> ResponseReturnValue:
    """The file with what lets a calendar ask "anything new?" and get a short no."""
    response = Response(content, content_type="text/calendar; charset=utf-8")
    response.headers.set("Content-Disposition", "inline", filename=name)
    response.cache_control.public = True
    response.cache_control.max_age = FRESH
    response.set_etag(tag)
    response.last_modified = changed
    return response.make_conditional(request.environ)
