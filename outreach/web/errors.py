"""Every error as a page, or as JSON for who asks for it: what is wrong, and what to do."""

import logging
import secrets
from collections.abc import Sequence

from flask import Flask, jsonify, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError

from outreach.db import db, is_busy
from outreach.errors import OutreachError
from outreach.web import access
from outreach.wording import N_, _

log = logging.getLogger(__name__)

TITLES = {
    400: N_("Dit verzoek kunnen wij niet lezen"),
    401: N_("U bent niet meer ingelogd"),
    403: N_("Dit mag u niet"),
    404: N_("Deze bladzijde is er niet"),
    405: N_("Dit kan hier niet"),
    409: N_("Dit kan nu niet"),
    410: N_("Deze link werkt niet meer"),
    413: N_("Dit bestand is te groot"),
    422: N_("Dit kunnen wij niet gebruiken"),
    429: N_("Even wachten"),
    500: N_("Hier ging bij ons iets mis"),
    503: N_("Even niet bereikbaar"),
}
SENTENCES = {
    400: N_("De browser stuurde iets dat wij niet begrijpen. Ga terug en probeer het opnieuw."),
    404: N_("Controleer het adres, of ga naar de beginpagina."),
    405: N_("Dit adres doet iets anders. Ga terug en gebruik de knop op de bladzijde."),
    413: N_("Een bestand mag ten hoogste 25 MB zijn. Kies een kleiner bestand."),
    429: N_("U probeerde dit te vaak achter elkaar. Wacht een kwartier en probeer het opnieuw."),
}
FAULT = N_("Er is niets veranderd. Probeer het over een paar minuten opnieuw.")
COLLIDED = N_(
    "Iemand anders veranderde dit op hetzelfde moment. Ga terug, laad de bladzijde opnieuw en"
    " kijk of uw wijziging nog nodig is."
)
BUSY = N_("Het is hier nu erg druk. Er is niets veranderd. Probeer het over een minuut opnieuw.")
BUSY_TYPED = N_(
    "Het is hier nu erg druk. Er is nog niets opgeslagen, maar wat u invulde, staat nog klaar."
    " Wacht een minuut en druk dan op Probeer het opnieuw."
)
BUSY_FOR = 60  #: seconds, for programs that ask when to come back
MOST_TYPED = 500_000  #: characters that a page holds for who sends them again
STALE = N_(
    "Deze bladzijde stond te lang open, of uw browser bewaart geen cookies. Ga terug, laad de"
    " bladzijde opnieuw en probeer het nog eens."
)


def init_app(app: Flask) -> None:
    app.register_error_handler(OutreachError, show_refusal)
    app.register_error_handler(CSRFError, show_stale)
    app.register_error_handler(IntegrityError, show_collision)
    app.register_error_handler(DBAPIError, show_busy)
    app.register_error_handler(TimeoutError, show_busy)
    app.register_error_handler(HTTPException, show_http)
    app.register_error_handler(InternalServerError, show_fault)


def show_refusal(error: OutreachError) -> ResponseReturnValue:
    return page(error.status, _(str(error)))


def show_busy(error: Exception) -> ResponseReturnValue:
    """Too many want to write at once: what was typed goes along in a button to send it again."""
    if not is_busy(error):
        return show_fault(InternalServerError(original_exception=error))
    log.warning("busy at %s: %s", request.endpoint, error.__class__.__name__)
    return page(503, _(BUSY_TYPED if _typed() else BUSY), again=_typed())


def _typed() -> list[tuple[str, str]]:
    """What a form held, as far as a page can hold it: no files, and never a password."""
    fields = list(request.form.items(multi=True)) if request.method == "POST" else []
    hidden = request.files or any("password" in name for name, _value in fields)
    return [] if hidden or sum(map(len, map("".join, fields))) > MOST_TYPED else fields


def show_stale(_error: CSRFError) -> ResponseReturnValue:
    return page(400, _(STALE), title=_("Deze bladzijde is verlopen"))


def show_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    return page(status, _(SENTENCES.get(status, FAULT)))


def show_fault(error: InternalServerError) -> ResponseReturnValue:
    """A fault of ours: the log has the whole of it under the number that the page shows."""
    number, fault = secrets.token_hex(4), error.original_exception or error
    # Not the path: that of an own page or an answer is a secret, and a log is read by others.
    log.error("fault %s at %s", number, request.endpoint, exc_info=fault)
    return page(500, _(FAULT), number=number)


def page(
    status: int,
    sentence: str,
    *,
    title: str | None = None,
    number: str = "",
    again: Sequence[tuple[str, str]] = (),
) -> ResponseReturnValue:
    """The answer to a request that we refuse or cannot do. Whatever was done is undone.

    :param again: what was typed, to send it once more
    """
    db.session.rollback()
    title = title or _(TITLES.get(status, TITLES[400]))
    later = {"Retry-After": str(BUSY_FOR)} if status == 503 else {}
    if _wants_json():
        fields = {"error": sentence, "status": status} | ({"id": number} if number else {})
        return jsonify(fields), status, later
    # A fault may be the database's own: its page must not need it.
    office = status < 500 and request.path.startswith(access.OFFICE) and access.signed_in()
    return (
        render_template(
            "error.html",
            layout="base_office.html" if office else "base_public.html",
            title=title,
            sentence=sentence,
            number=number,
            again=again,
            home="overview.show" if office else "",
        ),
        status,
        later,
    )


def show_collision(_error: IntegrityError) -> ResponseReturnValue:
    """Someone else wrote the same at the same moment: nothing is kept, no message either."""
    session.pop("_flashes", None)
    return page(409, _(COLLIDED))


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"
