"""The short road of a registration: for who comes to an open meeting for the first time.

Almost everyone is such a person, and a meeting in the news has hundreds of them within a
minute. What is written is what `registering.register` writes, row by row (a test compares
them); it costs a handful of prepared statements, and no objects of the session.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Table, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.contacts import addresses
from outreach.db import db
from outreach.delivery.prepared import Prepared, given
from outreach.events import admitting, invitations, registering, seats
from outreach.events.at_hand import AtHand, Kept
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, Place, PlaceState, Registration
from outreach.events.registering import Standing, Wanted
from outreach.wording import spoken

REGISTRATIONS: Table = Registration.__table__  # type: ignore[assignment]
PLACES: Table = Place.__table__  # type: ignore[assignment]
#: What is given of a registration and of a place; the rest begins empty.
OF_PERSON = (
    "meeting_id",
    "secret",
    "form_key",
    "name",
    "email",
    "email_key",
    "role",
    "gemeente_code",
    "answers",
    "registered_at",
    "hold_until",
    "told",
    "language",
)
OF_PLACE = ("registration_id", "day_id", "state", "number", "sent_sequence", "changed_at")


def register(
    kept: Kept, wanted: Wanted, *, at_hand: AtHand, links: MeetingLinks, now: datetime
) -> Sequence[Standing] | None:
    """Where someone stands on the days asked for; None for whom `registering` has to decide.

    Nothing is written then. Who comes at the same time is counted by the same statement there.

    :raises registering.Closed, Invalid, Refused: as `registering.register`
    """
    meeting = kept.meeting
    if not _usual(meeting, wanted, now=now):
        return None
    asked = registering.days_of(meeting, wanted.day_ids)
    if any(day.starts_at <= now for day in asked):
        return None
    admitting.check(
        meeting, wanted.role, wanted.gemeente_code, email=wanted.email, code=wanted.code, now=now
    )
    registration = _create(meeting, wanted, mails=len(asked), now=now)
    if registration is None:
        return None  # the address, or this very form, is known
    given_ = {day.id: seats.count_in(day.id) for day in asked}
    # Whoever waited for a row of these may have waited for a change of hours or place.
    if (kept_now := at_hand.find(meeting.slug)) not in (None, kept):
        registration.meeting = kept_now.meeting
        asked = [kept_now.days[day.id] for day in asked]
    places = [_place(registration, day, given_[day.id], now=now) for day in asked]
    invitations.confirm(registration, places, links=links, now=now)
    _mend(registration, places, mails=len(asked))
    return [
        Standing(place.day, place.state, 0 if given_[place.day_id].seated else seats.rank(place))
        for place in places
    ]


def _usual(meeting: Meeting, wanted: Wanted, *, now: datetime) -> bool:
    """Whether nothing has to be looked at twice."""
    spread = admitting.spreads(meeting, now=now)
    return not (wanted.needs or wanted.vouched or spread) and not registering.why_closed(
        meeting, now=now
    )


def _create(meeting: Meeting, wanted: Wanted, *, mails: int, now: datetime) -> Registration | None:
    """The registration, of no session; None when this address, or this very form, has one."""
    email = addresses.check(wanted.email)
    values = {
        "meeting_id": meeting.id,
        "secret": secrets.token_urlsafe(24),
        "form_key": wanted.form_key or None,
        "name": registering.checked_name(wanted.name),
        "email": email,
        "email_key": addresses.address_key(email),
        "role": wanted.role,
        "gemeente_code": wanted.gemeente_code,
        "answers": wanted.answers,
        "registered_at": now,
        "hold_until": now + registering.HOLD if wanted.doubtful else None,
        "told": mails,
        "language": spoken(),
    }
    connection = db.session.connection()
    made = _inserting(connection.dialect)[0].rows(connection, values)
    if not made:
        return None
    return Registration(**values | {"id": made[0][0], "meeting": meeting, "told": 0})


def _place(
    registration: Registration, day: MeetingDay, took: seats.Given, *, now: datetime
) -> Place:
    """Where someone stands on one day, with the invitation that they will most likely be sent."""
    seated = PlaceState.UNCONFIRMED if registration.hold_until else PlaceState.CONFIRMED
    values: dict[str, Any] = {
        "registration_id": registration.id,
        "day_id": day.id,
        "state": seated if took.seated else PlaceState.WAITING,
        "number": took.number,
        "changed_at": now,
    }
    sent = _will_be_sent(values["state"], day)
    connection = db.session.connection()
    [[id_]] = _inserting(connection.dialect)[1].rows(connection, values | {"sent_sequence": sent})
    return Place(**values, id=id_, sent_sequence=-1, day=day, registration=registration)


def _will_be_sent(state: PlaceState, day: MeetingDay) -> int:
    invited = state is PlaceState.CONFIRMED and day.meeting.sender is not None
    return max(day.sequence, 0) if invited else -1


def _mend(registration: Registration, places: Sequence[Place], *, mails: int) -> None:
    """Write down what was sent where it is not what was foreseen."""
    if registration.told != mails:
        row = REGISTRATIONS.c.id == registration.id
        db.session.execute(update(REGISTRATIONS).where(row).values(told=registration.told))
    for place in places:
        if place.sent_sequence != _will_be_sent(place.state, place.day):
            row = PLACES.c.id == place.id
            db.session.execute(update(PLACES).where(row).values(sent_sequence=place.sent_sequence))


@lru_cache(maxsize=4)
def _inserting(dialect: Dialect) -> tuple[Prepared, Prepared]:
    """A registration, unless there is one already; and a place."""
    kind = postgresql if dialect.name == "postgresql" else sqlite
    person = {name: given(name) for name in OF_PERSON} | {"note": ""}
    place = {name: given(name) for name in OF_PLACE} | {"tap_key": ""}
    return (
        Prepared(
            kind.insert(REGISTRATIONS)
            .values(person)
            .on_conflict_do_nothing()
            .returning(REGISTRATIONS.c.id),
            dialect,
        ),
        Prepared(kind.insert(PLACES).values(place).returning(PLACES.c.id), dialect),
    )
