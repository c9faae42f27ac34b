"""Gezien op de lijst ingekomen stukken: a list is read, a person confirms each line or all."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FileField, TextAreaField

from outreach.accounts.models import Role
from outreach.answers.handling import Handling
from outreach.campaigns import listed, looking, writing
from outreach.campaigns.listed import Sighting
from outreach.campaigns.models import Campaign
from outreach.errors import Invalid
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import now, settings
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
    return _page(campaign, form, found)


@bp.post("/<slug>/gezien/voorstel")
@role_required(Role.COORDINATOR)
def settle(slug: str) -> ResponseReturnValue:
    """Record what OpenBesluitvorming found, as far as ticked; or keep that it is not our letter."""
    campaign, form = writing.find(slug), ListForm()
    ids = {int(one) for one in request.form.getlist("vondst") if one.isdecimal()}
    if not form.accepted() or not ids:
        form.refuse("text", Invalid("Kruis ten minste één regel aan."))
        return _page(campaign, form, [])
    if request.form.get("d") == "niet":
        count = looking.refuse(campaign, ids, by=actor(), now=now())
        flash(f"{dutch.plural(count, 'voorstel', 'voorstellen')} weggehaald.")
        return redirect(url_for(".show", slug=slug), 303)
    made = looking.record(campaign, ids, by=actor(), now=now())
    flash(f"Genoteerd bij {dutch.plural(len(made), 'gemeente', 'gemeenten')}.")
    return redirect(url_for("campaigns.show", slug=slug, status="op-lijst"), 303)


def _page(campaign: Campaign, form: ListForm, found: list[Sighting]) -> ResponseReturnValue:
    page = render_template(
        "office/listed.html",
        campaign=campaign,
        form=form,
        found=found,
        handlings=Handling,
        looks=bool(settings().openbesluitvorming_url),
        looked=looking.how_it_stands(campaign),
        proposals=looking.proposals(campaign),
    )
    return page, form.status
