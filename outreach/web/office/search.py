"""One box over everything."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.contacts.people import display_name
from outreach.ledger import search
from outreach.web.access import role_required

bp = Blueprint("search", __name__, url_prefix="/kantoor/zoek")


@bp.get("/")
@role_required(Role.READER)
def show() -> ResponseReturnValue:
    query = request.args.get("q", "")[:200].strip()
    return render_template(
        "office/search.html", query=query, found=search.search(query), display_name=display_name
    )
