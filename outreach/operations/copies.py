"""Older copies of the database that lie about: what was erased since is still in them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from outreach.letters import dutch
from outreach.operations import backing_up

#: In INSTANCE: made before a restore and before a migration.
PATTERNS = ("before-restore-*.zip", "*.backup")


@dataclass(frozen=True)
class Copy:
    path: Path
    days: int  #: how old it is

    def __str__(self) -> str:
        return f"{self.path} ({dutch.plural(self.days, 'dag', 'dagen')} oud)"


def everything(instance: Path, *, at: datetime) -> list[Copy]:
    """Every copy that we know of, the newest first.

    :param at: the system's clock
    """
    paths = {path.resolve() for pattern in PATTERNS for path in instance.glob(pattern)}
    try:
        last = backing_up.last(instance)
    except ValueError:
        last = None
    if last is not None and Path(last.path).exists():
        paths.add(Path(last.path))
    made = {path: datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in paths}
    newest = sorted(made, key=lambda path: made[path], reverse=True)
    return [Copy(path, max(0, (at - made[path]).days)) for path in newest]
