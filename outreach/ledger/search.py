"""One box over everything: names, numbers and words in letters, documents, mail and notes.

Every word that is typed has to be there, in any of its forms; of the last one the beginning is
enough. Words between quotation marks stand side by side. The name of a gemeente also finds what
is of it. The index answers; what it has not read yet is asked by itself, by the same rules.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby, islice
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import contains_eager, defer, joinedload

from outreach.answers import handling
from outreach.answers.models import Answer, Document, PhoneCall, Reply
from outreach.campaigns.models import Campaign, Step, StepText, TextBlock
from outreach.clock import dutch_date
from outreach.contacts import gemeenten
from outreach.contacts.models import Contact, Gemeente, GemeenteAlias, Office
from outreach.db import db
from outreach.delivery.arrivals import Incoming, IncomingLink, Place
from outreach.events.models import Meeting, Registration
from outreach.ledger import search_index, search_words
from outreach.ledger.search_index import Kind, Waiting
from outreach.ledger.search_words import Question, Quote

LEAST = 2  #: characters that can be looked for
LIMIT, LIMIT_OF_ONE = 20, 100  #: hits of a kind, among others and by itself
#: Rows that the index has not read yet, and that are asked by themselves: of long texts fewer.
LATE, LATE_OF_LONG = 400, 25
LONG = (Kind.DOCUMENT, Kind.MAIL)
#: Characters of a text in which a place to quote is looked for.
READ = 60_000


@dataclass(frozen=True)
class Named:
    """A gemeente that is found by its name."""

    code: str
    name: str
    province: str


@dataclass(frozen=True)
class Hit:
    """One row that holds what was sought."""

    row: Any  #: of the table of its kind
    day: date | None
    quote: Quote = field(default_factory=Quote)
    gemeenten: tuple[str, ...] = ()  #: their names
    campaign: Campaign | None = None


@dataclass
class Found:
    gemeenten: list[Named] = field(default_factory=list)
    hits: dict[Kind, list[Hit]] = field(default_factory=dict)  #: the newest first
    more: set[Kind] = field(default_factory=set)  #: of which there are older ones too
    late: bool = False  #: more waits to be read than was asked here

    def __len__(self) -> int:
        return len(self.gemeenten) + sum(map(len, self.hits.values()))


@dataclass(frozen=True)
class Asked:
    """What someone looks for."""

    text: str
    kinds: Collection[Kind] = tuple(Kind)
    gemeenten: bool = True  #: also gemeenten themselves
    since: date | None = None
    until: date | None = None  #: this day too

    @property
    def limit(self) -> int:
        return LIMIT if len(self.kinds) > 1 else LIMIT_OF_ONE

    def range_of(self, kind: Kind) -> tuple[int, int]:
        """The numbers of entries that may count, both ends too."""
        first = search_index.place(kind, self.since or date.min)
        after = date.max if self.until in (None, date.max) else self.until + timedelta(days=1)
        return first, search_index.place(kind, after) - 1


def search(asked: Asked | str) -> Found:
    """What holds all the words, each kind the newest first."""
    asked = Asked(asked) if isinstance(asked, str) else asked
    typed = " ".join(asked.text.replace("\x00", "").split())
    if len(typed) < LEAST:
        return Found()
    names = _names()
    question = Question.of(typed, names.codes)
    found = Found()
    if asked.gemeenten and not (asked.since or asked.until):
        found.gemeenten = names.like(gemeenten.fold(typed))[: asked.limit]
    if not question:
        return found
    numbers, waits = _numbers(question, asked)
    read = list(_newest(waits))
    found.late = len(read) < len(waits)
    numbers = sorted({*numbers, *_late(question, asked, read)}, reverse=True)
    for kind, ids in search_index.of_kinds(map(search_index.row_of, numbers)).items():
        ordered = {row_id: place for place, row_id in enumerate(ids[: asked.limit])}
        hits = _READERS[kind](list(ordered), question)
        found.hits[kind] = sorted(hits, key=lambda hit: ordered[hit.row.id])
        if len(ids) > asked.limit:
            found.more.add(kind)
    return found


@dataclass(frozen=True)
class _Names:
    """All gemeenten by what they are called."""

    rows: list[tuple[str, str, str, str, str]]  #: code, name, province, sort key, search key

    @property
    def codes(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for code, _, _, _, key in self.rows:
            found.setdefault(key, set()).add(code)
        return found

    def like(self, key: str) -> list[Named]:
        """Those with a name or alias that holds the text, who begin with it first."""
        held = [row for row in self.rows if key and (key in row[4] or key == row[0].lower())]
        held.sort(key=lambda row: (not gemeenten.fold(row[1]).startswith(key), row[3]))
        return list(dict.fromkeys(Named(*row[:3]) for row in held))


def _names() -> _Names:
    own = select(Gemeente.code, Gemeente.name, Gemeente.province, Gemeente.sort_key)
    names = own.add_columns(Gemeente.search_key)
    aliases = own.add_columns(GemeenteAlias.search_key).join(
        GemeenteAlias, GemeenteAlias.gemeente_code == Gemeente.code
    )
    return _Names([tuple(row) for row in db.session.execute(names.union_all(aliases))])


# ── the index ───────────────────────────────────────────────────────────────────────────────

#: The newest of one kind, by number. SQLite walks back through the words and stops at the last that
#: is asked for. PostgreSQL cannot: it walks so many rows, for words that many hold, and then asks
#: the index of words, for those that few do.
WALKED = 20  #: times as many rows as are asked for
_OF_KIND = {
    "sqlite": "SELECT rowid AS id FROM search_word WHERE search_word MATCH :question"
    " AND rowid BETWEEN :first_{n} AND :last_{n} ORDER BY rowid DESC LIMIT :most",
    "postgresql": "SELECT search_newest(CAST(:question_{n} AS tsquery), :first_{n}, :last_{n},"
    " :most, :walked) AS id",
}
_WAITING = "SELECT number, kind, row_id FROM search_todo ORDER BY number DESC LIMIT :late"


def _numbers(question: Question, asked: Asked) -> tuple[list[int], list[Waiting]]:
    """The entries that hold it, one more of each kind than are shown; and what waits."""
    engine = db.engine.dialect.name
    of_kind = _OF_KIND[engine]
    parts = [f"SELECT * FROM ({_WAITING}) AS waiting"]  # noqa: S608 - ours
    values: dict[str, Any] = {"late": LATE + 1, "most": asked.limit + 1}
    values |= (
        {"question": question.fts5}
        if engine == "sqlite"
        else {"walked": WALKED * (asked.limit + 1)}
    )
    for n, kind in enumerate(asked.kinds):
        if engine != "sqlite":
            values[f"question_{n}"] = question.tsquery_of(kind)
        values[f"first_{n}"], values[f"last_{n}"] = asked.range_of(kind)
        parts.append(f"SELECT id, '', 0 FROM ({of_kind.format(n=n)}) AS of_{n}")  # noqa: S608 - ours
    rows = db.session.execute(text(" UNION ALL ".join(parts)), values).all()
    waits = [Waiting(number, Kind(kind), row_id) for number, kind, row_id in rows if kind]
    return [number for number, kind, _ in rows if not kind], waits


def _newest(waits: Iterable[Waiting]) -> Iterator[Waiting]:
    counts = Counter[Kind]()
    for one in islice(waits, LATE):
        counts[one.kind] += 1
        if one.kind not in LONG or counts[one.kind] <= LATE_OF_LONG:
            yield one


def _late(question: Question, asked: Asked, waits: Collection[Waiting]) -> Iterator[int]:
    """Likewise of rows that are not in the index yet."""
    asked_for = [one for one in waits if one.kind in asked.kinds]
    for (kind, _), one in search_index.read(asked_for).items():
        number = search_index.place(kind, one.day, one.row_id)
        first, last = asked.range_of(kind)
        if first <= number <= last and question.holds(one.entry.words()):
            yield number


# ── what each kind shows ────────────────────────────────────────────────────────────────────


def _letters(ids: Collection[int], question: Question) -> Iterator[Hit]:
    of_same = select(func.max(StepText.id)).group_by(StepText.step_id, StepText.variant)
    rows = db.session.execute(
        select(Campaign, StepText.subject, StepText.mail, StepText.letter)
        .outerjoin(Step, Step.campaign_id == Campaign.id)
        .outerjoin(StepText, (StepText.step_id == Step.id) & StepText.id.in_(of_same))
        .where(Campaign.id.in_(ids))
        .order_by(Campaign.id, Step.position, StepText.id)
    ).all()
    for campaign, several in groupby(rows, lambda row: row[0]):
        said = [part for row in several for part in row[1:] if part]
        yield Hit(campaign, dutch_date(campaign.created_at), search_words.quote(question, said))


def _documents(ids: Collection[int], question: Question) -> Iterator[Hit]:
    rows = db.session.execute(
        select(Document, Gemeente.name, func.substr(Document.text, 1, READ))
        .join(Gemeente, Gemeente.code == Document.gemeente_code)
        .where(Document.id.in_(ids))
        .options(defer(Document.text))
    )
    for one, name, said in rows:
        yield Hit(one, one.dated, search_words.quote(question, (said, one.note, one.url)), (name,))


def _mails(ids: Collection[int], question: Question) -> Iterator[Hit]:
    rows = db.session.execute(
        select(Incoming, Gemeente.name, func.substr(Incoming.text, 1, READ))
        .outerjoin(IncomingLink, IncomingLink.incoming_id == Incoming.id)
        .outerjoin(Gemeente, Gemeente.code == IncomingLink.gemeente_code)
        .where(Incoming.id.in_(ids), Incoming.state != Place.REMOVED)
        .options(defer(Incoming.text))
        .order_by(Incoming.id, Gemeente.sort_key)
    ).all()
    for one, several in groupby(rows, lambda row: row[0]):
        links = list(several)
        names = tuple(dict.fromkeys(name for _, name, _ in links if name))
        said = search_words.quote(question, (links[0][2],))
        yield Hit(one, dutch_date(one.received_at), said, names)


def _answers(ids: Collection[int], question: Question) -> Iterator[Hit]:
    rows = db.session.execute(
        select(Answer, Campaign, Gemeente.name, Reply.values)
        .join(Gemeente, Gemeente.code == Answer.gemeente_code)
        .join(Campaign, Campaign.id == Answer.campaign_id)
        .outerjoin(Reply, Reply.answer_id == Answer.id)
        .where(Answer.id.in_(ids))
        .order_by(Answer.id, Reply.id)
    ).all()
    for one, several in groupby(rows, lambda row: row[0]):
        replies = list(several)
        said = [one.note, *(str(word) for row in replies for word in row[3] or ())]
        said += [handling.word_of(one.handling), one.url]
        quote = search_words.quote(question, said)
        yield Hit(one, dutch_date(one.at), quote, (replies[0][2],), replies[0][1])


def _calls(ids: Collection[int], question: Question) -> Iterator[Hit]:
    rows = db.session.execute(
        select(PhoneCall, Campaign, Gemeente.name)
        .join(Gemeente, Gemeente.code == PhoneCall.gemeente_code)
        .join(Campaign, Campaign.id == PhoneCall.campaign_id)
        .where(PhoneCall.id.in_(ids))
    )
    for one, campaign, name in rows:
        day = dutch_date(one.called_at) if one.called_at else None
        yield Hit(one, day, search_words.quote(question, (one.note,)), (name,), campaign)


def _meetings(ids: Collection[int], question: Question) -> Iterator[Hit]:
    rows = select(Meeting).where(Meeting.id.in_(ids)).options(joinedload(Meeting.days))
    for one in db.session.scalars(rows).unique():
        said = search_words.quote(question, (one.summary, one.text, one.notes))
        yield Hit(one, dutch_date(one.created_at), said)


def _registrations(ids: Collection[int], question: Question) -> Iterator[Hit]:
    rows = (
        select(Registration)
        .where(Registration.id.in_(ids))
        .options(joinedload(Registration.meeting), joinedload(Registration.gemeente))
    )
    for one in db.session.scalars(rows):
        names = (one.gemeente.name,) if one.gemeente else ()
        said = search_words.quote(question, (one.note,))
        yield Hit(one, dutch_date(one.registered_at), said, names)


def _contacts(ids: Collection[int], question: Question) -> Iterator[Hit]:
    rows = (
        select(Contact)
        .join(Contact.office)
        .outerjoin(Office.gemeente)
        .where(Contact.id.in_(ids))
        .options(
            contains_eager(Contact.office).contains_eager(Office.gemeente),
            joinedload(Contact.addresses),
        )
    )
    for one in db.session.scalars(rows).unique():
        names = (one.office.gemeente.name,) if one.office.gemeente else ()
        own = (f"{name}: {value}" for name, value in one.attributes.items())
        yield Hit(one, None, search_words.quote(question, (one.notes, *own)), names)


def _texts(ids: Collection[int], question: Question) -> Iterator[Hit]:
    for one in db.session.scalars(select(TextBlock).where(TextBlock.id.in_(ids))):
        yield Hit(one, dutch_date(one.changed_at), search_words.quote(question, (one.text,)))


_READERS: dict[Kind, Callable[[Collection[int], Question], Iterable[Hit]]] = {
    Kind.LETTER: _letters,
    Kind.DOCUMENT: _documents,
    Kind.MAIL: _mails,
    Kind.ANSWER: _answers,
    Kind.CALL: _calls,
    Kind.MEETING: _meetings,
    Kind.REGISTRATION: _registrations,
    Kind.CONTACT: _contacts,
    Kind.TEXT: _texts,
}
