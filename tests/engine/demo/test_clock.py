from datetime import UTC, datetime, timedelta
from pathlib import Path

from outreach.engine.demo.clock import BEGIN, DemoClock

SOON = timedelta(seconds=10)


def test_it_begins_on_friday_20_march_and_runs_on(tmp_path: Path):
    clock = DemoClock.of(tmp_path)

    first = clock.now()

    assert BEGIN <= first < BEGIN + SOON
    assert clock.now() > first


def test_a_move_is_seen_by_other_processes_and_after_a_restart(tmp_path: Path):
    running, other = DemoClock.of(tmp_path), DemoClock.of(tmp_path)
    april = datetime(2026, 4, 10, 7, tzinfo=UTC)

    running.move_to(april)

    assert april <= other.now() < april + SOON
    assert april <= DemoClock.of(tmp_path).now() < april + SOON


def test_time_never_goes_back(tmp_path: Path):
    clock = DemoClock.of(tmp_path)

    clock.move_to(BEGIN - timedelta(days=1))

    assert clock.now() >= BEGIN
