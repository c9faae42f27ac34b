"""Looking in the relay's log and the Sent folder, as it is done each minute."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from outreach import jobs
from outreach.clock import system_now
from outreach.db import db
from outreach.delivery import evidence
from outreach.delivery.lookout import Lookout
from outreach.delivery.models import Look, Message, Proof, State, Worker
from outreach.delivery.orders import Post
from tests.conftest import NOON
from tests.delivery.doubts import hand_over, in_doubt, living, reap
from tests.delivery.sends import history, make_messages, one
from tests.imap import Mailbox

LOCAL = "smtp://127.0.0.1:25"
LATER = NOON + timedelta(hours=1)
LEFT = timedelta(minutes=10)  #: how long ago it left


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "mail.log"


def left_long_ago(message: Message) -> Message:
    """It was marked ten minutes ago."""
    message.submitting_at = system_now() - LEFT
    db.session.commit()
    return message


def write(log: Path, message: Message, *, taken: bool) -> None:
    """What a Postfix wrote of its session, beginning just before the mark."""
    assert message.submitting_at is not None
    lines = ["smtpd[9]: connect from localhost[127.0.0.1]", "smtpd[9]: 5CD683: client=localhost"]
    end = "lost connection after DATA (9 bytes) from localhost[127.0.0.1]"
    if taken:
        lines.append(f"cleanup[8]: 5CD683: message-id={message.message_id}")
        lines.append("qmgr[7]: 5CD683: from=<post@coalitie.example>, size=9, nrcpt=1")
        end = "lost connection after END-OF-MESSAGE from localhost[127.0.0.1]"
    lines += [f"smtpd[9]: {end}", "smtpd[9]: disconnect from localhost[127.0.0.1] commands=4"]
    begins = message.submitting_at - timedelta(seconds=1)
    with log.open("a") as file:
        for n, line in enumerate(lines):
            file.write(f"{(begins + timedelta(seconds=n)).isoformat()} pf postfix/{line}\n")


def look(
    log: Path | None, *, relay: str = LOCAL, imap: str = "", again: timedelta = timedelta(0)
) -> int:
    instance = Path(log.parent if log else "nowhere")
    lookout = Lookout(Post(instance, relay), imap, log)
    return jobs.settle_doubts(lookout, now=LATER, at=system_now() + again)


def found(message: Message, place: Proof) -> str:
    row = db.session.get(Look, (message.id, place))
    assert row is not None
    return row.found


def test_the_log_settles_what_the_relay_took(app: Flask, log: Path) -> None:
    message = left_long_ago(in_doubt())
    write(log, message, taken=True)

    assert (look(log), look(log)) == (1, 0)

    assert (message.state, message.settled_by) == (State.ACCEPTED, "evidence:relay-log:sent")
    assert (
        f"5CD683: message-id={message.message_id}"
        in evidence.known([message.id])[message.id][0]["what"]
    )


def test_the_log_sends_back_what_the_relay_never_had(app: Flask, log: Path) -> None:
    message = left_long_ago(in_doubt())
    write(log, message, taken=False)

    assert (look(log), look(log)) == (1, 0)

    assert (message.state, message.not_before) == (State.QUEUED, LATER)
    assert history(message)[-2:] == [State.UNCERTAIN, State.QUEUED]


@pytest.mark.parametrize("relay", ["smtps://u:p@mail.example:465", ""])
def test_the_log_says_nothing_of_another_relay(app: Flask, log: Path, relay: str) -> None:
    message = left_long_ago(in_doubt())
    write(log, message, taken=False)

    assert look(log, relay=relay) == 0

    assert message.state is State.UNCERTAIN
    expected = "niet naar een mailserver op deze machine" if relay else "geen mailserver ingesteld"
    assert expected in found(message, Proof.RELAY_LOG)


def test_the_log_says_nothing_of_what_another_machine_sent(app: Flask, log: Path) -> None:
    message = left_long_ago(in_doubt())
    write(log, message, taken=False)
    db.session.execute(update(Worker).values(host=f"not-{socket.gethostname()}"))
    db.session.commit()

    assert look(log) == 0
    assert "via een andere machine" in found(message, Proof.RELAY_LOG)


def test_nothing_is_sent_back_while_its_sender_may_read_an_answer(app: Flask, log: Path) -> None:
    make_messages("zeist")
    with living() as life:
        hand_over(life, one("zeist").id)
        message = left_long_ago(one("zeist"))
        db.session.execute(update(Message).values(lease_until=system_now() - LEFT))
        db.session.commit()
        reap()
        write(log, message, taken=False)

        assert look(log) == 0
        assert one("zeist").state is State.UNCERTAIN
        kinds = [row["kind"] for row in evidence.known([message.id])[message.id]]
        assert kinds == ["looked:relay-log", "looked:sent-folder"]
        db.session.rollback()

    assert look(log) == 1
    assert one("zeist").state is State.QUEUED


def test_a_log_that_cannot_be_read_is_said(app: Flask, log: Path) -> None:
    message = left_long_ago(in_doubt())

    assert look(log) == 0
    assert "mail.log is niet te lezen: No such file" in found(message, Proof.RELAY_LOG)


def test_what_is_found_of_an_earlier_try_is_not_of_this_one(app: Flask, log: Path) -> None:
    message = left_long_ago(in_doubt())
    write(log, message, taken=False)
    lookout = Lookout(Post(log.parent, LOCAL), "", log)
    doubts = evidence.in_doubt()
    there = list(
        jobs.lookouts.by_log(lookout, doubts, jobs.lookouts.senders_of(doubts), at=system_now())
    )
    message.submitting_at = system_now()  # sent again meanwhile, and in doubt again
    db.session.commit()

    assert not any(jobs.lookouts.conclude(one_, now=LATER) for one_ in there)
    assert message.state is State.UNCERTAIN


def test_a_copy_in_the_sent_folder_settles_it(app: Flask) -> None:
    here, not_here = left_long_ago(in_doubt("zeist")), left_long_ago(in_doubt("haren"))
    with Mailbox("imap") as mailbox:
        header = f"Message-ID: {here.message_id}\r\nSubject: x\r\n\r\nDag"
        mailbox.put(header.encode(), "Sent")

        assert look(None, imap=mailbox.url) == 1
        signed_in = mailbox.sign_ins
        assert look(None, imap=mailbox.url) == 0
        assert mailbox.sign_ins == signed_in  # not at each look
        look(None, imap=mailbox.url, again=timedelta(minutes=16))
        assert mailbox.sign_ins == signed_in + 1

    assert (here.state, not_here.state) == (State.ACCEPTED, State.UNCERTAIN)
    assert "niet gevonden" in found(not_here, Proof.SENT_FOLDER)


def test_a_mailbox_that_does_not_answer_is_said(app: Flask) -> None:
    message = left_long_ago(in_doubt())

    look(None, imap="imap://u:p@127.0.0.1:9")

    assert "is niet bereikbaar" in found(message, Proof.SENT_FOLDER)


def test_with_nothing_in_doubt_a_look_is_one_question(app: Flask, query_count, log: Path) -> None:
    make_messages("zeist")

    with query_count() as counted:
        assert look(log) == 0

    assert counted.count <= 2  # SQLite counts its BEGIN
