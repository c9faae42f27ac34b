"""Own rules about mail: what they decide, what they never decide, and trying one."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.accounts.audit import CLI, Actor
from outreach.accounts.models import AuditEntry
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery.arrivals import Outcome, OwnRule, Place
from outreach.delivery.incoming import parsing
from outreach.delivery.incoming.telling import Kind
from outreach.errors import Invalid, Refused, Unknown
from outreach.ledger import erasing, incoming, person
from outreach.mailbox import effects, own_rules, taking, trying
from outreach.mailbox.taking import Origin
from tests.conftest import NOON
from tests.mailbox import mails, scene

#: In our thread and of the griffie, in words that nobody recognises.
RIDDLE = mails.reply("Zeist", "Dank.")


def news() -> bytes:
    """A newsletter, each time another mail."""
    text = "De raad heeft uw brief besproken, leest u in dit nummer."
    who = "Nieuws <nieuws@vereniging.example>"
    return mails.mail(text, from_=who, subject="Nieuwsbrief  maart")


def make(sender: str = "", words: str = "", outcome: Outcome = Outcome.NOT_OURS) -> OwnRule:
    rule = own_rules.make(sender, words, outcome, by=CLI, now=NOON)
    db.session.commit()
    return rule


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(OwnRule)) or 0


def test_a_newsletter_is_tried_made_decided_and_put_back(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    old = scene.take(news(), store).mail
    assert old.state is Place.WAITING

    drawn = own_rules.drawn("@VERENIGING.example ", "", Outcome.NOT_OURS, by=CLI, now=NOON)
    trial = trying.try_out(drawn, store=store, now=NOON)

    assert trial.fit == 1
    assert [(one.mail.id, one.now, one.then) for one in trial.changes] == [
        (old.id, "nog niet herkend, wacht", "niet van een gemeente")
    ]
    db.session.commit()
    assert (count(), old.state) == (0, Place.WAITING)

    make("@vereniging.example")
    mail = scene.take(news(), store).mail
    assert (mail.state, mail.links, mail.kind) == (Place.SETTLED, [], Kind.UNRESOLVED)
    assert mail.reasons == ["door uw regel: mail van @vereniging.example → niet van een gemeente"]
    assert incoming.what(mail) == "niet van een gemeente"

    effects.undo(mail, by=CLI, now=NOON)

    assert mail.state is Place.WAITING
    assert incoming.what(mail) == "nog niet herkend"


@pytest.mark.parametrize(
    ("outcome", "kind", "state"),
    [
        (Outcome.RECEIPT, Kind.RECEIPT, Place.SETTLED),
        (Outcome.AWAY, Kind.OUT_OF_OFFICE, Place.SETTLED),
        (Outcome.WAIT, Kind.UNRESOLVED, Place.WAITING),
        (Outcome.NOT_OURS, Kind.UNRESOLVED, Place.WAITING),
    ],
)
def test_what_would_wait_in_our_thread_is_what_the_rule_says_but_never_nobodys(
    outcome: Outcome, kind: Kind, state: Place, app: Flask, store: Store
) -> None:
    scene.send_letters(("Zeist",))
    make(mails.griffie("Zeist"), "", outcome)

    mail = scene.take(RIDDLE, store).mail

    assert (mail.kind, mail.state) == (kind, state)
    assert mail.reasons[0].startswith("door uw regel: ") == (outcome is not Outcome.NOT_OURS)
    given = [one.status for one in scene.answers("Zeist")]
    assert given == (["ontvangen"] if outcome is Outcome.RECEIPT else [])


@pytest.mark.parametrize(
    "raw",
    [
        mails.reply("Zeist", "Doorgestuurd"),
        mails.reply("Zeist", "Stuur ons geen herinneringen meer."),
        mails.reply("Zeist", "Haal ons van de lijst.", from_="x@elders.example"),
        mails.mail("Haal ons van de lijst.", from_="x@elders.example", subject="Re: Maak"),
        mails.dsn("Zeist"),
        mails.dsn("Zeist", status="5.7.1"),
    ],
    ids=["answer", "objection", "forwarded", "stranger", "bounce", "policy"],
)
def test_a_rule_never_touches_an_answer_an_objection_or_a_bounce(
    raw: bytes, app: Flask, store: Store
) -> None:
    scene.send_letters(("Zeist",))
    mail = parsing.read(raw)
    without = taking.judge_by(None, mail, Origin(), now=NOON)
    takes = (Kind.ANSWER, Kind.UNSUBSCRIBE, Kind.BOUNCE)
    assert without.told.kind in takes or without.told.guess in takes

    for outcome in Outcome:
        rule = own_rules.drawn(mail.from_email, "", outcome, by=CLI, now=NOON)
        assert taking.judge_by(rule, mail, Origin(), now=NOON) == without


def test_a_receipt_that_must_wait_waits_with_receipt_proposed(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    make("", "zaaksysteem", Outcome.WAIT)
    raw = mails.mail(
        "Uw mail is ontvangen.",
        from_=mails.griffie("Zeist"),
        subject="Bericht van het Zaaksysteem",
        headers=mails.AUTO + mails.thread("Zeist"),
    )

    mail = scene.take(raw, store).mail

    assert (mail.kind, mail.guess, mail.state) == (
        Kind.UNRESOLVED,
        Kind.RECEIPT,
        Place.WAITING,
    )


def test_the_most_exact_rule_comes_first(app: Flask) -> None:
    make("", "nieuwsbrief")
    make("@vereniging.example")
    make("@vereniging.example", "nieuwsbrief")
    make("nieuws@vereniging.example")

    assert [(one.sender, one.words) for one in own_rules.listed()] == [
        ("nieuws@vereniging.example", ""),
        ("@vereniging.example", "nieuwsbrief"),
        ("@vereniging.example", ""),
        ("", "nieuwsbrief"),
    ]
    found = own_rules.first("Nieuws@vereniging.example", "Iets")
    assert found is not None
    assert found.sender == "nieuws@vereniging.example"
    assert own_rules.first("x@ver-eniging.example", "geen nieuws") is None
    assert own_rules.first("x@anders.vereniging.example", "geen nieuws") is None


@pytest.mark.parametrize(
    ("sender", "words", "outcome"),
    [
        ("", " ", Outcome.WAIT),
        ("nieuws", "", Outcome.WAIT),
        ("@", "", Outcome.WAIT),
        ("@gmail.com", "", Outcome.NOT_OURS),
        ("", "re:", Outcome.NOT_OURS),
        ("", "x" * 201, Outcome.NOT_OURS),
        ("@vereniging.example", "", "answer"),
        ("@vereniging.example", "", ""),
    ],
)
def test_a_rule_that_fits_all_or_makes_an_answer_is_refused(
    sender: str, words: str, outcome: str, app: Flask
) -> None:
    with pytest.raises(Invalid):
        own_rules.make(sender, words, outcome, by=CLI, now=NOON)


def test_a_rule_is_made_once_switched_off_once_and_both_are_noted(app: Flask) -> None:
    by = Actor("coordinator:1", "Marit")
    rule = own_rules.make("@vereniging.example", "", Outcome.WAIT, by=by, now=NOON)
    with pytest.raises(Refused):
        own_rules.make("@vereniging.example", "", Outcome.AWAY, by=by, now=NOON)

    own_rules.remove(rule.id, by=by, now=NOON)

    with pytest.raises(Unknown):
        own_rules.remove(rule.id, by=by, now=NOON)
    assert own_rules.first("x@vereniging.example", "") is None
    acts = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["make mail rule", "remove mail rule"]


def test_who_is_erased_is_in_no_rule(app: Flask) -> None:
    make("jan@vereniging.example")
    make("piet@vereniging.example")

    erasing.erase(person.of_email("jan@vereniging.example"), by=CLI, now=NOON)

    assert [one.sender for one in own_rules.listed()] == ["piet@vereniging.example"]


def test_the_newest_mails_are_shown_and_all_are_counted(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "MOST_SHOWN", 2)
    taken = [scene.take(news(), store).mail.id for _ in range(3)]
    drawn = own_rules.drawn("", "nieuwsbrief MAART", Outcome.NOT_OURS, by=CLI, now=NOON)

    trial = trying.try_out(drawn, store=store, now=NOON)

    assert trial.fit == 3
    assert [one.mail.id for one in trial.changes] == [taken[2], taken[1]]
