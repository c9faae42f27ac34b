"""From a message in the outbox to the mail that leaves: words, PDF, attachments, headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from outreach.accounts.models import Sender
from outreach.answers import choices
from outreach.campaigns import meetings
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign, Recipients, Step, StepText
from outreach.campaigns.store import Store
from outreach.campaigns.writing import current_texts
from outreach.clock import dutch_date
from outreach.contacts import people
from outreach.contacts.models import Address, Basis, Contact, Function, Gemeente
from outreach.contacts.people import Addressee
from outreach.delivery import mime
from outreach.delivery.mime import Mail, Part
from outreach.delivery.models import Kind, Message, State
from outreach.errors import Unknown
from outreach.events.models import Meeting
from outreach.letters import aanhef, composing, dutch, pdf, placeholders
from outreach.letters.composing import Content, Foot, Letterhead, Quoted, Template

#: Who reads mail for a whole body, and can say what that body did.
SPEAKS_FOR_BODY = (
    Function.GRIFFIER,
    Function.PLV_GRIFFIER,
    Function.COLLEGE,
    Function.INFORMATEUR,
)
BODY_NAMES = {"raad": "de raad", "college": "het college"}
#: The answers that have a button in the mail, each with the word that says the same in a reply.
ONE_WORD = {
    "doorgestuurd": "doorgestuurd",
    "op-lijst": "lijst",
    "naar-college": "college",
    "geweigerd": "nee",
    "gesprek": "gesprek",
}
#: A first letter with which its gemeente may be reminded of it.
ARRIVED = (State.ACCEPTED, State.UNCERTAIN)
WHY = {
    Basis.PUBLISHED: "{email} is gepubliceerd als adres voor post aan {body}",
    Basis.CONSENT: "u ons toestemming gaf om naar {email} te schrijven",
    Basis.REGISTRATION: "u zich met {email} bij ons aanmeldde",
    Basis.EXISTING: "wij eerder contact hadden via {email}",
}


@dataclass(frozen=True)
class Recipient:
    """Everything about one letter's reader that its words can use."""

    campaign: Campaign
    step: Step
    text: StepText
    contact: Contact
    gemeente: Gemeente | None
    variant: str
    email: str
    planned: date  #: the day its step is planned for, in the Netherlands
    first: "First | None" = None
    meetings: Mapping[str, Meeting] = field(default_factory=dict)  #: of the campaign, by slug

    @property
    def sender(self) -> Sender:
        return self.campaign.sender


@dataclass(frozen=True)
class First:
    """The first letter that this gemeente got, which a reminder follows."""

    message: Message
    text: StepText
    sent_on: date
    same_address: bool  #: whether this very mailbox has it, so that a thread can be made

    @classmethod
    def of(cls, message: Message, text: StepText, *, to: str) -> "First":
        """
        :param to: the address key that the reminder goes to
        """
        sent_on = dutch_date(message.accepted_at or message.not_before)
        return cls(message, text, sent_on, same_address=message.address_key == to)


