"""The HTTP shell: routes, forms and pages."""

from flask import Flask, Response, make_response, request
from sqlalchemy.exc import IntegrityError, OperationalError

from config import Env
from outreach.db import READ_ONLY, db
from outreach.web import access, assets, demo, errors, health, language, security, typed, words
from outreach.web.context import settings
from outreach.web.office import (
    approving,
    asks,
    by_hand,
    calling,
    campaigns,
    confirming,
    connections,
    contradictions,
    correcting,
    documents,
    door_lists,
    doubts,
    frame,
    gemeenten,
    import_columns,
    letterhead,
    listed,
    merging,
    overview,
    own_rules,
    persons,
    post_ways,
    preferences,
    previews,
    printing,
    questions,
    reactions,
    recesses,
    regions,
    registers,
    search,
    selections,
    sign_in,
    sittings,
    statements,
    steps,
    texts,
    versions,
    writing,
)
from outreach.web.public import (
    answer,
    calendars,
    desk,
    door,
    home,
    leaving,
    meetings,
    own_page,
    registration_form,
)

#: Every part of the site. The menu shows what is here.
BLUEPRINTS = (
    health.bp,
    home.bp,
    meetings.bp,
    registration_form.bp,
    own_page.bp,
    calendars.bp,
    answer.bp,
    desk.bp,
    door.bp,
    leaving.bp,
    sign_in.bp,
    overview.bp,
    doubts.bp,
    reactions.bp,
    own_rules.bp,
    contradictions.bp,  # before gemeenten: "/tegenspraak" is no code
    gemeenten.bp,
    documents.bp,
    post_ways.bp,
    import_columns.bp,
    confirming.bp,
    merging.bp,
    recesses.bp,
    sittings.bp,
    regions.bp,
    registers.bp,
    selections.bp,
    door_lists.bp,
    writing.bp,  # before campaigns: "/nieuw" is no letter's name
    campaigns.bp,
    steps.bp,
    by_hand.bp,
    listed.bp,
    calling.bp,
    printing.bp,
    versions.bp,
    texts.bp,
    correcting.bp,
    previews.bp,
    questions.bp,
    asks.bp,
    approving.bp,
    search.bp,
    preferences.bp,
    letterhead.bp,
    statements.bp,
    persons.bp,
    connections.bp,
)


#: Asks nothing of the database, or one thing that needs no transaction.
BY_ITSELF = ("health.healthz", "calendars.agenda", "calendars.part_of_agenda")


def init_app(app: Flask) -> None:
    with app.app_context():
        chosen = settings()
    typed.init_app(app)
    language.init_app(app)
    app.before_request(begin_transaction)
    security.init_app(app, chosen)
    access.init_app(app)
    errors.init_app(app)
    words.init_app(app)
    frame.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if chosen.env is Env.DEMO:
        demo.init_app(app)
    app.after_request(end_transaction)
    assets.init_app(app, chosen)


def begin_transaction() -> None:
    """A page that only reads does not wait for whoever writes (SQLite has one writer)."""
    reads = request.method in ("GET", "HEAD") and request.endpoint not in BY_ITSELF
    if reads and not db.session().in_transaction():
        db.session.connection(execution_options=READ_ONLY)


def end_transaction(response: Response) -> Response:
    """Commit what was asked for, when the answer says so; a page that only shows keeps nothing."""
    if request.method in ("GET", "HEAD") or response.status_code >= 400:
        db.session.rollback()
        return response
    try:
        db.session.commit()
    except IntegrityError as error:
        return make_response(errors.show_collision(error))
    except OperationalError as error:
        return make_response(errors.show_busy(error))
    return response
