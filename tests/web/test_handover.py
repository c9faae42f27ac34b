"""The page for a new coordinator: what runs, what waits, what was agreed, who may do what."""

from datetime import date, timedelta

import pytest

from outreach.accounts.models import Coordinator
from outreach.answers.models import PhoneCall, Source
from outreach.campaigns.models import Campaign, CampaignState
from outreach.db import db
from outreach.delivery import mailboxes
from outreach.delivery.arrivals import Mailbox
from outreach.delivery.models import State
from tests.conftest import NOON
from tests.factories import make_answer, make_campaign, make_contact, make_meeting, make_message

PAGE = "/kantoor/overdracht"


def call(campaign: Campaign, code: str, by: str, **values: object) -> PhoneCall:
    facts = {"body": "raad", "called_at": NOON - timedelta(days=2), "called_by": by, "times": 1}
    made = PhoneCall(campaign_id=campaign.id, gemeente_code=code, **(facts | values))
    db.session.add(made)
    db.session.commit()
    return made


@pytest.fixture
def campaign(coordinator) -> Campaign:
    """A running letter: Zeist asked to be called again, Assen said by telephone what it did."""
    campaign = make_campaign(state=CampaignState.RUNNING)
    make_message(campaign, make_contact("Zeist"))
    make_message(campaign, make_contact("Assen"))
    make_message(campaign, make_contact("Goes"), state=State.UNCERTAIN)
    make_meeting("haarlem", days=((date(2026, 9, 4), "13:30", "17:00", 3),))
    marit = db.session.query(Coordinator).filter_by(name="Marit Zuidema").one()
    by = f"coordinator:{marit.id}"
    call(campaign, "GM0355", by, again_on=date(2026, 4, 1), note="Noor is er woensdag.")
    call(campaign, "GM0106", "coordinator:99")
    make_answer(campaign, "Assen", "op-lijst", source=Source.PHONE)
    return campaign


def test_a_reader_sees_on_one_page_what_is_taken_over(reader, campaign) -> None:
    text = reader.page(PAGE).text

    assert reader.page("/kantoor/").links()["Bekijk de overdracht"] == PAGE
    assert "1 brief misschien verstuurd" in text
    assert "Zeist : bel op wo 1 april" in text
    assert "Gebeld door Marit Zuidema op za 21 maart" in text
    assert "Noor is er woensdag." in text
    assert "Assen : op lijst ingekomen stukken" in text
    assert "Gebeld door een vroegere collega" in text
    assert "4 september 2026, 13.30 uur in Haarlem" in text
    assert "0 plaatsen van 3 bezet" in text
    assert "Marit Zuidema, coördinator" in text
    assert "mailserver van Outreach" in text
    assert "reacties worden niet gelezen: er is geen postbus ingesteld" in text
    assert reader.page(PAGE).h1 == "Overdracht"


def test_whether_what_comes_back_is_read_stands_with_each_sender(
    reader, campaign, settings
) -> None:
    mailboxes.keep(settings.instance, campaign.sender, "imap://post@127.0.0.1:1143")
    db.session.commit()
    assert "reacties zijn nog niet gelezen" in reader.page(PAGE).text
    box = Mailbox(key="post@127.0.0.1:1143", read_at=NOON, down_since=None)
    db.session.add(box)
    db.session.commit()
    assert "reacties gelezen ma 23 maart" in reader.page(PAGE).text
    box.down_since, box.fault = NOON, "Het wachtwoord klopt niet."
    db.session.commit()

    text = reader.page(PAGE).text

    assert "reacties niet te lezen sinds ma 23 maart" in text
    assert "Het wachtwoord klopt niet." in text


def test_who_answered_meanwhile_is_not_called_back(reader, campaign) -> None:
    make_answer(campaign, "Zeist", "doorgestuurd")

    text = reader.page(PAGE).text

    assert "Wij beloofden niemand terug te bellen." in text


def test_the_page_of_a_new_installation_says_that_nothing_is_there(coordinator) -> None:
    text = coordinator.page(PAGE).text

    assert "Er loopt geen brief." in text
    assert "Er is niet gebeld." in text
    assert "Er staat geen bijeenkomst open." in text


def test_it_costs_the_same_for_few_and_for_many(reader, campaign, query_count) -> None:
    with query_count() as few:
        reader.get(PAGE)
    for name, code in (("Emmen", "GM0114"), ("Delft", "GM0503"), ("Gouda", "GM0513")):
        make_message(make_campaign(name=f"Brief {name}"), make_contact(name))
        call(campaign, code, "coordinator:98", again_on=date(2026, 4, 2))
        make_meeting(name.lower(), days=((date(2026, 9, 5), "13:30", "17:00", 3),))
    db.session.commit()

    with query_count() as many:
        reader.get(PAGE)

    assert many.count == few.count <= 12
