"""What the letters in hand are about, looked up for many of them at once.

Sending asks for one letter after the other. The rows that make a letter are read for twenty
that the process has claimed, let go by their session and kept for a second: so threads may
share them, no transaction stays open, and a sender or a meeting that changes while thousands
of letters leave is right in the next of them. `rendering.recipient_of` says the same of one.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Row, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, load_only, selectinload

from outreach.accounts.models import Sender
from outreach.campaigns import meetings, rendering
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.campaigns.rendering import First, Recipient
from outreach.clock import dutch_date
from outreach.contacts.models import Contact, Gemeente
from outreach.db import READ_ONLY
from outreach.delivery.models import Message, State
from outreach.errors import Unknown
from outreach.events.models import Meeting

KEPT = 1.0  #: seconds, by the system's clock
AHEAD = 20  #: letters

Letter = Row[*tuple[Any, ...]]  #: the columns of `_LETTER`

#: What of a letter says whom it is for and what it holds.
_LETTER: tuple[Any, ...] = (
    Message.id,
    Message.step_id,
    Message.text_id,
    Message.contact_id,
    Message.gemeente_code,
    Message.variant,
    Message.address,
    Message.address_key,
    Message.not_before,
)
_OF_FIRST = (Message.message_id, Message.relay_message_id, Message.state, Message.accepted_at)
_STEPS = select(Step).options(
    joinedload(Step.campaign).options(
        joinedload(Campaign.sender),
        selectinload(Campaign.steps),
        selectinload(Campaign.attachments),
    )
)
_CONTACTS = select(Contact).options(joinedload(Contact.office), selectinload(Contact.addresses))
_FIRSTS = select(Message).options(load_only(*_LETTER, *_OF_FIRST))


@dataclass
class _Kept:
    """Rows that belong to no session any more, by their keys."""

    until: float  #: by the system's clock
    recipients: dict[int, Recipient] = field(default_factory=dict)  #: by their message
    senders: dict[int, Sender] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)
    texts: dict[int, StepText] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)
    gemeenten: dict[str, Gemeente] = field(default_factory=dict)
    meetings: dict[int, dict[str, Meeting]] = field(default_factory=dict)  #: by campaign

    def read(self, session: Session, letters: Sequence[Letter]) -> None:
        """Read what these letters are about, as far as it is not here yet."""
        _add(session, self.steps, _STEPS, Step.id, (one.step_id for one in letters))
        _add(session, self.contacts, _CONTACTS, Contact.id, (one.contact_id for one in letters))
        codes = (one.gemeente_code for one in letters)
        _add(session, self.gemeenten, select(Gemeente), Gemeente.code, codes)
        firsts = self._firsts(session, letters)
        texts = [one.text_id for one in letters] + [one.text_id for one in firsts.values()]
        _add(session, self.texts, select(StepText), StepText.id, texts)
        for letter in letters:
            campaign = self.steps[letter.step_id].campaign
            if campaign.id not in self.meetings:
                self.meetings[campaign.id] = meetings.of(session, campaign)
            if letter.text_id in self.texts and letter.contact_id in self.contacts:
                self.recipients[letter.id] = self._recipient(letter, firsts.get(letter.id))

    def _firsts(self, session: Session, letters: Sequence[Letter]) -> dict[int, Message]:
        """For each reminder the letter that it follows: its own mailbox's, else the earliest."""
        by_first_step: dict[int, list[Letter]] = {}
        for letter in letters:
            step = self.steps[letter.step_id]
            if rendering.follows_first(step):
                by_first_step.setdefault(step.campaign.steps[0].id, []).append(letter)
        found: dict[int, Message] = {}
        for step_id, reminders in by_first_step.items():
            arrived = _arrived(session, step_id, reminders)
            for letter in reminders:
                its_own = arrived.get(_party(letter), [])
                if first := min(its_own, key=lambda one: _rank(one, letter), default=None):
                    found[letter.id] = first
        return found

    def _recipient(self, letter: Letter, first: Message | None) -> Recipient:
        step = self.steps[letter.step_id]
        text = self.texts.get(first.text_id) if first and first.text_id else None
        return Recipient(
            campaign=step.campaign,
            step=step,
            text=self.texts[letter.text_id],
            contact=self.contacts[letter.contact_id],
            gemeente=self.gemeenten.get(letter.gemeente_code),
            variant=letter.variant,
            email=letter.address,
            planned=dutch_date(step.send_at or letter.not_before),
            first=First.of(first, text, to=letter.address_key) if first and text else None,
            meetings=self.meetings[step.campaign_id],
        )


@dataclass
class Lookup:
    """Answers for all threads of one pass."""

    engine: Engine
    _kept: _Kept | None = None

    def recipient(self, message: Message) -> Recipient:
        """
        :raises Unknown: its contact or text is gone
        """
        kept = self._now()
        if message.id not in kept.recipients:
            with self._session() as session:
                kept.read(session, _in_hand(session, message))
        if message.id not in kept.recipients:
            raise Unknown("De tekst of de ontvanger van deze brief bestaat niet meer.")
        return kept.recipients[message.id]

    def sender(self, sender_id: int) -> Sender:
        kept = self._now()
        if sender_id not in kept.senders:
            with self._session() as session:
                kept.senders[sender_id] = session.get_one(Sender, sender_id)
        return kept.senders[sender_id]

    def _now(self) -> _Kept:
        kept = self._kept
        if kept is None or time.monotonic() > kept.until:
            kept = self._kept = _Kept(time.monotonic() + KEPT)
        return kept

    def _session(self) -> Session:
        """One that lets its rows go as they were read."""
        return Session(self.engine.execution_options(**READ_ONLY), autoflush=False)


def _in_hand(session: Session, message: Message) -> Sequence[Letter]:
    """This letter, and those that the same process claimed and will send after it."""
    own = session.execute(select(*_LETTER).where(Message.id == message.id)).all()
    if message.owner is None:
        return own
    claimed = select(*_LETTER).where(
        Message.owner == message.owner,
        Message.state == State.CLAIMED,
        Message.step_id.is_not(None),
    )
    later = [row for row in session.execute(claimed) if row.id > message.id]
    return [*own, *sorted(later, key=lambda row: row.id)[: AHEAD - 1]]


def _arrived(
    session: Session, step_id: int, reminders: Sequence[Letter]
) -> dict[tuple[str, str | int], list[Message]]:
    """The first letters that arrived at the parties of these reminders.

    By the gemeente or the contact, each one look in an index; the state is asked here, as
    SQLite would rather walk through all that were accepted.
    """
    places = {one.gemeente_code for one in reminders if one.gemeente_code}
    people = {one.contact_id for one in reminders if not one.gemeente_code}
    found: dict[tuple[str, str | int], list[Message]] = {}
    of_step = _FIRSTS.where(
        Message.step_id == step_id, Message.variant.in_({one.variant for one in reminders})
    )
    for column, keys in ((Message.gemeente_code, places), (Message.contact_id, people)):
        if keys:
            for first in session.scalars(of_step.where(column.in_(keys))):
                if first.state in rendering.ARRIVED:
                    party = (first.variant, getattr(first, column.key))
                    found.setdefault(party, []).append(first)
    return found


def _party(letter: Letter) -> tuple[str, str | int]:
    return letter.variant, letter.gemeente_code or letter.contact_id


def _rank(first: Message, letter: Letter) -> tuple[bool, bool, float, int]:
    at = first.accepted_at
    elsewhere = first.address_key != letter.address_key
    return elsewhere, at is None, at.timestamp() if at else 0.0, first.id


def _add(
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
