"""Putting a letter on paper: from a file or from a form, as long as it has not started."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.campaigns import attached as attached_files
from outreach.campaigns import conditions, expressions, files, named, selections
from outreach.campaigns.attached import File
from outreach.campaigns.files import CampaignFile, StepPart, Text
from outreach.campaigns.models import (
    Attachment,
    Campaign,
    CampaignState,
    Step,
    StepText,
)
from outreach.campaigns.store import Store
from outreach.contacts import addresses, gemeenten, regions
from outreach.db import db
from outreach.errors import Invalid, Refused, Unknown

#: Of one letter, all attachments together. Mail systems refuse more than about 10 MB.
LARGEST = 20 * 1024 * 1024
TOO_LARGE = "De bijlagen zijn samen groter dan 20 MB. Mailservers weigeren dat."


class AlreadyStarted(Refused):
    """A letter that left is not rewritten; a correction is sent."""


class UnknownCampaign(Unknown):
    """No campaign has this slug."""


def find(slug: str) -> Campaign:
    """
    :raises UnknownCampaign: none has this slug
    """
    campaign = db.session.scalar(select(Campaign).where(Campaign.slug == slug))
    if campaign is None:
        raise UnknownCampaign(f"Er is geen brief met de naam “{slug}”.")
    return campaign


def find_draft(slug: str) -> Campaign:
    """
    :raises UnknownCampaign: none has this slug
    :raises AlreadyStarted: what was sent changes no more
    """
    campaign = find(slug)
    if campaign.state is not CampaignState.DRAFT:
        raise AlreadyStarted(
            f"“{campaign.name}” is al begonnen. Wat verstuurd is, verandert niet meer."
        )
    return campaign


#: Pages of their own, beside those of letters.
_PAGES = frozenset({"nieuw", "inlezen", "plak"})


def is_taken(slug: str) -> bool:
    """Whether a letter or a page has this name in its address."""
    return (
        slug in _PAGES
        or db.session.scalar(select(Campaign.id).where(Campaign.slug == slug)) is not None
    )


def free_slug(slug: str) -> str:
    """This slug, or with a number behind it when a letter has it already."""
    taken = set(db.session.scalars(select(Campaign.slug).where(Campaign.slug.startswith(slug))))
    taken |= _PAGES
    numbered = (f"{slug}-{n}" for n in range(2, len(taken) + 3))
    return next(one for one in (slug, *numbered) if one not in taken)


def load(text: str, *, folder: Path, store: Store, by: Actor, now: datetime) -> Campaign:
    """Create or update a campaign from a file's text; attachments are read from `folder`.

    The same file again changes nothing, also when the campaign runs.

    :raises BadFile: with line and column
    :raises AlreadyStarted: the campaign has begun and the file differs
    """
    parsed = files.parse(text)
    attached = {Path(name).name: _read(folder / name) for name in parsed.attachments}
    return write(parsed, attached=attached, store=store, source=text, by=by, now=now)


def write(
    parsed: CampaignFile,
    *,
    attached: Mapping[str, bytes],
    store: Store,
    by: Actor,
    now: datetime,
    source: str = "",
) -> Campaign:
    """Create or update the campaign with this slug.

    :param attached: content of attachments by file name; of names that the campaign has
        already and that are not here, the content stays
    :raises AlreadyStarted: the campaign has begun and something differs
    """
    kept = _kept_attachments(parsed, attached, store)
    campaign = db.session.scalar(select(Campaign).where(Campaign.slug == parsed.slug))
    if campaign is not None and campaign.state is not CampaignState.DRAFT:
        if source and source == campaign.source and _same_files(campaign, kept):
            return campaign
        raise AlreadyStarted(
            f"“{campaign.name}” is al begonnen. Wat verstuurd is, verandert niet meer: kies"
            " verbetering sturen, of typ `outreach campaigns correct`."
        )
    if campaign is None:
        campaign = Campaign(slug=parsed.slug, created_at=now)
    _set(campaign, parsed, source)
    db.session.add(campaign)
    _set_attachments(campaign, kept)
    db.session.flush()
    _set_steps(campaign, parsed, by=by, now=now)
    db.session.flush()
    audit.record(
        "write campaign", f"campaign:{campaign.id}", by=by, now=now, sender_id=campaign.sender_id
    )
    return campaign


def as_file(campaign: Campaign) -> CampaignFile:
    """The campaign as a file would hold it, to fill a form with."""
    return CampaignFile(
        name=campaign.name,
        slug=campaign.slug,
        sender=campaign.sender.email,
        kenmerk=campaign.kenmerk,
        audience=campaign.audience,
        attachments=tuple(a.filename for a in campaign.attachments),
        pdf_letter=campaign.pdf_letter,
        questions=campaign.questions,
        outcomes=campaign.outcomes,
        meetings=tuple(campaign.meetings),
        variants=tuple(campaign.variants),
        window=files.Window(
            campaign.window_days,
            campaign.window_from,
            campaign.window_until,
            campaign.window_holidays,
        ),
        steps=tuple(_step_part(step) for step in campaign.steps),
        in_reply_to=tuple(campaign.in_reply_to),
        handled_by=campaign.handled_by,
        direct_phone=campaign.direct_phone,
        cosigners=None if campaign.cosigners is None else tuple(campaign.cosigners),
        registration_answers=campaign.registration_answers,
    )


def remove(campaign: Campaign, *, by: Actor, now: datetime) -> None:
    """Throw a draft away.

    :raises AlreadyStarted: it has begun
    """
    if campaign.state is not CampaignState.DRAFT:
        raise AlreadyStarted("Een brief die begonnen is, blijft bewaard. U kunt hem stoppen.")
    audit.record(
        "remove campaign", f"campaign:{campaign.id}", by=by, now=now, sender_id=campaign.sender_id
    )
    db.session.delete(campaign)


def current_texts(step: Step) -> dict[str, StepText]:
    """The newest version of a step's words, by body."""
    return {text.variant: text for text in step.texts}  # ordered by id: the last one wins


