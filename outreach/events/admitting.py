"""Who may register by themselves, and how many of one gemeente."""

import hmac
from datetime import datetime

from sqlalchemy import func, select

from outreach.clock import dutch_date
from outreach.contacts.addresses import address_key
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.errors import Invalid, Refused
from outreach.events import seats
from outreach.events.models import Meeting, OpenTo, Registration, VisitorRole
from outreach.letters import dutch
from outreach.wording import _

OF_RAAD = (
    VisitorRole.RAADSLID,
    VisitorRole.COMMISSIELID,
    VisitorRole.FRACTIEMEDEWERKER,
    VisitorRole.GRIFFIER,
)


def has_code(meeting: Meeting, code: str) -> bool:
    """Whether the link that someone followed lets them in; any link does where none is needed."""
    if meeting.open_to is not OpenTo.INVITED:
        return True
    known = meeting.invite_code.encode()
    return bool(known) and hmac.compare_digest(known, code.encode())


def check(
    meeting: Meeting,
    role: VisitorRole,
    gemeente_code: str | None,
    *,
    email: str,
    code: str = "",
    vouched: bool = False,
    now: datetime,
) -> None:
    """Before a seat is taken. Where people are counted, the days are held from here on.

    :param vouched: the office registers them, who may choose
    :raises Refused: not invited, or enough of this gemeente come already
    :raises Invalid: not of a raad, or no gemeente was named
    """
    if vouched:
        return
    if not has_code(meeting, code):
        raise Refused(_("Deze bijeenkomst is op uitnodiging. Open de link in uw uitnodiging."))
    councils, spread = meeting.open_to is OpenTo.COUNCILS, spreads(meeting, now=now)
    if councils and role not in OF_RAAD:
        raise Invalid(
            _(
                "Deze bijeenkomst is voor raadsleden, commissieleden, fractiemedewerkers en"
                " griffies."
            )
        )
    if (councils or spread) and gemeente_code is None:
        raise Invalid(_("Vul uw gemeente in: die is voor deze bijeenkomst nodig."))
    if spread and gemeente_code:
        _check_room(meeting, gemeente_code, address_key(email))


def spreads(meeting: Meeting, *, now: datetime) -> bool:
    """Whether seats are still kept for people of other gemeenten."""
    return meeting.spread_until is not None and dutch_date(now) <= meeting.spread_until


def _check_room(meeting: Meeting, gemeente_code: str, key: str) -> None:
    seats.lock(meeting.id)  # two of one gemeente at once: the second counts the first
    come = db.session.scalar(
        select(func.count()).where(
            Registration.meeting_id == meeting.id,
            Registration.gemeente_code == gemeente_code,
            Registration.cancelled_at.is_(None),
            Registration.email_key != key,
        )
    )
    if (come or 0) < (meeting.most_per_gemeente or 0):
        return
    name = db.session.get_one(Gemeente, gemeente_code).name
    until = dutch.day_date(meeting.spread_until) if meeting.spread_until else ""
    many = dutch.plural(meeting.most_per_gemeente or 0, "mens", "mensen")
    raise Refused(
        _(
            "Van %(name)s komen al %(many)s. Tot en met %(until)s houden wij de andere"
            " plaatsen vrij voor andere gemeenten. Meld u daarna aan, of vraag iemand om"
            " te ruilen.",
            name=name,
            many=many,
            until=until,
        )
    )
