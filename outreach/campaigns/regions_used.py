"""Which letters and selecties speak of a region: it stays while they do."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from outreach.campaigns.models import Campaign, CampaignState, Selection
from outreach.db import db

_OPEN = (CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED)


def names(region_id: int) -> list[str]:
    """Of letters that may still leave, and of selecties."""
    campaigns = db.session.scalars(select(Campaign).where(Campaign.state.in_(_OPEN)))
    letters = [one.name for one in campaigns if str(region_id) in _in_audience(one.audience)]
    found = db.session.scalars(select(Selection).order_by(Selection.name))
    return letters + [one.name for one in found if str(region_id) in _in_rows(one.expression)]


def _in_audience(audience: dict[str, Any]) -> list[str]:
    left_out = audience.get("except") or {}
    return [*map(str, audience.get("region", [])), *map(str, left_out.get("region", []))]


def _in_rows(part: Any) -> Iterator[str]:
    """The values of every row about regions, however deep."""
    if isinstance(part, list):
        for one in part:
            yield from _in_rows(one)
    elif isinstance(part, dict):
        if part.get("field") == "region":
            value = part.get("value")
            yield from map(str, value if isinstance(value, list) else [value])
        for one in part.values():
            yield from _in_rows(one)
