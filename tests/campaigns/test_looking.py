"""Our letter on lists of ingekomen stukken, found by a search engine: proposed, never assumed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from config import Settings
from outreach import jobs
from outreach.accounts.audit import CLI
from outreach.answers.models import Answer
from outreach.campaigns import looking
from outreach.campaigns.looking import Piece
from outreach.campaigns.models import Campaign
from outreach.campaigns.recognising import Letter
from outreach.db import db
from outreach.delivery.openbesluitvorming import Server
from outreach.ledger import overview
from tests.campaigns.council_index import (
    CODES,
    KENMERK,
    PAPERS,
    SENDER,
    SUBJECT,
    CouncilIndex,
    council_index,
)
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message, make_sender
from tests.flows.command import Command

AT = NOON + timedelta(days=30)


@pytest.fixture
def index() -> Iterator[CouncilIndex]:
    with council_index() as found:
        yield found


@pytest.fixture
def campaign(app: object) -> Campaign:
    sender = make_sender(name=SENDER)
    campaign = make_campaign(sender=sender, name=SUBJECT, kenmerk=KENMERK)
    for code in CODES.values():
        if code != CODES["tilburg"]:
            make_message(campaign, make_contact(code))
    db.session.commit()
    return campaign


def look(
    index: CouncilIndex, *, at: datetime = AT, most: int = 999, patience: float = 30.0
) -> list[Piece]:
    server = Server(index.url, most, timeout=patience)
    return list(jobs.look_on_lists(server, now=NOON, at=at).values())


OURS = {CODES[one.place] for one in PAPERS if one.ours}


def test_ours_are_proposed_and_no_letter_of_another_coalition(
    campaign: Campaign, index: CouncilIndex
) -> None:
    (piece,) = look(index)

    assert (piece.done, piece.fault) == (True, "")
    found = {one.gemeente.code: one for one in looking.proposals(campaign) if one.gemeente}
    assert found.keys() == OURS
    assert found["GM0355"].url.startswith("https://raad.zeist.example/")
    assert found["GM0355"].handling == "kennisgeving"
    assert "speeltuin" not in found["GM0355"].title
    assert [one.gemeente.name for one in found.values() if one.doubt and one.gemeente] == ["Meppel"]
    assert db.session.scalars(select(Answer)).all() == [], "nothing changes before a person"


def test_what_is_asked_names_only_what_is_ours(campaign: Campaign, index: CouncilIndex) -> None:
    look(index)

    asked = [parse_qs(urlsplit(one).query) for one in index.asked if "search" in one]
    assert {one["query"][0] for one in asked} == {f'"{SENDER}"', f'"{SUBJECT}"', f'"{KENMERK}"'}
    letter = Letter.of("Wij", ["Beste {{aanhef}}", "Oproep aan de raad van {{gemeente}}"], "")
    assert letter.questions() == []


def test_it_goes_on_where_it_was_and_reads_nothing_twice(
    campaign: Campaign, index: CouncilIndex
) -> None:
    at, pieces = AT, 0
    while not look(index, at=at, most=6)[0].done:
        assert looking.due(now=NOON, at=at) == [], "a minute between two pieces"
        at, pieces = at + looking.BETWEEN, pieces + 1

    assert pieces > 3
    assert {one.gemeente.code for one in looking.proposals(campaign) if one.gemeente} == OURS
    read = [one for one in index.asked if "entities/document" in one]
    assert len(read) == len(set(read))
    before = len(index.asked)
    assert look(index, at=at + timedelta(hours=23)) == []
    look(index, at=at + looking.EVERY)
    assert not [one for one in index.asked[before:] if "entities" in one]


@pytest.mark.parametrize(
    ("fault", "seconds", "word"),
    [
        (500, 600, "fout 500"),
        (429, 17, "te wachten"),
        ("broken", 600, "niet te lezen"),
        ("away", 600, "fout 302"),
        ("silent", 600, "op tijd"),
        ("huge", 600, "te groot"),
    ],
)
def test_what_goes_wrong_is_told_and_gone_on_from(
    campaign: Campaign, index: CouncilIndex, fault: int | str, seconds: int, word: str
) -> None:
    index.faults = {1: fault} if fault in ("huge", "silent") else {4: fault}

    (piece,) = look(index, patience=0.1 if fault == "silent" else 30.0)

    assert word in piece.fault
    stands = looking.how_it_stands(campaign)
    assert stands.fault == piece.fault
    assert looking.due(now=NOON, at=AT + timedelta(seconds=seconds - 1)) == []
    look(index, at=AT + timedelta(seconds=seconds))
    assert looking.how_it_stands(campaign).fault == ""
    assert {one.gemeente.code for one in looking.proposals(campaign) if one.gemeente} == OURS


def test_one_document_without_end_keeps_no_other_waiting(
    campaign: Campaign, index: CouncilIndex
) -> None:
    index.faults = {3: "huge"}  # the first document

    (piece,) = look(index)

    assert piece.done
    assert len(looking.proposals(campaign)) == len(OURS) - 1


def test_few_units_that_are_left_are_left(campaign: Campaign, index: CouncilIndex) -> None:
    index.left = "5"

    look(index)

    assert len(index.asked) == 1


def test_a_person_confirms_once_or_says_that_it_is_not_ours(
    campaign: Campaign, index: CouncilIndex
) -> None:
    look(index)
    first, second, *rest = looking.proposals(campaign)

    for _ in range(2):
        made = looking.record(campaign, {first.line, 99_999}, by=CLI, now=NOON)
        assert looking.refuse(campaign, {second.line, first.line}, by=CLI, now=NOON) < 2

    assert made == []
    (answer,) = db.session.scalars(select(Answer))
    assert (answer.status, answer.url) == ("op-lijst", first.url)
    assert answer.evidence == looking.EVIDENCE
    assert [one.line for one in looking.proposals(campaign)] == [one.line for one in rest]
    db.session.commit()
    look(index, at=AT + looking.EVERY)
    assert len(looking.proposals(campaign)) == len(rest)


def test_it_waits_on_the_first_page_until_it_is_settled(
    campaign: Campaign, index: CouncilIndex
) -> None:
    look(index)
    told = [one for one in overview.waiting(NOON) if one.endpoint == "listed.show"]
    assert [(one.title, one.slug) for one in told] == [
        (f"{len(OURS)} lijsten noemen misschien uw brief", campaign.slug)
    ]

    looking.refuse(campaign, {one.line for one in looking.proposals(campaign)}, by=CLI, now=NOON)

    assert not [one for one in overview.waiting(NOON) if one.endpoint == "listed.show"]


def test_a_look_by_hand_waits_its_turn_as_well(
    campaign: Campaign, index: CouncilIndex, settings: Settings, tmp_path: Path
) -> None:
    command = Command(settings, tmp_path, at=AT.isoformat())
    slug = campaign.slug
    look = ("answers", "listed", slug, "--look")
    db.session.commit()  # and hold nothing while the command runs
    assert "OPENBESLUITVORMING_URL" in command.run(*look, exits=1)
    command.extra = {"OUTREACH_OPENBESLUITVORMING_URL": index.url}

    told = command.json(*look)

    assert (told["fault"], told["recorded"]) == ("", 0)
    assert len(index.asked) >= looking.MOST
    assert "later" in command.run(*look, exits=1)
    one = told["proposals"][0]["id"]
    done = command.json("answers", "listed", slug, "--record", str(one))
    assert (done["recorded"], one in [row["id"] for row in done["proposals"]]) == (1, False)
    assert command.json("answers", "listed", slug, "--not-ours", str(one))["refused"] == 0


def test_a_letter_of_long_ago_and_one_that_never_left_are_not_looked_for(
    campaign: Campaign,
) -> None:
    make_campaign()
    assert looking.due(now=NOON, at=AT) == [campaign.id]
    assert looking.due(now=NOON + looking.FOR + timedelta(days=1), at=AT) == []
