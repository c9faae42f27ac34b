"""What words are to search: folded, each as its stem; and what someone typed, as a question.

The same words stand in the index of either database, so both find the same. Of a text stand the
stems, in their order; behind them, each with a sign of its own, what is found otherwise: words as
they are written, by their beginning (`_w`), and names however they are spelled (`_n`). PostgreSQL
has the kind of row as a word too (`_k`): its index knows no more of a row than its words.
"""

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import snowballstemmer

from outreach.contacts import search_keys

GAP = "_"  #: between what does not stand side by side
WRITTEN, NAME, KIND = "_w", "_n", "_k"
MOST_TYPED = 8  #: words of a question
LEAST_BEGINNING = 2  #: letters of a last word that may be a beginning
#: PostgreSQL numbers no more than 16,383 words of a text, and 255 times the same one.
MOST_PLACED, MOST_SAME, MOST_DIFFERENT = 16_000, 255, 15_000
LONGEST = 40

_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"(?<=\w)['\u2019]s\b")
_TYPED = re.compile(r'"([^"]*)"?|([^\s"]+)')
_NOT_PLAIN = re.compile(r"[^a-z0-9]")
_SPREAD = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "\u00ad": "", "“": '"', "”": '"'}
)


def fold(text: str) -> str:
    """
    >>> fold("Súdwest-Fryslân, FOTO\u2019s")
    'sudwest-fryslan, foto'
    """
    plain = text.casefold()
    if not plain.isascii():
        spread = unicodedata.normalize("NFKD", plain.translate(_SPREAD))
        plain = "".join(c for c in spread if not unicodedata.combining(c))
    return _POSSESSIVE.sub("", plain)


def words(text: str) -> list[str]:
    """Its words, folded; a sign ends one.

    >>> words("Kenmerk OA-2026/17")
    ['kenmerk', 'oa', '2026', '17']
    """
    return [_plain(word) for word in _WORD.findall(fold(text))]


def _plain(word: str) -> str:
    """In letters that both databases take for one word, also of other alphabets."""
    if not word.isascii():
        word = _NOT_PLAIN.sub(lambda found: f"_{ord(found[0]):x}_", word)
    return word[:LONGEST]


_dutch, _one_at_a_time = snowballstemmer.stemmer("dutch"), threading.Lock()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """
    >>> stem("brieven"), stem("huizen"), stem("2026")
    ('brief', 'huis', '2026')
    """
    if len(word) < 3 or not word.isalpha():
        return word
    with _one_at_a_time:  # it keeps the word that it works on
        found: str = _dutch.stemWord(word)
    return found or word


# ── what is in the index ────────────────────────────────────────────────────────────────────


@dataclass
class Entry:
    """What search knows of one row."""

    names: Sequence[str] = ()  #: of people, places, numbers and addresses: as they are written
    texts: Sequence[str] = ()  #: of which every form of a word counts
    codes: Iterable[str] = ()  #: of its gemeenten

    def words(self) -> str:
        """Everything that it is found by, in an order in which a phrase can be found."""
        placed, behind = _Placed(), dict[str, None]()
        for name in self.names:
            pieces = words(name)
            placed.add(pieces)
            behind |= dict.fromkeys(NAME + squeezed for one in pieces if (squeezed := squeeze(one)))
            if len(pieces) > 1:
                behind[NAME + squeeze("".join(pieces))[:LONGEST]] = None
        for text in self.texts:
            pieces = words(text)
            stems = [stem(one) for one in pieces]
            placed.add(stems)
            behind |= {WRITTEN + o: None for o, s in zip(pieces, stems, strict=True) if o != s}
        placed.behind([code.lower() for code in self.codes])
        placed.behind(behind)
        return " ".join(placed.words)


@dataclass
class _Placed:
    words: list[str] = field(default_factory=list)
    _times: Counter[str] = field(default_factory=Counter)

    def add(self, found: Iterable[str]) -> None:
        for word in found:
            if len(self.words) >= MOST_PLACED:
                self.behind([word])
                continue
            self._times[word] += 1
            if len(self._times) > MOST_DIFFERENT:
                return
            self.words.append(word if self._times[word] <= MOST_SAME else GAP)
        self.words.append(GAP)

    def behind(self, found: Iterable[str]) -> None:
        """Without a place of their own; none stands beside another."""
        for word in found:
            if word not in self._times and len(self._times) < MOST_DIFFERENT:
                self._times[word] = 1
                self.words += [word, GAP]


@lru_cache(maxsize=20_000)
def _forms(raw: str) -> tuple[tuple[str, str, str], ...]:
    """As what each word of a piece of text can be asked for."""
    return tuple((one, stem(one), NAME + squeeze(one)) for one in words(raw))


def squeeze(word: str) -> str:
    """A name however it is spelled: "Janssen" and "Van Dijk" are "jansen" and "van dyk" too."""
    return search_keys.fold(word)[:LONGEST]


