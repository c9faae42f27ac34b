"""The mail about a registration: what came of it, and the invitation that keeps up.

Built-in letters in the language of all letters; what people typed enters as a value. Each
mail has its own key in the outbox, made of what it tells, so that telling it twice is once.
One invitation a mail (RFC 5546): the first goes with the confirmation, each further day has
a short mail of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.calendars import invite
from outreach.calendars.entry import Party
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Kind, Message
from outreach.events import feeds, hosts, parts, words
from outreach.events.links import MeetingLinks
from outreach.events.models import MeetingPart, Place, PlaceState, Registration
from outreach.events.words import Letter

#: Between two mails that only say that someone was registered already.
PAUSE = timedelta(hours=1)


def confirm(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> None:
    """Tell what came of a registration, with the invitation for the first day that has a seat."""
    if registration.hold_until is not None:
        letter = words.please_confirm(registration, places, links=links, now=now)
        _queue(registration, "hold", letter, links=links, now=now)
        return
    letter = words.confirmed(registration, places, links=links, now=now)
    _send_with_invitations(registration, "confirm", letter, places, links=links, now=now)


def known_already(
    registration: Registration, added: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> None:
    """Tell the mailbox, and only it, that it was registered already, and what is new."""
    letter = words.known_already(registration, added, links=links, now=now)
    _send_with_invitations(registration, "again", letter, added, links=links, now=now)


def told_lately(registration: Registration, *, now: datetime) -> bool:
    """Whether a mail went to this person just now: the form must not be a way to pester."""
    key = f"registration:{registration.id}:"
    last = db.session.scalar(
        select(func.max(Message.created_at)).where(
            Message.dedupe_key.startswith(key, autoescape=True)
        )
    )
    return last is not None and last > now - PAUSE


def changed_days(
    registration: Registration,
    added: Sequence[Place],
    left: Sequence[Place],
    *,
    links: MeetingLinks,
    now: datetime,
) -> None:
    """Tell what someone's own change came to; withdraw the invitations of the days left."""
    keep_back(registration, now=now)
    letter = words.changed_days(registration, added, left, links=links, now=now)
    _send_with_invitations(registration, "days", letter, added, links=links, now=now)
    for place in left:
        withdraw(place, links=links, now=now)


