"""Everything that went to one contact and came of it: for the page of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from outreach.campaigns.models import Campaign, Step, StepText
from outreach.contacts.models import Contact, ContactList, Import, ListMember, Tag
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.events.models import Registration
from outreach.ledger.standing import Standing

#: What a letter's state is called for one reader.
_STANDINGS = {
    State.ACCEPTED: Standing.VERSTUURD,
    State.REFUSED: Standing.ONBESTELBAAR,
    State.EXPIRED: Standing.ONBESTELBAAR,
    State.FAILED: Standing.ONBESTELBAAR,
    State.UNCERTAIN: Standing.ONZEKER,
}
MOST = 50  #: letters that a page shows, newest first


@dataclass(frozen=True)
class Sent:
    """One letter to a contact."""

    message: Message
    campaign: Campaign
    step: Step
    version: int  #: of the text that it was sent with

    @property
    def standing(self) -> Standing | None:
        """None while it has not left, or never will."""
        if self.message.bounced_at is not None:
            return Standing.ONBESTELBAAR
        return _STANDINGS.get(self.message.state)

    @property
    def at(self) -> datetime:
        message = self.message
        return (
            message.bounced_at
            or message.accepted_at
            or message.submitting_at
            or message.not_before
            or message.created_at
        )


@dataclass(frozen=True)
class Correspondence:
    """What we hold around a contact, beside who it is and its addresses."""

    sent: Sequence[Sent]
    registrations: Sequence[Registration]
    lists: Sequence[str]
    tags: Sequence[str]
    imports: Sequence[Import]  #: lists that it came in with or was changed by


def of_contact(contact: Contact) -> Correspondence:
    """What there is, newest first; four questions whatever there is."""
    keys = [address.address_key for address in contact.addresses]
    lists, imports = _lists(contact)
    return Correspondence(
        sent=_sent(contact, keys),
        registrations=_registrations(keys),
        lists=lists,
        imports=imports,
        tags=db.session.scalars(
            select(Tag.name).where(Tag.contact_id == contact.id).order_by(Tag.name)
        ).all(),
    )


def _sent(contact: Contact, keys: Sequence[str]) -> list[Sent]:
    """Letters made for the contact, or that went to a mailbox of its from another's row."""
    rows = db.session.execute(
        select(Message, Campaign, Step, StepText.number)
        .join(Step, Step.id == Message.step_id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .join(StepText, StepText.id == Message.text_id)
        .where(
            or_(
                Message.contact_id == contact.id,
                (Message.address_key.in_(keys))
                & (Message.gemeente_code == contact.office.gemeente_code),
            )
        )
        .order_by(Message.id.desc())
        .limit(MOST)
    )
    found = [Sent(message, campaign, step, number) for message, campaign, step, number in rows]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _registrations(keys: Sequence[str]) -> list[Registration]:
    rows = (
        select(Registration)
        .where(Registration.email_key.in_(keys))
        .order_by(Registration.registered_at.desc(), Registration.id.desc())
        .options(joinedload(Registration.meeting), selectinload(Registration.places))
    )
    return list(db.session.scalars(rows))


def _lists(contact: Contact) -> tuple[list[str], list[Import]]:
    """Lists that it is on, and files that put it there."""
    rows = db.session.execute(
        select(ContactList.name, Import)
        .select_from(ListMember)
        .join(ContactList, ContactList.id == ListMember.list_id)
        .outerjoin(Import, Import.id == ListMember.import_id)
        .where(ListMember.contact_id == contact.id)
        .order_by(ContactList.name)
    ).all()
    return [name for name, _ in rows], [found for _, found in rows if found is not None]
