"""What invented raadsleden do: some get the letter forwarded, register, and one cancels.

Nothing here writes a registration: they follow the link in the mail (`visiting`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from outreach.clock import at_wall, dutch_date
from outreach.engine.demo import griffies, roster
from outreach.engine.demo.inbox import Captured, Visit
from outreach.engine.demo.roster import NAMES, Mailbox, lot

REGISTER, CANCEL, ACCEPT = "aanmelden", "annuleer", "ja"
#: Whose griffies get the letter about the meetings.
PROVINCES = ("Utrecht", "Flevoland", "Drenthe")
SENDER = "post@ademruimte.example"
#: How many come, per meeting; Haarlem has 25 seats.
GUESTS = {"haarlem": 28, "rotterdam": 17, "zeist": 13}
#: The guest of Haarlem who cancels after all, by number.
CANCELS = 7
FIRST_NAMES = ("Noor", "Bram", "Fatma", "Sietse", "Roos", "Karim", "Lotte", "Jelle", "Wietske")
ROLES = ("raadslid", "raadslid", "raadslid", "commissielid", "fractiemedewerker", "wethouder")
#: Days after the letter within which people register; all have, when the one cancels.
SLOWEST = 24
CANCELS_AT = at_wall(date(2026, 5, 18), time(20, 12))


@dataclass(frozen=True)
class Guest:
    """Someone who will come to one meeting."""

    meeting: str
    number: int
    box: Mailbox

    @property
    def name(self) -> str:
        prefix, last = NAMES[self._draw % len(NAMES)]
        return " ".join(filter(None, (FIRST_NAMES[self._draw // 7 % 9], prefix, last)))

    @property
    def email(self) -> str:
        return f"{self.meeting}{self.number}@raad.{self.box.domain}"

    @property
    def role(self) -> str:
        return ROLES[self._draw // 61 % len(ROLES)]

    def comes_on(self, day: int) -> bool:
        """Whether they choose the so-manieth day of a meeting of several."""
        return day == self._draw % 3 or bool(self._draw >> day & 1)

    def chooses(self, boxes: Sequence[str]) -> list[str]:
        """Which part of the first day they tick, if they come and there is one; some tick none."""
        ticked = boxes[self._draw // 17 % 5 :][:1]
        return list(ticked) if self.comes_on(0) else []

    def registers_at(self, letter_at: datetime) -> datetime:
        """A moment in the evening or a lunch break, some days after the letter."""
        day = dutch_date(letter_at) + timedelta(days=1 + self._draw // 11 % SLOWEST)
        return at_wall(day, time((12, 19, 20, 21)[self._draw % 4], self._draw // 13 % 60))

    @property
    def _draw(self) -> int:
        return lot(f"{self.meeting} {self.number} {self.box.code}")


@cache
def everyone() -> dict[str, Guest]:
    """All guests by their e-mail address."""
    found = {}
    for meeting, count in GUESTS.items():
        boxes = [
            box
            for box in roster.drawn(f"guests of {meeting}")
            if box.province in PROVINCES and not griffies.is_dead(box.griffie)
        ]
        for number in range(1, count + 1):
            guest = Guest(meeting, number, boxes[number % len(boxes)])
            found[guest.email] = guest
    return found


def find(meeting: str, number: int) -> Guest:
    return next(g for g in everyone().values() if (g.meeting, g.number) == (meeting, number))


def after_letter(mail: Captured) -> list[Visit]:
    """Who registers because a griffie sends this letter on."""
    if SENDER in mail.sender and mail.recipient.startswith("griffie@") and not mail.reminder:
        return [
            Visit(
                mail.number,
                guest.registers_at(mail.at),
                f"{REGISTER} {guest.meeting} {guest.number}",
            )
            for guest in everyone().values()
            if guest.box.griffie == mail.recipient
        ]
    return []


def after_notice(mail: Captured) -> list[Visit]:
    """What a guest does with our mail; nothing, for most mails."""
    guest = everyone().get(mail.recipient)
    if guest is None:
        return []
    if mail.subject.startswith("Er is plaats voor u"):
        return [Visit(mail.number, mail.at + timedelta(hours=3), ACCEPT)]
    cancels = guest.meeting == "haarlem" and guest.number == CANCELS
    if cancels and mail.subject.startswith("U bent aangemeld"):
        return [Visit(mail.number, CANCELS_AT, CANCEL)]
    return []
