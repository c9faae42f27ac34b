"""Selecties: who fits, in words, saved, in letters and files."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from outreach.accounts.audit import SYSTEM
from outreach.accounts.models import AuditEntry
from outreach.answers.models import Answer
from outreach.campaigns import expressions, planning, selecting, selections
from outreach.campaigns.expressions import BadExpression, Field, Group, Op, Row
from outreach.campaigns.models import Campaign, Selection, Step
from outreach.campaigns.selection_words import words
from outreach.contacts import gemeenten, offices
from outreach.contacts.models import (
    Address,
    Basis,
    Contact,
    ContactList,
    Function,
    ListMember,
    Region,
    RegionGemeente,
    RegionKind,
    Suppression,
    SuppressionReason,
    Tag,
)
from outreach.contacts.suppression import suppress
from outreach.db import Base, db
from outreach.delivery.models import Message, State
from outreach.errors import Invalid, Refused
from outreach.events.models import Registration
from outreach.frontmatter import BadFile
from tests.campaigns.test_planning import load, send_first
from tests.conftest import NOON
from tests.factories import (
    make,
    make_address,
    make_answer,
    make_campaign,
    make_contact,
    make_meeting,
    make_message,
    make_registration,
)

pytestmark = pytest.mark.usefixtures("app")


def asked(*rows: dict[str, Any], any_of: bool = False) -> Group:
    return selections.resolve(expressions.parse({"any" if any_of else "all": list(rows)}))


def row(field: str, op: str = "in", *value: Any, of: str = "") -> dict[str, Any]:
    return {"field": field, "op": op, "value": list(value)} | ({"of": of} if of else {})


def who(expression: Group) -> list[str]:
    """The addresses of who fits, by name."""
    rows = selections.contacts(expression, now=NOON).join(Address).with_only_columns(Address.email)
    return sorted(set(db.session.scalars(rows)))


def receivers(campaign: Campaign, step: int, now: datetime = NOON) -> list[str]:
    return sorted(one.email for one in planning.plan(campaign, now=now)[step - 1].send)


GRONINGEN = {"any": [row("province", "in", "Drenthe"), row("province", "in", "Groningen")]}


def test_a_selectie_is_made_counted_and_used_in_a_letter(tmp_path: Path) -> None:
    for home in ("Emmen", "Assen", "Aa en Hunze", "Groningen", "Zeist"):
        make_contact(home)
    earlier = make_campaign(name="Oproep eenzaamheid", slug="eenzaamheid")
    make_answer(earlier, "Emmen", "doorgestuurd")
    expression = asked(
        row("role", "is", "griffier"),
        row("province", "in", "Drenthe", "Groningen"),
        row("inhabitants", "more", "50.000"),
        row("answered", "not_in", "eenzaamheid"),
    )

    selections.add("Grote stille", expression, by=SYSTEM, now=NOON)
    [listed] = selections.everything(now=NOON)

    assert listed.words == (
        "griffiers in Drenthe of Groningen, met meer dan 50.000 inwoners,"
        " die niet antwoordden op Oproep eenzaamheid"
    )
    assert listed.count == 2
    campaign = load(tmp_path, "{segment: Grote stille}")
    assert receivers(campaign, 1) == ["griffie@assen.example", "griffie@groningen.example"]
    assert planning.plan(campaign, now=NOON)[0].missing == []
    assert selections.used_by(listed.selection) == [campaign]


@pytest.mark.parametrize(
    ("asks", "fits"),
    [
        (row("role", "in", "raadslid", "college"), ["raad@zeist.example"]),
        (row("role", "is_not", "griffier"), ["raad@zeist.example"]),
        (row("party", "is", "pvda"), ["raad@zeist.example"]),
        (row("party", "contains", "VD"), ["raad@zeist.example"]),
        (row("party", "empty"), ["griffie@assen.example", "griffie@zeist.example"]),
        (row("gemeente", "in", "zeist"), ["griffie@zeist.example", "raad@zeist.example"]),
        (row("inhabitants", "less", "67000"), ["griffie@zeist.example", "raad@zeist.example"]),
        (row("inhabitants", "between", 60000, 70000), None),
        (row("tag", "in", "pilot"), ["raad@zeist.example"]),
        (row("tag", "empty"), ["griffie@assen.example", "griffie@zeist.example"]),
        (row("list", "in", "Koplopers"), ["griffie@assen.example"]),
        (row("list", "not_in", "Koplopers"), ["griffie@zeist.example", "raad@zeist.example"]),
        (row("attribute", "in", "De Marke", of="regio"), ["griffie@assen.example"]),
        (row("attribute", "filled", of="regio"), ["griffie@assen.example"]),
        (row("basis", "in", "consent"), ["raad@zeist.example"]),
        (row("reach", "in", "geen-post"), ["griffie@assen.example"]),
        (row("reach", "in", "bevestigd"), ["griffie@zeist.example", "raad@zeist.example"]),
        (row("registered", "in", "haarlem"), ["raad@zeist.example"]),
        (
            row("registered_from", "in", "haarlem"),
            ["griffie@zeist.example", "raad@zeist.example"],
        ),
        (row("registered_from", "not_in", "haarlem"), ["griffie@assen.example"]),
        (row("bounced", "in", "oproep"), ["griffie@assen.example"]),
        (row("written", "within", 30), ["griffie@zeist.example"]),
        (row("written", "not_within", 30), ["griffie@assen.example", "raad@zeist.example"]),
        (row("answer", "in", "geweigerd", of="oproep"), None),
        (row("answer", "in", "ontvangen", of="oproep"), ["griffie@assen.example"]),
        (row("answered", "in", "oproep"), []),
    ],
)
def test_each_field_finds_its_own(asks: dict[str, Any], fits: list[str] | None) -> None:
    zeist = make_contact("Zeist")
    assen = make_contact("Assen", attributes={"regio": "De Marke"})
    raad = make_contact(
        "Zeist", "raad@zeist.example", function=Function.RAADSLID, party="PvdA",
        basis=Basis.CONSENT,
    )  # fmt: skip
    make(Tag(contact_id=raad.id, name="pilot"))
    koplopers = make(ContactList(name="Koplopers", created_at=NOON))
    make(ListMember(list_id=koplopers.id, contact_id=assen.id))
    suppress("griffie@assen.example", SuppressionReason.ASKED, by=SYSTEM, now=NOON)
    make_registration(
        make_meeting(), email="Raad@zeist.example", gemeente_code=zeist.office.gemeente_code
    )
    oproep = make_campaign(slug="oproep")
    make_message(oproep, zeist)
    make_message(oproep, assen, state=State.REFUSED, accepted_at=None)
    make_answer(oproep, "Assen", "ontvangen")
    everyone = ["griffie@assen.example", "griffie@zeist.example", "raad@zeist.example"]

    found = who(asked(asks))

    assert found == (fits if fits is not None else [one for one in everyone if one in found])
    assert set(who(asked(asks))) <= set(everyone)


def test_a_gemeente_that_wants_no_post_says_nothing_of_another() -> None:
    make_contact("Zeist")
    assen = make_contact("Assen").office.gemeente_code
    make(Suppression(address_key=assen, reason=SuppressionReason.ASKED, actor="system", since=NOON))

    assert who(asked(row("reach", "in", "geen-post"))) == ["griffie@assen.example"]
    assert who(asked(row("reach", "in", "bevestigd"))) == ["griffie@zeist.example"]


def test_groups_say_which_rows_may_stand_for_each_other() -> None:
    for home in ("Emmen", "Groningen", "Zeist"):
        make_contact(home)
    raad = make_contact("Zeist", "raad@zeist.example", function=Function.RAADSLID)
    make(Tag(contact_id=raad.id, name="pilot"))

    both = asked(GRONINGEN, row("inhabitants", "more", 150_000))
    either = asked(row("tag", "in", "pilot"), GRONINGEN, any_of=True)

    assert who(both) == ["griffie@groningen.example"]
    assert who(either) == [
        "griffie@emmen.example",
        "griffie@groningen.example",
        "raad@zeist.example",
    ]
    assert words(both) == "iedereen (in Drenthe of in Groningen), met meer dan 150.000 inwoners"
    assert words(either) == "iedereen met label pilot, of (in Drenthe of in Groningen)"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"all": []}, "Zet ten minste één regel"),
        ({"all": [row("kleur", "in", "rood")]}, "Regel 1: het veld ‘kleur’ kennen wij niet"),
        ({"all": [row("tag", "in", "a"), row("role", "more", "3")]}, "Regel 2 (functie): ‘more’"),
        ({"all": [row("inhabitants", "more", "veel")]}, "Regel 1 (inwoners): “veel” is geen getal"),
        ({"all": [row("inhabitants", "between", 5, 3)]}, "het eerste getal is groter"),
        ({"all": [row("written", "within", 0)]}, "kies 1 tot 3650 dagen"),
        ({"all": [row("province", "in")]}, "Regel 1 (provincie): kies of typ een waarde"),
        ({"all": [row("attribute", "in", "x")]}, "kies het gegeven"),
        ({"all": [row("tag", "empty", "x")]}, "hoort geen waarde"),
        ({"all": [{"any": [{"all": [row("tag")]}]}]}, "geen groepen meer"),
        ({"all": [row("province", "in", "Atlantis")]}, "Regel 1 (provincie): De provincie"),
        ({"all": [GRONINGEN, row("gemeente", "in", "Bergen")]}, "Regel 3 (gemeente): “Bergen” kan"),
        ({"all": [row("list", "in", "Weg")]}, "Regel 1 (lijst): Er is geen lijst"),
        ({"all": [row("answered", "in", "weg")]}, "Er is geen brief met de naam “weg”"),
        ({"all": [row("registered", "in", "weg")]}, "Er is geen bijeenkomst"),
        ({"all": [row("reach", "in", "blij")]}, "“blij” is geen stand"),
        ({"all": [row("basis", "in", "blij")]}, "“blij” is geen reden"),
        ({"version": 2, "all": [row("tag", "in", "a")]}, "Versie 2"),
        ("pilot", "begint met"),
        ({"all": [row("tag", "in", "a")], "any": []}, "begint met"),
        ({"all": [row("tag", "in", "a")] * 41}, "ten hoogste 40"),
    ],
)
def test_what_cannot_be_is_refused_by_the_row(data: Any, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        selections.resolve(expressions.parse(data))
    assert says in str(refused.value)


def test_two_who_change_one_selectie_do_not_undo_each_other() -> None:
    mine = selections.add("Pilot", asked(row("tag", "in", "pilot")), by=SYSTEM, now=NOON)
    seen = mine.version
    other = asked(row("tag", "in", "koploper"))
    selections.change(mine, name="Pilot", expression=other, version=seen, by=SYSTEM, now=NOON)

    with pytest.raises(Refused, match="Een collega wijzigde"):
        selections.change(
            mine,
            name="Pilot",
            expression=asked(row("tag", "empty")),
            version=seen,
            by=SYSTEM,
            now=NOON,
        )

    assert expressions.parse(mine.expression) == other
    acts = list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))
    assert acts == ["add selection", "change selection"]


def test_one_name_is_one_selectie_and_a_copy_has_its_own() -> None:
    first = selections.add("Noord", asked(GRONINGEN), by=SYSTEM, now=NOON)

    with pytest.raises(Refused, match="al een selectie"):
        selections.add(" noord ", asked(GRONINGEN), by=SYSTEM, now=NOON)
    second = selections.copy(first, by=SYSTEM, now=NOON)
    third = selections.copy(first, by=SYSTEM, now=NOON)

    assert [second.name, third.name] == ["Noord (kopie)", "Noord (kopie 2)"]
    assert second.expression == first.expression


def test_a_selectie_that_a_letter_uses_keeps_its_name_and_stays(tmp_path: Path) -> None:
    make_contact("Assen")
    drenthe = asked(row("province", "in", "Drenthe"))
    used = selections.add("Drenthe", drenthe, by=SYSTEM, now=NOON)
    load(tmp_path, "{role: griffier, except: {segment: Drenthe}}")

    with pytest.raises(Refused, match="Daarom blijft zij bewaard"):
        selections.remove(used, by=SYSTEM, now=NOON)
    with pytest.raises(Refused, match="onder de naam “Drenthe”"):
        selections.change(used, name="Noorden", expression=drenthe, version=1, by=SYSTEM, now=NOON)

    free = selections.copy(used, by=SYSTEM, now=NOON)
    selections.remove(free, by=SYSTEM, now=NOON)
    assert db.session.scalars(select(Selection)).all() == [used]


def test_an_audience_may_hold_the_expression_itself_and_leave_out_by_another(
    tmp_path: Path,
) -> None:
    for home in ("Emmen", "Assen", "Zeist"):
        make_contact(home)
    make(Tag(contact_id=make_contact("Hoogeveen").id, name="pilot"))
    selections.add("Pilot", asked(row("tag", "in", "pilot")), by=SYSTEM, now=NOON)

    campaign = load(
        tmp_path,
        "\n  segment:\n    all:\n"
        "      - {field: province, op: in, value: [Drenthe]}\n"
        "      - {field: inhabitants, op: more, value: 50.000}\n"
        "  except: {segment: Pilot}",
    )

    assert receivers(campaign, 1) == ["griffie@assen.example", "griffie@emmen.example"]
    assert campaign.audience["segment"]["all"][1]["value"] == [50000]


@pytest.mark.parametrize(
    ("segment", "says"),
    [
        (
            "{all: [{field: kleur, value: rood}]}",
            "Regel 6, kolom 36: in regel 1 van de selectie: het veld ‘kleur’",
        ),
        (
            "{all: [{field: role, op: more}]}",
            "Regel 6, kolom 46: in regel 1 van de selectie (functie): ‘more’",
        ),
        ("{any: []}", "Regel 6, kolom 27: Zet ten minste"),
        ("[a]", "Regel 6, kolom 21: Een selectie begint met"),
    ],
)
def test_a_fault_in_a_file_has_its_line_and_column(tmp_path: Path, segment: str, says: str) -> None:
    with pytest.raises(BadFile) as refused:
        load(tmp_path, f"{{segment: {segment}}}")
    assert str(refused.value).startswith(says)


def test_a_file_that_names_no_selectie_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="geen selectie die “Weg” heet"):
        load(tmp_path, "{segment: Weg}")


def test_who_got_the_first_letter_is_still_in_a_selectie_of_who_got_no_post(
    tmp_path: Path,
) -> None:
    """A letter's own first step is not "post that they got lately" to its reminder."""
    make_contact("Assen")
    make_contact("Zeist")
    other = make_campaign(slug="ander")
    make_message(other, make_contact("Emmen"))
    selections.add("Rust", asked(row("written", "not_within", 30)), by=SYSTEM, now=NOON)
    campaign = load(tmp_path, "{role: griffier, segment: Rust}")

    send_first(campaign)
    later = receivers(campaign, 2, NOON + timedelta(days=18))

    assert later == ["griffie@assen.example", "griffie@zeist.example"]


