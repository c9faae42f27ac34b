"""A second person agrees to a letter as it was read, before it may start."""

import pytest

from outreach.accounts.audit import Actor
from outreach.campaigns import approving, running
from outreach.campaigns.approving import NotApproved, Stage
from outreach.campaigns.models import Attachment, Campaign, CampaignState
from outreach.db import db
from outreach.errors import Refused
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_coordinator, make_sender

pytestmark = pytest.mark.usefixtures("app")
MAIL = "{{aanhef}}\n\nWilt u deze brief doorsturen?\n\nMet vriendelijke groet,\nMarit Vos"


def someone(name: str) -> Actor:
    person = make_coordinator(name=name, email=f"{name.lower()}@ademruimte.example")
    return Actor(f"coordinator:{person.id}", name)


@pytest.fixture
def marit() -> Actor:
    return someone("Marit")


@pytest.fixture
def joke() -> Actor:
    return someone("Joke")


@pytest.fixture
def draft(marit: Actor) -> Campaign:
    """A letter by Marit, of a sender that wants a second person."""
    make_contact("Zeist")
    campaign = make_campaign(sender=make_sender(needs_approval=True))
    campaign.steps[0].texts[0].mail = MAIL
    campaign.steps[0].texts[0].actor = marit.key
    db.session.commit()
    return campaign


def test_a_letter_starts_only_after_a_second_person_agreed(
    draft: Campaign, marit: Actor, joke: Actor
) -> None:
    with pytest.raises(NotApproved, match="een tweede persoon"):
        running.start(draft, by=marit, now=NOON)
    approving.ask(draft, by=marit, now=NOON)
    with pytest.raises(NotApproved):
        running.start(draft, by=marit, now=NOON)
    with pytest.raises(Refused, match="Een ander moet akkoord geven"):
        approving.give(draft, by=marit, now=NOON)

    approving.give(draft, by=joke, now=NOON)
    running.start(draft, by=marit, now=NOON)

    assert draft.state is CampaignState.RUNNING
    assert draft.approved_by == joke.key


def test_who_asks_for_a_letter_of_another_cannot_agree_either(
    draft: Campaign, marit: Actor, joke: Actor
) -> None:
    approving.ask(draft, by=joke, now=NOON)

    assert not approving.may_give(draft, joke)
    assert not approving.may_give(draft, marit), "she wrote it"
    assert approving.may_give(draft, someone("Sanne"))


def test_what_changes_after_it_asks_again(draft: Campaign, marit: Actor, joke: Actor) -> None:
    approving.ask(draft, by=marit, now=NOON)
    approving.give(draft, by=joke, now=NOON)
    assert approving.stage(draft) is Stage.GIVEN

    changes = (
        lambda: setattr(draft.steps[0].texts[0], "mail", MAIL.replace("brief", "oproep")),
        lambda: setattr(draft, "audience", {"province": ["Utrecht"]}),
        lambda: setattr(draft.steps[0], "send_at", NOON.replace(day=25)),
        lambda: draft.attachments.append(
            Attachment(
                position=1,
                filename="plan.pdf",
                content_type="application/pdf",
                sha256="a" * 64,
                size=9,
            )
        ),
        lambda: setattr(draft.attachments[0], "sha256", "b" * 64),
    )
    for change in changes:
        change()
        db.session.flush()
        assert approving.stage(draft) is Stage.CHANGED
        with pytest.raises(NotApproved):
            running.start(draft, by=marit, now=NOON)
        with pytest.raises(Refused, match="veranderd"):
            approving.give(draft, by=joke, now=NOON)
        approving.ask(draft, by=marit, now=NOON)
        approving.give(draft, by=joke, now=NOON)


def test_it_is_sent_back_with_a_remark_and_asked_again(
    draft: Campaign, marit: Actor, joke: Actor
) -> None:
    approving.ask(draft, by=marit, now=NOON)
    with pytest.raises(Refused, match="Schrijf op wat er anders moet"):
        approving.send_back(draft, "  ", by=joke, now=NOON)

    approving.send_back(draft, "Noem de bijlage.", by=joke, now=NOON)

    assert approving.stage(draft) is Stage.SENT_BACK
    with pytest.raises(Refused):
        approving.give(draft, by=joke, now=NOON)
    approving.ask(draft, by=marit, now=NOON)
    assert approving.stage(draft) is Stage.ASKED


def test_a_sender_that_wants_nobody_else_sends_as_before(draft: Campaign, marit: Actor) -> None:
    approving.switch(draft.sender, on=False, by=marit, now=NOON)

    running.start(draft, by=marit, now=NOON)

    assert draft.state is CampaignState.RUNNING
    with pytest.raises(Refused):
        approving.ask(draft, by=marit, now=NOON)
