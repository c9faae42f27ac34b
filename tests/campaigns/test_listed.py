"""A letter that was seen on a lijst ingekomen stukken: read, confirmed, recorded."""

from datetime import date

import pytest

from outreach.accounts.audit import SYSTEM
from outreach.campaigns import listed
from outreach.campaigns.models import Campaign
from outreach.errors import Invalid
from tests.conftest import NOON
from tests.factories import make_answer, make_campaign, make_contact, make_message

LIST = """Gemeente;Titel;Datum;Link
Zeist; Oproep eenzaamheid; 21-4-2026; https://raad.zeist.nl/lijst
https://ris.assen.nl/stuk/4
Den Bosch\tvoor kennisgeving aannemen\t21 april 2026\tOproep, herhaald
Bergen; Oproep
Nergenshuizen, Oproep
Utrecht | Oproep
"""


@pytest.fixture
def campaign(app: object) -> Campaign:
    campaign = make_campaign()
    for place in ("Zeist", "Assen", "'s-Hertogenbosch"):
        make_message(campaign, make_contact(place))
    return campaign


def test_a_list_is_told_apart_line_by_line(campaign: Campaign) -> None:
    found = listed.read(campaign, LIST)

    assert [one.gemeente and one.gemeente.name for one in found] == [
        "Zeist", "Assen", "'s-Hertogenbosch", None, None, "Utrecht",
    ]  # fmt: skip
    assert found[0].on_date == found[2].on_date == date(2026, 4, 21)
    assert (found[0].title, found[0].url) == ("Oproep eenzaamheid", "https://raad.zeist.nl/lijst")
    assert (found[2].handling, found[2].title) == ("kennisgeving", "Oproep, herhaald")
    assert "Bergen" in found[3].fault
    assert "Wij herkennen geen gemeente" in found[4].fault
    assert found[5].doubt == "Deze gemeente kreeg de brief niet van ons."


def test_only_what_is_confirmed_is_recorded_with_its_evidence_and_once(campaign: Campaign) -> None:
    found = listed.read(campaign, LIST)

    for _ in range(2):
        (answer,) = listed.record(campaign, found, {2, 5}, by=SYSTEM, now=NOON)

    assert (answer.status, answer.stops, answer.body) == ("op-lijst", True, "raad")
    assert (answer.url, answer.evidence) == (found[0].url, listed.EVIDENCE)
    assert listed.read(campaign, LIST)[0].doubt == "Dit staat er al."


def test_a_line_with_another_link_than_stands_is_proposed(campaign: Campaign) -> None:
    make_answer(campaign, "Zeist", "op-lijst")

    assert listed.read(campaign, LIST)[0].doubt == ""


@pytest.mark.parametrize("text", ["", " \n\n", "Zeist\n" * 1001])
def test_no_list_and_a_list_without_end_are_refused(campaign: Campaign, text: str) -> None:
    with pytest.raises(Invalid):
        listed.read(campaign, text)
