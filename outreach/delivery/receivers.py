"""Groups of receiving domains that take only so much from us, over all senders.

A message holds the group that its domain is in, so that a claim finds what may leave to each
and skips what may not by an index. It is set when the message is written down, and anew when a
group changes; on PostgreSQL the table of messages is locked for that, in this order: messages,
groups, single rows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, or_, select, text, update
from sqlalchemy.exc import OperationalError

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.limits import MOST, WINDOWS, WORDS, Limits
from outreach.clock import system_now
from outreach.contacts import addresses
from outreach.contacts.addresses import BadAddress
from outreach.db import db
from outreach.delivery.models import Message, ReceiverGroup, State
from outreach.delivery.prepared import Prepared
from outreach.errors import Invalid, Refused, Unknown

GROUPS: Table = ReceiverGroup.__table__  # type: ignore[assignment]
MESSAGES: Table = Message.__table__  # type: ignore[assignment]
ROW = MESSAGES.c
LONGEST_NAME = 60
MOST_DOMAINS = 500
#: From these nothing leaves any more; of those that left lately is known when.
OVER = (State.ACCEPTED, State.SUPPRESSED, State.CANCELLED, State.EXPIRED, State.FAILED)
LATELY = timedelta(hours=2)  #: more than the longest cap looks back
PATIENCE = "10s"  #: with who writes down letters at this moment
AT_A_TIME = 5_000


def everyone() -> list[ReceiverGroup]:
    """All groups, by name."""
    return sorted(db.session.scalars(select(ReceiverGroup)), key=lambda group: group.name.lower())


def find(name: str) -> ReceiverGroup:
    """The group of this name.

    :raises Unknown: there is none
    """
    key = _name(name).lower()
    for group in everyone():
        if group.name.lower() == key:
            return group
    raise Unknown(f"Er is geen groep ontvangers met de naam “{_name(name)}”.")


def limits_of(group: Any) -> Limits:
    """What a group takes, of it or of its row."""
    return Limits(per_minute=group.per_minute, per_hour=group.per_hour)


def add(name: str, domains: Iterable[str], limits: Limits, *, by: Actor, now: datetime) -> int:
    """Send a group of domains no more than so much; return its id.

    :raises Invalid: no name, no domain or no number; the sentence says which
    :raises Refused: its name or one of its domains is of another group
    """
    return _keep(None, name, domains, limits, by=by, now=now)


def change(
    group: ReceiverGroup,
    name: str,
    domains: Iterable[str],
    limits: Limits,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Change a group, as `add`. Holds for what is claimed from now on."""
    _keep(group.id, name, domains, limits, by=by, now=now)


def remove(group: ReceiverGroup, *, by: Actor, now: datetime) -> None:
    """Send its domains as much as all others."""
    connection = _alone()
    mine = ROW.receiver_group_id == group.id
    connection.execute(update(MESSAGES).where(mine).values(receiver_group_id=None))
    audit.record("remove receivers", f"receivers:{group.id}", by=by, now=now)
    db.session.delete(group)
    db.session.flush()
    _sort(connection)  # a subdomain of it may be in a wider group


def any_limited(connection: Connection) -> bool:
    """Whether there is any group."""
    return connection.execute(select(GROUPS.c.id).limit(1)).first() is not None


def locked(connection: Connection) -> list[tuple[int, Limits]]:
    """The limits of all groups; who reads them so is the only one, until its transaction ends.

    SQLite has one writer at a time anyway.
    """
    _write_messages(connection)
    rows = connection.execute(
        select(GROUPS).order_by(GROUPS.c.id).with_for_update(key_share=True)
    ).all()
    return [(row.id, limits_of(row)) for row in rows]


def owners(connection: Connection) -> Mapping[str, int]:
    """The group of each domain that has one. Who changes a group waits from now on.

    Asked for before anything is locked: messages come first.
    """
    _write_messages(connection)
    return _owners(connection)


def grouped(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    known: Mapping[str, int] | None = None,
) -> Sequence[dict[str, Any]]:
    """The same rows of messages to be written down, each with the group that it is in.

    Who changes a group after this waits until they are there.

    :param known: `owners`, as they were asked for in this transaction
    """
    found = owners(connection) if known is None else known
    for row in rows:
        row["receiver_group_id"] = _group_of(row["address_key"], found) if found else None
    return rows


def parse(text: str) -> list[str]:
    """Domains as people type them, between spaces, commas or on lines."""
    return [part for part in re.split(r"[\s,;]+", text) if part]


