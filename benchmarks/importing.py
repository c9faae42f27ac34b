"""How fast a list comes in: `outreach contacts import` of a CSV file.

What is counted is the whole command: start, reading, checking, recognising, comparing, the
undo record, the commit; by the processor's clock, which others on the machine do not move.
Yardstick: the same file read by Python's csv and written by sqlite3 alone, one upsert a row,
nothing checked.

    python -m benchmarks.importing --rows 1000 10000 100000
"""

import argparse
import csv
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import select

from benchmarks._ground import ROOT, Ground, ground, report
from outreach.contacts.models import Gemeente
from outreach.db import db

HEADER = ("gemeente", "rol", "naam", "email", "telefoon")
UPSERT = """
    INSERT INTO contact (gemeente, rol, naam, email, telefoon) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (email) DO UPDATE SET gemeente = excluded.gemeente, rol = excluded.rol,
        naam = excluded.naam, telefoon = excluded.telefoon
"""
TARGETS = {"rows": "≥ 60,000 per s", "memory": "≤ 150 MB"}


def write(file: Path, here: Ground, count: int) -> None:
    """A list of invented raadsleden, spread over the country."""
    with here.opened():
        names = list(db.session.scalars(select(Gemeente.name).order_by(Gemeente.code)))
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(HEADER)
        for n in range(count):
            home = names[n % len(names)]
            email = f"raadslid{n}@gemeente{n % len(names)}.example"
            rows.writerow((home, "raadslid", f"M.A. de Wit {n}", email, f"06-{n:08d}"))


def plainly(file: Path, folder: Path) -> float:
    """Seconds that the yardstick takes."""
    began = time.process_time()
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE contact (gemeente, rol, naam, email UNIQUE, telefoon)")
    with file.open(encoding="utf-8", newline="") as opened:
        rows = csv.reader(opened)
        next(rows)
        connection.execute("BEGIN")
        connection.executemany(UPSERT, rows)
        connection.execute("COMMIT")
    connection.close()
    return time.process_time() - began


def imported(file: Path, here: Ground, count: int) -> tuple[float, float]:
    """Seconds of the processor, and megabytes, that the command takes."""
    words = ("contacts", "import", str(file), "--basis", "published", "--json")
    process = subprocess.Popen(
        [sys.executable, "-m", "outreach.cli", *words],
        env=here.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.read())
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0  # it was waited for above
    assert said["new"] == count, said
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def measure(engine: str, count: int) -> None:
    """One list on one engine; what PostgreSQL itself does is not counted."""
    with ground(engine) as here:
        folder = here.settings.instance
        write(folder / "list.csv", here, count)
        plain = plainly(folder / "list.csv", folder)
        seconds, megabytes = imported(folder / "list.csv", here, count)
    figure = f"{count:,} rows, {engine}"
    report(
        "import",
        figure,
        count / seconds,
        "rows per s of CPU",
        against=("sqlite3 upsert", count / plain),
        target=TARGETS["rows"],
    )
    report("import", f"memory at most, {figure}", megabytes, "MB", target=TARGETS["memory"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="*", default=[20_000])
    for count in parser.parse_args().rows:
        for engine in ("sqlite", "postgresql"):
            measure(engine, count)


if __name__ == "__main__":
    main()
