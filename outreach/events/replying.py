"""Someone declines our invitation in a calendar: noted and proposed, never acted on.

A press on "Weigeren" may be a slip, of a secretary, or of whom the invitation was forwarded to;
and who holds an address can write such a mail in another's name. So the person is asked, and the
office sees it; the seat is given up by a press on the own page or in the office.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.calendars.reply import Partstat, Reply
from outreach.contacts import addresses
from outreach.db import db
from outreach.errors import Invalid
from outreach.events import invitations, registering
from outreach.events.links import MeetingLinks
from outreach.events.models import MeetingDay, Place, PlaceState, Registration

#: Between two mails that ask whether someone still comes.
PAUSE = timedelta(days=1)


def take(replies: Sequence[Reply], *, links: MeetingLinks, now: datetime) -> list[Place]:
    """Note what calendars answered; ask who declined a day they have a seat on. What is older
    than what was noted before, or about nobody of ours, does nothing. Return what was noted."""
    noted = []
    for reply in replies:
        place = _place(reply)
        if place is None or not _is_newer(place, reply, now):
            continue
        asked_lately = place.replied_at is not None and place.replied_at > now - PAUSE
        place.reply, place.replied_at = reply.partstat, min(reply.stamped or now, now)
        db.session.flush()
        if wants_out(place, now=now) and not asked_lately:
            invitations.still_coming(place, links=links, now=now)
        noted.append(place)
    return noted


def wants_out(place: Place, *, now: datetime) -> bool:
    """Whether a calendar declined a day that its owner still has a seat on."""
    seated = place.state is PlaceState.CONFIRMED and place.day.cancelled_at is None
    return place.reply is Partstat.DECLINED and seated and place.day.starts_at > now


def leave(place: Place, *, links: MeetingLinks, now: datetime) -> None:
    """Give up the day that was declined; done twice it is done once.

    :raises Closed: the day has begun
    """
    registration = place.registration
    held = {one.day_id for one in registration.places if one.state in registering.ACTIVE}
    rest = held - {place.day_id}
    if rest and place.day_id in held:
        registering.change_days(registration, rest, links=links, now=now)
    elif place.day_id in held:
        registering.cancel(registration, links=links, now=now)


def stay(place: Place, *, now: datetime) -> None:
    """They come after all: what the calendar said is set aside."""
    if place.reply is Partstat.DECLINED:
        place.reply, place.replied_at = None, now
        db.session.flush()


def _place(reply: Reply) -> Place | None:
    try:
        key = addresses.address_key(reply.attendee)
    except Invalid:
        return None
    query = (
        select(Place)
        .join(Place.registration)
        .join(Place.day)
        .where(
            MeetingDay.uid == reply.uid,
            Registration.email_key == key,
            Registration.cancelled_at.is_(None),
        )
    )
    found: Place | None = db.session.scalar(query)
    return found


def _is_newer(place: Place, reply: Reply, now: datetime) -> bool:
    """RFC 5546, 2.1.5: of two answers of one person the later DTSTAMP counts."""
    return place.replied_at is None or min(reply.stamped or now, now) > place.replied_at
