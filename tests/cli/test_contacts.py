import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli.conftest import Run
from tests.contacts.workbook_files import xlsx

HEADER = "gemeente;rol;achternaam;email"
GOOD = (HEADER, "Zeist;griffier;Vos;griffie@zeist.example", "Den Bosch;griffier;;g@bosch.example")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "griffies.csv", *GOOD)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def read(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_list_is_taken_over_and_reported(run: Run, file: Path) -> None:
    took = read(run("contacts", "import", str(file), "--basis", "published", "--json"))

    assert took == {
        "import_id": 1,
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "doubtful": 0,
        "left": 0,
        "refused": [],
        "doubts": [],
        "remarks": [],
        "without_basis": 0,
    }


def test_refused_lines_are_named_and_do_not_stop_the_others(run: Run, tmp_path: Path) -> None:
    lines = ("", "Nergens;griffier;;g@nergens.example", "Bergen;griffier;;g@bergen.example")
    file = write(tmp_path / "l.csv", *GOOD, *lines)

    took = read(run("contacts", "import", str(file), "--json"))

    assert (took["new"], took["doubtful"]) == (2, 1)
    assert took["refused"] == [{"line": 5, "reason": "De gemeente “Nergens” kennen wij niet."}]
    assert took["doubts"][0]["line"] == 6
    assert "GM0373" in took["doubts"][0]["reason"]
    assert "GM0893" in took["doubts"][0]["reason"]


def test_a_dry_run_reports_the_same_and_stores_nothing(run: Run, file: Path) -> None:
    for _ in range(2):
        took = read(run("contacts", "import", str(file), "--dry-run", "--list", "x", "--json"))

        assert (took["import_id"], took["new"], took["without_basis"]) == (None, 2, 2)


def test_the_report_can_be_read(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "l.csv", *GOOD, "Zeist;griffier;Vos;griffie@zeist.example")

    result = run("contacts", "import", str(file))

    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "2 new, 0 changed, 0 unchanged, 0 doubtful, 1 refused.",
        "line 4 refused: Dubbel: zelfde gemeente, rol en adres als regel 2.",
        "2 without a basis: never mailed until they have one.",
        "Import 1; `outreach contacts undo` takes it back.",
    ]


def test_columns_of_another_name_are_mapped(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "l.csv", "Plaats;Wie;Mail=adres", "Zeist;griffier;a@zeist.example")
    maps = ("--map", "Plaats=gemeente", "--map", "Wie=rol", "--map", "Mail=adres=email")

    assert read(run("contacts", "import", str(file), *maps, "--json"))["new"] == 1


def test_a_list_is_read_as_it_is_said(run: Run, tmp_path: Path) -> None:
    rows = [["oud"], ["Griffies"], ["Plaats", "Adres"], ["Zeist", "a@zeist.example"]]
    file = tmp_path / "l.xlsx"
    file.write_bytes(xlsx([["leeg", "a@b.example", "c@d.example"]], more={"Griffies": rows}))
    maps = ("--map", "Plaats=gemeente", "--map", "Adres=email", "--role", "griffier")
    ways = ("--sheet", "Griffies", "--header-line", "3")
    text = tmp_path / "l.csv"
    text.write_bytes("gemeente;rol;email\nSúdwest-Fryslân;college;a@b.example".encode("cp850"))

    took = read(run("contacts", "import", str(file), *maps, *ways, "--json"))
    said = read(run("contacts", "import", str(text), "--encoding", "cp850", "--json"))

    assert (took["new"], said["new"]) == (1, 1)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"naam;plaats\nVos;Zeist\n", "De kolommen ontbreken: gemeente, rol, email"),
        (b"", "lijst.csv is leeg."),
        (b"%PDF-1.7", "lijst.csv is een PDF"),
        (b"PK\x03\x04rest", "lijst.csv is beschadigd"),
        (b"a;\x00b", "NUL"),
        (b"x" * (25 * 1024 * 1024 + 1), "groter dan 25 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_one_line(
    run: Run, tmp_path: Path, data: bytes, sentence: str
) -> None:
    file = tmp_path / "lijst.csv"
    file.write_bytes(data)

    result = run("contacts", "import", str(file), "--json")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert sentence in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("import", "nergens.csv"),
        ("import", __file__, "--basis", "zomaar"),
        ("import", __file__, "--map", "zonder"),
        ("undo", "een"),
        ("suppress",),
    ],
)
def test_wrong_usage_exits_with_two(run: Run, words: tuple[str, ...]) -> None:
    assert run("contacts", *words).exit_code == 2


def test_an_import_is_taken_back_once(run: Run, file: Path) -> None:
    number = str(read(run("contacts", "import", str(file), "--json"))["import_id"])

    undone = read(run("contacts", "undo", number, "--json"))
    again = run("contacts", "undo", number)
    never = run("contacts", "undo", "99")

    assert undone == {"import_id": 1, "reversed": 2, "kept": []}
    assert (again.exit_code, never.exit_code) == (1, 1)
    assert "al ongedaan gemaakt" in again.stderr
    assert "nummer 99" in never.stderr


