"""A backup as it lies on disk: one zip with what it holds, and a manifest that says so.

`manifest.json` names every other member with its size and SHA-256; `instance/…` are files of
INSTANCE; the database is `database.sqlite`, or one `tables/….copy` for each table.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from outreach.errors import Refused

MANIFEST = "manifest.json"
DATABASE = "database.sqlite"
FORMAT = 1
#: What may stand in a backup: nothing is written to a place that it chooses.
NAMES = re.compile(
    r"database\.sqlite|tables/[a-z0-9_]+\.copy"
    r"|instance/(?:secret_key|pepper|needs_key|(?:files|senders)(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)"
)
CHUNK = 1 << 20
#: What reading a damaged zip raises.
DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Table:
    rows: int
    columns: list[str]


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    id: str
    taken_at: datetime  #: by the system's clock
    version: str  #: of the product
    schema: str  #: the migration that the database was at
    engine: str  #: "sqlite", "postgresql"
    key_id: str  #: which key signed its links
    tables: dict[str, Table] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)  #: PostgreSQL: the last number given
    members: dict[str, tuple[int, str]] = field(default_factory=dict)  #: size, SHA-256

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def text(self) -> str:
        said = {"product": "outreach", "format": FORMAT} | asdict(self)
        return json.dumps(said, default=datetime.isoformat, indent=1)

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """
        :raises ValueError: it is none of ours
        """
        try:
            said: dict[str, Any] = json.loads(text)
            if said.pop("product") != "outreach" or said.pop("format") != FORMAT:
                raise ValueError("of another program, or of a newer version")
            said["taken_at"] = datetime.fromisoformat(said["taken_at"])
            said["tables"] = {name: Table(**table) for name, table in said["tables"].items()}
            said["members"] = {name: (int(n), str(h)) for name, (n, h) in said["members"].items()}
            return cls(**said)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"an unknown manifest ({error})") from error


@dataclass(frozen=True)
class Backup:
    """An opened backup."""

    path: Path
    manifest: Manifest
    archive: zipfile.ZipFile = field(repr=False)

    def verify(self) -> None:
        """Read all of it once.

        :raises Refused: a member is missing, too many, or not as it was written
        """
        there = [name for name in self.archive.namelist() if name != MANIFEST]
        if sorted(there) != sorted(self.manifest.members):
            raise Refused(f"{self.path.name} is niet compleet: er ontbreekt een deel.")
        for name, (size, digest) in self.manifest.members.items():
            if not NAMES.fullmatch(name):
                raise Refused(f"{self.path.name} bevat een deel dat er niet hoort: {name[:80]!a}.")
            read, found = 0, sha256()
            try:
                for chunk in self.chunks(name):
                    read += len(chunk)
                    found.update(chunk)
                    if read > size:
                        break
            except DAMAGE as error:
                raise self._damaged(name) from error
            if (read, found.hexdigest()) != (size, digest):
                raise self._damaged(name)

    def chunks(self, name: str) -> Iterator[bytes]:
        with self.archive.open(name) as member:
            while chunk := member.read(CHUNK):
                yield chunk

    def files(self) -> Iterator[tuple[str, str]]:
        """Files of INSTANCE: the member, and its place there."""
        for name in self.manifest.members:
            if name.startswith("instance/"):
                yield name, name.removeprefix("instance/")

    def extract(self, name: str, path: Path) -> None:
        """Write a member down, readable by us alone."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("wb") as file:
            path.chmod(0o600)
            for chunk in self.chunks(name):
                file.write(chunk)

    def _damaged(self, name: str) -> Refused:
        return Refused(f"{self.path.name} is beschadigd: {name} is niet meer wat er stond.")


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """A backup to read from.

    :raises Refused: it cannot be read, or is none
    """
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise Refused(f"Het bestand {path} bestaat niet.") from None
    except DAMAGE as error:
        raise Refused(f"{path.name} is geen reservekopie, of is niet compleet.") from error
    with archive:
        try:
            manifest = Manifest.read(archive.read(MANIFEST))
        except (KeyError, ValueError, *DAMAGE) as error:
            raise Refused(f"{path.name} is geen reservekopie van Outreach.") from error
        yield Backup(path, manifest, archive)


@dataclass
class Member:
    """A member as it is written: counted and hashed on its way."""

    file: IO[bytes]
    size: int = 0
    digest: Any = field(default_factory=sha256)

    def write(self, data: bytes | memoryview) -> None:
        self.file.write(data)
        self.size += len(data)
        self.digest.update(data)


@contextmanager
def member(archive: zipfile.ZipFile, manifest: Manifest, name: str) -> Iterator[Member]:
    """Add a member, and name it in the manifest."""
    with archive.open(name, "w", force_zip64=True) as file:
        one = Member(file)
        yield one
    manifest.members[name] = one.size, one.digest.hexdigest()
