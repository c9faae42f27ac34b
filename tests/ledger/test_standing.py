"""How a campaign stands with each gemeente."""

from datetime import timedelta

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.campaigns.models import Campaign
from outreach.contacts import gemeenten
from outreach.contacts.models import Function, SuppressionReason
from outreach.contacts.suppression import suppress
from outreach.db import db
from outreach.delivery.models import State
from outreach.ledger import standing, timeline
from outreach.ledger.standing import GemeenteStanding, Standing
from tests.conftest import NOON
from tests.factories import make_answer, make_campaign, make_contact, make_message

pytestmark = pytest.mark.usefixtures("app")


def of(campaign: Campaign, gemeente: str) -> GemeenteStanding:
    code = gemeenten.find(gemeente).code
    return next(row for row in standing.per_gemeente(campaign) if row.code == code)


def test_every_gemeente_has_a_row_whatever_was_sent() -> None:
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist"))

    counts = standing.counts(standing.per_gemeente(campaign))

    assert counts[Standing.VERSTUURD] == 1
    assert counts[Standing.NOG_NIET] == 341
    assert sum(counts.values()) == 342


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.QUEUED, Standing.NOG_NIET),
        (State.ACCEPTED, Standing.VERSTUURD),
        (State.UNCERTAIN, Standing.ONZEKER),
        (State.REFUSED, Standing.ONBESTELBAAR),
        (State.CANCELLED, Standing.NOG_NIET),
        (State.SUPPRESSED, Standing.NIET_BENADEREN),
    ],
)
def test_a_letter_stands_where_its_delivery_stands(state: State, expected: Standing) -> None:
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist"), state=state)

    assert of(campaign, "Zeist").standing is expected


def test_the_most_telling_answer_is_shown() -> None:
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist"))
    make_answer(campaign, "Zeist", "op-lijst")
    make_answer(campaign, "Zeist", "doorgestuurd")
    make_answer(campaign, "Zeist", "ontvangen")

    found = of(campaign, "Zeist")

    assert found.standing is Standing.OP_LIJST
    assert len(found.answers) == 3


def test_an_outcome_of_the_campaigns_own_counts_as_an_answer() -> None:
    campaign = make_campaign(outcomes=[{"key": "akkoord", "label": "Akkoord", "stops": True}])
    make_answer(campaign, "Zeist", "akkoord", stops=True)

    assert of(campaign, "Zeist").standing is Standing.ANTWOORD


def test_listed_and_refused_at_once_is_a_contradiction() -> None:
    campaign = make_campaign()
    make_answer(campaign, "Zeist", "op-lijst")
    make_answer(campaign, "Zeist", "geweigerd")

    assert of(campaign, "Zeist").contradicts


def test_a_letter_that_arrived_outweighs_another_that_did_not() -> None:
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist", "oud@zeist.example"), state=State.REFUSED)
    make_message(campaign, make_contact("Zeist", "griffie@zeist.example"))

    assert of(campaign, "Zeist").standing is Standing.VERSTUURD


def test_who_asks_for_no_more_mail_shows_as_such_until_it_is_lifted() -> None:
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist"))
    suppress("griffie@zeist.example", SuppressionReason.ONE_CLICK, by=SYSTEM, now=NOON)

    assert of(campaign, "Zeist").standing is Standing.NIET_BENADEREN


def test_a_body_stands_by_itself() -> None:
    campaign = make_campaign(variants=["raad", "college"])
    make_message(campaign, make_contact("Zeist"))
    college = make_contact("Zeist", "college@zeist.example", function=Function.COLLEGE)
    make_message(campaign, college, variant="college")
    make_answer(campaign, "Zeist", "antwoord", body="college")

    code = gemeenten.find("Zeist").code
    rows = {body: standing.per_gemeente(campaign, body=body) for body in ("raad", "college")}
    found = {body: next(r for r in rows[body] if r.code == code) for body in rows}

    assert found["raad"].standing is Standing.VERSTUURD
    assert found["college"].standing is Standing.ANTWOORD


def test_the_timeline_tells_newest_first_and_sums_up_in_a_sentence() -> None:
    campaign = make_campaign()
    make_message(campaign, make_contact("Zeist"))
    make_answer(
        campaign, "Zeist", "doorgestuurd", now=NOON + timedelta(days=10),
        evidence="griffie, op de antwoordpagina",
    )  # fmt: skip
    code = gemeenten.find("Zeist").code

    happenings = timeline.of_gemeente(code)

    assert [h.title for h in happenings] == [
        "Doorgestuurd naar de raad",
        "Brief verstuurd",
    ]
    assert "do 2 april" in timeline.sentence("Zeist", happenings)
    assert happenings[0].detail == "Griffie, op de antwoordpagina."


def test_the_view_costs_the_same_for_few_and_for_many(query_count) -> None:
    few, many = make_campaign(), make_campaign()
    make_message(few, make_contact("Zeist"))
    for name in ("Assen", "Emmen", "Delft", "Gouda", "Leiden"):
        make_message(many, make_contact(name))
        make_answer(many, name, "ontvangen")
    db.session.refresh(few)
    db.session.refresh(many)

    with query_count() as for_few:
        standing.per_gemeente(few)
    with query_count() as for_many:
        standing.per_gemeente(many)

    assert for_few.count == for_many.count <= 6
