"""From a message in the outbox to the mail that leaves: words, PDF, attachments, headers."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy import Exists, select
from sqlalchemy.orm import Session, aliased

from outreach import unseen
from outreach.accounts.models import Sender
from outreach.answers import choices, questions
from outreach.answers.questions import QuestionType
from outreach.campaigns import attached, casenumbers, meetings
from outreach.campaigns.links import Links
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.campaigns.sheets import Plate, Sheet
from outreach.campaigns.store import Store
from outreach.campaigns.writing import current_texts
from outreach.clock import dutch_date
from outreach.contacts import people, regions
from outreach.contacts.models import Basis, Contact, Function, Gemeente, RegionKind
from outreach.contacts.people import Addressee
from outreach.delivery import mime
from outreach.delivery.mime import Mail, Own, Part
from outreach.delivery.models import Kind, Message, State
from outreach.errors import OutreachError, Unknown
from outreach.events.models import Meeting
from outreach.letters import aanhef, blocks, composing, dutch, later, pdf, placeholders
from outreach.letters.composing import Content, Foot, Letterhead, Quoted, Template
from outreach.letters.later import NOTHING, Later, Words
from outreach.letters.markup import one_line
from outreach.letters.pdf import Logo, PdfLetter
from outreach.letters.placeholders import MissingValue

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
#: In place of each reader in what all share; nothing of it stays in a letter.
_SOMEONE = Own(
    to="a@b.example",
    date=datetime(2026, 1, 1, tzinfo=UTC),
    message_id="<a@b.example>",
    in_reply_to="",
    references=(),
    list_unsubscribe="https://b.example/",
)
WHY = {
    Basis.PUBLISHED: "{email} is gepubliceerd als adres voor post aan {body}",
    Basis.CONSENT: "u ons toestemming gaf om naar {email} te schrijven",
    Basis.REGISTRATION: "u zich met {email} bij ons aanmeldde",
    Basis.EXISTING: "wij eerder contact hadden via {email}",
}


#: What the first letter to someone must say, beside where we found the address (AVG art. 14, 21).
RIGHTS = (
    " U mag vragen wat wij van u bewaren, het laten verbeteren of wissen, en altijd bezwaar maken:"
    " mail {email}."
)
#: In place of a token in the links of a proof: nobody answers for a gemeente with it.
PROOF = "proef"
#: Octets of sheets that are kept: some thousand of them, more than there are gemeenten.
SHEETS_KEPT = 12_000_000


class Letter(Protocol):
    """A letter in the outbox, as far as making it goes."""

    @property
    def contact_id(self) -> int | None: ...
    @property
    def address(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def pdf_sha256(self) -> str | None: ...
    @property
    def pdf_name(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...


class Place(Protocol):
    """A gemeente, as far as letters name it."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def province(self) -> str: ...
    @property
    def inhabitants(self) -> int: ...
    @property
    def postal_address(self) -> str: ...
    @property
    def partners(self) -> tuple[tuple[RegionKind, str], ...]: ...


class Found(NamedTuple):
    """Why we may write to an address, and how we came by it."""

    basis: Basis | None = None
    source: str = ""
    on: date | None = None
    told: bool = False  #: an earlier letter of this sender to this address said what we may hold

    @classmethod
    def of(cls, contact: Contact, email: str, *, told: bool = False) -> "Found":
        addresses = contact.addresses
        one = next((a for a in addresses if a.email == email), None) or next(iter(addresses), None)
        return cls(one.basis, one.source, one.basis_on, told) if one else cls(told=told)


@dataclass(frozen=True, eq=False)
class Edition:
    """What is equal for all who get this version of a step's text."""

    campaign: Campaign
    step: Step
    text: StepText
    meetings: Mapping[str, Meeting]  #: of the campaign, by slug


class Recipient(NamedTuple):
    """Everything about one letter's reader that its words can use."""

    edition: Edition
    who: Addressee
    gemeente: Place | None
    variant: str
    email: str
    planned: date  #: the day its step is planned for, in the Netherlands
    found: Found = Found()
    first: "First | None" = None
    case_number: str = ""  #: what its gemeente calls our letter

    @property
    def campaign(self) -> Campaign:
        return self.edition.campaign

    @property
    def step(self) -> Step:
        return self.edition.step

    @property
    def text(self) -> StepText:
        return self.edition.text

    @property
    def sender(self) -> Sender:
        return self.edition.campaign.sender


