"""The placeholder language of letters: a closed list of names, filled in one pass.

`{{gemeente}}` is replaced by a value; `{{naam|"raadslid"}}` has a default for an empty one.
`{{bijeenkomst.datum}}` is about a letter's first meeting, `{{bijeenkomst.haarlem.datum}}` about
the one with that slug. There is nothing else: no conditions, no attributes, no calls. Values
are never read again, so that a value that holds `{{aanhef}}` stays what it is.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from outreach.errors import Invalid
from outreach.letters import blocks, later
from outreach.letters.later import NOTHING, Later, Words

#: What a letter may name, and what stands there then.
KNOWN: dict[str, str] = {
    "aanhef": "de aanhef, zoals “Geachte griffier,”",
    "gemeente": "de naam van de gemeente",
    "provincie": "de provincie van de gemeente",
    "inwoners": "het aantal inwoners van de gemeente",
    "regiopartner": "de partner die in de regio van de gemeente werkt",
    "regiopartner.ggd": "de partner in de GGD-regio van de gemeente",
    "regiopartner.zorgkantoor": "de partner in de zorgkantoorregio van de gemeente",
    "regiopartner.jeugdregio": "de partner in de jeugdregio van de gemeente",
    "regiopartner.eigen": "de partner in de regio die u zelf maakte",
    "naam": "de volledige naam van wie de brief krijgt",
    "voornaam": "de voornaam van wie de brief krijgt",
    "achternaam": "de achternaam van wie de brief krijgt, met tussenvoegsel",
    "functie": "de functie van wie de brief krijgt",
    "kenmerk": "ons kenmerk",
    "zaaknummer": "het zaaknummer dat de gemeente aan onze brief gaf",
    "uw_kenmerk": "het kenmerk van de brief van de gemeente waarop u antwoordt",
    "uw_brief_van": "de datum van de brief van de gemeente waarop u antwoordt",
    "datum": "de dag waarop deze brief weggaat",
    "afzender": "de naam van wie de brief stuurt",
    "onderwerp": "het onderwerp van deze brief",
    "eerste_brief.datum": "de dag waarop deze gemeente onze eerste brief kreeg",
    "eerste_brief.onderwerp": "het onderwerp van onze eerste brief",
    "bijeenkomst.titel": "de titel van de bijeenkomst bij deze brief",
    "bijeenkomst.datum": "de dag of dagen van de bijeenkomst",
    "bijeenkomst.tijd": "de tijden van de bijeenkomst",
    "bijeenkomst.stad": "de stad van de bijeenkomst",
    "bijeenkomst.plaats": "de locatie van de bijeenkomst, zoals “Loods Zes”",
    "bijeenkomst.adres": "het adres van de bijeenkomst",
    "bijeenkomst.waar": "de locatie, het adres en de stad van de bijeenkomst, of “online”",
    "bijeenkomst.link": "de link naar de bijeenkomst, met de gemeente alvast ingevuld",
    "bijeenkomst.uiterlijk": "de laatste dag om zich aan te melden",
}
#: A name about one of several meetings, by its slug.
_OF_MEETING = re.compile(r"(bijeenkomst)\.([a-z0-9]+(?:-[a-z0-9]+)*)\.([a-z]+)")

# Editors turn the quotation marks of a default into typographic ones.
_PLACEHOLDER = re.compile(
    r"\{\{\s*([a-z][a-z0-9_.-]{0,90})\s*(?:\|\s*[\"“”„]([^\"“”„{}\n]*)[\"“”„]\s*)?\}\}"
)
_MALFORMED = re.compile(r"\{\{[^\n]{0,60}?\}\}+|\{%[^\n]{0,60}?%\}|\{\{+|\}\}+|\{%|%\}")
_ONE_BRACE = re.compile(r"(?<!\{)\{\s*([a-z][a-z0-9_.-]{0,90})\s*\}(?!\})", re.IGNORECASE)


class MissingValue(Invalid):
    """A text names a value that this recipient does not have."""


@dataclass(frozen=True)
class Placeholder:
    """One place in a text that is filled per recipient."""

    name: str
    default: str | None = None

    def value(self, values: Mapping[str, str]) -> str:
        """What stands here for one recipient; a blank value counts as none.

        :raises MissingValue: there is neither a value nor a default
        """
        given = values.get(self.name, "")
        if given.strip():
            return given
        if self.default is not None:
            return self.default
        raise MissingValue(
            f"De tekst gebruikt {{{{{self.name}}}}}, maar daar is bij deze ontvanger geen waarde "
            f"voor. Vul de waarde aan of geef er een standaardwaarde bij."
        )


@lru_cache(maxsize=512)
def split(text: str) -> tuple[str | Placeholder, ...]:
    """The text in its order, as plain pieces and placeholders."""
    pieces: list[str | Placeholder] = []
    at = 0
    for match in _PLACEHOLDER.finditer(text):
        if match.start() > at:
            pieces.append(text[at : match.start()])
        pieces.append(Placeholder(match[1], match[2]))
        at = match.end()
    if at < len(text):
        pieces.append(text[at:])
    return tuple(pieces)


def names(text: str) -> list[str]:
    """The names that the text uses, each once, in order."""
    return list(dict.fromkeys(p.name for p in split(text) if isinstance(p, Placeholder)))


def is_known(name: str) -> bool:
    """Whether a letter may name it; of which meeting it is does not matter."""
    return name in KNOWN or _OF_MEETING.sub(r"\1.\3", name) in KNOWN


def meaning(name: str) -> str:
    """What stands there, in words: "de naam van de gemeente". Its meeting is named, if any."""
    of_any = _OF_MEETING.sub(r"\1.\3", name)
    return KNOWN[name] if name in KNOWN else f"{KNOWN[of_any]} “{meeting_of(name)}”"


def called(name: str) -> str:
    """What people call it, for a button or a list.

    >>> called("gemeente"), called("aanhef")
    ('naam van de gemeente', 'aanhef, zoals “Geachte griffier,”')
    """
    return re.sub(r"^(?:de|het) ", "", KNOWN[name])


def meeting_of(name: str) -> str | None:
    """The slug of the meeting that a name is about; "" for the letter's first, None for none."""
    if match := _OF_MEETING.fullmatch(name):
        return match[2]
    return "" if name.startswith("bijeenkomst.") else None


