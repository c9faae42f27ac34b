"""Attachments and PDF letters on disk, named by what is in them."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from outreach.errors import Unknown


@dataclass(frozen=True)
class Store:
    """A folder of files that never change: the name is the SHA-256 of the content."""

    folder: Path

    def put(self, data: bytes) -> str:
        """Keep the bytes; return their SHA-256. The same bytes twice are one file."""
        name = hashlib.sha256(data).hexdigest()
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{name}.{os.getpid()}.part")
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        return name

    def get(self, sha256: str) -> bytes:
        """
        :raises Unknown: the file is gone from the disk
        """
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise Unknown(f"Het bestand {sha256[:12]}… staat niet meer op de schijf.") from None

    def remove(self, sha256: str) -> None:
        """Take the file away; whoever asks for it from now on is told that it is gone."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256
