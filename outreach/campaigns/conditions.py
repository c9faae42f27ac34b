"""To whom of the audience a step goes: who answered, what was said, who comes to a meeting.

The conditions stand in the step's row, and are asked as SQL over `step`: of people for the plan
and the queue, of a message for the claim and the mark.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import aliased

from outreach.answers import questions
from outreach.answers.models import LETS_REMIND, Answer, Reply, Status
from outreach.campaigns import registered
from outreach.campaigns.json_texts import json_texts
from outreach.campaigns.models import Campaign, Recipients, Step
from outreach.contacts.models import Contact, Function, Office
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.errors import Invalid
from outreach.events.models import Meeting, Registration

#: Of these each person registers for themselves; a griffie or college is its whole gemeente.
PERSONS = (Function.RAADSLID, Function.WETHOUDER, Function.BURGEMEESTER, Function.PARTNER)
#: The codes of `unmet`, as screens and plans say them.
REASONS = {
    "answered": "gaf antwoord",
    "declined": "wil over deze brief geen herinnering",
    "no-receipt": "bevestigde de ontvangst niet",
    "receipt": "bevestigde de ontvangst",
    "other-text": "kreeg deze herinnering in de andere tekst",
    "replied": "beantwoordde de vraag al",
    "not-replied": "gaf een ander of geen antwoord op de vraag",
    "registered": "is al aangemeld",
    "not-registered": "is niet aangemeld",
}
#: Between them everyone who did not answer: a reminder may have a text for each.
TEXTS_OF_ONE = (Recipients.SILENT, Recipients.RECEIPT)
_MOMENT = ("send_at", "after_days", "after_working", "after_at", "before", "council_days")
#: What did not leave, or still asks before it does.
_NOT_GONE = (
    State.QUEUED,
    State.DEFERRED,
    State.CANCELLED,
    State.SUPPRESSED,
    State.REFUSED,
    State.EXPIRED,
)

# Made once: a new alias per question costs more than the question.
_OTHER = Step.__table__.alias("other_text")
_GONE = Message.__table__.alias("letter_in_other_text")


@dataclass(frozen=True)
class To:
    """Whom of the audience a step goes to; all of it has to hold."""

    recipients: Recipients = Recipients.ALL
    question: str = ""  #: a key: who gave one of `answers`, or without those: who gave no reply
    answers: tuple[str, ...] = ()
    meeting: str = ""  #: a slug: who is registered for it, or who is not
    registered: bool = False

    @property
    def everyone(self) -> bool:
        return self == To()


@dataclass(frozen=True)
class Target:
    """One possible letter, as column expressions of whatever holds it; its step is `Step`."""

    sender_id: ColumnElement[Any]
    gemeente_code: ColumnElement[Any]
    contact_id: ColumnElement[Any]
    variant: ColumnElement[Any]
    address_key: ColumnElement[Any]


def of(step: Step) -> To:
    """What stands in the step's row."""
    return To(
        step.recipients,
        step.question or "",
        tuple(step.question_answers),
        step.meeting or "",
        step.meeting_registered,
    )


def put(step: Step, to: To) -> None:
    step.recipients = to.recipients
    step.question, step.question_answers = to.question or None, list(to.answers)
    step.meeting, step.meeting_registered = to.meeting or None, to.registered


def check(to: To, asked: Iterable[questions.Question]) -> None:
    """
    :raises Invalid: a question that the letter does not ask, or an answer that is no option
    """
    if not to.question:
        return
    known = {one.key: one for one in asked}
    if to.question not in known:
        names = ", ".join(known) or "geen"
        raise Invalid(f"De vraag ‘{to.question}’ staat niet in deze brief; bekend zijn {names}.")
    if known[to.question].options:
        questions.check(
            questions.Question(
                to.question, "", questions.QuestionType.SEVERAL, known[to.question].options
            ),
            to.answers,
        )


def follows() -> ColumnElement[bool]:
    """SQL over `step`: it goes only where the first letter arrived."""
    return or_(
        Step.recipients != Recipients.ALL, Step.question.is_not(None), Step.meeting.is_not(None)
    )


