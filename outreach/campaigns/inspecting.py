"""The check before sending (controle vóór verzenden): each text, and all its readers."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from outreach.campaigns import audience, meetings, rendering, scheduling
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.campaigns.rendering import Edition, Recipient
from outreach.campaigns.writing import current_texts
from outreach.clock import dutch_date
from outreach.contacts import people
from outreach.contacts.models import Contact, Gemeente, Office
from outreach.db import db
from outreach.letters import checking, dutch, placeholders
from outreach.letters.checking import Draft, Finding, Severity


def findings(campaign: Campaign, *, now: datetime) -> list[Finding]:
    """Everything the check finds; errors refuse the start, warnings are acknowledged."""
    found: list[Finding] = list(meetings.findings(campaign))
    for step in campaign.steps:
        for text in current_texts(step).values():
            found += checking.check(_draft(campaign, step, text, now))
        found += _readers(step, now)
        found += _bodies_without_text(step)
    return found


def _draft(campaign: Campaign, step: Step, text: StepText, now: datetime) -> Draft:
    due = scheduling.due_at(step)
    return Draft(
        subject=text.subject,
        mail=text.mail,
        letter=text.letter,
        attachments=tuple(one.filename for one in campaign.attachments),
        step=step.position,
        variant=text.variant,
        pdf_letter=campaign.pdf_letter,
        send_on=dutch_date(due or now),
    )


def _readers(step: Step, now: datetime) -> Iterator[Finding]:
    """Whether anyone gets the step, and whether every value that the text names is there."""
    place = f"stap {step.position}"
    rows = [r for r in db.session.execute(audience.members(step, now=now)) if r.reason is None]
    if not rows:
        yield Finding(
            "no-recipients",
            Severity.ERROR if step.position == 1 else Severity.WARNING,
            f"Niemand krijgt stap {step.position}: er is geen adres dat wij mogen mailen.",
            place,
        )
    lacking: dict[str, list[str]] = {}
    for recipient in _recipients(step, rows, dutch_date(scheduling.due_at(step) or now)):
        given = rendering.values(recipient)
        words = f"{recipient.text.subject}\n{recipient.text.mail}\n{recipient.text.letter}"
        for name in placeholders.missing(words, given):
            if placeholders.meeting_of(name) is not None:
                continue  # equal for all of them: `meetings` says it once
            lacking.setdefault(name, []).append(recipient.email)
    for name, emails in lacking.items():
        more = f" en {dutch.number(len(emails) - 3)} andere" if len(emails) > 3 else ""
        yield Finding(
            "missing-value",
            Severity.ERROR,
            f"Bij {', '.join(emails[:3])}{more} is er niets om bij {{{{{name}}}}} in te vullen.",
            place,
        )


def _recipients(step: Step, rows: Sequence[Any], planned: date) -> Iterator[Recipient]:
    texts = current_texts(step)
    contacts = _contacts([row.contact_id for row in rows])
    with_partners = select(Gemeente).options(selectinload(Gemeente.regions))
    gemeenten = {one.code: one for one in db.session.scalars(with_partners)}
    first = rendering.planned_first(step, planned)
    invited_to = meetings.of(db.session(), step.campaign)
    editions = {
        variant: Edition(step.campaign, step, text, invited_to) for variant, text in texts.items()
    }
    for row in rows:
        yield Recipient(
            editions.get(row.variant) or editions[step.campaign.variants[0]],
            who=people.addressee(contacts[row.contact_id]),
            gemeente=gemeenten.get(row.gemeente_code),
            variant=row.variant,
            email=row.email,
            planned=planned,
            first=first,
        )


def _contacts(ids: list[int]) -> dict[int, Contact]:
    found: dict[int, Contact] = {}
    for start in range(0, len(ids), 500):
        some = select(Contact).where(Contact.id.in_(ids[start : start + 500]))
        some = some.options(joinedload(Contact.office).joinedload(Office.gemeente))
        found |= {contact.id: contact for contact in db.session.scalars(some)}
    return found


def _bodies_without_text(step: Step) -> Iterator[Finding]:
    texts = current_texts(step)
    for variant in step.campaign.variants:
        if variant not in texts:
            yield Finding(
                "no-own-text",
                Severity.WARNING,
                f"Het {variant} krijgt bij stap {step.position} de tekst van de raad."
                if variant == "college"
                else f"De {variant} heeft bij stap {step.position} geen eigen tekst.",
                f"stap {step.position}",
            )
