"""The list at the door, for the phone of a helper: who comes, who is there.

The secret address is the permission. All of it works as plain forms; with its script the page
also works without a connection, and sends what was pressed when there is one again.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from outreach.accounts.audit import Actor
from outreach.db import db
from outreach.errors import Invalid, OutreachError
from outreach.events import door_links, presence, registering, words
from outreach.events.models import DoorLink, VisitorRole
from outreach.events.presence import Pressed, Row, WalkIn
from outreach.letters.said import hour
from outreach.web.assets import OWN
from outreach.web.context import now
from outreach.web.form import Form, required
from outreach.web.public import capability
from outreach.web.public.registration_fields import (
    ROLES,
    checked_address,
    gemeente_code,
    gemeente_names,
    held,
)
from outreach.web.security import csrf
from outreach.wording import N_, _

bp = Blueprint("door", __name__)
csrf.exempt(bp)  # the address itself is the permission; the page sets no cookie
capability.guard(bp)

#: How much a phone sends at once; the rest follows.
MOST_TAPS = 200
WORKER = OWN / "deur-werker.js"


class WalkInForm(Form):
    naam = StringField("Naam", [required(N_("Vul de naam in."))])
    functie = SelectField(
        "Functie",
        choices=[SelectChoice(role.value, word) for role, word in ROLES.items()],
        default=VisitorRole.RAADSLID.value,
    )
    gemeente = StringField("Gemeente")
    email = StringField("E-mail")
    sleutel = StringField()

    def validate_naam(self, field: StringField) -> None:
        held(registering.checked_name, field.data)

    def validate_gemeente(self, field: StringField) -> None:
        gemeente_code(field.data or "")

    def validate_email(self, field: StringField) -> None:
        if (field.data or "").strip():
            held(checked_address, field.data)

    def walk_in(self) -> WalkIn:
        return WalkIn(
            name=self.naam.data,
            role=VisitorRole(self.functie.data),
            gemeente=self.gemeente.data or "",
            email=self.email.data or "",
            key=self.sleutel.data or "",
        )


@bp.after_request
def allow_camera(response: Response) -> Response:
    """The camera reads the codes that people show."""
    response.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    return response


@bp.get("/deur/werker.js")
def worker() -> ResponseReturnValue:
    """What opens the page without a connection. Here, since it rules over its own folder alone."""
    return Response(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")


@bp.get("/deur/<secret>", strict_slashes=False)
def show(secret: str) -> ResponseReturnValue:
    return _page(_open(secret), WalkInForm())


@bp.post("/deur/<secret>", strict_slashes=False)
def act(secret: str) -> ResponseReturnValue:
    """One press, or someone new, as a plain form sends it."""
    link = _open(secret)
    if "nieuw" in request.form:
        return _add(link)
    came = "aanwezig" in request.form
    number = request.form.get("aanwezig" if came else "terug", "")
    pressed = Pressed(int(number) if number.isdecimal() else 0, came)
    presence.press(link.day, pressed, by=_actor(link), now=now())
    return _back(link, number, came)


@bp.get("/deur/<secret>/lijst")
def listed(secret: str) -> ResponseReturnValue:
    """The list as the script reads it; unchanged is 304."""
    response = jsonify(_listed(_open(secret)))
    response.add_etag()
    return response.make_conditional(request)


@bp.post("/deur/<secret>/tikken")
def take(secret: str) -> ResponseReturnValue:
    """What a phone kept while it was out of reach, each press with its own key and time."""
    link, moment = _open(secret), now()
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("taps"), list):
        raise Invalid(_("Stuur een lijst van meldingen."))
    done, refused = [], []
    for one in sent["taps"][:MOST_TAPS]:
        try:
            with db.session.begin_nested():
                _take(link, one, sent.get("now"), moment)
            done.append(one["key"])
        except (OutreachError, KeyError, TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, OutreachError) else _("Dit is niet te lezen.")
            key = one.get("key", "") if isinstance(one, dict) else ""
            refused.append({"key": key, "reason": reason})
    return jsonify({"done": done, "refused": refused, **_listed(link)})


def _take(link: DoorLink, one: dict[str, Any], phone_now: Any, moment: datetime) -> None:
    """One press. Phones' clocks differ: what counts is how long ago it was by its own clock."""
    key, ago = str(one["key"]), timedelta(milliseconds=float(phone_now) - float(one["at"]))
    at = moment - max(ago, timedelta())
    if "name" in one:
        role = VisitorRole(one["role"])
        texts = {name: str(one.get(name, "")) for name in ("name", "gemeente", "email")}
        presence.walk_in(
            link.day, WalkIn(role=role, key=key, at=at, **texts), by=_actor(link), now=moment
        )
        return
    whom = one["id"]
    if isinstance(whom, str):  # someone whom this phone added itself, and has no number of yet
        known = presence.pressed_before(link.day, whom)
        whom = known.id if known else 0
    pressed = Pressed(int(whom), bool(one["came"]), key, at)
    presence.press(link.day, pressed, by=_actor(link), now=moment)


def _add(link: DoorLink) -> ResponseReturnValue:
    form = WalkInForm()
    if not form.accepted():
        return _page(link, form)
    added = presence.walk_in(link.day, form.walk_in(), by=_actor(link), now=now())
    return _back(link, str(added.id), True)


def _back(link: DoorLink, number: str, came: bool) -> ResponseReturnValue:
    said: dict[str, Any] = {"gemeld" if came else "terug": number}
    typed = request.form.get("zoek") or None
    return redirect(url_for("door.show", secret=link.secret, zoek=typed, **said), 303)


def _page(link: DoorLink, form: WalkInForm) -> ResponseReturnValue:
    everyone, moment = presence.rows(link.day), now()
    typed = request.values.get("zoek", "").strip()
    changed = request.args.get("gemeld") or request.args.get("terug") or ""
    page = render_template(
        "public/deur.html",
        link=link,
        day=link.day,
        meeting=link.day.meeting,
        rows=[row for row in everyone if not typed or row.fits(typed)],
        count=presence.count(link.day, everyone),
        typed=typed,
        changed=next((row for row in everyone if str(row.id) == changed), None),
        form=form,
        key=form.sleutel.data or secrets.token_urlsafe(),
        roles=ROLES,
        hours=words.hours(link.day),
        gemeenten=gemeente_names(moment),
    )
    return page, form.status


def _listed(link: DoorLink) -> dict[str, Any]:
    everyone = presence.rows(link.day)
    count = presence.count(link.day, everyone)
    return {
        "day": link.day.id,
        "present": count.present,
        "expected": count.expected,
        "capacity": count.capacity,
        "rows": [_as_json(row) for row in everyone],
    }


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "gemeente": row.gemeente,
        "role": _(ROLES[row.role]),
        "stands": _(row.stands),
        "parts": row.parts,
        "code": row.code,
        "since": hour(row.came_at) if row.came_at else "",
    }


def _open(secret: str) -> DoorLink:
    return door_links.open_by(secret, now=now())


def _actor(link: DoorLink) -> Actor:
    return Actor(f"door:{link.id}")
