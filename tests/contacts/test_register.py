"""Taking the register over: what was shown is what is done, own edits stay, and undo."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.accounts.audit import Actor
from outreach.clock import FixedClock
from outreach.contacts import exporting, gemeenten, keeping, register, register_gemeenten
from outreach.contacts.models import (
    Basis,
    Contact,
    Function,
    Gemeente,
    ImportState,
    Outcome,
    RegisterImport,
    RegisterKind,
    RegisterRow,
)
from outreach.contacts.register import Undone
from outreach.db import db
from outreach.errors import Invalid, Refused
from tests.contacts.register_exports import export, gemeente, person
from tests.factories import make_campaign, make_contact, make_message

pytestmark = pytest.mark.usefixtures("app")
MARIT = Actor("coordinator:1", "Marit")
GRIFFIER = person("Griffier", "mw. mr. J.M. van der Proef", key="7", email="griffie@zeist.example")
RAADSLID = person("Raadslid", "dhr. B. Verzonnen", key="8", party="VVD", phone="030 1")
INTO_NIEUWDORP = '<p:opvolger p:resourceIdentifierTOOI="x/gemeente/gm1999"/>'
Show = Callable[..., RegisterImport]


@pytest.fixture
def show(clock: FixedClock) -> Show:
    """Look at what these organisations would change."""

    def show(*organisations: str, successors: dict[str, str] | None = None, **file: Any) -> Any:
        data = io.BytesIO(export(*organisations, **file))
        return register.plan(
            "export.xml", data, by=MARIT, now=clock.now(), successors=successors or {}
        )

    return show


@pytest.fixture
def take(show: Show, clock: FixedClock) -> Show:
    """Take them over; a minute passes."""

    def take(*organisations: str, **file: Any) -> RegisterImport:
        shown = show(*organisations, **file)
        register.apply(shown, by=MARIT, now=clock.now())
        clock.forward(timedelta(minutes=1))
        return shown

    return take


def undo(import_: RegisterImport, clock: FixedClock) -> Undone:
    return register.undo(import_, by=MARIT, now=clock.now())


def zeist(*people: str, **facts: Any) -> str:
    return gemeente("GM0355", "Zeist", people=people, **facts)


def known(code: str = "GM0355") -> Gemeente:
    return db.session.get_one(Gemeente, code, populate_existing=True)


def everyone() -> list[Contact]:
    return list(db.session.scalars(select(Contact).order_by(Contact.id)))


def someone(last_name: str) -> Contact:
    return db.session.scalars(select(Contact).where(Contact.last_name == last_name)).one()


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_what_is_shown_changes_nothing_until_it_is_taken_over(
    show: Show, clock: FixedClock
) -> None:
    shown = show(zeist(GRIFFIER, website="www.nieuw.example", inhabitants=70000))

    assert known().website == "zeist.nl"
    assert register.fields(shown) == {"inwoners": 1, "website": 1, "bezoekadres": 1}
    assert everyone() == []

    register.apply(shown, by=MARIT, now=clock.now())

    assert (known().website, known().inhabitants) == ("nieuw.example", 70000)
    assert known().visiting_address == "1, 3700 AA DORP"
    contact = someone("Proef")
    assert (contact.office.function, contact.initials) == (Function.GRIFFIER, "J.M.")
    address = contact.addresses[0]
    assert (address.email, address.basis, address.confirmed_at) == (
        "griffie@zeist.example",
        None,
        None,
    )
    assert (
        address.source == "Register van Overheidsorganisaties (organisaties.overheid.nl), 20-3-2026"
    )
    assert contact.attributes["in functie sinds"] == "2026-03-26"


def test_the_same_register_again_changes_nothing(take: Show, show: Show) -> None:
    organisation = zeist(GRIFFIER, RAADSLID, website="www.nieuw.example", inhabitants=70000)
    take(organisation)

    again = register.summary(show(organisation))

    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 3)


def test_an_own_correction_stays_and_is_said(take: Show, show: Show, clock: FixedClock) -> None:
    register_gemeenten.correct(known(), by=MARIT, now=clock.now(), website="eigen.example")

    taken = take(zeist(website="www.register.example", inhabitants=70000))

    assert (known().website, known().inhabitants) == ("eigen.example", 70000)
    assert register.remarks(taken)[0].reason == "Uw eigen gegevens blijven staan: website."


def test_an_upgrade_leaves_what_the_register_gave(take: Show, clock: FixedClock) -> None:
    take(zeist(website="www.register.example"))
    register_gemeenten.correct(known("GM0342"), by=MARIT, now=clock.now(), website="eigen.example")

    gemeenten.load()

    assert known().website == "register.example"
    assert known("GM0342").website == "eigen.example"
    assert known().inhabitants > 0


def test_of_someone_known_only_what_is_empty_is_filled(take: Show) -> None:
    contact = make_contact("Zeist", "b@zeist.example", function=Function.RAADSLID,
                           last_name="Verzonnen", phone="06 1")  # fmt: skip

    taken = take(zeist(person("Raadslid", "dhr. B. Verzonnen", party="VVD", phone="030 1")))

    assert (contact.initials, contact.party, contact.phone) == ("B.", "VVD", "06 1")
    assert count(Contact) == 1
    row = register.rows(taken, RegisterKind.PERSON, Outcome.CHANGED)[0]
    assert row.reason == "Uw eigen gegevens blijven staan: telefoon."
    assert contact.addresses[0].confirmed_at is not None


def test_what_an_earlier_register_gave_follows_the_register(take: Show, clock: FixedClock) -> None:
    take(zeist(RAADSLID))
    contact = someone("Verzonnen")
    keeping.change(contact, by=MARIT, now=clock.now(), party="Eigen lijst")

    take(zeist(person("Raadslid", "dhr. B. Verzonnen", key="8", party="CDA", phone="030 2")))

    assert (contact.phone, contact.party) == ("030 2", "Eigen lijst")


def test_an_address_that_the_office_has_is_not_offered_twice(take: Show) -> None:
    make_contact("Zeist", "griffie@zeist.example")

    take(zeist(GRIFFIER))

    assert someone("Proef").addresses == []


def test_two_griffiers_are_asked_about(show: Show) -> None:
    shown = show(zeist(GRIFFIER, person("Griffier", "dhr. C. Commissie", key="9")))

    assert [row["reason"] for row in register.summary(shown)["doubts"]] == [
        "Het register noemt hier 2 keer een griffier. Wie is het?"
    ] * 2


def test_who_is_not_in_the_register_any_more_ends(take: Show, clock: FixedClock) -> None:
    own = make_contact("Zeist", "v@zeist.example", function=Function.RAADSLID, last_name="Vos")
    take(zeist(RAADSLID, person("Raadslid", "mw. D. Blijft", key="10")))
    clock.forward(timedelta(days=30))

    take(zeist(person("Raadslid", "mw. D. Blijft", key="10")), day="2026-04-20")

    assert someone("Verzonnen").term_until == date(2026, 4, 19)
    assert someone("Blijft").term_until is None
    assert own.term_until is None


def test_a_function_that_the_file_leaves_out_ends_nobody(take: Show) -> None:
    take(zeist(RAADSLID))

    take(zeist(GRIFFIER))

    assert someone("Verzonnen").term_until is None


def test_an_end_that_the_register_gives_is_taken_over(take: Show) -> None:
    contact = make_contact("Zeist", "b@zeist.example", function=Function.RAADSLID,
                           initials="B.", last_name="Verzonnen")  # fmt: skip

    take(zeist(person("Raadslid", "dhr. B. Verzonnen", until="2026-03-01"),
               person("Raadslid", "mw. X. Weg", until="2025-01-01")))  # fmt: skip

    assert contact.term_until == date(2026, 3, 1)
    assert count(Contact) == 1


def test_only_the_chosen_functions_are_taken_over(show: Show, clock: FixedClock) -> None:
    shown = show(zeist(GRIFFIER, RAADSLID))

    register.apply(shown, by=MARIT, now=clock.now(), functions=[Function.GRIFFIER])

    assert [one.last_name for one in everyone()] == ["Proef"]


def test_a_new_gemeente_gets_a_place_of_its_own(take: Show, clock: FixedClock) -> None:
    taken = take(
        gemeente("GM1999", "Nieuwdorp", begins="2026-01-01", inhabitants=30000, people=[RAADSLID]),
        gemeente("GM0342", "Soest", ends="2026-01-01", more=INTO_NIEUWDORP),
    )

    new = known("GM1999")
    assert (new.name, new.province, new.valid_from) == ("Nieuwdorp", "Utrecht", date(2026, 1, 1))
    places = select(Gemeente.tile_column, Gemeente.tile_row).where(Gemeente.code != "GM0342")
    tiles = db.session.execute(places).all()
    assert len(tiles) == len(set(tiles))
    assert known("GM0342").successor_code == "GM1999"
    assert gemeenten.find("Nieuwdorp").code == "GM1999"

    assert undo(taken, clock).kept == []

    assert db.session.get(Gemeente, "GM1999") is None
    assert (known("GM0342").valid_until, known("GM0342").successor_code) == (None, None)


def test_a_successor_that_the_register_does_not_name_is_asked(
    show: Show, clock: FixedClock
) -> None:
    make_contact("Soest", "griffie@soest.example")
    shown = show(gemeente("GM0342", "Soest", ends="2026-01-01"))
    assert [row.subject for row in register.without_successor(shown)] == ["Soest"]
    assert register.summary(shown)["moved"] == 0

    register.choose_successor(shown, "GM0342", "Zeist", now=clock.now())

    assert register.without_successor(shown) == []
    assert register.summary(shown)["moved"] == 1
    register.apply(shown, by=MARIT, now=clock.now())
    assert known("GM0342").successor_code == "GM0355"
    with pytest.raises(Refused, match="al overgenomen"):
        register.choose_successor(shown, "GM0342", "Baarn", now=clock.now())


def test_undo_gives_back_what_was(take: Show, clock: FixedClock) -> None:
    make_contact("Zeist", "b@zeist.example", function=Function.RAADSLID, last_name="Verzonnen")
    before, website = exporting.to_csv(), known().website

    taken = take(zeist(GRIFFIER, RAADSLID, website="www.nieuw.example", inhabitants=70000))
    undone = undo(taken, clock)

    assert undone == Undone(reversed=3, kept=[])
    assert exporting.to_csv() == before
    assert (known().website, known().origins) == (website, {})
    assert taken.state is ImportState.UNDONE


def test_undo_leaves_what_someone_used_and_says_so(take: Show, clock: FixedClock) -> None:
    taken = take(zeist(GRIFFIER, RAADSLID, website="www.nieuw.example", inhabitants=70000))
    griffier = someone("Proef")
    keeping.confirm(griffier.addresses[0], basis=Basis.PUBLISHED, source="site", by=MARIT,
                    now=clock.now())  # fmt: skip
    make_message(make_campaign(), griffier)
    keeping.change(someone("Verzonnen"), by=MARIT, now=clock.now(), notes="belt terug")
    register_gemeenten.correct(known(), by=MARIT, now=clock.now(), website="eigen.example")

    undone = undo(taken, clock)

    assert {one.subject: one.reason for one in undone.kept} == {
        "Zeist": "Is daarna gewijzigd en blijft staan: website.",
        "J.M. van der Proef": "Voor dit contact is al een brief gemaakt; het blijft staan.",
        "B. Verzonnen": "Dit contact is daarna gewijzigd of elders gebruikt; het blijft staan.",
    }
    assert known().website == "eigen.example"
    assert known().inhabitants != 70000


def test_what_changed_since_it_was_shown_becomes_doubtful(show: Show, clock: FixedClock) -> None:
    known_one = make_contact("Zeist", "b@zeist.example", function=Function.RAADSLID,
                             last_name="Verzonnen")  # fmt: skip
    shown = show(zeist(GRIFFIER, RAADSLID, website="www.nieuw.example"))
    make_contact("Zeist", "p@zeist.example", last_name="Proef", prefix="van der")
    keeping.change(known_one, by=MARIT, now=clock.now(), phone="06 9")
    register_gemeenten.correct(known(), by=MARIT, now=clock.now(), website="eigen.example")

    register.apply(shown, by=MARIT, now=clock.now())

    summary = register.summary(shown)
    assert (summary["doubtful"], summary["new"], summary["changed"]) == (3, 0, 0)
    assert known().website == "eigen.example"
    assert known_one.party == ""


def test_what_another_export_changed_since_it_was_shown_stays(
    show: Show, take: Show, clock: FixedClock
) -> None:
    shown = show(zeist(website="www.ouder.example"))
    take(zeist(website="www.nieuwer.example"))

    register.apply(shown, by=MARIT, now=clock.now())

    assert register.summary(shown)["doubtful"] == 1
    assert known().website == "nieuwer.example"


def test_it_is_applied_once(show: Show, clock: FixedClock) -> None:
    shown = show(zeist(GRIFFIER))
    with pytest.raises(Refused, match="nog niet overgenomen"):
        undo(shown, clock)
    register.apply(shown, by=MARIT, now=clock.now())

    with pytest.raises(Refused, match="al overgenomen"):
        register.apply(shown, by=MARIT, now=clock.now())
    assert count(Contact) == 1


def test_what_is_thrown_away_is_not_kept(show: Show, clock: FixedClock) -> None:
    shown = show(zeist(GRIFFIER))

    register.discard(shown, by=MARIT, now=clock.now())

    assert count(RegisterRow) == 0


def test_a_file_without_a_gemeente_is_refused(show: Show) -> None:
    with pytest.raises(Invalid, match="geen enkele gemeente"):
        show()


def test_a_gemeente_that_ended_before_our_list_began_is_left_out(take: Show) -> None:
    taken = take(gemeente("GM0738", "Aalburg", ends="2019-01-01", people=[RAADSLID]))

    assert db.session.get(Gemeente, "GM0738") is None
    assert register.summary(taken)["new"] == 0


def test_a_successor_of_who_is_not_in_the_file_is_refused(show: Show) -> None:
    with pytest.raises(Invalid, match="GM0342 staat niet in dit bestand"):
        show(zeist(), successors={"Soest": "Zeist"})
