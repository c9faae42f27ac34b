"""Verbetering sturen: a text or an attachment that turned out wrong while letters leave, or after.

What has not been handed to the mail server gets the new version. What has keeps the version it
had, also when it is in doubt and is sent once more: which version a gemeente has is what its
message says. Who has an older one gets nothing, or a few lines in the thread of that letter.
Those are letters of a step of their own, so that pause, windows, the geen-postlijst and the
promise of never twice hold for them as for any other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, Update, and_, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.campaigns import (
    attached,
    files,
    inspecting,
    running,
    scheduling,
    versions,
    windows,
    writing,
)
from outreach.campaigns.attached import File
from outreach.campaigns.files import CampaignFile, Text
from outreach.campaigns.models import (
    Campaign,
    CampaignState,
    Correction,
    Recipients,
    Step,
    StepState,
    StepText,
)
from outreach.campaigns.running import CheckFailed, Unseen, WrongState
from outreach.campaigns.store import Store
from outreach.campaigns.writing import current_texts
from outreach.clock import to_wall
from outreach.contacts.suppression import suppressed
from outreach.db import db
from outreach.delivery import history, outbox
from outreach.delivery.models import GONE, Kind, Message, State
from outreach.errors import Refused
from outreach.letters.checking import Finding, Severity

#: The position of a campaign's first correction: behind any step.
FIRST_POSITION = 101
#: Told of nothing: it asked for no post, or left.
NEVER = (State.SUPPRESSED, State.CANCELLED)
#: Of a campaign file, beside its audience and its steps.
_KEYS = (
    *("name", "slug", "sender", "kenmerk", "pdf_letter", "questions"),
    *("outcomes", "meetings", "variants", "window"),
    *("handled_by", "direct_phone", "cosigners"),
)
#: What a correction says until someone writes what was wrong.
NOTE = """{{aanhef}}

In onze brief van {{eerste_brief.datum}} stond een fout. 

Met vriendelijke groet,