def test_an_audience_of_who_registered(tmp_path: Path) -> None:
    make_contact("Zeist", "raad@zeist.example", function=Function.RAADSLID)
    make_contact("Zeist", "stil@zeist.example", function=Function.RAADSLID)
    make_registration(make_meeting(), email="raad@zeist.example")

    campaign = load(tmp_path, "{role: raadslid, registered_for: haarlem}")

    assert receivers(campaign, 1) == ["raad@zeist.example"]


# ── SQL finds what a plain reading of the world finds ───────────────────────────────────

HOMES = ("Assen", "Emmen", "Zeist")
PARTIES = ("", "PvdA", "vvd")
DAYS = st.integers(1, 60)
_names = st.sampled_from
VALUES: dict[Field, st.SearchStrategy[Any]] = {
    Field.ROLE: st.lists(_names(["griffier", "raadslid", "partner"]), min_size=1, unique=True),
    Field.PORTFOLIO: st.lists(_names(["zorg", "jeugd"]), min_size=1, max_size=2, unique=True),
    Field.PARTY: st.lists(_names(["PvdA", "VVD", "v"]), min_size=1, max_size=2, unique=True),
    Field.PROVINCE: st.lists(_names(["Drenthe", "Utrecht"]), min_size=1, unique=True),
    Field.REGION: st.lists(_names(["1", "2"]), min_size=1, unique=True),
    Field.GEMEENTE: st.lists(_names(["GM0106", "GM0355"]), min_size=1, unique=True),
    Field.TAG: st.lists(_names(["pilot", "vip"]), min_size=1, unique=True),
    Field.LIST: st.lists(_names(["Een", "Twee"]), min_size=1, unique=True),
    Field.ATTRIBUTE: st.lists(_names(["rood", "Blauw"]), min_size=1, max_size=1),
    Field.BASIS: st.lists(_names(["published", "consent"]), min_size=1, unique=True),
    Field.REACH: st.lists(
        _names(["geen-post", "voorgesteld", "bevestigd", "geen-adres"]), min_size=1, unique=True
    ),
    Field.ANSWERED: st.just(["brief"]),
    Field.ANSWER: st.lists(_names(["ontvangen", "geweigerd"]), min_size=1, unique=True),
    Field.BOUNCED: st.just(["brief"]),
    Field.REGISTERED: st.just(["haarlem"]),
    Field.REGISTERED_FROM: st.just(["haarlem"]),
}
OF = {Field.ATTRIBUTE: "kleur", Field.ANSWER: "brief"}
COUNTS = st.integers(0, 130_000)


