"""SQLite's one writer: whoever asked first writes first, and nobody keeps the turn."""

import gc
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from outreach.db import READ_ONLY, install_sqlite, is_busy
from outreach.turns import InTurn, Turns, connections

SOON = 0.05  #: seconds of patience
LONG = 20.0  #: more than a test takes
WRITERS = 12


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "one.db")) as made:
        made.executescript("PRAGMA journal_mode=WAL; CREATE TABLE came (who INTEGER PRIMARY KEY)")
    return tmp_path / "one.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{path}")
    install_sqlite(engine, patience=SOON)
    yield engine
    engine.dispose()


def opened(path: Path, turns: Turns, patience: float = LONG) -> InTurn:
    kind = connections(turns, patience)
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=kind)


def wait_for(length: int, turns: Turns) -> None:
    """Until so many stand in line."""
    while len(turns._line) < length:
        time.sleep(0.0005)


def test_whoever_asked_first_writes_first_and_everyone_does(path: Path) -> None:
    turns, served = Turns(), list[int]()
    first = opened(path, turns)
    first.begin("IMMEDIATE")

    def write(number: int) -> None:
        with closing(opened(path, turns)) as mine:
            mine.begin("IMMEDIATE")
            served.append(number)
            mine.execute("INSERT INTO came VALUES (?)", (number,))
            mine.commit()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        wait_for(number, turns)
    first.rollback()
    for thread in threads:
        thread.join()

    assert served == list(range(WRITERS))
    with closing(sqlite3.connect(path)) as there:
        assert there.execute("SELECT count(*) FROM came").fetchone() == (WRITERS,)


def test_who_waits_too_long_hears_it_and_leaves_the_line(path: Path) -> None:
    turns = Turns()
    first, second = opened(path, turns), opened(path, turns, SOON)
    first.begin("IMMEDIATE")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.begin("IMMEDIATE")
    second.begin("DEFERRED")  # to read needs no turn
    second.rollback()
    first.commit()
    second.begin("IMMEDIATE")  # the turn did not go to who had left
    second.rollback()


def test_another_process_that_writes_is_waited_for_and_not_for_ever(path: Path) -> None:
    turns = Turns()
    stranger = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    stranger.execute("BEGIN IMMEDIATE")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        opened(path, turns, SOON).begin("IMMEDIATE")
    ending = threading.Timer(SOON, stranger.rollback)
    ending.start()
    patient = opened(path, turns)
    patient.begin("IMMEDIATE")  # neither kept the turn
    assert patient.in_transaction
    patient.rollback()
    ending.join()


def test_a_transaction_that_fails_gives_its_turn_on(engine: Engine) -> None:
    for _ in range(2):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text("INSERT INTO came VALUES (1), (1)"))
        with pytest.raises(ZeroDivisionError), engine.begin():
            _ = 1 // 0
        lost = engine.connect()
        lost.begin()
        lost.invalidate()
        lost.close()
        dropped = engine.raw_connection()
        dropped.driver_connection.begin("IMMEDIATE")  # type: ignore[union-attr]
        dropped.close()
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM came"))


def test_a_connection_that_is_forgotten_gives_its_turn_on(path: Path) -> None:
    turns = Turns()
    forgotten = opened(path, turns)
    forgotten.begin("IMMEDIATE")

    del forgotten
    gc.collect()

    with closing(opened(path, turns, SOON)) as next_:
        next_.begin("IMMEDIATE")


def test_one_that_is_forgotten_while_the_line_changes_stops_nobody(path: Path) -> None:
    """A finaliser runs wherever memory is asked for, also within the line's own lock."""
    turns = Turns()
    forgotten = opened(path, turns)
    forgotten.begin("IMMEDIATE")

    with turns._guard:
        del forgotten
        gc.collect()
    with closing(opened(path, turns, SOON)) as next_:
        next_.begin("IMMEDIATE")


def test_a_reader_does_not_wait_for_the_writer(engine: Engine) -> None:
    with engine.begin() as writing:
        writing.execute(text("INSERT INTO came VALUES (1)"))
        with engine.connect().execution_options(**READ_ONLY) as reading:
            assert reading.scalar(text("SELECT count(*) FROM came")) == 0
        with pytest.raises(OperationalError) as refused, engine.begin():
            pass
    assert is_busy(refused.value)
