"""A plan that is on a screen learns in a word that it is not the plan any more."""

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import running
from outreach.campaigns.models import Campaign, CampaignState
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make_answer, make_contact
from tests.web import scenes
from tests.web.page import PageClient
from tests.web.test_reading import MOST, statements


@pytest.fixture
def campaign(app) -> Campaign:
    for name in ("Assen", "Zeist"):
        make_contact(name)
    made = scenes.make_letter()
    made.state = CampaignState.RUNNING
    db.session.commit()
    return made


def asks(client: PageClient, url: str) -> list[str]:
    spans = client.page(url).all("span")
    return [one.attrs["hx-get"] for one in spans if "data-peilt" in one.attrs]


def test_a_page_is_told_when_its_plan_changed(coordinator: PageClient, campaign: Campaign) -> None:
    here = f"/kantoor/brieven/{campaign.slug}"
    (ask,) = asks(coordinator, f"{here}/stap/1")
    assert asks(coordinator, f"{here}/verloop") == [ask]
    same = coordinator.get(ask)
    assert (same.status_code, "HX-Trigger" in same.headers) == (204, False)

    scenes.make_sent(campaign)
    db.session.commit()

    assert coordinator.get(ask).headers["HX-Trigger"] == "veranderd"
    (ask,) = asks(coordinator, f"{here}/stap/1")
    assert "HX-Trigger" not in coordinator.get(ask).headers
    make_answer(campaign, "Zeist", "doorgestuurd")
    db.session.remove()
    with statements() as seen:
        assert coordinator.get(ask).status_code == 204
    assert len([sql for sql in seen if sql.startswith(("SELECT", "WITH"))]) <= MOST


def test_nothing_is_asked_of_a_letter_that_stopped(
    coordinator: PageClient, campaign: Campaign
) -> None:
    running.cancel(campaign, by=SYSTEM, now=NOON)
    db.session.commit()

    assert asks(coordinator, f"/kantoor/brieven/{campaign.slug}/stap/1") == []


def test_a_mailbox_that_gets_two_letters_is_told_above_the_table(
    coordinator: PageClient, campaign: Campaign
) -> None:
    url = f"/kantoor/brieven/{campaign.slug}/stap/1"
    assert "meer dan één brief" not in coordinator.page(url).text

    make_contact("Soest", "griffie@zeist.example")

    assert "1 postbus krijgt meer dan één brief" in coordinator.page(url).text
