"""Whether a public document of a raad lists a letter of ours, and not somebody else's.

Two things have to stand together, in one line of a list or close by in running text: who sent it,
and what it is about. Or our kenmerk, unless someone quotes it in a reply.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LIST = re.compile(r"\b(lijst\s+(van\s+)?)?ingekomen\s+(stuk|brie|post|mail)|\bLIS\b", re.IGNORECASE)
NEAR = 25  #: words between who and what in running text
ROW = 60  #: words of a line of a list at most; what is longer is running text
QUOTED = 300  #: characters that are shown of it
_WORD = re.compile(r"[a-z0-9]+")
_HOLE = re.compile(r"\{\{.*?\}\}")
_ROW = re.compile(r"^\s*(\||[-*\u2022]\s|\d{1,3}[.):\s]|[a-z][.)]\s)", re.IGNORECASE)
_YOURS = {"uw", "kenmerk"}


@dataclass(frozen=True)
class Letter:
    """By what a letter of ours is known."""

    sender: str
    subjects: tuple[str, ...]
    kenmerk: str = ""

    @classmethod
    def of(cls, sender: str, subjects: Sequence[str], kenmerk: str) -> "Letter":
        """
        :param subjects: as they were written; what is filled in per gemeente does not count
        """
        fixed = [piece for one in subjects for piece in _HOLE.split(one)]
        telling = [" ".join(one.split()) for one in fixed if len(_telling(words(one))) > 1]
        return cls(sender, tuple(dict.fromkeys(telling)), kenmerk)

    def questions(self) -> list[str]:
        """What is asked of a search engine: names of ours, and never one of a person of theirs."""
        asked = [self.sender, *self.subjects, self.kenmerk]
        phrases = [" ".join(one.replace('"', " ").split()) for one in asked]
        return [f'"{one}"' for one in dict.fromkeys(phrases) if len(words(one)) > 1]


@dataclass(frozen=True)
class Place:
    """Where a document speaks of the letter."""

    quote: str
    row: bool  #: a line of a list of letters, or the title of the document


def words(text: str) -> list[str]:
    """
    >>> words("Coalitie Één, d.d. 4-6")
    ['coalitie', 'een', 'd', 'd', '4', '6']
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


#: Words of five letters and more that nearly every letter to a raad has in its subject.
_USUAL = frozenset(
    words(
        "aandacht betreft betreffende brief brieven gemeente gemeenten gemeenteraad herinnering"
        " inzake leden lokaal lokale onderwerp oproep over raadsleden reactie samen tegen verzoek"
        " vraag vragen nieuwe beleid bericht graag uitnodiging voorstel"
    )
)
#: Before a name, where a document is about its letter: "reactie op de brief van", "mede namens".
_ABOUT = frozenset(words("reactie antwoord beantwoording mede navolging aanleiding adhesie steun"))


def find(letter: Letter, title: str, text: str) -> Place | None:
    """Where it stands; None when nothing says that it is this letter."""
    if _is_ours(letter, words(title), near=ROW):
        return Place(shown(title), row=True)
    for piece, row in _pieces(text):
        said = words(piece)
        if _is_ours(letter, said, near=ROW if row and len(said) <= ROW else NEAR):
            return Place(shown(piece), row)
    return None


def is_list(title: str) -> bool:
    """Whether a document, or an item of an agenda, is called a list of what came in."""
    return bool(LIST.search(title))


def _is_ours(letter: Letter, said: Sequence[str], *, near: int) -> bool:
    reference = words(letter.kenmerk)
    if len(reference) > 1:
        for at in _places(said, reference):
            if not set(said[max(0, at - 3) : at]) >= _YOURS:
                return True
    senders = [
        at
        for at in _places(said, words(letter.sender))
        if _ABOUT.isdisjoint(said[max(0, at - 5) : at])
    ]
    return any(
        _stands(said, words(subject), start, len(words(letter.sender)), near)
        for subject in letter.subjects
        for start in senders
    )


def _stands(said: Sequence[str], subject: Sequence[str], at: int, width: int, near: int) -> bool:
    """Whether the subject, or all its telling words, stand near the sender, and not inside it."""
    around = [*said[max(0, at - near) : at], "", *said[at + width : at + width + near]]
    if any(_places(around, subject)):
        return True
    telling = _telling(subject)
    return len(telling) > 1 and telling <= set(around)


def _telling(subject: Sequence[str]) -> set[str]:
    return {one for one in subject if len(one) > 4 and one not in _USUAL}


def _places(said: Sequence[str], phrase: Sequence[str]) -> list[int]:
    count = len(phrase)
    if not count:
        return []
    wanted = list(phrase)
    return [at for at in range(len(said) - count + 1) if list(said[at : at + count]) == wanted]


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Lines of a list, each by itself with what runs on below it, and paragraphs."""
    piece: list[str] = []
    row = False
    for line in [*text.splitlines(), ""]:
        begins = bool(_ROW.match(line))
        if (begins or not line.strip()) and piece:
            yield " ".join(piece), row
            piece = []
        if line.strip():
            row = begins if not piece else row
            piece.append(line.strip())


def shown(text: str) -> str:
    """As it is quoted: in one line, not too long."""
    said = " ".join(text.replace("|", " ").split())
    return said if len(said) <= QUOTED else said[: QUOTED - 1].rpartition(" ")[0] + "…"
