"""The griffie's desk: who of its gemeente comes to which meeting, and registering several.

Its address lists names, so it is only ever mailed, on request, to the mailboxes of the griffie
that a person here confirmed; it works a month. What happens there happens as if each person
had filled in the form: the same seats, the same order, a mail and a page of one's own.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from outreach.accounts import audit, senders
from outreach.accounts.audit import Actor
from outreach.accounts.models import Sender
from outreach.campaigns import notices
from outreach.campaigns.links import Links
from outreach.clock import dutch_date
from outreach.contacts import addresses, suppression
from outreach.contacts.models import Address, Contact, Function, Gemeente, Office
from outreach.db import db
from outreach.delivery import outbox
from outreach.errors import Invalid, Refused, Unknown
from outreach.events import handing, parts, registering
from outreach.events.links import MeetingLinks
from outreach.events.models import Meeting, Place, PlaceState, Registration, VisitorRole
from outreach.events.registering import Wanted
from outreach.letters.composing import Content
from outreach.wording import _

#: Of these a griffie may see who comes; others of the gemeente are not hers to see.
OF_COUNCIL = (
    VisitorRole.RAADSLID,
    VisitorRole.COMMISSIELID,
    VisitorRole.FRACTIEMEDEWERKER,
    VisitorRole.GRIFFIER,
)
MOST_AT_ONCE = 50
#: How long before seats without a name lapse the griffie is asked for names.
NUDGES = (timedelta(days=7), timedelta(days=2))
#: Where anyone may have a mailbox: an address there is no colleague's.
OPEN_TO_ALL = {
    "gmail.com",
    "outlook.com",
    "hotmail.com",
    "live.nl",
    "icloud.com",
    "ziggo.nl",
    "kpnmail.nl",
}
#: "Noor de Wit <noor@…>", "Noor de Wit; noor@…", with a comma or a tab, or the address first.
_BRACKETS = re.compile(r"[<>;,\t\"()]")
_ADDRESS = re.compile(r"[^\s<>;,\t]+@[^\s<>;,\t]+")


@dataclass(frozen=True)
class Named:
    """Someone on a line that a griffie pasted."""

    name: str
    email: str


class BadLines(Invalid):
    """Lines in which no name or no address can be read; nobody was registered."""


class TooFull(Refused):
    """Not all of them have a seat, and the griffie asked for all or none."""


def actor(gemeente_code: str) -> Actor:
    """Who acts on this desk: a griffie, never one person of it."""
    return Actor(f"griffie:{gemeente_code}")


def ask(gemeente: Gemeente, *, links: Links, now: datetime) -> int:
    """Mail the address of the desk to the griffie; return to how many mailboxes.

    Asked again on one day it is mailed once: whoever asks may not be the griffie.
    """
    sender = next(iter(senders.everyone()), None)
    if sender is None:
        return 0
    url = links.desk(gemeente.code, now=now)
    notice = notices.desk(sender, gemeente.name, url, now)
    for email, key in (mailboxes := _mailboxes(gemeente.code, now)):
        dedupe_key = f"notice:desk:{gemeente.code}:{dutch_date(now)}:{key}"
        _send(sender, dedupe_key, email, notice, gemeente.code, links=links, now=now)
    return len(mailboxes)


def registrations(gemeente_code: str, meetings: Sequence[Meeting]) -> list[Registration]:
    """Those of the council who come, or wait, to any of these meetings; by name."""
    rows = (
        select(Registration)
        .where(
            Registration.meeting_id.in_([meeting.id for meeting in meetings]),
            Registration.gemeente_code == gemeente_code,
            Registration.role.in_(OF_COUNCIL),
            Registration.cancelled_at.is_(None),
        )
        .order_by(Registration.name, Registration.id)
        .options(selectinload(Registration.places).joinedload(Place.day))
    )
    if any(meeting.has_parts for meeting in meetings):
        rows = rows.options(selectinload(Registration.parts))
    return list(db.session.scalars(rows))


def read(text: str) -> list[Named]:
    """Who stands on the lines that were pasted, one to a line.

    :raises BadLines: a line without a name or an address, twice the same address, or too many
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise BadLines(_("Plak of typ ten minste één regel met een naam en een e-mailadres."))
    if len(lines) > MOST_AT_ONCE:
        raise BadLines(
            _("Meld er ten hoogste %(most_at_once)s tegelijk aan.", most_at_once=MOST_AT_ONCE)
        )
    found = [_named(number, line) for number, line in enumerate(lines, 1)]
    keys = [addresses.address_key(one.email) for one in found]
    for number, key in enumerate(keys, 1):
        if keys.index(key) < number - 1:
            raise BadLines(
                _(
                    "Regel %(number)s: dit adres staat ook op regel %(index)s.",
                    number=number,
                    index=keys.index(key) + 1,
                )
            )
    return found


def register(
    gemeente_code: str,
    meeting: Meeting,
    people: Sequence[Named],
    day_ids: Sequence[int],
    *,
    role: VisitorRole,
    all_or_none: bool,
    links: MeetingLinks,
    now: datetime,
    part_ids: Collection[int] = (),
) -> list[Registration]:
    """Register each of them, as the form would; the caller commits all or nothing.

    :param part_ids: what all of them come to; they come on those days too
    :raises parts.PartFull: not all of them fit in a part
    :raises TooFull: someone has no seat and `all_or_none` was asked
    :raises Refused: registering is not possible now
    """
    if role not in OF_COUNCIL:
        raise Invalid(_("Kies een functie uit de lijst."))
    implied = {part.day_id for part in parts.find(meeting, part_ids)}
    done = []
    for one in people:
        wanted = Wanted(
            name=one.name,
            email=one.email,
            role=role,
            day_ids=tuple({*day_ids, *implied}),
            gemeente_code=gemeente_code,
            code=meeting.invite_code,
            part_ids=tuple(part_ids),
        )
        done.append(registering.register(meeting, wanted, links=links, now=now))
    waits = [one for one in done if any(each.state is PlaceState.WAITING for each in one.standings)]
    if all_or_none and waits:
        raise TooFull(
            _(
                "Er is geen plaats voor alle %(people)s: %(waits)s zouden moeten wachten. Er is"
                " niemand aangemeld.",
                people=len(people),
                waits=len(waits),
            )
        )
    for each in done:
        audit.record(
            "add registration", f"registration:{each.registration.id}", by=actor(gemeente_code),
            now=now, meeting_id=meeting.id,
        )  # fmt: skip
    return [one.registration for one in done]


