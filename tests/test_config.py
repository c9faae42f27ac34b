import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import Env, Settings, WrongSetting


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("OUTREACH_")]:
        monkeypatch.delenv(name)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"OUTREACH_{name}", value)
    return Settings()


def test_defaults_suit_one_small_server():
    settings = Settings()

    assert settings.env is Env.PRODUCTION
    assert settings.sqlalchemy_url == f"sqlite:///{Path('instance').resolve()}/outreach.db"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert set(settings.hosts) == {"localhost", "127.0.0.1", "[::1]"}
    assert settings.relay_url == ""


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("BASE_URL", "brieven.example.nl", "is not an http or https address"),
        ("BASE_URL", "https://example.nl/brieven", "without a path"),
        ("DATABASE_URL", "mysql://x", "must begin with sqlite:///"),
        ("SMTP_URL", "smtp://mail.example.nl", "only for this machine"),
        ("SMTP_URL", "smtp://a:b@127.0.0.1", "a password never goes over plain smtp://"),
        ("SMTP_URL", "mail.example.nl:25", "must begin with one of"),
        ("IMAP_URL", "pop3://mail.example.nl", "must begin with one of"),
        ("IMAP_URL", "imap://mail.example.nl", "only for this machine"),
        ("OAUTH_URL", "https://login.example", "is only for a server on this machine"),
        ("OAUTH_SMTP_URL", "smtps://mail.example", "is only for a server on this machine"),
        ("OAUTH_SMTP_URL", "localhost:25", "must begin with one of"),
        ("MICROSOFT_TENANT", "a/b", "String should match"),
        ("MICROSOFT_SECRET_EXPIRES", "volgend jaar", "valid date"),
        ("SECRET_KEY", "kort", "is shorter than 32 bytes"),
        ("ENV", "staging", "Input should be"),
        ("LANGUAGE", "de", "String should match"),
        ("THREADS", "0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_value_stops_the_start_with_name_fault_and_example(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
):
    with pytest.raises(WrongSetting) as stopped:
        given(monkeypatch, **{name: value})

    sentence = str(stopped.value)
    assert sentence.startswith(f"OUTREACH_{name}: ")
    assert fault in sentence
    assert f"Example: OUTREACH_{name}=" in sentence
    assert "a:b" not in sentence


def test_the_clock_moves_only_in_tests(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(WrongSetting, match="works only with ENV=test"):
        given(monkeypatch, CLOCK="2026-03-20T09:00:00+01:00")


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = tmp_path / "password"
    file.write_text("p@ss\n")

    settings = given(
        monkeypatch, SMTP_HOST="mail.example.nl", SMTP_USER="post", SMTP_PASSWORD_FILE=str(file)
    )

    assert settings.relay_url == "smtp+starttls://post:p%40ss@mail.example.nl:587"


@pytest.mark.parametrize(("port", "scheme"), [("993", "imaps"), ("143", "imap+starttls")])
def test_a_mailbox_can_be_given_in_pieces(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, port: str, scheme: str
):
    file = tmp_path / "password"
    file.write_text("p@ss\n")

    settings = given(
        monkeypatch,
        IMAP_HOST="mail.example.nl",
        IMAP_PORT=port,
        IMAP_USER="post",
        IMAP_PASSWORD_FILE=str(file),
    )

    assert settings.mailbox_url == f"{scheme}://post:p%40ss@mail.example.nl:{port}"


def test_a_secret_file_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(WrongSetting, match="OUTREACH_SMTP_PASSWORD_FILE: cannot read"):
        given(monkeypatch, SMTP_PASSWORD_FILE="/nowhere")


@pytest.mark.parametrize(
    ("host", "port", "scheme"),
    [
        ("mail.example.nl", "465", "smtps"),
        ("mail.example.nl", "25", "smtp+starttls"),
        ("127.0.0.1", "25", "smtp"),
    ],
)
def test_the_port_of_a_relay_says_how_it_is_encrypted(
    monkeypatch: pytest.MonkeyPatch, host: str, port: str, scheme: str
):
    settings = given(monkeypatch, SMTP_HOST=host, SMTP_PORT=port)

    assert settings.relay_url == f"{scheme}://{host}:{port}"


def test_the_generated_key_stays_and_is_ours_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    settings = given(monkeypatch, INSTANCE=str(tmp_path / "instance"))

    assert settings.keys == Settings().keys
    assert len(settings.keys[0]) >= 32
    assert (tmp_path / "instance" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path):
    script = "from config import Settings; print(Settings().keys[0])"
    environment = os.environ | {"OUTREACH_INSTANCE": str(tmp_path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]

    keys = {process.communicate(timeout=60)[0] for process in processes}

    assert len(keys) == 1


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://haak.example/x", "must begin with https://"),
        ("ftp://127.0.0.1/x", "must begin with https://"),
        ("meldingen", "names no host"),
    ],
)
def test_who_is_told_is_told_over_tls(
    monkeypatch: pytest.MonkeyPatch, url: str, fault: str
) -> None:
    monkeypatch.setenv("OUTREACH_ALERT_URL", url)

    with pytest.raises(WrongSetting, match=f"OUTREACH_ALERT_URL: .*{fault}"):
        Settings()


@pytest.mark.parametrize(
    "url", ["http://raden.example", "https://raden.example/api", "https://u:p@raden.example", "x"]
)
def test_councils_are_asked_at_a_site_over_tls(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OUTREACH_OPENBESLUITVORMING_URL", url)

    with pytest.raises(WrongSetting, match="OUTREACH_OPENBESLUITVORMING_URL: "):
        Settings()


def test_a_relay_log_is_a_path_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_RELAY_LOG", "")

    assert Settings().relay_log is None
    assert Settings(alert_url="http://127.0.0.1:9/x", relay_log="/var/log/mail.log").relay_log
