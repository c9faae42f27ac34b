"""A registration as an answer, of campaigns that say so.

Nothing is written down for it: the registration is the evidence, and one that is cancelled is
none from that moment on. Who comes from a gemeente answers for the body they belong to; a guest
from a care organisation answers for nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, null, or_, select
from sqlalchemy.orm import aliased

from outreach.answers import recording
from outreach.campaigns.json_texts import json_texts
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date
from outreach.db import db
from outreach.events.admitting import OF_RAAD
from outreach.events.models import Meeting, Registration, VisitorRole
from outreach.letters import dutch

OF_COLLEGE = (VisitorRole.WETHOUDER, VisitorRole.BURGEMEESTER, VisitorRole.AMBTENAAR)

# Made once: every mark of a reminder asks, and an alias per question costs more than the question.
_CAMPAIGN = aliased(Campaign, name="counting")
_HERE = aliased(Registration, name="counted")
_MEETING = aliased(Meeting, name="counted_for")
_body: ColumnElement[Any] = case(
    (_HERE.role.in_(OF_RAAD), "raad"),
    (_HERE.role.in_(OF_COLLEGE), "college"),
    else_=null(),
)


@dataclass(frozen=True)
class Came:
    """The first registration of a body that counts."""

    role: VisitorRole
    meeting: str  #: its title
    at: datetime

    @property
    def evidence(self) -> str:
        """
        >>> from outreach.clock import at_wall
        >>> from datetime import date, time
        >>> at = at_wall(date(2026, 4, 2), time(9))
        >>> Came(VisitorRole.RAADSLID, "Samen verder", at).evidence
        'raadslid meldde zich op do 2 april aan voor “Samen verder”'
        """
        day = dutch.day_date(dutch_date(self.at))
        return f"{self.role} meldde zich op {day} aan voor “{self.meeting}”"


def answered(
    campaign_id: ColumnElement[int] | int,
    gemeente_code: ColumnElement[str] | str,
    body: ColumnElement[str] | str,
) -> ColumnElement[bool]:
    """Whether reminders stop: an answer stands that says so, or a registration that counts.

    SQL for a statement on other tables.
    """
    counts = _counting(1).where(
        _CAMPAIGN.id == campaign_id, _HERE.gemeente_code == gemeente_code, _body == body
    )
    stands = counts.correlate_except(_CAMPAIGN, _HERE, _MEETING).exists()
    return or_(recording.answered(campaign_id, gemeente_code, body), stands)


def counting() -> Select[Any]:
    """SQL: campaign_id, gemeente_code, body, role, meeting (its title), registration_id and at of
    every registration that counts as an answer."""
    return _counting(
        _CAMPAIGN.id.label("campaign_id"),
        _HERE.gemeente_code.label("gemeente_code"),
        _body.label("body"),
        _HERE.role.label("role"),
        _MEETING.title.label("meeting"),
        _HERE.id.label("registration_id"),
        _HERE.registered_at.label("at"),
    )


def firsts(campaign: Campaign, *, body: str | None = None) -> Select[Any]:
    """SQL: the columns of `counting`, of the first that counts from each gemeente.

    :param body: of this body alone; the first of either when None
    """
    rank = func.row_number().over(
        partition_by=_HERE.gemeente_code, order_by=(_HERE.registered_at, _HERE.id)
    )
    rows = counting().where(_CAMPAIGN.id == campaign.id).add_columns(rank.label("rank"))
    found = (rows if body is None else rows.where(_body == body)).subquery("registered")
    return select(found).where(found.c.rank == 1)


def gemeenten(slugs: Sequence[str]) -> Select[Any]:
    """SQL: the codes of gemeenten that answer any of these letters by a registration."""
    return _counting(_HERE.gemeente_code).where(_CAMPAIGN.slug.in_(slugs)).correlate(None)


def by_body(campaign: Campaign) -> dict[tuple[str, str], Came]:
    """By body and gemeente the first that counts; no query where the campaign counts none."""
    if not campaign.registration_answers:
        return {}
    rows = db.session.execute(counting().where(_CAMPAIGN.id == campaign.id))
    found: dict[tuple[str, str], Came] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.registration_id)):
        found.setdefault((row.body, row.gemeente_code), Came(row.role, row.meeting, row.at))
    return found


def _counting(*columns: Any) -> Select[Any]:
    meant = json_texts(_CAMPAIGN.meetings).table_valued("value", name="meant")
    written = json_texts(_CAMPAIGN.variants).table_valued("value", name="written")
    return (
        select(*columns)
        .select_from(_CAMPAIGN)
        .join(_MEETING, _MEETING.slug.in_(select(meant.c.value).correlate(_CAMPAIGN)))
        .join(_HERE, _HERE.meeting_id == _MEETING.id)
        .where(
            _CAMPAIGN.registration_answers,
            _body.in_(select(written.c.value).correlate(_CAMPAIGN)),
            and_(_HERE.gemeente_code.is_not(None), _HERE.cancelled_at.is_(None)),
            _HERE.hold_until.is_(None),  # nobody said yet that it was them
        )
    )
