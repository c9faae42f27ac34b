"""One box over everything."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.contacts.people import display_name
from outreach.ledger import meetings, search
from outreach.web.access import may, role_required

bp = Blueprint("search", __name__, url_prefix="/kantoor/zoek")


@bp.get("/")
@role_required(Role.READER)
def show() -> ResponseReturnValue:
    query = request.args.get("q", "")[:200].strip()
    found = search.search(query, registrants=may(Role.COORDINATOR))
    return render_template(
        "office/search.html",
        query=query,
        found=found,
        display_name=display_name,
        when=meetings.when,
    )
