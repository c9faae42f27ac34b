"""The list of addresses as an address asks for it: filters, their words, and what is chosen."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from outreach.campaigns import expressions, named, selecting, selections
from outreach.campaigns.models import Selection
from outreach.contacts import finding, wording
from outreach.contacts.directory import Reach
from outreach.contacts.finding import Sought
from outreach.contacts.models import Basis, BulkAct, BulkKind, ContactList, Function, Tag
from outreach.db import db
from outreach.letters import dutch

ACTS = {
    BulkKind.TAG: "geef dit label",
    BulkKind.UNTAG: "haal dit label weg",
    BulkKind.LIST: "zet op deze lijst",
    BulkKind.UNLIST: "haal van deze lijst",
    BulkKind.NO_MAIL: "stuur geen post meer",
    BulkKind.REMOVE: "verwijder",
}
_DONE = {
    BulkKind.TAG: "{0} kregen het label “{1}”.",
    BulkKind.UNTAG: "Het label “{1}” is weg bij {0}.",
    BulkKind.LIST: "{0} staan nu op de lijst “{1}”.",
    BulkKind.UNLIST: "{0} staan niet meer op de lijst “{1}”.",
    BulkKind.NO_MAIL: "{0} krijgen geen post meer.",
    BulkKind.REMOVE: "{0} zijn verwijderd. Wie al een brief kreeg, bleef staan.",
}
#: Of a row; longer ones are none of ours, and PostgreSQL cannot even look for them.
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Done:
    """An act on many that was just done, in words, as long as it can be taken back."""

    id: int
    words: str


def done(act_id: int) -> Done | None:
    act = db.session.get(BulkAct, act_id) if 0 < act_id < 2**31 else None
    if act is None or act.undone_at is not None:
        return None
    return Done(
        act.id, _DONE[act.kind].format(dutch.plural(act.count, "contact", "contacten"), act.name)
    )


def ticked(sent: MultiDict[str, str]) -> list[int]:
    """The ids of addresses that were ticked."""
    return [int(one) for one in sent.getlist("kies") if _NUMBER.fullmatch(one)][:200]


@dataclass(frozen=True)
class Asked:
    """The filters as they stand in the address; what is unknown there asks nothing."""

    zoek: str = ""
    functie: str = ""
    stand: str = ""
    provincie: str = ""
    label: str = ""
    lijst: str = ""
    grondslag: str = ""
    selectie: str = ""  #: its number
    page: int = 1

    @property
    def reach(self) -> Reach | None:
        return Reach(self.stand) if self.stand else None

    @property
    def query(self) -> dict[str, Any]:
        """For `url_for`: what is asked, without the page."""
        return {key: value for key, value in asdict(self).items() if value and key != "page"}

    def but(self, **other: Any) -> dict[str, Any]:
        """The same with something else asked."""
        return replace(self, **other).query

    @property
    def narrow(self) -> bool:
        """Whether anything is asked beside the stand and the text."""
        return bool(set(self.query) - {"zoek", "stand"})


def asked(args: MultiDict[str, str]) -> Asked:
    given = {key: args.get(key, "").strip() for key in Asked().__dict__ if key != "page"}
    known: Mapping[str, Any] = {
        "functie": set(Function),
        "stand": set(Reach),
        "grondslag": {*Basis, finding.NO_BASIS},
    }
    given |= {key: "" for key, values in known.items() if given[key] not in values}
    if not _NUMBER.fullmatch(given["selectie"]):
        given["selectie"] = ""
    page = args.get("blad", 1, type=int)
    return Asked(**given, page=min(max(page, 1), 1_000_000))


def sought(asked: Asked, now: datetime) -> Sought:
    """
    :raises Unknown: the selectie is gone
    """
    within = None
    if asked.selectie:
        selection = selections.get(int(asked.selectie[:9]))
        within = selecting.fits(expressions.parse(selection.expression), now=now)
    return Sought(
        text=asked.zoek,
        function=Function(asked.functie) if asked.functie else None,
        province=asked.provincie,
        tag=asked.label,
        list_name=asked.lijst,
        basis=asked.grondslag,
        within=within,
    )


class Choices:
    """What there is to choose from for each filter; what is asked already is among it."""

    def __init__(self) -> None:
        names = select(Selection.id, Selection.name).order_by(Selection.name)
        self.provincie = {name: name for name in named.provinces()}
        self.label = self._names(Tag.name)
        self.lijst = self._names(ContactList.name)
        self.functie = {one.value: word for one, word in wording.FUNCTIONS.items()}
        self.grondslag = {one.value: word for one, word in wording.BASES.items()}
        self.grondslag[finding.NO_BASIS] = "niet bekend"
        self.selectie = {str(id_): name for id_, name in db.session.execute(names)}

    @staticmethod
    def _names(column: Any) -> dict[str, str]:
        found = db.session.scalars(select(column).distinct().order_by(column))
        return {name: name for name in found}

    def filters(self) -> list[tuple[str, str, dict[str, str]]]:
        """Name in the address, label, and what can be chosen; only where there is a choice."""
        words = {
            "functie": "Functie",
            "provincie": "Provincie",
            "label": "Label",
            "lijst": "Lijst",
            "grondslag": "Waarom mogen we mailen",
            "selectie": "Selectie",
        }
        return [(key, word, of) for key, word in words.items() if (of := getattr(self, key))]

    def chips(self, asked: Asked) -> list[tuple[str, dict[str, Any]]]:
        """Each filter that stands, in words, with what is left when it goes."""
        found = []
        for key, label, known in self.filters():
            if value := asked.query.get(key):
                word = known.get(value, value)
                found.append((f"{label.lower()}: {word}", asked.but(**{key: ""})))
        return found
