"""Akkoord: asking a colleague to read a letter before it leaves, agreeing, sending it back."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role, Sender
from outreach.campaigns import approving, writing
from outreach.db import db
from outreach.errors import Unknown
from outreach.web.access import actor, role_required
from outreach.web.context import now

bp = Blueprint("approving", __name__, url_prefix="/kantoor")


@bp.post("/brieven/<slug>/akkoord/vraag")
@role_required(Role.COORDINATOR)
def ask(slug: str) -> ResponseReturnValue:
    approving.ask(writing.find_draft(slug), by=actor(), now=now())
    flash("Uw collega’s zien op Overzicht dat deze brief op akkoord wacht.")
    return redirect(url_for("campaigns.show", slug=slug), 303)


@bp.post("/brieven/<slug>/akkoord")
@role_required(Role.COORDINATOR)
def give(slug: str) -> ResponseReturnValue:
    approving.give(writing.find_draft(slug), by=actor(), now=now())
    flash("U gaf akkoord. De brief kan worden gepland.")
    return redirect(url_for("campaigns.show", slug=slug), 303)


@bp.post("/brieven/<slug>/akkoord/terug")
@role_required(Role.COORDINATOR)
def send_back(slug: str) -> ResponseReturnValue:
    remark = request.form.get("opmerking", "")
    approving.send_back(writing.find_draft(slug), remark, by=actor(), now=now())
    flash("De brief is terug bij wie hem schreef, met uw opmerking.")
    return redirect(url_for("campaigns.show", slug=slug), 303)


@bp.post("/instellingen/afzender/<int:sender_id>/akkoord")
@role_required(Role.OWNER)
def switch(sender_id: int) -> ResponseReturnValue:
    sender = db.session.get(Sender, sender_id)
    if sender is None:
        raise Unknown("Deze afzender is er niet.")
    on = request.form.get("aan") == "1"
    approving.switch(sender, on=on, by=actor(), now=now())
    flash("Een tweede persoon leest elke brief." if on else "Een brief gaat zonder tweede persoon.")
    return redirect(url_for("preferences.change_sender", sender_id=sender_id), 303)
