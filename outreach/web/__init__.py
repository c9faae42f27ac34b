"""The HTTP shell: routes, forms and pages."""

from flask import Flask, Response, request

from outreach.db import READ_ONLY, db


def init_app(app: Flask) -> None:
    app.before_request(begin_transaction)
    app.after_request(end_transaction)


def begin_transaction() -> None:
    """A page that only reads does not wait for whoever writes (SQLite has one writer)."""
    if request.method in ("GET", "HEAD"):
        db.session.connection(execution_options=READ_ONLY)


def end_transaction(response: Response) -> Response:
    """Commit when the answer is a page or a redirect, roll back when it is an error."""
    if response.status_code < 400:
        db.session.commit()
    else:
        db.session.rollback()
    return response
