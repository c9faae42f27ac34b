"""Pages whose address is the permission: not cached, not indexed, not passed on."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from outreach.accounts import senders
from outreach.tokens import BadToken

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
    return render_template(
        "public/link.html", sentence=str(error), senders=senders.everyone()
    ), error.status
