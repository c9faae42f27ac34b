"""How we know that someone gets nothing: looked up once for a whole step."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from outreach.answers import replying
from outreach.answers.models import LETS_REMIND, Answer
from outreach.campaigns import conditions, registered
from outreach.campaigns.audience import REASONS
from outreach.campaigns.models import Campaign, CampaignState, Recipients, Step
from outreach.clock import dutch_date
from outreach.contacts import suppression
from outreach.contacts.models import Suppression
from outreach.db import db
from outreach.delivery.models import Message
from outreach.events.models import Meeting, Registration
from outreach.letters import dutch

#: Dutch, and since when it is so.
Known = tuple[str, datetime | None]


class Evidence:
    """Of a step: what says why someone in its audience gets nothing.

    `row` is one of `audience.members`, or a message.
    """

    def __init__(self, step: Step) -> None:
        campaign, to = step.campaign, conditions.of(step)
        self._question = to.question
        self._answers = _answers(campaign, Answer.stops.is_(True))
        self._came = registered.by_body(campaign)
        silent = to.recipients is Recipients.SILENT
        self._receipts = _answers(campaign, Answer.status.in_(LETS_REMIND)) if silent else {}
        self._suppressions = _suppressions(campaign)
        self._first = _first_letters(campaign)
        self._replies = replying.standing(campaign.id) if to.question else {}
        self._visitors = _visitors(to.meeting) if to.meeting else {}
        self._by_reason: dict[str, Callable[[Any], Known | None]] = {
            "answered": self._answered,
            "declined": self._answered,
            "receipt": self._confirmed,
            "suppressed": self._suppressed,
            "bounced": self._first_letter,
            "uncertain": self._first_letter,
            "replied": self._replied,
            "not-replied": self._replied,
            "registered": self._registered,
        }

    def of(self, reason: str, row: Any) -> Known:
        look = self._by_reason.get(reason)
        known = look(row) if look else None
        return known or (REASONS.get(reason, reason), None)

    def _answered(self, row: Any) -> Known | None:
        answer = self._answers.get((row.variant, row.gemeente_code))
        if answer is None:
            came = self._came.get((row.variant, row.gemeente_code))
            return (f"aanmelding: {came.evidence}", came.at) if came else None
        return f"{answer.status}: {answer.evidence or answer.source}", answer.at

    def _confirmed(self, row: Any) -> Known | None:
        receipt = self._receipts.get((row.variant, row.gemeente_code))
        if receipt is None:
            return None
        return f"{receipt.status}: {receipt.evidence or receipt.source}", receipt.at

    def _suppressed(self, row: Any) -> Known | None:
        keys = suppression.keys_of(row.address_key, row.gemeente_code)
        entry = next((self._suppressions[key] for key in keys if key in self._suppressions), None)
        return (_objected(entry, row.address_key), entry.since) if entry else None

    def _first_letter(self, row: Any) -> Known | None:
        first = self._first.get((row.variant, row.gemeente_code))
        if first is None:
            return None
        if first.bounced_at is not None:
            # Its relay took it: what that said is no longer the news.
            back = dutch.day_date(dutch_date(first.bounced_at))
            return f"de eerste brief kwam terug op {back}", first.bounced_at
        return first.reply or first.reason or first.state.value, first.submitting_at

    def _replied(self, row: Any) -> Known:
        said = self._replies.get((row.gemeente_code or "", row.variant), {})
        if (replied := said.get(self._question)) is None:
            return "beantwoordde deze vraag niet", None
        words = ", ".join(f"“{one}”" for one in replied.values)
        return f"zei {words}: {replied.answer.evidence or replied.answer.source}", replied.answer.at

    def _registered(self, row: Any) -> Known | None:
        if row.gemeente_code not in self._visitors:
            return None
        count, since = self._visitors[row.gemeente_code]
        people = dutch.plural(count, "persoon is", "personen zijn")
        first = dutch.day_date(dutch_date(since))
        return f"{people} aangemeld uit deze gemeente, de eerste op {first}", since


def _answers(campaign: Campaign, such: ColumnElement[bool]) -> dict[tuple[str, str], Answer]:
    """By body and gemeente the first such answer that stands."""
    rows = select(Answer).where(Answer.campaign_id == campaign.id, such, Answer.undone_at.is_(None))
    found: dict[tuple[str, str], Answer] = {}
    for answer in db.session.scalars(rows.order_by(Answer.at, Answer.id)):
        found.setdefault((answer.body, answer.gemeente_code), answer)
    return found


def _suppressions(campaign: Campaign) -> dict[str, Suppression]:
    rows = select(Suppression).where(
        Suppression.lifted_at.is_(None),
        (Suppression.sender_id == campaign.sender_id) | Suppression.sender_id.is_(None),
    )
    return {row.address_key: row for row in db.session.scalars(rows)}


def _first_letters(campaign: Campaign) -> dict[tuple[str, str | None], Message]:
    if campaign.state is CampaignState.DRAFT or not campaign.steps:
        return {}
    rows = select(Message).where(Message.step_id == campaign.steps[0].id)
    return {(one.variant, one.gemeente_code): one for one in db.session.scalars(rows)}


def _visitors(slug: str) -> dict[str, tuple[int, datetime]]:
    """Per gemeente how many come to this meeting, and when the first registered."""
    rows = db.session.execute(
        select(Registration.gemeente_code, func.count(), func.min(Registration.registered_at))
        .join(Meeting, Meeting.id == Registration.meeting_id)
        .where(
            Meeting.slug == slug,
            Registration.cancelled_at.is_(None),
            Registration.gemeente_code.is_not(None),
        )
        .group_by(Registration.gemeente_code)
    )
    return {code or "": (count, since) for code, count, since in rows}


def _objected(entry: Suppression, key: str) -> str:
    about = "" if entry.address_key == key else f", {suppression.said(entry.address_key)}"
    return f"geen-postlijst ({entry.reason}{about}) sinds {entry.since:%d-%m-%Y}"
