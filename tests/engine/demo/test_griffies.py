from collections import Counter
from datetime import UTC, datetime

from outreach.clock import to_wall
from outreach.engine.demo import griffies, roster
from outreach.engine.demo.inbox import Captured

#: Monday 23 March 2026, 9.00 uur.
SENT = datetime(2026, 3, 23, 8, tzinfo=UTC)


def letter_to(recipient: str, *, reminder: bool = False, number: int = 1) -> Captured:
    return Captured(
        number, SENT, "Naast Elkaar <oproep@naastelkaar.example>", recipient, "Oproep",
        reminder, 1000,
    )  # fmt: skip


def test_each_gemeente_has_a_mailbox_of_its_own():
    assert len({box.griffie for box in roster.everyone()}) == 342


def test_most_are_silent_and_some_answer():
    plans = [griffies.plan(letter_to(box.griffie)) for box in roster.everyone()]

    acts = Counter(plan.act for plan in plans if plan)

    assert acts == Counter(griffies.FIRST)


def test_the_same_letter_gets_the_same_answer():
    letters = [letter_to(box.griffie) for box in roster.everyone()]

    assert [griffies.plan(one) for one in letters] == [griffies.plan(one) for one in letters]


def test_griffies_act_in_office_hours_after_the_letter_came():
    plans = [griffies.plan(letter_to(box.griffie)) for box in roster.everyone()]
    moments = [to_wall(plan.due) for plan in plans if plan]

    assert all(plan.due > SENT for plan in plans if plan)
    assert all(9 <= moment.hour < 17 and moment.weekday() < 5 for moment in moments)


def test_dead_mailboxes_do_nothing():
    dead = [box for box in roster.everyone() if griffies.is_dead(box.griffie)]

    assert len(dead) == griffies.DEAD
    assert [griffies.plan(letter_to(box.griffie)) for box in dead] == [None] * griffies.DEAD


def test_a_stranger_does_nothing():
    assert griffies.plan(letter_to("iemand@elders.example")) is None
