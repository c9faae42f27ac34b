"""Everything about one gemeente: who works there, what we wrote, what became of it."""

from dataclasses import dataclass

from sqlalchemy import select

from outreach.campaigns.models import Campaign
from outreach.contacts import directory
from outreach.contacts.directory import Entry
from outreach.contacts.models import Contact, Function, Gemeente
from outreach.db import db
from outreach.errors import Unknown
from outreach.ledger import lines, timeline
from outreach.ledger.standing import Standing
from outreach.ledger.timeline import Happening

GRIFFIE = (Function.GRIFFIER, Function.PLV_GRIFFIER)


@dataclass(frozen=True)
class Dossier:
    gemeente: Gemeente
    happenings: list[Happening]  #: newest first
    letters: list[tuple[Campaign, Standing]]  #: newest first; those that reached for it
    entries: list[Entry]
    successor: Gemeente | None
    without_address: list[Contact]

    @property
    def sentence(self) -> str:
        return timeline.sentence(self.gemeente.name, self.happenings)

    @property
    def standing(self) -> Standing:
        """That of the newest letter."""
        return self.letters[0][1] if self.letters else Standing.NOG_NIET

    @property
    def griffie(self) -> list[Entry]:
        return [one for one in self.entries if one.contact.office.function in GRIFFIE]

    @property
    def others(self) -> list[Entry]:
        return [one for one in self.entries if one.contact.office.function not in GRIFFIE]


def of(code: str) -> Dossier:
    """
    :raises Unknown: no gemeente has this code
    """
    gemeente = db.session.get(Gemeente, code)
    if gemeente is None:
        raise Unknown(f"Er is geen gemeente met code {code}.")
    successor = gemeente.successor_code and db.session.get(Gemeente, gemeente.successor_code)
    return Dossier(
        gemeente,
        timeline.of_gemeente(code),
        _letters(code),
        directory.of_gemeente(code),
        successor or None,
        directory.without_address(code),
    )


def _letters(code: str) -> list[tuple[Campaign, Standing]]:
    newest = select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc())
    campaigns = list(db.session.scalars(newest))
    stands = lines.where([campaign.id for campaign in campaigns], code)
    return [
        (campaign, stands[campaign.id][code])
        for campaign in campaigns
        if code in stands[campaign.id]
    ]
