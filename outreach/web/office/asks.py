"""Wat u vraagt: a letter's questions, its own outcomes and the meetings that it speaks of."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, or_, select
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import Form as WTForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from outreach.accounts.models import Role
from outreach.answers.models import Status
from outreach.answers.questions import QuestionType
from outreach.campaigns import writing
from outreach.campaigns.files import CampaignFile
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date
from outreach.db import db
from outreach.events.models import Meeting, MeetingDay
from outreach.web.access import actor, role_required
from outreach.web.context import now, store
from outreach.web.form import Form
from outreach.web.office import row_keys
from outreach.web.office.letter_forms import ChecksField

bp = Blueprint("asks", __name__, url_prefix="/kantoor/brieven")

EMPTY_ROWS = 2  #: to fill in below those that are there
SHORT = [Length(max=300, message="Kort dit in tot 300 tekens.")]
TYPES = [
    SelectChoice(QuestionType.CHOICE.value, "één antwoord kiezen"),
    SelectChoice(QuestionType.SEVERAL.value, "meer antwoorden kiezen"),
    SelectChoice(QuestionType.TEXT.value, "in eigen woorden"),
]


class QuestionRow(WTForm):
    """One question to each gemeente; without words it does not count."""

    class Meta:
        locales = ("nl",)

    key = HiddenField()  #: stays when the words change: answers hang on it
    label = StringField("Vraag", SHORT)
    type = SelectField("Antwoord", choices=TYPES, default=QuestionType.CHOICE.value)
    options = TextAreaField("Antwoorden om uit te kiezen")

    @property
    def lines(self) -> list[str]:
        lines = (" ".join(line.split()) for line in (self.options.data or "").splitlines())
        return [line for line in lines if line]

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        right: bool = super().validate(extra_validators)
        if not (self.label.data or "").strip():
            if self.lines:
                self.label.errors = ["Schrijf de vraag bij deze antwoorden, of maak ze leeg."]
            return right and not self.lines
        fault = self._fault()
        if fault:
            self.options.errors = [fault]
        return right and not fault

    def _fault(self) -> str:
        lines = self.lines
        if self.type.data == QuestionType.TEXT:
            return "Bij een vraag in eigen woorden horen geen antwoorden." if lines else ""
        if len(lines) < 2:
            return "Schrijf ten minste twee antwoorden, elk op een eigen regel."
        if len(set(lines)) < len(lines):
            return "Hetzelfde antwoord staat er twee keer."
        if any(len(line) > 300 for line in lines):
            return "Kort elk antwoord in tot 300 tekens."
        return ""

    @property
    def asked(self) -> dict[str, Any]:
        values = row_keys.named(self) | {"type": QuestionType(self.type.data)}
        return values | ({"options": self.lines} if self.lines else {})


class OutcomeRow(WTForm):
    """One outcome of the letter's own; without words it does not count."""

    class Meta:
        locales = ("nl",)

    key = HiddenField()
    label = StringField("Uitkomst", SHORT)
    stops = BooleanField("Daarna geen herinnering meer", default=True)

    @property
    def named(self) -> dict[str, Any]:
        return row_keys.named(self) | {"stops": self.stops.data}


class AsksForm(Form):
    questions = FieldList(FormField(QuestionRow))
    outcomes = FieldList(FormField(OutcomeRow))
    meetings = ChecksField("Bij welke bijeenkomsten hoort deze brief")
    registration_answers = BooleanField(
        "Een aanmelding telt als antwoord: die gemeente krijgt geen herinnering"
    )

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(data=_of(campaign))
        self.meetings.choices = _meetings(campaign)

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        right: bool = super().validate(extra_validators)
        if self.registration_answers.data and not self.meetings.data:
            self.meetings.errors = ["Kies voor welke bijeenkomsten een aanmelding telt."]
            return False
        return right

    def filled(self, old: CampaignFile) -> CampaignFile:
        taken = frozenset(Status)  # an outcome's key is an answer's status
        return replace(
            old,
            questions=row_keys.told_apart(row.asked for row in _forms(self.questions)),
            outcomes=row_keys.told_apart((row.named for row in _forms(self.outcomes)), taken),
            meetings=tuple(self.meetings.data or ()),
            registration_answers=self.registration_answers.data,
        )


@bp.route("/<slug>/vraagt", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(slug: str) -> ResponseReturnValue:
    campaign = writing.find_draft(slug)
    form = AsksForm(campaign)
    if form.accepted():
        filled = form.filled(writing.as_file(campaign))
        writing.write(filled, attached={}, store=store(), by=actor(), now=now())
        flash("Bewaard. De vragen staan op de bladzijde achter de knoppen in de mail.")
        return redirect(url_for("campaigns.show", slug=slug), 303)
    return render_template("office/asks.html", form=form, campaign=campaign), form.status


def _of(campaign: Campaign) -> dict[str, Any]:
    asked = [one | {"options": "\n".join(one.get("options", ()))} for one in campaign.questions]
    empty: list[dict[str, Any]] = [{}] * EMPTY_ROWS
    return {
        "questions": asked + empty,
        "outcomes": list(campaign.outcomes) + empty,
        "meetings": campaign.meetings,
        "registration_answers": campaign.registration_answers,
    }


def _forms(rows: FieldList) -> Iterator[Any]:
    return (entry.form for entry in rows if (entry.form.label.data or "").strip())


def _meetings(campaign: Campaign) -> list[SelectChoice]:
    """Those that are still to come, and those that were chosen, by their first day."""
    last = func.max(MeetingDay.date)
    query = (
        select(Meeting.slug, Meeting.title, Meeting.city)
        .join(MeetingDay)
        .group_by(Meeting.id)
        .having(or_(last >= dutch_date(now()), Meeting.slug.in_(campaign.meetings)))
        .order_by(func.min(MeetingDay.date), Meeting.slug)
    )
    return [
        SelectChoice(slug, f"{title}, {city}") for slug, title, city in db.session.execute(query)
    ]
