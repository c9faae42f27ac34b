"""A letter as its readers have it, found back from the link in it."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlalchemy import select

from outreach.accounts.audit import Actor
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.campaigns.notices import About
from outreach.clock import dutch_date
from outreach.contacts import suppression
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.delivery.models import Kind, Message, State
from outreach.errors import Unknown
from outreach.letters import dutch, placeholders

#: States in which the letter may be with its reader.
LEFT = (State.SUBMITTING, State.ACCEPTED, State.UNCERTAIN)


@dataclass(frozen=True)
class Received:
    """One campaign's letters to one body of a gemeente: what the answer page is about."""

    campaign: Campaign
    gemeente: Gemeente
    body: str
    messages: tuple[Message, ...]  #: that left, first step first

    @property
    def party(self) -> str:
        article = "de" if self.body == "raad" else "het"
        return f"{article} {self.body} van {self.gemeente.name}"

    @property
    def first(self) -> Message | None:
        return self.messages[0] if self.messages else None

    @property
    def sent_on(self) -> date | None:
        if self.first is None:
            return None
        return dutch_date(self.first.accepted_at or self.first.created_at)

    @property
    def title(self) -> str:
        """The first letter's subject, as this gemeente read it."""
        text_id = self.first and self.first.text_id
        text = db.session.get(StepText, text_id) if text_id else None
        values = {"gemeente": self.gemeente.name, "provincie": self.gemeente.province}
        values |= {"kenmerk": self.campaign.kenmerk, "afzender": self.campaign.sender.name}
        if text is None or placeholders.missing(text.subject, values):
            return self.campaign.name
        return placeholders.fill(text.subject, values)

    @cached_property
    def mailboxes(self) -> list[Message]:
        """The newest message to each mailbox that has a letter and may be written to."""
        wanted = [m for m in self.messages if m.bounced_at is None and m.address_key]  # or erased
        reached = {m.address_key: m for m in wanted}
        sender, code = self.campaign.sender_id, self.gemeente.code
        return [
            m
            for m in reached.values()
            if not suppression.is_suppressed(m.address, sender, gemeente_code=code)
        ]

    @property
    def about(self) -> About:
        day = f" van {dutch.long_date(self.sent_on)}" if self.sent_on else ""
        kenmerk = f", kenmerk {self.campaign.kenmerk}" if self.campaign.kenmerk else ""
        line = f"onze brief “{self.title}”{day}{kenmerk}"
        greeting = "Geachte griffie," if self.body == "raad" else "Geacht college,"
        return About(self.campaign.sender, self.title, self.party, line, greeting)

    @property
    def actor(self) -> Actor:
        return Actor(f"link:{self.gemeente.code}", f"Griffie {self.gemeente.name}")


def find(campaign_id: int, gemeente_code: str, body: str) -> Received:
    """The letter that a link is about.

    :raises Unknown: the campaign is gone
    """
    campaign = db.session.get(Campaign, campaign_id)
    gemeente = db.session.get(Gemeente, gemeente_code)
    if campaign is None or gemeente is None:
        raise Unknown("De brief bij deze link bestaat niet meer.")
    left = (
        select(Message)
        .join(Step, Step.id == Message.step_id)
        .where(
            Message.kind == Kind.LETTER,
            Step.campaign_id == campaign_id,
            Message.gemeente_code == gemeente_code,
            Message.variant == body,
            Message.state.in_(LEFT),
        )
        .order_by(Step.position, Message.id)
    )
    return Received(campaign, gemeente, body, tuple(db.session.scalars(left)))
