"""The mail to who registers, made once for all who stand alike; whose it is, is filled in.

It is the mail of `invitations.confirm`, by the same words: they are asked with their values
left open. What has the same length for everybody (a secret, a code) or stands in a short line
(a rank) stands there as a mark meanwhile. A test holds both to the same letter.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach.calendars import invite
from outreach.calendars.entry import Party
from outreach.calendars.invite import Blank
from outreach.events import door_codes, feeds, words
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, MeetingDay, Place, PlaceState, Registration
from outreach.events.words import Letter
from outreach.letters import later, said
from outreach.letters.composing import Open
from outreach.letters.later import Later, Words
from outreach.wording import spoken

OPEN = frozenset(("naam", "adres", "sinds", "tot"))


@dataclass(frozen=True)
class Person:
    """Whose mail it is."""

    name: str
    email: str
    secret: str
    ranks: Sequence[int]  #: on the waiting list, of each day; 0 for who has a seat
    registered_at: datetime
    hold_until: datetime | None

    def values(self) -> dict[str, str]:
        """What stands in a mould's open places. In the language that is spoken."""
        until = said.day_time(self.hold_until) if self.hold_until else ""
        ranks = {f"rang{n}": words.ordinal(rank) for n, rank in enumerate(self.ranks) if rank}
        return ranks | {
            "naam": words.addressed(self.name),
            "adres": self.email,
            "sinds": said.long_date(self.registered_at),
            "tot": until,
            "geheim": self.secret,
            "code": door_codes.of_secret(self.secret),
        }


@dataclass(frozen=True)
class Mould:
    """One mail for everybody; `day` where it carries the invitation for a further day."""

    day: MeetingDay | None
    subject: str
    text: tuple[Words, ...]
    html: tuple[Words, ...]
    invitation: Blank | None

    def filled(self, person: Person, values: Mapping[str, str]) -> dict[str, Any]:
        """As `Message.content` keeps it.

        :param values: of this person
        """
        letter = Letter(self.subject, later.said(self.text, values), later.said(self.html, values))
        if self.invitation is not None:
            whose = Party(person.name, person.email)
            made = self.invitation.filled(whose, stamped=person.registered_at)
            letter = letter.with_calendar("REQUEST", made)
        return letter.content()


def make(
    meeting: Meeting,
    stands: Sequence[tuple[MeetingDay, PlaceState]],
    *,
    held: bool,
    links: MeetingLinks,
    now: datetime,
) -> tuple[Mould, ...]:
    """All mails to who stands like this, in the order in which they are written.

    :param meeting: with its organisation
    :param held: to be confirmed first
    """
    secret = secrets.token_urlsafe(24)
    someone = Registration(
        meeting=meeting, name="-", email="-", secret=secret, registered_at=now, language=spoken(),
        hold_until=now if held else None,
    )  # fmt: skip
    places = [Place(day=day, state=state, registration=someone) for day, state in stands]
    ranks = {id(place): secrets.token_hex(4) for place in places}
    marks = {secret: "geheim", door_codes.of_secret(secret): "code"}
    marks |= {ranks[id(place)]: f"rang{n}" for n, place in enumerate(places)}

    def ranked(place: Place) -> str:
        return ranks[id(place)]

    if held:
        made = words.open_please_confirm(
            someone, places, links=links, now=now, leave=OPEN, ranked=ranked
        )
        return (_mould(None, made, marks, None),)
    made = words.open_confirmed(someone, places, links=links, leave=OPEN, ranked=ranked)
    seated = [place for place in places if place.state is PlaceState.CONFIRMED]
    blanks = [_blank(place.day, links) for place in seated]
    first = _mould(None, made, marks, blanks[0] if blanks else None)
    further = [
        _mould(place.day, words.open_into_calendar(place, leave=OPEN), marks, blank)
        for place, blank in zip(seated[1:], blanks[1:], strict=True)
    ]
    return first, *further


def _blank(day: MeetingDay, links: MeetingLinks) -> Blank | None:
    """The invitation for a day, with the SEQUENCE of who is sent none before."""
    sender = day.meeting.sender
    if sender is None:
        return None
    organizer = Party(sender.name, sender.email)
    return invite.blank(feeds.entry(day, links=links), organizer, max(day.sequence, 0))


def _mould(
    day: MeetingDay | None, made: Open, marks: Mapping[str, str], blank: Blank | None
) -> Mould:
    subject = later.said((made.subject,), {})
    return Mould(day, subject, _cut(made.text, marks), _cut(made.html, marks), blank)


def _cut(pieces: Iterable[Words], marks: Mapping[str, str]) -> tuple[Words, ...]:
    """The same, open where there is a mark."""
    return later.merged(one for piece in pieces for one in _opened(piece, marks))


def _opened(piece: Words, marks: Mapping[str, str]) -> Iterator[Words]:
    if isinstance(piece, str):
        for one in re.split(f"({'|'.join(map(re.escape, marks))})", piece):
            yield Later.value(marks[one]) if one in marks else one
        return
    say = piece.say

    def with_own(values: Mapping[str, str]) -> str:
        said_ = say(values)
        for mark, name in marks.items():
            if mark in said_:
                said_ = said_.replace(mark, values[name])
        return said_

    yield Later(piece.names | set(marks.values()), with_own)
