"""One file to print: the letters that go by post, and those that no address takes."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select

from outreach.accounts.audit import Actor
from outreach.campaigns import audience, by_hand
from outreach.campaigns.by_hand import Todo
from outreach.campaigns.models import Step
from outreach.campaigns.rendering import Renderer
from outreach.clock import dutch_date
from outreach.contacts.models import Channel, Function, Gemeente, Office, Suppression
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.errors import Refused, Unknown
from outreach.letters import dutch, pdf

Party = tuple[str, str]  #: code of a gemeente, and a body

#: A letter that did not arrive and will not be tried again.
_LOST = (State.REFUSED, State.EXPIRED, State.FAILED)
#: Why a contact gets nothing while its gemeente may get the letter on paper.
_NO_WAY = {"no-address", "no-basis", "unconfirmed", "term-ended", "term-not-begun"}
_READERS = {"raad": Function.GRIFFIER, "college": Function.COLLEGE}


def letters(step: Step, *, now: datetime) -> list[Todo]:
    """The letters of a step that go on paper, by name of the gemeente; also those that are posted.

    By post: who chose that, whose address failed, and of whom we have none that may be mailed.
    Who wants no post gets none. A reminder is only for whose first letter arrived by post.
    """
    own = by_hand.todos(step, now=now)
    brought = {(one.gemeente.code, one.variant) for one in own}
    by_post = [one for one in own if one.office.channel is Channel.POST]
    done = {
        (one.gemeente_code or "", one.variant): one
        for one in db.session.scalars(
            select(Message).where(Message.dedupe_key.startswith(f"by-hand:{step.id}:"))
        )
    }
    parties = _followed(step, now) if step.follows else _unreached(step, now)
    others = (parties | done.keys()) - brought
    known = {one.code: one for one in _gemeenten({code for code, _ in others})}
    made = [
        Todo(known[code], _postal(code, variant), variant, done.get((code, variant)))
        for code, variant in others
        if code in known
    ]
    return sorted(by_post + made, key=lambda one: (one.gemeente.sort_key, one.variant))


def to_do(step: Step, *, now: datetime) -> list[Todo]:
    """Those that are still to be printed and posted."""
    return [one for one in letters(step, now=now) if not one.done]


def pick(found: Sequence[Todo], wanted: Collection[str]) -> list[Todo]:
    """Those with these keys ("GM0355-raad"), or all when none is named."""
    return [one for one in found if not wanted or key(one) in wanted]


def key(one: Todo) -> str:
    return f"{one.gemeente.code}-{one.variant}"


def file(
    step: Step, todos: Iterable[Todo], renderer: Renderer, *, duplex: bool = True, now: datetime
) -> bytes:
    """All letters in one tagged PDF: a list of them first, and a bookmark to each.

    :param duplex: let each begin on an odd page, so that it may be printed on both sides
    :raises Unknown: there is nothing to print
    """
    letters = [
        (one.gemeente.name, renderer.pdf_letter(by_hand.recipient(step, one, now=now))[1])
        for one in todos
    ]
    if not letters:
        raise Unknown("Er is niets om af te drukken: geen gemeente krijgt deze stap per post.")
    several = len({letter.addressee_short for _, letter in letters}) > len(dict(letters))
    today = dutch_date(now)
    return pdf.make_many(
        [(letter.addressee_short if several else name, letter) for name, letter in letters],
        title=f"Printbestand: {step.campaign.name}, stap {step.position}",
        says=f"{dutch.plural(len(letters), 'brief', 'brieven')} om op de post te doen, gemaakt op"
        f" {dutch.long_date(today)}. Deze bladzijde gaat niet mee.",
        day=today,
        duplex=duplex,
    )


def posted(step: Step, todos: Iterable[Todo], *, by: Actor, now: datetime) -> int:
    """Record that these letters were posted; return how many that was news of.

    :raises Refused: nothing was chosen, or the step has not begun
    """
    chosen = list(todos)
    if not chosen:
        raise Refused("Kies ten minste één brief die u op de post deed.")
    return sum(by_hand.mark_done(step, one, by=by, now=now) for one in chosen)


def _unreached(step: Step, now: datetime) -> set[Party]:
    """Who is meant by a first letter and is not reached by mail."""
    campaign = step.campaign
    rows = db.session.execute(audience.members(step, now=now)).all()
    sent = db.session.execute(
        select(Message.gemeente_code, Message.variant, Message.state, Message.bounced_at).where(
            Message.step_id == step.id, Message.gemeente_code.is_not(None)
        )
    ).all()
    failed = {
        (one.gemeente_code, one.variant) for one in sent if one.bounced_at or one.state in _LOST
    }
    reached = {(one.gemeente_code, one.variant) for one in sent} - failed
    reached |= {
        (one.gemeente_code, one.variant)
        for one in sent
        if not one.bounced_at and one.state not in _LOST
    }
    parties = {(row.gemeente_code, row.variant) for row in rows if row.reason in _NO_WAY}
    if audience.is_of_places(campaign):
        meant = audience.gemeenten_meant(campaign, today=dutch_date(now))
        codes = db.session.scalars(meant.with_only_columns(Gemeente.code)).all()
        parties |= {(code, variant) for code in codes for variant in campaign.variants}
    elsewise = {(row.gemeente_code, row.variant) for row in rows if row.reason not in _NO_WAY}
    return _willing((parties - elsewise - reached) | (failed - reached), campaign.sender_id)


def _followed(step: Step, now: datetime) -> set[Party]:
    """Whose first letter went by post for want of an address, and who meets the conditions."""
    first = select(Message.gemeente_code, Message.variant).where(
        Message.dedupe_key.startswith(f"by-hand:{step.campaign.steps[0].id}:")
    )
    by_post = {(code or "", variant) for code, variant in db.session.execute(first)}
    return _willing(by_post & by_hand.to_remind(step), step.campaign.sender_id)


def _willing(parties: set[Party], sender_id: int) -> set[Party]:
    """Without the gemeenten that want no post."""
    codes = {code for code, _ in parties}
    against = db.session.scalars(
        select(Suppression.address_key).where(
            Suppression.address_key.in_(codes),
            Suppression.lifted_at.is_(None),
            or_(Suppression.sender_id.is_(None), Suppression.sender_id == sender_id),
        )
    )
    unwilling = set(against)
    return {(code, variant) for code, variant in parties if code and code not in unwilling}


def _gemeenten(codes: Collection[str]) -> Iterable[Gemeente]:
    return db.session.scalars(select(Gemeente).where(Gemeente.code.in_(codes)))


def _postal(code: str, variant: str) -> Office:
    """Its office as if it took post; no row."""
    return Office(gemeente_code=code, function=_READERS[variant], channel=Channel.POST, form_url="")
