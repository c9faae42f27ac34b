"""Tekstblokken: kept once, put into any letter."""

import pytest
from flask import Flask

from outreach.accounts.models import AuditEntry
from outreach.campaigns import text_blocks, writing
from outreach.campaigns.models import Campaign
from outreach.db import db
from outreach.errors import Invalid, Unknown
from outreach.ledger import search
from tests.conftest import NOON
from tests.factories import make_contact
from tests.web import scenes
from tests.web.page import PageClient

HERE = "/kantoor/tekstblokken/"
WHO = "Wij zijn **Naast Elkaar**, een bond van achttien organisaties in {{gemeente}}."


@pytest.fixture
def letter(app: Flask) -> Campaign:
    make_contact("Zeist")
    return scenes.make_draft("Deltaplan")


def test_a_text_is_kept_put_into_a_letter_changed_and_thrown_away(
    coordinator: PageClient, letter: Campaign
) -> None:
    page, write = f"{HERE}nieuw", f"/kantoor/brieven/{letter.slug}/stap/1/schrijf"
    assert "Schrijf het eerste" in coordinator.page(HERE).text
    assert "Tekstblok" not in coordinator.page(write).text

    coordinator.submit(page, page, title="Wie wij zijn", text=WHO)
    (kept,) = text_blocks.everything()
    taken = coordinator.submit(page, page, title="wie WIJ zijn", text="Iets anders")
    assert "Er is al een tekstblok" in taken.text

    # Without JavaScript it comes below what is typed, and nothing is kept yet.
    assert f'data-tekst="{WHO}\n"' in coordinator.get(write).text
    typed = {"mail": "Dag,", "voeg": "mail", "blok": str(kept.id)}
    shown = coordinator.submit(write, f"{write}?tekst=raad", **typed)
    assert f"Dag,\n\n{WHO}</textarea>" in shown.text.replace("\r\n", "\n")
    assert "Naast Elkaar" not in writing.current_texts(letter.steps[0])["raad"].mail

    (hit,) = search.search("bonden organisatie").hits.values()
    assert hit[0].row.id == kept.id
    assert "#t-" in coordinator.page("/kantoor/zoek/?q=achttien").links()["Wie wij zijn"]

    change = f"{HERE}{kept.id}"
    coordinator.submit(change, change, title="Wie wij zijn", text="Wij zijn met negentien.")
    assert "negentien" in coordinator.page(HERE).text
    coordinator.submit(change, f"{change}/weg")
    assert text_blocks.everything() == []
    gone = coordinator.submit(write, f"{write}?tekst=raad", **typed)
    assert gone.status_code == 404
    acts = [one.act for one in db.session.query(AuditEntry) if "text block" in one.act]
    assert acts == ["add text block", "change text block", "remove text block"]


def test_a_text_without_a_name_or_words_is_refused(app: Flask) -> None:
    actor = text_blocks.audit.CLI
    for title, text, said in (
        (" ", "tekst", "naam"),
        ("x" * 81, "tekst", "80 tekens"),
        ("Slot", " \n", "Schrijf de tekst"),
        ("Slot", "x" * 200_001, "langer"),
        ("Slot", "Dag\0", "geen letter"),
    ):
        with pytest.raises(Invalid, match=said):
            text_blocks.add(title, text, by=actor, now=NOON)
    with pytest.raises(Unknown, match="Er is geen tekstblok"):
        text_blocks.find("Slot")
    made = text_blocks.add("Slot\u202e", "a\r\nb ", by=actor, now=NOON)
    assert (made.title, made.text) == ("Slot", "a\nb")
    assert text_blocks.find(" sLOT ") is made
