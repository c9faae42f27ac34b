"""Raadsvergaderingen: when the raad of each gemeente meets, as far as it is known."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, FileField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from outreach.accounts.models import Role
from outreach.clock import dutch_date
from outreach.contacts import gemeenten, sittings
from outreach.contacts.gemeenten import NoGemeente
from outreach.contacts.models import Gemeente, SittingKind
from outreach.contacts.sittings import Summary, Typed
from outreach.errors import Invalid
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form, required

bp = Blueprint("sittings", __name__, url_prefix="/kantoor/instellingen/raadsvergaderingen")

KINDS = [
    SelectChoice(SittingKind.RAAD.value, "de raad"),
    SelectChoice(SittingKind.COMMISSIE.value, "een commissie"),
]
MOST_LINES = 200  #: of a file that are told on one page


class SittingForm(Form):
    gemeente = StringField("Gemeente", [required("Vul een gemeente in."), Length(max=80)])
    day = DateField("Dag", [InputRequired("Kies een dag.")])
    kind = SelectField("Wie vergadert er", choices=KINDS)
    source = StringField(
        "Hoe weten we dit (hoeft niet)",
        [Length(max=sittings.LONGEST_SOURCE, message="Kort dit in tot 300 tekens.")],
    )

    def filled(self) -> Typed:
        """
        :raises NoGemeente: a text that does not say which gemeente
        """
        code = gemeenten.find(self.gemeente.data).code
        return Typed(code, self.day.data, SittingKind(self.kind.data), self.source.data or "")


class FileForm(Form):
    file = FileField("Bestand", [required("Kies het bestand met de vergaderingen.")])


@bp.get("")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    return _index()


@bp.get("/raadsvergaderingen.csv")
@role_required(Role.READER)
def download() -> ResponseReturnValue:
    response = Response(sittings.to_csv(), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="raadsvergaderingen.csv")
    return response


@bp.post("")
@role_required(Role.COORDINATOR)
def upload() -> ResponseReturnValue:
    """Add what a file says; what of it cannot be read stands on the page that follows."""
    form, took = FileForm(), None
    if form.accepted():
        file = form.file.data
        try:
            took = sittings.take_over(file.filename, file.read(), by=actor(), now=now())
        except Invalid as error:
            form.refuse("file", error)
        else:
            if not took.refused:
                flash(_said(took))
                return redirect(url_for(".index"), 303)
    return _index(form, took)


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def create() -> ResponseReturnValue:
    form = SittingForm(data={"gemeente": request.args.get("gemeente", "")})
    if form.accepted():
        try:
            made = sittings.add(form.filled(), by=actor(), now=now())
        except Invalid as error:
            form.refuse("gemeente" if isinstance(error, NoGemeente) else "day", error)
        else:
            flash("De vergadering staat in de lijst.")
            return redirect(url_for(".index", gemeente=made.gemeente_code), 303)
    return render_template("office/sitting_form.html", form=form, sitting=None), form.status


@bp.route("/<int:sitting_id>", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(sitting_id: int) -> ResponseReturnValue:
    sitting = sittings.get(sitting_id)
    form = SittingForm(obj=sitting, data={"gemeente": sitting.gemeente.name})
    if form.accepted():
        try:
            sittings.change(sitting, form.filled(), by=actor(), now=now())
        except Invalid as error:
            form.refuse("gemeente" if isinstance(error, NoGemeente) else "day", error)
        else:
            flash("De vergadering is gewijzigd. Brieven die erop wachten, schuiven mee.")
            return redirect(url_for(".index", gemeente=sitting.gemeente_code), 303)
    return render_template("office/sitting_form.html", form=form, sitting=sitting), form.status


@bp.post("/<int:sitting_id>/weg")
@role_required(Role.COORDINATOR)
def remove(sitting_id: int) -> ResponseReturnValue:
    sitting = sittings.get(sitting_id)
    code = sitting.gemeente_code
    sittings.remove(sitting, by=actor(), now=now())
    flash("De vergadering is uit de lijst.")
    return redirect(url_for(".index", gemeente=code), 303)


def _index(file: FileForm | None = None, took: Summary | None = None) -> tuple[str, int]:
    asked = request.args.get("gemeente", "").strip()
    chosen, unknown = _chosen(asked)
    today, page = dutch_date(now()), request.args.get("blad", 1, int)
    code, past = chosen.code if chosen else "", "voorbij" in request.args
    find = sittings.past if past else sittings.listed
    start = {"before": today} if past else {"since": today}
    listing = find(code=code, page=page, **start)
    html = render_template(
        "office/sittings.html",
        listing=listing,
        past=past,
        asked=asked,
        chosen=chosen,
        unknown=unknown,
        file=file or FileForm(),
        took=took,
        said=_said(took) if took else "",
        most_lines=MOST_LINES,
    )
    return html, (file or FileForm()).status


def _chosen(asked: str) -> tuple[Gemeente | None, str]:
    """The gemeente that is looked for, or why it is not clear which."""
    try:
        return (gemeenten.find(asked), "") if asked else (None, "")
    except NoGemeente as error:
        return None, str(error)


def _said(took: Summary) -> str:
    return f"{took.new} nieuw, {took.changed} gewijzigd, {took.unchanged} stonden er al."
