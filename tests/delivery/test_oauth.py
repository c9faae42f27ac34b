"""Tokens: renewed in time, by one at a time, kept before they are used, and lost in good order."""

import base64
import json
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from outreach.accounts.audit import CLI
from outreach.accounts.limits import Limits
from outreach.accounts.models import Sender
from outreach.clock import system_now
from outreach.delivery import mailboxes, oauth, providers, relays, secretfiles, tokenserver
from outreach.delivery.oauth import Account, NoAccess, ProviderSilent
from outreach.delivery.providers import Provider, Tokens
from outreach.delivery.tokenserver import NotAnswered
from outreach.errors import Refused
from tests.conftest import NOON
from tests.factories import make_sender
from tests.imap import USER, Mailbox
from tests.oauth_server import TokenServer, at


@pytest.fixture
def server():
    with TokenServer() as server:
        yield server


def connect(instance: Path, sender: Sender, server: TokenServer, provider: Provider) -> Account:
    tokens = Tokens.read(server.give(), at=system_now())
    oauth.keep(instance, sender, provider, tokens, user=USER, by=CLI, now=NOON)
    account = oauth.account_of(instance, sender, {provider.name: provider})
    assert account is not None
    return account


def connected(instance: Path, server: TokenServer, name: str = "microsoft") -> Account:
    """An account as a file of its own, for what needs no database."""
    provider = server.provider(name)
    tokens = Tokens.read(server.give(), at=system_now())
    grant = oauth.Grant(
        provider.name,
        USER,
        tokens.refresh,
        tokens.access,
        tokens.ends_at,
        tokens.renew_at,
        NOON,
    )
    path = instance / "senders" / "1.oauth"
    secretfiles.write_record(path, grant)
    return Account(path, provider, USER)


def kept(account: Account) -> dict[str, str]:
    found: dict[str, str] = json.loads(account.path.read_text())
    return found


def test_a_connection_is_a_file_that_only_we_can_read(
    app: Flask, tmp_path: Path, server: TokenServer
) -> None:
    sender = make_sender()

    account = connect(tmp_path, sender, server, server.provider())

    assert account.path == tmp_path / "senders" / f"{sender.id}.oauth"
    assert stat.S_IMODE(account.path.stat().st_mode) == 0o600
    assert kept(account)["refresh_token"] not in repr(oauth.connected(tmp_path, sender))
    assert (sender.per_minute, sender.connections) == (30, 3)


def test_limits_of_ones_own_stay(app: Flask, tmp_path: Path, server: TokenServer) -> None:
    sender = make_sender()
    Limits(per_minute=7).set_on(sender)

    connect(tmp_path, sender, server, server.provider())

    assert Limits.of(sender) == Limits(per_minute=7)


def test_a_connected_sender_uses_the_hosts_of_its_provider(
    app: Flask, tmp_path: Path, server: TokenServer
) -> None:
    sender = make_sender(own_relay=True, own_mailbox=True)
    known = {"microsoft": providers.microsoft("app")}
    connect(tmp_path, sender, server, known["microsoft"])

    relay = relays.for_sender(sender, instance=tmp_path, default_url="", providers=known)
    box = mailboxes.for_sender(sender, instance=tmp_path, default_url="", providers=known)

    assert (str(relay), relay.scheme) == ("smtp.office365.com:587", "smtp+starttls")
    assert (relay.user, relay.key) == (USER, f"sender:{sender.id}")
    assert box is not None
    assert (str(box), box.scheme, box.user) == ("outlook.office365.com:993", "imaps", USER)


def test_a_connection_whose_app_is_not_set_is_named(
    app: Flask, tmp_path: Path, server: TokenServer
) -> None:
    sender = make_sender()
    connect(tmp_path, sender, server, server.provider("google"))

    with pytest.raises(NoAccess, match="OUTREACH_GOOGLE_CLIENT_ID"):
        relays.for_sender(sender, instance=tmp_path, default_url="smtp://localhost")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"provider": "google"}',
        '{"wachtwoord": "x"}',
        '{"ends_at": null}',
        '{"renew_at": "2026-03-23T09:00:00"}',
    ],
)
def test_a_file_that_cannot_be_read_is_the_senders_trouble_alone(
    app: Flask, tmp_path: Path, server: TokenServer, text: str
) -> None:
    sender = make_sender()
    connect(tmp_path, sender, server, server.provider()).path.write_text(text)

    with pytest.raises(NoAccess, match="is niet te lezen: verbind opnieuw"):
        relays.for_sender(sender, instance=tmp_path, default_url="smtp://localhost")

    oauth.disconnect(tmp_path, sender, by=CLI, now=NOON)


