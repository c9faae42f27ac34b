"""One application that many tests use, each as if it were new.

Making an application takes longer than most tests: hundreds of routes are compiled, and each
page and each query anew. What a test may change is its own: database, settings, clock, what
extensions keep, attributes. Routes and handlers cannot be added to it: Flask refuses that, and
such a test makes an application by itself (the fixture `own_app`).
"""

from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event, make_url

from config import Settings, Switch
from outreach.app import create_app
from outreach.clock import Clock
from outreach.contacts import erased
from outreach.contacts.erased import Pepper
from outreach.db import db
from outreach.events import needs
from outreach.events.at_hand import AtHand
from outreach.events.feed_cache import FeedCache
from outreach.keyfiles import Keyfile
from outreach.tokens import Tokens
from outreach.web.security import limiter


class SharedApp:
    """An application for one kind of settings on one database engine."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.app = create_app(settings.model_copy(update={"instance": folder}))
        self.app._got_first_request = True  # from here on Flask refuses routes and handlers
        self._attributes = dict(vars(self.app))
        self._config = dict(self.app.config)
        self._extensions = dict(self.app.extensions)
        self._globals = dict(self.app.jinja_env.globals)
        with self.app.app_context():
            self._engine = db.engine
        event.listen(self._engine, "do_connect", self._to_this_file)

    def renew(self, settings: Settings, clock: Clock) -> Flask:
        """The application as it was made, with what belongs to one test."""
        _restore(vars(self.app), self._attributes)
        _restore(self.app.config, self._config | {"SQLALCHEMY_DATABASE_URI": settings.database_url})
        _restore(self.app.jinja_env.globals, self._globals)
        own = {
            "outreach.settings": settings,
            "outreach.clock": clock,
            "outreach.tokens": Tokens(settings.keys),
            "outreach.feeds": FeedCache(),
            "outreach.meetings": AtHand(),
        }
        _restore(self.app.extensions, self._extensions | own)
        limiter.enabled = settings.rate_limits is Switch.ON  # one for the process: others set it
        settings.instance.mkdir(parents=True, exist_ok=True)
        self._engine.url = make_url(settings.database_url)
        pepper = Pepper(settings.instance / erased.FILE)
        key = Keyfile(settings.instance / needs.FILE)
        self._engine.update_execution_options(**{erased.OPTION: pepper, needs.OPTION: key})
        return self.app

    def _to_this_file(self, _dialect: Any, _record: Any, arguments: list[Any], _named: Any) -> None:
        if self._engine.dialect.name == "sqlite":
            arguments[0] = self._engine.url.database


def kind(settings: Settings) -> str:
    """What an application is made for: tests for which this is equal may share one."""
    engine = make_url(settings.database_url).get_backend_name()
    return engine + settings.model_dump_json(exclude={"instance", "database_url"})


def _restore(current: dict[Any, Any], first: dict[Any, Any]) -> None:
    current.clear()
    current.update(first)
