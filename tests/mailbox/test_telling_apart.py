"""A hundred mails are told apart: never a wrong answer, never a wrong bounce."""

import re
from collections import Counter
from pathlib import Path

from flask import Flask

from outreach.campaigns.store import Store
from outreach.delivery.arrivals import Place
from outreach.delivery.incoming import telling
from tests.mailbox import mails, scene

CASES = mails.everything()
ROOT = Path(__file__).parent.parent.parent


def test_there_are_a_hundred() -> None:
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)


def test_each_is_told_apart_and_put_where_it_belongs(app: Flask, store: Store) -> None:
    scene.send_letters((*mails.PLACES, *mails.SHARED))
    faults, firsts = [], Counter[bool]()
    for case in CASES:
        found = scene.row(scene.take(case.raw, store))
        codes = [link.gemeente_code for link in found.links]
        proposed = [one["gemeente"] for one in found.proposals]
        first = next(iter(codes or proposed), None)
        wanted = scene.code(case.place) if case.place else None
        if found.state is Place.WAITING and case.place:
            firsts[first == wanted] += 1
        told = (found.kind.value, first, found.case_number, found.state is Place.SETTLED)
        expected = (case.kind, wanted, case.case_number, case.settled)
        if told != expected or (case.guess and found.guess != case.guess):
            faults.append(f"{case.name}: {told} is not {expected}: {found.reasons}")
        elif case.statuses:
            said = tuple(one["status"] for one in found.details["said"]) or ("ontvangen",)
            if sorted(said) != sorted(case.statuses):
                faults.append(f"{case.name}: {said} is not {case.statuses}")

    assert not faults, "\n".join(faults)
    assert firsts[True] >= 9 * firsts[False]


def test_every_rule_is_described() -> None:
    text = (ROOT / "docs" / "incoming.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| ([^|]+) \|.*\|.*\|$", text.partition("| rule |")[2], re.M)

    assert described[: len(telling.RULES)] == list(telling.names())
