"""Reces: when councils do not meet, and which region a gemeente follows."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, FileField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from outreach.accounts.models import Role
from outreach.clock import dutch_date
from outreach.contacts import gemeenten, recesses
from outreach.contacts.models import Recess, RecessRegion
from outreach.contacts.recesses import Typed
from outreach.errors import Invalid
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form, required

bp = Blueprint("recesses", __name__, url_prefix="/kantoor/instellingen/reces")

REGIONS = [SelectChoice(one.value, one.value) for one in RecessRegion]
DAY = InputRequired("Kies een dag.")


class RecessForm(Form):
    name = StringField("Naam", [required("Geef het reces een naam, zoals meivakantie.")])
    region = SelectField("Regio", choices=REGIONS, default=RecessRegion.ALL.value)
    from_day = DateField("Eerste dag", [DAY])
    until_day = DateField("Laatste dag", [DAY])

    def filled(self) -> Typed:
        region = RecessRegion(self.region.data)
        return Typed(self.name.data, region, self.from_day.data, self.until_day.data)


class FollowForm(Form):
    """Which region a gemeente follows, where that is not the usual one."""

    gemeente = StringField("Gemeente", [required("Vul een gemeente in."), Length(max=80)])
    follows = SelectField(
        "Volgt",
        choices=[
            *(SelectChoice(one.value, f"regio {one.value}") for one in recesses.REGIONS),
            SelectChoice("", "de regio die er standaard bij hoort"),
        ],
    )


class FileForm(Form):
    file = FileField("Bestand", [required("Kies het bestand met de recessen.")])


@bp.get("")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    return _index()


@bp.get("/reces.csv")
@role_required(Role.READER)
def download() -> ResponseReturnValue:
    response = Response(recesses.to_csv(), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="reces.csv")
    return response


@bp.post("")
@role_required(Role.COORDINATOR)
def upload() -> ResponseReturnValue:
    """Make the table what a file says."""
    form = FileForm()
    if form.accepted():
        try:
            file = form.file.data
            count = recesses.take_over(file.filename, file.read(), by=actor(), now=now())
        except Invalid as error:
            form.refuse("file", error)
        else:
            flash(f"De lijst heeft nu {count} recessen.")
            return redirect(url_for(".index"), 303)
    return _index(file=form)


@bp.post("/gemeente")
@role_required(Role.COORDINATOR)
def follow() -> ResponseReturnValue:
    form = FollowForm()
    if form.accepted():
        try:
            one = gemeenten.find(form.gemeente.data)
        except Invalid as error:
            form.refuse("gemeente", error)
        else:
            chosen = RecessRegion(form.follows.data) if form.follows.data else None
            recesses.follow(one, chosen, by=actor(), now=now())
            flash(f"{one.name} volgt regio {recesses.followed(one).value}.")
            return redirect(url_for(".index"), 303)
    return _index(follow=form)


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def create() -> ResponseReturnValue:
    form = RecessForm()
    if form.accepted():
        try:
            made = recesses.add(form.filled(), by=actor(), now=now())
        except Invalid as error:
            form.refuse("until_day", error)
        else:
            flash(f"De {made.name} staat in de lijst.")
            return redirect(url_for(".index"), 303)
    return _form(form, None)


@bp.route("/<int:recess_id>", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(recess_id: int) -> ResponseReturnValue:
    recess = recesses.get(recess_id)
    form = RecessForm(obj=recess)
    if form.accepted():
        try:
            recesses.change(recess, form.filled(), by=actor(), now=now())
        except Invalid as error:
            form.refuse("until_day", error)
        else:
            flash(f"De {recess.name} is gewijzigd.")
            return redirect(url_for(".index"), 303)
    return _form(form, recess)


@bp.post("/<int:recess_id>/weg")
@role_required(Role.COORDINATOR)
def remove(recess_id: int) -> ResponseReturnValue:
    recess = recesses.get(recess_id)
    recesses.remove(recess, by=actor(), now=now())
    flash(f"De {recess.name} is uit de lijst.")
    return redirect(url_for(".index"), 303)


def _index(*, file: FileForm | None = None, follow: FollowForm | None = None) -> tuple[str, int]:
    listed, today = recesses.listed(), dutch_date(now())
    page = render_template(
        "office/recesses.html",
        coming=[one for one in listed if one.until_day >= today],
        past=[one for one in listed if one.until_day < today],
        apart=recesses.apart(),
        usual=recesses.default,
        file=file or FileForm(),
        follow=follow or FollowForm(data={"gemeente": request.args.get("gemeente", "")}),
    )
    return page, (file or follow or FileForm()).status


def _form(form: RecessForm, recess: Recess | None) -> ResponseReturnValue:
    return render_template("office/recess_form.html", form=form, recess=recess), form.status
