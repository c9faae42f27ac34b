"""Coordinators' own rules about mail: by sender or subject, what nobody needs to look at.

A rule never makes an answer, a bounce or an objection, and never takes one away. It decides what
would wait unrecognised; only "laat wachten" and "niet van een gemeente" also reach receipts and
absences, and the latter nothing that belongs to a letter of ours.
"""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers.models import Status
from outreach.db import db
from outreach.delivery.arrivals import Outcome, OwnRule
from outreach.delivery.incoming.parsing import Mail
from outreach.delivery.incoming.telling import Kind, Standing, Told
from outreach.errors import Invalid, Refused, Unknown
from outreach.mailbox.belonging import PUBLIC, Belonging

#: What a rule does, as screens say it.
WORDS = {
    Outcome.NOT_OURS: "niet van een gemeente",
    Outcome.RECEIPT: "ontvangstbevestiging",
    Outcome.AWAY: "afwezig",
    Outcome.WAIT: "laat wachten",
}
MOST = 200
SHORTEST, LONGEST = 4, 200  #: characters of the words in a subject
_SENDER = re.compile(r"[^\s@,;<>\"]*@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
#: What a mail can be that a rule may decide at all.
_OPEN = (Kind.UNRESOLVED, Kind.RECEIPT, Kind.OUT_OF_OFFICE)
_TAKES_SOMETHING = (Kind.BOUNCE, Kind.UNSUBSCRIBE, Kind.COMPLAINT)
_RECEIPTS = (Status.ONTVANGEN, Status.IN_BEHANDELING)


def drawn(sender: str, words: str, outcome: str, *, by: Actor, now: datetime) -> OwnRule:
    """A rule as someone fills it in, not kept yet: to be tried.

    :raises Invalid: it would fit everything or nothing, or does what no rule does
    """
    sender, words = sender.strip().lower(), " ".join(words.split())
    if not sender and not words:
        raise Invalid("Vul een afzender in, of woorden uit het onderwerp.")
    if sender and not (_SENDER.fullmatch(sender) and len(sender) <= LONGEST):
        raise Invalid("Schrijf een heel adres, of een @ met een domein, zoals @nieuws.example.")
    if sender.startswith("@") and sender[1:] in PUBLIC and not words:
        raise Invalid(
            f"Iedereen kan van {sender} schrijven. Vul een heel adres in,"
            " of ook woorden uit het onderwerp."
        )
    if words and not SHORTEST <= len(words) <= LONGEST:
        raise Invalid(f"Vul woorden in van samen {SHORTEST} tot {LONGEST} tekens.")
    try:
        does = Outcome(outcome)
    except ValueError:
        raise Invalid(f"Kies wat de regel doet: {', '.join(Outcome)}.") from None
    return OwnRule(sender=sender, words=words, outcome=does, made_by=by.key, made_at=now)


def make(sender: str, words: str, outcome: str, *, by: Actor, now: datetime) -> OwnRule:
    """Make a rule, for mail that comes in from now on.

    :raises Invalid: see `drawn`
    :raises Refused: there is one for these senders and words, or there are too many
    """
    rule = drawn(sender, words, outcome, by=by, now=now)
    if (db.session.scalar(select(func.count()).select_from(OwnRule)) or 0) >= MOST:
        raise Refused(f"Er zijn al {MOST} regels. Verwijder eerst een andere.")
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    values: dict[str, Any] = {
        "sender": rule.sender,
        "words": rule.words,
        "outcome": rule.outcome,
        "made_by": rule.made_by,
        "made_at": rule.made_at,
    }
    new = dialect.insert(OwnRule).values(values).on_conflict_do_nothing()
    made = db.session.scalar(new.returning(OwnRule.id))
    if made is None:
        raise Refused("Er is al een regel voor deze afzender en woorden. Verwijder die eerst.")
    audit.record("make mail rule", f"own_rule:{made}", by=by, now=now, outcome=rule.outcome.value)
    return db.session.get_one(OwnRule, made)


def remove(rule_id: int, *, by: Actor, now: datetime) -> None:
    """Switch a rule off. What it decided stays as it is.

    :raises Unknown: it is gone already
    """
    gone = delete(OwnRule).where(OwnRule.id == rule_id).returning(OwnRule.id)
    if db.session.scalar(gone) is None:
        raise Unknown("Deze regel is er niet meer.")
    audit.record("remove mail rule", f"own_rule:{rule_id}", by=by, now=now)


def listed() -> list[OwnRule]:
    """All rules, in the order in which they are asked: what is said most exactly comes first."""
    return sorted(db.session.scalars(select(OwnRule)), key=_exactness)


def first(from_email: str, subject: str) -> OwnRule | None:
    """The rule that fits a mail, if any."""
    return next((one for one in listed() if fits(one, from_email, subject)), None)


def fits(rule: OwnRule, from_email: str, subject: str) -> bool:
    """Whether a mail is of its senders and has its words in the subject, in small or capitals."""
    sender = from_email.lower()
    if rule.sender.startswith("@"):
        if not sender.endswith(rule.sender):
            return False
    elif rule.sender and sender != rule.sender:
        return False
    return rule.words.casefold() in " ".join(subject.split()).casefold()


def may_decide(outcome: Outcome, told: Told, mail: Mail, found: Belonging) -> bool:
    """Whether a rule has a say in a mail that is this without it."""
    if mail.cut or told.quiet or told.kind not in _OPEN or told.guess in _TAKES_SOMETHING:
        return False
    if outcome is Outcome.WAIT:
        return True
    if outcome is Outcome.NOT_OURS:
        names_ours = found.in_thread or found.message is not None
        return not names_ours and found.standing is not Standing.GRIFFIE
    # Who says what was done with a letter is read by a person, whatever the subject says.
    done = any(one.status not in _RECEIPTS for one in told.said)
    return told.kind is Kind.UNRESOLVED and not done


def sentence(rule: OwnRule) -> str:
    """The rule in words: "mail van @nieuws.example → niet van een gemeente"."""
    sender = f" van {rule.sender}" if rule.sender else ""
    words = f" met “{rule.words}” in het onderwerp" if rule.words else ""
    return f"mail{sender}{words} → {WORDS[rule.outcome]}"


def _exactness(rule: OwnRule) -> tuple[bool, bool, bool, int]:
    of_domain = rule.sender.startswith("@")
    return (not rule.sender or of_domain, not rule.sender, not rule.words, rule.id or 0)
