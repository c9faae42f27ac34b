"""To whom a mail belongs: which gemeente, about which letter, and how we know.

The surest first: our Message-ID; a mail or a zaaknummer of that gemeente that came before; the
sender's address; its domain; and what it says of itself. All but the last can be sure. Where
several gemeenten are meant by an address or a domain, a person is asked.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from outreach.accounts.models import Sender
from outreach.campaigns.models import Campaign, Step
from outreach.campaigns.received import LEFT
from outreach.clock import dutch_date
from outreach.contacts.gemeenten import fold
from outreach.contacts.models import Address, Contact, Gemeente, Office
from outreach.db import db
from outreach.delivery.arrivals import Incoming, IncomingLink, Place
from outreach.delivery.incoming import automatic
from outreach.delivery.incoming.parsing import Mail
from outreach.delivery.incoming.telling import Standing
from outreach.delivery.models import Kind, Message
from outreach.letters import dutch, placeholders

#: Mail hosts of everyone: who writes from there is of no gemeente.
PUBLIC = frozenset(
    f"{name}.{top}"
    for top, names in {
        "com": "gmail googlemail outlook hotmail live msn icloud me yahoo protonmail gmx",
        "nl": "hotmail live yahoo ziggo kpnmail planet xs4all home hetnet casema upcmail chello"
        " quicknet tele2 solcon caiway zeelandnet zonnet online telfort",
        "me": "proton",
        "net": "gmx",
    }.items()
    for name in names.split()
)
RECENT = timedelta(days=200)  #: a letter that people still write about
THIS_WEEK = timedelta(days=7)
MOST_SHOWN = 8
_PREFIX = re.compile(
    r"^(?:\s*(?:re|aw|antw(?:oord)?|fw|fwd|doorst|automatisch antwoord|out of office)\s*:)+\s*",
    re.I,
)


@dataclass(frozen=True)
class Candidate:
    """A gemeente that a mail may be of, and the letter that it may be about."""

    gemeente_code: str
    why: str  #: Dutch: how we know, a part of a sentence
    campaign_id: int | None = None
    body: str = "raad"
    message_id: int | None = None  #: the letter
    sure: bool = False


@dataclass(frozen=True)
class Belonging:
    """All that is known of a mail's sender and letter."""

    standing: Standing
    candidates: tuple[Candidate, ...] = ()  #: most likely first
    message: Message | None = None  #: of ours, that it names by its Message-ID
    in_thread: bool = False  #: it is a reply in the exchange that our letter began
    same_subject: bool = False
    kenmerk: str = ""  #: of the likeliest letter
    shared: tuple[str, ...] = ()  #: names of the other gemeenten that read the same mailbox

    @property
    def sure(self) -> Candidate | None:
        """The one that needs no person; None when there are none, or several."""
        found = [one for one in self.candidates if one.sure]
        return found[0] if len({one.gemeente_code for one in found}) == 1 else None


def find(
    mail: Mail, named: Sequence[str], *, sender_id: int | None = None, now: datetime
) -> Belonging:
    """Find out to whom a mail belongs.

    :param named: the Message-IDs by which it says what it is about
    :param sender_id: whose mailbox it came in, when it is one sender's own
    """
    message = named_message(named)
    if _is_ours(mail.from_email):
        own = message or named_message(mail.itself)
        return Belonging(Standing.OURS, tuple(_of_thread(mail, own)), own)
    if message is not None and message.gemeente_code is not None:
        return _in_thread(mail, message)
    thread = list(_of_thread(mail, None))
    if found := thread or list(_by_case_number(mail)):
        standing = _standing(mail.from_email, found[0].gemeente_code)
        # A thread can be forwarded to anyone; a number stands in any letter.
        sure = standing is not Standing.OTHER
        found = [replace(one, sure=sure) for one in found]
        return _with_letter(found, standing, message, in_thread=bool(thread))
    return _by_sender(mail, message, sender_id=sender_id, now=now)


