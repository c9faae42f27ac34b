"""Verbetering sturen: other words or attachments for a letter that has begun, and telling who has
the old ones."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import (
    BooleanField,
    IntegerField,
    MultipleFileField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import HiddenInput

from outreach.accounts.models import Role
from outreach.campaigns import correcting, previewing, running, versions, writing
from outreach.campaigns.attached import File
from outreach.campaigns.correcting import Proposal
from outreach.campaigns.files import Text
from outreach.campaigns.models import Campaign, CampaignState, Step
from outreach.errors import Invalid, Refused
from outreach.ledger import sheet
from outreach.letters import dutch
from outreach.letters.checking import Severity
from outreach.tokens import BadToken, Purpose
from outreach.web.access import actor, role_required
from outreach.web.context import links, now, store
from outreach.web.form import Form, required
from outreach.web.office.letter_forms import ChecksField, sent_files

bp = Blueprint("correcting", __name__, url_prefix="/kantoor/brieven")

NOBODY, EVERYBODY = "niets", "bericht"
#: How long a file that was sent along may wait for the press that sends the correction.
WAITS = timedelta(days=1)


class CorrectionForm(Form):
    """The texts of one step, for all its bodies, and what those get who have an older one."""

    sent = RadioField(
        "Wie de brief al heeft",
        choices=[
            SelectChoice(NOBODY, "krijgt niets"),
            SelectChoice(EVERYBODY, "krijgt een kort bericht, als antwoord op die brief"),
        ],
        default=NOBODY,
    )
    note = TextAreaField("Het bericht")
    kept = ChecksField("Bijlagen die meegaan")
    attachments = MultipleFileField("Voeg een bijlage toe of vervang er een")
    added = ChecksField("Nieuwe bijlagen", validate_choice=False)  #: values are tokens
    enclose = BooleanField("Stuur de nieuwe bijlage mee met het bericht", default=True)

    def words(self, variants: list[str]) -> dict[str, tuple[str, Text]]:
        return {
            one: (
                " ".join(self[f"subject_{one}"].data.split()),
                Text(_lines(self[f"mail_{one}"].data), _lines(self[f"letter_{one}"].data)),
            )
            for one in variants
        }

    def expected(self, variants: list[str]) -> dict[str, int]:
        return {one: self[f"version_{one}"].data or 0 for one in variants}

    @property
    def message(self) -> str:
        return _lines(self.note.data) if self.sent.data == EVERYBODY else ""


@bp.route("/<slug>/stap/<int:position>/verbetering", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def correct(slug: str, position: int) -> ResponseReturnValue:
    step = previewing.step_at(writing.find(slug), position)
    form = _form(step)
    if form.accepted() and (going := _going(step.campaign, form)) is not None:
        proposal = _proposed(step, form, going)
        if proposal and request.form.get("doe") == "stuur" and _sent(step, form, going):
            return redirect(url_for("campaigns.show", slug=slug), 303)
        return _page(step, form, proposal), form.status
    return _page(step, form), form.status


def _page(step: Step, form: CorrectionForm, proposal: Proposal | None = None) -> str:
    campaign = step.campaign
    reach = correcting.reach(step)
    return render_template(
        "office/correct.html",
        campaign=campaign,
        step=step,
        title=sheet.title(step),
        form=form,
        bodies=list(writing.current_texts(step)),
        reach=reach,
        leaving=campaign.state is CampaignState.RUNNING and reach.waiting,
        begun=campaign.state in (CampaignState.RUNNING, CampaignState.PAUSED),
        proposal=proposal,
        severity=Severity,
    )


def _form(step: Step) -> CorrectionForm:
    """A form with the fields of each body that the step has a text for."""
    known: dict[str, Any] = {"note": correcting.NOTE}
    fields: dict[str, Any] = {}
    for variant, text in writing.current_texts(step).items():
        fields[f"version_{variant}"] = IntegerField("Versie", widget=HiddenInput())
        fields[f"subject_{variant}"] = StringField(
            "Onderwerp", [required("Vul een onderwerp in."), Length(max=200)]
        )
        fields[f"mail_{variant}"] = TextAreaField(
            "Tekst van de mail", [required("Schrijf de mail.")]
        )
        fields[f"letter_{variant}"] = TextAreaField("Tekst van de brief")
        known |= {
            f"version_{variant}": text.number,
            f"subject_{variant}": text.subject,
            f"mail_{variant}": text.mail,
            f"letter_{variant}": text.letter,
        }
    made: type[CorrectionForm] = type("CorrectionForm", (CorrectionForm,), fields)
    names = [one.filename for one in step.campaign.attachments]
    form = made(data=known | {"kept": names})
    form.kept.choices = [SelectChoice(name, name) for name in names]
    # Those of an earlier press, ticked; one that is no longer ticked is not sent again.
    waiting = {one: file for one in request.form.getlist("added") if (file := _waiting(one))}
    form.added.choices = [SelectChoice(one, file.filename) for one, file in waiting.items()]
    return form


def _going(campaign: Campaign, form: CorrectionForm) -> Sequence[File] | None:
    """What goes along from now on; None when the domain refuses it, which the form then says.

    A file comes with one press and is sent with the next: until then a token stands for it.
    """
    waiting = {file.filename: file for one in form.added.data or [] if (file := _waiting(one))}
    if len(waiting) < len(form.added.data or []):
        form.refuse("attachments", Invalid("Kies de nieuwe bijlage opnieuw: zij wachtte te lang."))
        return None
    try:
        sent = sent_files(form.attachments)
        kept = [one for one in form.kept.data or [] if one not in sent and one not in waiting]
        stored = writing.with_files(campaign, [*kept, *sent], sent, store())
    except Invalid as error:
        form.refuse("attachments", error)
        return None
    found = {one.filename: one for one in stored}
    waiting |= {name: found[name] for name in sent}
    form.added.choices = [SelectChoice(_token(file), name) for name, file in waiting.items()]
    form.added.data = [choice.value for choice in form.added.choices]
    found |= waiting
    first = [one.filename for one in campaign.attachments if one.filename in found]
    return [found[name] for name in dict.fromkeys([*first, *found])]


def _token(file: File) -> str:
    values = file.filename, file.content_type, file.sha256, file.size
    return links().tokens.sign(Purpose.ATTACHED, *values, until=now() + WAITS)


def _waiting(token: str) -> File | None:
    """The file that a token stands for; None for one that is old or not ours."""
    try:
        return File(*links().tokens.read(Purpose.ATTACHED, token, now=now()))
    except BadToken:
        return None


def _proposed(step: Step, form: CorrectionForm, going: Sequence[File]) -> Proposal | None:
    """What the correction would do; None when the domain refuses it, which the form then says."""
    bodies = list(writing.current_texts(step))
    try:
        for variant, number in form.expected(bodies).items():
            versions.expect(step, variant, number)
        return correcting.propose(
            step,
            form.words(bodies),
            note=form.message,
            going=going,
            enclose=form.enclose.data,
            by=actor(),
            now=now(),
        )
    except versions.WrittenMeanwhile as error:
        for one in bodies:
            form[f"version_{one}"].raw_data = None
            form[f"version_{one}"].data = versions.newest(step, one)
        form.refuse(f"mail_{bodies[0]}", error)
    except Refused as error:
        form.refuse(f"mail_{bodies[0]}", error)
    return None


def _sent(step: Step, form: CorrectionForm, going: Sequence[File]) -> bool:
    bodies = list(writing.current_texts(step))
    try:
        done = correcting.correct(
            step,
            form.words(bodies),
            note=form.message,
            going=going,
            enclose=form.enclose.data,
            expected=form.expected(bodies),
            seen=request.form.getlist("gezien"),
            by=actor(),
            now=now(),
            key=links().key,
        )
    except (running.CheckFailed, running.Unseen, running.WrongState) as error:
        form.refuse(f"mail_{bodies[0]}", error)
        return False
    waiting = dutch.plural(done.changed, "brief krijgt", "brieven krijgen")
    told = dutch.plural(correcting.told(done), "griffie krijgt", "griffies krijgen")
    note = f" {told} een bericht." if done.note_step_id else ""
    paused = " Hervat de brief om verder te gaan." if _paused(step) else ""
    flash(f"De brief is verbeterd. {waiting} de nieuwe versie.{note}{paused}")
    return True


def _paused(step: Step) -> bool:
    return bool(step.campaign.state is CampaignState.PAUSED)


def _lines(text: str | None) -> str:
    """Text as it is kept: a browser sends CR LF."""
    return (text or "").replace("\r\n", "\n").strip()
