"""Regio’s: gemeenten that belong together, and the partner that works for them."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, FileField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError

from outreach.accounts.models import Role
from outreach.campaigns import regions_used
from outreach.clock import dutch_date
from outreach.contacts import region_file, regions
from outreach.contacts.addresses import BadAddress
from outreach.contacts.models import Region, RegionKind
from outreach.contacts.regions import Typed
from outreach.errors import OutreachError
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form, required

bp = Blueprint("regions", __name__, url_prefix="/kantoor/adressen/regios")

SHORT = [Length(max=regions.LONGEST, message="Kort dit in tot 200 tekens.")]
KINDS = [SelectChoice(kind.value, word) for kind, word in regions.KINDS.items()]
NO_FILE = "Kies het bestand met de regio’s."


class RegionForm(Form):
    name = StringField("Naam", [required("Geef de regio een naam."), *SHORT])
    kind = SelectField("Soort", choices=KINDS, default=RegionKind.OWN.value)
    gemeenten = TextAreaField("Gemeenten", [Length(max=20_000)])
    partner = StringField("Partner (hoeft niet)", SHORT)
    partner_email = EmailField("E-mailadres van de partner (hoeft niet)", SHORT)
    partner_phone = StringField("Telefoon van de partner (hoeft niet)", SHORT)

    def validate_gemeenten(self, field: TextAreaField) -> None:
        self.read = regions.typed(field.data or "")
        if self.read.asked or self.read.unknown:
            raise ValidationError(_question(self.read))

    def filled(self) -> dict[str, Any]:
        """What `regions.create` and `regions.change` take."""
        parts = ("name", *region_file.PARTNER)
        given = {part: self[part].data or "" for part in parts}
        codes = [one.code for one in self.read.found]
        return given | {"kind": RegionKind(self.kind.data), "codes": codes}


class FileForm(Form):
    file = FileField("Bestand", [required(NO_FILE)])
    kind = SelectField("Soort, als het bestand dat niet zegt", choices=KINDS)

    def validate_file(self, field: FileField) -> None:
        if not getattr(field.data, "filename", ""):
            raise ValidationError(NO_FILE)


@bp.get("")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    return _index(FileForm())


@bp.get("/regios.csv")
@role_required(Role.READER)
def download() -> ResponseReturnValue:
    response = Response(region_file.to_csv(), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="regios.csv")
    return response


@bp.post("")
@role_required(Role.COORDINATOR)
def upload() -> ResponseReturnValue:
    form = FileForm()
    if not form.accepted():
        return _index(form)
    file = form.file.data
    try:
        took = region_file.take_over(
            file.filename, file.read(), by=actor(), now=now(), kind=RegionKind(form.kind.data)
        )
    except OutreachError as error:
        form.refuse("file", error)
        return _index(form)
    flash(f"{took.new} nieuwe regio’s, {took.changed} gewijzigd, {took.unchanged} ongewijzigd.")
    for row in took.refused[:10]:
        flash(f"Regel {row['line']} is niet overgenomen: {row['reason']}")
    if len(took.refused) > 10:
        flash(f"En nog {len(took.refused) - 10} regels zijn niet overgenomen.")
    return redirect(url_for(".index"), 303)


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def create() -> ResponseReturnValue:
    form = RegionForm()
    if form.accepted():
        try:
            region = regions.create(by=actor(), now=now(), **form.filled())
        except OutreachError as error:
            form.refuse(_field_of(error), error)
        else:
            flash(f"{region.name} is gemaakt.")
            return redirect(url_for(".index"), 303)
    return _form_page(form, None)


@bp.route("/<int:region_id>", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(region_id: int) -> ResponseReturnValue:
    region = regions.get(region_id)
    names = "\n".join(str(one) for one in regions.members(region))
    form = RegionForm(obj=region, data={"gemeenten": names})
    if form.accepted():
        try:
            regions.change(region, by=actor(), now=now(), **form.filled())
        except OutreachError as error:
            form.refuse(_field_of(error), error)
        else:
            flash(f"{region.name} is gewijzigd.")
            return redirect(url_for(".index"), 303)
    return _form_page(form, region)


@bp.route("/<int:region_id>/verwijder", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def remove(region_id: int) -> ResponseReturnValue:
    """Asks first: a removed region does not come back."""
    region = regions.get(region_id)
    used = regions_used.names(region.id)
    if request.method != "POST" or used:
        page = render_template("office/region_remove.html", region=region, used=used)
        return page, 409 if request.method == "POST" else 200
    regions.remove(region, by=actor(), now=now())
    flash(f"{region.name} is verwijderd.")
    return redirect(url_for(".index"), 303)


def _index(form: FileForm) -> ResponseReturnValue:
    page = render_template(
        "office/regions.html",
        listed=regions.everything(),
        ended=regions.ended(dutch_date(now())),
        kinds=regions.KINDS,
        form=form,
    )
    return page, form.status


def _form_page(form: RegionForm, region: Region | None) -> ResponseReturnValue:
    page = render_template("office/region_form.html", form=form, region=region)
    return page, form.status


def _question(read: Typed) -> str:
    """What to write instead of names that are none, or two."""
    told = []
    for name, choices in read.asked.items():
        told.append(f"“{name}” kan {' of '.join(f'{g.name} ({g.code})' for g in choices)} zijn.")
    for name, near in read.unknown.items():
        hint = f" Bedoelt u {' of '.join(g.name for g in near)}?" if near else ""
        told.append(f"“{name[:60]}” kennen wij niet.{hint}")
    more = f" En nog {len(told) - 5} namen." if len(told) > 5 else ""
    return " ".join(told[:5]) + more


def _field_of(error: OutreachError) -> str:
    if isinstance(error, BadAddress):
        return "partner_email"
    return "gemeenten" if isinstance(error, regions.InAnother) else "name"
