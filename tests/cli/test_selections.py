"""Selecties on the command line, as scripts use them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_contacts import read, write

LIST = (
    "gemeente;rol;achternaam;email;grondslag",
    "Zeist;griffier;Vos;griffie@zeist.example;published",
    "Assen;griffier;;griffie@assen.example;published",
    "Assen;raadslid;Kok;kok@assen.example;published",
)
ASKS = {
    "all": [
        {"field": "province", "op": "in", "value": ["drenthe"]},
        {"field": "role", "op": "is", "value": "griffier"},
    ]
}


@pytest.fixture
def asks(run: Run, tmp_path: Path) -> Path:
    run("contacts", "import", str(write(tmp_path / "list.csv", *LIST)))
    return write(tmp_path / "drenthe.json", json.dumps(ASKS))


def test_a_selectie_is_saved_listed_shown_exported_and_removed(
    run: Run, asks: Path, tmp_path: Path
) -> None:
    saved = read(run("selections", "save", "Drenthe", str(asks), "--json"))
    listed = read(run("selections", "list", "--json"))
    file = tmp_path / "out.csv"
    read(run("contacts", "export", str(file), "--segment", "Drenthe", "--json"))

    assert saved["count"] == 1
    assert saved["words"] == "griffiers in Drenthe"
    assert saved["samples"][0]["emails"] == ["griffie@assen.example"]
    assert saved["expression"]["all"][0]["value"] == ["Drenthe"]
    assert listed["selections"][0] == {
        "name": "Drenthe",
        "count": 1,
        "words": "griffiers in Drenthe",
        "used_by": [],
    }
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(";")[8] for line in lines] == ["email", "griffie@assen.example"]
    assert read(run("selections", "show", "Drenthe", "--json")) == saved
    assert run("selections", "remove", "Drenthe").exit_code == 0
    assert read(run("selections", "list", "--json")) == {"selections": []}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"all": [{"field": "kleur"}]}', "Regel 1: het veld"),
        ('{"all": ', "geen JSON: regel 1"),
        ("[" * 100_000, "drenthe.json"),
        ('{"all": [{"field": "list", "value": "Weg"}]}', "Regel 1 (lijst)"),
    ],
)
def test_what_cannot_be_asked_is_one_line(run: Run, asks: Path, text: str, says: str) -> None:
    asks.write_text(text, encoding="utf-8")

    result = run("selections", "save", "Drenthe", str(asks))

    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert read(run("selections", "list", "--json")) == {"selections": []}


def test_an_unknown_name_is_one_line(run: Run, tmp_path: Path) -> None:
    words: Any
    for words in (("selections", "show"), ("selections", "remove")):
        result = run(*words, "Weg")
        assert (result.exit_code, "“Weg”" in result.stderr) == (1, True)
    assert run("contacts", "export", str(tmp_path / "x.csv"), "--segment", "Weg").exit_code == 1
    assert not (tmp_path / "x.csv").exists()
