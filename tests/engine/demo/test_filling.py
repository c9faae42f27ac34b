from flask import Flask

from outreach.accounts.models import Coordinator
from outreach.campaigns import inspecting, planning
from outreach.campaigns.models import Campaign, CampaignState
from outreach.campaigns.store import Store
from outreach.contacts.models import Address
from outreach.db import db
from outreach.engine.demo import coordinators, filling
from outreach.engine.demo.clock import BEGIN
from tests.factories import MEETING_LINKS


def test_a_newcomer_finds_two_letters_without_a_fault(app: Flask, tmp_path):
    assert not filling.is_filled()

    filling.fill(store=Store(tmp_path), links=MEETING_LINKS, now=BEGIN)
    db.session.commit()

    campaigns = db.session.query(Campaign).order_by(Campaign.id).all()
    assert filling.is_filled()
    assert [(c.slug, c.state) for c in campaigns] == [
        ("oproep-eenzaamheid", CampaignState.RUNNING),
        ("plan-ademruimte", CampaignState.RUNNING),
    ]
    found = [inspecting.findings(campaign, now=BEGIN) for campaign in campaigns]
    assert [[one.code for one in each] for each in found] == [["council-not-in-office"], []]
    assert db.session.query(Address).count() == 684
    assert db.session.query(Coordinator).one().email == coordinators.EMAIL


def test_the_first_letter_goes_to_all_griffies_but_two(app: Flask, tmp_path):
    filling.fill(store=Store(tmp_path), links=MEETING_LINKS, now=BEGIN)
    campaign = db.session.query(Campaign).filter_by(slug="oproep-eenzaamheid").one()

    first, second = planning.plan(campaign, now=BEGIN)

    assert (len(first.send), len(second.send)) == (340, 340)
    assert {"Hilversum", "Wijdemeren"}.isdisjoint(one.gemeente_name for one in first.send)
