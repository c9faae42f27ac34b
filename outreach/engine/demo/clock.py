"""The demo's clock: it stands on Friday 20 March 2026 at first, runs on, and can be moved."""

import json
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

#: Friday 20 March 2026, 10.00 uur: the last working day before the first letter.
BEGIN = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


class DemoClock:
    """The system's clock at a distance that is kept in a file, so that a restart goes on.

    Other processes (`outreach campaigns status`) follow a move at once: they read the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            self._write(BEGIN - datetime.now(UTC), replace=False)

    @classmethod
    def of(cls, instance: Path) -> "DemoClock":
        """The clock of the demo in this folder."""
        return cls(instance / "demo-clock.json")

    def now(self) -> datetime:
        distance = json.loads(self._path.read_text(encoding="ascii"))["distance_seconds"]
        return datetime.now(UTC) + timedelta(seconds=distance)

    def move_to(self, moment: datetime) -> None:
        """Go forward to a moment; time never goes back."""
        if moment > self.now():
            self._write(moment - datetime.now(UTC), replace=True)

    def _write(self, distance: timedelta, *, replace: bool) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump({"distance_seconds": distance.total_seconds()}, file)
        if replace:
            os.replace(name, self._path)
            return
        with suppress(FileExistsError):  # another process was first
            os.link(name, self._path)
        os.unlink(name)
