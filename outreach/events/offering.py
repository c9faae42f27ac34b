"""A seat that falls free goes to the first who waits: an offer, with a time."""

import logging
from datetime import datetime, time, timedelta

from sqlalchemy import func, select, update

from outreach.clock import at_wall, to_wall
from outreach.db import db
from outreach.errors import Refused
from outreach.events import invitations, needs, parts, seats
from outreach.events.links import MeetingLinks
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingState,
    Place,
    PlaceState,
    Registration,
)
from outreach.wording import _

#: How long a place is kept for who is offered it.
OFFER_LASTS = timedelta(hours=24)
#: Less when the day is near: so long before it begins, and so long it is kept then.
NEARER = (
    (timedelta(days=7), OFFER_LASTS),
    (timedelta(days=2), timedelta(hours=12)),
    (timedelta(days=1), timedelta(hours=4)),
    (timedelta(0), timedelta(hours=2)),
)
#: An offer ends while people are up; one that would end at night ends in the morning.
OPENS, MORNING, CLOSES = time(8), time(10), time(20)
#: What lapses when nobody says in time that it was them: a seat, and a number of the list.
HELD = (PlaceState.UNCONFIRMED, PlaceState.WAITING)
log = logging.getLogger(__name__)


def fill(day: MeetingDay, *, links: MeetingLinks, now: datetime) -> list[Place]:
    """Offer every free seat of a day, in the order of the numbers; return who got an offer.

    In the caller's transaction: a seat that was given up and its offer happen together.
    """
    seats.lock(day.meeting_id)
    offered = []
    while seats.move_up(day, now=now):
        place = _first(day)
        if place is None:
            _recount(day)
            break
        place.state = PlaceState.OFFERED
        place.offer_until = keeps_until(now, day.starts_at)
        place.changed_at = now
        db.session.flush()
        invitations.offer(place, links=links, now=now)
        offered.append(place)
    return offered


def keeps_until(now: datetime, starts: datetime) -> datetime:
    """Until when a place is kept for someone: between 8.00 and 20.00 uur, never past the start."""
    lasts = next((lasts for before, lasts in NEARER if starts - now > before), timedelta(0))
    wall = to_wall(now + lasts)
    if wall.time() < OPENS:
        return min(at_wall(wall.date(), MORNING), starts)
    if wall.time() > CLOSES:
        return min(at_wall(wall.date() + timedelta(days=1), MORNING), starts)
    return min(now + lasts, starts)


def accept(place: Place, *, links: MeetingLinks, now: datetime) -> None:
    """Take the place that was offered; done twice it is done once.

    Whoever does so has said who they are: what was held until they did is theirs as well.

    :raises Refused: the offer is over, or there was none
    """
    _hold(place)
    registration = place.registration
    if place.state is PlaceState.CONFIRMED:
        return
    if place.state is not PlaceState.OFFERED or _over(place, now):
        raise Refused(_("Het aanbod voor deze plaats is voorbij. De plaats is nu voor een ander."))
    held = [one for one in registration.places if one.state is PlaceState.UNCONFIRMED]
    taken = [one for one in registration.places if one is place or one in held]
    for one in taken:
        one.state, one.offer_until, one.changed_at = PlaceState.CONFIRMED, None, now
    registration.hold_until = None
    db.session.flush()
    invitations.confirm(registration, taken, links=links, now=now)


def decline(place: Place, *, links: MeetingLinks, now: datetime) -> None:
    """Leave the place to the next; done twice it is done once.

    :raises Refused: it was taken already
    """
    _hold(place)
    if place.state is PlaceState.CONFIRMED:
        raise Refused(_("U hebt al ja gezegd tegen deze plaats. Kunt u niet komen? Annuleer dan."))
    if place.state is PlaceState.OFFERED:
        _end(place, links=links, now=now)


