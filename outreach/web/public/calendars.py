"""Meetings as calendars read them: files to open, feeds to follow."""

import hashlib
from datetime import datetime
from functools import lru_cache

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from outreach.errors import Unknown
from outreach.events import feeds, own_feed, showing
from outreach.web.context import feed_cache, meeting_links, now

bp = Blueprint("calendars", __name__)

#: Of an address that is a secret.
HIDDEN = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, noarchive"}
#: How long a calendar may show what it has before it asks again, in seconds.
FRESH = 900


@bp.get("/bijeenkomsten/<slug>.ics")
def meeting(slug: str) -> ResponseReturnValue:
    """One meeting; `?dag=` chooses the days that someone comes on."""
    found = showing.find(slug, now=now()).meeting
    chosen = request.args.getlist("dag", type=int)
    content = feeds.file_of(found, links=meeting_links(), day_ids=chosen)
    tag = hashlib.sha256(content).hexdigest()[:32]
    response = _public(_calendar(content, tag, f"{slug}.ics"), showing.last_change(found))
    return response.make_conditional(request.environ)


@bp.get("/agenda.ics")
def agenda() -> ResponseReturnValue:
    return _feed("bijeenkomsten.ics")


@bp.get("/agenda/<part>.ics")
def part_of_agenda(part: str) -> ResponseReturnValue:
    """A region or a theme. One without meetings has a feed too: they may come."""
    if not feeds.PART.fullmatch(part):
        raise Unknown("Deze agenda kennen wij niet. Kopieer de link nog eens in zijn geheel.")
    return _feed(f"bijeenkomsten-{part}.ics", part)


@bp.get("/agenda/p/<secret>.ics")
def own(secret: str) -> ResponseReturnValue:
    """The days on which one person comes; the address is the permission."""
    content = own_feed.calendar(secret, links=meeting_links(), now=now())
    tag = hashlib.sha256(content).hexdigest()[:32]
    response = _calendar(content, tag, "mijn-bijeenkomsten.ics")
    response.cache_control.private = True
    response.headers.update(HIDDEN)
    return response.make_conditional(request.environ)


def _feed(name: str, part: str = "") -> ResponseReturnValue:
    kept = feed_cache().agenda(links=meeting_links(), now=now(), part=part)
    response = Response(kept.content, headers=_headers(kept.tag, name, kept.changed))
    return response.make_conditional(request.environ)


@lru_cache(maxsize=200)
def _headers(tag: str, name: str, changed: datetime | None) -> list[tuple[str, str]]:
    """What stands above a feed for as long as it is the same."""
    response = _public(_calendar(b"", tag, name), changed)
    return [(key, value) for key, value in response.headers if key != "Content-Length"]


def _calendar(content: bytes, tag: str, name: str) -> Response:
    """The file with what lets a calendar ask "anything new?" and get a short no."""
    response = Response(content, content_type="text/calendar; charset=utf-8")
    response.headers.set("Content-Disposition", "inline", filename=name)
    response.cache_control.max_age = FRESH
    response.set_etag(tag)
    return response


def _public(response: Response, changed: datetime | None) -> Response:
    """For everyone, so that a proxy may keep it too."""
    response.cache_control.public = True
    response.last_modified = changed
    return response