@st.composite
def a_row(draw: st.DrawFn) -> Row:
    field = draw(st.sampled_from(Field))
    op = draw(st.sampled_from(expressions.OPS[field]))
    values: list[Any] = []
    if op is Op.BETWEEN:
        values = sorted([draw(COUNTS), draw(COUNTS)])
    elif field is Field.WRITTEN:
        values = [draw(DAYS)]
    elif field is Field.INHABITANTS:
        values = [draw(COUNTS)]
    elif op not in (Op.EMPTY, Op.FILLED):
        values = draw(VALUES[field])
    values = values[:1] if op is Op.CONTAINS else values
    return Row(field, op, tuple(values), OF.get(field, ""))


def a_group(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Group]:
    parts = st.lists(inside, min_size=1, max_size=3).map(tuple)
    return st.builds(Group, st.booleans(), parts)


#: Each comparison of each field, and each stand by itself.
EVERY_ROW = [
    Group(any=False, parts=(Row(field, op, values, OF.get(field, "")),))
    for field, op, values in [
        *((Field.REACH, Op.IN, (one,)) for one in ("geen-post", "bevestigd", "geen-adres")),
        *((Field.PARTY, op, ("pvda",)) for op in (Op.IN, Op.NOT_IN, Op.CONTAINS)),
        *((Field.ATTRIBUTE, op, ("Rood",)) for op in (Op.IN, Op.NOT_IN, Op.CONTAINS)),
        *((Field.INHABITANTS, op, (70_769,)) for op in (Op.IS, Op.MORE, Op.LESS)),
        *((Field.WRITTEN, op, (30,)) for op in (Op.WITHIN, Op.NOT_WITHIN)),
        *(
            (field, op, ())
            for field in Field
            for op in (Op.EMPTY, Op.FILLED)
            if op in expressions.OPS[field]
        ),
        *((Field.ANSWERED, op, ("brief",)) for op in (Op.IN, Op.NOT_IN)),
        *((Field.BOUNCED, op, ("brief",)) for op in (Op.IN, Op.NOT_IN)),
    ]
]
EXPRESSIONS = a_group(st.one_of(a_row(), a_row(), a_group(a_row())))
PERSON = st.fixed_dictionaries(
    {
        "home": st.sampled_from([*HOMES, None]),
        "role": st.sampled_from(["griffier", "raadslid"]),
        "party": st.sampled_from(PARTIES),
        "colour": st.sampled_from(["", "rood", "blauw"]),
        "tags": st.sets(st.sampled_from(["pilot", "vip"])),
        "lists": st.sets(st.sampled_from(["Een", "Twee"])),
        "addresses": st.lists(
            st.tuples(
                st.sampled_from([None, "published", "consent"]), st.booleans(), st.booleans()
            ),
            max_size=2,
        ),
        "letter": st.sampled_from([None, "accepted", "refused", "bounced", "uncertain"]),
        "days": DAYS,
        "comes": st.sampled_from([None, "comes", "cancelled"]),
    }
)
WORLD = st.fixed_dictionaries(
    {
        "people": st.lists(PERSON, min_size=1, max_size=5),
        "closed": st.sampled_from([None, "GM0106", "@voorbeeld.example"]),
        "answers": st.sets(
            st.tuples(
                st.sampled_from(HOMES),
                st.sampled_from(["ontvangen", "geweigerd", "doorgestuurd"]),
                st.booleans(),
            ),
            max_size=3,
        ),
    }
)


