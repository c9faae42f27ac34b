"""How much post a griffie gets, over all senders: counted, said, never a stop."""

from datetime import timedelta

import pytest
from flask import Flask

from outreach.accounts import choices
from outreach.accounts.audit import CLI
from outreach.accounts.choices import Pressure
from outreach.campaigns import inspecting, pressure
from outreach.campaigns.models import Campaign, CampaignState
from outreach.clock import FixedClock
from outreach.delivery.models import State
from outreach.letters.checking import Severity
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message

pytestmark = pytest.mark.usefixtures("app")
DAY = timedelta(days=1)


def written(n: int, contact: object, days_ago: int = 3, **values: object) -> None:
    """Letters of other senders to one griffie."""
    for _ in range(n):
        make_message(make_campaign(), contact, accepted_at=NOON - days_ago * DAY, **values)  # type: ignore[arg-type]


def warned(campaign: Campaign) -> list[str]:
    found = inspecting.findings(campaign, now=NOON)
    pressing = [one for one in found if one.code == "much-post"]
    assert all(one.severity is Severity.WARNING for one in pressing)
    return [one.message for one in pressing]


def test_who_gets_more_than_the_budget_with_this_letter_is_named(app: Flask) -> None:
    zeist, soest = make_contact("Zeist"), make_contact("Soest")
    written(4, zeist)
    written(3, soest)

    assert warned(make_campaign()) == [
        "1 gemeente krijgt hiermee meer dan 4 brieven in 30 dagen: Zeist (5)."
    ]


def test_what_is_older_or_never_left_does_not_count(app: Flask) -> None:
    zeist = make_contact("Zeist")
    written(4, zeist, days_ago=31)
    written(4, zeist, state=State.REFUSED)
    written(4, zeist, state=State.CANCELLED)

    assert warned(make_campaign()) == []
    assert pressure.of_gemeente("GM0355", now=NOON).letters == 0


def test_what_waits_and_what_another_letter_plans_counts(app: Flask) -> None:
    zeist = make_contact("Zeist")
    written(3, zeist)
    make_message(make_campaign(), zeist, state=State.QUEUED, accepted_at=None)
    make_campaign(state=CampaignState.RUNNING)
    mine = make_campaign()
    mine.steps[0].send_at = NOON + DAY

    assert warned(mine) == ["1 gemeente krijgt hiermee meer dan 4 brieven in 30 dagen: Zeist (6)."]


def test_the_budget_is_the_owners(app: Flask, clock: FixedClock) -> None:
    written(1, make_contact("Zeist"))
    choices.write(Pressure(letters=1, days=7), by=CLI, now=clock.now())

    assert warned(make_campaign()) == [
        "1 gemeente krijgt hiermee meer dan 1 brief in 7 dagen: Zeist (2)."
    ]
    load = pressure.of_gemeente("GM0355", now=NOON)
    assert (load.letters, load.much) == (1, False)
