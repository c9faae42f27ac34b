"""Writing down what a gemeente said to a campaign's questions, and what all of them said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.accounts.audit import Actor
from outreach.answers import questions, recording
from outreach.answers.models import Answer, Reply, Source, Status
from outreach.answers.questions import Question
from outreach.db import db
from outreach.errors import Invalid

Values = tuple[str, ...]


@dataclass(frozen=True)
class Replied:
    """What one body of a gemeente said to one question, at its newest."""

    values: Values
    answer: Answer  #: that it came with: who, when and how we know


def reply(
    campaign_id: int,
    gemeente_code: str,
    given: Mapping[Question, Sequence[str]],
    *,
    body: str,
    source: Source,
    by: Actor,
    now: datetime,
    evidence: str = "",
) -> Answer:
    """Record replies to questions, as an answer of the gemeente (`antwoord`) that has them.

    The same replies given again while they stand are the answer that stands.

    :raises Invalid: nothing was filled in, or something that is no choice
    """
    values = {one: questions.check(one, sent) for one, sent in given.items()}
    filled = {one: value for one, value in values.items() if value}
    if not filled:
        raise Invalid("Vul bij ten minste één vraag een antwoord in.")
    note = "; ".join(questions.said(one, value) for one, value in filled.items())
    answer = recording.record(
        campaign_id,
        gemeente_code,
        Status.ANTWOORD,
        body=body,
        source=source,
        by=by,
        now=now,
        note=_short(note),
        evidence=evidence,
    )
    if not db.session.scalar(select(Reply.id).where(Reply.answer_id == answer.id).limit(1)):
        for one, value in filled.items():
            db.session.add(Reply(answer_id=answer.id, key=one.key, values=list(value)))
        db.session.flush()
    return answer


def standing(campaign_id: int) -> dict[tuple[str, str], dict[str, Replied]]:
    """Per gemeente and body what it said to each question, by the question's key.

    Of several that stand the newest holds.
    """
    rows = db.session.execute(
        select(Reply, Answer)
        .join(Answer, Answer.id == Reply.answer_id)
        .where(Answer.campaign_id == campaign_id, Answer.undone_at.is_(None))
        .order_by(Answer.at, Reply.id)
    )
    found: dict[tuple[str, str], dict[str, Replied]] = {}
    for one, answer in rows:
        said = found.setdefault((answer.gemeente_code, answer.body), {})
        said[one.key] = Replied(tuple(one.values), answer)
    return found


def counts(
    asked: Sequence[Question], given: Mapping[tuple[str, str], Mapping[str, Replied]]
) -> dict[str, Counter[str]]:
    """Per question how often each option was chosen; of a question in words, how often at all."""
    found: dict[str, Counter[str]] = {one.key: Counter() for one in asked}
    for replies in given.values():
        for key, replied in replies.items():
            if key in found:
                found[key].update(replied.values)
    return found


def _short(note: str) -> str:
    """A note as long as one may be: the replies themselves are kept whole."""
    most = recording.LONGEST_NOTE
    return note if len(note) <= most else f"{note[: most - 1]}…"
