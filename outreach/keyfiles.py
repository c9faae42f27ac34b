"""A secret of the installation, in a file of INSTANCE beside the database."""

import contextlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Keyfile:
    """Made on first use, readable by us alone, and in every backup."""

    path: Path

    def read(self) -> str:
        """What it holds, or nothing when it is not there."""
        try:
            return self.path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""

    def ensure(self) -> str:
        """What it holds, made when it is not there. Two processes at once agree on one."""
        if not self.read():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.path.parent, encoding="ascii") as fresh:
                fresh.write(secrets.token_hex(32))  # mkstemp made it 0600
                fresh.flush()
                os.fsync(fresh.fileno())
                with contextlib.suppress(FileExistsError):  # the other process was first
                    os.link(fresh.name, self.path)
        return self.read()
