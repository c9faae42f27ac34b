"""Lijst inlezen: upload, look at what it would change, take it over or not, undo."""

import csv
import io
import re
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import FileField, SelectField, StringField
from wtforms.validators import Length

from outreach.accounts import audit
from outreach.accounts.models import Role
from outreach.contacts import deciding, importing, showing, undoing, wording
from outreach.contacts.models import Basis, Import, ImportFile, ImportState, Outcome
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
    ImportState.COLUMNS: "wacht op de kolommen",
    ImportState.READING: "wordt gelezen",
    ImportState.SHOWN: "proef, nog niets gewijzigd",
    ImportState.APPLIED: "overgenomen",
    ImportState.DISCARDED: "weggegooid",
    ImportState.UNDONE: "ongedaan gemaakt",
}
KINDS = (
    Outcome.DOUBTFUL,
    Outcome.CHANGED,
    Outcome.NEW,
    Outcome.REFUSED,
    Outcome.LEFT,
    Outcome.UNCHANGED,
)
LEFT = "left"  #: what the boxes of a doubtful line say beside its own choices
BULK = {"leave": deciding.leave, "take": deciding.take}
ROW = re.compile(r"r\d{1,9}")  #: the name of those boxes
LOOK_AGAIN = 3  #: seconds until the page of a list that is being read asks again


class ImportForm(Form):
    file = FileField("Bestand", [required(NO_FILE)])
    list_name = StringField("Naam van de lijst (hoeft niet)", [Length(max=200)])
    basis = SelectField("Waarom mogen we deze adressen mailen?", choices=BASES)
    source = StringField("Waar komt de lijst vandaan? (hoeft niet)", [Length(max=2000)])

    def validate_file(self, field: FileField) -> None:
        if not getattr(field.data, "filename", ""):
            raise ValueError(NO_FILE)