def unmet(target: Target) -> list[tuple[ColumnElement[bool], str]]:
    """SQL over `step`: what a letter does not meet, each with its code of REASONS.

    The first two come before what became of the first letter. A step without conditions is asked
    about its own columns only, and not about any other row.
    """
    is_all = Step.recipients == Recipients.ALL
    asks, comes = Step.question.is_not(None), Step.meeting.is_not(None)
    said = json_texts(Step.question_answers).table_valued("value", name="wanted")
    some = select(literal(1)).select_from(said).exists()
    return [
        (and_(~is_all, _answered(target)), "answered"),
        (and_(is_all, follows(), _said(target, Status.NIET_BENADEREN)), "declined"),
        (
            and_(Step.recipients == Recipients.RECEIPT, ~_said(target, *LETS_REMIND)),
            "no-receipt",
        ),
        (and_(Step.recipients == Recipients.SILENT, _said(target, *LETS_REMIND)), "receipt"),
        (
            and_(or_(Step.recipients.in_(TEXTS_OF_ONE), comes), _had_other_text(target)),
            "other-text",
        ),
        (and_(asks, ~some, _newest(target, Reply.id).is_not(None)), "replied"),
        (and_(asks, some, ~_chose(target)), "not-replied"),
        (and_(comes, ~Step.meeting_registered, _registered(target)), "registered"),
        (and_(comes, Step.meeting_registered, ~_registered(target)), "not-registered"),
    ]


class Timed(Protocol):
    """A step, in a file or in its row: whom it goes to, and what its moment hangs on."""

    @property
    def recipients(self) -> Recipients: ...
    @property
    def send_at(self) -> datetime | None: ...
    @property
    def after_days(self) -> int | None: ...
    @property
    def after_working(self) -> bool: ...
    @property
    def after_at(self) -> time | None: ...
    @property
    def before(self) -> str | None: ...
    @property
    def meeting(self) -> str | None: ...
    @property
    def meeting_registered(self) -> bool: ...
    @property
    def council_days(self) -> int | None: ...


def is_other_text(one: Timed, other: Timed) -> bool:
    """Whether these are one reminder at one moment, in two texts."""
    return differ_by_receipt(one, other) or differ_by_registration(one, other)


def differ_by_receipt(one: Timed, other: Timed) -> bool:
    """One reminder: for who confirmed receipt, and for who was silent."""
    return {one.recipients, other.recipients} == set(TEXTS_OF_ONE) and _at_one_moment(one, other)


def differ_by_registration(one: Timed, other: Timed) -> bool:
    """One reminder: for who is registered for a meeting, and for who is not."""
    return (
        bool(one.meeting)
        and one.meeting == other.meeting
        and one.meeting_registered is not other.meeting_registered
        and _at_one_moment(one, other)
    )


def _at_one_moment(one: Timed, other: Timed) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _MOMENT)


def rounds(steps: Sequence[Timed]) -> int:
    """How many moments these have: two texts of one reminder are one."""
    return sum(
        not any(is_other_text(step, before) for before in steps[:n]) for n, step in enumerate(steps)
    )


def in_words(to: To, campaign: Campaign) -> str:
    """
    >>> in_words(To(Recipients.NOT_ANSWERED), Campaign())
    'alleen aan wie nog niet antwoordde'
    """
    parts = {
        Recipients.ALL: [],
        Recipients.NOT_ANSWERED: ["wie nog niet antwoordde"],
        Recipients.RECEIPT: ["wie de ontvangst bevestigde en nog niet antwoordde"],
        Recipients.SILENT: ["wie niet antwoordde en de ontvangst niet bevestigde"],
    }[to.recipients]
    if to.question:
        label = next((q["label"] for q in campaign.questions if q["key"] == to.question), "")
        about = f"“{label or to.question}”"
        chosen = " of ".join(f"“{one}”" for one in to.answers)
        parts.append(
            f"wie bij {about} {chosen} antwoordde" if chosen else f"wie {about} niet beantwoordde"
        )
    if to.meeting:
        title = db.session.scalar(select(Meeting.title).where(Meeting.slug == to.meeting))
        not_ = "" if to.registered else "niet "
        parts.append(f"wie {not_}is aangemeld voor “{title or to.meeting}”")
    counts = campaign.registration_answers and to.recipients is not Recipients.ALL
    also = " (een aanmelding telt als antwoord)" if counts else ""
    return f"alleen aan {', en '.join(parts)}{also}" if parts else ""


