"""Invitations (iTIP, RFC 5546): to one person, about one day of one meeting."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from icalendar import Event, vCalAddress
from icalendar.parser import Contentline

from outreach.calendars import cleaning, writing
from outreach.calendars.cleaning import BadEntry
from outreach.calendars.entry import Entry, Party, check_moment, check_sequence

#: What stands in an invitation until it is someone's: whole lines that nobody can type.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAMP = re.compile(rb"^DTSTAMP:19700101T000000Z\r\n", re.M)
_ANYONE = Party("", "anyone@invitation.invalid")
_ATTENDEE = re.compile(rb"^ATTENDEE[;:][^\r]*\r\n(?: [^\r]*\r\n)*", re.M)


def request(
    entry: Entry, *, organizer: Party, attendee: Party, sequence: int, stamped: datetime
) -> bytes:
    """Put the day in someone's calendar, or change what an earlier request put there.

    The attendee registered already, so nothing is asked of them (RSVP=FALSE).

    :raises BadEntry: the day is cancelled, which `cancel` tells
    """
    if entry.cancelled:
        raise BadEntry(f"“{entry.summary[:80]}” gaat niet door: daarvoor nodigen we niemand uit.")
    line = Contentline.from_parts(
        "ATTENDEE",
        (party := _party(attendee, PARTSTAT="ACCEPTED", RSVP="FALSE")).params,
        party,
        sorted=True,
    )
    stamp = f"DTSTAMP:{check_moment(stamped).astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n"
    made = _ATTENDEE.sub(
        lambda _: line.to_ical() + b"\r\n", _for_anyone(entry, organizer, sequence), count=1
    )
    return _STAMP.sub(stamp.encode(), made, count=1)


@lru_cache(maxsize=256)
def _for_anyone(entry: Entry, organizer: Party, sequence: int) -> bytes:
    """An invitation for nobody yet: all but who is invited, and when it was made, is the same."""
    event = _event(entry, organizer=organizer, sequence=sequence, stamped=_EPOCH)
    event.add("status", "CONFIRMED")
    event.add("attendee", _party(_ANYONE, PARTSTAT="ACCEPTED", RSVP="FALSE"))
    return _bytes("REQUEST", event)


def cancel(
    entry: Entry,
    *,
    organizer: Party,
    attendee: Party,
    sequence: int,
    stamped: datetime,
    whole: bool,
) -> bytes:
    """Take the day out of someone's calendar.

    `whole`: nobody meets that day. Otherwise only this person does not come, and there is
    no STATUS: with STATUS:CANCELLED it would be off for everyone (RFC 5546, 3.2.5).
    """
    event = _event(
        replace(entry, cancelled=whole), organizer=organizer, sequence=sequence, stamped=stamped
    )
    if whole:
        event.add("status", "CANCELLED")
    event.add("attendee", _party(attendee))
    return _bytes("CANCEL", event)


def _event(entry: Entry, *, organizer: Party, sequence: int, stamped: datetime) -> Event:
    event = writing.vevent(entry, stamped=check_moment(stamped), sequence=check_sequence(sequence))
    event.add("organizer", _party(organizer))
    return event


def _party(party: Party, **answer: str) -> vCalAddress:
    given = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", **answer} if answer else {}
    if name := cleaning.parameter(party.name):
        given["CN"] = name
    return vCalAddress(f"mailto:{cleaning.address(party.email)}", params=given)


def _bytes(method: str, event: Event) -> bytes:
    made = writing.calendar(method)
    made.add_component(event)
    return bytes(made.to_ical())
