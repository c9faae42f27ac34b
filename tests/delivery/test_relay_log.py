"""What a Postfix's log says of a letter. The lines are invented; their order was seen of 3.7."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outreach.delivery import relay_log
from outreach.delivery.relay_log import Verdict

OURS = "<0a1b2c@coalitie.example>"
OTHER = "<3d4e5f@coalitie.example>"
MARK = datetime(2026, 11, 22, 8, 0, 10, 400_000, tzinfo=UTC)
QUIET = MARK + timedelta(minutes=5)

CONNECT = "smtpd[10]: connect from localhost[127.0.0.1]"
CLIENT = "smtpd[10]: 5CD683: client=localhost[127.0.0.1]"
NAMED = f"cleanup[11]: 5CD683: message-id={OURS}"
QUEUED = "qmgr[12]: 5CD683: from=<post@coalitie.example>, size=48281, nrcpt=1 (queue active)"
BROKEN = "smtpd[10]: lost connection after DATA (48084 bytes) from localhost[127.0.0.1]"
GONE = "smtpd[10]: disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4"
TAKEN = "smtpd[10]: disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=1 commands=4"


def traditional(at: datetime) -> str:
    return at.astimezone().strftime("%b %e %H:%M:%S")


def exact(at: datetime) -> str:
    return at.astimezone().isoformat()


def short(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%dT%H:%M:%S%z")


FORMATS = (traditional, exact, short)


class Log:
    """A mail log and its reader."""

    def __init__(self, folder: Path, form=exact) -> None:
        self.path, self.state, self.form = folder / "mail.log", folder / "kept.json", form
        self.path.touch()

    def write(self, *lines: str, at: datetime = MARK, step: float = 0.01) -> "Log":
        with self.path.open("a") as file:
            for n, line in enumerate(lines):
                when = self.form(at + timedelta(seconds=n * step))
                file.write(f"{when} pf postfix/{line}\n")
        return self

    def verdict(self, now: datetime = QUIET, mark: datetime = MARK) -> tuple[Verdict, str]:
        reading = relay_log.read(self.path, self.state, {OURS: mark}, now=now)
        return reading.verdict(OURS, mark, now=now)

    def rotate(self, name: str = "mail.log.1") -> None:
        self.path.rename(self.path.with_name(name))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """One in which a session began just before the letter was marked."""
    return Log(tmp_path).write(CONNECT, CLIENT, at=MARK - timedelta(seconds=1))


@pytest.mark.parametrize("form", FORMATS)
def test_a_letter_in_the_queue_was_taken(tmp_path: Path, form) -> None:
    log = Log(tmp_path, form).write(CONNECT, CLIENT, at=MARK - timedelta(seconds=2))
    log.write(NAMED, QUEUED, TAKEN)

    verdict, words = log.verdict(now=MARK + timedelta(seconds=1))

    assert verdict is Verdict.TAKEN
    assert f"5CD683: message-id={OURS}" in words


@pytest.mark.parametrize("form", FORMATS)
def test_a_letter_that_the_log_does_not_name_was_never_taken(tmp_path: Path, form) -> None:
    log = Log(tmp_path, form).write(CONNECT, CLIENT, at=MARK - timedelta(seconds=2))
    log.write(BROKEN, GONE)

    assert log.verdict()[0] is Verdict.NEVER


def test_a_letter_that_broke_off_halfway_was_not_taken_though_it_is_named(log: Log) -> None:
    log.write(NAMED, BROKEN, GONE)

    assert log.verdict()[0] is Verdict.NEVER


def test_it_may_be_named_after_its_session_broke_off(log: Log) -> None:
    log.write(BROKEN, GONE, NAMED)

    assert log.verdict()[0] is Verdict.NEVER


def test_a_letter_that_is_named_but_not_yet_in_the_queue_stays_in_doubt(log: Log) -> None:
    log.write(NAMED)

    assert log.verdict()[0] is Verdict.OPEN


@pytest.mark.parametrize(
    ("lines", "after", "why"),
    [
        ((GONE,), 119, "nog geen twee minuten stil"),
        ((), 300, "niet gesloten"),  # its bytes may still come out of the kernel
        ((CONNECT.replace("[10]", "[20]"),), 300, "niet gesloten"),
        ((GONE.replace("data=0/1", "data=1"),), 300, "ontbreken regels"),  # it took one unnamed
        ((GONE, "anvil[3]: statistics", "half a line"), 300, "einde"),
    ],
)
def test_what_is_not_sure_stays_in_doubt(
    log: Log, lines: tuple[str, ...], after: int, why: str
) -> None:
    log.write(*lines)
    if "half a line" in lines:
        log.path.write_bytes(log.path.read_bytes().removesuffix(b"\n"))

    verdict, words = log.verdict(now=MARK + timedelta(seconds=after))

    assert (verdict, why in words) == (Verdict.OPEN, True), words


def test_a_log_without_our_session_is_of_another_relay(tmp_path: Path) -> None:
    before = MARK - timedelta(minutes=10)
    log = Log(tmp_path).write(CONNECT, GONE, at=before)
    log.write("smtpd[9]: connect from mx.example[192.0.2.7]", at=MARK - timedelta(seconds=1))

    assert "geen verbinding van deze machine" in log.verdict()[1]


def test_a_log_that_begins_later_says_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path).write(GONE, at=MARK + timedelta(seconds=2))

    assert "begint pas na" in log.verdict()[1]


def test_another_client_keeps_the_relay_busy(log: Log) -> None:
    log.write(GONE)
    log.write("cleanup[30]: 7AB001: message-id=<x@y.example>", at=MARK + timedelta(minutes=4))

    assert "nog geen twee minuten stil" in log.verdict(now=MARK + timedelta(minutes=5))[1]
    assert log.verdict(now=MARK + timedelta(minutes=6, seconds=1))[0] is Verdict.NEVER


def test_an_earlier_try_with_the_same_message_id_is_not_this_one(tmp_path: Path) -> None:
    log = Log(tmp_path).write(CONNECT, CLIENT, NAMED, QUEUED, TAKEN, at=MARK - timedelta(hours=1))
    log.write(CONNECT, CLIENT.replace("5CD", "6CD"), at=MARK - timedelta(seconds=1))
    log.write(GONE)

    assert log.verdict()[0] is Verdict.NEVER


def test_the_log_is_followed_over_its_rotation(log: Log) -> None:
    assert log.verdict()[0] is Verdict.OPEN
    log.write(NAMED)
    log.rotate()
    log.path.touch()
    assert log.verdict()[0] is Verdict.OPEN  # the syslog still writes to the old one
    with log.path.with_name("mail.log.1").open("a") as old:
        old.write(f"{exact(MARK)} pf postfix/{BROKEN}\n")
    log.write(GONE, at=MARK + timedelta(seconds=3))

    assert log.verdict()[0] is Verdict.NEVER


def test_a_rotation_while_it_was_not_followed_is_read_too(log: Log) -> None:
    log.write(NAMED, QUEUED)
    log.rotate()
    log.write(TAKEN, at=MARK + timedelta(seconds=3))

    assert log.verdict()[0] is Verdict.TAKEN


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_compressed_is_a_gap(log: Log, kept: bool) -> None:
    if kept:
        log.verdict()
    log.path.with_name("mail.log.1.gz").write_bytes(b"\x1f\x8b")
    log.path.unlink()
    log.write(GONE, at=MARK + timedelta(seconds=3))

    assert "begint pas na" in log.verdict()[1]


def test_two_rotations_at_once_are_a_gap(log: Log) -> None:
    log.verdict()
    log.rotate("mail.log.2")
    log.write(BROKEN, at=MARK + timedelta(seconds=1))
    log.rotate()
    log.write(GONE, at=MARK + timedelta(seconds=3))

    assert "begint pas na" in log.verdict()[1]


def test_a_log_that_was_cut_off_in_place_is_a_gap(log: Log) -> None:
    log.write(NAMED, GONE)
    log.verdict()
    log.path.write_text("")
    log.write(*[GONE] * 9, at=MARK + timedelta(seconds=3))

    assert "begint pas na" in log.verdict()[1]


def test_it_is_read_on_and_not_read_anew(log: Log) -> None:
    log.verdict()
    first, second = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"#" * len(first) + second)  # gone, if read anew
    log.write(BROKEN, GONE)

    assert log.verdict()[0] is Verdict.NEVER


def test_a_second_letter_in_doubt_is_looked_for_in_what_was_read_already(log: Log) -> None:
    log.write(NAMED, QUEUED, NAMED.replace("5CD", "6CD").replace(OURS, OTHER))
    log.write(QUEUED.replace("5CD", "6CD"), TAKEN)
    log.verdict()

    reading = relay_log.read(log.path, log.state, {OURS: MARK, OTHER: MARK}, now=QUIET)

    assert reading.verdict(OTHER, MARK, now=QUIET)[0] is Verdict.TAKEN


def test_a_large_log_is_begun_near_the_mark(tmp_path: Path) -> None:
    log = Log(tmp_path)
    noise = [CONNECT.replace("10", "77"), GONE.replace("10", "77")] * 2000
    log.write(*noise, at=MARK - timedelta(hours=67), step=60)
    log.write(CONNECT, CLIENT, NAMED, QUEUED, TAKEN, at=MARK)

    assert log.path.stat().st_size > 4 * relay_log.PIECE
    assert log.verdict()[0] is Verdict.TAKEN
    begins = relay_log.read(log.path, log.state, {OURS: MARK}, now=QUIET).begins
    assert MARK.timestamp() - begins < relay_log.LEAD + 12 * 3600


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("Dec 31 23:59:59", "2027-01-02T12:00:00", "2026-12-31T23:59:59"),
        ("Nov  2 08:00:00", "2026-11-22T12:00:00", "2026-11-02T08:00:00"),
        ("Feb 29 08:00:00", "2028-03-01T12:00:00", "2028-02-29T08:00:00"),
    ],
)
def test_a_time_without_a_year_is_the_last_such(text: str, now: str, expected: str) -> None:
    at = relay_log.moment(text, datetime.fromisoformat(now).astimezone())

    assert at == datetime.fromisoformat(expected).timestamp()


def test_a_time_that_is_none_is_skipped() -> None:
    assert relay_log.moment("Feb 31 08:00:00", MARK) is None
