"""The index of search: what each row says, and keeping it so.

Triggers of the database (`outreach.marking`) take a row out at once when it changes and note that
it waits; here it is read again. What is still to be read is searched all the same (`search`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    Engine,
    Integer,
    Text,
    UniqueConstraint,
    cast,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from outreach import marking
from outreach.answers import handling
from outreach.answers.models import Answer, Document, PhoneCall, Reply
from outreach.campaigns.models import Campaign, Step, StepText, TextBlock
from outreach.clock import dutch_date
from outreach.contacts.models import Address, Contact, Office
from outreach.db import Base, db
from outreach.delivery.arrivals import Incoming, IncomingLink, Place
from outreach.events.models import Meeting, Registration
from outreach.ledger.search_words import Entry, vector

BATCH = 100
_BIG = BigInteger().with_variant(Integer(), "sqlite")
#: A number of an entry is its kind, the day of the row, and the row: so the newest come first,
#: of one kind and of one period, with no look at any row.
_ROWS, _DAYS = 34, 22


class Kind(StrEnum):
    """What can be found. The names are those of `marking`."""

    LETTER = "letter"
    DOCUMENT = "document"
    MAIL = "mail"
    ANSWER = "answer"
    CALL = "call"
    MEETING = "meeting"
    REGISTRATION = "registration"
    CONTACT = "contact"
    TEXT = "text"

    @property
    def number(self) -> int:
        return list(Kind).index(self) + 1


class SearchEntry(Base):
    """What search knows of one row.

    The words are found through the table `search_word` of FTS5, or a GIN index: migration 0039;
    there the newest are walked first: migration 0043.
    """

    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("kind", "row_id"),)

    id: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)  #: see `place`
    kind: Mapped[Kind]
    row_id: Mapped[int] = mapped_column(BigInteger)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


class SearchTodo(Base):
    """A row that search has to read (again)."""

    __tablename__ = "search_todo"
    __table_args__ = (UniqueConstraint("kind", "row_id"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(_BIG, primary_key=True)  #: another one at each change
    kind: Mapped[Kind]
    row_id: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Waiting:
    """A row that waits, as it was when it was looked at."""

    number: int
    kind: Kind
    row_id: int


@dataclass(frozen=True)
class Read:
    """What was read of a row."""

    row_id: int
    day: date  #: by which it is ordered
    entry: Entry


def place(kind: Kind, day: date, row_id: int = 0) -> int:
    """The number of an entry."""
    return (((kind.number << _DAYS) + day.toordinal()) << _ROWS) + row_id


def row_of(number: int) -> tuple[Kind, int]:
    kind = list(Kind)[(number >> (_DAYS + _ROWS)) - 1]
    return kind, number & ((1 << _ROWS) - 1)


def waiting(limit: int = BATCH) -> list[Waiting]:
    """What is still to be read, the longest waiting first."""
    rows = select(SearchTodo.number, SearchTodo.kind, SearchTodo.row_id)
    return [Waiting(*row) for row in db.session.execute(rows.order_by("number").limit(limit))]


def read(rows: Collection[Waiting]) -> dict[tuple[Kind, int], Read]:
    """What rows say now, in one question for each kind; without those that are no more."""
    found: dict[tuple[Kind, int], Read] = {}
    for kind, ids in of_kinds((one.kind, one.row_id) for one in rows).items():
        found |= {(kind, one.row_id): one for one in _READERS[kind](ids)}
    return found


def of_kinds(rows: Iterable[tuple[Kind, int]]) -> dict[Kind, list[int]]:
    ordered = sorted(rows, key=lambda row: row[0].number)
    return {
        kind: [row_id for _, row_id in several]
        for kind, several in groupby(ordered, lambda row: row[0])
    }


def keep(rows: Collection[Waiting], found: dict[tuple[Kind, int], Read]) -> int:
    """Put what was read in the index, in the transaction of the caller; return how many rows.

    What changed since it was looked at is left: it waits with another number.
    """
    numbers = select(SearchTodo.number).where(SearchTodo.number.in_([one.number for one in rows]))
    if db.engine.dialect.name == "postgresql":  # who writes to a row now is not waited for
        numbers = numbers.with_for_update(skip_locked=True)
    mine = delete(SearchTodo).where(SearchTodo.number.in_(numbers))
    taken = db.session.execute(mine.returning(SearchTodo.kind, SearchTodo.row_id)).all()
    known = tuple_(SearchEntry.kind, SearchEntry.row_id)
    if taken:
        db.session.execute(delete(SearchEntry).where(known.in_([tuple(row) for row in taken])))
    vectors = db.engine.dialect.name == "postgresql"
    entries = [
        {
            "id": place(kind, one.day, row_id),
            "kind": kind,
            "row_id": row_id,
            "words": vector(said, kind) if vectors else said,
        }
        for kind, row_id in taken
        if (one := found.get((kind, row_id))) and (said := one.entry.words())
    ]
    if entries:
        db.session.execute(insert(SearchEntry), entries)
    return len(taken)


def how_many_wait() -> int:
    return db.session.scalar(select(func.count()).select_from(SearchTodo)) or 0


def mark_all() -> None:
    """Let every row be read again."""
    marking.mark_all(db.session.connection())


def tidy(engine: Engine) -> None:
    """Write the index anew, without the words that were taken out; outside any transaction.

    Both databases keep them for a while: FTS5 in older parts of itself, a GIN index for good.
    """
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO search_word(search_word) VALUES ('optimize')")
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("REINDEX INDEX CONCURRENTLY ix_search_entry_words")
        connection.exec_driver_sql("ANALYZE search_entry")


# ── what each kind of row says ──────────────────────────────────────────────────────────────


def _letters(ids: Sequence[int]) -> Iterator[Read]:
    """By name or reference, and by the words of its letters as they stand now."""
    of_same = select(func.max(StepText.id)).group_by(StepText.step_id, StepText.variant)
    rows = db.session.execute(
        select(Campaign.id, Campaign.created_at, Campaign.name, Campaign.kenmerk, Campaign.slug,
               StepText.subject, StepText.mail, StepText.letter)
        .outerjoin(Step, Step.campaign_id == Campaign.id)
        .outerjoin(StepText, (StepText.step_id == Step.id) & StepText.id.in_(of_same))
        .where(Campaign.id.in_(ids))
        .order_by(Campaign.id, Step.position, StepText.id)
    )  # fmt: skip
    for row_id, several in groupby(rows, lambda row: row.id):
        texts = list(several)
        one = texts[0]
        said = [part for row in texts for part in (row.subject, row.mail, row.letter) if part]
        names = (one.name, one.kenmerk, one.slug)
        yield Read(row_id, dutch_date(one.created_at), Entry(names, [one.name, *said]))


def _documents(ids: Sequence[int]) -> Iterator[Read]:
    rows = select(Document).where(Document.id.in_(ids), Document.removed_at.is_(None))
    for one in _apart(rows):
        signed = [str(person.get("name", "")) for person in one.signatories]
        names = (one.number, one.kenmerk, one.author, one.handled_by, *signed, one.url)
        texts = (one.subject, one.author, one.note, one.text)
        yield Read(one.id, one.dated, Entry(names, texts, [one.gemeente_code]))


def _mails(ids: Sequence[int]) -> Iterator[Read]:
    links = select(IncomingLink.incoming_id, IncomingLink.gemeente_code)
    rows = db.session.execute(links.where(IncomingLink.incoming_id.in_(ids))).all()
    mails = select(Incoming).where(Incoming.id.in_(ids), Incoming.state != Place.REMOVED)
    for one in _apart(mails):
        codes = [code for mail_id, code in rows if mail_id == one.id]
        names = (one.from_name, one.from_email, one.case_number)
        entry = Entry(names, (one.subject, one.from_name, one.text), codes)
        yield Read(one.id, dutch_date(one.received_at), entry)


def _answers(ids: Sequence[int]) -> Iterator[Read]:
    """What a gemeente said, also to our questions, and what its raad did."""
    replies = select(Reply.answer_id, Reply.values).where(Reply.answer_id.in_(ids))
    replied = db.session.execute(replies).all()
    for one in _apart(select(Answer).where(Answer.id.in_(ids), Answer.undone_at.is_(None))):
        said = [str(word) for answer, several in replied if answer == one.id for word in several]
        texts = (one.note, handling.word_of(one.handling), one.evidence, *said)
        entry = Entry((one.url,), texts, [one.gemeente_code])
        yield Read(one.id, dutch_date(one.at), entry)


def _calls(ids: Sequence[int]) -> Iterator[Read]:
    noted = select(PhoneCall).where(PhoneCall.id.in_(ids), PhoneCall.note != "")
    for one in _apart(noted):
        day = dutch_date(one.called_at) if one.called_at else date.min
        yield Read(one.id, day, Entry((), (one.note,), [one.gemeente_code]))


def _meetings(ids: Sequence[int]) -> Iterator[Read]:
    for one in _apart(select(Meeting).where(Meeting.id.in_(ids))):
        names = (one.title, one.city, one.venue, one.slug)
        texts = (one.title, one.venue, one.summary, one.text, one.notes)
        yield Read(one.id, dutch_date(one.created_at), Entry(names, texts))


def _registrations(ids: Sequence[int]) -> Iterator[Read]:
    for one in _apart(select(Registration).where(Registration.id.in_(ids))):
        codes = [one.gemeente_code] if one.gemeente_code else []
        entry = Entry((one.name, one.email), (one.note,), codes)
        yield Read(one.id, dutch_date(one.registered_at), entry)


def _contacts(ids: Sequence[int]) -> Iterator[Read]:
    """By name however it is spelled, by address, or by what was noted."""
    addresses = select(Address.contact_id, Address.email).where(Address.contact_id.in_(ids))
    emails: dict[int, list[str]] = {}
    for contact_id, email in db.session.execute(addresses):
        emails.setdefault(contact_id, []).append(email)
    rows = db.session.execute(
        select(Contact.id, Contact.first_name, Contact.initials, Contact.prefix, Contact.last_name,
               Contact.phone, Contact.party, Contact.portfolio, cast(Contact.attributes, Text),
               Contact.notes, Contact.created_at, Office.gemeente_code)
        .join(Office, Office.id == Contact.office_id)
        .where(Contact.id.in_(ids))
    )  # fmt: skip
    for (
        row_id,
        first,
        initials,
        prefix,
        last,
        phone,
        party,
        portfolio,
        own,
        notes,
        at,
        code,
    ) in rows:
        full = " ".join(part for part in (prefix, last) if part)
        names = (first, initials, full, phone, *emails.get(row_id, ()))
        said = [*names, party, portfolio] if portfolio or party else names
        texts = [text for text in (portfolio, party, notes, own if own != "{}" else "") if text]
        yield Read(row_id, dutch_date(at), Entry(said, texts, [code] if code else []))


def _texts(ids: Sequence[int]) -> Iterator[Read]:
    for one in _apart(select(TextBlock).where(TextBlock.id.in_(ids))):
        yield Read(one.id, dutch_date(one.changed_at), Entry((one.title,), (one.title, one.text)))


_READERS: dict[Kind, Callable[[Sequence[int]], Iterator[Read]]] = {
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


def _apart(rows: Any) -> Iterator[Any]:
    """The rows as they stand in the database now."""
    return iter(db.session.scalars(rows).all())
