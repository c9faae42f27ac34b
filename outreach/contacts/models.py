from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.contacts import search_keys
from outreach.db import Base


class RecessRegion(StrEnum):
    """A part of the country in which schools, and with them councils, are off together."""

    NOORD = "noord"
    MIDDEN = "midden"
    ZUID = "zuid"
    ALL = "overal"  #: of a recess: in all three; no gemeente follows it


class Gemeente(Base):
    """A municipality, by its CBS code. The 342 come with the product."""

    __tablename__ = "gemeente"

    code: Mapped[str] = mapped_column(primary_key=True)  #: "GM0355"
    name: Mapped[str]  #: as letters write it: "Bergen (NH)", "Den Haag"
    search_key: Mapped[str] = mapped_column(index=True)  #: folded, see `gemeenten.fold`
    sort_key: Mapped[str] = mapped_column(index=True)  #: "'s-Hertogenbosch" sorts under h
    province: Mapped[str] = mapped_column(index=True)
    province_code: Mapped[str]  #: "PV26"
    lat: Mapped[float]
    lon: Mapped[float]
    inhabitants: Mapped[int]
    council_seats: Mapped[int]  #: Gemeentewet art. 8, by inhabitants
    website: Mapped[str]
    general_email: Mapped[str]  #: of the organisation; never offered as the griffie's
    postal_address: Mapped[str]
    visiting_address: Mapped[str] = mapped_column(default="")
    ris_supplier: Mapped[str]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]  #: the first day that it no longer exists
    successor_code: Mapped[str | None] = mapped_column(ForeignKey("gemeente.code"))
    tile_column: Mapped[int]  #: place in the tile map, 22 wide
    tile_row: Mapped[int]  #: likewise, 28 high
    recess_region: Mapped[RecessRegion | None]  #: as someone chose; else see `recesses.default`
    #: Fact → who said it, where that is not our own file: "register" or "own". It then stays.
    origins: Mapped[dict[str, Any]] = mapped_column(default=dict)

    regions: Mapped[list["Region"]] = relationship(
        secondary="region_gemeente", viewonly=True, order_by="Region.id"
    )

    def __str__(self) -> str:
        return self.name

    @property
    def partners(self) -> tuple[tuple["RegionKind", str], ...]:
        """Who works for its regions; what letters say of it is `regions.partners_said`."""
        return tuple((one.kind, one.partner) for one in self.regions if one.partner)


class GemeenteAlias(Base):
    """Another way to write a gemeente. One alias may name two ("Bergen"): then a person decides."""

    __tablename__ = "gemeente_alias"

    id: Mapped[int] = mapped_column(primary_key=True)
    gemeente_code: Mapped[str] = mapped_column(ForeignKey("gemeente.code"), index=True)
    alias: Mapped[str]
    search_key: Mapped[str] = mapped_column(index=True)


class RegionKind(StrEnum):
    """What divides the country into a region. On file: `soort`."""

    GGD = "ggd"
    ZORGKANTOOR = "zorgkantoor"
    JEUGDREGIO = "jeugdregio"
    OWN = "eigen"  #: of our own making; these may overlap, the others do not


class Region(Base):
    """Gemeenten that belong together, other than by province, and who works for all of them."""

    __tablename__ = "region"
    __table_args__ = (UniqueConstraint("kind", "search_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RegionKind]
    name: Mapped[str]
    search_key: Mapped[str]  #: folded, see `gemeenten.fold`
    partner: Mapped[str] = mapped_column(default="")  #: its name, as letters say it
    partner_email: Mapped[str] = mapped_column(default="")
    partner_phone: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.name


class RegionGemeente(Base):
    """A gemeente in a region."""

    __tablename__ = "region_gemeente"

    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), primary_key=True)
    gemeente_code: Mapped[str] = mapped_column(
        ForeignKey("gemeente.code"), primary_key=True, index=True
    )