def _keep(
    id_: int | None,
    name: str,
    domains: Iterable[str],
    limits: Limits,
    *,
    by: Actor,
    now: datetime,
) -> int:
    name, found = _checked_name(name), _checked_domains(domains)
    numbers = _checked_limits(limits)
    connection = _alone()
    _refuse_double(id_, name, found)
    group = db.session.get(ReceiverGroup, id_) if id_ is not None else ReceiverGroup()
    if group is None:
        raise Unknown("Deze groep ontvangers is er niet meer.")
    group.name, group.domains = name, found
    group.per_minute, group.per_hour = numbers["per_minute"], numbers["per_hour"]
    db.session.add(group)
    db.session.flush()
    act = "add receivers" if id_ is None else "change receivers"
    detail: dict[str, Any] = {**numbers}
    audit.record(act, f"receivers:{group.id}", by=by, now=now, **detail)
    _sort(connection)
    return group.id


def _write_messages(connection: Connection) -> None:
    """Make who wants to be alone wait: whoever writes messages comes before the groups."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE message IN ROW EXCLUSIVE MODE")


def _alone() -> Connection:
    """Be the only one that writes messages, until this transaction ends."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
        try:
            with connection.begin_nested():
                connection.execute(text("LOCK TABLE message IN SHARE ROW EXCLUSIVE MODE"))
        except OperationalError as error:
            raise Refused(
                "Er worden nu veel brieven klaargezet. Probeer het over een minuut opnieuw."
            ) from error
    return connection


def _sort(connection: Connection) -> None:
    """Set anew in which group each message is that may leave, or left lately."""
    owners = _owners(connection)
    lately = ROW.submitting_at > system_now() - LATELY
    which = select(ROW.id, ROW.address_key, ROW.receiver_group_id)
    found = connection.execute(which.where(or_(ROW.state.not_in(OVER), lately)))
    moved: dict[int | None, list[int]] = {}
    for id_, address_key, group_id in found:
        if (now_in := _group_of(address_key, owners)) != group_id:
            moved.setdefault(now_in, []).append(id_)
    for group_id, ids in moved.items():
        for start in range(0, len(ids), AT_A_TIME):
            where = ROW.id.in_(ids[start : start + AT_A_TIME])
            connection.execute(update(MESSAGES).where(where).values(receiver_group_id=group_id))


def _owners(connection: Connection) -> dict[str, int]:
    """The group of each domain."""
    rows = _reading(connection.dialect).rows(connection)
    return {domain: id_ for id_, domains in rows for domain in domains}


@lru_cache(maxsize=4)
def _reading(dialect: Dialect) -> Prepared:
    return Prepared(select(GROUPS.c.id, GROUPS.c.domains), dialect)


def _group_of(address_key: str, owners: Mapping[str, int]) -> int | None:
    """Of the domain itself, else of the nearest above it that counts its subdomains too."""
    domain = address_key.rpartition("@")[2]
    if domain in owners:
        return owners[domain]
    while domain:
        if (found := owners.get(f".{domain}")) is not None:
            return found
        domain = domain.partition(".")[2]
    return None


def _name(name: str) -> str:
    return " ".join(name.split())


def _checked_name(name: str) -> str:
    found = _name(name)
    if not found:
        raise Invalid("Geef de groep een naam, zoals Microsoft.")
    if len(found) > LONGEST_NAME:
        raise Invalid(f"De naam van een groep heeft hoogstens {LONGEST_NAME} tekens.")
    return found


def _checked_domains(domains: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(map(_checked_domain, domains)))
    if not found:
        raise Invalid("Noem ten minste één domein, zoals outlook.com.")
    if len(found) > MOST_DOMAINS:
        raise Invalid(f"Een groep heeft hoogstens {MOST_DOMAINS} domeinen.")
    return found


def _checked_domain(domain: str) -> str:
    """ "outlook.com"; ".gov.example" also for "*.gov.example"."""
    bare = domain.strip().rpartition("@")[2].removeprefix("*")
    with_subdomains, bare = bare.startswith("."), bare.removeprefix(".")
    try:
        checked = addresses.address_key(f"x@{bare}").rpartition("@")[2]
    except BadAddress:
        raise Invalid(
            f"“{domain[:80]}” is geen domein. Schrijf het zoals outlook.com, of met een punt"
            " ervoor om ook alles daaronder mee te tellen: .gov.example."
        ) from None
    return f".{checked}" if with_subdomains else checked


def _checked_limits(limits: Limits) -> dict[str, int | None]:
    found = {name: getattr(limits, name) for name in WINDOWS if name != "per_day"}
    if not any(value is not None for value in found.values()):
        raise Invalid("Vul in hoeveel er per minuut of per uur heen mag.")
    for name, value in found.items():
        if value is not None and not 1 <= value <= MOST:
            raise Invalid(
                f"De grens “{WORDS[name]}” kan niet {value} zijn: kies 1 tot en met {MOST},"
                " of laat hem weg."
            )
    return found


def _refuse_double(id_: int | None, name: str, domains: Iterable[str]) -> None:
    wanted = set(domains)
    for other in everyone():
        if other.id == id_:
            continue
        if other.name.lower() == name.lower():
            raise Refused(f"Er is al een groep met de naam “{other.name}”.")
        if both := sorted(wanted & set(other.domains)):
            raise Refused(f"“{both[0]}” staat al in de groep “{other.name}”.")
