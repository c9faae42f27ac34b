"""When each gemeente's own letter is due: after the recess of its region."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import foreseeing, inspecting, planning, scheduling
from outreach.campaigns.models import Campaign
from outreach.clock import at_wall, dutch_date
from outreach.contacts import recesses
from outreach.contacts.models import RecessRegion
from outreach.contacts.recesses import Typed
from outreach.db import db
from outreach.delivery.models import Message, State
from tests.campaigns import test_planning
from tests.campaigns.test_planning import send_first
from tests.conftest import NOON
from tests.factories import make_contact

pytestmark = pytest.mark.usefixtures("app")

#: The reminder is due on vr 10 april; 9 to 14 april is a recess in zuid.
DUE = at_wall(date(2026, 4, 10), time(9))
WINDOW = 'window: {days: mon-fri, from: "08:00", until: "18:00"}'


def load(tmp_path: Path, *, step: str = ", not_in_recess: true", more: str = WINDOW) -> Campaign:
    for name in ("Assen", "Breda", "Zeist"):
        make_contact(name)
    file = test_planning.FILE
    reminder = 'at: "09:00", to: not_answered'
    test_planning.FILE = file.replace(reminder, f"{reminder}{step}")
    try:
        return test_planning.load(tmp_path, more=more)
    finally:
        test_planning.FILE = file


def recess(first: date, last: date, region: RecessRegion = RecessRegion.ZUID) -> None:
    recesses.add(Typed("paasvakantie", region, first, last), by=SYSTEM, now=NOON)
    db.session.commit()


def said(campaign: Campaign, now: datetime = NOON) -> dict[str, str]:
    return {one.gemeente_name: one.moment for one in planning.plan(campaign, now=now)[1].send}


def made(campaign: Campaign) -> dict[str, date]:
    rows = select(Message).where(Message.step_id == campaign.steps[1].id).order_by(Message.id)
    return {
        one.address.split("@")[1]: dutch_date(one.not_before) for one in db.session.scalars(rows)
    }


def test_a_letter_waits_for_the_first_working_day_after_the_recess_of_its_region(
    tmp_path: Path,
) -> None:
    campaign = load(tmp_path)
    recess(date(2026, 4, 9), date(2026, 4, 11))
    waits = {"Assen": "", "Breda": "na de paasvakantie, ma 13 april", "Zeist": ""}
    assert said(campaign) == waits
    send_first(campaign)

    assert said(campaign) == waits
    assert "  1 pas op ma 13 april, na de paasvakantie" in list(
        planning.as_lines(planning.plan(campaign, now=NOON))
    )
    days = [(one.day.day, one.letters) for one in foreseeing.days(campaign, now=NOON)]
    assert days[1:] == [(10, 2), (13, 1)]
    scheduling.queue_step(campaign.steps[1], key="k", now=DUE)

    assert made(campaign) == {
        "assen.example": date(2026, 4, 10),
        "breda.example": date(2026, 4, 13),
        "zeist.example": date(2026, 4, 10),
    }
    breda = db.session.scalars(select(Message).where(Message.not_before > DUE)).one()
    assert breda.not_before == DUE + timedelta(days=3)  # at its own time
    assert breda.expires_at == breda.not_before + scheduling.EXPIRES_AFTER
    assert said(campaign, now=DUE) == waits


def test_where_everyone_is_off_the_step_itself_waits(tmp_path: Path) -> None:
    campaign = load(tmp_path)
    recess(date(2026, 4, 4), date(2026, 4, 12), RecessRegion.ALL)

    assert scheduling.due_at(campaign.steps[1]) == DUE + timedelta(days=3)
    assert said(campaign) == dict.fromkeys(("Assen", "Breda", "Zeist"), "na de paasvakantie")


def test_what_would_wait_for_the_window_until_the_recess_waits_for_its_end(tmp_path: Path) -> None:
    campaign = load(tmp_path, more='window: {days: mon-thu, from: "08:00", until: "18:00"}')
    recess(date(2026, 4, 11), date(2026, 4, 19))  # the window opens again on ma 13 april

    assert said(campaign)["Breda"] == "na de paasvakantie, ma 20 april"


def test_a_recess_that_is_known_too_late_still_puts_letters_off(tmp_path: Path) -> None:
    campaign = load(tmp_path)
    send_first(campaign)
    scheduling.queue_step(campaign.steps[1], key="k", now=DUE)
    recess(date(2026, 4, 9), date(2026, 4, 11))

    assert scheduling.postpone(now=DUE) == 1
    assert scheduling.postpone(now=DUE) == 0
    assert made(campaign)["breda.example"] == date(2026, 4, 13)
    paused_until = DUE + timedelta(days=5)
    recess(date(2026, 4, 15), date(2026, 4, 17), RecessRegion.NOORD)
    assert scheduling.postpone(now=paused_until) == 1  # what waited longer finds a recess, too
    assert made(campaign)["assen.example"] == date(2026, 4, 20)


def test_the_check_warns_where_letters_leave_in_a_recess(tmp_path: Path) -> None:
    campaign = load(tmp_path, step="")
    recess(date(2026, 4, 9), date(2026, 4, 11))

    found = [one for one in inspecting.findings(campaign, now=NOON) if one.code == "in-recess"]

    assert [(one.place, one.message) for one in found] == [
        (
            "stap 2",
            "Op vr 10 april is het paasvakantie: 1 van de 3 brieven van stap 2 komt dan in het "
            "reces. Vink bij die stap ‘Niet in het reces’ aan, of kies een ander moment.",
        )
    ]
    assert said(campaign)["Breda"] == ""
    campaign.steps[1].not_in_recess = True
    assert "in-recess" not in {one.code for one in inspecting.findings(campaign, now=NOON)}
    assert State.QUEUED not in db.session.scalars(select(Message.state)).all()
