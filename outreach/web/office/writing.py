"""Schrijven: a letter from a form or a file, as long as it is a draft."""

from dataclasses import replace
from pathlib import PurePath

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field, FileField, MultipleFileField

from outreach.accounts import senders
from outreach.accounts.models import Role
from outreach.campaigns import (
    conditions,
    copying,
    drafts,
    files,
    inspecting,
    previewing,
    text_blocks,
    versions,
    writing,
)
from outreach.campaigns.files import CampaignFile
from outreach.campaigns.models import Campaign
from outreach.campaigns.selections import UnknownSelection
from outreach.contacts.gemeenten import AmbiguousGemeente, UnknownGemeente
from outreach.errors import Invalid, Refused, Unknown
from outreach.ledger import sheet
from outreach.letters import word
from outreach.letters.checking import Severity
from outreach.web.access import actor, coordinator, role_required
from outreach.web.context import now, settings, store
from outreach.web.form import Form, required
from outreach.web.office import letter_forms, previews
from outreach.web.office.letter_forms import CampaignForm, StepForm

bp = Blueprint("writing", __name__, url_prefix="/kantoor/brieven")

MOST_REMINDERS = 2
MOST_WORDS = 120  #: of a covering mail: who reads sixty a week reads no more


class FileForm(Form):
    file = FileField("Bestand van de brief", [required("Kies een bestand.")])
    attachments = MultipleFileField("Bijlagen die het bestand noemt")


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def create() -> ResponseReturnValue:
    if not senders.everyone():
        return render_template("office/no_sender.html")
    form = CampaignForm()
    if form.accepted():
        slug = writing.free_slug(files.slug_of(form.name.data))
        if _save(form, _empty(slug)):
            flash("Het concept is bewaard. Schrijf nu de tekst.")
            return redirect(url_for(".write", slug=slug, position=1), 303)
    return render_template("office/letter_form.html", form=form, campaign=None), form.status


