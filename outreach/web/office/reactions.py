"""Reacties: mail that waits for a person, what it may be, and what one says it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from wtforms import DateField, MultipleFileField, SelectMultipleField
from wtforms.validators import Optional

from outreach.accounts.models import Role
from outreach.answers.models import Status
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date
from outreach.contacts import gemeenten
from outreach.db import db
from outreach.delivery.arrivals import Incoming, Place
from outreach.delivery.incoming import outlook, quoting
from outreach.errors import Invalid, OutreachError
from outreach.ledger import incoming
from outreach.ledger.standing import Standing
from outreach.letters import dutch
from outreach.mailbox import deciding, effects, taking
from outreach.mailbox.belonging import Candidate
from outreach.mailbox.taking import Origin
from outreach.web.access import actor, role_required
from outreach.web.context import links, now, store
from outreach.web.form import Form

bp = Blueprint("reactions", __name__, url_prefix="/kantoor/reacties")

#: What a mail can say, in the order of how a letter fares.
SAYS: tuple[tuple[str, Standing, str], ...] = (
    (Status.ONTVANGEN, Standing.ONTVANGEN, "ontvangst bevestigd"),
    (Status.IN_BEHANDELING, Standing.IN_BEHANDELING, "in behandeling"),
    (Status.DOORGESTUURD, Standing.DOORGESTUURD, "doorgestuurd naar de raad"),
    (Status.OP_LIJST, Standing.OP_LIJST, "op lijst ingekomen stukken"),
    (Status.NAAR_COLLEGE, Standing.NAAR_COLLEGE, "naar het college"),
    (Status.BESPROKEN, Standing.BESPROKEN, "besproken"),
    (Status.ANTWOORD, Standing.ANTWOORD, "een antwoord, anders dan dit alles"),
    (Status.GESPREK, Standing.GESPREK, "wil een gesprek"),
    (Status.GEWEIGERD, Standing.GEWEIGERD, "niet geplaatst"),
    (deciding.BOUNCED, Standing.ONBESTELBAAR, "de brief kwam niet aan"),
    (deciding.NO_MORE_MAIL, Standing.NIET_BENADEREN, "wil geen post meer"),
)
MOST_QUOTED = 1200  #: characters in the link that opens a mail program
MOST_FILES = 50


class SettleForm(Form):
    """What a mail says, and of whom it is."""

    van = SelectMultipleField("Van welke gemeente?", validate_choice=False)
    zegt = SelectMultipleField("Wat staat erin?", validate_choice=False)
    datum = DateField("Datum van de vergadering (hoeft niet)", [Optional()])


class UploadForm(Form):
    bestanden = MultipleFileField("Mails (.eml of .msg)")


@dataclass(frozen=True)
class Option:
    """A gemeente and a letter that a mail may be about."""

    value: str
    name: str
    about: str
    why: str


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    waits = incoming.waiting()
    if not waits:
        return render_template("office/reactions_none.html")
    return _page(waits[0], waits, SettleForm())


@bp.get("/<int:incoming_id>")
@role_required(Role.READER)
def show(incoming_id: int) -> ResponseReturnValue:
    return _page(deciding.of(incoming_id), incoming.waiting(), SettleForm())


@bp.get("/klaar")
@role_required(Role.READER)
def done() -> ResponseReturnValue:
    mails = incoming.settled()
    return render_template(
        "office/reactions_done.html",
        mails=mails,
        names=incoming.names(mails),
        what=incoming.what,
    )


@bp.post("/<int:incoming_id>")
@role_required(Role.COORDINATOR)
def settle(incoming_id: int) -> ResponseReturnValue:
    """Say what a mail is and whose, or that it is of no gemeente."""
    mail, form = deciding.of(incoming_id), SettleForm()
    if request.form.get("d") == "geen":
        deciding.remove(mail, store=store(), by=actor(), now=now())
        flash("De mail is weg uit Outreach. In uw postbus staat hij nog.")
        return redirect(url_for(".index"), 303)
    try:
        if not form.accepted():
            raise Invalid("De datum klopt niet. Kies een dag, of laat hem leeg.")
        names = _settle(mail, form)
    except OutreachError as error:
        form.refuse("van", error)
        return _page(mail, incoming.waiting(), form), form.status
    flash(f"De mail staat bij {dutch.enumeration(names)}.")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:incoming_id>/neem")
@role_required(Role.COORDINATOR)
def take_up(incoming_id: int) -> ResponseReturnValue:
    """Say that one takes it up, or leave it to others."""
    mail = deciding.of(incoming_id)
    if request.form.get("laat"):
        deciding.put_down(mail, by=actor(), now=now())
    elif not deciding.take_up(mail, by=actor(), now=now()):
        flash(f"{incoming.taken_by(mail)} was u voor.")
    return redirect(url_for(".show", incoming_id=mail.id), 303)


@bp.post("/<int:incoming_id>/ongedaan")
@role_required(Role.COORDINATOR)
def undo(incoming_id: int) -> ResponseReturnValue:
    """Take back what a settled mail did; it waits again."""
    mail = deciding.of(incoming_id)
    effects.undo(mail, by=actor(), now=now())
    flash("Ongedaan gemaakt. De mail wacht weer op een beslissing.")
    return redirect(url_for(".show", incoming_id=mail.id), 303)


@bp.route("/inlezen", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def upload() -> ResponseReturnValue:
    """Take in mails that someone saved as files."""
    form = UploadForm()
    files = [one for one in form.bestanden.data or [] if isinstance(one, FileStorage) and one]
    if form.accepted() and not files:
        form.refuse("bestanden", Invalid("Kies een bestand: sleep de mail uit uw mailprogramma."))
    if request.method != "POST" or form.errors:
        return render_template("office/reactions_new.html", form=form), form.status
    found = [_take(one.stream.read(outlook.MOST_OCTETS + 1)) for one in files[:MOST_FILES]]
    waits = sum(one.state is Place.WAITING for one in found)
    told = f"{dutch.plural(len(found), 'mail', 'mails')} gelezen"
    flash(
        f"{told}; {waits} {'wacht' if waits == 1 else 'wachten'} op u."
        if waits
        else f"{told} en bij hun gemeente gezet."
    )
    only = found[0] if len(found) == 1 else None
    return redirect(url_for(".show", incoming_id=only.id) if only else url_for(".index"), 303)


def _take(raw: bytes) -> Incoming:
    return taking.take(raw, Origin(), store=store(), links=links(), now=now(), by=actor()).mail


def _settle(mail: Incoming, form: SettleForm) -> list[str]:
    """
    :returns: the names of the gemeenten that it is of
    :raises OutreachError: what was chosen cannot be
    """
    those = [_candidate(mail, value) for value in form.van.data or []]
    if not those:
        raise Invalid("Kies een gemeente. Is de mail niet van een gemeente, kies dan dat.")
    deciding.settle(
        mail,
        those,
        [one for one, _, _ in SAYS if one in (form.zegt.data or [])],
        on_date=form.datum.data,
        links=links(),
        by=actor(),
        now=now(),
    )
    return [gemeenten.find(one.gemeente_code).name for one in those]


def _candidate(mail: Incoming, value: str) -> Candidate:
    """Of "GM0355:12:raad"; without a letter "GM0355::"."""
    code, _, rest = value.partition(":")
    campaign_id, _, body = rest.partition(":")
    if campaign_id and not campaign_id.isdecimal():
        raise Invalid("Kies de brief waar deze mail over gaat.")
    found = gemeenten.find(code)
    return deciding.about(mail, found.code, int(campaign_id) if campaign_id else None, body)


def _page(mail: Incoming, waits: Sequence[Incoming], form: SettleForm) -> str:
    sent = request.method == "POST"
    asked, fault = request.args.get("gemeente", "").strip(), ""
    try:
        options = _chosen(asked) if asked else _proposed(mail)
    except OutreachError as error:
        options, fault = _proposed(mail), str(error)
    ids = [one.id for one in waits]
    at = ids.index(mail.id) if mail.id in ids else -1
    return render_template(
        "office/reaction.html",
        mail=mail,
        waits=waits,
        at=at,
        next=waits[(at + 1) % len(waits)] if len(waits) > 1 else None,
        form=form,
        options=options,
        asked=asked,
        fault=fault,
        pieces=quoting.split(mail.text),
        says=SAYS,
        chosen=form.zegt.data if sent else incoming.seems(mail),
        picked=form.van.data if sent else [one.value for one in options[:1]],
        day=form.datum.data if sent else incoming.day_of(mail),
        words=incoming.WORDS,
        what=incoming.what,
        names=incoming.names([mail]),
        taken_by=incoming.taken_by,
        reply=_reply(mail),
        did=incoming.did(mail),
        now=now(),
    )


def _proposed(mail: Incoming) -> list[Option]:
    kept = mail.proposals
    names = incoming.names([mail])
    ids = {one["campaign"] for one in kept if one["campaign"]}
    letters = {one: db.session.get(Campaign, one) for one in ids}
    return [
        _option(
            one["gemeente"], names.get(one["gemeente"], ""), letters.get(one["campaign"]),
            one["body"], one["why"],
        )
        for one in kept
    ]  # fmt: skip


def _chosen(text: str) -> list[Option]:
    """The letters that the gemeente got which someone typed."""
    found = gemeenten.find(text)
    letters = deciding.letters_to([found.code])
    why = "u koos deze gemeente"
    if not letters:
        return [_option(found.code, found.name, None, "raad", why)]
    return [_option(found.code, found.name, letter, body, why) for _, letter, body in letters]


def _option(code: str, name: str, letter: Campaign | None, body: str, why: str) -> Option:
    about = letter.name if letter else "geen brief van ons"
    if letter is not None and len(letter.variants) > 1:
        about = f"{about}, aan {'de' if body == 'raad' else 'het'} {body}"
    value = f"{code}:{letter.id}:{body}" if letter else f"{code}::"
    return Option(value, name, about, why)


def _reply(mail: Incoming) -> str:
    """A link that opens one's own mail program, with the mail quoted."""
    if not mail.from_email:
        return ""
    own = quoting.split(mail.text).own[:MOST_QUOTED]
    lines = "\n".join(f"> {line}" for line in own.splitlines())
    on = dutch.long_date(dutch_date(mail.received_at))
    reference = incoming.reference(mail)
    head = f"Ons kenmerk: {reference}\n\n" if reference else ""
    body = f"\n\n{head}Op {on} schreef {mail.from_name or mail.from_email}:\n{lines}\n"
    subject = mail.subject if mail.subject.lower().startswith("re:") else f"Re: {mail.subject}"
    return f"mailto:{quote(mail.from_email)}?subject={quote(subject)}&body={quote(body)}"