class Recess(Base):
    """Days on which councils of a region do not meet and their griffies answer little."""

    __tablename__ = "recess"
    __table_args__ = (UniqueConstraint("region", "from_day", "until_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  #: in a sentence: "meivakantie"
    region: Mapped[RecessRegion]
    from_day: Mapped[date]
    until_day: Mapped[date]  #: the last day of it

    def __str__(self) -> str:
        return self.name


class SittingKind(StrEnum):
    """Who of the raad meet."""

    RAAD = "raad"
    COMMISSIE = "commissie"


class Sitting(Base):
    """A day on which the raad of a gemeente meets, or a commissie of it."""

    __tablename__ = "sitting"
    __table_args__ = (UniqueConstraint("gemeente_code", "day", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gemeente_code: Mapped[str] = mapped_column(ForeignKey("gemeente.code"))
    day: Mapped[date] = mapped_column(index=True)
    kind: Mapped[SittingKind] = mapped_column(default=SittingKind.RAAD)
    source: Mapped[str] = mapped_column(default="")  #: how we know: a link, or who said it

    gemeente: Mapped[Gemeente] = relationship()


class Function(StrEnum):
    """The office that someone holds or that a mailbox serves. On file: `rol`."""

    GRIFFIER = "griffier"
    PLV_GRIFFIER = "plv-griffier"
    RAADSLID = "raadslid"
    WETHOUDER = "wethouder"
    BURGEMEESTER = "burgemeester"
    SECRETARIS = "gemeentesecretaris"
    COLLEGE = "college"
    INFORMATEUR = "informateur"
    PARTNER = "partner"


class Channel(StrEnum):
    """How post reaches an office."""

    EMAIL = "e-mail"
    FORM = "webformulier"
    POST = "post"


class Office(Base):
    """A function in a gemeente, whoever holds it. A partner's office has no gemeente."""

    __tablename__ = "office"
    __table_args__ = (UniqueConstraint("gemeente_code", "function"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gemeente_code: Mapped[str | None] = mapped_column(ForeignKey("gemeente.code"))
    function: Mapped[Function]
    channel: Mapped[Channel] = mapped_column(default=Channel.EMAIL)
    form_url: Mapped[str] = mapped_column(default="")  #: of its web form, where we know it
    channel_since: Mapped[date | None]  #: the day someone said so

    gemeente: Mapped[Gemeente | None] = relationship()


class FormOfAddress(StrEnum):
    """How someone asked to be addressed; never guessed from a name."""

    HEER = "heer"
    MEVROUW = "mevrouw"
    NEUTRAAL = "neutraal"  #: on screen "alleen naam"
    ONBEKEND = ""


def _contact_key(context: Any) -> str:
    return search_keys.of_contact(context.get_current_parameters())


class Contact(Base):
    """A person in an office, or the office's own mailbox (a contact without a name)."""

    __tablename__ = "contact"
    __table_args__ = (Index(None, "office_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    form_of_address: Mapped[FormOfAddress] = mapped_column(default=FormOfAddress.ONBEKEND)
    titles: Mapped[str] = mapped_column(default="")
    initials: Mapped[str] = mapped_column(default="")
    first_name: Mapped[str] = mapped_column(default="")
    prefix: Mapped[str] = mapped_column(default="")  #: tussenvoegsel, with the capitals it came in
    last_name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    party: Mapped[str] = mapped_column(default="")  #: only of raadsleden
    portfolio: Mapped[str] = mapped_column(default="")  #: of a wethouder: "zorg en jeugd"
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notes: Mapped[str] = mapped_column(Text, default="")
    term_from: Mapped[date | None]  #: the first day in this office
    term_until: Mapped[date | None]  #: the last day in this office
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    #: What it is found by, see `search_keys`; made of the name at each write.
    search_key: Mapped[str] = mapped_column(default=_contact_key, server_default="", index=True)

    office: Mapped[Office] = relationship()
    addresses: Mapped[list["Address"]] = relationship(
        back_populates="contact", order_by="Address.id", cascade="all, delete-orphan"
    )


class Basis(StrEnum):
    """Why we may mail an address (Telecommunicatiewet art. 11.7). No basis, no mail."""

    PUBLISHED = "published"  #: published for post to this office
    CONSENT = "consent"
    REGISTRATION = "registration"
    EXISTING = "existing"


class Address(Base):
    """One e-mail address of one contact. Two contacts may share a mailbox: two rows."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("contact_id", "address_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    email: Mapped[str]  #: as it was given
    address_key: Mapped[str] = mapped_column(index=True)  #: see `addresses.address_key`
    basis: Mapped[Basis | None]
    source: Mapped[str] = mapped_column(Text, default="")  #: where it was found, e.g. a URL
    basis_on: Mapped[date | None]
    confirmed_at: Mapped[datetime | None]  #: None = suggested; never mailed
    preferred: Mapped[bool] = mapped_column(default=False)
    declined_at: Mapped[datetime | None]  #: who checked it chose another; it is not asked again
    created_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship(back_populates="addresses")


class Decision(StrEnum):
    """What someone who checks the addresses of griffies says of one."""

    RIGHT = "klopt"
    OTHER = "ander"
    FORM = "webformulier"
    LATER = "later"
    DROP = "weg"  #: of a further address, where one is confirmed already


class AddressCheck(Base):
    """The griffie of a gemeente in the work queue: who has it before her, what was said last.

    Whether it waits is not written here: see `confirming.waits`.
    """

    __tablename__ = "address_check"

    gemeente_code: Mapped[str] = mapped_column(ForeignKey("gemeente.code"), primary_key=True)
    held_by: Mapped[int | None] = mapped_column(ForeignKey("coordinator.id"))
    held_until: Mapped[datetime | None]  #: by the machine's clock, as `decided_at`
    later_at: Mapped[datetime | None]  #: put off; it comes again when the others are done
    decision: Mapped[Decision | None]
    decided_by: Mapped[str | None]  #: an actor's key
    decided_at: Mapped[datetime | None]
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: what undo needs


class ContactList(Base):
    """A named list, e.g. of one import; a sender's own, or everyone's."""

    __tablename__ = "contact_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"))
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class ListMember(Base):
    """A contact on a list, and what put it there."""

    __tablename__ = "list_member"

    list_id: Mapped[int] = mapped_column(ForeignKey("contact_list.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True, index=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"), index=True)


class Tag(Base):
    """A word of the coordinators' own on a contact."""

    __tablename__ = "contact_tag"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


class NotSame(Base):
    """Two contacts that look alike, and of whom someone said that they are two."""

    __tablename__ = "not_same"

    one: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True
    )  #: the lower id
    other: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SuppressionReason(StrEnum):
    ASKED = "asked"  #: told a coordinator
    PAGE = "page"  #: typed the address on the page from the letter
    ONE_CLICK = "one-click"  #: List-Unsubscribe (RFC 8058)
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


class Suppression(Base):
    """On the geen-postlijst, for one sender or for all. It always wins."""

    __tablename__ = "suppression"
    __table_args__ = (Index(None, "address_key", "sender_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Of an address; "@zeist.example" for everyone at a domain, "GM0355" for a gemeente.
    address_key: Mapped[str]
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"))  #: None = all senders
    reason: Mapped[SuppressionReason]
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str]
    since: Mapped[datetime]
    lifted_at: Mapped[datetime | None]  #: undone, by a link or a coordinator
    lifted_by: Mapped[str | None]


class Erased(Base):
    """Someone who was erased on request: only this hash is left, by which they are kept out."""

    __tablename__ = "erased"

    hash: Mapped[str] = mapped_column(primary_key=True)  #: HMAC-SHA256, see `erased`
    pepper_id: Mapped[str]  #: which pepper it was made with, without saying it
    actor: Mapped[str]
    at: Mapped[datetime]
    compacted_at: Mapped[datetime | None]  #: since then the database's free pages hold no trace


class ImportState(StrEnum):
    COLUMNS = "columns"  #: a file of which a person must say what its columns are
    READING = "reading"  #: a long file that is being read beside the browser
    SHOWN = "shown"  #: a diff that a person still looks at
    APPLIED = "applied"
    DISCARDED = "discarded"
    UNDONE = "undone"


class Import(Base):
    """A file that was read: its diff as it was shown, which is what is applied."""

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(primary_key=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"))
    actor: Mapped[str]
    filename: Mapped[str]
    list_id: Mapped[int | None] = mapped_column(ForeignKey("contact_list.id"))
    list_name: Mapped[str] = mapped_column(default="")
    basis: Mapped[Basis | None]
    source: Mapped[str] = mapped_column(Text, default="")
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: column → field
    #: Of the header row, so that the next list like it is understood; see `columns.fingerprint`.
    fingerprint: Mapped[str] = mapped_column(default="", index=True)
    #: What a person said of it: {"fields": {index: field}, "function": …}; empty when nobody did.
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: How the file was read: {"sheet", "encoding", "delimiter", "header_line"}.
    layout: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[ImportState] = mapped_column(default=ImportState.SHOWN)
    read_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class ImportFile(Base):
    """The file itself, as long as its columns may still be read otherwise; then it goes."""

    __tablename__ = "import_file"

    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"), primary_key=True)
    data: Mapped[bytes] = mapped_column(deferred=True)
    #: What a screen shows of it: {"header", "samples", "sheets", "above", "rows"}.
    preview: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The addresses in it, each between line ends: so that an erasure finds it.
    addresses: Mapped[str] = mapped_column(Text, deferred=True)


class BulkKind(StrEnum):
    """What is done with many addresses at once."""

    TAG = "tag"
    UNTAG = "untag"
    LIST = "list"
    UNLIST = "unlist"
    NO_MAIL = "no-mail"
    REMOVE = "remove"


class BulkAct(Base):
    """One thing that was done with many addresses; its rows say what was, to take it back."""

    __tablename__ = "bulk_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BulkKind]
    name: Mapped[str] = mapped_column(default="")  #: of the label or the list
    actor: Mapped[str]
    count: Mapped[int] = mapped_column(default=0)  #: what it changed
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class BulkRow(Base):
    """What one contact was before an act on many."""

    __tablename__ = "bulk_row"
    __table_args__ = (Index(None, "act_id"), Index(None, "contact_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    act_id: Mapped[int] = mapped_column(ForeignKey("bulk_act.id"))
    contact_id: Mapped[int]  #: not a foreign key: the act may have removed it
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: what taking it back needs


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"
    LEFT = "left"  #: a person left it out


class ImportRow(Base):
    """One line of a file: what it would do, and after applying, what it did."""

    __tablename__ = "import_row"
    __table_args__ = (Index(None, "import_id", "outcome"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"))
    line: Mapped[int]  #: in the file, as it counts
    outcome: Mapped[Outcome]
    #: Dutch: why doubtful or refused; else what a person should know ("op de geen-postlijst").
    reason: Mapped[str] = mapped_column(Text, default="")
    gemeente_code: Mapped[str | None]
    contact_id: Mapped[int | None]  #: not a foreign key: undo may remove the contact
    address_id: Mapped[int | None]
    before: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  #: fields that change, as they were
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: every field that the line gives
    #: Of a doubtful line: what a person can choose, each with what it does (see `deciding`).
    choices: Mapped[list[Any]] = mapped_column(default=list)
    chosen: Mapped[str] = mapped_column(default="")  #: the key of the choice; none yet
    question: Mapped[str] = mapped_column(default="")  #: what lines with the same doubt share
    was: Mapped[Outcome | None]  #: of a line that was left out


class RegisterImport(Base):
    """An export of the register that was read: what it would change, which is what is applied."""

    __tablename__ = "register_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str]
    filename: Mapped[str]
    version: Mapped[str]  #: of the register's schema: "2.6.9"
    stamped: Mapped[date]  #: the day of the register that the file shows
    gemeenten: Mapped[int] = mapped_column(default=0)  #: how many the file holds
    state: Mapped[ImportState] = mapped_column(default=ImportState.SHOWN)
    read_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class RegisterKind(StrEnum):
    GEMEENTE = "gemeente"
    PERSON = "person"
    SUCCESSION = "succession"  #: a contact of a gemeente that ended, who goes to its successor


class RegisterRow(Base):
    """One gemeente or person of the register: what it would do, and after applying, what it did."""

    __tablename__ = "register_row"
    __table_args__ = (Index(None, "import_id", "kind", "outcome"), Index(None, "gemeente_code"))

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("register_import.id"))
    kind: Mapped[RegisterKind]
    outcome: Mapped[Outcome]
    #: Dutch: why doubtful or refused; else what a person should know.
    reason: Mapped[str] = mapped_column(Text, default="")
    gemeente_code: Mapped[str | None]  #: not a foreign key: undo may remove the gemeente
    subject: Mapped[str]  #: the name of the gemeente or the person
    function: Mapped[Function | None]
    key: Mapped[str] = mapped_column(default="")  #: the register's own number of a person
    contact_id: Mapped[int | None]  #: not a foreign key either
    before: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  #: fields that change, as they were
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: what the register gives


@event.listens_for(Contact, "before_update")
def _renew_search_key(_mapper: Any, _connection: Any, contact: Contact) -> None:
    """Whoever changes a name need not think of it. Core updates do it themselves."""
    parts = {part: getattr(contact, part) for part in search_keys.PARTS}
    contact.search_key = search_keys.of_contact(parts)
