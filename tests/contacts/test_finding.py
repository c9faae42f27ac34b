"""Finding people and addresses, however they are spelled."""

from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, insert, literal, select, update

from outreach.accounts.audit import SYSTEM
from outreach.contacts import (
    directory,
    gemeenten,
    importing,
    keeping,
    offices,
    search_keys,
)
from outreach.contacts.directory import Reach
from outreach.contacts.finding import Sought
from outreach.contacts.models import (
    Basis,
    Contact,
    ContactList,
    Function,
    Import,
    ListMember,
    Tag,
)
from outreach.db import db
from tests.conftest import NOON
from tests.factories import make, make_contact

pytestmark = pytest.mark.usefixtures("app")


def found(**asked: object) -> list[str]:
    listing = directory.search(Sought(**asked))  # type: ignore[arg-type]
    assert listing.total == len(listing.entries)
    return [entry.address.email for entry in listing.entries]


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("Sudwest", ["griffie@sudwestfryslan.example"]),
        ("súdwest-fryslân", ["griffie@sudwestfryslan.example"]),
        ("sHertogenbosch", ["griffie@shertogenbosch.example"]),
        ("den bosch", ["griffie@shertogenbosch.example"]),
        ("Jansen", ["janssen@zeist.example"]),
        ("A.J. van dyk", ["dijk@zeist.example"]),
        ("dijk anna", ["dijk@zeist.example"]),
        ("ZEIST jans", ["janssen@zeist.example"]),
        ("noël", ["janssen@zeist.example"]),
        ("@zeist.ex", ["dijk@zeist.example", "janssen@zeist.example"]),
        ("zwole", []),
        ("%", []),
        ("---", []),
        ("_", []),
        ("   ", None),
    ],
)
def test_spelling_matters_little(text: str, finds: list[str] | None) -> None:
    for home in ("Súdwest-Fryslân", "'s-Hertogenbosch"):
        make_contact(home)
    raad = {"function": Function.RAADSLID}
    make_contact("Zeist", "janssen@zeist.example", first_name="Noël", last_name="Janssen", **raad)
    make_contact(
        "Zeist", "dijk@zeist.example", first_name="Anna", initials="A.J.", prefix="van",
        last_name="Dijk", **raad,
    )  # fmt: skip

    assert sorted(found(text=text)) == (sorted(finds) if finds is not None else sorted(found()))


def test_each_filter_narrows() -> None:
    assen, zeist = make_contact("Assen"), make_contact("Zeist", basis=None)
    make_contact("Zeist", "kok@zeist.example", function=Function.RAADSLID)
    make(Tag(contact_id=assen.id, name="pilot"))
    known = make(ContactList(name="Koplopers", created_at=NOON))
    make(ListMember(list_id=known.id, contact_id=zeist.id))

    assert found(province="Drenthe") == ["griffie@assen.example"]
    assert found(function=Function.RAADSLID) == ["kok@zeist.example"]
    assert found(tag="pilot") == ["griffie@assen.example"]
    assert found(list_name="Koplopers") == ["griffie@zeist.example"]
    assert found(basis="geen") == ["griffie@zeist.example"]
    assert found(basis=Basis.PUBLISHED.value) == ["griffie@assen.example", "kok@zeist.example"]
    assert found(within=Contact.id == assen.id) == ["griffie@assen.example"]
    assert found(province="Utrecht", function=Function.GRIFFIER, tag="pilot") == []
    listing = directory.search(Sought(province="Utrecht"), reach=Reach.SUGGESTED)
    assert (listing.total, listing.counts[Reach.CONFIRMED]) == (1, 1)


def keys() -> list[tuple[str, str]]:
    """Every key as it is kept, beside what it should be."""
    db.session.flush()
    db.session.expire_all()
    return [
        (one.search_key, search_keys.of_contact({p: getattr(one, p) for p in search_keys.PARTS}))
        for one in db.session.scalars(select(Contact).order_by(Contact.id))
    ]


def test_every_way_to_write_renews_the_key(tmp_path: Path) -> None:
    code = gemeenten.find("Zeist").code
    kept = keeping.add(
        code, Function.RAADSLID, email="a@zeist.example", basis=Basis.CONSENT, source="",
        by=SYSTEM, now=NOON, last_name="Vos",
    )  # fmt: skip
    assert keys() == [("vos", "vos")]

    keeping.change(kept, by=SYSTEM, now=NOON, last_name="Kuijpers", first_name="Zoë")
    assert keys() == [("zoekuypers", "zoekuypers")]

    text = "gemeente;rol;naam;email\nZeist;raadslid;mw. Ç. van Dijk-Janssen;b@zeist.example\n"
    importing.apply(_planned(text), by=SYSTEM, now=NOON)
    assert keys()[1] == ("cvandykjansen", "cvandykjansen")
    text = text.replace("van Dijk-Janssen", "van Dyck-Janssen")
    importing.apply(_planned(text), by=SYSTEM, now=NOON)
    assert all(one == other for one, other in keys())

    key = (code, Function.GRIFFIER)
    office_id = offices.ensure([key])[key]
    rows = [
        {"office_id": office_id, "last_name": name, "created_at": NOON, "changed_at": NOON}
        for name in ("Bakker", "De Groot")
    ]
    db.session.execute(insert(Contact), rows)
    db.session.execute(insert(Contact.__table__), rows[0] | {"attributes": {}})
    assert [one for one, _ in keys()][-3:] == ["baker", "degrot", "baker"]
    assert all(one == other for one, other in keys())
    db.session.execute(update(Contact).values(changed_at=NOON))
    assert all(one == other for one, other in keys())


def _planned(text: str) -> Import:
    return importing.plan(
        "list.csv", text.encode(), by=SYSTEM, now=NOON, list_name="", basis=Basis.CONSENT,
        source="", mapping={},
    )  # fmt: skip


LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(LATIN, min_size=1, max_size=20))
def test_the_database_folds_as_we_do(app: Flask, texts: list[str]) -> None:
    for text in [*texts, "Súdwest-Fryslân", "ĲSSEL", "Straße", "Æbelø", "A.J. Janssen", "i-j"]:
        folded = db.session.scalar(select(search_keys.in_sql([literal(text, String())])))
        assert folded == search_keys.fold(text), text


def test_pages_follow_each_other_without_a_gap_or_a_double(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "PAGE", 3)
    for home in ("Zeist", "Assen", "Emmen"):
        for n in range(4 if home == "Assen" else 2):
            raad = {"function": Function.RAADSLID}
            make_contact(home, f"r{n}@{home.lower()}.example", **raad)
    whole = [f"r{n}@assen.example" for n in range(4)]
    whole += [f"r{n}@{home}.example" for home in ("emmen", "zeist") for n in range(2)]

    pages = [directory.search(Sought(), page=page) for page in (1, 2, 3)]

    assert [one.address.email for page in pages for one in page.entries] == whole
    assert [len(page.entries) for page in pages] == [3, 3, 2]
    assert directory.search(Sought(), page=9).page == 3
