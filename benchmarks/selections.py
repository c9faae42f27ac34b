"""What a selectie costs, and a page of the list: 1,000, 10,000 and 100,000 addresses.

Timed is the statement that counts who fits, asked as a page asks it. Yardstick: a plain
`SELECT count(*)` over the same tables, joined, on the same rows.

    python -m benchmarks.selections --sizes 1000 10000
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, insert, select

from benchmarks._ground import ground, report
from outreach.campaigns import expressions, selections
from outreach.campaigns.expressions import Group
from outreach.contacts import directory
from outreach.contacts.finding import Sought
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    Function,
    Gemeente,
    Office,
    Tag,
)
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from tests.conftest import NOON
from tests.factories import make_campaign

SIZES = (1_000, 10_000, 100_000)
TIMES, MOST_MS = 9, 50
NORTH = {"field": "province", "op": "in", "value": ["Drenthe", "Groningen"]}
#: What is asked, from simple to all at once.
ASKED = {
    "place and inhabitants": [NORTH, {"field": "inhabitants", "op": "more", "value": 50_000}],
    "label or list": [{"any": [
        {"field": "tag", "op": "in", "value": ["pilot"]},
        {"field": "list", "op": "filled"},
    ]}],
    "confirmed address": [{"field": "reach", "op": "in", "value": ["bevestigd"]}],
    "own attribute": [{"field": "attribute", "op": "in", "value": ["7"], "of": "groep"}],
    "no post in 30 days": [{"field": "written", "op": "not_within", "value": 30}],
    "came back": [{"field": "bounced", "op": "in", "value": ["bench"]}],
    "seven rows": [
        {"field": "role", "op": "in", "value": ["raadslid"]},
        {"any": [NORTH, {"field": "tag", "op": "in", "value": ["pilot"]}]},
        {"field": "inhabitants", "op": "between", "value": [20_000, 150_000]},
        {"field": "answered", "op": "not_in", "value": ["bench"]},
        {"field": "basis", "op": "filled"},
        {"field": "bounced", "op": "not_in", "value": ["bench"]},
    ],
}  # fmt: skip


def fill(count: int) -> None:
    """Raadsleden over the country, each with an address; one in ten has a label, half a letter."""
    codes = list(db.session.scalars(select(Gemeente.code).order_by(Gemeente.code)))
    offices = [
        {"id": n, "gemeente_code": code, "function": Function.RAADSLID}
        for n, code in enumerate(codes, 1)
    ]
    db.session.execute(insert(Office), offices)
    campaign = make_campaign(slug="bench")
    step, text = campaign.steps[0].id, campaign.steps[0].texts[0].id
    numbers = range(1, count + 1)
    db.session.execute(
        insert(Contact),
        [
            {
                "id": n,
                "office_id": 1 + n % len(codes),
                "last_name": f"De Wit {n}",
                "attributes": {"groep": str(n % 20)},
                "created_at": NOON,
                "changed_at": NOON,
            }
            for n in numbers
        ],
    )
    address = {"basis": Basis.PUBLISHED, "preferred": True, "created_at": NOON}
    db.session.execute(
        insert(Address),
        [
            address
            | {
                "contact_id": n,
                "email": f"r{n}@gemeente{n % 342}.example",
                "address_key": f"r{n}@gemeente{n % 342}.example",
                "confirmed_at": NOON if n % 4 else None,
            }
            for n in numbers
        ],
    )
    db.session.execute(insert(Tag), [{"contact_id": n, "name": "pilot"} for n in numbers[::10]])
    letter = {"kind": Kind.LETTER, "sender_id": campaign.sender_id, "step_id": step}
    letter |= {"text_id": text, "variant": "raad", "state": State.ACCEPTED, "created_at": NOON}
    db.session.execute(
        insert(Message),
        [
            letter
            | {
                "dedupe_key": f"bench:{n}",
                "message_id": f"<b{n}@bench.example>",
                "gemeente_code": codes[n % len(codes)],
                "contact_id": n,
                "address": f"r{n}@gemeente{n % 342}.example",
                "address_key": f"r{n}@gemeente{n % 342}.example",
                "not_before": NOON,
                "accepted_at": NOON - timedelta(days=n % 90),
                "bounced_at": NOON if n % 50 == 0 else None,
            }
            for n in numbers[::2]
        ],
    )
    db.session.commit()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def milliseconds(act: Callable[[], object]) -> float:
    """The middle of some runs; the first one, which compiles the statement, is left out."""
    act()
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        found.append(1000 * (time.perf_counter() - began))
        db.session.rollback()
    return statistics.median(found)


def plainly() -> object:
    joined = select(func.count()).select_from(Contact).join(Office).join(Gemeente)
    return db.session.scalar(joined.join(Address, Address.contact_id == Contact.id))


def counted(group: Group) -> object:
    found = selections.contacts(group, now=NOON).with_only_columns(func.count())
    return db.session.scalar(found)


def measure(engine: str, size: int) -> None:
    with ground(engine) as here, here.opened():
        fill(size)
        plain = milliseconds(plainly)
        against = ("SELECT count(*) over the joined tables", plain)
        for what, rows in ASKED.items():
            group = expressions.parse({"all": rows})
            report(
                "selections",
                f"{what}, {size:,}, {engine}",
                milliseconds(lambda group=group: counted(group)),  # type: ignore[misc]
                "ms",
                against=against,
                target=f"≤ {MOST_MS} ms",
            )
        for what, sought in (("all", Sought()), ("a name", Sought(text="wit 77"))):
            report(
                "selections",
                f"a page of the list, {what}, {size:,}, {engine}",
                milliseconds(lambda sought=sought: directory.search(sought)),  # type: ignore[misc]
                "ms",
                against=against,
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    for size in parser.parse_args().sizes:
        for engine in ("sqlite", "postgresql"):
            measure(engine, size)


if __name__ == "__main__":
    main()
