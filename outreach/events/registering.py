"""Registering without an account: a seat at once, or a number on the waiting list.

A form that is sent twice is one registration, and so are two forms with one address: the
second adds its days, and only the mail says that the address was known.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.contacts import addresses
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from outreach.events import admitting, invitations, needs, offering, parts, seats
from outreach.events.links import MeetingLinks
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingPart,
    MeetingState,
    Place,
    PlaceState,
    Registration,
    VisitorRole,
)
from outreach.events.needs import Needs
from outreach.events.typed import LONGEST_TEXT as LONGEST_TEXT
from outreach.events.typed import tidy as tidy
from outreach.wording import _

#: How long a registration that tripped a limit keeps its seat before the person confirms it.
HOLD = timedelta(hours=24)
LONGEST_NAME = 100

#: Held by a person who may still come.
ACTIVE = (
    PlaceState.CONFIRMED,
    PlaceState.WAITING,
    PlaceState.OFFERED,
    PlaceState.UNCONFIRMED,
)


class Closed(Refused):
    """Nobody can register for this meeting now; the sentence says why."""


@dataclass(frozen=True)
class Wanted:
    """What someone filled in."""

    name: str
    email: str
    role: VisitorRole
    day_ids: tuple[int, ...]
    gemeente_code: str | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    needs: Needs = field(default_factory=Needs)
    consented: str = ""  #: the sentence by which these may be kept
    form_key: str | None = None  #: made with the form, so that sending it twice is one
    code: str = ""  #: of the link that who is invited has
    vouched: bool = False  #: by the office: for whomever it wants
    doubtful: bool = False  #: it tripped a limit: to be confirmed by mail within a day
    part_ids: tuple[int, ...] = ()  #: of its days: what to come to, where there is a choice


@dataclass(frozen=True)
class Standing:
    """Where someone stands on one day."""

    day: MeetingDay
    state: PlaceState
    rank: int  #: on the waiting list, from 1; 0 for who has a seat


@dataclass(frozen=True)
class Registered:
    """What the thank-you page says; the same for an address that was known and one that was not."""

    registration: Registration
    standings: Sequence[Standing]  #: of the days asked for
    parts: Sequence[MeetingPart] = ()  #: that were asked for on days with a seat


def find(secret: str) -> Registration:
    """The registration that has this own page.

    :raises Unknown: there is none
    """
    found: Registration | None = db.session.scalar(
        select(Registration).where(Registration.secret == secret)
    )
    if found is None:
        raise Unknown(
            _("Deze link hoort bij geen aanmelding. Kopieer hem nog eens in zijn geheel.")
        )
    return found


def of_address(meeting: Meeting, email: str) -> Registration:
    """Who is registered for a meeting with this address.

    :raises Unknown: nobody
    """
    query = select(Registration).where(
        Registration.meeting_id == meeting.id,
        Registration.email_key == addresses.address_key(addresses.check(email)),
        Registration.cancelled_at.is_(None),
    )
    found: Registration | None = db.session.scalar(query)
    if found is None:
        raise Unknown(
            _("Met %(email)s is niemand aangemeld voor deze bijeenkomst.", email=email[:80])
        )
    return found


def why_closed(meeting: Meeting, *, now: datetime) -> str:
    """Why nobody can register for it now, as a page says it; "" when people can."""
    days = [day for day in meeting.days if day.cancelled_at is None]
    match meeting.state:
        case MeetingState.CANCELLED:
            return _("Deze bijeenkomst gaat niet door.")
        case MeetingState.DRAFT:
            return _("Deze bijeenkomst staat nog niet open.")
    if not days or all(day.ends_at <= now for day in days):
        return _("Deze bijeenkomst is voorbij.")
    if meeting.register_from is not None and now < meeting.register_from:
        return _("Aanmelden kan nog niet.")
    if (meeting.register_until is not None and now > meeting.register_until) or all(
        day.starts_at <= now for day in days
    ):
        return _("Aanmelden kan niet meer.")
    return ""


def register(meeting: Meeting, wanted: Wanted, *, links: MeetingLinks, now: datetime) -> Registered:
    """Take the seats that are there, queue for the rest, and mail what came of it.

    :raises Closed: registering is not possible now
    :raises Invalid: no days, a day of another meeting, no name, no address, two parts at once
    :raises parts.PartFull: a part that was asked for has no room; nothing was taken
    """
    asked = _checked(meeting, wanted)
    if twice := _sent_before(meeting, wanted.form_key, asked):
        return _as_shown(twice, asked)
    if reason := why_closed(meeting, now=now):
        raise Closed(reason)
    if any(day.starts_at <= now for day in asked):
        raise Closed(_("Een van de dagen die u koos, is al begonnen. Kies een andere dag."))
    admitting.check(
        meeting, wanted.role, wanted.gemeente_code, email=wanted.email, code=wanted.code,
        vouched=wanted.vouched, now=now,
    )  # fmt: skip
    registration = create(meeting, wanted, now=now)
    if registration is None:
        return _register_again(meeting, wanted, asked, links=links, now=now)
    if wanted.needs:
        needs.keep(registration, wanted.needs, consented=wanted.consented, now=now)
    places = [place_on(registration, day, now=now, fresh=True) for day in asked]
    chosen = _choose(meeting, wanted, places)
    invitations.confirm(registration, places, links=links, now=now)
    return Registered(registration, [_standing(place) for place in places], chosen)


def confirm(registration: Registration, *, links: MeetingLinks, now: datetime) -> None:
    """The person says: this was me. Done twice it is done once.

    :raises Refused: it was not confirmed in time, or was cancelled, or the meeting was
    """
    held = lock_places(registration)
    if registration.cancelled_at is not None:
        raise Refused(_("Deze aanmelding is vervallen. Meld u opnieuw aan."))
    if registration.meeting.state is MeetingState.CANCELLED:
        raise Refused(_("Deze bijeenkomst gaat niet door. Er valt niets te bevestigen."))
    if registration.hold_until is None:
        return
    registration.hold_until = None
    confirmed = [place for place in held if place.state is PlaceState.UNCONFIRMED]
    for place in confirmed:
        place.state, place.changed_at = PlaceState.CONFIRMED, now
    db.session.flush()
    invitations.confirm(registration, held, links=links, now=now)


def change_days(
    registration: Registration, day_ids: Collection[int], *, links: MeetingLinks, now: datetime
) -> None:
    """Come on these days and no others; a seat that falls free goes to the first who waits.

    :raises Closed: a day is added after registering ended, or one that has begun is changed
    :raises Invalid: no days (that is `cancel`), or a day of another meeting
    """
    meeting = registration.meeting
    asked = days_of(meeting, day_ids)
    places = lock_places(registration)
    if registration.cancelled_at is not None:
        raise Refused(_("Deze aanmelding is geannuleerd. Meld u opnieuw aan."))
    held = {place.day_id: place for place in places if place.state in ACTIVE}
    # Of a day that is off everyone was told, and there is nothing left to give up.
    leaving = [
        place
        for day_id, place in held.items()
        if day_id not in set(day_ids) and place.day.cancelled_at is None
    ]
    coming = [day for day in asked if day.id not in held]
    if coming and (reason := why_closed(meeting, now=now)):
        raise Closed(_("%(reason)s U kunt wel dagen laten vervallen.", reason=reason))
    begun = [*coming, *(place.day for place in leaving)]
    if any(day.starts_at <= now for day in begun):
        raise Closed(_("Een dag die al begonnen is, kunt u niet meer wijzigen."))
    for place in leaving:
        leave(place, now=now)
    added = [place_on(registration, day, now=now) for day in coming]
    for place in leaving:
        offering.fill(place.day, links=links, now=now)
    if leaving or added:
        invitations.changed_days(registration, added, leaving, links=links, now=now)


def change_parts(
    registration: Registration, part_ids: Collection[int], *, links: MeetingLinks, now: datetime
) -> None:
    """Come to these parts and no others, of days that have not begun.

    :raises Invalid: a part of another meeting or of a day without a seat, or two at once
    :raises parts.PartFull: one that is new has no room; what was chosen stays
    """
    asked = parts.find(registration.meeting, part_ids)
    places = lock_places(registration)
    if registration.cancelled_at is not None:
        raise Refused(_("Deze aanmelding is geannuleerd. Meld u opnieuw aan."))
    open_ = {
        place.day_id: place
        for place in places
        if place.state in parts.CHOOSES
        and place.day.starts_at > now
        and place.day.cancelled_at is None
    }
    parts.check_days(asked, open_)
    held = parts.of(registration, open_)
    leaving = [part for part in held if part not in asked]
    coming = [part for part in asked if part not in held]
    parts.give_back(registration, leaving)
    parts.take(registration, coming)
    changed = [open_[id_] for id_ in sorted({part.day_id for part in (*leaving, *coming)})]
    for place in changed:
        place.changed_at = now
    db.session.flush()
    if changed:
        invitations.changed_parts(registration, changed, links=links, now=now)


def cancel(
    registration: Registration, *, links: MeetingLinks, now: datetime, erase: bool = False
) -> None:
    """Come on none of the days; done twice it is done once.

    The seats go to who waits first, in the same transaction: either both happened or neither.

    :param erase: "dit was ik niet": also forget the name and the address
    """
    places = lock_places(registration)
    leaving = [place for place in places if place.state in ACTIVE and place.day.starts_at > now]
    if registration.cancelled_at is None:
        registration.cancelled_at, registration.hold_until = now, None
        registration.form_key = None  # the same form again is someone who comes after all
        needs.drop(registration, now=now)
        for place in leaving:
            leave(place, now=now)
        db.session.flush()
        for place in leaving:
            offering.fill(place.day, links=links, now=now)
        invitations.withdrawn(registration, leaving, links=links, now=now, told=not erase)
    if erase:
        registration.name = registration.email = registration.email_key = ""
        registration.answers = {}


def change_details(
    registration: Registration,
    *,
    name: str,
    role: VisitorRole,
    gemeente_code: str | None,
) -> None:
    """Change who comes, not where mail goes.

    :raises Invalid: no name
    """
    registration.name = checked_name(name)
    registration.role, registration.gemeente_code = role, gemeente_code


def lock_places(registration: Registration) -> list[Place]:
    """Hold all days of a registration, then read where it stands on them."""
    seats.lock(registration.meeting_id)
    db.session.refresh(registration)
    query = select(Place).where(Place.registration_id == registration.id).order_by(Place.day_id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def leave(place: Place, *, now: datetime) -> None:
    """Give up one day. The caller holds the day, fills the seat and tells the person."""
    was = place.state
    place.state, place.offer_until, place.changed_at = PlaceState.CANCELLED, None, now
    db.session.flush()
    seats.give_back(place.day, was)
    parts.leave_day(place)


def checked_name(name: str) -> str:
    """A name in one line.

    :raises Invalid: empty, or longer than a badge
    """
    found = " ".join(tidy(name).split())
    if not found:
        raise Invalid(_("Vul uw naam in."))
    if len(found) > LONGEST_NAME:
        raise Invalid(_("Kort uw naam in tot %(value)s tekens.", value=LONGEST_NAME))
    return found


def _checked(meeting: Meeting, wanted: Wanted) -> list[MeetingDay]:
    checked_name(wanted.name)
    addresses.check(wanted.email)
    parts.check_days(parts.find(meeting, wanted.part_ids), wanted.day_ids)
    return days_of(meeting, wanted.day_ids)


def days_of(meeting: Meeting, day_ids: Collection[int]) -> list[MeetingDay]:
    """Days of a meeting by id order, which is the order in which they are locked.

    :raises Invalid: none, or one of another meeting
    """
    known = {day.id: day for day in meeting.days}
    if not day_ids:
        raise Invalid(_("U hebt nog geen dag gekozen. Kies ten minste één dag."))
    if not set(day_ids) <= set(known):
        raise Invalid(_("U koos een dag die niet bij deze bijeenkomst hoort. Kies opnieuw."))
    return [known[day_id] for day_id in sorted(set(day_ids))]


def _sent_before(
    meeting: Meeting, form_key: str | None, asked: Sequence[MeetingDay]
) -> Registration | None:
    """What this very form came to, unless the person gave up one of its days since."""
    if not form_key:
        return None
    query = select(Registration).where(
        Registration.form_key == form_key, Registration.meeting_id == meeting.id
    )
    found: Registration | None = db.session.scalar(query)
    held = {one.day_id for one in found.places if one.state in ACTIVE} if found else set()
    return found if {day.id for day in asked} <= held else None


def create(meeting: Meeting, wanted: Wanted, *, now: datetime) -> Registration | None:
    """A new registration; None when this address, or this very form, has one already."""
    postgres = db.session.get_bind().dialect.name == "postgresql"
    insert = (postgresql if postgres else sqlite).insert
    email = addresses.check(wanted.email)
    made: Registration | None = db.session.scalar(
        insert(Registration)
        .values(
            meeting_id=meeting.id,
            secret=secrets.token_urlsafe(24),
            form_key=wanted.form_key or None,
            name=checked_name(wanted.name),
            email=email,
            email_key=addresses.address_key(email),
            role=wanted.role,
            gemeente_code=wanted.gemeente_code,
            answers=wanted.answers,
            note="",
            told=0,
            registered_at=now,
            hold_until=now + HOLD if wanted.doubtful else None,
        )
        .on_conflict_do_nothing()
        .returning(Registration)
    )
    return made


def _register_again(
    meeting: Meeting,
    wanted: Wanted,
    asked: Sequence[MeetingDay],
    *,
    links: MeetingLinks,
    now: datetime,
) -> Registered:
    """A known address: add the days that are new. What was filled in before stays."""
    if twice := _sent_before(meeting, wanted.form_key, asked):  # its twin was a moment faster
        return _as_shown(twice, asked)
    query = select(Registration).where(
        Registration.meeting_id == meeting.id,
        Registration.email_key == addresses.address_key(wanted.email),
        Registration.cancelled_at.is_(None),
    )
    registration: Registration | None = db.session.scalar(query)
    if registration is None:
        raise Refused(_("Uw aanmelding werd net geannuleerd. Stuur het formulier nog een keer."))
    held = {place.day_id for place in lock_places(registration) if place.state in ACTIVE}
    # Who cannot read this mailbox must not learn from the page what its owner has.
    shown = [_as_new(day) for day in asked]
    coming = [] if wanted.doubtful else [day for day in asked if day.id not in held]
    added = [place_on(registration, day, now=now) for day in coming]
    asked_for = _choose(meeting, wanted, added)
    # What was chosen on other days stays, but a part that is full refuses whoever asks.
    seated = {one.day.id for one in shown if one.state is PlaceState.CONFIRMED}
    open_ = [one for one in parts.find(meeting, wanted.part_ids) if one.day_id in seated]
    parts.check_room(one for one in open_ if one not in asked_for)
    if added or not invitations.told_lately(registration, now=now):
        invitations.known_already(registration, added, links=links, now=now)
    return Registered(registration, shown, open_)


def _choose(meeting: Meeting, wanted: Wanted, places: Sequence[Place]) -> list[MeetingPart]:
    """Count someone in the parts that were asked for; on a day of waiting they come later."""
    seated = {place.day_id for place in places if place.state in parts.CHOOSES}
    asked = [part for part in parts.find(meeting, wanted.part_ids) if part.day_id in seated]
    if asked:
        parts.take(places[0].registration, asked)
    return asked


def place_on(
    registration: Registration, day: MeetingDay, *, now: datetime, fresh: bool = False
) -> Place:
    """Take what the day has for this registration.

    :param fresh: it was made just now, and stands on no day yet
    """
    given = seats.take(day)
    seated = PlaceState.UNCONFIRMED if registration.hold_until else PlaceState.CONFIRMED
    state = seated if given.seated else PlaceState.WAITING
    query = select(Place).where(Place.registration_id == registration.id, Place.day_id == day.id)
    place: Place | None = None if fresh else db.session.scalar(query)
    if place is None:
        place = Place(registration_id=registration.id, day_id=day.id)
        db.session.add(place)
    place.state, place.number, place.offer_until = state, given.number, None
    place.changed_at = now
    db.session.flush()
    return place


def _standing(place: Place) -> Standing:
    waits = place.state is PlaceState.WAITING
    return Standing(place.day, place.state, seats.rank(place) if waits else 0)


def _as_new(day: MeetingDay) -> Standing:
    """What someone who was not known would get on this day now."""
    if day.taken < day.capacity and not day.waiting:
        return Standing(day, PlaceState.CONFIRMED, 0)
    return Standing(day, PlaceState.WAITING, day.waiting + 1)


def _as_shown(registration: Registration, asked: Sequence[MeetingDay]) -> Registered:
    ids = {day.id for day in asked}
    places = [place for place in registration.places if place.day_id in ids]
    chosen = parts.of(registration, ids)
    return Registered(registration, [_standing(place) for place in places], chosen)