@dataclass(frozen=True)
class First:
    """The first letter that this gemeente got, which a reminder follows."""

    text: StepText
    sent_on: date
    same_address: bool  #: whether this very mailbox has it, so that a thread can be made
    message_id: str = ""
    relay_message_id: str | None = None

    @classmethod
    def of(cls, message: Any, text: StepText, *, to: str) -> "First":
        """
        :param message: it, or the columns of its row
        :param to: the address key that the reminder goes to
        """
        return cls(
            text,
            sent_on=dutch_date(message.accepted_at or message.not_before),
            same_address=message.address_key == to,
            message_id=message.message_id,
            relay_message_id=message.relay_message_id,
        )


@dataclass
class Renderer:
    """Makes mails; keeps what is equal for all of a step. Lives as long as one pass."""

    links: Links
    store: Store
    now: datetime
    _templates: dict[Hashable, Template] = field(default_factory=dict)
    _files: dict[tuple[str, str, str], Part] = field(default_factory=dict)
    _leaving: dict[int, str] = field(default_factory=dict)  #: where each sender's mail is ended
    _plates: dict[Hashable, Plate | None] = field(default_factory=dict)
    _kept: int = 0  #: octets of their sheets
    _pictures: dict[str, str] = field(default_factory=dict)  #: logos, by the name of their file

    def raw(self, session: Session, message: Message) -> bytes:
        """The message as RFC 5322 bytes, exactly as it leaves."""
        if message.kind is not Kind.LETTER:
            return mime.build(self.mail(session, message))
        return mime.undotted(self.data(message, recipient_of(session, message), at=self.now))

    def data(self, message: Letter, recipient: Recipient, *, at: datetime) -> tuple[bytes, ...]:
        """The letter as DATA carries it, in pieces, made from what it shares with others.

        What cannot be made so is made by itself: whatever is wrong with it is said there.

        :param at: the moment in its Date
        """
        try:
            sheet = self._sheet(recipient)
            if sheet is not None:
                lines = self._lines(message, recipient, at)
                own = self._pdf_part(recipient, message) if sheet.pdf else ()
                return sheet.filled(lines, recipient, own + sheet.files)
        except (OutreachError, UnicodeError):
            pass
        return mime.data(self.letter(message, recipient, at=at))

    def mail(self, session: Session, message: Message) -> Mail:
        if message.kind is Kind.LETTER:
            return self.letter(message, recipient_of(session, message))
        return self.by_content(message, session.get_one(Sender, message.sender_id))

    def content(self, recipient: Recipient, *, proof: bool = False, foot: bool = True) -> Content:
        """The words of one letter: subject, text and HTML.

        :param proof: its links, which would act in a gemeente's name, lead to nothing
        :param foot: False for the text alone, as it is pasted into a web form
        """
        page = f"{self.links.base_url}/antwoord/{PROOF}" if proof else self._answer_page(recipient)
        given = self._values(recipient) | {blocks.ANSWER_PAGE: page}
        template = self._template(
            recipient.text, recipient.campaign, answers=foot and answers(recipient)
        )
        below = None
        if foot:
            said = why(recipient)
            below = self._foot(recipient, page=page, why=said, subject=given["onderwerp"])
            if proof:
                leaves = f"{self.links.base_url}/afmelden/{PROOF}"
                below = replace(below, no_more_mail_url=leaves)
        quoted = self._quoted(recipient, given, leave=NOTHING)
        return template.fill(given, look=letterhead(recipient.sender), foot=below, quoted=quoted)

    def pdf(self, recipient: Recipient) -> tuple[str, bytes]:
        """The letter to the body of one gemeente, as a file name and a PDF."""
        name, letter = self.pdf_letter(recipient)
        return name, pdf.make(letter)

    def pdf_letter(self, recipient: Recipient) -> tuple[str, PdfLetter]:
        """What that PDF says, and its file name."""
        given = self._values(recipient)
        if recipient.text.letter:
            # The letter speaks to the body, the mail to who reads the mailbox.
            given = given | {"aanhef": aanhef.salutation(Addressee(), body=recipient.variant)}
        words = blocks.expand(
            recipient.text.letter or recipient.text.mail,
            meetings=recipient.campaign.meetings,
            mail=False,
        )
        sender, place = recipient.sender, recipient.gemeente.name if recipient.gemeente else ""
        subject = one_line(placeholders.fill(recipient.text.subject, given))
        letter = self.on_letterhead(
            recipient.campaign,
            title=subject,
            day=recipient.planned,
            text=words,
            values=given,
            addressee=self._window(recipient),
            addressee_short=pdf.addressee_short(recipient.variant, place),
            your_reference=given["uw_kenmerk"],
            your_letter_of=given["uw_brief_van"],
            attachments=tuple(
                one.filename for one in attached.of(recipient.text, recipient.campaign)
            ),
        )
        name = pdf.file_name(recipient.planned, sender.name, recipient.variant, place, subject)
        return name, letter

    def on_letterhead(self, campaign: Campaign, *, title: str, **letter: Any) -> PdfLetter:
        """A letter with all that its sender and its campaign put around it.

        :param letter: the rest of a `PdfLetter`
        """
        sender = campaign.sender
        cosigners = tuple(sender.cosigners if campaign.cosigners is None else campaign.cosigners)
        return PdfLetter(
            title=title,
            sender=sender.name,
            subject=title,
            subtitle=sender.subtitle,
            sender_lines=_sender_lines(sender),
            place=sender.place,
            our_reference=campaign.kenmerk,
            handled_by=campaign.handled_by or sender.handled_by,
            phone=_direct_phone(campaign),
            closing="Met vriendelijke groet,",
            on_behalf_of=sender.name,
            signatories=tuple(
                pdf.Signatory(one["name"], one.get("function", "")) for one in sender.signatories
            ),
            cosigners=cosigners,
            logo=self._logo(sender),
            cosigner_logos=self._logos(sender, cosigners),
            summary=title,
            **letter,
        )

    def _logo(self, sender: Sender, name: str = "") -> str:
        """Its own logo, or that of who signs with it, as SVG; "" when there is none."""
        for one in sender.logos:
            if one["name"] == name:
                if one["sha256"] not in self._pictures:
                    self._pictures[one["sha256"]] = self.store.get(one["sha256"]).decode()
                return self._pictures[one["sha256"]]
        return ""

    def _logos(self, sender: Sender, cosigners: Sequence[str]) -> tuple[Logo, ...]:
        found = [Logo(one, self._logo(sender, one)) for one in cosigners]
        return tuple(one for one in found if one.svg)

    def _values(self, recipient: Recipient) -> dict[str, str]:
        return values(recipient, base_url=self.links.base_url)

    def letter(self, message: Letter, recipient: Recipient, *, at: datetime | None = None) -> Mail:
        """The letter by itself: what `data` must give the bytes of."""
        content = self.content(recipient)
        mail = _mail(
            recipient.sender, content.subject, self._lines(message, recipient, at or self.now)
        )
        files = self._parts(recipient, message)
        return replace(mail, text=content.text, html=content.html, attachments=files)

    def _lines(self, message: Letter, recipient: Recipient, at: datetime) -> Own:
        in_reply_to, references = _thread(recipient, message)
        return Own(
            to=message.address,
            date=at,
            message_id=message.message_id,
            in_reply_to=in_reply_to,
            references=references,
            list_unsubscribe=self.links.one_click(message.message_id, now=message.created_at),
        )

    def _sheet(self, recipient: Recipient) -> Sheet | None:
        """What the letter shares with those of the same text to the same place; kept.

        None for one that quotes a zaaknummer: few do, and each has its own.
        """
        if recipient.case_number:
            return None
        plate = self._plate(recipient)
        if plate is None:
            return None
        if (sheet := plate.sheets.get(recipient.gemeente)) is None:
            if self._kept > SHEETS_KEPT:
                self._plates, self._kept = {}, 0
            given = of_place(recipient, plate.given, base_url=self.links.base_url)
            if not given["onderwerp"]:
                return None
            if recipient.gemeente:
                given["antwoord"] = given[blocks.ANSWER_PAGE] = self._answer_page(recipient)
            subject = later.said((plate.subject,), given)
            form = mime.Form.of(_mail(recipient.sender, subject, _SOMEONE))
            sheet = plate.sheets[recipient.gemeente] = plate.sheet(
                form,
                given,
                OWN,
                files=self._attachments(recipient),
                pdf=recipient.campaign.pdf_letter,
            )
            self._kept += sheet.size
        return sheet

    def _plate(self, recipient: Recipient) -> Plate | None:
        """What the letter shares with all of the same text; kept."""
        first, placed = recipient.first, recipient.gemeente is not None
        quoted = first and (first.text.subject, first.text.mail, first.sent_on)
        about = recipient.variant, recipient.who.function, recipient.planned, placed
        key = recipient.edition, about, quoted
        plates = self._plates
        if key not in plates:
            plates[key] = self._plate_of(recipient)
        return plates[key]

    def _plate_of(self, recipient: Recipient) -> Plate | None:
        """None for a letter in whose subject its reader stands: then all of it is its own."""
        template = self._template(recipient.text, recipient.campaign, answers=answers(recipient))
        first = recipient.first
        subjects = [recipient.text.subject, *([first.text.subject] if first else [])]
        own = {name for subject in subjects for name in placeholders.names(subject)} & OWN.keys()
        of_two = first and self._template(first.text, recipient.campaign).names & {
            "onderwerp",
            "eerste_brief.onderwerp",
        }
        if own or of_two:
            return None
        links = meetings.links(
            recipient.campaign, recipient.edition.meetings, base_url="", gemeente_code=""
        )
        leave, given = PLACES.union(OWN, links), of_text(recipient)
        words = template.open(
            given,
            leave=leave,
            look=letterhead(recipient.sender),
            foot=self._foot(
                recipient,
                page=Later.value("antwoord"),
                why=Later.value("why"),
                subject=Later.value("onderwerp"),
            ),
            quoted=self._quoted(recipient, given, leave=leave),
        )
        return Plate.of(words, given)

    def _answer_page(self, recipient: Recipient) -> str:
        gemeente = recipient.gemeente
        if gemeente is None:
            return ""
        return self.links.answer(
            recipient.campaign.id, gemeente.code, recipient.variant, now=self.now
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
            references=tuple(content.get("references", ())),
            list_unsubscribe=content.get("list_unsubscribe"),
            auto_submitted=message.kind is Kind.NOTICE,
            attachments=tuple(
                self._file(one["filename"], one["content_type"], one["sha256"])
                for one in content.get("attachments", [])
            ),
            calendar=_calendar(content.get("calendar")),
        )

    def _parts(self, recipient: Recipient, message: Letter) -> tuple[Part, ...]:
        return (*self._pdf_part(recipient, message), *self._attachments(recipient))

    def _attachments(self, recipient: Recipient) -> tuple[Part, ...]:
        return tuple(
            self._file(one.filename, one.content_type, one.sha256)
            for one in attached.of(recipient.text, recipient.campaign)
        )

    def _pdf_part(self, recipient: Recipient, message: Letter) -> tuple[Part, ...]:
        """The letter as a file, where there is one: each gemeente has its own."""
        if not recipient.campaign.pdf_letter:
            return ()
        if message.pdf_sha256 and message.pdf_name:
            name, data = message.pdf_name, self.store.get(message.pdf_sha256)
        else:
            name, data = self.pdf(recipient)
        return (Part(name, "application/pdf", data),)

    def _template(self, text: StepText, campaign: Campaign, *, answers: bool = False) -> Template:
        """
        :param answers: whether its reader is one who may answer, and gets the buttons for it
        """
        can_answer = asked(campaign) if answers else ()
        key = (text.subject, text.mail, tuple(campaign.meetings), can_answer)
        if key not in self._templates:
            words = blocks.expand(text.mail, meetings=campaign.meetings, asked=can_answer)
            self._templates[key] = composing.prepare(text.subject, words)
        return self._templates[key]

    def _file(self, filename: str, content_type: str, sha256: str) -> Part:
        """An attachment, read and encoded once."""
        key = (filename, content_type, sha256)
        if key not in self._files:
            self._files[key] = Part(filename, content_type, self.store.get(sha256))
        return self._files[key]

    def _quoted(
        self, recipient: Recipient, given: Mapping[str, str], *, leave: frozenset[str]
    ) -> Quoted | None:
        first = recipient.first
        if first is None or recipient.step.corrects_id:
            return None  # below a correction the text that was wrong does not stand once more
        then = {
            **given,
            "datum": dutch.long_date(first.sent_on),
            "onderwerp": "",
            "eerste_brief.datum": "",
            "eerste_brief.onderwerp": "",
        }
        then["onderwerp"] = _subject(first.text, then)
        words = self._template(first.text, recipient.campaign).plain(then, leave)
        return Quoted(dutch.long_date(first.sent_on), words)

    def _foot(self, recipient: Recipient, *, page: Words, why: Words, subject: Words) -> Foot:
        """
        :param page: where this gemeente answers
        """
        body, no_more = recipient.variant, self._no_more_mail(recipient.campaign.sender_id)
        if not answers(recipient):
            return Foot(why, (), "", no_more, "", privacy_url=self._privacy)
        offered = [one for one in choices.shown(body) if one.key in ONE_WORD]
        own_card = "griffiekaart" in blocks.used(recipient.text.mail)
        return Foot(
            why=why,
            answer_links=tuple((one.said, _at(page, f"?k={one.key}")) for one in offered),
            answer_words=tuple(ONE_WORD[one.key] for one in offered),
            answer_url=page,
            no_more_mail_url=no_more,
            privacy_url=self._privacy,
            other_address_url=_at(page, "#adres"),
            card=_card(recipient, subject) if body == "raad" and not own_card else (),
        )

    @property
    def _privacy(self) -> str:
        return f"{self.links.base_url}/privacy"

    def _no_more_mail(self, sender_id: int) -> str:
        if sender_id not in self._leaving:
            self._leaving[sender_id] = self.links.no_more_mail(sender_id, now=self.now)
        return self._leaving[sender_id]

    def _window(self, recipient: Recipient) -> tuple[str, ...]:
        if recipient.gemeente is None:
            return (aanhef.address_line(recipient.who),)
        return pdf.addressee_lines(
            recipient.variant,
            recipient.gemeente.name,
            postal_address=recipient.gemeente.postal_address,
        )