def is_url(name: str) -> bool:
    """Whether its value is a whole address, which a link can follow as it is."""
    return name == blocks.ANSWER_PAGE or (meeting_of(name) is not None and name.endswith(".link"))


def unknown(text: str) -> list[str]:
    """What looks like a placeholder and is none: other names, other spellings, other languages."""
    used = [name for name in names(text) if not is_known(name) and name not in blocks.KNOWN]
    found = [f"{{{{{name}}}}}" for name in used]
    for piece in split(text):
        if isinstance(piece, str):
            found += _MALFORMED.findall(piece)
            found += [m[0] for m in _ONE_BRACE.finditer(piece) if is_known(m[1].lower())]
    return list(dict.fromkeys(found))


def suggestion(written: str) -> str:
    """The known name that someone probably meant; empty when none looks like it."""
    name = re.sub(r"[^a-z0-9_.-]", "", written.split("|")[0].lower())
    return next(iter(difflib.get_close_matches(name, [*KNOWN, *blocks.KNOWN], n=1, cutoff=0.7)), "")


def missing(text: str, values: Mapping[str, str]) -> list[str]:
    """The known names in the text without a value or a default, each once."""
    lacking = [
        piece.name
        for piece in split(text)
        if isinstance(piece, Placeholder)
        and is_known(piece.name)
        and piece.default is None
        and not values.get(piece.name, "").strip()
    ]
    return list(dict.fromkeys(lacking))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced, as plain text.

    What is no placeholder stays as it is written; `unknown` says what that would be.

    :raises MissingValue: a name without a value or a default
    """
    return later.said(words(text, values), {})


def words(text: str, values: Mapping[str, str], *, leave: frozenset[str] = NOTHING) -> list[Words]:
    """The same in pieces; the placeholders of these names stay open."""
    return [
        piece
        if isinstance(piece, str)
        else Later(frozenset((piece.name,)), piece.value)
        if piece.name in leave
        else piece.value(values)
        for piece in split(text)
    ]
