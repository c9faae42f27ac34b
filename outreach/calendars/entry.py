"""What a calendar file says: one day of one meeting, and who is invited by whom."""

from dataclasses import dataclass
from datetime import UTC, datetime

from outreach.calendars import cleaning
from outreach.calendars.cleaning import BadEntry

LARGEST = 2**31 - 1  #: an INTEGER of RFC 5545, 3.3.8


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One day of one meeting. What exists can be written: it is checked when it is made.

    :raises BadEntry: a naive moment, an end before its start, a UID or link that breaks a line
    """

    uid: str
    sequence: int
    starts: datetime  #: aware; in the file it stands in Dutch time
    ends: datetime
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""
    created: datetime
    revised: datetime  #: LAST-MODIFIED, and DTSTAMP where there is no METHOD
    cancelled: bool = False
    categories: tuple[str, ...] = ()
    conference: str = ""  #: where to take part online
    related: tuple[str, ...] = ()  #: UIDs of the meeting's other days

    def __post_init__(self) -> None:
        for moment in (self.starts, self.ends, self.created, self.revised):
            check_moment(moment)
        starts, ends = (one.astimezone(UTC) for one in (self.starts, self.ends))
        if starts.replace(microsecond=0) >= ends.replace(microsecond=0):
            raise BadEntry(
                f"“{self.summary[:80]}” eindigt niet na het begin: kies een latere tijd."
            )
        check_sequence(self.sequence)
        for uid in (self.uid, *self.related):
            cleaning.uid(uid)
        for link in (self.url, self.conference):
            cleaning.uri(link)


@dataclass(frozen=True)
class Party:
    """Who invites, or who is invited.

    :raises BadEntry: an address that is none
    """

    name: str
    email: str

    def __post_init__(self) -> None:
        cleaning.address(self.email)


def check_moment(moment: datetime) -> datetime:
    """:raises BadEntry: a time that could be in any zone"""
    if moment.utcoffset() is None:
        raise BadEntry(f"Van {moment:%d-%m-%Y %H.%M} is niet bekend in welke tijdzone het is.")
    return moment


def check_sequence(sequence: int) -> int:
    """:raises BadEntry: not a version that a calendar can count"""
    if not 0 <= sequence <= LARGEST:
        raise BadEntry(f"Het volgnummer {sequence} past niet in een agenda.")
    return sequence
