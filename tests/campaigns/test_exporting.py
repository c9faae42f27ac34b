"""A campaign written out loads to the same campaign."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach import unseen
from outreach.accounts.audit import SYSTEM
from outreach.campaigns import exporting, files, writing
from outreach.campaigns.conditions import To
from outreach.campaigns.exporting import NotAFile
from outreach.campaigns.files import CampaignFile, StepPart, Text, Window
from outreach.campaigns.models import Recipients
from outreach.campaigns.store import Store
from outreach.contacts.models import RegionKind
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make_campaign, make_region, make_sender

FILE = """---
name: "Oproep: samen eten"
slug: samen
sender: post@naastelkaar.example
kenmerk: NE-2026-014
audience:
  role: griffier
  region: [kern]
  except: {gemeente: [Hilversum]}
  segment: {all: [{field: inhabitants, op: more, value: 50000}, {field: tag, op: not_in, value: x}]}
attachments: [stukken/oproep.pdf]
pdf_letter: true
variants: [raad, college]
questions:
  - {key: pilot, label: "Doet u mee, of niet?", type: choice, options: [ja, "nee: nooit"]}
  - {key: woorden, label: Wat vindt u?, type: text}
outcomes: [{key: akkoord, label: Akkoord gesloten, stops: true}]
window: {days: [mon, wed], from: "08:00", until: "17:30"}
steps:
  - {subject: "Oproep aan {{gemeente}}", send_at: 2026-03-23T09:00}
  - {subject: "Herinnering", after: 30 working days, at: "9:00", to: not_answered}
  - {subject: Ja, after: 40 days, at: "09:30", to: {replied: {pilot: [ja]}, receipt: true}}
---
Aan de raad.

+++ brief

De brief.

***

+++ college
Aan het college.

---
Herinnering.

---
Dank u.
"""
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
TEXT = TEXT.map(unseen.clean).map(str.strip)
NAME = TEXT.filter(bool)
WORD = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True)
LINE = st.one_of(TEXT, st.sampled_from(["---x", "+++", "#", "* a", "", "----", "\\+++ brief"]))
BODY = st.lists(LINE, min_size=1, max_size=4).map("\n".join).map(str.strip)


@st.composite
def steps(draw: Any, variants: tuple[str, ...], *, first: bool) -> StepPart:
    fixed = first or draw(st.booleans())
    at = datetime(2026, 3, 23, draw(st.integers(0, 20)), tzinfo=UTC)
    bodies = variants if draw(st.booleans()) else variants[:1]
    recipients = Recipients.ALL if first else draw(st.sampled_from(list(Recipients)))
    meeting = "" if first else draw(st.sampled_from(["", "haarlem"]))
    question = "" if first else draw(st.sampled_from(["", "pilot"]))
    to = To(
        recipients,
        question,
        draw(st.sampled_from([(), ("ja",)])) if question else (),
        meeting,
        draw(st.booleans()) if meeting else False,
    )
    return StepPart(
        subject=draw(NAME),
        send_at=at if fixed else None,
        send_at_wall=at.isoformat() if fixed else "",
        after_days=None if fixed else draw(st.integers(1, 365)),
        after_working=not fixed and draw(st.booleans()),
        after_at=None if fixed else time(draw(st.integers(0, 23)), 5),
        to=to,
        before="" if fixed else draw(st.sampled_from(["", "haarlem"])),
        texts={one: Text(draw(BODY.filter(bool)), draw(BODY)) for one in bodies},
    )


@st.composite
def campaigns(draw: Any) -> CampaignFile:
    variants = draw(st.sampled_from([("raad",), ("raad", "college"), ("college",)]))
    opens = draw(st.integers(0, 1000))
    window = Window(
        draw(st.integers(1, 127)), opens, opens + draw(st.integers(1, 400)), draw(st.booleans())
    )
    meetings = tuple(draw(st.lists(WORD, max_size=2)))
    pilot = {"key": "pilot", "label": draw(NAME), "type": "choice", "options": ["ja", "nee"]}
    return CampaignFile(
        name=draw(NAME),
        slug=draw(WORD),
        sender=draw(NAME),
        kenmerk=draw(TEXT),
        audience=draw(st.sampled_from([{}, {"list": ["a: b", "#c"], "except": {"tag": ["{x}"]}}])),
        attachments=tuple(draw(st.lists(NAME, max_size=2))),
        pdf_letter=draw(st.booleans()),
        questions=[pilot],
        outcomes=draw(st.sampled_from([[], [{"key": "a", "label": "b", "stops": True}]])),
        meetings=meetings,
        variants=variants,
        window=draw(st.sampled_from([Window(), window, Window(31, 0, 1440, on_holidays=False)])),
        steps=(
            draw(steps(variants, first=True)),
            *draw(st.lists(steps(variants, first=False), max_size=2)),
        ),
        handled_by=draw(TEXT),
        direct_phone=draw(TEXT),
        cosigners=draw(st.one_of(st.none(), st.lists(NAME, max_size=2).map(tuple))),
        registration_answers=bool(meetings) and draw(st.booleans()),
    )


@given(file=campaigns())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_as_the_same(file: CampaignFile) -> None:
    said = exporting.said(file)
    again = files.parse(said)

    assert exporting.said(again) == said
    assert again == file


def test_lines_that_would_begin_another_letter_stay_in_theirs() -> None:
    step = files.parse(FILE).steps[0]
    text = Text("Voor\n---\n+++ brief\n+++ college\nna")
    file = files.parse(FILE)

    odd = exporting.said(
        CampaignFile(**(vars(file) | {"variants": ("raad",), "steps": (_with(step, text),)}))
    )
    again = files.parse(odd)
    assert again.steps[0].texts == {"raad": Text("Voor\n----\n\\+++ brief\n\\+++ college\nna")}
    assert exporting.said(again) == odd


def _with(step: StepPart, text: Text) -> StepPart:
    return StepPart(**(vars(step) | {"texts": {"raad": text}}))


@pytest.mark.usefixtures("app")
def test_a_loaded_campaign_comes_back_as_the_same_file(tmp_path: Path) -> None:
    make_sender(email="post@naastelkaar.example")
    make_region("Kern", "Soest", kind=RegionKind.OWN)
    (tmp_path / "stukken").mkdir()
    (tmp_path / "stukken" / "oproep.pdf").write_bytes(b"%PDF-1.4\n")
    (tmp_path / "oproep.pdf").write_bytes(b"%PDF-1.4\n")

    def load(text: str, folder: Path) -> tuple[str, Any]:
        now = NOON - timedelta(days=3)
        store = Store(tmp_path / "files")
        campaign = writing.load(text, folder=folder, store=store, by=SYSTEM, now=now)
        db.session.flush()
        return exporting.as_file(campaign), (writing.as_file(campaign), campaign.audience)

    first, made = load(FILE, tmp_path)
    second, again = load(first, tmp_path)

    assert second == first
    assert again == made
    assert '"eigen:Kern"' in first


@pytest.mark.usefixtures("app")
def test_what_a_file_cannot_say_is_refused() -> None:
    draft = make_campaign(variants=["raad", "college"])
    draft.steps[0].texts[1].subject = "Anders"
    with pytest.raises(NotAFile, match="ander onderwerp"):
        exporting.as_file(draft)
    draft.steps[0].send_at = None
    with pytest.raises(NotAFile, match="moment"):
        exporting.as_file(draft)
