"""Instellingen: the mail account that a sender is connected with, instead of a password."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField

from outreach.accounts.models import Role, Sender
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import granting, oauth
from outreach.delivery.granting import NotAllowed
from outreach.delivery.providers import Provider, Tokens
from outreach.errors import OutreachError, Refused, Unknown
from outreach.mailbox import choosing
from outreach.web.access import actor, role_required
from outreach.web.context import now, postroom, providers, settings
from outreach.web.form import Form, required

bp = Blueprint("connections", __name__, url_prefix="/kantoor/instellingen")

#: In the session: the state that must come back, and the sender that it is for.
ASKED = "connecting"


class MailboxForm(Form):
    mailbox = EmailField("Postbus", [required("Vul het adres van de postbus in.")])


@bp.get("/postbus/<int:sender_id>")
@role_required(Role.COORDINATOR)
def show(sender_id: int) -> ResponseReturnValue:
    sender = _sender(sender_id)
    return _page(sender, MailboxForm(data={"mailbox": sender.email}))


@bp.post("/postbus/<int:sender_id>")
@role_required(Role.OWNER)
def begin(sender_id: int) -> ResponseReturnValue:
    """Ask the provider for a code, or for the address of its page of consent."""
    sender, form = _sender(sender_id), MailboxForm()
    if not form.accepted():
        return _page(sender, form)
    provider = _provider(request.form.get("provider", ""))
    redirect_to = granting.redirect_address(settings().base_url)
    _let_go()
    try:
        attempt = granting.begin(provider, form.mailbox.data, redirect=redirect_to)
    except OutreachError as error:
        form.refuse("mailbox", error)
        return _page(_sender(sender_id), form)
    granting.remember(settings().instance, sender_id, attempt)
    session[ASKED] = [attempt.state, sender_id]
    return redirect(url_for(".connect", sender_id=sender_id), 303)


@bp.route("/postbus/<int:sender_id>/mappen", methods=["GET", "POST"])
@role_required(Role.OWNER)
def folders(sender_id: int) -> ResponseReturnValue:
    """Which folders are read beside the usual ones, from the server's own list."""
    sender = _sender(sender_id)
    try:
        box = choosing.box_of(sender, postroom())
        if request.method == "POST":
            names = request.form.getlist("map")
            choosing.choose(box, names, by=actor(), now=now())
            flash("De keuze is bewaard. Bij de volgende keer lezen kijken wij ook daar.")
            return redirect(url_for(".show", sender_id=sender_id), 303)
        found = choosing.look(box)
    except OutreachError as error:
        return _back(sender_id, error)
    sender = _sender(sender_id)
    return render_template("office/folders.html", sender=sender, box=box, folders=found)


@bp.get("/postbus/<int:sender_id>/verbind")
@role_required(Role.OWNER)
def connect(sender_id: int) -> ResponseReturnValue:
    sender = _sender(sender_id)
    try:
        attempt = granting.remembered(settings().instance, sender_id)
    except NotAllowed as error:
        return _back(sender_id, error)
    provider = _provider(attempt.provider)
    return render_template("office/connect.html", sender=sender, attempt=attempt, provider=provider)


@bp.post("/postbus/<int:sender_id>/verbind")
@role_required(Role.OWNER)
def finish(sender_id: int) -> ResponseReturnValue:
    """ "Ik heb het gedaan": ask once whether the code was typed in."""
    sender, instance = _sender(sender_id), settings().instance
    try:
        attempt = granting.remembered(instance, sender_id)
        provider = _provider(attempt.provider)
        if seconds := attempt.wait(system_now()):
            return _not_yet(sender_id, provider, seconds)
        _let_go()
        answer = granting.ask(provider, attempt)
    except OutreachError as error:
        return _back(sender_id, error)
    if not isinstance(answer, Tokens):
        granting.remember(instance, sender_id, answer)
        return _not_yet(sender_id, provider, answer.interval)
    return _keep(sender, provider, answer, attempt.user)


@bp.get("/verbonden")
@role_required(Role.OWNER)
def back() -> ResponseReturnValue:
    """Where a provider sends the browser; nothing is done before a press of a button."""
    state, sender_id = session.get(ASKED, ["", 0])
    if not state or request.args.get("state") != state:
        return render_template("office/connect_elsewhere.html", address=request.url)
    attempt = granting.remembered(settings().instance, sender_id)
    return render_template(
        "office/connect_back.html",
        sender=_sender(sender_id),
        provider=_provider(attempt.provider),
        attempt=attempt,
        answer={name: request.args.get(name, "") for name in ("state", "code", "error")},
    )


@bp.post("/verbonden")
@role_required(Role.OWNER)
def redeem() -> ResponseReturnValue:
    state, sender_id = session.get(ASKED, ["", 0])
    if not state or request.form.get("state") != state:
        raise Refused("Deze verbinding is hier niet begonnen: begin opnieuw bij Instellingen.")
    sender = _sender(sender_id)
    try:
        attempt = granting.remembered(settings().instance, sender_id)
        provider = _provider(attempt.provider)
        _let_go()
        tokens = granting.redeem(provider, attempt, request.form)
    except OutreachError as error:
        return _back(sender_id, error)
    return _keep(sender, provider, tokens, attempt.user)


@bp.post("/postbus/<int:sender_id>/los")
@role_required(Role.OWNER)
def disconnect(sender_id: int) -> ResponseReturnValue:
    sender = _sender(sender_id)
    oauth.disconnect(settings().instance, sender, by=actor(), now=now())
    flash(f"{sender.name} is losgekoppeld. Post gaat weer langs de mailserver van daarvoor.")
    return redirect(url_for(".show", sender_id=sender_id), 303)


def _page(sender: Sender, form: MailboxForm) -> ResponseReturnValue:
    found = oauth.look(settings().instance, sender)
    known = providers()
    return render_template(
        "office/sender_mail.html",
        sender=sender,
        form=form,
        found=found,
        provider=known.get(found.grant.provider) if found.grant else None,
        providers=known.values(),
    ), form.status


def _keep(sender: Sender, provider: Provider, tokens: Tokens, user: str) -> ResponseReturnValue:
    instance = settings().instance
    try:
        oauth.keep(instance, sender, provider, tokens, user=user, by=actor(), now=now())
    except OutreachError as error:
        return _back(sender.id, error)
    granting.forget(instance, sender.id)
    session.pop(ASKED, None)
    flash(f"{sender.name} is verbonden met {provider.title}. Staat een brief stil? Hervat hem dan.")
    return redirect(url_for(".show", sender_id=sender.id), 303)


def _not_yet(sender_id: int, provider: Provider, seconds: float) -> ResponseReturnValue:
    again = f"Druk over {max(1, round(seconds))} seconden nog eens."
    flash(f"{provider.title} heeft de code nog niet gekregen. {again}")
    return redirect(url_for(".connect", sender_id=sender_id), 303)


def _back(sender_id: int, error: OutreachError) -> ResponseReturnValue:
    flash(str(error))
    return redirect(url_for(".show", sender_id=sender_id), 303)


def _let_go() -> None:
    """Nobody waits for the database while we wait for a provider."""
    db.session.rollback()


def _sender(sender_id: int) -> Sender:
    sender = db.session.get(Sender, sender_id)
    if sender is None:
        raise Unknown("Deze afzender is er niet.")
    return sender


def _provider(name: str) -> Provider:
    if provider := providers().get(name):
        return provider
    raise Unknown("Deze aanbieder is niet ingesteld.")