@bp.route("/inlezen", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def upload() -> ResponseReturnValue:
    form = ImportForm()
    if form.accepted():
        try:
            import_ = _taken_in(form)
        except Invalid as error:
            form.refuse("file", error)
        else:
            waits = import_.state is ImportState.COLUMNS
            target = ".import_columns" if waits else ".show_import"
            return redirect(url_for(target, import_id=import_.id), 303)
    earlier = db.session.scalars(select(Import).order_by(Import.id.desc()).limit(20))
    page = render_template(
        "office/import_new.html", form=form, earlier=list(earlier), states=STATES
    )
    return page, form.status


def _taken_in(form: ImportForm) -> Import:
    return importing.upload(
        form.file.data.filename,
        form.file.data.read(),
        by=actor(),
        now=now(),
        list_name=form.list_name.data or "",
        basis=Basis(form.basis.data) if form.basis.data else None,
        source=form.source.data or "",
    )


def _reading(import_: Import) -> ResponseReturnValue:
    """How far reading is; the browser asks again, also without a script."""
    done, total = importing.read_so_far(import_)
    page = render_template(
        "office/import_reading.html", import_=import_, done=done, total=total, every=LOOK_AGAIN
    )
    return page, 200, {"Refresh": str(LOOK_AGAIN)}


@bp.get("/inlezen/<int:import_id>")
@role_required(Role.READER)
def show_import(import_id: int) -> ResponseReturnValue:
    import_ = _import(import_id)
    if import_.state is ImportState.COLUMNS:
        return redirect(url_for(".import_columns", import_id=import_id))
    if import_.state is ImportState.READING:
        return _reading(import_)
    counts = showing.counts(import_)
    only, page = _asked(counts)
    lines = {
        kind: showing.lines(import_, kind, limit=showing.PAGE if only else showing.FIRST, page=page)
        for kind in ([only] if only else KINDS)
        if counts[kind] or kind is Outcome.DOUBTFUL
    }
    return render_template(
        "office/import.html",
        import_=import_,
        held=db.session.get(ImportFile, import_id),
        state=STATES[import_.state],
        counts=counts,
        decided=showing.decided(import_),
        summary=importing.summary(import_),
        lines=lines | {kind: [] for kind in KINDS if kind not in lines},
        only=only,
        page=page,
        size=showing.PAGE,
        words=wording.OUTCOMES,
        fields=wording.FIELDS,
        bases=wording.BASES,
        who=audit.name_of(import_.actor),
    )


def _asked(counts: dict[Outcome, int]) -> tuple[Outcome | None, int]:
    """The one kind of line that the address asks for, and its page."""
    kind = request.args.get("soort", "")
    only = Outcome(kind) if kind in set(Outcome) else None
    return only, max(request.args.get("pagina", 1, type=int), 1)


@bp.post("/inlezen/<int:import_id>/keuzes")
@role_required(Role.COORDINATOR)
def decide_import(import_id: int) -> ResponseReturnValue:
    changed = _decide(_import(import_id))
    if changed:
        flash(f"Bewaard: {dutch.plural(changed, 'regel is', 'regels zijn')} nu zoals u koos.")
    else:
        flash("U koos niets nieuws.")
    return _back(import_id)


@bp.post("/inlezen/<int:import_id>/neem-over")
@role_required(Role.COORDINATOR)
def apply_import(import_id: int) -> ResponseReturnValue:
    import_ = _import(import_id)
    if changed := _decide(import_):
        # What is taken over is what was shown, and this was not shown yet.
        said = dutch.plural(changed, "keuze is", "keuzes zijn")
        flash(f"Uw {said} bewaard. Kijk of het klopt, en neem de lijst dan over.")
        return _back(import_id)
    importing.apply(import_, by=actor(), now=now())
    counts = showing.counts(import_)
    taken = counts[Outcome.NEW] + counts[Outcome.CHANGED]
    flash(f"{dutch.plural(taken, 'regel is', 'regels zijn')} overgenomen.")
    return redirect(url_for(".show_import", import_id=import_id), 303)


def _decide(import_: Import) -> int:
    """Do what the page's boxes say; return how many lines that changes."""
    who: dict[str, Any] = {"by": actor(), "now": now()}
    if bulk := request.form.get("alles"):
        act, _, kind = bulk.partition("-")
        if act not in BULK or kind not in set(Outcome):
            raise Invalid("Die keuze kennen wij niet.")
        return BULK[act](import_, Outcome(kind), **who)
    return _choose(import_, who) + _tick(import_, who)


def _choose(import_: Import, who: dict[str, Any]) -> int:
    """What doubtful lines are."""
    form = request.form
    said = {int(name[1:]): key for name, key in form.items() if ROW.fullmatch(name)}
    left = [id_ for id_, key in said.items() if key == LEFT]
    chosen = {id_: key for id_, key in said.items() if key != LEFT}
    changed = deciding.choose(import_, chosen, **who) if chosen else 0
    for id_ in sorted(_numbers(form.getlist("ook")) & chosen.keys()):
        changed += deciding.choose_alike(import_, id_, chosen[id_], **who)
    return changed + (deciding.leave(import_, left, **who) if left else 0)


def _tick(import_: Import, who: dict[str, Any]) -> int:
    """Which of the lines on the page are taken."""
    here, ticked = (_numbers(request.form.getlist(name)) for name in ("hier", "neem"))
    left, taken = here - ticked, here & ticked
    changed = deciding.leave(import_, left, **who) if left else 0
    return changed + (deciding.take(import_, taken, **who) if taken else 0)


def _numbers(words: list[str]) -> set[int]:
    return {int(word) for word in words if word.isdecimal() and len(word) < 10}


def _back(import_id: int) -> ResponseReturnValue:
    """To the page with the lines that were decided on."""
    where: dict[str, Any] = {
        name: request.form[name] for name in ("soort", "pagina") if request.form.get(name)
    }
    return redirect(url_for(".show_import", import_id=import_id, **where), 303)


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
