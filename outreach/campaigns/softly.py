"""A soft start: a few gemeenten get a letter first, and the rest only when that goes well."""

import zlib
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from sqlalchemy import select

from outreach.campaigns import audience, windows
from outreach.campaigns.models import Campaign, Step
from outreach.clock import at_wall, dutch_date, to_wall
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.letters import dutch

#: What a letter that is written in the browser offers.
USUAL = 10
LONGEST = 240  #: hours until the rest goes


def first(step: Step, *, now: datetime) -> frozenset[str] | None:
    """The codes of the gemeenten that get the letter first; None when all get it at once.

    Those that were chosen, as far as they get the letter; else spread over the provinces, and for
    each letter others.
    """
    campaign = step.campaign
    if step.position != 1 or not campaign.soft_first:
        return None
    people = audience.members(step, now=now).order_by(None).subquery()
    rows = db.session.execute(
        select(Gemeente.province, Gemeente.code)
        .join(people, people.c.gemeente_code == Gemeente.code)
        .where(people.c.reason.is_(None))
        .distinct()
    ).all()
    chosen = {code for _province, code in rows} & set(campaign.soft_gemeenten)
    if chosen or not rows:
        return frozenset(chosen) or None
    by_province: dict[str, list[str]] = defaultdict(list)
    for province, code in sorted(rows, key=lambda row: _lot(campaign, row.code)):
        by_province[province].append(code)
    in_turn = chain.from_iterable(zip_longest(*by_province.values()))
    return frozenset([code for code in in_turn if code][: campaign.soft_first])


def rest_at(campaign: Campaign, starts: datetime) -> datetime:
    """When the rest is due, for a letter of which the first are due at `starts`."""
    opens = windows.next_opening(campaign, starts)
    if campaign.soft_hours is not None:
        return opens + timedelta(hours=campaign.soft_hours)
    return at_wall(windows.add_working_days(dutch_date(opens), 1), to_wall(opens).time())


def said(campaign: Campaign) -> str:
    """
    >>> said(Campaign(soft_first=10))
    'eerst 10 gemeenten, de rest de volgende werkdag'
    """
    if not campaign.soft_first:
        return ""
    some = dutch.plural(campaign.soft_first, "gemeente", "gemeenten")
    hours = campaign.soft_hours
    rest = "de volgende werkdag" if hours is None else f"na {hours} uur"
    return f"eerst {some}, de rest {rest}"


def after_first(campaign: Campaign, count: int = 0) -> str:
    """What the rest waits for: "na de eerste 10"."""
    return f"na de eerste {dutch.number(count or campaign.soft_first)}"


def _lot(campaign: Campaign, code: str) -> int:
    """A gemeente's place in the row: the same each time it is asked, and per letter another."""
    return zlib.crc32(f"{campaign.slug}:{code}".encode())