def answers(recipient: Recipient) -> bool:
    """Whether this reader can say what a body did, and gets the buttons for it."""
    return recipient.gemeente is not None and recipient.who.function in SPEAKS_FOR_BODY


def asked(campaign: Campaign) -> tuple[blocks.Asked, ...]:
    """Its questions that one press can answer: those of which one option is chosen."""
    return tuple(
        (one.key, one.label, one.options)
        for one in questions.of(campaign.questions)
        if one.type is QuestionType.CHOICE and one.options
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
        Edition(step.campaign, step, text, meetings.of(session, step.campaign)),
        who=people.addressee(contact),
        gemeente=session.get(Gemeente, message.gemeente_code) if message.gemeente_code else None,
        variant=message.variant,
        email=message.address,
        planned=planned,
        found=Found.of(contact, message.address, told=_was_told(session, message)),
        first=first,
        case_number=_case_number(session, message, step),
    )


def _case_number(session: Session, message: Message, step: Step) -> str:
    """A first letter has none yet."""
    if step.position == 1 or message.gemeente_code is None:
        return ""
    party = (step.campaign_id, message.gemeente_code, message.variant)
    return casenumbers.known(session, party[:1], party[1:2]).get(party, "")


def earlier_letter(message: Any, *, address_key: str | None = None) -> Exists:
    """SQL over `message`, or of one message: its sender wrote to this address before."""
    before = aliased(Message, name="earlier")
    return (
        select(before.id)
        .where(
            before.address_key == (address_key or message.address_key),
            before.sender_id == message.sender_id,
            before.kind == Kind.LETTER,
            before.state.in_(ARRIVED),
            before.step_id != message.step_id,
        )
        .correlate_except(before)
        .exists()
    )


