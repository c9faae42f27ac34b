"""`outreach answers`, as people type it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

LETTER = """---
name: Oproep
slug: oproep
sender: post@ademruimte.example
questions:
  - {key: pilot, label: Wilt u meedoen?, type: choice, options: [ja, nee]}
outcomes: [{key: akkoord, label: Coalitieakkoord gesloten, stops: true}]
steps:
  - {subject: "Oproep", send_at: 2046-03-23T09:00}
---
{{aanhef}}

Wilt u dit doorsturen?

{{afzender}}
"""


@pytest.fixture
def letter(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "oproep.md"
    file.write_text(LETTER, encoding="utf-8")
    who = ("--name", "Ademruimte", "--email", "post@ademruimte.example", "--address", "Kade 1")
    assert run("senders", "add", *who).exit_code == 0
    assert run("campaigns", "load", str(file)).exit_code == 0


@pytest.mark.usefixtures("letter")
def test_a_reply_to_a_question_is_recorded_or_refused_in_one_line(run: Run, tmp_path: Path):
    told = run("answers", "record", "oproep", "Zeist", "antwoord", "--question", "pilot=ja")
    other = run("answers", "record", "oproep", "Zeist", "antwoord", "--question", "pilot=wel")
    unknown = run("answers", "record", "oproep", "Zeist", "antwoord", "--question", "geld=ja")
    misplaced = run("answers", "record", "oproep", "Zeist", "besproken", "--question", "pilot=ja")

    assert (told.exit_code, told.stdout) == (0, "Zeist: antwoord\n")
    assert (other.exit_code, len(other.stderr.splitlines())) == (1, 1)
    assert "“wel” is geen keuze bij deze vraag. Kies uit: ja, nee." in other.stderr
    assert unknown.exit_code == misplaced.exit_code == 2
    assert "it has: pilot." in unknown.stderr

    counts = run("answers", "questions", "oproep", str(tmp_path / "a.csv"), "--json")
    assert counts.exit_code == 0, counts.stderr
    counted = json.loads(counts.stdout)
    asked = {"key": "pilot", "label": "Wilt u meedoen?", "replied": 1}
    assert counted["questions"] == [asked | {"options": {"ja": 1, "nee": 0}}]
    assert "GM0355;Zeist;Utrecht;raad;ja;" in (tmp_path / "a.csv").read_text("utf-8-sig")


@pytest.mark.usefixtures("letter")
def test_an_outcome_of_the_campaigns_own_is_an_answer(run: Run):
    own = run("answers", "record", "oproep", "GM0355", "akkoord", "--on", "2026-06-12")
    unknown = run("answers", "record", "oproep", "GM0355", "gesloten")

    assert own.exit_code == 0
    assert unknown.exit_code == 1


@pytest.mark.usefixtures("letter")
def test_an_answer_on_paper_is_recorded_listed_and_taken_back(run: Run, tmp_path: Path):
    how = ("--via", "paper", "--dated", "2026-03-02", "--json")
    told = run("answers", "record", "oproep", "Zeist", "geweigerd", "--note", "Nee", *how)
    misplaced = run("answers", "record", "oproep", "Zeist", "antwoord", "--dated", "2026-03-02")
    (number,) = json.loads(told.stdout)["ids"]
    (listed,) = json.loads(run("answers", "list", "oproep", "Zeist", "--json").stdout)

    assert listed["id"] == number
    assert (listed["source"], listed["evidence"]) == ("paper", "brief op papier van ma 2 maart")
    assert misplaced.exit_code == 2
    assert run("answers", "undo", str(number)).exit_code == 0
    assert run("answers", "list", "oproep").stdout == "No answers.\n"
    assert run("answers", "undo", "99").exit_code == 1


@pytest.mark.usefixtures("letter")
def test_what_the_raad_did_is_recorded_and_what_contradicts_it_is_told(run: Run):
    did = ("--handling", "kennisgeving", "--url", "raad.zeist.example", "--note", "vka")
    assert run("answers", "record", "oproep", "Zeist", "op-lijst", *did).exit_code == 0
    assert run("answers", "contradictions").stdout == "No contradictions.\n"
    assert run("answers", "record", "oproep", "Zeist", "geweigerd", *did).exit_code == 1
    assert run("answers", "record", "oproep", "Zeist", "geweigerd").exit_code == 0

    (found,) = json.loads(run("answers", "contradictions", "--json").stdout)

    assert [one["handling"] for one in found["answers"]] == ["kennisgeving", ""]
    assert "2 answers" in run("answers", "let-stand", "oproep", "Zeist").stdout
    assert run("answers", "contradictions").stdout == "No contradictions.\n"


@pytest.mark.usefixtures("letter")
def test_a_list_of_where_it_was_seen_is_read_and_records_what_is_sure(run: Run, tmp_path: Path):
    file = tmp_path / "gezien.csv"
    file.write_text("gemeente;link\nZeist;https://raad.zeist.nl/1\nX;\n", encoding="utf-8")
    rows = json.loads(run("answers", "seen", "oproep", str(file), "--record", "--json").stdout)

    assert [(one["gemeente"], one["recorded"]) for one in rows] == [
        ("GM0355", False),
        (None, False),
    ]
    assert "kreeg de brief niet" in rows[0]["why_not"]
