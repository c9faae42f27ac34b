"""Geen post meer: from the List-Unsubscribe header (RFC 8058) and from the link in a letter.

GET shows. The header's link acts on one POST, without cookie, token or redirect. The
letter's link is equal for every reader, so there the address must be typed.
"""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import EmailField

from outreach.accounts import senders
from outreach.accounts.models import Sender
from outreach.campaigns import leaving
from outreach.campaigns.models import Step
from outreach.contacts import suppression
from outreach.contacts.addresses import BadAddress, masked
from outreach.contacts.models import Suppression, SuppressionReason
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Unknown
from outreach.tokens import BadToken, Purpose
from outreach.web.context import links, now, tokens
from outreach.web.form import Form, required
from outreach.web.public import capability
from outreach.web.security import csrf, limiter
from outreach.wording import N_, _

bp = Blueprint("leaving", __name__)
csrf.exempt(bp)  # RFC 8058: "without cookies, authorization or any other context"
capability.guard(bp)


class TypedForm(Form):
    adres = EmailField(
        N_("Uw e-mailadres"), [required(N_("Vul het adres in waar onze brief aankwam."))]
    )


@bp.get("/afmelden/<token>", strict_slashes=False)
def show(token: str) -> ResponseReturnValue:
    mail, sender = _opened(token)
    return _page(token, mail, sender, TypedForm())


@bp.post("/afmelden/<token>", strict_slashes=False)
def act(token: str) -> ResponseReturnValue:
    mail, sender = _opened(token)
    if mail is None:
        return _typed(token, sender)
    one_click = request.form.get("List-Unsubscribe", "").strip().lower() == "one-click"
    if not one_click and "geen-post" not in request.form:
        return _page(token, mail, sender, TypedForm()), 422
    reason = SuppressionReason.ONE_CLICK if one_click else SuppressionReason.PAGE
    leaving.leave(mail, reason, everyone=_everyone(), links=links(), now=now())
    return _done(sender, masked(mail.address))


def _typed(token: str, sender: Sender) -> ResponseReturnValue:
    form = TypedForm()
    if form.accepted():
        try:
            with limiter.limit("30 per hour"):
                leaving.leave_typed(
                    form.adres.data, sender, everyone=_everyone(), links=links(), now=now()
                )
        except BadAddress as error:
            form.refuse("adres", error)
        else:
            return _done(sender, "")
    return _page(token, None, sender, form), 422


@bp.get("/afmelden/ongedaan/<token>", strict_slashes=False)
def show_undo(token: str) -> ResponseReturnValue:
    return _undo_page(_row(token))


@bp.post("/afmelden/ongedaan/<token>", strict_slashes=False)
def undo(token: str) -> ResponseReturnValue:
    row = _row(token)
    if row.lifted_at is None:
        leaving.come_back(row, now=now())
    return _undo_page(row)


def _opened(token: str) -> tuple[Message | None, Sender]:
    """The message of a header's link with its sender, or only the sender of a letter's link."""
    try:
        (local_part,) = tokens().read(Purpose.ONE_CLICK, token, now=now())
    except BadToken as first:
        try:
            (sender_id,) = tokens().read(Purpose.NO_MORE_MAIL, token, now=now())
        except BadToken as second:
            raise max(first, second, key=lambda error: "verlopen" in str(error)) from None
        return None, _sender(sender_id)
    mail = leaving.message(local_part)
    return mail, _sender(mail.sender_id)


def _sender(sender_id: int) -> Sender:
    sender = db.session.get(Sender, sender_id)
    if sender is None:
        raise Unknown(_("De afzender bij deze link bestaat niet meer."))
    return sender


def _row(token: str) -> Suppression:
    row = db.session.get(Suppression, *tokens().read(Purpose.UNDO_SUPPRESSION, token, now=now()))
    if row is None:
        raise Unknown(_("Dit adres staat niet meer op onze geen-postlijst."))
    return row


def _everyone() -> bool:
    return request.form.get("van") == "alle"


def _page(token: str, mail: Message | None, sender: Sender, form: TypedForm) -> str:
    others = [one.name for one in senders.everyone() if one.id != sender.id]
    return render_template(
        "public/geen-post.html",
        token=token,
        sender=sender,
        address=masked(mail.address) if mail else "",
        already=mail is not None and suppression.is_suppressed(mail.address, sender.id),
        others=", ".join(others),
        form=form,
        answer_url=_answer_url(mail),
    )


def _done(sender: Sender, address: str) -> str:
    return render_template(
        "public/geen-post-gedaan.html", sender=sender, address=address, everyone=_everyone()
    )


def _undo_page(row: Suppression) -> str:
    sender = db.session.get(Sender, row.sender_id) if row.sender_id else None
    return render_template(
        "public/geen-post-ongedaan.html", row=row, sender=sender, address=masked(row.address_key)
    )


def _answer_url(mail: Message | None) -> str:
    """Where a griffie can ask for less than nothing: no reminder, or another address."""
    step: Any = db.session.get(Step, mail.step_id) if mail and mail.step_id else None
    if mail is None or step is None or mail.gemeente_code is None:
        return ""
    return links().answer(step.campaign_id, mail.gemeente_code, mail.variant, now=now())
