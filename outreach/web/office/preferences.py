"""Instellingen: in whose name letters leave, and who may sign in."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import login_user
from wtforms import (
    BooleanField,
    EmailField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional

from outreach.accounts import limits, people, senders, signing_in
from outreach.accounts.limits import Limits
from outreach.accounts.models import Coordinator, Role, Sender
from outreach.accounts.senders import Letterhead
from outreach.db import db
from outreach.delivery import oauth, receivers
from outreach.delivery.models import ReceiverGroup
from outreach.errors import Invalid, OutreachError, Unknown
from outreach.letters import dutch
from outreach.web.access import actor, coordinator, role_required
from outreach.web.context import now, settings
from outreach.web.form import Form, required

bp = Blueprint("preferences", __name__, url_prefix="/kantoor/instellingen")

ROLES = {Role.OWNER: "beheerder", Role.COORDINATOR: "coördinator", Role.READER: "meelezer"}
MAY = {
    Role.OWNER: "beheerder: alles, ook afzenders en accounts",
    Role.COORDINATOR: "coördinator: schrijven, versturen, adressen",
    Role.READER: "meelezer: alleen kijken",
}


OWN_LIMITS = "own"
#: Each preset of `limits.PRESETS`, and limits that are none of them.
MAIL_HOSTS = {
    "none": "geen grenzen",
    "microsoft365": "Microsoft 365: 30 per minuut, 10.000 per dag, 3 verbindingen",
    "google": "Google Workspace: 2.000 per dag",
    "webhost": "Nederlandse webhost: 250 brieven en 250 MB per uur",
    OWN_LIMITS: "eigen grenzen, hieronder ingevuld",
}


def _limit(label: str, most: int = limits.MOST) -> IntegerField:
    sentence = f"Vul bij “{label}” een getal van 1 tot en met {dutch.number(most)} in."
    return IntegerField(label, [Optional(), NumberRange(1, most, sentence)])


class SenderForm(Form):
    name = StringField("Naam", [required("Vul de naam in."), Length(max=120)])
    subtitle = StringField("Ondertitel", [Length(max=120)])
    email = EmailField("E-mailadres", [required("Vul het adres in waar de mail vandaan komt.")])
    address = StringField("Postadres", [required("Vul het postadres in."), Length(max=200)])
    reply_to = EmailField("Antwoordadres")
    envelope_from = EmailField("Adres voor onbestelbare mail")
    phone = StringField("Telefoon", [Length(max=40)])
    website = StringField("Website", [Length(max=120)])
    place = StringField("Plaats in de datumregel", [Length(max=60)])
    handled_by = StringField("Behandeld door", [Length(max=120)])
    direct_phone = StringField("Telefoon van wie het behandelt", [Length(max=40)])
    signatories = TextAreaField("Ondertekenaars")
    cosigners = TextAreaField("Medeondertekenaars")
    mail_host = SelectField(
        "Waar uw post langs gaat",
        choices=[SelectChoice(name, words) for name, words in MAIL_HOSTS.items()],
        default="none",
    )
    per_minute = _limit("Per minuut")
    per_hour = _limit("Per uur")
    per_day = _limit("Per dag")
    megabytes_per_hour = _limit("MB per uur")
    connections = _limit("Verbindingen", limits.MOST_CONNECTIONS)

    def chosen_limits(self, before: Limits) -> Limits:
        """What was chosen; numbers that were changed below a host that was not go first."""
        numbers = Limits(**{name: self[name].data for name in limits.NAMES})
        chosen, was = self.mail_host.data, _mail_host(before)
        if chosen == OWN_LIMITS or (chosen == was and numbers != before):
            return numbers
        return limits.PRESETS[chosen]

    def letterhead(self) -> Letterhead:
        return Letterhead(
            subtitle=self.subtitle.data,
            phone=self.phone.data,
            website=self.website.data,
            place=self.place.data,
            signatories=[_signatory(line) for line in _filled_lines(self.signatories.data)],
            cosigners=_filled_lines(self.cosigners.data),
            handled_by=self.handled_by.data,
            direct_phone=self.direct_phone.data,
        )

    def facts(self, before: Limits) -> dict[str, Any]:
        """What `senders.add` and `senders.change` take; `before` are the limits it had."""
        return {
            "name": self.name.data,
            "email": self.email.data,
            "address": self.address.data,
            "reply_to": self.reply_to.data or None,
            "envelope_from": self.envelope_from.data or None,
            "letterhead": self.letterhead(),
            "limits": self.chosen_limits(before),
        }


class ReceiversForm(Form):
    name = StringField("Naam", [required("Geef de groep een naam, zoals Microsoft.")])
    domains = TextAreaField(
        "Domeinen", [required("Noem ten minste één domein, zoals outlook.com.")]
    )
    per_minute = _limit("Per minuut")
    per_hour = _limit("Per uur")

    def chosen_limits(self) -> Limits:
        return Limits(per_minute=self.per_minute.data, per_hour=self.per_hour.data)


class PersonForm(Form):
    name = StringField("Naam", [Length(max=120)])
    role = SelectField(
        "Rol", choices=[SelectChoice(role.value, words) for role, words in MAY.items()]
    )
    active = BooleanField("Mag inloggen")


class NewPersonForm(Form):
    name = StringField("Naam", [Length(max=120)])
    email = EmailField("E-mailadres", [required("Vul een e-mailadres in.")])
    role = SelectField(
        "Rol",
        choices=[SelectChoice(role.value, words) for role, words in MAY.items()],
        default=Role.COORDINATOR.value,
    )


class PasswordForm(Form):
    old = PasswordField("Uw wachtwoord nu", [required("Vul uw wachtwoord van nu in.")])
    new = PasswordField("Nieuw wachtwoord", [required("Kies een nieuw wachtwoord.")])


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    known = senders.everyone()
    return render_template(
        "office/preferences.html",
        senders=known,
        receivers=[(group, _pace(group)) for group in receivers.everyone()],
        connected={one.id for one in known if oauth.look(settings().instance, one).kept},
        people=people.everyone(),
        roles=ROLES,
        me=coordinator(),
    )


@bp.route("/afzender", methods=["GET", "POST"])
@role_required(Role.OWNER)
def add_sender() -> ResponseReturnValue:
    form = SenderForm()
    if form.accepted():
        try:
            sender = senders.add(**form.facts(Limits()), by=actor(), now=now())
        except OutreachError as error:
            form.refuse(_about(error), error)
        else:
            flash(f"{sender.name} kan nu brieven sturen.")
            return redirect(url_for(".index"), 303)
    return render_template("office/sender.html", form=form, sender=None), form.status


@bp.route("/afzender/<int:sender_id>", methods=["GET", "POST"])
@role_required(Role.OWNER)
def change_sender(sender_id: int) -> ResponseReturnValue:
    sender = db.session.get(Sender, sender_id)
    if sender is None:
        raise Unknown("Deze afzender is er niet.")
    form = SenderForm(data=_of_sender(sender))
    if form.accepted():
        try:
            senders.change(sender, **form.facts(Limits.of(sender)), by=actor(), now=now())
        except OutreachError as error:
            form.refuse(_about(error), error)
        else:
            flash("De afzender is bewaard.")
            return redirect(url_for(".index"), 303)
    return render_template("office/sender.html", form=form, sender=sender), form.status


@bp.route("/ontvangers", methods=["GET", "POST"])
@role_required(Role.OWNER)
def add_receivers() -> ResponseReturnValue:
    form = ReceiversForm()
    if form.accepted():
        domains, most = receivers.parse(form.domains.data), form.chosen_limits()
        try:
            receivers.add(form.name.data, domains, most, by=actor(), now=now())
        except OutreachError as error:
            form.refuse(_about_receivers(error), error)
        else:
            flash("De groep is bewaard. Vanaf nu blijven wij onder deze grens.")
            return redirect(url_for(".index"), 303)
    return render_template("office/receivers.html", form=form, group=None), form.status


@bp.route("/ontvangers/<int:group_id>", methods=["GET", "POST"])
@role_required(Role.OWNER)
def change_receivers(group_id: int) -> ResponseReturnValue:
    group = _receivers(group_id)
    form = ReceiversForm(data=_of_receivers(group))
    if form.accepted():
        domains, most = receivers.parse(form.domains.data), form.chosen_limits()
        try:
            receivers.change(group, form.name.data, domains, most, by=actor(), now=now())
        except OutreachError as error:
            form.refuse(_about_receivers(error), error)
        else:
            flash("De groep is bewaard. Vanaf nu blijven wij onder deze grens.")
            return redirect(url_for(".index"), 303)
    return render_template("office/receivers.html", form=form, group=group), form.status


@bp.post("/ontvangers/<int:group_id>/weg")
@role_required(Role.OWNER)
def remove_receivers(group_id: int) -> ResponseReturnValue:
    group = _receivers(group_id)
    receivers.remove(group, by=actor(), now=now())
    flash(f"De groep {group} is weg. Naar deze domeinen geldt geen grens meer.")
    return redirect(url_for(".index"), 303)


@bp.route("/account", methods=["GET", "POST"])
@role_required(Role.OWNER)
def add_person() -> ResponseReturnValue:
    form = NewPersonForm()
    if form.accepted():
        password = people.new_password()
        try:
            person = people.add(
                form.email.data,
                Role(form.role.data),
                name=form.name.data,
                password=password,
                by=actor(),
                now=now(),
            )
        except OutreachError as error:
            form.refuse("email", error)
        else:
            return render_template("office/new_password.html", person=person, password=password)
    return render_template("office/new_person.html", form=form), form.status


@bp.route("/account/<int:person_id>", methods=["GET", "POST"])
@role_required(Role.OWNER)
def change_person(person_id: int) -> ResponseReturnValue:
    person = _person(person_id)
    form = PersonForm(
        data={"name": person.name, "role": person.role.value, "active": person.active}
    )
    if form.accepted():
        people.change(
            person,
            name=form.name.data,
            role=Role(form.role.data),
            active=form.active.data,
            by=actor(),
            now=now(),
        )
        flash(f"Het account van {person} is bewaard.")
        return redirect(url_for(".index"), 303)
    return render_template("office/person.html", form=form, person=person), form.status


@bp.post("/account/<int:person_id>/wachtwoord")
@role_required(Role.OWNER)
def new_password(person_id: int) -> ResponseReturnValue:
    """A fresh password, shown once; whatever sessions this person has end."""
    person, password = _person(person_id), people.new_password()
    people.set_password(person, password, by=actor(), now=now())
    if person is coordinator():
        login_user(person)
    return render_template("office/new_password.html", person=person, password=password)


@bp.route("/wachtwoord", methods=["GET", "POST"])
@role_required(Role.READER)
def own_password() -> ResponseReturnValue:
    form = PasswordForm()
    if form.accepted():
        me = coordinator()
        if signing_in.recognise(me.email, form.old.data) is None:
            form.refuse("old", Invalid("Dit is niet uw wachtwoord van nu."))
            return render_template("office/own_password.html", form=form), form.status
        try:
            people.set_password(me, form.new.data, by=actor(), now=now())
        except Invalid as error:
            form.refuse("new", error)
        else:
            login_user(me)  # the change ended every session, this one too
            flash("Uw wachtwoord is gewijzigd. Andere apparaten zijn uitgelogd.")
            return redirect(url_for(".index"), 303)
    return render_template("office/own_password.html", form=form), form.status


def _receivers(group_id: int) -> ReceiverGroup:
    group = db.session.get(ReceiverGroup, group_id)
    if group is None:
        raise Unknown("Deze groep is er niet (meer).")
    return group


def _of_receivers(group: ReceiverGroup) -> dict[str, Any]:
    return {
        "name": group.name,
        "domains": "\n".join(group.domains),
        "per_minute": group.per_minute,
        "per_hour": group.per_hour,
    }


def _pace(group: ReceiverGroup) -> str:
    """ "10 per minuut en 200 per uur"."""
    paces = ((group.per_minute, "per minuut"), (group.per_hour, "per uur"))
    return " en ".join(f"{dutch.number(most)} {words}" for most, words in paces if most)


def _about_receivers(error: OutreachError) -> str:
    """The field that a refusal is about, as far as its sentence tells."""
    sentence = str(error)
    if "per minuut" in sentence or "per uur" in sentence:
        return "per_minute"
    return "domains" if "domei" in sentence or "staat al in" in sentence else "name"


def _person(person_id: int) -> Coordinator:
    person = db.session.get(Coordinator, person_id)
    if person is None:
        raise Unknown("Dit account is er niet.")
    return person


def _of_sender(sender: Sender) -> dict[str, Any]:
    lines = (", ".join(filter(None, one.values())) for one in sender.signatories)
    return {
        "name": sender.name,
        "subtitle": sender.subtitle,
        "email": sender.email,
        "address": sender.postal_address,
        "reply_to": sender.reply_to or "",
        "envelope_from": sender.envelope_from or "",
        "phone": sender.phone,
        "website": sender.website,
        "place": sender.place,
        "handled_by": sender.handled_by,
        "direct_phone": sender.direct_phone,
        "signatories": "\n".join(lines),
        "cosigners": "\n".join(sender.cosigners),
        "mail_host": _mail_host(Limits.of(sender)),
        **asdict(Limits.of(sender)),
    }


def _mail_host(found: Limits) -> str:
    return limits.preset_of(found) or OWN_LIMITS


def _signatory(line: str) -> tuple[str, str]:
    name, _, function = line.partition(",")
    return name.strip(), function.strip()


def _filled_lines(text: str | None) -> list[str]:
    return [" ".join(line.split()) for line in (text or "").splitlines() if line.strip()]


def _about(error: OutreachError) -> str:
    """The field that a refusal is about, as far as its sentence tells."""
    return "address" if "postadres" in str(error) else "email"
