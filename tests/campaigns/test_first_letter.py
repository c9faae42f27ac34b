"""What the first letter to an address says of where we found it, and what may be asked."""

import pytest
from flask import Flask

from outreach.campaigns import rendering
from outreach.campaigns.lookup import Lookup
from outreach.campaigns.rendering import why
from outreach.db import db
from outreach.delivery.models import State
from tests.factories import make_campaign, make_contact, make_message, make_sender

pytestmark = pytest.mark.usefixtures("app")
RIGHTS = "en altijd bezwaar maken: mail vragen@ademruimte.example."


def test_only_the_first_letter_of_a_sender_says_what_may_be_asked(app: Flask) -> None:
    sender = make_sender(reply_to="vragen@ademruimte.example")
    contact = make_contact("Zeist")
    contact.addresses[0].source = "https://zeist.example/griffie"
    first = make_message(make_campaign(sender=sender), contact)
    second = make_message(make_campaign(sender=sender), contact, state=State.QUEUED)
    other = make_message(make_campaign(), contact, state=State.QUEUED)
    db.session.commit()

    said = {}
    for name, message in (("first", first), ("second", second), ("other", other)):
        one = rendering.recipient_of(db.session(), message)
        said[name] = why(one)
        db.session.commit()
        fast = Lookup(db.engine).recipient(message)
        assert why(fast) == said[name], "the two ways say the same"

    assert "https://zeist.example/griffie" in said["second"]
    assert RIGHTS not in said["second"]
    assert "bezwaar maken" in said["other"], "another sender says it for itself"


def test_a_letter_that_never_arrived_told_nobody(app: Flask) -> None:
    sender, contact = make_sender(reply_to="vragen@ademruimte.example"), make_contact("Zeist")
    make_message(make_campaign(sender=sender), contact, state=State.REFUSED)
    again = make_message(make_campaign(sender=sender), contact, state=State.QUEUED)

    assert RIGHTS in why(rendering.recipient_of(db.session(), again))