def named_message(named: Sequence[str]) -> Message | None:
    """The message of ours that goes by the first of these Message-IDs that is ours at all."""
    if not named:
        return None
    ours = select(Message).where(
        or_(Message.message_id.in_(named), Message.relay_message_id.in_(named))
    )
    ids: dict[str | None, Message] = {}
    for one in db.session.scalars(ours):
        ids |= {one.relay_message_id: one, one.message_id: one}
    return next((ids[one] for one in named if one in ids), None)


def lately_to(addresses: Iterable[str], *, now: datetime) -> list[Candidate]:
    """Letters of this week to one of these addresses: whose bounce it may be."""
    letters = (
        select(Message, Step.campaign_id)
        .join(Step, Step.id == Message.step_id)
        .where(
            Message.address_key.in_([one.lower() for one in addresses]),
            Message.gemeente_code.is_not(None),
            Message.state.in_(LEFT),
            or_(Message.accepted_at > now - THIS_WEEK, Message.accepted_at.is_(None)),
        )
        .order_by(Message.id.desc())
        .limit(MOST_SHOWN)
    )
    why = "wij schreven deze week naar dit adres"
    return [
        Candidate(message.gemeente_code or "", why, campaign_id, message.variant, message.id)
        for message, campaign_id in db.session.execute(letters)
    ]


def _is_ours(email: str) -> bool:
    rows = db.session.execute(select(Sender.email, Sender.reply_to, Sender.envelope_from))
    return bool(email) and email in {one.lower() for row in rows for one in row if one}


def _in_thread(mail: Mail, message: Message) -> Belonging:
    """A reply to a letter of ours, from whomever."""
    code = message.gemeente_code or ""
    step = db.session.get(Step, message.step_id) if message.step_id else None
    standing = _standing(mail.from_email, code, message)
    letter = f"onze brief van {dutch.day_date(_sent_on(message))}"
    first = Candidate(
        code,
        f"het is een antwoord op {letter}",
        step.campaign_id if step else None,
        message.variant or "raad",
        message.id,
        sure=True,
    )
    others = list(_same_mailbox(message))
    return Belonging(
        standing,
        (first, *others),
        message,
        in_thread=True,
        same_subject=True,
        kenmerk=step.campaign.kenmerk if step else "",
        shared=tuple(_names(one.gemeente_code for one in others)),
    )


def _same_mailbox(message: Message) -> Iterator[Candidate]:
    """The other gemeenten whose letter of this step went to the same mailbox."""
    if message.step_id is None:
        return
    step = db.session.get_one(Step, message.step_id)
    others = (
        select(Message)
        .where(
            Message.step_id == message.step_id,
            Message.address_key == message.address_key,
            Message.variant == message.variant,
            Message.gemeente_code != message.gemeente_code,
            Message.state.in_(LEFT),
        )
        .order_by(Message.id)
    )
    for one in db.session.scalars(others):
        why = f"dezelfde postbus ({one.address}) leest ook de post van deze gemeente"
        yield Candidate(one.gemeente_code or "", why, step.campaign_id, one.variant, one.id)


def _of_thread(mail: Mail, message: Message | None) -> Iterator[Candidate]:
    """What mail of a gemeente it answers, or which letter of ours it is a copy of."""
    if message is not None and message.gemeente_code is not None:
        step = db.session.get(Step, message.step_id) if message.step_id else None
        yield Candidate(
            message.gemeente_code,
            "het is van onze brief aan deze gemeente",
            step.campaign_id if step else None,
            message.variant or "raad",
            message.id,
            sure=True,
        )
        return
    if not mail.answers:
        return
    before = (
        select(IncomingLink)
        .join(Incoming, Incoming.id == IncomingLink.incoming_id)
        .where(Incoming.message_id.in_(mail.answers), Incoming.state == Place.SETTLED)
        .order_by(IncomingLink.id.desc())
    )
    yield from _linked(
        db.session.scalars(before), "het hoort bij een eerdere mail van deze gemeente"
    )


def _by_case_number(mail: Mail) -> Iterator[Candidate]:
    number = automatic.case_number(f"{mail.subject}\n\n{mail.text}")
    if not number:
        return
    before = (
        select(IncomingLink)
        .join(Incoming, Incoming.id == IncomingLink.incoming_id)
        .where(Incoming.case_number == number, Incoming.state == Place.SETTLED)
        .order_by(IncomingLink.id.desc())
    )
    yield from _linked(db.session.scalars(before), f"het zaaknummer {number} is van deze gemeente")


