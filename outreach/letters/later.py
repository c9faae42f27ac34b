"""Words that are known now, and words that are known once the reader is.

A letter to thousands is mostly the same for all. What is equal is made once; the few places
that differ stay open as `Later`, and are said as soon as their values are known.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

#: No name is left open: everything is said now.
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Later:
    """Words that depend on values of these names."""

    names: frozenset[str]
    say: Callable[[Mapping[str, str]], str]

    @classmethod
    def value(cls, name: str) -> "Later":
        """The value itself."""
        return cls(frozenset((name,)), lambda values: values[name])


Words = str | Later


def then(words: Words, make: Callable[[str], str]) -> Words:
    """What is made of the words, as soon as they are known."""
    if isinstance(words, str):
        return make(words)
    say = words.say
    return Later(words.names, lambda values: make(say(values)))


def joined(words: Iterable[Words]) -> Words:
    """The words in their order, as one."""
    pieces = merged(words)
    open_ = [one for one in pieces if isinstance(one, Later)]
    if not open_:
        return "".join(one for one in pieces if isinstance(one, str))
    if len(pieces) == 1:
        return pieces[0]
    names = NOTHING.union(*(one.names for one in open_))
    return Later(names, lambda values: said(pieces, values))


def merged(words: Iterable[Words]) -> tuple[Words, ...]:
    """The same, with what is known now in as few pieces as possible."""
    pieces: list[Words] = []
    known: list[str] = []
    for one in words:
        if isinstance(one, str):
            known.append(one)
            continue
        if known:
            pieces.append("".join(known))
            known = []
        pieces.append(one)
    if known:
        pieces.append("".join(known))
    return tuple(pieces)


def said(words: Iterable[Words], values: Mapping[str, str]) -> str:
    """All of it, with these values for what was open."""
    return "".join([one if isinstance(one, str) else one.say(values) for one in words])
