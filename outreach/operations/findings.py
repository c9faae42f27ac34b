"""What a look at something found: good, to mind, or wrong."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    GOOD = "good"
    MIND = "mind"
    WRONG = "wrong"

    @property
    def words(self) -> str:
        return {Grade.GOOD: "goed", Grade.MIND: "let op", Grade.WRONG: "fout"}[self]


@dataclass(frozen=True)
class Finding:
    """One line of a report."""

    what: str  #: Dutch: "Database"
    grade: Grade
    sentence: str  #: Dutch
    record: str = ""  #: a line to add to the DNS


def good(what: str, sentence: str) -> Finding:
    return Finding(what, Grade.GOOD, sentence)


def mind(what: str, sentence: str, record: str = "") -> Finding:
    return Finding(what, Grade.MIND, sentence, record)


def wrong(what: str, sentence: str, record: str = "") -> Finding:
    return Finding(what, Grade.WRONG, sentence, record)
