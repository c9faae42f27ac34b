import subprocess
import sys
import threading
import time
from pathlib import Path

from flask import Flask

from outreach.db import db
from outreach.engine.leader import FileLeader, leader_for
from outreach.engine.ticking import Metronome, Tick


def test_one_of_two_leads_until_it_resigns(app: Flask, tmp_path: Path):
    first, second = leader_for(db.engine, tmp_path), leader_for(db.engine, tmp_path)

    assert first.leads()
    assert not second.leads()
    assert first.leads()

    first.resign()
    assert second.leads()
    assert not first.leads()
    second.resign()


def test_a_killed_leader_leads_no_more(tmp_path: Path):
    path = tmp_path / "leader.lock"
    script = (
        "import sys, time; from pathlib import Path;"
        " from outreach.engine.leader import FileLeader;"
        " leader = FileLeader(Path(sys.argv[1]));"
        " print(leader.leads(), flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "True\n"
    leader = FileLeader(path)
    assert not leader.leads()

    other.kill()
    other.wait()

    assert leader.leads()
    leader.resign()
    other.stdout.close()


def test_only_the_leader_beats(tmp_path: Path):
    done: list[str] = []
    beats = [
        Metronome([Tick("work", 0.05, lambda who=who: done.append(who))], _leader(tmp_path))
        for who in ("first", "second")
    ]

    for metronome in beats:
        metronome.start()
        time.sleep(0.3)
    for metronome in beats:
        metronome.stop()

    assert set(done) == {"first"}


def test_stopping_waits_for_what_is_under_way(tmp_path: Path):
    begun, done = threading.Event(), []

    def work() -> None:
        begun.set()
        time.sleep(0.5)
        done.append(True)

    metronome = Metronome([Tick("work", 0.05, work)], _leader(tmp_path))
    metronome.start()
    begun.wait(timeout=5)
    metronome.stop()

    assert done


def _leader(folder: Path) -> FileLeader:
    return FileLeader(folder / "leader.lock")
