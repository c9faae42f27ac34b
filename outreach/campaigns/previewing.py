"""A letter before it leaves: as any recipient gets it, and as a proof to oneself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.accounts import audit, people
from outreach.accounts.audit import Actor
from outreach.campaigns import attached, audience, rendering, scheduling
from outreach.campaigns.models import Campaign, Step
from outreach.campaigns.moments import Facts
from outreach.campaigns.rendering import Recipient, Renderer
from outreach.contacts import addresses
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Kind, Message
from outreach.errors import Invalid, Unknown


@dataclass(frozen=True)
class Candidate:
    """Someone in a step's audience, to leaf through previews with."""

    contact_id: int
    email: str
    gemeente_code: str
    gemeente_name: str
    variant: str
    reason: str | None  #: why this one gets nothing, if so

    @classmethod
    def of(cls, row: Any) -> "Candidate":
        """
        :param row: of `audience.members`
        """
        return cls(
            row.contact_id,
            row.email,
            row.gemeente_code or "",
            row.gemeente_name or "",
            row.variant,
            row.reason,
        )

    @property
    def key(self) -> str:
        """What names one letter to one reader in an address."""
        return f"{self.contact_id}.{self.variant}.{self.gemeente_code}"


def step_at(campaign: Campaign, position: int) -> Step:
    """
    :raises Unknown: the campaign has no such step
    """
    step = next((one for one in campaign.steps if one.position == position), None)
    step = step or next((one for one in campaign.notes if one.position == position), None)
    if step is not None:
        return step
    raise Unknown(f"“{campaign.name}” heeft geen stap {position}.")


def message_for(
    step: Step, email: str, *, gemeente_code: str = "", variant: str = "", renderer: Renderer
) -> Message:
    """The message that an address has, or would get: not added to the outbox.

    :param gemeente_code: which of the letters, where one mailbox gets several
    :raises Unknown: the address is not in the step's audience
    """
    key = addresses.address_key(email)
    sent = select(Message).where(Message.step_id == step.id, Message.address_key == key)
    if gemeente_code:
        sent = sent.where(Message.gemeente_code == gemeente_code)
    if variant:
        sent = sent.where(Message.variant == variant)
    if (message := db.session.scalar(sent.order_by(Message.id).limit(1))) is not None:
        return message
    for row in db.session.execute(audience.members(step, now=renderer.now)):
        fits = not gemeente_code or row.gemeente_code == gemeente_code
        if row.address_key == key and fits and variant in ("", row.variant):
            return _would_get(step, row, renderer)
    raise Unknown(f"{email} hoort niet bij de ontvangers van stap {step.position}.")


def raw(campaign: Campaign, email: str, *, step: int = 1, renderer: Renderer) -> bytes:
    """The exact message (RFC 5322) that an address has, or would get if its step left now.

    :raises Unknown: no such step, or the address is not in its audience
    """
    message = message_for(step_at(campaign, step), email, renderer=renderer)
    return renderer.raw(db.session(), message)


def recipient(message: Message) -> Recipient:
    """Everything that the words of a previewed message use."""
    return rendering.recipient_of(db.session(), message)


def send_proofs(
    message: Message, to: Sequence[str], *, renderer: Renderer, by: Actor, now: datetime
) -> list[str]:
    """Send a letter as its recipient would get it to colleagues; return their addresses.

    :param to: addresses of accounts: a proof never leaves the office
    :raises Invalid: there is none, or one is of nobody who may sign in
    """
    accounts = {one.email: one for one in people.everyone() if one.active}
    wanted = list(dict.fromkeys(one.strip().lower() for one in to if one.strip()))
    if not wanted:
        raise Invalid("Kies ten minste één collega die de proef krijgt.")
    if unknown := [one for one in wanted if one not in accounts]:
        raise Invalid(
            f"Een proef gaat alleen naar iemand met een account: {unknown[0]} heeft er geen."
        )
    for one in wanted:
        send_proof(message, to=one, renderer=renderer, by=by, now=now)
    return wanted


def send_proof(
    message: Message, *, to: str, renderer: Renderer, by: Actor, now: datetime
) -> Message | None:
    """Send a letter as its recipient would get it, to the one who wrote it.

    The links in its foot lead to nothing: they would answer in the gemeente's name.
    """
    shown = recipient(message)
    content = renderer.content(shown, proof=True)
    files = [
        {"filename": one.filename, "content_type": one.content_type, "sha256": one.sha256}
        for one in attached.of(shown.text, shown.campaign)
    ]
    if shown.campaign.pdf_letter:
        name, data = renderer.pdf(shown)
        sha256 = renderer.store.put(data)
        files.insert(0, {"filename": name, "content_type": "application/pdf", "sha256": sha256})
    audit.record(
        "send proof", f"campaign:{shown.campaign.id}", by=by, now=now, step=shown.step.position
    )
    return outbox.queue(
        Kind.PROOF,
        f"proof:{shown.text.id}:{message.contact_id}:{addresses.address_key(to)}:{now.isoformat()}",
        sender_id=shown.sender.id,
        address=to,
        now=now,
        content={
            "subject": f"[Proef] {content.subject}",
            "text": content.text,
            "html": content.html,
            "attachments": files,
        },
        domain=shown.sender.email.rpartition("@")[2],
        key=renderer.links.key,
    )


def _would_get(step: Step, row: Any, renderer: Renderer) -> Message:
    leaves = scheduling.due_at(step, facts=(facts := Facts([step.campaign_id])))
    columns = scheduling.letter_row(
        step, row, key=renderer.links.key, now=renderer.now, facts=facts
    )
    return Message(**(columns | {"not_before": leaves or renderer.now}))
