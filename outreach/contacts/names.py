"""Dutch names: cut in parts by simple rules, and compared. Nobody's gender is guessed.

The rules propose; a list with a column per part is always better. What is cut is never
changed: a tussenvoegsel keeps the capitals and the abbreviation it came in.
"""

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from outreach.contacts.models import Contact, FormOfAddress

_FORMS = {
    "dhr": FormOfAddress.HEER,
    "de heer": FormOfAddress.HEER,
    "heer": FormOfAddress.HEER,
    "hr": FormOfAddress.HEER,
    "mevrouw": FormOfAddress.MEVROUW,
    "mevr": FormOfAddress.MEVROUW,
    "mw": FormOfAddress.MEVROUW,
}
_FORM = re.compile(
    r"(?:(?P<either>(?:de\s+heer|dhr|heer)\.?\s*(?:/|of|en)\s*(?:mevrouw|mevr|mw)|"
    r"(?:mevrouw|mevr|mw)\.?\s*(?:/|of|en)\s*(?:de heer|dhr|heer))"
    r"|(?P<one>de heer|dhr|heer|hr|mevrouw|mevr|mw))(?:\.\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?:(?:prof|dr|drs|mr|ir|ing|ds|bc|jhr|jkvr|em|h\.c|mag)\.)+|jonkheer|jonkvrouw|freule"
    r"|prof|drs|dr|mr|ir|ing|ds",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[,\s]+((?:MSc|MA|BSc|BA|LLM|LLB|MBA|MPA|MPM|MMC|EMPA|PhD|RA|RC|AA|[JjSs]r)\b\.?)$"
)
_ENDS = frozenset("ABCDMcr.")  #: what the last letter of such a title is
_PREFIX = re.compile(
    r"(?i:van|de|den|der|het|in|op|aan|bij|onder|over|tot|uit|uijt|voor|ten|ter|te|['’‘][ts]"
    r"|la|le|les|du|des|di|da|do|dos|del|della|von|vom|zu|zum|zur|el|al|d['’]|v\.d\.|v/d|vd)|v\.|d\."
)
_INITIALS = re.compile(
    r"(?:(?:[A-ZÀ-ÞĀ-Ž][a-zß-ÿ]{0,2}|IJ)\.-?)+|(?:[a-z]\.)+|[A-ZÀ-Þ](?:\s?[A-ZÀ-Þ]){0,2}|(?:[A-ZÀ-Þ]\.)+[A-ZÀ-Þ]"
)
_NOBODY = re.compile(
    r"(?:de\s+)?(?:raads)?(?:griffie[r]?|gemeente|gemeenteraad|raad|secretariaat|bestuurssecretariaat"
    r"|college|fractie|afdeling|postbus|info|n\.?v\.?t\.?|onbekend|vacatures?|vacant|n\.n\.?"
    r"|n\.t\.b\.?|nader te bepalen|-+|\?+)\b.*|[-?]+",
    re.IGNORECASE,
)
#: "griffier A. Vos", "A. Vos (plv. griffier)", "A. Vos, griffier a.i.": what someone is.
_OFFICE = r"(?:(?:plv\.?|plaatsvervangend|loco|adjunct|waarnemend|wnd\.?|raads)[\s-]*)*griffier"
_BEFORE = re.compile(
    rf"^{_OFFICE}[:,]?\s+(?=(?:dhr|hr|mw|mevr|de heer|mevrouw|drs|mr|dr|ir|ing|\w)\b\.?\s*\S)",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    rf"\s*(?:\((?:{_OFFICE}|a\.i\.|interim|plv\.?|wnd\.?)\)|,\s*{_OFFICE})(?:\s+a\.i\.)?$",
    re.IGNORECASE,
)
_GLUED = re.compile(r"((?:^|[\s.])[A-ZÀ-Þ]\.)(?=[A-Za-zÀ-ÿ][a-zß-ÿ]+(?:[\s-]|$))")
#: "A.B. van den Berg": most names, cut at once as the rules below would.
_PLAIN = re.compile(
    r"((?:[A-Z]\.)+) (?:((?:van|de|den|der|het|in|op|ter|ten)(?: (?:van|de|den|der|het))*)"
    r" ([A-Z][a-z]{2,}(?: [A-Za-z0-9]+)*)|([A-Z][a-z]{2,}))"
)
_SEVERAL = re.compile(r"^(?:fam\.|familie)\s|\s(?:en|of|&)\s|[;/|]|\+", re.IGNORECASE)
_NICKNAME = re.compile(r"\s*\(([^()]+)\)")


