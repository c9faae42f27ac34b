"""What a person says of doubtful lines, and of those to leave out, before a list is taken over."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.accounts.audit import Actor
from outreach.accounts.models import AuditEntry
from outreach.clock import FixedClock
from outreach.contacts import deciding, exporting, importing, showing, undoing
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    Function,
    Import,
    ImportRow,
    Outcome,
)
from outreach.db import db
from outreach.errors import Invalid, Refused
from tests.factories import make_contact

pytestmark = pytest.mark.usefixtures("app")
MARIT = Actor("coordinator:1", "Marit")
HEADER = "gemeente;rol;naam;email"
Plan = Callable[..., Import]


@pytest.fixture
def plan(clock: FixedClock) -> Plan:
    def plan(*lines: str, **options: Any) -> Import:
        data = "\n".join([HEADER, *lines]).encode()
        return importing.plan("lijst.csv", data, by=MARIT, now=clock.now(), **options)

    return plan


def rows(import_: Import) -> list[ImportRow]:
    db.session.expire_all()
    found = select(ImportRow).where(ImportRow.import_id == import_.id).order_by(ImportRow.line)
    return list(db.session.scalars(found))


def outcomes(import_: Import) -> list[str]:
    return [row.outcome.value for row in rows(import_)]


def keys(row: ImportRow) -> list[str]:
    return [choice["key"] for choice in row.choices]


def choose(import_: Import, line: int, key: str, clock: FixedClock) -> int:
    row = next(row for row in rows(import_) if row.line == line)
    return deciding.choose(import_, {row.id: key}, by=MARIT, now=clock.now())


def apply(import_: Import, clock: FixedClock) -> list[str]:
    importing.apply(import_, by=MARIT, now=clock.now())
    return list(db.session.scalars(select(Address.email).order_by(Address.email)))


def test_a_chosen_gemeente_is_what_is_taken_over_and_undo_takes_it_back(
    plan: Plan, clock: FixedClock
) -> None:
    before = exporting.to_csv()
    shown = plan("Bergen;griffier;;a@bergen.example", basis=Basis.PUBLISHED)

    assert choose(shown, 2, "GM0893", clock) == 1
    assert outcomes(shown) == ["new"]
    assert showing.counts(shown)[Outcome.DOUBTFUL] == 0
    apply(shown, clock)

    assert db.session.scalars(select(Contact)).one().office.gemeente_code == "GM0893"
    undoing.undo(shown, by=MARIT, now=clock.now())
    assert exporting.to_csv() == before


def test_a_choice_can_be_taken_back_and_changed(plan: Plan, clock: FixedClock) -> None:
    shown = plan("Bergen;griffier;;a@bergen.example")
    waiting = rows(shown)[0].reason

    choose(shown, 2, "GM0373", clock)
    choose(shown, 2, "", clock)
    assert (outcomes(shown), rows(shown)[0].reason) == (["doubtful"], waiting)
    choose(shown, 2, "GM0893", clock)

    assert rows(shown)[0].gemeente_code == "GM0893"
    assert choose(shown, 2, "GM0893", clock) == 0


def test_one_answer_can_be_for_all_lines_with_the_same_doubt(plan: Plan, clock: FixedClock) -> None:
    shown = plan(
        *(f"Bergen;raadslid;;r{n}@bergen.example" for n in range(5)),
        "Hengelo (x);griffier;;a@hengelo.example",
    )
    first = rows(shown)[0]

    assert showing.lines(shown, Outcome.DOUBTFUL)[0].alike == 4
    assert deciding.choose_alike(shown, first.id, "GM0373", by=MARIT, now=clock.now()) == 5
    assert outcomes(shown)[:5] == ["new"] * 5
    assert {row.gemeente_code for row in rows(shown)[:5]} == {"GM0373"}


def test_lines_that_a_choice_makes_the_same_are_one(plan: Plan, clock: FixedClock) -> None:
    shown = plan(
        "Bergen (NH);griffier;;a@bergen.example",
        "Bergen;griffier;;a@bergen.example",
        "Bergen;griffier;;A@bergen.example",
    )

    choose(shown, 3, "GM0373", clock)
    choose(shown, 4, "GM0893", clock)

    assert outcomes(shown) == ["new", "refused", "new"]
    assert rows(shown)[1].reason == "Dubbel: zelfde gemeente, rol en adres als regel 2."
    choose(shown, 4, "GM0373", clock)
    assert outcomes(shown) == ["new", "refused", "refused"]
    choose(shown, 3, "GM0893", clock)
    assert outcomes(shown) == ["new", "new", "refused"]


@pytest.mark.parametrize(("key", "emails"), [("other", ["a@b.example", "c@d.example"])])
def test_someone_with_the_same_name_is_another(
    plan: Plan, clock: FixedClock, key: str, emails: list[str]
) -> None:
    make_contact(
        "Zeist", email="a@b.example", function=Function.RAADSLID, initials="J.", last_name="Vos"
    )
    shown = plan("Zeist;raadslid;J. Vos;c@d.example")

    choose(shown, 2, key, clock)

    assert apply(shown, clock) == emails


def test_someone_with_the_same_name_gets_another_address_and_undo_gives_the_old_one_back(
    plan: Plan, clock: FixedClock
) -> None:
    make_contact(
        "Zeist", email="a@b.example", function=Function.RAADSLID, initials="J.", last_name="Vos"
    )
    before = exporting.to_csv()
    shown = plan("Zeist;raadslid;J. Vos;c@d.example")
    row = rows(shown)[0]
    assert row.choices[0]["label"] == "dezelfde: a@b.example wordt c@d.example"

    choose(shown, 2, row.choices[0]["key"], clock)
    change = showing.lines(shown, Outcome.CHANGED)[0].changes[0]
    assert (change.field, change.old, change.new) == ("adres", "a@b.example", "c@d.example")
    assert "er gaat geen brief heen" in rows(shown)[0].reason
    clock.forward(timedelta(minutes=1))

    assert apply(shown, clock) == ["c@d.example"]
    address = db.session.scalars(select(Address)).one()
    assert (address.address_key, address.basis, address.confirmed_at) == ("c@d.example", None, None)
    assert undoing.undo(shown, by=MARIT, now=clock.now()).kept == []
    assert exporting.to_csv() == before


def test_another_name_at_an_address_is_the_successor_or_a_second_person(
    plan: Plan, clock: FixedClock
) -> None:
    known = make_contact(
        "Zeist", email="a@b.example", function=Function.RAADSLID, initials="J.", last_name="Vos"
    )
    shown = plan("Zeist;raadslid;K. Kok;a@b.example")
    address = known.addresses[0].id

    assert keys(rows(shown)[0]) == [f"succeeds-{address}", "second", ""]
    choose(shown, 2, f"succeeds-{address}", clock)
    assert outcomes(shown) == ["changed"]
    choose(shown, 2, "second", clock)

    assert apply(shown, clock) == ["a@b.example", "a@b.example"]


def test_two_addresses_in_one_cell_are_chosen_from(plan: Plan, clock: FixedClock) -> None:
    shown = plan("Zeist;griffier;;a@b.example / c@d.example")

    choose(shown, 2, "c@d.example", clock)

    assert apply(shown, clock) == ["c@d.example"]


def test_what_waits_is_not_taken_over(plan: Plan, clock: FixedClock) -> None:
    shown = plan("Bergen;griffier;;a@bergen.example", "Zeist;griffier;;a@zeist.example")

    assert apply(shown, clock) == ["a@zeist.example"]
    assert importing.summary(shown)["doubtful"] == 1


def test_lines_are_left_out_and_taken_after_all_one_by_one_or_all_of_a_kind(
    plan: Plan, clock: FixedClock
) -> None:
    make_contact("Zeist", email="a@zeist.example")
    shown = plan(
        "Zeist;griffier;J. Vos;a@zeist.example",
        "Soest;griffier;;a@soest.example",
        "Baarn;griffier;;a@baarn.example",
        "Bergen;griffier;;a@bergen.example",
        list_name="Griffies",
    )
    who = {"by": MARIT, "now": clock.now()}
    ids = [row.id for row in rows(shown)]

    assert deciding.leave(shown, Outcome.NEW, **who) == 2
    assert deciding.leave(shown, [ids[0], ids[3]], **who) == 2
    assert outcomes(shown) == ["left"] * 4
    assert deciding.take(shown, [ids[1]], **who) == 1
    assert outcomes(shown) == ["left", "new", "left", "left"]
    assert deciding.take(shown, Outcome.DOUBTFUL, **who) == 1

    assert apply(shown, clock) == ["a@soest.example", "a@zeist.example"]
    summary = importing.summary(shown)
    assert (summary["new"], summary["changed"], summary["doubtful"], summary["left"]) == (
        1,
        0,
        1,
        2,
    )
    assert exporting.to_csv().count(b"Vos") == 0


def test_a_line_that_was_left_out_can_still_be_chosen(plan: Plan, clock: FixedClock) -> None:
    shown = plan("Bergen;griffier;;a@bergen.example")
    deciding.leave(shown, Outcome.DOUBTFUL, by=MARIT, now=clock.now())

    choose(shown, 2, "GM0373", clock)

    assert outcomes(shown) == ["new"]
    assert rows(shown)[0].was is None


def test_nothing_can_be_chosen_once_the_list_is_taken_over(plan: Plan, clock: FixedClock) -> None:
    shown = plan("Bergen;griffier;;a@bergen.example")
    apply(shown, clock)

    with pytest.raises(Refused, match="niets meer te kiezen"):
        choose(shown, 2, "GM0373", clock)
    with pytest.raises(Refused, match="niets meer te kiezen"):
        deciding.leave(shown, Outcome.NEW, by=MARIT, now=clock.now())


def test_a_choice_that_was_not_offered_is_refused(plan: Plan, clock: FixedClock) -> None:
    shown = plan("Bergen;griffier;;a@bergen.example")

    with pytest.raises(Invalid, match="Regel 2 kent die keuze niet"):
        choose(shown, 2, "GM0355", clock)


def test_rows_of_another_list_are_left_alone(plan: Plan, clock: FixedClock) -> None:
    one, other = (plan("Bergen;griffier;;a@bergen.example") for _ in range(2))
    theirs = rows(other)[0].id

    assert deciding.choose(one, {theirs: "GM0373"}, by=MARIT, now=clock.now()) == 0
    assert deciding.leave(one, [theirs], by=MARIT, now=clock.now()) == 0
    assert outcomes(other) == ["doubtful"]


def test_a_list_that_changed_meanwhile_makes_a_chosen_line_doubtful(
    plan: Plan, clock: FixedClock
) -> None:
    shown = plan("Bergen;griffier;;a@bergen.example")
    choose(shown, 2, "GM0373", clock)
    make_contact("Bergen (NH)", email="a@bergen.example")

    assert apply(shown, clock) == ["a@bergen.example"]
    assert outcomes(shown) == ["doubtful"]


def test_choosing_is_in_the_audit_by_number(plan: Plan, clock: FixedClock) -> None:
    shown = plan("Bergen;griffier;;a@bergen.example")
    choose(shown, 2, "GM0373", clock)

    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.subject, entry.detail) == (
        "choose import rows",
        f"import:{shown.id}",
        {"rows": 1},
    )


def test_a_thousand_choices_take_as_many_statements_as_ten(
    plan: Plan, clock: FixedClock, statements: Callable[[], int]
) -> None:
    few = plan(*(f"Bergen;raadslid;Naam{n};lid{n}@b.example" for n in range(10)))
    many = plan(*(f"Bergen;raadslid;Naam{n};lid{n}@b.example" for n in range(1_000)))
    used = []
    for shown in (few, many):
        row, start = rows(shown)[0], statements()
        deciding.choose_alike(shown, row.id, "GM0373", by=MARIT, now=clock.now())
        used.append(statements() - start)

    assert used[0] == used[1]
