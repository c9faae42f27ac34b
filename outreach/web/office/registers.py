"""Register inlezen: the government's export, what it would change, take it over, undo."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import FileField
from wtforms.validators import ValidationError

from outreach.accounts import audit
from outreach.accounts.models import Role
from outreach.contacts import register, wording
from outreach.contacts.models import Gemeente, Outcome, RegisterImport, RegisterKind
from outreach.contacts.register_gemeenten import WORDS as FACTS
from outreach.contacts.register_people import WORDS as OF_PEOPLE
from outreach.db import db
from outreach.errors import Invalid
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form, required
from outreach.web.office.imports import STATES

bp = Blueprint("registers", __name__, url_prefix="/kantoor/adressen/register")

NO_FILE = "Kies het bestand van het register."
FIRST = 25  #: rows of a kind shown at once; more on request


class RegisterForm(Form):
    file = FileField("Bestand", [required(NO_FILE)])

    def validate_file(self, field: FileField) -> None:
        if not getattr(field.data, "filename", ""):
            raise ValidationError(NO_FILE)


@bp.route("/", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def upload() -> ResponseReturnValue:
    form = RegisterForm()
    if form.accepted():
        given = form.file.data
        try:
            import_ = register.plan(given.filename, given.stream, by=actor(), now=now())
        except Invalid as error:
            db.session.rollback()
            form.refuse("file", error)
        else:
            return redirect(url_for(".show", import_id=import_.id), 303)
    earlier = db.session.scalars(
        select(RegisterImport).order_by(RegisterImport.id.desc()).limit(20)
    )
    page = render_template(
        "office/register_new.html", form=form, earlier=list(earlier), states=STATES
    )
    return page, form.status


@bp.get("/<int:import_id>")
@role_required(Role.READER)
def show(import_id: int) -> ResponseReturnValue:
    import_ = register.find(import_id)
    whole = request.args.get("alles", "")
    return render_template(
        "office/register.html",
        import_=import_,
        state=STATES[import_.state],
        summary=register.summary(import_),
        rows=lambda kind, outcome: register.rows(
            import_,
            RegisterKind(kind),
            Outcome(outcome),
            limit=None if whole == f"{kind}-{outcome}" else FIRST,
        ),
        people=register.by_function(import_),
        orphans=register.without_successor(import_),
        gemeenten=_gemeenten(),
        functions=wording.FUNCTIONS,
        facts_=FACTS,
        of_people=OF_PEOPLE,
        who=audit.name_of(import_.actor),
    )


@bp.post("/<int:import_id>/opvolger")
@role_required(Role.COORDINATOR)
def choose_successor(import_id: int) -> ResponseReturnValue:
    code, successor = request.form.get("code", ""), request.form.get("opvolger", "")
    register.choose_successor(register.find(import_id), code, successor, now=now())
    flash("De opvolger is genoteerd. Er is nog niets gewijzigd.")
    return redirect(url_for(".show", import_id=import_id), 303)


@bp.post("/<int:import_id>/neem-over")
@role_required(Role.COORDINATOR)
def apply(import_id: int) -> ResponseReturnValue:
    chosen = [f for f in register.FUNCTIONS if f.value in request.form.getlist("functie")]
    import_ = register.apply(register.find(import_id), by=actor(), now=now(), functions=chosen)
    done = register.summary(import_)
    taken = dutch.plural(done["new"] + done["changed"], "wijziging is", "wijzigingen zijn")
    flash(f"{taken} overgenomen.")
    return redirect(url_for(".show", import_id=import_id), 303)


@bp.post("/<int:import_id>/gooi-weg")
@role_required(Role.COORDINATOR)
def discard(import_id: int) -> ResponseReturnValue:
    register.discard(register.find(import_id), by=actor(), now=now())
    flash("De proef is weggegooid. Er is niets gewijzigd.")
    return redirect(url_for(".upload"), 303)


@bp.post("/<int:import_id>/ongedaan")
@role_required(Role.COORDINATOR)
def undo(import_id: int) -> ResponseReturnValue:
    import_ = register.find(import_id)
    undone = register.undo(import_, by=actor(), now=now())
    return render_template("office/register_undone.html", import_=import_, undone=undone)


def _gemeenten() -> dict[str, str]:
    return dict(db.session.execute(select(Gemeente.code, Gemeente.name)).all())
