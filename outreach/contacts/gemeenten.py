"""The municipalities of the Netherlands: their file, and finding one by what people type."""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, or_, select

from outreach.contacts.models import Gemeente, GemeenteAlias
from outreach.db import db
from outreach.errors import Invalid

FILE = Path(__file__).with_name("gemeenten.csv")
_CODE = re.compile(r"(?:GM)?(\d{1,4})", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:'s-|’s-|'t |’t |de |den |het )", re.IGNORECASE)


class NoGemeente(Invalid):
    """A text that does not say which gemeente is meant."""

    def __init__(self, sentence: str, choices: Sequence[Gemeente] = ()) -> None:
        super().__init__(sentence)
        self.choices = list(choices)  #: for a person to choose from


class UnknownGemeente(NoGemeente):
    """No gemeente has this name, alias or code."""


class AmbiguousGemeente(NoGemeente):
    """A name that two gemeenten bear; a person or a code decides."""


def load() -> int:
    """Put the gemeenten of our file in the database, new ones and changed facts; return how many.

    Runs at every upgrade. What a register import or a person of ours gave stays.
    """
    rows = list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines()))
    origins = select(Gemeente.code, Gemeente.origins)
    known: dict[str, dict[str, str]] = dict(db.session.execute(origins).all())
    # A successor must stand before who points at it.
    for row in sorted(rows, key=lambda row: bool(row["successor"])):
        facts = _facts(row)
        if row["code"] in known:
            ours = {name: value for name, value in facts.items() if name not in known[row["code"]]}
            db.session.execute(
                Gemeente.__table__.update().where(Gemeente.code == row["code"]).values(**ours)  # type: ignore[attr-defined]
            )
        else:
            db.session.execute(insert(Gemeente).values(code=row["code"], **facts))
    db.session.execute(
        delete(GemeenteAlias).where(GemeenteAlias.gemeente_code.in_([r["code"] for r in rows]))
    )
    db.session.execute(insert(GemeenteAlias), [alias for row in rows for alias in _aliases(row)])
    return len(rows)


