"""`outreach events`, as people type it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

FILE = """---
title: Een inloop voor jongeren
slug: haarlem
city: Haarlem
days:
  - {date: 2046-06-04, from: "13:30", until: "17:00", capacity: 25}
---
De tekst.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "haarlem.md"
    file.write_text(FILE, encoding="utf-8-sig")
    return file


def test_loading_says_whether_it_is_new_and_refusals_are_one_line(run: Run, file: Path):
    first = run("events", "load", str(file), "--json")
    again = run("events", "load", str(file), "--json")

    assert json.loads(first.stdout) == {"slug": "haarlem", "created": True}
    assert json.loads(again.stdout) == {"slug": "haarlem", "created": False}
    file.write_text(FILE.replace("city", "stad"))
    refused = run("events", "load", str(file))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Regel 4, kolom 1: ‘stad’ is onbekend" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    file.write_bytes(b"\xff\xfe---")
    assert "geen UTF-8" in run("events", "load", str(file)).stderr


def test_an_export_has_its_header_and_follows_its_suffix(run: Run, file: Path, tmp_path: Path):
    run("events", "load", str(file))
    listed, book, calendar = (tmp_path / f"lijst.{kind}" for kind in ("csv", "xlsx", "ics"))

    for target in (listed, book, calendar):
        assert run("events", "export", "haarlem", str(target)).exit_code == 0

    header = "name;email;gemeente;role;status;days;registered_at\r\n"
    assert listed.read_bytes() == b"\xef\xbb\xbf" + header.encode()
    assert book.read_bytes().startswith(b"PK")
    assert calendar.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"METHOD" not in calendar.read_bytes()
    assert run("events", "export", "haarlem", str(tmp_path / "lijst.pdf")).exit_code == 2
    unknown = run("events", "export", "zeist", str(listed))
    assert (unknown.exit_code, len(unknown.stderr.splitlines())) == (1, 1)


def test_cancelling_twice_is_once(run: Run, file: Path, tmp_path: Path):
    run("events", "load", str(file))

    assert run("events", "cancel", "haarlem", "--reason", "De zaal is kapot.").exit_code == 0
    assert json.loads(run("events", "cancel", "haarlem", "--json").stdout)["told"] == 0

    calendar = tmp_path / "haarlem.ics"
    run("events", "export", "haarlem", str(calendar))
    assert b"STATUS:CANCELLED" in calendar.read_bytes()
    assert b"SEQUENCE:1" in calendar.read_bytes()


def test_a_link_for_the_door_is_made_shown_and_taken_back(run: Run, file: Path):
    run("events", "load", str(file))

    made = json.loads(run("events", "door", "haarlem", "--label", "Sanne", "--json").stdout)
    taken_back = run("events", "door", "haarlem", "--revoke", str(made["id"]))
    listed = json.loads(run("events", "door", "haarlem", "--list", "--json").stdout)

    assert (made["label"], made["date"], made["revoked"]) == ("Sanne", "2046-06-04", False)
    assert "/deur/" in made["url"]
    assert "revoked" in taken_back.stdout
    assert [(one["id"], one["revoked"]) for one in listed] == [(made["id"], True)]
    wrong = run("events", "door", "haarlem", "--date", "2046-06-05")
    assert (wrong.exit_code, len(wrong.stderr.splitlines())) == (1, 1)


def test_nobody_is_present_who_did_not_register(run: Run, file: Path):
    run("events", "load", str(file))

    unknown = run("events", "present", "haarlem", "noor@raad.example")

    assert unknown.exit_code == 1
    assert "heeft zich niemand aangemeld" in unknown.stderr


def test_paper_is_written_or_refused_in_one_line(run: Run, file: Path, tmp_path: Path):
    run("events", "load", str(file))
    listed = tmp_path / "lijst.pdf"

    assert run("events", "names", "haarlem", str(listed)).exit_code == 0
    assert listed.read_bytes().startswith(b"%PDF")
    for command in ("badges", "statements"):
        refused = run("events", command, "haarlem", str(tmp_path / "leeg.pdf"))
        assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert not (tmp_path / "leeg.pdf").exists()


def test_seats_are_kept_counted_and_go_from_one_to_another(run: Run, file: Path):
    run("events", "load", str(file))

    kept = json.loads(run("events", "keep", "haarlem", "Zeist", "2", "--json").stdout)
    assert (kept["gemeente"], kept["until"][:10]) == ("GM0355", "2046-05-28")
    assert "Er zijn geen 19 plaatsen" not in run("events", "keep", "haarlem", "Goes", "19").stderr
    assert "Er zijn geen 5 plaatsen vrij" in run("events", "keep", "haarlem", "Soest", "5").stderr
    assert run("events", "keep", "haarlem", "Zeist", "1", "--day", "2046-06-05").exit_code == 2
    nobody = run("events", "replace", "haarlem", "a@b.example", "Bo", "bo@b.example")
    assert (nobody.exit_code, len(nobody.stderr.splitlines())) == (1, 1)
    assert json.loads(run("events", "recount", "--json").stdout)["differences"] == []
    (day,) = json.loads(run("events", "needs", "haarlem", "--json").stdout)["days"]
    assert (day["seats"], day["diet"]) == (21, {})
    assert json.loads(run("events", "team", "haarlem", "--json").stdout)["team"] == []
    assert "nog niet voorbij" in run("events", "follow-up", "haarlem").stderr


def test_parts_are_listed_and_chosen_and_a_meeting_ahead_has_no_afterwards(run: Run, file: Path):
    parts = """, capacity: 25,
     parts: [{title: Wonen, from: "14:00", until: "15:00", capacity: 8}]}"""
    file.write_text(FILE.replace(", capacity: 25}", parts))
    run("events", "load", str(file))

    listed = run("events", "parts", "haarlem", "--json")
    refused = run("events", "choose", "haarlem", "niemand@raad.example", "Wonen")
    unknown = run("events", "choose", "haarlem", "niemand@raad.example", "Zorg")
    ahead = run("events", "afterwards", "haarlem", "--json")

    assert [
        (p["title"], p["capacity"], p["taken"]) for p in json.loads(listed.stdout)["parts"]
    ] == [("Wonen", 8, 0)]
    assert (refused.exit_code, "niemand aangemeld" in refused.stderr) == (1, True)
    assert (unknown.exit_code, "Wel: “Wonen”" in unknown.stderr) == (1, True)
    paper = run("events", "names", "haarlem", str(file.with_suffix(".pdf")), "--part", "wonen")
    assert paper.exit_code == 0, listed.stderr
    for command, said in ((("cancel", "haarlem", "--part"), True), (("restore", "haarlem"), False)):
        assert run("events", *command, "wonen").exit_code == 0
        assert (
            json.loads(run("events", "parts", "haarlem", "--json").stdout)["parts"][0]["off"]
            is said
        )
    assert run("events", "cancel", "haarlem", "--day", "2046-06-05").exit_code == 2
    assert (ahead.exit_code, "nog niet voorbij" in ahead.stderr) == (1, True)
