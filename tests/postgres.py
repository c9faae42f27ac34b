"""One PostgreSQL database, made fresh again for each test.

Making a database from a template takes half a second here, emptying its tables a few
milliseconds. What a test may have done to the schema or to the gemeenten shows in a
fingerprint; then the database is made anew after all.
"""

from dataclasses import dataclass
from typing import LiteralString, cast

import psycopg

TEMPLATE = "template_outreach"
NAME = "outreach_under_test"
#: Tables that come filled: the rest is emptied.
FILLED = ("alembic_version", "gemeente", "gemeente_alias")
FINGERPRINT = """
    SELECT (SELECT md5(string_agg(table_name || column_name || data_type, ','
                                  ORDER BY table_name, ordinal_position))
            FROM information_schema.columns WHERE table_schema = 'public')
        || (SELECT md5(string_agg(g::text, ',' ORDER BY code)) FROM gemeente g)
        || (SELECT count(*)::text FROM gemeente_alias)
        || (SELECT version_num FROM alembic_version)
"""
OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@dataclass
class Database:
    """The database that tests share, one after the other."""

    server: str  #: URI of the server's own database

    def fresh(self) -> str:
        """Its URL, as the template was; whoever still held on to it is cut off."""
        if not self._emptied():
            self._make()
        return self._uri.replace("postgresql://", "postgresql+psycopg://")

    @property
    def _uri(self) -> str:
        return self.server.replace("/postgres?", f"/{NAME}?")

    def _emptied(self) -> bool:
        try:
            with psycopg.connect(self._uri, autocommit=True) as connection:
                connection.execute(OTHERS)
                names = [row[0] for row in connection.execute(TABLES) if row[0] not in FILLED]
                listed = cast(LiteralString, ", ".join(f'"{name}"' for name in names))
                connection.execute(f"TRUNCATE {listed} RESTART IDENTITY")
                mine = connection.execute(FINGERPRINT).fetchone()
            with psycopg.connect(self.server.replace("/postgres?", f"/{TEMPLATE}?")) as connection:
                return mine == connection.execute(FINGERPRINT).fetchone()
        except psycopg.Error:
            return False  # not there yet, or no longer what it was

    def _make(self) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {NAME} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
