"""What leaves on which day, as long as nobody answers."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from outreach.campaigns import foreseeing
from outreach.campaigns.models import Campaign
from outreach.db import db
from tests.campaigns.test_planning import load, send_first
from tests.conftest import NOON
from tests.factories import make_answer, make_contact

pytestmark = pytest.mark.usefixtures("app")


def seen(campaign: Campaign) -> list[tuple[date, int, int, bool]]:
    days = foreseeing.days(campaign, now=NOON)
    return [(one.day, one.step.position, one.letters, one.left) for one in days]


def test_each_step_stands_on_the_day_that_its_letters_leave(tmp_path: Path) -> None:
    for name in ("Assen", "Delft", "Zeist"):
        make_contact(name)
    campaign = load(tmp_path, more='window: {days: mon-thu, from: "08:00", until: "18:00"}')
    first, reminder = date(2026, 3, 23), date(2026, 4, 13)  # 10 April is a Friday

    assert seen(campaign) == [(first, 1, 3, False), (reminder, 2, 3, False)]

    messages = send_first(campaign)
    messages[2].accepted_at = NOON + timedelta(days=7)
    make_answer(campaign, "Assen", "doorgestuurd")
    db.session.commit()

    assert seen(campaign) == [
        (first, 1, 2, True),
        (first + timedelta(days=7), 1, 1, True),
        (reminder, 2, 1, False),
        (date(2026, 4, 20), 2, 1, False),  # counts from its own first letter
    ]
    assert foreseeing.as_json(foreseeing.days(campaign, now=NOON))[-1] == {
        "date": "2026-04-20",
        "step": 2,
        "letters": 1,
        "left": False,
    }
