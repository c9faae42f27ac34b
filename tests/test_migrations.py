"""What the migrations make is what the models say, and an upgrade loses nothing."""

import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import create_engine, inspect, text

from outreach import marking, migrating
from outreach.db import Base, db
from outreach.errors import Refused
from tests.conftest import NOON

ADD_AND_DROP = '''"""A later migration, as one could be: a column less on a table with children."""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    with op.batch_alter_table("contact") as table:
        table.drop_column("titles")
        table.add_column(sa.Column("nickname", sa.String(), nullable=False, server_default=""))
'''


def test_models_equal_migrations(app: Flask):
    with db.engine.connect() as connection:
        ours = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=ours)

        assert compare_metadata(context, Base.metadata) == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Not what either database keeps to search by: `search_index`."""
    return kind not in ("table", "index") or not str(name).startswith(
        (marking.WORDS, "ix_search_entry_words")
    )


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The migrations with one more behind them; its number."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrating.MIGRATIONS, folder)
    before = migrating.newest()
    number = f"{int(before) + 1:04}"
    (folder / "versions" / f"{number}_later.py").write_text(
        ADD_AND_DROP.format(number=number, before=before)
    )
    monkeypatch.setattr(migrating, "MIGRATIONS", folder)
    return number


def _fill(url: str) -> None:
    """A contact with two addresses: a parent with children."""
    engine = create_engine(url)
    with engine.begin() as connection:
        moment = datetime(2026, 3, 23, tzinfo=UTC)
        connection.execute(text("INSERT INTO office (id, function) VALUES (1, 'partner')"))
        connection.execute(
            text(
                "INSERT INTO contact (id, office_id, form_of_address, titles, initials,"
                " first_name, prefix, last_name, phone, party, attributes, notes, created_at,"
                " changed_at) VALUES (1, 1, '', '', '', 'Noor', '', 'Vis', '', '', '{}', '',"
                " :moment, :moment)"
            ),
            {"moment": moment},
        )
        for number in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO address (contact_id, email, address_key, source, preferred,"
                    " created_at) VALUES (1, :email, :email, '', false, :moment)"
                ),
                {"email": f"noor{number}@voorbeeld.example", "moment": moment},
            )
    engine.dispose()


def test_upgrade_keeps_the_children_of_a_table_that_changes(database_url: str, one_more: str):
    _fill(database_url)

    migrating.upgrade(database_url, now=NOON)

    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert migrating.current(connection) == one_more
        assert connection.scalar(text("SELECT count(*) FROM address")) == 2
        assert "nickname" in {c["name"] for c in inspect(connection).get_columns("contact")}
    engine.dispose()


def test_upgrade_of_sqlite_backs_up_first(tmp_path: Path, sqlite_template: Path, one_more: str):
    path = tmp_path / "outreach.db"
    shutil.copyfile(sqlite_template, path)
    _fill(f"sqlite:///{path}")

    backup = migrating.upgrade(f"sqlite:///{path}", now=NOON)

    assert backup is not None
    assert backup.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(backup) as copy:
        assert copy.execute("SELECT count(*) FROM address").fetchone() == (2,)
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() != (one_more,)
    copy.close()


def test_upgrade_of_sqlite_makes_no_backup_of_nothing(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'new.db'}"

    assert migrating.upgrade(url, now=NOON) is None
    assert migrating.upgrade(url, now=NOON) is None
    assert list(tmp_path.glob("*.backup")) == []


def test_a_database_of_a_newer_version_is_refused(database_url: str):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(Refused, match="nieuwere versie"):
        migrating.upgrade(database_url, now=NOON)


def test_two_processes_at_once_migrate_once_on_sqlite(tmp_path: Path):
    _upgrade_three_times_at_once(f"sqlite:///{tmp_path / 'outreach.db'}")


def test_two_processes_at_once_migrate_once_on_postgresql(postgres_server: str):
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated_at_once")
    url = postgres_server.replace("/postgres?", "/migrated_at_once?")

    _upgrade_three_times_at_once(url.replace("postgresql://", "postgresql+psycopg://"))


def _upgrade_three_times_at_once(url: str) -> None:
    script = (
        "import sys; from datetime import UTC, datetime; from outreach import migrating;"
        " migrating.upgrade(sys.argv[1], now=datetime.now(UTC))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    faults = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], faults
    engine = create_engine(url)
    assert migrating.check(engine) is None
    engine.dispose()
