import pytest
from flask import Flask

from outreach.campaigns.models import Campaign, Step
from tests.conftest import NOON
from tests.factories import make, make_sender


@pytest.fixture
def step_id(app: Flask) -> int:
    """A step of a campaign that is nobody's business here."""
    campaign = Campaign(sender_id=make_sender().id, name="Oproep", slug="oproep", created_at=NOON)
    campaign.steps = [Step(position=1)]
    step: int = make(campaign).steps[0].id
    return step
