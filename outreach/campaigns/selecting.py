"""Who fits a selectie: its expression as one SQL condition over contacts.

What is known of an office and its gemeente is asked of offices, of which there are a few
thousand; the rest is membership of a set of contacts. So no row is looked up by itself.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from outreach.answers.models import Answer
from outreach.campaigns import registered
from outreach.campaigns.expressions import Field, Group, Op, Row
from outreach.campaigns.models import Campaign, Step
from outreach.contacts import directory, regions
from outreach.contacts.directory import Reach
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    ContactList,
    Function,
    Gemeente,
    ListMember,
    Office,
    Tag,
)
from outreach.delivery.models import Kind, Message, State
from outreach.events.models import Meeting, Registration

#: Beside the stands of `directory.Reach`: who has no address at all.
NO_ADDRESS = "geen-adres"

# Made once, and apart: the question around may have these tables too.
_OFFICE = Office.__table__.alias("selected_office")
_GEMEENTE = Gemeente.__table__.alias("selected_gemeente")
#: Letters that left, or may have.
_LEFT = (State.ACCEPTED, State.SUBMITTING, State.UNCERTAIN)

Condition = ColumnElement[bool]


def fits(expression: Group, *, now: datetime, besides: int | None = None) -> Condition:
    """SQL over `contact`: whether a contact is in the selectie. Never NULL.

    :param besides: the campaign that asks: its own letters are not "post that they got"
    """
    return _group(expression, now, besides)


def _group(group: Group, now: datetime, besides: int | None) -> Condition:
    of_offices, others = [], []
    for part in group.parts:
        if _is_of_offices(part):
            of_offices.append(_of_office(part))
        elif isinstance(part, Group):
            others.append(_group(part, now, besides))
        else:
            others.append(_of_contact(part, now, besides))
    join: Callable[..., Any] = or_ if group.any else and_
    if of_offices:
        offices = (
            select(_OFFICE.c.id)
            .select_from(_OFFICE.outerjoin(_GEMEENTE, _GEMEENTE.c.code == _OFFICE.c.gemeente_code))
            .where(join(*of_offices))
            .correlate(None)
        )
        others.insert(0, Contact.office_id.in_(offices))
    return join(*others)  # type: ignore[no-any-return]


def _is_of_offices(part: Row | Group) -> bool:
    if isinstance(part, Group):
        return all(map(_is_of_offices, part.parts))
    return part.field in _OF_OFFICE


# ── what is asked of an office and its gemeente ─────────────────────────────────────────


def _of_office(part: Row | Group) -> Condition:
    if isinstance(part, Group):
        return (or_ if part.any else and_)(*map(_of_office, part.parts))
    condition = _OF_OFFICE[part.field](part)
    return ~condition if part.negative else condition


def _role(row: Row) -> Condition:
    return _OFFICE.c.function.in_([Function(value) for value in row.texts])


def _province(row: Row) -> Condition:
    return func.coalesce(_GEMEENTE.c.province, "").in_(row.texts)


def _gemeente(row: Row) -> Condition:
    return _code().in_(row.texts)


def _region(row: Row) -> Condition:
    return _code().in_(regions.codes_in(row.numbers).correlate(None))


def _inhabitants(row: Row) -> Condition:
    count, numbers = func.coalesce(_GEMEENTE.c.inhabitants, -1), row.numbers
    conditions: dict[Op, Callable[[], Condition]] = {
        Op.IS: lambda: count == numbers[0],
        Op.MORE: lambda: count > numbers[0],
        # Who has no gemeente has no inhabitants to be few of.
        Op.LESS: lambda: count.between(0, numbers[0] - 1),
        Op.BETWEEN: lambda: count.between(numbers[0], numbers[-1]),
    }
    return conditions[row.op]()


def _answered(row: Row) -> Condition:
    return _code().in_(answered_by(row.texts))


def _answer(row: Row) -> Condition:
    said = _answers([row.of]).where(Answer.status.in_(row.texts))
    return _code().in_(said)


def _registered_from(row: Row) -> Condition:
    here = (
        select(Registration.gemeente_code)
        .join(Meeting, Meeting.id == Registration.meeting_id)
        .where(
            Meeting.slug.in_(row.texts),
            Registration.cancelled_at.is_(None),
            Registration.gemeente_code.is_not(None),
        )
    )
    return _code().in_(here.correlate(None))


def answered_by(slugs: list[str]) -> Select[Any]:
    """The codes of gemeenten that answered any of these letters, so that reminders stop."""
    said = _answers(slugs).where(Answer.stops.is_(True))
    came = registered.gemeenten(slugs)
    return select(said.union_all(came).subquery("answered").c[0])


def _answers(slugs: list[str]) -> Select[Any]:
    return (
        select(Answer.gemeente_code)
        .join(Campaign, Campaign.id == Answer.campaign_id)
        .where(Campaign.slug.in_(slugs), Answer.undone_at.is_(None))
        .correlate(None)
    )


def _code() -> ColumnElement[str]:
    return func.coalesce(_OFFICE.c.gemeente_code, "")


_OF_OFFICE: dict[Field, Callable[[Row], Condition]] = {
    Field.ROLE: _role,
    Field.PROVINCE: _province,
    Field.REGION: _region,
    Field.GEMEENTE: _gemeente,
    Field.INHABITANTS: _inhabitants,
    Field.ANSWERED: _answered,
    Field.ANSWER: _answer,
    Field.REGISTERED_FROM: _registered_from,
}


# ── what is asked of a contact ──────────────────────────────────────────────────────────


def _of_contact(row: Row, now: datetime, besides: int | None) -> Condition:
    if row.field is Field.PARTY:
        return _text(row, Contact.party)
    if row.field is Field.PORTFOLIO:
        return _text(row, Contact.portfolio)
    if row.field is Field.ATTRIBUTE:
        return _text(row, func.coalesce(Contact.attributes[row.of].as_string(), ""))
    if row.field is Field.WRITTEN:
        found = written_since(now - timedelta(days=row.numbers[0]), besides=besides)
    else:
        found = _SETS[row.field](row)
    inside = Contact.id.in_(found.correlate(None))
    return ~inside if row.negative or row.op is Op.EMPTY else inside


def _text(row: Row, column: Any) -> Condition:
    """Capitals make no difference, but for accented ones where the database does not know them."""
    if row.op in (Op.EMPTY, Op.FILLED):
        empty: Condition = column == ""
        return empty if row.op is Op.EMPTY else ~empty
    if row.op is Op.CONTAINS:
        part = row.texts[0]
        return or_(
            func.lower(column).contains(part.lower(), autoescape=True),
            column.contains(part, autoescape=True),
        )
    same = or_(func.lower(column).in_([text.lower() for text in row.texts]), column.in_(row.texts))
    return ~same if row.negative else same


def _tag(row: Row) -> Select[Any]:
    found = select(Tag.contact_id)
    return found.where(Tag.name.in_(row.texts)) if row.values else found


def _list(row: Row) -> Select[Any]:
    found = select(ListMember.contact_id)
    if not row.values:
        return found
    lists = select(ContactList.id).where(ContactList.name.in_(row.texts)).correlate(None)
    return found.where(ListMember.list_id.in_(lists))


def _basis(row: Row) -> Select[Any]:
    found = select(Address.contact_id)
    if not row.values:
        return found.where(Address.basis.is_not(None))
    return found.where(Address.basis.in_([Basis(value) for value in row.texts]))


def _reach(row: Row) -> Select[Any]:
    stands = [directory.is_at(Reach(value)) for value in row.texts if value != NO_ADDRESS]
    found = select(Address.contact_id).where(or_(false(), *stands))
    if NO_ADDRESS not in row.values:
        return found
    contact = Contact.__table__.alias("without_address")
    everyone = select(Address.contact_id).correlate(None)
    nobody = select(contact.c.id).where(contact.c.id.not_in(everyone))
    return select(found.correlate(None).union_all(nobody).subquery("stands").c[0])


def _bounced(row: Row) -> Select[Any]:
    steps = (
        select(Step.id)
        .join(Campaign, Campaign.id == Step.campaign_id)
        .where(Campaign.slug.in_(row.texts))
        .correlate(None)
    )
    letters = select(Message.contact_id).where(
        Message.contact_id.is_not(None), Message.step_id.in_(steps)
    )
    # Two questions, not one with OR: so that each is one look in an index.
    refused = letters.where(Message.state == State.REFUSED).correlate(None)
    came_back = letters.where(Message.bounced_at.is_not(None)).correlate(None)
    return select(refused.union_all(came_back).subquery("bounced").c[0])


def _registered(row: Row) -> Select[Any]:
    return registered_for(row.texts)


def registered_for(slugs: list[str]) -> Select[Any]:
    """The ids of contacts one of whose addresses is registered for any of these meetings."""
    return (
        select(Address.contact_id)
        .join(Registration, Registration.email_key == Address.address_key)
        .join(Meeting, Meeting.id == Registration.meeting_id)
        .where(Meeting.slug.in_(slugs), Registration.cancelled_at.is_(None))
        .correlate(None)
    )


def written_since(since: datetime, *, besides: int | None = None) -> Select[Any]:
    """The ids of contacts to whom a letter left since then, as far as we know.

    :param besides: a campaign whose letters do not count
    """
    found = select(Message.contact_id).where(
        Message.kind == Kind.LETTER,
        Message.contact_id.is_not(None),
        Message.state.in_(_LEFT),
        func.coalesce(Message.accepted_at, Message.not_before) >= since,
    )
    if besides is None:
        return found
    own = select(Step.id).where(Step.campaign_id == besides).correlate(None)
    return found.where(or_(Message.step_id.is_(None), Message.step_id.not_in(own)))


_SETS: dict[Field, Callable[[Row], Select[Any]]] = {
    Field.TAG: _tag,
    Field.LIST: _list,
    Field.BASIS: _basis,
    Field.REACH: _reach,
    Field.BOUNCED: _bounced,
    Field.REGISTERED: _registered,
}
