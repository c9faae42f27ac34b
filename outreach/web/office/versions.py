"""Versies: what a step's text was before, and putting one back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.campaigns import previewing, versions, writing
from outreach.campaigns.models import Campaign
from outreach.ledger import sheet
from outreach.web.access import actor, role_required
from outreach.web.context import now

bp = Blueprint("versions", __name__, url_prefix="/kantoor/brieven")


@bp.get("/<slug>/stap/<int:position>/versies")
@role_required(Role.READER)
def index(slug: str, position: int) -> ResponseReturnValue:
    campaign = writing.find(slug)
    step, variant = previewing.step_at(campaign, position), _variant(campaign)
    return render_template(
        "office/versions.html",
        campaign=campaign,
        step=step,
        title=sheet.title(step),
        variant=variant,
        versions=versions.of(step, variant),
    )


@bp.post("/<slug>/stap/<int:position>/versies/<int:number>")
@role_required(Role.COORDINATOR)
def restore(slug: str, position: int, number: int) -> ResponseReturnValue:
    campaign = writing.find(slug)
    step, variant = previewing.step_at(campaign, position), _variant(campaign)
    versions.restore(step, variant, number, by=actor(), now=now())
    flash(f"Versie {number} staat er weer, als nieuwste versie.")
    here = url_for("writing.write", slug=slug, position=position, tekst=variant)
    return redirect(here, 303)


def _variant(campaign: Campaign) -> str:
    asked = request.args.get("tekst", "")
    return asked if asked in campaign.variants else campaign.variants[0]
