"""Signing in and out."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import login_user, logout_user
from wtforms import EmailField, PasswordField

from outreach.accounts import audit, signing_in
from outreach.db import db
from outreach.web import access
from outreach.web.context import now
from outreach.web.form import Form, required
from outreach.web.security import account_key, limiter
from outreach.wording import N_, _

bp = Blueprint("sign_in", __name__)


class SignInForm(Form):
    email = EmailField(N_("E-mailadres"), [required(N_("Vul uw e-mailadres in."))])
    password = PasswordField(N_("Wachtwoord"), [required(N_("Vul uw wachtwoord in."))])


def _failed(response: object) -> bool:
    return getattr(response, "status_code", 0) == 422


@bp.route("/inloggen", methods=["GET", "POST"])
@limiter.limit("5 per 15 minutes", key_func=account_key, methods=["POST"], deduct_when=_failed)
@limiter.limit("20 per hour", methods=["POST"], deduct_when=_failed)
def show() -> ResponseReturnValue:
    form = SignInForm()
    target = access.safe_next(request.values.get("next", ""))
    if request.method == "GET" and access.signed_in():
        return redirect(target)
    if not form.accepted():
        return render_template("office/sign_in.html", form=form, next=target), form.status

    person = signing_in.recognise(form.email.data, form.password.data)
    if person is None:
        audit.record("fail to sign in", "coordinator", by=audit.Actor("visitor"), now=now())
        db.session.commit()  # outlives the refusal
        form.refuse("password", signing_in.WRONG)
        return render_template("office/sign_in.html", form=form, next=target), form.status
    session.clear()
    session.permanent = True
    login_user(person)
    audit.record("sign in", f"coordinator:{person.id}", by=access.actor(), now=now())
    return redirect(target, 303)


@bp.post("/uitloggen")
def leave() -> ResponseReturnValue:
    logout_user()
    session.clear()
    flash(_("U bent uitgelogd."))
    return redirect(url_for(".show"), 303)
