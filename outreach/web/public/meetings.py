"""The page of one meeting, and what search engines are told of all."""

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from outreach.clock import AMSTERDAM
from outreach.events import admitting, hosts, showing, words
from outreach.events.models import MeetingDay
from outreach.events.showing import Phase, Shown
from outreach.web.context import meeting_links, now, settings
from outreach.web.public.about import about, reachable

bp = Blueprint("meetings", __name__)
bp.add_app_template_filter(reachable)

GEMEENTE = re.compile(r"GM\d{4}")
HIDDEN = ("/aanmelding/", "/antwoord/", "/afmelden/", "/kantoor/", "/inloggen")
SCHEMA = "https://schema.org"


@bp.get("/bijeenkomsten/<slug>", strict_slashes=False)
def show(slug: str) -> ResponseReturnValue:
    shown = showing.find(slug, now=now())
    sent, code = request.args.get("g", ""), request.args.get("u", "")[:80]
    return render_template(
        "public/bijeenkomst.html",
        report=Markup(showing.text_html(shown.meeting.report)),  # noqa: S704 - cleaned by nh3
        text=Markup(showing.text_html(shown.meeting.text)),  # noqa: S704 - cleaned by nh3
        gemeente_code=sent if GEMEENTE.fullmatch(sent) else None,
        code=code or None,
        admits=admitting.has_code(shown.meeting, code),
        structured=structured(shown),
        **about(shown),
    )


@bp.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    page = render_template(
        "public/sitemap.xml", base_url=settings().base_url, meetings=showing.published()
    )
    return Response(page, content_type="application/xml; charset=utf-8")


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in HIDDEN),
        "Disallow: /bijeenkomsten/*/aanmelden",
        f"Sitemap: {settings().base_url}/sitemap.xml",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def structured(shown: Shown) -> dict[str, Any]:
    """The meeting as schema.org says it. It names no person."""
    days, every = shown.days, shown.meeting.days
    found = {"@context": SCHEMA} | _event(shown, days[0].starts_at, days[-1].ends_at)
    if len(every) > 1:
        found["subEvent"] = [_event(shown, day.starts_at, day.ends_at, day) for day in every]
    else:
        found |= _room(shown, every[0])
    return found


def _event(
    shown: Shown, starts: datetime, ends: datetime, day: MeetingDay | None = None
) -> dict[str, Any]:
    meeting = shown.meeting
    off = shown.phase is Phase.CANCELLED or (day is not None and day.cancelled_at is not None)
    found: dict[str, Any] = {
        "@type": "Event",
        "name": f"{meeting.title}: {day.title}" if day and day.title else meeting.title,
        "startDate": starts.astimezone(AMSTERDAM).isoformat(timespec="minutes"),
        "endDate": ends.astimezone(AMSTERDAM).isoformat(timespec="minutes"),
        "eventStatus": f"{SCHEMA}/{'EventCancelled' if off else 'EventScheduled'}",
        "location": _place(shown),
    }
    if day is None:
        online = "Mixed" if meeting.online_url else "Offline"
        found |= {
            "description": meeting.summary,
            "inLanguage": "nl",
            "url": meeting_links().page(meeting),
            "eventAttendanceMode": f"{SCHEMA}/{online}EventAttendanceMode",
        }
        if sender := hosts.of(meeting):
            found["organizer"] = {"@type": "Organization", "name": sender.name}
    else:
        found |= _room(shown, day)
    return {name: value for name, value in found.items() if value or value == 0}


def _room(shown: Shown, day: MeetingDay) -> dict[str, Any]:
    """How many fit on a day, and how one gets a seat while that can be had."""
    found: dict[str, Any] = {"maximumAttendeeCapacity": day.capacity}
    if day.starts_at <= shown.now or day.cancelled_at is not None or not shown.phase.registers:
        return found
    free = showing.left(day)
    offer = {
        "@type": "Offer",
        "url": meeting_links().form(shown.meeting),
        "availability": f"{SCHEMA}/{'InStock' if free else 'SoldOut'}",
    }
    # What it costs is in words of people; only what is said to be free is.
    if shown.meeting.costs.casefold().startswith("gratis"):
        offer |= {"price": "0", "priceCurrency": "EUR"}
    return found | {"remainingAttendeeCapacity": free, "offers": offer}


def _place(shown: Shown) -> dict[str, Any]:
    meeting = shown.meeting
    address = {
        "@type": "PostalAddress",
        "streetAddress": meeting.address,
        "addressLocality": meeting.city,
        "addressCountry": "NL",
    }
    return {
        "@type": "Place",
        "name": meeting.venue or words.where(meeting),
        "address": {name: value for name, value in address.items() if value},
    }
