"""One box that finds a gemeente, a letter, a meeting, a person or a kenmerk."""

from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from outreach.answers.models import Document
from outreach.campaigns.models import Campaign
from outreach.contacts import gemeenten
from outreach.contacts.models import Address, Contact, Gemeente, Office
from outreach.db import db
from outreach.events.models import Meeting, Registration
from outreach.ledger import meetings

LIMIT = 20


@dataclass
class Found:
    gemeenten: list[Gemeente] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    documents: list[tuple[Document, str]] = field(default_factory=list)  #: with their gemeente

    def __len__(self) -> int:
        letters = len(self.gemeenten) + len(self.campaigns) + len(self.contacts)
        return letters + len(self.meetings) + len(self.registrations) + len(self.documents)


def search(text: str, *, registrants: bool = False) -> Found:
    """What holds the text: names and aliases of gemeenten, letters by name or kenmerk, people
    by name or address, meetings by title or place.

    :param registrants: also who registered for a meeting, by name or address
    """
    text = " ".join(text.split())
    if len(text) < 2:
        return Found()
    return Found(
        gemeenten.search(text, LIMIT),
        _campaigns(text),
        _contacts(text),
        meetings.search(text, LIMIT),
        meetings.search_people(text, LIMIT) if registrants else [],
        _documents(text),
    )


def _documents(text: str) -> list[tuple[Document, str]]:
    columns = (Document.subject, Document.number, Document.kenmerk, Document.text, Document.author)
    holds = or_(*(column.icontains(text, autoescape=True) for column in columns))
    found = (
        select(Document, Gemeente.name)
        .join(Gemeente, Gemeente.code == Document.gemeente_code)
        .where(Document.removed_at.is_(None), holds)
        .order_by(Document.dated.desc(), Document.id.desc())
        .limit(LIMIT)
    )
    return [(document, name) for document, name in db.session.execute(found)]


def _campaigns(text: str) -> list[Campaign]:
    holds = or_(
        Campaign.name.icontains(text, autoescape=True),
        Campaign.kenmerk.icontains(text, autoescape=True),
        Campaign.slug.icontains(text, autoescape=True),
    )
    found = select(Campaign).where(holds).order_by(Campaign.created_at.desc())
    return list(db.session.scalars(found.limit(LIMIT)))


def _contacts(text: str) -> list[Contact]:
    by_address = select(Address.contact_id).where(
        Address.address_key.contains(text.lower(), autoescape=True)
    )
    holds = or_(
        Contact.last_name.icontains(text, autoescape=True),
        Contact.first_name.icontains(text, autoescape=True),
        Contact.id.in_(by_address),
    )
    found = select(Contact).where(holds).order_by(Contact.last_name, Contact.id).limit(LIMIT)
    office = joinedload(Contact.office).joinedload(Office.gemeente)
    return list(db.session.scalars(found.options(office, selectinload(Contact.addresses))))
