"""Leafing through a letter's readers before it leaves: the hardest ones first.

A text that reads well to Zeist may not to 's-Gravenhage, to someone whose form of address nobody
knows, or to the one griffie of three gemeenten. Who reads those few has read them all.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from outreach.campaigns import audience, inspecting, rendering, scheduling
from outreach.campaigns.models import Step
from outreach.campaigns.previewing import Candidate
from outreach.campaigns.rendering import Recipient
from outreach.campaigns.writing import current_texts
from outreach.clock import dutch_date
from outreach.contacts.models import Contact, FormOfAddress
from outreach.db import db
from outreach.letters import placeholders

FEW = 4  #: readers of whom all are read anyway
#: Every reader has these, or none has.
_SHARED = ("aanhef", "kenmerk", "datum", "afzender", "onderwerp", "eerste_brief.", "bijeenkomst.")
_NEUTRAL = (FormOfAddress.NEUTRAAL, FormOfAddress.ONBEKEND)


class Hard(NamedTuple):
    """A reader to look at first, and why."""

    reader: Candidate
    why: str


@dataclass(frozen=True)
class Readers:
    """A step's audience in the order of leafing: the hardest, then the rest as in the plan."""

    hardest: Sequence[Hard]
    others: Sequence[Candidate]

    @property
    def everyone(self) -> list[Candidate]:
        return [one.reader for one in self.hardest] + list(self.others)

    def find(self, key: str) -> Candidate | None:
        """The reader with this key; the first when nobody has it."""
        everyone = self.everyone
        return next((one for one in everyone if one.key == key), next(iter(everyone), None))

    def around(self, reader: Candidate) -> tuple[Candidate | None, Candidate | None]:
        """Who comes before and after someone."""
        everyone = self.everyone
        at = everyone.index(reader)
        after = everyone[at + 1] if at + 1 < len(everyone) else None
        return (everyone[at - 1] if at else None), after


class Filled(NamedTuple):
    """A field of the language of letters, and what stands there for one reader."""

    name: str
    meaning: str
    value: str  #: "" when there is nothing to say
    used: bool  #: by the text that is written


def readers(step: Step, *, now: datetime) -> Readers:
    """Who gets the step; when nobody does, who is meant."""
    rows = [row for row in db.session.execute(audience.members(step, now=now)) if row.email]
    rows = [row for row in rows if row.reason is None] or rows
    everyone = [Candidate.of(row) for row in rows]
    if len(everyone) < FEW:
        return Readers((), everyone)
    found: dict[Candidate, list[str]] = {}
    for one, why in _hard(step, rows, everyone, now):
        found.setdefault(one, []).append(why)
    hardest = [Hard(one, ", ".join(reasons)) for one, reasons in found.items()]
    return Readers(hardest, [one for one in everyone if one not in found])


def fields(recipient: Recipient, *, base_url: str) -> list[Filled]:
    """Every field that its reader can have, those of the text first, in their order."""
    text = recipient.text
    used = placeholders.names(f"{text.subject}\n{text.mail}\n{text.letter}")
    given = rendering.values(recipient, base_url=base_url)
    known = [name for name in used if placeholders.is_known(name)]
    rest = [name for name in placeholders.KNOWN if given.get(name) and name not in used]
    return [
        Filled(name, placeholders.meaning(name), given.get(name, ""), name in used)
        for name in (*known, *rest)
    ]


def _hard(
    step: Step, rows: Sequence[Any], everyone: Sequence[Candidate], now: datetime
) -> Iterator[tuple[Candidate, str]]:
    """Readers with why they are hard, some more than once."""
    people = _people(everyone)
    boxes = Counter(one.email for one in everyone)

    def has_name(one: Candidate) -> bool:
        return bool(people[one.contact_id].last_name)

    yield from _lacking(step, rows, everyone, now)
    yield max(everyone, key=lambda one: len(one.gemeente_name)), "de langste naam van een gemeente"
    longest = max(everyone, key=lambda one: len(_name(people[one.contact_id])))
    if has_name(longest):
        yield longest, "de langste naam van een persoon"
    kinds: tuple[tuple[str, Callable[[Candidate], bool]], ...] = (
        ("alleen naam", lambda one: has_name(one) and people[one.contact_id].form in _NEUTRAL),
        ("geen naam bekend", lambda one: not has_name(one)),
        ("één postvak voor meer brieven", lambda one: boxes[one.email] > 1),
        ("aan het college", lambda one: one.variant != step.campaign.variants[0]),
        ("zonder gemeente", lambda one: not one.gemeente_code),
        ("een teken vooraan in de naam", lambda one: one.gemeente_name[:1] in ("'", "’")),
    )
    for why, fits in kinds:
        if one := next(filter(fits, everyone), None):
            yield one, why


def _lacking(
    step: Step, rows: Sequence[Any], everyone: Sequence[Candidate], now: datetime
) -> Iterator[tuple[Candidate, str]]:
    """For each field of the text without a value, the first whom that befalls."""
    words = "\n".join(
        f"{text.subject}\n{text.mail}\n{text.letter}" for text in current_texts(step).values()
    )
    if all(name.startswith(_SHARED) for name in placeholders.missing(words, {})):
        return
    planned, told = dutch_date(scheduling.due_at(step) or now), set[str]()
    for one, recipient in zip(everyone, inspecting.recipients(step, rows, planned), strict=True):
        for name in placeholders.missing(words, rendering.values(recipient)):
            if name not in told and not name.startswith(_SHARED):
                told.add(name)
                yield one, f"{{{{{name}}}}} heeft geen waarde"


def _people(everyone: Sequence[Candidate]) -> dict[int, Any]:
    columns = (
        Contact.id,
        Contact.form_of_address.label("form"),
        Contact.first_name,
        Contact.initials,
        Contact.prefix,
        Contact.last_name,
    )
    ids, found = [one.contact_id for one in everyone], dict[int, Any]()
    for start in range(0, len(ids), 5_000):
        some = select(*columns).where(Contact.id.in_(ids[start : start + 5_000]))
        found |= {row.id: row for row in db.session.execute(some)}
    return found


def _name(person: Any) -> str:
    return f"{person.first_name or person.initials} {person.prefix} {person.last_name}"
