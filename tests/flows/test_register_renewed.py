"""The register is renewed, and a gemeente goes into another: the story S9 of the product.

Invented people. Wijdemeren goes into Hilversum on 1 January 2027.
"""

import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.audit import Actor
from outreach.campaigns import audience
from outreach.campaigns.models import CampaignState
from outreach.clock import FixedClock, dutch_date
from outreach.contacts import checklist, confirming, directory, register, suppression
from outreach.contacts.directory import Reach
from outreach.contacts.models import (
    Address,
    Contact,
    Decision,
    Function,
    Gemeente,
    SuppressionReason,
)
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.ledger import dossier
from tests.contacts.register_exports import export, gemeente, person
from tests.factories import make_answer, make_campaign, make_contact, make_coordinator, make_message

pytestmark = pytest.mark.usefixtures("app")
MARIT = Actor("coordinator:1", "Marit")
JANUARY = datetime(2027, 1, 4, 8, tzinfo=UTC)
HILVERSUM = gemeente("GM0402", "Hilversum", website="https://www.hilversum.nl")
ENDED = gemeente("GM1696", "Wijdemeren", ends="2027-01-01", email="https://geen.adres")


def dropped(message: Message, now: datetime) -> str | None:
    return db.session.scalar(select(audience.drop_of_message(now)).where(Message.id == message.id))


def test_a_gemeente_that_went_into_another_takes_its_addresses_there(clock: FixedClock) -> None:
    griffie = make_contact("Wijdemeren", "griffie@wijdemeren.example", notes="belt liever")
    raadslid = make_contact(
        "Wijdemeren", "p@wijdemeren.example", function=Function.RAADSLID, last_name="Proef"
    )
    make_contact("Hilversum", "griffie@hilversum.example")
    asked = SuppressionReason.ASKED
    suppression.suppress("p@wijdemeren.example", asked, by=MARIT, now=clock.now())
    campaign = make_campaign(state=CampaignState.RUNNING)
    sent = make_message(campaign, griffie)
    open_letter = make_message(campaign, griffie, state=State.QUEUED, accepted_at=None)
    make_answer(campaign, "Wijdemeren", "op-lijst")
    assert dropped(open_letter, clock.now()) is None
    clock.forward(JANUARY - clock.now())

    data = io.BytesIO(export(HILVERSUM, ENDED, day="2027-01-02"))
    shown = register.plan("exportOO_gemeenten.xml", data, by=MARIT, now=clock.now())

    assert register.summary(shown)["moved"] == 2
    assert "“https://geen.adres” is geen e-mailadres" in register.remarks(shown)[0].reason
    assert len(directory.staff("GM0402").entries) == 1  # looking changes nothing

    register.apply(shown, by=MARIT, now=clock.now())
    db.session.commit()

    # History stays where it was; nobody works there any more.
    old = dossier.of("GM1696")
    assert sent.gemeente_code == "GM1696"
    assert [campaign_ for campaign_, _ in old.letters] == [campaign]
    assert old.staff.successor is not None
    assert old.staff.successor.name == "Hilversum"
    assert str(griffie.term_until) == str(raadslid.term_until) == "2026-12-31"
    # Both addresses are at the successor, to be looked at; who wants no mail still wants none.
    reach = {entry.address.email: entry.reach for entry in directory.staff("GM0402").entries}
    assert reach == {
        "griffie@hilversum.example": Reach.CONFIRMED,
        "griffie@wijdemeren.example": Reach.SUGGESTED,
        "p@wijdemeren.example": Reach.NO_MAIL,
    }
    came = db.session.scalars(
        select(Address).where(Address.email == "griffie@wijdemeren.example")
    ).all()[-1]
    assert came.source.startswith("Overgekomen van gemeente Wijdemeren op 4-1-2027")
    # The letter that was still open does not leave for a gemeente that is gone.
    assert dropped(open_letter, clock.now()) == "no-basis"

    # The same register again finds nothing to do; and all of it can be taken back.
    clock.forward(timedelta(hours=1))
    again = register.plan("x.xml", io.BytesIO(export(HILVERSUM, ENDED)), by=MARIT, now=clock.now())
    assert register.summary(again)["moved"] == 0
    undone = register.undo(shown, by=MARIT, now=clock.now())
    db.session.commit()
    assert undone.kept == []
    assert griffie.term_until is None
    assert len(directory.staff("GM0402").entries) == 1
    assert dropped(open_letter, clock.now()) is None
    assert db.session.get_one(Gemeente, "GM1696").successor_code == "GM0402"


def test_what_came_over_is_the_first_to_be_checked_and_one_press_decides(
    clock: FixedClock,
) -> None:
    make_contact("Wijdemeren", "griffie@wijdemeren.example")
    make_contact("Hilversum", "griffie@hilversum.example")
    marit = make_coordinator()
    clock.forward(JANUARY - clock.now())
    today = dutch_date(clock.now())
    done = checklist.count(today)
    shown = register.plan("x.xml", io.BytesIO(export(ENDED)), by=MARIT, now=clock.now())
    register.apply(shown, by=MARIT, now=clock.now())
    assert checklist.count(today) == done + 1

    code = checklist.take(marit.id, today=today, at=clock.now())
    first = checklist.item(code or "", today=today, at=clock.now())

    assert first.gemeente.name == "Hilversum"
    assert first.confirmed == ["griffie@hilversum.example"]
    assert [one.email for one in first.suggestions] == ["griffie@wijdemeren.example"]
    assert first.suggestions[0].why.startswith("Overgekomen van gemeente Wijdemeren op 4-1-2027")

    who = {"by": MARIT, "now": clock.now(), "at": clock.now(), "person_id": marit.id}
    confirming.choose("GM0402", Decision.DROP, **who)

    assert checklist.count(today) == done
    rows = db.session.execute(audience.members(make_campaign().steps[0], now=clock.now()))
    assert [row.email for row in rows if row.reason is None] == ["griffie@hilversum.example"]


def test_who_was_looked_at_since_stays_when_the_move_is_taken_back(clock: FixedClock) -> None:
    make_contact("Wijdemeren", "griffie@wijdemeren.example")
    clock.forward(JANUARY - clock.now())
    shown = register.plan("x.xml", io.BytesIO(export(ENDED)), by=MARIT, now=clock.now())
    register.apply(shown, by=MARIT, now=clock.now())
    copy = directory.staff("GM0402").entries[0].address
    copy.confirmed_at = clock.now()

    undone = register.undo(shown, by=MARIT, now=clock.now())

    assert len(undone.kept) == 1
    assert len(directory.staff("GM0402").entries) == 1


def test_a_councillor_whose_mandate_ended_is_no_longer_written_to(clock: FixedClock) -> None:
    make_contact("Zeist", "d@zeist.example", function=Function.RAADSLID, initials="D.",
                 last_name="Proefpersoon")  # fmt: skip
    campaign = make_campaign(audience={"role": ["raadslid"]})
    people = [person("Raadslid", "mw. D. Proefpersoon", until="2026-03-20")]

    def reasons() -> list[str | None]:
        rows = db.session.execute(audience.members(campaign.steps[0], now=clock.now()))
        return [row.reason for row in rows]

    assert reasons() == [None]
    for version in ("2.6.9", "2.6.13"):
        data = export(gemeente("GM0355", "Zeist", people=people), version=version)
        shown = register.plan("x.xml", io.BytesIO(data), by=MARIT, now=clock.now())
        register.apply(shown, by=MARIT, now=clock.now())

    assert reasons() == ["term-ended"]
    assert db.session.scalars(select(Contact.last_name)).all() == ["Proefpersoon"]