def _set(campaign: Campaign, parsed: CampaignFile, source: str) -> None:
    campaign.sender_id = _sender(parsed.sender).id
    campaign.name = parsed.name
    campaign.kenmerk = parsed.kenmerk
    campaign.audience = check_audience(parsed.audience)
    campaign.variants = list(parsed.variants)
    campaign.pdf_letter = parsed.pdf_letter
    campaign.questions = parsed.questions
    campaign.outcomes = parsed.outcomes
    campaign.meetings = list(parsed.meetings)
    campaign.registration_answers = parsed.registration_answers
    campaign.in_reply_to = [
        {**one, "gemeente": gemeenten.find(one["gemeente"]).code} for one in parsed.in_reply_to
    ]
    campaign.handled_by, campaign.direct_phone = parsed.handled_by, parsed.direct_phone
    campaign.cosigners = None if parsed.cosigners is None else list(parsed.cosigners)
    campaign.window_days = parsed.window.days
    campaign.window_from = parsed.window.opens
    campaign.window_until = parsed.window.closes
    campaign.window_holidays = parsed.window.on_holidays
    campaign.source = source
    _set_soft(campaign, parsed.soft)


def _set_soft(campaign: Campaign, soft: files.Soft | None) -> None:
    codes = [gemeenten.find(name).code for name in soft.gemeenten] if soft else []
    campaign.soft_gemeenten = list(dict.fromkeys(codes))
    campaign.soft_first = len(campaign.soft_gemeenten) or (soft.first if soft else 0)
    campaign.soft_hours = soft.hours if soft else None


def _set_steps(campaign: Campaign, parsed: CampaignFile, *, by: Actor, now: datetime) -> None:
    known = {step.position: step for step in campaign.steps}
    for position, part in enumerate(parsed.steps, 1):
        step = known.get(position) or Step(position=position)
        if step.id is None:
            campaign.steps.append(step)
        if part.to.meeting:
            named.meeting(part.to.meeting)
        conditions.put(step, part.to)
        step.send_at, step.send_at_wall = part.send_at, part.send_at_wall
        step.after_days, step.after_working = part.after_days, part.after_working
        step.after_at, step.before = part.after_at, part.before or None
        step.not_in_recess, step.council_days = part.not_in_recess, part.council_days
        if part.before:
            named.meeting(part.before)
        db.session.flush()
        _set_texts(step, part, by=by, now=now)
    for position, step in known.items():
        if position > len(parsed.steps):
            campaign.steps.remove(step)


def _set_texts(step: Step, part: StepPart, *, by: Actor, now: datetime) -> None:
    newest = current_texts(step)
    for variant, text in part.texts.items():
        old = newest.get(variant)
        words = (part.subject, text.mail, text.letter)
        if old is None or (old.subject, old.mail, old.letter) != words:
            step.texts.append(
                StepText(
                    variant=variant,
                    number=old.number + 1 if old else 1,
                    subject=part.subject,
                    mail=text.mail,
                    letter=text.letter,
                    actor=by.key,
                    created_at=now,
                )
            )
    gone = [variant for variant in newest if variant not in part.texts]
    for text_row in [t for t in step.texts if t.variant in gone]:
        step.texts.remove(text_row)


def _step_part(step: Step) -> StepPart:
    texts = current_texts(step)
    return StepPart(
        subject=next(iter(texts.values())).subject if texts else "",
        send_at=step.send_at,
        send_at_wall=step.send_at_wall,
        after_days=step.after_days,
        after_working=step.after_working,
        after_at=step.after_at,
        to=conditions.of(step),
        before=step.before or "",
        not_in_recess=step.not_in_recess,
        council_days=step.council_days,
        texts={variant: Text(text.mail, text.letter) for variant, text in texts.items()},
    )


