"""The forms that a Dutch word takes, so that one of them finds the others in a text.

Only the regular ones, by spelling: brief and brieven, huis and huizen, straat and straten. What a
form begins is found too; so nothing here needs to be exact, and no index holds anyone's words.
"""

import re
import unicodedata

_ENDINGS = ("en", "s", "e", "")
_HARD = {"v": "f", "z": "s"}
_SOFT = {"f": "v", "s": "z"}
_LEAST = 4  #: letters of what is left; a shorter one begins too many other words
_VOWELS = "aeou"


def forms(word: str) -> list[str]:
    """A word as typed, in small letters, and the beginnings that its other forms share.

    >>> forms("Brieven"), forms("straat")
    (['briev', 'brief'], ['strat', 'straat'])
    """
    typed = unicodedata.normalize("NFC", word).casefold()
    if not typed.isalpha() or len(typed) < _LEAST:
        return [typed]
    ending = next(e for e in _ENDINGS if typed.endswith(e) and len(typed) - len(e) >= _LEAST)
    stem = typed.removesuffix(ending) if ending else typed
    found = {stem, _last(stem, _HARD), _last(stem, _SOFT)}
    found |= {_closed(one) if ending in ("en", "e") else _open(one) for one in set(found)}
    kept = {one for one in found if len(one) >= _LEAST} | {typed}
    shortest = sorted(kept, key=lambda one: (len(one), one != stem, one))
    return [
        one for n, one in enumerate(shortest) if not any(other in one for other in shortest[:n])
    ]


def _last(stem: str, change: dict[str, str]) -> str:
    return stem[:-1] + change.get(stem[-1], stem[-1])


def _closed(stem: str) -> str:
    """ "strat" of straten as it is alone: "straat"; "rugg" as "rug"."""
    if stem[-1] == stem[-2]:
        return stem[:-1]
    if re.search(rf"[^{_VOWELS}i][{_VOWELS}][^{_VOWELS}iywx]$", stem):
        return f"{stem[:-1]}{stem[-2]}{stem[-1]}"
    return stem


def _open(stem: str) -> str:
    """ "straat" as its plural begins: "strat"."""
    return re.sub(rf"([{_VOWELS}])\1([^{_VOWELS}i])$", r"\1\2", stem)