def _linked(links: Iterable[IncomingLink], why: str) -> Iterator[Candidate]:
    seen = set()
    for one in links:
        if one.gemeente_code not in seen:
            seen.add(one.gemeente_code)
            yield Candidate(
                one.gemeente_code,
                why,
                one.campaign_id,
                one.body or "raad",
                one.message_id,
                sure=True,
            )


def _by_sender(
    mail: Mail, message: Message | None, *, sender_id: int | None, now: datetime
) -> Belonging:
    """By the address it comes from, its domain, or what it says of itself."""
    known, of_domain = _codes_of_address(mail.from_email), _codes_of_domain(mail.from_email)
    codes = known or of_domain
    standing = Standing.GRIFFIE if known else Standing.GEMEENTE if of_domain else Standing.OTHER
    if known:
        why = f"het adres {mail.from_email} is van deze gemeente"
    else:
        why = f"het adres eindigt op @{mail.from_email.rpartition('@')[2]}"
    if not codes:
        codes, why = _codes_by_name(mail), "de naam van deze gemeente staat in het bericht"
    alone = len(codes) == 1 and standing is not Standing.OTHER
    found: list[Candidate] = []
    same_subject = False
    for code in codes[:MOST_SHOWN]:
        one, same = _letter_of(code, why, mail, sender_id=sender_id, now=now)
        found.append(replace(one, sure=alone and one.sure))
        same_subject = same_subject or (same and alone)
    return _with_letter(found, standing, message, same_subject=same_subject)


def _with_letter(
    found: list[Candidate],
    standing: Standing,
    message: Message | None,
    *,
    in_thread: bool = False,
    same_subject: bool = False,
) -> Belonging:
    campaign_id = found[0].campaign_id if found else None
    campaign = db.session.get(Campaign, campaign_id) if campaign_id else None
    kenmerk = campaign.kenmerk if campaign else ""
    return Belonging(standing, tuple(found), message, in_thread, same_subject, kenmerk)


