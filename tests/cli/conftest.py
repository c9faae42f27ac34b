"""Commands as people type them: the settings come from the environment."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outreach.cli import main

Run = Callable[..., Result]


@pytest.fixture
def fresh_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """INSTANCE, which is not there yet."""
    folder = tmp_path / "instance"
    monkeypatch.setenv("OUTREACH_INSTANCE", str(folder))
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    return folder


@pytest.fixture
def instance(fresh_machine: Path, sqlite_template: Path) -> Path:
    """INSTANCE, as the first command leaves it."""
    fresh_machine.mkdir(mode=0o700)
    shutil.copyfile(sqlite_template, fresh_machine / "outreach.db")
    return fresh_machine


@pytest.fixture
def run(instance: Path) -> Run:
    """`run("users", "list", "--json")` on an embedded database."""

    def command(*words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(main, words, input=stdin)

    return command
