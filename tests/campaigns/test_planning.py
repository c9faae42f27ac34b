"""Who gets which step, who not and why; and that what leaves is what was planned."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import audience, inspecting, planning, scheduling, writing
from outreach.campaigns.models import Campaign, CampaignState, StepState
from outreach.campaigns.store import Store
from outreach.contacts.models import Function, RegionKind, SuppressionReason
from outreach.contacts.suppression import suppress
from outreach.db import db
from outreach.delivery.models import Message, State
from tests.conftest import NOON
from tests.factories import make_address, make_answer, make_contact, make_region, make_sender

pytestmark = pytest.mark.usefixtures("app")

FILE = """---
name: Oproep aanpak eenzaamheid
slug: oproep
sender: post@naastelkaar.example
kenmerk: NE-2026-014
audience: {audience}
{more}
steps:
  - {{subject: "Oproep aan de raad van {{{{gemeente}}}}", send_at: 2026-03-23T09:00}}
  - {{subject: "Herinnering: oproep", after: 18 days, at: "09:00", to: not_answered}}
---
{{{{aanhef}}}}

Wilt u de oproep doorsturen?

Met vriendelijke groet,
Marit Zuidema

---
{{{{aanhef}}}}

Op {{{{eerste_brief.datum}}}} schreven wij u.