def _answered(target: Target) -> ColumnElement[bool]:
    row: Any = Step  # its attributes are columns here, which the types of models hide
    return registered.answered(row.campaign_id, target.gemeente_code, target.variant)


def _said(target: Target, *statuses: Status) -> ColumnElement[bool]:
    answer = aliased(Answer)
    stands = exists().where(*_by(target, answer), answer.status.in_(statuses))
    return stands.correlate_except(answer)


def _had_other_text(target: Target) -> ColumnElement[bool]:
    """SQL: a letter left to this address in the other text of this reminder.

    Its receipt, or a registration, may come in between the two.
    """
    one: Any = Step  # its attributes are columns here, which the types of models hide
    gone = (
        select(literal(1))
        .select_from(_GONE.join(_OTHER, _OTHER.c.id == _GONE.c.step_id))
        .where(
            _GONE.c.gemeente_code == target.gemeente_code,
            _GONE.c.variant == target.variant,
            _GONE.c.address_key == target.address_key,
            _GONE.c.state.not_in(_NOT_GONE),
            _OTHER.c.campaign_id == one.campaign_id,
            or_(
                and_(
                    one.recipients.in_(TEXTS_OF_ONE),
                    _OTHER.c.recipients.in_(TEXTS_OF_ONE),
                    _OTHER.c.recipients != one.recipients,
                ),
                and_(
                    _OTHER.c.meeting == one.meeting,
                    _OTHER.c.meeting_registered != one.meeting_registered,
                ),
            ),
            *(_OTHER.c[name].is_not_distinct_from(getattr(one, name)) for name in _MOMENT),
        )
    )
    return gone.correlate_except(_GONE, _OTHER).exists()


def _by(target: Target, answer: Any) -> list[ColumnElement[bool]]:
    return [
        answer.campaign_id == Step.campaign_id,
        answer.gemeente_code == target.gemeente_code,
        answer.body == target.variant,
        answer.undone_at.is_(None),
    ]


def _newest(target: Target, column: Any) -> ColumnElement[Any]:
    """SQL: of the newest reply to the step's question.

    Without LIMIT, which SQLite writes with a value of its own that a `Prepared` does not know.
    """
    answer, reply = aliased(Answer), aliased(Reply)
    later, newer = aliased(Answer), aliased(Reply)
    beaten = (
        select(literal(1))
        .select_from(newer)
        .join(later, later.id == newer.answer_id)
        .where(
            *_by(target, later),
            newer.key == Step.question,
            or_(later.at > answer.at, and_(later.at == answer.at, newer.id > reply.id)),
        )
        .correlate_except(later, newer)
        .exists()
    )
    newest = (
        select(getattr(reply, column.key))
        .join(answer, answer.id == reply.answer_id)
        .where(*_by(target, answer), reply.key == Step.question, ~beaten)
    )
    return newest.correlate_except(answer, reply).scalar_subquery()


def _chose(target: Target) -> ColumnElement[bool]:
    """SQL: the newest reply has one of the answers that the step is for."""
    wanted = json_texts(Step.question_answers).table_valued("value", name="asked_for")
    given = json_texts(_newest(target, Reply.values)).table_valued("value", name="given_as")
    one = select(literal(1)).select_from(given)
    one = one.where(given.c.value.in_(select(wanted.c.value).correlate_except(wanted)))
    return one.correlate_except(given).exists()


def _registered(target: Target) -> ColumnElement[bool]:
    """SQL: this address is registered, or to a griffie or college: anyone from the gemeente."""
    here, contact = aliased(Registration), aliased(Contact)
    meeting, office = aliased(Meeting), aliased(Office)
    person = (
        select(literal(1))
        .select_from(contact)
        .join(office, office.id == contact.office_id)
        .where(contact.id == target.contact_id, office.function.in_(PERSONS))
        .correlate_except(contact, office)
        .exists()
    )
    comes = (
        select(literal(1))
        .select_from(here)
        .join(meeting, meeting.id == here.meeting_id)
        .where(meeting.slug == Step.meeting, here.cancelled_at.is_(None))
        .correlate_except(here, meeting)
    )
    return or_(
        comes.where(here.email_key == target.address_key).exists(),
        and_(~person, comes.where(here.gemeente_code == target.gemeente_code).exists()),
    )
