"""Files in INSTANCE that hold a secret: ours alone before it is in them, and never half."""

import json
import os
import tempfile
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
MOMENTS = (datetime, datetime | None)


def write(path: Path, text: str) -> None:
    """Replace a file as a whole; a crash leaves the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except BaseException:
        os.unlink(fresh)
        raise


def write_record(path: Path, record: Any) -> None:
    """Keep a dataclass of texts, numbers and moments."""
    write(path, json.dumps(asdict(record), default=datetime.isoformat, indent=1) + "\n")


def read_record(path: Path, kind: type[T]) -> T | None:
    """What `write_record` kept; None when there is no such file.

    :raises ValueError: it holds something else
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        known = {one.name: one.type for one in fields(kind)}  # type: ignore[arg-type]
        return kind(**{name: _value(value, known[name]) for name, value in said.items()})
    except FileNotFoundError:
        return None
    except (AttributeError, KeyError, OSError, TypeError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _value(said: Any, kind: Any) -> Any:
    if kind not in MOMENTS or (said is None and kind is not datetime):
        return said
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise ValueError(f"{said} has no offset")
    return moment
