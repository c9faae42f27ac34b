import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.conftest import Run


def add(run: Run, *more: str) -> Result:
    return run(
        "senders", "add", "--name", "Naast Elkaar", "--email", "oproep@naastelkaar.example",
        "--address", "Kruiskade 18, 3512 AB Utrecht", *more,
    )  # fmt: skip


def test_the_id_is_printed(run: Run):
    assert add(run).stdout == "1\n"


def test_its_relay_is_kept_for_us_alone(run: Run, instance: Path, tmp_path: Path):
    file = tmp_path / "url"
    file.write_text("smtps://post:geheim@mail.naastelkaar.example\n")

    add(run, "--smtp-url-file", str(file))

    kept = instance / "senders" / "1.smtp"
    assert kept.read_text().strip() == "smtps://post:geheim@mail.naastelkaar.example"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_its_mailbox_is_kept_for_us_alone(run: Run, instance: Path, tmp_path: Path):
    file = tmp_path / "url"
    file.write_text("imaps://post:geheim@mail.naastelkaar.example\n")

    add(run, "--imap-url-file", str(file))

    kept = instance / "senders" / "1.imap"
    assert kept.read_text().strip() == "imaps://post:geheim@mail.naastelkaar.example"
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.naastelkaar.example",
        "smtp://post:geheim@127.0.0.1",
        "http://mail.naastelkaar.example",
        "smtps://",
    ],
)
def test_a_relay_that_is_not_safe_is_refused(run: Run, instance: Path, tmp_path: Path, url: str):
    file = tmp_path / "url"
    file.write_text(url)

    result = add(run, "--smtp-url-file", str(file))

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "geheim" not in result.stderr
    assert add(run).stdout == "1\n"


def limits(instance: Path) -> tuple[int | None, ...]:
    with closing(sqlite3.connect(instance / "outreach.db")) as database:
        found: tuple[int | None, ...] = database.execute(
            "SELECT per_minute, per_hour, per_day, megabytes_per_hour, connections FROM sender"
        ).fetchone()
    return found


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ((), (None, None, None, None, None)),
        (("--preset", "microsoft365"), (30, None, 10_000, None, 3)),
        (("--preset", "google"), (None, None, 2_000, None, None)),
        (("--preset", "webhost", "--per-minute", "5"), (5, 250, None, 250, None)),
        (("--preset", "microsoft365", "--per-minute", "20"), (20, None, 10_000, None, 3)),
        (("--megabytes-per-hour", "9", "--connections", "1"), (None, None, None, 9, 1)),
    ],
)
def test_limits_are_chosen_by_name_and_by_number(
    run: Run, instance: Path, more: tuple[str, ...], expected: tuple[int | None, ...]
):
    assert add(run, *more).exit_code == 0

    assert limits(instance) == expected


def test_a_limit_that_is_none_is_refused(run: Run):
    result = add(run, "--per-hour", "0")

    assert result.exit_code == 1
    assert "brieven per uur" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert add(run).stdout == "1\n"


OWN = ("senders", "limits", "oproep@naastelkaar.example")


def test_limits_are_changed_one_by_one(run: Run, instance: Path):
    add(run, "--preset", "microsoft365")

    assert run(*OWN, "--per-minute", "10", "--per-hour", "400").exit_code == 0
    assert limits(instance) == (10, 400, 10_000, None, 3)
    shown = run(*OWN, "--per-day", "0")
    assert shown.stdout == ("10 brieven per minuut, 400 brieven per uur, 3 verbindingen tegelijk\n")
    assert limits(instance) == (10, 400, None, None, 3)
    run(*OWN, "--preset", "google", "--connections", "1")
    assert limits(instance) == (None, None, 2_000, None, 1)
    run(*OWN, "--preset", "none")
    assert limits(instance) == (None, None, None, None, None)
    assert run(*OWN).stdout == "geen grenzen\n"
    with closing(sqlite3.connect(instance / "outreach.db")) as database:
        acts = database.execute("SELECT count(*) FROM audit_entry WHERE act = 'limit sender'")
        assert acts.fetchone() == (4,)


def test_a_limit_that_is_none_changes_nothing(run: Run, instance: Path):
    add(run, "--per-hour", "5")

    result = run(*OWN, "--per-hour", "-1", "--per-day", "7")

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "brieven per uur" in result.stderr
    assert limits(instance) == (None, 5, None, None, None)


def test_limits_of_an_unknown_sender_are_refused(run: Run):
    result = run("senders", "limits", "niemand@naastelkaar.example", "--per-hour", "5")

    assert result.exit_code == 1
    assert "Er is geen afzender met het adres" in result.stderr


def test_receivers_are_set_listed_and_removed(run: Run):
    group = ("senders", "receivers", "set", "Microsoft")

    made = run(*group, "--domain", "outlook.com", "--domain", ".gov.example", "--per-minute", "9")
    assert made.stdout == "Microsoft: 9 brieven per minuut (outlook.com, .gov.example)\n"
    changed = run(*group, "--per-minute", "0", "--per-hour", "300", "--json")
    assert json.loads(changed.stdout) == {
        "name": "Microsoft",
        "domains": ["outlook.com", ".gov.example"],
        "per_minute": None,
        "per_hour": 300,
    }
    listed = run("senders", "receivers", "list")
    assert listed.stdout == "Microsoft: 300 brieven per uur (outlook.com, .gov.example)\n"
    assert run("senders", "receivers", "remove", "microsoft").exit_code == 0
    assert run("senders", "receivers", "list", "--json").stdout == "[]\n"


def test_receivers_that_are_none_are_refused(run: Run):
    bad = run("senders", "receivers", "set", "Microsoft", "--domain", "outlook", "--per-hour", "9")
    gone = run("senders", "receivers", "remove", "Microsoft")

    assert (bad.exit_code, gone.exit_code) == (1, 1)
    assert "“outlook” is geen domein" in bad.stderr
    assert "Er is geen groep ontvangers met de naam “Microsoft”." in gone.stderr
    assert len(bad.stderr.splitlines()) == 1
