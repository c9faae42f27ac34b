"""What invented griffies do with a letter: most are silent, some answer, as in real life.

Nothing here writes an answer: a griffie follows the link in its mail, or writes back (`visiting`).
"""

from datetime import datetime, time, timedelta

from outreach.campaigns.windows import add_working_days
from outreach.clock import at_wall, dutch_date
from outreach.engine.demo import replies, roster
from outreach.engine.demo.inbox import Captured, Visit
from outreach.engine.demo.roster import Mailbox, lot

#: Mailboxes that no longer exist, and one whose server asks to come back later.
DEAD, GREY = 4, 1
GREY_FOR = timedelta(minutes=5)
ONE_CLICK = "one-click"
#: How many griffies do what, of those that received a first letter.
FIRST = {
    ONE_CLICK: 2,
    "doorgestuurd": 12,
    "op-lijst": 5,
    "naar-college": 3,
    "gesprek": 2,
    "geweigerd": 1,
    "ontvangen": 61,
    **replies.QUOTAS,
}
#: Likewise after a reminder, of all; those that answered before do not get one.
AFTER_REMINDER = {"doorgestuurd": 26, "op-lijst": 9, "naar-college": 4, "ontvangen": 30}
#: A college has a letter registered before anyone reads it.
OF_A_COLLEGE = {"gesprek": 3, "geweigerd": 2, "ontvangen": 84}
#: Working days until they do it, at most.
SLOWEST = {"ontvangen": 2, "gesprek": 4, ONE_CLICK: 1}


def is_dead(recipient: str) -> bool:
    """Whether the receiving server knows no such mailbox."""
    return any(recipient == box.griffie for box in roster.drawn("mailbox")[:DEAD])


def greylists(recipient: str) -> bool:
    """Whether the receiving server refuses a first attempt for now (RFC 6647)."""
    return any(recipient == box.griffie for box in roster.drawn("mailbox")[DEAD : DEAD + GREY])


def plan(letter: Captured) -> Visit | None:
    """What the receiver of this letter is going to do, and when; None when it is silent."""
    for box, quota in _lots(letter):
        if letter.recipient in (box.griffie, box.college):
            due = _when(letter, box, quota)
            return Visit(letter.number, due, quota)
    return None


def _lots(letter: Captured) -> list[tuple[Mailbox, str]]:
    """Who does something with letters like this one, and what."""
    college = letter.recipient.startswith("college@")
    quotas = AFTER_REMINDER if letter.reminder else OF_A_COLLEGE if college else FIRST
    drawn = iter(
        box
        for box in roster.drawn(f"{letter.sender} {letter.reminder} {college}")
        if not is_dead(box.griffie)
    )
    return [(next(drawn), act) for act, number in quotas.items() for _ in range(number)]


def _when(letter: Captured, box: Mailbox, act: str) -> datetime:
    """A moment in office hours, at least a quarter of an hour after the letter came."""
    draw = lot(f"{letter.sender} {letter.reminder} {box.code} when")
    day = add_working_days(dutch_date(letter.at), draw % (SLOWEST.get(act, 9) + 1))
    moment = at_wall(day, time(9 + draw // 7 % 7, draw // 49 % 60))
    if moment < letter.at + timedelta(minutes=15):
        return letter.at + timedelta(minutes=15 + draw % 90)
    return moment
