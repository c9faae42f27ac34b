"""A step for some of the audience: what was answered, said or registered decides."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from outreach.accounts.audit import SYSTEM
from outreach.answers import questions, replying
from outreach.answers.models import Source
from outreach.campaigns import audience, conditions, planning, scheduling, writing
from outreach.campaigns.models import Campaign, CampaignState
from outreach.campaigns.store import Store
from outreach.clock import to_wall
from outreach.contacts import gemeenten
from outreach.contacts.models import Function
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.errors import Invalid
from outreach.events import registering
from outreach.events.models import MeetingState, VisitorRole
from tests.campaigns.test_planning import send_first
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_answer,
    make_contact,
    make_meeting,
    make_registration,
    make_sender,
)

pytestmark = pytest.mark.usefixtures("app")

FILE = """---
name: Oproep
slug: oproep
sender: post@naastelkaar.example
kenmerk: NE-2026-014
audience: {{role: {role}}}
questions:
  - {{key: pilot, label: Doet u mee?, type: choice, options: [ja, nee, in beraad]}}
  - {{key: themas, label: Welke?, type: several, options: [eten, wonen, werk]}}
meetings: [haarlem]
{more}
steps:
  - {{subject: "Oproep", send_at: 2026-03-23T09:00}}
  - {{subject: "Vervolg", after: 18 days, at: "09:00", to: {to}}}
---
Met groet, {{{{afzender}}}}

