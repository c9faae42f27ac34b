"""What a griffie does through the answer link in its letter (DESIGN 6).

The link names a campaign, a gemeente and a body, and is equal for every reader of that
copy. So whoever holds a forwarded letter can press too, and every act is told to the
mailboxes that have the letter. An answer is taken back from there. What would silence or
move the gemeente (no reminder, another address) begins only with a press in that notice.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers import recording
from outreach.answers.choices import Tick
from outreach.answers.models import AddressRequest, Answer, Source, Status
from outreach.campaigns import notices
from outreach.campaigns.links import Links
from outreach.campaigns.received import Received
from outreach.clock import dutch_date
from outreach.contacts import addresses, keeping
from outreach.contacts.models import Address, Contact
from outreach.db import db
from outreach.delivery import outbox
from outreach.delivery.models import Message
from outreach.errors import Invalid, Refused, Unknown
from outreach.letters.composing import Content

ON_THE_PAGE = "griffie, op de antwoordpagina"
FROM_NOTICE = "griffie, bevestigd vanuit het eigen postvak"
#: Per gemeente and campaign in a day. Beyond it, someone plays with a link he found.
MOST_ANSWERS = 20
MOST_REQUESTS = 3


class NotSentYet(Refused):
    """Nobody has the letter, so nobody can answer it: the link was in a preview or a proof."""


class TooOften(Refused):
    """One link asks for more notices in a day than a griffie should get."""


def answer(
    received: Received,
    ticks: Sequence[Tick],
    *,
    links: Links,
    now: datetime,
    instead_of: Iterable[int] = (),
) -> list[Answer]:
    """Record what was ticked, and tell the mailboxes that have the letter.

    Boxes that were ticked before stay as they are and are not told again.

    :param instead_of: ids of answers that this one changes; those not ticked again are undone
    :raises NotSentYet: the letter has not left
    """
    _check(received, now)
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
    take_back(set(instead_of) - {a.id for a in given}, now=now)
    if fresh := [a for a in given if a.id not in known]:
        url = links.undo_answers((a.id for a in fresh), now=now)
        notice = notices.answered(received.about, fresh, url, now)
        _tell(received, f"answer:{fresh[0].id}", notice, links, now)
    return given


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
    _check(received, now)
    _check_mailboxes(received)
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


def ask_other_address(received: Received, email: str, *, links: Links, now: datetime) -> str:
    """Someone with the link names another address: ask the mailboxes that have the letter.

    :returns: the address as it is understood

    :raises BadAddress: no e-mail address
    """
    _check(received, now)
    _check_mailboxes(received)
    wanted = addresses.check(email)
    if addresses.address_key(wanted) in {m.address_key for m in received.mailboxes}:
        raise Invalid("Naar dit adres schrijven wij al. Vul het nieuwe adres in.")
    asked = _requests_of(received, since=now - timedelta(days=1))
    if wanted in {request.email for request in asked}:
        return wanted
    if len({request.email for request in asked}) >= MOST_REQUESTS:
        raise TooOften("Vandaag is al drie keer om een ander adres gevraagd. Mail ons daarover.")
    for mailbox in received.mailboxes:
        request = AddressRequest(
            campaign_id=received.campaign.id,
            gemeente_code=received.gemeente.code,
            body=received.body,
            address_key=mailbox.address_key,
            email=wanted,
            asked_at=now,
        )
        db.session.add(request)
        db.session.flush()
        url = links.other_address(request.id, now=now)
        notice = notices.other_address(received.about, wanted, url, now)
        _queue(mailbox, f"address-request:{request.id}", received, notice, links, now)
    return wanted


def agree_other_address(request: AddressRequest, *, now: datetime) -> int:
    """The griffie agreed from its own mailbox: write there from now on.

    Every contact of the gemeente with the old address gets the new one, confirmed.

    :returns: how many contacts changed
    """
    gone = Address.address_key == request.address_key
    here = Contact.office.has(gemeente_code=request.gemeente_code)
    known = list(db.session.scalars(select(Address).join(Contact).where(gone, here)))
    by = Actor(f"link:{request.gemeente_code}")
    for address in known:
        keeping.change_address(
            address, email=request.email, source=FROM_NOTICE, confirmed=True, by=by, now=now
        )
    request.done_at = now
    audit.record("agree to address", f"address_request:{request.id}", by=by, now=now)
    return len(known)


def _check(received: Received, now: datetime) -> None:
    if not received.messages:
        raise NotSentYet(
            f"Deze brief is nog niet naar {received.party} gestuurd."
            " Dit is een voorbeeld; een antwoord noteren wij pas als de brief weg is."
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
            "Via deze link kwamen vandaag al veel antwoorden. Mail ons uw antwoord, of kom"
            " morgen terug."
        )


def _check_mailboxes(received: Received) -> None:
    if not received.mailboxes:
        raise Refused(
            "De griffie krijgt geen post van ons, dus wij kunnen haar niets vragen."
            f" Mail ons: {received.campaign.sender.email}."
        )


def _standing(received: Received) -> list[Answer]:
    return [
        a
        for a in recording.standing_answers(received.campaign.id)
        if (a.gemeente_code, a.body) == (received.gemeente.code, received.body)
    ]


def _requests_of(received: Received, *, since: datetime) -> list[AddressRequest]:
    return list(
        db.session.scalars(
            select(AddressRequest).where(
                AddressRequest.campaign_id == received.campaign.id,
                AddressRequest.gemeente_code == received.gemeente.code,
                AddressRequest.body == received.body,
                AddressRequest.asked_at > since,
            )
        )
    )


def _tell(received: Received, key: str, notice: Content, links: Links, now: datetime) -> None:
    for mailbox in received.mailboxes:
        _queue(mailbox, f"{key}:{mailbox.address_key}", received, notice, links, now)


def _queue(
    mailbox: Message, key: str, received: Received, notice: Content, links: Links, now: datetime
) -> None:
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
