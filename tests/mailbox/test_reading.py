"""A real IMAP server: everything is read once, and the mailbox looks untouched."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach import jobs
from outreach.accounts.audit import CLI
from outreach.campaigns.store import Store
from outreach.db import db
from outreach.delivery import mailboxes
from outreach.delivery.arrivals import Folder, Incoming, Mailbox, Place
from outreach.delivery.incoming.telling import Kind
from outreach.errors import Invalid
from outreach.ledger import alerts
from outreach.mailbox import choosing, reading, taking
from outreach.mailbox.reading import Postroom
from tests.conftest import NOON
from tests.imap import Mailbox as Server
from tests.mailbox import mails, scene

AT = datetime(2026, 4, 8, 9, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def room(server: Server, store: Store, tmp_path: Path) -> Postroom:
    return Postroom(tmp_path, server.url, {}, store, scene.LINKS)


def read(room: Postroom, *, at: datetime = AT, due_only: bool = False) -> list[taking.Taken | str]:
    return list(jobs.read_mailboxes(room, now=lambda: NOON, at=at, due_only=due_only))


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Incoming)) or 0


def test_mail_is_read_once_and_nothing_is_marked(
    app: Flask, server: Server, room: Postroom
) -> None:
    scene.send_letters(("Zeist", "Goes", "Leiden"))
    server.put(mails.reply("Zeist", "Doorgestuurd"))
    server.put(mails.dsn("Goes"), flags=["\\Flagged"])
    server.put(
        mails.reply("Leiden", "De brief is doorgezonden aan alle raadsleden."), "INBOX/Griffies"
    )
    server.put(mails.reply("Leiden", "oud archief"), "Archief")

    first, second = read(room), read(room)

    assert [(one.mail.kind, one.mail.folder) for one in first if not isinstance(one, str)] == [
        (Kind.ANSWER, "INBOX"),
        (Kind.BOUNCE, "INBOX"),
        (Kind.ANSWER, "INBOX/Griffies"),
    ]
    assert second == []
    flags = [set(one.flags) - {"\\Recent"} for one in server.messages()]
    assert flags == [set(), {"\\Flagged"}]
    assert set(server.messages("INBOX/Griffies")[0].flags) <= {"\\Recent"}
    assert {one.status for one in scene.answers()} == {"doorgestuurd"}


def test_what_comes_later_is_read_from_where_it_was_left(
    app: Flask, server: Server, room: Postroom
) -> None:
    scene.send_letters(("Zeist", "Goes"))
    server.put(mails.reply("Zeist", "Doorgestuurd"))
    read(room)
    server.put(mails.reply("Goes", "Lijst"))

    (found,) = read(room)

    assert not isinstance(found, str)
    assert (found.fresh, found.mail.from_email) == (True, mails.griffie("Goes"))


def test_new_numbers_are_read_again_without_doubling(
    app: Flask, server: Server, room: Postroom
) -> None:
    scene.send_letters(("Zeist", "Goes"))
    server.put(mails.reply("Zeist", "Doorgestuurd"))
    server.put(
        mails.mail(
            "Dag, wij vonden uw brief bij de stukken.", from_="h.pieters@ziggo.nl", subject="Vraag"
        )
    )
    read(room)
    place = db.session.scalars(select(Folder)).one()
    last = place.last_uid
    place.uidvalidity, place.last_uid = place.uidvalidity + 1, 900
    db.session.commit()

    again = read(room)

    assert [one.fresh for one in again if not isinstance(one, str)] == [False, False]
    assert (count(), len(scene.answers())) == (2, 1)
    assert db.session.scalars(select(Folder)).one().last_uid == last


@pytest.mark.parametrize("where", ["before", "after", "moved"])
def test_a_reader_that_breaks_off_loses_and_doubles_nothing(
    where: str, app: Flask, server: Server, room: Postroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tests/mailbox/test_killed.py` kills a real one; this is each place between two statements."""
    scene.send_letters(("Zeist", "Goes"))
    for place in ("Zeist", "Goes"):
        server.put(mails.reply(place, "Doorgestuurd"))
    take, move = taking.take, reading._move

    def breaks(*given: object, **named: object) -> object:
        if where == "before":
            raise KeyboardInterrupt
        done = (move if where == "moved" else take)(*given, **named)  # type: ignore[arg-type]
        raise KeyboardInterrupt(done)

    with monkeypatch.context() as patched:
        patched.setattr(*((reading, "_move") if where == "moved" else (taking, "take")), breaks)
        with pytest.raises(KeyboardInterrupt):
            read(room)
        db.session.rollback()

    assert count() == 0
    read(room)
    assert (count(), len(scene.answers())) == (2, 2)