def _sender(email: str) -> Sender:
    key = addresses.address_key(email)
    sender = db.session.scalar(select(Sender).where(Sender.email == key))
    if sender is None:
        raise Invalid(
            f"Er is geen afzender met het adres {email}. Voeg hem eerst toe bij Instellingen."
        )
    return sender


# ── audience: names that people write become codes that the database knows ─────────────


def check_audience(audience: Mapping[str, Any]) -> dict[str, Any]:
    """An audience as it is stored: functions, province names, and gemeente codes and ids of regions
    that exist.

    :raises Invalid: a name that we do not know
    """
    checks: dict[str, Callable[[str], str]] = {
        "role": named.function,
        "province": named.province,
        "region": lambda text: str(regions.find(text).id),
        "gemeente": lambda text: gemeenten.find(text).code,
        "list": named.contact_list,
        "tag": str,
        "answered": lambda text: find(text).slug,
        "not_answered": lambda text: find(text).slug,
        "registered_for": named.meeting,
    }
    found: dict[str, Any] = {
        key: [checks[key](text) for text in values]
        for key, values in audience.items()
        if key in checks and values
    }
    if segment := audience.get("segment"):
        found["segment"] = _segment(segment)
    if left_out := check_audience(audience.get("except") or {}) if audience.get("except") else {}:
        found["except"] = left_out
    return found


def _segment(segment: str | Mapping[str, Any]) -> str | dict[str, Any]:
    """The name of a selectie that exists, or an expression of which every value does."""
    if isinstance(segment, str):
        return selections.find(segment).name
    return expressions.dump(selections.resolve(expressions.parse(segment)))


# ── attachments ─────────────────────────────────────────────────────────────────────────


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Invalid(f"De bijlage {path.name} is niet te lezen: {path} bestaat niet.") from None


def _kept_attachments(
    parsed: CampaignFile, attached: Mapping[str, bytes], store: Store
) -> list[Attachment]:
    names = [Path(name).name for name in parsed.attachments]
    if len(set(names)) < len(names):
        raise Invalid("Twee bijlagen hebben dezelfde naam.")
    old = {
        row.filename: row
        for row in db.session.scalars(
            select(Attachment).join(Campaign).where(Campaign.slug == parsed.slug)
        )
    }
    kept = [_attachment(name, attached, old, store) for name in names]
    if sum(row.size for row in kept) > LARGEST:
        raise Invalid(TOO_LARGE)
    for position, row in enumerate(kept, 1):
        row.position = position
    return kept


def _attachment(
    name: str, attached: Mapping[str, bytes], old: Mapping[str, Attachment], store: Store
) -> Attachment:
    if name in attached:
        data = attached[name]
        if not data:
            raise Invalid(f"De bijlage {name} is leeg.")
        kind = attached_files.content_type(name, data)
        sha256, size = store.put(data), len(data)
    elif name in old:
        kind, sha256, size = old[name].content_type, old[name].sha256, old[name].size
    else:
        raise Invalid(f"De bijlage {name} ontbreekt.")
    return Attachment(filename=name, content_type=kind, sha256=sha256, size=size)


def files_of(campaign: Campaign, paths: Sequence[str], *, folder: Path, store: Store) -> list[File]:
    """The attachments that a file names: what lies beside it, or else what the campaign has.

    :raises Invalid: one is neither there nor here, is empty, or all are too large together
    """
    old = {row.filename: row for row in campaign.attachments}
    read = {
        Path(path).name: _read(folder / path)
        for path in paths
        if Path(path).name not in old or (folder / path).exists()
    }
    return with_files(campaign, [Path(path).name for path in paths], read, store)


def with_files(
    campaign: Campaign, names: Sequence[str], added: Mapping[str, bytes], store: Store
) -> list[File]:
    """These attachments of a campaign, with others for those that are added.

    :raises Invalid: one is empty, or all are too large together
    """
    old = {row.filename: row for row in campaign.attachments}
    rows = [_attachment(name, added, old, store) for name in names]
    if sum(row.size for row in rows) > LARGEST:
        raise Invalid(TOO_LARGE)
    return [File(one.filename, one.content_type, one.sha256, one.size) for one in rows]


def _same_files(campaign: Campaign, kept: list[Attachment]) -> bool:
    return [(a.filename, a.sha256) for a in campaign.attachments] == [
        (a.filename, a.sha256) for a in kept
    ]


def _set_attachments(campaign: Campaign, kept: list[Attachment]) -> None:
    if _same_files(campaign, kept):
        return
    if campaign.id is not None:
        db.session.execute(delete(Attachment).where(Attachment.campaign_id == campaign.id))
        db.session.expire(campaign, ["attachments"])
    campaign.attachments = kept
