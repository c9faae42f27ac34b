"""The bellijst of a letter: who is called, by whom, and what they said."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from outreach.accounts.models import Role
from outreach.answers.models import Status
from outreach.campaigns import calling, writing
from outreach.campaigns.calling import Outcome, Turn
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date, system_now
from outreach.contacts import keeping
from outreach.contacts.people import full_name
from outreach.errors import Invalid, Refused
from outreach.ledger.standing import of_status
from outreach.letters import dutch
from outreach.web.access import actor, coordinator, role_required
from outreach.web.context import now
from outreach.web.form import Form

bp = Blueprint("calling", __name__, url_prefix="/kantoor/brieven/<slug>/bellen")
#: What a griffie can say, in the order of how a letter fares; each with its key.
SAYS = (
    ("1", Status.DOORGESTUURD, "Stuurde hem door naar de raad"),
    ("2", Status.OP_LIJST, "Staat op de lijst ingekomen stukken"),
    ("3", Status.NAAR_COLLEGE, "Stuurde hem naar het college"),
    ("4", Status.BESPROKEN, "De raad besprak hem"),
    ("5", Status.GESPREK, "Wil een gesprek"),
    ("6", Status.GEWEIGERD, "Plaatst hem niet"),
    ("7", Outcome.NO_CALLS, "Wil niet gebeld worden"),
)
SETTLED = {
    Outcome.NOT_REACHED: "niet bereikt, morgen nog een keer",
    Outcome.NO_CALLS: "wil niet gebeld worden; er gaat ook geen herinnering meer heen",
}


class CallForm(Form):
    """What is noted of one call."""

    aantekening = TextAreaField(
        "Aantekening (hoeft niet)", [Optional(), Length(max=calling.LONGEST_NOTE)]
    )
    datum = DateField("Datum van de raadsvergadering (hoeft niet)", [Optional()])
    terug = DateField("Bel terug op", [Optional()])
    nummer = StringField("Nummer van de griffie", [Optional(), Length(max=40)])


@bp.get("/")
@role_required(Role.READER)
def index(slug: str) -> ResponseReturnValue:
    campaign = writing.find(slug)
    turns = calling.queue(campaign, now=now(), at=system_now())
    due = calling.due(turns, now=now())
    return render_template(
        "office/calls.html",
        campaign=campaign,
        due=due,
        later=[one for one in turns if one not in due],
        reminder=calling.reminder_to_come(campaign),
    )


@bp.post("/volgende")
@role_required(Role.COORDINATOR)
def take_next(slug: str) -> ResponseReturnValue:
    campaign = writing.find(slug)
    turn = calling.take_next(campaign, coordinator().id, now=now(), at=system_now())
    if turn is None:
        flash("Er is nu niemand die u kunt bellen.")
        return redirect(url_for(".index", slug=slug), 303)
    return _to(slug, turn)


@bp.post("/<code>/<body>/neem")
@role_required(Role.COORDINATOR)
def take(slug: str, code: str, body: str) -> ResponseReturnValue:
    campaign = writing.find(slug)
    try:
        turn = calling.take(campaign, code, body, coordinator().id, now=now(), at=system_now())
    except Refused as error:
        flash(str(error))
        return redirect(url_for(".index", slug=slug), 303)
    return _to(slug, turn)


@bp.get("/<code>/<body>")
@role_required(Role.READER)
def show(slug: str, code: str, body: str) -> ResponseReturnValue:
    """Whom to call, what to say, and the buttons for what they say."""
    campaign = writing.find(slug)
    turn = calling.find(campaign, code, body, now=now(), at=system_now())
    return _page(campaign, turn, CallForm())


@bp.post("/<code>/<body>")
@role_required(Role.COORDINATOR)
def settle(slug: str, code: str, body: str) -> ResponseReturnValue:
    campaign, form = writing.find(slug), CallForm()
    turn = calling.find(campaign, code, body, now=now(), at=system_now())
    pressed = request.form.get("uitkomst", "")
    if pressed == "laat-los":
        calling.release(turn, coordinator().id)
        return redirect(url_for(".index", slug=slug), 303)
    if not form.accepted():
        return _page(campaign, turn, form)
    if pressed == "nummer":
        return _number(campaign, turn, form)
    try:
        told = _settle(campaign, turn, form, pressed)
    except Invalid as error:
        form.refuse("terug" if pressed == Outcome.LATER else "aantekening", error)
        return _page(campaign, turn, form)
    except Refused as error:
        flash(str(error))
        return redirect(url_for(".index", slug=slug), 303)
    flash(f"{turn.gemeente.name}: {told}.")
    return redirect(url_for(".index", slug=slug), 303)


def _settle(campaign: Campaign, turn: Turn, form: CallForm, pressed: str) -> str:
    """
    :returns: what is noted, in words
    """
    answer = calling.settle(
        campaign,
        turn,
        pressed,
        person_id=coordinator().id,
        by=actor(),
        now=now(),
        at=system_now(),
        on_date=form.datum.data,
        again_on=form.terug.data,
        note=form.aantekening.data or "",
    )
    if pressed in SETTLED:
        return SETTLED[Outcome(pressed)]
    if answer is None:
        again: date = form.terug.data
        return f"bel terug op {dutch.day_long_date(again)}"
    return f"genoteerd, {of_status(answer.status).word}"


def _number(campaign: Campaign, turn: Turn, form: CallForm) -> ResponseReturnValue:
    """Keep the number that someone looked up."""
    typed = " ".join((form.nummer.data or "").split())
    if turn.contact is None or sum(one.isdigit() for one in typed) < 6:
        form.refuse(
            "nummer", Invalid("Dit is geen telefoonnummer. Typ bijvoorbeeld 030 123 45 67.")
        )
        return _page(campaign, turn, form)
    keeping.change(turn.contact, by=actor(), now=now(), phone=typed)
    flash("Het nummer is bewaard.")
    return _to(campaign.slug, turn)


def _to(slug: str, turn: Turn) -> ResponseReturnValue:
    url = url_for(".show", slug=slug, code=turn.gemeente.code, body=turn.body)
    return redirect(url, 303)


def _page(campaign: Campaign, turn: Turn, form: CallForm) -> tuple[str, int]:
    mine = turn.holder is not None and turn.holder.id == coordinator().id
    own: list[dict[str, Any]] = list(campaign.outcomes)
    page = render_template(
        "office/call.html",
        campaign=campaign,
        turn=turn,
        form=form,
        mine=mine,
        says=[(*one, one[1].value) for one in SAYS],
        own=own,
        name=full_name(turn.contact) if turn.contact else "",
        today=dutch_date(now()),
    )
    return page, form.status
