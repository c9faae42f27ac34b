"""The `outreach` command as people run it: in this process for speed, or in one of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from config import Settings
from outreach.cli import main

SECRET = "a secret of the tests, long enough"


@dataclass
class Command:
    """Runs `outreach …` on one instance, at a time that a test chooses."""

    settings: Settings
    folder: Path
    smtp_url: str = ""
    at: str = ""  #: ISO with an offset; the machine's time when empty
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        return {
            "OUTREACH_INSTANCE": str(self.settings.instance),
            "OUTREACH_DATABASE_URL": self.settings.sqlalchemy_url,
            "OUTREACH_SECRET_KEY": SECRET,
            "OUTREACH_ENV": "test",
            "OUTREACH_SMTP_URL": self.smtp_url,
            "OUTREACH_CLOCK": self.at,
            "OUTREACH_RATE_LIMITS": "off",
        } | self.extra

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OUTREACH_")}
        return kept | self.variables

    def run(self, *words: str | Path, exits: int = 0) -> str:
        """Run a command; return what it printed. Fails the test on another exit code."""
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            done = CliRunner().invoke(main, [str(word) for word in words], env=self.variables)
        finally:
            os.chdir(here)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == exits, f"{words}: {done.exit_code}\n{done.output}"
        return done.stdout if exits == 0 else done.stderr

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "outreach.cli", *map(str, words)],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, *words: str | Path, exits: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", exits=exits))
