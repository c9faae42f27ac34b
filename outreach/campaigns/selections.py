"""Selecties: saved questions over contacts. A letter and a list use them as they stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import joinedload, selectinload

from outreach.accounts import audit
from outreach.accounts.audit import Actor
from outreach.answers.models import Status
from outreach.campaigns import expressions, named, selecting
from outreach.campaigns.expressions import BadExpression, Field, Group, Row
from outreach.campaigns.models import Campaign, Selection
from outreach.campaigns.selection_words import Names, words
from outreach.contacts import gemeenten, regions
from outreach.contacts.directory import Reach
from outreach.contacts.models import Basis, Contact, Office
from outreach.db import db
from outreach.errors import Invalid, OutreachError, Refused, Unknown

LONGEST_NAME = 120
SAMPLE = 10


class UnknownSelection(Invalid):
    """No selectie has this name."""


@dataclass(frozen=True)
class Seen:
    """Who fits an expression now."""

    words: str
    count: int  #: contacts
    samples: list[Contact]


@dataclass(frozen=True)
class Listed:
    """One saved selectie with what it comes to."""

    selection: Selection
    words: str
    count: int
    letters: list[Campaign]  #: that use it


def find(name: str) -> Selection:
    """
    :raises UnknownSelection: none has this name
    """
    if (found := named_so(name)) is None:
        raise UnknownSelection(f"Er is geen selectie die “{name}” heet.")
    return found


def named_so(name: str) -> Selection | None:
    """The selectie with this name, if there is one."""
    return db.session.scalar(select(Selection).where(Selection.name == " ".join(name.split())))


def get(selection_id: int) -> Selection:
    """
    :raises Unknown: it is gone
    """
    found = db.session.get(Selection, selection_id)
    if found is None:
        raise Unknown("Deze selectie is er niet meer.")
    return found


def names() -> list[str]:
    """The names of all selecties, in the order of the alphabet."""
    return list(db.session.scalars(select(Selection.name).order_by(func.lower(Selection.name))))


def expression_of(segment: str | Mapping[str, Any]) -> Group:
    """What an audience's `segment` asks: the name of a saved selectie, or an expression.

    :raises UnknownSelection: none has this name
    """
    if isinstance(segment, str):
        return expressions.parse(find(segment).expression)
    return expressions.parse(segment)


def said(audience: Mapping[str, Any]) -> str:
    """The selectie of an audience in words; empty when it has none, or one that is gone."""
    segment = audience.get("segment")
    known = named_so(segment) if isinstance(segment, str) else None
    data = known.expression if known else segment
    return words(expressions.parse(data)) if isinstance(data, Mapping) else ""


def everything(*, now: datetime) -> list[Listed]:
    """All selecties by name, each counted now."""
    saved = list(db.session.scalars(select(Selection).order_by(func.lower(Selection.name))))
    asked = [expressions.parse(one.expression) for one in saved]
    called = Names.of(asked)
    letters = _letters_by_name()
    counts = _counts(asked, now)
    return [
        Listed(one, words(group, called), count, letters.get(one.name, []))
        for one, group, count in zip(saved, asked, counts, strict=True)
    ]


def look(expression: Group, *, now: datetime) -> Seen:
    """How many contacts fit, in words, and the first few of them."""
    [total] = _counts([expression], now)
    first = contacts(expression, now=now).order_by(Contact.id).limit(SAMPLE)
    rows = first.options(
        joinedload(Contact.office).joinedload(Office.gemeente), selectinload(Contact.addresses)
    )
    return Seen(words(expression), total, list(db.session.scalars(rows)))


def contacts(expression: Group, *, now: datetime) -> Select[Any]:
    """Every contact that fits."""
    return select(Contact).where(selecting.fits(expression, now=now))


def used_by(selection: Selection) -> list[Campaign]:
    """The letters whose audience names it, newest first."""
    return _letters_by_name().get(selection.name, [])


def add(name: str, expression: Group, *, by: Actor, now: datetime) -> Selection:
    """
    :raises Invalid: the name is empty, or a value does not exist
    :raises Refused: another one has this name
    """
    selection = Selection(
        name=_free(name), expression=_stored(expression), created_at=now, changed_at=now
    )
    db.session.add(selection)
    db.session.flush()
    _record("add", selection, by=by, now=now)
    return selection


def change(
    selection: Selection, *, name: str, expression: Group, version: int, by: Actor, now: datetime
) -> Selection:
    """Ask something else from now on. Letters that use it follow, for steps to come.

    :param version: as it was when the person began; who was first wins
    :raises Refused: it was changed meanwhile, or a letter knows it by the old name
    """
    new_name = _free(name, but=selection)
    if new_name != selection.name and (letters := used_by(selection)):
        raise Refused(
            f"“{letters[0].name}” gebruikt deze selectie onder de naam “{selection.name}”."
            " Laat de naam zoals hij is, of maak een kopie."
        )
    stored = _stored(expression)
    changed = db.session.scalar(
        update(Selection)
        .where(Selection.id == selection.id, Selection.version == version)
        .values(name=new_name, expression=stored, version=version + 1, changed_at=now)
        .returning(Selection.id)
    )
    if changed is None:
        raise Refused(
            "Een collega wijzigde deze selectie terwijl u bezig was. Bekijk wat er nu staat."
        )
    db.session.refresh(selection)
    _record("change", selection, by=by, now=now)
    return selection


def copy(selection: Selection, *, by: Actor, now: datetime) -> Selection:
    """The same question under a name of its own: "Drenthe (kopie)"."""
    taken = set(names())
    base = selection.name[: LONGEST_NAME - 14]
    tries = (f"{base} (kopie{f' {n}' if n > 1 else ''})" for n in range(1, len(taken) + 2))
    free = next(one for one in tries if one not in taken)
    return add(free, expressions.parse(selection.expression), by=by, now=now)


def remove(selection: Selection, *, by: Actor, now: datetime) -> None:
    """
    :raises Refused: a letter uses it
    """
    if letters := used_by(selection):
        raise Refused(f"“{letters[0].name}” gebruikt deze selectie. Daarom blijft zij bewaard.")
    _record("remove", selection, by=by, now=now)
    db.session.delete(selection)
    db.session.flush()


def resolve(expression: Group) -> Group:
    """The expression with names as the database knows them: codes, functions, provinces.

    :raises BadExpression: a value that does not exist; the sentence names the row
    """
    return _resolved(expression, _Resolver(), [0])


def _resolved(group: Group, known: "_Resolver", counted: list[int]) -> Group:
    parts: list[Row | Group] = []
    for part in group.parts:
        if isinstance(part, Group):
            parts.append(_resolved(part, known, counted))
            continue
        counted[0] += 1
        try:
            parts.append(known.row(part))
        except OutreachError as error:
            where = expressions.field_of(counted[0], part.field)
            refused = BadExpression(f"{where}: {error}")
            refused.row = counted[0]
            raise refused from None
    return Group(group.any, tuple(parts))


class _Resolver:
    """Looks up what rows name; the gemeenten once for all of them."""

    def __init__(self) -> None:
        self._book: gemeenten.Book | None = None
        self._checks: dict[Field, Callable[[str], str]] = {
            Field.ROLE: named.function,
            Field.PROVINCE: named.province,
            Field.REGION: lambda text: str(regions.find(text).id),
            Field.GEMEENTE: self._gemeente,
            Field.LIST: named.contact_list,
            Field.BASIS: _basis,
            Field.REACH: _reach,
            Field.ANSWERED: _letter,
            Field.BOUNCED: _letter,
            Field.REGISTERED: named.meeting,
            Field.REGISTERED_FROM: named.meeting,
        }

    def row(self, row: Row) -> Row:
        if row.field is Field.ANSWER:
            return Row(row.field, row.op, tuple(_status(row.of, one) for one in row.texts), row.of)
        if row.field not in self._checks:
            return row
        checked = dict.fromkeys(self._checks[row.field](text) for text in row.texts)
        return Row(row.field, row.op, tuple(checked), row.of)

    def _gemeente(self, text: str) -> str:
        self._book = self._book or gemeenten.Book()
        return self._book.find(text).code


def _basis(text: str) -> str:
    if text not in set(Basis):
        raise Invalid(f"“{text}” is geen reden; bekend zijn {', '.join(Basis)}.")
    return text


def _reach(text: str) -> str:
    known = [*Reach, selecting.NO_ADDRESS]
    if text not in known:
        raise Invalid(f"“{text}” is geen stand; bekend zijn {', '.join(known)}.")
    return text


def _letter(slug: str) -> str:
    if db.session.scalar(select(Campaign.id).where(Campaign.slug == slug)) is None:
        raise Invalid(f"Er is geen brief met de naam “{slug}”.")
    return slug


def _status(slug: str, text: str) -> str:
    outcomes = db.session.scalar(select(Campaign.outcomes).where(Campaign.slug == _letter(slug)))
    known = [*Status, *(one["key"] for one in outcomes or [])]
    if text not in known:
        raise Invalid(f"“{text}” is geen antwoord op deze brief; bekend zijn {', '.join(known)}.")
    return text


def _stored(expression: Group) -> dict[str, Any]:
    return expressions.dump(resolve(expression))


def _free(name: str, *, but: Selection | None = None) -> str:
    """A name that no other selectie has, however it is spelled."""
    name = " ".join(name.split())
    if not name:
        raise Invalid("Geef de selectie een naam.")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"Kort de naam in tot {LONGEST_NAME} tekens.")
    others = select(Selection.name)
    if but is not None:
        others = others.where(Selection.id != but.id)
    if any(gemeenten.fold(name) == gemeenten.fold(one) for one in db.session.scalars(others)):
        raise Refused(f"Er is al een selectie die “{name}” heet.")
    return name


def _counts(asked: list[Group], now: datetime) -> list[int]:
    """How many contacts fit each; all in one statement."""
    if not asked:
        return []
    counted = [
        contacts(group, now=now).with_only_columns(func.count()).scalar_subquery()
        for group in asked
    ]
    return [int(count) for count in db.session.execute(select(*counted)).one()]


def _letters_by_name() -> dict[str, list[Campaign]]:
    found: dict[str, list[Campaign]] = {}
    newest = select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc())
    for campaign in db.session.scalars(newest):
        for audience in (campaign.audience, campaign.audience.get("except") or {}):
            name = audience.get("segment")
            if isinstance(name, str) and campaign not in found.setdefault(name, []):
                found[name].append(campaign)
    return found


def _record(act: str, selection: Selection, *, by: Actor, now: datetime) -> None:
    said_so = words(expressions.parse(selection.expression))
    audit.record(f"{act} selection", f"selection:{selection.id}", by=by, now=now, note=said_so)
