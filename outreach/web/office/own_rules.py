"""Eigen regels: what coordinators say of mail that keeps coming, tried before it is made."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from outreach.accounts import audit
from outreach.accounts.models import Role
from outreach.delivery.arrivals import Outcome
from outreach.errors import OutreachError
from outreach.mailbox import own_rules, trying
from outreach.web.access import actor, role_required
from outreach.web.context import now, store
from outreach.web.form import Form

bp = Blueprint("own_rules", __name__, url_prefix="/kantoor/reacties/regels")

_DOES = (
    SelectChoice(Outcome.NOT_OURS.value, "niet van een gemeente"),
    SelectChoice(Outcome.RECEIPT.value, "ontvangstbevestiging: onze brief kwam aan"),
    SelectChoice(Outcome.AWAY.value, "afwezig: een afwezigheidsbericht"),
    SelectChoice(Outcome.WAIT.value, "laat wachten: een mens kijkt ernaar"),
)


class RuleForm(Form):
    """Whose mail, and what it is."""

    sender = StringField("Mail van (adres, of @domein)")
    words = StringField("Met deze woorden in het onderwerp")
    outcome = RadioField(
        "Wat is zo’n mail?",
        choices=_DOES,
        default=Outcome.NOT_OURS.value,
        validate_choice=False,
    )

    def filled(self) -> tuple[str, str, str]:
        return self.sender.data or "", self.words.data or "", self.outcome.data or ""

    @property
    def key(self) -> str:
        """What was tried goes with the form: what is changed after that is tried again."""
        return " | ".join(self.filled())


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    """All rules; "?van=" fills in a sender."""
    return _page(RuleForm(data={"sender": request.args.get("van", "")}))


@bp.post("/")
@role_required(Role.COORDINATOR)
def make() -> ResponseReturnValue:
    """Try a rule on the mail that is kept, or make it."""
    form = RuleForm()
    try:
        if request.form.get("d") != "maak" or request.form.get("geprobeerd") != form.key:
            rule = own_rules.drawn(*form.filled(), by=actor(), now=now())
            return _page(form, rule=rule, trial=trying.try_out(rule, store=store(), now=now()))
        rule = own_rules.make(*form.filled(), by=actor(), now=now())
    except OutreachError as error:
        form.refuse("sender", error)
        return _page(form), form.status
    flash(f"De regel geldt vanaf nu: {own_rules.sentence(rule)}.")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:rule_id>/weg")
@role_required(Role.COORDINATOR)
def remove(rule_id: int) -> ResponseReturnValue:
    """Switch a rule off."""
    own_rules.remove(rule_id, by=actor(), now=now())
    flash("De regel is uit. Wat hij besliste, blijft zoals het is.")
    return redirect(url_for(".index"), 303)


def _page(form: RuleForm, **tried: object) -> str:
    return render_template(
        "office/own_rules.html",
        form=form,
        rules=own_rules.listed(),
        sentence=own_rules.sentence,
        name_of=audit.name_of,
        most=trying.MOST_JUDGED,
        shown=trying.MOST_SHOWN,
        **tried,
    )
