"""What stands around every page of the office: whose it is, and the menu."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, g, request
from sqlalchemy import select

from config import Env
from outreach.accounts.models import Role, Sender
from outreach.db import db
from outreach.ledger import incoming
from outreach.web import access
from outreach.web.context import settings


@dataclass(frozen=True)
class Entry:
    """A line of the menu; it shows once its page exists."""

    word: str
    endpoint: str
    icon: str
    also: tuple[str, ...] = ()  #: blueprints whose pages belong to this part
    count: Callable[[], int] | None = None  #: how much waits there

    @property
    def here(self) -> bool:
        """Whether the page that is asked for belongs to this part."""
        return request.blueprint in (self.endpoint.split(".")[0], *self.also)


def waiting() -> int:
    """How many mails wait in Reacties."""
    if "waiting" not in g:
        g.waiting = db.session.scalar(select(incoming.how_many_wait())) or 0
    return int(g.pop("waiting"))


MENU = (
    Entry("Overzicht", "overview.show", "huis", ("doubts",)),
    Entry(
        "Brieven",
        "campaigns.index",
        "brief",
        (
            "writing",
            "steps",
            "by_hand",
            "calling",
            "listed",
            "printing",
            "previews",
            "versions",
            "correcting",
            "asks",
            "approving",
            "questions",
            "texts",
        ),
    ),
    Entry("Reacties", "reactions.index", "bak", ("own_rules",), count=waiting),
    Entry("Gemeenten", "gemeenten.index", "plek", ("contradictions", "documents", "post_ways")),
    Entry(
        "Adressen",
        "contacts.index",
        "adres",
        ("registers", "selections", "confirming", "regions", "merging", "persons"),
    ),
    Entry("Bijeenkomsten", "office_meetings.index", "dag"),
    Entry(
        "Instellingen",
        "preferences.index",
        "knoppen",
        ("statements", "connections", "letterhead", "recesses", "sittings"),
    ),
)


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        menu=menu,
        brand=brand,
        is_demo=is_demo,
        may=access.may,
        Role=Role,
        view_functions=lambda: current_app.view_functions,
    )


def menu() -> list[Entry]:
    return [entry for entry in MENU if entry.endpoint in current_app.view_functions]


def brand() -> tuple[str, str]:
    """The name at the top: the organisation's own, or the product's when it serves several."""
    count = incoming.how_many_wait().label("waiting")
    senders = db.session.execute(select(Sender.name, Sender.subtitle, count).limit(2)).all()
    if senders:
        g.waiting = senders[0].waiting  # the menu asks for it: one query less on each page
    return (senders[0].name, senders[0].subtitle) if len(senders) == 1 else ("Outreach", "")


def is_demo() -> bool:
    """Whether to show the bar that moves the demo's clock."""
    return settings().env is Env.DEMO
