"""Kladden: what someone is writing and did not save yet, kept while it is typed.

A klad is one person's, of one text; it is no version, no letter is made with it and nobody else
sees it. It leaves no line in the audit: it changes nothing but what its writer reads next.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.campaigns.files import Text
from outreach.campaigns.models import CampaignState, Step, StepDraft
from outreach.campaigns.writing import AlreadyStarted, current_texts
from outreach.db import db
from outreach.errors import Invalid
from outreach.letters.word import LARGEST_TEXT

KEPT = timedelta(days=60)  #: then nobody remembers writing it


def of(step: Step, variant: str, person_id: int) -> StepDraft | None:
    """What this person was writing, if it differs from what is saved."""
    return db.session.scalar(
        select(StepDraft).where(
            StepDraft.step_id == step.id,
            StepDraft.variant == variant,
            StepDraft.coordinator_id == person_id,
        )
    )


def keep(
    step: Step,
    variant: str,
    person_id: int,
    *,
    subject: str,
    text: Text,
    based_on: int,
    now: datetime,
) -> None:
    """Keep what someone is writing in place of what they wrote before.

    :param based_on: the number of the version that was opened
    :raises AlreadyStarted: the letter has begun
    :raises Invalid: it is longer than any letter
    """
    if step.campaign.state is not CampaignState.DRAFT:
        raise AlreadyStarted(
            f"“{step.campaign.name}” is al begonnen: de tekst verandert niet meer."
        )
    if max(len(subject), len(text.mail), len(text.letter)) > LARGEST_TEXT:
        raise Invalid("De tekst is te lang om te bewaren. Maak hem korter.")
    newest = current_texts(step).get(variant)
    saved = (newest.subject, newest.mail, newest.letter) if newest else ("", "", "")
    if (subject, text.mail, text.letter) == tuple(map(str.strip, saved)):
        drop(step, variant, person_id)
        return
    words = {"subject": subject, "mail": text.mail, "letter": text.letter}
    given = words | {"based_on": based_on, "saved_at": now}
    whose = {"step_id": step.id, "variant": variant, "coordinator_id": person_id}
    kind = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    # Two tabs may be first at once.
    db.session.execute(
        kind.insert(StepDraft)
        .values(whose | given)
        .on_conflict_do_update(index_elements=list(whose), set_=given)
    )
    db.session.execute(delete(StepDraft).where(StepDraft.saved_at < now - KEPT))


def drop(step: Step, variant: str, person_id: int) -> None:
    """Forget it: it was saved, or its writer does not want it."""
    db.session.execute(
        delete(StepDraft).where(
            StepDraft.step_id == step.id,
            StepDraft.variant == variant,
            StepDraft.coordinator_id == person_id,
        )
    )
