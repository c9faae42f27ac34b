"""All gemeenten in one list: how a letter stands with each, and whom we write to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from outreach.campaigns.models import Campaign, CampaignState, Step
from outreach.contacts import directory, gemeenten
from outreach.contacts.directory import Entry, Reach
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.ledger import standing
from outreach.ledger.standing import GemeenteStanding, Standing


@dataclass(frozen=True)
class Line:
    """One gemeente."""

    gemeente: Gemeente
    mailbox: Entry | None  #: of its griffie
    row: GemeenteStanding | None  #: of the letter that is chosen

    @property
    def standing(self) -> Standing:
        return self.row.standing if self.row else Standing.NOG_NIET

    @property
    def reachable(self) -> bool:
        return self.mailbox is not None and self.mailbox.reach is Reach.CONFIRMED


def everything(campaign: Campaign | None) -> list[Line]:
    """Every gemeente in the order of its name. The same few queries, whatever there is."""
    rows = {row.code: row for row in standing.per_gemeente(campaign)} if campaign else {}
    mailboxes = directory.griffies()
    known = db.session.scalars(select(Gemeente).order_by(Gemeente.sort_key))
    return [Line(one, mailboxes.get(one.code), rows.get(one.code)) for one in known]


def chosen(
    lines: Iterable[Line],
    *,
    text: str = "",
    province: str = "",
    stands: Standing | None = None,
    unreachable: bool = False,
) -> list[Line]:
    """Those that a search and filters leave."""
    text = " ".join(text.split())
    codes = {one.code for one in gemeenten.search(text, 400)} if text else None
    return [
        line
        for line in lines
        if (codes is None or line.gemeente.code in codes)
        and (not province or line.gemeente.province == province)
        and (stands is None or line.standing is stands)
        and not (unreachable and line.reachable)
    ]


def counts(lines: Iterable[Line]) -> dict[Standing, int]:
    """How many stand where, those with none left out."""
    counted = Counter(line.standing for line in lines)
    return {one: counted[one] for one in Standing if counted[one]}


def letters() -> list[Campaign]:
    """Letters that began: what a list of gemeenten can be about. First what left last."""
    left = (
        select(Step.campaign_id, func.max(Step.queued_at).label("at"))
        .group_by(Step.campaign_id)
        .subquery()
    )
    begun = (
        select(Campaign)
        .join(left, left.c.campaign_id == Campaign.id)
        .where(Campaign.state != CampaignState.DRAFT)
        .order_by(left.c.at.is_(None), left.c.at.desc(), Campaign.created_at.desc())
    )
    return list(db.session.scalars(begun.order_by(Campaign.id.desc())))
