"""Adressen: the list, one contact with its addresses, the geen-postlijst, export."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts import senders
from outreach.accounts.models import Role
from outreach.clock import dutch_date
from outreach.contacts import bulk, directory, erased, exporting, keeping, suppression, wording
from outreach.contacts.finding import Conditions
from outreach.contacts.gemeenten import AmbiguousGemeente, UnknownGemeente
from outreach.contacts.models import (
    Address,
    Basis,
    BulkKind,
    Contact,
    Function,
    Suppression,
    SuppressionReason,
)
from outreach.contacts.people import addressee, display_name, full_name
from outreach.db import db
from outreach.errors import Invalid, OutreachError, Unknown
from outreach.ledger import correspondence
from outreach.letters import aanhef, dutch
from outreach.web.access import actor, role_required
from outreach.web.context import now
from outreach.web.office import contact_list
from outreach.web.office.contact_forms import (
    AddressForm,
    ConfirmForm,
    ContactForm,
    NoMailForm,
    PersonForm,
)

bp = Blueprint("contacts", __name__, url_prefix="/kantoor/adressen")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    asked = contact_list.asked(request.args)
    listing = directory.search(
        contact_list.sought(asked, now()), reach=asked.reach, page=asked.page
    )
    part = request.headers.get("HX-Target") == "lijst"
    return render_template(
        "office/_contacts_found.html" if part else "office/contacts.html",
        listing=listing,
        asked=asked,
        acts=contact_list.ACTS,
        done=contact_list.done(request.args.get("gedaan", 0, type=int)),
        choices=contact_list.Choices(),
        functions=wording.FUNCTIONS,
        bases=wording.BASES,
        name=_name,
        today=dutch_date(now()),
    )


@bp.post("/samen")
@role_required(Role.COORDINATOR)
def together() -> ResponseReturnValue:
    """One act on the addresses that were ticked, or on all that the filters find."""
    asked = contact_list.asked(request.args)
    kind = request.form.get("daad", "")
    if kind not in set(BulkKind):
        raise Invalid("Kies wat er met de adressen moet gebeuren.")
    everyone = request.form.get("op") == "alle"
    chosen = _asked_for() if everyone else [Address.id.in_(contact_list.ticked(request.form))]
    done = bulk.act(
        BulkKind(kind),
        chosen,
        name=request.form.get("naam", ""),
        expected=request.form.get("aantal", type=int) if everyone else None,
        by=actor(),
        now=now(),
    )
    return redirect(url_for(".index", gedaan=done.id, **asked.query), 303)


@bp.post("/samen/<int:act_id>/ongedaan")
@role_required(Role.COORDINATOR)
def undo_together(act_id: int) -> ResponseReturnValue:
    undone = bulk.undo(bulk.find(act_id), by=actor(), now=now())
    kept = f" {undone.kept} bleven zoals iemand ze daarna maakte." if undone.kept else ""
    flash(f"Ongedaan gemaakt: {dutch.plural(undone.back, 'adres', 'adressen')}.{kept}")
    return redirect(url_for(".index"), 303)


@bp.get("/adressen.csv")
@role_required(Role.READER)
def download_csv() -> ResponseReturnValue:
    return _file(exporting.to_csv(*_asked_for()), "text/csv; charset=utf-8", "adressen.csv")


@bp.get("/adressen.xlsx")
@role_required(Role.READER)
def download_xlsx() -> ResponseReturnValue:
    return _file(exporting.to_xlsx(*_asked_for()), XLSX, "adressen.xlsx")


def _asked_for() -> Conditions:
    """The filters in the address: a file has what the list shows."""
    asked = contact_list.asked(request.args)
    return directory.conditions(contact_list.sought(asked, now()), asked.reach)


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def create() -> ResponseReturnValue:
    form = ContactForm(data={"gemeente": request.args.get("gemeente", "")})
    if form.accepted():
        try:
            contact = keeping.add(
                form.code,
                Function(form.function.data),
                email=form.email.data,
                basis=form.grounds,
                source=form.source.data or "",
                by=actor(),
                now=now(),
                **form.person,
            )
        except OutreachError as error:
            form.refuse(_field_of(error), error)
        else:
            flash(f"{display_name(contact)} staat in de lijst.")
            return redirect(url_for(".show", contact_id=contact.id), 303)
    return render_template("office/contact_new.html", form=form), form.status


@bp.get("/<int:contact_id>")
@role_required(Role.READER)
def show(contact_id: int) -> ResponseReturnValue:
    contact = _contact(contact_id)
    return _contact_page(contact, AddressForm())


@bp.route("/<int:contact_id>/wijzig", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(contact_id: int) -> ResponseReturnValue:
    contact = _contact(contact_id)
    form = PersonForm(obj=contact)
    if form.accepted():
        try:
            keeping.change(contact, by=actor(), now=now(), **form.person)
        except OutreachError as error:
            form.refuse(_field_of(error), error)
        else:
            flash("De gegevens zijn gewijzigd.")
            return redirect(url_for(".show", contact_id=contact_id), 303)
    page = render_template(
        "office/contact_change.html", contact=contact, name=display_name(contact), form=form
    )
    return page, form.status


@bp.post("/<int:contact_id>/uit-functie")
@role_required(Role.COORDINATOR)
def end(contact_id: int) -> ResponseReturnValue:
    contact = _contact(contact_id)
    keeping.end(contact, by=actor(), now=now())
    flash(
        f"{display_name(contact)} is niet meer in functie en krijgt geen brieven meer. Klopt dat"
        " niet, maak dan de laatste dag leeg bij [Wijzig de gegevens]."
    )
    return redirect(url_for(".show", contact_id=contact_id), 303)


@bp.post("/<int:contact_id>/tot-einde-raadsperiode")
@role_required(Role.COORDINATOR)
def end_with_raad(contact_id: int) -> ResponseReturnValue:
    keeping.end_with_raad(_contact(contact_id), by=actor(), now=now())
    flash("De laatste dag in deze functie is 31 maart 2030.")
    return redirect(url_for(".show", contact_id=contact_id), 303)


@bp.route("/<int:contact_id>/verwijder", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def remove(contact_id: int) -> ResponseReturnValue:
    """Asks first: a removed contact does not come back."""
    contact = _contact(contact_id)
    name = display_name(contact)
    if request.method != "POST":
        return render_template("office/contact_remove.html", contact=contact, name=name)
    keeping.remove(contact, by=actor(), now=now())
    flash(f"{name} is verwijderd.")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:contact_id>/adres")
@role_required(Role.COORDINATOR)
def add_address(contact_id: int) -> ResponseReturnValue:
    contact, form = _contact(contact_id), AddressForm()
    if form.accepted():
        try:
            keeping.add_address(
                contact,
                email=form.email.data,
                basis=form.grounds,
                source=form.source.data or "",
                by=actor(),
                now=now(),
            )
        except OutreachError as error:
            form.refuse("email", error)
        else:
            flash(f"{form.email.data} staat erbij.")
            return redirect(url_for(".show", contact_id=contact_id), 303)
    return _contact_page(contact, form)


@bp.route("/adres/<int:address_id>", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change_address(address_id: int) -> ResponseReturnValue:
    address = _address(address_id)
    form = AddressForm(obj=address)
    if form.accepted():
        try:
            keeping.change_address(
                address,
                email=form.email.data,
                basis=form.grounds,
                source=form.source.data or "",
                by=actor(),
                now=now(),
            )
        except OutreachError as error:
            form.refuse("email", error)
        else:
            flash("Het adres is gewijzigd.")
            return redirect(url_for(".show", contact_id=address.contact_id), 303)
    name = display_name(address.contact)
    page = render_template("office/address.html", address=address, name=name, form=form)
    return page, form.status


@bp.route("/adres/<int:address_id>/bevestig", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def confirm(address_id: int) -> ResponseReturnValue:
    address, form = _address(address_id), ConfirmForm()
    if not form.accepted():
        name = display_name(address.contact)
        page = render_template("office/confirm.html", address=address, name=name, form=form)
        return page, form.status
    basis, source = Basis(form.basis.data), form.source.data or ""
    keeping.confirm(address, basis=basis, source=source, by=actor(), now=now())
    flash(f"{address.email} is bevestigd.")
    return redirect(url_for(".show", contact_id=address.contact_id), 303)


@bp.post("/adres/<int:address_id>/voorkeur")
@role_required(Role.COORDINATOR)
def prefer(address_id: int) -> ResponseReturnValue:
    address = _address(address_id)
    keeping.prefer(address, by=actor(), now=now())
    flash(f"Wij schrijven voortaan naar {address.email}.")
    return redirect(url_for(".show", contact_id=address.contact_id), 303)


@bp.post("/adres/<int:address_id>/verwijder")
@role_required(Role.COORDINATOR)
def remove_address(address_id: int) -> ResponseReturnValue:
    address = _address(address_id)
    contact_id, email = address.contact_id, address.email
    keeping.remove_address(address, by=actor(), now=now())
    flash(f"{email} is weggehaald.")
    return redirect(url_for(".show", contact_id=contact_id), 303)


@bp.get("/geen-post")
@role_required(Role.READER)
def no_mail() -> ResponseReturnValue:
    """The geen-postlijst."""
    return _no_mail_page(NoMailForm(data={"email": request.args.get("adres", "")}))


@bp.post("/geen-post")
@role_required(Role.COORDINATOR)
def suppress() -> ResponseReturnValue:
    form = NoMailForm()
    if form.accepted():
        try:
            row = suppression.suppress_any(
                form.email.data,
                SuppressionReason.ASKED,
                by=actor(),
                now=now(),
                sender_id=form.sender_id,
                note=form.note.data or "",
            )
        except OutreachError as error:
            form.refuse("email", error)
        else:
            flash(f"Geen post meer naar: {suppression.said(row.address_key)}.")
            return redirect(url_for(".no_mail"), 303)
    return _no_mail_page(form)


@bp.post("/geen-post/<int:suppression_id>/haal-weg")
@role_required(Role.COORDINATOR)
def lift(suppression_id: int) -> ResponseReturnValue:
    row = db.session.get(Suppression, suppression_id)
    if row is None:
        raise Unknown("Dit adres staat niet op de geen-postlijst.")
    suppression.lift(row, by=actor(), now=now())
    flash(f"Weer post naar: {suppression.said(row.address_key)}.")
    return redirect(url_for(".no_mail"), 303)


def _contact_page(contact: Contact, form: AddressForm) -> ResponseReturnValue:
    page = render_template(
        "office/contact.html",
        contact=contact,
        entries=directory.of_contact(contact.id),
        name=display_name(contact),
        salutation=aanhef.salutation(addressee(contact)),
        ended=bool(contact.term_until and contact.term_until < dutch_date(now())),
        of_term=keeping.OF_TERM,
        functions=wording.FUNCTIONS,
        forms=wording.FORMS,
        bases=wording.BASES,
        form=form,
        around=correspondence.of_contact(contact),
    )
    return page, form.status


def _no_mail_page(form: NoMailForm) -> ResponseReturnValue:
    page = render_template(
        "office/no_mail.html",
        form=form,
        rows=suppression.everything(),
        reasons=suppression.REASONS,
        said=suppression.said,
        erased=erased.count(),
        names={one.id: one.name for one in senders.everyone()},
    )
    return page, form.status


def _contact(contact_id: int) -> Contact:
    contact = db.session.get(Contact, contact_id)
    if contact is None:
        raise Unknown("Dit contact staat niet meer in de lijst.")
    return contact


def _address(address_id: int) -> Address:
    address = db.session.get(Address, address_id)
    if address is None:
        raise Unknown("Dit adres staat niet meer in de lijst.")
    return address


def _field_of(error: OutreachError) -> str:
    """The field that a refusal is about."""
    if isinstance(error, UnknownGemeente | AmbiguousGemeente):
        return "gemeente"
    if isinstance(error, keeping.BadTerm):
        return "term_until"
    return "party" if isinstance(error, keeping.PartyOfOther) else "email"


def _file(data: bytes, kind: str, name: str) -> Response:
    response = Response(data, content_type=kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _name(contact: Contact) -> str:
    return wording.with_form(contact.form_of_address, full_name(contact))
