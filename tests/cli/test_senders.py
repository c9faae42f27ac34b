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
