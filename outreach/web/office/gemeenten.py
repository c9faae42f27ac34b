"""Gemeenten: all of them, and one with its timeline, its letters and who works there."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from outreach.accounts.models import Role
from outreach.answers import recording
from outreach.answers.models import Answer, Source
from outreach.campaigns import answering, pressure, writing
from outreach.campaigns.models import Campaign
from outreach.contacts import channels, register_facts, register_gemeenten, wording
from outreach.contacts.addresses import BadAddress, check
from outreach.contacts.models import Contact, Gemeente
from outreach.contacts.people import addressee, full_name
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Invalid, Unknown
from outreach.ledger import country, dossier
from outreach.ledger.standing import Standing, of_status
from outreach.letters import aanhef
from outreach.web.access import actor, role_required
from outreach.web.context import now, store
from outreach.web.form import Form, required

bp = Blueprint("gemeenten", __name__, url_prefix="/kantoor/gemeenten")

#: How a coordinator knows; the sentence is what the timeline shows.
KNOWN_BY = {
    Source.PHONE: ("Telefoongesprek", "telefoongesprek"),
    Source.MAIL: ("Mail van de griffie", "mail van de griffie"),
    Source.PAPER: ("Brief op papier", "brief op papier"),
    Source.OFFICE: ("Zelf gezien, bijvoorbeeld op de website", "zelf gezien"),
}
#: What can be told, in the order of how a letter fares.
TOLD = (
    Standing.ONTVANGEN,
    Standing.IN_BEHANDELING,
    Standing.DOORGESTUURD,
    Standing.OP_LIJST,
    Standing.NAAR_COLLEGE,
    Standing.BESPROKEN,
    Standing.ANTWOORD,
    Standing.GESPREK,
    Standing.GEWEIGERD,
    Standing.NIET_BENADEREN,
)


#: How the suppliers of council information write their own names.
SUPPLIERS = {
    "gemeenteoplossingen": "GemeenteOplossingen",
    "ibabs": "iBabs",
    "notubiz": "Notubiz",
    "parlaeus": "Parlaeus",
}
#: Said to us it is about this letter; who wants no post at all goes on the geen-postlijst.
WORDS = {Standing.NIET_BENADEREN: "wil over deze brief geen herinnering"}


class NoteForm(Form):
    body = RadioField("Van wie")
    answer = RadioField("Wat deed de gemeente met de brief?", [required("Kies een antwoord.")])
    on_date = DateField("Datum van de vergadering (hoeft niet)", [Optional()])
    source = RadioField(
        "Hoe weten we dit?",
        choices=[SelectChoice(source.value, words[0]) for source, words in KNOWN_BY.items()],
    )
    note = TextAreaField(
        "Wat zeiden ze? (hoeft niet)",
        [Length(max=recording.LONGEST_NOTE, message="Kort dit in tot 1000 tekens.")],
    )

    def __init__(self, campaign: Campaign) -> None:
        bodies = campaign.variants or ["raad"]
        super().__init__(data={"body": bodies[0], "source": Source.PHONE.value})
        self.body.choices = [SelectChoice(body, f"de {body}" if body == "raad" else f"het {body}")
                             for body in bodies]  # fmt: skip
        own = [(outcome["key"], outcome["label"]) for outcome in campaign.outcomes]
        self.answer.choices = [
            *(SelectChoice(one.value, WORDS.get(one, one.word)) for one in TOLD),
            *(SelectChoice(key, label) for key, label in own),
        ]


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
    found = dossier.of(code)
    return render_template(
        "office/gemeente.html",
        dossier=found,
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
    if not form.accepted():
        page = render_template(
            "office/note.html", gemeente=gemeente, campaign=campaign, letters=letters, form=form
        )
        return page, form.status
    source = Source(form.source.data)
    answer = answering.note(
        campaign,
        code,
        form.answer.data,
        body=form.body.data,
        source=source,
        by=actor(),
        now=now(),
        on_date=form.on_date.data,
        note=form.note.data or "",
        evidence=KNOWN_BY[source][1],
    )
    flash(f"Genoteerd: {of_status(answer.status).word}. Ongedaan maken kan in de tijdlijn.")
    return redirect(url_for(".show", code=code), 303)


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


def _chosen(letters: list[Campaign]) -> Campaign | None:
    """The letter that the address names, else the newest that began."""
    slug = request.args.get("brief")
    if slug:
        return writing.find(slug)
    return letters[0] if letters else None


def _name(contact: Contact) -> str:
    return wording.with_form(contact.form_of_address, full_name(contact))
