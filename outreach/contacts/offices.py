"""Offices: a function in a gemeente, made when someone is first put in it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.contacts.models import Function, Office
from outreach.db import db

#: A gemeente's code (None for a partner) and a function.
Key = tuple[str | None, Function]


def ensure(keys: Iterable[Key]) -> dict[Key, int]:
    """The ids of these offices, made where needed and held until the transaction ends.

    Who puts someone in an office asks here first: of two who add the same person at once,
    the second then sees what the first did.
    """
    wanted = set(keys)
    if missing := sorted(wanted - known(wanted).keys(), key=str):
        db.session.execute(
            dialect()
            .insert(Office)
            .on_conflict_do_nothing(index_elements=["gemeente_code", "function"]),
            [{"gemeente_code": code, "function": function} for code, function in missing],
        )
    ids = known(wanted)
    held = select(Office.id).where(Office.id.in_(sorted(ids.values()))).order_by(Office.id)
    db.session.execute(held.with_for_update())
    return ids


def dialect() -> Any:
    """The dialect of our database, for what SQL itself has no word for."""
    return postgresql if db.engine.dialect.name == "postgresql" else sqlite


def known(keys: Iterable[Key]) -> dict[Key, int]:
    """The ids of those of these offices that exist."""
    wanted = set(keys)
    here = or_(
        Office.gemeente_code.in_(sorted({code for code, _ in wanted if code})),
        Office.gemeente_code.is_(None),
    )
    rows = db.session.execute(
        select(Office.gemeente_code, Office.function, func.min(Office.id))
        .where(here)
        .group_by(Office.gemeente_code, Office.function)
    )
    found: dict[Key, int] = {(code, function): id_ for code, function, id_ in rows}
    return {key: id_ for key, id_ in found.items() if key in wanted}
