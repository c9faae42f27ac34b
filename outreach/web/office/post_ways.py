"""Hoe de griffie post krijgt: by mail, by a web form, or on paper."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from outreach.accounts.models import Role
from outreach.contacts import channels
from outreach.contacts.models import Channel, Function, Gemeente
from outreach.db import db
from outreach.errors import Invalid, Unknown
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form

bp = Blueprint("post_ways", __name__, url_prefix="/kantoor/gemeenten")

WAYS = [SelectChoice(one.value, word) for one, word in channels.CHANNELS.items()]


class WayForm(Form):
    channel = RadioField("Hoe krijgt de griffie post?", choices=WAYS)
    form_url = StringField(
        "Webadres van het formulier (hoeft niet)", [Length(max=channels.LONGEST_URL)]
    )


@bp.route("/<code>/post", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def choose(code: str) -> ResponseReturnValue:
    gemeente = db.session.get(Gemeente, code)
    if gemeente is None:
        raise Unknown(f"Er is geen gemeente met code {code}.")
    office = channels.office_of(code)
    known = {"channel": Channel.EMAIL.value, "form_url": ""}
    if office is not None:
        known = {"channel": office.channel.value, "form_url": office.form_url}
    form = WayForm(data=known)
    if form.accepted():
        try:
            channel = Channel(form.channel.data)
            url = form.form_url.data or ""
            channels.choose(code, Function.GRIFFIER, channel, url, by=actor(), now=now())
        except Invalid as error:
            form.refuse("form_url", error)
        else:
            flash(
                f"De griffie van {gemeente.name} krijgt onze brieven {channels.CHANNELS[channel]}."
            )
            return redirect(url_for("gemeenten.show", code=code), 303)
    return render_template("office/post_way.html", gemeente=gemeente, form=form), form.status