def build(world: dict[str, Any]) -> None:
    brief = make_campaign(slug="brief", name="Brief")
    meeting = make_meeting()
    for number, homes in ((1, ("Assen", "Zeist")), (2, ("Emmen",))):
        make(Region(id=number, kind=RegionKind.OWN, name=f"Regio {number}", search_key=str(number),
                    created_at=NOON, changed_at=NOON))  # fmt: skip
        for home in homes:
            code = gemeenten.find(home).code
            make(RegionGemeente(region_id=number, gemeente_code=code))
    lists = {name: make(ContactList(name=name, created_at=NOON)) for name in ("Een", "Twee")}
    for number, person in enumerate(world["people"]):
        _build_person(number, person, brief, meeting, lists)
    if world["closed"]:
        stop = {"reason": SuppressionReason.ASKED, "actor": "system", "since": NOON}
        make(Suppression(address_key=world["closed"], **stop))
    for home, status, undone in sorted(world["answers"]):
        answer = make_answer(brief, home, status)
        answer.undone_at = NOON if undone else None
    db.session.commit()


def _build_person(number: int, person: Any, brief: Any, meeting: Any, lists: Any) -> None:
    home = person["home"] and gemeenten.find(person["home"]).code
    role = Function(person["role"]) if home else Function.PARTNER
    key = (home, role)
    contact = Contact(
        office_id=offices.ensure([key])[key],
        party=person["party"],
        attributes={"kleur": person["colour"]} if person["colour"] else {},
        created_at=NOON,
        changed_at=NOON,
    )
    make(contact)
    for tag in person["tags"]:
        make(Tag(contact_id=contact.id, name=tag))
    for name in person["lists"]:
        make(ListMember(list_id=lists[name].id, contact_id=contact.id))
    email = f"p{number}@voorbeeld.example"
    for n, (basis, confirmed, stopped) in enumerate(person["addresses"]):
        own = email if n == 0 else f"p{number}-{n}@voorbeeld.example"
        make_address(
            contact,
            own,
            basis=Basis(basis) if basis else None,
            confirmed_at=NOON if confirmed else None,
        )
        if stopped:
            suppress(own, SuppressionReason.ASKED, by=SYSTEM, now=NOON)
    if person["letter"] and person["addresses"]:
        at = NOON - timedelta(days=person["days"], minutes=1)
        left = person["letter"] in ("accepted", "bounced")
        states = {"refused": State.REFUSED, "uncertain": State.UNCERTAIN}
        make_message(
            brief,
            contact,
            state=states.get(person["letter"], State.ACCEPTED),
            accepted_at=at if left else None,
            not_before=at,
            bounced_at=NOON if person["letter"] == "bounced" else None,
        )
    if person["comes"]:
        registration = make_registration(meeting, email=email, gemeente_code=home)
        if person["comes"] == "cancelled":
            registration.cancelled_at = NOON
    db.session.commit()


