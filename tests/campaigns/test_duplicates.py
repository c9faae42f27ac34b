"""The same letter once more: recognised, and asked for a reason."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry
from outreach.campaigns import duplicates, running
from outreach.campaigns.models import Campaign, CampaignState
from outreach.campaigns.running import Again
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message, make_sender

pytestmark = pytest.mark.usefixtures("app")
MAIL = "{{aanhef}}\n\nWilt u deze brief doorsturen?\n\nMet vriendelijke groet,\nMarit Vos"


@pytest.fixture
def sent() -> Campaign:
    """A letter that two gemeenten got a month ago."""
    campaign = letter(make_sender())
    for name in ("Zeist", "Soest"):
        make_message(campaign, make_contact(name))
    campaign.state, campaign.started_at = CampaignState.RUNNING, NOON - timedelta(days=30)
    campaign.steps[0].state = "queued"
    db.session.commit()
    return campaign


def letter(sender, *gemeenten: str, subject: str = "Oproep", mail: str = MAIL) -> Campaign:
    codes = {"Zeist": "GM0355", "Soest": "GM0342", "Delft": "GM0503"}
    audience = {"gemeente": [codes[name] for name in gemeenten]} if gemeenten else {}
    campaign = make_campaign(sender=sender, subject=subject, audience=audience)
    campaign.steps[0].texts[0].mail = mail
    db.session.commit()
    return campaign


def repeated(campaign: Campaign, now=NOON) -> tuple[int, int] | None:
    found = duplicates.of(campaign, now=now)
    return (found.shared, found.of) if found else None


def test_the_same_words_to_half_of_them_is_the_same_letter_also_when_mended(sent) -> None:
    make_contact("Delft")

    assert repeated(letter(sent.sender, subject="  OPROEP ")) == (2, 3)
    assert repeated(letter(sent.sender, mail=MAIL.replace("Marit Vos", "Marit  Vis"))) == (2, 3)
    assert repeated(letter(sent.sender, "Zeist", "Delft")) == (1, 2)


def test_other_words_readers_senders_or_days_are_another_letter(sent) -> None:
    make_contact("Delft")

    assert repeated(letter(sent.sender, subject="Anders")) is None
    assert repeated(letter(sent.sender, mail="{{aanhef}}\n\nIets heel anders.")) is None
    assert repeated(letter(sent.sender, "Delft")) is None
    assert repeated(letter(make_sender())) is None
    assert repeated(letter(sent.sender), NOON + timedelta(days=31)) is None


def test_a_letter_that_is_still_a_plan_counts_with_whom_it_will_go_to(sent) -> None:
    planned = letter(sent.sender, "Soest", subject="Plan", mail="Dag, plan.")
    planned.state, planned.started_at = CampaignState.RUNNING, NOON
    db.session.commit()

    assert repeated(letter(sent.sender, "Soest", subject="Plan", mail="Dag, plan.")) == (1, 1)


def test_it_starts_only_with_a_reason_which_is_kept(sent) -> None:
    again = letter(sent.sender)
    with pytest.raises(Again, match="2 van deze 2 gemeenten"):
        running.start(again, by=CLI, now=NOON)
    with pytest.raises(Again):
        running.start(again, by=CLI, now=NOON, reason=" ", seen=[duplicates.CODE])
    assert again.state is CampaignState.DRAFT

    running.start(again, by=CLI, now=NOON, reason="De eerste had een verkeerde bijlage.")

    kept = [one for one in again.warnings if one["code"] == duplicates.CODE]
    assert [one["reason"] for one in kept] == ["De eerste had een verkeerde bijlage."]
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "start campaign")).one()
    assert (audited.detail, audited.note) == ({"duplicates": 1}, "")


def test_of_a_letter_that_is_over_it_is_said_and_needs_no_reason(sent) -> None:
    sent.state = CampaignState.FINISHED
    again = letter(sent.sender)

    warnings = running.start(again, by=CLI, now=NOON)

    (said,) = [one for one in warnings if one.code == duplicates.BEFORE]
    assert "ging naar 2 van deze 2 gemeenten" in said.message
    assert again.state is CampaignState.RUNNING
