"""Tekstblokken: single texts that any letter can take over."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from outreach.accounts import audit
from outreach.accounts.models import Role
from outreach.campaigns import text_blocks
from outreach.campaigns.models import TextBlock
from outreach.errors import Invalid
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form, required
from outreach.web.office import letter_forms

bp = Blueprint("texts", __name__, url_prefix="/kantoor/tekstblokken")

SHORT = Length(
    max=text_blocks.LONGEST_TITLE,
    message=f"Kort de naam in tot {text_blocks.LONGEST_TITLE} tekens.",
)


class TextForm(Form):
    title = StringField("Naam", [required("Geef het tekstblok een naam."), SHORT])
    text = TextAreaField("Tekst", [required("Schrijf de tekst."), letter_forms.FITS])


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    found = text_blocks.everything()
    return render_template("office/texts.html", found=found, name_of=audit.name_of)


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def create() -> ResponseReturnValue:
    form = TextForm()
    if form.accepted():
        try:
            made = text_blocks.add(**form.values(), by=actor(), now=now())
        except Invalid as error:
            form.refuse("title", error)
        else:
            flash(f"“{made.title}” is bewaard. U zet het in een brief onder Tekstblok.")
            return redirect(url_for(".index"), 303)
    return _form(form, None)


@bp.route("/<int:block_id>", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(block_id: int) -> ResponseReturnValue:
    block = text_blocks.get(block_id)
    form = TextForm(obj=block)
    if form.accepted():
        try:
            text_blocks.change(block, **form.values(), by=actor(), now=now())
        except Invalid as error:
            form.refuse("title", error)
        else:
            flash(f"“{block.title}” is gewijzigd. Brieven waar het al in staat, blijven gelijk.")
            return redirect(url_for(".index"), 303)
    return _form(form, block)


@bp.post("/<int:block_id>/weg")
@role_required(Role.COORDINATOR)
def remove(block_id: int) -> ResponseReturnValue:
    block = text_blocks.get(block_id)
    title = block.title
    text_blocks.remove(block, by=actor(), now=now())
    flash(f"“{title}” is weg. Brieven waar het in staat, blijven gelijk.")
    return redirect(url_for(".index"), 303)


def _form(form: TextForm, block: TextBlock | None) -> ResponseReturnValue:
    page = render_template(
        "office/text_form.html", form=form, block=block, blocks=letter_forms.BLOCKS
    )
    return page, form.status