def fold(name: str) -> str:
    """A name as it is compared: no capitals, accents, hyphens or quotation marks.

    >>> fold("Súdwest-Fryslân") == fold("sudwest fryslan")
    True
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


def sort_key(name: str) -> str:
    """What a list is sorted by: "'s-Hertogenbosch" stands under h."""
    return fold(_ARTICLE.sub("", name))


def find(text: str, *, on: date | None = None) -> Gemeente:
    """The one gemeente that is meant by a code ("GM0363", "363"), a name or an alias.

    A province in brackets or behind a comma is understood: "Bergen (NH.)", "Bergen, Limburg".

    :raises UnknownGemeente: none; the sentence suggests names that look like it
    :raises AmbiguousGemeente: several ("Bergen"); the sentence names their codes
    """
    return _the_one(text, candidates, suggestions)


def candidates(text: str) -> list[Gemeente]:
    """Every gemeente that bears this code, name or alias; several only for a shared name."""
    return _candidates(text, _named, lambda code: db.session.get(Gemeente, code))


class Book:
    """All gemeenten in memory, for who must find thousands; it finds what `find` finds."""

    def __init__(self) -> None:
        self._by_code = {g.code: g for g in db.session.scalars(select(Gemeente))}
        self._sorted = sorted(self._by_code.values(), key=lambda g: g.sort_key)
        self._names: dict[str, dict[str, Gemeente]] = defaultdict(dict)
        for gemeente in self._by_code.values():
            self._names[gemeente.search_key][gemeente.code] = gemeente
        aliases = select(GemeenteAlias.search_key, GemeenteAlias.gemeente_code)
        for key, code in db.session.execute(aliases):
            self._names[key][code] = self._by_code[code]
        self._provinces = {fold(g.province) for g in self._sorted}
        self._patience = 200  #: misspelled names that are looked at closely

    def __getitem__(self, code: str) -> Gemeente:
        return self._by_code[code]

    def is_province(self, text: str) -> bool:
        """Whether a text is the name of a province; "Utrecht" is also that of a gemeente."""
        return fold(text) in self._provinces

    def find(self, text: str) -> Gemeente:
        """The one gemeente that is meant, as the function `find` says it."""
        return _the_one(text, self.candidates, self.near)

    def candidates(self, text: str) -> list[Gemeente]:
        """Every gemeente that is meant by this, as the function `candidates` says it."""
        return _candidates(_bare(text), self._named, self._by_code.get)

    def _named(self, key: str) -> list[Gemeente]:
        return sorted(self._names.get(key, {}).values(), key=lambda g: g.code)

    def near(self, text: str) -> list[Gemeente]:
        """Gemeenten whose name looks like the text: a slip of the pen, or the same beginning."""
        key = fold(_bare(text))
        if len(key) < 3:
            return []
        found: dict[str, Gemeente] = {}
        if self._patience and len(key) < 40:
            self._patience -= 1
            for name in get_close_matches(key, self._names, n=3, cutoff=0.8):
                found |= self._names[name]
        begins = {g.code: g for g in self._sorted if g.search_key.startswith(key[:4])}
        return list((found or begins).values())[:3]


def suggestions(text: str, limit: int = 3) -> list[Gemeente]:
    """Gemeenten whose name begins like the text, for a person to choose from."""
    key = fold(text)[:4]
    if len(key) < 3:
        return []
    begins = select(Gemeente).where(Gemeente.search_key.startswith(key, autoescape=True))
    return list(db.session.scalars(begins.order_by(Gemeente.sort_key).limit(limit)))


def search(text: str, limit: int = 10) -> list[Gemeente]:
    """Gemeenten with a name or alias that holds the text, best first."""
    key = fold(text)
    if not key:
        return []
    alias = select(GemeenteAlias.gemeente_code).where(
        GemeenteAlias.search_key.contains(key, autoescape=True)
    )
    holds = select(Gemeente).where(
        or_(
            Gemeente.search_key.contains(key, autoescape=True),
            Gemeente.code.in_(alias),
            func.lower(Gemeente.code) == key,
        )
    )
    begins = Gemeente.search_key.startswith(key, autoescape=True)
    return list(db.session.scalars(holds.order_by(begins.desc(), Gemeente.sort_key).limit(limit)))


def _the_one(
    text: str,
    candidates: Callable[[str], list[Gemeente]],
    suggestions: Callable[[str], list[Gemeente]],
) -> Gemeente:
    wanted = _bare(text)
    found = candidates(wanted)
    if len(found) == 1:
        return found[0]
    if found:
        choices = " of ".join(f"{g.name} ({g.code})" for g in found)
        raise AmbiguousGemeente(
            f"“{wanted}” kan {choices} zijn. Geef de code of de provincie.", found
        )
    near = suggestions(wanted)
    hint = f" Bedoelt u {' of '.join(f'{g.name} ({g.code})' for g in near)}?" if near else ""
    raise UnknownGemeente(f"De gemeente “{wanted[:80]}” kennen wij niet.{hint}", near)


def _bare(text: str) -> str:
    """A name without the word that people put before it."""
    return re.sub(r"^\s*gemeente\s+", "", text.strip(), flags=re.IGNORECASE)


def _candidates(
    text: str,
    named: Callable[[str], list[Gemeente]],
    by_code: Callable[[str], Gemeente | None],
) -> list[Gemeente]:
    if match := _CODE.fullmatch(text.strip()):
        found = by_code(f"GM{int(match[1]):04}")
        return [found] if found else []
    if by_name := named(fold(text)):
        return by_name
    cut = max(text.rfind("("), text.rfind(","))
    province = fold(text[cut + 1 :]).replace(" ", "") if cut > 0 else ""
    return [g for g in named(fold(text[: max(cut, 0)])) if province in _province_forms(g)]


def _named(key: str) -> list[Gemeente]:
    if not key:
        return []
    alias = select(GemeenteAlias.gemeente_code).where(GemeenteAlias.search_key == key)
    named = select(Gemeente).where(or_(Gemeente.search_key == key, Gemeente.code.in_(alias)))
    return list(db.session.scalars(named.order_by(Gemeente.code)))


def _province_forms(gemeente: Gemeente) -> set[str]:
    name = fold(gemeente.province)
    initials = "".join(word[0] for word in name.split())
    return {name.replace(" ", ""), initials, name[:3], name[:1] if " " not in name else initials}


def _facts(row: dict[str, str]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "search_key": fold(row["name"]),
        "sort_key": sort_key(row["name"]),
        "province": row["province"],
        "province_code": row["province_code"],
        "lat": float(row["lat"]),
        "lon": float(row["lon"]),
        "inhabitants": int(row["inhabitants"]),
        "council_seats": int(row["council_seats"]),
        "website": row["website"],
        "general_email": row["general_email"],
        "postal_address": row["postal_address"],
        "ris_supplier": row["ris_supplier"],
        "valid_from": _day(row["valid_from"]),
        "valid_until": _day(row["valid_until"]),
        "successor_code": row["successor"] or None,
        "tile_column": int(row["tile_column"]),
        "tile_row": int(row["tile_row"]),
    }


def _aliases(row: dict[str, str]) -> list[dict[str, str]]:
    spellings = [alias for alias in row["aliases"].split("|") if alias]
    return [
        {"gemeente_code": row["code"], "alias": alias, "search_key": fold(alias)}
        for alias in spellings
    ]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
