"""Gemeenten: all of them, and one with its timeline, its letters and who works there."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, StringField
from wtforms.validators import Length, NumberRange, ValidationError

from outreach.accounts.models import Role
from outreach.answers import recording
from outreach.answers.models import Answer
from outreach.campaigns import answering, on_paper, pressure, writing
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date
from outreach.contacts import channels, register_facts, register_gemeenten, wording
from outreach.contacts.addresses import BadAddress, check
from outreach.contacts.models import Contact, Gemeente
from outreach.contacts.people import addressee, full_name
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Invalid, OutreachError, Unknown
from outreach.ledger import afterwards, country, dossier, meetings, timeline
from outreach.ledger.dossier import Dossier
from outreach.ledger.standing import SENT, Standing, of_status
from outreach.letters import aanhef
from outreach.web.access import actor, may, role_required
from outreach.web.context import now, store
from outreach.web.form import Form, required
from outreach.web.office.note_forms import NoteForm, PaperForm

bp = Blueprint("gemeenten", __name__, url_prefix="/kantoor/gemeenten")

#: Lists of who has not answered yet: each line leads to an answer by post.
SILENT = (Standing.VERSTUURD, Standing.ONTVANGEN, Standing.IN_BEHANDELING)
#: How the suppliers of council information write their own names.
SUPPLIERS = {
    "gemeenteoplossingen": "GemeenteOplossingen",
    "ibabs": "iBabs",
    "notubiz": "Notubiz",
    "parlaeus": "Parlaeus",
}


class FactsForm(Form):
    website = StringField("Website", [Length(max=200)])
    general_email = StringField("Algemeen e-mailadres", [Length(max=254)])
    postal_address = StringField("Postadres", [Length(max=200)])
    visiting_address = StringField("Bezoekadres", [Length(max=200)])
    inhabitants = IntegerField(
        "Inwoners",
        [required("Vul een aantal in."), NumberRange(min=0, max=99_999_999)],
    )

    def validate_website(self, field: StringField) -> None:
        field.data = register_facts.website(field.data or "")
        if field.raw_data and field.raw_data[0].strip() and not field.data:
            raise ValidationError("Vul een website in, zoals zeist.nl.")

    def validate_general_email(self, field: StringField) -> None:
        if field.data:
            try:
                field.data = check(field.data)
            except BadAddress as error:
                raise ValidationError(str(error)) from None


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    letters = country.letters()
    campaign = _chosen(letters)
    lines = country.everything(campaign)
    found = country.chosen(
        lines,
        text=request.args.get("zoek", ""),
        province=request.args.get("provincie", ""),
        unreachable=request.args.get("adres") == "geen",
    )
    stands = request.args.get("status", "")
    return render_template(
        "office/gemeenten.html",
        **_noted(request.args.get("nieuw", 0, int)),
        silent=stands in SILENT and may(Role.COORDINATOR),
        letters=letters,
        campaign=campaign,
        total=len(lines),
        found=len(found),
        counts=country.counts(found),
        lines=[line for line in found if not stands or line.standing == stands],
        provinces=sorted({line.gemeente.province for line in lines}),
        unreachable=sum(not line.reachable for line in lines),
        asked=request.args,
    )


@bp.get("/<code>")
@role_required(Role.READER)
def show(code: str) -> ResponseReturnValue:
    """One gemeente; "?papier=<slug>" opens the form for an answer by post, "?nieuw=<id>" shows
    what was noted a moment ago, with the way back.
    """
    found = dossier.of(code, today=dutch_date(now()))
    opens = "papier" in request.args and found.letters and may(Role.COORDINATOR)
    return _page(found, _paper_form(found, request.args["papier"]) if opens else None)


def _page(found: Dossier, paper: PaperForm | None) -> str:
    code = found.gemeente.code
    return render_template(
        "office/gemeente.html",
        dossier=found,
        paper=paper,
        noted=found.answer(request.args.get("nieuw", 0, int)),
        load=pressure.of_gemeente(code, now=now()),
        gemeente=found.gemeente,
        supplier=SUPPLIERS.get(found.gemeente.ris_supplier, found.gemeente.ris_supplier),
        functions=wording.FUNCTIONS,
        bases=wording.BASES,
        way=found.staff.griffie,
        ways=channels.CHANNELS,
        name=_name,
        salutation=lambda contact: aanhef.salutation(addressee(contact)),
    )


@bp.get("/<code>/na-afloop")
@role_required(Role.READER)
def after_meetings(code: str) -> str:
    """The meetings that somebody of it was registered for, and what we still ask."""
    gemeente = _gemeente(code)
    return render_template(
        "office/afterwards.html",
        meeting=None,
        gemeente=gemeente,
        asks=afterwards.asks(gemeente),
        found=afterwards.of_gemeente(gemeente, now=now()),
        roles=meetings.ROLES,
    )


@bp.route("/<code>/gegevens", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def correct(code: str) -> ResponseReturnValue:
    """Correct the facts of a gemeente; the register leaves them alone from then on."""
    gemeente = _gemeente(code)
    form = FactsForm(obj=gemeente)
    if not form.accepted():
        page = render_template("office/gemeente_correct.html", gemeente=gemeente, form=form)
        return page, form.status
    register_gemeenten.correct(gemeente, by=actor(), now=now(), **form.values())
    flash("De gegevens zijn verbeterd. Een nieuw register laat ze staan.")
    return redirect(url_for(".show", code=code), 303)


@bp.route("/<code>/antwoord", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def note(code: str) -> ResponseReturnValue:
    """Write down what a gemeente said by telephone, mail or on paper."""
    gemeente, letters = _gemeente(code), country.letters()
    campaign = _chosen(letters)
    if campaign is None:
        raise Invalid("Er ging nog geen brief weg, dus er valt nog geen antwoord te noteren.")
    form = NoteForm(campaign)
    if form.accepted():
        try:
            answer = answering.note(campaign, code, by=actor(), now=now(), **form.told())
        except Invalid as error:
            form.refuse("handling" if "raad" in str(error) else "url", error)
        else:
            flash(f"Genoteerd: {of_status(answer.status).word}. Ongedaan maken kan in de tijdlijn.")
            return redirect(url_for(".show", code=code), 303)
    page = render_template(
        "office/note.html", gemeente=gemeente, campaign=campaign, letters=letters, form=form
    )
    return page, form.status


@bp.post("/<code>/antwoord/papier")
@role_required(Role.COORDINATOR)
def paper(code: str) -> ResponseReturnValue:
    """Write down an answer that came by post, with its scan."""
    found = dossier.of(code, today=dutch_date(now()))
    form = _paper_form(found, request.form.get("letter", ""))
    if form.accepted():
        try:
            answer = on_paper.record(
                writing.find(form.letter.data),
                code,
                form.answer.data,
                body=form.body.data,
                by=actor(),
                now=now(),
                dated=form.dated.data,
                note=form.note.data or "",
                scan=form.kept(store()),
            )
        except OutreachError as error:
            form.refuse("dated" if "toekomst" in str(error) else "scan", error)
        else:
            return redirect(_back(answer, form.letter.data), 303)
    return _page(found, form), form.status


def _paper_form(found: Dossier, slug: str) -> PaperForm:
    letters = [campaign for campaign, _ in found.letters]
    if not letters:
        raise Invalid("Er ging nog geen brief weg, dus er valt nog geen antwoord te noteren.")
    came = next((one for one, stands in found.letters if stands in SENT), letters[0])
    chosen = next((one for one in letters if one.slug == slug), came)
    return PaperForm(chosen, letters, dutch_date(now()))


def _back(answer: Answer, slug: str) -> str:
    """To the list that one came from, or else to the gemeente; it shows what was noted."""
    match request.form.get("terug"):
        case "brief":
            return url_for(
                "campaigns.show",
                slug=slug,
                status=Standing.VERSTUURD,
                nieuw=answer.id,
                _anchor="gemeenten",
            )
        case "gemeenten":
            return url_for(".index", brief=slug, status=Standing.VERSTUURD, nieuw=answer.id)
        case _:
            return url_for(".show", code=answer.gemeente_code, nieuw=answer.id)


@bp.post("/<code>/antwoord/<int:answer_id>/ongedaan")
@role_required(Role.COORDINATOR)
def undo(code: str, answer_id: int) -> ResponseReturnValue:
    answer = db.session.get(Answer, answer_id)
    if answer is None or answer.gemeente_code != code:
        raise Unknown("Dit antwoord bestaat niet.")
    recording.undo(answer, by=actor(), now=now())
    flash("Het antwoord is ongedaan gemaakt.")
    return redirect(url_for(".show", code=code), 303)


@bp.get("/<code>/brief/<int:message_id>.pdf")
@role_required(Role.READER)
def letter(code: str, message_id: int) -> ResponseReturnValue:
    """The PDF letter that this gemeente got."""
    message = db.session.get(Message, message_id)
    if message is None or message.gemeente_code != code or message.pdf_sha256 is None:
        raise Unknown("Deze brief is er niet als pdf.")
    response = Response(store().get(message.pdf_sha256), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=message.pdf_name or "brief.pdf")
    return response


def _gemeente(code: str) -> Gemeente:
    gemeente = db.session.get(Gemeente, code)
    if gemeente is None:
        raise Unknown(f"Er is geen gemeente met code {code}.")
    return gemeente


def _noted(answer_id: int) -> dict[str, object]:
    """An answer that was noted a moment ago, and of whom it is."""
    answer = db.session.get(Answer, answer_id) if answer_id else None
    if answer is None or answer.undone_at is not None:
        return {"noted": None, "noted_of": ""}
    happening = timeline.of_answer(answer, db.session.get_one(Campaign, answer.campaign_id))
    return {"noted": happening, "noted_of": _gemeente(answer.gemeente_code).name}


def _chosen(letters: list[Campaign]) -> Campaign | None:
    """The letter that the address names, else the newest that began."""
    slug = request.args.get("brief")
    if slug:
        return writing.find(slug)
    return letters[0] if letters else None


def _name(contact: Contact) -> str:
    return wording.with_form(contact.form_of_address, full_name(contact))
