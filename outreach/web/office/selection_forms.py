"""A selectie as someone fills it in: rows in groups, each with the control that its field needs.

It works by whole posts: a button adds or takes away a row, and what was typed stays. So the
names of the controls carry the number of their row: `r3-op`, `r3-value`.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from outreach.campaigns import expressions, named, selection_words
from outreach.campaigns.expressions import Field, Group, Op, Row
from outreach.campaigns.models import Campaign
from outreach.campaigns.selecting import NO_ADDRESS
from outreach.contacts import regions, wording
from outreach.contacts.directory import Reach
from outreach.contacts.models import ContactList, Tag
from outreach.db import db
from outreach.errors import Invalid
from outreach.events.models import Meeting

#: Fields by what they are about, as someone looks for them.
FIELDS = {
    "Wie": (Field.ROLE, Field.PARTY, Field.TAG, Field.LIST, Field.ATTRIBUTE),
    "Waar": (Field.PROVINCE, Field.REGION, Field.GEMEENTE, Field.INHABITANTS),
    "Adres": (Field.REACH, Field.BASIS),
    "Brieven": (Field.ANSWERED, Field.ANSWER, Field.BOUNCED, Field.WRITTEN),
    "Bijeenkomsten": (Field.REGISTERED, Field.REGISTERED_FROM),
}
#: What is typed; of all others one ticks.
TYPED = (Field.PARTY, Field.GEMEENTE, Field.ATTRIBUTE, Field.INHABITANTS, Field.WRITTEN)
NUMBERS = (Field.INHABITANTS, Field.WRITTEN)
OPS = {
    Op.IN: "is",
    Op.NOT_IN: "is niet",
    Op.CONTAINS: "bevat",
    Op.EMPTY: "is leeg",
    Op.FILLED: "is niet leeg",
    Op.IS: "is precies",
    Op.MORE: "meer dan",
    Op.LESS: "minder dan",
    Op.BETWEEN: "tussen",
    Op.WITHIN: "in de laatste",
    Op.NOT_WITHIN: "niet in de laatste",
}
_YES_OR_NO = {Op.IN: "wel", Op.NOT_IN: "niet"}
_OWN_OPS = {
    Field.ANSWERED: _YES_OR_NO,
    Field.ANSWER: _YES_OR_NO,
    Field.BOUNCED: _YES_OR_NO,
    Field.REGISTERED: _YES_OR_NO,
    Field.REGISTERED_FROM: {Op.IN: "wel", Op.NOT_IN: "niemand"},
    Field.TAG: {Op.EMPTY: "geen enkel", Op.FILLED: "een of ander"},
    Field.LIST: {Op.EMPTY: "op geen enkele", Op.FILLED: "op een of andere"},
}
_SEPARATORS = {Field.GEMEENTE: ","}
MOST = expressions.MOST_ROWS


@dataclass
class RowDraft:
    """A row as it is filled in, right or wrong."""

    id: int
    field: Field
    op: Op
    values: list[str] = dataclasses.field(default_factory=list)
    of: str = ""
    number: int = 0  #: on the page, from 1

    @property
    def name(self) -> str:
        return expressions.NAMES[self.field]

    @property
    def ops(self) -> dict[str, str]:
        """The comparisons to choose from, in words."""
        words = OPS | _OWN_OPS.get(self.field, {})
        return {op.value: words[op] for op in expressions.OPS[self.field]}

    @property
    def typed(self) -> str:
        """What stands in the one field of a row that is typed."""
        return f"{self._separator} ".join(self.values)

    @property
    def _separator(self) -> str:
        return _SEPARATORS.get(self.field, ";")

    def data(self) -> dict[str, Any]:
        values = self.values
        if self.field in TYPED and self.field not in NUMBERS and self.op is not Op.CONTAINS:
            values = [part for one in values for part in one.split(self._separator)]
        if self.field is Field.INHABITANTS and self.op is not Op.BETWEEN:
            values = values[:1]
        if self.op in (Op.EMPTY, Op.FILLED):
            values = []
        values = [one.strip() for one in values if one.strip()]
        found = {"field": self.field.value, "op": self.op.value, "value": values}
        return found | ({"of": self.of} if self.field in (Field.ANSWER, Field.ATTRIBUTE) else {})


@dataclass
class GroupDraft:
    id: int  #: 0 for the selectie itself
    any: bool
    parts: "list[RowDraft | GroupDraft]" = dataclasses.field(default_factory=list)

    def rows(self) -> Iterator[RowDraft]:
        for part in self.parts:
            if isinstance(part, RowDraft):
                yield part
            else:
                yield from part.rows()

    def groups(self) -> "Iterator[GroupDraft]":
        yield self
        for part in self.parts:
            if isinstance(part, GroupDraft):
                yield part

    def data(self) -> dict[str, Any]:
        return {"any" if self.any else "all": [part.data() for part in self.parts]}


@dataclass
class SelectionForm:
    """All of the page."""

    name: str
    top: GroupDraft
    version: int = 1
    chosen: str = Field.ROLE.value  #: the field in the box beside "Voeg een regel toe"

    @property
    def rows(self) -> list[RowDraft]:
        return list(self.top.rows())

    def expression(self) -> Group:
        """
        :raises BadExpression: a row is not filled in, or wrongly
        """
        return expressions.parse(self.top.data())

    def row_of(self, number: int) -> int | None:
        """The id of a row by its number."""
        return next((row.id for row in self.rows if row.number == number), None)

    def act(self, sent: Mapping[str, str]) -> bool:
        """Do what a button asks that changes the rows; whether there was one."""
        if gone := sent.get("weg"):
            self._remove(gone)
        elif "erbij" in sent:
            self._add(sent["erbij"], sent.get(f"veld{sent['erbij']}", ""))
        elif "groep" in sent:
            self._add_group(sent.get("veld0", ""))
        else:
            return False
        self._count()
        return True

    def _remove(self, gone: str) -> None:
        for group in list(self.top.groups()):
            group.parts = [
                one for one in group.parts if isinstance(one, GroupDraft) or f"r{one.id}" != gone
            ]
        self.top.parts = [
            one
            for one in self.top.parts
            if isinstance(one, RowDraft) or (one.parts and f"g{one.id}" != gone)
        ]

    def _add(self, where: str, chosen: str) -> None:
        group = next((one for one in self.top.groups() if str(one.id) == where), self.top)
        group.parts.append(self._new(chosen))

    def _add_group(self, chosen: str) -> None:
        row = self._new(chosen)
        self.top.parts.append(GroupDraft(row.id + 1, not self.top.any, [row]))

    def _new(self, chosen: str) -> RowDraft:
        kind = _field(chosen)
        self.chosen = kind.value
        number = 1 + max([row.id for row in self.rows] + [g.id for g in self.top.groups()])
        return RowDraft(number, kind, expressions.OPS[kind][0])

    def _count(self) -> None:
        for number, row in enumerate(self.rows, 1):
            row.number = number


def of_expression(name: str, expression: Group, version: int = 1) -> SelectionForm:
    """The form of an expression that was saved."""
    ids = iter(range(1, 1000))
    codes = [code for row in expression.rows() if row.field is Field.GEMEENTE for code in row.texts]
    called = selection_words.Names.of([expression]).gemeenten if codes else {}

    def draft(part: Row | Group) -> RowDraft | GroupDraft:
        if isinstance(part, Group):
            return GroupDraft(next(ids), part.any, [draft(one) for one in part.parts])
        values = [called.get(text, text) for text in part.texts]
        return RowDraft(next(ids), part.field, part.op, values, part.of)

    top = GroupDraft(0, expression.any, [draft(part) for part in expression.parts])
    return _counted(SelectionForm(name, top, version))


def empty() -> SelectionForm:
    """A form to begin with: griffiers, for whom most letters are."""
    return _counted(
        SelectionForm("", GroupDraft(0, False, [RowDraft(1, Field.ROLE, Op.IN, ["griffier"])]))
    )


def of_request(sent: MultiDict[str, str]) -> SelectionForm:
    """The form as it was filled in.

    :raises Invalid: it is none of ours
    """
    top = GroupDraft(0, sent.get("g0-hoe") == "any")
    groups = {0: top}
    for token in sent.getlist("deel")[: 2 * MOST]:
        kind, number = token[:1], _number(token[1:])
        if kind == "g":
            groups[number] = GroupDraft(number, sent.get(f"g{number}-hoe") == "any")
            top.parts.append(groups[number])
        else:
            home = groups.get(_number(sent.get(f"r{number}-in", "0")), top)
            home.parts.append(_row(number, sent))
    version = _number(sent.get("versie", "1"))
    return _counted(SelectionForm(sent.get("name", "").strip(), top, version))


def _row(number: int, sent: MultiDict[str, str]) -> RowDraft:
    kind = _field(sent.get(f"r{number}-field", ""))
    op = sent.get(f"r{number}-op", "")
    known = expressions.OPS[kind]
    values = sent.getlist(f"r{number}-value")
    return RowDraft(
        number,
        kind,
        Op(op) if op in known else known[0],
        values if kind in NUMBERS else [value for value in values if value.strip()],
        sent.get(f"r{number}-of", "").strip(),
    )


def _field(name: str) -> Field:
    if name not in set(Field):
        raise Invalid("Kies een veld uit de lijst.")
    return Field(name)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid("Dit formulier is niet te lezen. Open de bladzijde opnieuw.")
    return int(text)


def _counted(form: SelectionForm) -> SelectionForm:
    for number, row in enumerate(form.rows, 1):
        row.number = number
    return form


class Choices:
    """What can be ticked for a field, looked up when a row asks for it."""

    def __init__(self) -> None:
        self._known: dict[Field, dict[str, str]] = {}

    def of(self, row: RowDraft) -> dict[str, str]:
        """Value and word; also what was ticked before and is gone since."""
        key = row.field
        if key not in self._known:
            self._known[key] = _LOOKUPS[key]()
        gone = {value: value for value in row.values if value not in self._known[key]}
        return self._known[key] | gone

    def letters(self) -> dict[str, str]:
        if Field.ANSWERED not in self._known:
            self._known[Field.ANSWERED] = _letters()
        return self._known[Field.ANSWERED]


def _letters() -> dict[str, str]:
    named_so = select(Campaign.slug, Campaign.name)
    rows = db.session.execute(named_so.order_by(Campaign.created_at.desc(), Campaign.id.desc()))
    return dict(rows.all())


def _answers() -> dict[str, str]:
    words = {status.value: word for status, word in selection_words.ANSWERS.items()}
    for outcomes in db.session.scalars(select(Campaign.outcomes)):
        words |= {one["key"]: one["label"] for one in outcomes}
    return words


def _meetings() -> dict[str, str]:
    rows = db.session.execute(
        select(Meeting.slug, Meeting.title, Meeting.city).order_by(Meeting.id.desc())
    )
    return {slug: f"{title}, {city}" for slug, title, city in rows}


def _regions() -> dict[str, str]:
    found = regions.everything()
    return {
        str(one.region.id): f"{one.region.name} ({regions.KINDS[one.region.kind]})" for one in found
    }


def _names(column: Any) -> dict[str, str]:
    return {name: name for name in db.session.scalars(select(column).distinct().order_by(column))}


_LOOKUPS = {
    Field.ROLE: lambda: {one.value: word for one, word in wording.FUNCTIONS.items()},
    Field.PROVINCE: lambda: {name: name for name in named.provinces()},
    Field.REGION: _regions,
    Field.TAG: lambda: _names(Tag.name),
    Field.LIST: lambda: _names(ContactList.name),
    Field.BASIS: lambda: {one.value: word for one, word in wording.BASES.items()},
    Field.REACH: lambda: {one.value: one.word for one in Reach} | {NO_ADDRESS: "geen adres"},
    Field.ANSWERED: _letters,
    Field.BOUNCED: _letters,
    Field.ANSWER: _answers,
    Field.REGISTERED: _meetings,
    Field.REGISTERED_FROM: _meetings,
}
