"""What the letters in hand are about, looked up for many of them at once.

Sending asks for one letter after the other. What makes a letter is read, as plain rows of a few
columns, for those that come next, and kept for a second: so threads may share it, no
transaction stays open, and a sender or a meeting that changes while thousands of letters leave
is right in the next of them. `rendering.recipient_of` says the same of one.
"""

import time
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Dialect, Engine, Row, Select, and_, inspect, select
from sqlalchemy.orm import (
    InstrumentedAttribute,
    Session,
    joinedload,
    selectinload,
)

from outreach.accounts.models import Sender
from outreach.campaigns import casenumbers, meetings, rendering
from outreach.campaigns.casenumbers import Party
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.campaigns.rendering import Edition, First, Found, Recipient
from outreach.clock import dutch_date
from outreach.contacts import regions
from outreach.contacts.models import Address, Contact, Gemeente, Office, RegionKind
from outreach.contacts.people import Addressee
from outreach.db import READ_ONLY, Base
from outreach.delivery.models import Message
from outreach.delivery.prepared import Prepared, many, one_of
from outreach.errors import Unknown
from outreach.events.models import Meeting

KEPT = 1.0  #: seconds, by the system's clock
EDITIONS = 64  #: that are told apart before all are forgotten

Columns = Row[*tuple[Any, ...]]


class InHand(Protocol):
    """A letter as sending has it: the columns of its row that say what it is about."""

    @property
    def id(self) -> int: ...
    @property
    def step_id(self) -> int | None: ...
    @property
    def text_id(self) -> int | None: ...
    @property
    def variant(self) -> str: ...
    @property
    def gemeente_code(self) -> str | None: ...
    @property
    def address(self) -> str: ...
    @property
    def address_key(self) -> str: ...
    @property
    def not_before(self) -> datetime: ...
    @property
    def owner(self) -> str | None: ...


class Letter(NamedTuple):
    """A letter in hand, with its reader."""

    id: int
    step_id: int
    text_id: int | None
    contact_id: int
    gemeente_code: str | None
    variant: str
    address_key: str
    address_id: int | None  #: None: its address is the contact's no more
    who: Addressee
    found: Found

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Letter":
        """
        :param row: of `_LETTERS`
        """
        return cls._make((*row[:8], Addressee(*row[8:15]), Found(*row[15:])))


class Town(NamedTuple):
    """Of a gemeente what letters name."""

    code: str
    name: str
    province: str
    inhabitants: int
    postal_address: str
    partners: tuple[tuple[RegionKind, str], ...] = ()


_STEPS = select(Step).options(
    joinedload(Step.campaign).options(
        joinedload(Campaign.sender),
        selectinload(Campaign.steps),
        selectinload(Campaign.attachments),
    )
)
_TOWNS = select(
    Gemeente.code,
    Gemeente.name,
    Gemeente.province,
    Gemeente.inhabitants,
    Gemeente.postal_address,
)
#: As `Letter`, its reader as `Addressee`, and where that very address came from as `Found`.
_LETTERS = (
    select(
        Message.id,
        Message.step_id,
        Message.text_id,
        Message.contact_id,
        Message.gemeente_code,
        Message.variant,
        Message.address_key,
        Address.id,
        Contact.form_of_address,
        Office.function,
        Contact.titles,
        Contact.first_name,
        Contact.initials,
        Contact.prefix,
        Contact.last_name,
        Address.basis,
        Address.source,
        Address.basis_on,
        rendering.earlier_letter(Message),
    )
    .join(Contact, Contact.id == Message.contact_id)
    .join(Office, Office.id == Contact.office_id)
    .outerjoin(Address, and_(Address.contact_id == Contact.id, Address.email == Message.address))
)


# Compiled once, and without a Row for each: it is asked of every letter that leaves.


@lru_cache(maxsize=4)
def _letters(dialect: Dialect) -> Prepared:
    its_id: Any = Message.id  # a column, which the types of models hide
    return Prepared(_LETTERS.where(one_of("the_ids", its_id, dialect)), dialect)


@lru_cache(maxsize=4)
def _towns(dialect: Dialect) -> Prepared:
    code: Any = Gemeente.code
    return Prepared(_TOWNS.where(one_of("the_codes", code, dialect)), dialect)


_FIRSTS = select(
    Message.id,
    Message.text_id,
    Message.contact_id,
    Message.gemeente_code,
    Message.variant,
    Message.address_key,
    Message.not_before,
    Message.message_id,
    Message.relay_message_id,
    Message.state,
    Message.accepted_at,
)


