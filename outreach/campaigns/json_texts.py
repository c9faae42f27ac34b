"""Lists of texts that stand in one column, asked as rows."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class json_texts(GenericFunction[Any]):
    """The texts in a JSON list, one a row, as column `value`."""

    inherit_cache = True
    name = "json_each"


@compiles(json_texts, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_array_elements_text{compiler.process(element.clause_expr, **kw)}"
