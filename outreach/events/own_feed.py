"""One's own calendar to follow: the days on which someone comes, over all meetings.

Its address is a secret that names nobody; who holds it sees days and places that are public
anyway. It belongs to the mailbox that registrations were made with, and can be replaced.
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from outreach.calendars import feed
from outreach.calendars.entry import Entry
from outreach.db import db
from outreach.errors import Unknown
from outreach.events import feeds, parts
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, OwnFeed, Place, PlaceState, Registration
from outreach.wording import _

#: Of these places a calendar shows the day; of a cancelled one that it is off.
_SHOWN = (
    PlaceState.CONFIRMED,
    PlaceState.UNCONFIRMED,
    PlaceState.DOOR,
    PlaceState.CANCELLED,
)


def standing(registration: Registration) -> OwnFeed | None:
    """The address that someone follows now; None while there is none."""
    return db.session.scalar(
        select(OwnFeed).where(
            OwnFeed.email_key == registration.email_key, OwnFeed.revoked_at.is_(None)
        )
    )


def give(registration: Registration, *, now: datetime) -> OwnFeed:
    """Give a new address; one that was followed before stops."""
    db.session.execute(
        update(OwnFeed)
        .where(OwnFeed.email_key == registration.email_key, OwnFeed.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    given = OwnFeed(
        email_key=registration.email_key, secret=secrets.token_urlsafe(24), created_at=now
    )
    db.session.add(given)
    db.session.flush()
    return given


def calendar(secret: str, *, links: MeetingLinks, now: datetime) -> bytes:
    """The feed at an address; valid when it is empty.

    :raises Unknown: no such address, or it was replaced
    """
    key = db.session.scalar(
        select(OwnFeed.email_key).where(OwnFeed.secret == secret, OwnFeed.revoked_at.is_(None))
    )
    if key is None:
        raise Unknown(_("Deze agenda bestaat niet meer. Vraag een nieuwe link op uw aanmelding."))
    entries = list(_entries(key, links=links, now=now))
    return feed.feed(entries, name=_("Mijn bijeenkomsten"), url=f"{links.base_url}/")


def _entries(key: str, *, links: MeetingLinks, now: datetime) -> Iterator[Entry]:
    """A day each. Who cancelled and registered again has two places: the one that counts shows."""
    rows = db.session.scalars(
        select(Place)
        .join(Place.registration)
        .join(Place.day)
        .where(
            Registration.email_key == key,
            Place.state.in_(_SHOWN),
            MeetingDay.ends_at > now - feeds.KEPT,
        )
        .order_by(MeetingDay.starts_at, MeetingDay.id, Registration.id)
        .options(
            joinedload(Place.day).joinedload(MeetingDay.meeting).selectinload(Meeting.days),
            joinedload(Place.registration),
        )
    )
    newest = {place.day_id: place for place in rows}
    for place in newest.values():
        chosen = parts.of(place.registration, {place.day_id})
        day = feeds.entry(place.day, links=links, chosen=chosen)
        off = day.cancelled or place.state is PlaceState.CANCELLED
        revised = max(day.revised, place.changed_at)
        sequence = max(day.sequence, place.sent_sequence)
        yield replace(day, cancelled=off, revised=revised, sequence=sequence)
