"""What a mail does, what it undoes, and what is kept of it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.accounts.audit import CLI
from outreach.campaigns import casenumbers
from outreach.campaigns.store import Store
from outreach.contacts import suppression
from outreach.db import db
from outreach.delivery.arrivals import Incoming, Place
from outreach.delivery.incoming.telling import Kind
from outreach.delivery.models import Evidence, Message, Proof, State
from outreach.delivery.models import Kind as MessageKind
from outreach.errors import Refused, Unknown
from outreach.ledger import erasing, person, retention
from outreach.mailbox import deciding, effects
from tests.conftest import NOON
from tests.delivery import doubts
from tests.mailbox import mails, scene


def notices() -> list[str]:
    kinds = select(Message.address).where(Message.kind == MessageKind.NOTICE)
    return list(db.session.scalars(kinds))


@pytest.mark.parametrize(
    ("raw", "proof"),
    [
        (mails.reply("Zeist", "Doorgestuurd"), Proof.ANSWER),
        (mails.mail("Ik ben afwezig tot 20 april.", from_=mails.griffie("Zeist"), headers=mails.AUTO + mails.thread("Zeist")), Proof.OUT_OF_OFFICE),
        (mails.mail("Uw mail is ontvangen.", from_=mails.griffie("Zeist"), headers=mails.AUTO + mails.thread("Zeist")), Proof.RECEIPT),
        (mails.dsn("Zeist"), Proof.BOUNCE),
        (mails.dsn("Zeist", action="delayed", status="4.4.1"), Proof.DELAY),
    ],
)  # fmt: skip
def test_a_mail_about_a_letter_in_doubt_settles_the_doubt(
    raw: bytes, proof: Proof, app: Flask, store: Store
) -> None:
    scene.send_letters(("Zeist",), state=State.QUEUED, accepted_at=None)
    doubts.put_in_doubt(scene.letter("Zeist").id)

    scene.take(raw, store)

    letter = scene.letter("Zeist")
    assert letter.state is State.ACCEPTED
    assert db.session.scalars(select(Evidence.proof)).all() == [proof]
    assert (letter.bounced_at is not None) == (proof is Proof.BOUNCE)


def test_a_stranger_with_no_letter_settles_no_doubt(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",), state=State.QUEUED, accepted_at=None)
    doubts.put_in_doubt(scene.letter("Zeist").id)

    scene.take(mails.reply("Zeist", "Doorgestuurd", headers=""), store)

    assert scene.letter("Zeist").state is State.UNCERTAIN


def test_a_bounce_marks_the_letter_and_is_undone(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    mail = scene.take(mails.dsn("Zeist"), store).mail
    assert scene.letter("Zeist").bounced_at == NOON
    assert scene.letter("Zeist").state is State.ACCEPTED

    effects.undo(mail, by=CLI, now=NOON)

    assert scene.letter("Zeist").bounced_at is None
    assert (mail.state, mail.guess) == (Place.WAITING, Kind.BOUNCE)
    with pytest.raises(Refused):
        effects.undo(mail, by=CLI, now=NOON)


def test_a_bounce_for_now_leaves_the_letter_as_it_is(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))

    mail = scene.take(mails.dsn("Zeist", status="4.2.2"), store).mail

    assert (mail.kind, mail.state) == (Kind.BOUNCE, Place.SETTLED)
    assert scene.letter("Zeist").bounced_at is None


def test_an_objection_is_told_to_the_mailbox_and_undone(app: Flask, store: Store) -> None:
    campaign = scene.send_letters(("Zeist",))
    raw = mails.reply("Zeist", "Graag geen herinneringen meer.", from_="Bode <bode@zeist.example>")

    mail = scene.take(raw, store).mail

    assert suppression.is_suppressed("griffie@zeist.example", campaign.sender_id)
    assert not suppression.is_suppressed("griffie@zeist.example")
    assert notices() == ["griffie@zeist.example"]
    effects.undo(mail, by=CLI, now=NOON)
    assert not suppression.is_suppressed("griffie@zeist.example", campaign.sender_id)


def test_a_complaint_silences_without_another_mail(app: Flask, store: Store) -> None:
    campaign = scene.send_letters(("Nijmegen",))
    (complaint,) = [one for one in mails.servers() if one.name == "complaint"]

    scene.take(complaint.raw, store)

    assert suppression.is_suppressed("griffie@nijmegen.example", campaign.sender_id)
    assert notices() == []


def test_a_zaaknummer_is_known_until_its_mail_is_undone(app: Flask, store: Store) -> None:
    campaign = scene.send_letters(("Zeist", "Goes"))
    raw = mails.mail("Uw bericht is ontvangen. Zaaknummer Z-2026-7799.", from_="noreply@zeist.example", headers=mails.AUTO + mails.thread("Zeist"))  # fmt: skip
    mail = scene.take(raw, store).mail
    party = (campaign.id, scene.code("Zeist"), "raad")
    asked = [campaign.id], [scene.code("Zeist"), scene.code("Goes")]

    assert casenumbers.known(db.session(), *asked) == {party: "Z-2026-7799"}
    assert [one.note for one in scene.answers("Zeist")] == ["zaaknummer Z-2026-7799"]
    effects.undo(mail, by=CLI, now=NOON)
    assert casenumbers.known(db.session(), *asked) == {}


def test_undo_leaves_what_was_there_before(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    first = scene.take(mails.reply("Zeist", "Doorgestuurd"), store).mail
    second = scene.take(mails.reply("Zeist", "Doorgestuurd"), store).mail

    effects.undo(second, by=CLI, now=NOON)

    assert [one.id for one in scene.answers("Zeist")] == first.effects["answers"]


def test_a_settled_mail_that_did_something_cannot_be_removed(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    mail = scene.take(mails.reply("Zeist", "Doorgestuurd"), store).mail

    with pytest.raises(Refused, match="Maak dat eerst ongedaan"):
        deciding.remove(mail, store=store, by=CLI, now=NOON)


def test_an_erasure_takes_mail_of_someone_and_mail_that_names_him(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    own = scene.take(
        mails.mail("Ik ben alleen.", from_="h.pieters@ziggo.nl", subject="eenzaam"), store
    )
    named = scene.take(mails.reply("Zeist", "Bel h.pieters@ziggo.nl, hij is doorgestuurd."), store)
    other = scene.take(mails.reply("Zeist", "Lijst"), store)
    files = [one.mail.raw_sha256 or "" for one in (own, named, other)]

    done = erasing.erase(person.of_email("h.pieters@ziggo.nl"), by=CLI, now=NOON)
    db.session.commit()
    erasing.remove_files(store, done.files)

    for sha256 in files[:2]:
        with pytest.raises(Unknown):
            store.get(sha256)
    assert store.get(files[2])
    left = db.session.scalars(select(Incoming).order_by(Incoming.id)).all()
    assert (left[0].text, left[0].from_email, left[0].subject) == ("", "", "")
    assert "(gewist)" in left[1].text
    assert "pieters" not in str([(one.text, one.reasons, one.details) for one in left])


def test_mail_is_kept_as_long_as_it_may(app: Flask, store: Store) -> None:
    scene.send_letters(("Zeist",))
    answer = scene.take(mails.reply("Zeist", "Doorgestuurd"), store).mail
    stranger = scene.take(mails.mail("Ik ben alleen.", from_="h.pieters@ziggo.nl"), store).mail
    ids, files = (answer.id, stranger.id), (answer.raw_sha256 or "", stranger.raw_sha256 or "")
    rules = {rule.name: rule for rule in retention.RULES}

    month = NOON + timedelta(days=60)
    taken = [retention.take(rules[name], now=month) for name in ("replies", "mail")]
    assert [one.count for one in taken] == [0, 1]
    assert taken[1].files == [files[1]]
    left = db.session.get_one(Incoming, ids[1])
    assert (left.state, left.text, left.from_email) == (Place.REMOVED, "", "")

    year = NOON + timedelta(days=400)
    assert retention.take(rules["replies"], now=year).files == [files[0]]
    left = db.session.get_one(Incoming, ids[0])
    assert (left.text, left.kind, left.state) == ("", Kind.ANSWER, Place.SETTLED)
    assert retention.take(rules["replies"], now=year).count == 0
    assert [one.status for one in scene.answers("Zeist")] == ["doorgestuurd"]
