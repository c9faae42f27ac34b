"""Gezien op de lijst ingekomen stukken: a list is read, a person confirms each line or all."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FileField, TextAreaField

from outreach.accounts.models import Role
from outreach.answers.handling import Handling
from outreach.campaigns import listed, writing
from outreach.campaigns.listed import Sighting
from outreach.errors import Invalid
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form

bp = Blueprint("listed", __name__, url_prefix="/kantoor/brieven")


class ListForm(Form):
    text = TextAreaField("Plak de lijst")
    file = FileField("Of kies een bestand")

    def given(self) -> str:
        """The list as text; what stands in a file goes first."""
        sent = self.file.data
        if getattr(sent, "filename", ""):
            return listed.text_of(sent.filename, sent.read())
        return self.text.data or ""


@bp.route("/<slug>/gezien", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def show(slug: str) -> ResponseReturnValue:
    """Read a list and show what it proposes; with "d=noteer" record the lines that are ticked."""
    campaign, form = writing.find(slug), ListForm()
    found: list[Sighting] = []
    if form.accepted():
        try:
            text = form.given()
            found = listed.read(campaign, text)
            form.text.data = text
            if request.form.get("d") == "noteer":
                lines = {int(one) for one in request.form.getlist("regel") if one.isdecimal()}
                made = listed.record(campaign, found, lines, by=actor(), now=now())
                if made:
                    flash(f"Genoteerd bij {dutch.plural(len(made), 'gemeente', 'gemeenten')}.")
                    return redirect(url_for("campaigns.show", slug=slug, status="op-lijst"), 303)
                raise Invalid("Kruis ten minste één regel aan.")
        except Invalid as error:
            form.refuse("text", error)
    page = render_template(
        "office/listed.html", campaign=campaign, form=form, found=found, handlings=Handling
    )
    return page, form.status
