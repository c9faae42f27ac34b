"""The answer page of a letter, and what its notices lead to. GET shows, POST acts."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import EmailField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError

from outreach.answers import choices, questions
from outreach.answers.choices import Tick
from outreach.answers.handling import Handling
from outreach.answers.models import AddressRequest, Answer
from outreach.answers.questions import Question
from outreach.answers.replying import Values
from outreach.campaigns import answering, moving
from outreach.campaigns import received as letters
from outreach.campaigns.answering import Given
from outreach.campaigns.received import Received
from outreach.clock import dutch_date
from outreach.contacts.addresses import masked
from outreach.db import db
from outreach.errors import Invalid, Unknown
from outreach.ledger.standing import Standing
from outreach.letters import dutch, said
from outreach.tokens import Purpose
from outreach.web import asking
from outreach.web.context import links, now, store, tokens
from outreach.web.form import Form, required
from outreach.web.public import capability
from outreach.web.security import csrf, limiter
from outreach.wording import N_, _

bp = Blueprint("answer", __name__)
csrf.exempt(bp)  # the address itself is the permission; the pages set no cookie
capability.guard(bp)

NOTHING = N_("Kruis aan wat klopt, en druk dan op Verstuur.")
ASKED_NOTHING = N_("Kruis aan wat klopt, of beantwoord een vraag. Druk dan op Verstuur.")
UNKNOWN = N_("Kies een antwoord dat op deze bladzijde staat.")
BAD_DATE = N_("Schrijf de datum als 21-4-2026, of laat hem leeg.")
BAD_LINK = N_("Vul een heel webadres in, zoals https://raad.zeist.nl/lijst, of laat het leeg.")
FAR_DATE = N_("Deze datum ligt meer dan een jaar van vandaag. Controleer het jaar.")


class AnswerForm(Form):
    antwoord = SelectMultipleField(
        N_("Kruis aan wat klopt. Meer dan één mag."), validate_choice=False
    )
    datum = StringField(N_("Datum van de vergadering (hoeft niet)"))
    want = StringField(
        N_("De reden (hoeft niet)"),
        [Length(max=200, message=N_("Kort de reden in tot 200 tekens."))],
    )

    def __init__(self, received: Received, chosen: Sequence[str] = ()) -> None:
        super().__init__(data={"antwoord": list(chosen)})
        self.body = received.body
        self.today = dutch_date(now())
        self.day: date | None = None
        about = questions.of(received.campaign.questions)
        posted = request.method == "POST"
        self.asked = (
            asking.sent(about, request.form)
            if posted
            else asking.opened(about, asking.pressed(about, request.args.get("k", "")))
        )

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        return super().validate(extra_validators) and not any(one.error for one in self.asked)

    @property
    def status(self) -> int:
        return 422 if any(one.error for one in self.asked) else super().status

    @property
    def replies(self) -> dict[Question, Values]:
        return asking.given(self.asked)

    def validate_antwoord(self, field: SelectMultipleField) -> None:
        if not field.data and not self.replies:
            raise ValidationError(ASKED_NOTHING if self.asked else NOTHING)
        if any(choices.find(self.body, key) is None for key in field.data):
            raise ValidationError(UNKNOWN)

    def validate_datum(self, field: StringField) -> None:
        if "op-lijst" not in (self.antwoord.data or []) or not (field.data or "").strip():
            return
        self.day = _day(field)

    @property
    def ticks(self) -> list[Tick]:
        chosen = [c for c in choices.CHOICES[self.body] if c.key in (self.antwoord.data or [])]
        return [
            Tick(
                choice,
                on_date=self.day if choice.asks == "date" else None,
                reason=(self.want.data or "").strip() if choice.asks == "reason" else "",
            )
            for choice in chosen
        ]


class OutcomeForm(Form):
    """What the raad did with the letter, for whoever comes back after the meeting."""

    uitkomst = SelectField(N_("Wat deed de raad?"), validate_choice=False)
    vergadering = StringField(N_("Datum van de vergadering (hoeft niet)"))
    woorden = StringField(
        N_("In uw eigen woorden (hoeft niet)"),
        [Length(max=200, message=N_("Kort dit in tot 200 tekens."))],
    )
    link = StringField(N_("Waar staat het (hoeft niet)"), [Length(max=1000)])

    def __init__(self) -> None:
        super().__init__()
        self.uitkomst.choices = [SelectChoice("", _("Kies wat er gebeurde"))] + [
            SelectChoice(one.value, _(one.said)) for one in Handling
        ]
        self.day: date | None = None

    def validate_uitkomst(self, field: SelectField) -> None:
        if field.data not in set(Handling):
            raise ValidationError(N_("Kies wat de raad deed."))

    def validate_vergadering(self, field: StringField) -> None:
        self.day = _day(field)


class AddressForm(Form):
    adres = EmailField(N_("E-mailadres van de griffie"), [required(N_("Vul het nieuwe adres in."))])


@bp.get("/antwoord/<token>", strict_slashes=False)
def show(token: str) -> ResponseReturnValue:
    received = _letter(token)
    before = _changed(request.args)
    chosen = [choice.key for answer in before if (choice := choices.of_answer(answer))]
    return _page(received, AnswerForm(received, [*chosen, request.args.get("k", "")]))


@bp.post("/antwoord/<token>", strict_slashes=False)
@limiter.limit("120 per hour")
def act(token: str) -> ResponseReturnValue:
    received = _letter(token)
    match request.form.get("doe"):
        case "ander-adres":
            return _other_address(received)
        case "geen-herinnering":
            answering.ask_no_reminder(received, links=links(), now=now())
            return render_template("public/gevraagd.html", wanted="", **_about(received))
        case "uitkomst":
            return _outcome(received)
        case _:
            return _answer(received)


def _answer(received: Received) -> ResponseReturnValue:
    form = AnswerForm(received)
    if not form.accepted():
        return _page(received, form)
    moment = now()
    before = [answer.id for answer in _changed(request.form)]
    given = answering.answer(
        received,
        form.ticks,
        links=links(),
        now=moment,
        instead_of=before,
        replies=form.replies,
    )
    return _thanks(received, given)


def _outcome(received: Received) -> ResponseReturnValue:
    form = OutcomeForm()
    if form.accepted():
        try:
            given = answering.answer_outcome(
                received,
                Handling(form.uitkomst.data),
                links=links(),
                now=now(),
                on_date=form.day,
                words=form.woorden.data or "",
                url=form.link.data or "",
            )
        except Invalid:
            form.refuse("link", Invalid(BAD_LINK))
        else:
            return _thanks(received, given)
    return _page(received, AnswerForm(received), told=form)


def _thanks(received: Received, given: Given) -> ResponseReturnValue:
    moment, fresh = now(), [answer.id for answer in given.fresh]
    return render_template(
        "public/antwoord-bedankt.html",
        given=given.answers,
        signs=[Standing(answer.status).css for answer in given.answers],
        moment=moment,
        undo=links().undo_token(fresh, now=moment) if fresh else "",
        **_about(received),
    )


def _other_address(received: Received) -> ResponseReturnValue:
    form = AddressForm()
    if form.accepted():
        try:
            wanted = moving.ask(received, form.adres.data, links=links(), now=now())
        except Invalid as error:
            form.refuse("adres", error)
        else:
            return render_template("public/gevraagd.html", wanted=wanted, **_about(received))
    return _page(received, AnswerForm(received), form)


@bp.get("/antwoord/<token>/brief.pdf")
def letter(token: str) -> ResponseReturnValue:
    received = _letter(token)
    if received.first is None or received.first.pdf_sha256 is None:
        raise Unknown(_("Bij deze brief hoort geen pdf."))
    response = Response(store().get(received.first.pdf_sha256), mimetype="application/pdf")
    response.headers.set(
        "Content-Disposition", "inline", filename=received.first.pdf_name or "brief.pdf"
    )
    return response


@bp.get("/antwoord/ongedaan/<token>", strict_slashes=False)
def show_undo(token: str) -> ResponseReturnValue:
    answers = answering.answers_of(_read(Purpose.UNDO_ANSWER, token))
    return _undo_page(answers)


@bp.post("/antwoord/ongedaan/<token>", strict_slashes=False)
def undo(token: str) -> ResponseReturnValue:
    answers = answering.answers_of(_read(Purpose.UNDO_ANSWER, token))
    answering.take_back([answer.id for answer in answers], now=now())
    return _undo_page(answers)


@bp.get("/antwoord/geen-herinnering/<token>", strict_slashes=False)
def show_no_reminder(token: str) -> ResponseReturnValue:
    received = letters.find(*_read(Purpose.NO_REMINDER, token))
    return render_template("public/geen-herinnering.html", **_about(received))


@bp.post("/antwoord/geen-herinnering/<token>", strict_slashes=False)
def agree_no_reminder(token: str) -> ResponseReturnValue:
    received = letters.find(*_read(Purpose.NO_REMINDER, token))
    moment = now()
    answer = answering.agree_no_reminder(received, now=moment)
    undo_token = links().undo_token([answer.id], now=moment)
    return render_template(
        "public/geen-herinnering.html", done=True, undo=undo_token, **_about(received)
    )


@bp.get("/antwoord/adres/<token>", strict_slashes=False)
def show_address(token: str) -> ResponseReturnValue:
    return _address_page(_request(token))


@bp.post("/antwoord/adres/<token>", strict_slashes=False)
def agree_address(token: str) -> ResponseReturnValue:
    asked = _request(token)
    moving.agree(asked, now=now())
    return _address_page(asked)


def _letter(token: str) -> Received:
    return letters.find(*_read(Purpose.ANSWER, token))


def _request(token: str) -> AddressRequest:
    found = db.session.get(AddressRequest, *_read(Purpose.CONFIRM_ADDRESS, token))
    if found is None:
        raise Unknown(_("Het verzoek bij deze link bestaat niet meer."))
    return found


def _read(purpose: Purpose, token: str) -> list[Any]:
    return tokens().read(purpose, token, now=now())


def _changed(sent: Mapping[str, str]) -> list[Answer]:
    """The answers that someone came back to change; the token is from the thanks page."""
    token = sent.get("wijzig")
    return answering.answers_of(_read(Purpose.UNDO_ANSWER, token)) if token else []


def _page(
    received: Received,
    form: AnswerForm,
    other: AddressForm | None = None,
    told: OutcomeForm | None = None,
) -> ResponseReturnValue:
    other, told = other or AddressForm(), told or OutcomeForm()
    page = render_template(
        "public/antwoord.html",
        form=form,
        other=other,
        told=told,
        shown=choices.shown(received.body, form.antwoord.data or []),
        changes=request.values.get("wijzig", ""),
        **_about(received),
    )
    return page, max(form.status, other.status, told.status)


def _day(field: StringField) -> date | None:
    """The day of a meeting as someone typed it; None when nothing was."""
    if not (field.data or "").strip():
        return None
    day = dutch.parse_date(field.data)
    if day is None:
        raise ValidationError(BAD_DATE)
    if abs((day - dutch_date(now())).days) > 366:
        raise ValidationError(FAR_DATE)
    return day


def _undo_page(answers: list[Answer]) -> ResponseReturnValue:
    received = letters.find(answers[0].campaign_id, answers[0].gemeente_code, answers[0].body)
    return render_template("public/antwoord-ongedaan.html", answers=answers, **_about(received))


def _address_page(asked: AddressRequest) -> ResponseReturnValue:
    received = letters.find(asked.campaign_id, asked.gemeente_code, asked.body)
    return render_template("public/adres.html", asked=asked, **_about(received))


def _about(received: Received) -> dict[str, Any]:
    """What every page about a letter names."""
    campaign, moment, place = received.campaign, now(), received.gemeente.name
    party = (
        _("de raad van %(place)s") if received.body == "raad" else _("het college van %(place)s")
    )
    mailboxes = dict.fromkeys(masked(message.address) for message in received.mailboxes)
    return {
        "token": (request.view_args or {})["token"],
        "received": received,
        "party": party % {"place": place},
        "sender": campaign.sender,
        "mailboxes": said.enumeration(list(mailboxes)),
        "said": choices.told,
        "masked": masked,
        "answer_url": links().answer(
            campaign.id, received.gemeente.code, received.body, now=moment
        ),
        "no_more_mail": links().no_more_mail(campaign.sender_id, now=moment),
    }
