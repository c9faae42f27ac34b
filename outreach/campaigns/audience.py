"""Who a step is for, and who of them not: one SQL expression that everything shares.

Plan, preview, queue, claim and mark all ask `dropped_because`; the plan and the queue ask it
of people, the claim and the mark of the message that was made for them. What the plan
showed is therefore what leaves, as far as the world stood still.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from outreach.campaigns import conditions, selecting, selections, windows
from outreach.campaigns.conditions import Target
from outreach.campaigns.models import Campaign, CampaignState, Step
from outreach.clock import dutch_date
from outreach.contacts import regions
from outreach.contacts.models import (
    Address,
    Channel,
    Contact,
    ContactList,
    Function,
    Gemeente,
    ListMember,
    Office,
    Tag,
)
from outreach.contacts.suppression import suppressed
from outreach.delivery.models import Message, State

#: Why someone in the audience gets nothing, as screens and plans say it.
REASONS = {
    **conditions.REASONS,
    "suppressed": "staat op de geen-postlijst",
    "bounced": "de eerste brief kwam niet aan",
    "no-first-letter": "kreeg geen eerste brief",
    "uncertain": "onzeker of de eerste brief aankwam; wacht daarop",
    "same-address": "zelfde postbus als een ander in deze gemeente: één brief",
    "no-basis": "wij weten niet waarom wij dit adres mogen mailen",
    "unconfirmed": "het adres is nog niet bevestigd",
    "term-ended": "is niet meer in functie",
    "term-not-begun": "is nog niet in functie",
    "by-hand": "krijgt post via een webformulier of op papier: dat doet u zelf",
    "ended": "de gemeente bestaat niet meer",
    "no-address": "er is geen e-mailadres",
    "campaign-cancelled": "de brief is gestopt",
    "erased": "is op verzoek gewist",
}

#: A first letter of which it is not clear yet what became of it.
UNSETTLED = (
    State.QUEUED,
    State.CLAIMED,
    State.SUBMITTING,
    State.DEFERRED,
    State.UNCERTAIN,
)
#: Functions that belong to the college; everyone else is reached as the raad's.
OF_COLLEGE = (
    Function.COLLEGE,
    Function.BURGEMEESTER,
    Function.SECRETARIS,
    Function.WETHOUDER,
)


#: The first letter in a question about another row, and its step. Made once: a new alias per
#: question costs more than the question.
_FIRST = Message.__table__.alias("first_letter")
_STEP = Step.__table__.alias("first_step")


#: What an audience's `segment` asks, as a condition over `contact`.
Selected = Callable[[str | Mapping[str, Any]], ColumnElement[bool]]


# ── the shared conditions ───────────────────────────────────────────────────────────────


def dropped_because(
    target: Target, *, today: date, first_sent: bool = True
) -> ColumnElement[str | None]:
    """SQL over `step`: the code of the reason why this letter must not leave; NULL when it may.

    :param first_sent: False while the first letter is still a plan: then everyone is
        taken to get it
    """
    none_arrived = and_(~_first(target, _arrived), ~_first(target, _pending))
    own_came_back = _first(target, _came_back, same_address=True)
    after = and_(literal(first_sent), conditions.follows())
    answered, declined, *others = conditions.unmet(target)
    return case(
        (suppressed(target.address_key, target.sender_id, target.gemeente_code), "suppressed"),
        (~_usable(target, today), "no-basis"),
        answered,
        declined,
        (and_(after, none_arrived, _first(target, _came_back)), "bounced"),
        (and_(after, none_arrived), "no-first-letter"),
        (and_(after, own_came_back), "bounced"),
        *others,
        else_=null(),
    )


def waits_for_first(target: Target) -> ColumnElement[bool]:
    """SQL over `step`: its first letter is not settled: it waits, it is not dropped."""
    return and_(conditions.follows(), ~_first(target, _arrived), _first(target, _pending))


def _of_message() -> Target:
    row: Any = Message  # its attributes are columns here, which the types of models hide
    return Target(
        sender_id=row.sender_id,
        gemeente_code=row.gemeente_code,
        contact_id=row.contact_id,
        variant=row.variant,
        address_key=row.address_key,
    )


#: A message in the outbox, within a question that has its step at hand.
_MESSAGE = _of_message()


def drop_of_message(now: datetime) -> ColumnElement[str | None]:
    """SQL over `message`: why a row must not leave; NULL for mail without a step."""
    return _drop_of_message(dutch_date(now))


def may_leave(now: datetime) -> ColumnElement[bool]:
    """SQL over `message`: nothing holds it now: its campaign runs, its window is open,
    its PDF is made, and what became of the first letter is clear."""
    return _may_leave(_minute(now))


def still_wanted(now: datetime) -> ColumnElement[bool]:
    """SQL over `message`, for the mark: it may leave and nothing drops it."""
    return _still_wanted(_minute(now))


# Every mark asks, and building the expression takes longer than a relay does to answer.
# Windows are in whole minutes and terms in days, so one expression serves a minute.


@lru_cache(maxsize=8)
def _drop_of_message(today: date) -> ColumnElement[str | None]:
    cancelled = (Campaign.state == CampaignState.CANCELLED, "campaign-cancelled")
    reason = (
        select(case(cancelled, else_=dropped_because(_MESSAGE, today=today)))
        .select_from(Step)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(Step.id == Message.step_id)
        .correlate(Message)
        .scalar_subquery()
    )
    return case((Message.step_id.is_(None), null()), else_=reason)


@lru_cache(maxsize=8)
def _may_leave(minute: datetime) -> ColumnElement[bool]:
    return _nothing_holds(minute)


@lru_cache(maxsize=8)
def _still_wanted(minute: datetime) -> ColumnElement[bool]:
    reason = dropped_because(_MESSAGE, today=dutch_date(minute))
    return _nothing_holds(minute, reason.is_(None))


def _nothing_holds(minute: datetime, *further: ColumnElement[bool]) -> ColumnElement[bool]:
    """One look at the step and its campaign, in which all is asked: each mark pays for it."""
    found = (
        select(literal(1))
        .select_from(Step)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(
            Step.id == Message.step_id,
            Campaign.state == CampaignState.RUNNING,
            windows.open_now(minute),
            or_(~Campaign.pdf_letter, Message.pdf_sha256.is_not(None)),
            ~waits_for_first(_MESSAGE),
            *further,
        )
    )
    return or_(Message.step_id.is_(None), found.correlate(Message).exists())


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _arrived(first: FromClause) -> ColumnElement[bool]:
    return and_(first.c.state == State.ACCEPTED, first.c.bounced_at.is_(None))


def _pending(first: FromClause) -> ColumnElement[bool]:
    return first.c.state.in_(UNSETTLED)


def _came_back(first: FromClause) -> ColumnElement[bool]:
    bounced = and_(first.c.state == State.ACCEPTED, first.c.bounced_at.is_not(None))
    return or_(first.c.state == State.REFUSED, bounced)


def _first(
    target: Target,
    such_that: Callable[[FromClause], ColumnElement[bool]],
    *,
    same_address: bool = False,
) -> ColumnElement[bool]:
    """SQL: there is a first letter of this campaign to the same body of the same gemeente.

    Two questions, not one with OR: so that each is one look in an index.
    """
    letters = (
        select(literal(1))
        .select_from(_FIRST.join(_STEP, _STEP.c.id == _FIRST.c.step_id))
        .where(
            _STEP.c.campaign_id == Step.campaign_id,
            _STEP.c.position == 1,
            _FIRST.c.variant == target.variant,
            such_that(_FIRST),
        )
        .correlate_except(_FIRST, _STEP)
    )
    if same_address:
        letters = letters.where(_FIRST.c.address_key == target.address_key)
    same_contact = and_(target.gemeente_code.is_(None), _FIRST.c.contact_id == target.contact_id)
    return or_(
        letters.where(_FIRST.c.gemeente_code == target.gemeente_code).exists(),
        letters.where(same_contact).exists(),
    )


def _usable(target: Target, today: date) -> ColumnElement[bool]:
    """SQL: the contact still has this address, with a basis, confirmed, in office."""
    contact, address = aliased(Contact), aliased(Address)
    found = (
        select(literal(1))
        .select_from(address)
        .join(contact, contact.id == address.contact_id)
        .where(
            address.contact_id == target.contact_id,
            address.address_key == target.address_key,
            address.basis.is_not(None),
            address.confirmed_at.is_not(None),
            or_(contact.term_until.is_(None), contact.term_until >= today),
            or_(contact.term_from.is_(None), contact.term_from <= today),
        )
    )
    return found.correlate_except(contact, address).exists()


# ── the audience of a step ──────────────────────────────────────────────────────────────


def members(step: Step, *, now: datetime) -> Select[Any]:
    """Everyone in the audience of a step, one row per letter that could be.

    Columns: contact_id, gemeente_code, gemeente_name, email, address_key, variant, `reason`
    (a code of REASONS, NULL when it goes out) and `waits` (its first letter is not settled).
    """
    campaign = step.campaign
    people = _people(campaign, now=now).subquery("people")
    party = func.coalesce(people.c.gemeente_code, cast(people.c.contact_id, String))
    rank = func.row_number().over(
        partition_by=(people.c.variant, party, people.c.address_key),
        order_by=(people.c.obstacle.is_not(None), people.c.contact_id),
    )
    ranked = select(people, rank.label("rank")).subquery("ranked")
    started = campaign.steps[0].queued_at is not None
    dropped, waits = _of_ranked(campaign.sender_id, dutch_date(now), started)
    reason = case(
        (ranked.c.obstacle.is_not(None), ranked.c.obstacle),
        (ranked.c.rank > 1, "same-address"),
        else_=dropped,
    )
    return (
        select(ranked, reason.label("reason"), waits.label("waits"))
        .join(Step, Step.id == step.id)
        .order_by(ranked.c.gemeente_sort, ranked.c.variant, ranked.c.contact_id)
    )


def gemeenten_meant(campaign: Campaign, *, today: date) -> Select[Gemeente]:
    """The gemeenten that the audience speaks of, whether or not we have an address there."""
    exists_today = or_(Gemeente.valid_until.is_(None), Gemeente.valid_until > today)
    return select(Gemeente).where(
        exists_today,
        _places(campaign.audience),
        ~_places(campaign.audience.get("except", {}), when_none=false()),
    )


def is_of_places(campaign: Campaign) -> bool:
    """Whether the audience is whoever is in places, not in lists, selecties or answers."""
    return set(campaign.audience) <= {"role", "province", "region", "gemeente", "except"}


def functions(campaign: Campaign) -> list[Function]:
    """The functions that the audience names, or leaves to a selectie; else griffiers, and the
    college where it is a variant."""
    named = [Function(value) for value in campaign.audience.get("role", [])]
    if not named and campaign.audience.get("segment"):
        return list(Function)  # the selectie says who
    found = named or [Function.GRIFFIER]
    if "college" in campaign.variants and not set(found) & set(OF_COLLEGE):
        found = [*found, Function.COLLEGE]
    return found


def _people(campaign: Campaign, *, now: datetime) -> Select[Any]:
    today = dutch_date(now)
    chosen = aliased(Address)
    best = (
        select(chosen.id)
        .where(chosen.contact_id == Contact.id)
        .order_by(chosen.preferred.desc(), chosen.confirmed_at.is_(None), chosen.id)
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    obstacle = case(
        (Address.id.is_(None), "no-address"),
        (Gemeente.valid_until <= today, "ended"),
        (Contact.term_until < today, "term-ended"),
        (Contact.term_from > today, "term-not-begun"),
        (Office.channel != Channel.EMAIL, "by-hand"),
        (Address.basis.is_(None), "no-basis"),
        (Address.confirmed_at.is_(None), "unconfirmed"),
        else_=null(),
    )
    return (
        select(
            Contact.id.label("contact_id"),
            Office.gemeente_code.label("gemeente_code"),
            func.coalesce(Gemeente.name, "").label("gemeente_name"),
            func.coalesce(Gemeente.sort_key, "").label("gemeente_sort"),
            func.coalesce(Address.email, "").label("email"),
            func.coalesce(Address.address_key, "").label("address_key"),
            _variant(campaign).label("variant"),
            obstacle.label("obstacle"),
        )
        .join(Office, Office.id == Contact.office_id)
        .outerjoin(Gemeente, Gemeente.code == Office.gemeente_code)
        .outerjoin(Address, Address.id == best)
        .where(*_wanted(campaign, now))
    )


def _variant(campaign: Campaign) -> ColumnElement[str]:
    if len(campaign.variants) == 1:
        return literal(campaign.variants[0])
    return case((Office.function.in_(OF_COLLEGE), "college"), else_="raad")


def _wanted(campaign: Campaign, now: datetime) -> list[ColumnElement[bool]]:
    audience: Mapping[str, Any] = campaign.audience

    def selected(segment: str | Mapping[str, Any]) -> ColumnElement[bool]:
        expression = selections.expression_of(segment)
        return selecting.fits(expression, now=now, besides=campaign.id)

    conditions = [Office.function.in_(functions(campaign)), _places(audience)]
    conditions += _memberships(audience, selected)
    if left_out := audience.get("except"):
        conditions.append(~_left_out(left_out, selected))
    return conditions


def _places(audience: Mapping[str, Any], *, when_none: Any = None) -> ColumnElement[bool]:
    """Provinces, regions and gemeenten together: who lives in any of them."""
    places = []
    if provinces := audience.get("province"):
        places.append(func.coalesce(Gemeente.province, "").in_(provinces))
    if ids := audience.get("region"):
        places.append(func.coalesce(Gemeente.code, "").in_(regions.codes_in(list(map(int, ids)))))
    if codes := audience.get("gemeente"):
        places.append(func.coalesce(Gemeente.code, "").in_(codes))
    if not places:
        return true() if when_none is None else when_none
    return or_(*places)


def _memberships(audience: Mapping[str, Any], selected: Selected) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if names := audience.get("list"):
        listed = (
            select(ListMember.contact_id)
            .join(ContactList, ContactList.id == ListMember.list_id)
            .where(ContactList.name.in_(names))
        )
        found.append(Contact.id.in_(listed))
    if tags := audience.get("tag"):
        found.append(Contact.id.in_(select(Tag.contact_id).where(Tag.name.in_(tags))))
    if slugs := audience.get("answered"):
        found.append(_answered_any(slugs))
    if slugs := audience.get("not_answered"):
        found.append(~_answered_any(slugs))
    if slugs := audience.get("registered_for"):
        found.append(Contact.id.in_(selecting.registered_for(slugs)))
    if segment := audience.get("segment"):
        found.append(selected(segment))
    return found


def _left_out(audience: Mapping[str, Any], selected: Selected) -> ColumnElement[bool]:
    """Who is excepted: whoever is in any of the places, lists, … named; of these roles only."""
    groups = _memberships(audience, selected)
    if any(audience.get(kind) for kind in ("province", "region", "gemeente")):
        groups.append(_places(audience))
    inside = or_(*groups) if groups else true()
    if roles := audience.get("role"):
        return and_(inside, Office.function.in_([Function(role) for role in roles]))
    return inside


def _answered_any(slugs: list[str]) -> ColumnElement[bool]:
    return func.coalesce(Office.gemeente_code, "").in_(selecting.answered_by(slugs))


@lru_cache(maxsize=32)
def _of_ranked(
    sender_id: int, today: date, started: bool
) -> tuple[ColumnElement[str | None], ColumnElement[bool]]:
    """SQL over `ranked` and `step`: `dropped_because` and `waits_for_first`.

    The columns are named, not taken from one letter's `ranked`: so this is built once for all
    letters of a day, where a page asks it ten times and building takes longer than asking.
    """
    target = Target(
        sender_id=literal(sender_id),
        gemeente_code=literal_column("ranked.gemeente_code", String),
        contact_id=literal_column("ranked.contact_id", Integer),
        variant=literal_column("ranked.variant", String),
        address_key=literal_column("ranked.address_key", String),
    )
    waits = waits_for_first(target) if started else false()
    return dropped_because(target, today=today, first_sent=started), waits
