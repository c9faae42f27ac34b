"""Inzage (AVG art. 15): everything held on someone, for programs and for people."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from enum import Enum
from typing import Any, cast

from sqlalchemy import Table, select

from outreach.accounts.models import Sender
from outreach.campaigns.models import Campaign, Step, StepText
from outreach.contacts import wording
from outreach.contacts.models import Basis, ContactList, Function, Gemeente, Import, Office
from outreach.db import db
from outreach.events import needs, parts
from outreach.events.models import Meeting, MeetingDay, MeetingPart, Need
from outreach.ledger import mentions
from outreach.ledger.person import Person
from outreach.ledger.personal_data import MAP, Held
from outreach.letters import dutch

#: What the tables are in, as the person reads it first.
PREFACE = (
    "Dit is alles wat wij van u bewaren. “columns” geeft bij elk veld de Nederlandse naam."
    " U mag het laten verbeteren of wissen, en bezwaar maken."
)


def of(person: Person, *, now: datetime) -> dict[str, Any]:
    """
    `{made_at, made, preface, addresses, names, tables: [{table, title, columns: {name: Dutch},
    rows: [{name: value}], erasure}], mentions: [{table, title, column, row, text}]}`; tables
    without a row of theirs are left out.
    """
    tables = [_table(held, person) for held in MAP if held.personal]
    own = {(t["table"], _key(row)) for t in tables for row in t["rows"]}
    return {
        "made_at": now.isoformat(),
        "made": dutch.day_time(now),
        "preface": PREFACE,
        "addresses": sorted(person.keys),
        "names": sorted(person.names),
        "tables": [one for one in tables if one["rows"]],
        "mentions": [
            {
                "table": one.held.name,
                "title": one.held.title,
                "column": one.column,
                "row": list(one.where),
                "text": one.value,
            }
            for one in mentions.of(person)
            if (one.held.name, one.where) not in own
        ],
    }


def is_empty(found: dict[str, Any]) -> bool:
    return not found["tables"] and not found["mentions"]


def _table(held: Held, person: Person) -> dict[str, Any]:
    table = cast(Table, held.model.__table__)
    keys = [column.name for column in table.primary_key.columns]
    words = {**held.shown, **held.searched}
    names = list(dict.fromkeys([*keys, *words]))
    rows = db.session.execute(
        select(*(table.c[name] for name in names)).where(held.whose(person))
    ).mappings()
    explain = _EXPLAINED.get(held.name, _nothing)
    return {
        "table": held.name,
        "title": held.title,
        "columns": words,
        "keys": keys,
        "rows": [
            {name: _plain(value) for name, value in row.items()} | explain(row) for row in rows
        ],
    }


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["id"],) if "id" in row else tuple(list(row.values())[:2])


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime | date | time) else value


# ── what a number stands for, in words ──────────────────────────────────────────────────────


def _nothing(_: Any) -> dict[str, Any]:
    return {}


def _message(row: Any) -> dict[str, Any]:
    text = db.session.get(StepText, row["text_id"]) if row["text_id"] else None
    step = db.session.get(Step, text.step_id) if text else None
    campaign = db.session.get(Campaign, step.campaign_id) if step else None
    if text is None or step is None or campaign is None:
        return {}
    return {
        "brief": campaign.name,
        "afzender": campaign.sender.name,
        "stap": step.position,
        "onderwerp": text.subject,
        "versie van de tekst": text.number,
        "tekst": text.mail,
    }


def _contact(row: Any) -> dict[str, Any]:
    office = db.session.get_one(Office, row["office_id"])
    function = wording.FUNCTIONS[Function(office.function)]
    return {"functie": function, "gemeente": office.gemeente.name if office.gemeente else ""}


def _address(row: Any) -> dict[str, Any]:
    basis = wording.BASES[Basis(row["basis"])] if row["basis"] else "niet bekend"
    return {"waarom mogen we mailen": basis}


def _registration(row: Any) -> dict[str, Any]:
    meeting = db.session.get_one(Meeting, row["meeting_id"])
    gemeente = db.session.get(Gemeente, row["gemeente_code"]) if row["gemeente_code"] else None
    return {
        "bijeenkomst": f"{meeting.title}, {meeting.city}",
        "gemeente": gemeente.name if gemeente else "",
    }


def _need(row: Any) -> dict[str, Any]:
    """As they wrote it: sealed it would tell them nothing."""
    held = needs.opened(db.session.get_one(Need, row["registration_id"]))
    return {"diet": held.diet.said(needs.DIET), "access": held.access.said(needs.ACCESS)}


def _place(row: Any) -> dict[str, Any]:
    return {"dag": db.session.get_one(MeetingDay, row["day_id"]).date.isoformat()}


def _part(row: Any) -> dict[str, Any]:
    return {"onderdeel": parts.line(db.session.get_one(MeetingPart, row["part_id"]))}


def _list_member(row: Any) -> dict[str, Any]:
    return {"lijst": db.session.get_one(ContactList, row["list_id"]).name}


def _import_row(row: Any) -> dict[str, Any]:
    import_ = db.session.get_one(Import, row["import_id"])
    return {
        "lijst": import_.filename,
        "bron van de lijst": import_.source,
        "ingelezen op": import_.read_at.isoformat(),
    }


def _suppression(row: Any) -> dict[str, Any]:
    sender = db.session.get(Sender, row["sender_id"]) if row["sender_id"] else None
    return {"geen post van": sender.name if sender else "alle afzenders"}


_EXPLAINED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "message": _message,
    "contact": _contact,
    "address": _address,
    "registration": _registration,
    "place": _place,
    "part_choice": _part,
    "need": _need,
    "list_member": _list_member,
    "import_row": _import_row,
    "suppression": _suppression,
}


def as_lines(found: dict[str, Any]) -> Iterable[str]:
    """A summary for a terminal."""
    for table in found["tables"]:
        yield f"{len(table['rows']):>5}  {table['title']}"
    if found["mentions"]:
        yield f"{len(found['mentions']):>5}  Genoemd in een vrije tekst"
