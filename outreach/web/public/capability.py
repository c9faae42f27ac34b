"""Pages whose address is the permission: not cached, not indexed, not passed on."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from outreach.accounts import senders
from outreach.campaigns.rendering import PROOF
from outreach.tokens import BadToken

OF_PROOF = (
    "Deze link komt uit een proef. In de echte brief opent hij de bladzijde van de gemeente die de"
    " brief krijgt."
)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, noarchive",
}


def guard(blueprint: Blueprint) -> None:
    """Give every answer of these pages, errors too, the headers; show a bad link as a page."""

    @blueprint.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    blueprint.register_error_handler(BadToken, show_bad_link)


def show_bad_link(error: BadToken) -> ResponseReturnValue:
    """The same page for a link that is altered, of another instance, or past its end."""
    sentence = OF_PROOF if (request.view_args or {}).get("token") == PROOF else str(error)
    page = render_template("public/link.html", sentence=sentence, senders=senders.everyone())
    return page, error.status
