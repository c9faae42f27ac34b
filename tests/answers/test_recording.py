from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.audit import SYSTEM, Actor
from outreach.accounts.models import AuditEntry
from outreach.answers import recording
from outreach.answers.models import Answer, Source
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid, Unknown
from tests.conftest import NOON
from tests.factories import make_answer, make_campaign

ZEIST = "GM0355"
FENNA = Actor("coordinator:1", "Fenna Roelofs")


def answered_gemeenten(campaign, body="raad"):
    stands = recording.answered(campaign.id, Gemeente.code, body)
    return set(db.session.scalars(select(Gemeente.code).where(stands)))


def test_an_answer_is_kept_with_how_we_know_and_who_said_so(app):
    campaign = make_campaign()

    answer = recording.record(
        campaign.id,
        ZEIST,
        "op-lijst",
        body="raad",
        source=Source.PHONE,
        by=FENNA,
        now=NOON,
        on_date=date(2026, 4, 21),
        note="  categorie   ter kennisname ",
        evidence="telefoongesprek",
    )

    assert (answer.on_date, answer.note) == (date(2026, 4, 21), "categorie ter kennisname")
    assert (answer.actor, answer.actor_name) == ("coordinator:1", "Fenna Roelofs")
    assert answer.stops
    audit = db.session.scalars(select(AuditEntry)).one()
    assert (audit.act, audit.subject) == ("record answer", f"answer:{answer.id}")


@pytest.mark.parametrize("status", ["ontvangen", "in-behandeling"])
def test_a_receipt_does_not_stop_reminders(app, status):
    campaign = make_campaign()

    make_answer(campaign, "Zeist", status)

    assert answered_gemeenten(campaign) == set()


def test_what_stops_reminders_is_of_one_campaign_gemeente_and_body(app):
    campaign, other = make_campaign(), make_campaign()

    make_answer(campaign, "Zeist", "doorgestuurd")
    make_answer(campaign, "Assen", "naar-college", body="college")
    make_answer(other, "Utrecht", "gesprek")

    assert answered_gemeenten(campaign) == {ZEIST}
    assert answered_gemeenten(campaign, "college") == {"GM0106"}


def test_an_outcome_of_the_campaigns_own_says_itself_whether_it_stops(app):
    campaign = make_campaign()

    make_answer(campaign, "Zeist", "in-beraad", stops=False)
    make_answer(campaign, "Assen", "akkoord", stops=True)

    assert answered_gemeenten(campaign) == {"GM0106"}


def test_the_same_answer_twice_is_one_row(app):
    campaign = make_campaign()

    first = make_answer(campaign, "Zeist", "op-lijst", on_date=date(2026, 4, 21))
    again = make_answer(campaign, "Zeist", "op-lijst", on_date=date(2026, 4, 21))
    moved = make_answer(campaign, "Zeist", "op-lijst", on_date=date(2026, 5, 12))

    assert again is first
    assert moved is not first
    assert len(recording.standing_answers(campaign.id)) == 2


def test_an_answer_that_was_taken_back_no_longer_stands(app):
    campaign = make_campaign()
    answer = make_answer(campaign, "Zeist", "doorgestuurd")

    assert recording.undo(answer, by=FENNA, now=NOON + timedelta(days=1))

    assert answered_gemeenten(campaign) == set()
    assert recording.standing_answers(campaign.id) == []
    kept = db.session.scalars(select(Answer)).one()
    assert (kept.undone_at, kept.undone_by) == (NOON + timedelta(days=1), "coordinator:1")


def test_taking_back_twice_keeps_the_first_time(app):
    campaign = make_campaign()
    answer = make_answer(campaign, "Zeist", "doorgestuurd")
    recording.undo(answer, by=FENNA, now=NOON)

    assert not recording.undo(answer, by=SYSTEM, now=NOON + timedelta(days=1))

    assert answer.undone_by == "coordinator:1"


def test_an_answer_can_be_given_again_after_it_was_taken_back(app):
    campaign = make_campaign()
    recording.undo(make_answer(campaign, "Zeist", "doorgestuurd"), by=FENNA, now=NOON)

    make_answer(campaign, "Zeist", "doorgestuurd")

    assert answered_gemeenten(campaign) == {ZEIST}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"status": "misschien"}, "“misschien” is geen antwoord."),
        ({"body": "griffie"}, "“griffie” kan niet antwoorden. Kies raad of college."),
        ({"note": "x" * 1001}, "De toelichting is langer dan 1000 tekens."),
        ({"gemeente_code": "GM9999"}, "De gemeente GM9999 kennen wij niet."),
    ],
)
def test_what_is_no_answer_is_refused_with_a_sentence(app, wrong, sentence):
    given = {"gemeente_code": ZEIST, "status": "doorgestuurd", "body": "raad"} | wrong

    with pytest.raises((Invalid, Unknown)) as refusal:
        recording.record(make_campaign().id, **given, source=Source.CLI, by=FENNA, now=NOON)

    assert str(refusal.value).startswith(sentence)
