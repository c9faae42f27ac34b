"""Where a sender's mail goes, and what may never be a relay."""

import stat
from pathlib import Path

import pytest
from flask import Flask

from outreach.delivery import relays
from outreach.delivery.relays import NoRelay
from outreach.errors import Invalid
from tests.factories import make_sender


def test_a_url_is_read_with_its_escapes() -> None:
    relay = relays.parse(
        "smtp+starttls://post%40coalitie.example:ge%2Fheim%3A%23@mail.example:2525?cafile=/a%20b.pem"
    )

    assert (relay.user, relay.password) == ("post@coalitie.example", "ge/heim:#")
    assert (relay.host, relay.port, relay.cafile) == ("mail.example", 2525, "/a b.pem")
    assert "ge/heim" not in repr(relay)


@pytest.mark.parametrize(
    ("url", "port"),
    [("smtp://localhost", 25), ("smtp+starttls://m.example", 587), ("smtps://m.example", 465)],
)
def test_each_way_has_its_own_port(url: str, port: int) -> None:
    assert relays.parse(url).port == port


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.example",
        "smtp://post:geheim@localhost",
        "http://mail.example",
        "smtps://",
        "smtps://mail.example:poort",
        "mail.example:587",
        "",
    ],
)
def test_what_is_no_safe_relay_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        relays.parse(url)


def test_a_senders_own_relay_is_a_file_that_only_we_can_read(app: Flask, tmp_path: Path) -> None:
    sender = make_sender()

    relays.keep(tmp_path, sender, "smtps://post:geheim@mail.example\n")

    file = tmp_path / "senders" / f"{sender.id}.smtp"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    relay = relays.for_sender(sender, instance=tmp_path, default_url="smtp://localhost")
    assert (relay.host, relay.key) == ("mail.example", f"sender:{sender.id}")


def test_other_senders_use_the_default(app: Flask, tmp_path: Path) -> None:
    relay = relays.for_sender(make_sender(), instance=tmp_path, default_url="smtp://localhost")

    assert (relay.host, relay.key) == ("localhost", "default")


def test_a_sender_without_a_relay_hears_what_to_do(app: Flask, tmp_path: Path) -> None:
    with pytest.raises(NoRelay, match="geef OUTREACH_SMTP_URL"):
        relays.for_sender(make_sender(), instance=tmp_path, default_url="")
    with pytest.raises(NoRelay, match="geef hem opnieuw op"):
        relays.for_sender(make_sender(own_relay=True), instance=tmp_path, default_url="")
