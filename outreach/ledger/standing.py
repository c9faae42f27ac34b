"""How a campaign stands with each gemeente: one view for table, map, plan and PDF."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, literal, or_, select

from outreach.answers import contradicting, recording
from outreach.answers.handling import Handling
from outreach.answers.models import Answer, Source
from outreach.campaigns import registered
from outreach.campaigns.models import Campaign, Step
from outreach.campaigns.registered import Came
from outreach.contacts.models import Gemeente, Suppression, SuppressionReason
from outreach.contacts.suppression import covers
from outreach.db import db
from outreach.delivery.models import Message, State
from outreach.letters import dutch


class Standing(StrEnum):
    """What became of the letter, most telling first: of several, the first one is shown."""

    NIET_BENADEREN = "niet-benaderen"
    GEWEIGERD = "geweigerd"
    ANTWOORD = "antwoord"
    BESPROKEN = "besproken"
    OP_LIJST = "op-lijst"
    DOORGESTUURD = "doorgestuurd"
    NAAR_COLLEGE = "naar-college"
    GESPREK = "gesprek"
    IN_BEHANDELING = "in-behandeling"
    ONTVANGEN = "ontvangen"
    ONZEKER = "onzeker"
    ONBESTELBAAR = "onbestelbaar"
    VERSTUURD = "verstuurd"
    NOG_NIET = "nog-niet"

    @property
    def word(self) -> str:
        """As screens say it (docs/woordenlijst.md)."""
        return _WORDS[self][0]

    @property
    def sign(self) -> str:
        """The name of its sign and colour: "s-<sign>", "t-<sign>"."""
        return _WORDS[self][1]

    @property
    def css(self) -> str:
        return f"s-{self.sign}"

    @property
    def last(self) -> bool:
        """Whether no letter was sent there: stands below the rest in a list of counts."""
        return self in (Standing.NOG_NIET, Standing.NIET_BENADEREN)

    @property
    def rank(self) -> int:
        return _RANKS[self]


_WORDS = {
    Standing.NIET_BENADEREN: ("wil geen post", "geenpost"),
    Standing.GEWEIGERD: ("niet geplaatst", "geweigerd"),
    Standing.ANTWOORD: ("antwoord ontvangen", "antwoord"),
    Standing.BESPROKEN: ("besproken", "besproken"),
    Standing.OP_LIJST: ("op lijst ingekomen stukken", "lijst"),
    Standing.DOORGESTUURD: ("doorgestuurd naar de raad", "doorgestuurd"),
    Standing.NAAR_COLLEGE: ("naar het college", "college"),
    Standing.GESPREK: ("wil een gesprek", "gesprek"),
    Standing.IN_BEHANDELING: ("in behandeling", "behandeling"),
    Standing.ONTVANGEN: ("ontvangst bevestigd", "ontvangen"),
    Standing.ONZEKER: ("misschien verstuurd", "onzeker"),
    Standing.ONBESTELBAAR: ("niet aangekomen", "onbestelbaar"),
    Standing.VERSTUURD: ("verstuurd, nog geen reactie", "verstuurd"),
    Standing.NOG_NIET: ("nog niet aangeschreven", "niet"),
}
_RANKS = {standing: rank for rank, standing in enumerate(Standing)}
#: An outcome of the campaign's own colours as an answer.
_OWN_OUTCOME = Standing.ANTWOORD
#: Who comes to a meeting, where the campaign counts that.
BY_REGISTERING = Standing.ANTWOORD
#: Standings of gemeenten that got the letter.
SENT = tuple(s for s in Standing if s not in (Standing.NOG_NIET, Standing.NIET_BENADEREN))


@dataclass
class GemeenteStanding:
    """One gemeente in one campaign."""

    code: str
    name: str
    province: str
    column: int  #: in the tile map
    row: int
    standing: Standing = Standing.NOG_NIET
    since: datetime | None = None
    evidence: str = ""  #: Dutch: how we know
    next_step: str = ""  #: Dutch; empty when nothing is asked of a person
    inhabitants: int = 0
    written: bool = False  #: whether a letter left for it
    answers: list[Answer] = field(default_factory=list)

    @property
    def opposed(self) -> bool:
        """Whether answers contradict one another, and nobody looked at that."""
        return contradicting.waits(self.answers)

    @property
    def contradicts(self) -> bool:
        """Whether what was answered cannot all be true."""
        return bool(contradicting.among(self.answers))


def per_gemeente(campaign: Campaign, *, body: str | None = None) -> list[GemeenteStanding]:
    """Every gemeente of the country in the order of its name, with how the campaign stands.

    Four queries, whatever the size.

    :param body: only what this body got and answered; both when None
    """
    rows, came = _rows(campaign, body)
    for letter in db.session.execute(_letters(campaign, body)):
        _count_letter(rows[letter.gemeente_code], letter)
    for answer in recording.standing_answers(campaign.id):
        if body is None or answer.body == body:
            _count_answer(rows[answer.gemeente_code], answer)
    for gemeente_code, first in came.items():
        _count_registration(rows[gemeente_code], first)
    for code, entry in db.session.execute(_objections(campaign, body)):
        row = rows[code or ""]
        row.standing, row.since = Standing.NIET_BENADEREN, entry.since
        row.evidence = f"geen-postlijst: {_OBJECTED[entry.reason]}"
    for row in rows.values():
        row.next_step = _NEXT.get(row.standing, "")
        if row.opposed:
            row.next_step = "Kijk welk antwoord klopt"
    return list(rows.values())


def counts(rows: Iterable[GemeenteStanding]) -> dict[Standing, int]:
    """How many gemeenten stand where; every standing is there."""
    counted = Counter(row.standing for row in rows)
    return {standing: counted[standing] for standing in Standing}


def objections(campaign_ids: Collection[int] | Select[int]) -> Select[int, str | None]:
    """SQL: per campaign, the gemeenten whose mailbox asked its sender for no more mail."""
    of_sender = or_(Suppression.sender_id.is_(None), Suppression.sender_id == Message.sender_id)
    return (
        select(Step.campaign_id, Message.gemeente_code)
        .join(Message, Message.step_id == Step.id)
        .join(Suppression, covers(Suppression, Message.address_key, Message.gemeente_code))
        .where(
            Step.campaign_id.in_(campaign_ids),
            Message.gemeente_code.is_not(None),
            Suppression.lifted_at.is_(None),
            Suppression.reason != SuppressionReason.BOUNCE,
            of_sender,
        )
        .distinct()
    )


def _rows(
    campaign: Campaign, body: str | None
) -> tuple[dict[str, GemeenteStanding], dict[str, Came]]:
    """A row for every gemeente, and who of it answered by registering."""
    rows: dict[str, GemeenteStanding] = {}
    came: dict[str, Came] = {}
    columns: Any = (literal(None), literal(None), literal(None))
    found = select(Gemeente)
    if campaign.registration_answers:
        first = registered.firsts(campaign, body=body).subquery("first")
        columns = (first.c.role, first.c.meeting, first.c.at)
        found = found.outerjoin(first, first.c.gemeente_code == Gemeente.code)
    query = found.add_columns(*columns).order_by(Gemeente.sort_key)
    for gemeente, role, meeting, at in db.session.execute(query):
        rows[gemeente.code] = GemeenteStanding(
            gemeente.code,
            gemeente.name,
            gemeente.province,
            gemeente.tile_column,
            gemeente.tile_row,
            inhabitants=gemeente.inhabitants,
        )
        if at is not None:
            came[gemeente.code] = Came(role, meeting, at)
    return rows, came


def _letters(campaign: Campaign, body: str | None) -> Select[*tuple[Any, ...]]:
    """What a standing needs of each letter; columns, since there may be ten thousand."""
    found = (
        select(
            Message.gemeente_code,
            Message.state,
            Message.bounced_at,
            Message.accepted_at,
            Message.submitting_at,
            Message.reply,
        )
        .join(Step, Step.id == Message.step_id)
        .where(Step.campaign_id == campaign.id, Message.gemeente_code.is_not(None))
        .order_by(Step.position, Message.id)
    )
    return found if body is None else found.where(Message.variant == body)


def _objections(campaign: Campaign, body: str | None) -> Select[str | None, Suppression]:
    """Gemeenten whose mailbox, after our letter or before, asked for no more mail."""
    of_sender = or_(Suppression.sender_id.is_(None), Suppression.sender_id == campaign.sender_id)
    found = (
        select(Message.gemeente_code, Suppression)
        .join(Step, Step.id == Message.step_id)
        .join(Suppression, covers(Suppression, Message.address_key, Message.gemeente_code))
        .where(
            Step.campaign_id == campaign.id,
            Message.gemeente_code.is_not(None),
            Suppression.lifted_at.is_(None),
            Suppression.reason.not_in((SuppressionReason.BOUNCE,)),
            of_sender,
        )
    )
    return found if body is None else found.where(Message.variant == body)


def _count_letter(row: GemeenteStanding, letter: Any) -> None:
    standing = _of_letter(letter)
    row.written = row.written or letter.state is State.ACCEPTED
    # A letter that arrived outweighs one to another address that did not.
    pair = {standing, row.standing}
    better = standing.rank < row.standing.rank
    if pair == {Standing.VERSTUURD, Standing.ONBESTELBAAR}:
        better = standing is Standing.VERSTUURD
    if not better:
        return
    row.standing = standing
    row.since = letter.bounced_at or letter.accepted_at or letter.submitting_at
    row.evidence = _evidence(letter)


def _of_letter(letter: Any) -> Standing:
    match letter.state:
        case State.ACCEPTED if letter.bounced_at is None:
            return Standing.VERSTUURD
        case State.ACCEPTED | State.REFUSED | State.EXPIRED | State.FAILED:
            return Standing.ONBESTELBAAR
        case State.UNCERTAIN | State.SUBMITTING:
            return Standing.ONZEKER
        case State.SUPPRESSED:
            return Standing.NIET_BENADEREN
        case _:
            return Standing.NOG_NIET


def _evidence(letter: Any) -> str:
    if letter.state is State.SUPPRESSED:
        return "staat op de geen-postlijst"
    if letter.state is State.UNCERTAIN:
        return "de verbinding brak tijdens het versturen"
    return letter.reply.splitlines()[0][:120] if letter.reply else ""


def _count_answer(row: GemeenteStanding, answer: Answer) -> None:
    row.answers.append(answer)
    standing = of_status(answer.status)
    if standing.rank > row.standing.rank:
        return
    row.standing, row.since = standing, answer.at
    row.evidence = answer.evidence or _SOURCES[answer.source]


def _count_registration(row: GemeenteStanding, came: Came) -> None:
    if open_to_registration(row.standing):
        row.standing, row.since, row.evidence = BY_REGISTERING, came.at, came.evidence


_ANSWERS = {standing.value for standing in Standing} - {
    Standing.ONZEKER,
    Standing.ONBESTELBAAR,
    Standing.VERSTUURD,
    Standing.NOG_NIET,
}
_SOURCES = {
    Source.LINK: "griffie, op de antwoordpagina",
    Source.MAIL: "mail van de griffie",
    Source.PHONE: "telefoon",
    Source.PAPER: "brief op papier",
    Source.CLI: "genoteerd door de beheerder",
    Source.OFFICE: "genoteerd door een coördinator",
}
_OBJECTED = {
    SuppressionReason.ASKED: "vroeg erom",
    SuppressionReason.PAGE: "op de pagina uit onze brief",
    SuppressionReason.ONE_CLICK: "met de knop van het mailprogramma",
    SuppressionReason.BOUNCE: "postbus bestaat niet",
    SuppressionReason.COMPLAINT: "meldde onze post als ongewenst",
}
_NEXT = {
    Standing.ONBESTELBAAR: "Zoek het adres",
    Standing.ONZEKER: "Kijk of de brief aankwam",
    Standing.GESPREK: "Bel de griffie",
}


def of_status(status: str) -> Standing:
    """The standing that an answer gives; an outcome of the campaign's own counts as an answer."""
    return Standing(status) if status in _ANSWERS else _OWN_OUTCOME


def open_to_registration(stands: Standing) -> bool:
    """Whether someone who registers changes where it stands.

    What the griffie said itself says more, and before the letter there is nothing to answer.
    """
    return Standing.IN_BEHANDELING.rank <= stands.rank < Standing.NOG_NIET.rank


def objected(reason: SuppressionReason) -> str:
    """How someone came on the geen-postlijst, in words."""
    return _OBJECTED[reason]


def source(answer: Answer) -> str:
    """How we know an answer, where nobody wrote it down."""
    return _SOURCES[answer.source]


def told(answer: Answer, campaign: Campaign) -> str:
    """An answer as a head of the timeline; an outcome of the campaign's own by its label."""
    for outcome in campaign.outcomes:
        if outcome["key"] == answer.status:
            return str(outcome["label"])
    if answer.status == Standing.NIET_BENADEREN:
        return "Wil over deze brief geen herinnering"
    word = of_status(answer.status).word
    on = f", vergadering van {dutch.day_date(answer.on_date)}" if answer.on_date else ""
    did = f": {Handling(answer.handling).word}" if answer.handling else ""
    return f"{word[:1].upper()}{word[1:]}{on}{did}"
