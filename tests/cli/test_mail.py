"""`outreach mail`: connecting by hand, seeing it, undoing it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.oauth_server import TokenServer

EMAIL = "oproep@naastelkaar.example"


@pytest.fixture
def server(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    """A provider that is set, and a sender to connect."""
    with TokenServer() as server:
        for name, value in server.settings().items():
            monkeypatch.setenv(f"OUTREACH_{name.upper()}", value)
        run(
            "senders", "add", "--name", "Naast Elkaar", "--email", EMAIL,
            "--address", "Kruiskade 18, 3512 AB Utrecht",
        )  # fmt: skip
        yield server


def test_microsoft_is_connected_by_a_code(run: Run, server: TokenServer, instance: Path) -> None:
    server.at_once = True

    done = run("mail", "connect", "microsoft", "--sender", EMAIL)

    assert "type in the code KLM-42" in done.stderr
    assert "https://login.voorbeeld.example/apparaat" in done.stderr
    assert done.stdout == f"Naast Elkaar is connected with Microsoft 365 as {EMAIL}.\n"
    assert (instance / "senders" / "1.oauth").stat().st_mode & 0o777 == 0o600
    [row] = json.loads(run("mail", "list", "--json").stdout)
    assert (row["provider"], row["mailbox"], row["state"]) == ("microsoft", EMAIL, "connected")


def test_a_no_is_one_line_and_nothing_is_kept(
    run: Run, server: TokenServer, instance: Path
) -> None:
    server.errors = [(0, ""), (400, "access_denied")]

    done = run("mail", "connect", "microsoft", "--sender", EMAIL)

    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == (
        f"Error: Bij Microsoft 365 is geen toestemming gegeven voor {EMAIL}."
    )
    assert not (instance / "senders" / "1.oauth").exists()


def test_google_is_connected_by_what_is_pasted(run: Run, server: TokenServer) -> None:
    mailbox = "postbus@naastelkaar.example"
    words = ["mail", "connect", "google", "--sender", EMAIL, "--mailbox", mailbox, "--json"]

    with subprocess.Popen(
        [sys.executable, "-m", "outreach.cli", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stderr is not None
        address = next(line for line in command.stderr if line.startswith(server.url)).strip()
        out, err = command.communicate(server.consent(address) + "\n", timeout=60)

    assert command.returncode == 0, err
    assert json.loads(out) == {"sender": EMAIL, "provider": "google", "mailbox": mailbox}


def test_a_connection_is_undone(run: Run, server: TokenServer, instance: Path) -> None:
    server.at_once = True
    run("mail", "connect", "microsoft", "--sender", EMAIL)

    assert run("mail", "disconnect", "--sender", EMAIL).exit_code == 0

    assert not (instance / "senders" / "1.oauth").exists()
    assert run("mail", "list").stdout == "No sender is connected.\n"


def test_without_an_app_it_says_what_to_set(run: Run, instance: Path) -> None:
    run(
        "senders", "add", "--name", "Naast Elkaar", "--email", EMAIL,
        "--address", "Kruiskade 18, 3512 AB Utrecht",
    )  # fmt: skip

    done = run("mail", "connect", "google", "--sender", EMAIL)

    assert done.exit_code == 1
    assert "OUTREACH_GOOGLE_CLIENT_ID" in done.stderr