def test_letters_of_ours_in_the_sent_folder_are_not_fetched(
    app: Flask, server: Server, room: Postroom
) -> None:
    scene.send_letters(("Zeist",))
    ours = mails.mail(
        mails.LETTER, from_=mails.US, to=mails.griffie("Zeist"), subject=mails.SUBJECT
    )
    ours = ours.replace(
        ours.split(b"Message-ID: ")[1].split(b"\r\n")[0], mails.message_id("Zeist").encode()
    )
    server.put(ours, "Sent")
    server.put(
        mails.reply("Zeist", "Dank u wel, dat is goed nieuws voor ons.", from_=mails.US), "Sent"
    )

    found = read(room)

    assert [one.mail.kind for one in found if not isinstance(one, str)] == [Kind.OWN_COPY]
    assert [link.gemeente_code for link in scene.row(found[0]).links] == [scene.code("Zeist")]  # type: ignore[arg-type]


def test_of_a_large_mail_the_beginning_is_read(
    app: Flask, server: Server, room: Postroom, store: Store
) -> None:
    scene.send_letters(("Zeist",))
    scan = "A" * 76 + "\r\n"
    text = mails.part("text/plain; charset=utf-8", "De brief is doorgestuurd naar de raadsleden.")
    large = mails.part("application/pdf", scan * 140_000, "Content-Transfer-Encoding: base64\r\n")
    server.put(
        mails.multipart("mixed", [text, large], from_=mails.griffie("Zeist"), subject="Re: " + mails.SUBJECT,
                        headers=mails.thread("Zeist"))
    )  # fmt: skip

    (found,) = read(room)

    mail = scene.row(found)  # type: ignore[arg-type]
    assert (mail.kind, mail.state) == (Kind.ANSWER, Place.SETTLED)
    assert mail.size > 10_000_000
    assert len(store.get(mail.raw_sha256 or "")) < 300_000


def test_a_mailbox_that_cannot_be_read_is_told_and_others_go_on(
    app: Flask, server: Server, room: Postroom, tmp_path: Path
) -> None:
    campaign = scene.send_letters(("Zeist",))
    mailboxes.keep(tmp_path, campaign.sender, f"imaps://iemand:fout@localhost:{server.port}")
    db.session.commit()
    server.put(mails.reply("Zeist", "Doorgestuurd"))

    fault, found = read(room)

    assert isinstance(fault, str)
    assert not isinstance(found, str)
    assert found.mail.kind is Kind.ANSWER
    down = db.session.scalars(select(Mailbox).where(Mailbox.down_since.is_not(None))).one()
    assert down.fault == fault
    assert alerts.note(at=AT) == 0
    read(room, at=AT.replace(hour=10))
    assert alerts.note(at=AT.replace(hour=10)) == 1
    assert alerts.note(at=AT.replace(hour=10)) == 0


def test_a_mailbox_is_not_asked_all_the_time(app: Flask, server: Server, room: Postroom) -> None:
    scene.send_letters(("Zeist",))
    read(room)
    server.put(mails.reply("Zeist", "Doorgestuurd"))

    assert read(room, due_only=True) == []
    assert len(read(room, at=AT.replace(minute=3), due_only=True)) == 1


def test_two_readers_at_once_take_each_mail_once(
    app: Flask, server: Server, room: Postroom
) -> None:
    """One reads on while the other, who began at the same place, takes what it takes."""
    scene.send_letters(mails.PLACES[:4])
    for place in mails.PLACES[:4]:
        server.put(mails.reply(place, "Doorgestuurd"))
    (box,), _ = reading.boxes(room)
    slow = reading.read(box, room, now=lambda: NOON, at=AT)
    first = next(slow)

    quick = read(room)
    rest = list(slow)

    assert first.fresh
    assert [one.fresh for one in quick if not isinstance(one, str)] == [True] * 3
    assert [one.fresh for one in rest] == [False] * 3
    assert (count(), len(scene.answers())) == (4, 4)


def test_a_folder_that_someone_chose_is_read_too_from_our_first_letter(
    app: Flask, server: Server, room: Postroom
) -> None:
    campaign = scene.send_letters(("Zeist", "Goes"))
    server.put(mails.reply("Zeist", "Doorgestuurd"), "Raden")
    server.put(mails.reply("Goes", "Doorgestuurd"), "Prive")
    assert read(room) == []
    box = choosing.box_of(campaign.sender, room)

    choosing.choose(box, ["INBOX", "Raden"], by=CLI, now=NOON)
    db.session.commit()
    (found,) = read(room)

    assert not isinstance(found, str)
    assert found.mail.folder == "Raden"
    assert set(server.messages("Raden")[0].flags) <= {"\\Recent"}
    listed = {one.name: (one.read, one.usual) for one in choosing.look(box)}
    assert (listed["INBOX"], listed["Raden"], listed["Prive"]) == (
        (True, True),
        (True, False),
        (False, False),
    )
    with pytest.raises(Invalid, match="geen map “Nergens”"):
        choosing.choose(box, ["Nergens"], by=CLI, now=NOON)
    choosing.choose(box, [], by=CLI, now=NOON)
    assert not any(one.read for one in choosing.look(box) if not one.usual)
