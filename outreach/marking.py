"""Which rows search must read again: the database itself writes it down, whoever changes a row.

A trigger on every table with words takes what search held of the row away at once, in the same
transaction, and notes that it waits. So nothing that is erased can still be found, and no
statement, bulk import or job can be forgotten. They are made anew after each migration: one of
SQLite that rebuilds a table would lose them, one of PostgreSQL may not drop a column they name.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, inspect

TABLE, WAITING, WORDS = "search_entry", "search_todo", "search_word"


@dataclass(frozen=True)
class Marked:
    """A table with words; `row` is what search calls the row that they are of."""

    table: str
    kind: str
    columns: tuple[str, ...]
    row: str = "{}.id"

    @property
    def own(self) -> bool:
        return self.row == "{}.id"


MARKED = (
    Marked("campaign", "letter", ("name", "slug", "kenmerk", "created_at")),
    Marked(
        "step_text",
        "letter",
        ("subject", "mail", "letter"),
        "(SELECT campaign_id FROM step WHERE step.id = {}.step_id)",
    ),
    Marked("text_block", "text", ("title", "text", "changed_at")),
    Marked(
        "document",
        "document",
        (
            "gemeente_code",
            "author",
            "subject",
            "number",
            "kenmerk",
            "handled_by",
            "signatories",
            "url",
            "note",
            "text",
            "dated",
            "removed_at",
        ),
    ),
    Marked(
        "incoming",
        "mail",
        ("from_name", "from_email", "subject", "text", "case_number", "received_at", "state"),
    ),
    Marked("incoming_link", "mail", ("gemeente_code",), "{}.incoming_id"),
    Marked(
        "answer",
        "answer",
        ("gemeente_code", "note", "handling", "url", "evidence", "at", "undone_at"),
    ),
    Marked("reply", "answer", ("values",), "{}.answer_id"),
    Marked("phone_call", "call", ("gemeente_code", "note", "called_at")),
    Marked("meeting", "meeting", ("slug", "title", "city", "venue", "summary", "text", "notes")),
    Marked("registration", "registration", ("name", "email", "gemeente_code", "note")),
    Marked(
        "contact",
        "contact",
        (
            "office_id",
            "initials",
            "first_name",
            "prefix",
            "last_name",
            "phone",
            "party",
            "portfolio",
            "attributes",
            "notes",
        ),
    ),
    Marked("address", "contact", ("email", "contact_id"), "{}.contact_id"),
)


def remove(connection: Connection) -> None:
    """Take the triggers away, so that tables can be rebuilt."""
    there = set(inspect(connection).get_table_names())
    for one in MARKED:
        if connection.dialect.name != "sqlite" and one.table not in there:
            continue
        for name in _names(one):
            on = "" if connection.dialect.name == "sqlite" else f' ON "{one.table}"'
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{on}")


def make(connection: Connection) -> None:
    """Make the triggers, and let everything be read again: what changed meanwhile is not known."""
    sqlite = connection.dialect.name == "sqlite"
    for statement in _on_sqlite() if sqlite else _on_postgresql():
        connection.exec_driver_sql(statement)
    mark_all(connection)


def mark_all(connection: Connection) -> None:
    """Let every row be read again, also what is known of rows that are no more."""
    known = [f"SELECT kind, row_id FROM {TABLE}"]
    known += [f"SELECT '{one.kind}', id FROM \"{one.table}\"" for one in MARKED if one.own]
    waits = f"SELECT 1 FROM {WAITING} w WHERE w.kind = k.kind AND w.row_id = k.row_id"
    connection.exec_driver_sql(
        f"INSERT INTO {WAITING} (kind, row_id) SELECT kind, row_id FROM"
        f" ({' UNION '.join(known)}) AS k WHERE NOT EXISTS ({waits})"
    )


def _names(one: Marked) -> tuple[str, str, str]:
    return (
        f"search_{one.table}_insert",
        f"search_{one.table}_update",
        f"search_{one.table}_delete",
    )


def _changed(one: Marked, differs: str, suffix: str) -> str:
    return " OR ".join(
        f'OLD."{name}"{suffix} {differs} NEW."{name}"{suffix}' for name in one.columns
    )


# ── SQLite ──────────────────────────────────────────────────────────────────────────────────


def _on_sqlite() -> Iterator[str]:
    for one in MARKED:
        inserted, updated, deleted = _names(one)
        new, old = one.row.format("NEW"), one.row.format("OLD")
        fresh = _waits(one.kind, new) + ("" if one.own else _gone(one.kind, new))
        changed = _gone(one.kind, new) + _waits(one.kind, new)
        if not one.own:
            changed = _gone(one.kind, old) + _waits(one.kind, old) + changed
        lost = _gone(one.kind, old)
        lost += f"DELETE FROM {WAITING} WHERE kind = '{one.kind}' AND row_id = {old};"
        lost = lost if one.own else changed.replace("NEW.", "OLD.")
        differs = _changed(one, "IS NOT", "")
        yield f'CREATE TRIGGER {inserted} AFTER INSERT ON "{one.table}" BEGIN {fresh} END'
        yield (
            f'CREATE TRIGGER {updated} AFTER UPDATE ON "{one.table}"'
            f" WHEN {differs} BEGIN {changed} END"
        )
        yield f'CREATE TRIGGER {deleted} AFTER DELETE ON "{one.table}" BEGIN {lost} END'


def _gone(kind: str, row: str) -> str:
    return f"DELETE FROM {TABLE} WHERE kind = '{kind}' AND row_id = {row};"


def _waits(kind: str, row: str) -> str:
    """With a new number each time: who reads the row meanwhile sees that it changed again.

    In two statements: the conflict clause of whoever writes would win from one here.
    """
    return (
        f"DELETE FROM {WAITING} WHERE kind = '{kind}' AND row_id = {row};"
        f"INSERT INTO {WAITING} (kind, row_id) SELECT '{kind}', {row} WHERE {row} IS NOT NULL;"
    )


# ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────

#: First that it waits, which waits for who reads it just now; then what was read.
_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION search_again(text, bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {WAITING} (kind, row_id) SELECT $1, $2 WHERE $2 IS NOT NULL
        ON CONFLICT (kind, row_id) DO UPDATE SET number = DEFAULT;
    DELETE FROM {TABLE} WHERE kind = $1 AND row_id = $2;
END $$;
CREATE OR REPLACE FUNCTION search_no_more(text, bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM {WAITING} WHERE kind = $1 AND row_id = $2;
    DELETE FROM {TABLE} WHERE kind = $1 AND row_id = $2;
END $$;
"""


