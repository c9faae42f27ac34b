"""What is kept long enough goes, each kind by its own period; counts stay."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from outreach import jobs
from outreach.accounts import choices
from outreach.accounts.audit import CLI
from outreach.accounts.choices import Periods
from outreach.accounts.models import AuditEntry
from outreach.campaigns.links import Links
from outreach.campaigns.models import CampaignState
from outreach.campaigns.store import Store
from outreach.clock import FixedClock
from outreach.contacts import suppression
from outreach.contacts.models import Contact, SuppressionReason
from outreach.db import db
from outreach.delivery.models import Alert, Kind, State
from outreach.events import needs, registering
from outreach.events.models import Registration
from outreach.events.needs import Needs, Wish
from outreach.ledger import retention
from outreach.tokens import Tokens
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make,
    make_campaign,
    make_contact,
    make_meeting,
    make_message,
    make_wanted,
)

pytestmark = pytest.mark.usefixtures("app")
DAY = timedelta(days=1)
YEARS = timedelta(days=731)


def take(now_: object) -> dict[str, int]:
    return {
        rule.name: retention.take(rule, now=now_).count  # type: ignore[arg-type]
        for rule in retention.RULES
        if any(line.due for line in retention.lines(now=now_) if line.rule is rule)  # type: ignore[arg-type]
    }


def test_a_registration_loses_wishes_first_and_then_its_name(app: Flask) -> None:
    meeting = make_meeting("haarlem")
    wanted = make_wanted(meeting, needs=Needs(Wish((), "eet geen noten")), consented="ja")
    registering.register(meeting, wanted, links=MEETING_LINKS, now=NOON)
    ends = meeting.days[0].ends_at
    registration = db.session.query(Registration).one()

    assert "needs" not in take(ends + 14 * DAY)
    assert take(ends + 15 * DAY)["needs"] == 1
    assert (bool(needs.of(registration)), registration.name) == (False, "Noor de Wit 1")
    assert take(ends + 184 * DAY)["registrations"] == 1
    assert (registration.name, registration.email) == ("(gewist)", "")
    assert meeting.days[0].taken == 1, "who came is still counted"
    assert "registrations" not in take(ends + 185 * DAY)


def test_a_letter_stays_as_a_counted_row(app: Flask, tmp_path: Path) -> None:
    campaign = make_campaign(state=CampaignState.FINISHED, source="the file")
    name = Store(tmp_path).put(b"%PDF")
    message = make_message(campaign, make_contact("Zeist"), pdf_sha256=name, pdf_name="b.pdf")
    young = make_message(make_campaign(), make_contact("Utrecht"), accepted_at=NOON + 9 * DAY)

    (rule,) = [one for one in retention.RULES if one.name == "letters"]
    taken = retention.take(rule, now=NOON + YEARS)

    assert (taken.count, taken.files) == (1, [name])
    assert (message.address, message.state, message.gemeente_code) == (
        "(gewist)",
        State.ACCEPTED,
        "GM0355",
    )
    assert campaign.steps[0].texts[0].mail == ""
    assert young.address == "griffie@utrecht.example"


def test_a_letter_that_may_still_leave_is_left_alone(app: Flask) -> None:
    make_message(make_campaign(), make_contact(), state=State.QUEUED, accepted_at=None)

    assert "letters" not in take(NOON + YEARS)


def test_who_left_office_long_ago_goes_and_the_objection_stays(app: Flask) -> None:
    gone = make_contact("Zeist", "oud@zeist.example", term_until=date(2026, 3, 1))
    make_contact("Zeist", "nu@zeist.example")
    suppression.suppress("oud@zeist.example", SuppressionReason.ASKED, by=CLI, now=NOON)
    make_message(make_campaign(), gone)

    assert take(NOON + YEARS - 40 * DAY).get("contacts") is None
    assert take(NOON + YEARS)["contacts"] == 1
    assert [one.addresses[0].email for one in db.session.query(Contact)] == ["nu@zeist.example"]
    assert suppression.is_suppressed("oud@zeist.example")


def test_notices_conversations_alerts_and_the_trail_have_their_own_periods(app: Flask) -> None:
    campaign, contact = make_campaign(), make_contact()
    text = {"text": "Dag Noor"}
    make_message(campaign, contact, kind=Kind.NOTICE, step_id=None, text_id=None, content=text)
    make_message(campaign, contact, transcript="RCPT TO:<griffie@zeist.example>")
    make(Alert(key="a", what="w", sentence="s", path="/", at=NOON))
    make(Alert(key="b", what="w", sentence="s", path="/", at=NOON, next_at=NOON))
    make(AuditEntry(at=NOON, actor="cli", act="a", subject="s", detail={}))

    assert take(NOON + 91 * DAY) == {"alerts": 1}
    assert take(NOON + 184 * DAY) == {"notices": 1}
    assert take(NOON + 366 * DAY) == {"conversations": 1}
    assert take(NOON + YEARS)["audit"] == 1
    assert [one.key for one in db.session.query(Alert)] == ["b"]


def test_the_screen_says_what_goes_now_and_what_soon(app: Flask) -> None:
    make(Alert(key="a", what="w", sentence="s", path="/", at=NOON))
    make(Alert(key="c", what="w", sentence="s", path="/", at=NOON + 20 * DAY))

    found = {line.rule.name: line for line in retention.lines(now=NOON + 91 * DAY)}

    assert (found["alerts"].due, found["alerts"].soon, found["alerts"].days) == (1, 1, 90)


def test_an_owner_s_own_period_counts(app: Flask) -> None:
    make(Alert(key="a", what="w", sentence="s", path="/", at=NOON))
    choices.write(Periods(alerts=10), by=CLI, now=NOON)

    assert take(NOON + 11 * DAY) == {"alerts": 1}


def test_it_happens_once_a_night_after_three(app: Flask, tmp_path: Path) -> None:
    desk = jobs.Desk(Links("https://a.example", Tokens(("k" * 32,))), Store(tmp_path))
    clock = FixedClock(NOON.replace(hour=1, minute=30) + 100 * DAY)  # half past three in summer
    make(Alert(key="a", what="w", sentence="s", path="/", at=NOON))

    assert jobs.tidy(desk, now=clock.now() - timedelta(hours=1)) == 0
    assert jobs.tidy(desk, now=clock.now()) == 1
    make(Alert(key="a", what="w", sentence="s", path="/", at=NOON))
    assert jobs.tidy(desk, now=clock.now() + timedelta(hours=9)) == 0
    assert jobs.tidy(desk, now=clock.now() + DAY) == 1
