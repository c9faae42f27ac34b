"""Stukken: documents that a gemeente sent us, or that we found of it."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, FileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from outreach.accounts import senders
from outreach.accounts.models import Role
from outreach.answers import documents
from outreach.answers.documents import BODIES, LONGEST_NOTE, Facts, File
from outreach.answers.models import Document
from outreach.campaigns import replying
from outreach.campaigns.models import Campaign
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid, OutreachError, Unknown
from outreach.ledger import country
from outreach.web.access import actor, role_required
from outreach.web.context import now, store
from outreach.web.form import Form, SignatoriesField

bp = Blueprint("documents", __name__, url_prefix="/kantoor/gemeenten/<code>/stuk")


class DocumentForm(Form):
    file = FileField("PDF van het stuk")
    found = RadioField(
        "Hoe kwam het bij ons",
        choices=[
            SelectChoice("", "de gemeente stuurde het ons"),
            SelectChoice("ja", "wij vonden het, bijvoorbeeld op de website"),
        ],
    )
    body = RadioField(
        "Van wie is het", choices=[SelectChoice(body, words) for body, words in BODIES.items()]
    )
    author = StringField("Naam van de afzender", [Length(max=200)])
    subject = StringField("Onderwerp")
    number = StringField("Nummer")
    kenmerk = StringField("Kenmerk")
    dated = DateField("Datum op het stuk", [Optional()])
    sent_on = DateField("Verzonden op", [Optional()])
    handled_by = StringField("Behandeld door")
    signatories = SignatoriesField("Ondertekend door")
    url = StringField("Waar staat het (hoeft niet)", [Length(max=1000)])
    campaign = SelectField("Over welke brief van ons (hoeft niet)")
    note = TextAreaField(
        "Notitie (hoeft niet)",
        [Length(max=LONGEST_NOTE, message=f"Kort dit in tot {LONGEST_NOTE} tekens.")],
    )

    def __init__(self, document: Document | None = None) -> None:
        super().__init__(data=_of(document) if document else {"found": "", "body": "college"})
        letters = country.letters()
        if document and document.campaign_id not in (None, *(one.id for one in letters)):
            letters.append(db.session.get_one(Campaign, document.campaign_id))
        self.campaign.choices = [SelectChoice("", "geen")] + [
            SelectChoice(str(one.id), one.name) for one in letters
        ]

    def facts(self) -> Facts:
        given = self.values()
        given.pop("file")
        about = given.pop("campaign")
        given |= {"found": bool(given["found"]), "campaign_id": int(about) if about else None}
        facts: dict[str, Any] = {
            name: "" if value is None and name in _WORDS else value for name, value in given.items()
        }
        return Facts(**facts)

    def kept(self) -> File | None:
        """The file that was chosen, read and kept."""
        sent = self.file.data
        if not getattr(sent, "filename", ""):
            return None
        return documents.keep(sent.filename, sent.read(), store())


_WORDS = ("author", "subject", "number", "kenmerk", "handled_by", "url", "note")


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def add(code: str) -> ResponseReturnValue:
    gemeente, form = _gemeente(code), DocumentForm()
    if form.accepted():
        try:
            file = form.kept()
            typed = form.facts()
            document = documents.add(code, typed, file=file, by=actor(), now=now())
        except OutreachError as error:
            form.refuse(_about(error), error)
        else:
            if file and documents.facts_of(document) != typed:
                flash("Het stuk staat in het dossier. Wij lazen dit uit de PDF: kijk het na.")
                return redirect(url_for(".correct", code=code, document_id=document.id), 303)
            flash("Het stuk staat in het dossier.")
            return redirect(_page(document), 303)
    return _form(form, gemeente, None)


@bp.get("/<int:document_id>")
@role_required(Role.READER)
def show(code: str, document_id: int) -> ResponseReturnValue:
    document, gemeente = documents.find(document_id, code), _gemeente(code)
    return render_template(
        "office/document.html",
        document=document,
        gemeente=gemeente,
        author=documents.author(document),
        about=document.campaign_id and db.session.get(Campaign, document.campaign_id),
        reply=replying.reply_to(document),
        senders=senders.everyone(),
    )


@bp.route("/<int:document_id>/verbeter", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def correct(code: str, document_id: int) -> ResponseReturnValue:
    document = documents.find(document_id, code)
    form = DocumentForm(document)
    if form.accepted():
        try:
            file = form.kept()
            documents.correct(document, form.facts(), file=file, by=actor(), now=now())
        except OutreachError as error:
            db.session.expire(document)
            form.refuse(_about(error), error)
        else:
            flash("Het stuk is bewaard.")
            return redirect(_page(document), 303)
    return _form(form, _gemeente(code), document)


@bp.get("/<int:document_id>/stuk.pdf")
@role_required(Role.READER)
def download(code: str, document_id: int) -> ResponseReturnValue:
    """The PDF as it came. Never shown here: it may do anything in a reader that runs scripts."""
    document = documents.find(document_id, code)
    if document.sha256 is None:
        raise Unknown("Bij dit stuk is geen PDF bewaard.")
    response = Response(store().get(document.sha256), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=document.filename)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.post("/<int:document_id>/beantwoord")
@role_required(Role.COORDINATOR)
def reply(code: str, document_id: int) -> ResponseReturnValue:
    """Begin a letter in reply, or go on with the one that was begun."""
    document = documents.find(document_id, code)
    campaign = replying.reply_to(document)
    if campaign is None:
        sender = senders.find(request.form.get("sender", ""))
        campaign = replying.write(document, sender, store=store(), by=actor(), now=now())
        flash("De brief is klaar om te schrijven. “Uw kenmerk” en “Uw brief van” staan erin.")
    return redirect(url_for("writing.write", slug=campaign.slug, position=1), 303)


@bp.post("/<int:document_id>/weg")
@role_required(Role.COORDINATOR)
def remove(code: str, document_id: int) -> ResponseReturnValue:
    document = documents.find(document_id, code)
    documents.remove(document, by=actor(), now=now())
    flash("Het stuk is uit het dossier. Hieronder kunt u dat ongedaan maken.")
    return redirect(_page(document), 303)


@bp.post("/<int:document_id>/terug")
@role_required(Role.COORDINATOR)
def put_back(code: str, document_id: int) -> ResponseReturnValue:
    document = documents.find(document_id, code)
    documents.put_back(document, by=actor(), now=now())
    flash("Het stuk staat weer in het dossier.")
    return redirect(_page(document), 303)


def _page(document: Document) -> str:
    return url_for("documents.show", code=document.gemeente_code, document_id=document.id)


def _form(form: DocumentForm, gemeente: Gemeente, document: Document | None) -> ResponseReturnValue:
    page = render_template(
        "office/document_form.html", form=form, gemeente=gemeente, document=document
    )
    return page, form.status


def _gemeente(code: str) -> Gemeente:
    gemeente = db.session.get(Gemeente, code)
    if gemeente is None:
        raise Unknown(f"Er is geen gemeente met code {code}.")
    return gemeente


def _of(document: Document) -> dict[str, Any]:
    facts = documents.facts_of(document)
    shown = {name: getattr(facts, name) for name in facts.__dataclass_fields__}
    about = "" if facts.campaign_id is None else str(facts.campaign_id)
    return shown | {"found": "ja" if facts.found else "", "campaign": about}


def _about(error: OutreachError) -> str:
    """The field that a refusal is about, as far as its sentence tells."""
    sentence = str(error)
    words = {
        "toekomst": "dated",
        "webadres": "url",
        "notitie": "note",
        "ondertekenaars": "signatories",
        "PDF is": "file",
        "Dit bestand": "file",
        "nummer": "number",
        "kenmerk": "kenmerk",
        "Behandeld": "handled_by",
        "afzender": "author",
    }
    if not isinstance(error, Invalid):
        return "file"
    return next((field for word, field in words.items() if word in sentence), "subject")
