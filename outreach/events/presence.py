"""Who is there: met at the door, by phones that may be out of reach for a while.

Each press on a phone is a tap with its own key and its own time. A tap that comes twice is one,
and of two about the same person the later one counts, in whatever order they arrive: so all
phones end with the same list. Presence is apart from seats. Whoever stands at the door is let
in by people, not by a count; what pages say is how many there are, and for how many is room.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.contacts import addresses, gemeenten
from outreach.contacts.gemeenten import fold
from outreach.db import db
from outreach.delivery.models import GONE
from outreach.errors import Invalid, Unknown
from outreach.events import door_codes, parts
from outreach.events.models import (
    MeetingDay,
    MeetingPart,
    Place,
    PlaceState,
    Registration,
    Tap,
    VisitorRole,
)
from outreach.events.registering import checked_name
from outreach.events.typed import tidy
from outreach.wording import N_

#: A phone cannot say that it pressed longer ago than this.
LONGEST_AGO = timedelta(hours=24)
LONGEST_KEY = 64
_MOMENT = timedelta(microseconds=1)
#: What a list at the door says of who has no seat today.
STANDS = {
    PlaceState.CONFIRMED: "",
    PlaceState.UNCONFIRMED: N_("moet nog bevestigen"),
    PlaceState.OFFERED: N_("kreeg een plaats aangeboden"),
    PlaceState.WAITING: N_("stond op de wachtlijst"),
    PlaceState.CANCELLED: N_("had geannuleerd"),
    PlaceState.DOOR: N_("aan de deur toegevoegd"),
}
#: Who has a seat today.
EXPECTED = (PlaceState.CONFIRMED, PlaceState.UNCONFIRMED, PlaceState.OFFERED)
OTHER_DAY = N_("staat voor een andere dag")


@dataclass(frozen=True)
class Row:
    """One person as the list at the door shows them: no address, no needs."""

    id: int
    name: str
    gemeente: str
    role: VisitorRole
    stands: str  #: "" for who has a seat today
    code: str
    came_at: datetime | None
    expected: bool
    parts: str = ""  #: what they chose today: "13.00 Wonen; 15.00 Wandeling"

    def fits(self, typed: str) -> bool:
        """Whether someone who types this looks for this person."""
        if code := door_codes.as_code(typed):
            return code == self.code or fold(typed) in fold(self.name)
        words = fold(f"{self.name} {self.gemeente}")
        return all(word in words for word in fold(typed).split())


@dataclass(frozen=True)
class Count:
    """How full it is, as people see it who stand in the hall."""

    present: int
    expected: int  #: with a seat today
    capacity: int

    @property
    def full(self) -> bool:
        return self.present >= self.capacity


@dataclass(frozen=True)
class Pressed:
    """A press: someone was met, or was not after all."""

    registration_id: int
    came: bool
    #: "phone-number", made by the phone, so that its own presses keep their order; or none.
    key: str = ""
    at: datetime | None = None  #: when; None is now, and after all that was known


@dataclass(frozen=True)
class WalkIn:
    """Someone who was not on the list. Only the name is needed."""

    name: str
    role: VisitorRole = VisitorRole.ANDERS
    gemeente: str = ""  #: as typed
    email: str = ""  #: as typed
    key: str = ""
    at: datetime | None = None


def rows(day: MeetingDay) -> list[Row]:
    """Everyone of the meeting whom one may meet at the door on this day, by name."""
    query = (
        select(Registration, Place)
        .outerjoin(Place, and_(Place.registration_id == Registration.id, Place.day_id == day.id))
        .where(Registration.meeting_id == day.meeting_id, Registration.name.not_in(("", GONE)))
        .options(joinedload(Registration.gemeente))
    )
    chosen = parts.by_person(day.meeting) if day.has_parts else {}
    found = [
        _row(one, place, [part for part in chosen.get(one.id, ()) if part.day_id == day.id])
        for one, place in db.session.execute(query)
    ]
    return sorted((row for row in found if row), key=lambda row: (fold(row.name), row.id))


def count(day: MeetingDay, everyone: Iterable[Row]) -> Count:
    """The count of a list, as `rows` gave it."""
    known = list(everyone)
    present = sum(row.came_at is not None for row in known)
    return Count(present, sum(row.expected for row in known), day.capacity)


def press(day: MeetingDay, pressed: Pressed, *, by: Actor, now: datetime) -> bool:
    """Take one press; whether it was new.

    :raises Unknown: nobody of this meeting
    """
    registration = db.session.get(Registration, pressed.registration_id)
    if registration is None or registration.meeting_id != day.meeting_id:
        raise Unknown("Deze persoon staat niet op de lijst. Laad de bladzijde opnieuw.")
    key = _checked_key(pressed.key)
    at = _time(day, pressed, key, now=now)
    values = {
        "key": key,
        "day_id": day.id,
        "registration_id": registration.id,
        "came": pressed.came,
        "at": at,
        "received_at": now,
        "actor": by.key,
    }
    if not _insert(Tap, values):
        return False
    _give_place(day, registration, now=now)
    later = or_(
        Place.tapped_at.is_(None),
        Place.tapped_at < at,
        and_(Place.tapped_at == at, Place.tap_key < key),
    )
    db.session.execute(
        update(Place)
        .where(Place.registration_id == registration.id, Place.day_id == day.id, later)
        .values(came_at=at if pressed.came else None, tapped_at=at, tap_key=key)
        .execution_options(synchronize_session="fetch")
    )
    act = "report present" if pressed.came else "take back present"
    subject = f"registration:{registration.id}"
    audit.record(act, subject, by=by, now=now, meeting_id=day.meeting_id, day_id=day.id)
    return True


def walk_in(day: MeetingDay, who: WalkIn, *, by: Actor, now: datetime) -> Registration:
    """Put someone on the list who was not, and report them present. Sent twice it is once.

    An address that is on the list already is that person. What cannot be read (a gemeente, an
    address) is kept as a note: whoever stands at the door is not sent away for a typing error.

    :raises Invalid: no name
    """
    key = _checked_key(who.key)
    if known := pressed_before(day, key):
        return known
    registration = _known(day, who.email) or _create(day, who, key, now=now)
    press(day, Pressed(registration.id, True, key, who.at), by=by, now=now)
    return registration


def pressed_before(day: MeetingDay, key: str) -> Registration | None:
    """Whom the press with this key was about."""
    query = (
        select(Registration).join(Tap, Tap.registration_id == Registration.id)
        .where(Tap.key == key, Tap.day_id == day.id)
    )  # fmt: skip
    found: Registration | None = db.session.scalar(query)
    return found


def came_to(registration: Registration) -> list[MeetingDay]:
    """The days that someone was met on, the first one first."""
    days = [place.day for place in registration.places if place.came_at is not None]
    return sorted(days, key=lambda day: day.starts_at)


def attended() -> ColumnElement[bool]:
    """SQL: a place whose holder was met at the door."""
    return Place.came_at.is_not(None)


def _row(
    registration: Registration, place: Place | None, chosen: Sequence[MeetingPart]
) -> Row | None:
    if place is None and registration.cancelled_at is not None:
        return None
    if place is not None and place.state is PlaceState.DOOR and place.came_at is None:
        return None  # put on the list by mistake, and taken off again
    return Row(
        id=registration.id,
        name=registration.name,
        gemeente=registration.gemeente.name if registration.gemeente else "",
        role=registration.role,
        stands=STANDS[place.state] if place else OTHER_DAY,
        code=door_codes.code(registration),
        came_at=place.came_at if place else None,
        expected=place is not None and place.state in EXPECTED,
        parts=parts.titles(chosen),
    )


def _time(day: MeetingDay, pressed: Pressed, key: str, *, now: datetime) -> datetime:
    """When it was pressed: never after now, and after what the same phone said before.

    A phone says how long ago it was, and a slow network adds to that: two presses a second
    apart could seem to come the other way round.
    """
    of_person = (Tap.registration_id == pressed.registration_id, Tap.day_id == day.id)
    earlier = select(func.max(Tap.at)).where(*of_person)
    phone, dash, _ = key.rpartition("-")
    if pressed.at is not None:
        earlier = earlier.where(Tap.key.startswith(f"{phone}{dash}" or key, autoescape=True))
    last: datetime | None = db.session.scalar(earlier)
    at = max(min(pressed.at or now, now), now - LONGEST_AGO)
    return max(at, last + _MOMENT) if last is not None else at


def _give_place(day: MeetingDay, registration: Registration, *, now: datetime) -> None:
    """Who was not on the list of this day gets a line on it, without a seat."""
    values = {
        "registration_id": registration.id,
        "day_id": day.id,
        "state": PlaceState.DOOR,
        "number": 0,
        "sent_sequence": -1,
        "changed_at": now,
    }
    if _insert(Place, values):
        db.session.expire(registration, ["places"])


def _known(day: MeetingDay, email: str) -> Registration | None:
    if not email.strip():
        return None
    try:
        key = addresses.address_key(email)
    except Invalid:
        return None
    query = select(Registration).where(
        Registration.meeting_id == day.meeting_id,
        Registration.email_key == key,
        Registration.cancelled_at.is_(None),
    )
    found: Registration | None = db.session.scalar(query)
    return found


def _create(day: MeetingDay, who: WalkIn, key: str, *, now: datetime) -> Registration:
    email, code, unread = "", None, []
    if who.email.strip():
        try:
            email = addresses.check(who.email)
        except Invalid:
            unread.append(f"E-mail: {tidy(who.email)[:254]}")
    if who.gemeente.strip():
        try:
            code = gemeenten.find(who.gemeente).code
        except Invalid:
            unread.append(f"Gemeente: {tidy(who.gemeente)[:80]}")
    values = {
        "meeting_id": day.meeting_id,
        "secret": secrets.token_urlsafe(24),
        "form_key": f"deur:{key}",
        "name": checked_name(who.name),
        "email": email,
        # Without an address there is nothing to be known by: each is its own.
        "email_key": addresses.address_key(email) if email else f"deur:{key}",
        "role": who.role,
        "gemeente_code": code,
        "answers": {},
        "note": "\n".join(["Aan de deur opgeschreven.", *unread]) if unread else "",
        "told": 0,
        "registered_at": now,
    }
    _insert(Registration, values)
    query = select(Registration).where(
        Registration.meeting_id == day.meeting_id,
        Registration.email_key == values["email_key"],
        Registration.cancelled_at.is_(None),
    )
    # Another phone may have been a moment faster: then it is that one.
    return db.session.scalars(query).one()


def _insert(model: type[Tap | Place | Registration], values: dict[str, object]) -> bool:
    """Insert a row unless it is there already; whether it was new."""
    postgres = db.session.get_bind().dialect.name == "postgresql"
    insert = (postgresql if postgres else sqlite).insert
    made = insert(model).values(values).on_conflict_do_nothing().returning(model.id)
    return db.session.scalar(made) is not None


def _checked_key(key: str) -> str:
    if len(key) > LONGEST_KEY:
        raise Invalid("De sleutel van deze melding is te lang.")
    return key or uuid4().hex


def everyone_present(day: MeetingDay) -> Sequence[Registration]:
    """Who was met on a day, by name."""
    query = (
        select(Registration)
        .join(Place)
        .where(Place.day_id == day.id, attended(), Registration.name.not_in(("", GONE)))
        .options(joinedload(Registration.gemeente))
    )
    return sorted(db.session.scalars(query), key=lambda one: (fold(one.name), one.id))
