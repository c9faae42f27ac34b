"""Who prepares a meeting: the coordinators who may read what people ask for."""

from datetime import datetime

from sqlalchemy import delete, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Coordinator, Role
from outreach.db import db
from outreach.errors import Forbidden, Refused, Unknown
from outreach.events.models import Meeting, MeetingCoordinator


def everyone(meeting: Meeting) -> list[Coordinator]:
    """Who prepares it, by name; nobody whose account is off."""
    query = (
        select(Coordinator)
        .join(MeetingCoordinator, MeetingCoordinator.coordinator_id == Coordinator.id)
        .where(MeetingCoordinator.meeting_id == meeting.id, Coordinator.active.is_(True))
    )
    return sorted(db.session.scalars(query), key=lambda one: (str(one).casefold(), one.id))


def others(meeting: Meeting) -> list[Coordinator]:
    """Colleagues who could join; a reader cannot."""
    query = select(Coordinator).where(Coordinator.active.is_(True), Coordinator.role != Role.READER)
    there = {one.id for one in everyone(meeting)}
    found = [one for one in db.session.scalars(query) if one.id not in there]
    return sorted(found, key=lambda one: (str(one).casefold(), one.id))


def has(meeting: Meeting, person: Coordinator) -> bool:
    """Whether someone prepares it, and may read what people ask for."""
    return person.role is not Role.READER and person.id in {one.id for one in everyone(meeting)}


def may_choose(meeting: Meeting, person: Coordinator) -> bool:
    """Whether someone may say who prepares it: who does so already, and an owner."""
    return person.role is Role.OWNER or has(meeting, person)


def begin(meeting: Meeting, *, by: Actor) -> None:
    """Whoever makes a meeting prepares it; one from a file waits for an owner to choose."""
    kind, _, number = by.key.partition(":")
    if kind == "coordinator" and number.isdigit():
        db.session.add(MeetingCoordinator(meeting_id=meeting.id, coordinator_id=int(number)))


def find(email: str) -> Coordinator:
    """
    :raises Unknown: no such account
    """
    found: Coordinator | None = db.session.scalar(
        select(Coordinator).where(Coordinator.email == email.strip().lower())
    )
    if found is None:
        raise Unknown(f"Er is geen account met het adres {email[:80]}.")
    return found


def join(
    meeting: Meeting,
    person: Coordinator,
    *,
    chosen_by: Coordinator | None,
    by: Actor,
    now: datetime,
) -> None:
    """Let a colleague prepare it too; done twice it is done once.

    :param chosen_by: who asks; None for a command
    :raises Forbidden: whoever asks may not choose
    :raises Refused: a reader, or an account that is off
    """
    _check(meeting, chosen_by)
    if person.role is Role.READER or not person.active:
        raise Refused(f"{person} kan niet meedoen: dat kan alleen met de rol coördinator.")
    if db.session.get(MeetingCoordinator, (meeting.id, person.id)) is None:
        db.session.add(MeetingCoordinator(meeting_id=meeting.id, coordinator_id=person.id))
        _record("join meeting", meeting, person, by=by, now=now)
    db.session.flush()


def leave(
    meeting: Meeting,
    person: Coordinator,
    *,
    chosen_by: Coordinator | None,
    by: Actor,
    now: datetime,
) -> None:
    """Take a colleague off; done twice it is done once.

    :raises Forbidden: whoever asks may not choose
    """
    _check(meeting, chosen_by)
    gone = db.session.execute(
        delete(MeetingCoordinator)
        .where(
            MeetingCoordinator.meeting_id == meeting.id,
            MeetingCoordinator.coordinator_id == person.id,
        )
        .returning(MeetingCoordinator.meeting_id)
    ).all()
    if gone:
        _record("leave meeting", meeting, person, by=by, now=now)


def _check(meeting: Meeting, chosen_by: Coordinator | None) -> None:
    if chosen_by is not None and not may_choose(meeting, chosen_by):
        raise Forbidden(
            "Alleen wie deze bijeenkomst voorbereidt, of een beheerder, kiest wie dat doet."
        )


def _record(act: str, meeting: Meeting, person: Coordinator, *, by: Actor, now: datetime) -> None:
    audit.record(
        act, f"meeting:{meeting.id}", by=by, now=now, sender_id=meeting.sender_id,
        coordinator=person.id,
    )  # fmt: skip