def test_after_disconnecting_the_sender_has_what_it_had(
    app: Flask, tmp_path: Path, server: TokenServer
) -> None:
    sender = make_sender()
    account = connect(tmp_path, sender, server, server.provider())

    oauth.disconnect(tmp_path, sender, by=CLI, now=NOON)

    assert oauth.connected(tmp_path, sender) is None
    relay = relays.for_sender(sender, instance=tmp_path, default_url="smtp://localhost")
    assert relay.host == "localhost"
    with pytest.raises(NoAccess, match="niet meer verbonden"):
        account.token()
    with pytest.raises(Refused, match="niet verbonden"):
        oauth.disconnect(tmp_path, sender, by=CLI, now=NOON)


def test_an_account_without_lasting_access_is_refused(
    app: Flask, tmp_path: Path, server: TokenServer
) -> None:
    sender = make_sender()
    tokens = Tokens.read(server.give() | {"refresh_token": None}, at=system_now())

    with pytest.raises(NoAccess, match="geen blijvende toegang"):
        oauth.keep(tmp_path, sender, server.provider(), tokens, user=USER, by=CLI, now=NOON)

    assert oauth.connected(tmp_path, sender) is None


def test_a_token_is_used_until_shortly_before_its_end(tmp_path: Path, server: TokenServer) -> None:
    account = connected(tmp_path, server)

    assert account.token() == account.token() == kept(account)["access_token"]
    assert server.renewals == 0


@pytest.mark.parametrize(("lasts", "before"), [(3600, 300), (60, 6)])
def test_it_is_renewed_some_minutes_before_its_end(lasts: int, before: int) -> None:
    tokens = Tokens.read({"access_token": "x", "expires_in": str(lasts)}, at=NOON)

    assert tokens.ends_at - NOON == timedelta(seconds=lasts)
    assert tokens.ends_at - tokens.renew_at == timedelta(seconds=before)


def test_a_token_near_its_end_is_renewed_and_the_new_refresh_token_kept(
    tmp_path: Path, server: TokenServer
) -> None:
    server.lasts = 0.0
    account = connected(tmp_path, server)
    before = kept(account)
    server.lasts = 3600.0

    token = account.token()

    assert token != before["access_token"]
    assert server.accepts(token)
    assert {kept(account)["refresh_token"]} == server.refresh
    assert stat.S_IMODE(account.path.stat().st_mode) == 0o600
    assert account.token() == token
    assert server.renewals == 1


def test_a_server_that_replaces_no_refresh_token_leaves_ours(tmp_path: Path) -> None:
    with TokenServer(rotates=False) as server:
        account = connected(tmp_path, server)
        before = kept(account)

        account.token(refused=before["access_token"])

        assert kept(account)["refresh_token"] == before["refresh_token"]
        assert server.renewals == 1


