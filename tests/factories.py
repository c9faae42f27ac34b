"""Make valid rows. Every argument has a default; a test names only what it is about."""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from datetime import time as wall_time
from itertools import count
from typing import Any

from argon2 import PasswordHasher
from flask.testing import FlaskClient

from outreach.accounts.audit import SYSTEM
from outreach.accounts.models import Coordinator, Role, Sender
from outreach.answers import recording
from outreach.answers.models import Answer, Source
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.clock import at_wall
from outreach.contacts import addresses, gemeenten, regions
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    Function,
    Gemeente,
    Office,
    Region,
    RegionKind,
)
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.events import registering
from outreach.events.links import MeetingLinks
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingState,
    Registration,
    VisitorRole,
)
from outreach.events.registering import Wanted
from tests.conftest import NOON

MEETING_LINKS = MeetingLinks("https://ademruimte.example", "a key of the tests")
_numbers = count(1)


def make(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row


def make_sender(**values: Any) -> Sender:
    n = next(_numbers)
    defaults = {
        "name": "Initiatief Ademruimte",
        "email": f"post{n}@ademruimte.example",
        "postal_address": "Voorbeeldkade 14, 3512 ZZ Utrecht",
        "created_at": NOON,
    }
    return make(Sender(**(defaults | values)))


def make_contact(gemeente: str | Gemeente = "Zeist", email: str = "", **values: Any) -> Contact:
    """A griffier with one confirmed address."""
    home = gemeenten.find(gemeente) if isinstance(gemeente, str) else gemeente
    function = values.pop("function", Function.GRIFFIER)
    basis = values.pop("basis", Basis.PUBLISHED)
    office = db.session.query(Office).filter_by(gemeente_code=home.code, function=function).first()
    office = office or make(Office(gemeente_code=home.code, function=function))
    contact = make(Contact(office=office, created_at=NOON, changed_at=NOON, **values))
    email = email or f"griffie@{home.search_key.replace(' ', '')}.example"
    make_address(contact, email, basis=basis, confirmed_at=NOON if basis else None)
    return contact


def make_contacts_everywhere() -> None:
    """A griffie with a confirmed address in every gemeente of the country."""
    for gemeente in db.session.query(Gemeente).order_by(Gemeente.code).all():
        office = Office(gemeente_code=gemeente.code, function=Function.GRIFFIER)
        contact = Contact(office=office, created_at=NOON, changed_at=NOON)
        email = f"griffie@{gemeente.search_key.replace(' ', '-')}.example"
        contact.addresses.append(
            Address(
                email=email,
                address_key=email,
                basis=Basis.PUBLISHED,
                confirmed_at=NOON,
                preferred=True,
                created_at=NOON,
            )
        )
        db.session.add(contact)
    db.session.commit()


def make_address(contact: Contact, email: str, **values: Any) -> Address:
    defaults = {
        "basis": Basis.PUBLISHED,
        "confirmed_at": NOON,
        "preferred": True,
        "created_at": NOON,
    }
    key = addresses.address_key(email)
    return make(Address(contact=contact, email=email, address_key=key, **(defaults | values)))


def make_region(
    name: str, *members: str, kind: RegionKind = RegionKind.GGD, **partner: str
) -> Region:
    codes = [gemeenten.find(one).code for one in members]
    return make(regions.create(kind, name, codes, by=SYSTEM, now=NOON, **partner))


def make_campaign(**values: Any) -> Campaign:
    """A campaign of one step for the raad, not yet started."""
    n = next(_numbers)
    subject = values.pop("subject", "Oproep aan de raad van {{gemeente}}")
    sender = values.pop("sender", None) or make_sender()
    defaults = {
        "name": "Ademruimte voor jongeren",
        "slug": f"ademruimte-{n}",
        "kenmerk": "ADR-2026-1900",
        "variants": ["raad"],
        "created_at": NOON,
    }
    campaign = make(Campaign(sender_id=sender.id, **(defaults | values)))
    step = make(Step(campaign_id=campaign.id, position=1, send_at=NOON))
    for body in campaign.variants:
        text = {"variant": body, "number": 1, "subject": subject, "mail": "Dag."}
        make(StepText(step_id=step.id, actor="system", created_at=NOON, **text))
    return campaign


def make_message(campaign: Campaign, contact: Contact, **values: Any) -> Message:
    """The campaign's first letter to a contact, accepted by the relay."""
    n = next(_numbers)
    step = campaign.steps[0]
    body = values.get("variant", "raad")
    address = contact.addresses[0]
    defaults = {
        "kind": Kind.LETTER,
        "dedupe_key": f"test:{n}",
        "sender_id": campaign.sender_id,
        "step_id": step.id,
        "text_id": next(text.id for text in step.texts if text.variant == body),
        "variant": body,
        "gemeente_code": contact.office.gemeente_code,
        "contact_id": contact.id,
        "address": address.email,
        "address_key": address.address_key,
        "message_id": f"<m{n}@ademruimte.example>",
        "state": State.ACCEPTED,
        "created_at": NOON - timedelta(hours=1),
        "not_before": NOON - timedelta(hours=1),
        "accepted_at": NOON,
    }
    return make(Message(**(defaults | values)))


def make_answer(campaign: Campaign, gemeente: str, status: str, **values: Any) -> Answer:
    """An answer of the raad that came through the link."""
    defaults = {"body": "raad", "source": Source.LINK, "by": SYSTEM, "now": NOON}
    code = gemeenten.find(gemeente).code
    answer = recording.record(campaign.id, code, status, **(defaults | values))
    db.session.commit()
    return answer


#: "een goed wachtwoord", hashed once: argon2id takes long on purpose.
PASSWORD = "een goed wachtwoord"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_coordinator(**values: Any) -> Coordinator:
    n = next(_numbers)
    defaults = {
        "email": f"marit{n}@ademruimte.example",
        "password": PASSWORD_HASH,
        "role": Role.COORDINATOR,
        "fs_uniquifier": f"{n:064}",
        "created_at": NOON,
    }
    return make(Coordinator(**(defaults | values)))


def sign_in(client: FlaskClient, person: Coordinator) -> None:
    """Give the client this person's session, without the password's hash."""
    with client.session_transaction() as session:
        session["_user_id"] = person.fs_uniquifier
        session["_fresh"] = True
        session["fs_paa"] = time.time()


def make_meeting(
    slug: str = "haarlem",
    *,
    days: Sequence[tuple[date, str, str, int]] = ((date(2026, 6, 4), "13:30", "17:00", 25),),
    state: MeetingState = MeetingState.OPEN,
    **fields: Any,
) -> Meeting:
    """A meeting, open to register; each day is (date, opens, closes, capacity)."""
    known = {
        "title": "Een inloop voor jongeren: hoe begint u?",
        "city": slug.title(),
        "venue": "Pakhuis De Linde",
        "address": "Voorbeeldgracht 4",
        "region": "Noord-Holland",
        "created_at": NOON,
        "updated_at": NOON,
    }
    meeting = Meeting(slug=slug, state=state, **(known | fields))
    for number, (day, opens, closes, capacity) in enumerate(days, 1):
        starts, ends = wall_time.fromisoformat(opens), wall_time.fromisoformat(closes)
        meeting.days.append(
            MeetingDay(
                date=day,
                opens=starts,
                closes=ends,
                starts_at=at_wall(day, starts),
                ends_at=at_wall(day, ends),
                capacity=capacity,
                uid=f"{slug}-{number}@outreach.example",
                created_at=NOON,
                revised_at=NOON,
            )
        )
    db.session.add(meeting)
    db.session.flush()
    return meeting


def make_wanted(meeting: Meeting, n: int = 1, **fields: Any) -> Wanted:
    """What the so-manieth person fills in: by default for all days."""
    known: dict[str, Any] = {
        "name": f"Noor de Wit {n}",
        "email": f"raadslid{n}@raad.example",
        "role": VisitorRole.RAADSLID,
        "day_ids": tuple(day.id for day in meeting.days),
    }
    return Wanted(**(known | fields))


def make_registration(meeting: Meeting, n: int = 1, **fields: Any) -> Registration:
    """Someone who registered through the form, with the mail that follows."""
    wanted = make_wanted(meeting, n, **fields)
    return registering.register(meeting, wanted, links=MEETING_LINKS, now=NOON).registration
