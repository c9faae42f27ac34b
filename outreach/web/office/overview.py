"""Overzicht: what needs a person, what comes, what runs."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.ledger import handover, mail_accounts, overview, sheet
from outreach.web.access import role_required
from outreach.web.context import now, paced, providers, settings
from outreach.web.office.preferences import ROLES

bp = Blueprint("overview", __name__, url_prefix="/kantoor")


@bp.get("/")
@role_required(Role.READER)
def show() -> ResponseReturnValue:
    moment = now()
    found = overview.of(moment, paced=paced())
    found.attention.extend(mail_accounts.attention(settings().instance, providers(), moment))
    return render_template("office/overview.html", found=found, did=sheet.did, now=moment)


@bp.get("/overdracht")
@role_required(Role.READER)
def hand_over() -> ResponseReturnValue:
    """One page for a new coordinator, to print."""
    known = settings()
    found = handover.of(known.instance, providers(), now(), imap_url=known.mailbox_url)
    return render_template("office/handover.html", found=found, roles=ROLES, now=now())
