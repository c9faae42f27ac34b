"""Writing down what a gemeente did with a letter, and taking that back."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import aliased

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers.choices import CHOICES, RAAD
from outreach.answers.handling import Handling
from outreach.answers.models import LETS_REMIND, Answer, Source, Status
from outreach.contacts import channels
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid, Unknown

LONGEST_NOTE = 1000


class UnknownStatus(Invalid):
    """A word that is no answer."""


def record(
    campaign_id: int,
    gemeente_code: str,
    status: str,
    *,
    body: str,
    source: Source,
    by: Actor,
    now: datetime,
    on_date: date | None = None,
    note: str = "",
    evidence: str = "",
    stops: bool | None = None,
    handling: str = "",
    url: str = "",
) -> Answer:
    """Write down one answer of one body of a gemeente to a campaign's letter.

    The same answer (status, date, note, handling, link, source) given again while it stands
    is the answer that stands: a form sent twice leaves one row.

    :param status: a Status, or the key of an outcome of the campaign's own
    :param evidence: Dutch, how we know: "griffie, op de antwoordpagina"
    :param stops: whether reminders stop; only an outcome of the campaign's own needs it
    :param handling: a Handling, of a letter that the raad had on its list
    :param url: where that can be read
    :raises UnknownStatus: not a Status, and `stops` is not said
    """
    note = " ".join(note.split())
    url = channels.web_address(url)
    _check_handling(handling, status, body)
    _check(gemeente_code, status, body, note, stops)
    given = Answer(
        campaign_id=campaign_id,
        gemeente_code=gemeente_code,
        body=body,
        status=status,
        stops=stops if stops is not None else status not in LETS_REMIND,
        on_date=on_date,
        note=note,
        handling=handling,
        url=url,
        source=source,
        evidence=evidence,
        actor=by.key,
        actor_name=by.name,
        at=now,
    )
    if (standing := _same(given)) is not None:
        return standing
    db.session.add(given)
    db.session.flush()
    audit.record(
        "record answer", f"answer:{given.id}", by=by, now=now,
        campaign=campaign_id, gemeente=gemeente_code, body=body, status=status,
    )  # fmt: skip
    return given


def undo(answer: Answer, *, by: Actor, now: datetime) -> bool:
    """Take an answer back. It stays on file as undone; False when it already was."""
    done = db.session.scalar(
        update(Answer)
        .where(Answer.id == answer.id, Answer.undone_at.is_(None))
        .values(undone_at=now, undone_by=by.key)
        .returning(Answer.id)
    )
    if done is None:
        return False
    db.session.refresh(answer)
    audit.record("undo answer", f"answer:{answer.id}", by=by, now=now, status=answer.status)
    return True


def standing_answers(campaign_id: int) -> list[Answer]:
    """Every answer to the campaign that is not undone, oldest first."""
    answers = select(Answer).where(Answer.campaign_id == campaign_id, Answer.undone_at.is_(None))
    return list(db.session.scalars(answers.order_by(Answer.at, Answer.id)))


def answered(
    campaign_id: ColumnElement[int] | int,
    gemeente_code: ColumnElement[str] | str,
    body: ColumnElement[str] | str,
) -> ColumnElement[bool]:
    """Whether an answer stands that stops reminders, as SQL for a statement on other tables."""
    answer = aliased(Answer)
    stands = exists().where(
        answer.campaign_id == campaign_id,
        answer.gemeente_code == gemeente_code,
        answer.body == body,
        answer.stops,
        answer.undone_at.is_(None),
    )
    return stands.correlate_except(answer)  # also where it stands two questions deep


def _check_handling(handling: str, status: str, body: str) -> None:
    if not handling:
        return
    if handling not in set(Handling):
        raise Invalid(f"“{handling}” is geen uitkomst. Kies uit: {', '.join(Handling)}.")
    if body != RAAD or status not in (Status.OP_LIJST, Status.BESPROKEN):
        raise Invalid(
            "Wat de raad deed hoort bij “op lijst ingekomen stukken” of “besproken”, van de raad."
        )


def _check(gemeente_code: str, status: str, body: str, note: str, stops: bool | None) -> None:
    if body not in CHOICES:
        raise Invalid(f"“{body}” kan niet antwoorden. Kies {' of '.join(CHOICES)}.")
    if stops is None and status not in set(Status):
        raise UnknownStatus(f"“{status}” is geen antwoord. Kies uit: {', '.join(Status)}.")
    if len(note) > LONGEST_NOTE:
        raise Invalid(f"De toelichting is langer dan {LONGEST_NOTE} tekens. Kort haar in.")
    # The row lock makes two equal answers at the same moment wait for each other; it does not
    # wait for the foreign keys of other rows (FOR NO KEY UPDATE). SQLite has one writer anyway.
    known = select(Gemeente.code).where(Gemeente.code == gemeente_code)
    if db.session.scalar(known.with_for_update(key_share=True)) is None:
        raise Unknown(f"De gemeente {gemeente_code} kennen wij niet.")


def _same(given: Answer) -> Answer | None:
    on_date = Answer.on_date
    return db.session.scalar(
        select(Answer).where(
            Answer.campaign_id == given.campaign_id,
            Answer.gemeente_code == given.gemeente_code,
            Answer.body == given.body,
            Answer.status == given.status,
            Answer.note == given.note,
            Answer.handling == given.handling,
            Answer.url == given.url,
            Answer.source == given.source,
            on_date.is_(None) if given.on_date is None else on_date == given.on_date,
            Answer.undone_at.is_(None),
        )
    )
