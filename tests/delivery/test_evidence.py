"""What settles a letter in doubt without a person, and what must not."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from outreach.accounts.audit import CLI
from outreach.accounts.models import AuditEntry
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import evidence, mailboxes, outbox, sent_folder
from outreach.delivery.models import Evidence, Kind, Message, Proof, State
from outreach.errors import Refused
from tests.conftest import NOON
from tests.delivery.doubts import end_lease, hand_over, in_doubt, living, put_in_doubt, reap
from tests.delivery.sends import history, make_messages, one
from tests.imap import Mailbox

LATER = NOON + timedelta(hours=3)


def proofs(message: Message) -> list[tuple[Proof, str]]:
    rows = db.session.scalars(select(Evidence).where(Evidence.message_id == message.id))
    return [(row.proof, row.what) for row in rows]


def test_what_shows_that_it_arrived_settles_it_once(app: Flask) -> None:
    message = in_doubt()

    assert evidence.arrived(message, Proof.ONE_CLICK, "geen post meer", now=LATER)
    assert not evidence.arrived(message, Proof.ONE_CLICK, "geen post meer", now=LATER)
    db.session.commit()

    assert (message.state, message.accepted_at) == (State.ACCEPTED, NOON)  # when it left
    assert message.settled_by == "evidence:one-click:sent"
    assert history(message)[-2:] == [State.UNCERTAIN, State.ACCEPTED]
    assert proofs(message) == [(Proof.ONE_CLICK, "geen post meer")]
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.subject) == ("evidence:one-click", f"message:{message.id}")


def test_a_quote_of_a_mail_is_not_kept_in_the_audit_trail(app: Flask) -> None:
    evidence.arrived(in_doubt(), Proof.ANSWER, "Van: An de Wit <an@zeist.example>", now=LATER)

    assert "an@zeist" not in db.session.scalars(select(AuditEntry)).one().note


@pytest.mark.parametrize("state", [State.QUEUED, State.REFUSED, State.ACCEPTED, State.CANCELLED])
def test_what_is_not_in_doubt_is_left_alone(app: Flask, state: State) -> None:
    [message] = make_messages("zeist")
    message.state = state
    db.session.commit()

    assert not evidence.arrived(message, Proof.ANSWER, "dank u", now=LATER)
    assert not evidence.never_taken(message, "niets", now=LATER)

    assert (message.state, proofs(message)) == (state, [])


def test_evidence_waits_while_the_sender_may_read_an_answer(app: Flask) -> None:
    make_messages("zeist")
    with living() as life:
        hand_over(life, one("zeist").id)
        for _ in range(2):
            assert not evidence.arrived(one("zeist"), Proof.RECEIPT, "ontvangen", now=LATER)
        assert proofs(one("zeist")) == [(Proof.RECEIPT, "ontvangen")]
        assert evidence.settle_known(LATER) == 0
        db.session.commit()
        end_lease()
        reap()
        assert not evidence.never_taken(one("zeist"), "niets", now=LATER)
        assert evidence.settle_known(LATER) == 0
        db.session.commit()

    assert evidence.settle_known(LATER) == 1
    assert evidence.settle_known(LATER) == 0
    db.session.commit()
    assert one("zeist").settled_by == "evidence:receipt:sent"


def test_a_sender_that_lives_is_not_waited_for_for_ever(app: Flask) -> None:
    make_messages("zeist")
    with living() as life:
        hand_over(life, one("zeist").id)
        end_lease()
        reap()
        assert outbox.held_until(one("zeist")) is not None
        db.session.commit()
        with db.engine.begin() as connection:
            long_ago = system_now() - outbox.LAST_ANSWER - timedelta(seconds=1)
            connection.execute(update(Message.__table__).values(submitting_at=long_ago))
        db.session.expire_all()

        assert evidence.arrived(one("zeist"), Proof.ANSWER, "dank u", now=LATER)
        db.session.commit()


def test_a_letter_that_the_relay_never_had_waits_as_before(app: Flask) -> None:
    message = in_doubt()

    assert evidence.never_taken(message, "het log noemt hem niet", now=LATER)
    assert not evidence.never_taken(message, "het log noemt hem niet", now=LATER)

    assert (message.state, message.not_before) == (State.QUEUED, LATER)
    assert message.fence == 1  # so a late 250 of its worker still wins
    assert message.settled_by == "evidence:never-taken:resend"
    db.session.commit()
    put_in_doubt(message.id)
    assert evidence.settle_known(LATER) == 0  # that it never left shows no arrival


def test_a_notice_is_not_sent_again_for_a_log(app: Flask) -> None:
    message = in_doubt(kind=Kind.NOTICE)

    assert not evidence.never_taken(message, "het log noemt hem niet", now=LATER)
    assert message.state is State.UNCERTAIN


@pytest.mark.parametrize("proof", [Proof.ANSWER, Proof.RECEIPT, Proof.OUT_OF_OFFICE, Proof.DELAY])
def test_a_mail_that_names_the_letter_settles_it(app: Flask, proof: Proof) -> None:
    message = in_doubt()

    about = evidence.settle_by_mail(["<x@y>", message.message_id], proof, "Re: ...", now=LATER)

    assert about is message
    assert (message.state, message.bounced_at) == (State.ACCEPTED, None)


def test_a_bounce_shows_that_the_relay_took_it_and_that_it_did_not_arrive(app: Flask) -> None:
    message = in_doubt()

    for _ in range(2):
        evidence.settle_by_mail(
            [message.message_id], Proof.BOUNCE, "550 5.1.1", now=LATER, permanent=True
        )

    assert (message.state, message.bounced_at) == (State.ACCEPTED, LATER)
    assert proofs(message) == [(Proof.BOUNCE, "550 5.1.1")]


def test_a_mail_may_name_the_id_that_the_relay_gave_it(app: Flask) -> None:
    message = in_doubt()
    message.relay_message_id = "<0100@relay.example>"

    assert evidence.settle_by_mail(["<0100@relay.example>"], Proof.ANSWER, "", now=LATER)
    assert message.state is State.ACCEPTED


def test_of_several_ids_the_first_of_ours_is_meant(app: Flask) -> None:
    first, second = in_doubt("zeist"), in_doubt("haren")

    evidence.settle_by_mail(
        [second.message_id, first.message_id], Proof.ANSWER, "Re: herinnering", now=LATER
    )

    assert (first.state, second.state) == (State.UNCERTAIN, State.ACCEPTED)


def test_a_mail_about_nothing_of_ours_does_nothing(app: Flask) -> None:
    message = in_doubt()

    assert evidence.settle_by_mail(["<a@b>"], Proof.ANSWER, "", now=LATER) is None
    assert message.state is State.UNCERTAIN


def test_who_decides_too_early_is_told_until_when(app: Flask) -> None:
    from_now = "Kies opnieuw na "
    make_messages("zeist")
    with living() as life:
        hand_over(life, one("zeist").id)
        end_lease()
        reap()
        with pytest.raises(Refused, match=rf"{from_now}\d+\.\d\d uur"):
            outbox.settle_uncertain(one("zeist"), as_="sent", by=CLI, note="", now=LATER)
        db.session.rollback()


def test_all_in_doubt_costs_one_question_when_there_is_none(app: Flask, query_count) -> None:
    make_messages("zeist")

    with query_count() as counted:
        assert evidence.in_doubt() == []

    assert counted.count == 1


def test_who_sent_it_on_which_machine_is_known(app: Flask) -> None:
    message = in_doubt()

    [doubt] = evidence.in_doubt()

    assert (doubt.id, doubt.here) == (message.id, True)


def test_a_copy_in_the_sent_folder_is_found_without_touching_it() -> None:
    ids = [f"<{n}@coalitie.example>" for n in range(4)]
    with Mailbox("imap") as mailbox:
        for folder, header in (
            ("INBOX", f"Message-ID: {ids[0]}"),
            ("Sent", f"Message-ID: {ids[1]}"),
            ("Verzonden items", f"Message-ID: <new@host>\r\nReferences: {ids[2]}"),
        ):
            mailbox.put(f"{header}\r\nSubject: x\r\n\r\nDag".encode(), folder)

        found = sent_folder.find(mailboxes.parse(mailbox.url), ids)

        assert found == {ids[1]: "Sent", ids[2]: "Verzonden items"}
        assert "\\Seen" not in mailbox.messages("Sent")[0].flags


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([("Archief", "\\Sent"), ("Sent", "")], ["Archief"]),
        ([("INBOX.Sent", ""), ("Postvak/Verzonden items", ""), ("Concepten", "")], None),
        ([("Sent", "\\Noselect"), ("Verzonden berichten", "")], ["Verzonden berichten"]),
    ],
)
def test_the_sent_folder_goes_by_its_mark_and_else_by_its_name(known, expected) -> None:
    infos = [
        sent_folder.FolderInfo(name, "." if "." in name else "/", tuple(flags.split()))
        for name, flags in known
    ]

    assert sent_folder.folders(infos) == (expected or [name for name, _ in known][:2])
