"""Lijst inlezen: upload, look at what it would change, take it over or not, undo."""

import csv
import io

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import FileField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from outreach.accounts import audit
from outreach.accounts.models import Role
from outreach.contacts import importing, showing, undoing, wording
from outreach.contacts.models import Basis, Import, ImportState, Outcome
from outreach.db import db
from outreach.errors import Invalid, Unknown
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.form import Form, required
from outreach.web.office.contact_forms import BASES
from outreach.web.office.contacts import bp as bp

NO_FILE = "Kies het bestand met uw lijst."
STATES = {
    ImportState.SHOWN: "proef, nog niets gewijzigd",
    ImportState.APPLIED: "overgenomen",
    ImportState.DISCARDED: "weggegooid",
    ImportState.UNDONE: "ongedaan gemaakt",
}


class ImportForm(Form):
    file = FileField("Bestand", [required(NO_FILE)])
    list_name = StringField("Naam van de lijst (hoeft niet)", [Length(max=200)])
    basis = SelectField("Waarom mogen we deze adressen mailen?", choices=BASES)
    source = StringField("Waar komt de lijst vandaan? (hoeft niet)", [Length(max=2000)])
    columns = TextAreaField("Kolommen met een andere naam (hoeft niet)", [Length(max=5000)])

    def validate_file(self, field: FileField) -> None:
        if not getattr(field.data, "filename", ""):
            raise ValueError(NO_FILE)

    @property
    def mapping(self) -> dict[str, str]:
        """
        :raises Invalid: a line without "="
        """
        found = {}
        for line in (self.columns.data or "").splitlines():
            column, sign, name = line.partition("=")
            if line.strip() and not sign:
                raise Invalid(f"“{line.strip()}”: schrijf kolom = veld, zoals: Gem. = gemeente.")
            if line.strip():
                found[column.strip()] = name.strip()
        return found


@bp.route("/inlezen", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def upload() -> ResponseReturnValue:
    form = ImportForm()
    if form.accepted():
        try:
            import_ = importing.plan(
                form.file.data.filename,
                form.file.data.read(),
                by=actor(),
                now=now(),
                list_name=form.list_name.data or "",
                basis=Basis(form.basis.data) if form.basis.data else None,
                source=form.source.data or "",
                mapping=form.mapping,
            )
        except Invalid as error:
            form.refuse("file", error)
        else:
            return redirect(url_for(".show_import", import_id=import_.id), 303)
    earlier = db.session.scalars(select(Import).order_by(Import.id.desc()).limit(20))
    page = render_template(
        "office/import_new.html", form=form, earlier=list(earlier), states=STATES
    )
    return page, form.status


@bp.get("/inlezen/<int:import_id>")
@role_required(Role.READER)
def show_import(import_id: int) -> ResponseReturnValue:
    import_ = _import(import_id)
    whole = request.args.get("alles", "")
    kinds = (Outcome.DOUBTFUL, Outcome.CHANGED, Outcome.NEW, Outcome.REFUSED, Outcome.UNCHANGED)
    return render_template(
        "office/import.html",
        import_=import_,
        state=STATES[import_.state],
        counts=showing.counts(import_),
        summary=importing.summary(import_),
        lines={
            kind: showing.lines(import_, kind, limit=None if whole == kind.value else showing.FIRST)
            for kind in kinds
        },
        words=wording.OUTCOMES,
        fields=wording.FIELDS,
        bases=wording.BASES,
        who=audit.name_of(import_.actor),
    )


@bp.post("/inlezen/<int:import_id>/neem-over")
@role_required(Role.COORDINATOR)
def apply_import(import_id: int) -> ResponseReturnValue:
    import_ = importing.apply(_import(import_id), by=actor(), now=now())
    counts = showing.counts(import_)
    changed = counts[Outcome.NEW] + counts[Outcome.CHANGED]
    flash(f"{dutch.plural(changed, 'regel is', 'regels zijn')} overgenomen.")
    return redirect(url_for(".show_import", import_id=import_id), 303)


@bp.post("/inlezen/<int:import_id>/gooi-weg")
@role_required(Role.COORDINATOR)
def discard_import(import_id: int) -> ResponseReturnValue:
    importing.discard(_import(import_id), by=actor(), now=now())
    flash("De proef is weggegooid. Er is niets gewijzigd.")
    return redirect(url_for(".upload"), 303)


@bp.post("/inlezen/<int:import_id>/ongedaan")
@role_required(Role.COORDINATOR)
def undo_import(import_id: int) -> ResponseReturnValue:
    import_ = _import(import_id)
    undone = undoing.undo(import_, by=actor(), now=now())
    return render_template("office/import_undone.html", import_=import_, undone=undone)


@bp.get("/inlezen/<int:import_id>/geweigerd.csv")
@role_required(Role.READER)
def refused_lines(import_id: int) -> ResponseReturnValue:
    """The refused lines as they stood, with the reason, to mend and read again."""
    import_ = _import(import_id)
    shown = showing.lines(import_, Outcome.REFUSED)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([*import_.columns, "regel", "waarom niet"])
    for one in shown:
        cells = [_safe(one.cells.get(column, "")) for column in import_.columns]
        writer.writerow([*cells, one.line, one.reason])
    # Excel takes a CSV for UTF-8 only when it begins with a byte order mark.
    response = Response(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="geweigerde-regels.csv")
    return response


def _import(import_id: int) -> Import:
    import_ = db.session.get(Import, import_id)
    if import_ is None:
        raise Unknown("Deze lijst is er niet meer.")
    return import_


def _safe(cell: str) -> str:
    """A cell that no spreadsheet reads as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
