"""Taking over a list: what it would change, what it changes, and what it leaves to a person."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.accounts.audit import Actor
from outreach.accounts.models import AuditEntry
from outreach.clock import FixedClock
from outreach.contacts import gemeenten, importing, keeping, people, suppression, undoing
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    ContactList,
    FormOfAddress,
    Function,
    Import,
    ImportRow,
    ImportState,
    ListMember,
    Outcome,
    Suppression,
    SuppressionReason,
)
from outreach.db import db
from outreach.errors import Invalid, Refused
from tests.contacts.workbook_files import xlsx
from tests.factories import make_contact, make_sender

pytestmark = pytest.mark.usefixtures("app")
MARIT = Actor("coordinator:1", "Marit")
HEADER = "gemeente;rol;aanspreekvorm;voorletters;tussenvoegsel;achternaam;email"
Take = Callable[..., dict[str, Any]]


@pytest.fixture
def plan(clock: FixedClock) -> Callable[..., Import]:
    """Read lines below the header; say what they would do."""

    def plan(*lines: str, header: str = HEADER, **options: Any) -> Import:
        data = "\n".join([header, *lines]).encode()
        return importing.plan("lijst.csv", data, by=MARIT, now=clock.now(), **options)

    return plan


@pytest.fixture
def take(plan: Callable[..., Import], clock: FixedClock) -> Take:
    """Read lines and take them over."""

    def take(*lines: str, **options: Any) -> dict[str, Any]:
        import_ = importing.apply(plan(*lines, **options), by=MARIT, now=clock.now())
        return importing.summary(import_)

    return take


def numbers(summary: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """New, changed, unchanged, doubtful, refused."""
    kinds = ("new", "changed", "unchanged", "doubtful")
    return (*(summary[kind] for kind in kinds), len(summary["refused"]))  # type: ignore[return-value]


def everyone() -> list[Contact]:
    return list(db.session.scalars(select(Contact).order_by(Contact.id)))


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


# ── what a line becomes ─────────────────────────────────────────────────────────────────


def test_a_line_becomes_a_contact_with_a_confirmed_address(take: Take, clock: FixedClock) -> None:
    took = take(
        "Zeist;Griffier;mevrouw;A.J.;van den;Berg;Griffie@Zeist.example;030 1234567;published"
        ";https://zeist.example/griffie;dinsdag",
        header=f"{HEADER};telefoon;grondslag;bron;Belt graag op",
    )

    (contact,) = everyone()
    (address,) = contact.addresses
    assert numbers(took) == (1, 0, 0, 0, 0)
    assert people.display_name(contact) == "A.J. van den Berg"
    assert contact.form_of_address is FormOfAddress.MEVROUW
    assert contact.office.gemeente_code == "GM0355"
    assert (contact.phone, contact.attributes) == ("030 1234567", {"Belt graag op": "dinsdag"})
    assert (address.email, address.address_key) == (
        "Griffie@zeist.example",
        "griffie@zeist.example",
    )
    assert (address.basis, address.source) == (Basis.PUBLISHED, "https://zeist.example/griffie")
    assert (address.basis_on, address.confirmed_at) == (date(2026, 3, 23), clock.now())
    assert address.preferred


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Den Bosch", "GM0796"),
        ("'s-Gravenhage", "GM0518"),
        ("Bergen (NH.)", "GM0373"),
        ("GM0363", "GM0363"),
        ("gemeente Utrecht", "GM0344"),
    ],
)
def test_a_gemeente_is_understood_as_people_write_it(take: Take, text: str, code: str) -> None:
    take(f"{text};griffier;;;;;griffie@gemeente.example")

    assert everyone()[0].office.gemeente_code == code


def test_a_whole_name_is_cut_in_parts(take: Take) -> None:
    take(
        "Zeist;raadslid;mevr. drs. A. v.d. Berg MSc;a@zeist.example",
        "Zeist;raadslid;Anne de Jong;b@zeist.example",
        "Zeist;griffier;Griffie Zeist;griffie@zeist.example",
        header="gemeente;rol;naam;email",
    )

    first, second, griffie = everyone()
    assert first.form_of_address is FormOfAddress.MEVROUW
    assert (first.titles, first.initials, first.prefix, first.last_name) == (
        "drs.",
        "A.",
        "v.d.",
        "Berg",
    )
    assert first.attributes == {"titel achter de naam": "MSc"}
    assert second.form_of_address is FormOfAddress.ONBEKEND
    assert people.display_name(griffie) == "Griffie Zeist"


def test_parts_win_over_a_whole_name_and_a_form_may_stand_among_the_titles(take: Take) -> None:
    take(
        "Zeist;raadslid;Iemand Anders;dhr. ir.;JP;Vos;a@zeist.example",
        header="gemeente;rol;naam;titel;voorletters;achternaam;email",
    )

    (contact,) = everyone()
    assert people.display_name(contact) == "J.P. Vos"
    assert (contact.form_of_address, contact.titles) == (FormOfAddress.HEER, "ir.")


def test_a_party_is_kept_of_raadsleden_only(take: Take) -> None:
    took = take(
        "Zeist;raadslid;Lokaal;a@zeist.example",
        "Zeist;wethouder;Lokaal;b@zeist.example",
        header="gemeente;rol;fractie;email",
    )

    assert [contact.party for contact in everyone()] == ["Lokaal", ""]
    assert took["remarks"][0]["line"] == 3
    assert "alleen van raadsleden" in took["remarks"][0]["reason"]


def test_a_portfolio_is_taken_over_changed_and_taken_back(take: Take, clock: FixedClock) -> None:
    header = "gemeente;rol;achternaam;portefeuille;email"
    take("Zeist;wethouder;Vos;zorg;vos@zeist.example", header=header)

    took = take("Zeist;wethouder;Vos;zorg en jeugd;vos@zeist.example", header=header)
    assert [contact.portfolio for contact in everyone()] == ["zorg en jeugd"]

    undoing.undo(importing.find(took["import_id"]), by=MARIT, now=clock.now())
    db.session.expire_all()
    assert [contact.portfolio for contact in everyone()] == ["zorg"]


def test_a_partner_needs_no_gemeente(take: Take) -> None:
    took = take(";partner;;;;Vos;vos@partner.example", ";griffier;;;;Vos;vos@zeist.example")

    assert numbers(took) == (1, 0, 0, 0, 1)
    assert everyone()[0].office.gemeente_code is None


def test_a_column_mapped_by_hand_is_that_field(take: Take) -> None:
    take(
        "Zeist;griffier;griffie@zeist.example",
        header="Plaats;Wie;Waarheen",
        mapping={"Plaats": "gemeente", "Wie": "rol", "Waarheen": "email"},
    )

    assert everyone()[0].addresses[0].email == "griffie@zeist.example"


# ── basis ───────────────────────────────────────────────────────────────────────────────


def test_the_basis_of_the_list_is_for_lines_that_give_none(take: Take) -> None:
    take(
        "Zeist;griffier;a@zeist.example;toestemming;telefoon",
        "Soest;griffier;a@soest.example;;",
        header="gemeente;rol;email;grondslag;bron",
        basis=Basis.PUBLISHED,
        source="https://lijst.example",
    )

    given = [(a.basis, a.source) for contact in everyone() for a in contact.addresses]
    assert given == [
        (Basis.CONSENT, "telefoon"),
        (Basis.PUBLISHED, "https://lijst.example"),
    ]


def test_without_any_basis_an_address_is_unconfirmed_and_the_plan_says_so(take: Take) -> None:
    took = take("Zeist;griffier;;;;;a@zeist.example")

    (address,) = everyone()[0].addresses
    assert (address.basis, address.confirmed_at) == (None, None)
    assert took["without_basis"] == 1
    assert "er gaat geen brief heen" in db.session.scalars(select(ImportRow.reason)).one()


def test_the_basis_of_a_list_never_replaces_the_one_we_have(take: Take) -> None:
    make_contact("Zeist", email="a@zeist.example", basis=Basis.CONSENT)
    make_contact("Soest", email="a@soest.example", basis=None)

    took = take(
        "Zeist;griffier;;;;;a@zeist.example",
        "Soest;griffier;;;;;a@soest.example",
        basis=Basis.PUBLISHED,
    )

    assert numbers(took) == (0, 1, 1, 0, 0)
    assert [contact.addresses[0].basis for contact in everyone()] == [
        Basis.CONSENT,
        Basis.PUBLISHED,
    ]
    assert everyone()[1].addresses[0].confirmed_at is not None


def test_a_basis_in_the_list_itself_replaces_ours(take: Take) -> None:
    make_contact("Zeist", email="a@zeist.example", basis=Basis.PUBLISHED)

    took = take("Zeist;griffier;a@zeist.example;consent", header="gemeente;rol;email;basis")

    assert numbers(took) == (0, 1, 0, 0, 0)
    db.session.expire_all()
    assert everyone()[0].addresses[0].basis is Basis.CONSENT


# ── what is refused ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Nergens;griffier;;;;;a@b.example", "De gemeente “Nergens” kennen wij niet"),
        ("Drenthe;griffier;;;;;a@b.example", "“Drenthe” is een provincie, geen gemeente"),
        ("provincie Utrecht;griffier;;;;;a@b.example", "is een provincie, geen gemeente"),
        (";griffier;;;;;a@b.example", "De gemeente ontbreekt"),
        ("Zeist;tovenaar;;;;;a@b.example", "De rol “tovenaar” kennen wij niet"),
        ("Zeist;;;;;;a@b.example", "De rol ontbreekt"),
        ("Zeist;griffier;;;;;", "Het e-mailadres ontbreekt"),
        ("Zeist;griffier;;;;;griffie@@zeist.example", "is geen e-mailadres"),
        ("Bergen;griffier;;;;;a@b.example, c@d.example", "twee adressen in één cel"),
        ("Totaal;;;;;342", "een regel met een totaal, geen adres"),
        ("Zeist;griffier;prins;;;;a@b.example", "De aanspreekvorm “prins” kennen wij niet"),
        ("Zeist;griffier;;;;;a@b.example;te veel", "heeft 8 cellen, de kopregel 7"),
        (f"Zeist;griffier;;;;{'x' * 300};a@b.example", "“achternaam” is langer dan 200 tekens"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_with_its_number(
    take: Take, line: str, sentence: str
) -> None:
    took = take("Soest;griffier;;;;;griffie@soest.example", "", line)

    assert numbers(took) == (1, 0, 0, 0, 1)
    assert took["refused"][0]["line"] == 4
    assert db.session.scalar(select(func.count()).where(ImportRow.outcome == Outcome.REFUSED)) == 1
    with pytest.raises(Invalid, match=sentence):
        raise Invalid(took["refused"][0]["reason"])


@pytest.mark.parametrize(
    ("line", "sentence", "offered"),
    [
        ("Bergen;griffier;;;;;a@b.example", "GM0373.*GM0893", ["GM0373", "GM0893"]),
        ("Bregen;griffier;;;;;a@b.example", "Bedoelt u Bergen", ["GM0373", "GM0893"]),
        ("Amersvort;griffier;;;;;a@b.example", "Bedoelt u Amersfoort", ["GM0307"]),
        (
            "Zeist;griffier;;;;;a@b.example, c@d.example",
            "twee adressen",
            ["a@b.example", "c@d.example"],
        ),
    ],
)
def test_a_line_that_may_mean_several_things_waits_with_what_it_may_mean(
    plan: Callable[..., Import], line: str, sentence: str, offered: list[str]
) -> None:
    plan(line)

    row = db.session.scalars(select(ImportRow)).one()
    assert row.outcome is Outcome.DOUBTFUL
    assert [choice["key"] for choice in row.choices] == [*offered, ""]
    with pytest.raises(Invalid, match=sentence):
        raise Invalid(row.reason)


def test_a_province_beside_it_says_which_gemeente_and_an_empty_cell_is_as_above(
    take: Take,
) -> None:
    took = take(
        "Limburg;Bergen;griffier;a@b.example",
        "Noord-Holland;Alkmaar;griffier;a@c.example",
        ";Bergen;griffier;a@d.example",
        header="provincie;gemeente;rol;email",
    )

    assert numbers(took) == (3, 0, 0, 0, 0)
    assert [c.office.gemeente_code for c in everyone()] == ["GM0893", "GM0361", "GM0373"]
    given = [contact.attributes.get("provincie") for contact in everyone()]
    assert given == ["Limburg", "Noord-Holland", None]


def test_utrecht_is_asked_only_where_the_column_also_names_provinces(take: Take) -> None:
    alone = take("Utrecht;griffier;;;;;a@b.example")
    beside = take("Utrecht;college;;;;;a@b.example", "Drenthe;griffier;;;;;c@d.example")

    assert numbers(alone) == (1, 0, 0, 0, 0)
    assert numbers(beside) == (0, 0, 0, 1, 1)
    assert "ook een provincie" in beside["doubts"][0]["reason"]


def test_the_zero_that_a_spreadsheet_took_from_a_phone_number_comes_back(take: Take) -> None:
    take("Zeist;griffier;a@zeist.example;301234567", header="gemeente;rol;email;telefoon")

    assert everyone()[0].phone == "0301234567"


def test_the_header_row_stands_below_a_title_and_lines_count_from_the_top(take: Take) -> None:
    took = take(
        "bijgewerkt mei 2022;;",
        "",
        "Gemeente;Rol;E-mail",
        "Zeist;griffier;a@zeist.example",
        "Zeist;tovenaar;b@zeist.example",
        header="Lijst van griffies, 2022;;",
    )

    assert numbers(took) == (1, 0, 0, 0, 1)
    assert took["refused"][0]["line"] == 6


def test_everyone_of_a_list_without_functions_can_be_given_one(take: Take) -> None:
    took = take("Zeist;a@zeist.example", header="gemeente;email", function=Function.GRIFFIER)

    assert numbers(took) == (1, 0, 0, 0, 0)
    assert everyone()[0].office.function is Function.GRIFFIER


def test_everything_that_is_wrong_with_a_line_is_said_at_once(take: Take) -> None:
    reason = take("Nergens;tovenaar;;;;;zeist")["refused"][0]["reason"]

    assert "tovenaar" in reason
    assert "geen e-mailadres" in reason


def test_a_list_without_a_needed_column_is_refused_whole(take: Take) -> None:
    with pytest.raises(Invalid, match="De kolommen ontbreken: rol, email"):
        take("Zeist", header="gemeente")

    assert count(Import) == 0


def test_a_workbook_is_refused_line_by_line_too(clock: FixedClock) -> None:
    data = xlsx([["gemeente", "rol", "email"], [], ["Nergens", "griffier", "a@b.example"]])

    import_ = importing.plan("lijst.xlsx", data, by=MARIT, now=clock.now())

    assert importing.summary(import_)["refused"][0]["line"] == 3


# ── doubles, and who is who ─────────────────────────────────────────────────────────────


def test_the_same_line_twice_is_refused_and_names_the_first(take: Take) -> None:
    took = take(
        "Zeist;griffier;;J.;;Vos;griffie@zeist.example",
        "Soest;griffier;;;;;griffie@soest.example",
        "GM0355;griffie;;J.;;Vos;GRIFFIE@zeist.example",
    )

    assert numbers(took) == (2, 0, 0, 0, 1)
    assert took["refused"] == [
        {"line": 4, "reason": "Dubbel: zelfde gemeente, rol en adres als regel 2."}
    ]


def test_two_persons_behind_one_address_are_two_contacts_again_and_again(take: Take) -> None:
    lines = (
        "Zeist;griffier;;J.;;Vos;griffie@zeist.example",
        "Zeist;griffier;;K.;;Kok;griffie@zeist.example",
    )

    assert numbers(take(*lines)) == (2, 0, 0, 0, 0)
    assert numbers(take(*lines)) == (0, 0, 2, 0, 0)
    assert numbers(take(*reversed(lines))) == (0, 0, 2, 0, 0)


def test_one_mailbox_of_two_gemeenten_or_two_roles_is_as_many_contacts(take: Take) -> None:
    took = take(
        "Zeist;griffier;;;;;griffie@samen.example",
        "Soest;griffier;;;;;griffie@samen.example",
        "Soest;college;;;;;griffie@samen.example",
    )

    assert numbers(took) == (3, 0, 0, 0, 0)


def test_the_same_list_again_changes_nothing(take: Take) -> None:
    lines = ("Zeist;griffier;heer;J.;de;Vos;a@zeist.example", "Soest;griffier;;;;;a@soest.example")
    take(*lines, basis=Basis.PUBLISHED)

    assert numbers(take(*lines, basis=Basis.PUBLISHED)) == (0, 0, 2, 0, 0)


def test_a_changed_field_is_written_and_an_empty_cell_says_nothing(take: Take) -> None:
    header = "gemeente;rol;achternaam;email;telefoon;noot"
    take("Zeist;griffier;Vos;a@zeist.example;030 1;x", header=header)

    took = take("Zeist;griffier;;a@zeist.example;030 2;", header=header)

    (contact,) = everyone()
    db.session.refresh(contact)
    row = db.session.scalars(select(ImportRow).order_by(ImportRow.id.desc())).first()
    assert row is not None
    assert numbers(took) == (0, 1, 0, 0, 0)
    assert (contact.last_name, contact.phone, contact.attributes) == ("Vos", "030 2", {"noot": "x"})
    assert row.before == {"phone": "030 1"}
    assert row.after["phone"] == "030 2"


def test_an_attribute_changes_without_the_others(take: Take) -> None:
    take("Zeist;griffier;a@zeist.example;1;2", header="gemeente;rol;email;een;twee")

    took = take("Zeist;griffier;a@zeist.example;3", header="gemeente;rol;email;twee")

    (contact,) = everyone()
    db.session.refresh(contact)
    assert numbers(took) == (0, 1, 0, 0, 0)
    assert contact.attributes == {"een": "1", "twee": "3"}


def test_an_office_mailbox_gets_the_name_that_a_list_gives(take: Take) -> None:
    make_contact("Zeist", email="griffie@zeist.example")

    took = take("Zeist;griffier;;J.;;Vos;griffie@zeist.example")

    assert numbers(took) == (0, 1, 0, 0, 0)


def test_another_griffier_at_the_same_address_is_the_successor(take: Take) -> None:
    make_contact(
        "Zeist",
        email="griffie@zeist.example",
        form_of_address=FormOfAddress.MEVROUW,
        titles="mr.",
        initials="P.",
        last_name="Dorp",
    )

    took = take("Zeist;griffier;;M.;;Oosterveen;griffie@zeist.example")

    (contact,) = everyone()
    db.session.refresh(contact)
    assert numbers(took) == (0, 1, 0, 0, 0)
    assert people.display_name(contact) == "M. Oosterveen"
    assert (contact.form_of_address, contact.titles) == (FormOfAddress.ONBEKEND, "")


def test_a_name_that_is_spelled_better_is_the_same_person(take: Take) -> None:
    take("Zeist;raadslid;;J.;;Jansen;jansen@zeist.example")

    assert numbers(take("Zeist;raadslid;;J.;;Janssen;jansen@zeist.example")) == (0, 1, 0, 0, 0)


def test_a_surname_cut_otherwise_is_no_change(take: Take) -> None:
    take("Zeist;raadslid;;J.;van den;Berg;berg@zeist.example")

    assert numbers(take("Zeist;raadslid;;J.;;van den Berg;berg@zeist.example")) == (0, 0, 1, 0, 0)


def test_another_raadslid_at_the_same_address_is_for_a_person_to_decide(take: Take) -> None:
    take("Zeist;raadslid;;J.;;Vos;fractie@zeist.example")

    took = take("Zeist;raadslid;;K.;;Kok;fractie@zeist.example")

    assert numbers(took) == (0, 0, 0, 1, 0)
    assert "Is K. Kok de opvolger, of een tweede persoon?" in took["doubts"][0]["reason"]
    assert len(everyone()) == 1


def test_a_person_of_whom_we_have_another_address_is_for_a_person_to_decide(take: Take) -> None:
    take("Zeist;raadslid;;J.;;Vos;vos@zeist.example")

    took = take("Zeist;raadslid;;J.;;Vos;j.vos@raad.example", "Soest;raadslid;;J.;;Vos;x@y.example")

    assert numbers(took) == (1, 0, 0, 1, 0)
    assert "staat in deze functie al met vos@zeist.example" in took["doubts"][0]["reason"]


def test_a_person_twice_in_the_list_with_two_addresses_is_for_a_person_to_decide(
    take: Take,
) -> None:
    took = take("Zeist;raadslid;;J.;;Vos;a@b.example", "Zeist;raadslid;;J.;;Vos;c@d.example")

    assert numbers(took) == (1, 0, 0, 1, 0)
    assert took["doubts"][0]["line"] == 3
    assert "op regel 2" in took["doubts"][0]["reason"]


def test_a_person_with_two_addresses_of_ours_is_recognised_by_both(
    take: Take, clock: FixedClock
) -> None:
    contact = make_contact("Zeist", email="a@b.example", initials="J.", last_name="Vos")
    keeping.add_address(
        contact, email="c@d.example", basis=None, source="", by=MARIT, now=clock.now()
    )

    took = take("Zeist;griffier;;J.;;Vos;a@b.example", "Zeist;griffier;;J.;;Vos;c@d.example")

    assert numbers(took) == (0, 0, 2, 0, 0)


def test_two_names_in_one_cell_are_for_a_person_to_decide(take: Take) -> None:
    took = take("Zeist;raadslid;J. Vos en P. Kok;a@b.example", header="gemeente;rol;naam;email")

    assert numbers(took) == (0, 0, 0, 1, 0)


def test_a_gemeente_that_ended_is_for_a_person_to_decide(take: Take, clock: FixedClock) -> None:
    line = "Wijdemeren;griffier;;;;;a@b.example"
    assert numbers(take(line)) == (1, 0, 0, 0, 0)

    clock.at += timedelta(days=300)
    took = take(line)

    assert numbers(took) == (0, 0, 0, 1, 0)
    assert "bestaat niet meer" in took["doubts"][0]["reason"]


def test_a_crowd_at_one_address_is_refused_soon(take: Take) -> None:
    took = take(*(f"Zeist;raadslid;;;;Vos{n};a@b.example" for n in range(1_000)))

    assert numbers(took) == (0, 0, 0, 0, 1_000)


# ── suppression ─────────────────────────────────────────────────────────────────────────


def test_a_suppressed_address_is_taken_over_and_stays_suppressed(
    take: Take, clock: FixedClock
) -> None:
    asked = SuppressionReason.ASKED
    suppression.suppress("griffie@zeist.example", asked, by=MARIT, now=clock.now())

    took = take("Zeist;griffier;;;;;Griffie@zeist.example", basis=Basis.PUBLISHED)

    assert numbers(took) == (1, 0, 0, 0, 0)
    assert took["remarks"] == [
        {
            "line": 2,
            "reason": "Staat op de geen-postlijst sinds 23-3-2026: krijgt geen post.",
        }
    ]
    assert suppression.is_suppressed("griffie@zeist.example")
    assert count(Suppression) == 1


# ── shown, then applied ─────────────────────────────────────────────────────────────────


def test_showing_changes_nothing(plan: Callable[..., Import]) -> None:
    import_ = plan("Zeist;griffier;;;;;a@b.example")

    assert numbers(importing.summary(import_)) == (1, 0, 0, 0, 0)
    assert everyone() == []


def test_what_was_added_since_it_was_shown_becomes_doubtful(
    plan: Callable[..., Import], take: Take, clock: FixedClock
) -> None:
    shown = plan("Zeist;griffier;;;;;a@b.example", "Soest;griffier;;;;;c@d.example")
    take("Zeist;griffier;;;;;a@b.example")

    took = importing.summary(importing.apply(shown, by=MARIT, now=clock.now()))

    assert numbers(took) == (1, 0, 0, 1, 0)
    assert took["doubts"][0]["line"] == 2
    assert "intussen al toegevoegd" in took["doubts"][0]["reason"]
    assert len(everyone()) == 2


def test_what_was_changed_or_removed_since_it_was_shown_becomes_doubtful(
    plan: Callable[..., Import], clock: FixedClock
) -> None:
    changed = make_contact("Zeist", email="a@zeist.example", phone="1")
    removed = make_contact("Soest", email="a@soest.example", phone="1")
    moved = make_contact("Baarn", email="a@baarn.example", phone="1")
    shown = plan(
        "Zeist;griffier;a@zeist.example;2",
        "Soest;griffier;a@soest.example;2",
        "Baarn;griffier;a@baarn.example;2",
        header="gemeente;rol;email;telefoon",
    )
    keeping.change(changed, by=MARIT, now=clock.now(), phone="3")
    keeping.remove(removed, by=MARIT, now=clock.now())
    keeping.change_address(moved.addresses[0], email="b@baarn.example", by=MARIT, now=clock.now())

    took = importing.summary(importing.apply(shown, by=MARIT, now=clock.now()))

    assert numbers(took) == (0, 0, 0, 3, 0)
    assert [said["reason"].split(". ")[0] for said in took["doubts"]] == [
        "Dit contact is intussen gewijzigd",
        "Dit contact is intussen verwijderd",
        "Dit contact is intussen gewijzigd",
    ]
    db.session.expire_all()
    assert changed.phone == "3"


def test_a_list_is_taken_over_once(plan: Callable[..., Import], clock: FixedClock) -> None:
    shown = plan("Zeist;griffier;;;;;a@b.example")
    importing.apply(shown, by=MARIT, now=clock.now())

    with pytest.raises(Refused, match="al overgenomen"):
        importing.apply(shown, by=MARIT, now=clock.now())
    with pytest.raises(Refused, match="al overgenomen"):
        importing.discard(shown, by=MARIT, now=clock.now())


def test_a_discarded_list_leaves_no_line_behind(
    plan: Callable[..., Import], clock: FixedClock
) -> None:
    shown = plan("Zeist;griffier;;;;;a@b.example")

    importing.discard(shown, by=MARIT, now=clock.now())

    assert shown.state is ImportState.DISCARDED
    assert count(ImportRow) == 0
    with pytest.raises(Refused, match="weggegooid"):
        importing.apply(shown, by=MARIT, now=clock.now())


# ── named lists ─────────────────────────────────────────────────────────────────────────


def test_everyone_of_the_list_comes_on_the_named_list_once(take: Take) -> None:
    make_contact("Zeist", email="a@zeist.example")
    lines = ("Zeist;griffier;;;;;a@zeist.example", "Soest;griffier;;;;;a@soest.example", "x;;;;;;")

    take(*lines, list_name="Griffies")
    take(*lines, list_name=" Griffies ")

    assert count(ContactList) == 1
    assert count(ListMember) == 2


def test_a_list_of_another_sender_is_not_added_to(take: Take, clock: FixedClock) -> None:
    theirs = ContactList(name="Griffies", sender_id=make_sender().id, created_at=clock.now())
    db.session.add(theirs)

    with pytest.raises(Refused, match="van een andere afzender"):
        take("Zeist;griffier;;;;;a@b.example", list_name="Griffies", sender_id=make_sender().id)


# ── the trail ───────────────────────────────────────────────────────────────────────────


def test_the_audit_has_numbers_and_no_addresses(take: Take) -> None:
    take("Zeist;griffier;;;;;a@b.example")

    entry = db.session.scalars(select(AuditEntry)).one()

    assert (entry.act, entry.actor) == ("apply import", "coordinator:1")
    assert entry.detail == {"new": 1, "changed": 0}


def test_the_gemeente_and_the_columns_of_a_list_are_remembered(
    plan: Callable[..., Import],
) -> None:
    import_ = plan("Zeist;griffier;a@b.example;x", header="Gemeente;ROL;E-mail;Noot")

    row = db.session.scalars(select(ImportRow)).one()
    assert row.gemeente_code == gemeenten.find("Zeist").code
    assert import_.columns == {
        "Gemeente": "gemeente",
        "ROL": "function",
        "E-mail": "email",
        "Noot": "attribute",
    }


def test_a_thousand_lines_take_as_many_statements_as_ten(
    take: Take, statements: Callable[[], int]
) -> None:
    make_contact("Baarn")
    before = statements()
    take(*(f"Zeist;raadslid;;;;Naam{n};lid{n}@zeist.example" for n in range(10)))
    few = statements() - before
    take(*(f"Soest;raadslid;;;;Naam{n};lid{n}@soest.example" for n in range(1_000)))

    assert statements() - before - few <= few


def test_addresses_of_the_same_person_in_thousands_of_lines_stay_quick(take: Take) -> None:
    took = take(*(f"Zeist;raadslid;;;;Vos;lid{n}@zeist.example" for n in range(2_000)))

    assert numbers(took) == (1, 0, 0, 1_999, 0)
    assert count(Address) == 1


@pytest.mark.parametrize("office_is_new", [True, False])
def test_two_who_take_over_the_same_list_at_once_add_everyone_once(
    app: Flask, plan: Callable[..., Import], clock: FixedClock, office_is_new: bool
) -> None:
    if not office_is_new:
        make_contact("Zeist", email="ander@zeist.example")
    first, second = plan("Zeist;griffier;;;;;a@b.example"), plan("Zeist;griffier;;;;;a@b.example")
    second_id = second.id
    db.session.commit()

    def take_second() -> dict[str, Any]:
        with app.app_context():
            import_ = importing.apply(importing.find(second_id), by=MARIT, now=clock.now())
            db.session.commit()
            return importing.summary(import_)

    with ThreadPoolExecutor(1) as pool:
        importing.apply(first, by=MARIT, now=clock.now())
        other = pool.submit(take_second)
        time.sleep(0.3)  # the other is at work, and must wait for us
        assert not other.done()
        db.session.commit()

        assert numbers(other.result()) == (0, 0, 0, 1, 0)
    assert count(Address) == (1 if office_is_new else 2)
