"""What changed between two versions of a text, as a reader sees it: word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_PIECES = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Piece:
    """Some words that stayed, went or came."""

    kind: Literal["same", "gone", "new"]
    text: str


def between(old: str, new: str) -> list[Piece]:
    """The new text with what went and came, in the order of reading.

    >>> [piece.kind for piece in between("Wij vragen u.", "Wij verzoeken u.")]
    ['same', 'gone', 'new', 'same']
    """
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    return list(_merged(before, after))


def _merged(before: list[str], after: list[str]) -> Iterator[Piece]:
    # Spaces and small words return everywhere; without them as anchors a sentence stays whole.
    matcher = SequenceMatcher(lambda piece: piece.isspace(), before, after, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(before[i:j]))
            continue
        if i < j:
            yield Piece("gone", "".join(before[i:j]))
        if k < m:
            yield Piece("new", "".join(after[k:m]))
