"""How long the search box takes, over 100,000 documents with text, on both engines.

Yardstick: one query that reads the same text and finds nothing, as the database does it. Beside
the time on the wall stands the processor's, of this process and of PostgreSQL's: what it would be
on a machine with nothing else to do.
"""

import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from benchmarks._ground import ground, report
from outreach import jobs
from outreach.answers.models import Document
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.ledger.search import search
from tests.conftest import NOON

DOCUMENTS = 100_000
ROUNDS = 5
ASKED = (
    "huizen wijk",
    "2026-004273",
    "eenzaamheid jeugd plan",
    "zwembad",
    '"raad van"',
    "we",
    "besluit 4999",
    '"zorg plan jeugd wijk"',
)
TEXT = """de raad van het college een plan voor wijk huizen jeugd zorg eenzaamheid besluit brief
vergadering gemeente inwoners samen kosten jaar begroting straat buurt school ouderen sport
cultuur veiligheid verkeer milieu water lucht groen werk inkomen schuld hulp steun partners"""
WORDS = TEXT.split()


def fill() -> None:
    """Documents of some 150 words each, over all gemeenten."""
    chance = random.Random(7)
    codes = db.session.scalars(select(Gemeente.code)).all()
    for start in range(0, DOCUMENTS, 5000):
        rows = [
            {
                "gemeente_code": codes[n % len(codes)],
                "found": False,
                "body": "college",
                "author": "",
                "subject": f"Besluit {n} over {chance.choice(WORDS)}",
                "number": f"2026-{n:06}",
                "kenmerk": "",
                "dated": date(2020, 1, 1) + timedelta(days=n % 2000),
                "handled_by": "",
                "signatories": [],
                "url": "",
                "note": "",
                "filename": "",
                "size": 0,
                "pages": 1,
                "text": " ".join(chance.choices(WORDS, k=150)),
                "text_fault": "",
                "actor": "system",
                "created_at": NOON,
                "changed_at": NOON,
            }
            for n in range(start, start + 5000)
        ]
        db.session.execute(insert(Document), rows)
    db.session.commit()
    jobs.index()


def main() -> None:
    for engine in ("sqlite", "postgresql"):
        with ground(engine) as here, here.opened():
            fill()
            reading, _ = _milliseconds(_read_all)
            for asked in ASKED:
                found, busy = _milliseconds(lambda asked=asked: search(asked))
                report(
                    "searching",
                    f"“{asked}” in {DOCUMENTS} documents, {engine}",
                    found,
                    "ms",
                    against=("reading every text once", reading),
                    target="≤ 100",
                    processor=round(busy, 2),
                )


def _read_all() -> None:
    db.session.scalar(
        select(func.count()).select_from(Document).where(Document.text.contains("qqqq"))
    )


def _milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """On the wall, and of the processor."""
    times, busy = [], []
    for _ in range(ROUNDS):
        before = _processor()
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
        busy.append(_processor() - before)
        db.session.rollback()
    return statistics.median(times), statistics.median(busy)


def _processor() -> float:
    """Milliseconds so far of this process, and of the one of PostgreSQL that answers it."""
    own = time.process_time() * 1000
    if db.engine.dialect.name == "sqlite":
        return own
    backend = db.session.scalar(select(func.pg_backend_pid()))
    spent = Path(f"/proc/{backend}/schedstat").read_text().split()[0]
    return own + int(spent) / 1_000_000


if __name__ == "__main__":
    main()
