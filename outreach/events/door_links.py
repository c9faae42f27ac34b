"""The address of one day's list at the door, for the phone of one helper.

It opens the list of that day and nothing else, from the day before until some hours after, and
can be taken back at any moment. Who holds it sees names, gemeenten and functions.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.db import db
from outreach.errors import OutreachError, Refused, Unknown
from outreach.events.keeping import Words, worded
from outreach.events.models import DoorLink, Meeting, MeetingDay, MeetingState
from outreach.letters import said
from outreach.wording import _

BEFORE, AFTER = timedelta(days=1), timedelta(hours=6)
LABEL = Words("Voor wie", 60)


class Shut(OutreachError):
    """The link was taken back, or it is not its time."""

    status = 410


def give(day: MeetingDay, *, label: str = "", by: Actor, now: datetime) -> DoorLink:
    """A new link for one phone.

    :raises Refused: the day is off, or over
    :raises Invalid: a label that is too long
    """
    off = day.cancelled_at is not None or day.meeting.state is not MeetingState.OPEN
    if off or now > day.ends_at + AFTER:
        raise Refused(_("Voor deze dag kunt u niemand meer aanwezig melden."))
    link = DoorLink(
        day=day,
        secret=secrets.token_urlsafe(24),
        label=worded(label, LABEL),
        made_by=by.key,
        created_at=now,
    )
    db.session.add(link)
    db.session.flush()
    _record("give door link", link, by=by, now=now)
    return link


def revoke(link: DoorLink, *, by: Actor, now: datetime) -> None:
    """Take a link back; done twice it is done once. What was reported by it stays."""
    if link.revoked_at is None:
        link.revoked_at = now
        _record("revoke door link", link, by=by, now=now)


def open_by(secret: str, *, now: datetime) -> DoorLink:
    """The link with this address, if it opens its list now.

    :raises Unknown: no such link
    :raises Shut: taken back, too early, too late, or the day is off
    """
    link = db.session.scalar(select(DoorLink).where(DoorLink.secret == secret))
    if link is None:
        raise Unknown(_("Deze link opent geen deurlijst. Kopieer hem nog eens in zijn geheel."))
    if link.revoked_at is not None:
        raise Shut(_("Deze link is ingetrokken. Vraag de organisatie om een nieuwe."))
    if link.day.cancelled_at is not None or link.day.meeting.state is not MeetingState.OPEN:
        raise Shut(_("Deze dag gaat niet door."))
    if now < opens_at(link.day):
        when = said.day_time(opens_at(link.day))
        raise Shut(_("Deze link werkt vanaf %(when)s. Open hem dan nog eens.", when=when))
    if now > shuts_at(link.day):
        raise Shut(_("Deze dag is voorbij. De link werkt niet meer."))
    return link


def opens_at(day: MeetingDay) -> datetime:
    return day.starts_at - BEFORE


def shuts_at(day: MeetingDay) -> datetime:
    return day.ends_at + AFTER


def of_day(day: MeetingDay) -> Sequence[DoorLink]:
    """All links of one day, also those taken back."""
    query = select(DoorLink).where(DoorLink.day_id == day.id).order_by(DoorLink.id)
    return db.session.scalars(query).all()


def find(meeting: Meeting, link_id: int) -> DoorLink:
    """
    :raises Unknown: no link to a list of this meeting
    """
    link = db.session.get(DoorLink, link_id)
    if link is None or link.day.meeting_id != meeting.id:
        raise Unknown(_("Deze link hoort niet bij deze bijeenkomst."))
    return link


def _record(act: str, link: DoorLink, *, by: Actor, now: datetime) -> None:
    meeting = link.day.meeting
    audit.record(
        act, f"meeting:{meeting.id}", by=by, now=now, sender_id=meeting.sender_id, link_id=link.id
    )
