"""Where free text names someone: found by address and full name, and taken out word by word."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, or_, select, update
from sqlalchemy import Text as SqlText
from sqlalchemy import cast as sql_cast

from outreach.db import db
from outreach.delivery.models import GONE
from outreach.ledger.person import Person
from outreach.ledger.personal_data import MAP, Held


@dataclass(frozen=True)
class Mention:
    """One cell that names someone."""

    held: Held
    column: str
    where: tuple[Any, ...]  #: the row's primary key
    value: Any


def of(person: Person) -> Iterator[Mention]:
    """Every cell of free text, in any row, that names them."""
    pattern = person.pattern
    if pattern is None:
        return
    needles = sorted({_longest(word) for word in person.words})
    for held in MAP:
        table = cast(Table, held.model.__table__)
        keys = list(table.primary_key.columns)
        for name in held.searched:
            text = sql_cast(table.c[name], SqlText)
            holds = [text.icontains(one, autoescape=True) for one in _as_stored(needles)]
            rows = db.session.execute(select(*keys, table.c[name]).where(or_(*holds)))
            for *where, value in rows:
                if pattern.search(value if isinstance(value, str) else _flat(value)):
                    yield Mention(held, name, tuple(where), value)


def take_out(person: Person) -> int:
    """Put "(gewist)" in the place of every mention; return how many cells changed."""
    pattern, found = person.pattern, list(of(person))
    for one in found:
        table = cast(Table, one.held.model.__table__)
        keys = table.primary_key.columns
        here = [column == value for column, value in zip(keys, one.where, strict=True)]
        without = _without(one.value, cast(re.Pattern[str], pattern))
        db.session.execute(update(table).where(*here).values({one.column: without}))
    return len(found)


def _longest(word: str) -> str:
    """Of a name the part that says most: a line may end between its parts."""
    return max(word.split(), key=len)


def _as_stored(needles: list[str]) -> list[str]:
    """JSON may keep "é" as an escape."""
    return sorted({*needles, *(json.dumps(one)[1:-1] for one in needles)})


def _flat(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\\n", "\n").replace("\\r", "\r")


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(GONE, value)
    if isinstance(value, dict):
        return {_without(key, pattern): _without(one, pattern) for key, one in value.items()}
    return [_without(one, pattern) for one in value] if isinstance(value, list) else value
