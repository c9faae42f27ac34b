"""Three questions after a meeting. Each answer is added to a count, and kept with nobody."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from outreach.db import db
from outreach.errors import Invalid, Refused
from outreach.events.models import Meeting, PlaceState, Registration
from outreach.wording import N_, _

#: By key: the question, and its answers by key.
QUESTIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "waarde": (
        N_("Had u iets aan deze bijeenkomst?"),
        {"veel": N_("Ja, veel"), "iets": N_("Ja, iets"), "niets": N_("Nee")},
    ),
    "verder": (
        N_("Gaat uw gemeente met het onderwerp verder?"),
        {"ja": N_("Ja"), "misschien": N_("Misschien"), "nee": N_("Nee")},
    ),
    "contact": (
        N_("Wilt u dat wij uw griffie bellen over een vervolg?"),
        {"ja": N_("Ja"), "nee": N_("Nee")},
    ),
}
CAME = (PlaceState.CONFIRMED, PlaceState.DOOR)


def may_answer(registration: Registration, *, now: datetime) -> bool:
    """Whether someone was there, it is over, and they did not answer yet."""
    days = [place.day for place in registration.places if place.state in CAME]
    over = bool(days) and all(day.ends_at <= now for day in days)
    return over and registration.cancelled_at is None and registration.asked_at is None


def give(registration: Registration, answers: Mapping[str, str], *, now: datetime) -> None:
    """Count someone's answers, once; which were whose is not kept.

    :raises Invalid: no answer at all, or one that is not in the list
    :raises Refused: they answered before, or were not there
    """
    good = {key: value for key, value in answers.items() if value}
    if not good:
        raise Invalid(_("U hebt nog niets gekozen. Beantwoord ten minste één vraag."))
    for key, value in good.items():
        if key not in QUESTIONS or value not in QUESTIONS[key][1]:
            raise Invalid(_("Kies een antwoord dat in de lijst staat."))
    claimed = db.session.execute(
        update(Registration)
        .where(Registration.id == registration.id, Registration.asked_at.is_(None))
        .values(asked_at=now)
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if claimed is None:
        raise Refused(_("U hebt deze vragen al beantwoord. Dank u wel."))
    query = select(Meeting).where(Meeting.id == registration.meeting_id).with_for_update()
    meeting: Meeting = db.session.scalars(query.execution_options(populate_existing=True)).one()
    counts = {key: dict(those) for key, those in meeting.feedback.items()}
    for key, value in good.items():
        those = counts.setdefault(key, {})
        those[value] = those.get(value, 0) + 1
    meeting.feedback = counts
    db.session.flush()
    db.session.refresh(registration, ["asked_at"])
