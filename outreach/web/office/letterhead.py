"""Briefpapier: logos of a sender and of who sign with it, and a letter to look at."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FileField, SelectField
from wtforms.fields.choices import SelectChoice

from outreach.accounts import senders
from outreach.accounts.models import Role, Sender
from outreach.campaigns import specimen
from outreach.campaigns.rendering import Renderer
from outreach.clock import dutch_date
from outreach.db import db
from outreach.errors import Invalid, Unknown
from outreach.letters import logos
from outreach.web.access import actor, role_required
from outreach.web.context import links, now, store
from outreach.web.form import Form, required

bp = Blueprint(
    "letterhead", __name__, url_prefix="/kantoor/instellingen/afzender/<int:sender_id>/briefpapier"
)


class LogoForm(Form):
    name = SelectField("Van wie is het logo")
    file = FileField("Logo", [required("Kies een bestand.")])

    def __init__(self, sender: Sender) -> None:
        super().__init__()
        self.name.choices = [SelectChoice("", sender.name)] + [
            SelectChoice(one, one) for one in sender.cosigners
        ]


@bp.route("/", methods=["GET", "POST"])
@role_required(Role.OWNER)
def show(sender_id: int) -> ResponseReturnValue:
    sender = _sender(sender_id)
    form = LogoForm(sender)
    if form.accepted():
        try:
            svg = logos.clean(form.file.data.read())
            sha256 = store().put(svg.encode())
            senders.set_logo(sender, form.name.data, sha256, by=actor(), now=now())
        except Invalid as error:
            form.refuse("file", error)
        else:
            flash("Het logo staat op het briefpapier. Bekijk het in de voorbeeldbrief.")
            return redirect(url_for(".show", sender_id=sender_id), 303)
    return render_template("office/letterhead.html", sender=sender, form=form), form.status


@bp.get("/voorbeeld.pdf")
@role_required(Role.OWNER)
def example(sender_id: int) -> ResponseReturnValue:
    renderer = Renderer(links(), store(), now())
    with db.session.no_autoflush:
        made = specimen.make(_sender(sender_id), renderer, today=dutch_date(now()))
    response = Response(made, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename="Voorbeeld van een brief.pdf")
    return response


@bp.get("/logo.svg")
@role_required(Role.OWNER)
def logo(sender_id: int) -> ResponseReturnValue:
    """A logo as it stands in letters: `?van=` names whose."""
    wanted = request.args.get("van", "")
    for one in _sender(sender_id).logos:
        if one["name"] == wanted:
            response = Response(store().get(one["sha256"]), mimetype="image/svg+xml")
            response.headers["Content-Security-Policy"] = (
                "default-src 'none'; img-src data:; sandbox"
            )
            return response
    raise Unknown("Dit logo is er niet.")


@bp.post("/weg")
@role_required(Role.OWNER)
def remove(sender_id: int) -> ResponseReturnValue:
    senders.remove_logo(_sender(sender_id), request.form.get("van", ""), by=actor(), now=now())
    flash("Het logo staat niet meer op het briefpapier.")
    return redirect(url_for(".show", sender_id=sender_id), 303)


def _sender(sender_id: int) -> Sender:
    sender = db.session.get(Sender, sender_id)
    if sender is None:
        raise Unknown("Deze afzender is er niet.")
    return sender
