"""A letter that went to every gemeente of `mails`, and a mailbox in which answers come."""

from sqlalchemy import select

from outreach.answers.models import Answer
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign
from outreach.campaigns.store import Store
from outreach.contacts import gemeenten
from outreach.contacts.models import Contact
from outreach.db import db
from outreach.delivery.arrivals import Incoming
from outreach.delivery.models import Message
from outreach.mailbox import taking
from outreach.mailbox.taking import Origin, Taken
from outreach.tokens import Tokens
from tests.conftest import NOON
from tests.factories import make_campaign, make_contact, make_message, make_sender
from tests.mailbox import mails

LINKS = Links("https://naastelkaar.example", Tokens(("a secret of the tests, long enough",)))


def send_letters(places: tuple[str, ...] = mails.PLACES, **values: object) -> Campaign:
    """Our letter left to the griffie of each of these gemeenten."""
    sender = make_sender(name="Naast Elkaar", email=mails.US)
    campaign = make_campaign(
        sender=sender, name="Oproep eenzaamheid", kenmerk=mails.KENMERK, subject=mails.SUBJECT
    )
    for place in places:
        contact = make_contact(place, mails.griffie(place))
        make_message(campaign, contact, message_id=mails.message_id(place), **values)
    return campaign


def take(raw: bytes, store: Store, *, now=NOON) -> Taken:
    taken = taking.take(raw, Origin(), store=store, links=LINKS, now=now)
    db.session.commit()
    return taken


def code(place: str) -> str:
    return gemeenten.find(place).code


def letter(place: str) -> Message:
    return db.session.scalars(
        select(Message).where(Message.message_id == mails.message_id(place))
    ).one()


def answers(place: str = "") -> list[Answer]:
    """The answers that stand, of one gemeente or of all."""
    rows = select(Answer).where(Answer.undone_at.is_(None)).order_by(Answer.id)
    if place:
        rows = rows.where(Answer.gemeente_code == code(place))
    return list(db.session.scalars(rows))


def griffier(place: str) -> Contact:
    return db.session.get_one(Contact, letter(place).contact_id)


def row(taken: Taken) -> Incoming:
    return db.session.get_one(Incoming, taken.mail.id)
