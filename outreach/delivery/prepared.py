"""Statements of the hot path: compiled once, and then given to the driver as they are.

SQLAlchemy looks at a statement anew at each execution, which takes many times as long as a
small UPDATE. The statement is still written, typed and compiled by it, for either engine, and
runs in its transaction; only the rows go round it.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Insert, Update, bindparam
from sqlalchemy.exc import DBAPIError, OperationalError


def given(name: str) -> BindParameter[Any]:
    """A value that each row of a `Prepared` statement gives."""
    return bindparam(name, None)


class Prepared:
    """An UPDATE or INSERT for many rows at once, with values that are `given`.

    :param defaults: for what a row does not give
    """

    def __init__(
        self,
        statement: Insert | Update,
        dialect: Dialect,
        defaults: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        compiled: Any = statement.compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        self._sql = str(compiled)
        self._fixed: dict[str, Any] = {}  #: values that the statement brings itself
        self._processors: dict[str, Callable[[Any], Any]] = {}
        types = {name: parameter.type for name, parameter in compiled.binds.items()}
        for name, value in compiled.params.items():
            kind = types[name] if name in types else types[_expanded(name)]
            process = kind.dialect_impl(dialect).bind_processor(dialect)
            if process is not None:
                self._processors[name] = process
            self._fixed[name] = process(value) if process and value is not None else value
        self._fixed |= self._processed(defaults)
        #: Puts a set in the order in which the driver wants it, where that goes by place.
        self._order = itemgetter(*compiled.positiontup) if compiled.positional else None

    def run(
        self,
        connection: Connection,
        rows: Sequence[Mapping[str, Any]],
        shared: Mapping[str, Any] = MappingProxyType({}),
    ) -> int:
        """Execute it for each of these rows; return how many rows of the database that touched.

        :param shared: values that all of them have
        :raises sqlalchemy.exc.DBAPIError: what the driver says
        """
        base = self._fixed | self._processed(shared)
        sets = [base | self._processed(row) for row in rows]
        values: Any = sets if self._order is None else list(map(self._order, sets))
        driver = connection.connection
        errors: Any = connection.dialect.loaded_dbapi
        cursor = driver.cursor()
        try:
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

    def _processed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(row)
        for name, process in self._processors.items():
            if name in found and found[name] is not None:
                found[name] = process(found[name])
        return found


def _expanded(name: str) -> str:
    """`state_1_2` is one of the values of the list `state_1`."""
    return name.rpartition("_")[0]
