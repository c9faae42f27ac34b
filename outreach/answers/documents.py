"""Documents in a gemeente's file: what it sent us, and what we found of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import PurePath
from typing import Protocol

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import defer

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers import letter_facts, pdf_text
from outreach.answers.models import Document
from outreach.clock import dutch_date
from outreach.contacts import channels
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown

LONGEST = 200  #: characters of a fact
LONGEST_NOTE = 4000
MOST_SIGNATORIES = 6
#: Who a document can be from; "" is anyone else, whose name is asked.
BODIES = {"college": "het college", "raad": "de raad", "": "iemand anders"}


class Shelf(Protocol):
    """Where files are kept."""

    def put(self, data: bytes) -> str: ...


@dataclass(frozen=True)
class Facts:
    """What is on a document, as far as it is known."""

    subject: str = ""
    dated: date | None = None  #: the date on it
    found: bool = False  #: not sent to us, but found somewhere
    body: str = "college"
    author: str = ""  #: who it is from when it is not the body
    number: str = ""
    kenmerk: str = ""
    sent_on: date | None = None
    handled_by: str = ""
    signatories: Sequence[tuple[str, str]] = ()  #: name and function
    url: str = ""
    note: str = ""
    campaign_id: int | None = None  #: the letter of ours that it is about


@dataclass(frozen=True)
class File:
    """A PDF that is kept, with its words."""

    filename: str
    sha256: str
    size: int
    pages: int
    text: str
    text_fault: str


def keep(filename: str, data: bytes, shelf: Shelf) -> File:
    """Read a PDF and keep it as it is.

    :raises Invalid: no PDF, damaged, or too large
    """
    read = pdf_text.read(data)
    name = " ".join(PurePath(filename.replace("\\", "/")).name.split()) or "stuk.pdf"
    stem = name[:-4] if name.lower().endswith(".pdf") else name
    return File(f"{stem[:150]}.pdf", shelf.put(data), len(data), read.pages, read.text, read.fault)


def add(
    gemeente_code: str, facts: Facts, *, file: File | None = None, by: Actor, now: datetime
) -> Document:
    """Put a document in a gemeente's file. What is not said is taken from the PDF's own words.

    :raises Invalid: no subject, or a fact that cannot be
    :raises Refused: it is there already
    """
    given = facts if file is None else _with_read(facts, file)
    _lock(gemeente_code)
    _refuse_double(gemeente_code, given, file)
    document = Document(gemeente_code=gemeente_code, actor=by.key, created_at=now)
    _fill(document, given, file, now=now)
    db.session.add(document)
    db.session.flush()
    audit.record("add document", f"document:{document.id}", by=by, now=now, gemeente=gemeente_code)
    return document


def correct(
    document: Document, facts: Facts, *, file: File | None = None, by: Actor, now: datetime
) -> None:
    """Change what is said of a document.

    :param file: another PDF; the one it has stays unless given
    :raises Invalid: no subject, or a fact that cannot be
    """
    _fill(document, facts, file, now=now)
    db.session.flush()
    audit.record("correct document", f"document:{document.id}", by=by, now=now)


def remove(document: Document, *, by: Actor, now: datetime) -> bool:
    """Take it out of the file; False when it already was. It can be put back."""
    return _move(document, Document.removed_at.is_(None), now, "remove document", by, now)


def put_back(document: Document, *, by: Actor, now: datetime) -> bool:
    """Put what was removed back; False when it was not removed.

    :raises Refused: the same document was added since
    """
    same = Facts(number=document.number, dated=document.dated)
    _lock(document.gemeente_code)
    _refuse_double(document.gemeente_code, same, _file_of(document), but=document.id)
    return _move(document, Document.removed_at.is_not(None), None, "put back document", by, now)


def find(document_id: int, gemeente_code: str | None = None) -> Document:
    """One document, also one that is removed.

    :raises Unknown: there is none of that number (at this gemeente)
    """
    document = db.session.get(Document, document_id)
    if document is None or gemeente_code not in (None, document.gemeente_code):
        raise Unknown("Dit stuk is er niet.")
    return document


def same(code: str, file: File) -> Document | None:
    """The document in its file that has this PDF."""
    there = _standing().where(Document.gemeente_code == code, Document.sha256 == file.sha256)
    return db.session.scalars(there.limit(1)).first()


def of_gemeente(code: str) -> list[Document]:
    """What is in its file, newest first."""
    dated = _standing().where(Document.gemeente_code == code).options(defer(Document.text))
    return list(db.session.scalars(dated.order_by(Document.dated.desc(), Document.id.desc())))


def facts_of(document: Document) -> Facts:
    """As `correct` takes them."""
    return Facts(
        subject=document.subject,
        dated=document.dated,
        found=document.found,
        body=document.body,
        author=document.author,
        number=document.number,
        kenmerk=document.kenmerk,
        sent_on=document.sent_on,
        handled_by=document.handled_by,
        signatories=[(one["name"], one.get("function", "")) for one in document.signatories],
        url=document.url,
        note=document.note,
        campaign_id=document.campaign_id,
    )


def author(document: Document) -> str:
    """Who it is from, within a sentence: "het college"."""
    if document.body:
        return BODIES[document.body]
    return document.author or "de gemeente"


def _standing() -> Select[Document]:
    return select(Document).where(Document.removed_at.is_(None))


def _with_read(facts: Facts, file: File) -> Facts:
    """The facts, with what the PDF says where nothing was filled in."""
    read = letter_facts.read(file.text)
    name = PurePath(file.filename).stem
    return replace(
        facts,
        subject=facts.subject.strip() or read.subject or name,
        dated=facts.dated or read.dated or read.sent_on,
        number=facts.number.strip() or read.number,
        kenmerk=facts.kenmerk.strip() or read.kenmerk,
        sent_on=facts.sent_on or read.sent_on,
        handled_by=facts.handled_by.strip() or read.handled_by,
    )


def _lock(code: str) -> None:
    """Two who add the same document at once wait for each other; see `recording`."""
    known = select(Gemeente.code).where(Gemeente.code == code)
    if db.session.scalar(known.with_for_update(key_share=True)) is None:
        raise Unknown(f"De gemeente {code} kennen wij niet.")


def _refuse_double(code: str, facts: Facts, file: File | None, *, but: int | None = None) -> None:
    same = []
    if facts.number.strip():
        same.append(Document.number == _line(facts.number))
    if file is not None:
        same.append(Document.sha256 == file.sha256)
    if not same:
        return
    there = _standing().where(Document.gemeente_code == code, or_(*same), Document.id != (but or 0))
    if (known := db.session.scalars(there.limit(1)).first()) is not None:
        raise Refused(f"Dit stuk staat al in het dossier: “{known.subject}”.")


def _file_of(document: Document) -> File | None:
    if document.sha256 is None:
        return None
    return File(document.filename, document.sha256, document.size, document.pages, "", "")


def _fill(document: Document, facts: Facts, file: File | None, *, now: datetime) -> None:
    document.subject = _line(facts.subject, "Het onderwerp")
    if not document.subject:
        raise Invalid("Vul het onderwerp van het stuk in, of kies een PDF.")
    document.dated = _day(facts.dated, now) or dutch_date(now)
    document.sent_on = _day(facts.sent_on, now)
    if facts.body not in BODIES:
        raise Invalid(f"“{facts.body}” is geen afzender van een stuk.")
    document.body, document.found = facts.body, facts.found
    document.author = "" if facts.body else _line(facts.author, "De afzender")
    document.number = _line(facts.number, "Het nummer")
    document.kenmerk = _line(facts.kenmerk, "Het kenmerk")
    document.handled_by = _line(facts.handled_by, "“Behandeld door”")
    document.signatories = _signatories(facts.signatories)
    document.url = _url(facts.url)
    document.note = facts.note.replace("\r\n", "\n").strip()
    if len(document.note) > LONGEST_NOTE:
        raise Invalid(f"De notitie is langer dan {LONGEST_NOTE} tekens. Kort haar in.")
    document.campaign_id = facts.campaign_id
    document.changed_at = now
    if file is not None:
        document.filename, document.sha256, document.size = file.filename, file.sha256, file.size
        document.pages, document.text = file.pages, file.text
        document.text_fault = file.text_fault


def _line(text: str, what: str = "") -> str:
    line = " ".join(text.split())
    if what and len(line) > LONGEST:
        raise Invalid(f"{what} is langer dan {LONGEST} tekens. Kort het in.")
    return line


def _day(day: date | None, now: datetime) -> date | None:
    if day is not None and day > dutch_date(now):
        raise Invalid("De datum van het stuk ligt in de toekomst. Kijk de datum na.")
    return day


def _signatories(given: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    signed = [{"name": _line(name, "De naam"), "function": _line(function, "De functie")}
              for name, function in given if name.strip()]  # fmt: skip
    if len(signed) > MOST_SIGNATORIES:
        raise Invalid(f"Noem ten hoogste {MOST_SIGNATORIES} ondertekenaars.")
    return signed


def _url(text: str) -> str:
    try:
        return channels.web_address(text)
    except Invalid:
        raise Invalid("Vul een heel webadres in, zoals https://zeist.nl/stukken.") from None


def _move(
    document: Document,
    was: ColumnElement[bool],
    to: datetime | None,
    act: str,
    by: Actor,
    now: datetime,
) -> bool:
    done = db.session.scalar(
        update(Document)
        .where(Document.id == document.id, was)
        .values(removed_at=to)
        .returning(Document.id)
    )
    if done is None:
        return False
    db.session.refresh(document)
    audit.record(act, f"document:{document.id}", by=by, now=now)
    return True
