"""Whole situations, made quickly: a letter to every gemeente with what came of it."""

from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select

from outreach.accounts.models import Sender
from outreach.answers.models import Answer, Source, Status
from outreach.campaigns.models import (
    Campaign,
    CampaignState,
    Recipients,
    Step,
    StepState,
    StepText,
)
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    Function,
    Gemeente,
    Office,
    Suppression,
    SuppressionReason,
)
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from tests.conftest import NOON
from tests.factories import make, make_sender

_numbers = count(1)
MAIL = """{{aanhef}}

Wilt u de brief in de bijlage doorsturen naar de leden van de raad van {{gemeente}}? De brief kan \
op de lijst ingekomen stukken, ter kennisname.

Met vriendelijke groet,

{{afzender}}
"""
REMINDER = """{{aanhef}}

Op {{eerste_brief.datum}} stuurden wij u een brief voor de raad van {{gemeente}}. Wij weten niet \
of de brief bij u is aangekomen. Wilt u ons dat laten weten? Dat kan met één klik.

Met vriendelijke groet,

{{afzender}}
"""
FORWARDED = ("Aa en Hunze", "Deventer", "Goes", "Leiden", "Sittard-Geleen", "Tilburg")
FORWARDED += ("Heerenveen", "Amersfoort", "Hoorn", "Zeist", "Zutphen", "Veendam")
LOST = ("Borger-Odoorn", "Hulst", "Ouder-Amstel", "Simpelveld")
UNREACHED = "Vlieland"
OBJECTS = "Renswoude"


def make_griffies(most: int = 342) -> None:
    """A griffie with a confirmed address in every gemeente (or some) that has none yet."""
    have = select(Office.gemeente_code).where(Office.gemeente_code.is_not(None))
    lacking = select(Gemeente.code, Gemeente.search_key).where(Gemeente.code.not_in(have))
    codes = list(db.session.execute(lacking.order_by(Gemeente.code.desc()).limit(most)))
    base = 1000 * next(_numbers)
    rows: dict[Any, list[dict[str, Any]]] = {Office: [], Contact: [], Address: []}
    for n, (code, key) in enumerate(codes, base):
        email = f"griffie@{key.replace(' ', '')}.example"
        rows[Office].append({"id": n, "gemeente_code": code, "function": Function.GRIFFIER})
        rows[Contact].append({"id": n, "office_id": n, "created_at": NOON, "changed_at": NOON})
        rows[Address].append(
            {
                "id": n,
                "contact_id": n,
                "email": email,
                "address_key": email,
                "basis": Basis.PUBLISHED,
                "confirmed_at": NOON,
                "preferred": True,
                "created_at": NOON,
            }
        )
    for table, values in rows.items():
        db.session.execute(insert(table), values)
    db.session.commit()


def make_letter(name: str = "Oproep eenzaamheid", *, sender: Sender | None = None) -> Campaign:
    """A running letter with a reminder, nothing sent yet."""
    campaign = Campaign(
        sender_id=(sender or make_sender()).id,
        name=name,
        slug=f"{name.lower().replace(' ', '-')}-{next(_numbers)}",
        kenmerk="NE-2026-014",
        variants=["raad"],
        state=CampaignState.RUNNING,
        created_at=NOON - timedelta(days=3),
        started_at=NOON - timedelta(days=3),
    )
    campaign.steps = [
        Step(position=1, send_at=NOON, send_at_wall="2026-03-23T09:00"),
        Step(
            position=2,
            recipients=Recipients.NOT_ANSWERED,
            send_at=datetime.fromisoformat("2026-04-10T07:00+00:00"),
            send_at_wall="2026-04-10T09:00",
        ),
    ]
    words = [("Maak eenzaamheid onderwerp van uw raadsprogramma", MAIL), ("Herinnering", REMINDER)]
    for step, (subject, mail) in zip(campaign.steps, words, strict=True):
        text = StepText(variant="raad", number=1, subject=subject, mail=mail)
        text.actor, text.created_at = "system", NOON
        step.texts.append(text)
    return make(campaign)