Met vriendelijke groet,
Marit Zuidema
"""


def load(tmp_path: Path, audience: str = "{role: griffier}", more: str = "") -> Campaign:
    make_sender(name="Naast Elkaar", email="post@naastelkaar.example")
    campaign = writing.load(
        FILE.format(audience=audience, more=more),
        folder=tmp_path,
        store=Store(tmp_path / "files"),
        by=SYSTEM,
        now=NOON - timedelta(days=3),
    )
    campaign.state = CampaignState.RUNNING
    db.session.commit()
    return campaign


def send_first(campaign: Campaign, *states: State) -> list[Message]:
    """Queue the first step, and let its letters end as given (accepted unless said)."""
    scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    messages = list(
        db.session.scalars(
            select(Message).where(Message.state == State.QUEUED).order_by(Message.id)
        )
    )
    for number, message in enumerate(messages):
        message.state = states[number] if number < len(states) else State.ACCEPTED
        message.accepted_at = NOON if message.state is State.ACCEPTED else None
    db.session.commit()
    return messages


def planned(campaign: Campaign, step: int, now=NOON) -> tuple[list[str], dict[str, str]]:
    plan = planning.plan(campaign, now=now)[step - 1]
    return [p.gemeente_name for p in plan.send], {s.gemeente_name: s.reason for s in plan.skip}


def test_the_first_step_goes_to_all_griffies_with_a_confirmed_address(tmp_path: Path) -> None:
    make_contact("Zeist")
    make_contact("Haarlem")
    make_contact("Soest", function=Function.RAADSLID)
    unconfirmed = make_contact("Delft").addresses[0]
    unconfirmed.confirmed_at = None
    no_basis = make_contact("Gouda").addresses[0]
    no_basis.basis = None
    make_contact("Leiden", term_until=date(2026, 3, 1))
    campaign = load(tmp_path)

    send, skip = planned(campaign, 1)

    assert send == ["Haarlem", "Zeist"]
    assert skip == {"Delft": "unconfirmed", "Gouda": "no-basis", "Leiden": "term-ended"}


def test_a_term_that_did_not_begin_is_not_written_to(tmp_path: Path) -> None:
    make_contact("Zeist", term_from=date(2026, 3, 23))
    make_contact("Soest", term_from=date(2026, 3, 24))
    campaign = load(tmp_path)

    assert planned(campaign, 1) == (["Zeist"], {"Soest": "term-not-begun"})
    send_first(campaign)
    leaves = select(Message.address).where(Message.state != State.CANCELLED)
    assert db.session.scalars(leaves).all() == ["griffie@zeist.example"]


def test_an_audience_is_places_without_what_is_excepted(tmp_path: Path) -> None:
    for name in ("Zeist", "Haarlem", "Hilversum", "Assen", "Emmen"):
        make_contact(name)
    campaign = load(
        tmp_path,
        "{role: griffier, province: [Utrecht, Noord-Holland], gemeente: [Assen], "
        "except: {gemeente: [Hilversum]}}",
    )

    send, _ = planned(campaign, 1)

    assert send == ["Assen", "Haarlem", "Zeist"]


def test_an_audience_names_regions_and_leaves_one_out(tmp_path: Path) -> None:
    for name in ("Zeist", "Haarlem", "Soest", "Assen"):
        make_contact(name)
    make_region("GGD Midden", "Zeist", "Soest")
    make_region("Kern", "Soest", kind=RegionKind.OWN)

    campaign = load(
        tmp_path, "{region: [ggd midden], gemeente: Assen, except: {region: eigen:Kern}}"
    )

    assert planned(campaign, 1)[0] == ["Assen", "Zeist"]
    written = writing.as_file(campaign)
    assert writing.check_audience(written.audience) == campaign.audience


def test_a_letter_that_names_a_partner_is_refused_where_there_is_none(tmp_path: Path) -> None:
    for name in ("Zeist", "Haarlem"):
        make_contact(name)
    make_region("GGD Midden", "Zeist", partner="Stichting Midden")
    campaign = load(tmp_path)
    campaign.steps[0].texts[-1].mail = "Met {{regiopartner}}, groet"
    db.session.commit()

    found = [one for one in inspecting.findings(campaign, now=NOON) if one.code == "missing-value"]

    assert [one.message for one in found] == [
        "Bij griffie@haarlem.example is er niets om bij {{regiopartner}} in te vullen."
    ]


def test_two_griffies_with_one_mailbox_get_two_letters_and_the_plan_says_so(
    tmp_path: Path,
) -> None:
    make_contact("Zeist", "griffie@samen.example")
    make_contact("Bunnik", "Griffie@samen.example")
    campaign = load(tmp_path)

    plan = planning.plan(campaign, now=NOON)[0]
    send_first(campaign)

    assert [(p.gemeente_name, p.note) for p in plan.send] == [
        ("Bunnik", "zelfde postbus als Zeist: 2 brieven"),
        ("Zeist", "zelfde postbus als Bunnik: 2 brieven"),
    ]
    assert db.session.scalar(select(func.count(Message.id))) == 2


def test_one_mailbox_for_raad_and_college_gets_both_letters(tmp_path: Path) -> None:
    make_contact("Zeist", "info@zeist.example")
    make_contact("Zeist", "info@zeist.example", function=Function.COLLEGE)
    campaign = load(tmp_path, more="variants: [raad, college]")

    plan = planning.plan(campaign, now=NOON)[0]
    send_first(campaign)

    assert [p.note for p in plan.send] == [
        "zelfde postbus als Zeist (raad): 2 brieven",
        "zelfde postbus als Zeist (college): 2 brieven",
    ]
    assert set(db.session.scalars(select(Message.variant))) == {"raad", "college"}


def test_two_people_behind_one_address_of_one_gemeente_get_one_letter(tmp_path: Path) -> None:
    make_contact("Zeist", "griffie@zeist.example")
    make_contact("Zeist", "griffie@zeist.example", last_name="Terpstra")
    campaign = load(tmp_path)

    plan = planning.plan(campaign, now=NOON)[0]
    send_first(campaign)

    assert len(plan.send) == 1
    assert [s.reason for s in plan.skip] == ["same-address"]
    assert db.session.scalar(select(func.count(Message.id))) == 1


def test_a_reminder_follows_those_who_got_a_letter_and_did_not_answer(tmp_path: Path) -> None:
    names = ["Assen", "Delft", "Emmen", "Gouda", "Haarlem", "Leiden", "Zeist"]
    for name in names:
        make_contact(name)
    campaign = load(tmp_path)
    send_first(campaign, State.ACCEPTED, State.REFUSED, State.UNCERTAIN)
    make_answer(campaign, "Gouda", "doorgestuurd")
    make_answer(campaign, "Haarlem", "ontvangen")
    suppress("griffie@leiden.example", SuppressionReason.ONE_CLICK, by=SYSTEM, now=NOON)
    db.session.commit()

    send, skip = planned(campaign, 2)

    assert send == ["Assen", "Haarlem", "Zeist"]
    assert skip == {
        "Delft": "bounced",
        "Emmen": "uncertain",
        "Gouda": "answered",
        "Leiden": "suppressed",
    }


def test_the_states_of_a_step_add_up_to_its_audience(tmp_path: Path) -> None:
    for name in ("Assen", "Delft", "Gouda", "Leiden"):
        make_contact(name)
    campaign = load(tmp_path)
    send_first(campaign, State.ACCEPTED, State.REFUSED)
    make_answer(campaign, "Gouda", "op-lijst")
    suppress("griffie@leiden.example", SuppressionReason.ASKED, by=SYSTEM, now=NOON)
    later = NOON + timedelta(days=18)

    ready = scheduling.queue_step(campaign.steps[1], key="k", now=later)

    rows = db.session.execute(
        select(Message.address, Message.state, Message.reason)
        .where(Message.step_id == campaign.steps[1].id)
        .order_by(Message.address)
    ).all()
    assert ready == 1
    assert [tuple(row) for row in rows] == [
        ("griffie@assen.example", State.QUEUED, ""),
        ("griffie@delft.example", State.CANCELLED, "bounced"),
        ("griffie@gouda.example", State.CANCELLED, "answered"),
        ("griffie@leiden.example", State.SUPPRESSED, "suppressed"),
    ]


def test_a_step_is_queued_once(tmp_path: Path) -> None:
    make_contact("Zeist")
    campaign = load(tmp_path)

    first = scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    second = scheduling.queue_step(campaign.steps[0], key="k", now=NOON)

    assert (first, second) == (1, 0)
    assert campaign.steps[0].state is StepState.QUEUED


def test_an_answer_after_queueing_takes_the_row_out(tmp_path: Path) -> None:
    make_contact("Assen")
    make_contact("Zeist")
    campaign = load(tmp_path)
    send_first(campaign)
    scheduling.queue_step(campaign.steps[1], key="k", now=NOON + timedelta(days=18))
    make_answer(campaign, "Zeist", "doorgestuurd")

    wanted = select(Message.address).where(
        Message.step_id == campaign.steps[1].id,
        audience.still_wanted(NOON + timedelta(days=18)),
    )
    dropped = select(Message.address, audience.drop_of_message(NOON)).where(
        Message.step_id == campaign.steps[1].id, audience.drop_of_message(NOON).is_not(None)
    )

    assert list(db.session.scalars(wanted)) == ["griffie@assen.example"]
    assert [tuple(r) for r in db.session.execute(dropped)] == [
        ("griffie@zeist.example", "answered")
    ]


def test_nothing_may_leave_while_paused_or_outside_the_window(tmp_path: Path) -> None:
    make_contact("Zeist")
    campaign = load(tmp_path, more='window: {days: mon-fri, from: "08:00", until: "18:00"}')
    scheduling.queue_step(campaign.steps[0], key="k", now=NOON)
    db.session.commit()

    def leaving(now=NOON) -> int:
        found = select(func.count(Message.id)).where(audience.still_wanted(now))
        return db.session.scalar(found)

    assert leaving() == 1
    assert leaving(NOON.replace(hour=18)) == 0
    assert leaving(NOON - timedelta(days=1)) == 0, "Sunday"
    assert leaving(NOON.replace(day=27, month=4)) == 0, "Koningsdag"
    campaign.state = CampaignState.PAUSED
    db.session.commit()
    assert leaving() == 0


def test_a_reminder_counts_from_the_gemeentes_own_letter(tmp_path: Path) -> None:
    make_contact("Assen")
    make_contact("Zeist")
    campaign = load(tmp_path)
    _, zeist = send_first(campaign)
    zeist.accepted_at = NOON + timedelta(days=3)
    db.session.commit()

    scheduling.queue_step(campaign.steps[1], key="k", now=NOON + timedelta(days=18))

    found = select(Message.address, Message.not_before)
    found = found.where(Message.step_id == campaign.steps[1].id)
    rows = dict(list(db.session.execute(found)))
    # summer time has begun: 9.00 uur is an hour earlier in UTC
    assert scheduling.due_at(campaign.steps[1]) == NOON + timedelta(days=18, hours=-1)
    assert rows["griffie@assen.example"] == NOON + timedelta(days=18)
    assert rows["griffie@zeist.example"] == NOON + timedelta(days=21, hours=-1)


def test_a_second_address_that_never_got_the_first_letter_follows_its_gemeente(
    tmp_path: Path,
) -> None:
    contact = make_contact("Zeist", "oud@zeist.example")
    campaign = load(tmp_path)
    send_first(campaign)
    contact.addresses[0].preferred = False
    make_address(contact, "nieuw@zeist.example")

    plan = planning.plan(campaign, now=NOON)[1]

    assert [p.email for p in plan.send] == ["nieuw@zeist.example"]


def test_the_plan_names_gemeenten_that_are_meant_and_have_no_address(tmp_path: Path) -> None:
    make_contact("Zeist")
    campaign = load(tmp_path, "{gemeente: [Zeist, Bunnik]}")

    plan = planning.plan(campaign, now=NOON)[0]

    assert [g.name for g in plan.missing] == ["Bunnik"]


def test_a_letter_that_came_back_later_says_when(tmp_path: Path) -> None:
    make_contact("Assen")
    campaign = load(tmp_path)
    send_first(campaign)
    db.session.query(Message).one().bounced_at = NOON + timedelta(days=1)
    db.session.commit()

    (skipped,) = planning.plan(campaign, now=NOON + timedelta(days=2))[1].skip

    assert (skipped.reason, skipped.evidence) == (
        "bounced",
        "de eerste brief kwam terug op di 24 maart",
    )
