"""Answers that cannot all be true: "niet op de lijst" beside "op de lijst".

Several answers may hold at once, and two people at one gemeente may say different things.
Nothing is decided here: a person takes one back, or lets them stand side by side.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, func, select, update

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers.models import Answer, Status
from outreach.db import db

PASSED_ON = (Status.DOORGESTUURD, Status.OP_LIJST, Status.BESPROKEN)
PARTIES = (Status.GEWEIGERD, *PASSED_ON)


def among(answers: Iterable[Answer]) -> list[Answer]:
    """Of the answers to one letter from one gemeente those that contradict one another; none when
    they do not.
    """
    parties = [one for one in answers if one.undone_at is None and one.status in PARTIES]
    refused = [one for one in parties if one.status == Status.GEWEIGERD]
    return parties if refused and len(refused) < len(parties) else []


def waits(answers: Iterable[Answer]) -> bool:
    """Whether they contradict one another and nobody looked at that."""
    return any(one.kept_at is None for one in among(answers))


def counting() -> ScalarSelect[int]:
    """In SQL: how many gemeenten wait for a person, over all letters."""
    return select(func.count()).select_from(_waiting().subquery()).scalar_subquery()


def waiting() -> list[list[Answer]]:
    """What waits, per letter and gemeente, the oldest answer first; two queries."""
    pairs = {(row.campaign_id, row.gemeente_code) for row in db.session.execute(_waiting())}
    found: dict[tuple[int, str], list[Answer]] = defaultdict(list)
    for one in db.session.scalars(_parties().order_by(Answer.at, Answer.id)) if pairs else ():
        if (one.campaign_id, one.gemeente_code) in pairs:
            found[one.campaign_id, one.gemeente_code].append(one)
    return list(found.values())


def let_stand(campaign_id: int, gemeente_code: str, *, by: Actor, now: datetime) -> int:
    """Let the answers stand beside one another; what comes later is asked about again.

    :returns: how many that were not looked at before
    """
    done = db.session.scalars(
        update(Answer)
        .where(
            Answer.campaign_id == campaign_id,
            Answer.gemeente_code == gemeente_code,
            Answer.undone_at.is_(None),
            Answer.status.in_(PARTIES),
            Answer.kept_at.is_(None),
        )
        .values(kept_at=now, kept_by=by.key)
        .returning(Answer.id)
    ).all()
    if done:
        db.session.expire_all()
        audit.record(
            "let answers stand", f"campaign:{campaign_id}", by=by, now=now, gemeente=gemeente_code
        )
    return len(done)


def _parties() -> Select[Answer]:
    return select(Answer).where(Answer.undone_at.is_(None), Answer.status.in_(PARTIES))


def _waiting() -> Select[int, str]:
    return (
        select(Answer.campaign_id, Answer.gemeente_code)
        .where(Answer.undone_at.is_(None), Answer.status.in_(PARTIES))
        .group_by(Answer.campaign_id, Answer.gemeente_code)
        .having(
            _count(Answer.status == Status.GEWEIGERD) > 0,
            _count(Answer.status != Status.GEWEIGERD) > 0,
            _count(Answer.kept_at.is_(None)) > 0,
        )
    )


def _count(of: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((of, 1), else_=0))
