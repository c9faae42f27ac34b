"""Selecties: all of them, one, and making one by rows that are added and taken away."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.campaigns import expressions, selections
from outreach.campaigns.models import Selection
from outreach.campaigns.selections import Seen
from outreach.contacts import wording
from outreach.contacts.people import display_name
from outreach.errors import OutreachError
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.office import selection_forms
from outreach.web.office.selection_forms import SelectionForm

bp = Blueprint("selections", __name__, url_prefix="/kantoor/adressen/selecties")


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    return render_template("office/selections.html", listed=selections.everything(now=now()))


@bp.get("/<int:selection_id>")
@role_required(Role.READER)
def show(selection_id: int) -> ResponseReturnValue:
    selection = selections.get(selection_id)
    return render_template(
        "office/selection.html",
        selection=selection,
        seen=selections.look(expressions.parse(selection.expression), now=now()),
        letters=selections.used_by(selection),
        functions=wording.FUNCTIONS,
        name=display_name,
    )


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def create() -> ResponseReturnValue:
    if request.method != "POST":
        return _form_page(selection_forms.empty(), None)
    return _sent(None)


@bp.route("/<int:selection_id>/wijzig", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(selection_id: int) -> ResponseReturnValue:
    selection = selections.get(selection_id)
    if request.method != "POST":
        expression = expressions.parse(selection.expression)
        form = selection_forms.of_expression(selection.name, expression, selection.version)
        return _form_page(form, selection)
    return _sent(selection)


@bp.post("/tel")
@role_required(Role.COORDINATOR)
def count() -> ResponseReturnValue:
    """Who fits the form as it is now: a part of its page, that renews itself."""
    seen, error = _look(selection_forms.of_request(request.form))
    return render_template(
        "office/_selection_seen.html",
        seen=seen,
        error=error,
        functions=wording.FUNCTIONS,
        name=display_name,
    )


@bp.post("/<int:selection_id>/kopie")
@role_required(Role.COORDINATOR)
def copy(selection_id: int) -> ResponseReturnValue:
    made = selections.copy(selections.get(selection_id), by=actor(), now=now())
    flash(f"“{made.name}” is gemaakt. Geef haar een eigen naam en wijzig wat anders moet.")
    return redirect(url_for(".change", selection_id=made.id), 303)


@bp.route("/<int:selection_id>/verwijder", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def remove(selection_id: int) -> ResponseReturnValue:
    """Asks first: a removed selectie does not come back."""
    selection = selections.get(selection_id)
    if request.method != "POST":
        letters = selections.used_by(selection)
        return render_template("office/selection_remove.html", selection=selection, letters=letters)
    selections.remove(selection, by=actor(), now=now())
    flash(f"“{selection.name}” is verwijderd.")
    return redirect(url_for(".index"), 303)


def _sent(selection: Selection | None) -> ResponseReturnValue:
    """The form came back: with a row more or less, to be counted, or to be saved."""
    form = selection_forms.of_request(request.form)
    if form.act(request.form) or "kijk" in request.form:
        return _form_page(form, selection)
    try:
        saved = _save(form, selection)
    except OutreachError as error:
        return _form_page(form, selection, error)
    flash(f"“{saved.name}” is bewaard.")
    return redirect(url_for(".show", selection_id=saved.id), 303)


def _save(form: SelectionForm, selection: Selection | None) -> Selection:
    expression = form.expression()
    if selection is None:
        return selections.add(form.name, expression, by=actor(), now=now())
    return selections.change(
        selection,
        name=form.name,
        expression=expression,
        version=form.version,
        by=actor(),
        now=now(),
    )


def _look(form: SelectionForm) -> tuple[Seen | None, OutreachError | None]:
    try:
        return selections.look(selections.resolve(form.expression()), now=now()), None
    except OutreachError as error:
        return None, error


def _form_page(
    form: SelectionForm, selection: Selection | None, refused: OutreachError | None = None
) -> ResponseReturnValue:
    seen, error = _look(form)
    wrong = refused if isinstance(refused, expressions.BadExpression) else None
    page = render_template(
        "office/selection_form.html",
        form=form,
        selection=selection,
        seen=seen,
        error=error,
        refused=refused,
        wrong_row=form.row_of(wrong.row) if wrong else None,
        choices=selection_forms.Choices(),
        fields=selection_forms.FIELDS,
        names=expressions.NAMES,
        typed=selection_forms.TYPED,
        functions=wording.FUNCTIONS,
        name=display_name,
        letters=selections.used_by(selection) if selection else [],
    )
    return page, 422 if refused else 200
