"""Statements of the hot path: compiled once, and then given to the driver as they are.

SQLAlchemy looks at a statement anew at each execution, which takes many times as long as a
small UPDATE. The statement is still written, typed and compiled by it, for either engine, and
runs in its transaction; only the rows go round it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Select,
    Text,
    Update,
    any_,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.sql.visitors import iterate, replacement_traverse


def given(name: str, like: ColumnElement[Any] | None = None) -> BindParameter[Any]:
    """A value that each row of a `Prepared` statement gives.

    :param like: of its type, where that does not follow from what it is compared with
    """
    return bindparam(name, None, type_=None if like is None else like.type)


Statement = Insert | Update | Select[*tuple[Any, ...]]
T = TypeVar("T")


def one_of(name: str, column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[bool]:
    """That the column has one of the values that `many` made; given by this name."""
    if dialect.name == "sqlite":
        each = func.json_each(bindparam(name, None, type_=Text)).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(bindparam(name, None, type_=ARRAY(column.type)))


def many(values: Iterable[Any], dialect: Dialect) -> Any:
    """Values for `one_of`."""
    return json.dumps(list(values)) if dialect.name == "sqlite" else list(values)


class Prepared:
    """A statement with values that are `given`; an UPDATE or INSERT also for many rows at once.

    SQLite runs it for each row. PostgreSQL runs an UPDATE, or an INSERT from a SELECT, once for
    all of them, in arrays: there each execution costs more than what it does.

    :param varying: the names of those that each row has of its own, in their order
    :param defaults: for what is never given
    """

    def __init__(
        self,
        statement: Statement,
        dialect: Dialect,
        varying: Sequence[str] = (),
        defaults: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        of_rows = not isinstance(statement, Insert) or statement.select is not None
        self._at_once = bool(varying) and dialect.name == "postgresql" and of_rows
        if self._at_once:
            statement = _in_arrays(statement, varying)
        #: By place in a row that it returns, what makes the value of a column.
        self._returned = [
            (place, process)
            for place, column_ in enumerate(statement.exported_columns)
            if (process := _result_processor(column_, dialect)) is not None
        ]
        compiled: Any = with_constants(statement).compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        self._sql = str(compiled)
        self._processors: dict[str, Callable[[Any], Any]] = {}
        for name in compiled.params:
            process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            if process is not None:
                self._processors[name] = process
        self._defaults = dict(compiled.params) | self._processed(defaults)
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
        with self._cursor(connection) as cursor:
            if self._at_once:
                cursor.execute(self._sql, values)
            else:
                cursor.executemany(self._sql, values)
            touched: int = cursor.rowcount
        return touched

    def rows(
        self, connection: Connection, given: Mapping[str, Any] = MappingProxyType({})
    ) -> list[list[Any]]:
        """Execute it once; return the rows that it finds, or that it returns.

        :raises sqlalchemy.exc.DBAPIError: what the driver says
        """
        found = list(map(list, self.raw(connection, given)))
        for place, process in self._returned:
            for row in found:
                row[place] = process(row[place])
        return found

    def raw(
        self, connection: Connection, given: Mapping[str, Any] = MappingProxyType({})
    ) -> list[Any]:
        """The rows as the driver gives them: equal ones are equal, and that is all they say.

        :raises sqlalchemy.exc.DBAPIError: what the driver says
        """
        base = self._defaults | self._processed(given)
        values = base if self._order is None else [base[name] for name in self._order]
        with self._cursor(connection) as cursor:
            cursor.execute(self._sql, values)
            return list(cursor.fetchall())

    @contextmanager
    def _cursor(self, connection: Connection) -> Iterator[Any]:
        driver = connection.connection
        errors: Any = connection.dialect.loaded_dbapi
        cursor = driver.cursor()
        try:
            yield cursor
        except errors.Error as error:
            if getattr(driver.dbapi_connection, "closed", False):
                connection.invalidate(error)
            kind = OperationalError if isinstance(error, errors.OperationalError) else DBAPIError
            raise kind(self._sql, None, error) from error
        finally:
            cursor.close()

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


def _result_processor(one: ColumnElement[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return one.type.dialect_impl(dialect).result_processor(dialect, None)


def _in_arrays(statement: Statement, varying: Sequence[str]) -> Statement:
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
    changed: Statement = replace(statement, {}, from_row)
    return changed


def with_constants(what: T) -> T:
    """What is the same for all rows stands in the text: it need not be told anew for each.

    :param what: a statement, or a condition that will stand in a CTE of one
    """

    def constant(one: Any, **_: Any) -> Any:
        if not isinstance(one, BindParameter) or one.value is None:
            return None
        return bindparam(
            None, one.value, one.type, unique=True, expanding=one.expanding, literal_execute=True
        )

    replace: Any = replacement_traverse  # its types know columns only
    changed: T = replace(what, {}, constant)
    return changed
