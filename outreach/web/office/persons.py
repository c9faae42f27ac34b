"""Inzage en wissen: what is held on someone, as a file; and wiping it out, for owners."""

import json
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request
from flask import url_for as to
from flask.typing import ResponseReturnValue
from wtforms import EmailField

from outreach.accounts.models import Role
from outreach.contacts.models import Contact
from outreach.contacts.people import display_name
from outreach.db import db
from outreach.errors import OutreachError, Unknown
from outreach.ledger import erasing, insight, person
from outreach.ledger.person import Person
from outreach.web.access import actor, role_required
from outreach.web.context import now, settings, store
from outreach.web.form import Form, required

bp = Blueprint("persons", __name__, url_prefix="/kantoor/adressen/persoon")


class WhoForm(Form):
    adres = EmailField("E-mailadres", [required("Vul het e-mailadres in.")])


@bp.get("/")
@role_required(Role.COORDINATOR)
def show() -> ResponseReturnValue:
    """What is held on who is asked for, in numbers; with what can be done."""
    asked = {name: request.args[name] for name in ("adres", "contact") if request.args.get(name)}
    form = WhoForm(data={"adres": request.args.get("adres", "")})
    who = found = None
    if asked:
        try:
            who = _person()
            found = insight.of(who, now=now())
        except OutreachError as error:
            form.adres.errors = (str(error),)
    page = render_template(
        "office/person_held.html",
        form=form,
        who=who,
        found=found,
        asked=asked,
        empty=found is not None and insight.is_empty(found),
        name=_name(),
    )
    return page, 422 if asked and who is None else 200


@bp.get("/inzage.json")
@role_required(Role.COORDINATOR)
def download() -> ResponseReturnValue:
    found = insight.of(_person(), now=now())
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    response = Response(text, content_type="application/json; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="inzage.json")
    response.headers.set("Cache-Control", "no-store")
    return response


@bp.post("/wis")
@role_required(Role.OWNER)
def erase() -> ResponseReturnValue:
    """What was shown goes; the database is rewritten by a job, within a minute."""
    who = _person()
    done = erasing.erase(who, by=actor(), now=now())
    erasing.clean_logs(settings().instance, who)
    _captured()(who.words)
    erasing.remove_files(store(), done.files)
    flash(
        "Deze persoon is gewist. Het adres wordt voortaan geweigerd."
        if done
        else erasing.NOTHING_LEFT
    )
    return redirect(to("contacts.index"), 303)


def _person() -> Person:
    """
    :raises BadAddress: no e-mail address
    """
    if not request.values.get("contact"):
        return person.of_email(request.values.get("adres", ""))
    return person.of_contact(_contact())


def _contact() -> Contact:
    number = request.values.get("contact", type=int)
    contact = db.session.get(Contact, number) if number else None
    if contact is None:
        raise Unknown("Dit contact staat niet meer in de lijst.")
    return contact


def _name() -> str:
    return display_name(_contact()) if request.values.get("contact") else ""


def _captured() -> Callable[[list[str]], Any]:
    """Forgets someone's mails in the inbox of a demo."""
    return cast(Callable[[list[str]], Any], current_app.extensions["outreach.forget"])
