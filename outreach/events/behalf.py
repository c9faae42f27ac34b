"""What the office does for someone who calls: put them on the list, take them off, note it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import addresses
from outreach.db import db
from outreach.errors import Unknown
from outreach.events import registering, replying
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, Registration
from outreach.events.registering import Registered, Wanted


def find(meeting: Meeting, registration_id: int) -> Registration:
    """
    :raises Unknown: nobody registered for this meeting under this number
    """
    found = db.session.get(Registration, registration_id)
    if found is None or found.meeting_id != meeting.id:
        raise Unknown("Deze aanmelding hoort niet bij deze bijeenkomst.")
    return found


def by_address(meeting: Meeting, email: str) -> Registration:
    """Who registered with an address; of several the one that counts, or the last.

    :raises Unknown: nobody
    """
    query = (
        select(Registration)
        .where(
            Registration.meeting_id == meeting.id,
            Registration.email_key == addresses.address_key(email),
        )
        .order_by(Registration.cancelled_at.is_not(None), Registration.id.desc())
    )
    found: Registration | None = db.session.scalars(query.limit(1)).first()
    if found is None:
        raise Unknown(f"Met {email} heeft zich niemand aangemeld voor {meeting.slug}.")
    return found


def add(
    meeting: Meeting, wanted: Wanted, *, links: MeetingLinks, by: Actor, now: datetime
) -> Registered:
    """Register someone who called; the same seats, the same order, the same mail.

    :raises Closed: registering is not possible now
    :raises Invalid: no days, no name, no address
    """
    done = registering.register(meeting, replace(wanted, vouched=True), links=links, now=now)
    _record("add registration", done.registration, by=by, now=now)
    return done


def choose(
    registration: Registration,
    part_ids: Collection[int],
    *,
    links: MeetingLinks,
    by: Actor,
    now: datetime,
) -> None:
    """Choose parts for someone who called: these, and no others.

    :raises Invalid: a part of another meeting or of a day without a seat, or two at once
    :raises parts.PartFull: one that is new has no room
    """
    registering.change_parts(registration, part_ids, links=links, now=now)
    _record("choose parts", registration, by=by, now=now)


def take_off(registration: Registration, *, links: MeetingLinks, by: Actor, now: datetime) -> None:
    """Cancel for someone who called; done twice it is done once."""
    if registration.cancelled_at is None:
        registering.cancel(registration, links=links, now=now)
        _record("cancel registration", registration, by=by, now=now)


def settle_decline(
    registration: Registration,
    day_id: int,
    *,
    leaves: bool,
    links: MeetingLinks,
    by: Actor,
    now: datetime,
) -> None:
    """Give up a day that someone's calendar declined, or set that answer aside.

    :raises Unknown: not a day of this person
    """
    place = next((one for one in registration.places if one.day_id == day_id), None)
    if place is None:
        raise Unknown("Deze dag hoort niet bij deze aanmelding.")
    if leaves:
        replying.leave(place, links=links, now=now)
    else:
        replying.stay(place, now=now)
    _record("leave declined day" if leaves else "keep declined day", registration, by=by, now=now)


def note(registration: Registration, text: str, *, by: Actor, now: datetime) -> None:
    """Keep what the office wants to remember about someone; only the office reads it."""
    registration.note = registering.tidy(text)[: registering.LONGEST_TEXT]
    _record("note on registration", registration, by=by, now=now)


def _record(act: str, registration: Registration, *, by: Actor, now: datetime) -> None:
    subject = f"registration:{registration.id}"
    audit.record(act, subject, by=by, now=now, meeting_id=registration.meeting_id)
