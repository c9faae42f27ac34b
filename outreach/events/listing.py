"""Who comes, as a list: for the door, for a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime

import xlsxwriter
from sqlalchemy import case, select
from sqlalchemy.orm import contains_eager, joinedload

from outreach import unseen
from outreach.clock import AMSTERDAM
from outreach.contacts.spreadsheets import defuse
from outreach.db import db
from outreach.events import parts
from outreach.events.models import (
    Meeting,
    MeetingDay,
    MeetingPart,
    Place,
    PlaceState,
    Registration,
)

#: In which order lists say it: first who has a seat, last who does not come.
ORDER = (
    PlaceState.CONFIRMED,
    PlaceState.UNCONFIRMED,
    PlaceState.OFFERED,
    PlaceState.WAITING,
    PlaceState.CANCELLED,
    PlaceState.DOOR,
)
#: What a list says of who was met at the door, whatever their seat.
ATTENDED = "attended"
_STATES = case({state: n for n, state in enumerate(ORDER)}, value=Place.state)


@dataclass(frozen=True)
class ParticipantRow:
    """One person in one state: confirmed on Friday and waiting for Saturday is two rows."""

    name: str
    email: str
    gemeente: str
    role: str
    status: str
    days: str  #: the dates, ISO, with spaces between
    registered_at: str  #: ISO, Dutch time with its offset
    parts: str  #: "13.00 Wonen; 15.00 Wandeling": what was chosen on these days


EVERY_COLUMN = tuple(one.name for one in fields(ParticipantRow))
#: What each file has; `parts` follows only where there is something to choose.
COLUMNS = EVERY_COLUMN[:-1]


def rows(meeting: Meeting) -> list[ParticipantRow]:
    """Everyone who ever registered, in the order in which they did."""
    query = (
        select(Place)
        .join(Place.registration)
        .join(Place.day)
        .where(Registration.meeting_id == meeting.id)
        .order_by(Registration.registered_at, Registration.id, _STATES, MeetingDay.starts_at)
        .options(
            contains_eager(Place.registration).joinedload(Registration.gemeente),
            contains_eager(Place.day),
        )
    )
    days: dict[tuple[Registration, str], list[MeetingDay]] = {}
    for place in db.session.scalars(query):
        if status := _status(place):
            days.setdefault((place.registration, status), []).append(place.day)
    chosen = parts.by_person(meeting)
    return [_row(one, status, on, chosen.get(one.id, [])) for (one, status), on in days.items()]


def participants(day: MeetingDay) -> list[Place]:
    """Everyone on one day: first who has a seat, then who waits, each by number."""
    query = (
        select(Place)
        .where(Place.day_id == day.id)
        .order_by(_STATES, Place.number, Place.id)
        .options(joinedload(Place.registration).joinedload(Registration.gemeente))
    )
    return list(db.session.scalars(query))


def to_csv(meeting: Meeting) -> bytes:
    """Semicolons and a BOM, as spreadsheet programs here open it; no cell is a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in _cells(meeting):
        writer.writerow([defuse(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(meeting: Meeting) -> bytes:
    """Every cell is text: no formulas, no links."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Aanmeldingen")
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(_cells(meeting)):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, unseen.clean(cell))
    return file.getvalue()


def _cells(meeting: Meeting) -> Iterator[tuple[str, ...]]:
    columns = EVERY_COLUMN if meeting.has_parts else COLUMNS
    yield columns
    yield from (astuple(row)[: len(columns)] for row in rows(meeting))


def _status(place: Place) -> str:
    """ "" for who was put on the list at the door by mistake."""
    if place.came_at is not None:
        return ATTENDED
    return "" if place.state is PlaceState.DOOR else place.state.value


def _row(
    registration: Registration, status: str, days: list[MeetingDay], chosen: list[MeetingPart]
) -> ParticipantRow:
    ids = {day.id for day in days}
    return ParticipantRow(
        name=registration.name,
        email=registration.email,
        gemeente=registration.gemeente.name if registration.gemeente else "",
        role=registration.role.value,
        status=status,
        days=" ".join(day.date.isoformat() for day in days),
        registered_at=_dutch(registration.registered_at),
        parts=parts.titles([part for part in chosen if part.day_id in ids]),
    )


def _dutch(moment: datetime) -> str:
    return moment.astimezone(AMSTERDAM).isoformat(timespec="seconds")