@dataclass
class Renderer:
    """Makes mails; keeps what is equal for all of a step. Lives as long as one pass."""

    links: Links
    store: Store
    now: datetime
    _templates: dict[tuple[str, str], Template] = field(default_factory=dict)
    _files: dict[tuple[str, str, str], Part] = field(default_factory=dict)
    _leaving: dict[int, str] = field(default_factory=dict)  #: where each sender's mail is ended

    def raw(self, session: Session, message: Message) -> bytes:
        """The message as RFC 5322 bytes, exactly as it leaves."""
        return mime.build(self.mail(session, message))

    def mail(self, session: Session, message: Message) -> Mail:
        if message.kind is Kind.LETTER:
            return self.letter(message, recipient_of(session, message))
        return self.by_content(message, session.get_one(Sender, message.sender_id))

    def content(self, recipient: Recipient, *, proof: bool = False) -> Content:
        """The words of one letter: subject, text and HTML."""
        template, given = self._template(recipient.text), self._values(recipient)
        quoted = self._quoted(recipient) if recipient.first else None
        foot = None if proof else self._foot(recipient, given)
        return template.fill(given, look=letterhead(recipient.sender), foot=foot, quoted=quoted)

    def pdf(self, recipient: Recipient) -> tuple[str, bytes]:
        """The letter to the body of one gemeente, as a file name and a PDF."""
        given = self._values(recipient)
        if recipient.text.letter:
            # The letter speaks to the body, the mail to who reads the mailbox.
            given = given | {"aanhef": aanhef.salutation(Addressee(), body=recipient.variant)}
        words = recipient.text.letter or recipient.text.mail
        sender, place = recipient.sender, recipient.gemeente.name if recipient.gemeente else ""
        subject = placeholders.fill(recipient.text.subject, given)
        letter = pdf.PdfLetter(
            title=subject,
            sender=sender.name,
            day=recipient.planned,
            subject=subject,
            text=words,
            values=given,
            addressee=self._window(recipient),
            addressee_short=pdf.addressee_short(recipient.variant, place),
            sender_lines=_sender_lines(sender),
            our_reference=recipient.campaign.kenmerk,
            attachments=tuple(a.filename for a in recipient.campaign.attachments),
            closing="Met vriendelijke groet,",
            on_behalf_of=sender.name,
            signatories=tuple(
                pdf.Signatory(one["name"], one.get("function", "")) for one in sender.signatories
            ),
            cosigners=tuple(sender.cosigners),
            summary=subject,
        )
        name = pdf.file_name(recipient.planned, sender.name, recipient.variant, place, subject)
        return name, pdf.make(letter)

    def _values(self, recipient: Recipient) -> dict[str, str]:
        return values(recipient, base_url=self.links.base_url)

    def letter(self, message: Message, recipient: Recipient) -> Mail:
        content, sender = self.content(recipient), recipient.sender
        in_reply_to, references = _thread(recipient, message)
        return Mail(
            from_name=sender.name,
            from_address=sender.email,
            to=message.address,
            subject=content.subject,
            date=self.now,
            message_id=message.message_id,
            text=content.text,
            html=content.html,
            reply_to=sender.reply_to or "",
            in_reply_to=in_reply_to,
            references=references,
            list_unsubscribe=self.links.one_click(message.message_id, now=message.created_at),
            attachments=self._parts(recipient, message),
        )

    def by_content(self, message: Message, sender: Sender) -> Mail:
        content: Mapping[str, Any] = message.content
        return Mail(
            from_name=sender.name,
            from_address=sender.email,
            to=message.address,
            subject=content["subject"],
            date=self.now,
            message_id=message.message_id,
            text=content["text"],
            html=content.get("html", ""),
            reply_to=sender.reply_to or "",
            auto_submitted=message.kind is Kind.NOTICE,
            attachments=tuple(
                self._file(one["filename"], one["content_type"], one["sha256"])
                for one in content.get("attachments", [])
            ),
            calendar=_calendar(content.get("calendar")),
        )

    def _parts(self, recipient: Recipient, message: Message) -> tuple[Part, ...]:
        attachments = tuple(
            self._file(one.filename, one.content_type, one.sha256)
            for one in recipient.campaign.attachments
        )
        if not recipient.campaign.pdf_letter:
            return attachments
        if message.pdf_sha256 and message.pdf_name:
            name, data = message.pdf_name, self.store.get(message.pdf_sha256)
        else:
            name, data = self.pdf(recipient)
        return (Part(name, "application/pdf", data), *attachments)

    def _template(self, text: StepText) -> Template:
        key = (text.subject, text.mail)
        if key not in self._templates:
            self._templates[key] = composing.prepare(text.subject, text.mail)
        return self._templates[key]

    def _file(self, filename: str, content_type: str, sha256: str) -> Part:
        """An attachment, read and encoded once."""
        key = (filename, content_type, sha256)
        if key not in self._files:
            self._files[key] = Part(filename, content_type, self.store.get(sha256))
        return self._files[key]

    def _quoted(self, recipient: Recipient) -> Quoted | None:
        if recipient.first is None:
            return None
        of_first = Recipient(
            campaign=recipient.campaign,
            step=recipient.campaign.steps[0],
            text=recipient.first.text,
            contact=recipient.contact,
            gemeente=recipient.gemeente,
            variant=recipient.variant,
            email=recipient.email,
            planned=recipient.first.sent_on,
            meetings=recipient.meetings,
        )
        words = self._template(recipient.first.text).plain(self._values(of_first))
        return Quoted(dutch.long_date(recipient.first.sent_on), words)

    def _foot(self, recipient: Recipient, given: Mapping[str, str]) -> Foot:
        campaign, gemeente, body = recipient.campaign, recipient.gemeente, recipient.variant
        no_more = self._no_more_mail(campaign.sender_id)
        why = _why(recipient)
        if gemeente is None or recipient.contact.office.function not in SPEAKS_FOR_BODY:
            return Foot(why, (), "", no_more, "")
        page = self.links.answer(campaign.id, gemeente.code, body, now=self.now)
        offered = [one for one in choices.shown(body) if one.key in ONE_WORD]
        return Foot(
            why=why,
            answer_links=tuple((one.said, f"{page}?k={one.key}") for one in offered),
            answer_words=tuple(ONE_WORD[one.key] for one in offered),
            answer_url=page,
            no_more_mail_url=no_more,
            other_address_url=f"{page}#adres",
            card=_card(recipient, given["onderwerp"]) if body == "raad" else (),
        )

    def _no_more_mail(self, sender_id: int) -> str:
        if sender_id not in self._leaving:
            self._leaving[sender_id] = self.links.no_more_mail(sender_id, now=self.now)
        return self._leaving[sender_id]

    def _window(self, recipient: Recipient) -> tuple[str, ...]:
        if recipient.gemeente is None:
            return (aanhef.address_line(people.addressee(recipient.contact)),)
        return pdf.addressee_lines(
            recipient.variant,
            recipient.gemeente.name,
            postal_address=recipient.gemeente.postal_address,
        )


