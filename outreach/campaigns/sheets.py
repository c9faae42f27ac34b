"""What many letters share, made into bytes once.

All who get one text share most of it (`Plate`); those in one gemeente share more: their links
and every line that names the gemeente (`Sheet`). Then a letter differs from the next in its
aanhef, in why this reader gets it, and in six header lines: the other nine tenths of its octets
are encoded and checked already. It is byte for byte what `Renderer.letter` gives by itself; a
test holds that over hostile values.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach.delivery import mime
from outreach.delivery.mime import Form, Own, Part
from outreach.letters.composing import Open
from outreach.letters.later import Later, Words

Piece = bytes | Later


@dataclass(frozen=True, slots=True)
class Sheet:
    """The letters of one text to one place, as far as they are equal."""

    form: Form
    text: tuple[Piece, ...]
    html: tuple[Piece, ...]
    given: Mapping[str, str]  #: what is said of the place, by name
    needs: tuple[tuple[str, Callable[[Any], str]], ...]  #: how to say what is each reader's own
    files: tuple[Part, ...]  #: that all of them get
    pdf: bool  #: whether each gets one of its own, too

    def filled(self, lines: Own, reader: Any, files: Sequence[Part]) -> tuple[bytes, ...]:
        """One reader's letter, in pieces as DATA carries them."""
        values = {**self.given}
        for name, say in self.needs:
            values[name] = say(reader)
        return self.form.filled(lines, _said(self.text, values), _said(self.html, values), files)

    @property
    def size(self) -> int:
        """Octets, without those of its open places."""
        return sum(len(one) for one in self.text + self.html if isinstance(one, bytes))


@dataclass(frozen=True, slots=True)
class Plate:
    """The letters of one text, as far as they are equal."""

    subject: Words
    text: tuple[Piece, ...]
    html: tuple[Piece, ...]
    given: Mapping[str, str]  #: what is said to all of them, by name
    sheets: dict[Any, Sheet] = field(default_factory=dict)  #: by place

    @classmethod
    def of(cls, words: Open, given: Mapping[str, str]) -> "Plate":
        return cls(words.subject, _encoded(words.text), _encoded(words.html), given)

    def sheet(
        self,
        form: Form,
        given: Mapping[str, str],
        own: Mapping[str, Callable[[Any], str]],
        *,
        files: tuple[Part, ...],
        pdf: bool,
    ) -> Sheet:
        """For one place.

        :param given: what is said of it
        :param own: how to say what is each reader's own
        """
        text, html = tuple(_narrowed(self.text, given)), tuple(_narrowed(self.html, given))
        open_ = {name for one in text + html if isinstance(one, Later) for name in one.names}
        needs = tuple((name, say) for name, say in own.items() if name in open_)
        return Sheet(form, text, html, given, needs, files, pdf)


def _encoded(words: Sequence[Words]) -> tuple[Piece, ...]:
    return tuple(one if isinstance(one, Later) else mime.encoded(one) for one in words)


def _narrowed(pieces: Sequence[Piece], given: Mapping[str, str]) -> Iterator[Piece]:
    names, known = frozenset(given), list[bytes]()
    for one in pieces:
        if isinstance(one, bytes):
            known.append(one)
        elif one.names <= names:
            known.append(mime.encoded(one.say(given)))
        else:
            yield b"".join(known)
            yield one
            known = []
    yield b"".join(known)


def _said(pieces: Sequence[Piece], values: Mapping[str, str]) -> list[bytes]:
    return [one if isinstance(one, bytes) else mime.encoded(one.say(values)) for one in pieces]
