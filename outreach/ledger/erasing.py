"""Wissen (AVG art. 17): someone goes from every table, and only a hash keeps them out.

What was sent, when and to which gemeente stays and is counted; whom it went to does not.
`personal_data.MAP` says table by table what goes; here is what must happen around it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, Table, delete, exists, func, insert, or_, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Coordinator, Sender
from outreach.answers.models import AddressRequest, Document
from outreach.campaigns.models import Attachment, StepText
from outreach.campaigns.store import Store
from outreach.contacts import erased
from outreach.contacts.models import Address, Erased, Suppression
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.arrivals import Incoming, IncomingLink
from outreach.delivery.models import Message, State
from outreach.delivery.outbox import WAITS
from outreach.errors import Refused
from outreach.events import registering
from outreach.events.models import MeetingDay, Registration
from outreach.ledger import mentions, personal_data, search_index
from outreach.ledger import person as people
from outreach.ledger.person import Person
from outreach.ledger.personal_data import MAP, Delete, Held, Keep
from outreach.letters import placeholders

REASON = "erased"
#: Placeholders that name who reads a letter; a PDF with one of them is of that person alone.
NAMING = {"aanhef", "naam", "voornaam", "achternaam"}
NOTHING_LEFT = "Er is niets meer om te wissen."


@dataclass
class Erasure:
    """What was erased."""

    rows: dict[str, int] = field(default_factory=dict)  #: by the title of a table
    mentions: int = 0  #: in texts of others
    files: list[str] = field(default_factory=list)  #: SHA-256 of what no row names any more

    def __bool__(self) -> bool:
        return bool(self.rows or self.mentions)


def preview(person: Person) -> Erasure:
    """What an erasure would take, for who is to confirm it."""
    found = Erasure()
    for held in MAP:
        if not held.personal or isinstance(held.erasure, Keep):
            continue
        query = select(func.count()).select_from(held.model).where(held.whose(person))
        if count := db.session.scalar(query) or 0:
            found.rows[held.title] = count
    found.mentions = sum(1 for _ in mentions.of(person)) if not found.rows else 0
    return found


def erase(person: Person, *, by: Actor, now: datetime) -> Erasure:
    """Take someone out of every table, in the caller's transaction; done again it finds nothing.

    Files and free pages are for afterwards: `remove_files`, `compact`.

    :raises Refused: a letter to them is leaving this very moment, or the address is one of ours
    """
    _refuse_ours(person)
    _refuse_leaving(person)
    done = Erasure()
    files = [*_pdfs(person), *_mails(person), *_documents(person)]
    _stop_letters(person, by=by, now=now)
    _give_seats_back(person, now=now)
    done.rows = take(person)
    done.mentions = mentions.take_out(person)
    if person.keys or person.offices:
        erased.remember(sorted(person.keys), person.offices, by=by, now=now)
    done.files = unnamed(files)
    if done:
        audit.record(
            "erase person", "person", by=by, now=now, rows=sum(done.rows.values()),
            mentions=done.mentions,
        )  # fmt: skip
        _uncompacted(now)
    db.session.flush()
    db.session.expire_all()  # rows went and changed beside the session
    return done


def again(gone: Sequence[Mapping[str, Any]], *, by: Actor, now: datetime) -> list[str]:
    """Erase once more whoever an older copy of the database brought back.

    :param gone: rows of `erased` as they were before that copy came
    :return: files that no row names any more
    """
    pepper = erased.current().read()
    known = set(db.session.scalars(select(Erased.hash)))
    ours = [row for row in gone if row["pepper_id"] == erased.pepper_id(pepper)] if pepper else []
    if fresh := [dict(row) for row in ours if row["hash"] not in known]:
        db.session.execute(insert(Erased), fresh)
    hashes = {row["hash"] for row in ours}
    files: list[str] = []
    for key in sorted(_keys() if hashes else ()):
        if erased.digest(pepper, key) in hashes:
            files += erase(people.of_email(key), by=by, now=now).files
    return files


def _keys() -> set[str]:
    """Every address that is held anywhere."""
    columns = (
        Address.address_key,
        Message.address_key,
        Registration.email_key,
        AddressRequest.email,
        Suppression.address_key,
        Incoming.from_email,
    )
    found: set[str] = set()
    for column in columns:
        found |= {key.lower() for key in db.session.scalars(select(column).distinct())}
    return {key for key in found if "@" in key[1:]}


def take(person: Person) -> dict[str, int]:
    """Take their rows out of every table, as the map says; return how many, by title.

    Nothing around it: no letter is stopped, and nothing keeps them out afterwards.
    """
    taken = {held.title: _take(held, person) for held in MAP}
    return {title: count for title, count in taken.items() if count}


def unnamed(files: Collection[str]) -> list[str]:
    """Of these files those that no row names any more."""
    named: set[str | None] = set()
    for column in (Message.pdf_sha256, Attachment.sha256, Incoming.raw_sha256, Document.sha256):
        named |= set(db.session.scalars(select(column).where(column.in_(files))))
    kept = db.session.scalars(select(StepText.attached).where(StepText.attached.is_not(None)))
    named |= {one["sha256"] for texts in kept for one in texts or ()}
    return sorted(set(files) - named)


def remove_files(store: Store, names: Collection[str]) -> None:
    for name in names:
        store.remove(name)


def compact(engine: Engine, *, now: datetime, also: bool = False) -> bool:
    """Rewrite the database without the free pages in which erased rows can still be read.

    Call it outside any transaction.

    :param also: rows went for another reason than someone's request
    :returns: whether it was needed
    """
    with engine.begin() as connection:
        todo = select(exists().where(Erased.compacted_at.is_(None)))
        if not connection.scalar(todo) and not also:
            return False
    search_index.tidy(engine)
    if engine.dialect.name == "sqlite":
        _vacuum_sqlite(engine)
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for held in MAP:
                connection.exec_driver_sql(f'VACUUM "{held.name}"')
    with engine.begin() as connection:
        connection.execute(
            update(Erased).where(Erased.compacted_at.is_(None)).values(compacted_at=now)
        )
    return True


def clean_logs(instance: Path, person: Person) -> int:
    """Take lines that name someone out of the logs in INSTANCE; return how many."""
    pattern, taken = person.pattern, 0
    for path in sorted(instance.glob("*.log*")) if pattern else ():
        lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
        kept = [line for line in lines if not cast(Any, pattern).search(line)]
        if taken_here := len(lines) - len(kept):
            path.write_text("".join(kept), encoding="utf-8", errors="surrogateescape")
            taken += taken_here
    return taken


def _vacuum_sqlite(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        driver: Any = raw.driver_connection
        driver.execute("VACUUM")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def _refuse_ours(person: Person) -> None:
    account = select(Coordinator.id).where(
        func.lower(Coordinator.email).in_(person.keys), Coordinator.active.is_(True)
    )
    if db.session.scalar(account.limit(1)) is not None:
        raise Refused(
            "Met dit adres logt een collega in. Zet eerst dat account uit, bij Instellingen."
        )
    own = (Sender.email, Sender.reply_to, Sender.envelope_from)
    ours = select(Sender.id).where(or_(*(func.lower(one).in_(person.keys) for one in own)))
    if db.session.scalar(ours.limit(1)) is not None:
        raise Refused("Dit is een adres van een afzender. Geef die eerst een ander adres.")


def _refuse_leaving(person: Person) -> None:
    leaving = select(Message.id).where(
        personal_data.their_messages(person), Message.state == State.SUBMITTING
    )
    if db.session.scalar(leaving.limit(1)) is not None:
        raise Refused(
            "Er gaat juist nu een brief naar dit adres. Wacht een minuut en probeer het opnieuw."
        )


def _stop_letters(person: Person, *, by: Actor, now: datetime) -> None:
    """What waits leaves no more; a confirmation in doubt is not tried again."""
    mine = personal_data.their_messages(person)
    waiting = select(Message).where(mine, Message.state.in_(WAITS))
    for message in db.session.scalars(waiting).all():
        outbox.cancel(message, REASON, by=by, now=now)
    doubtful = select(Message).where(
        mine, Message.state == State.UNCERTAIN, Message.step_id.is_(None)
    )
    for message in db.session.scalars(doubtful).all():
        outbox.record_event(message, State.REFUSED, was=message.state, actor=by.key, now=now)
        message.state, message.reason = State.REFUSED, REASON
    db.session.flush()


def _give_seats_back(person: Person, *, now: datetime) -> None:
    """Someone who is erased does not come to what is still to be; what was, is counted."""
    coming = (
        select(Registration)
        .where(Registration.id.in_(person.registration_ids), Registration.cancelled_at.is_(None))
        .order_by(Registration.meeting_id, Registration.id)
    )
    for registration in db.session.scalars(coming).all():
        ends = select(func.max(MeetingDay.ends_at)).where(
            MeetingDay.meeting_id == registration.meeting_id
        )
        last = db.session.scalar(ends)
        if last is None or last <= now:
            continue
        for place in registering.lock_places(registration):
            if place.state in registering.ACTIVE and place.day.ends_at > now:
                registering.leave(place, now=now)
        registration.cancelled_at = now
    db.session.flush()


def _take(held: Held, person: Person) -> int:
    if not held.personal or isinstance(held.erasure, Keep):
        return 0
    model, table = held.model, cast(Table, held.model.__table__)
    mine = held.whose(person)
    keys = list(table.primary_key.columns)
    if isinstance(held.erasure, Delete):
        gone = db.session.execute(delete(model).where(mine).returning(*keys))
        return len(gone.all())
    values = held.erasure.values(model)
    changed = db.session.execute(
        update(model).where(mine).values(values).returning(*keys),
        execution_options={"synchronize_session": False},
    )
    return len(changed.all())


def _pdfs(person: Person) -> list[str]:
    """PDF letters of theirs that name them; those to a body of a gemeente alone stay."""
    mine = personal_data.their_messages(person)
    rows = db.session.execute(
        select(Message, StepText)
        .join(StepText, StepText.id == Message.text_id)
        .where(mine, Message.pdf_sha256.is_not(None))
    ).all()
    found = []
    for message, text in rows:
        words = text.letter or text.mail
        own = NAMING - ({"aanhef"} if text.letter else set())  # then it greets the body
        if message.gemeente_code is None or set(placeholders.names(words)) & own:
            found.append(message.pdf_sha256 or "")
            message.pdf_sha256, message.pdf_name = None, None
    db.session.flush()
    return found


def _mails(person: Person) -> list[str]:
    """Mail of theirs as it came in, and mail of others that names them or is about their letter."""
    mails = {one.where[0] for one in mentions.of(person) if one.held.model is Incoming}
    letters = select(Message.id).where(personal_data.their_messages(person))
    about = select(IncomingLink.incoming_id).where(IncomingLink.message_id.in_(letters))
    mails |= set(db.session.scalars(about))
    theirs = func.lower(Incoming.from_email).in_(person.keys)
    rows = db.session.scalars(
        select(Incoming).where(
            or_(theirs, Incoming.id.in_(mails)), Incoming.raw_sha256.is_not(None)
        )
    )
    found = []
    for mail in rows:
        found.append(mail.raw_sha256 or "")
        mail.raw_sha256 = None
    db.session.flush()
    return found


def _documents(person: Person) -> list[str]:
    """Files of documents that name them; what stood in them stays, without their name."""
    named = {one.where[0] for one in mentions.of(person) if one.held.model is Document}
    rows = db.session.scalars(
        select(Document).where(Document.id.in_(named), Document.sha256.is_not(None))
    )
    found = []
    for document in rows:
        found.append(document.sha256 or "")
        document.sha256 = None
    db.session.flush()
    return found


def _uncompacted(now: datetime) -> None:
    """Also where the hash was there already: rows came in before it was."""
    newest = select(Erased.hash).order_by(Erased.at.desc()).limit(1).scalar_subquery()
    db.session.execute(update(Erased).where(Erased.hash == newest).values(compacted_at=None))