def changed_parts(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> None:
    """Tell what someone chose on these days, with invitations that say so too."""
    letter = words.changed_parts(registration, places, links=links, now=now)
    _send_with_invitations(registration, "parts", letter, places, links=links, now=now)


def withdrawn(
    registration: Registration,
    left: Sequence[Place],
    *,
    links: MeetingLinks,
    now: datetime,
    told: bool,
) -> None:
    """Confirm that someone does not come, and take the days out of the calendar.

    :param told: False for who says never to have registered: then only calendars are told
    """
    keep_back(registration, now=now)
    if told:
        letter = words.withdrawn(registration, left, links=links, now=now)
        _queue(registration, "cancel", letter, links=links, now=now)
    for place in left:
        withdraw(place, links=links, now=now)


def handed_over(
    registration: Registration, left: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> None:
    """Tell who came before that another comes, and take the days out of the calendar."""
    keep_back(registration, now=now)
    letter = words.handed_over(registration, left, links=links, now=now)
    _queue(registration, "handed", letter, links=links, now=now)
    for place in left:
        withdraw(place, links=links, now=now)


def still_coming(place: Place, *, links: MeetingLinks, now: datetime) -> None:
    """Ask who declined in a calendar whether they give up their seat."""
    letter = words.still_coming(place, links=links, now=now)
    _queue(place.registration, f"declined:{place.id}", letter, links=links, now=now)


def offer(place: Place, *, links: MeetingLinks, now: datetime) -> None:
    letter = words.offer(place, links=links, now=now)
    _queue(place.registration, f"offer:{place.id}:{place.number}", letter, links=links, now=now)


def offer_over(place: Place, *, links: MeetingLinks, now: datetime) -> None:
    letter = words.offer_over(place, links=links, now=now)
    key = f"offer-over:{place.id}:{place.number}"
    _queue(place.registration, key, letter, links=links, now=now)


def remind(
    registration: Registration,
    places: Sequence[Place],
    what: str,
    *,
    links: MeetingLinks,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Tell someone again when and where; once for what it is about, and never after the start."""
    letter = words.reminder(registration, places, links=links, now=now)
    _queue_once(registration, what, letter, links=links, now=now, expires_at=expires_at)


def thank(
    registration: Registration, places: Sequence[Place], *, links: MeetingLinks, now: datetime
) -> None:
    """Thank someone who was there, with the materials and three questions; once."""
    letter = words.thanks(registration, places, links=links, now=now)
    _queue_once(registration, "thanks", letter, links=links, now=now)


def keep_back(registration: Registration, *, now: datetime) -> None:
    """Let reminders that have not left stay: they are about days that someone gave up."""
    key = f"registration:{registration.id}:remind:"
    waiting = select(Message).where(
        Message.dedupe_key.startswith(key, autoescape=True), Message.state.in_(outbox.WAITS)
    )
    for message in db.session.scalars(waiting).all():
        outbox.cancel(message, "not coming", by=SYSTEM, now=now)


def moved(
    registration: Registration,
    places: Sequence[Place],
    changes: Sequence[str],
    *,
    links: MeetingLinks,
    now: datetime,
) -> None:
    """Tell someone what changed about the days of theirs, with invitations that replace theirs."""
    keep_back(registration, now=now)
    letter = words.moved(registration, places, changes, links=links, now=now)
    _send_with_invitations(registration, "moved", letter, places, links=links, now=now)


def part_turned(
    registration: Registration,
    places: Sequence[Place],
    part: MeetingPart,
    reason: str,
    *,
    links: MeetingLinks,
    now: datetime,
) -> None:
    """Tell someone that a part they chose is off, or takes place after all; the day goes on."""
    keep_back(registration, now=now)
    letter = words.part_turned(registration, places, part, reason, links=links, now=now)
    _send_with_invitations(registration, "part", letter, places, links=links, now=now)


def called_off(
    registration: Registration,
    places: Sequence[Place],
    reason: str,
    *,
    links: MeetingLinks,
    now: datetime,
) -> None:
    """Tell someone that these days are off, and cancel them in the calendar."""
    keep_back(registration, now=now)
    letter = words.called_off(registration, places, reason, links=links, now=now)
    _queue(registration, "off", letter, links=links, now=now)
    for place in places:
        withdraw(place, links=links, now=now, whole=True)


def withdraw(place: Place, *, links: MeetingLinks, now: datetime, whole: bool = False) -> None:
    """Take one day out of someone's calendar, if an invitation ever put it there."""
    if place.sent_sequence < 0 or not place.registration.email:
        return
    if place.day.cancelled_at is not None and not whole:
        return  # it was taken out when the day was called off
    sender = hosts.of(place.day.meeting)
    if sender is None:
        return
    place.sent_sequence = max(place.day.sequence, place.sent_sequence + 1)
    calendar = invite.cancel(
        feeds.entry(place.day, links=links),
        organizer=Party(sender.name, sender.email),
        attendee=Party(place.registration.name, place.registration.email),
        sequence=place.sent_sequence,
        stamped=now,
        whole=whole,
    )
    letter = words.out_of_calendar(place, whole=whole, links=links, now=now)
    _queue(
        place.registration,
        f"calendar:{place.id}:{place.sent_sequence}",
        letter.with_calendar("CANCEL", calendar),
        links=links,
        now=now,
    )


def _send_with_invitations(
    registration: Registration,
    what: str,
    letter: Letter,
    places: Sequence[Place],
    *,
    links: MeetingLinks,
    now: datetime,
) -> None:
    """The letter with the first day's invitation; each further day a short mail of its own."""
    seated = [
        place
        for place in places
        if place.state is PlaceState.CONFIRMED and place.day.cancelled_at is None
    ]
    first, further = seated[:1], seated[1:]
    for place in first:
        letter = letter.with_calendar("REQUEST", _request(place, links=links, now=now))
    _queue(registration, what, letter, links=links, now=now)
    for place in further:
        calendar = _request(place, links=links, now=now)
        _queue(
            registration,
            f"calendar:{place.id}:{place.sent_sequence}",
            words.into_calendar(place, links=links, now=now).with_calendar("REQUEST", calendar),
            links=links,
            now=now,
        )


def _request(place: Place, *, links: MeetingLinks, now: datetime) -> bytes:
    """The invitation for one day, with a SEQUENCE above all that this person was sent for it."""
    sender = hosts.of(place.day.meeting)
    if sender is None:
        return b""
    place.sent_sequence = max(place.day.sequence, place.sent_sequence + 1)
    return invite.request(
        feeds.entry(place.day, links=links, chosen=parts.of(place.registration, {place.day_id})),
        organizer=Party(sender.name, sender.email),
        attendee=Party(place.registration.name, place.registration.email),
        sequence=place.sent_sequence,
        stamped=now,
    )


def _queue(
    registration: Registration, what: str, letter: Letter, *, links: MeetingLinks, now: datetime
) -> None:
    """Write the mail down. Without any organisation there is nobody to send it (`hosts`)."""
    registration.told += 1  # someone may change days, and change them back: that is told twice
    db.session.flush()
    _queue_once(registration, f"{what}:{registration.told}", letter, links=links, now=now)


def _queue_once(
    registration: Registration,
    what: str,
    letter: Letter,
    *,
    links: MeetingLinks,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    sender = hosts.of(registration.meeting)
    if sender is None or not registration.email:
        return
    outbox.write(
        Kind.NOTICE,
        f"registration:{registration.id}:{what}",
        sender_id=sender.id,
        address=registration.email,
        now=now,
        key=links.key,
        domain=sender.email.rpartition("@")[2],
        content=letter.content(),
        expires_at=expires_at,
    )
