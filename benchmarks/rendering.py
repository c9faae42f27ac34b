"""How long it takes to make a letter's words and its PDF.

Yardstick of the mail: a Markdown parser's work on the same text. Yardstick of the PDF: the first
one of a process, which loads the fonts. Prints one JSON line per figure.
"""

import json
import statistics
import time
from collections.abc import Callable
from datetime import date

from markdown_it import MarkdownIt

from outreach.letters import composing, pdf
from outreach.letters.composing import Letterhead

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


def milliseconds(work: Callable[[], object], times: int) -> list[float]:
    """Time per piece of work, one figure per round."""
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            work()
        found.append((time.perf_counter() - start) * 1000 / times)
    return found


def report(name: str, ours: list[float], yardstick: list[float], against: str) -> None:
    print(
        json.dumps(
            {
                "figure": name,
                "ms": round(statistics.median(ours), 3),
                "yardstick": against,
                "yardstick_ms": round(statistics.median(yardstick), 3),
                "ratio": round(statistics.median(ours) / statistics.median(yardstick), 2),
            }
        )
    )


def main() -> None:
    template = composing.prepare("Oproep aan de raad van {{gemeente}}", TEXT)
    parser = MarkdownIt("commonmark")
    report(
        "mail filled",
        milliseconds(lambda: template.fill(VALUES, look=LOOK), 200),
        milliseconds(lambda: parser.render(TEXT), 200),
        "the same text through markdown-it",
    )
    letter = pdf.PdfLetter(
        title="Oproep",
        sender="Naast Elkaar",
        day=date(2026, 3, 23),
        subject="Oproep",
        text=TEXT,
        values=VALUES,
        addressee=pdf.addressee_lines("raad", "Zeist"),
        addressee_short=pdf.addressee_short("raad", "Zeist"),
    )
    first = milliseconds(lambda: pdf.make(letter), 1)[:1]
    report(
        "PDF letter", milliseconds(lambda: pdf.make(letter), 20), first, "the first of a process"
    )


if __name__ == "__main__":
    main()
