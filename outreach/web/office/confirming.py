"""Adressen controleren: the work queue of griffies, one gemeente at a time."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, HiddenField, StringField
from wtforms.validators import Length

from outreach.accounts.models import Role
from outreach.clock import dutch_date, system_now
from outreach.contacts import channels, checklist, confirming
from outreach.contacts.checklist import Gone
from outreach.contacts.confirming import Doubtful
from outreach.contacts.models import Decision, Gemeente
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from outreach.web.access import actor, coordinator, role_required
from outreach.web.context import now
from outreach.web.form import Form, required

bp = Blueprint("confirming", __name__, url_prefix="/kantoor/adressen/controleren")

#: What was chosen last, as the page says it before [Ongedaan maken].
SAID = {
    Decision.RIGHT: "het adres is bevestigd",
    Decision.OTHER: "het andere adres is bevestigd",
    Decision.FORM: "alleen een webformulier",
    Decision.LATER: "later",
    Decision.DROP: "het adres is weggehaald",
}


class OtherForm(Form):
    email = EmailField("Ander adres van de griffie", [required("Vul het e-mailadres in.")])
    sure = HiddenField()  #: the doubtful address that was typed the first time


class WebForm(Form):
    url = StringField("Webadres van het formulier (hoeft niet)", [Length(max=channels.LONGEST_URL)])


@bp.get("")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    shares = checklist.shares(today=dutch_date(now()), at=system_now())
    return render_template(
        "office/confirming.html",
        shares=shares,
        done=sum(one.done for one in shares),
        total=sum(one.total for one in shares),
        last=_last(),
    )


@bp.post("")
@role_required(Role.COORDINATOR)
def take() -> ResponseReturnValue:
    """Begin, or go on: in a province, or wherever one is free."""
    return _next(request.form.get("provincie", ""))


@bp.get("/<code>")
@role_required(Role.READER)
def show(code: str) -> ResponseReturnValue:
    return _page(code, OtherForm(), WebForm())


@bp.post("/<code>/<decision>")
@role_required(Role.COORDINATOR)
def choose(code: str, decision: str) -> ResponseReturnValue:
    if decision not in set(Decision):
        raise Unknown("Deze keuze bestaat niet.")
    chosen, other, web = Decision(decision), OtherForm(), WebForm()
    if chosen is Decision.OTHER and not other.validate():
        return _page(code, other, web)
    try:
        _choose(code, chosen, other, web)
    except Doubtful as error:
        other.sure.data = other.email.data
        other.refuse("email", error)
        return _page(code, other, web)
    except Gone as error:
        flash(str(error))
    except Invalid as error:
        form, name = (web, "url") if chosen is Decision.FORM else (other, "email")
        form.refuse(name, error)
        return _page(code, other, web)
    return _next(_province(), but=code if chosen is Decision.LATER else "")


@bp.post("/ongedaan")
@role_required(Role.COORDINATOR)
def undo() -> ResponseReturnValue:
    try:
        code = confirming.undo(coordinator().id, by=actor(), now=now(), at=system_now())
    except Refused as error:
        flash(str(error))
        return redirect(url_for(".index"), 303)
    return redirect(url_for(".show", code=code, provincie=_province() or None), 303)


def _choose(code: str, chosen: Decision, other: OtherForm, web: WebForm) -> None:
    typed = (other.email.data or "").strip()
    confirming.choose(
        code,
        chosen,
        by=actor(),
        now=now(),
        at=system_now(),
        person_id=coordinator().id,
        email=typed,
        url=web.url.data or "",
        sure=chosen is Decision.OTHER and bool(typed) and other.sure.data == other.email.data,
    )


def _next(province: str, *, but: str = "") -> ResponseReturnValue:
    code = checklist.take(
        coordinator().id, today=dutch_date(now()), at=system_now(), province=province, but=but
    )
    if code is not None:
        return redirect(url_for(".show", code=code, provincie=province or None), 303)
    where = f"In {province}" if province else "Er"
    flash(f"{where} is nu niets meer dat u kunt controleren.")
    return redirect(url_for(".index"), 303)


def _page(code: str, other: OtherForm, web: WebForm) -> ResponseReturnValue:
    today, at = dutch_date(now()), system_now()
    item = checklist.item(code, today=today, at=at)
    shares = checklist.shares(today=today, at=at)
    here = next((one for one in shares if one.name == item.gemeente.province), None)
    page = render_template(
        "office/confirming_one.html",
        item=item,
        gemeente=item.gemeente,
        mine=item.holder is not None and item.holder.id == coordinator().id,
        here=here,
        done=sum(one.done for one in shares),
        total=sum(one.total for one in shares),
        province=_province(),
        other=other,
        web=web,
        last=_last(),
        channels=channels.CHANNELS,
    )
    return page, max(other.status, web.status)


def _province() -> str:
    return request.args.get("provincie", "")[:40]


def _last() -> tuple[str, str] | None:
    """The gemeente that the reader chose for last, and what she said."""
    row = confirming.last_choice(actor())
    if row is None or row.decision is None:
        return None
    gemeente = db.session.get_one(Gemeente, row.gemeente_code)
    return gemeente.name, SAID[row.decision]
