"""When each gemeente's own letter is due: after a recess, after the first few."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import (
    braking,
    exporting,
    files,
    foreseeing,
    inspecting,
    planning,
    running,
    scheduling,
)
from outreach.campaigns.files import CampaignFile
from outreach.campaigns.models import Campaign, CampaignState, Recipients, Step
from outreach.clock import at_wall, dutch_date, to_wall
from outreach.contacts import gemeenten, recesses, sittings
from outreach.contacts.models import RecessRegion, SittingKind
from outreach.contacts.recesses import Typed
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.errors import Invalid
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


def meets(name: str, *days: date, kind: SittingKind = SittingKind.RAAD) -> None:
    for day in days:
        typed = sittings.Typed(gemeenten.find(name).code, day, kind)
        sittings.add(typed, by=SYSTEM, now=NOON)
    db.session.commit()


COUNCIL = ", after_council: 3 working days"
UNKNOWN = "raadsvergadering niet bekend"


def test_a_reminder_waits_for_the_raadsvergadering_where_it_is_known(tmp_path: Path) -> None:
    campaign = load(tmp_path, step=COUNCIL)
    meets("Assen", date(2026, 3, 19), date(2026, 3, 26), date(2026, 4, 23))
    meets("Breda", date(2026, 3, 24), kind=SittingKind.COMMISSIE)
    meets("Breda", date(2026, 4, 28))
    meets("Zeist", date(2026, 9, 1))  # nobody believes that it is the next
    waits = {
        "Assen": "3 werkdagen na de raadsvergadering van do 26 maart",
        "Breda": "3 werkdagen na de raadsvergadering van di 28 april, vr 1 mei",
        "Zeist": f"{UNKNOWN}, vr 10 april",
    }
    assert said(campaign) == waits
    assert [dutch_date(one.at or NOON).day for one in planning.plan(campaign, now=NOON)][1] == 31
    send_first(campaign)

    assert said(campaign) == waits
    due = scheduling.due_at(campaign.steps[1])
    assert due == at_wall(date(2026, 3, 31), time(9))
    days = [(one.day.day, one.letters) for one in foreseeing.days(campaign, now=NOON)]
    assert days[1:] == [(31, 1), (10, 1), (1, 1)]
    scheduling.queue_step(campaign.steps[1], key="k", now=due)

    assert list(made(campaign).values()) == [date(2026, 3, 31), date(2026, 5, 1), date(2026, 4, 10)]
    assert said(campaign, now=due) == waits


def test_when_a_vergadering_moves_the_letter_that_waits_goes_along(tmp_path: Path) -> None:
    campaign = load(tmp_path, step=COUNCIL)
    meets("Assen", date(2026, 3, 26))
    meets("Breda", date(2026, 4, 28))
    send_first(campaign)
    due = at_wall(date(2026, 3, 31), time(9))
    scheduling.queue_step(campaign.steps[1], key="k", now=due)
    breda = sittings.find(gemeenten.find("Breda").code, date(2026, 4, 28), SittingKind.RAAD)

    def moves(day: date) -> tuple[str, date]:
        typed = sittings.Typed(breda.gemeente_code, day)
        sittings.change(breda, typed, by=SYSTEM, now=due)
        plan = said(campaign, now=due)["Breda"]  # before anything was moved
        assert scheduling.postpone(now=due) == 1
        assert scheduling.postpone(now=due) == 0
        assert said(campaign, now=due)["Breda"] == plan
        return plan, made(campaign)["breda.example"]

    later = "3 werkdagen na de raadsvergadering van di 12 mei, ma 18 mei"
    assert moves(date(2026, 5, 12)) == (later, date(2026, 5, 18))
    sooner = "3 werkdagen na de raadsvergadering van wo 1 april, wo 8 april"
    assert moves(date(2026, 4, 1)) == (sooner, date(2026, 4, 8))
    past = "3 werkdagen na de raadsvergadering van di 24 maart"
    assert moves(date(2026, 3, 24)) == (past, date(2026, 3, 31))  # it is time now
    meets("Zeist", date(2026, 4, 2))
    assert scheduling.postpone(now=due) == 1
    assert made(campaign)["zeist.example"] == date(2026, 4, 9)


def test_a_second_reminder_waits_for_the_vergadering_after_the_first(tmp_path: Path) -> None:
    campaign = load(tmp_path, step=COUNCIL)
    second = Step(
        position=3, after_days=20, after_working=True, council_days=5, after_at=time(9),
        recipients=Recipients.NOT_ANSWERED, not_in_recess=True,
    )  # fmt: skip
    campaign.steps.append(second)
    meets("Assen", date(2026, 3, 26), date(2026, 4, 9))
    meets("Breda", date(2026, 3, 26))
    recess(date(2026, 4, 13), date(2026, 4, 19), RecessRegion.NOORD)

    waits = {
        "Assen": "5 werkdagen na de raadsvergadering van do 9 april, na de paasvakantie"
        ", ma 20 april",
        "Breda": f"{UNKNOWN}, na de meivakantie, ma 4 mei",
        "Zeist": f"{UNKNOWN}, ma 11 mei",
    }

    def then() -> dict[str, str]:
        plan = planning.plan_step(second, now=NOON)
        assert plan.at == at_wall(date(2026, 4, 20), time(9))
        first = {"Assen": ", ma 20 april"}
        return {
            one.gemeente_name: one.moment + first.get(one.gemeente_name, "") for one in plan.send
        }

    assert then() == waits
    send_first(campaign)
    scheduling.queue_step(campaign.steps[1], key="k", now=at_wall(date(2026, 3, 31), time(9)))
    db.session.commit()
    assert then() == waits


def test_the_check_counts_where_no_raadsvergadering_is_known(tmp_path: Path) -> None:
    campaign = load(tmp_path, step=COUNCIL)
    meets("Assen", date(2026, 3, 26))

    found = [one for one in inspecting.findings(campaign, now=NOON) if one.code == "no-sitting"]

    assert [one.message for one in found] == [
        "Bij 2 van de 3 brieven van stap 2 weten wij niet wanneer de raad vergadert. Daar gaat hij"
        " weg 18 dagen na de vorige brief."
    ]


def test_a_file_says_how_long_after_a_raadsvergadering(tmp_path: Path) -> None:
    def parsed(what: str) -> CampaignFile:
        reminder = 'at: "09:00", to: not_answered'
        file = test_planning.FILE.replace(reminder, f"{reminder}{what}")
        return files.parse(file.format(audience="{}", more=""))

    for wrong in ("3 days", "0 working days", "61 working days", "soon"):
        with pytest.raises(Invalid, match=r"^Regel \d+, kolom \d+: ‘"):
            parsed(f", after_council: {wrong}")
    with pytest.raises(Invalid, match="hoort ook after"):
        files.parse(
            test_planning.FILE.format(audience="{}", more="").replace(
                "after: 18 days", "send_at: 2026-05-01T09:00, after_council: 3 working days"
            )
        )
    assert parsed(COUNCIL).steps[1].council_days == 3
    assert parsed(", after_council: 3 werkdagen") == parsed(COUNCIL)
    file = exporting.said(parsed(COUNCIL))
    assert '"after_council": "3 working days"' in file
    assert exporting.said(files.parse(file)) == file


PLACES = ("Assen", "Breda", "Delft", "Emmen", "Goes", "Haarlem", "Tiel", "Venlo", "Zeist", "Zwolle")


def soft(tmp_path: Path, what: str) -> Campaign:
    for name in PLACES:
        make_contact(name)
    return test_planning.load(tmp_path, more=f"{WINDOW}\nsoft_start: {what}")


def first_and_rest(campaign: Campaign) -> tuple[set[str], set[tuple[str, str]]]:
    send = planning.plan(campaign, now=NOON)[0].send
    now = {one.gemeente_name for one in send if not one.moment}
    return now, {(one.gemeente_name, one.moment) for one in send if one.moment}


def test_a_few_gemeenten_of_different_provinces_go_first_and_the_rest_a_working_day_later(
    tmp_path: Path,
) -> None:
    campaign = soft(tmp_path, "7")
    first, rest = first_and_rest(campaign)

    assert len(first) == 7
    assert not {"Assen", "Emmen"} <= first  # there are nine provinces
    assert {moment for _name, moment in rest} == {"na de eerste 7, di 24 maart"}
    assert [(one.day.day, one.letters) for one in foreseeing.days(campaign, now=NOON)][:2] == [
        (23, 7),
        (24, 3),
    ]
    scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    assert first_and_rest(campaign) == (first, rest)
    later = db.session.scalars(select(Message).where(Message.not_before > NOON)).all()
    assert {(to_wall(one.not_before).day, to_wall(one.not_before).hour) for one in later} == {
        (24, to_wall(NOON).hour)
    }
    assert scheduling.postpone(now=NOON + timedelta(days=2)) == 0


def test_who_goes_first_can_be_chosen_and_the_rest_follows_after_hours(tmp_path: Path) -> None:
    campaign = soft(tmp_path, "{gemeenten: [Assen, Goes], rest: 2 hours}")

    first, rest = first_and_rest(campaign)

    assert first == {"Assen", "Goes"}
    assert len(rest) == 8
    assert scheduling.next_due(now=NOON - timedelta(days=1)) is not None
    scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    assert scheduling.next_due(now=NOON) == NOON + timedelta(hours=2)


def test_the_rest_is_paused_when_too_many_of_the_first_come_back(tmp_path: Path) -> None:
    campaign = soft(tmp_path, "5")
    scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    first = db.session.scalars(select(Message).where(Message.not_before <= NOON)).all()
    assert len(first) == 5
    for one in first:
        one.state, one.accepted_at = State.ACCEPTED, NOON
    first[0].bounced_at = NOON
    db.session.commit()
    assert braking.brake(now=NOON) == 0  # one may be anyone's

    first[1].bounced_at = NOON
    db.session.commit()
    assert braking.brake(now=NOON) == 1
    db.session.commit()
    assert campaign.state is CampaignState.PAUSED
    assert campaign.pause_reason.startswith("Zachte start: 2 van de eerste 5 brieven kwamen")

    running.resume(campaign, by=SYSTEM, now=NOON)
    assert braking.brake(now=NOON) == 0  # who resumes it has seen them


def test_the_brake_lets_go_once_the_rest_leaves(tmp_path: Path) -> None:
    campaign = soft(tmp_path, "5")
    scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    db.session.commit()

    assert braking.brake(now=NOON + timedelta(days=1)) == 0
    assert campaign.soft_judged


def test_a_soft_start_is_a_number_or_says_what_is_wrong(tmp_path: Path) -> None:
    def parsed(what: str) -> CampaignFile:
        return files.parse(test_planning.FILE.format(audience="{}", more=f"soft_start: {what}"))

    for wrong in ("0", "veel", "{first: 3, gemeenten: [Assen]}", "{rest: soon}", "{rest: 999 uur}"):
        with pytest.raises(Invalid, match=r"^Regel 7, kolom"):
            parsed(wrong)
    assert parsed("10") == parsed("{rest: next working day}")
    file = exporting.said(parsed("{first: 3, rest: 24 hours}"))
    assert 'soft_start: {"first": 3, "rest": "24 hours"}' in file
    assert exporting.said(files.parse(file)) == file
