"""One PostgreSQL database, made fresh again for each test.

Only what a test touched is put back: rows are deleted, and vacuumed away so that the next rows
stand where the first ones did; sequences start anew. What a test may have done to the schema or
to the gemeenten shows in a fingerprint; then the database is made anew after all.
"""

from dataclasses import dataclass, field

import psycopg
from psycopg import sql

TEMPLATE = "template_outreach"
NAME = "outreach_under_test"
#: Tables that come filled: the rest is emptied.
FILLED = ("alembic_version", "gemeente", "gemeente_alias", "recess")
FINGERPRINT = """
    SELECT (SELECT md5(string_agg(concat_ws(' ', relname, attname, atttypid::regtype, attnotnull,
                                            atthasdef), ',' ORDER BY relname, attnum))
            FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid
            WHERE relnamespace = 'public'::regnamespace AND attnum > 0)
        || (SELECT md5(string_agg(concat_ws(' ', conname, contype, convalidated), ','
                                  ORDER BY conname))
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace)
        || (SELECT md5(string_agg(g::text, ',' ORDER BY code)) FROM gemeente g)
        || (SELECT md5(string_agg(a::text, ',' ORDER BY a::text)) FROM gemeente_alias a)
        || coalesce((SELECT md5(string_agg(r::text, ',' ORDER BY r::text)) FROM recess r), '')
        || (SELECT version_num FROM alembic_version)
"""
#: Whoever still holds on to the database is cut off, and waited for.
OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
#: From zero again: as `setval(…, 1, false)` leaves them, they count as not used. Save that of a
#: table that comes filled.
SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL AND sequencename <> 'recess_id_seq'
"""


@dataclass
class Database:
    """The database that the tests of one process share, one after the other."""

    server: str  #: URI of the server's own database
    _session: psycopg.Connection | None = field(default=None, repr=False)
    _used: str = ""  #: asks which tables hold rows
    _fingerprint: str = ""  #: the template's

    def fresh(self) -> str:
        """Its URL, as the template was; whoever still held on to it is cut off."""
        if self._session is None or not self._emptied(self._session):
            self.close()
            self._make()
            self._session = self._open()
        return self._uri.replace("postgresql://", "postgresql+psycopg://")

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    @property
    def _uri(self) -> str:
        return self.server.replace("/postgres?", f"/{NAME}?")

    def _emptied(self, session: psycopg.Connection) -> bool:
        try:
            session.execute(OTHERS)
            used = [sql.Identifier(row[0]) for row in session.execute(self._used.encode())]
            for table in used:
                session.execute(sql.SQL("DELETE FROM {}").format(table))
            if used:
                session.execute(sql.SQL("VACUUM {}").format(sql.SQL(", ").join(used)))
            session.execute(SEQUENCES)
            return _read(session) == self._fingerprint
        except psycopg.Error:
            return False  # no longer what it was

    def _make(self) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {NAME} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")

    def _open(self) -> psycopg.Connection:
        session = psycopg.connect(self._uri, autocommit=True)
        session.execute("SET session_replication_role = replica")  # rows go in any order
        tables = [row[0] for row in session.execute(TABLES) if row[0] not in FILLED]
        self._used = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables
        )
        self._fingerprint = _read(session)
        return session


def _read(session: psycopg.Connection) -> str:
    row = session.execute(FINGERPRINT).fetchone()
    assert row is not None
    return str(row[0])