class Name(NamedTuple):
    """Someone's name in parts."""

    form_of_address: FormOfAddress = FormOfAddress.ONBEKEND
    titles: str = ""
    first_name: str = ""
    initials: str = ""
    prefix: str = ""
    last_name: str = ""
    suffix: str = ""  #: titles behind the name, which no letter uses

    def __bool__(self) -> bool:
        return bool(self.last_name or self.first_name or self.initials)

    @property
    def text(self) -> str:
        """The name as a sentence says it: "Anna van den Berg"."""
        given = self.first_name or self.initials
        return " ".join(part for part in (given, self.prefix, self.last_name) if part)


def split(text: str) -> Name:
    """The parts of a name as someone wrote it; nobody when it is the name of an office.

    >>> split("mevr. dr. A.J. van den Berg").prefix
    'van den'
    """
    if text[-1:] not in _ENDS and (plain := _PLAIN.fullmatch(text)):
        initials, prefix, last, alone = plain.groups()
        return Name(FormOfAddress.ONBEKEND, "", "", initials, prefix or "", last or alone)
    return _cut_by_rule(" ".join(text.split()))


def _cut_by_rule(text: str) -> Name:
    if text[-1:] in ")rR." or "riffier" in text[:30].casefold():
        text = _BEHIND.sub("", _BEFORE.sub("", text, count=1))
    form = FormOfAddress.ONBEKEND
    if called := _FORM.match(text):
        form = _FORMS.get((called["one"] or "").casefold(), form)
        text = text[called.end() :]
    if _NOBODY.fullmatch(text):
        return Name()
    text, suffix = _cut_suffix(text)
    if "." in text:
        text = _GLUED.sub(r"\1 ", text)
    titles, words = _cut_titles(_turned(text).split())
    if not form and words and (called := _FORM.match(" ".join(words))):  # "drs. mevr. A. Vos"
        form = _FORMS.get((called["one"] or "").casefold(), form)
        words = " ".join(words)[called.end() :].split()
    given, prefix, last = _cut(_initials_first(words))
    first_name, initials = _given(given)
    return Name(form, titles, first_name, initials, prefix, last, suffix)


def called(text: str) -> tuple[FormOfAddress, str]:
    """The form of address that someone typed among the titles, and the titles: "dhr. drs."."""
    found = _FORM.match(f"{text} ?") if text else None
    if not found:
        return FormOfAddress.ONBEKEND, text
    form = _FORMS.get((found["one"] or "").casefold(), FormOfAddress.ONBEKEND)
    return form, text[found.end() :].strip()


def dotted(text: str) -> str:
    """Initials as letters write them: "AJ" → "A.J."; anything else as it is."""
    return _dotted(text) if _INITIALS.fullmatch(text) else text


def of(contact: Contact) -> Name:
    """A contact's name, to compare with another; also of one that was not saved yet."""
    return Name(
        contact.form_of_address or FormOfAddress.ONBEKEND,
        contact.titles or "",
        contact.first_name or "",
        contact.initials or "",
        contact.prefix or "",
        contact.last_name or "",
    )


def holds_several(text: str) -> bool:
    """Whether a cell seems to name more than one person: "J. Vos en P. Kok"."""
    if not _SEVERAL.search(text):
        return False
    called = _FORM.match(text)
    if called and called["either"] and re.search(r"\ben\b", called["either"], re.IGNORECASE):
        return True  # "de heer en mevrouw Vos" are two, "dhr. of mw." is one
    return bool(_SEVERAL.search(text[called.end() :] if called else text))


def same(one: Name, other: Name) -> bool:
    """Whether two names can be one person's: the same surname, nothing given that differs."""
    return _surname(one) == _surname(other) and _given_agree(one, other)


def alike(one: Name, other: Name) -> bool:
    """Whether two names can be one person's after a correction: "Jansen" and "Janssen"."""
    if not _given_agree(one, other):
        return False
    ours, theirs = one.last_name.casefold(), other.last_name.casefold()
    return ours == theirs or SequenceMatcher(None, ours, theirs).ratio() >= 0.8


