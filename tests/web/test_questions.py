"""Vragen: what gemeenten said to a letter's questions, counted, listed and filled in by phone."""

import csv
import io

import pytest
from flask import Flask
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from outreach.campaigns.models import Campaign, CampaignState
from outreach.db import db
from outreach.ledger import report
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_meeting, make_message
from tests.web.page import PageClient
from tests.web.test_answer_page import ASKED

HOME = "/kantoor/brieven/plan/vragen"


@pytest.fixture
def letter(app: Flask) -> Campaign:
    campaign = make_campaign(slug="plan", name="Plan Ademruimte", questions=ASKED)
    for name in ("Zeist", "Goes", "Assen"):
        make_message(campaign, make_contact(name))
    return campaign


def fill(coordinator: PageClient, code: str, **replies: object) -> None:
    names = {f"vraag-{key}": value for key, value in replies.items()}
    response = coordinator.submit(f"{HOME}/{code}", **names)
    assert response.status_code == 303


def test_what_was_phoned_in_is_counted_and_listed(
    coordinator: PageClient, letter: Campaign
) -> None:
    fill(coordinator, "GM0355", pilot="ja", lijnen=["1", "2"])
    fill(coordinator, "GM0664", pilot="ja", meer="=1+1")

    page = coordinator.page(HOME)

    assert "2 van 342 gemeenten antwoordden" in page.text
    assert "Zeist ja 1, 2" in page.text
    assert "telefoon" in page.text.lower()


def test_the_list_is_a_file_that_a_spreadsheet_does_not_compute(
    coordinator: PageClient, letter: Campaign
) -> None:
    fill(coordinator, "GM0664", pilot="nee", meer="=1+1")

    raw = coordinator.get(f"{HOME}.csv").data

    header, goes = csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";")
    assert header[4:7] == ["Wilt u meedoen?", "Welke lijnen?", "Wat wilt u kwijt?"]
    assert goes[:7] == ["GM0664", "Goes", "Zeeland", "raad", "nee", "", "'=1+1"]


def test_nothing_filled_in_is_refused(coordinator: PageClient, letter: Campaign) -> None:
    response = coordinator.submit(f"{HOME}/GM0355")

    assert response.status_code == 422
    assert "Vul bij ten minste één vraag een antwoord in." in response.text


def test_a_letter_without_questions_says_where_they_come_from(
    coordinator: PageClient, letter: Campaign
) -> None:
    letter.questions = []
    db.session.commit()

    assert "Deze brief stelt geen vragen." in coordinator.page(HOME).text


def test_a_letter_is_given_questions_outcomes_and_meetings(
    coordinator: PageClient, letter: Campaign
) -> None:
    make_meeting(slug="rotterdam", city="Rotterdam")
    letter.questions = []
    db.session.commit()
    page = "/kantoor/brieven/plan/vraagt"

    response = coordinator.submit(
        page,
        **{
            "questions-0-label": "Welke lijnen staan in uw akkoord?",
            "questions-0-type": "several",
            "questions-0-options": "wonen, zorg en welzijn\r\n\r\n jongeren \r\n",
            "questions-1-label": "Wat wilt u kwijt?",
            "questions-1-type": "text",
            "outcomes-0-label": "Antwoord",
            "outcomes-0-stops": "y",
            "outcomes-1-label": "Coalitieakkoord gesloten",
            "meetings": ["rotterdam"],
            "registration_answers": "y",
        },
    )

    assert response.status_code == 303
    assert letter.registration_answers
    assert letter.questions == [
        {
            "key": "welke-lijnen-staan-in-uw-akkoord",
            "label": "Welke lijnen staan in uw akkoord?",
            "type": "several",
            "options": ["wonen, zorg en welzijn", "jongeren"],
        },
        {"key": "wat-wilt-u-kwijt", "label": "Wat wilt u kwijt?", "type": "text"},
    ]
    assert letter.outcomes == [
        {"key": "antwoord-2", "label": "Antwoord", "stops": True},
        {"key": "coalitieakkoord-gesloten", "label": "Coalitieakkoord gesloten", "stops": True},
    ]
    assert letter.meetings == ["rotterdam"]

    coordinator.submit(page, **{"questions-0-label": "Welke lijnen nam u over?"})

    assert [one["key"] for one in letter.questions] == [
        "welke-lijnen-staan-in-uw-akkoord",
        "wat-wilt-u-kwijt",
    ], "a question keeps its key: answers hang on it"
    assert letter.questions[0]["label"] == "Welke lijnen nam u over?"
    nowhere = coordinator.submit(page, meetings=[], registration_answers="y")
    assert "Kies voor welke bijeenkomsten" in nowhere.text


@pytest.mark.parametrize(
    ("type_", "options", "said"),
    [
        ("choice", "ja", "Schrijf ten minste twee antwoorden"),
        ("several", "ja\nja", "Hetzelfde antwoord staat er twee keer."),
        ("text", "ja\nnee", "Bij een vraag in eigen woorden horen geen antwoorden."),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    coordinator: PageClient, letter: Campaign, type_: str, options: str, said: str
) -> None:
    response = coordinator.submit(
        "/kantoor/brieven/plan/vraagt",
        **{
            "questions-0-label": "Wilt u meedoen?",
            "questions-0-type": type_,
            "questions-0-options": options,
        },
    )

    assert response.status_code == 422
    assert said in response.text
    assert letter.questions == ASKED


def test_what_a_letter_that_left_asks_stays(coordinator: PageClient, letter: Campaign) -> None:
    letter.state = CampaignState.RUNNING
    db.session.commit()

    assert coordinator.get("/kantoor/brieven/plan/vraagt").status_code == 409


def test_the_answers_stand_on_the_map_and_every_number_in_a_workbook(
    coordinator: PageClient, letter: Campaign
) -> None:
    letter.audience = {"gemeente": ["GM0355", "GM0664", "GM0106"]}
    db.session.commit()
    fill(coordinator, "GM0355", pilot="ja", lijnen=["1", "2"])
    fill(coordinator, "GM0664", pilot="nee")

    page = coordinator.get(HOME).text
    assert page.count('<a href="/kantoor/gemeenten/GM') == 342 + 2  # one map, of one answer each
    for said in ("Zeist: ja", "Goes: nee", "Assen: nog geen antwoord", "Leiden: niet gevraagd"):
        assert f"<title>{said}</title>" in page or f">{said}<" in page, said
    assert "2 van 3 gemeenten antwoordden" in page
    assert "50%" in page

    def sheets(address: str) -> dict[str, list[list[str]]]:
        book = CalamineWorkbook.from_filelike(io.BytesIO(coordinator.get(address).data))
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}

    whole = sheets(f"{HOME}.xlsx")
    assert ["Wilt u meedoen?", "ja", "1", "50"] in whole["Aantallen"]
    assert [row[1] for row in whole["Antwoorden"][1:]] == ["Goes", "Zeist"]
    only = sheets(f"{HOME}.xlsx?vraag=pilot&antwoord=nee")
    assert [row[1] for row in only["Antwoorden"][1:]] == ["Goes"]
    assert len(PdfReader(io.BytesIO(report.of(letter, now=NOON))).pages) == 1
