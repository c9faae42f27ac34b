"""What elsewhere in the database points at a contact or an address."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, select

from outreach.contacts.models import Address, Contact, ListMember, NotSame, Tag
from outreach.db import Base, db

#: What belongs to a contact and goes with it.
_PARTS = {one.__tablename__ for one in (Address, ListMember, NotSame, Tag)}


def is_referred_to(model: type[Contact | Address], id_: int) -> bool:
    """Whether a row of another kind (a letter, an answer) points at this one."""
    return bool(referred_to(model, [id_]))


def referred_to(model: type[Contact | Address], ids: Iterable[int]) -> set[int]:
    """Those of these rows that must stay, since letters or answers point at them."""
    wanted = list(ids)
    found: set[int] = set()
    for column in columns(model.__tablename__):
        rows = select(column).where(column.in_(wanted)).distinct()
        found.update(db.session.scalars(rows))
    return found


def columns(target: str) -> list[Column[Any]]:
    """Columns of higher packages that point at this table; this one need not know them."""
    return [
        key.parent
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == target and table.name not in _PARTS
    ]