class Plain:
    """A reading of the world without SQL: every table as a list."""

    def __init__(self) -> None:
        self.addresses = list(db.session.scalars(select(Address)))
        self.suppressed = {one.address_key for one in db.session.scalars(select(Suppression))}
        self.tags = {(t.contact_id, t.name) for t in db.session.scalars(select(Tag))}
        homes = db.session.scalars(select(RegionGemeente))
        self.regions = [(one.region_id, one.gemeente_code) for one in homes]
        lists = {one.id: one.name for one in db.session.scalars(select(ContactList))}
        members = db.session.scalars(select(ListMember))
        self.lists = {(m.contact_id, lists[m.list_id]) for m in members}
        self.answers = [a for a in db.session.scalars(select(Answer)) if not a.undone_at]
        self.messages = list(db.session.scalars(select(Message).join(Step)))
        self.registrations = [
            one for one in db.session.scalars(select(Registration)) if not one.cancelled_at
        ]

    def fits(self, part: Row | Group, contact: Contact) -> bool:
        if isinstance(part, Group):
            found = [self.fits(one, contact) for one in part.parts]
            return any(found) if part.any else all(found)
        return FITS[part.field](self, part, contact)

    def stopped(self, address: Address, contact: Contact) -> bool:
        domain = "@" + address.address_key.partition("@")[2]
        own = {address.address_key, domain, contact.office.gemeente_code}
        return bool(own & self.suppressed)

    def reach(self, contact: Contact) -> set[str]:
        own = [one for one in self.addresses if one.contact_id == contact.id]
        return {
            "geen-post"
            if self.stopped(one, contact)
            else "bevestigd"
            if one.confirmed_at
            else "voorgesteld"
            for one in own
        } or {"geen-adres"}


