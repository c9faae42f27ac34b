"""From a notice in the outbox with a calendar to the mail that leaves."""

from pathlib import Path

import pytest

from outreach.calendars import invite
from outreach.calendars.entry import Party
from outreach.campaigns.links import Links
from outreach.campaigns.rendering import Renderer
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Kind
from outreach.tokens import Tokens
from tests.calendars.entries import JAN, REVISED, make_entry
from tests.conftest import NOON
from tests.delivery.test_mime import parsed
from tests.factories import make_sender

KEY = "a secret of the tests, long enough"
pytestmark = pytest.mark.usefixtures("app")


def test_an_invitation_from_the_outbox_leaves_as_it_was_written(tmp_path: Path) -> None:
    sender = make_sender()
    ics = invite.request(
        make_entry(summary="Súdwest-Fryslân 👋"),
        organizer=Party(sender.name, sender.email),
        attendee=JAN,
        sequence=2,
        stamped=REVISED,
    )
    message = outbox.queue(
        Kind.NOTICE,
        "test:invitation",
        sender_id=sender.id,
        address=JAN.email,
        now=NOON,
        key=KEY,
        domain="coalitie.example",
        content={
            "subject": "U bent aangemeld",
            "text": "Tot dan!",
            "calendar": {"method": "REQUEST", "ics": ics.decode()},
        },
    )
    assert message is not None
    db.session.expire_all()
    links = Links("https://brieven.example", Tokens((KEY,)))

    raw = Renderer(links, Store(tmp_path), NOON).raw(db.session(), message)

    [invitation] = [p for p in parsed(raw).walk() if p.get_content_type() == "text/calendar"]
    assert invitation.get_payload(decode=True) == ics
    assert f"mailto:{parsed(raw)['From'].addresses[0].addr_spec}".encode() in ics
