"""A list that nobody made for us, from the file that waits to the export after undo."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach import jobs
from outreach.accounts.audit import CLI, Actor
from outreach.clock import FixedClock
from outreach.contacts import batches, columns, deciding, exporting, importing, suppression, undoing
from outreach.contacts.models import (
    Basis,
    Contact,
    Gemeente,
    Import,
    ImportFile,
    ImportRow,
    ImportState,
    Outcome,
    SuppressionReason,
)
from outreach.contacts.spreadsheets import Layout
from outreach.db import db
from outreach.errors import Invalid, Refused
from tests.factories import make_contact

pytestmark = pytest.mark.usefixtures("app")
MARIT = Actor("coordinator:1", "Marit")
UNCLEAR = b"Waar;Adres\nZeist;a@zeist.example\n"
CLEAR = b"gemeente;rol;email\nZeist;griffier;a@zeist.example\n"


def upload(data: bytes, clock: FixedClock, name: str = "lijst.csv") -> Import:
    return importing.upload(name, data, by=MARIT, now=clock.now(), basis=Basis.PUBLISHED)


def ugly(count: int) -> bytes:
    """Titles, an empty row, a province that stands once above its gemeenten, a total."""
    places = db.session.execute(
        select(Gemeente.province, Gemeente.name).order_by(Gemeente.province, Gemeente.name)
    ).all()
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";")
    rows.writerows([["Raadsleden 2022"], ["nog niet nagelopen"], []])
    rows.writerow(["Provincie", "Gem.", "", "Wie", "Functie", "Mail raad", "Tel.", "Opmerking"])
    above = ""
    for number in range(count):
        province, name = places[number * len(places) // count]
        bare = "Bergen" if name.startswith("Bergen (") else name
        first = "" if province == above or bare == "Bergen" else province
        above = first or above
        mail = f"lid{number}@raad.example"
        cells = (f"mevr. A. v.d. Berg-{number}", "raadslid", mail, f"30{number:07}", "=1+1")
        rows.writerow([first if bare != "Bergen" else "-", bare, "", *cells])
    rows.writerow(["", "Zeist", "", "", "raadslid", "lid0@raad.example", "", ""])
    rows.writerow(["", "Zeist", "", "", "raadslid", "LID0@raad.example", "", "dubbel"])
    rows.writerow(["Totaal", "", "", "", "", "", count, ""])
    return text.getvalue().encode("cp1252")


def test_five_thousand_ugly_lines_are_decided_taken_over_and_taken_back(clock: FixedClock) -> None:
    make_contact("Zeist", email="griffie@zeist.example")
    suppression.suppress("lid7@raad.example", SuppressionReason.ASKED, by=CLI, now=clock.now())
    before = exporting.to_csv()
    import_ = upload(ugly(5_000), clock)
    assert import_.state is ImportState.COLUMNS

    preview = importing.file_of(import_).preview
    chosen = columns.propose(
        preview["header"], preview["samples"], lambda text: text == "Aa en Hunze"
    )
    assert [chosen[index] for index in (1, 3, 4, 5, 6)] == [
        "gemeente", "attribute", "function", "email", "phone",
    ]  # fmt: skip
    importing.arrange(import_, chosen | {3: "name"}, function=None, now=clock.now())
    said = importing.summary(import_)
    bergen = db.session.scalars(
        select(ImportRow).where(ImportRow.question == "gemeente bergen")
    ).all()
    assert said["doubtful"] == len(bergen) > 20
    assert said["new"] == 5_001 - len(bergen)
    assert [row["line"] for row in said["refused"]] == [5_006, 5_007]
    assert "geen-postlijst" in said["remarks"][0]["reason"]
    assert exporting.to_csv() == before

    done = deciding.choose_alike(import_, bergen[0].id, "GM0373", by=MARIT, now=clock.now())
    assert done == len(bergen)
    importing.apply(import_, by=MARIT, now=clock.now())
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 5_002
    assert suppression.is_suppressed("lid7@raad.example")
    someone = db.session.scalars(select(Contact).where(Contact.last_name == "Berg-7")).one()
    assert (someone.phone, someone.attributes["Opmerking"]) == ("0300000007", "=1+1")

    clock.forward(timedelta(minutes=1))
    assert undoing.undo(import_, by=MARIT, now=clock.now()).kept == []
    assert exporting.to_csv() == before


def test_what_was_said_of_columns_is_remembered_for_the_same_header_row(clock: FixedClock) -> None:
    first = upload(UNCLEAR, clock)
    importing.arrange(
        first, {0: "gemeente", 1: "email"}, function=columns.Function.COLLEGE, now=clock.now()
    )

    same = upload(b"WAAR,adres\nSoest,b@soest.example\n", clock)
    other = upload(b"Waar;Adres;Noot\nSoest;b@soest.example;x\n", clock)

    assert same.state is ImportState.SHOWN
    assert importing.summary(same)["new"] == 1
    row = db.session.scalars(select(ImportRow).where(ImportRow.import_id == same.id)).one()
    assert row.after["function"] == "college"
    assert other.state is ImportState.COLUMNS


def test_the_file_stays_until_its_list_is_taken_over_or_thrown_away(clock: FixedClock) -> None:
    taken, thrown, waits = (upload(CLEAR, clock) for _ in range(3))

    importing.apply(taken, by=MARIT, now=clock.now())
    importing.discard(thrown, by=MARIT, now=clock.now())

    assert db.session.scalars(select(ImportFile.import_id)).all() == [waits.id]
    with pytest.raises(Refused, match="is er niet meer"):
        importing.look_again(taken, Layout())
    clock.forward(timedelta(days=31))
    newer = upload(CLEAR, clock)
    assert db.session.scalars(select(ImportFile.import_id)).all() == [newer.id]


def test_a_list_that_waits_for_its_columns_can_be_thrown_away_but_not_taken_over(
    clock: FixedClock,
) -> None:
    waits = upload(UNCLEAR, clock)

    with pytest.raises(Refused, match="nog niet gelezen"):
        importing.apply(waits, by=MARIT, now=clock.now())
    importing.discard(waits, by=MARIT, now=clock.now())

    assert waits.state is ImportState.DISCARDED


def test_columns_said_otherwise_show_the_whole_list_anew(clock: FixedClock) -> None:
    shown = upload(CLEAR, clock)
    line = db.session.scalars(select(ImportRow.id)).one()
    deciding.leave(shown, [line], by=MARIT, now=clock.now())

    chosen = {0: "gemeente", 1: "function", 2: "email"}
    importing.arrange(shown, chosen, function=None, now=clock.now())

    assert db.session.scalars(select(ImportRow.outcome)).all() == [Outcome.NEW]
    importing.apply(shown, by=MARIT, now=clock.now())
    with pytest.raises(Refused):
        importing.arrange(shown, chosen, function=None, now=clock.now())


def test_a_file_finds_the_addresses_in_it(clock: FixedClock) -> None:
    held = importing.file_of(upload(b"Waar;x\nZeist;mail: <A@Zeist.example>; B@z.example\n", clock))

    assert held.addresses == "\na@zeist.example\nb@z.example\n"


def test_a_choice_of_columns_that_lacks_one_changes_nothing(clock: FixedClock) -> None:
    waits = upload(UNCLEAR, clock)

    with pytest.raises(Invalid, match="Wijs nog aan: rol, email"):
        importing.arrange(waits, {0: "gemeente"}, function=None, now=clock.now())

    assert (waits.state, waits.mapping) == (ImportState.COLUMNS, {})


LONG = b"gemeente;rol;email\n" + b"".join(b"Zeist;raadslid;r%d@z.example\n" % n for n in range(5))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of five lines is a long one, and two are read at a time."""
    monkeypatch.setattr(importing, "READ_AT_ONCE", 4)
    monkeypatch.setattr(batches, "SIZE", 2)
    monkeypatch.setattr(batches.of, "__defaults__", (2,))