def among(has: Callable[[Plain, Row, Contact], Any]) -> Callable[[Plain, Row, Contact], bool]:
    """Whether any of what a contact has is among the values."""

    def fits(world: Plain, row: Row, contact: Contact) -> bool:
        mine = set(has(world, row, contact))
        if row.op in (Op.EMPTY, Op.FILLED):
            return bool(mine) == (row.op is Op.FILLED)
        return bool(mine & set(row.values)) != row.negative

    return fits


def text_of(has: Callable[[Row, Contact], str]) -> Callable[[Plain, Row, Contact], bool]:
    def fits(_world: Plain, row: Row, contact: Contact) -> bool:
        mine = has(row, contact).lower()
        if row.op in (Op.EMPTY, Op.FILLED):
            return bool(mine) == (row.op is Op.FILLED)
        if row.op is Op.CONTAINS:
            return row.texts[0].lower() in mine
        return (mine in [text.lower() for text in row.texts]) != row.negative

    return fits


def _home(contact: Contact) -> Any:
    return contact.office.gemeente


def _inhabitants(_world: Plain, row: Row, contact: Contact) -> bool:
    if _home(contact) is None:
        return False
    count, first, last = _home(contact).inhabitants, row.numbers[0], row.numbers[-1]
    checks = {Op.IS: count == first, Op.MORE: count > first, Op.LESS: count < first}
    return checks.get(row.op, first <= count <= last)


