"""The answer page of a letter, and what its notices lead to. GET shows, POST acts."""

from datetime import date

from flask import Blueprint, Response, render_template, request, send_file
from flask.typing import ResponseReturnValue
from wtforms import EmailField, SelectMultipleField, StringField
from wtforms.validators import Length, ValidationError

from outreach.answers import choices
from outreach.answers.choices import Tick
from outreach.answers.models import AddressRequest
from outreach.campaigns import answering
from outreach.campaigns.answering import Received
from outreach.db import db
from outreach.errors import Invalid, Unknown
from outreach.letters import dutch
from outreach.tokens import Purpose
from outreach.web.context import links, now, store, tokens
from outreach.web.form import Form, required
from outreach.web.public import capability
from outreach.web.security import csrf, limiter

bp = Blueprint("answer", __name__)
csrf.exempt(bp)  # the address itself is the permission; the pages set no cookie
capability.guard(bp)

NOTHING = "Kruis aan wat klopt, en druk dan op Verstuur."
UNKNOWN = "Kies een antwoord dat op deze bladzijde staat."
BAD_DATE = "Schrijf de datum als 21-4-2026, of laat hem leeg."
FAR_DATE = "Deze datum ligt meer dan een jaar van vandaag. Controleer het jaar."


class AnswerForm(Form):
    antwoord = SelectMultipleField("Kruis aan wat klopt. Meer dan één mag.", validate_choice=False)
    datum = StringField("Datum van de vergadering (hoeft niet)")
    want = StringField(
        "De reden (hoeft niet)",
        [Length(max=200, message="Kort de reden in tot 200 tekens.")],
    )

    def __init__(self, received: Received, today: date, chosen: tuple[str, ...] = ()) -> None:
        super().__init__(data={"antwoord": list(chosen)})
        self.body = received.body
        self.today = today
        self.day: date | None = None

    def validate_antwoord(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError(NOTHING)
        if any(choices.find(self.body, key) is None for key in field.data):
            raise ValidationError(UNKNOWN)

    def validate_datum(self, field: StringField) -> None:
        if "op-lijst" not in (self.antwoord.data or []) or not (field.data or "").strip():
            return
        self.day = dutch.parse_date(field.data)
        if self.day is None:
            raise ValidationError(BAD_DATE)
        if abs((self.day - self.today).days) > 366:
            raise ValidationError(FAR_DATE)

    @property
    def ticks(self) -> list[Tick]:
        chosen = [c for c in choices.CHOICES[self.body] if c.key in self.antwoord.data]
        return [
            Tick(
                choice,
                on_date=self.day if choice.asks == "date" else None,
                reason=(self.want.data or "").strip() if choice.asks == "reason" else "",
            )
            for choice in chosen
        ]


class AddressForm(Form):
    adres = EmailField("E-mailadres van de griffie", [required("Vul het nieuwe adres in.")])


@bp.get("/antwoord/<token>", strict_slashes=False)
def show(token: str) -> ResponseReturnValue:
    received = _letter(token)
    before = _given(request.args.get("wijzig", ""))
    chosen = (request.args.get("k", ""), *_keys(before))
    return _page(received, AnswerForm(received, dutch_today(), chosen))


@bp.post("/antwoord/<token>", strict_slashes=False)
@limiter.limit("120 per hour")
def act(token: str) -> ResponseReturnValue:
    received = _letter(token)
    match request.form.get("doe"):
        case "ander-adres":
            return _other_address(received)
        case "geen-herinnering":
            answering.ask_no_reminder(received, links=links(), now=now())
            return render_template("public/gevraagd.html", **_words(received))
        case _:
            return _answer(received, token)
