"""The application factory: the one place where the parts meet."""

from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

import outreach.answers.models
import outreach.campaigns.models
import outreach.contacts.models
import outreach.delivery.arrivals
import outreach.delivery.models
import outreach.events.models  # noqa: F401 - every table is known before the first query
from config import Env, Settings
from outreach.clock import Clock, ShiftedClock, SystemClock
from outreach.contacts import erased
from outreach.contacts.erased import Pepper
from outreach.db import db, install_postgresql, install_sqlite
from outreach.delivery import providers
from outreach.delivery.providers import Provider
from outreach.engine.demo import staging
from outreach.engine.demo.clock import DemoClock
from outreach.events import needs
from outreach.events.at_hand import AtHand
from outreach.events.feed_cache import FeedCache
from outreach.keyfiles import Keyfile
from outreach.operations import restoring
from outreach.tokens import Tokens

ROOT = Path(__file__).parent.parent


class Product(Flask):
    """Flask, but for what it says of a fault: its line holds the address, and so a secret."""

    def log_exception(self, exc_info: Any) -> None:
        """The page of the fault says it, see `outreach.web.errors`."""


def create_app(settings: Settings, *, clock: Clock | None = None, pages: bool = True) -> Flask:
    """Build the application.

    :param settings: see config.py; read once, by whoever starts the process
    :param clock: what tells the time; the machine's clock unless a test or the demo says so
    :param pages: False for a process that makes none: they are a fifth of its memory and most
        of the time to start
    """
    restoring.finish(settings.sqlalchemy_url, settings.instance)
    app = Product("outreach", template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.update(
        SECRET_KEY=settings.keys[0],
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": settings.threads},  # and ten more for what is due
        MAX_CONTENT_LENGTH=26 * 1024 * 1024,
    )
    app.extensions["outreach.settings"] = settings
    app.extensions["outreach.clock"] = clock or clock_of(settings)
    app.extensions["outreach.tokens"] = Tokens(settings.keys)
    app.extensions["outreach.providers"] = _providers(settings)
    app.extensions["outreach.feeds"] = FeedCache()
    app.extensions["outreach.meetings"] = AtHand()
    app.extensions["outreach.forget"] = partial(staging.forget, settings)
    db.init_app(app)
    with app.app_context():
        db.engine.update_execution_options(
            **{
                erased.OPTION: Pepper(settings.instance / erased.FILE),
                needs.OPTION: Keyfile(settings.instance / needs.FILE),
            }
        )
        if db.engine.dialect.name == "sqlite":
            install_sqlite(db.engine)
        else:
            install_postgresql(db.engine)
    if pages:
        from outreach import web  # noqa: PLC0415 - a process that only sends does without

        web.init_app(app)
    return app


def clock_of(settings: Settings) -> Clock:
    """What tells the time of an installation."""
    if settings.env is Env.DEMO:
        return DemoClock.of(settings.instance)
    return ShiftedClock(settings.clock_shift) if settings.clock else SystemClock()


def _providers(settings: Settings) -> dict[str, Provider]:
    """Whose mail accounts senders can be connected with, by name."""
    known: dict[str, Provider] = {}
    # What the demo sends stays on this machine.
    if settings.env is Env.DEMO and not settings.oauth_smtp_url:
        return known
    if settings.microsoft_client_id:
        known["microsoft"] = providers.microsoft(
            settings.microsoft_client_id,
            settings.microsoft_client_secret,
            tenant=settings.microsoft_tenant,
            secret_expires=settings.microsoft_secret_expires,
        )
    if settings.google_client_id:
        known["google"] = providers.google(settings.google_client_id, settings.google_client_secret)
    return {
        name: providers.moved(
            provider, settings.oauth_url, settings.oauth_smtp_url, settings.oauth_imap_url
        )
        for name, provider in known.items()
    }
