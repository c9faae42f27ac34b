"""The bellijst: who is called and when, by one at a time, and what comes of it."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.accounts.models import Coordinator
from outreach.answers.models import Answer, PhoneCall, Source
from outreach.campaigns import calling
from outreach.campaigns.calling import Outcome, Taken, Turn
from outreach.campaigns.models import Campaign, CampaignState, StepState
from outreach.contacts import suppression
from outreach.contacts.models import SuppressionReason
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown
from tests.conftest import NOON
from tests.factories import (
    make_answer,
    make_campaign,
    make_contact,
    make_coordinator,
    make_message,
)

LATER = NOON + timedelta(days=16)  #: ten working days and more after the letter


@pytest.fixture
def campaign(app: Flask) -> Campaign:
    """To Zeist, Soest and Baarn; its only letter has gone."""
    made = make_campaign(state=CampaignState.RUNNING)
    made.steps[0].state = StepState.QUEUED
    for place in ("Zeist", "Soest", "Baarn"):
        make_message(made, make_contact(place, f"griffie@{place.lower()}.example"))
    return made


@pytest.fixture
def marit(app: Flask) -> Coordinator:
    return make_coordinator(name="Marit Zuidema")


def names(campaign: Campaign, now=LATER) -> list[str]:
    turns = calling.due(calling.queue(campaign, now=now, at=now), now=now)
    return [one.gemeente.name for one in turns]


def take(campaign: Campaign, place: str, person: Coordinator, now=LATER, at=LATER) -> Turn:
    code = next(
        one.gemeente.code
        for one in calling.queue(campaign, now=now, at=at)
        if one.gemeente.name == place
    )
    return calling.take(campaign, code, "raad", person.id, now=now, at=at)


def settle(
    campaign: Campaign, turn: Turn, outcome: str, person: Coordinator, **more
) -> Answer | None:
    return calling.settle(
        campaign, turn, outcome, person_id=person.id, by=CLI, now=LATER, at=LATER, **more
    )


def test_only_who_said_nothing_is_called_and_not_within_ten_working_days(campaign) -> None:
    make_answer(campaign, "Soest", "doorgestuurd")
    make_answer(campaign, "Baarn", "ontvangen")

    assert names(campaign, NOON + timedelta(days=10)) == []
    assert names(campaign) == ["Baarn", "Zeist"]


def test_who_wants_no_post_or_did_not_get_it_is_not_called(campaign) -> None:
    suppression.suppress("griffie@zeist.example", SuppressionReason.ASKED, by=CLI, now=NOON)
    letter = next(one for one in db.session.query(calling.Message) if "soest" in one.address_key)
    letter.bounced_at = NOON
    db.session.commit()

    assert names(campaign) == ["Baarn"]


def test_nobody_is_called_while_a_reminder_is_to_come(campaign, marit) -> None:
    campaign.steps[0].state = StepState.PLANNED
    db.session.commit()

    with pytest.raises(Refused, match="nu nog niet gebeld"):
        take(campaign, "Zeist", marit)
    assert calling.take_next(campaign, marit.id, now=LATER, at=LATER) is None


def test_of_two_who_press_one_gets_it_until_the_hold_ends(campaign, marit) -> None:
    other = make_coordinator(name="Youssef")
    take(campaign, "Zeist", marit)

    with pytest.raises(Taken, match="Een collega belt nu met Zeist"):
        take(campaign, "Zeist", other)
    following = calling.take_next(campaign, other.id, now=LATER, at=LATER)
    assert following is not None
    assert following.gemeente.name == "Baarn"
    again = take(campaign, "Zeist", other, at=LATER + calling.HOLD)
    assert again.holder == other


def test_an_outcome_is_an_answer_by_telephone_and_ends_it(campaign, marit) -> None:
    turn = take(campaign, "Zeist", marit)

    answer = settle(campaign, turn, "op-lijst", marit, on_date=date(2026, 4, 21), note="week 17")

    assert answer is not None
    assert (answer.source, answer.on_date, answer.note) == (
        Source.PHONE,
        date(2026, 4, 21),
        "week 17",
    )
    assert answer.stops
    assert names(campaign) == ["Baarn", "Soest"]
    with pytest.raises(Taken, match="noteerde het al"):
        settle(campaign, turn, "doorgestuurd", marit)
    assert len(db.session.scalars(select(Answer)).all()) == 1


def test_who_wants_no_calls_gets_no_reminder_either(campaign, marit) -> None:
    answer = settle(campaign, take(campaign, "Zeist", marit), Outcome.NO_CALLS, marit)

    assert answer is not None
    assert (answer.status, answer.note, answer.stops) == ("niet-benaderen", calling.NO_CALLS, True)


def test_an_answer_that_stops_nothing_is_not_called_again(campaign, marit) -> None:
    settle(campaign, take(campaign, "Zeist", marit), "ontvangen", marit)

    assert names(campaign) == ["Baarn", "Soest"]


def test_who_is_not_reached_comes_back_and_keeps_the_note(campaign, marit) -> None:
    settle(campaign, take(campaign, "Zeist", marit), Outcome.NOT_REACHED, marit, note="na 10 uur")

    assert names(campaign) == ["Baarn", "Soest"]
    tomorrow = LATER + timedelta(days=3)  # over a weekend
    assert "Zeist" in names(campaign, tomorrow)
    row = db.session.scalars(select(PhoneCall)).one()
    assert (row.times, row.note, row.held_by) == (1, "na 10 uur", None)


@pytest.mark.parametrize("day", [None, date(2026, 3, 1), date(2026, 4, 27)])
def test_a_day_to_call_again_is_a_working_day_to_come(day, campaign, marit) -> None:
    turn = take(campaign, "Zeist", marit)

    with pytest.raises(Invalid):
        settle(campaign, turn, Outcome.LATER, marit, again_on=day)


def test_one_call_per_gemeente_whatever_it_is_about(campaign, marit) -> None:
    second = make_campaign(state=CampaignState.RUNNING, sender=campaign.sender)
    second.steps[0].state = StepState.QUEUED
    make_message(second, db.session.query(calling.Contact).filter_by(id=1).one())
    first = next(iter(calling.queue(second, now=LATER, at=LATER)))
    settle(campaign, take(campaign, first.gemeente.name, marit), "doorgestuurd", marit)

    assert names(second) == []
    assert names(second, LATER + timedelta(days=21)) == [first.gemeente.name]


def test_the_command_line_passes_no_colleague_by(campaign, marit) -> None:
    turn = take(campaign, "Zeist", marit)

    with pytest.raises(Taken):
        calling.settle(campaign, turn, "doorgestuurd", person_id=None, by=CLI, now=LATER, at=LATER)
    with pytest.raises(Unknown, match="niet meer op de bellijst"):
        calling.find(campaign, "GM0344", "raad", now=LATER, at=LATER)
