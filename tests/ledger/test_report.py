"""The page for the board says what the page of the letter says."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date
from outreach.ledger import report, sheet, signs
from outreach.ledger.standing import Standing
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message
from tests.web import scenes

TOKENS = Path(report.__file__).parents[1] / "web" / "static" / "tokens.css"
TRICKY = '#import "x": *; $a_1$ <b>ʻĲ</b> & \\ @noor'
LATER = NOON + timedelta(days=16)


def read(made: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(made))
    return reader, " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


@pytest.mark.usefixtures("app")
def test_a_letter_to_the_country_is_one_tagged_page() -> None:
    scenes.make_griffies()
    campaign = scenes.make_letter()
    scenes.make_sent(campaign)
    found = sheet.of(campaign, now=LATER)

    reader, text = read(report.of(campaign, now=LATER))

    root = reader.trailer["/Root"]
    assert len(reader.pages) == 1
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert root["/Lang"] in ("nl", "nl-NL")  # type: ignore[index]
    assert reader.metadata is not None
    assert reader.metadata.title == "Verslag: Oproep eenzaamheid"
    assert "NE-2026-014" in text
    assert found.sentence in text
    for one, count in found.counts.items():
        assert not count or f"{one.word} {count}" in text
    assert "alle gemeenten 342" in text
    assert "73 reacties, per dag" in text
    assert "1 Brief 23 maart 2026 336 verstuurd, 4 niet aangekomen" in text
    assert f"{dutch_date(LATER):%-d} april 2026" in text


def test_a_name_is_never_read_as_typst(app: object) -> None:
    campaign: Campaign = make_campaign()
    campaign.name = TRICKY
    make_message(campaign, make_contact("Zeist"))

    _reader, text = read(report.of(campaign, now=NOON))

    assert '#import "x": *; $a_1$' in text
    assert "verstuurd, nog geen reactie 1" in text


def test_paper_and_screen_have_the_same_signs() -> None:
    light = TOKENS.read_text(encoding="utf-8").split("@media")[0]

    assert dict(re.findall(r"--s-(\w+): (#\w+);", light)) == signs.PAPER
    assert {one.sign for one in Standing} == set(signs.PAPER)
    assert set(signs.PAPER) <= set(signs.SHAPES)
