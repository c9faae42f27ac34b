"""Registering for a meeting: the form, and the page that says what came of it.

It sets no cookie and needs no account; the form is the permission. Whoever fills it in may
have typed another's address, so the page after it never shows what that address has.
"""

import secrets

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse

from outreach.contacts import addresses
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import OutreachError
from outreach.events import admitting, registering, showing, words
from outreach.events.models import PlaceState
from outreach.events.registering import Closed, Registered, Wanted
from outreach.events.showing import Shown
from outreach.web.context import meeting_links, now
from outreach.web.public.about import about, calendar_links
from outreach.web.public.meetings import GEMEENTE
from outreach.web.public.registration_fields import RegistrationForm, form_for, gemeente_names
from outreach.web.security import csrf, limiter

bp = Blueprint("registration_form", __name__)
csrf.exempt(bp)  # no cookie, so nothing that another site could use

#: From one address of the network; a whole council may sit behind one.
TO_CONFIRM = parse("20 per hour")
TOO_MANY = parse("200 per hour")
CROWD = (
    "Van uw netwerk kwamen het laatste uur meer dan 200 aanmeldingen. Wacht een uur en druk dan"
    " opnieuw op Meld u aan."
)


@bp.get("/bijeenkomsten/<slug>/aanmelden", strict_slashes=False)
def show(slug: str) -> ResponseReturnValue:
    shown = showing.find(slug, now=now())
    if not shown.phase.registers:
        return _closed(shown, None)
    filled_in = {"gemeente": _named(request.args.get("g", "")), "sleutel": secrets.token_urlsafe()}
    filled_in["u"] = request.args.get("u", "")[:80]
    return _page(shown, form_for(shown, **filled_in))


@bp.post("/bijeenkomsten/<slug>/aanmelden", strict_slashes=False)
def send(slug: str) -> ResponseReturnValue:
    moment = now()
    shown = showing.find(slug, now=moment)
    form = form_for(shown)
    if not form.accepted():
        return _page(shown, form) if shown.phase.registers else _closed(shown, form)
    if _hits(TOO_MANY):
        return _page(shown, form, CROWD, 429)
    wanted = form.wanted(doubtful=_hits(TO_CONFIRM) or form.trapped)
    try:
        registered = registering.register(shown.meeting, wanted, links=meeting_links(), now=moment)
    except OutreachError as error:
        db.session.rollback()
        if isinstance(error, Closed) and not shown.phase.registers:
            return _closed(shown, form)
        return _page(shown, form, str(error), error.status)
    return _thanks(shown, wanted, registered)


def _thanks(shown: Shown, wanted: Wanted, registered: Registered) -> ResponseReturnValue:
    """Say what came of it in words that are the same for a known and an unknown address."""
    seated = [one.day for one in registered.standings if one.state is not PlaceState.WAITING]
    return render_template(
        "public/aangemeld.html",
        name=registering.checked_name(wanted.name),
        email=addresses.check(wanted.email),
        standings=registered.standings,
        seated=seated,
        waits=len(seated) < len(registered.standings),
        doubtful=wanted.doubtful,
        ordinal=words.ordinal,
        **about(shown),
        **calendar_links(shown.meeting, seated),
    )


def _page(
    shown: Shown, form: RegistrationForm, refusal: str = "", status: int = 0
) -> ResponseReturnValue:
    page = render_template(
        "public/aanmelden.html",
        form=form,
        refusal=refusal,
        days=list(form.choosable.values()),
        gemeenten=gemeente_names(now()),
        admits=admitting.has_code(shown.meeting, form.u.data or ""),
        **about(shown),
    )
    return page, status or form.status


def _closed(shown: Shown, form: RegistrationForm | None) -> ResponseReturnValue:
    """Nobody can register now; what was typed stays in sight, to mail it."""
    page = render_template("public/aanmelden-dicht.html", form=form, **about(shown))
    return page, 409 if form else 200


def _named(code: str) -> str:
    """The gemeente of the letter's link, by its name; a code that we do not know is ignored."""
    found = db.session.get(Gemeente, code) if GEMEENTE.fullmatch(code) else None
    return found.name if found else ""


def _hits(limit: RateLimitItem) -> bool:
    """Count this registration for its network address; whether there are more than agreed."""
    if not current_app.config["RATELIMIT_ENABLED"]:
        return False
    return not limiter.limiter.hit(limit, "registration", get_remote_address())
