"""Instellingen: how long things are kept, who answers for the data, how much post is too much."""

from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, IntegerField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange

from outreach.accounts import choices
from outreach.accounts.choices import Periods, Pressure, Privacy
from outreach.accounts.models import Role
from outreach.contacts.addresses import BadAddress, check
from outreach.ledger import retention, statements
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form, required

bp = Blueprint("statements", __name__, url_prefix="/kantoor/instellingen")

LONGEST = 3_650  #: days that anything may be kept
TEXT = [Length(max=200, message="Kort dit in tot 200 tekens.")]
LONG = [Length(max=2_000, message="Kort dit in tot 2000 tekens.")]


def _number(label: str, least: int, most: int) -> IntegerField:
    sentence = f"Vul bij “{label}” een getal van {least} tot en met {dutch.number(most)} in."
    return IntegerField(label, [required(sentence), NumberRange(least, most, sentence)])


class PrivacyForm(Form):
    controller = StringField("Wie is verantwoordelijk?", TEXT)
    email = EmailField("Waar kunnen mensen terecht?", TEXT)
    officer = StringField("Functionaris gegevensbescherming (hoeft niet)", TEXT)
    interest = TextAreaField("Welk belang heeft u bij de brieven?", LONG)
    processors = TextAreaField("Wie verwerkt voor u gegevens?", LONG)
    outside_eea = TextAreaField("Gaan er gegevens buiten Europa? (hoeft niet)", LONG)


class PressureForm(Form):
    letters = _number("Brieven", 1, 100)
    days = _number("In zoveel dagen", 1, 365)


class PeriodsForm(Form):
    """A number of days for each rule."""


for _rule in retention.RULES:
    setattr(PeriodsForm, _rule.name, _number(f"{_rule.title}: dagen", 1, LONGEST))


@bp.get("/bewaren")
@role_required(Role.READER)
def keep() -> ResponseReturnValue:
    """What goes by itself, when, and how much that is now."""
    return render_template(
        "office/retention.html", lines=retention.lines(now=now()), spell=statements.spell
    )


@bp.route("/bewaren/wijzig", methods=["GET", "POST"])
@role_required(Role.OWNER)
def change_periods() -> ResponseReturnValue:
    form = PeriodsForm(data=asdict(choices.read(Periods)))
    if form.accepted():
        choices.write(Periods(**form.values()), by=actor(), now=now())
        flash("De termijnen zijn bewaard. Vannacht gaat weg wat langer bewaard is.")
        return redirect(url_for(".keep"), 303)
    page = render_template("office/retention_change.html", form=form, rules=retention.RULES)
    return page, form.status


@bp.route("/privacy", methods=["GET", "POST"])
@role_required(Role.OWNER)
def change_privacy() -> ResponseReturnValue:
    form = PrivacyForm(data=asdict(choices.read(Privacy)))
    if form.accepted():
        try:
            given = {name: (value or "").strip() for name, value in form.values().items()}
            given["email"] = check(given["email"]) if given["email"] else ""
        except BadAddress as error:
            form.refuse("email", error)
        else:
            choices.write(Privacy(**given), by=actor(), now=now())
            flash("Bewaard. De privacyverklaring en het verwerkingsregister zijn bijgewerkt.")
            return redirect(url_for(".register"), 303)
    return render_template(
        "office/privacy_change.html", form=form, interest=statements.INTEREST
    ), form.status


@bp.route("/postdruk", methods=["GET", "POST"])
@role_required(Role.OWNER)
def change_pressure() -> ResponseReturnValue:
    form = PressureForm(data=asdict(choices.read(Pressure)))
    if form.accepted():
        choices.write(Pressure(**form.values()), by=actor(), now=now())
        flash("Bewaard. De controle vóór verzenden waarschuwt vanaf nu bij deze grens.")
        return redirect(url_for("preferences.index"), 303)
    return render_template("office/pressure_change.html", form=form), form.status


@bp.get("/verwerkingsregister")
@role_required(Role.READER)
def register() -> ResponseReturnValue:
    """The register of processing (AVG art. 30), to print."""
    return render_template(
        "office/register_of_processing.html",
        statement=statements.current(),
        security=statements.SECURITY,
        today=now(),
    )
