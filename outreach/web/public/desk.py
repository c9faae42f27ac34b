"""The griffie's desk: asking for its address, who comes, registering several, withdrawing one."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from outreach.accounts import senders
from outreach.campaigns import desk
from outreach.contacts import gemeenten
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid, OutreachError, Unknown
from outreach.events import behalf, handing, parts, showing, words
from outreach.events.models import Meeting, PlaceState, Registration, VisitorRole
from outreach.ledger import afterwards
from outreach.letters import said
from outreach.tokens import Purpose
from outreach.web.context import links, meeting_links, now, tokens
from outreach.web.form import Form, required
from outreach.web.public import capability
from outreach.web.public.about import about_parts
from outreach.web.public.registration_fields import ROLES, gemeente_names
from outreach.web.security import csrf, limiter
from outreach.wording import N_, _, _n

#: Where someone stands on a day, as a griffie reads it of another.
STANDING = {
    PlaceState.CONFIRMED: "heeft een plaats",
    PlaceState.UNCONFIRMED: "moet nog bevestigen",
    PlaceState.WAITING: "staat op de wachtlijst",
    PlaceState.OFFERED: "kreeg een plaats aangeboden",
    PlaceState.DOOR: "is aan de deur toegevoegd",
}

LONGEST_COUNT = 4  #: digits

bp = Blueprint("desk", __name__)
csrf.exempt(bp)  # the address itself is the permission; the pages set no cookie
capability.guard(bp)


class AskForm(Form):
    gemeente = StringField(
        N_("Van welke gemeente bent u griffie?"), [required(N_("Vul uw gemeente in."))]
    )

    def validate_gemeente(self, field: StringField) -> None:
        try:
            self.found = gemeenten.find(field.data)
        except Invalid as error:
            raise ValidationError(str(error)) from None


class GroupForm(Form):
    """Several people for one meeting."""

    mensen = TextAreaField(N_("Wie meldt u aan?"), [required(N_("Vul ten minste één naam in."))])
    dag = SelectMultipleField(N_("Op welke dagen komen zij?"), validate_choice=False)
    functie = SelectField(
        N_("Functie"), choices=[SelectChoice(role.value, ROLES[role]) for role in desk.OF_COUNCIL]
    )
    onderdeel = SelectMultipleField(N_("Wat kiezen zij?"), validate_choice=False)
    allen = BooleanField(N_("Alleen als er voor iedereen plaats is"))


@bp.get("/griffie", strict_slashes=False)
def ask() -> ResponseReturnValue:
    return _ask_page(AskForm())


@bp.post("/griffie", strict_slashes=False)
@limiter.limit("30 per hour")
def send() -> ResponseReturnValue:
    """The same answer whether or not we know the griffie: the page tells nothing to others."""
    form = AskForm()
    if not form.accepted():
        return _ask_page(form)
    desk.ask(form.found, links=links(), now=now())
    return render_template(
        "public/griffie-gevraagd.html", gemeente=form.found, sender=senders.only()
    )


@bp.get("/griffie/<token>", strict_slashes=False)
def show(token: str) -> ResponseReturnValue:
    return _page(token, GroupForm())


@bp.post("/griffie/<token>", strict_slashes=False)
@limiter.limit("60 per hour")
def act(token: str) -> ResponseReturnValue:
    gemeente = _gemeente(token)
    try:
        if deed := DEEDS.get(request.form.get("doe", "")):
            return _page(token, GroupForm(), done=deed(gemeente))
        return _register(token, gemeente)
    except OutreachError as error:
        db.session.rollback()
        return _page(token, GroupForm(), refusal=str(error), status=error.status)


def _register(token: str, gemeente: Gemeente) -> ResponseReturnValue:
    form, meeting = GroupForm(), _meeting()
    if not form.accepted():
        return _page(token, form, status=422)
    days = [day.id for day in showing.Shown(meeting, now()).coming]
    chosen = [int(one) for one in form.dag.data or [] if one.isdecimal()]
    people = desk.register(
        gemeente.code,
        meeting,
        desk.read(form.mensen.data),
        chosen or (days if len(days) == 1 else []),
        role=VisitorRole(form.functie.data),
        part_ids=[int(one) for one in form.onderdeel.data or [] if one.isdecimal()],
        all_or_none=form.allen.data,
        links=meeting_links(),
        now=now(),
    )
    form.mensen.data = ""
    done = _n(
        "Eén persoon is aangemeld voor %(city)s. Ieder krijgt een eigen bevestiging per mail.",
        "%(count)s mensen zijn aangemeld voor %(city)s. Ieder krijgt een eigen bevestiging per"
        " mail.",
        len(people),
        city=meeting.city,
    )
    return _page(token, form, done=done)


def _withdraw(gemeente: Gemeente) -> str:
    found = _found(gemeente)
    nameless = found.nameless
    behalf.take_off(found, links=meeting_links(), by=desk.actor(gemeente.code), now=now())
    if nameless:
        return _("De plaats is terug. De plaats gaat naar wie wacht.")
    return _("%(name)s komt niet. De plaats gaat naar wie wacht.", name=found.name)


def _keep(gemeente: Gemeente) -> str:
    """Keep seats now, for people to be named later."""
    meeting, typed = _meeting(), request.form.get("aantal", "")
    days = [day.id for day in showing.Shown(meeting, now()).coming]
    chosen = [int(one) for one in request.form.getlist("dag") if one.isdecimal()]
    count = int(typed) if typed.isdecimal() and len(typed) < LONGEST_COUNT else 0
    day_ids = chosen or (days if len(days) == 1 else [])
    by = desk.actor(gemeente.code)
    until = handing.keep_seats(meeting, gemeente, count, day_ids, by=by, now=now())
    seats = said.plural(count, "plaats", "plaatsen")
    return _(
        "Wij houden %(seats)s vast in %(city)s. Noem de namen vóór %(day_time)s.",
        seats=seats,
        city=meeting.city,
        day_time=said.day_time(until),
    )


def _name(gemeente: Gemeente) -> str:
    """Name who comes on a seat that was kept, or in place of someone."""
    found = _found(gemeente)
    (person, *more) = desk.read(request.form.get("wie", ""))
    if more:
        raise Invalid(_("Noem één mens: een naam en een e-mailadres."))
    was = "" if found.nameless else found.name
    by = desk.actor(gemeente.code)
    handing.hand_over(found, person.name, person.email, links=meeting_links(), by=by, now=now())
    if was:
        return _(
            "%(name)s komt in plaats van %(was)s en krijgt een eigen bevestiging per mail.",
            name=person.name,
            was=was,
        )
    return _("%(name)s komt en krijgt een eigen bevestiging per mail.", name=person.name)


def _to_colleague(gemeente: Gemeente) -> str:
    email = desk.hand_over(gemeente, request.form.get("collega", ""), links=links(), now=now())
    return _(
        "De link naar deze bladzijde gaat naar %(email)s. De griffie krijgt daar bericht van.",
        email=email,
    )


def _found(gemeente: Gemeente) -> Registration:
    number = request.form.get("aanmelding", "")
    return desk.find(gemeente.code, int(number) if number.isdecimal() else 0, _coming())


DEEDS: dict[str, Callable[[Gemeente], str]] = {
    "annuleer": _withdraw,
    "houd": _keep,
    "noem": _name,
    "collega": _to_colleague,
}


def _gemeente(token: str) -> Gemeente:
    (code,) = tokens().read(Purpose.DESK, token, now=now())
    found = db.session.get(Gemeente, code)
    if found is None:
        raise Unknown(_("De gemeente bij deze link bestaat niet meer."))
    return found


def _coming() -> list[Meeting]:
    return [one.meeting for one in showing.coming(now=now())]


def _meeting() -> Meeting:
    slug = request.form.get("bijeenkomst", "")
    for meeting in _coming():
        if meeting.slug == slug:
            return meeting
    raise Unknown(_("Voor deze bijeenkomst kan niemand meer worden aangemeld."))


def _page(
    token: str, form: GroupForm, *, done: str = "", refusal: str = "", status: int = 0
) -> ResponseReturnValue:
    gemeente, moment = _gemeente(token), now()
    coming = list(showing.coming(now=moment))
    people = desk.registrations(gemeente.code, [one.meeting for one in coming])
    page = render_template(
        "public/griffie.html",
        sender=senders.only(),
        token=token,
        gemeente=gemeente,
        coming=coming,
        people=people,
        form=form,
        sent_for=request.form.get("bijeenkomst", ""),
        done=done,
        refusal=refusal,
        roles=ROLES,
        words_of=STANDING,
        left=showing.left,
        hours=words.hours,
        seats=showing.seats,
        chosen=parts.of,
        been=afterwards.of_gemeente(gemeente, now=moment),
        asks=_asks(gemeente),
        **about_parts(),
    )
    return page, status or 200


def _asks(gemeente: Gemeente) -> list[tuple[str, str]]:
    """The letters that wait for an answer: what they are called, and where to give it."""
    return [
        (campaign.name, links().answer(campaign.id, gemeente.code, "raad", now=now()))
        for campaign, _standing in afterwards.asks(gemeente)
        if "raad" in (campaign.variants or ["raad"])
    ]


def _ask_page(form: AskForm) -> ResponseReturnValue:
    page: dict[str, Any] = {"form": form, "gemeenten": gemeente_names(now())}
    return render_template("public/griffie-vraag.html", sender=senders.only(), **page), form.status
