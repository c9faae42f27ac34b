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
from outreach.events import registering
from outreach.ledger import lines, standing, timeline
from outreach.ledger.standing import GemeenteStanding, Standing
from tests.conftest import NOON
from tests.factories import (
    MEETING_LINKS,
    make_answer,
    make_campaign,
    make_contact,
    make_meeting,
    make_message,
    make_registration,
)

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


def test_who_registers_answers_where_the_letter_says_so_until_it_is_cancelled() -> None:
    campaign = make_campaign(meetings=["haarlem"], registration_answers=True)
    make_message(campaign, make_contact("Zeist"))
    make_message(campaign, make_contact("Goes"))
    make_answer(campaign, "Goes", "doorgestuurd")
    meeting = make_meeting()
    codes = [gemeenten.find(name).code for name in ("Zeist", "Goes", "Assen")]
    came = [make_registration(meeting, n, gemeente_code=code) for n, code in enumerate(codes)]

    rows = {name: of(campaign, name) for name in ("Zeist", "Goes", "Assen")}
    listed = lines.where([campaign.id])[campaign.id]

    assert [row.standing for row in rows.values()] == [
        Standing.ANTWOORD,
        Standing.DOORGESTUURD,  # what the griffie said says more
        Standing.NOG_NIET,
    ]
    assert rows["Zeist"].evidence.startswith("raadslid meldde zich op ma 23 maart aan voor")
    by_dossier = lines.of_gemeente(timeline.History.of(codes[0]))
    assert by_dossier == {campaign.id: Standing.ANTWOORD}
    assert listed == {codes[0]: Standing.ANTWOORD, codes[1]: Standing.DOORGESTUURD}
    told = timeline.of_gemeente(codes[0])
    assert "Dit telt als antwoord op “Ademruimte voor jongeren”" in f"{told}"
    assert timeline.sentence("Zeist", told).startswith("Uit Zeist meldde zich op ma 23 maart")
    registering.cancel(came[0], links=MEETING_LINKS, now=NOON + timedelta(days=1))
    assert of(campaign, "Zeist").standing is Standing.VERSTUURD
    assert lines.where([campaign.id])[campaign.id][codes[0]] is Standing.VERSTUURD
    assert timeline.sentence("Zeist", timeline.of_gemeente(codes[0])).endswith("nog niet.")


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
