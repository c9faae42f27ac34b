import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outreach import migrating
from outreach.cli.shell import Moment
from tests.cli.conftest import Run

OUTREACH = str(Path(sys.executable).with_name("outreach"))


@pytest.fixture
def instance(fresh_machine: Path) -> Path:
    return fresh_machine


def test_a_fresh_machine_needs_no_other_command_first(run: Run, instance: Path):
    result = run("users", "list", "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert (instance / "outreach.db").exists()
    assert (instance / "secret_key").stat().st_mode & 0o777 == 0o600


def test_an_older_database_is_left_alone(run: Run, instance: Path):
    run("users", "list")
    _set_version(instance, "0000")

    result = run("users", "list")

    assert result.exit_code == 1
    assert "outreach db upgrade" in result.stderr
    assert list(instance.glob("*.backup")) == []


def test_a_newer_database_is_refused(run: Run, instance: Path):
    run("users", "list")
    _set_version(instance, "9999")

    result = run("db", "upgrade")

    assert result.exit_code == 1
    assert "nieuwere versie" in result.stderr


def test_db_check_says_where_it_stands(run: Run):
    assert run("db", "upgrade").stdout == run("db", "check").stdout
    assert migrating.newest() in run("db", "check").stdout


def test_commands_at_once_on_a_fresh_machine_all_work(instance: Path):
    environment = os.environ | {"OUTREACH_INSTANCE": str(instance)}
    commands = [
        subprocess.Popen(
            [OUTREACH, "users", "list", "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]

    said = [command.communicate(timeout=120) for command in commands]

    assert said == [("[]\n", "")] * 3


def test_a_refusal_is_one_line_on_stderr(run: Run):
    result = run("users", "disable", "niemand@voorbeeld.example")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "niemand@voorbeeld.example" in result.stderr


def test_wrong_usage_exits_2(run: Run):
    assert run("users", "add", "noor@voorbeeld.example").exit_code == 2
    assert run("nonsense").exit_code == 2
    nothing = run("search", "find", " ")
    assert (nothing.exit_code, nothing.stderr.splitlines()[-1]) == (
        2,
        "Error: Give at least 2 characters to look for.",
    )


def test_a_wrong_setting_names_itself_and_an_example(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OUTREACH_THREADS", "many")

    result = run("users", "list")

    assert result.exit_code == 1
    assert "OUTREACH_THREADS" in str(result.exception)
    assert "OUTREACH_THREADS=8" in str(result.exception)


def test_a_database_that_does_not_answer_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OUTREACH_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:9/none")

    result = run("users", "list")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database does not answer")
    assert len(result.stderr.splitlines()) == 1


def test_what_is_killed_is_not_half_done(instance: Path):
    """Ctrl-C while a command waits for the one writer of SQLite."""
    environment = os.environ | {"OUTREACH_INSTANCE": str(instance)}
    subprocess.run([OUTREACH, "users", "list"], env=environment, check=True)
    lock = sqlite3.connect(instance / "outreach.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    command = [OUTREACH, "users", "add", "noor@voorbeeld.example", "--role", "owner"]
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that runs in the background has Ctrl-C switched off, for its children too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    _wait_until_it_has_opened(instance / "outreach.db", process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    lock.execute("ROLLBACK")

    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "Traceback" not in stderr
    assert lock.execute("SELECT count(*) FROM coordinator").fetchone() == (0,)
    lock.close()


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        ("2026-04-10T09:00", "2026-04-10T07:00:00+00:00"),
        ("2026-04-10 09:00", "2026-04-10T07:00:00+00:00"),
        ("2026-04-10T09:00+00:00", "2026-04-10T09:00:00+00:00"),
    ],
)
def test_times_are_dutch_unless_an_offset_says_otherwise(typed: str, utc: str):
    assert Moment().convert(typed, None, None).isoformat() == utc


def _wait_until_it_has_opened(path: Path, process: subprocess.Popen[str]) -> None:
    descriptors = Path("/proc") / str(process.pid) / "fd"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(os.path.realpath(one) == str(path) for one in descriptors.iterdir()):
            time.sleep(0.5)  # and now waits for the writer
            return
        time.sleep(0.05)
    raise AssertionError("the command never opened its database")


def _set_version(instance: Path, number: str) -> None:
    with sqlite3.connect(instance / "outreach.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (number,))
    connection.close()
