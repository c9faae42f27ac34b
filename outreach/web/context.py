"""What a view may ask about its surroundings."""

from datetime import datetime
from typing import cast

from flask import current_app

from config import Settings, Switch
from outreach.campaigns.links import Links
from outreach.campaigns.store import Store
from outreach.clock import Clock
from outreach.delivery.providers import Providers
from outreach.events.at_hand import AtHand
from outreach.events.feed_cache import FeedCache
from outreach.events.links import MeetingLinks
from outreach.mailbox.reading import Postroom
from outreach.tokens import Tokens


def now() -> datetime:
    """The present moment; ask it once per request and pass it on."""
    return cast(Clock, current_app.extensions["outreach.clock"]).now()


def settings() -> Settings:
    return cast(Settings, current_app.extensions["outreach.settings"])


def paced() -> bool:
    """Whether limits of senders are kept to."""
    return settings().rate_limits is Switch.ON


def tokens() -> Tokens:
    return cast(Tokens, current_app.extensions["outreach.tokens"])


def links() -> Links:
    """Every address that mail and pages give out."""
    return Links(settings().base_url, tokens())


def meeting_links() -> MeetingLinks:
    """Every address of meetings and registrations that mail and pages give out."""
    return MeetingLinks(settings().base_url, tokens().keys[0])


def feed_cache() -> FeedCache:
    """The feeds that this process keeps ready."""
    return cast(FeedCache, current_app.extensions["outreach.feeds"])


def at_hand() -> AtHand:
    """The meetings that this process keeps at hand."""
    return cast(AtHand, current_app.extensions["outreach.meetings"])


def providers() -> Providers:
    """Whose mail accounts can be connected."""
    return cast(Providers, current_app.extensions["outreach.providers"])


def store() -> Store:
    """Attachments and PDF letters."""
    return Store(settings().instance / "files")


def postroom() -> Postroom:
    """Where mail comes in."""
    chosen = settings()
    return Postroom(chosen.instance, chosen.mailbox_url, providers(), store(), links())
