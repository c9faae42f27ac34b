"""The short road of a registration: for who comes to an open meeting for the first time.

Almost everyone is such a person, and a meeting in the news has hundreds of them within a
minute. What is written is what `registering.register` writes, row by row (a test compares
them); it costs a handful of prepared statements, and no objects of the session.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Table, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.contacts import addresses
from outreach.db import db
from outreach.delivery import outbox, receivers
from outreach.delivery.models import Kind
from outreach.delivery.prepared import Prepared, given
from outreach.events import admitting, moulds, registering, seats
from outreach.events.at_hand import AtHand, Kept, once
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


class Came(NamedTuple):
    """What came of it."""

    kept: Kept  #: the meeting as it was then
    standings: Sequence[Standing]


def register(
    kept: Kept, wanted: Wanted, *, at_hand: AtHand, links: MeetingLinks, now: datetime
) -> Came | None:
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
    connection = db.session.connection()
    foreseen = 1 if wanted.doubtful else len(asked)
    person = _create(connection, meeting, wanted, mails=foreseen, now=now)
    if person is None:
        return None  # the address, or this very form, is known
    owners = receivers.owners(connection)  # all that can be is asked for before the days are held
    took = [seats.count_on(connection, day.id) for day in asked]
    kept = _as_it_is(connection, kept, at_hand)
    days = [kept.days[day.id] for day in asked]
    seated = PlaceState.UNCONFIRMED if wanted.doubtful else PlaceState.CONFIRMED
    states = [seated if given.seated else PlaceState.WAITING for given in took]
    places = [
        _place(connection, person["id"], *one, now=now)
        for one in zip(days, states, took, strict=True)
    ]
    ranks = [0 if given.seated else given.waiting for given in took]
    stands = list(zip(days, states, strict=True))
    mails = _mail(connection, kept, person, stands, places, ranks, owners, links=links, now=now)
    if mails != foreseen:
        row = REGISTRATIONS.c.id == person["id"]
        connection.execute(update(REGISTRATIONS).where(row).values(told=mails))
    return Came(kept, [Standing(*one) for one in zip(days, states, ranks, strict=True)])


def _as_it_is(connection: Connection, kept: Kept, at_hand: AtHand) -> Kept:
    """The meeting after its days are held: whoever waited for that may have waited for a change.

    SQLite lets nobody in from the first statement on, so that nothing can have changed there.
    """
    if connection.dialect.name == "sqlite":
        return kept
    return at_hand.find(kept.meeting.slug) or kept


def _mail(
    connection: Connection,
    kept: Kept,
    person: Mapping[str, Any],
    stands: Sequence[tuple[MeetingDay, PlaceState]],
    places: Sequence[int],
    ranks: Sequence[int],
    owners: Mapping[str, int],
    *,
    links: MeetingLinks,
    now: datetime,
) -> int:
    """Write down what `invitations.confirm` would; return how many mails that are."""
    held = person["hold_until"] is not None
    key = (links, spoken(), held, tuple((day.id, state) for day, state in stands))
    made = once(
        kept.moulds,
        key,
        lambda: moulds.make(kept.meeting, stands, held=held, links=links, now=now),
    )
    sender = kept.meeting.sender
    if sender is None:
        return len(made)
    whose = moulds.Person(
        person["name"], person["email"], person["secret"], ranks, now, person["hold_until"]
    )
    values = whose.values()
    of_day = dict(zip((day.id for day, _state in stands), places, strict=True))
    for told, mould in enumerate(made, 1):
        what = "hold" if held else "confirm"
        if (day := mould.day) is not None:
            what = f"calendar:{of_day[day.id]}:{max(day.sequence, 0)}"
        message = outbox.row(
            Kind.NOTICE,
            f"registration:{person['id']}:{what}:{told}",
            sender_id=sender.id,
            address=person["email"],
            address_key=person["email_key"],
            now=now,
            key=links.key,
            domain=sender.email.rpartition("@")[2],
            content=mould.filled(whose, values),
        )
        outbox.write_on(connection, message, owners)
    return len(made)


def _usual(meeting: Meeting, wanted: Wanted, *, now: datetime) -> bool:
    """Whether nothing has to be looked at twice."""
    spread = admitting.spreads(meeting, now=now)
    return not (wanted.needs or wanted.vouched or spread) and not registering.why_closed(
        meeting, now=now
    )


def _create(
    connection: Connection, meeting: Meeting, wanted: Wanted, *, mails: int, now: datetime
) -> Mapping[str, Any] | None:
    """The registration's row; None when this address, or this very form, has one."""
    email = addresses.check(wanted.email)
    values = {
        "meeting_id": meeting.id,
        "secret": secrets.token_urlsafe(24),
        "form_key": wanted.form_key or None,
        "name": registering.checked_name(wanted.name),
        "email": email,
        "email_key": email.lower(),
        "role": wanted.role,
        "gemeente_code": wanted.gemeente_code,
        "answers": wanted.answers,
        "registered_at": now,
        "hold_until": now + registering.HOLD if wanted.doubtful else None,
        "told": mails,
        "language": spoken(),
    }
    made = _inserting(connection.dialect)[0].rows(connection, values)
    return values | {"id": made[0][0]} if made else None


def _place(
    connection: Connection,
    person: int,
    day: MeetingDay,
    state: PlaceState,
    took: seats.Given,
    *,
    now: datetime,
) -> int:
    """Where someone stands on one day, with the SEQUENCE of the invitation that they are sent."""
    invited = state is PlaceState.CONFIRMED and day.meeting.sender is not None
    values: dict[str, Any] = {
        "registration_id": person,
        "day_id": day.id,
        "state": state,
        "number": took.number,
        "sent_sequence": max(day.sequence, 0) if invited else -1,
        "changed_at": now,
    }
    [[id_]] = _inserting(connection.dialect)[1].rows(connection, values)
    return int(id_)


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
