"""Advice on reading: sentences that are long, words that are hard or may be misspelt.

Hints alone, no score: what level a text has cannot be computed.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from outreach.letters.checks.drafts import Draft, Text
from outreach.letters.checks.findings import Finding, hint

LONGEST_SENTENCE = 25  #: words
_MOST = 3  #: of one kind per text; who has mended these sees the next

#: Stiff word → what Dutch people say (our own list, after the habit of communicatierijk.nl).
_HARD = {
    "betreffende": "over",
    "aangaande": "over",
    "omtrent": "over",
    "inzake": "over",
    "teneinde": "om",
    "middels": "met",
    "alsmede": "en",
    "derhalve": "daarom",
    "echter": "maar",
    "indien": "als",
    "reeds": "al",
    "thans": "nu",
    "tevens": "ook",
    "gaarne": "graag",
    "verstrekken": "geven",
    "prioriteit": "voorrang",
    "relevant": "belangrijk",
    "implementeren": "invoeren",
    "faciliteren": "helpen",
    "onderhavige": "deze",
    "ingevolge": "volgens",
    "conform": "volgens",
    "dientengevolge": "daardoor",
    "desalniettemin": "toch",
    "desgewenst": "als u dat wilt",
}
_WORD = re.compile(r"(?<![\w/@.:{-])[^\W\d_]+(?![\w/@}-])")
_LETTERS = "abcdefghijklmnopqrstuvwxyzàáâäçèéêëíîïñóôöúûü'-"
_SHORTEST = 5  #: letters of a word that is looked up; shorter ones are mostly names of things


def check(draft: Draft) -> Iterator[Finding]:
    for text in draft.texts:
        yield from _long(text)
        yield from _hard(text)
        yield from _misspelt(text)


def _long(text: Text) -> Iterator[Finding]:
    counted = ((len(sentence.split()), sentence) for sentence in text.sentences)
    for count, sentence in sorted(counted, reverse=True)[:_MOST]:
        if count <= LONGEST_SENTENCE:
            return
        start = " ".join(sentence.split()[:6])
        yield hint(
            "sentence-long",
            f"De zin “{start} …” telt {count} woorden. Maak er twee zinnen van.",
            text.place,
        )


def _hard(text: Text) -> Iterator[Finding]:
    words = dict.fromkeys(word.lower() for word in _WORD.findall(text.words))
    for word in [word for word in words if word in _HARD][:_MOST]:
        message = f"“{word}” is een stijf woord. Schrijf liever “{_HARD[word]}”."
        yield hint("word-hard", message, text.place)


def _misspelt(text: Text) -> Iterator[Finding]:
    """Words that no list knows and that are one letter away from one that it does.

    Only ordinary words: a capital within a sentence makes a name of it.
    """
    found = dict.fromkeys(
        word.lower()
        for sentence in text.sentences
        for at, word in enumerate(_WORD.findall(sentence))
        if len(word) >= _SHORTEST and (word.islower() or (at == 0 and word.istitle()))
    )
    odd = [(word, meant) for word in found if (meant := meant_by(word))]
    for word, meant in odd[:_MOST]:
        message = f"Het woord “{word}” kennen wij niet. Bedoelt u “{meant}”?"
        yield hint("spelling", message, text.place)


def meant_by(word: str) -> str:
    """The word one letter away that an unknown word probably is; "" when it is known or a guess.

    Dutch writes compounds as one word, so one that falls apart into two known words is known.
    """
    words = _dictionary()
    if word in words or word == "naam" or _is_compound(word, words):
        return ""
    near = (one for one in _one_letter_away(word) if one in words)
    return max(near, key=lambda one: (words[one], one), default="")


def _one_letter_away(word: str) -> Iterator[str]:
    """What one slip of the keys makes of a word: a letter less, more, other, or two swapped."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (f"{head}{letter}{tail}" for letter in _LETTERS)
        if tail:
            yield head + tail[1:]
            yield from (f"{head}{letter}{tail[1:]}" for letter in _LETTERS)
        if len(tail) > 1:
            yield f"{head}{tail[1]}{tail[0]}{tail[2:]}"


def _is_compound(word: str, words: Mapping[str, int]) -> bool:
    for at in range(3, len(word) - 2):
        head, tail = word[:at], word[at:]
        joined = tail[0] == "s" and len(tail) > 3 and tail[1:] in words
        if head in words and (tail in words or joined):
            return True
    return False


@cache
def _dictionary() -> Mapping[str, int]:
    """The words of pyspellchecker's Dutch list, each with how often it is met.

    Read past that library, which copies the list twice: takes 45 MB, and only where a letter is
    checked.
    """
    packed = resources.files("spellchecker").joinpath("resources/nl.json.gz").read_bytes()
    words: dict[str, int] = json.loads(gzip.decompress(packed))
    return words
