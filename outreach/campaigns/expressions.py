"""What a selectie asks, as rows (field, comparison, values) in groups: its shape, no database.

Stored and in files it is plain data (docs/campaign-file.md):

    {"version": 1, "all": [
        {"field": "role", "op": "in", "value": ["griffier"]},
        {"any": [{"field": "tag", "op": "in", "value": ["pilot"]}, …]}]}
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from outreach.errors import Invalid

VERSION = 1
MOST_ROWS, MOST_VALUES, LONGEST = 40, 400, 200
_MOST = 99_999_999


class Field(StrEnum):
    """What of a contact is looked at."""

    ROLE = "role"
    PARTY = "party"
    PORTFOLIO = "portfolio"
    PROVINCE = "province"
    REGION = "region"
    GEMEENTE = "gemeente"
    INHABITANTS = "inhabitants"
    TAG = "tag"
    LIST = "list"
    ATTRIBUTE = "attribute"  #: `of` names it
    BASIS = "basis"
    REACH = "reach"
    ANSWERED = "answered"  #: the gemeente, so that reminders stop
    ANSWER = "answer"  #: the gemeente said this; `of` is the letter
    BOUNCED = "bounced"  #: a letter to this contact
    REGISTERED = "registered"  #: with an address of this contact
    REGISTERED_FROM = "registered_from"  #: anyone of the gemeente
    WRITTEN = "written"  #: a letter to this contact, lately


class Op(StrEnum):
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    EMPTY = "empty"
    FILLED = "filled"
    IS = "is"
    MORE = "more"
    LESS = "less"
    BETWEEN = "between"  #: both ends count
    WITHIN = "within"  #: the last so many days
    NOT_WITHIN = "not_within"


_EITHER = (Op.IN, Op.NOT_IN)
_OR_NONE = (*_EITHER, Op.EMPTY, Op.FILLED)
_TEXT = (*_EITHER, Op.CONTAINS, Op.EMPTY, Op.FILLED)
#: The comparisons that each field knows, the usual one first.
OPS: dict[Field, tuple[Op, ...]] = {
    Field.ROLE: _EITHER,
    Field.PARTY: _TEXT,
    Field.PORTFOLIO: _TEXT,
    Field.PROVINCE: _EITHER,
    Field.REGION: _EITHER,
    Field.GEMEENTE: _EITHER,
    Field.INHABITANTS: (Op.MORE, Op.LESS, Op.BETWEEN, Op.IS),
    Field.TAG: _OR_NONE,
    Field.LIST: _OR_NONE,
    Field.ATTRIBUTE: _TEXT,
    Field.BASIS: _OR_NONE,
    Field.REACH: _EITHER,
    Field.ANSWERED: _EITHER,
    Field.ANSWER: _EITHER,
    Field.BOUNCED: _EITHER,
    Field.REGISTERED: _EITHER,
    Field.REGISTERED_FROM: _EITHER,
    Field.WRITTEN: (Op.WITHIN, Op.NOT_WITHIN),
}
#: Fields as screens and refusals name them.
NAMES: dict[Field, str] = {
    Field.ROLE: "functie",
    Field.PARTY: "fractie",
    Field.PORTFOLIO: "portefeuille",
    Field.PROVINCE: "provincie",
    Field.REGION: "regio",
    Field.GEMEENTE: "gemeente",
    Field.INHABITANTS: "inwoners",
    Field.TAG: "label",
    Field.LIST: "lijst",
    Field.ATTRIBUTE: "eigen gegeven",
    Field.BASIS: "waarom mogen we mailen",
    Field.REACH: "stand van het adres",
    Field.ANSWERED: "antwoordde op brief",
    Field.ANSWER: "wat er is geantwoord",
    Field.BOUNCED: "brief kwam terug",
    Field.REGISTERED: "zelf aangemeld voor bijeenkomst",
    Field.REGISTERED_FROM: "iemand uit de gemeente aangemeld",
    Field.WRITTEN: "kreeg post",
}
_OF = {Field.ATTRIBUTE: "het gegeven", Field.ANSWER: "de brief"}
_WITHOUT_VALUE = (Op.EMPTY, Op.FILLED)
_NUMBERS = (Op.IS, Op.MORE, Op.LESS, Op.BETWEEN, Op.WITHIN, Op.NOT_WITHIN)
#: How people write comparisons that are another word for one of ours.
_ALIASES = {"is_not": Op.NOT_IN, "one_of": Op.IN, "more_than": Op.MORE, "less_than": Op.LESS}
_NUMBER = re.compile(r"\d{1,3}(?:[. ]\d{3})+|\d+")

#: Where in the data something stands: ("all", 2, "value").
Path = tuple[str | int, ...]


class BadExpression(Invalid):
    """A row that cannot be understood; the sentence names it."""

    def __init__(self, sentence: str, path: Path = ()) -> None:
        super().__init__(sentence)
        self.path = path
        self.row = 0  #: its number, from 1; 0 when it is no row's


@dataclass(frozen=True)
class Row:
    """One comparison."""

    field: Field
    op: Op
    values: tuple[str | int, ...] = ()
    of: str = ""  #: of which letter (its slug) or own attribute

    @property
    def texts(self) -> list[str]:
        return [str(value) for value in self.values]

    @property
    def numbers(self) -> list[int]:
        return [int(value) for value in self.values]

    @property
    def negative(self) -> bool:
        return self.op in (Op.NOT_IN, Op.NOT_WITHIN)


@dataclass(frozen=True)
class Group:
    """Rows that all have to fit, or of which any one has to."""

    any: bool
    parts: "tuple[Row | Group, ...]"

    def rows(self) -> Iterator[Row]:
        """Every row, in the order in which they are numbered."""
        for part in self.parts:
            if isinstance(part, Row):
                yield part
            else:
                yield from part.rows()


def parse(data: Any) -> Group:
    """An expression from plain data. Whether what it names exists is not looked at.

    :raises BadExpression: with a sentence that names the row
    """
    counted = [0]
    found = _group(data, (), counted, deep=0)
    if counted[0] > MOST_ROWS:
        raise BadExpression(f"Een selectie heeft ten hoogste {MOST_ROWS} regels.")
    return found


def dump(group: Group) -> dict[str, Any]:
    """The expression as plain data, as it is stored."""
    return {"version": VERSION, **_dumped(group)}


def field_of(number: int, field: Field) -> str:
    """How a refusal names a row: "Regel 2 (inwoners)"."""
    return f"Regel {number} ({NAMES[field]})"


def _dumped(part: Row | Group) -> dict[str, Any]:
    if isinstance(part, Group):
        return {"any" if part.any else "all": [_dumped(one) for one in part.parts]}
    found: dict[str, Any] = {"field": part.field.value, "op": part.op.value}
    if part.of:
        found["of"] = part.of
    if part.values:
        found["value"] = list(part.values)
    return found


def _group(data: Any, path: Path, counted: list[int], *, deep: int) -> Group:
    kinds = [key for key in ("all", "any") if isinstance(data, Mapping) and key in data]
    if len(kinds) != 1 or not set(data) <= {"version", "all", "any"}:
        raise BadExpression("Een selectie begint met ‘all’ of met ‘any’ en een lijst.", path)
    if str(data.get("version", VERSION)) != str(VERSION):
        raise BadExpression(f"Versie {data['version']} van een selectie kennen wij niet.", path)
    kind, inside = kinds[0], data[kinds[0]]
    if not isinstance(inside, Sequence) or isinstance(inside, str) or not inside:
        raise BadExpression("Zet ten minste één regel in de selectie.", (*path, kind))
    parts = tuple(
        _part(one, (*path, kind, number), counted, deep=deep) for number, one in enumerate(inside)
    )
    return Group(kind == "any", parts)


def _part(data: Any, path: Path, counted: list[int], *, deep: int) -> Row | Group:
    if isinstance(data, Mapping) and {"all", "any"} & data.keys():
        if deep:
            raise BadExpression("Een groep in een groep kan geen groepen meer hebben.", path)
        return _group(data, path, counted, deep=deep + 1)
    counted[0] += 1
    try:
        return _row(data, path, counted[0])
    except BadExpression as error:
        error.row = counted[0]
        raise


def _row(data: Any, path: Path, number: int) -> Row:
    if not isinstance(data, Mapping):
        raise BadExpression(f"Regel {number}: hier horen field, op en value.", path)
    if unknown := sorted(map(str, set(data) - {"field", "op", "value", "of"})):
        raise BadExpression(
            f"Regel {number}: ‘{unknown[0]}’ is onbekend; bekend zijn field, op, value, of.", path
        )
    field = _field(data.get("field", ""), (*path, "field"), number)
    op = _op(data.get("op", OPS[field][0].value), field, (*path, "op"), number)
    of = _of(data.get("of", ""), field, (*path, "of"), number)
    values = _values(data.get("value", ()), field, op, (*path, "value"), number)
    return Row(field, op, values, of)


def _field(name: Any, path: Path, number: int) -> Field:
    try:
        return Field(str(name))
    except ValueError:
        known = ", ".join(Field)
        raise BadExpression(
            f"Regel {number}: het veld ‘{name}’ kennen wij niet; bekend zijn {known}.", path
        ) from None


def _op(name: Any, field: Field, path: Path, number: int) -> Op:
    word = str(name)
    op = _ALIASES.get(word) or (Op(word) if word in set(Op) else None)
    if op is Op.IS and Op.IS not in OPS[field]:
        op = Op.IN
    if op not in OPS[field]:
        known = ", ".join(OPS[field])
        raise BadExpression(
            f"{field_of(number, field)}: ‘{word}’ kan hier niet; kies uit {known}.", path
        )
    return op


def _of(name: Any, field: Field, path: Path, number: int) -> str:
    of = " ".join(str(name or "").split())
    if field not in _OF:
        if of:
            raise BadExpression(f"{field_of(number, field)}: hier hoort geen ‘of’ bij.", path)
        return ""
    if not of:
        raise BadExpression(f"{field_of(number, field)}: kies {_OF[field]}.", path)
    if len(of) > LONGEST or (field is Field.ATTRIBUTE and set(of) & set('"\\')):
        raise BadExpression(f"{field_of(number, field)}: ‘{of[:40]}’ kan geen naam zijn.", path)
    return of


def _values(given: Any, field: Field, op: Op, path: Path, number: int) -> tuple[str | int, ...]:
    many = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    texts = [text for one in many if (text := " ".join(str("" if one is None else one).split()))]
    row = field_of(number, field)
    if op in _WITHOUT_VALUE:
        if texts:
            raise BadExpression(f"{row}: bij “leeg” hoort geen waarde.", path)
        return ()
    if op in _NUMBERS:
        return _counts(texts, op, row, path)
    if not texts:
        raise BadExpression(f"{row}: kies of typ een waarde.", path)
    if len(texts) > MOST_VALUES or any(len(text) > LONGEST for text in texts):
        raise BadExpression(f"{row}: dat is te lang of te veel.", path)
    if any("\0" in text for text in texts):
        raise BadExpression(f"{row}: er staat een onzichtbaar teken in.", path)
    if op is Op.CONTAINS and len(texts) > 1:
        raise BadExpression(f"{row}: bij “bevat” hoort één waarde.", path)
    return tuple(dict.fromkeys(texts))


def _counts(texts: list[str], op: Op, row: str, path: Path) -> tuple[int, ...]:
    wanted = 2 if op is Op.BETWEEN else 1
    if len(texts) != wanted:
        what = "twee getallen" if wanted == 2 else "één getal"
        raise BadExpression(f"{row}: vul {what} in.", path)
    wrong = next((text for text in texts if not _NUMBER.fullmatch(text)), None)
    if wrong is not None:
        raise BadExpression(f"{row}: “{wrong[:40]}” is geen getal. Schrijf 50000.", path)
    found = tuple(int(re.sub(r"\D", "", text)) for text in texts)
    if max(found) > _MOST:
        raise BadExpression(f"{row}: {max(found)} is te veel.", path)
    if op in (Op.WITHIN, Op.NOT_WITHIN) and not 1 <= found[0] <= 3650:
        raise BadExpression(f"{row}: kies 1 tot 3650 dagen.", path)
    if op is Op.BETWEEN and found[0] > found[1]:
        raise BadExpression(f"{row}: het eerste getal is groter dan het tweede.", path)
    return found
