"""The front door and the statements every site owes its visitors."""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from outreach.accounts import senders
from outreach.calendars import subscribing
from outreach.clock import system_now
from outreach.events import showing, words
from outreach.events.showing import Shown
from outreach.ledger import statements
from outreach.web.context import meeting_links, now, settings

bp = Blueprint("home", __name__)

#: RFC 9116 asks for less than a year; whoever runs an old copy should not look looked after.
SECURITY_TXT_LASTS = timedelta(days=180)


@bp.get("/")
def show() -> ResponseReturnValue:
    moment = now()
    coming, past = showing.coming(now=moment), showing.past(now=moment)
    feed, part = meeting_links().agenda(), request.args.get("deel", "")[:80]
    return render_template(
        "public/home.html",
        sign_in=_sign_in(),
        today=moment,
        coming=showing.narrowed(coming, part),
        choices=showing.choices(coming),
        part=part,
        past=past,
        feed=feed,
        webcal=subscribing.webcal(feed),
        google=subscribing.google_feed(feed),
        outlook=subscribing.outlook_feed(feed, "Bijeenkomsten"),
        parts=_part_feeds([*coming, *past]),
        hours=words.hours,
        **_whose(),
    )


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    return render_template("public/privacy.html", statement=statements.current(), **_whose())


@bp.get("/toegankelijkheid")
def accessibility() -> ResponseReturnValue:
    return render_template("public/toegankelijkheid.html", **_whose())


@bp.get("/.well-known/security.txt")
def security_txt() -> ResponseReturnValue:
    """RFC 9116."""
    base, known = settings().base_url, senders.everyone()
    contacts = [f"mailto:{one.reply_to or one.email}" for one in known[:1]] or [f"{base}/privacy"]
    lines = [
        *(f"Contact: {contact}" for contact in contacts),
        f"Expires: {system_now() + SECURITY_TXT_LASTS:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: nl, en",
        f"Canonical: {base}/.well-known/security.txt",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _part_feeds(shown: Sequence[Shown]) -> list[tuple[str, str]]:
    """The regions and themes that can be followed by themselves: in words, and where."""
    parts = showing.parts(shown)
    return [
        (name, subscribing.webcal(meeting_links().agenda(part))) for part, name in parts.items()
    ]


def _whose() -> dict[str, object]:
    known = senders.everyone()
    return {"senders": known, "sender": known[0] if len(known) == 1 else None}


def _sign_in() -> tuple[str, str] | None:
    """The address and password of the demo's coordinator; None in any other instance."""
    return getattr(current_app.extensions.get("outreach.demo"), "sign_in", None)
