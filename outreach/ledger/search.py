"""One box over everything: names, numbers and words in letters, documents, mail and notes.

Every word that is typed has to be there, in any of its forms (`letters.wordforms`). The texts are
asked themselves: there is no index that could be late, or still hold someone who was erased.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, defer, joinedload, selectinload

from outreach.answers.models import Answer, Document, Reply
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.clock import dutch_date
from outreach.contacts import gemeenten, search_keys
from outreach.contacts.models import Address, Contact, Gemeente, Office
from outreach.db import db
from outreach.delivery.arrivals import Incoming, Place
from outreach.events.models import Meeting, Registration
from outreach.ledger import meetings
from outreach.letters import wordforms

LIMIT = 20
MOST_WORDS = 6
#: Characters of a text in which a place to quote is looked for.
READ = 60_000
_AROUND = 70  #: characters on each side of what was found


@dataclass(frozen=True)
class Hit:
    """One row that holds what was sought."""

    row: Any  #: Document, Incoming or Answer
    gemeente: Gemeente | None
    day: date
    quote: str = ""  #: the words around it
    campaign: Campaign | None = None


@dataclass
class Found:
    gemeenten: list[Gemeente] = field(default_factory=list)
    campaigns: list[tuple[Campaign, str]] = field(default_factory=list)  #: with a quote, or ""
    contacts: list[Contact] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    documents: list[Hit] = field(default_factory=list)
    mails: list[Hit] = field(default_factory=list)
    answers: list[Hit] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(len(getattr(self, name)) for name in self.__dataclass_fields__)


@dataclass(frozen=True)
class Sought:
    """What was typed, word by word, each in the forms that count."""

    words: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> "Sought":
        typed = text.split()[:MOST_WORDS]
        return cls(tuple(tuple(wordforms.forms(one)) for one in typed))

    def within(self, *columns: Any) -> ColumnElement[bool]:
        """SQL: every word is in one of the columns."""
        return and_(
            *(
                or_(*(_holds(column, form) for column in columns for form in forms))
                for forms in self.words
            )
        )

    def quote(self, *texts: str) -> str:
        """The words around the first place where one of them stands."""
        anywhere = "|".join(re.escape(form) for forms in self.words for form in forms)
        for text in texts:
            if found := re.search(anywhere, text, re.IGNORECASE):
                return _around(text, found.start(), found.end())
        return ""


def _holds(
    column: ColumnElement[str] | InstrumentedAttribute[str], form: str
) -> ColumnElement[bool]:
    """SQL: the column has these letters, whether capitals or not.

    LIKE of SQLite does not tell capitals from others; `lower` around it takes three times as long.
    """
    if db.engine.dialect.name == "sqlite":
        return column.contains(form, autoescape=True)
    return column.icontains(form, autoescape=True)


def search(text: str, *, registrants: bool = False) -> Found:
    """What holds all the words, each kind the newest first.

    :param registrants: also who registered for a meeting, by name or address
    """
    text = " ".join(text.replace("\x00", "").split())
    if len(text) < 2:
        return Found()
    sought = Sought.of(text)
    return Found(
        gemeenten.search(text, LIMIT),
        _campaigns(sought),
        _contacts(text, sought),
        _meetings(sought),
        meetings.search_people(text, LIMIT) if registrants else [],
        _documents(sought),
        _mails(sought),
        _answers(sought),
    )


def _campaigns(sought: Sought) -> list[tuple[Campaign, str]]:
    """By name or reference, or by the words of a letter as it stands now."""
    named = sought.within(Campaign.name, Campaign.kenmerk, Campaign.slug)
    of_same = select(func.max(StepText.id)).group_by(StepText.step_id, StepText.variant)
    texts = (
        select(Step.campaign_id, StepText.subject, StepText.mail, StepText.letter)
        .join(Step, Step.id == StepText.step_id)
        .where(
            StepText.id.in_(of_same),
            sought.within(StepText.subject, StepText.mail, StepText.letter),
        )
        .order_by(StepText.id.desc())
        .limit(LIMIT)
    )
    quotes = {row[0]: sought.quote(*row[1:]) for row in db.session.execute(texts)}
    found = select(Campaign).where(or_(named, Campaign.id.in_(quotes)))
    newest = found.order_by(Campaign.created_at.desc(), Campaign.id.desc()).limit(LIMIT)
    return [(one, quotes.get(one.id, "")) for one in db.session.scalars(newest)]


def _contacts(text: str, sought: Sought) -> list[Contact]:
    """By name however it is spelled, by address, or by what was noted."""
    found = select(Contact).order_by(Contact.last_name, Contact.id).limit(LIMIT)
    by_word = []
    for word in search_keys.words(text):
        holds = [
            Contact.id.in_(
                select(Address.contact_id).where(
                    Address.address_key.contains(word, autoescape=True)
                )
            ),
            cast(Contact.attributes, Text).icontains(word, autoescape=True),
        ]
        if folded := search_keys.fold(word):
            holds.append(Contact.search_key.contains(folded, autoescape=True))
        by_word.append(or_(*holds))
    found = found.where(or_(and_(*by_word), sought.within(Contact.notes)))
    office = joinedload(Contact.office).joinedload(Office.gemeente)
    return list(db.session.scalars(found.options(office, selectinload(Contact.addresses))))


def _meetings(sought: Sought) -> list[Meeting]:
    columns = (Meeting.title, Meeting.city, Meeting.venue, Meeting.slug, Meeting.summary)
    found = select(Meeting).where(sought.within(*columns, Meeting.text, Meeting.notes))
    newest = found.order_by(Meeting.created_at.desc(), Meeting.id.desc()).limit(LIMIT)
    return list(db.session.scalars(newest.options(selectinload(Meeting.days))))


def _documents(sought: Sought) -> list[Hit]:
    columns = (Document.subject, Document.number, Document.kenmerk, Document.author)
    found = (
        select(Document, Gemeente, func.substr(Document.text, 1, READ))
        .join(Gemeente, Gemeente.code == Document.gemeente_code)
        .where(
            Document.removed_at.is_(None),
            sought.within(*columns, Document.handled_by, Document.note, Document.text),
        )
        .options(defer(Document.text))
        .order_by(Document.dated.desc(), Document.id.desc())
        .limit(LIMIT)
    )
    return [
        Hit(one, gemeente, one.dated, sought.quote(text, one.note))
        for one, gemeente, text in db.session.execute(found)
    ]


def _mails(sought: Sought) -> list[Hit]:
    columns = (Incoming.subject, Incoming.from_name, Incoming.from_email, Incoming.case_number)
    found = (
        select(Incoming)
        .where(Incoming.state != Place.REMOVED, sought.within(*columns, Incoming.text))
        .order_by(Incoming.received_at.desc(), Incoming.id.desc())
        .limit(LIMIT)
    )
    return [
        Hit(one, None, _day(one.received_at), sought.quote(one.text[:READ]))
        for one in db.session.scalars(found)
    ]


def _answers(sought: Sought) -> list[Hit]:
    """What a gemeente said, also to our questions."""
    replied = select(Reply.answer_id).where(sought.within(cast(Reply.values, Text)))
    found = (
        select(Answer, Gemeente, Campaign)
        .join(Gemeente, Gemeente.code == Answer.gemeente_code)
        .join(Campaign, Campaign.id == Answer.campaign_id)
        .where(
            Answer.undone_at.is_(None),
            or_(sought.within(Answer.note, Answer.evidence), Answer.id.in_(replied)),
        )
        .order_by(Answer.at.desc(), Answer.id.desc())
        .limit(LIMIT)
    )
    return [
        Hit(answer, gemeente, _day(answer.at), sought.quote(answer.note), campaign)
        for answer, gemeente, campaign in db.session.execute(found)
    ]


def _day(moment: datetime) -> date:
    return dutch_date(moment)


def _around(text: str, start: int, end: int) -> str:
    """A line of a text, begun and ended at a space."""
    left, right = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before, after = text[left:start], text[end:right]
    if left:
        before = "…" + before.partition(" ")[2]
    if right < len(text):
        after = after.rpartition(" ")[0] + "…"
    return _line([before, text[start:end], after])


def _line(parts: Iterable[str]) -> str:
    return " ".join("".join(parts).split())