def test_threads_that_need_it_at_once_renew_once(tmp_path: Path, server: TokenServer) -> None:
    account = connected(tmp_path, server)
    old = kept(account)["access_token"]
    server.delay = 0.1
    given: list[str] = []

    threads = [
        threading.Thread(target=lambda: given.append(account.token(refused=old))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(given) == 4
    assert len(set(given)) == 1
    assert server.renewals == 1


HOLD = """
import fcntl, sys
with open(sys.argv[1], "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_that_renews_is_waited_for(tmp_path: Path, server: TokenServer) -> None:
    account = connected(tmp_path, server)
    old = kept(account)["access_token"]
    given: list[str] = []
    renewing = threading.Thread(target=lambda: given.append(account.token(refused=old)))

    with subprocess.Popen(
        [sys.executable, "-c", HOLD, f"{account.path}.lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        renewing.start()
        renewing.join(0.1)
        # What the other got meanwhile is taken over, and nothing is asked for again.
        theirs = kept(account) | {"access_token": "van het andere proces"}
        account.path.write_text(json.dumps(theirs))
        assert given == []
        other.communicate()
    renewing.join(5)

    assert given == ["van het andere proces"]
    assert server.renewals == 0


def test_a_connection_that_was_ended_says_to_connect_anew(
    tmp_path: Path, server: TokenServer
) -> None:
    account = connected(tmp_path, server)
    old = kept(account)["access_token"]
    server.revoke()

    with pytest.raises(NoAccess, match=r"verlopen: verbind opnieuw \(invalid_grant: AADSTS70008"):
        account.token(refused=old)

    assert kept(account)["lapsed_at"]
    assert kept(account)["access_token"] == ""


def test_a_secret_that_ended_points_at_the_settings(tmp_path: Path, server: TokenServer) -> None:
    account = connected(tmp_path, server)
    server.errors = [(401, "invalid_client")]

    with pytest.raises(NoAccess, match="controleer OUTREACH_MICROSOFT_CLIENT_ID en het geheim"):
        account.token(refused=kept(account)["access_token"])

    assert kept(account)["lapsed_at"] is None


@pytest.mark.parametrize("error", [(500, "x"), (503, "x"), (429, "x"), (400, "server_error")])
def test_a_token_server_in_trouble_is_nobodys_fault(
    tmp_path: Path, server: TokenServer, error: tuple[int, str]
) -> None:
    account = connected(tmp_path, server)
    old = kept(account)["access_token"]
    server.errors = [error]

    with pytest.raises(ProviderSilent, match="Microsoft 365 geeft nu geen"):
        account.token(refused=old)

    assert account.token(refused=old) != old


def test_what_lasts_some_minutes_more_is_used_while_the_token_server_is_away(
    tmp_path: Path, server: TokenServer
) -> None:
    account = connected(tmp_path, server)
    nearly = kept(account) | {"renew_at": NOON.isoformat()}
    account.path.write_text(json.dumps(nearly))
    away = Account(account.path, at(account.provider, "http://127.0.0.1:1"), USER)

    assert away.token() == nearly["access_token"]
    with pytest.raises(ProviderSilent):
        away.token(refused=nearly["access_token"])


@pytest.mark.parametrize("url", ["http://login.example/token", "ftp://localhost/x", "login"])
def test_a_secret_goes_nowhere_unencrypted(url: str) -> None:
    with pytest.raises(ValueError, match="not an https address"):
        tokenserver.ask(url, {})


def test_an_answer_from_elsewhere_is_none(server: TokenServer) -> None:
    with pytest.raises(NotAnswered):
        tokenserver.ask(f"{server.url}/moved", {})


def test_an_answer_that_is_none_is_trouble(server: TokenServer) -> None:
    with pytest.raises(NotAnswered):
        Tokens.read({"token_type": "Bearer"}, at=NOON)


def test_a_mailbox_is_opened_with_a_token(tmp_path: Path, server: TokenServer) -> None:
    with Mailbox(accepts=server.accepts) as mailbox:
        mailbox.put(b"From: a@demo.example\r\nSubject: Ontvangen\r\n\r\n.\r\n")

        with mailboxes.opened(settings_of(mailbox, connected(tmp_path, server))) as box:
            subjects = [one.subject for one in box.fetch(mark_seen=False)]

        assert subjects == ["Ontvangen"]


def test_a_token_that_the_mailbox_does_not_take_is_renewed_once(
    tmp_path: Path, server: TokenServer
) -> None:
    account = connected(tmp_path, server)
    server.access.clear()

    with Mailbox(accepts=server.accepts) as mailbox:
        with mailboxes.opened(settings_of(mailbox, account)) as box:
            assert box.folder.get() == "INBOX"

        server.uses = 0
        with (
            pytest.raises(mailboxes.MailboxUnusable, match="verbind opnieuw"),
            mailboxes.opened(settings_of(mailbox, account)),
        ):
            pass

    assert server.renewals == 2


def test_the_reason_of_a_refusal_gets_an_empty_answer(tmp_path: Path, server: TokenServer) -> None:
    account = connected(tmp_path, server)
    said: list[bytes] = []

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_refuse_twice, args=(listener, said))
        thread.start()
        plain = mailboxes.parse(f"imap://127.0.0.1:{listener.getsockname()[1]}")
        with (
            pytest.raises(mailboxes.MailboxUnusable, match="verbind opnieuw"),
            mailboxes.opened(replace(plain, user=USER, account=account)),
        ):
            pass
        thread.join(5)

    first, second = said[0::2]
    assert base64.b64decode(first) != base64.b64decode(second), "renewed in between"
    assert said[1::2] == [b"\r\n", b"\r\n"]


def _refuse_twice(listener: socket.socket, said: list[bytes]) -> None:
    """An IMAP server that says why it refuses, as Google and Microsoft do."""
    for _ in range(2):
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready\r\n")
            for line in lines:
                tag, verb, *_rest = line.split()
                if verb == b"AUTHENTICATE":
                    client.sendall(b"+ \r\n")
                    said.append(lines.readline())
                    client.sendall(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
                    said.append(lines.readline())
                    client.sendall(tag + b" NO AUTHENTICATE failed.\r\n")
                else:
                    client.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                if verb == b"LOGOUT":
                    break


def settings_of(mailbox: Mailbox, account: Account) -> mailboxes.MailboxSettings:
    plain = mailboxes.parse(mailbox.url)
    return mailboxes.MailboxSettings(
        "sender:1", plain.scheme, plain.host, plain.port, USER, "", plain.cafile, account
    )
