"""Antwoorden die elkaar tegenspreken: side by side, for a person to decide or to let stand."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.answers import contradicting
from outreach.campaigns import writing
from outreach.contacts import gemeenten
from outreach.ledger import timeline
from outreach.web.access import actor, role_required
from outreach.web.context import now

bp = Blueprint("contradictions", __name__, url_prefix="/kantoor/gemeenten")


@bp.get("/tegenspraak")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    return render_template("office/contradictions.html", found=timeline.contradictions())


@bp.post("/<code>/tegenspraak")
@role_required(Role.COORDINATOR)
def let_stand(code: str) -> ResponseReturnValue:
    """Let what two people said stand beside one another."""
    campaign, gemeente = writing.find(request.form.get("brief", "")), gemeenten.find(code)
    contradicting.let_stand(campaign.id, gemeente.code, by=actor(), now=now())
    flash(f"De antwoorden van {gemeente.name} blijven naast elkaar staan.")
    return redirect(url_for("gemeenten.show", code=gemeente.code), 303)