def _letter_of(
    code: str, why: str, mail: Mail, *, sender_id: int | None, now: datetime
) -> tuple[Candidate, bool]:
    """The letter to this gemeente that a mail may be about, and whether it has its subject.

    Sure is which letter it is: by its kenmerk or subject, or because it is the only one.
    """
    letters = (
        select(Message, Campaign)
        .join(Step, Step.id == Message.step_id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(
            Message.gemeente_code == code,
            Message.kind == Kind.LETTER,
            Message.state.in_(LEFT),
            Message.created_at > now - RECENT,
        )
        .order_by(Step.position, Message.id.desc())
    )
    if sender_id is not None:
        letters = letters.where(Message.sender_id == sender_id)
    rows = [(message, campaign) for message, campaign in db.session.execute(letters).all()]
    # The reader's own mailbox first, then the raad's.
    rows.sort(key=lambda row: (row[0].address_key != mail.from_email, row[0].variant != "raad"))
    campaigns = {campaign.id: (message, campaign) for message, campaign in reversed(rows)}
    if not campaigns:
        return Candidate(code, why), False
    place = db.session.get_one(Gemeente, code)
    subject, words = _subject(mail.subject), f"{mail.subject}\n{mail.text}"
    by_subject = [c for _, c in campaigns.values() if subject in _subjects(c, place)]
    by_kenmerk = [c for _, c in campaigns.values() if c.kenmerk and c.kenmerk in words]
    chosen = by_subject or by_kenmerk or [c for _, c in campaigns.values()]
    message, campaign = campaigns[max(chosen, key=lambda one: one.id).id]
    about = _why_letter(bool(by_subject), bool(by_kenmerk), alone=len(campaigns) == 1)
    one = Candidate(
        code,
        f"{why}, en {about}" if about else why,
        campaign.id,
        message.variant or "raad",
        message.id,
        sure=len(chosen) == 1,
    )
    return one, bool(by_subject)


def _why_letter(by_subject: bool, by_kenmerk: bool, *, alone: bool) -> str:
    if by_subject:
        return "het onderwerp is dat van onze brief"
    if by_kenmerk:
        return "het noemt ons kenmerk"
    return "het is de enige brief die wij daar schreven" if alone else ""


def _subjects(campaign: Campaign, place: Gemeente) -> set[str]:
    """The subjects of a campaign's letters to a gemeente, as they are compared."""
    values = {"gemeente": place.name, "provincie": place.province}
    values |= {"kenmerk": campaign.kenmerk, "afzender": campaign.sender.name}
    return {
        _subject(placeholders.fill(text.subject, values))
        for step in campaign.steps
        for text in step.texts
        if not placeholders.missing(text.subject, values)
    } - {""}


def _subject(text: str) -> str:
    return fold(_PREFIX.sub("", text))


def _standing(email: str, code: str, message: Message | None = None) -> Standing:
    """Who an address is to one gemeente."""
    if message is not None and email == message.address_key:
        return Standing.GRIFFIE
    if code in _codes_of_address(email):
        return Standing.GRIFFIE
    if message is not None and _same_domain(email, message.address_key):
        return Standing.GEMEENTE
    return Standing.GEMEENTE if code in _codes_of_domain(email) else Standing.OTHER


def _same_domain(email: str, other: str) -> bool:
    domain = email.rpartition("@")[2]
    return bool(domain) and domain not in PUBLIC and domain == other.rpartition("@")[2]


def _codes_of_address(email: str) -> list[str]:
    """The gemeenten that have this address, or were written to at it."""
    if not email:
        return []
    held = (
        select(Office.gemeente_code)
        .join(Contact, Contact.office_id == Office.id)
        .join(Address, Address.contact_id == Contact.id)
        .where(Address.address_key == email, Office.gemeente_code.is_not(None))
    )
    written = select(Message.gemeente_code).where(
        Message.address_key == email, Message.gemeente_code.is_not(None), Message.state.in_(LEFT)
    )
    return sorted({code for code in db.session.scalars(held.union(written)) if code})


def _codes_of_domain(email: str) -> list[str]:
    """The gemeenten whose site, general address or contacts are in this domain."""
    domain = email.rpartition("@")[2]
    if not domain or domain in PUBLIC:
        return []
    # griffie.zeist.nl is Zeist's as zeist.nl is; .nl is nobody's.
    parts = domain.split(".")
    names = [".".join(parts[n:]) for n in range(len(parts) - 1)]
    sites = select(Gemeente.code).where(
        or_(
            Gemeente.website.in_([*names, *(f"www.{one}" for one in names)]),
            *(Gemeente.general_email.endswith(f"@{one}", autoescape=True) for one in names),
        )
    )
    held = (
        select(Office.gemeente_code)
        .join(Contact, Contact.office_id == Office.id)
        .join(Address, Address.contact_id == Contact.id)
        .where(
            Office.gemeente_code.is_not(None),
            or_(*(Address.address_key.endswith(f"@{one}", autoescape=True) for one in names)),
        )
    )
    return sorted({code for code in db.session.scalars(sites.union(held)) if code})


def _codes_by_name(mail: Mail) -> list[str]:
    """The gemeenten whose name it bears: in its sender, its subject, or as "gemeente Zeist"."""
    head = f" {fold(f'{mail.from_name} {mail.subject}')} "
    domain = f" {fold(mail.from_email.rpartition('@')[2])} "
    text = f" {fold(mail.text[:5000])} "
    found = []
    for code, key in db.session.execute(select(Gemeente.code, Gemeente.search_key)):
        of_text = any(
            f" {word} {key} " in text for word in ("gemeente", "raad van", "griffie", "griffie van")
        )
        if f" {key} " in head or f" {key.replace(' ', '')} " in domain or of_text:
            found.append(code)
    return found


def _names(codes: Iterable[str]) -> list[str]:
    wanted = list(codes)
    if not wanted:
        return []
    return list(db.session.scalars(select(Gemeente.name).where(Gemeente.code.in_(wanted))))


def _sent_on(message: Message) -> date:
    return dutch_date(message.accepted_at or message.created_at)
