"""How fast letters leave, on the whole path: claim, render, mark, DATA, settle, all on disk.

Yardstick: Debian's `smtp-source` into its `smtp-sink`, with the bytes of one of our own letters
and as many connections, which renders nothing and records nobody; into `smtp-sink`, and into a
Postfix of its own that queues on disk. Far away (each answer comes 10 ms later): smtplib with
as many connections.

    python -m benchmarks.delivery --messages 100000
"""

import argparse
import json
import time

from benchmarks import _letters, _postfix
from benchmarks._ground import Ground, ground, report
from benchmarks._relays import SOURCE, by_postfix, by_smtplib, far_sink, sink

CONNECTIONS = 10
FAR = 0.010  #: seconds
FAR_MESSAGES = 2000
#: engine: sending processes
WORKERS = {"sqlite": 1, "postgresql": 2}
TARGETS = {"letter": "≥ 0.30", "letter and PDF": "≥ 0.60"}
POSTFIX_MESSAGES = 1000


def by_us(here: Ground, workers: int, count: int, *words: str) -> tuple[float, float, float]:
    """Seconds, CPU milliseconds a message, and megabytes of the largest process."""
    started = [here.start("benchmarks._worker", *words) for _ in range(workers)]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for one in started:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    ends = [json.loads(one.communicate()[0]) for one in started]
    seconds = max(min(time.perf_counter() - began, end["seconds"]) for end in ends)
    assert sum(end["sent"] for end in ends) == count, ends
    cpu = 1000 * sum(end["cpu"] for end in ends) / count
    return seconds, cpu, max(end["megabytes"] for end in ends)


def near(engine: str, kind: str, count: int) -> None:
    """One kind of letter on one engine, beside Postfix."""
    with (
        sink() as port,
        ground(engine, smtp_url=f"smtp://127.0.0.1:{port}", connections=CONNECTIONS) as here,
    ):
        with here.opened() as app:
            frozen = _letters.make(app, count, pdf=kind != "letter")
            letter = _letters.one(app)
        plain = by_postfix(port, letter, count, CONNECTIONS) if SOURCE else 0.0
        seconds, cpu, megabytes = by_us(here, WORKERS[engine], count)
    if kind == "letter":
        report("delivery", f"audience queued, {engine}", count / frozen, "per s", rows=count)
    report(
        "delivery",
        f"{kind}, {engine}, processes: {WORKERS[engine]}",
        count / seconds,
        "per s",
        against=("smtp-source", count / plain) if plain else None,
        target=TARGETS[kind],
        **({} if plain else {"yardstick": "not run: no Postfix"}),
        messages=count,
        bytes=len(letter),
        cpu_ms=round(cpu, 2),
        megabytes=round(megabytes),
    )


def far(how: str, target: str, *words: str) -> None:
    """Letters to a mail server at some distance, beside smtplib."""
    with (
        far_sink(FAR) as port,
        ground("sqlite", smtp_url=f"smtp://127.0.0.1:{port}", connections=CONNECTIONS) as here,
    ):
        with here.opened() as app:
            _letters.make(app, FAR_MESSAGES, pdf=False)
            letter = _letters.one(app)
        plain = by_smtplib(port, letter, FAR_MESSAGES, CONNECTIONS)
        seconds, _, _ = by_us(here, 1, FAR_MESSAGES, *words)
    report(
        "delivery",
        f"letter, sqlite, {1000 * FAR:.0f} ms away, {how}",
        FAR_MESSAGES / seconds,
        "per s",
        against=(f"smtplib, {CONNECTIONS} connections", FAR_MESSAGES / plain),
        target=target,
    )


def through_postfix() -> None:
    """Letters into a mail server that writes each of them to its disk."""
    figure = "letter, sqlite, through Postfix"
    if why := _postfix.missing():
        report("delivery", figure, 0, "per s", yardstick=why, target="≥ 0.65")
        return
    with (
        _postfix.postfix() as port,
        ground("sqlite", smtp_url=f"smtp://127.0.0.1:{port}", connections=CONNECTIONS) as here,
    ):
        with here.opened() as app:
            _letters.make(app, POSTFIX_MESSAGES, pdf=False)
            letter = _letters.one(app)
        plain = by_postfix(port, letter, POSTFIX_MESSAGES, CONNECTIONS)
        seconds, cpu, _ = by_us(here, 1, POSTFIX_MESSAGES)
    against = ("smtp-source through it", POSTFIX_MESSAGES / plain)
    rate = POSTFIX_MESSAGES / seconds
    report(
        "delivery", figure, rate, "per s", against=against, target="≥ 0.65", cpu_ms=round(cpu, 2)
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1000)
    count = parser.parse_args().messages
    for engine in WORKERS:
        for kind in ("letter", "letter and PDF"):
            near(engine, kind, count)
    through_postfix()
    far("a group with the dot before it", "≥ 4")
    far("groups alone", "≥ 2", "--not-ahead")


if __name__ == "__main__":
    main()
