"""How long it takes to make a letter: its words, its PDF, and the bytes that leave.

Yardstick of the words: a Markdown parser's work on the same text. Of the PDF: the first one of a
process, which loads the fonts. Of the bytes, from claimed row to what is handed to the connection:
the standard library's `EmailMessage` with the same mail, of which the words are ready.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

from markdown_it import MarkdownIt
from sqlalchemy import true

from benchmarks import _letters
from benchmarks._ground import ground, report
from outreach import jobs
from outreach.clock import FixedClock
from outreach.db import db
from outreach.delivery import claims
from outreach.delivery.models import Message
from outreach.letters import composing, logos, pdf
from outreach.letters.composing import Letterhead
from tests.conftest import NOON
from tests.delivery import library_mime

TEXT = """{{aanhef}}

Bij deze mail zit onze brief aan de raad van {{gemeente}}. Wij vragen de raad om één tafel in
elke wijk waar mensen **samen eten**.

- Eén plek per wijk.
- Open voor wie wil, zonder verwijzing.

Wilt u de brief doorsturen naar de raadsleden?

Met vriendelijke groet,

Marit Zuidema
secretaris
"""
VALUES = {"aanhef": "Geachte griffier,", "gemeente": "Súdwest-Fryslân"}
LOOK = Letterhead("Naast Elkaar", "", "Kruiskade 18, 3512 AB Utrecht", "post@naast.example", "")
ROUNDS = 7
MESSAGES = 5_000
BATCH = 200  #: as many as sending claims at once
YARDSTICK = 10  #: mails of each batch that `EmailMessage` makes too


def milliseconds(work: Callable[[], object], times: int) -> list[float]:
    """CPU time per piece of work, one figure per round."""
    found = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - start) * 1000 / times)
    return found


def say(figure: str, ours: list[float], against: tuple[str, list[float]], target: str = "") -> None:
    name, theirs = against
    yardstick = (name, statistics.median(theirs))
    report("rendering", figure, statistics.median(ours), "ms CPU", against=yardstick, target=target)


LETTER = pdf.PdfLetter(
    title="Oproep",
    sender="Naast Elkaar",
    day=date(2026, 3, 23),
    subject="Oproep",
    text=TEXT,
    values=VALUES,
    addressee=pdf.addressee_lines("raad", "Zeist"),
    addressee_short=pdf.addressee_short("raad", "Zeist"),
)


def words() -> None:
    template = composing.prepare("Oproep aan de raad van {{gemeente}}", TEXT)
    parser = MarkdownIt("commonmark")
    say(
        "mail filled",
        milliseconds(lambda: template.fill(VALUES, look=LOOK), 200),
        ("the same text through markdown-it", milliseconds(lambda: parser.render(TEXT), 200)),
    )


def pdf_letter() -> None:
    first = milliseconds(lambda: pdf.make(LETTER), 1)[:1]
    ours = milliseconds(lambda: pdf.make(LETTER), 20)
    say("PDF letter", ours, ("the first of a process", first))


def pdf_letters() -> None:
    """One for every gemeente, as a campaign has them: with logos, and all facts beside it."""
    picture = logos.clean(b'<svg width="30" height="10"><path d="M0 0h30v9z"/></svg>')
    letter = replace(
        LETTER,
        addressee=pdf.addressee_lines("raad", "Zeist", postal_address="Postbus 513, 3700 AM ZEIST"),
        handled_by="Marit Zuidema",
        phone="030 123 45 67",
        your_letter_of="26 februari 2026",
        cosigners=("Jonge Stemmen",),
        logo=picture,
        cosigner_logos=(pdf.Logo("Jonge Stemmen", picture),),
    )
    pdf.make(letter)
    start = time.process_time()
    for number in range(342):
        pdf.make(replace(letter, our_reference=f"NE-{number}", your_reference=f"Z-{number}"))
    report("rendering", "342 PDF letters", time.process_time() - start, "s CPU", target="≤ 5")


def letters(kind: str) -> None:
    """Every letter of a campaign, claimed as sending claims them, made into bytes.

    What is read once a second and what all to one gemeente share is in the figures, as often as
    it comes.
    """
    ours, theirs = [], []
    with ground("sqlite") as here, here.opened() as app:
        _letters.make(app, MESSAGES, pdf=kind != "letter")
        desk = _letters.desk(app)
        made = jobs.orders(desk, clock=FixedClock(NOON), around=nullcontext)
        renderer = desk.renderer(NOON)
        batches = list(_claimed())
        assert sum(map(len, batches)) == MESSAGES
        for batch in batches:
            start = time.process_time()
            made.coming(batch)
            for message in batch:
                made.render(message)
            ours.append((time.process_time() - start) * 1e6 / len(batch))
        for batch in batches:
            some = [db.session.get_one(Message, one.id) for one in batch[:YARDSTICK]]
            mails = [renderer.mail(db.session(), message) for message in some]
            db.session.remove()
            start = time.process_time()
            for mail in mails:
                library_mime.build(mail)
            theirs.append((time.process_time() - start) * 1e6 / len(mails))
    # The first batches make what the others share: the mean has it, a median would not.
    report(
        "rendering",
        f"{kind}, claimed row to bytes",
        statistics.mean(ours),
        "µs CPU",
        against=("EmailMessage alone", statistics.mean(theirs)),
        target="≤ 60",
    )


def _claimed() -> Iterator[list[Any]]:
    """All that are due, each batch by a worker of its own: none waits for another."""
    for number in count():
        with db.engine.begin() as connection:
            owner = f"w{number}"
            batch = claims.claim(connection, true(), owner=owner, limit=BATCH, now=NOON)
        if not batch:
            return
        yield batch


def main() -> None:
    words()
    pdf_letter()
    pdf_letters()
    letters("letter")
    letters("letter and PDF")


if __name__ == "__main__":
    main()
