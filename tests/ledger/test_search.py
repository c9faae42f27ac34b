"""One box over everything: every word has to be there, in any of its forms."""

from datetime import date
from typing import Any

import pytest

from outreach.accounts.audit import CLI
from outreach.answers import documents
from outreach.answers.documents import Facts, File
from outreach.campaigns.models import CampaignState
from outreach.db import db
from outreach.delivery.arrivals import Incoming, Place
from outreach.delivery.arrivals import Kind as MailKind
from outreach.ledger import erasing
from outreach.ledger.person import of_contact
from outreach.ledger.search import search
from outreach.letters import wordforms
from tests.conftest import NOON
from tests.factories import make, make_answer, make_campaign, make_contact

TEXT = "De raad stelde vast dat er in alle wijken huizen van de buurt komen. " * 3


@pytest.fixture
def everything(app: Any) -> None:
    """The word "huis" in a letter, a document, a mail, an answer and a note."""
    campaign = make_campaign(state=CampaignState.RUNNING)
    campaign.steps[0].texts[0].letter = "Wij vragen {{gemeente}} om een huis in elke wijk."
    make_answer(campaign, "Zeist", "antwoord", note="Wij openen drie huizen in de wijk")
    file = File("b.pdf", "0" * 64, 9, 1, TEXT, "")
    facts = Facts(subject="Besluit", number="2026-004273", dated=date(2026, 3, 1))
    documents.add("GM1680", facts, file=file, by=CLI, now=NOON)
    make_mail(subject="Uw huis in onze wijk", text="Dank.", case_number="Z-26/17")
    make_mail(subject="Een wijkhuis", state=Place.REMOVED)
    make_contact("Soest", notes="Belt graag over het huis van de wijk", last_name="van Dijk")
    db.session.commit()


def make_mail(**values: Any) -> Incoming:
    made = values.get("subject", "")
    known = {
        "dedupe_key": made,
        "from_name": "Griffie Zeist",
        "from_email": "griffie@zeist.example",
        "received_at": NOON,
        "read_at": NOON,
        "kind": MailKind.ANSWER,
        "state": Place.SETTLED,
    }
    return make(Incoming(**(known | values)))


def counted(text: str) -> dict[str, int]:
    found = search(text)
    return {
        name: len(kept) for name in found.__dataclass_fields__ if (kept := getattr(found, name))
    }


@pytest.mark.parametrize("text", ["huis wijk", "wijken huizen", "HUIZEN  wijk"])
def test_a_word_is_found_in_any_of_its_forms_everywhere(everything: None, text: str) -> None:
    once = dict.fromkeys(("campaigns", "documents", "mails", "answers", "contacts"), 1)

    assert counted(text) == once


def test_every_word_has_to_be_there(everything: None) -> None:
    assert counted("huis zwembad") == {}
    assert counted("huis 2026-004273") == {"documents": 1}
    assert counted("z-26/17") == {"mails": 1}
    assert counted("van dyk") == {"contacts": 1}
    assert counted("100%") == counted("_") == counted("%%") == counted("\x00\x00") == {}


def test_what_was_found_is_quoted(everything: None) -> None:
    found = search("huizen")

    assert found.documents[0].quote.startswith("De raad stelde vast dat er in alle wijken huizen")
    assert found.documents[0].quote.endswith("…")
    assert found.campaigns[0][1] == "Wij vragen {{gemeente}} om een huis in elke wijk."


def test_who_was_erased_is_found_no_more(everything: None) -> None:
    contact = make_contact("Zeist", first_name="Noor", last_name="Proefpersoon")
    make_mail(subject="Van Noor Proefpersoon", text="Groet, Noor Proefpersoon")
    assert counted("Proefpersoon") == {"mails": 1, "contacts": 1}

    erasing.erase(of_contact(contact), by=CLI, now=NOON)

    assert counted("Proefpersoon") == {}


def test_it_asks_no_more_of_a_larger_ledger(everything: None, query_count: Any) -> None:
    with query_count() as counting:
        search("huis", registrants=True)

    assert counting.count <= 12


@pytest.mark.parametrize(
    ("one", "other"),
    [("brief", "brieven"), ("straat", "straten"), ("plan", "plannen"), ("school", "scholen")],
)
def test_one_form_finds_the_other(one: str, other: str) -> None:
    assert any(form in other for form in wordforms.forms(one))
    assert any(form in one for form in wordforms.forms(other))


def test_what_is_short_or_a_number_is_only_itself() -> None:
    assert wordforms.forms("Jan") == ["jan"]
    assert wordforms.forms("2026-004273") == ["2026-004273"]
