"""Seats that a griffie keeps before it knows for whom, and seats that go from one to another.

A kept seat is a registration without a person: it counts like any other, and when nobody is
named in time it lapses like one that nobody confirmed. Naming someone and replacing someone are
one act: the places go over as they are, and no counter moves.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.clock import at_wall
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid, Refused
from outreach.events import admitting, invitations, needs, offering, parts, registering
from outreach.events.links import MeetingLinks
from outreach.events.models import (
    KEPT_FOR,
    Meeting,
    MeetingDay,
    Place,
    PlaceState,
    Registration,
    VisitorRole,
)
from outreach.events.registering import Closed, Wanted
from outreach.wording import _

#: How long before the first day names are needed, so that others can still come.
BEFORE = timedelta(days=7)
SHORTEST = timedelta(hours=48)
MOST = 20  #: kept by one griffie for one meeting
#: What goes over to another; an offer is for one person alone.
GOES_OVER = (PlaceState.CONFIRMED, PlaceState.UNCONFIRMED, PlaceState.WAITING)


class TooFull(Refused):
    """There are fewer seats than were asked for; nothing was kept."""


def names_until(meeting: Meeting, days: Sequence[MeetingDay], *, now: datetime) -> datetime:
    """Until when a seat is kept without a name.

    :raises Closed: it begins too soon for that
    """
    first = min(days, key=lambda day: day.starts_at)
    wanted = at_wall(first.date - BEFORE, offering.MORNING)
    last = min(one for one in (first.starts_at, meeting.register_until) if one)
    until = min(max(wanted, now + SHORTEST), last)
    if until < now + SHORTEST:
        raise Closed(_("De bijeenkomst begint te snel om plaatsen vast te houden. Noem de namen."))
    return until


def keep_seats(
    meeting: Meeting,
    gemeente: Gemeente,
    count: int,
    day_ids: Sequence[int],
    *,
    by: Actor,
    now: datetime,
) -> datetime:
    """Keep seats on each of these days for people to be named; return until when.

    The caller commits all or nothing.

    :raises TooFull: not all of them are free
    :raises Invalid: no days, or too many seats
    """
    if reason := registering.why_closed(meeting, now=now):
        raise Closed(reason)
    days = registering.days_of(meeting, day_ids)
    if any(day.starts_at <= now for day in days):
        raise Closed(_("Een van de dagen die u koos, is al begonnen. Kies een andere dag."))
    until = names_until(meeting, days, now=now)
    if admitting.spreads(meeting, now=now):
        raise Refused(_("Voor deze bijeenkomst is het aantal per gemeente beperkt. Noem de namen."))
    there = len(kept(meeting, gemeente.code))
    if not 1 <= count <= MOST - there:
        raise Invalid(
            _(
                "Houd één tot %(most)s plaatsen vast. U hebt er nu %(there)s.",
                most=MOST,
                there=there,
            )
        )
    for _place in range(count):
        one = Registration(
            meeting_id=meeting.id,
            secret=secrets.token_urlsafe(24),
            name=f"Nog niemand, griffie {gemeente.name}",
            email="",
            email_key=f"{KEPT_FOR}{secrets.token_hex(8)}",
            role=VisitorRole.RAADSLID,
            gemeente_code=gemeente.code,
            registered_at=now,
            hold_until=until,
        )
        db.session.add(one)
        db.session.flush()
        places = [registering.place_on(one, day, now=now) for day in days]
        if any(place.state is PlaceState.WAITING for place in places):
            raise TooFull(
                _("Er zijn geen %(count)s plaatsen vrij. Er is niets vastgehouden.", count=count)
            )
    audit.record(
        "keep seats", f"meeting:{meeting.id}", by=by, now=now, gemeente=gemeente.code, count=count
    )
    return until


def kept(meeting: Meeting, gemeente_code: str) -> list[Registration]:
    """The seats of a griffie that have no name yet."""
    query = select(Registration).where(
        Registration.meeting_id == meeting.id,
        Registration.gemeente_code == gemeente_code,
        Registration.email_key.startswith(KEPT_FOR, autoescape=True),
        Registration.cancelled_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(Registration.id)))


def hand_over(
    registration: Registration,
    name: str,
    email: str,
    *,
    links: MeetingLinks,
    by: Actor,
    now: datetime,
) -> Registration:
    """Let another come in place of someone, or of nobody yet, on the same days.

    Who came before is told, and their calendar; who comes now gets what anyone gets who registers.

    :raises Refused: the other is registered already, or there is nothing to hand over
    """
    held = registering.lock_places(registration)
    going = [one for one in held if one.state in GOES_OVER and one.day.starts_at > now]
    if registration.cancelled_at is not None or not going:
        raise Refused(_("Hier is geen plaats meer die naar een ander kan."))
    wanted = Wanted(
        name=name,
        email=email,
        role=registration.role,
        day_ids=tuple(one.day_id for one in going),
        gemeente_code=registration.gemeente_code,
    )
    registering.checked_name(name)
    other = registering.create(registration.meeting, wanted, now=now)
    if other is None:
        raise Refused(_("%(adres)s is al aangemeld voor deze bijeenkomst.", adres=email.strip()))
    registration.cancelled_at, registration.hold_until = now, None
    registration.form_key = None
    needs.drop(registration, now=now)
    places = [_move(one, other, now=now) for one in going]
    db.session.flush()
    parts.hand_over({one.day_id for one in going}, registration, other)
    invitations.handed_over(registration, going, links=links, now=now)
    invitations.confirm(other, places, links=links, now=now)
    subject, meeting_id = f"registration:{registration.id}", registration.meeting_id
    audit.record("hand over places", subject, by=by, now=now, meeting_id=meeting_id, to=other.id)
    return other


def waiting_for_names(*, now: datetime, within: timedelta) -> list[tuple[int, str, datetime, int]]:
    """Where seats lapse soon: meeting, gemeente, until when, how many."""
    rows = db.session.execute(
        select(
            Registration.meeting_id,
            Registration.gemeente_code,
            Registration.hold_until,
            func.count(),
        )
        .where(
            Registration.email_key.startswith(KEPT_FOR, autoescape=True),
            Registration.cancelled_at.is_(None),
            Registration.hold_until > now,
            Registration.hold_until <= now + within,
        )
        .group_by(Registration.meeting_id, Registration.gemeente_code, Registration.hold_until)
    )
    return [(id_, code or "", until, count) for id_, code, until, count in rows if until]


def _move(place: Place, other: Registration, *, now: datetime) -> Place:
    """The same seat or number, of another: counted once, before and after."""
    state = PlaceState.WAITING if place.state is PlaceState.WAITING else PlaceState.CONFIRMED
    moved = Place(
        registration_id=other.id,
        day_id=place.day_id,
        state=state,
        number=place.number,
        changed_at=now,
    )
    place.state, place.changed_at = PlaceState.CANCELLED, now
    db.session.add(moved)
    return moved
