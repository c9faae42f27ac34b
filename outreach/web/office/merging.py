"""Dubbele contacten: who may be in the list twice, side by side, and made one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.contacts import merging, wording
from outreach.contacts.merging import CHOICES, Pair
from outreach.contacts.models import Contact
from outreach.contacts.people import display_name
from outreach.errors import Invalid, Refused
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import now

bp = Blueprint("merging", __name__, url_prefix="/kantoor/adressen/dubbel")

MOST = 100
WORDS = {
    "name": "Naam",
    "form_of_address": "Aanspreekvorm",
    "phone": "Telefoon",
    "party": "Fractie",
    "portfolio": "Portefeuille",
    "term": "In functie",
    "address": "Wij schrijven naar",
}


@bp.get("")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    found = merging.likely()
    return render_template(
        "office/doubles.html",
        pairs=found[:MOST],
        total=len(found),
        name=display_name,
        functions=wording.FUNCTIONS,
    )


@bp.route("/<int:one>/<int:other>", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def show(one: int, other: int) -> ResponseReturnValue:
    """Two beside each other; a POST makes them one, by field as chosen."""
    found = merging.pair(one, other)
    if request.method != "POST":
        return _page(found)
    keep, drop = _kept(found)
    chosen = {field: _id(request.form.get(field, "")) or keep for field in WORDS}
    try:
        merged = merging.merge(
            keep, drop, chosen, stamp=request.form.get("stamp", ""), by=actor(), now=now()
        )
    except Refused as error:
        flash(str(error))
        return redirect(url_for(".show", one=one, other=other), 303)
    flash(f"{display_name(merged)} staat nu één keer in de lijst.")
    return redirect(url_for("contacts.show", contact_id=keep), 303)


@bp.post("/<int:one>/<int:other>/anders")
@role_required(Role.COORDINATOR)
def apart(one: int, other: int) -> ResponseReturnValue:
    found = merging.pair(one, other)
    merging.say_not_same(found, by=actor(), now=now())
    flash(f"{display_name(found.one)} en {display_name(found.other)} blijven twee contacten.")
    return redirect(url_for(".index"), 303)


def _page(found: Pair) -> ResponseReturnValue:
    rows = {field: (_said(found.one, field), _said(found.other, field)) for field in WORDS}
    return render_template(
        "office/double.html",
        pair=found,
        rows=rows,
        words=WORDS,
        name=display_name,
        functions=wording.FUNCTIONS,
        bases=wording.BASES,
    )


def _said(contact: Contact, field: str) -> str:
    if field == "address":
        ranked = sorted(contact.addresses, key=lambda one: (not one.preferred, one.id))
        return ranked[0].email if ranked else ""
    if field == "form_of_address":
        return wording.FORMS[contact.form_of_address] if contact.form_of_address else ""
    if field == "term":
        begin, end = contact.term_from, contact.term_until
        said = [f"van {dutch.long_date(begin)}"] if begin else []
        return " ".join([*said, f"tot en met {dutch.long_date(end)}"] if end else said)
    values: list[Any] = [getattr(contact, one) for one in CHOICES[field]]
    return " ".join(filter(None, values))


def _kept(found: Pair) -> tuple[int, int]:
    ids = found.one.id, found.other.id
    keep = _id(request.form.get("keep", ""))
    if keep not in ids:
        raise Invalid("Kies welke van de twee blijft.")
    return keep, next(one for one in ids if one != keep)


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