---
Met groet, {{{{afzender}}}}
"""
LATER = NOON + timedelta(days=18)


def load(tmp_path: Path, to: str, role: str = "griffier", more: str = "") -> Campaign:
    make_sender(name="Naast Elkaar", email="post@naastelkaar.example")
    text = FILE.format(to=to, role=role, more=more)
    if "before:" in to:
        text = text.replace("after: 18 days, ", "")
    campaign = writing.load(
        text,
        folder=tmp_path,
        store=Store(tmp_path / "files"),
        by=SYSTEM,
        now=NOON - timedelta(days=3),
    )
    campaign.state = CampaignState.RUNNING
    db.session.commit()
    return campaign


def say(campaign: Campaign, gemeente: str, *, after: int = 0, **given: str) -> None:
    asked = {one.key: one for one in questions.of(campaign.questions)}
    replying.reply(
        campaign.id,
        gemeenten.find(gemeente).code,
        {asked[key]: value.split(" + ") for key, value in given.items()},
        body="raad",
        source=Source.LINK,
        by=SYSTEM,
        now=NOON + timedelta(days=1 + after),
        evidence="griffie, op de antwoordpagina",
    )
    db.session.commit()


def sends(campaign: Campaign) -> list[str]:
    """Who gets the second step: as planned, and once queued as the mark has it."""
    plan = planning.plan(campaign, now=NOON)[1]
    scheduling.queue_step(campaign.steps[1], key="k", now=LATER)
    leave = select(Message.address).where(
        Message.step_id == campaign.steps[1].id, audience.still_wanted(LATER)
    )
    dropped = select(Message.address).where(
        Message.step_id == campaign.steps[1].id, audience.drop_of_message(LATER).is_not(None)
    )
    left = set(db.session.scalars(leave))
    assert left == {one.email for one in plan.send}
    assert set(db.session.scalars(dropped)) == {one.email for one in plan.skip}
    return [one.gemeente_name for one in plan.send]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("not_answered", ["Assen", "Breda", "Delft"]),
        ("receipt", ["Breda", "Delft"]),
        ("silent", ["Assen"]),
        ("{silent: true, not_registered_for: haarlem}", []),
        ("{not_replied_to: pilot}", ["Assen", "Breda", "Delft", "Ede", "Haarlem"]),
        ("{replied: {pilot: [ja]}}", ["Gouda"]),
        ("{replied: {pilot: [nee, in beraad]}}", ["Leiden"]),
        ("{replied: {themas: [wonen]}}", ["Haarlem"]),
        ("{not_registered_for: haarlem}", ["Breda", "Delft", "Ede", "Gouda", "Haarlem", "Leiden"]),
        ("{registered_for: haarlem}", ["Assen"]),
        ("{not_answered: true, not_registered_for: haarlem}", ["Breda", "Delft"]),
    ],
)
def test_plan_queue_and_mark_know_the_same_condition(
    tmp_path: Path, to: str, expected: list[str]
) -> None:
    for name in ("Assen", "Breda", "Delft", "Ede", "Gouda", "Haarlem", "Leiden", "Zeist"):
        make_contact(name)
    meeting = make_meeting()
    make_registration(meeting, 1, gemeente_code=gemeenten.find("Assen").code)
    left_again = make_registration(meeting, 2, gemeente_code=gemeenten.find("Breda").code)
    left_again.cancelled_at = NOON
    campaign = load(tmp_path, to)
    send_first(campaign)
    make_answer(campaign, "Breda", "ontvangen")
    make_answer(campaign, "Delft", "in-behandeling")
    make_answer(campaign, "Ede", "doorgestuurd")
    make_answer(campaign, "Zeist", "niet-benaderen")
    say(campaign, "Gouda", pilot="in beraad")
    say(campaign, "Gouda", after=1, pilot="ja")
    say(campaign, "Leiden", pilot="nee", themas="eten + werk")
    say(campaign, "Haarlem", themas="eten + wonen")

    assert sends(campaign) == expected


def with_two_texts(tmp_path: Path, one: str = "silent", other: str = "receipt") -> Campaign:
    """A letter that arrived in Assen and Breda; its one reminder is for who was silent, and for who
    confirmed receipt."""
    for name in ("Assen", "Breda"):
        make_contact(name)
    to = f'{one}}}\n  - {{subject: Vervolg, after: 18 days, at: "09:00", to: {other}'
    make_sender(name="Naast Elkaar", email="post@naastelkaar.example")
    campaign = writing.load(
        FILE.format(to=to, role="griffier", more="") + "---\nMet groet, {{afzender}}\n",
        folder=tmp_path,
        store=Store(tmp_path / "files"),
        by=SYSTEM,
        now=NOON - timedelta(days=3),
    )
    campaign.state = CampaignState.RUNNING
    send_first(campaign)
    return campaign


def reasons(campaign: Campaign) -> list[dict[str, str]]:
    return [
        {one.gemeente_name: one.reason for one in plan.skip}
        for plan in planning.plan(campaign, now=LATER)[1:]
    ]


def test_who_confirmed_receipt_gets_a_text_of_its_own_and_no_other(tmp_path: Path) -> None:
    campaign = with_two_texts(tmp_path)
    make_answer(campaign, "Breda", "ontvangen")
    plans = planning.plan(campaign, now=LATER)[1:]

    assert [[one.gemeente_name for one in plan.send] for plan in plans] == [["Assen"], ["Breda"]]
    assert reasons(campaign) == [{"Breda": "receipt"}, {"Assen": "no-receipt"}]
    assert plans[0].skip[0].evidence.startswith("ontvangen: ")
    assert conditions.rounds(campaign.steps) == 2


@pytest.mark.parametrize("gone", [State.CLAIMED, State.ACCEPTED, State.UNCERTAIN])
def test_a_receipt_between_the_two_texts_brings_no_second(tmp_path: Path, gone: State) -> None:
    campaign = with_two_texts(tmp_path)
    silent, receipt = campaign.steps[1:]
    scheduling.queue_step(silent, key="k", now=LATER)
    of_silent = Message.step_id == silent.id
    assert db.session.scalars(select(Message.state).where(of_silent)).all() == [State.QUEUED] * 2
    db.session.execute(update(Message).where(of_silent).values(state=gone, accepted_at=LATER))
    make_answer(campaign, "Breda", "ontvangen")

    scheduling.queue_step(receipt, key="k", now=LATER)

    assert reasons(campaign)[1] == {"Assen": "no-receipt", "Breda": "other-text"}
    leave = select(Message.id).where(Message.step_id == receipt.id, audience.still_wanted(LATER))
    assert not db.session.scalars(leave).all()


def test_a_registration_between_the_two_texts_brings_no_second(tmp_path: Path) -> None:
    meeting = make_meeting()
    campaign = with_two_texts(
        tmp_path, "{not_registered_for: haarlem}", "{registered_for: haarlem}"
    )
    without, registered = campaign.steps[1:]
    make_registration(meeting, 1, gemeente_code=gemeenten.find("Assen").code)
    db.session.commit()
    plans = planning.plan(campaign, now=LATER)[1:]
    assert [[one.gemeente_name for one in plan.send] for plan in plans] == [["Breda"], ["Assen"]]
    assert conditions.rounds(campaign.steps) == 2

    scheduling.queue_step(without, key="k", now=LATER)
    breda = gemeenten.find("Breda").code
    db.session.execute(
        update(Message)
        .where(Message.step_id == without.id, Message.gemeente_code == breda)
        .values(state=State.ACCEPTED, accepted_at=LATER)
    )
    make_registration(meeting, 2, gemeente_code=breda)
    db.session.commit()
    scheduling.queue_step(registered, key="k", now=LATER)

    assert reasons(campaign)[1] == {"Breda": "other-text"}
    leave = select(Message.address).where(
        Message.step_id == registered.id, audience.still_wanted(LATER)
    )
    assert db.session.scalars(leave).all() == ["griffie@assen.example"]


def test_what_still_waited_in_one_text_leaves_in_the_other(tmp_path: Path) -> None:
    campaign = with_two_texts(tmp_path)
    scheduling.queue_step(campaign.steps[1], key="k", now=LATER)
    make_answer(campaign, "Breda", "ontvangen")

    scheduling.queue_step(campaign.steps[2], key="k", now=LATER)

    leave = select(Message.address).where(
        Message.step_id.in_([step.id for step in campaign.steps[1:]]),
        audience.still_wanted(LATER),
    )
    assert sorted(db.session.scalars(leave)) == ["griffie@assen.example", "griffie@breda.example"]


def test_a_raadslid_is_asked_about_itself_not_about_a_neighbour(tmp_path: Path) -> None:
    for n in (1, 2):
        make_contact("Zeist", f"raadslid{n}@raad.example", function=Function.RAADSLID)
    make_registration(make_meeting(), 1, gemeente_code=gemeenten.find("Zeist").code)
    campaign = load(tmp_path, "{not_registered_for: haarlem}", role="raadslid")
    send_first(campaign)

    sends(campaign)

    left = select(Message.address).where(
        Message.step_id == campaign.steps[1].id, Message.state == State.QUEUED
    )
    assert db.session.scalars(left).all() == ["raadslid2@raad.example"]


def test_who_does_not_get_it_hears_how_we_know(tmp_path: Path) -> None:
    for name in ("Assen", "Gouda", "Zeist"):
        make_contact(name)
    registering_code = gemeenten.find("Zeist").code
    make_registration(make_meeting(), 1, gemeente_code=registering_code)
    campaign = load(tmp_path, "{not_replied_to: pilot, not_registered_for: haarlem}")
    send_first(campaign)
    say(campaign, "Gouda", pilot="nee")

    plan = planning.plan(campaign, now=NOON)[1]

    assert [(one.gemeente_name, one.reason, one.evidence) for one in plan.skip] == [
        ("Gouda", "replied", "zei “nee”: griffie, op de antwoordpagina"),
        (
            "Zeist",
            "registered",
            "1 persoon is aangemeld uit deze gemeente, de eerste op ma 23 maart",
        ),
    ]
    told = planning.as_json([plan])["steps"][0]["to"]
    assert told == (
        "alleen aan wie “Doet u mee?” niet beantwoordde, en wie niet is aangemeld voor "
        "“Een inloop voor jongeren: hoe begint u?”"
    )


def test_a_registration_answers_a_letter_that_says_so(tmp_path: Path) -> None:
    for name in ("Assen", "Breda", "Delft", "Ede"):
        make_contact(name)
    meeting = make_meeting()
    role = {"Assen": "raadslid", "Breda": "organisatie", "Delft": "wethouder", "Ede": "griffier"}
    came = {
        name: make_registration(
            meeting, n, role=VisitorRole(role[name]), gemeente_code=gemeenten.find(name).code
        )
        for n, name in enumerate(role)
    }
    came["Ede"].hold_until = LATER  # did not say yet that it was them
    campaign = load(tmp_path, "not_answered", more="registration_answers: true")
    send_first(campaign)
    scheduling.queue_step(campaign.steps[1], key="k", now=LATER)
    said = [(one.gemeente_name, one.reason, one.evidence) for one in skipped(campaign)]
    assert said == [
        (
            "Assen",
            "answered",
            "aanmelding: raadslid meldde zich op ma 23 maart aan voor"
            " “Een inloop voor jongeren: hoe begint u?”",
        )
    ]
    in_words = conditions.in_words(conditions.of(campaign.steps[1]), campaign)
    assert in_words == "alleen aan wie nog niet antwoordde (een aanmelding telt als antwoord)"

    came["Ede"].hold_until = None
    assert [one.gemeente_name for one in skipped(campaign)] == ["Assen", "Ede"]
    registering.cancel(came["Ede"], links=MEETING_LINKS, now=LATER)
    assert [one.gemeente_name for one in skipped(campaign)] == ["Assen"]


def skipped(campaign: Campaign) -> list[planning.Skipped]:
    """Who does not get the second step, as the plan says and as the mark would find."""
    db.session.flush()
    found = planning.plan(campaign, now=LATER)[1].skip
    leave = select(Message.address).where(
        Message.step_id == campaign.steps[1].id, audience.still_wanted(LATER)
    )
    assert not set(db.session.scalars(leave)) & {one.email for one in found}
    return found


def test_the_file_a_campaign_is_shown_as_keeps_the_condition(tmp_path: Path) -> None:
    make_meeting()
    campaign = load(tmp_path, "{replied: {pilot: [ja, nee]}, not_registered_for: haarlem}")

    to = writing.as_file(campaign).steps[1].to

    assert (to.question, to.answers, to.meeting, to.registered) == (
        "pilot",
        ("ja", "nee"),
        "haarlem",
        False,
    )


@pytest.mark.parametrize(
    ("long", "expected"),
    [("14 days", "2026-05-21T09:00"), ("5 working days", "2026-05-28T09:00")],
)
def test_a_step_leaves_so_long_before_a_meeting(tmp_path: Path, long: str, expected: str) -> None:
    make_contact("Zeist")
    meeting = make_meeting()  # Thursday 4 June 2026
    campaign = load(tmp_path, f"{{not_registered_for: haarlem}}, before: {{haarlem: {long}}}")
    step = campaign.steps[1]

    due = scheduling.due_at(step)
    assert due is not None
    assert to_wall(due).isoformat("T", "minutes") == expected
    assert writing.as_file(campaign).steps[1].before == "haarlem"

    meeting.days[0].date += timedelta(days=7)
    db.session.flush()
    moved = scheduling.due_at(step)
    assert moved is not None
    assert moved > due
    send_first(campaign)
    assert scheduling.due_steps(now=moved - timedelta(minutes=1)) == []
    assert scheduling.due_steps(now=moved) == [step]
    meeting.state = MeetingState.CANCELLED
    db.session.flush()
    assert scheduling.due_at(step) is None


def test_a_meeting_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="geen bijeenkomst met de naam “haarlem”"):
        load(tmp_path, "{registered_for: haarlem}")
