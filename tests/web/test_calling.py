"""The bellijst in the browser."""

from datetime import timedelta

import pytest

from outreach.answers.models import Answer
from outreach.campaigns.models import Campaign, CampaignState, StepState
from outreach.clock import dutch_date
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message
from tests.web.page import PageClient


@pytest.fixture
def campaign(client: PageClient) -> Campaign:
    """Letters to Zeist and Soest, a month ago."""
    made = make_campaign(slug="oproep", name="Oproep", state=CampaignState.RUNNING)
    made.steps[0].state = StepState.QUEUED
    for place in ("Zeist", "Soest"):
        contact = make_contact(place, f"griffie@{place.lower()}.example")
        make_message(made, contact, accepted_at=NOON - timedelta(days=30))
    db.session.commit()
    return made


LIST = "/kantoor/brieven/oproep/bellen/"
SOEST = f"{LIST}GM0342/raad"


def test_a_griffie_is_called_and_what_she_said_noted(coordinator, campaign) -> None:
    assert "2 te bellen" in coordinator.page(LIST).text

    taken = coordinator.submit(LIST, f"{LIST}volgende")

    assert taken.location == SOEST
    assert "kenmerk ADR-2026-1900" in coordinator.page(SOEST).text
    coordinator.submit(SOEST, nummer="035 609 3456", uitkomst="nummer")
    assert "tel:0356093456" in coordinator.page(SOEST).links().values()
    said = {"uitkomst": "doorgestuurd", "aantekening": "naar alle fracties"}
    coordinator.submit(SOEST, **said)
    page = coordinator.page(LIST)
    assert "Soest: genoteerd, doorgestuurd naar de raad." in page.text
    assert "1 te bellen" in page.text
    assert [one.note for one in db.session.query(Answer)] == ["naar alle fracties"]
    assert coordinator.get(SOEST).status_code == 404


def test_a_wrong_number_and_a_day_that_has_gone_are_refused(coordinator, campaign) -> None:
    coordinator.submit(LIST, f"{LIST}volgende")

    number = coordinator.submit(SOEST, nummer="griffie", uitkomst="nummer")
    late = coordinator.submit(SOEST, terug=str(dutch_date(NOON)), uitkomst="later")
    odd = coordinator.submit(SOEST, uitkomst="gek")

    assert "Dit is geen telefoonnummer." in number.text
    assert "Kies een dag na vandaag om terug te bellen." in late.text
    assert {number.status_code, late.status_code, odd.status_code} == {422}
    assert db.session.query(Answer).count() == 0


def test_a_colleague_is_told_and_a_reader_may_only_look(coordinator, reader, campaign) -> None:
    coordinator.submit(LIST, f"{LIST}volgende")

    page = reader.page(SOEST)

    assert "Marit Zuidema belt nu met Soest." in page.text
    assert "Stuurde hem door" not in page.text


def test_a_colleague_can_have_it_when_it_is_let_go(coordinator, campaign) -> None:
    coordinator.submit(LIST, f"{LIST}volgende")

    coordinator.submit(SOEST, uitkomst="laat-los")

    assert "belt nu" not in coordinator.page(LIST).text
    assert "Neem Soest eerst voor u" in coordinator.page(SOEST).text