@pytest.mark.parametrize("name", ["uit.csv", "uit.xlsx", "UIT.XLSX"])
def test_an_export_is_read_in_again_without_a_change(
    run: Run, file: Path, tmp_path: Path, name: str
) -> None:
    run("contacts", "import", str(file), "--basis", "existing")

    read(run("contacts", "export", str(tmp_path / name), "--json"))

    again = read(run("contacts", "import", str(tmp_path / name), "--json"))
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)


def test_an_empty_export_has_its_header_row(run: Run, tmp_path: Path) -> None:
    run("contacts", "export", str(tmp_path / "leeg.csv"))

    data = (tmp_path / "leeg.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfgemeente;rol;")
    assert data.count(b"\n") == 1


def test_an_export_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    result = run("contacts", "export", str(tmp_path / "nergens" / "uit.csv"))

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "uit.csv" in result.stderr


def test_a_suppressed_address_stays_so_through_an_import(run: Run, file: Path) -> None:
    told = read(run("contacts", "suppress", "Griffie@Zeist.example", "--json"))
    run("contacts", "suppress", "griffie@zeist.example", "--reason", "belde erover")

    took = read(run("contacts", "import", str(file), "--json"))

    assert (told["email"], told["reason"]) == ("griffie@zeist.example", "asked")
    assert took["new"] == 2
    assert took["remarks"][0]["line"] == 2
    assert "geen-postlijst" in took["remarks"][0]["reason"]


def test_a_reason_we_have_a_word_for_is_that_reason(run: Run) -> None:
    told = read(run("contacts", "suppress", "a@zeist.example", "--reason", "bounce", "--json"))

    assert told["reason"] == "bounce"


def test_something_that_is_no_address_is_refused(run: Run) -> None:
    result = run("contacts", "suppress", "griffie")

    assert result.exit_code == 1
    assert "geen e-mailadres" in result.stderr


def test_a_workbook_is_taken_over(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "griffies.xlsx"
    file.write_bytes(xlsx([line.split(";") for line in GOOD]))

    assert read(run("contacts", "import", str(file), "--json"))["new"] == 2


def test_an_interrupted_import_leaves_nothing(instance: Path, tmp_path: Path, run: Run) -> None:
    """A process that is killed in the middle of writing has written nothing."""
    lines = (f"Zeist;raadslid;Naam{n};lid{n}@zeist.example" for n in range(20_000))
    file = write(tmp_path / "l.csv", HEADER, *lines)
    read(run("contacts", "import", str(write(tmp_path / "s.csv", *GOOD)), "--json"))
    program = (
        "import os, signal;"
        "from outreach.contacts import applying;"
        "change = applying.add_new;"
        "applying.add_new = lambda *a: (change(*a), os.kill(os.getpid(), signal.SIGKILL));"
        "from outreach.cli import main; main()"
    )

    killed = subprocess.run(
        [sys.executable, "-c", program, "contacts", "import", str(file)],
        capture_output=True,
        timeout=120,
        check=False,
    )

    assert killed.returncode == -9
    took = read(run("contacts", "import", str(file), "--dry-run", "--json"))
    assert (took["new"], took["unchanged"]) == (20_000, 0)


def test_griffies_are_listed_and_confirmed(run: Run) -> None:
    waits = read_list(run("contacts", "to-confirm", "--province", "Utrecht", "--json"))
    assert len(waits) == 26
    assert waits[-1]["suggestions"] == ["griffie@zeist.nl"]

    done = read(run("contacts", "confirm", "Zeist", "griffie@zeist.nl", "--json"))
    run("contacts", "confirm", "Soest", "--channel", "webformulier", "--url", "soest.nl/contact")

    assert done == {"gemeente": "GM0355", "channel": "e-mail", "email": "griffie@zeist.nl"}
    left = read_list(run("contacts", "to-confirm", "--province", "Utrecht", "--json"))
    assert len(left) == 24


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["Zeist"], 2, "Give an EMAIL, or a --channel."),
        (["Zeist", "info@zeist.nl"], 1, "algemeen adres"),
        (["Bergen", "griffie@bergen.nl"], 1, "GM0373"),
    ],
)
def test_an_address_that_cannot_be_confirmed_is_refused(run: Run, words, code, said) -> None:
    result = run("contacts", "confirm", *words)

    assert (result.exit_code, said in result.stderr) == (code, True)


def read_list(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_regions_are_taken_over_listed_and_written(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "r.csv", "gemeente;regio;partner", "Zeist;Midden;Samen", "Zeits;Midden")

    took = read(run("regions", "import", str(file), "--kind", "ggd", "--json"))
    written = run("regions", "export", str(tmp_path / "uit.csv"))

    assert (took["new"], [row["line"] for row in took["refused"]]) == (1, [3])
    assert run("regions", "list").stdout == "ggd:Midden  1  Samen\n"
    assert written.exit_code == 0
    assert "Zeist;Midden;ggd;Samen" in (tmp_path / "uit.csv").read_text(encoding="utf-8-sig")