@pytest.mark.usefixtures("short")
def test_a_long_list_is_read_beside_the_browser_and_says_how_far_it_is(clock: FixedClock) -> None:
    import_ = upload(LONG, clock)
    assert import_.state is ImportState.READING
    with pytest.raises(Refused, match="nog niet helemaal gelezen"):
        importing.apply(import_, by=MARIT, now=clock.now())
    far: list[tuple[int, int]] = []

    def commit(_done: int, _total: int) -> None:
        db.session.commit()
        far.append(importing.read_so_far(import_))

    assert importing.read_next(now=clock.now(), progress=commit)
    assert not importing.read_next(now=clock.now(), progress=commit)

    assert far == [(2, 5), (4, 5), (5, 5)]
    assert (import_.state, importing.summary(import_)["new"]) == (ImportState.SHOWN, 5)


@pytest.mark.usefixtures("short")
def test_a_reader_that_was_stopped_halfway_begins_anew(clock: FixedClock) -> None:
    import_ = upload(LONG, clock)

    def stop(done: int, _total: int) -> None:
        db.session.commit()
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.read_next(now=clock.now(), progress=stop)
    db.session.rollback()
    assert importing.read_so_far(import_) == (4, 5)

    assert jobs.read_lists(now=clock.now()) == 1
    assert importing.summary(import_)["new"] == 5


@pytest.mark.usefixtures("short")
def test_a_long_list_that_is_thrown_away_meanwhile_leaves_nothing(clock: FixedClock) -> None:
    import_ = upload(LONG, clock)

    def throw_away(done: int, _total: int) -> None:
        if done == 2:
            importing.discard(import_, by=MARIT, now=clock.now())

    with pytest.raises(Refused, match="weggegooid"):
        importing.read_next(now=clock.now(), progress=throw_away)

    assert import_.state is ImportState.DISCARDED
    assert db.session.scalars(select(ImportRow)).all() == []
    assert jobs.read_lists(now=clock.now()) == 0


@pytest.mark.usefixtures("short")
def test_a_long_list_that_cannot_be_read_any_more_asks_for_its_columns(clock: FixedClock) -> None:
    import_ = upload(LONG, clock)
    import_.mapping = {"fields": {"0": "gemeente"}, "function": ""}
    db.session.commit()

    assert jobs.read_lists(now=clock.now()) == 0

    assert import_.state is ImportState.COLUMNS
