"""`outreach sittings`: add, list, import, export, remove."""

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_vergaderingen_are_added_listed_and_removed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "raden.csv"
    file.write_text("gemeente;datum\nZeist;2026-04-02\nTeil;2026-04-02\n")

    took = json.loads(run("sittings", "import", str(file), "--json").output)
    run("sittings", "add", "Assen", "2026-03-26", "--source", "de griffie")
    run("sittings", "export", str(tmp_path / "uit.csv"))
    removed = run("sittings", "remove", "GM0355", "2026-04-02")
    again = run("sittings", "remove", "Zeist", "2026-04-02")
    left = json.loads(run("sittings", "list", "--json", "--gemeente", "Assen").output)

    assert (took["new"], [row["line"] for row in took["refused"]]) == (1, [3])
    assert (removed.exit_code, again.exit_code) == (0, 1)
    assert left == [
        {"gemeente": "GM0106", "date": "2026-03-26", "kind": "raad", "source": "de griffie"}
    ]
    assert b"Assen;2026-03-26;raad;de griffie" in (tmp_path / "uit.csv").read_bytes()