{{afzender}}"""
SAME = "De tekst en de bijlagen zijn nog dezelfde. Verbeter eerst wat er fout is."


class NothingChanged(Refused):
    """The text is the same as the one that the letters have."""


@dataclass(frozen=True)
class Reach:
    """Whom a correction of a step concerns, in letters."""

    waiting: int  #: have not left: get the new text
    have: int  #: arrived, as far as we know
    doubt: int  #: may have arrived: are told once that is clear

    @property
    def told(self) -> int:
        return self.have + self.doubt


def reach(step: Step) -> Reach:
    """Whom a correction would concern as things stand."""
    rows = db.session.execute(
        select(Message.state, func.count())
        .where(Message.step_id == step.id, Message.bounced_at.is_(None))
        .group_by(Message.state)
    )
    found = {row[0]: row[1] for row in rows}
    return Reach(
        waiting=sum(found.get(state, 0) for state in outbox.WAITS),
        have=found.get(State.ACCEPTED, 0),
        doubt=found.get(State.UNCERTAIN, 0) + found.get(State.SUBMITTING, 0),
    )


def expect_correctable(step: Step) -> None:
    """
    :raises WrongState: its letter has not begun or was stopped, or letters leave right now
    """
    campaign: Campaign = step.campaign
    if step.corrects_id is not None:
        raise WrongState("Een verbetering is zelf niet te verbeteren. Verbeter de brief.")
    if campaign.state not in (CampaignState.RUNNING, CampaignState.PAUSED):
        raise WrongState(
            f"“{campaign.name}” {running.WORDS[campaign.state]}: er valt niets te verbeteren."
        )
    if campaign.state is CampaignState.RUNNING and reach(step).waiting:
        raise WrongState(
            "Er gaan nog brieven weg. Pauzeer de brief eerst, verbeter dan de tekst en hervat."
        )


def correct(
    step: Step,
    words: Mapping[str, tuple[str, Text]],
    *,
    note: str = "",
    going: Sequence[File] | None = None,
    enclose: bool = True,
    expected: Mapping[str, int] | None = None,
    seen: Collection[str] | None = None,
    by: Actor,
    now: datetime,
    key: str,
) -> Correction:
    """Give a step that has begun another text, and tell who has the old one if that is wanted.

    All of it or nothing: the caller commits. Letters that wait get the new text at once.
    Attachments go with every step: letters of other steps that wait get the new ones, too.

    :param words: the subject and the text per body
    :param note: Markdown, to those who have an older text; "" when they get nothing
    :param going: what goes along from now on; None: what went along
    :param enclose: whether what is new of that goes along with the note
    :param expected: per body the newest version that the writer saw
    :param seen: the codes of warnings that a person ticked off; None where nobody can tick
    :param key: signs Message-IDs
    :raises WrongState: see `expect_correctable`; or one is being handed over right now
    :raises NothingChanged: it says what it said
    :raises WrittenMeanwhile: another person corrected it since
    :raises CheckFailed: the check finds errors
    :raises Unseen: it finds warnings that are not among `seen`
    """
    campaign: Campaign = step.campaign
    # Two who correct at once go one after the other, and nobody resumes meanwhile.
    db.session.execute(select(Campaign.id).where(Campaign.id == campaign.id).with_for_update())
    db.session.refresh(campaign)
    db.session.expire(step, ["texts", "state"])
    expect_correctable(step)
    for variant, number in (expected or {}).items():
        versions.expect(step, variant, number)
    old = current_texts(step)
    upto = max(text.id for text in old.values())
    fresh, others = _put_files(campaign, step, going)
    changed = _add_texts(step, old, words, anew=fresh is not None, by=by, now=now)
    if not changed:
        raise NothingChanged(SAME)
    told = reach(step).told
    notes = _note_step(step, old, note, by=by, now=now) if note.strip() and told else None
    if notes is not None and fresh is not None:
        _enclose(notes, fresh if enclose else ())
    _check(step, notes, seen, now)
    for one in others:
        _renew_all(one, by=by, now=now)
    correction = Correction(
        step_id=step.id,
        note_step_id=notes.id if notes else None,
        upto_text_id=upto,
        changed=sum(_renew(step, variant, text.id, by, now) for variant, text in changed.items()),
        actor=by.key,
        made_at=now,
    )
    _expect_none_leaving(step)
    db.session.add(correction)
    db.session.flush()
    if notes is not None:
        _queue_notes(correction, campaign, key=key, now=now)
    more: dict[str, Any] = {} if fresh is None else {"attachments": len(going or ())}
    audit.record(
        "correct text",
        f"campaign:{campaign.id}",
        by=by,
        now=now,
        sender_id=campaign.sender_id,
        step=step.position,
        versions={variant: text.number for variant, text in changed.items()},
        changed=correction.changed,
        told=told if notes else 0,
        **more,
    )
    return correction


@dataclass(frozen=True)
class Proposal:
    """What a correction would do, before anybody says that it must."""

    findings: list[Finding]
    changes: dict[str, versions.Version]  #: per body: the new text, with what differs
    reach: Reach
    files: list[tuple[str, str]]  #: what differs: ("vervangen", "oproep.pdf")

    @property
    def blocked(self) -> bool:
        return any(one.severity is Severity.ERROR for one in self.findings)

    @property
    def warned(self) -> bool:
        return any(one.severity is Severity.WARNING for one in self.findings)


def propose(
    step: Step,
    words: Mapping[str, tuple[str, Text]],
    *,
    note: str = "",
    going: Sequence[File] | None = None,
    enclose: bool = True,
    by: Actor,
    now: datetime,
) -> Proposal:
    """What `correct` would do and what the check says of it; nothing is kept.

    :raises WrongState: see `expect_correctable`
    :raises NothingChanged: it says what it said
    """
    expect_correctable(step)
    with db.session.begin_nested() as tried:
        old, had = current_texts(step), attached.now(step.campaign)
        fresh, _ = _put_files(step.campaign, step, going)
        new = _add_texts(step, old, words, anew=fresh is not None, by=by, now=now)
        if not new:
            raise NothingChanged(SAME)
        notes = _note_step(step, old, note, by=by, now=now) if note.strip() else None
        if notes is not None and fresh is not None:
            _enclose(notes, fresh if enclose else ())
        found = inspecting.of_step(step, now=now, notes=notes)
        changes = {variant: versions.of(step, variant)[0] for variant in new}
        for text in new.values():
            db.session.refresh(text)
            db.session.expunge(text)
        tried.rollback()
    db.session.expire_all()
    different = [] if going is None else attached.differences(had, going)
    return Proposal(found, changes, reach(step), different)


def correct_by_file(
    campaign: Campaign,
    file: str,
    *,
    folder: Path,
    store: Store,
    note: str = "",
    enclose: bool = True,
    by: Actor,
    now: datetime,
    key: str,
) -> list[Correction]:
    """Correct every step whose text differs in a campaign file, and the attachments.

    All else in it must be the same.

    :param file: its text; loaded again it changes nothing from now on
    :param folder: where its attachments lie; one that the letter has and that is not there stays
    :raises BadFile: with line and column
    :raises Refused: something else than a text differs, or nothing does
    """
    parsed = files.parse(file)
    if different := _not_texts(campaign, parsed):
        raise Refused(
            "Alleen de teksten en de bijlagen van een brief die loopt zijn te verbeteren. In dit"
            " bestand is ook"
            f" anders: {', '.join(different)}."
        )
    going = writing.files_of(campaign, parsed.attachments, folder=folder, store=store)
    wanted = [
        (step, {variant: (part.subject, text) for variant, text in part.texts.items()})
        for step, part in zip(campaign.steps, parsed.steps, strict=True)
    ]
    differ = [(step, words) for step, words in wanted if _differs(step, words)]
    if not differ and attached.differences(attached.now(campaign), going):
        differ = wanted[:1]  # its readers are told, and all others get what waits
    if not differ:
        raise NothingChanged(SAME)
    done = []
    for step, words in differ:
        done.append(
            correct(step, words, note=note, going=going, enclose=enclose, by=by, now=now, key=key)
        )
    campaign.source = file
    return done


def follow_up(*, key: str, now: datetime) -> int:
    """Tell those whose letter turned out to have arrived after it was corrected; return how many.

    Run twice, or by two processes at once, each is told once.
    """
    made = 0
    rows = db.session.execute(
        select(Correction, Campaign)
        .join(Step, Step.id == Correction.step_id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(
            Correction.note_step_id.is_not(None),
            Campaign.state.in_((CampaignState.RUNNING, CampaignState.PAUSED)),
        )
    )
    for correction, campaign in rows.all():
        made += _queue_notes(correction, campaign, key=key, now=now)
    return made


def told(correction: Correction) -> int:
    """How many letters tell of a correction, without those to who asked for no post."""
    of_note = select(func.count()).where(
        Message.step_id == correction.note_step_id, Message.state.not_in(NEVER)
    )
    return db.session.scalar(of_note) or 0 if correction.note_step_id else 0


def versions_held(campaign: Campaign) -> dict[str, str]:
    """Which version each gemeente has of what was corrected, by its code, in words.

    Empty when nothing of the letter was corrected: then all have the same.
    """
    corrected = _corrected(campaign)
    if not corrected:
        return {}
    rows = db.session.execute(
        select(Message.gemeente_code, Message.variant, Step.position, Step.corrects_id)
        .add_columns(func.max(StepText.number))
        .join(Step, Step.id == Message.step_id)
        .join(StepText, StepText.id == Message.text_id)
        .where(
            Step.campaign_id == campaign.id,
            or_(Step.id.in_(corrected), Step.corrects_id.in_(corrected)),
            Message.gemeente_code.is_not(None),
            Message.state.in_((State.ACCEPTED, State.UNCERTAIN)),
        )
        .group_by(Message.gemeente_code, Message.variant, Step.position, Step.corrects_id)
        .order_by(Step.position, Message.variant)
    )
    said: dict[str, list[str]] = {}
    several = len(campaign.variants) > 1
    for code, variant, position, corrects_id, number in rows:
        whose = f" ({variant})" if several else ""
        if corrects_id is not None:
            words = f"verbetering verstuurd{whose}"
        elif position == 1:
            words = f"versie {number}{whose}"
        else:
            words = f"versie {number} van stap {position}{whose}"
        said.setdefault(code, []).append(words)
    return {code: ", ".join(dict.fromkeys(words)) for code, words in said.items()}


@dataclass(frozen=True)
class Made:
    """A correction that was made, as screens say it."""

    at: datetime
    author: str
    position: int  #: of the step that was corrected
    changed: int  #: letters that got the new text before they left
    note_position: int | None  #: of the step that tells of it
    told: int
    sent: int  #: of those


def of(campaign: Campaign) -> list[Made]:
    """The corrections of a campaign, oldest first. One query."""
    note, mine = aliased(Step), Message.step_id == Correction.note_step_id
    all_told = select(func.count()).where(mine, Message.state.not_in(NEVER))
    arrived = select(func.count()).where(mine, Message.state == State.ACCEPTED)
    rows = db.session.execute(
        select(Correction, Step.position, note.position)
        .add_columns(all_told.correlate(Correction).scalar_subquery())
        .add_columns(arrived.correlate(Correction).scalar_subquery())
        .join(Step, Step.id == Correction.step_id)
        .outerjoin(note, note.id == Correction.note_step_id)
        .where(Step.campaign_id == campaign.id)
        .order_by(Correction.id)
    )
    return [
        Made(one.made_at, audit.name_of(one.actor), position, one.changed, noted, told, sent)
        for one, position, noted, told, sent in rows
    ]


def _not_texts(campaign: Campaign, parsed: CampaignFile) -> list[str]:
    """The keys of a file, its texts aside, that are not as the campaign is."""
    own = writing.as_file(campaign)
    audience = writing.check_audience(parsed.audience)
    found = [name for name in _KEYS if getattr(parsed, name) != getattr(own, name)]
    if audience != campaign.audience:
        found.append("audience")
    bare = [
        [replace(part, subject="", texts=dict.fromkeys(part.texts, Text(""))) for part in one.steps]
        for one in (parsed, own)
    ]
    if bare[0] != bare[1]:
        found.append("steps")
    return found


def _differs(step: Step, words: Mapping[str, tuple[str, Text]]) -> bool:
    old = current_texts(step)
    return any(
        (old[variant].subject, old[variant].mail, old[variant].letter)
        != (subject, text.mail, text.letter)
        for variant, (subject, text) in words.items()
    )


def _corrected(campaign: Campaign) -> set[int]:
    found = select(Correction.step_id).join(Step, Step.id == Correction.step_id)
    return set(db.session.scalars(found.where(Step.campaign_id == campaign.id)))


def _add_texts(
    step: Step,
    old: Mapping[str, StepText],
    words: Mapping[str, tuple[str, Text]],
    *,
    anew: bool = False,
    by: Actor,
    now: datetime,
) -> dict[str, StepText]:
    """The texts that differ, as new versions.

    :param anew: also those that say the same: something else goes along with them
    """
    new: dict[str, StepText] = {}
    same = {one: (text.subject, Text(text.mail, text.letter)) for one, text in old.items()}
    for variant, (subject, text) in ({**same, **words} if anew else words).items():
        before = old.get(variant)
        if before is None:
            raise Refused(f"Stap {step.position} heeft geen eigen tekst voor: {variant}.")
        said = before.subject, before.mail, before.letter
        if anew or said != (subject, text.mail, text.letter):
            new[variant] = StepText(
                variant=variant,
                number=before.number + 1,
                subject=subject,
                mail=text.mail,
                letter=text.letter,
                actor=by.key,
                created_at=now,
            )
    step.texts.extend(new.values())
    db.session.flush()
    return new


def _put_files(
    campaign: Campaign, step: Step, going: Sequence[File] | None
) -> tuple[tuple[File, ...] | None, list[Step]]:
    """Let these go along from now on; what was written before keeps what it had.

    :returns: what nobody had yet, None when nothing differs; and the other steps that have begun
    :raises WrongState: letters of another step leave right now
    """
    had = attached.now(campaign)
    if going is None or not attached.differences(had, going):
        return None, []
    begun = [one for one in campaign.steps if one.state is StepState.QUEUED]
    for one in begun:
        expect_correctable(one)
    for one in (*begun, *campaign.notes, step):
        attached.keep(one.texts, had)
    attached.put(campaign, going)
    db.session.flush()
    return attached.fresh(had, going), [one for one in begun if one is not step]


def _enclose(notes: Step, files: Sequence[File]) -> None:
    for text in notes.texts:
        text.attached = [asdict(one) for one in files]


def _renew_all(step: Step, *, by: Actor, now: datetime) -> None:
    """A version of a step that says the same, with what goes along now, for what waits."""
    old = current_texts(step)
    upto = max(text.id for text in old.values())
    new = _add_texts(step, old, {}, anew=True, by=by, now=now)
    changed = sum(_renew(step, variant, text.id, by, now) for variant, text in new.items())
    _expect_none_leaving(step)
    db.session.add(
        Correction(step_id=step.id, upto_text_id=upto, changed=changed, actor=by.key, made_at=now)
    )


def _note_step(
    step: Step, old: Mapping[str, StepText], note: str, *, by: Actor, now: datetime
) -> Step:
    """The step of which those who have an older text get a letter: a reply to that one.

    Where a PDF goes along it is the corrected one, so that the griffie can replace its file.
    """
    campaign: Campaign = step.campaign
    last = db.session.scalar(select(func.max(Step.position)).where(Step.campaign_id == campaign.id))
    notes = Step(
        campaign_id=campaign.id,
        position=max(FIRST_POSITION, (last or 0) + 1),
        corrects_id=step.id,
        recipients=Recipients.ALL,
        send_at=now,
        send_at_wall=to_wall(now).strftime("%Y-%m-%dT%H:%M"),
        state=StepState.QUEUED,
        queued_at=now,
    )
    for variant, new in current_texts(step).items():
        notes.texts.append(
            StepText(
                variant=variant,
                number=1,
                subject=f"Verbetering: {old[variant].subject}",
                mail=note.strip(),
                letter=(new.letter or new.mail) if campaign.pdf_letter else "",
                actor=by.key,
                created_at=now,
            )
        )
    db.session.add(notes)
    db.session.flush()
    db.session.expire(campaign, ["notes"])
    return notes


def _check(step: Step, notes: Step | None, seen: Collection[str] | None, now: datetime) -> None:
    found = inspecting.of_step(step, now=now, notes=notes)
    if any(one.severity is Severity.ERROR for one in found):
        raise CheckFailed(found)
    warnings = [one for one in found if one.severity is Severity.WARNING]
    if seen is not None and (unseen := [one for one in warnings if one.code not in seen]):
        raise Unseen(unseen)
    campaign: Campaign = step.campaign
    campaign.warnings = [*campaign.warnings, *map(_noted, warnings)]


def _noted(warning: Finding) -> dict[str, str]:
    return {"code": warning.code, "message": warning.message}


def _renew(step: Step, variant: str, text_id: int, by: Actor, now: datetime) -> int:
    """Give letters that wait the new text; return how many. Their PDF is made anew.

    A worker that holds one finds at its mark that it is no longer its own, and sends nothing.
    """
    bodies = [variant]
    if variant == step.campaign.variants[0]:  # who has no text of its own gets that of the first
        bodies += [one for one in step.campaign.variants if one not in current_texts(step)]
    mine = Message.step_id == step.id, Message.variant.in_(bodies)
    # First the text, of whatever waits: from then on their rows are ours until the commit, so a
    # worker that holds one cannot mark it before it is taken from it.
    renewed = _change(
        update(Message)
        .where(*mine, Message.state.in_(outbox.WAITS))
        .values(text_id=text_id, pdf_sha256=None, pdf_name=None)
    )
    taken = _change(
        update(Message)
        .where(*mine, Message.state == State.CLAIMED)
        .values(state=State.QUEUED, owner=None, lease_until=None)
    )
    connection = db.session.connection()
    history.note(connection, taken, State.CLAIMED, State.QUEUED, actor=by.key, now=now)
    return len(renewed)


def _change(statement: Update) -> list[int]:
    changed = db.session.scalars(
        statement.returning(Message.id), execution_options={"synchronize_session": False}
    ).all()
    db.session.expire_all()
    return list(changed)


def _expect_none_leaving(step: Step) -> None:
    """
    :raises WrongState: the mail server is being given one with the old text, or just refused it
    """
    newest = [text.id for text in current_texts(step).values()]
    leaving = select(func.count()).where(
        Message.step_id == step.id,
        Message.text_id.not_in(newest),
        Message.state.in_((State.SUBMITTING, *outbox.WAITS)),
    )
    if db.session.scalar(leaving):
        raise WrongState(
            "Er is nog een brief onderweg naar de mailserver. Probeer het over een minuut opnieuw."
        )


def _queue_notes(correction: Correction, campaign: Campaign, *, key: str, now: datetime) -> int:
    step_id = correction.note_step_id
    texts = {
        text.variant: text.id
        for text in db.session.scalars(select(StepText).where(StepText.step_id == step_id))
    }
    of_all: dict[str, Any] = {
        "sender_id": campaign.sender_id,
        "now": now,
        "key": key,
        "domain": campaign.sender.email.rpartition("@")[2],
        "not_before": now,
        "expires_at": windows.next_opening(campaign, now) + scheduling.EXPIRES_AFTER,
        "step_id": step_id,
    }
    rows = [
        outbox.row(
            Kind.LETTER,
            scheduling.dedupe_key(
                step_id or 0, one.variant, one.gemeente_code, one.contact_id, one.address_key
            ),
            **of_all,
            address=one.address,
            address_key=one.address_key,
            text_id=texts.get(one.variant, texts[campaign.variants[0]]),
            variant=one.variant,
            gemeente_code=one.gemeente_code,
            contact_id=one.contact_id,
            state=State.SUPPRESSED if one.suppressed else State.QUEUED,
            reason="suppressed" if one.suppressed else "",
        )
        for one in db.session.execute(_untold(correction))
    ]
    return outbox.queue_many(rows) if rows else 0


def _untold(correction: Correction) -> Select[*tuple[Any, ...]]:
    """Letters with an older text that arrived, whose readers were not told yet."""
    note = aliased(Message)
    told = exists().where(
        note.step_id == correction.note_step_id,
        note.variant == Message.variant,
        note.contact_id == Message.contact_id,
        note.address_key == Message.address_key,
    )
    return select(
        Message.variant,
        Message.gemeente_code,
        Message.contact_id,
        Message.address,
        Message.address_key,
        suppressed(Message.address_key, Message.sender_id, Message.gemeente_code).label(
            "suppressed"
        ),
    ).where(
        and_(
            Message.step_id == correction.step_id,
            Message.text_id <= correction.upto_text_id,
            Message.state == State.ACCEPTED,
            Message.bounced_at.is_(None),
            Message.contact_id.is_not(None),
            Message.address != GONE,
        ),
        ~told,
    )