def _letters(world: Plain, contact: Contact) -> list[Message]:
    return [one for one in world.messages if one.contact_id == contact.id]


def _written(world: Plain, row: Row, contact: Contact) -> bool:
    since = NOON - timedelta(days=row.numbers[0])
    left = [one for one in _letters(world, contact) if one.state != State.REFUSED]
    return any((one.accepted_at or one.not_before) >= since for one in left) != row.negative


def _came(world: Plain, contact: Contact, *, gemeente: bool) -> list[str]:
    keys = {one.address_key for one in world.addresses if one.contact_id == contact.id}
    code = contact.office.gemeente_code
    return [
        "haarlem"
        for one in world.registrations
        if (code is not None and one.gemeente_code == code if gemeente else one.email_key in keys)
    ]


def _answers(world: Plain, contact: Contact) -> list[Answer]:
    return [one for one in world.answers if one.gemeente_code == contact.office.gemeente_code]


FITS: dict[Field, Callable[[Plain, Row, Contact], bool]] = {
    Field.ROLE: among(lambda w, r, c: [c.office.function.value]),
    Field.PARTY: text_of(lambda r, c: c.party),
    Field.PORTFOLIO: text_of(lambda r, c: c.portfolio),
    Field.PROVINCE: among(lambda w, r, c: [_home(c).province] if _home(c) else []),
    Field.REGION: among(
        lambda w, r, c: [str(id_) for id_, code in w.regions if code == c.office.gemeente_code]
    ),
    Field.GEMEENTE: among(lambda w, r, c: [c.office.gemeente_code]),
    Field.INHABITANTS: _inhabitants,
    Field.TAG: among(lambda w, r, c: [name for id_, name in w.tags if id_ == c.id]),
    Field.LIST: among(lambda w, r, c: [name for id_, name in w.lists if id_ == c.id]),
    Field.ATTRIBUTE: text_of(lambda r, c: c.attributes.get(r.of, "")),
    Field.BASIS: among(
        lambda w, r, c: [
            one.basis.value for one in w.addresses if one.contact_id == c.id and one.basis
        ]
    ),
    Field.REACH: among(lambda w, r, c: w.reach(c)),
    Field.ANSWERED: among(lambda w, r, c: ["brief" for one in _answers(w, c) if one.stops]),
    Field.ANSWER: among(lambda w, r, c: [one.status for one in _answers(w, c)]),
    Field.BOUNCED: among(
        lambda w, r, c: [
            "brief" for one in _letters(w, c) if one.state == State.REFUSED or one.bounced_at
        ]
    ),
    Field.REGISTERED: among(lambda w, r, c: _came(w, c, gemeente=False)),
    Field.REGISTERED_FROM: among(lambda w, r, c: _came(w, c, gemeente=True)),
    Field.WRITTEN: _written,
}


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(world=WORLD, asked_of_it=st.lists(EXPRESSIONS, min_size=15, max_size=25))
def test_sql_finds_who_a_plain_reading_finds(
    app: Any, world: dict[str, Any], asked_of_it: list[Group]
) -> None:
    clear()
    build(world)
    plain = Plain()
    everyone = list(db.session.scalars(select(Contact)))
    for expression in [*asked_of_it, *EVERY_ROW]:
        wanted = {one.id for one in everyone if plain.fits(expression, one)}
        condition = selecting.fits(expression, now=NOON)
        found = set(db.session.scalars(select(Contact.id).where(condition)))
        assert found == wanted, (expression, words(expression))
        assert expressions.parse(expressions.dump(expression)) == expression


def clear() -> None:
    """The world as it was before there was anybody: only gemeenten."""
    stays = {"gemeente", "gemeente_alias"}
    for table in reversed(Base.metadata.sorted_tables):
        if table.name not in stays:
            db.session.execute(delete(table))
    db.session.commit()
    db.session.expunge_all()


def test_a_bad_expression_says_where_it_stands() -> None:
    with pytest.raises(BadExpression) as refused:
        expressions.parse({"all": [row("tag", "in", "a"), {"any": [row("tag", "in")]}]})
    assert refused.value.path == ("all", 1, "any", 0, "value")