@dataclass
class _Kept:
    """Rows that belong to no session any more, by their keys."""

    until: float  #: by the system's clock
    letters: dict[int, Letter] = field(default_factory=dict)
    firsts: dict[int, Columns] = field(default_factory=dict)  #: by the reminder that follows it
    founds: dict[int, Found] = field(default_factory=dict)  #: where no address is the letter's
    senders: dict[int, Sender] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)
    texts: dict[int, StepText] = field(default_factory=dict)
    towns: dict[str, Town] = field(default_factory=dict)
    meetings: dict[int, dict[str, Meeting]] = field(default_factory=dict)  #: by campaign
    planned: dict[int, date | None] = field(default_factory=dict)  #: by step
    numbers: dict[Party, str] = field(default_factory=dict)  #: zaaknummers
    editions: dict[tuple[int, int], Edition] = field(default_factory=dict)  #: by step and text

    def read(self, session: Session, letters: Sequence[Letter]) -> None:
        """Read what these letters are about, as far as it is not here yet."""
        if not letters:
            return
        _, step_ids, text_ids, _, codes = map(set, zip(*(one[:5] for one in letters), strict=True))
        self._add(session, self.steps, _STEPS, Step.id, step_ids)
        self._read_towns(session, codes)
        self._read_numbers(session, step_ids, codes)
        self._read_founds(session, [one for one in letters if one.address_id is None])
        firsts = self._firsts(session, letters, step_ids)
        text_ids |= {one.text_id for one in firsts.values()}
        self._add(session, self.texts, select(StepText), StepText.id, text_ids)
        for step_id in step_ids:
            campaign, at = self.steps[step_id].campaign, self.steps[step_id].send_at
            self.planned[step_id] = dutch_date(at) if at else None
            if campaign.id not in self.meetings:
                self.meetings[campaign.id] = meetings.of(session, campaign)
        self.firsts |= firsts
        # Last: who finds its letter here finds all that it is about.
        self.letters |= {one.id: one for one in letters if one.text_id in self.texts}

    def recipient(self, letter: Letter, message: InHand, edition: Edition) -> Recipient:
        first = self.firsts.get(letter.id)
        text = self.texts.get(first.text_id) if first else None
        return Recipient(
            edition,
            letter.who,
            self.towns.get(letter.gemeente_code) if letter.gemeente_code else None,
            letter.variant,
            email=message.address,
            planned=self.planned[letter.step_id] or dutch_date(message.not_before),
            found=letter.found if letter.address_id else self.founds[letter.id],
            first=First.of(first, text, to=letter.address_key) if first and text else None,
            case_number=self.numbers.get(
                (edition.campaign.id, letter.gemeente_code or "", letter.variant), ""
            )
            if edition.step.position > 1
            else "",
        )

    def _read_towns(self, session: Session, codes: set[str | None]) -> None:
        if lacking := [code for code in codes if code and code not in self.towns]:
            partners: dict[str, list[tuple[RegionKind, str]]] = {}
            connection = session.connection()
            for code, kind, name in connection.execute(regions.partners_of(lacking)):
                partners.setdefault(code, []).append((kind, name))
            dialect = connection.dialect
            rows = _towns(dialect).rows(connection, {"the_codes": many(lacking, dialect)})
            self.towns |= {
                row[0]: Town._make((*row, tuple(partners.get(row[0], ())))) for row in rows
            }

    def _read_numbers(
        self, session: Session, step_ids: Iterable[int], codes: set[str | None]
    ) -> None:
        """Only later letters quote one."""
        later = (self.steps[step_id] for step_id in step_ids)
        campaigns = {step.campaign_id for step in later if step.position > 1}
        self.numbers |= casenumbers.known(session, campaigns, {code for code in codes if code})

    def _read_founds(self, session: Session, letters: Sequence[Letter]) -> None:
        """The contact's first address, for letters to one that it has no more."""
        if not letters:
            return
        ids = {one.contact_id for one in letters}
        query = select(Address).where(Address.contact_id.in_(ids)).order_by(Address.id.desc())
        first = {one.contact_id: one for one in session.scalars(query)}
        for letter in letters:
            one = first.get(letter.contact_id)
            told = letter.found.told
            self.founds[letter.id] = (
                Found(one.basis, one.source, one.basis_on, told) if one else Found(told=told)
            )

    def _firsts(
        self, session: Session, letters: Sequence[Letter], step_ids: Iterable[int]
    ) -> dict[int, Columns]:
        """For each reminder the letter that it follows: its own mailbox's, else the earliest."""
        found: dict[int, Columns] = {}
        for step in map(self.steps.__getitem__, step_ids):
            earlier = rendering.followed(step)
            if earlier is None:
                continue
            reminders = [one for one in letters if one.step_id == step.id]
            arrived = _arrived(session, earlier, reminders)
            for letter in reminders:
                its_own = arrived.get(_party(letter), [])
                if first := min(its_own, key=lambda one: _rank(one, letter), default=None):
                    found[letter.id] = first
        return found

    def _add(
        self,
        session: Session,
        kept: dict[Any, Any],
        query: Select[Any],
        key: InstrumentedAttribute[Any],
        wanted: Iterable[Any],
    ) -> None:
        """Add the rows with these keys, those that are not there yet."""
        lacking = {one for one in wanted if one is not None and one not in kept}
        if lacking:
            rows = session.scalars(query.where(key.in_(lacking)))
            kept.update((getattr(row, key.key), row) for row in rows)


