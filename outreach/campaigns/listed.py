"""Letters that someone saw on a lijst ingekomen stukken: read from a list, confirmed by a person.

A line holds a gemeente, or a web address of its site, and may hold a title, the day of the
meeting and a link, in any order. Reading records nothing: it proposes.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from outreach.accounts.audit import Actor
from outreach.answers import recording
from outreach.answers.choices import RAAD
from outreach.answers.handling import Handling
from outreach.answers.models import Answer, Source, Status
from outreach.campaigns import answering
from outreach.campaigns.models import Campaign, Step
from outreach.contacts import channels, spreadsheets
from outreach.contacts.gemeenten import fold
from outreach.contacts.models import Gemeente, GemeenteAlias
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Invalid
from outreach.letters import dutch

EVIDENCE = "gezien op de lijst ingekomen stukken"
MOST_LINES = 1000
_CODE = re.compile(r"GM\d{4}", re.IGNORECASE)
_LINK = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
#: Words of lists for what is by far the usual outcome.
_NOTED = re.compile(r"(ter|voor) kennis(name|geving)( (aan)?(nemen|genomen))?", re.IGNORECASE)


@dataclass(frozen=True)
class Sighting:
    """One line of a list, and what it seems to say."""

    line: int
    gemeente: Gemeente | None
    title: str
    on_date: date | None
    url: str
    handling: str  #: a Handling, where the line has its words
    fault: str  #: Dutch: why it cannot be recorded; "" when it can
    doubt: str = ""  #: Dutch: why a person looks twice


def text_of(filename: str, data: bytes) -> str:
    """A file (CSV, XLSX, ODS) as the lines that `read` takes.

    :raises Invalid: it cannot be read as a list
    """
    sheet = spreadsheets.read(filename, data)
    rows = [sheet.header, *(cells for _, cells in sheet.rows)]
    return "\n".join("\t".join(cells) for cells in rows)


def read(campaign: Campaign, text: str) -> list[Sighting]:
    """What the lines of a list propose, in their order; a head without a gemeente is left out.

    The same few queries, however many lines.

    :raises Invalid: nothing in it, or too many lines
    """
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise Invalid("Plak een lijst, of kies een bestand.")
    if len(lines) > MOST_LINES:
        raise Invalid(f"De lijst heeft meer dan {MOST_LINES} regels. Deel haar in stukken.")
    known = _Known(campaign)
    found = [known.sighting(n, line) for n, line in lines]
    first = found[0]
    if len(found) > 1 and first.gemeente is None and not first.url and first.on_date is None:
        found = found[1:]
    return found


def record(
    campaign: Campaign,
    sightings: Sequence[Sighting],
    lines: Collection[int],
    *,
    by: Actor,
    now: datetime,
    evidence: str = EVIDENCE,
) -> list[Answer]:
    """Record the lines that a person confirmed, each as an answer with its evidence.

    :param lines: their numbers; of a line that cannot be recorded nothing is
    :param evidence: Dutch, how we know
    """
    return [
        answering.note(
            campaign,
            one.gemeente.code,
            Status.OP_LIJST,
            body=RAAD,
            source=Source.OFFICE,
            by=by,
            now=now,
            on_date=one.on_date,
            note=one.title[: recording.LONGEST_NOTE],
            evidence=evidence,
            handling=one.handling,
            url=one.url,
        )
        for one in sightings
        if one.line in lines and one.gemeente is not None and not one.fault
    ]


def handling_in(text: str) -> str:
    """What the raad did, where a line has the usual words for it."""
    return Handling.KENNISGEVING.value if _NOTED.search(text) else ""


class _Known:
    """What a list is read against: gemeenten and their sites, who got the letter, what stands."""

    def __init__(self, campaign: Campaign) -> None:
        self.gemeenten = {one.code: one for one in db.session.scalars(select(Gemeente))}
        self.names: dict[str, set[str]] = defaultdict(set)
        self.sites: dict[str, set[str]] = defaultdict(set)
        for one in self.gemeenten.values():
            self.names[one.search_key].add(one.code)
            if one.website:
                self.sites[one.website.removeprefix("www.")].add(one.code)
        for alias in db.session.scalars(select(GemeenteAlias)):
            self.names[alias.search_key].add(alias.gemeente_code)
        sent = (
            select(Message.gemeente_code)
            .join(Step, Step.id == Message.step_id)
            .where(Step.campaign_id == campaign.id)
        )
        self.sent = set(db.session.scalars(sent.distinct()))
        self.listed = {
            (one.gemeente_code, one.url)
            for one in recording.standing_answers(campaign.id)
            if one.status == Status.OP_LIJST
        }

    def sighting(self, number: int, line: str) -> Sighting:
        codes: set[str] = set()
        day, url, handling, words = None, "", "", []
        for cell in _cells(line):
            if not url and (link := _LINK.fullmatch(cell)):
                url = link[0]
            elif day is None and (read := spreadsheets.day(cell) or dutch.parse_date(cell)):
                day = read
            elif not codes and (named := self._named(cell)):
                codes = named
            elif not handling and _NOTED.fullmatch(cell):
                handling = Handling.KENNISGEVING.value
            else:
                words.append(cell)
        fault = ""
        try:
            url = channels.web_address(url)
        except Invalid:
            url, fault = "", "Het webadres klopt niet."
        codes = codes or self._of_site(url)
        gemeente = self.gemeenten[min(codes)] if len(codes) == 1 else None
        if not codes:
            fault = "Wij herkennen geen gemeente in deze regel."
        elif gemeente is None:
            names = dutch.enumeration(sorted(self.gemeenten[one].name for one in codes), "of")
            fault = f"Dit kan {names} zijn. Schrijf de naam voluit, of de code."
        doubt = self._doubt(gemeente, url) if gemeente else ""
        title = ", ".join(words)
        return Sighting(number, gemeente, title, day, url, handling, fault, doubt)

    def _named(self, cell: str) -> set[str]:
        if _CODE.fullmatch(cell):
            return {cell.upper()} & self.gemeenten.keys()
        key = fold(cell)
        return self.names.get(key) or self.names.get(key.removeprefix("gemeente "), set())

    def _of_site(self, url: str) -> set[str]:
        """By the site that a link leads to: raad.zeist.nl is Zeist's."""
        parts = (urlsplit(url).hostname or "").split(".") if url else []
        for start in range(len(parts) - 1):
            if found := self.sites.get(".".join(parts[start:])):
                return found
        return set()

    def _doubt(self, gemeente: Gemeente, url: str) -> str:
        if (gemeente.code, url) in self.listed:
            return "Dit staat er al."
        return "" if gemeente.code in self.sent else "Deze gemeente kreeg de brief niet van ons."


def _cells(line: str) -> Iterator[str]:
    """A line from a spreadsheet has tabs; one that was typed semicolons, bars or commas."""
    between = next((one for one in ("\t", ";", "|") if one in line), ", ")
    for cell in line.split(between):
        if cell := spreadsheets.clean(cell).strip(","):
            yield cell
