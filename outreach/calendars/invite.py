"""Invitations (iTIP, RFC 5546): to one person, about one day of one meeting."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from icalendar import Event, vCalAddress
from icalendar.parser import Contentline

from outreach.calendars import cleaning, writing
from outreach.calendars.cleaning import BadEntry
from outreach.calendars.entry import Entry, Party, check_moment, check_sequence

#: What stands in an invitation until it is someone's: whole lines that nobody can type.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANYONE = Party("", "anyone@invitation.invalid")
_OWN_LINES = re.compile(
    r"^(?:DTSTAMP:19700101T000000Z\r\n|(ATTENDEE[;:][^\r]*\r\n(?: [^\r]*\r\n)*))", re.M
)
#: A name that stands in a parameter as it is, but for the quotes around it.
_PLAIN = re.compile(r"[A-Za-z0-9 .'()/-]*")
_FOLD = 74  #: octets, as icalendar has it


class Blank(NamedTuple):
    """An invitation for nobody yet: in three pieces, between which stand the lines of its own."""

    pieces: tuple[str, str, str]

    def filled(self, attendee: Party, *, stamped: datetime) -> bytes:
        """The invitation of one person, made at this moment."""
        first, second, last = self.pieces
        stamp = f"DTSTAMP:{check_moment(stamped).astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n"
        return f"{first}{stamp}{second}{_attendee(attendee)}\r\n{last}".encode()


def request(
    entry: Entry, *, organizer: Party, attendee: Party, sequence: int, stamped: datetime
) -> bytes:
    """Put the day in someone's calendar, or change what an earlier request put there.

    The attendee registered already, so nothing is asked of them (RSVP=FALSE).

    :raises BadEntry: the day is cancelled, which `cancel` tells
    """
    return blank(entry, organizer, sequence).filled(attendee, stamped=stamped)


@lru_cache(maxsize=256)
def blank(entry: Entry, organizer: Party, sequence: int) -> Blank:
    """All of a `request` but who is invited, and when it was made.

    :raises BadEntry: as `request` does
    """
    if entry.cancelled:
        raise BadEntry(f"“{entry.summary[:80]}” gaat niet door: daarvoor nodigen we niemand uit.")
    event = _event(entry, organizer=organizer, sequence=sequence, stamped=_EPOCH)
    event.add("status", "CONFIRMED")
    event.add("attendee", _party(_ANYONE, PARTSTAT="ACCEPTED", RSVP="FALSE"))
    first, _none, second, _line, last = _OWN_LINES.split(_bytes("REQUEST", event).decode())
    return Blank((first, second, last))


def _attendee(attendee: Party) -> str:
    """Who is invited, as a folded line; most names need none of the rules of parameters."""
    name, address = cleaning.parameter(attendee.name), cleaning.address(attendee.email)
    if _PLAIN.fullmatch(name) and address.isascii() and not {"^", "\\"} & set(address):
        quote = '"' if " " in name or "'" in name else ""
        called = f"CN={quote}{name}{quote};" if name else ""
        line = (
            f"ATTENDEE;{called}CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE"
            f":mailto:{address}"
        )
        return "\r\n ".join(line[at : at + _FOLD] for at in range(0, len(line), _FOLD))
    party = _party(attendee, PARTSTAT="ACCEPTED", RSVP="FALSE")
    written = Contentline.from_parts("ATTENDEE", party.params, party, sorted=True)
    return bytes(written.to_ical()).decode()


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
