"""Statements of the hot path: compiled once, and then given to the driver as they are.

SQLAlchemy looks at a statement anew at each execution, which takes many times as long as a
small UPDATE. The statement is still written, typed and compiled by it, for either engine, and
runs in its transaction; only the rows go round it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Update,
    bindparam,
    column,
    func,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.sql.visitors import iterate, replacement_traverse


def given(name: str, like: ColumnElement[Any] | None = None) -> BindParameter[Any]:
    """A value that each row of a `Prepared` statement gives.

    :param like: of its type, where that does not follow from what it is compared with
    """
    return bindparam(name, None, type_=None if like is None else like.type)


class Prepared:
    """An UPDATE or INSERT for many rows at once, with values that are `given`.

    SQLite runs it for each row. PostgreSQL runs an UPDATE, or an INSERT from a SELECT, once for
    all of them, in arrays: there each execution costs more than what it does.

    :param varying: the names of those that each row has of its own, in their order
    :param defaults: for what is never given
    """

    def __init__(
        self,
        statement: Insert | Update,
        dialect: Dialect,
        varying: Sequence[str],
        defaults: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        of_rows = isinstance(statement, Update) or statement.select is not None
        self._at_once = dialect.name == "postgresql" and of_rows
        if self._at_once:
            statement = _in_arrays(statement, varying)
        compiled: Any = _with_constants(statement).compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        self._sql = str(compiled)
        self._processors: dict[str, Callable[[Any], Any]] = {}
        for name in compiled.params:
            process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            if process is not None:
                self._processors[name] = process
        self._defaults = dict.fromkeys(compiled.params) | self._processed(defaults)
        self._varying = tuple(varying)
        #: By place in a row, what the driver wants done to the value.
        self._of_rows = [
            (place, self._processors[name])
            for place, name in enumerate(varying)
            if name in self._processors and not self._at_once
        ]
        #: The names in the order in which the driver wants them, where that goes by place.
        self._order: list[str] | None = compiled.positiontup if compiled.positional else None
        #: Of each place there, the place in a row.
        self._places = [
            (there, self._varying.index(name))
            for there, name in enumerate(self._order or ())
            if name in self._varying
        ]

    def run(
        self,
        connection: Connection,
        rows: Iterable[Sequence[Any]],
        shared: Mapping[str, Any] = MappingProxyType({}),
    ) -> int:
        """Execute it for each of these rows; return how many rows of the database that touched.

        :param rows: the values of each, in the order of `varying`
        :param shared: values that all of them have
        :raises sqlalchemy.exc.DBAPIError: what the driver says
        """
        values = self._values(rows, self._defaults | self._processed(shared))
        driver = connection.connection
        errors: Any = connection.dialect.loaded_dbapi
        cursor = driver.cursor()
        try:
            if self._at_once:
                cursor.execute(self._sql, values)
            else:
                cursor.executemany(self._sql, values)
            touched: int = cursor.rowcount
        except errors.Error as error:
            if getattr(driver.driver_connection, "closed", False):
                connection.invalidate(error)
            kind = OperationalError if isinstance(error, errors.OperationalError) else DBAPIError
            raise kind(self._sql, None, error) from error
        finally:
            cursor.close()
        return touched

    def _values(self, rows: Iterable[Sequence[Any]], base: dict[str, Any]) -> Any:
        """As the driver wants them."""
        if self._at_once:
            columns = zip(*rows, strict=True)
            arrays = dict(zip(self._varying, map(list, columns), strict=True))
            return base | self._processed(arrays)
        if self._of_rows:
            rows = map(self._of_row, rows)
        if self._order is None:
            return [base | dict(zip(self._varying, row, strict=True)) for row in rows]
        form, values = [base[name] for name in self._order], []
        for row in rows:
            one = form.copy()
            for there, place in self._places:
                one[there] = row[place]
            values.append(one)
        return values

    def _of_row(self, row: Sequence[Any]) -> Sequence[Any]:
        found = list(row)
        for place, process in self._of_rows:
            if found[place] is not None:
                found[place] = process(found[place])
        return found

    def _processed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(values)
        for name, process in self._processors.items():
            if name in found and found[name] is not None:
                found[name] = process(found[name])
        return found


def _in_arrays(statement: Insert | Update, varying: Sequence[str]) -> Insert | Update:
    """The statement for all rows at once: what varies comes from arrays beside one another."""
    types = {
        one.key: one.type
        for one in iterate(statement)
        if isinstance(one, BindParameter) and one.key in varying
    }
    arrays = [bindparam(name, None, type_=ARRAY(types[name])) for name in varying]
    rows = (
        func.unnest(*arrays)
        .table_valued(*(column(name, types[name]) for name in varying), name="given")
        .render_derived()
    )

    def from_row(one: Any, **_: Any) -> Any:
        varies = isinstance(one, BindParameter) and one.key in varying
        return rows.c[one.key] if varies else None

    replace: Any = replacement_traverse
    changed: Insert | Update = replace(statement, {}, from_row)
    return changed


def _with_constants(statement: Insert | Update) -> Insert | Update:
    """What is the same for all rows stands in the text: it need not be told anew for each."""

    def constant(one: Any, **_: Any) -> Any:
        if not isinstance(one, BindParameter) or one.value is None:
            return None
        return bindparam(
            None, one.value, one.type, unique=True, expanding=one.expanding, literal_execute=True
        )

    replace: Any = replacement_traverse  # its types know columns only
    changed: Insert | Update = replace(statement, {}, constant)
    return changed