def recipient_of(session: Session, message: Message) -> Recipient:
    """Look up what a letter in the outbox (or one that could be) is about.

    :raises Unknown: its contact or text is gone
    """
    step = session.get_one(Step, message.step_id)
    planned = dutch_date(step.send_at or message.not_before)
    first = first_letter(session, message, step)
    if first is None and message.id is None:  # a preview: its first letter may be to come, too
        first = planned_first(step, planned)
    text = session.get(StepText, message.text_id) if message.text_id else None
    contact = session.get(Contact, message.contact_id) if message.contact_id else None
    if text is None or contact is None:
        raise Unknown("De tekst of de ontvanger van deze brief bestaat niet meer.")
    return Recipient(
        campaign=step.campaign,
        step=step,
        text=text,
        contact=contact,
        gemeente=session.get(Gemeente, message.gemeente_code) if message.gemeente_code else None,
        variant=message.variant,
        email=message.address,
        planned=planned,
        first=first,
        meetings=meetings.of(session, step.campaign),
    )


def follows_first(step: Step) -> bool:
    """Whether its letters follow the first one, as a reminder does."""
    return step.position > 1 and step.recipients is Recipients.NOT_ANSWERED


def first_letter(session: Session, message: Message, step: Step) -> First | None:
    """The first letter that arrived at this body of this gemeente; this mailbox's own if any."""
    if not follows_first(step):
        return None
    first = aliased(Message)
    same_party = (
        first.gemeente_code == message.gemeente_code
        if message.gemeente_code
        else first.contact_id == message.contact_id
    )
    arrived = (
        select(first)
        .where(
            first.step_id == step.campaign.steps[0].id,
            first.variant == message.variant,
            same_party,
            first.state.in_(ARRIVED),
        )
        .order_by(
            first.address_key != message.address_key,
            first.accepted_at.is_(None),
            first.accepted_at,
            first.id,
        )
        .limit(1)
    )
    found = session.scalar(arrived)
    text = session.get(StepText, found.text_id) if found and found.text_id else None
    return First.of(found, text, to=message.address_key) if found and text else None


def planned_first(step: Step, planned: date) -> First | None:
    """For a reminder that is still a plan: its first letter as it will have been."""
    if not follows_first(step):
        return None
    first = step.campaign.steps[0]
    sent_on = dutch_date(first.send_at) if first.send_at else planned
    text = current_texts(first)[step.campaign.variants[0]]
    return First(message=Message(), text=text, sent_on=sent_on, same_address=True)