@bp.route("/inlezen", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def load() -> ResponseReturnValue:
    """A letter from a campaign file (docs/campaign-file.md)."""
    form = FileForm()
    if form.accepted():
        try:
            campaign = _from_file(form)
        except Invalid as error:
            form.refuse("file", error)
        else:
            flash(f"“{campaign.name}” is ingelezen.")
            return redirect(url_for("campaigns.show", slug=campaign.slug), 303)
    return render_template("office/letter_file.html", form=form), form.status


@bp.route("/<slug>/wijzig", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(slug: str) -> ResponseReturnValue:
    campaign = writing.find_draft(slug)
    form = CampaignForm(campaign)
    if form.accepted() and _save(form, writing.as_file(campaign)):
        flash("De brief is bewaard.")
        return redirect(url_for("campaigns.show", slug=slug), 303)
    return render_template("office/letter_form.html", form=form, campaign=campaign), form.status


@bp.route("/<slug>/stap/<int:position>/schrijf", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def write(slug: str, position: int) -> ResponseReturnValue:
    campaign = writing.find_draft(slug)
    step, variant = previewing.step_at(campaign, position), _variant(campaign)
    whole, draft = writing.as_file(campaign), drafts.of(step, variant, coordinator().id)
    form = StepForm(
        whole.steps[position - 1],
        variant,
        first=position == 1,
        version=versions.newest(step, variant),
        asked=whole.questions,
        draft=draft,
        meetings=whole.meetings,
        of_two=letter_forms.text_of_registered(whole.steps, position) is not None,
    )
    if request.form.get("voeg") in ("mail", "letter"):
        _put_below(form[request.form["voeg"]])
    elif form.accepted() and form.expects(step, variant):
        _put(
            replace(
                whole,
                steps=letter_forms.with_coming(
                    whole.steps,
                    position,
                    form.filled(whole.steps[position - 1], variant),
                    form.coming.data if "coming" in form else None,
                ),
            )
        )
        drafts.drop(step, variant, coordinator().id)
        flash(_kept(form))
        here = url_for(".write", slug=slug, position=position, tekst=variant)
        return redirect(f"{here}#controle", 303)
    page = render_template(
        "office/write.html",
        campaign=campaign,
        step=step,
        title=sheet.title(step),
        form=form,
        variant=variant,
        draft=draft,
        preview=previews.preview(step, request.args.get("wie", "")),
        findings=inspecting.findings(campaign, now=now(), answers_at=settings().base_url),
        severity=Severity,
        blocks=letter_forms.BLOCKS,
        texts=text_blocks.everything(),
        offered=letter_forms.offered(campaign, first=position == 1),
        words=len((form.mail.data or "").split()),
        most=MOST_WORDS,
        may_split=letter_forms.may_split(whole.steps, position),
        other=letter_forms.other_text(whole.steps, position),
        of_registered=letter_forms.text_of_registered(whole.steps, position),
    )
    return previews.framing(page), form.status


def _put_below(field: Field) -> None:
    """The chosen tekstblok below what is typed; nothing is kept until the letter is."""
    block = text_blocks.get(request.form.get("blok", 0, int))
    field.data = text_blocks.put_below(letter_forms.lines(field.data), block)


@bp.post("/<slug>/stap/<int:position>/klad")
@role_required(Role.COORDINATOR)
def keep_draft(slug: str, position: int) -> ResponseReturnValue:
    """What is being typed, kept for who types it."""
    campaign = writing.find(slug)
    sent = request.form
    drafts.keep(
        previewing.step_at(campaign, position),
        _variant(campaign),
        coordinator().id,
        subject=" ".join(sent.get("subject", "").split()),
        text=files.Text(*(letter_forms.lines(sent.get(name, "")) for name in ("mail", "letter"))),
        based_on=sent.get("version", 0, int),
        now=now(),
    )
    return "", 204


@bp.post("/<slug>/stap/<int:position>/klad/weg")
@role_required(Role.COORDINATOR)
def drop_draft(slug: str, position: int) -> ResponseReturnValue:
    campaign = writing.find(slug)
    variant = _variant(campaign)
    drafts.drop(previewing.step_at(campaign, position), variant, coordinator().id)
    flash("Uw klad is weg. Hier staat de tekst die het laatst is bewaard.")
    return redirect(url_for(".write", slug=slug, position=position, tekst=variant), 303)


@bp.post("/<slug>/kopie")
@role_required(Role.COORDINATOR)
def copy(slug: str) -> ResponseReturnValue:
    """A new draft that begins as this letter."""
    made = copying.copy(writing.find(slug), store=store(), by=actor(), now=now())
    flash("De kopie staat klaar. Geef haar een naam en een kenmerk.")
    return redirect(url_for(".change", slug=made.slug), 303)


@bp.post("/plak")
@role_required(Role.COORDINATOR)
def paste() -> ResponseReturnValue:
    """What was copied out of Word or a page, as the Markdown of a letter. Keeps nothing."""
    written = word.pasted(request.form.get("html", ""))
    return jsonify(text=written.text.rstrip("\n"), left_out=written.left_out)


@bp.post("/<slug>/stap")
@role_required(Role.COORDINATOR)
def add_step(slug: str) -> ResponseReturnValue:
    whole = writing.as_file(writing.find_draft(slug))
    if conditions.rounds(whole.steps) > MOST_REMINDERS:
        raise Refused("Meer dan twee herinneringen stuurt u niet: wie dan zwijgt, belt u.")
    _put(replace(whole, steps=(*whole.steps, letter_forms.reminder(whole.variants))))
    flash("De herinnering staat erbij. Lees de tekst na en kies het moment.")
    return redirect(url_for(".write", slug=slug, position=len(whole.steps) + 1), 303)


@bp.post("/<slug>/stap/<int:position>/ontvangst")
@role_required(Role.COORDINATOR)
def add_receipt_text(slug: str, position: int) -> ResponseReturnValue:
    """A text of its own, at the same moment, for who confirmed receipt."""
    whole = writing.as_file(writing.find_draft(slug))
    if not 1 < position <= len(whole.steps):
        raise Unknown(f"Deze brief heeft geen herinnering als stap {position}.")
    if not letter_forms.may_split(whole.steps, position):
        raise Refused("Dat kan alleen bij een herinnering aan wie nog niet antwoordde.")
    _put(replace(whole, steps=letter_forms.with_receipt(whole.steps, position)))
    flash("Wie de ontvangst bevestigde, krijgt deze herinnering. Lees de tekst na.")
    return redirect(url_for(".write", slug=slug, position=position + 1), 303)


@bp.post("/<slug>/stap/<int:position>/weg")
@role_required(Role.COORDINATOR)
def remove_step(slug: str, position: int) -> ResponseReturnValue:
    whole = writing.as_file(writing.find_draft(slug))
    if not 1 < position <= len(whole.steps):
        raise Unknown(f"Deze brief heeft geen herinnering als stap {position}.")
    _put(replace(whole, steps=letter_forms.without(whole.steps, position)))
    flash("De herinnering is weg.")
    return redirect(url_for("campaigns.show", slug=slug), 303)


def _kept(form: StepForm) -> str:
    left_out = f" Niet overgenomen: {', '.join(form.left_out)}." if form.left_out else ""
    return f"De tekst is bewaard.{left_out}"


def _variant(campaign: Campaign) -> str:
    asked = request.args.get("tekst", "")
    return asked if asked in campaign.variants else campaign.variants[0]


def _save(form: CampaignForm, old: CampaignFile) -> bool:
    """Write the form's campaign down; False when the domain refuses something in it."""
    new = form.filled(old)
    try:
        _put(replace(new, steps=letter_forms.with_texts(new.steps, new.variants)), form.new_files())
    except (UnknownGemeente, AmbiguousGemeente) as error:
        typed = (form.left_out, form.soft_gemeenten)
        wrong = next((one for one in typed if _in(error, one.data or "")), form.gemeenten)
        form.refuse(wrong.name, error)
    except UnknownSelection as error:
        form.refuse("segment", error)
    except Invalid as error:
        form.refuse("attachments", error)
    return not form.errors


def _put(parsed: CampaignFile, attached: dict[str, bytes] | None = None) -> Campaign:
    return writing.write(parsed, attached=attached or {}, store=store(), by=actor(), now=now())


def _in(error: Exception, typed: str) -> bool:
    return any(name and f"“{name}”" in str(error) for name in map(str.strip, typed.split(",")))


def _empty(slug: str) -> CampaignFile:
    return CampaignFile(
        name="",
        slug=slug,
        sender="",
        kenmerk="",
        audience={},
        attachments=(),
        pdf_letter=False,
        questions=[],
        outcomes=[],
        meetings=(),
        variants=files.BODIES[:1],
        window=letter_forms.OFFICE,
        steps=(letter_forms.first_step(),),
    )


def _from_file(form: FileForm) -> Campaign:
    try:
        text = form.file.data.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("Het bestand is geen tekst in UTF-8. Bewaar het opnieuw als UTF-8.") from None
    parsed = files.parse(text)
    sent = [one for one in form.attachments.data or [] if getattr(one, "filename", "")]
    attached = {PurePath(one.filename).name: one.read() for one in sent}
    return writing.write(
        parsed, attached=attached, store=store(), source=text, by=actor(), now=now()
    )