def vector(found: str, kind: str = "") -> str:
    """The words of an entry, and its kind, as PostgreSQL reads a tsvector."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(found.split(" "), 1):
        if word and word != GAP:
            places.setdefault(word, []).append(min(place, 16_383))
    said = [f"'{word}':{','.join(map(str, dict.fromkeys(at)))}" for word, at in places.items()]
    return " ".join([*said, f"'{KIND}{kind}'"] if kind else said)


# ── what someone asks ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Run:
    """Words that stand side by side; of the last one perhaps only the beginning."""

    words: tuple[str, ...]
    begins: bool = False

    def holds(self, placed: Sequence[str]) -> bool:
        """Whether they stand in the words of an entry."""
        count = len(self.words)
        return any(
            placed[at : at + count - 1] == list(self.words[:-1])
            and self._fits(placed[at + count - 1])
            for at in range(len(placed) - count + 1)
        )

    def _fits(self, word: str) -> bool:
        return word.startswith(self.words[-1]) if self.begins else word == self.words[-1]


@dataclass(frozen=True)
class Question:
    """Of each part that was typed, one of its runs has to be there."""

    parts: tuple[tuple[Run, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.parts)

    @classmethod
    def of(cls, text: str, codes: Mapping[str, Collection[str]]) -> "Question":
        """
        :param codes: of the gemeenten that bear a name or alias, by that name (`gemeenten.fold`)
        """
        return cls(tuple(_parts(text, codes)))

    def holds(self, found: str) -> bool:
        """Whether the words of an entry are what is asked: what both databases say."""
        placed = found.split(" ")
        return all(any(run.holds(placed) for run in part) for part in self.parts)

    @property
    def fts5(self) -> str:
        """https://www.sqlite.org/fts5.html#full_text_query_syntax"""
        parts = (
            " OR ".join(f'"{" ".join(run.words)}"{" *" if run.begins else ""}' for run in part)
            for part in self.parts
        )
        return " AND ".join(f"({part})" for part in parts)

    @property
    def tsquery(self) -> str:
        """https://www.postgresql.org/docs/current/datatype-textsearch.html"""
        parts = (" | ".join(f"({_tsquery(run)})" for run in part) for part in self.parts)
        return " & ".join(f"({part})" for part in parts)

    def tsquery_of(self, kind: str) -> str:
        return f"{self.tsquery} & '{KIND}{kind}'"

    def meant(self, raw: str) -> bool:
        """Whether a word of a text is one of those that are asked."""
        return any(not self._meant.isdisjoint(forms) or forms[0].startswith(self._begins)
                   or forms[2].startswith(self._begins) for forms in _forms(raw))  # fmt: skip

    @cached_property
    def _meant(self) -> frozenset[str]:
        return frozenset(word for part in self.parts for run in part for word in run.words)

    @cached_property
    def _begins(self) -> tuple[str, ...]:
        runs = (run for part in self.parts for run in part if run.begins)
        return tuple({run.words[-1].removeprefix(WRITTEN) for run in runs})


def _tsquery(run: Run) -> str:
    quoted = [f"'{word}'" for word in run.words]
    if run.begins:
        quoted[-1] += ":*"
    return " <-> ".join(quoted)


def _parts(text: str, codes: Mapping[str, Collection[str]]) -> Iterator[tuple[Run, ...]]:
    typed = list(_TYPED.finditer(text.translate(_SPREAD)))[: 2 * MOST_TYPED]
    chunks = [(bool(m[2]), words(m[1] or m[2] or "")) for m in typed]
    chunks = [(loose, pieces) for loose, pieces in chunks if pieces][:MOST_TYPED]
    at = 0
    while at < len(chunks):
        count, known = _gemeenten(chunks[at:], codes)
        pieces = [one for _, several in chunks[at : at + count] for one in several]
        loose = chunks[at][0]
        at += count
        yield (*_runs(pieces, last=loose and at == len(chunks), loose=loose), *known)


def _gemeenten(
    chunks: Sequence[tuple[bool, list[str]]], codes: Mapping[str, Collection[str]]
) -> tuple[int, list[Run]]:
    """How many of the chunks name a gemeente, the most that do; else one names none."""
    for count in range(min(len(chunks), 5), 0, -1):
        if count > 1 and not all(loose for loose, _ in chunks[:count]):
            continue
        name = " ".join(one for _, pieces in chunks[:count] for one in pieces)
        if found := codes.get(name):
            return count, [Run((code.lower(),)) for code in sorted(found)]
    return 1, []


def _runs(pieces: list[str], *, last: bool, loose: bool) -> Iterator[Run]:
    yield from dict.fromkeys([Run(tuple(stem(one) for one in pieces)), Run(tuple(pieces))])
    begins = last and len(pieces[-1]) >= LEAST_BEGINNING
    if begins:
        yield Run(tuple(pieces), begins=True)
    if loose and len(pieces) == 1:
        if begins:
            yield Run((WRITTEN + pieces[0],), begins=True)
        if squeezed := squeeze(pieces[0]):
            yield Run((NAME + squeezed,), begins=begins)


# ── what is shown of it ─────────────────────────────────────────────────────────────────────

_AROUND = 70  #: characters on each side of what was found


@dataclass(frozen=True)
class Quote:
    """Words around what was found, in pieces; of each whether it is what was asked."""

    pieces: tuple[tuple[str, bool], ...] = ()

    def __str__(self) -> str:
        return "".join(piece for piece, _ in self.pieces)

    def __bool__(self) -> bool:
        return bool(self.pieces)


def quote(question: Question, texts: Iterable[str]) -> Quote:
    """Around the first place in the texts where a word stands that is asked."""
    for text in texts:
        for found in _WORD.finditer(text):
            if question.meant(found[0]):
                return _quote(question, text, found.start(), found.end())
    return Quote()


def _quote(question: Question, text: str, start: int, end: int) -> Quote:
    left, right = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before, after = text[left:start], text[end:right]
    if left:
        before = "…" + before.partition(" ")[2]
    if right < len(text):
        after = after.rpartition(" ")[0] + "…"
    line = " ".join(f"{before}{text[start:end]}{after}".split())
    pieces, at = list[tuple[str, bool]](), 0
    for found in _WORD.finditer(line):
        if question.meant(found[0]) and not line[: found.start()].endswith("{{"):
            pieces += [(line[at : found.start()], False), (found[0], True)]
            at = found.end()
    pieces.append((line[at:], False))
    return Quote(tuple(piece for piece in pieces if piece[0]))