def _was_told(session: Session, message: Message) -> bool:
    key = message.address_key or message.address.lower()  # a preview is no row, and has none
    return bool(session.scalar(select(earlier_letter(message, address_key=key))))


def follows_first(step: Step) -> bool:
    """Whether its letters follow the first one, as a reminder does."""
    return step.follows


def followed(step: Step) -> int | None:
    """The id of the step in whose thread its letters stand, as reminders and corrections do."""
    return step.corrects_id or (step.campaign.steps[0].id if follows_first(step) else None)


def first_letter(session: Session, message: Message, step: Step) -> First | None:
    """The first letter that arrived at this body of this gemeente; this mailbox's own if any.

    For a correction: the letter that it corrects.
    """
    earlier = followed(step)
    if earlier is None:
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
            first.step_id == earlier,
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
    earlier = followed(step)
    if earlier is None:
        return None
    first = next(one for one in step.campaign.steps if one.id == earlier)
    sent_on = dutch_date(first.send_at) if first.send_at else planned
    text = current_texts(first)[step.campaign.variants[0]]
    return First(text, sent_on, same_address=True)


#: What is the reader's own: no two letters share it. By the name in a text, and "why".
OWN: dict[str, Callable[[Recipient], str]] = {
    "aanhef": lambda recipient: aanhef.salutation(recipient.who, body=recipient.variant),
    "naam": lambda recipient: people.full_name(recipient.who),
    "voornaam": lambda recipient: recipient.who.first_name,
    "achternaam": lambda recipient: aanhef.last_name(recipient.who),
    "why": lambda recipient: why(recipient),
}
#: What letters of one text to one gemeente share, beside the links of its meetings.
PLACES = frozenset(
    (
        "gemeente",
        "provincie",
        "inwoners",
        "onderwerp",
        "eerste_brief.onderwerp",
        "uw_kenmerk",
        "uw_brief_van",
        blocks.ANSWER_PAGE,
        *regions.PLACEHOLDERS,
    )
)


