"""Registering for a meeting: the form, and the page that says what came of it.

It sets no cookie and needs no account; the form is the permission. Whoever fills it in may
have typed another's address, so the page after it never shows what that address has.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from limits import RateLimitItem, parse
from markupsafe import Markup, escape
from sqlalchemy.exc import OperationalError, TimeoutError

from config import Env
from outreach.contacts import addresses
from outreach.contacts.models import Gemeente
from outreach.db import READ_ONLY, db, is_busy
from outreach.errors import OutreachError
from outreach.events import admitting, at_once, registering, showing, words
from outreach.events.at_hand import Kept, once
from outreach.events.at_once import Came
from outreach.events.models import MeetingPart, PlaceState
from outreach.events.registering import Closed, Standing, Wanted
from outreach.events.showing import Shown
from outreach.tokens import BadToken, Purpose
from outreach.web.context import at_hand, meeting_links, now, settings, tokens
from outreach.web.errors import BUSY_FOR
from outreach.web.public.about import about, calendar_links
from outreach.web.public.meetings import GEMEENTE
from outreach.web.public.registration_fields import (
    RegistrationForm,
    form_for,
    gemeente_names,
    read_plain,
)
from outreach.web.security import csrf, limiter, network
from outreach.web.words import breakable
from outreach.wording import N_, spoken

bp = Blueprint("registration_form", __name__)
csrf.exempt(bp)  # no cookie, so nothing that another site could use

#: From one address of the network. A whole council may sit behind one, so that who comes after
#: the first confirms by mail; nobody is refused before it is more than any town hall.
TO_CONFIRM = parse("20 per hour")
TOO_MANY = parse("2000 per hour")
CROWD = N_(
    "Van uw netwerk kwamen het laatste uur meer dan 2.000 aanmeldingen. Wacht een uur en druk dan"
    " opnieuw op Meld u aan."
)
BUSY = N_(
    "Er melden zich nu veel mensen tegelijk aan. Uw aanmelding is nog niet binnen. Wacht een minuut"
    " en druk dan opnieuw op Meld u aan. Wat u invulde, staat er nog."
)
#: Where a page says whose it is. What people type is put in once, and not read again.
MARK = re.compile("\ue000([a-z]+[0-9]*)\ue001")
#: Nobody fills in the form faster; a program does.
TOO_FAST = timedelta(seconds=2)
#: A form that is left open, or kept by something in between, works as long as its meeting is ahead.
FORM_LASTS = timedelta(days=400)


@bp.get("/bijeenkomsten/<slug>/aanmelden", strict_slashes=False)
def show(slug: str) -> ResponseReturnValue:
    shown = showing.find(slug, now=now())
    if not shown.phase.registers:
        return _closed(shown, None)
    filled_in: dict[str, Any] = {
        "gemeente": _named(request.args.get("g", "")),
        "sleutel": _key(shown.now),
    }
    filled_in["u"] = request.args.get("u", "")[:80]
    return _page(shown, form_for(shown, **filled_in))


@bp.post("/bijeenkomsten/<slug>/aanmelden", strict_slashes=False)
def send(slug: str) -> ResponseReturnValue:
    moment = now()
    try:
        return _take(slug, moment)
    except (OperationalError, TimeoutError) as error:
        if not is_busy(error):
            raise
        return _too_busy(slug, moment)


def _take(slug: str, moment: datetime) -> ResponseReturnValue:
    kept = at_hand().find(slug)
    shown = Shown(kept.meeting, moment) if kept else showing.find(slug, now=moment)
    wanted, trapped = read_plain(shown, request.form), False
    if wanted is None:
        form = form_for(shown, brief=True)
        if not form.accepted():
            return _again(slug, moment)
        wanted, trapped = form.wanted(), form.trapped
    if _hits(TOO_MANY):
        return _again(slug, moment, CROWD, 429, closed=False)
    if _doubts(moment, trapped=trapped):
        wanted = replace(wanted, doubtful=True)
    try:
        return _register(kept, slug, wanted, moment)
    except OutreachError as error:
        db.session.rollback()
        return _again(slug, moment, str(error), error.status, closed=isinstance(error, Closed))


def _register(
    kept: Kept | None, slug: str, wanted: Wanted, moment: datetime
) -> ResponseReturnValue:
    """By the short road, and by the long one for whom that is not enough: parts to choose, too."""
    links = meeting_links()
    if kept is not None:
        came = at_once.register(kept, wanted, at_hand=at_hand(), links=links, now=moment)
        if came is not None:
            return _thanks(came, wanted, moment)
    meeting = showing.find(slug, now=moment).meeting
    done = registering.register(meeting, wanted, links=links, now=moment)
    shown = showing.find(slug, now=moment)
    page = _came(shown, wanted, done.standings, done.parts)
    return _filled(page, _whose(wanted, done.standings))


def _again(
    slug: str, moment: datetime, refusal: str = "", status: int = 0, *, closed: bool = True
) -> ResponseReturnValue:
    """The form as it was filled in, with what is wrong.

    :param closed: show who is too late a page without a form
    """
    shown = showing.find(slug, now=moment)
    form = form_for(shown)
    form.accepted()  # for what is wrong beside the fields
    if closed and not shown.phase.registers:
        return _closed(shown, form)
    return _page(shown, form, refusal, status)


def _too_busy(slug: str, moment: datetime) -> ResponseReturnValue:
    """So many come at once that the database did not answer. It is read without waiting."""
    db.session.rollback()
    db.session.connection(execution_options=READ_ONLY)
    page = make_response(_again(slug, moment, BUSY, 503, closed=False))
    page.headers["Retry-After"] = str(BUSY_FOR)
    return page


def _thanks(came: Came, wanted: Wanted, moment: datetime) -> ResponseReturnValue:
    """Say what came of it: a page that is made once for all who stand where this person does."""
    kept, standings = came

    def make() -> str:
        return _came(Shown(kept.meeting, moment), wanted, standings, ())

    demo = settings().env is Env.DEMO  # its bar tells the time
    key = spoken(), wanted.doubtful, tuple((one.day.id, one.state) for one in standings)
    page = make() if demo else once(kept.pages, key, make)
    return _filled(page, _whose(wanted, standings))


def _whose(wanted: Wanted, standings: Sequence[Standing]) -> Mapping[str, Markup]:
    ranks = {f"rang{n}": escape(words.ordinal(one.rank)) for n, one in enumerate(standings)}
    known = {"naam": escape(registering.checked_name(wanted.name))}
    return known | ranks | {"adres": breakable(addresses.check(wanted.email))}


def _filled(page: str, values: Mapping[str, Markup]) -> str:
    return MARK.sub(lambda found: values.get(found[1], found[0]), page)


def _came(
    shown: Shown, wanted: Wanted, standings: Sequence[Standing], chosen: Sequence[MeetingPart]
) -> str:
    """The page, with marks for whose it is; the same for a known and an unknown address."""
    ranked = [replace(one, rank=n) for n, one in enumerate(standings)]
    seated = [one.day for one in standings if one.state is not PlaceState.WAITING]
    return render_template(
        "public/aangemeld.html",
        name=_mark("naam"),
        email=_mark("adres"),
        standings=ranked,
        chosen=chosen,
        seated=seated,
        waits=len(seated) < len(standings),
        doubtful=wanted.doubtful,
        ordinal=lambda n: _mark(f"rang{n}"),
        **about(shown),
        **calendar_links(shown.meeting, seated, chosen),
    )


def _mark(name: str) -> str:
    return f"\ue000{name}\ue001"


def _page(
    shown: Shown, form: RegistrationForm, refusal: str = "", status: int = 0
) -> ResponseReturnValue:
    page = render_template(
        "public/aanmelden.html",
        form=form,
        refusal=refusal,
        days=list(form.choosable.values()),
        choices=[day for day in form.choosable.values() if day.has_parts and showing.left(day)],
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


def _key(moment: datetime) -> str:
    """What makes this form one, and says when it was opened."""
    opened = int(moment.timestamp())
    until = moment + FORM_LASTS
    return tokens().sign(Purpose.FORM, opened, secrets.token_urlsafe(12), until=until)


def _doubts(moment: datetime, *, trapped: bool) -> bool:
    """Whether a program may have sent this: then the person confirms by mail, and keeps the seat.

    Never a refusal: who fills in fast, or shares a network, is let in by one button.
    """
    many, key = _hits(TO_CONFIRM), request.form.get("sleutel", "")
    return trapped or many or (_limited() and _too_fast(key, moment))


def _too_fast(key: str, moment: datetime) -> bool:
    """Sent within a moment of being opened, or never opened here at all."""
    try:
        opened, *_rest = tokens().read(Purpose.FORM, key, now=moment)
    except BadToken:
        return True
    # Rounded down when it was signed: nobody seems faster than they were.
    return moment.timestamp() - opened < TOO_FAST.total_seconds()


def _hits(limit: RateLimitItem) -> bool:
    """Count this registration for its network; whether there are more than agreed."""
    return _limited() and not limiter.limiter.hit(limit, "registration", network())


def _limited() -> bool:
    return bool(current_app.config["RATELIMIT_ENABLED"])