def due(*, now: datetime) -> list[int]:
    """Ids of places whose offer, or whose hold, is over."""
    held = Registration.hold_until <= now
    query = (
        select(Place.id)
        .join(Registration)
        .where(
            ((Place.state == PlaceState.OFFERED) & (Place.offer_until <= now))
            | (Place.state.in_(HELD) & held)
        )
    )
    return list(db.session.scalars(query.order_by(Place.day_id, Place.number)))


def expire(place_id: int, *, links: MeetingLinks, now: datetime) -> bool:
    """End one offer or hold that is over, and offer the seat to the next; whether it was over."""
    place = db.session.get_one(Place, place_id)
    _hold(place)
    if place.state is PlaceState.OFFERED and _over(place, now):
        invitations.offer_over(place, links=links, now=now)
    elif place.state not in HELD or not _held_too_long(place, now):
        return False
    _end(place, links=links, now=now)
    return True


def days_to_fill(*, now: datetime) -> list[MeetingDay]:
    """Days with a free seat and someone who waits: more seats were made, or a count was mended."""
    query = (
        select(MeetingDay)
        .join(Meeting)
        .where(
            MeetingDay.taken < MeetingDay.capacity,
            MeetingDay.waiting > 0,
            MeetingDay.cancelled_at.is_(None),
            MeetingDay.starts_at > now,
            Meeting.state == MeetingState.OPEN,
        )
        .order_by(MeetingDay.id)
    )
    return list(db.session.scalars(query))


def next_due(*, now: datetime) -> datetime | None:
    """The first moment after `now` at which an offer or a hold ends."""
    offers = select(func.min(Place.offer_until)).where(
        Place.state == PlaceState.OFFERED, Place.offer_until > now
    )
    holds = (
        select(func.min(Registration.hold_until))
        .join(Place)
        .where(Place.state.in_(HELD), Registration.hold_until > now)
    )
    moments = [db.session.scalar(query) for query in (offers, holds)]
    return min((moment for moment in moments if moment), default=None)


def _hold(place: Place) -> None:
    """Hold all days of the meeting, then read where this person stands on them."""
    seats.lock(place.registration.meeting_id)
    db.session.refresh(place.registration)
    for one in place.registration.places:
        db.session.refresh(one)


def _first(day: MeetingDay) -> Place | None:
    query = (
        select(Place)
        .where(Place.day_id == day.id, Place.state == PlaceState.WAITING)
        .order_by(Place.number)
        .limit(1)
    )
    found: Place | None = db.session.scalar(query.execution_options(populate_existing=True))
    return found


def _end(place: Place, *, links: MeetingLinks, now: datetime) -> None:
    was = place.state
    place.state, place.offer_until, place.changed_at = PlaceState.CANCELLED, None, now
    db.session.flush()
    seats.give_back(place.day, was)
    parts.leave_day(place)
    _close_if_last(place.registration, now=now)
    fill(place.day, links=links, now=now)


def _close_if_last(registration: Registration, *, now: datetime) -> None:
    """Who has no day left is no longer registered, and may register again."""
    rest = select(func.count()).where(
        Place.registration_id == registration.id, Place.state != PlaceState.CANCELLED
    )
    if not db.session.scalar(rest):
        registration.cancelled_at = registration.cancelled_at or now
        registration.hold_until = registration.form_key = None
        db.session.flush()
        needs.drop(registration, now=now)


def _over(place: Place, now: datetime) -> bool:
    return place.offer_until is not None and place.offer_until <= now


def _held_too_long(place: Place, now: datetime) -> bool:
    until = place.registration.hold_until
    return until is not None and until <= now


def _recount(day: MeetingDay) -> None:
    """Nobody waits though the count says so: mend the count, and say so in the log."""
    log.error("meeting day %s: its waiting list is shorter than counted", day.id)
    waits = select(func.count()).where(Place.day_id == day.id, Place.state == PlaceState.WAITING)
    db.session.execute(
        update(MeetingDay)
        .where(MeetingDay.id == day.id)
        .values(taken=MeetingDay.taken - 1, waiting=waits.scalar_subquery())
    )