def values(recipient: Recipient, *, base_url: str = "") -> dict[str, str]:
    """What each placeholder stands for, for one recipient.

    :param base_url: where links begin; only a mail that leaves needs it
    """
    own = {name: say(recipient) for name, say in OWN.items()}
    return of_place(recipient, of_text(recipient) | own, base_url=base_url)


def of_text(recipient: Recipient) -> dict[str, str]:
    """The values that are equal for all who get this text in this office, wherever they are."""
    first, function = recipient.first, recipient.who.function
    return {
        "functie": people.OFFICE_NAMES[function].lower() if function else "",
        "kenmerk": recipient.campaign.kenmerk,
        "zaaknummer": recipient.case_number,
        "datum": dutch.long_date(recipient.planned),
        "afzender": recipient.sender.name,
        "eerste_brief.datum": dutch.long_date(first.sent_on) if first else "",
        **meetings.said(recipient.campaign, recipient.edition.meetings),
    }


def of_place(recipient: Recipient, known: Mapping[str, str], *, base_url: str) -> dict[str, str]:
    """The values that are known, with those of the gemeente: the names of `PLACES`, and links."""
    gemeente, first = recipient.gemeente, recipient.first
    found = {
        **known,
        "gemeente": gemeente.name if gemeente else "",
        "provincie": gemeente.province if gemeente else "",
        "inwoners": dutch.number(gemeente.inhabitants) if gemeente else "",
        **regions.partners_said(gemeente.partners if gemeente else ()),
        **_of_theirs(recipient),
        **meetings.links(
            recipient.campaign,
            recipient.edition.meetings,
            base_url=base_url,
            gemeente_code=gemeente.code if gemeente else "",
        ),
    }
    found["onderwerp"] = _subject(recipient.text, found)
    found["eerste_brief.onderwerp"] = _subject(first.text, found) if first else ""
    return found


