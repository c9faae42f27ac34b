"""A selectie in words: "griffiers in Drenthe of Groningen, met meer dan 50.000 inwoners"."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from outreach.answers.models import Status
from outreach.campaigns.expressions import Field, Group, Op, Row
from outreach.campaigns.models import Campaign
from outreach.campaigns.selecting import NO_ADDRESS
from outreach.contacts import wording
from outreach.contacts.directory import Reach
from outreach.contacts.models import Basis, Function, Gemeente, Region
from outreach.db import db
from outreach.events.models import Meeting
from outreach.letters import dutch

#: A function as several people hold it.
MANY = {
    Function.GRIFFIER: "griffiers",
    Function.PLV_GRIFFIER: "plaatsvervangend griffiers",
    Function.RAADSLID: "raadsleden",
    Function.WETHOUDER: "wethouders",
    Function.BURGEMEESTER: "burgemeesters",
    Function.SECRETARIS: "gemeentesecretarissen",
    Function.COLLEGE: "colleges",
    Function.INFORMATEUR: "informateurs",
    Function.PARTNER: "partners",
}
#: What a gemeente can have answered.
ANSWERS = {
    Status.ONTVANGEN: "ontvangst bevestigd",
    Status.IN_BEHANDELING: "in behandeling",
    Status.DOORGESTUURD: "doorgestuurd naar de raad",
    Status.NAAR_COLLEGE: "naar het college",
    Status.OP_LIJST: "op lijst ingekomen stukken",
    Status.BESPROKEN: "besproken",
    Status.ANTWOORD: "antwoord ontvangen",
    Status.GESPREK: "wil een gesprek",
    Status.GEWEIGERD: "niet geplaatst",
    Status.NIET_BENADEREN: "wil over deze brief geen herinnering",
}
_MOST = 6  #: values that are named before the rest is counted
_LETTERS = (Field.ANSWERED, Field.BOUNCED)
_MEETINGS = (Field.REGISTERED, Field.REGISTERED_FROM)


@dataclass
class Names:
    """What letters, meetings, gemeenten and regions are called, looked up once for all."""

    letters: dict[str, str] = field(default_factory=dict)
    meetings: dict[str, str] = field(default_factory=dict)
    gemeenten: dict[str, str] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)  #: by id
    outcomes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, expressions: Iterable[Group]) -> "Names":
        rows = [row for one in expressions for row in one.rows()]
        letters = {slug for row in rows if row.field in _LETTERS for slug in row.texts}
        letters |= {row.of for row in rows if row.field is Field.ANSWER}
        meetings = {slug for row in rows if row.field in _MEETINGS for slug in row.texts}
        codes = {code for row in rows if row.field is Field.GEMEENTE for code in row.texts}
        region_ids = {id_ for row in rows if row.field is Field.REGION for id_ in row.numbers}
        found = cls()
        if letters:
            named = select(Campaign.slug, Campaign.name, Campaign.outcomes)
            for slug, name, outcomes in db.session.execute(named.where(Campaign.slug.in_(letters))):
                found.letters[slug] = name
                found.outcomes |= {one["key"]: one["label"] for one in outcomes}
        if meetings:
            titled = select(Meeting.slug, Meeting.title).where(Meeting.slug.in_(meetings))
            found.meetings = dict(db.session.execute(titled).all())
        if region_ids:
            known = select(Region.id, Region.name).where(Region.id.in_(region_ids))
            found.regions = {str(id_): name for id_, name in db.session.execute(known)}
        if codes:
            called = select(Gemeente.code, Gemeente.name).where(Gemeente.code.in_(codes))
            found.gemeenten = dict(db.session.execute(called).all())
        return found


def words(expression: Group, names: Names | None = None) -> str:
    """The selectie as the end of "Dit zijn …", without a full stop."""
    names = names or Names.of([expression])
    if expression.any:
        return f"iedereen {_joined([_part(part, names) for part in expression.parts], 'of')}"
    parts = list(expression.parts)
    subject = "iedereen"
    who = next((one for one in parts if _names_people(one)), None)
    if isinstance(who, Row):
        parts.remove(who)
        subject = _list([MANY[Function(value)] for value in who.texts])
    near = next((one for one in parts if _names_a_place(one)), None)
    if isinstance(near, Row):
        parts.remove(near)
        subject = f"{subject} {_phrase(near, names)}"
    said = [subject, *(_part(part, names) for part in parts)]
    # "iedereen die …" is one breath, and brackets need no comma before them.
    while len(said) > 1 and (said[0] == "iedereen" or said[1].startswith("(")):
        said[:2] = [f"{said[0]} {said[1]}"]
    return ", ".join(said)


def _names_people(part: Row | Group) -> bool:
    return isinstance(part, Row) and part.field is Field.ROLE and not part.negative


def _names_a_place(part: Row | Group) -> bool:
    places = (Field.PROVINCE, Field.REGION, Field.GEMEENTE)
    return isinstance(part, Row) and part.field in places and not part.negative


def _part(part: Row | Group, names: Names) -> str:
    if isinstance(part, Row):
        return _phrase(part, names)
    inside = [_phrase(one, names) for one in part.parts if isinstance(one, Row)]
    if len(inside) == 1:
        return inside[0]
    return f"({_joined(inside, 'of' if part.any else 'en')})"


def _joined(phrases: list[str], word: str) -> str:
    comma = "," if any(f" {word} " in one for one in phrases) else ""
    return f"{comma} {word} ".join(phrases)


def _phrase(row: Row, names: Names) -> str:
    return _PHRASES[row.field](row, names)


def _role(row: Row, names: Names) -> str:
    held = _list([wording.FUNCTIONS[Function(value)] for value in row.texts])
    return f"die geen {held} is" if row.negative else f"die {held} is"


def _party(row: Row, names: Names) -> str:
    if row.op is Op.CONTAINS:
        return f"met “{row.texts[0]}” in de naam van de fractie"
    if not row.values:
        return "zonder fractie" if row.op is Op.EMPTY else "met een fractie"
    return f"{'niet ' if row.negative else ''}van de fractie {_list(row.texts)}"


def _province(row: Row, names: Names) -> str:
    return f"{'niet ' if row.negative else ''}in {_list(row.texts)}"


def _gemeente(row: Row, names: Names) -> str:
    called = [names.gemeenten.get(code, code) for code in row.texts]
    return f"{'niet ' if row.negative else ''}in {_list(called)}"


def _region(row: Row, names: Names) -> str:
    called = [names.regions.get(number, number) for number in row.texts]
    return f"{'niet ' if row.negative else ''}in de regio {_list(called)}"


def _inhabitants(row: Row, names: Names) -> str:
    counts = [dutch.number(value) for value in row.numbers]
    said = {
        Op.IS: "met {0} inwoners",
        Op.MORE: "met meer dan {0} inwoners",
        Op.LESS: "met minder dan {0} inwoners",
    }
    if row.op is Op.BETWEEN:
        return f"met {counts[0]} tot en met {counts[1]} inwoners"
    return said[row.op].format(*counts)


def _tag(row: Row, names: Names) -> str:
    if not row.values:
        return "zonder label" if row.op is Op.EMPTY else "met een label"
    return f"{'zonder' if row.negative else 'met'} label {_list(row.texts)}"


def _on_list(row: Row, names: Names) -> str:
    if not row.values:
        return "op geen enkele lijst" if row.op is Op.EMPTY else "op een lijst"
    return f"{'niet ' if row.negative else ''}op lijst {_list(row.texts)}"


def _attribute(row: Row, names: Names) -> str:
    what = f"“{row.of}”"
    if not row.values:
        return f"zonder {what}" if row.op is Op.EMPTY else f"met {what} ingevuld"
    verb = "bevat" if row.op is Op.CONTAINS else "is"
    return f"bij wie {what} {'niet ' if row.negative else ''}{_list(row.texts)} {verb}"


def _basis(row: Row, names: Names) -> str:
    if not row.values:
        known = "zonder" if row.op is Op.EMPTY else "met"
        return f"{known} een reden waarom wij mogen mailen"
    reasons = _list([f"“{wording.BASES[Basis(value)]}”" for value in row.texts])
    return f"{'zonder' if row.negative else 'met'} als reden om te mogen mailen {reasons}"


def _reach(row: Row, names: Names) -> str:
    said = {NO_ADDRESS: "ontbreekt"} | {
        Reach.NO_MAIL.value: "geen post wil",
        Reach.SUGGESTED.value: "nog niet bevestigd is",
        Reach.CONFIRMED.value: "bevestigd is",
    }
    stands = _list([said[value] for value in row.texts])
    return f"van wie {'geen' if row.negative else 'een'} adres {stands}"


def _answered(row: Row, names: Names) -> str:
    return f"die {'niet ' if row.negative else ''}antwoordden op {_letters(row.texts, names)}"


def _answer(row: Row, names: Names) -> str:
    said = _list([f"“{_answer_word(value, names)}”" for value in row.texts])
    letter = _letters([row.of], names)
    return f"die op {letter} {'niet ' if row.negative else ''}{said} antwoordden"


def _answer_word(value: str, names: Names) -> str:
    known = {status.value: word for status, word in ANSWERS.items()}
    return names.outcomes.get(value) or known.get(value, value)


def _bounced(row: Row, names: Names) -> str:
    return f"bij wie {_letters(row.texts, names)} {'niet ' if row.negative else ''}terugkwam"


def _registered(row: Row, names: Names) -> str:
    return f"die zich {'niet ' if row.negative else ''}aanmeldden voor {_meetings(row, names)}"


def _registered_from(row: Row, names: Names) -> str:
    someone = "niemand" if row.negative else "iemand"
    return f"uit een gemeente waar {someone} zich aanmeldde voor {_meetings(row, names)}"


def _written(row: Row, names: Names) -> str:
    days = dutch.plural(row.numbers[0], "dag", "dagen")
    lately = f"in de laatste {days}"
    return f"die {lately} {'geen ' if row.negative else ''}post kregen"


def _letters(slugs: Iterable[str], names: Names) -> str:
    return _list([names.letters.get(slug, slug) for slug in slugs])


def _meetings(row: Row, names: Names) -> str:
    return _list([names.meetings.get(slug, slug) for slug in row.texts])


def _list(words: list[str]) -> str:
    if len(words) > _MOST:
        words = [*words[: _MOST - 1], f"{len(words) - _MOST + 1} andere"]
    return dutch.enumeration(words, "of")


_PHRASES: dict[Field, Callable[[Row, Names], str]] = {
    Field.ROLE: _role,
    Field.PARTY: _party,
    Field.PROVINCE: _province,
    Field.REGION: _region,
    Field.GEMEENTE: _gemeente,
    Field.INHABITANTS: _inhabitants,
    Field.TAG: _tag,
    Field.LIST: _on_list,
    Field.ATTRIBUTE: _attribute,
    Field.BASIS: _basis,
    Field.REACH: _reach,
    Field.ANSWERED: _answered,
    Field.ANSWER: _answer,
    Field.BOUNCED: _bounced,
    Field.REGISTERED: _registered,
    Field.REGISTERED_FROM: _registered_from,
    Field.WRITTEN: _written,
}
