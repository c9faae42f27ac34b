"""Whether a backup would come back: put back apart from everything, counted, and thrown away."""

import secrets
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from outreach import migrating
from outreach.errors import Refused
from outreach.operations import backups, snapshots
from outreach.operations.backing_up import Place, driver_errors
from outreach.operations.backups import Backup


@dataclass(frozen=True)
class Drill:
    """What came back."""

    file: Path
    taken_at: datetime
    schema: str  #: the migration it was at
    tables: int
    rows: int
    files: int


def newest(files: list[Path]) -> Path:
    """The one of these backups that was taken last.

    :raises Refused: one of them is none
    """
    found = []
    for file in files:
        with backups.opened(file) as backup:
            found.append((backup.manifest.taken_at, file))
    return max(found)[1]


def drill(backup: Backup, place: Place, *, now: datetime) -> Drill:
    """Put a backup back apart, at the newest migration, and count it.

    :raises Refused: it would not come back as it was
    """
    backup.verify()
    try:
        _put_back(backup, place, now)
    except (OSError, DBAPIError, *driver_errors()) as error:
        why = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        raise Refused(f"{backup.path.name} komt niet terug: {why}.") from error
    manifest, files = backup.manifest, sum(1 for _ in backup.files())
    return Drill(
        backup.path, manifest.taken_at, manifest.schema, len(manifest.tables), manifest.rows, files
    )


def _put_back(backup: Backup, place: Place, now: datetime) -> None:
    manifest = backup.manifest
    if manifest.engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="outreach-drill-") as folder:
            path = Path(folder) / "outreach.db"
            backup.extract(backups.DATABASE, path)
            snapshots.raise_sqlite(manifest, path, now=now)
    elif place.database:
        raise Refused("Deze reservekopie is van PostgreSQL: geef OUTREACH_DATABASE_URL.")
    else:
        _in_a_schema_of_its_own(backup, place)


def _in_a_schema_of_its_own(backup: Backup, place: Place) -> None:
    """In a transaction that is not committed: nothing of it stays, however this ends."""
    engine = create_engine(place.url)
    try:
        with engine.connect() as connection:
            schema = f"outreach_drill_{secrets.token_hex(4)}"
            connection.execute(text(f"CREATE SCHEMA {schema}"))
            connection.execute(text(f"SET LOCAL search_path TO {schema}"))
            # What is there already is asked by this name (Alembic's own way to move schemas).
            connection.dialect.default_schema_name = schema
            snapshots.load_postgresql(backup, connection)
            migrating.to(connection)
            connection.rollback()
    finally:
        engine.dispose()