def _of_theirs(recipient: Recipient) -> dict[str, str]:
    """What the letter of theirs says that this one answers."""
    theirs = answered_letter(recipient)
    written = theirs.get("date")
    day = dutch.long_date(date.fromisoformat(written)) if written else ""
    return {"uw_kenmerk": theirs.get("kenmerk", ""), "uw_brief_van": day}


def answered_letter(recipient: Recipient) -> Mapping[str, str]:
    """The letter of this body of this gemeente that it answers; empty when it answers none."""
    code = recipient.gemeente.code if recipient.gemeente else ""
    for one in recipient.campaign.in_reply_to or ():
        if one["gemeente"] == code and one["body"] == recipient.variant:
            return cast(Mapping[str, str], one)
    return {}


def letterhead(sender: Sender) -> Letterhead:
    return Letterhead(
        sender_name=unseen.clean(sender.name),
        subtitle=unseen.clean(sender.subtitle),
        postal_address=unseen.clean(sender.postal_address),
        email=sender.reply_to or sender.email,
        phone=sender.phone,
    )


def _at(page: Words, end: str) -> Words:
    return later.then(page, lambda url: url + end)


def _card(recipient: Recipient, subject: Words) -> tuple[tuple[str, Words], ...]:
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
    try:
        return one_line(placeholders.fill(text.subject, given))
    except MissingValue:  # or a name that there is not: the check says which
        return ""