def make_sent(campaign: Campaign, *, uncertain: int = 0, waiting: int = 0) -> None:
    """The first letter left to every griffie but two; answers came in since."""
    step = campaign.steps[0]
    step.state, step.queued_at = StepState.QUEUED, NOON
    rows = db.session.execute(
        select(Gemeente.name, Gemeente.code, Contact.id, Address.email)
        .join(Office, Office.gemeente_code == Gemeente.code)
        .join(Contact, Contact.office_id == Office.id)
        .join(Address, Address.contact_id == Contact.id)
        .where(
            Gemeente.name.not_in((UNREACHED, OBJECTS)),
            Contact.id.not_in(select(Message.contact_id).where(Message.step_id == step.id)),
        )
        .order_by(Gemeente.code)
    ).all()
    messages, silent = [], []
    for n, (name, code, contact_id, email) in enumerate(rows):
        state = State.REFUSED if name in LOST else State.ACCEPTED
        if name not in (*LOST, *FORWARDED):
            silent.append(code)
            state = State.QUEUED if len(silent) <= waiting else state
            if waiting < len(silent) <= waiting + uncertain:
                state = State.UNCERTAIN
        messages.append(_message(campaign, n, code, contact_id, email, state))
    db.session.execute(insert(Message), messages)
    db.session.execute(insert(Answer), _answers(campaign, rows, silent[waiting + uncertain :]))
    db.session.add(
        Suppression(
            address_key=f"griffie@{OBJECTS.lower()}.example",
            reason=SuppressionReason.ASKED,
            since=NOON - timedelta(days=40),
            actor="system",
        )
    )
    db.session.commit()


def _message(
    campaign: Campaign, n: int, code: str, contact_id: int, email: str, state: State
) -> dict[str, Any]:
    at = NOON + timedelta(seconds=2 * n)
    number = next(_numbers)
    reply = {
        State.ACCEPTED: "250 2.0.0 Ok: queued",
        State.REFUSED: "550 5.1.1 postbus bestaat niet",
    }
    return {
        "kind": Kind.LETTER,
        "dedupe_key": f"scene:{number}",
        "sender_id": campaign.sender_id,
        "step_id": campaign.steps[0].id,
        "text_id": campaign.steps[0].texts[0].id,
        "variant": "raad",
        "gemeente_code": code,
        "contact_id": contact_id,
        "address": email,
        "address_key": email,
        "message_id": f"<scene{number}@ademruimte.example>",
        "state": state,
        "reply": reply.get(state, ""),
        "created_at": NOON,
        "not_before": NOON,
        "submitting_at": None if state is State.QUEUED else at,
        "accepted_at": at if state is State.ACCEPTED else None,
    }


def _answers(campaign: Campaign, rows: Any, silent: list[str]) -> list[dict[str, Any]]:
    days = (0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 7, 8, 9, 10, 11, 15, 16)
    forwarded = [code for name, code, *_ in rows if name in FORWARDED]
    received = silent[::4][:61]
    given = [(code, Status.DOORGESTUURD, True) for code in forwarded]
    given += [(code, Status.ONTVANGEN, False) for code in received]
    return [
        {
            "campaign_id": campaign.id,
            "gemeente_code": code,
            "body": "raad",
            "status": status,
            "stops": stops,
            "source": Source.LINK if n % 2 else Source.MAIL,
            "evidence": "griffie, op de antwoordpagina" if n % 2 else "mail van de griffie",
            "actor": f"link:{code}",
            "at": NOON + timedelta(days=days[n % len(days)], minutes=13 * (n % 30)),
        }
        for n, (code, status, stops) in enumerate(given)
    ]


def make_draft(name: str, *, sender: Sender | None = None) -> Campaign:
    """A letter that has not started, with a PDF and a reminder after eighteen days."""
    campaign = make_letter(name, sender=sender)
    campaign.state, campaign.started_at, campaign.pdf_letter = CampaignState.DRAFT, None, True
    first, reminder = campaign.steps
    first.send_at = datetime.fromisoformat("2026-04-13T08:00+00:00")
    first.send_at_wall = "2026-04-13T10:00"
    for step in campaign.steps:
        step.texts[0].letter = "Geachte leden van de raad,\n\nWij vragen u om een plek."
    reminder.send_at, reminder.send_at_wall = None, ""
    reminder.after_days, reminder.after_at = 18, time(9, 0)
    reminder.not_in_recess = True
    db.session.commit()
    return campaign


def accept_waiting(slug: str, most: int) -> None:
    """The relay takes some of the letters that wait."""
    waiting = db.session.scalars(
        select(Message)
        .join(Step, Step.id == Message.step_id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(Campaign.slug == slug, Message.state == State.QUEUED)
        .limit(most)
    )
    for message in waiting:
        message.state, message.accepted_at = State.ACCEPTED, NOON
    db.session.commit()