def _on_postgresql() -> Iterator[str]:
    yield _FUNCTIONS
    for one in MARKED:
        inserted, updated, deleted = _names(one)
        new, old = one.row.format("NEW"), one.row.format("OLD")
        again = f"PERFORM search_again('{one.kind}', {{}});"
        more = "" if one.own else again.format(old)
        last = f"PERFORM search_no_more('{one.kind}', {old});" if one.own else again.format(old)
        fresh = again.format(new)
        if one.own:  # nothing is known of it yet
            fresh = f"INSERT INTO {WAITING} (kind, row_id) VALUES ('{one.kind}', {new});"
        name = f"search_of_{one.table}"
        yield f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {fresh}
    ELSIF TG_OP = 'UPDATE' THEN {more} {again.format(new)}
    ELSE {last}
    END IF;
    RETURN NULL;
END $$"""
        on = f'ON "{one.table}" FOR EACH ROW'
        run = f"EXECUTE FUNCTION {name}()"
        differs = _changed(one, "IS DISTINCT FROM", "::text")
        yield f"CREATE TRIGGER {inserted} AFTER INSERT {on} {run}"
        yield f"CREATE TRIGGER {updated} AFTER UPDATE {on} WHEN ({differs}) {run}"
        yield f"CREATE TRIGGER {deleted} AFTER DELETE {on} {run}"
