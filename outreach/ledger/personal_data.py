"""Which table holds what of a person: the one map that export, erasure and retention follow.

Every table is in `MAP`, and every column of it that holds text or JSON is in exactly one of
`shown`, `searched` and `none`; a test walks the metadata and fails on what is not. For a new
table, add a `Held` where its rows can be erased: before the tables that its rows point at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, String, cast, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from outreach.accounts.models import AuditEntry, Coordinator, Sender, Setting
from outreach.answers.models import (
    AddressRequest,
    Answer,
    Document,
    ListHit,
    ListLook,
    PhoneCall,
    Reply,
)
from outreach.campaigns.models import (
    Attachment,
    Campaign,
    Correction,
    Selection,
    Step,
    StepDraft,
    StepText,
    TextBlock,
)
from outreach.contacts.models import (
    Address,
    AddressCheck,
    BulkAct,
    BulkRow,
    Contact,
    ContactList,
    Erased,
    Gemeente,
    GemeenteAlias,
    Import,
    ImportFile,
    ImportRow,
    ListMember,
    NotSame,
    Office,
    Outcome,
    Recess,
    Region,
    RegionGemeente,
    RegisterImport,
    RegisterRow,
    Sitting,
    Suppression,
    Tag,
)
from outreach.db import Base
from outreach.delivery.arrivals import Folder, Incoming, IncomingLink, Mailbox, OwnRule
from outreach.delivery.models import (
    GONE,
    Alert,
    DeliveryEvent,
    Evidence,
    Look,
    Message,
    ReceiverGroup,
    Relay,
    Worker,
)
from outreach.events.models import (
    DoorLink,
    Meeting,
    MeetingCoordinator,
    MeetingDay,
    MeetingPart,
    Need,
    OwnFeed,
    PartChoice,
    Place,
    Registration,
    Round,
    Tap,
)
from outreach.ledger.person import Person
from outreach.ledger.search_index import SearchEntry, SearchTodo

ON_REQUEST = "Op verzoek gewist."

#: Why a column can hold nothing of a person.
WORD = "een woord van ons, uit een vaste lijst"
ACTOR = "wie het deed, als nummer: coordinator:3"
OURS = "van de organisatie zelf; ook in haar brieven"
PUBLIC = "een feit over de gemeente, openbaar"
TEXT = "de tekst van de afzender, voor alle lezers gelijk; namen zijn er plaatshouders"
MACHINE = "van de machine"


@dataclass(frozen=True)
class Delete:
    """The rows go."""


@dataclass(frozen=True)
class Blank:
    """The rows stay and are counted; these columns get these values."""

    values: Callable[[type[Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Keep:
    """The rows stay as they are."""

    why: str


def _nobody(_: Person) -> ColumnElement[bool]:
    """No row of the table is ever of one person."""
    return false()


@dataclass(frozen=True)
class Held:
    """What one table holds of people, and what becomes of it."""

    model: type[Any]
    title: str  #: Dutch
    #: SQL: which rows are of this person.
    whose: Callable[[Person], ColumnElement[bool]] = _nobody
    #: Columns that are exported, each with its Dutch word; not only text.
    shown: Mapping[str, str] = field(default_factory=dict)
    #: Free text and JSON that may name anyone: shown with the row, and searched in all others.
    searched: Mapping[str, str] = field(default_factory=dict)
    #: Columns of text or JSON that hold nothing of a person, and why not.
    none: Mapping[str, str] = field(default_factory=dict)
    erasure: Delete | Blank | Keep = field(default_factory=lambda: Keep("er staat niets in"))

    @property
    def name(self) -> str:
        return str(self.model.__tablename__)

    @property
    def personal(self) -> bool:
        return self.whose is not _nobody


def _blank(**values: Any) -> Blank:
    return Blank(lambda _: values)


def _email_in(column: InstrumentedAttribute[dict[str, Any]], person: Person) -> ColumnElement[bool]:
    return func.lower(column["email"].as_string()).in_(person.keys)


def _cells_hold(column: InstrumentedAttribute[Any], person: Person) -> ColumnElement[bool]:
    """A refused line is kept as it stood: the address may stand in any cell, in any spelling."""
    text = cast(column, String)
    return or_(false(), *(text.icontains(key, autoescape=True) for key in sorted(person.keys)))


def _their_rows(model: type[Any]) -> Callable[[Person], ColumnElement[bool]]:
    def whose(person: Person) -> ColumnElement[bool]:
        return or_(
            _email_in(model.after, person),
            _cells_hold(model.after, person),
            model.contact_id.in_(person.contact_ids),
        )

    return whose


def _their_lines(person: Person) -> ColumnElement[bool]:
    return or_(_their_rows(ImportRow)(person), _cells_hold(ImportRow.choices, person))


def _named_in_file(person: Person) -> ColumnElement[bool]:
    names = (f"\n{key}\n" for key in sorted(person.keys))
    return or_(false(), *(ImportFile.addresses.contains(name, autoescape=True) for name in names))


def _removed_with(model: type[Any]) -> Callable[[Person], ColumnElement[bool]]:
    def whose(person: Person) -> ColumnElement[bool]:
        kept = func.lower(cast(model.before, String))
        held = [kept.contains(f'"{key}"', autoescape=True) for key in person.keys]
        return or_(model.contact_id.in_(person.contact_ids), *held)

    return whose


def their_messages(person: Person) -> ColumnElement[bool]:
    """SQL: the letters and messages to someone, also behind a mailbox of several."""
    return or_(Message.address_key.in_(person.keys), Message.contact_id.in_(person.contact_ids))


def _of_their_messages(model: type[Any]) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: model.message_id.in_(select(Message.id).where(their_messages(person)))


def _erased_message(model: type[Message]) -> Mapping[str, Any]:
    number = cast(model.id, String)
    return {
        "dedupe_key": "gewist:" + number,
        "message_id": "<gewist-" + number + "@invalid>",
        "relay_message_id": None,
        "address": GONE,
        "address_key": "",
        "contact_id": None,
        "content": {},
        "reply": "",
        "transcript": "",
        "settled_note": "",
    }


def _erased_registration(model: type[Registration]) -> Mapping[str, Any]:
    number = cast(model.id, String)
    return {
        "name": GONE,
        "email": "",
        "email_key": "gewist:" + number,
        "secret": "gewist:" + number,
        "form_key": None,
        "answers": {},
        "note": "",
    }


def _erased_account(model: type[Coordinator]) -> Mapping[str, Any]:
    number = cast(model.id, String)
    return {
        "email": "gewist-" + number + "@invalid",
        "name": "",
        "password": None,
        "fs_uniquifier": "gewist-" + number,
    }


_NAME = {
    "form_of_address": "aanspreekvorm",
    "titles": "titel",
    "initials": "voorletters",
    "first_name": "voornaam",
    "prefix": "tussenvoegsel",
    "last_name": "achternaam",
}


def _erased_mail(model: type[Incoming]) -> Mapping[str, Any]:
    nothing = dict.fromkeys(["message_id", "from_name", "from_email", "subject", "text"], "")
    return nothing | {"raw_sha256": None, "reasons": [ON_REQUEST], "details": {}, "proposals": []}


MAP: Sequence[Held] = (
    # ── mail that came in ───────────────────────────────────────────────────────────────
    Held(
        IncomingLink,
        "Gemeenten van mail die binnenkwam",
        searched={"why": "hoe weten we dit"},
        none={"body": WORD},
    ),
    Held(
        Incoming,
        "Mail van u",
        whose=lambda person: func.lower(Incoming.from_email).in_(person.keys),
        shown={
            "received_at": "ontvangen op",
            "from_email": "afzender",
            "kind": "soort",
            "case_number": "zaaknummer",
            "message_id": "kenmerk van de mail",
            "raw_sha256": "bestand van de mail",
        },
        searched={
            "from_name": "naam",
            "subject": "onderwerp",
            "text": "tekst",
            "reasons": "hoe weten we dit",
            "details": "wat erin staat",
            "proposals": "van wie het kan zijn",
        },
        none={
            "dedupe_key": "een versleutelde vorm, die niemand iets zegt",
            "mailbox": OURS,
            "folder": OURS,
            "effects": "nummers van ons",
            "settled_by": ACTOR,
            "taken_by": ACTOR,
        },
        erasure=Blank(_erased_mail),
    ),
    Held(
        OwnRule,
        "Regels voor mail van u",
        whose=lambda person: OwnRule.sender.in_(person.keys),
        shown={"sender": "afzender", "outcome": "wat de regel doet", "made_at": "gemaakt op"},
        searched={"words": "woorden in het onderwerp"},
        none={"made_by": ACTOR},
        erasure=Delete(),
    ),
    Held(Folder, "Mappen van een postbus", none={"mailbox": OURS, "name": OURS}),
    Held(Mailbox, "Postbussen", searched={"fault": "storing"}, none={"key": OURS}),
    # ── letters ─────────────────────────────────────────────────────────────────────────
    Held(
        DeliveryEvent,
        "Wat er met een brief gebeurde",
        whose=_of_their_messages(DeliveryEvent),
        shown={"at": "wanneer", "to_state": "stand"},
        searched={"note": "opmerking"},
        none={"actor": ACTOR},
        erasure=_blank(note=""),
    ),
    Held(
        Evidence,
        "Bewijs bij een brief die onzeker was",
        whose=_of_their_messages(Evidence),
        shown={"at": "wanneer", "proof": "soort"},
        searched={"what": "wat er gevonden is"},
        erasure=_blank(what=""),
    ),
    Held(
        Look,
        "Waar naar een onzekere brief gezocht is",
        whose=_of_their_messages(Look),
        shown={"at": "wanneer"},
        searched={"found": "wat er gevonden is"},
        erasure=_blank(found=""),
    ),
    Held(
        Message,
        "Brieven en berichten",
        whose=their_messages,
        shown={
            "kind": "soort",
            "address": "adres",
            "address_key": "adres, in kleine letters",
            "gemeente_code": "gemeente",
            "variant": "aan wie",
            "text_id": "versie van de tekst",
            "state": "stand",
            "reason": "waarom niet verstuurd",
            "created_at": "gemaakt op",
            "accepted_at": "verstuurd op",
            "bounced_at": "teruggekomen op",
            "message_id": "kenmerk van de mail",
            "relay_message_id": "kenmerk bij de mailserver",
            "dedupe_key": "kenmerk bij ons",
            "pdf_name": "brief als pdf",
            "pdf_sha256": "bestand van de pdf",
        },
        searched={
            "content": "inhoud",
            "reply": "antwoord van de mailserver",
            "transcript": "gesprek met de mailserver",
            "settled_note": "toelichting bij een besluit",
        },
        none={"owner": MACHINE, "phase": WORD, "settled_by": ACTOR},
        erasure=Blank(_erased_message),
    ),
    Held(
        Campaign,
        "Brieven van een afzender",
        searched={
            "warnings": "waarschuwingen van de controle",
            "approval_remark": "opmerking van een collega",
        },
        none={
            "name": TEXT,
            "slug": TEXT,
            "kenmerk": TEXT,
            "audience": "rollen, plaatsen en lijsten",
            "soft_gemeenten": PUBLIC,
            "variants": WORD,
            "questions": TEXT,
            "outcomes": TEXT,
            "meetings": "verkorte namen van bijeenkomsten",
            "in_reply_to": "nummers en data van brieven van gemeenten",
            "handled_by": OURS,
            "direct_phone": OURS,
            "cosigners": OURS,
            "approval_asked_by": ACTOR,
            "approved_by": ACTOR,
            "approval_of": MACHINE,
            "pause_reason": "een zin van ons over de mailserver",
            "source": TEXT,
        },
    ),
    Held(
        Selection,
        "Selecties",
        searched={"expression": "vraag"},
        none={"name": "de naam van een selectie"},
    ),
    Held(
        Step,
        "Stappen van een brief",
        none={
            "send_at_wall": "een moment",
            "question": WORD,
            "question_answers": WORD,
            "meeting": WORD,
            "before": WORD,
        },
    ),
    Held(
        StepDraft,
        "Kladden van een brief",
        none={"variant": WORD, "subject": TEXT, "mail": TEXT, "letter": TEXT},
    ),
    Held(
        StepText,
        "Teksten van een brief",
        none={
            "variant": WORD,
            "subject": TEXT,
            "mail": TEXT,
            "letter": TEXT,
            "attached": "namen van bestanden",
            "actor": ACTOR,
        },
    ),
    Held(TextBlock, "Tekstblokken", none={"title": TEXT, "text": TEXT, "actor": ACTOR}),
    Held(Correction, "Verbeteringen van een brief", none={"actor": ACTOR}),
    Held(
        Attachment,
        "Bijlagen van een brief",
        none={"filename": TEXT, "content_type": WORD, "sha256": "de naam van een bestand"},
    ),
    # ── documents ──────────────────────────────────────────────────────────────────────
    Held(
        Document,
        "Stukken van gemeenten",
        searched={
            "author": "afzender",
            "subject": "onderwerp",
            "handled_by": "behandeld door",
            "signatories": "ondertekend door",
            "url": "waar het staat",
            "note": "notitie",
            "filename": "bestandsnaam",
            "text": "tekst",
        },
        none={
            "body": WORD,
            "number": "een nummer van de gemeente",
            "kenmerk": "een nummer van de gemeente",
            "sha256": "de naam van een bestand",
            "text_fault": WORD,
            "actor": ACTOR,
        },
    ),
    # ── answers ─────────────────────────────────────────────────────────────────────────
    Held(
        AddressRequest,
        "Vragen om een ander adres",
        whose=lambda person: or_(
            func.lower(AddressRequest.email).in_(person.keys),
            AddressRequest.address_key.in_(person.keys),
        ),
        shown={
            "address_key": "adres waar de brief aankwam",
            "email": "gevraagd adres",
            "asked_at": "gevraagd op",
            "done_at": "gedaan op",
        },
        none={"body": WORD},
        erasure=Delete(),
    ),
    Held(
        Answer,
        "Wat gemeenten met een brief deden",
        searched={
            "note": "wat ze zeiden",
            "url": "waar het te lezen is",
            "evidence": "hoe weten we dit",
            "actor_name": "genoteerd door",
        },
        none={
            "body": WORD,
            "status": WORD,
            "handling": WORD,
            "actor": ACTOR,
            "undone_by": ACTOR,
            "kept_by": ACTOR,
        },
    ),
    Held(
        PhoneCall,
        "Telefoontjes aan griffies",
        searched={"note": "aantekening"},
        none={"body": WORD, "called_by": ACTOR},
    ),
    Held(
        ListHit,
        "Stukken van raden die onze brief noemen",
        searched={"title": "titel van een openbaar stuk", "quote": "de regel over onze brief"},
        none={
            "entity": "naam in OpenBesluitvorming",
            "url": PUBLIC,
            "handling": WORD,
            "doubt": OURS,
        },
    ),
    Held(ListLook, "Hoe ver wij op lijsten keken", none={"fault": OURS}),
    Held(
        Reply,
        "Wat gemeenten op onze vragen zeiden",
        searched={"values": "wat ze zeiden"},
        none={"key": WORD},
    ),
    # ── meetings ────────────────────────────────────────────────────────────────────────
    Held(
        Tap,
        "Meldingen aan de deur",
        whose=lambda person: Tap.registration_id.in_(person.registration_ids),
        shown={"day_id": "dag", "came": "aanwezig", "at": "gemeld op"},
        none={"key": MACHINE, "actor": "wie het deed, als nummer: door:3"},
        erasure=Delete(),
    ),
    Held(
        DoorLink,
        "Links voor wie aan de deur helpt",
        searched={"label": "voor wie"},
        none={"secret": "het adres van een lijst, van niemand", "made_by": ACTOR},
    ),
    Held(
        Place,
        "Dagen van een aanmelding",
        whose=lambda person: Place.registration_id.in_(person.registration_ids),
        shown={
            "day_id": "dag",
            "state": "stand",
            "changed_at": "gewijzigd op",
            "reply": "antwoord van uw agenda",
            "replied_at": "geantwoord op",
            "came_at": "aanwezig gemeld op",
        },
        none={"tap_key": MACHINE},
        erasure=Keep("alleen een plaats, zodat het aantal aanwezigen klopt"),
    ),
    Held(
        PartChoice,
        "Onderdelen die iemand koos",
        whose=lambda person: PartChoice.registration_id.in_(person.registration_ids),
        shown={"part_id": "onderdeel"},
        erasure=Keep("alleen een plaats, zodat het aantal bij een onderdeel klopt"),
    ),
    Held(
        Need,
        "Eten en toegang bij een aanmelding",
        whose=lambda person: Need.registration_id.in_(person.registration_ids),
        shown={
            "diet": "eten",
            "access": "toegang",
            "consent": "waar u ja tegen zei",
            "consented_at": "ja gezegd op",
        },
        erasure=Delete(),
    ),
    Held(
        Registration,
        "Aanmeldingen voor bijeenkomsten",
        whose=lambda person: Registration.id.in_(person.registration_ids),
        shown={
            "meeting_id": "bijeenkomst",
            "name": "naam",
            "email": "e-mailadres",
            "email_key": "e-mailadres, in kleine letters",
            "role": "functie",
            "gemeente_code": "gemeente",
            "answers": "antwoorden",
            "registered_at": "aangemeld op",
            "language": "taal van uw mail",
            "cancelled_at": "geannuleerd op",
            "asked_at": "vragen na afloop beantwoord op",
            "secret": "adres van uw eigen bladzijde",
            "form_key": "kenmerk van het formulier",
        },
        searched={"note": "notitie"},
        erasure=Blank(_erased_registration),
    ),
    Held(
        OwnFeed,
        "Eigen agenda om te volgen",
        whose=lambda person: OwnFeed.email_key.in_(person.keys),
        shown={
            "email_key": "e-mailadres, in kleine letters",
            "secret": "adres van de agenda",
            "created_at": "gemaakt op",
            "revoked_at": "vervangen op",
        },
        erasure=Delete(),
    ),
    Held(
        MeetingDay,
        "Dagen van bijeenkomsten",
        none={"title": OURS, "programme": OURS, "uid": MACHINE},
    ),
    Held(
        MeetingPart,
        "Onderdelen van een dag",
        none={"title": OURS, "place": OURS, "online_url": OURS},
    ),
    Held(Round, "Mail aan iedereen die komt", none={"key": MACHINE}),
    Held(MeetingCoordinator, "Wie een bijeenkomst voorbereidt"),
    Held(
        Meeting,
        "Bijeenkomsten",
        searched={"notes": "notities van het kantoor"},
        none=dict.fromkeys(
            [
                "slug",
                "title",
                "city",
                "venue",
                "address",
                "online_url",
                "region",
                "themes",
                "audience",
                "contact",
                "costs",
                "accessibility",
                "language",
                "parking",
                "summary",
                "text",
                "questions",
                "cancel_reason",
                "reminders",
                "transport",
                "hearing_loop",
                "speakers",
                "invite_code",
                "report",
                "materials",
            ],
            "wat de organisator zelf openbaar maakt",
        )
        | {"needs_counted": "aantallen, zonder wat minder dan drie mensen vroegen"}
        | {"feedback": "aantallen"},
    ),
    # ── lists ───────────────────────────────────────────────────────────────────────────
    Held(
        ImportRow,
        "Regels van ingelezen lijsten",
        whose=_their_lines,
        shown={
            "import_id": "lijst",
            "line": "regel",
            "outcome": "uitkomst",
        },
        searched={
            "before": "wat er stond",
            "after": "wat de regel geeft",
            "choices": "wat de regel kan betekenen",
            "reason": "opmerking",
        },
        none={
            "gemeente_code": PUBLIC,
            "chosen": "welke van die betekenissen een coördinator koos",
            "question": "de naam van een gemeente, zoals de lijst haar schrijft",
            "was": WORD,
        },
        erasure=_blank(
            outcome=Outcome.REFUSED,
            reason=ON_REQUEST,
            before={},
            after={},
            choices=[],
            chosen="",
            question="",
            was=None,
            contact_id=None,
            address_id=None,
        ),
    ),
    Held(
        ImportFile,
        "Bestanden van lijsten die nog niet zijn overgenomen",
        whose=_named_in_file,
        shown={"import_id": "lijst"},
        none={
            "preview": "de eerste cellen van het bestand; het gaat met het bestand weg",
            "addresses": "om het bestand bij een verzoek te vinden",
        },
        erasure=Delete(),
    ),
    Held(
        BulkRow,
        "Wat er met meer adressen tegelijk is gedaan",
        whose=_removed_with(BulkRow),
        shown={"act_id": "nummer", "contact_id": "contact"},
        searched={"before": "wat er stond"},
        erasure=_blank(before={}),
    ),
    Held(BulkAct, "Daden met meer adressen", none={"name": "een label of lijst", "actor": ACTOR}),
    Held(
        Import,
        "Ingelezen lijsten",
        searched={"filename": "bestandsnaam", "source": "bron"},
        none={
            "actor": ACTOR,
            "list_name": "de naam van een lijst",
            "columns": "namen van kolommen",
            "fingerprint": "van de namen van kolommen",
            "mapping": "wat de kolommen zijn",
            "layout": "de naam van een blad, het scheidingsteken",
        },
    ),
    Held(
        RegisterRow,
        "Regels van het register",
        whose=_their_rows(RegisterRow),
        shown={
            "import_id": "register",
            "subject": "naam",
            "function": "functie",
            "key": "nummer in het register",
        },
        searched={
            "before": "wat er stond",
            "after": "wat het register geeft",
            "reason": "opmerking",
        },
        none={"gemeente_code": PUBLIC},
        erasure=_blank(
            outcome=Outcome.REFUSED,
            reason=ON_REQUEST,
            subject=GONE,
            key="",
            before={},
            after={},
            contact_id=None,
        ),
    ),
    Held(
        RegisterImport,
        "Ingelezen registers",
        none={
            "actor": ACTOR,
            "filename": "de naam van een bestand van de overheid",
            "version": MACHINE,
        },
    ),
    # ── addresses ───────────────────────────────────────────────────────────────────────
    Held(
        ListMember,
        "Lijsten met deze persoon",
        whose=lambda person: ListMember.contact_id.in_(person.contact_ids),
        shown={"list_id": "lijst"},
        erasure=Delete(),
    ),
    Held(
        Tag,
        "Kenmerken",
        whose=lambda person: Tag.contact_id.in_(person.contact_ids),
        shown={"name": "kenmerk"},
        erasure=Delete(),
    ),
    Held(
        Address,
        "Adressen, en waarom wij ze mogen mailen",
        whose=lambda person: or_(
            Address.contact_id.in_(person.contact_ids), Address.address_key.in_(person.keys)
        ),
        shown={
            "email": "e-mailadres",
            "address_key": "e-mailadres, in kleine letters",
            "basis": "waarom mogen we mailen",
            "basis_on": "sinds",
            "confirmed_at": "bevestigd op",
            "preferred": "hier schrijven wij naar",
            "created_at": "bij ons sinds",
        },
        searched={"source": "bron"},
        erasure=Delete(),
    ),
    Held(
        Contact,
        "Contacten",
        whose=lambda person: Contact.id.in_(person.contact_ids),
        shown=_NAME
        | {
            "office_id": "functie en gemeente",
            "phone": "telefoon",
            "party": "fractie",
            "portfolio": "portefeuille",
            "term_from": "eerste dag in deze functie",
            "term_until": "laatste dag in deze functie",
            "created_at": "bij ons sinds",
            "changed_at": "gewijzigd op",
            "search_key": "waarop wij zoeken",
        },
        searched={"attributes": "eigen kenmerken", "notes": "notitie"},
        erasure=Delete(),
    ),
    Held(
        Suppression,
        "Geen-postlijst",
        whose=lambda person: Suppression.address_key.in_(person.keys),
        shown={
            "address_key": "adres",
            "sender_id": "van welke afzender geen post",
            "reason": "waarom",
            "since": "sinds",
            "lifted_at": "weer post sinds",
        },
        searched={"note": "hoe weten we dit"},
        none={"actor": ACTOR, "lifted_by": ACTOR},
        erasure=Delete(),
    ),
    Held(
        Erased,
        "Gewiste adressen",
        whose=lambda person: Erased.hash.in_(person.hashes),
        shown={"hash": "versleutelde vorm van uw adres", "at": "gewist op"},
        none={"pepper_id": MACHINE, "actor": ACTOR},
        erasure=Keep("anders schrijven wij u later toch weer (AVG art. 17, lid 3)"),
    ),
    Held(ContactList, "Lijsten", none={"name": "de naam van een lijst"}),
    Held(NotSame, "Contacten die op elkaar lijken"),
    Held(
        AddressCheck,
        "Gecontroleerde griffies",
        searched={"before": "hoe het adres ervoor stond"},
        none={"decided_by": ACTOR},
    ),
    Held(Office, "Functies", none={"form_url": PUBLIC}),
    Held(Recess, "Recessen", none={"name": OURS, "region": WORD}),
    Held(
        Sitting,
        "Raadsvergaderingen",
        searched={"source": "hoe wij een vergadering kennen"},
        none={"gemeente_code": PUBLIC, "kind": WORD},
    ),
    Held(RegionGemeente, "Gemeenten van een regio"),
    Held(
        Region,
        "Regio’s met deze partner",
        whose=lambda person: func.lower(Region.partner_email).in_(person.keys),
        shown={
            "name": "regio",
            "partner": "partner",
            "partner_email": "e-mailadres",
            "partner_phone": "telefoon",
        },
        none={"search_key": PUBLIC},
        erasure=_blank(partner="", partner_email="", partner_phone=""),
    ),
    Held(GemeenteAlias, "Andere namen van gemeenten", none={"alias": PUBLIC, "search_key": PUBLIC}),
    Held(
        Gemeente,
        "Gemeenten",
        none=dict.fromkeys(
            [
                "code",
                "name",
                "search_key",
                "sort_key",
                "province",
                "province_code",
                "website",
                "general_email",
                "postal_address",
                "visiting_address",
                "ris_supplier",
                "origins",
                "recess_region",
            ],
            PUBLIC,
        ),
    ),
    # ── the organisation and the machine ────────────────────────────────────────────────
    Held(
        Coordinator,
        "Account om in te loggen",
        whose=lambda person: func.lower(Coordinator.email).in_(person.keys),
        shown={
            "email": "e-mailadres",
            "name": "naam",
            "role": "rol",
            "active": "mag inloggen",
            "created_at": "sinds",
        },
        none={
            "password": "een versleutelde vorm, die niemand iets zegt",
            "fs_uniquifier": MACHINE,
        },
        erasure=Blank(_erased_account),
    ),
    Held(
        Sender,
        "Afzenders",
        none=dict.fromkeys(
            [
                "name",
                "subtitle",
                "email",
                "postal_address",
                "phone",
                "website",
                "place",
                "reply_to",
                "envelope_from",
                "signatories",
                "cosigners",
                "handled_by",
                "direct_phone",
                "logos",
            ],
            OURS,
        ),
    ),
    Held(Setting, "Instellingen", none={"key": WORD, "value": OURS}),
    Held(
        AuditEntry,
        "Wie wat deed",
        searched={"note": "toelichting"},
        none={
            "actor": ACTOR,
            "act": WORD,
            "subject": "een soort en een nummer",
            "detail": "nummers en woorden van ons",
        },
    ),
    Held(
        Alert,
        "Meldingen aan de beheerder",
        searched={"sentence": "melding"},
        none={"key": MACHINE, "what": WORD, "path": "een bladzijde van het kantoor"},
    ),
    Held(
        Relay,
        "Mailservers",
        searched={"reply": "wat de mailserver zei", "fault": "storing"},
        none={"key": MACHINE},
    ),
    Held(
        ReceiverGroup,
        "Ontvangers met een grens",
        none={"name": OURS, "domains": "domeinen van maildiensten"},
    ),
    Held(
        SearchEntry,
        "Woorden om op te zoeken",
        none={"words": "woorden van een rij hierboven; zij gaan weg zodra die rij verandert"},
    ),
    Held(SearchTodo, "Wat het zoeken nog moet lezen"),
    Held(Worker, "Processen", none={"id": MACHINE, "host": MACHINE}),
)


def undeclared() -> list[str]:
    """What the map does not speak of yet, each with what to do; empty when all is told."""
    known = {held.name: held for held in MAP}
    found = []
    for table in Base.metadata.sorted_tables:
        held = known.pop(table.name, None)
        if held is None:
            found.append(
                f"{table.name}: a table that outreach/ledger/personal_data.py does not know."
                " Add a Held for it to MAP: whose rows are they, what is shown, what goes."
            )
            continue
        said = [*held.shown, *held.searched, *held.none]
        gone = [name for name in said if name not in table.columns]
        found += [f"{table.name}.{name}: in MAP, and no column any more" for name in gone]
        found += [f"{table.name}.{n}: twice in MAP" for n in set(said) if said.count(n) > 1]
        found += [
            f"{table.name}.{column.name}: holds text. Say in MAP whether it is shown (with its"
            " Dutch word), searched (free text), or none (with the reason why it holds nothing)."
            for column in table.columns
            if holds_words(column.type) and not column.foreign_keys and column.name not in said
        ]
    return found + [f"{name}: in MAP, and no table any more" for name in known]


def holds_words(kind: Any) -> bool:
    """Whether a column of this type can hold what someone wrote; enums hold words of ours."""
    return hasattr(kind, "python_type") and _python(kind) in (str, dict, list)


def _python(kind: Any) -> type | None:
    if type(kind).__name__ == "Enum":
        return None
    try:
        found: type = kind.python_type
    except NotImplementedError:
        return None
    return found
