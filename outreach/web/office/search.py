"""One box over everything."""

from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.contacts.people import display_name
from outreach.ledger import meetings, search
from outreach.ledger.search import Asked
from outreach.ledger.search_index import Kind
from outreach.web.access import may, role_required

bp = Blueprint("search", __name__, url_prefix="/kantoor/zoek")

GEMEENTEN = "gemeenten"
#: In the address and on screen, in the order in which they are shown.
KINDS = {
    Kind.LETTER: ("brieven", "Brieven"),
    Kind.DOCUMENT: ("stukken", "Stukken"),
    Kind.MAIL: ("mail", "Mail die binnenkwam"),
    Kind.ANSWER: ("antwoorden", "Antwoorden"),
    Kind.CALL: ("telefoontjes", "Telefoontjes"),
    Kind.MEETING: ("bijeenkomsten", "Bijeenkomsten"),
    Kind.REGISTRATION: ("aanmeldingen", "Aanmeldingen"),
    Kind.CONTACT: ("mensen", "Mensen en adressen"),
    Kind.TEXT: ("tekstblokken", "Tekstblokken"),
}


@bp.get("/")
@role_required(Role.READER)
def show() -> ResponseReturnValue:
    query = request.args.get("q", "")[:200].strip()
    known = {kind: words for kind, words in KINDS.items() if _seen(kind)}
    chosen = request.args.get("soort", "")
    kinds = [kind for kind, (word, _) in known.items() if chosen in ("", word)]
    if chosen != GEMEENTEN and not kinds:
        chosen, kinds = "", list(known)
    asked = Asked(query, kinds, chosen in ("", GEMEENTEN), _day("van"), _day("tot"))
    return render_template(
        "office/search.html",
        asked=asked,
        chosen=chosen,
        found=search.search(asked),
        kinds=known,
        display_name=display_name,
        when=meetings.when,
    )


def _seen(kind: Kind) -> bool:
    """Who registered is not for everyone's eyes."""
    return kind is not Kind.REGISTRATION or may(Role.COORDINATOR)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
