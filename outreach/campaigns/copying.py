"""A new letter that begins as a copy of an earlier one: an example that one keeps, or last year's.

The copy is a draft of its own: the same texts, audience, questions and attachments (by content,
so their name and hash stay), nothing of what was sent and answered. Moments and meetings that are
past stay behind, and so does the kenmerk: by that the answers to a letter are known.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from outreach.accounts.audit import Actor
from outreach.campaigns import files, meetings, writing
from outreach.campaigns.files import CampaignFile, StepPart
from outreach.campaigns.models import Campaign, Correction, Step
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.errors import Refused


def copy(
    earlier: Campaign, *, name: str = "", slug: str = "", store: Store, by: Actor, now: datetime
) -> Campaign:
    """
    :param name: "Kopie van …" when left out
    :param slug: made of the name when left out, with a number behind it where it is taken
    :raises Refused: another letter has this slug
    """
    name = " ".join(name.split()) or f"Kopie van {earlier.name}"
    if slug and writing.is_taken(slug):
        raise Refused(f"Er is al een brief met de naam “{slug}”. Kies een andere.")
    whole = replace(
        writing.as_file(earlier),
        name=name,
        slug=files.slug_of(slug) if slug else writing.free_slug(files.slug_of(name)),
        kenmerk="",
        in_reply_to=(),
        meetings=(coming := _to_come(earlier, now)),
        registration_answers=earlier.registration_answers and bool(coming),
    )
    attached = {one.filename: store.get(one.sha256) for one in earlier.attachments}
    whole = replace(whole, steps=_steps(earlier, whole, now))
    return writing.write(whole, attached=attached, store=store, by=by, now=now)


def _steps(earlier: Campaign, whole: CampaignFile, now: datetime) -> tuple[StepPart, ...]:
    """Its letters without those that told of a correction."""
    of_notes = select(Correction.note_step_id).where(Correction.note_step_id.is_not(None))
    notes = set(db.session.scalars(of_notes.join(Step, Step.id == Correction.step_id)))
    return tuple(
        _without_past(part, now)
        for step, part in zip(earlier.steps, whole.steps, strict=True)
        if step.id not in notes
    )


def _without_past(part: StepPart, now: datetime) -> StepPart:
    if part.send_at is None or part.send_at > now:
        return part
    return replace(part, send_at=None, send_at_wall="")


def _to_come(earlier: Campaign, now: datetime) -> tuple[str, ...]:
    found = meetings.of(db.session(), earlier)
    return tuple(slug for slug, one in found.items() if any(day.ends_at > now for day in one.days))