@dataclass
class Lookup:
    """Answers for all threads of one pass."""

    engine: Engine
    _kept: _Kept | None = None
    _coming: Sequence[int] = ()  #: ids
    _editions: dict[Hashable, Edition] = field(default_factory=dict)

    def expect(self, coming: Sequence[InHand]) -> None:
        """Look these up together, as soon as one of them is asked for."""
        self._coming = [message.id for message in coming]

    def recipient(self, message: InHand) -> Recipient:
        """
        :raises Unknown: its contact or text is gone
        """
        kept, its_id = self._now(), message.id
        letter = kept.letters.get(its_id)
        if letter is None or letter.text_id != message.text_id:  # corrected since
            with self._session() as session:
                kept.read(session, _in_hand(session, message.id, self._coming))
            letter = kept.letters.get(its_id)
        if letter is None or letter.text_id is None:
            raise Unknown("De tekst of de ontvanger van deze brief bestaat niet meer.")
        key = letter.step_id, letter.text_id
        edition = kept.editions.get(key)
        if edition is None:
            edition = kept.editions[key] = self._edition(kept, *key)
        return kept.recipient(letter, message, edition)

    def sender(self, sender_id: int) -> Sender:
        kept = self._now()
        if sender_id not in kept.senders:
            with self._session() as session:
                kept.senders[sender_id] = session.get_one(Sender, sender_id)
        return kept.senders[sender_id]

    def _edition(self, kept: _Kept, step_id: int, text_id: int) -> Edition:
        """The same one as long as no row changes that all its letters are made from."""
        step, text = kept.steps[step_id], kept.texts[text_id]
        campaign, invited_to = step.campaign, kept.meetings[step.campaign_id]
        rows = (step, text, campaign, campaign.sender, *campaign.attachments)
        said = meetings.values(campaign, invited_to, base_url="", gemeente_code="")
        if len(self._editions) >= EDITIONS:
            self._editions = {}
        edition = Edition(campaign, step, text, invited_to)
        return self._editions.setdefault((*map(_columns, rows), *said.items()), edition)

    def _now(self) -> _Kept:
        kept = self._kept
        if kept is None or time.monotonic() > kept.until:
            kept = self._kept = _Kept(time.monotonic() + KEPT)
        return kept

    def _session(self) -> Session:
        """One that lets its rows go as they were read."""
        return Session(self.engine.execution_options(**READ_ONLY), autoflush=False)


def _columns(row: Base) -> tuple[str, ...]:
    """All that the row holds."""
    return tuple(repr(getattr(row, one.key)) for one in inspect(row).mapper.column_attrs)


def _in_hand(session: Session, its_id: int, coming: Sequence[int]) -> list[Letter]:
    """This letter, and those that come after it where they were told."""
    after = coming[coming.index(its_id) :] if its_id in coming else [its_id]
    connection = session.connection()
    dialect = connection.dialect
    rows = _letters(dialect).rows(connection, {"the_ids": many(after, dialect)})
    return [Letter.of(row) for row in rows]


def _arrived(
    session: Session, step_id: int, reminders: Sequence[Letter]
) -> dict[tuple[str, str | int], list[Columns]]:
    """The first letters that arrived at the parties of these reminders.

    By the gemeente or the contact, each one look in an index; the state is asked here, as
    SQLite would rather walk through all that were accepted.
    """
    places = {one.gemeente_code for one in reminders if one.gemeente_code}
    people = {one.contact_id for one in reminders if not one.gemeente_code}
    found: dict[tuple[str, str | int], list[Columns]] = {}
    of_step = _FIRSTS.where(
        Message.step_id == step_id, Message.variant.in_({one.variant for one in reminders})
    )
    for column, keys in ((Message.gemeente_code, places), (Message.contact_id, people)):
        if keys:
            for first in session.connection().execute(of_step.where(column.in_(keys))):
                if first.state in rendering.ARRIVED:
                    party = (first.variant, getattr(first, column.key))
                    found.setdefault(party, []).append(first)
    return found


def _party(letter: Letter) -> tuple[str, str | int]:
    return letter.variant, letter.gemeente_code or letter.contact_id


def _rank(first: Columns, letter: Letter) -> tuple[bool, bool, float, int]:
    at = first.accepted_at
    elsewhere = first.address_key != letter.address_key
    return elsewhere, at is None, at.timestamp() if at else 0.0, first.id
