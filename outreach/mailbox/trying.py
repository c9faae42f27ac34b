"""Trying a rule on the mail that is kept, before it is made. Nothing changes."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import func, select

from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.arrivals import Incoming, OwnRule, Place
from outreach.delivery.incoming import parsing
from outreach.delivery.incoming.parsing import Mail, Unreadable
from outreach.delivery.incoming.telling import Kind
from outreach.errors import Unknown
from outreach.ledger import incoming
from outreach.mailbox import own_rules, taking
from outreach.mailbox.taking import Origin, Verdict

MOST_SHOWN = 25
MOST_JUDGED = 100  #: mails that fit, the newest; each is read and judged again
MOST_LOOKED_AT = 5000  #: senders and subjects, the newest


@dataclass(frozen=True)
class Change:
    """A kept mail, and what a rule would have made of it."""

    mail: Incoming
    now: str  #: Dutch: what it is
    then: str  #: Dutch: what it would be


@dataclass(frozen=True)
class Trial:
    """What a rule would have done."""

    fit: int  #: kept mails of its senders, with its words
    changes: tuple[Change, ...]  #: the newest first, at most `MOST_SHOWN`


def try_out(rule: OwnRule, *, store: Store, now: datetime) -> Trial:
    """Judge the kept mails that a rule fits, with it and without."""
    ids = _fitting(rule)
    mails = db.session.scalars(select(Incoming).where(Incoming.id.in_(ids[:MOST_JUDGED])))
    newest = sorted(mails, key=lambda one: ids.index(one.id))
    found = (change for one in newest if (change := _change(rule, one, store, now)))
    return Trial(len(ids), tuple(islice(found, MOST_SHOWN)))


def _fitting(rule: OwnRule) -> list[int]:
    rows = (
        select(Incoming.id, Incoming.from_email, Incoming.subject)
        .where(Incoming.state != Place.REMOVED, Incoming.raw_sha256.is_not(None))
        .order_by(Incoming.received_at.desc(), Incoming.id.desc())
        .limit(MOST_LOOKED_AT)
    )
    if rule.sender:
        of_them = func.lower(Incoming.from_email)
        rows = rows.where(of_them.endswith(rule.sender, autoescape=True))
    found = db.session.execute(rows)
    return [id_ for id_, sender, subject in found if own_rules.fits(rule, sender, subject)]


def _change(rule: OwnRule, kept: Incoming, store: Store, now: datetime) -> Change | None:
    mail = _read(kept, store)
    if mail is None:
        return None
    origin = Origin(at=kept.received_at, sender_id=kept.sender_id)
    without = taking.judge_by(None, mail, origin, now=now)
    ruled = taking.judge_by(rule, mail, origin, now=now)
    if not ruled.rule or _ends(without) == _ends(ruled):
        return None
    then = own_rules.WORDS[rule.outcome]
    waits = (
        " (wacht op de gemeente)" if ruled.told.kind is Kind.RECEIPT and not ruled.settled else ""
    )
    return Change(kept, _is(kept), then + waits)


def _read(kept: Incoming, store: Store) -> Mail | None:
    """None when its file is gone or cannot be read: then no rule has a say in it, either."""
    try:
        return parsing.read(store.get(kept.raw_sha256 or ""))
    except (Unknown, Unreadable):
        return None


def _ends(verdict: Verdict) -> tuple[Kind, bool]:
    return verdict.told.kind, verdict.settled or verdict.told.quiet


def _is(kept: Incoming) -> str:
    what = incoming.what(kept)
    return f"{what}, wacht" if kept.state is Place.WAITING else what