def nudge(*, links: Links, now: datetime) -> int:
    """Ask griffies for the names of seats that lapse soon: a week before, and two days before."""
    sender, told = next(iter(senders.everyone()), None), 0
    if sender is None:
        return 0
    for meeting_id, code, until, count in handing.waiting_for_names(now=now, within=NUDGES[0]):
        turn = sum(until - now <= before for before in NUDGES)
        key = f"notice:names:{meeting_id}:{code}:{until:%Y%m%d%H%M}:{turn}"
        meeting, gemeente = (
            db.session.get_one(Meeting, meeting_id),
            db.session.get_one(Gemeente, code),
        )
        url = links.desk(code, now=now)
        notice = notices.names_wanted(sender, gemeente.name, meeting.city, count, until, url)
        for email, mailbox in _mailboxes(code, now):
            told += _send(sender, f"{key}:{mailbox}", email, notice, code, links=links, now=now)
    return told


def hand_over(gemeente: Gemeente, typed: str, *, links: Links, now: datetime) -> str:
    """Mail the desk's address to a colleague of the griffie, and say so to the griffie.

    :return: the address
    :raises Refused: the address is of another organisation than the griffie's own mailboxes
    """
    email = addresses.check(typed)
    key = addresses.address_key(email)
    known = _mailboxes(gemeente.code, now)
    domains = {mailbox.rpartition("@")[2] for _code, mailbox in known} - OPEN_TO_ALL
    sender = next(iter(senders.everyone()), None)
    if sender is None or key.rpartition("@")[2] not in domains:
        raise Refused(
            _(
                "Wij sturen deze bladzijde alleen naar een collega met een adres van uw gemeente,"
                " zoals het adres van de griffie dat wij kennen."
            )
        )
    url = links.desk(gemeente.code, now=now)
    day = dutch_date(now)
    notice = notices.desk(sender, gemeente.name, url, now)
    _send(sender, f"notice:desk:{gemeente.code}:{day}:{key}", email, notice, gemeente.code,
          links=links, now=now)  # fmt: skip
    said = notices.desk_handed_over(sender, gemeente.name, email)
    for mailbox, known_key in known:
        if known_key != key:
            _send(sender, f"notice:desk-to:{gemeente.code}:{day}:{key}:{known_key}", mailbox, said,
                  gemeente.code, links=links, now=now)  # fmt: skip
    by = actor(gemeente.code)
    audit.record("hand over desk", f"gemeente:{gemeente.code}", by=by, now=now)
    return email


def _send(
    sender: Sender,
    dedupe_key: str,
    address: str,
    notice: Content,
    code: str,
    *,
    links: Links,
    now: datetime,
) -> bool:
    made = outbox.queue_notice(
        dedupe_key=dedupe_key,
        sender=sender,
        address=address,
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        gemeente_code=code,
        now=now,
        key=links.key,
    )
    return made is not None


def find(gemeente_code: str, registration_id: int, meetings: Sequence[Meeting]) -> Registration:
    """
    :raises Unknown: no such person of this council
    """
    for one in registrations(gemeente_code, meetings):
        if one.id == registration_id:
            return one
    raise Unknown(_("Deze aanmelding hoort niet bij uw gemeente, of is al geannuleerd."))


def _named(number: int, line: str) -> Named:
    match = _ADDRESS.search(line)
    if match is None:
        raise BadLines(
            _(
                "Regel %(number)s: er staat geen e-mailadres in “%(line)s”.",
                number=number,
                line=line[:60],
            )
        )
    rest = _BRACKETS.sub(" ", f"{line[: match.start()]} {line[match.end() :]}")
    try:
        return Named(registering.checked_name(rest), addresses.check(match[0]))
    except addresses.BadAddress as error:
        raise BadLines(_("Regel %(number)s: %(error)s", number=number, error=error)) from error
    except Invalid as error:
        raise BadLines(
            _("Regel %(number)s: zet voor het adres een naam.", number=number)
        ) from error


def _mailboxes(gemeente_code: str, now: datetime) -> list[tuple[str, str]]:
    """Confirmed addresses of the griffie that may be written to: as given, and as keys."""
    rows = db.session.execute(
        select(Address.email, Address.address_key)
        .join(Contact, Contact.id == Address.contact_id)
        .join(Office, Office.id == Contact.office_id)
        .where(
            Office.gemeente_code == gemeente_code,
            Office.function.in_((Function.GRIFFIER, Function.PLV_GRIFFIER)),
            Address.confirmed_at.is_not(None),
            Address.basis.is_not(None),
            or_(Contact.term_until.is_(None), Contact.term_until >= dutch_date(now)),
            ~suppression.suppressed(Address.address_key, None, gemeente_code),
        )
        .order_by(Address.preferred.desc(), Address.id)
    )
    return [(email, key) for email, key in {row.address_key: tuple(row) for row in rows}.values()]
