"""Commands as people type them: the settings come from the environment."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outreach.cli import main

Run = Callable[..., Result]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """INSTANCE, which is not there yet."""
    folder = tmp_path / "instance"
    monkeypatch.setenv("OUTREACH_INSTANCE", str(folder))
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    return folder


@pytest.fixture
def run(instance: Path) -> Run:
    """`run("users", "list", "--json")` on an embedded database."""

    def command(*words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(main, words, input=stdin)

    return command
