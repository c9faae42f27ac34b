"""Keys of rows that someone fills in by their words: questions, outcomes."""

from collections.abc import Collection, Iterable
from typing import Any

from wtforms import Form

from outreach.contacts.gemeenten import fold

LONGEST = 60


def named(row: Form) -> dict[str, Any]:
    """The words of a row and its key: what it had, as answers hang on it, or made of the words."""
    label = " ".join((row["label"].data or "").split())
    return {"key": row["key"].data or _made_of(label), "label": label}


def told_apart(rows: Iterable[dict[str, Any]], taken: Collection[str] = ()) -> list[dict[str, Any]]:
    """Those with words, each with a key that none before it has.

    :param taken: keys that stand for something else
    """
    seen, found = set(taken), []
    for row in rows:
        if not row["label"]:
            continue
        numbered = (f"{row['key']}-{n}" for n in range(2, len(seen) + 3))
        key = next(one for one in (row["key"], *numbered) if one not in seen)
        seen.add(key)
        found.append(row | {"key": key})
    return found


def _made_of(label: str) -> str:
    return "-".join(fold(label).split())[:LONGEST].strip("-") or "vraag"
