"""Which mailbox a sender has, and how it is opened: encrypted, checked, or not at all."""

import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from outreach.delivery import mailboxes
from outreach.delivery.mailboxes import MailboxUnusable
from outreach.errors import Invalid
from tests.delivery.relay import TLS
from tests.factories import make_sender
from tests.imap import Mailbox

LETTER = b"From: griffie@demo.example\r\nSubject: Ontvangen\r\n\r\nDank.\r\n"


def test_a_url_is_read_with_its_escapes() -> None:
    box = mailboxes.parse(
        "imaps://post%40wijkraad.example:ge%2Fheim%3A%23@mail.example?cafile=/a.pem"
    )

    assert (box.user, box.password) == ("post@wijkraad.example", "ge/heim:#")
    assert (box.host, box.port, box.cafile) == ("mail.example", 993, "/a.pem")
    assert "ge/heim" not in repr(box)


@pytest.mark.parametrize(
    "url",
    [
        "imap://post:geheim@mail.example",
        "pop3://mail.example",
        "imaps://",
        "imaps://mail.example:poort",
        "imaps://post:ge%0D%0Aheim@mail.example",
        "",
    ],
)
def test_what_is_no_safe_mailbox_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        mailboxes.parse(url)


def test_a_senders_own_mailbox_is_a_file_that_only_we_can_read(app: Flask, tmp_path: Path) -> None:
    sender = make_sender()

    mailboxes.keep(tmp_path, sender, "imaps://post:geheim@mail.example\n")

    file = tmp_path / "senders" / f"{sender.id}.imap"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    box = mailboxes.for_sender(sender, instance=tmp_path, default_url="imap://localhost")
    assert box is not None
    assert (box.host, box.key) == ("mail.example", f"sender:{sender.id}")


def test_other_senders_use_the_default_or_have_none(app: Flask, tmp_path: Path) -> None:
    sender = make_sender()

    box = mailboxes.for_sender(sender, instance=tmp_path, default_url="imap://localhost")

    assert box is not None
    assert (box.host, box.key) == ("localhost", "default")
    assert mailboxes.for_sender(sender, instance=tmp_path, default_url="") is None


def test_a_mailbox_whose_file_is_gone_is_named(app: Flask, tmp_path: Path) -> None:
    sender = make_sender(own_mailbox=True)

    with pytest.raises(MailboxUnusable, match="geef hem opnieuw op"):
        mailboxes.for_sender(sender, instance=tmp_path, default_url="imap://localhost")


@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls", "imap"])
def test_a_mailbox_is_read(scheme: str) -> None:
    with Mailbox(scheme) as mailbox:
        mailbox.put(LETTER)

        with mailboxes.opened(mailboxes.parse(mailbox.url)) as box:
            subjects = [one.subject for one in box.fetch(mark_seen=False)]

        assert subjects == ["Ontvangen"]


def test_a_password_beyond_ascii_works() -> None:
    with (
        Mailbox(password="gehéim€") as mailbox,
        mailboxes.opened(mailboxes.parse(mailbox.url)) as box,
    ):
        assert box.folder.get() == "INBOX"


def test_a_wrong_password_is_one_sentence_without_the_password() -> None:
    with Mailbox() as mailbox:
        settings = replace(mailboxes.parse(mailbox.url), password="helaas")

        with (
            pytest.raises(MailboxUnusable, match="controleer gebruiker en wachtwoord") as told,
            mailboxes.opened(settings),
        ):
            pass

    assert "helaas" not in str(told.value)


def test_a_certificate_for_another_name_is_refused_before_a_password_goes() -> None:
    for scheme in ("imaps", "imap+starttls"):
        with Mailbox(scheme, certificate=TLS / "wrong_name.pem") as mailbox:
            with (
                pytest.raises(MailboxUnusable, match="certificaat dat niet klopt"),
                mailboxes.opened(mailboxes.parse(mailbox.url)),
            ):
                pass

            assert mailbox.sign_ins == 0


def test_without_starttls_nothing_is_said() -> None:
    with Mailbox("imap") as mailbox:
        settings = replace(mailboxes.parse(mailbox.url), scheme="imap+starttls")

        with pytest.raises(MailboxUnusable, match="STARTTLS"), mailboxes.opened(settings):
            pass

        assert mailbox.sign_ins == 0


@pytest.mark.parametrize(
    ("greeting", "fault"),
    [
        (b"", "is niet bereikbaar"),
        (b"* BYE druk\r\n", "laat ons niet binnen"),
        (b"* PREAUTH welkom\r\n", "laat ons niet binnen"),  # what is said next would be in the open
    ],
)
def test_a_server_that_is_none_is_named(greeting: bytes, fault: str) -> None:
    with _stub(greeting) as port:
        settings = mailboxes.parse(f"imap+starttls://post:geheim@localhost:{port}")

        with pytest.raises(MailboxUnusable, match=fault), mailboxes.opened(settings, timeout=0.2):
            pass


def test_nobody_there_is_named() -> None:
    settings = mailboxes.parse("imaps://post:geheim@localhost:1")

    with pytest.raises(MailboxUnusable, match="localhost:1 is niet bereikbaar"):
        mailboxes.opened(settings).__enter__()


def test_a_conversation_that_breaks_off_is_one_sentence_too() -> None:
    with Mailbox() as mailbox, pytest.raises(MailboxUnusable, match="brak het gesprek af"):
        _read_over_a_cut_line(mailbox)


def _read_over_a_cut_line(mailbox: Mailbox) -> None:
    with mailboxes.opened(mailboxes.parse(mailbox.url)) as box:
        box.client.sock.shutdown(socket.SHUT_RDWR)
        list(box.fetch())


def test_what_goes_wrong_within_is_handed_on_as_it_is() -> None:
    with (
        Mailbox() as mailbox,
        pytest.raises(ZeroDivisionError),
        mailboxes.opened(mailboxes.parse(mailbox.url)),
    ):
        raise ZeroDivisionError


@contextmanager
def _stub(greeting: bytes) -> Iterator[int]:
    """A server that greets and answers every command with BAD; or says nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(greeting)
                while line := client.recv(4096):
                    tag = line.split()[0]
                    client.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK zo\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)
