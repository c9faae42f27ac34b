"""What a person is told of by the second way: each thing once, whoever notices it.

Written down first, sent afterwards, never in the transaction of what it is about.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.accounts import choices
from outreach.campaigns.models import Campaign, CampaignState
from outreach.clock import dutch_date, system_now
from outreach.db import db
from outreach.delivery.models import Alert, Relay
from outreach.events import recounting
from outreach.ledger import doubts, incoming
from outreach.ledger.doubts import Doubt
from outreach.letters import dutch

LONG_DOWN = timedelta(minutes=30)
#: After a try that failed.
PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
OFFICE = "/kantoor/"


def note(*, at: datetime) -> int:
    """Write down what a person must be told and was not; return how many things.

    :param at: the system's clock
    """
    seen = (*_paused(), *_relays(at), *_mailboxes(at), *_doubts(), *_seats())
    return sum(_add(*one, at) for one in seen)


def due(at: datetime) -> list[Alert]:
    """What is to be told now, the oldest first."""
    waiting = select(Alert).where(Alert.next_at <= at).order_by(Alert.at, Alert.key)
    return list(db.session.scalars(waiting))


def tried(alert: Alert, fault: str, *, at: datetime) -> bool:
    """Note a try to tell it; return whether this is the first that failed."""
    alert.tries += 1
    again = PAUSES[alert.tries - 1 : alert.tries] if fault else ()
    alert.next_at = at + again[0] if again else None
    return bool(fault) and alert.tries == 1


def once_a_day(key: str, now: datetime) -> bool:
    """Whether this is asked for the first time on this Dutch day."""
    key = f"{key}:{dutch_date(now)}"
    if db.session.get(Alert, key) is not None:
        return False
    db.session.add(Alert(key=key, what="day", sentence="", path=OFFICE, at=system_now(), tries=0))
    db.session.flush()
    return True


def _add(keys: list[str], what: str, sentence: str, path: str, at: datetime) -> int:
    """Tell of all of `keys` at once, if any of them is new."""
    known = set(db.session.scalars(select(Alert.key).where(Alert.key.in_(keys))))
    fresh = [key for key in keys if key not in known]
    for n, key in enumerate(fresh):
        alert = Alert(key=key, what=what, sentence=sentence, path=path, at=at, tries=0)
        alert.next_at = at if n == 0 else None
        db.session.add(alert)
    return bool(fresh)


def _paused() -> Iterable[tuple[list[str], str, str, str]]:
    ours = select(Campaign).where(
        Campaign.state == CampaignState.PAUSED, Campaign.pause_reason != ""
    )
    for one in db.session.scalars(ours):
        sentence = f"“{one.name}” is gestopt met versturen: {one.pause_reason}"
        key = f"paused:{one.id}:{one.paused_at.isoformat() if one.paused_at else ''}"
        yield [key], "paused", sentence, f"/kantoor/brieven/{one.slug}"


def _relays(at: datetime) -> Iterable[tuple[list[str], str, str, str]]:
    down = select(Relay).where(Relay.failures > 0, Relay.down_since <= at - LONG_DOWN)
    for relay in db.session.scalars(down):
        if relay.down_since is not None:
            since = dutch.day_time(relay.down_since)
            sentence = f"Sinds {since} gaat er geen post weg. {relay.fault}"
            key = f"relay:{relay.key}:{relay.down_since.isoformat()}"
            yield [key], "relay-down", sentence, OFFICE


def _mailboxes(at: datetime) -> Iterable[tuple[list[str], str, str, str]]:
    for box in incoming.broken_mailboxes(since=at - LONG_DOWN):
        if box.down_since is not None:
            since = dutch.day_time(box.down_since)
            sentence = f"Sinds {since} lezen wij geen reacties. {box.fault}"
            key = f"mailbox:{box.key}:{box.down_since.isoformat()}"
            yield [key], "mailbox-down", sentence, OFFICE


def _seats() -> Iterable[tuple[list[str], str, str, str]]:
    if found := choices.noted(recounting.FOUND):
        sentence = f"De telling van plaatsen klopt niet. {found['sentence']}"
        yield [f"seats:{found['since']}"], "seats", sentence, "/kantoor/bijeenkomsten/"


def _doubts() -> Iterable[tuple[list[str], str, str, str]]:
    """All of one letter at once: a machine that stops may leave many."""
    per_letter: dict[str, list[Doubt]] = {}
    for doubt in doubts.everything():
        per_letter.setdefault(doubt.campaign.name if doubt.campaign else "", []).append(doubt)
    for name, those in per_letter.items():
        keys = [f"doubt:{doubt.message.id}:{doubt.message.fence}" for doubt in those]
        many = dutch.plural(len(those), "brief", "brieven") if name else "Een bericht"
        of = f" van “{name}”" if name else ""
        verb = "is" if len(those) == 1 or not name else "zijn"
        path = f"/kantoor/onzeker/{those[0].message.id}" if len(those) == 1 else "/kantoor/onzeker/"
        yield keys, "doubt", f"{many}{of} {verb} misschien verstuurd.", path
