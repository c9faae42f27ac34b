"""The versions of a step's words: who wrote them, what changed, which letters had them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import func, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.campaigns import attached
from outreach.campaigns.models import Campaign, CampaignState, Step, StepText
from outreach.db import db
from outreach.delivery.models import Message
from outreach.errors import Refused, Unknown
from outreach.letters import differences
from outreach.letters.differences import Piece


@dataclass(frozen=True)
class Version:
    """One version of a step's words for one body."""

    text: StepText
    author: str  #: "Marit Zuidema", as screens say it
    letters: int  #: made with it
    subject: Sequence[Piece]  #: with what changed since the version before
    mail: Sequence[Piece]
    letter: Sequence[Piece]
    files: Sequence[tuple[str, str]]  #: which attachments differ: ("vervangen", "oproep.pdf")


class WrittenMeanwhile(Refused):
    """Someone else saved another version since this one was opened."""


def of(step: Step, variant: str) -> list[Version]:
    """Every version, newest first."""
    texts = [text for text in step.texts if text.variant == variant]
    counted = select(Message.text_id, func.count()).where(Message.step_id == step.id)
    letters = {row[0]: row[1] for row in db.session.execute(counted.group_by(Message.text_id))}
    first = StepText(subject="", mail="", letter="", attached=[])
    return [
        Version(
            text=new,
            author=audit.name_of(new.actor),
            letters=letters.get(new.id, 0),
            subject=differences.between(old.subject, new.subject),
            mail=differences.between(old.mail, new.mail),
            letter=differences.between(old.letter, new.letter),
            files=attached.differences(
                attached.of(old, step.campaign), attached.of(new, step.campaign)
            ),
        )
        for old, new in pairwise([first, *texts])
    ][::-1]


def newest(step: Step, variant: str) -> int:
    """The number of the version that a letter would be made with; 0 when there is none."""
    return max((text.number for text in step.texts if text.variant == variant), default=0)


def expect(step: Step, variant: str, number: int) -> None:
    """
    :raises WrittenMeanwhile: the newest version is no longer the one with this number
    """
    texts = [text for text in step.texts if text.variant == variant]
    if texts and texts[-1].number != number:
        raise WrittenMeanwhile(
            f"{audit.name_of(texts[-1].actor)} bewaarde intussen een andere tekst. Wat u schreef, "
            "staat hier nog. Bewaart u opnieuw, dan geldt uw tekst; de andere blijft bij Versies."
        )


def restore(step: Step, variant: str, number: int, *, by: Actor, now: datetime) -> StepText:
    """Make an older version the newest again, as a version of its own.

    :raises Refused: the letter has begun
    :raises Unknown: there is no such version
    """
    campaign: Campaign = step.campaign
    if campaign.state is not CampaignState.DRAFT:
        raise Refused(f"“{campaign.name}” is al begonnen. Wat verstuurd is, verandert niet meer.")
    texts = {text.number: text for text in step.texts if text.variant == variant}
    old = texts.get(number)
    if old is None:
        raise Unknown(f"Er is geen versie {number} van deze tekst.")
    again = StepText(
        variant=variant,
        number=max(texts) + 1,
        subject=old.subject,
        mail=old.mail,
        letter=old.letter,
        actor=by.key,
        created_at=now,
    )
    step.texts.append(again)
    db.session.flush()
    audit.record(
        "restore text",
        f"campaign:{campaign.id}",
        by=by,
        now=now,
        sender_id=campaign.sender_id,
        step=step.position,
        version=number,
    )
    return again
