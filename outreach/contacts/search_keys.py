"""What people are found by: folded, so that spelling matters little.

No capitals, accents, spaces or signs; ij is y and a doubled letter counts once: so "Súdwest",
"'s-Hertogenbosch", "Janssen" and "Van Dijk" are found by "sudwest", "shertogenbosch", "jansen"
and "van dyk". The database knows the same rules, for who writes many rows at once (`in_sql`).
"""

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Engine, String, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

#: Columns of a contact; a portfolio is found as a name is.
PARTS = ("first_name", "initials", "prefix", "last_name", "portfolio")
MOST_WORDS = 8
_NOT_KEPT = re.compile(r"[^a-z0-9@]+")
_DOUBLED = re.compile(r"([a-z])\1+")
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})


def fold(text: str) -> str:
    """
    >>> fold("Súdwest-Fryslân"), fold("A.J. van Dijk-Janssen"), fold("g.vos@Zeist.example")
    ('sudwestfryslan', 'ajvandykjansen', 'gvos@zeistexample')
    """
    return _DOUBLED.sub(r"\1", _plain(text).replace("ij", "y"))


def _plain(text: str) -> str:
    plain = text.casefold()
    if not plain.isascii():
        spread = unicodedata.normalize("NFKD", plain.translate(_LETTERS))
        plain = "".join(c for c in spread if not unicodedata.combining(c))
    return _NOT_KEPT.sub("", plain)


def words(text: str) -> list[str]:
    """What someone typed, word by word; all of them have to be found somewhere."""
    return text.casefold().split()[:MOST_WORDS]


def of_contact(values: Mapping[str, Any]) -> str:
    """The key of a contact, by its columns."""
    return fold(" ".join(str(values.get(part) or "") for part in PARTS))


class search_fold(GenericFunction[str]):
    """`fold` in SQL."""

    type = String()
    inherit_cache = True


def in_sql(parts: Iterable[ColumnElement[str]]) -> ColumnElement[str]:
    """The key of the parts of a name, none of them NULL, in the order of `PARTS`."""
    whole, *more = parts
    for part in more:
        whole = whole + " " + part
    return search_fold(whole)


@event.listens_for(Engine, "connect")
def _teach(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("search_fold", 1, fold, deterministic=True)


def _spread() -> tuple[str, str, list[tuple[str, str]]]:
    """Letters of Latin that become one plain letter, and those that become two or more."""
    latin = [(chr(n), _plain(chr(n))) for n in range(0xA0, 0x250)]
    ones = [(letter, plain) for letter, plain in latin if len(plain) == 1]
    more = [(letter, plain) for letter, plain in latin if len(plain) > 1]
    return "".join(letter for letter, _ in ones), "".join(plain for _, plain in ones), more


_FROM, _TO, _MORE = _spread()


@compiles(search_fold, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    """Precomposed letters, as text from forms and files is."""
    text = f"translate({compiler.process(element.clauses, **kw)}, '{_FROM}', '{_TO}')"
    for letter, plain in _MORE:
        text = f"replace({text}, '{letter}', '{plain}')"
    kept = f"regexp_replace(lower({text}), '[^a-z0-9@]+', '', 'g')"
    return rf"regexp_replace(replace({kept}, 'ij', 'y'), '([a-z])\1+', '\1', 'g')"
