"""Inzage and wissen on the command line: what they print, ask and refuse."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

EMAIL = "noor@zeist.example"


@pytest.fixture
def noor(run: Run, tmp_path: Path) -> str:
    file = tmp_path / "l.csv"
    file.write_text(f"gemeente;rol;voornaam;achternaam;email\nZeist;griffier;Noor;Vis;{EMAIL}\n")
    assert run("contacts", "import", str(file)).exit_code == 0
    return EMAIL


def test_what_is_held_is_printed_with_dutch_words(run: Run, noor: str) -> None:
    found = json.loads(run("gdpr", "export", EMAIL).stdout)

    contact = next(one for one in found["tables"] if one["table"] == "contact")
    assert contact["columns"]["last_name"] == "achternaam"
    assert (contact["rows"][0]["last_name"], contact["rows"][0]["gemeente"]) == ("Vis", "Zeist")


def test_it_can_be_written_to_a_file(run: Run, noor: str, tmp_path: Path) -> None:
    done = run("gdpr", "export", EMAIL, "--to", str(tmp_path / "inzage.json"))

    assert done.exit_code == 0, done.stderr
    assert EMAIL in (tmp_path / "inzage.json").read_text()
    assert (tmp_path / "inzage.json").stat().st_mode & 0o777 == 0o600


def test_who_is_unknown_has_nothing_here(run: Run) -> None:
    found = json.loads(run("gdpr", "export", EMAIL).stdout)

    assert (found["tables"], found["mentions"]) == ([], [])


def test_nobody_is_erased_unasked(run: Run, noor: str) -> None:
    refused = run("gdpr", "erase", EMAIL)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--yes" in refused.stderr
    assert EMAIL in run("gdpr", "export", EMAIL).stdout


def test_what_is_no_address_is_refused(run: Run) -> None:
    for words in (("export", "noor"), ("erase", "noor", "--yes")):
        done = run("gdpr", *words)
        assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)


def test_a_domain_and_a_gemeente_go_on_the_geen_postlijst(run: Run) -> None:
    domain = run("contacts", "suppress", "--domain", "Zeist.example", "--json")
    gemeente = run("contacts", "suppress", "--gemeente", "Den Bosch")

    assert json.loads(domain.stdout)["email"] == "@zeist.example"
    assert gemeente.stdout == "gemeente 's-Hertogenbosch gets no more mail.\n"
    assert run("contacts", "suppress").exit_code == 2
    assert run("contacts", "suppress", EMAIL, "--domain", "zeist.example").exit_code == 2
