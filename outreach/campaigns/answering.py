"""What a griffie does through the answer link in its letter (DESIGN 6).

The link names a campaign, a gemeente and a body, and is equal for every reader of that
copy. So whoever holds a forwarded letter can press too, and every act is told to the
mailboxes that have the letter. An answer is taken back from there. What would silence or
move the gemeente (no reminder, another address) begins only with a press in that notice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from outreach.accounts.audit import Actor
from outreach.answers import recording, replying
from outreach.answers.choices import RAAD, Tick
from outreach.answers.handling import Handling
from outreach.answers.models import Answer, Source, Status
from outreach.answers.questions import Question
from outreach.campaigns import notices
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign
from outreach.campaigns.received import Received
from outreach.clock import dutch_date
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Message
from outreach.errors import Invalid, Refused, Unknown
from outreach.letters import dutch
from outreach.letters.composing import Content
from outreach.wording import N_, _

ON_THE_PAGE = N_("griffie, op de antwoordpagina")
FROM_NOTICE = N_("griffie, bevestigd vanuit het eigen postvak")
#: Per gemeente and campaign in a day. Beyond it, someone plays with a link that he found.
MOST_ANSWERS = 20


class NotSentYet(Refused):
    """Nobody has the letter, so nobody can answer it: the link was in a preview or a proof."""


class TooOften(Refused):
    """One link asks for more notices in a day than a griffie should get."""


@dataclass(frozen=True)
class Given:
    """What one press recorded, in the order of the boxes."""

    answers: list[Answer]
    #: Those of this press. Who repeats an answer may not undo it: others hold the link too.
    fresh: list[Answer]


def answer(
    received: Received,
    ticks: Sequence[Tick],
    *,
    links: Links,
    now: datetime,
    instead_of: Iterable[int] = (),
    replies: Mapping[Question, Sequence[str]] | None = None,
) -> Given:
    """Record what was ticked, and tell the mailboxes that have the letter.

    Boxes that were ticked before stay as they are and are not told again.

    :param instead_of: ids of answers that this one changes; those not ticked again are undone
    :param replies: what was filled in at the campaign's questions
    :raises NotSentYet: the letter has not left
    """
    check_open(received, now)
    known = {a.id for a in _standing(received)}
    given = [
        recording.record(
            received.campaign.id,
            received.gemeente.code,
            tick.choice.status,
            body=received.body,
            source=Source.LINK,
            by=received.actor,
            now=now,
            on_date=tick.on_date,
            note=tick.note,
            evidence=ON_THE_PAGE,
        )
        for tick in ticks
    ]
    if replies:
        given.append(
            replying.reply(
                received.campaign.id,
                received.gemeente.code,
                replies,
                body=received.body,
                source=Source.LINK,
                by=received.actor,
                now=now,
                evidence=ON_THE_PAGE,
            )
        )
    take_back(set(instead_of) - {a.id for a in given}, now=now)
    fresh = [a for a in given if a.id not in known]
    _tell_of(received, fresh, links, now)
    return Given(given, fresh)


def answer_outcome(
    received: Received,
    handling: Handling,
    *,
    links: Links,
    now: datetime,
    on_date: date | None = None,
    words: str = "",
    url: str = "",
) -> Given:
    """Record what the raad did with the letter, and tell the mailboxes that have it.

    :param words: as the raad's own list says it
    :param url: where that can be read
    :raises NotSentYet: the letter has not left
    :raises Invalid: the letter was not to the raad, or the link is none
    """
    check_open(received, now)
    known = {a.id for a in _standing(received)}
    answer = recording.record(
        received.campaign.id,
        received.gemeente.code,
        handling.status,
        body=received.body,
        source=Source.LINK,
        by=received.actor,
        now=now,
        on_date=on_date,
        note=words,
        evidence=ON_THE_PAGE,
        handling=handling,
        url=url,
    )
    fresh = [answer] if answer.id not in known else []
    _tell_of(received, fresh, links, now)
    return Given([answer], fresh)


def note(
    campaign: Campaign,
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
    handling: str = "",
    url: str = "",
) -> Answer:
    """Record an answer that came another way: by telephone, mail or on paper.

    :param status: a Status, or the key of an outcome of the campaign's own
    :raises Invalid: the campaign does not write to this body, or has no such outcome
    """
    _check_body(campaign, body)
    own = {outcome["key"]: bool(outcome.get("stops")) for outcome in campaign.outcomes}
    return recording.record(
        campaign.id,
        gemeente_code,
        status,
        body=body,
        source=source,
        by=by,
        now=now,
        on_date=on_date,
        note=note,
        evidence=evidence,
        stops=own.get(status),
        handling=handling,
        url=url,
    )


def note_replies(
    campaign: Campaign,
    gemeente_code: str,
    replies: Mapping[Question, Sequence[str]],
    *,
    body: str,
    source: Source,
    by: Actor,
    now: datetime,
    evidence: str = "",
) -> Answer:
    """Record what a gemeente said to the campaign's questions, when it came another way.

    :raises Invalid: the campaign does not write to this body, or the reply is no choice
    """
    _check_body(campaign, body)
    return replying.reply(
        campaign.id,
        gemeente_code,
        replies,
        body=body,
        source=source,
        by=by,
        now=now,
        evidence=evidence,
    )


def answers_of(ids: Iterable[int]) -> list[Answer]:
    """The answers an undo link is about, undone or not.

    :raises Unknown: they are gone
    """
    found = list(db.session.scalars(select(Answer).where(Answer.id.in_(list(ids)))))
    if not found:
        raise Unknown("Het antwoord bij deze link bestaat niet meer.")
    return sorted(found, key=lambda a: a.id)


def take_back(ids: Iterable[int], *, now: datetime) -> list[Answer]:
    """Undo answers that came through a link; return those that stood until now."""
    found = db.session.scalars(select(Answer).where(Answer.id.in_(list(ids))))
    return [a for a in found if recording.undo(a, by=Actor(f"link:{a.gemeente_code}"), now=now)]


def ask_no_reminder(received: Received, *, links: Links, now: datetime) -> None:
    """Someone with the link wants no reminder: ask the mailboxes that have the letter."""
    check_open(received, now)
    check_mailboxes(received)
    campaign, code, body = received.campaign.id, received.gemeente.code, received.body
    url = links.no_reminder(campaign, code, body, now=now)
    notice = notices.no_reminder(received.about, url, now)
    key = f"no-reminder:{campaign}:{code}:{body}:{dutch_date(now)}"
    _tell(received, key, notice, links, now)


def agree_no_reminder(received: Received, *, now: datetime) -> Answer:
    """The griffie agreed from its own mailbox: no reminder about this letter."""
    return recording.record(
        received.campaign.id,
        received.gemeente.code,
        Status.NIET_BENADEREN,
        body=received.body,
        source=Source.LINK,
        by=received.actor,
        now=now,
        note="Over deze brief geen herinnering",
        evidence=FROM_NOTICE,
    )


def check_open(received: Received, now: datetime) -> None:
    """Refuse to act on a letter that nobody has, or for a link that is played with.

    :raises NotSentYet: the letter has not left
    :raises TooOften: too many answers today
    """
    if not received.messages:
        raise NotSentYet(
            _(
                "Deze brief is nog niet naar %(gemeente)s gestuurd. Dit is een voorbeeld; een"
                " antwoord noteren wij pas als de brief weg is.",
                gemeente=received.gemeente.name,
            )
        )
    today = select(func.count()).where(
        Answer.campaign_id == received.campaign.id,
        Answer.gemeente_code == received.gemeente.code,
        Answer.body == received.body,
        Answer.source == Source.LINK,
        Answer.at > now - timedelta(days=1),
    )
    if (db.session.scalar(today) or 0) >= MOST_ANSWERS:
        raise TooOften(
            _(
                "Via deze link kwamen vandaag al veel antwoorden. Mail ons uw antwoord, of kom"
                " morgen terug."
            )
        )


def check_mailboxes(received: Received) -> None:
    """Refuse what only the griffie may decide when we cannot ask it.

    :raises Refused: its addresses bounced, or want no mail
    """
    if not received.mailboxes:
        raise Refused(
            _(
                "De griffie krijgt geen post van ons, dus wij kunnen haar niets vragen. Mail ons:"
                " %(email)s.",
                email=received.campaign.sender.email,
            )
        )


def _check_body(campaign: Campaign, body: str) -> None:
    bodies = campaign.variants or [RAAD]
    if body not in bodies:
        raise Invalid(f"Deze brief is alleen voor {dutch.enumeration(bodies)}.")


def _standing(received: Received) -> list[Answer]:
    return [
        a
        for a in recording.standing_answers(received.campaign.id)
        if (a.gemeente_code, a.body) == (received.gemeente.code, received.body)
    ]


def _tell_of(received: Received, fresh: list[Answer], links: Links, now: datetime) -> None:
    """Tell of answers that were not there before, with the way back."""
    if fresh:
        url = links.undo_answers((a.id for a in fresh), now=now)
        notice = notices.answered(received.about, fresh, url, now)
        _tell(received, f"answer:{fresh[0].id}", notice, links, now)


def _tell(received: Received, key: str, notice: Content, links: Links, now: datetime) -> None:
    for mailbox in received.mailboxes:
        queue(mailbox, f"{key}:{mailbox.address_key}", received, notice, links, now)


def queue(
    mailbox: Message, key: str, received: Received, notice: Content, links: Links, now: datetime
) -> None:
    """Write a notice to one of the mailboxes that have the letter; once per key."""
    outbox.queue_notice(
        dedupe_key=f"notice:{key}",
        sender=received.campaign.sender,
        address=mailbox.address,
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        gemeente_code=received.gemeente.code,
        now=now,
        key=links.key,
    )
