"""Tekstblokken on the command line: a file in, a file out."""

from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.test_contacts import read, write


def test_a_text_goes_in_from_a_file_and_comes_out_as_one(run: Run, tmp_path: Path) -> None:
    file, out = write(tmp_path / "wie.md", "Wij zijn **Naast Elkaar**."), tmp_path / "uit.md"

    read(run("texts", "add", "Wie wij zijn", str(file), "--json"))
    read(run("texts", "add", "wie wij zijn", str(write(file, "Wij zijn met 18.")), "--json"))
    listed = read(run("texts", "list", "--json"))
    shown = run("texts", "show", "Wie Wij Zijn")
    run("texts", "show", "wie wij zijn", str(out))
    missing = run("texts", "show", "Slot")
    removed = read(run("texts", "remove", "wie wij zijn", "--json"))

    assert [(one["title"], one["characters"]) for one in listed] == [("wie wij zijn", 16)]
    assert shown.output == out.read_text() == "Wij zijn met 18.\n"
    assert missing.exit_code == 1
    assert "Er is geen tekstblok" in missing.stderr
    assert removed == {"removed": "wie wij zijn"}
