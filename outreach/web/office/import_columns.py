"""Lijst inlezen: what the columns of a file are, said by hand beside samples of each."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.contacts import columns, gemeenten, importing, wording
from outreach.contacts.columns import Field
from outreach.contacts.models import Function, Import, ImportState
from outreach.contacts.spreadsheets import DELIMITERS, ENCODINGS, Layout
from outreach.errors import Invalid, Refused
from outreach.web.access import role_required
from outreach.web.context import now
from outreach.web.office.imports import bp as bp

#: What a column can be, as the screen says it, most needed first.
CHOICES = {
    Field.GEMEENTE: "gemeente",
    Field.EMAIL: "e-mailadres",
    Field.FUNCTION: "functie",
    Field.NAME: "hele naam",
    Field.FORM: "aanspreekvorm (heer, mevrouw)",
    Field.TITLES: "titel",
    Field.INITIALS: "voorletters",
    Field.FIRST_NAME: "voornaam",
    Field.PREFIX: "tussenvoegsel",
    Field.LAST_NAME: "achternaam",
    Field.PHONE: "telefoon",
    Field.PARTY: "fractie (alleen van raadsleden)",
    Field.BASIS: "waarom mogen we mailen",
    Field.SOURCE: "bron van het adres",
}
SEPARATORS = {";": "puntkomma", ",": "komma", "\t": "tab", "|": "streep |"}


@bp.route("/inlezen/<int:import_id>/kolommen", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def import_columns(import_id: int) -> ResponseReturnValue:
    import_, fault = _waiting(import_id), ""
    chosen, function = _as_it_stands(import_)
    if request.method == "POST":
        chosen, function = _sent(import_)
        try:
            said = Function(function) if function else None
            importing.arrange(import_, chosen, function=said, now=now())
        except Invalid as error:
            fault = str(error)
        else:
            return redirect(url_for(".show_import", import_id=import_id), 303)
    page = render_template(
        "office/import_columns.html",
        import_=import_,
        preview=importing.file_of(import_).preview,
        layout=import_.layout,
        chosen=chosen,
        function=function,
        fault=fault,
        choices=CHOICES,
        functions=wording.FUNCTIONS,
        encodings=ENCODINGS,
        separators=SEPARATORS,
    )
    return page, 422 if fault else 200


@bp.post("/inlezen/<int:import_id>/anders")
@role_required(Role.COORDINATOR)
def read_otherwise(import_id: int) -> ResponseReturnValue:
    form = request.form
    line = form.get("kopregel", "")
    separator = form.get("teken", "")
    layout = Layout(
        form.get("blad", "")[:200],
        form.get("tekens", "") if form.get("tekens") in ENCODINGS else "",
        separator if separator in DELIMITERS else "",
        int(line) if line.isdecimal() and len(line) < 7 else 0,
    )
    try:
        importing.look_again(_waiting(import_id), layout)
    except Invalid as error:
        flash(str(error))
    return redirect(url_for(".import_columns", import_id=import_id), 303)


def _waiting(import_id: int) -> Import:
    """
    :raises Refused: its columns are settled
    """
    import_ = importing.find(import_id)
    if import_.state not in (ImportState.COLUMNS, ImportState.SHOWN):
        raise Refused("De kolommen van deze lijst liggen vast. Lees haar opnieuw in.")
    return import_


def _as_it_stands(import_: Import) -> tuple[dict[int, str], str]:
    """What a person said before, else what was understood, else what we propose."""
    preview = importing.file_of(import_).preview
    if said := import_.mapping:
        return {int(index): word for index, word in said["fields"].items()}, said["function"]
    if import_.state is ImportState.SHOWN:
        return dict(enumerate(import_.columns.values())), ""
    proposed = columns.propose(preview["header"], preview["samples"], _is_gemeente())
    return proposed, "" if Field.FUNCTION in proposed.values() else Function.GRIFFIER.value


def _is_gemeente() -> columns.Test:
    book = gemeenten.Book()

    def test(text: str) -> bool:
        try:
            book.find(text)
        except gemeenten.AmbiguousGemeente:
            return True
        except Invalid:
            return False
        return True

    return test


def _sent(import_: Import) -> tuple[dict[int, str], str]:
    known = {*map(str, Field), columns.ATTRIBUTE, columns.SKIP}
    sent = {
        index: request.form.get(f"kolom-{index}", columns.SKIP)
        for index in range(len(importing.file_of(import_).preview["header"]))
    }
    chosen = {index: word if word in known else columns.SKIP for index, word in sent.items()}
    function = request.form.get("functie", "")
    return chosen, function if function in set(Function) else ""
