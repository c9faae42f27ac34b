"""Letters looked up many at once are the letters that each is by itself."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from outreach import jobs
from outreach.accounts.models import Sender
from outreach.campaigns import lookup, scheduling
from outreach.campaigns.links import Links
from outreach.campaigns.lookup import Lookup
from outreach.campaigns.models import Campaign
from outreach.campaigns.rendering import Renderer
from outreach.campaigns.store import Store
from outreach.clock import FixedClock
from outreach.contacts.models import Function
from outreach.db import db
from outreach.delivery import mime
from outreach.delivery.models import Message, State
from outreach.errors import Unknown
from outreach.tokens import Tokens
from tests.campaigns.test_planning import load, send_first
from tests.conftest import NOON
from tests.factories import make_address, make_contact, make_meeting, make_message, make_region

pytestmark = pytest.mark.usefixtures("app")
LATER = NOON + timedelta(days=18)


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    links = Links("https://brieven.example", Tokens(("a secret of the tests, long enough",)))
    return Renderer(links, Store(tmp_path / "files"), LATER)


@pytest.fixture
def reminders(tmp_path: Path) -> list[Message]:
    """Claimed reminders of a letter to raad and college that invites to a meeting."""
    make_meeting()
    make_region("GGD Midden", "Zeist", partner="Stichting Midden")
    for n, name in enumerate(("Zeist", "Súdwest-Fryslân", "Haarlem")):
        griffier = make_contact(name, last_name="Berg", prefix="van den")
        make_address(griffier, f"tweede@g{n}.example", preferred=False)
        make_contact(name, f"college@g{n}.example", function=Function.COLLEGE)
    campaign = load(tmp_path, more="variants: [raad, college]\nmeetings: [haarlem]")
    for text in campaign.steps[1].texts:
        text.mail += '\n\nOok namens {{regiopartner|"ons"}}.'
    first, *_ = send_first(campaign)
    first.relay_message_id = "<van-het-relay@relay.example>"
    return claimed(campaign)


def claimed(campaign: Campaign) -> list[Message]:
    scheduling.queue_step(campaign.steps[1], key="k", now=LATER)
    of_step = Message.step_id == campaign.steps[1].id, Message.state == State.QUEUED
    db.session.execute(update(Message).where(*of_step).values(state=State.CLAIMED, owner="w1"))
    db.session.commit()
    mine = select(Message).where(Message.owner == "w1").order_by(Message.id)
    return list(db.session.scalars(mine))


def test_each_letter_has_the_bytes_it_has_by_itself(reminders, renderer: Renderer) -> None:
    look = Lookup(db.engine)

    together = [renderer.letter(one, look.recipient(one)) for one in reminders]

    assert len(together) == 6
    assert together == [renderer.mail(db.session(), one) for one in reminders]
    assert sum("Ook namens Stichting Midden." in mail.text for mail in together) == 2
    assert {mail.in_reply_to != "" for mail in together} == {True}
    assert any("van-het-relay" in mail.in_reply_to for mail in together if mail.in_reply_to)


def test_what_leaves_is_what_a_preview_shows(app: Flask, reminders, renderer: Renderer) -> None:
    rows = select(*Message.__table__.c).where(Message.owner == "w1")
    desk = jobs.Desk(renderer.links, renderer.store)
    orders = jobs.orders(desk, clock=FixedClock(LATER), around=app.app_context)

    for row in db.session.execute(rows).all():
        outgoing = orders.render(row)

        shown = renderer.raw(db.session(), db.session.get_one(Message, row.id))
        assert mime.undotted(outgoing.pieces) == shown
        assert outgoing.to == row.address


def test_the_reminder_follows_its_own_mailbox_then_the_earliest(tmp_path, renderer) -> None:
    campaign = load(tmp_path)
    zeist = make_contact("Zeist")
    other = make_contact("Zeist", "later@zeist.example")
    for days, contact, state in (
        (3, zeist, State.ACCEPTED),
        (1, other, State.ACCEPTED),
        (0, other, State.REFUSED),
    ):
        at = NOON + timedelta(days=days) if state is State.ACCEPTED else None
        make_message(campaign, contact, state=state, accepted_at=at)
    make_message(campaign, other, state=State.UNCERTAIN, accepted_at=None)
    new = make_contact("Zeist", "nieuw@zeist.example")
    step = {"step_id": campaign.steps[1].id, "text_id": campaign.steps[1].texts[0].id}
    waiting = {"state": State.CLAIMED, "owner": "w1", "accepted_at": None} | step
    reminders = [make_message(campaign, one, **waiting) for one in (zeist, other, new)]
    look = Lookup(db.engine)

    firsts = [look.recipient(one).first for one in reminders]

    alone = [Renderer.mail(renderer, db.session(), one).references for one in reminders]
    assert [first.same_address for first in firsts] == [True, True, False]
    assert [first.sent_on.day for first in firsts] == [26, 24, 24]
    assert [renderer.letter(m, look.recipient(m)).references for m in reminders] == alone


def test_twenty_letters_cost_as_many_questions_as_one(tmp_path, query_count, renderer) -> None:
    campaign = load(tmp_path)
    contacts = [make_contact(name) for name in ("Zeist", "Haarlem", "Utrecht", "Soest", "Baarn")]
    for one in contacts:
        make_message(campaign, one)
    claimed(campaign)
    owned = select(*Message.__table__.c).where(Message.owner == "w1").order_by(Message.id)
    reminders = db.session.execute(owned).all()
    assert len(reminders) == 5

    with query_count() as for_one:
        Lookup(db.engine).recipient(reminders[-1])
    with query_count() as for_all:
        look = Lookup(db.engine)
        look.expect(reminders)
        found = [look.recipient(one) for one in reminders]

    assert for_all.count == for_one.count
    assert len({recipient.email for recipient in found}) == 5


def test_what_changes_while_letters_leave_is_seen(reminders, monkeypatch) -> None:
    monkeypatch.setattr(lookup, "KEPT", 0.0)
    look = Lookup(db.engine)
    before = look.recipient(reminders[0]).sender.name

    db.session.execute(update(Sender).values(name="Een andere naam"))
    db.session.commit()

    assert before != "Een andere naam"
    assert look.recipient(reminders[0]).sender.name == "Een andere naam"
    assert look.sender(reminders[0].sender_id).name == "Een andere naam"


def test_a_letter_without_its_text_stops_only_itself(reminders) -> None:
    gone, *others = reminders
    gone.text_id = None
    db.session.commit()
    look = Lookup(db.engine)

    with pytest.raises(Unknown, match="bestaat niet meer"):
        look.recipient(gone)
    assert [look.recipient(one).email for one in others] == [one.address for one in others]