def key(name: Name) -> str:
    """What two spellings of the same surname share, to look others up by."""
    return _surname(name)


@lru_cache(maxsize=4_096)
def _is_prefix(word: str) -> bool:
    return bool(_PREFIX.fullmatch(word))


@lru_cache(maxsize=4_096)
def _is_title(word: str) -> bool:
    return bool(_TITLE.fullmatch(word))


@lru_cache(maxsize=4_096)
def _are_initials(word: str) -> bool:
    return bool(_INITIALS.fullmatch(word))


def _cut_suffix(text: str) -> tuple[str, str]:
    if text[-1:] not in _ENDS:
        return text, ""
    behind: list[str] = []
    while found := _AFTER.search(text):
        behind.insert(0, found[1])
        text = text[: found.start()]
    return text, " ".join(behind)


def _turned(text: str) -> str:
    """ "Berg, A. van den" the other way round; hyphens without spaces around them."""
    if "-" in text:
        text = re.sub(r"\s+-\s*|\s*-\s+", "-", text)
    if "," not in text:
        return text
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < 2:
        return " ".join(parts)
    return " ".join([*_given_first(parts[1:]), parts[0]])


def _given_first(parts: list[str]) -> list[str]:
    """Of "de, J." as of "J. de": what is given before what belongs to the surname."""
    words = [word for part in parts for word in part.split()]
    return sorted(words, key=lambda word: _is_prefix(word))


def _cut_titles(words: list[str]) -> tuple[str, list[str]]:
    count = 0
    while count < len(words) - 1 and _is_title(words[count]):
        count += 1
    return " ".join(words[:count]), words[count:]


def _initials_first(words: list[str]) -> list[str]:
    """ "Jansen A." the other way round."""
    if len(words) > 1 and "." in words[-1] and _are_initials(words[-1]):
        before = words[:-1]
        if not any(map(_are_initials, before)):
            return [words[-1], *before]
    return words


def _cut(words: list[str]) -> tuple[list[str], str, str]:
    """Given names, tussenvoegsels, surname."""
    start = _surname_at(words)
    end = start
    while end < len(words) - 1 and _is_prefix(words[end]):
        end += 1
    return words[:start], " ".join(words[start:end]), " ".join(words[end:])


def _surname_at(words: list[str]) -> int:
    for index, word in enumerate(words[:-1]):
        if _is_prefix(word):
            return index
        if index and "-" in word and _is_prefix(word.rpartition("-")[2]):  # "Ven-van Dijk"
            return index
    alone = len(words) == 1 and "." in words[0] and _are_initials(words[0])
    return len(words) if alone else max(len(words) - 1, 0)


def _given(words: list[str]) -> tuple[str, str]:
    """First names and initials: of "Anna A.J." as of "A.J. (Anna)"."""
    if not words:
        return "", ""
    text = " ".join(words)
    if "(" not in text and len(words) == 1:
        return ("", _dotted(text)) if _are_initials(text) else (text, "")
    first = [found.strip() for found in _NICKNAME.findall(text)]
    initials: list[str] = []
    for word in _NICKNAME.sub("", text).split():
        (initials if _are_initials(word) else first).append(word)
    letters = "".join(_dotted(word) for word in initials)
    if first and _are_initials(first[0]) and not letters:  # "Anna (A.J.)"
        return " ".join(first[1:]), _dotted(first[0])
    if len(first) > 1 and _are_initials(first[0]):
        return " ".join(first[1:]), _dotted(first[0])
    return " ".join(first), letters


def _dotted(word: str) -> str:
    if "." in word:
        return word if word.endswith(".") else f"{word}."
    return "".join(f"{letter}." for letter in word.replace(" ", ""))


def _surname(name: Name) -> str:
    return f"{name.prefix} {name.last_name}".casefold().replace("’", "'").strip()


def _given_agree(one: Name, other: Name) -> bool:
    if one.first_name and other.first_name:
        return one.first_name.casefold() == other.first_name.casefold()
    ours, theirs = _letters(one), _letters(other)
    return not ours or not theirs or ours.startswith(theirs) or theirs.startswith(ours)


def _letters(name: Name) -> str:
    """Initials as far as they are known: "A.J." → "aj", "Anna" → "a"."""
    letters = "".join(c for c in name.initials.casefold() if c.isalpha())
    return letters or name.first_name[:1].casefold()
