"""A second hundred mails: what decides by itself is right, what waits is proposed rightly."""

from collections import Counter

import pytest
from flask import Flask

from outreach.campaigns.store import Store
from outreach.delivery.arrivals import Incoming, Place
from outreach.delivery.incoming.telling import Kind
from tests.mailbox import mails, scene, second, third
from tests.mailbox.second import Row

ROWS = [*second.everything(), *third.everything()]


def test_there_are_a_hundred() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 100


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # words, not a database
def test_none_is_told_wrongly_and_what_waits_is_proposed_rightly(app: Flask, store: Store) -> None:
    """Not certain may wait; a wrong answer, bounce, receipt or objection never passes."""
    scene.send_letters((*mails.PLACES, *mails.SHARED))
    faults, firsts, recognised = [], Counter[bool](), 0
    for row in ROWS:
        found = scene.row(scene.take(row.raw, store))
        waits = found.state is Place.WAITING
        if row.place and waits:
            firsts[_first(found) == scene.code(row.place)] += 1
        recognised += found.kind == row.kind
        if fault := _fault(row, found, waits=waits):
            faults.append(f"{row.name}: {fault}; {found.reasons}")

    assert not faults, "\n".join(faults)
    assert firsts[True] >= 9 * firsts[False]
    assert recognised >= 0.95 * len(ROWS)


def _fault(row: Row, found: Incoming, *, waits: bool) -> str:
    if found.kind != row.kind and not (waits and found.kind is Kind.UNRESOLVED):
        return f"{found.kind} is not {row.kind}"
    said = {one["status"] for one in found.details.get("said", [])}
    if found.kind is Kind.ANSWER and not said <= set(row.says):
        return f"{said} is not {row.says}"
    if not waits and found.links and _first(found) != (row.place and scene.code(row.place)):
        return f"of {_first(found)}, not {row.place}"
    return ""


def _first(found: Incoming) -> str | None:
    codes = [link.gemeente_code for link in found.links]
    return next(iter(codes or [str(one["gemeente"]) for one in found.proposals]), None)