def values(recipient: Recipient, *, base_url: str = "") -> dict[str, str]:
    """What each placeholder stands for, for one recipient.

    :param base_url: where links begin; only a mail that leaves needs it
    """
    contact, gemeente, first = recipient.contact, recipient.gemeente, recipient.first
    who = people.addressee(contact)
    found = {
        "aanhef": aanhef.salutation(who, body=recipient.variant),
        "gemeente": gemeente.name if gemeente else "",
        "provincie": gemeente.province if gemeente else "",
        "inwoners": dutch.number(gemeente.inhabitants) if gemeente else "",
        "naam": people.full_name(contact),
        "voornaam": contact.first_name,
        "achternaam": aanhef.last_name(who),
        "functie": people.OFFICE_NAMES[contact.office.function].lower(),
        "kenmerk": recipient.campaign.kenmerk,
        "zaaknummer": "",
        "datum": dutch.long_date(recipient.planned),
        "afzender": recipient.sender.name,
        "eerste_brief.datum": dutch.long_date(first.sent_on) if first else "",
    }
    found |= meetings.values(
        recipient.campaign,
        recipient.meetings,
        base_url=base_url,
        gemeente_code=gemeente.code if gemeente else "",
    )
    found["onderwerp"] = _subject(recipient.text, found)
    found["eerste_brief.onderwerp"] = _subject(first.text, found) if first else ""
    return found


def letterhead(sender: Sender) -> Letterhead:
    return Letterhead(
        sender_name=sender.name,
        subtitle=sender.subtitle,
        postal_address=sender.postal_address,
        email=sender.reply_to or sender.email,
        phone=sender.phone,
    )


def _card(recipient: Recipient, subject: str) -> tuple[tuple[str, str], ...]:
    """The griffiekaart: what a griffie types into its list of documents."""
    rows = (
        ("Titel", subject),
        ("Afzender", recipient.sender.name),
        ("Datum", dutch.long_date(recipient.planned)),
        ("Kenmerk", recipient.campaign.kenmerk),
        ("Voorstel", "ter kennisname"),
    )
    return tuple(row for row in rows if row[1])


def _calendar(given: Mapping[str, str] | None) -> tuple[str, bytes] | None:
    return (given["method"], given["ics"].encode()) if given else None


def _subject(text: StepText, given: Mapping[str, str]) -> str:
    if placeholders.missing(text.subject, given):
        return ""
    return placeholders.fill(text.subject, given)


def _thread(recipient: Recipient, message: Message) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References: a reminder follows this mailbox's own first letter.

    The first letter refers to itself: behind a relay that replaces the Message-ID our own
    stays readable there (SES and Microsoft 365 leave References alone).
    """
    first = recipient.first
    if first is None:
        own = (message.message_id,) if recipient.step.position == 1 else ()
        return "", own
    if not first.same_address or not first.message.message_id:
        return "", ()
    seen = first.message.relay_message_id or first.message.message_id
    return seen, tuple(dict.fromkeys((first.message.message_id, seen)))


def _why(recipient: Recipient) -> str:
    address = next(
        (a for a in recipient.contact.addresses if a.email == recipient.email), None
    ) or next(iter(recipient.contact.addresses), None)
    body = f"{BODY_NAMES[recipient.variant]} van {recipient.gemeente}" if recipient.gemeente else ""
    basis = address.basis if address and address.basis else Basis.EXISTING
    reason = WHY[basis].format(email=recipient.email, body=body or "u")
    return f"U krijgt deze mail omdat {reason}.{_found_at(address)}"


def _found_at(address: Address | None) -> str:
    if address is None or not address.source:
        return ""
    day = f", op {dutch.long_date(address.basis_on)}" if address.basis_on else ""
    return f" Wij vonden het adres hier: {address.source}{day}."


def _sender_lines(sender: Sender) -> tuple[str, ...]:
    street, _, town = sender.postal_address.partition(", ")
    lines = (street, town, sender.phone, sender.reply_to or sender.email, sender.website)
    return tuple(line for line in lines if line)
