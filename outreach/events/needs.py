"""What a meeting reckons with for someone: what they eat, and how they get in and take part.

Health and faith can be read from it (AVG art. 9): it is kept with consent alone, sealed with a
key that stands beside the database, for the people who prepare that meeting (`team`); whoever
cooks gets counts. It goes when a registration is cancelled, and two weeks after the meeting.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.accounts.models import Setting
from outreach.db import db
from outreach.errors import Invalid, Refused
from outreach.events.models import SEATED, Meeting, MeetingDay, Need, Place, Registration
from outreach.events.typed import LONGEST_TEXT, tidy
from outreach.keyfiles import Keyfile
from outreach.wording import N_, _

KEPT = timedelta(days=14)
#: Under this name the engine of an installation knows its key (an execution option).
OPTION, FILE = "outreach_needs_key", "needs_key"
#: That rows went since the database was last rewritten (`erasing.compact`).
GONE = "needs-gone"
DIET = {
    "vegetarisch": N_("vegetarisch"),
    "veganistisch": N_("veganistisch"),
    "halal": N_("halal"),
    "koosjer": N_("koosjer"),
    "gluten": N_("zonder gluten"),
    "lactose": N_("zonder lactose"),
    "noten": N_("zonder noten"),
}
ACCESS = {
    "rolstoel": N_("plaats voor een rolstoel"),
    "ringleiding": N_("ringleiding"),
    "gebarentolk": N_("tolk Nederlandse Gebarentaal"),
    "schrijftolk": N_("schrijftolk"),
    "hulphond": N_("een hulphond komt mee"),
    "groot": N_("papier met grote letters"),
}
OTHER = "anders"
_MARK = "1:"
UNREADABLE = "niet te lezen: het bestand needs_key ontbreekt of is een ander"
#: Fewer than this many people with one wish could be known by it after the meeting.
FEW = 3


@dataclass(frozen=True)
class Wish:
    """What someone ticked, and what they added in their own words."""

    kinds: tuple[str, ...] = ()
    words: str = ""

    def __bool__(self) -> bool:
        return bool(self.kinds or self.words)

    def said(self, known: Mapping[str, str]) -> str:
        """As a list names it: "vegetarisch; geen ui"."""
        return "; ".join(
            [*(_(known.get(kind, kind)) for kind in self.kinds), *filter(None, [self.words])]
        )


@dataclass(frozen=True)
class Needs:
    """What someone asks for, the two apart: a kitchen has nothing to do with a wheelchair."""

    diet: Wish = field(default_factory=Wish)
    access: Wish = field(default_factory=Wish)

    def __bool__(self) -> bool:
        return bool(self.diet or self.access)


@dataclass(frozen=True)
class Counts:
    """How many people ask for what; someone who asks for two things stands in both."""

    diet: Mapping[str, int]
    access: Mapping[str, int]
    people: tuple[int, int]  #: with a wish about food, and about access

    def __bool__(self) -> bool:
        return any(self.people)


def consent(host: str, kept: timedelta = KEPT) -> str:
    """What someone agrees to; kept beside the wish as it was shown."""
    return _(
        "%(host)s mag dit bewaren tot %(days)s dagen na de bijeenkomst. Alleen"
        " wie de bijeenkomst voorbereidt, leest het; de keuken krijgt aantallen.",
        host=host or _("De organisatie"),
        days=kept.days,
    )


def keep(registration: Registration, needs: Needs, *, consented: str, now: datetime) -> None:
    """Write down what someone asks for, in place of what stood there.

    :param consented: the sentence that they agreed to
    :raises Invalid: they did not agree, or what they ask cannot be
    """
    good = Needs(_checked(needs.diet, DIET), _checked(needs.access, ACCESS))
    if not good:
        drop(registration, now=now)
        return
    if not consented:
        raise Invalid(_("Wij mogen een wens over eten of toegang alleen met toestemming bewaren."))
    held = db.session.get(Need, registration.id) or Need(registration_id=registration.id)
    if of(registration) != good:
        held.consent, held.consented_at = consented, now
    held.diet = _seal(good.diet, held.registration_id, "diet")
    held.access = _seal(good.access, held.registration_id, "access")
    db.session.add(held)
    db.session.flush()


def of(registration: Registration) -> Needs:
    """What someone asks for; for who prepares the meeting, and for themselves."""
    held = db.session.get(Need, registration.id)
    return opened(held) if held else Needs()


def opened(held: Any) -> Needs:
    """What stands in a row of `need`."""
    return Needs(
        _open(held.diet, held.registration_id, "diet"),
        _open(held.access, held.registration_id, "access"),
    )


def of_meeting(meeting: Meeting) -> dict[int, Needs]:
    """What everyone asks for who comes or may come, by registration."""
    rows = db.session.scalars(
        select(Need)
        .join(Registration, Registration.id == Need.registration_id)
        .where(Registration.meeting_id == meeting.id)
    )
    return {held.registration_id: opened(held) for held in rows}


def counts(meeting: Meeting) -> dict[int, Counts]:
    """Per day, of those who have a seat: what a kitchen and a host must know, without a name."""
    known = of_meeting(meeting)
    seated: dict[int, list[Needs]] = {day.id: [] for day in meeting.days}
    rows = db.session.execute(
        select(Place.day_id, Place.registration_id).where(
            Place.registration_id.in_(list(known)), Place.state.in_(SEATED)
        )
    )
    for day_id, registration_id in rows:
        seated[day_id].append(known[registration_id])
    return {day_id: _count(those) for day_id, those in seated.items()}


def drop(registration: Registration, *, now: datetime) -> None:
    """Erase what someone asked for: they do not come, or think otherwise of it."""
    gone = (
        delete(Need).where(Need.registration_id == registration.id).returning(Need.registration_id)
    )
    _note(len(db.session.execute(gone).all()), now)


def forget(*, now: datetime, kept: timedelta = KEPT) -> int:
    """Erase it all, once a meeting is over for that long; return of how many people.

    What stays is how many people asked for what, without a wish that few had.
    """
    over = exists().where(Registration.id == Need.registration_id, is_over(now - kept))
    ids = select(Registration.meeting_id).join(Need, Need.registration_id == Registration.id)
    for meeting in db.session.scalars(
        select(Meeting).where(Meeting.id.in_(ids.where(is_over(now - kept)))).order_by(Meeting.id)
    ).all():
        meeting.needs_counted = _left(meeting)
    gone = db.session.execute(delete(Need).where(over).returning(Need.registration_id))
    count = len(gone.all())
    _note(count, now)
    return count


def went() -> bool:
    """Whether rows went since this was last asked; their pages can still be read."""
    gone = delete(Setting).where(Setting.key == GONE).returning(Setting.key)
    return db.session.execute(gone).one_or_none() is not None


def is_over(before: datetime) -> ColumnElement[bool]:
    """SQL: the meeting of a registration ended before a moment."""
    latest = select(func.max(MeetingDay.ends_at)).where(
        MeetingDay.meeting_id == Registration.meeting_id
    )
    return latest.scalar_subquery() < before


def seal_old(*, now: datetime) -> int:
    """Seal what was written down before there was a key; return how many rows."""
    plain = select(Need).where(Need.access != "", ~Need.access.startswith(_MARK))
    rows = db.session.scalars(plain).all()
    for held in rows:
        held.access = _seal(Wish(words=held.access), held.registration_id, "access")
        held.diet = _seal(Wish(), held.registration_id, "diet")
    db.session.flush()
    _note(len(rows), now)
    return len(rows)


def _checked(wish: Wish, known: Mapping[str, str]) -> Wish:
    words = tidy(wish.words)
    if unknown := set(wish.kinds) - set(known):
        raise Invalid(
            _("“%(wish)s” staat niet in de lijst van wensen.", wish=sorted(unknown)[0][:40])
        )
    if len(words) > LONGEST_TEXT:
        raise Invalid(_("Kort dit in tot %(value)s tekens.", value=LONGEST_TEXT))
    return Wish(tuple(kind for kind in known if kind in wish.kinds), words)


def _count(those: Iterable[Needs]) -> Counts:
    diet: Counter[str] = Counter()
    access: Counter[str] = Counter()
    people = [0, 0]
    for needs in those:
        for number, (wish, found) in enumerate(((needs.diet, diet), (needs.access, access))):
            people[number] += bool(wish)
            found.update([*wish.kinds, *([OTHER] if wish.words else [])])
    return Counts(_ordered(diet, DIET), _ordered(access, ACCESS), (people[0], people[1]))


def _ordered(found: Counter[str], known: Mapping[str, str]) -> dict[str, int]:
    return {kind: found[kind] for kind in (*known, OTHER) if found[kind]}


def _left(meeting: Meeting) -> dict[str, Any]:
    whole = _count(of_meeting(meeting).values())
    return {
        "people": list(whole.people),
        "diet": {kind: n for kind, n in whole.diet.items() if n >= FEW},
        "access": {kind: n for kind, n in whole.access.items() if n >= FEW},
    }


def _note(count: int, now: datetime) -> None:
    """Several may do so at once; that it stands there is enough."""
    if count:
        postgres = db.session.get_bind().dialect.name == "postgresql"
        insert = (postgresql if postgres else sqlite).insert(Setting)
        row = {"key": GONE, "value": {"since": now.isoformat()}}
        db.session.execute(insert.values(row).on_conflict_do_nothing())


def _cipher() -> AESGCM:
    key = db.session.get_bind().get_execution_options().get(OPTION)
    if not isinstance(key, Keyfile):
        raise Refused(f"Wensen zijn {UNREADABLE}.")
    return AESGCM(bytes.fromhex(key.ensure()))


def _seal(wish: Wish, registration_id: int, name: str) -> str:
    """Bound to its row and column: moved to another it cannot be opened."""
    nonce, text = secrets.token_bytes(12), json.dumps([wish.kinds, wish.words])
    sealed = _cipher().encrypt(nonce, text.encode(), f"{registration_id}:{name}".encode())
    return _MARK + urlsafe_b64encode(nonce + sealed).decode()


def _open(token: str, registration_id: int, name: str) -> Wish:
    if not token.startswith(_MARK):
        return Wish(words=token)
    data = urlsafe_b64decode(token.removeprefix(_MARK))
    try:
        text = _cipher().decrypt(data[:12], data[12:], f"{registration_id}:{name}".encode())
    except InvalidTag:
        return Wish(words=f"({UNREADABLE})")
    kinds, words = json.loads(text)
    return Wish(tuple(kinds), words)