def _thread(recipient: Recipient, message: Letter) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References: a reminder follows this mailbox's own first letter.

    The first letter refers to itself: behind a relay that replaces the Message-ID our own
    stays readable there (SES and Microsoft 365 leave References alone).
    """
    first = recipient.first
    if first is None:
        own = (message.message_id,) if recipient.step.position == 1 else ()
        return "", own
    if not first.same_address or not first.message_id:
        return "", ()
    seen = first.relay_message_id or first.message_id
    return seen, tuple(dict.fromkeys((first.message_id, seen)))


def _mail(sender: Sender, subject: str, own: Own) -> Mail:
    """A letter without its words."""
    return Mail(
        from_name=sender.name,
        from_address=sender.email,
        to=own.to,
        subject=subject,
        date=own.date,
        message_id=own.message_id,
        text="",
        reply_to=sender.reply_to or "",
        in_reply_to=own.in_reply_to,
        references=own.references,
        list_unsubscribe=own.list_unsubscribe,
    )


def why(recipient: Recipient) -> str:
    """Why this reader gets this letter."""
    gemeente = recipient.gemeente
    body = f"{BODY_NAMES[recipient.variant]} van {gemeente.name}" if gemeente else "u"
    before, after = _why_around(body, recipient.found, _asked_at(recipient.sender))
    return f"{before}{recipient.email}{after}"


@lru_cache(maxsize=1024)
def _why_around(body: str, found: Found, asked_at: str) -> tuple[str, str]:
    """What is said before and after the address: equal for many, and each letter says it."""
    before, after = WHY[found.basis or Basis.EXISTING].split("{email}")
    rights = "" if found.told else RIGHTS.format(email=asked_at)
    said = f"{after.format(body=body)}.{_found_at(found)}{rights}"
    return f"U krijgt deze mail omdat {before.format(body=body)}", said


def _asked_at(sender: Sender) -> str:
    return sender.reply_to or sender.email


def _found_at(found: Found) -> str:
    if not found.source:
        return ""
    day = f", op {dutch.long_date(found.on)}" if found.on else ""
    return f" Wij vonden het adres hier: {found.source}{day}."


def _direct_phone(campaign: Campaign) -> str:
    """Of who handles it: a letter with someone of its own has their number, or none."""
    if campaign.handled_by:
        return campaign.direct_phone
    return campaign.direct_phone or campaign.sender.direct_phone


def _sender_lines(sender: Sender) -> tuple[str, ...]:
    street, _, town = sender.postal_address.partition(", ")
    lines = (street, town, sender.phone, sender.reply_to or sender.email, sender.website)
    return tuple(line for line in lines if line)
