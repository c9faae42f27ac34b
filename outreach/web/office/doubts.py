"""Onzeker: what may have been sent, what is known of it, and the two things one can do."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import Length

from outreach.accounts.models import Role
from outreach.campaigns import writing
from outreach.delivery import outbox
from outreach.errors import Invalid
from outreach.ledger import doubts
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form

bp = Blueprint("doubts", __name__, url_prefix="/kantoor/onzeker")


class DecideForm(Form):
    """A reason, and two buttons."""

    reden = TextAreaField(
        "Hoe weet u dit?", [Length(max=500, message="Kort dit in tot 500 tekens.")]
    )

    @property
    def arrived(self) -> bool:
        return request.form.get("was") == "aangekomen"

    def accepted(self) -> bool:
        if not super().accepted():
            return False
        if not self.arrived and not (self.reden.data or "").strip():
            why = "Zeg hoe u weet dat de brief niet aankwam: anders krijgt de griffie hem dubbel."
            self.refuse("reden", Invalid(why))
        return not self.errors


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    slug = request.args.get("brief")
    campaign = writing.find(slug) if slug else None
    return render_template(
        "office/doubts.html", doubts=doubts.everything(campaign), campaign=campaign
    )


@bp.get("/<int:message_id>")
@role_required(Role.READER)
def show(message_id: int) -> ResponseReturnValue:
    return _page(doubts.of(message_id), DecideForm())


@bp.post("/<int:message_id>")
@role_required(Role.COORDINATOR)
def decide(message_id: int) -> ResponseReturnValue:
    """Decide one message that may have been sent."""
    file, form = doubts.of(message_id), DecideForm()
    if request.form.get("was") not in ("aangekomen", "weg"):
        raise Invalid("Kies “Is aangekomen” of “Stuur opnieuw”.")
    if not form.accepted():
        return _page(file, form), form.status
    message = file.doubt.message
    outbox.settle_uncertain(
        message,
        as_="sent" if form.arrived else "resend",
        by=actor(),
        note=(form.reden.data or "").strip(),
        now=now(),
    )
    what = "telt als aangekomen" if form.arrived else "gaat opnieuw weg"
    flash(f"De brief aan {message.address} {what}.")
    return redirect(url_for(".index"), 303)


def _page(file: doubts.File, form: DecideForm) -> str:
    return render_template("office/doubt.html", file=file, doubt=file.doubt, form=form)
