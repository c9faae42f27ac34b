"""One box over everything: every word has to be there, in any of its forms."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, inspect, select, text, update

from outreach import jobs, marking
from outreach.accounts.audit import CLI
from outreach.answers import documents
from outreach.answers.documents import Facts, File
from outreach.answers.models import Answer, Document, PhoneCall
from outreach.campaigns.models import CampaignState, TextBlock
from outreach.contacts.models import Address, Contact
from outreach.db import db
from outreach.delivery.arrivals import Incoming, Place
from outreach.delivery.arrivals import Kind as MailKind
from outreach.ledger import erasing, search_index
from outreach.ledger.person import of_contact
from outreach.ledger.search import Asked, search
from outreach.ledger.search_index import Kind, SearchEntry, SearchTodo
from outreach.ledger.search_words import MOST_SAME, Entry, Question, vector
from tests.conftest import NOON
from tests.factories import (
    make,
    make_answer,
    make_campaign,
    make_contact,
    make_meeting,
    make_registration,
)

TEXT = "De raad stelde vast dat er in alle wijken huizen van de buurt komen. " * 3


@pytest.fixture
def everything(app: Any) -> None:
    """The word "huis" in a letter, a document, a mail, an answer, a call and a note."""
    campaign = make_campaign(state=CampaignState.RUNNING)
    campaign.steps[0].texts[0].letter = "Wij vragen {{gemeente}} om een huis in elke wijk."
    make_answer(campaign, "Zeist", "op-lijst", note="Wij openen drie huizen in de wijk",
                handling="college-bericht", url="https://raad.inzage.example/lis/8812")  # fmt: skip
    file = File("b.pdf", "0" * 64, 9, 1, TEXT, "")
    facts = Facts(subject="Besluit", number="2026-004273", dated=date(2026, 3, 1),
                  signatories=[("A.W. van Hien", "burgemeester")])  # fmt: skip
    documents.add("GM1680", facts, file=file, by=CLI, now=NOON)
    make_mail(subject="Uw huis in onze wijk", text="Dank.", case_number="Z-26/17")
    make_mail(subject="Een wijkhuis", state=Place.REMOVED)
    called = {"campaign_id": campaign.id, "gemeente_code": "GM1680", "body": "raad"}
    make(PhoneCall(**called, called_at=NOON, note="De griffier zoekt een huis in de wijk"))
    name = {"first_name": "Noor", "prefix": "van der", "last_name": "Dijk"}
    make_contact("Soest", "n.dijk@soest.example", notes="Belt over het huis van de wijk", **name)
    make(TextBlock(title="Slot", text="Huis per wijk.", actor="cli", changed_at=NOON))
    make_meeting(title="Één huis, één wijk", notes="Bel Pauluskerk")
    db.session.commit()


@pytest.fixture(params=["read", "late"])
def found(request: pytest.FixtureRequest, everything: None) -> str:
    """What is there is in the index, or waits to be read: it makes no difference."""
    if request.param == "read":
        jobs.index()
    return str(request.param)


def make_mail(**values: Any) -> Incoming:
    made = values.get("subject", "")
    known = {
        "dedupe_key": made,
        "from_name": "Griffie Zeist",
        "from_email": "griffie@zeist.example",
        "received_at": NOON,
        "read_at": NOON,
        "kind": MailKind.ANSWER,
        "state": Place.SETTLED,
    }
    return make(Incoming(**(known | values)))


def counted(asked: Asked | str) -> dict[str, int]:
    return {kind.value: len(hits) for kind, hits in search(asked).hits.items()}


ALL = {one.value: 1 for one in Kind if one is not Kind.REGISTRATION}


def test_a_word_is_found_in_any_of_its_forms_everywhere(found: str) -> None:
    for typed in ("huis wijk", "wijken huizen", "HUIZEN  wijk", "wijk hui"):
        assert counted(typed) == ALL, typed


#: What is typed, and the kinds that hold it.
ASKED = {
    "huis zwembad": "",
    "100%": "",
    "_": "",
    "%%": "",
    "\x00\x00": "",
    "*": "",
    '"': "",
    "AND OR NOT": "",
    'huis" OR "': "",
    "(huis": "letter document mail answer call meeting contact text",
    "words:huis": "",
    "huis 2026-004273": "document",
    "2026004273": "document",
    "2026-0042": "document",
    "004273": "document",
    "z-26/17": "mail",
    "Z26 17": "",
    "n.dijk@soest.example": "contact",
    "@soest.example": "contact",
    "@zeist.example": "mail",
    "n.dijk@soe": "contact",
    "van dyk": "contact",
    "van der dijk": "contact",
    "vanderdijk": "contact",
    "Noor Dijk": "contact",
    "paulus": "meeting",
    "pauluskerken": "meeting",
    "een huis een wijk": "letter call meeting",
    '"huis in de wijk"': "answer call",
    '"wijk huis"': "document",
    '"huis wijk"': "",
    '"in de wijk': "answer call",
    "zeist wijk": "mail answer",
    "aa en hunze huis": "document call",
    "GM1680 besluit": "document",
    "soest": "contact",
    "stelde vast raad": "document",
    "vergadering": "",
    "college afdoening": "answer",
    "bericht aan de raad": "answer",
    "raad.inzage.example/lis/8812": "answer",
    "https://raad.inzage.example/lis": "answer",
    "van hien": "document",
    "дом": "",
}


def test_each_question_has_the_same_answer_on_both_engines(found: str) -> None:
    answers = {typed: " ".join(counted(typed)) for typed in ASKED}

    assert answers == {typed: _in_order(kinds) for typed, kinds in ASKED.items()}


def _in_order(kinds: str) -> str:
    return " ".join(one.value for one in Kind if one.value in kinds.split())


def test_what_was_found_is_quoted_with_what_was_meant_marked(found: str) -> None:
    hits = search("huizen raad").hits

    (quote,) = [hit.quote for hit in hits[Kind.DOCUMENT]]
    assert str(quote).startswith("De raad stelde vast dat er in alle wijken huizen")
    assert str(quote).endswith("…")
    assert [piece for piece, meant in quote.pieces if meant][:2] == ["raad", "huizen"]
    assert str(search("huis").hits[Kind.LETTER][0].quote).startswith("Wij vragen {{gemeente}} om")
    assert search("huis").hits[Kind.DOCUMENT][0].gemeenten == ("Aa en Hunze",)


def test_a_kind_or_a_period_narrows_it(found: str) -> None:
    assert counted(Asked("huis", [Kind.MAIL, Kind.CALL])) == {"mail": 1, "call": 1}
    first = date(2026, 3, 1)
    assert counted(Asked("huis", since=first, until=first)) == {"document": 1}
    assert "document" not in counted(Asked("huis", since=first + timedelta(days=1)))
    assert search(Asked("zeist", since=first)).gemeenten == []
    assert counted(Asked("huis", until=date.max)) == ALL


def test_the_newest_come_first_and_the_rest_is_told(app: Any) -> None:
    for n in range(25):
        make_mail(subject=f"Mail {n:02}", received_at=NOON - timedelta(days=n))
    db.session.commit()
    jobs.index()

    found = search("mail")

    assert [hit.row.subject for hit in found.hits[Kind.MAIL]] == [f"Mail {n:02}" for n in range(20)]
    assert found.more == {Kind.MAIL}
    assert len(search(Asked("mail", [Kind.MAIL])).hits[Kind.MAIL]) == 25


def test_a_gemeente_is_found_by_a_part_of_its_name_or_another_name(everything: None) -> None:
    assert [one.name for one in search("den bosch").gemeenten] == ["'s-Hertogenbosch"]
    assert [one.name for one in search("sudwest").gemeenten] == ["Súdwest-Fryslân"]


#: A change, and the kind that it takes out of what "huis" finds.
CHANGES: dict[str, tuple[Callable[[], Any], str]] = {
    "document": (lambda: db.session.execute(update(Document).values(text="")), "document"),
    "gone": (lambda: db.session.execute(delete(Document)), "document"),
    "mail": (lambda: db.session.execute(update(Incoming).values(subject="")), "mail"),
    "note": (lambda: db.session.execute(update(Contact).values(notes="")), "contact"),
    "answer": (lambda: db.session.execute(update(Answer).values(note="", url="")), "answer"),
    "call": (lambda: db.session.execute(delete(PhoneCall)), "call"),
    "letter": (
        lambda: db.session.execute(text("UPDATE step_text SET letter = '', mail = ''")),
        "letter",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_is_out_of_the_index_at_once_whoever_changes_it(
    everything: None, change: str
) -> None:
    jobs.index()
    work, kind = CHANGES[change]

    work()

    rows = select(SearchEntry.id).where(SearchEntry.kind == Kind(kind))
    assert db.session.scalars(rows).all() == []
    assert counted("huis") == {name: 1 for name in ALL if name != kind}
    db.session.commit()
    jobs.index()
    assert counted("huis") == {name: 1 for name in ALL if name != kind}


def test_who_was_erased_is_found_no_more(everything: None) -> None:
    contact = make_contact("Zeist", first_name="Noor", last_name="Proefpersoon")
    make_mail(subject="Van Noor Proefpersoon", text="Groet, Noor Proefpersoon")
    jobs.index()
    assert counted("Proefpersoon") == {"mail": 1, "contact": 1}

    erasing.erase(of_contact(contact), by=CLI, now=NOON)

    assert counted("Proefpersoon") == {}
    left = select(search_index.cast(SearchEntry.words, search_index.Text))
    assert not [words for words in db.session.scalars(left) if "proefp" in words]


def test_an_address_that_moves_is_found_with_its_new_contact(everything: None) -> None:
    other = make_contact("Zeist", last_name="Vos")
    jobs.index()
    db.session.execute(
        update(Address).where(Address.email.startswith("n.dijk")).values(contact_id=other.id)
    )
    db.session.commit()
    jobs.index()

    assert [hit.row.last_name for hit in search("n.dijk@soest.example").hits[Kind.CONTACT]] == [
        "Vos"
    ]


def test_what_changes_while_it_is_read_is_read_again(everything: None) -> None:
    rows = search_index.waiting()
    read = search_index.read(rows)
    db.session.execute(update(Document).values(subject="Anders"))

    search_index.keep(rows, read)

    waits = db.session.scalars(select(SearchTodo.kind)).all()
    assert waits == [Kind.DOCUMENT]
    assert counted("besluit") == {}
    assert counted("anders") == {"document": 1}


def test_everything_is_read_again_and_what_is_gone_goes(everything: None) -> None:
    jobs.index()
    db.session.execute(text("DELETE FROM search_todo"))
    db.session.execute(
        text(f"UPDATE search_entry SET row_id = 99 WHERE kind = '{Kind.MAIL.value}'")
    )
    db.session.commit()

    assert jobs.index_anew() == 10

    assert counted("huis") == ALL


def test_every_marked_table_has_its_triggers(app: Any) -> None:
    """A migration that rebuilds a table of SQLite takes them away: `migrating.to` makes them."""
    query = (
        "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = :table"
        if db.engine.dialect.name == "sqlite"
        else "SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass)"
        " AND tgname LIKE 'search%'"
    )
    known = inspect(db.session.connection())
    for one in marking.MARKED:
        assert db.session.scalar(text(query), {"table": one.table}) == 3, one.table
        columns = {column["name"] for column in known.get_columns(one.table)}
        assert set(one.columns) <= columns, one.table


def test_it_asks_no_more_of_a_larger_ledger(everything: None, query_count: Any) -> None:
    make_registration(make_meeting("zeist"), name="Huis Wijk")
    db.session.commit()
    jobs.index()

    with query_count() as counting:
        hits = search("huis").hits

    assert set(hits) == set(Kind)
    assert counting.count <= len(Kind) + 2


def test_a_list_that_waits_is_said_to(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.ledger.search.LATE", 1)
    make_mail(subject="Een")
    make_mail(subject="Twee")

    assert search("mail").late
    assert counted("twee") == {"mail": 1}
    assert counted("een") == {}


# ── the words themselves ────────────────────────────────────────────────────────────────────

SOME = st.lists(st.sampled_from(["huis", "huizen", "van", "Dijk", "2026", "é", "ж", "_"]))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(SOME, SOME, st.booleans())
def test_the_database_says_what_the_words_say(
    app: Any, said: list[str], typed: list[str], quoted: bool
) -> None:
    """`Question.holds` is what both databases are held against."""
    words = Entry((" ".join(said[:3]),), (" ".join(said),), ["GM0355"]).words()
    question = Question.of(f'"{" ".join(typed)}"' if quoted else " ".join(typed), {})
    if not question:
        return
    sqlite = db.engine.dialect.name == "sqlite"
    entry = {"kind": Kind.MAIL, "row_id": 1, "words": words if sqlite else vector(words)}
    db.session.execute(SearchEntry.__table__.insert().values(id=1, **entry))
    asked = (
        "SELECT count(*) FROM search_word WHERE search_word MATCH :q"
        if sqlite
        else "SELECT count(*) FROM search_entry WHERE words @@ CAST(:q AS tsquery)"
    )
    value = question.fts5 if sqlite else question.tsquery
    held = db.session.scalar(text(asked), {"q": value})
    db.session.rollback()

    assert bool(held) is question.holds(words)


def test_long_texts_are_found_alike_to_their_end(app: Any) -> None:
    """PostgreSQL numbers 16,383 words, and 255 times the same one."""
    said = (
        "de raad " * 300 + "plan " + " ".join(f"w{n % 800}" for n in range(16_500)) + " open slot"
    )
    make_mail(subject="", text=said)
    db.session.commit()
    jobs.index()

    assert counted('"plan w0"') == counted("slot") == counted("open w7") == {"mail": 1}
    assert counted('"raad plan"') == counted('"open slot"') == {}
    assert Entry((), (said,)).words().split(" ").count("raad") == MOST_SAME
