"""The geen-postlijst: per sender and for all, lifted and put back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry, Sender
from outreach.campaigns import planning
from outreach.clock import FixedClock
from outreach.contacts import gemeenten, suppression
from outreach.contacts.addresses import BadAddress
from outreach.contacts.models import Suppression, SuppressionReason
from outreach.db import db
from outreach.errors import OutreachError, Refused
from tests.factories import make_campaign, make_contact, make_sender

pytestmark = pytest.mark.usefixtures("app")
ASKED = SuppressionReason.ASKED
EMAIL = "griffie@zeist.example"


def suppress(clock: FixedClock, email: str = EMAIL, sender: Sender | None = None) -> Suppression:
    sender_id = sender.id if sender else None
    return suppression.suppress(email, ASKED, by=CLI, now=clock.now(), sender_id=sender_id)


def test_an_address_on_the_list_for_all_gets_no_letter_of_any_sender(clock: FixedClock) -> None:
    sender = make_sender()

    suppress(clock)

    assert suppression.is_suppressed(EMAIL, sender.id)
    assert suppression.is_suppressed("Griffie@ZEIST.example")
    assert not suppression.is_suppressed("griffie@soest.example")


def test_an_address_on_the_list_of_one_sender_still_hears_from_another(clock: FixedClock) -> None:
    one, other = make_sender(), make_sender()

    suppress(clock, sender=one)

    assert suppression.is_suppressed(EMAIL, one.id)
    assert not suppression.is_suppressed(EMAIL, other.id)
    assert not suppression.is_suppressed(EMAIL)


def test_asking_twice_leaves_the_first_row_standing(clock: FixedClock) -> None:
    first = suppress(clock)
    clock.forward(timedelta(days=1))

    again = suppress(clock, "GRIFFIE@zeist.example")

    assert again.id == first.id
    assert db.session.scalar(select(func.count()).select_from(Suppression)) == 1


def test_a_lifted_address_gets_letters_again_and_can_be_put_back(clock: FixedClock) -> None:
    first = suppress(clock)

    suppression.lift(first, by=CLI, now=clock.now())

    assert not suppression.is_suppressed(EMAIL)
    assert first.lifted_by == "cli"
    assert suppress(clock).id != first.id
    assert suppression.is_suppressed(EMAIL)


def test_lifting_for_one_sender_leaves_the_row_for_all(clock: FixedClock) -> None:
    sender = make_sender()
    suppress(clock)

    suppression.lift(suppress(clock, sender=sender), by=CLI, now=clock.now())

    assert suppression.is_suppressed(EMAIL, sender.id)


def test_lifting_twice_is_refused(clock: FixedClock) -> None:
    row = suppress(clock)
    suppression.lift(row, by=CLI, now=clock.now())

    with pytest.raises(Refused, match="al van de geen-postlijst"):
        suppression.lift(row, by=CLI, now=clock.now())


def test_something_that_is_no_address_is_refused(clock: FixedClock) -> None:
    with pytest.raises(BadAddress, match="geen e-mailadres"):
        suppress(clock, "griffie")


def test_the_audit_trail_names_no_address(clock: FixedClock) -> None:
    suppression.lift(suppress(clock), by=CLI, now=clock.now())

    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()

    assert [entry.act for entry in entries] == ["suppress address", "lift suppression"]
    assert not any(EMAIL in f"{entry.subject}{entry.detail}{entry.note}" for entry in entries)


def test_the_rows_that_keep_letters_away_are_listed_oldest_first(clock: FixedClock) -> None:
    sender = make_sender()
    mine = suppress(clock, sender=sender)
    clock.forward(timedelta(days=1))
    everyones = suppress(clock)

    assert [row.id for row in suppression.standing_of(EMAIL)] == [mine.id, everyones.id]


def test_a_domain_on_the_list_holds_everyone_there_and_nobody_below_it(clock: FixedClock) -> None:
    suppression.suppress_any("@Zeist.example", ASKED, by=CLI, now=clock.now())

    assert suppression.is_suppressed(EMAIL)
    assert suppression.is_suppressed("burgemeester@zeist.example")
    assert not suppression.is_suppressed("griffie@raad.zeist.example")
    assert not suppression.is_suppressed("griffie@deventer-zeist.example")


def test_a_gemeente_on_the_list_holds_every_letter_there(clock: FixedClock) -> None:
    row = suppression.suppress_any("Zeist", ASKED, by=CLI, now=clock.now())

    assert (row.address_key, suppression.said(row.address_key)) == ("GM0355", "gemeente Zeist")
    assert suppression.is_suppressed("a@elders.example", gemeente_code="GM0355")
    assert not suppression.is_suppressed("a@elders.example", gemeente_code="GM0344")
    assert not suppression.is_suppressed(EMAIL)


def test_a_domain_of_one_sender_still_hears_from_another(clock: FixedClock) -> None:
    one, other = make_sender(), make_sender()

    suppression.suppress_any("@zeist.example", ASKED, by=CLI, now=clock.now(), sender_id=one.id)

    assert suppression.is_suppressed(EMAIL, one.id)
    assert not suppression.is_suppressed(EMAIL, other.id)


def test_a_plan_leaves_out_a_domain_and_a_gemeente_and_says_so(clock: FixedClock) -> None:
    campaign = make_campaign()
    for name in ("Zeist", "Utrecht", "Haarlem"):
        make_contact(name, email=f"griffie@{name[:6].lower()}.example")
    suppression.suppress_any("@zeist.example", ASKED, by=CLI, now=clock.now())
    suppression.suppress_any("GM0344", ASKED, by=CLI, now=clock.now())

    (plan,) = planning.plan(campaign, now=clock.now())

    assert [one.gemeente_name for one in plan.send] == ["Haarlem"]
    assert [(one.reason, one.evidence) for one in plan.skip] == [
        ("suppressed", "geen-postlijst (asked, gemeente Utrecht) sinds 23-03-2026"),
        ("suppressed", "geen-postlijst (asked, iedereen op zeist.example) sinds 23-03-2026"),
    ]


def test_an_address_of_a_gemeente_that_went_up_in_another_stays_on_the_list(
    clock: FixedClock,
) -> None:
    old = gemeenten.find("Zeist")
    contact = make_contact("Utrecht", email="oud@zeist.example")
    suppression.suppress_any("GM0355", ASKED, by=CLI, now=clock.now())

    suppression.follow(old, contact.addresses[0], by=CLI, now=clock.now())

    assert suppression.is_suppressed("oud@zeist.example")
    (row,) = suppression.standing_of("oud@zeist.example")
    assert row.note == "De gemeente Zeist wilde geen post meer."


@pytest.mark.parametrize("text", ["@", "@geen domein", "Nergenshuizen"])
def test_what_is_no_address_domain_or_gemeente_is_refused(clock: FixedClock, text: str) -> None:
    with pytest.raises(OutreachError):
        suppression.suppress_any(text, ASKED, by=CLI, now=clock.now())
