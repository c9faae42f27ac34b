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
    happenings = timeline.of_gemeente(code)
    successor = gemeente.successor_code and db.session.get(Gemeente, gemeente.successor_code)
    return Dossier(
        gemeente,
        happenings,
        _letters(code, happenings),
        directory.of_gemeente(code),
        successor or None,
        directory.without_address(code),
    )


def _letters(code: str, happenings: list[Happening]) -> list[tuple[Campaign, Standing]]:
    stands = lines.where(select(Campaign.id), code)
    here = [campaign_id for campaign_id, found in stands.items() if code in found]
    known = {one.campaign.id: one.campaign for one in happenings if one.campaign}
    if lacking := set(here) - known.keys():
        more = db.session.scalars(select(Campaign).where(Campaign.id.in_(lacking)))
        known |= {one.id: one for one in more}
    newest = sorted(here, key=lambda n: (known[n].created_at, n), reverse=True)
    return [(known[n], stands[n][code]) for n in newest]
