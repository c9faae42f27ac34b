"""The `outreach` command as people run it: a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config import Settings

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
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OUTREACH_")}
        return (
            kept
            | {
                "OUTREACH_INSTANCE": str(self.settings.instance),
                "OUTREACH_DATABASE_URL": self.settings.sqlalchemy_url,
                "OUTREACH_SECRET_KEY": SECRET,
                "OUTREACH_ENV": "test",
                "OUTREACH_SMTP_URL": self.smtp_url,
                "OUTREACH_CLOCK": self.at,
                "OUTREACH_RATE_LIMITS": "off",
            }
            | self.extra
        )

    def run(self, *words: str | Path, exits: int = 0) -> str:
        """Run a command; return what it printed. Fails the test on another exit code."""
        done = self.process(*words)
        assert done.returncode == exits, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout if exits == 0 else done.stderr

    def process(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "outreach.cli", *map(str, words)],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

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
