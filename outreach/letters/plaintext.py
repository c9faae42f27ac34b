"""The text part of a mail: the letter's tree in lines of 72 characters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from outreach.letters import later
from outreach.letters.later import NOTHING, Words
from outreach.letters.markup import Block, Document, Inline, Marks

WIDTH = 72
RULE = "-" * WIDTH
#: Stands right behind a URL until the line is finished: nothing may touch its end.
_END = "\x00"


@dataclass(frozen=True)
class Chunk:
    """Lines that belong together, with what stands before the first and before the others."""

    marked: str
    first: str = ""
    rest: str = ""
    gap: bool = True  #: a blank line before it
    capitals: bool = False


def chunks(document: Document) -> tuple[Chunk, ...]:
    """A document as pieces of text, still with its marks."""
    return tuple(_chunks(document.blocks, "", ""))


def fill(
    pieces: tuple[Chunk, ...], marks: Marks, values: Mapping[str, str], *, width: int = WIDTH
) -> str:
    """The text with its values, wrapped; a width of 0 leaves every line whole."""
    return later.said(lines(pieces, marks, values, width=width), {}).removesuffix("\n")


def lines(
    pieces: tuple[Chunk, ...],
    marks: Marks,
    values: Mapping[str, str],
    *,
    leave: frozenset[str] = NOTHING,
    width: int = WIDTH,
) -> Iterator[Words]:
    """The same in whole lines; those that have a value of one of these names stay open."""
    before: Chunk | None = None
    for chunk in pieces:
        if (gap := _gap(chunk, before)) is not None:
            yield f"{gap}\n"
        yield _said(chunk, marks, values, leave, width)
        before = chunk


def paragraphs(
    pieces: tuple[Chunk, ...],
    marks: Marks,
    values: Mapping[str, str],
    *,
    leave: frozenset[str] = NOTHING,
) -> Iterator[Words]:
    """The text in whole lines of any length, cut where there is a blank one between two."""
    before: Chunk | None = None
    one: list[Words] = []
    for chunk in pieces:
        match _gap(chunk, before):
            case "":
                yield later.then(later.joined(one), _without_end)
                one = []
            case str() as gap:
                one.append(f"{gap}\n")
        one.append(_said(chunk, marks, values, leave, 0))
        before = chunk
    yield later.then(later.joined(one), _without_end)


def wrap(text: str, first: str = "", rest: str = "", *, width: int = WIDTH) -> str:
    """Lines of at most `width` characters; a URL is never broken, and its line may be longer."""
    if len(text) <= width - len(first) and text.isprintable() and "  " not in text:
        return first + words if (words := text.strip(" ")) else first.rstrip()
    lines: list[str] = []
    for line in text.split("\n"):
        before = rest if lines else first
        # Only at spaces: a hyphen belongs to its word, a no-break space holds.
        words = line.strip(" ")
        if "  " in words:
            words = " ".join(filter(None, words.split(" ")))
        room = width - len(before) if width else len(words)
        while len(words) > room:
            end = words.rfind(" ", 0, max(room, 0) + 1)
            if end < 0 and (end := words.find(" ")) < 0:
                break
            lines.append(before + words[:end])
            before, words = rest, words[end + 1 :]
            room = width - len(rest)
        lines.append(before + words if words else before.rstrip())
    return "\n".join(lines)


def facts(rows: tuple[tuple[str, str], ...], *, column: int = 0) -> str:
    """Labels and values in two columns, the first at least `column` characters wide."""
    column = max(column, *(len(label) for label, _ in rows), 0) + 3
    return "\n".join(wrap(value, f"{label}:".ljust(column), " " * column) for label, value in rows)


def quoted(text: str) -> str:
    """Someone's words as mail quotes them."""
    return wrap(text, "> ", "> ")


def _chunks(blocks: tuple[Block, ...], first: str, rest: str) -> Iterator[Chunk]:
    """The blocks; `first` stands before the first line of all, `rest` before every other."""
    for at, block in enumerate(blocks):
        before = first if at == 0 else rest
        match block.kind:
            case "rule":
                yield Chunk("* * *", before, rest)
            case "list":
                yield from _items(block, before, rest)
            case "quote":
                yield from _chunks(block.children, f"{before}> ", f"{rest}> ")
            case "heading":
                words = _words(block.inlines)
                yield Chunk(words, before, rest, capitals="://" not in words)
            case _:
                yield Chunk(_words(block.inlines), before, rest)


def _items(block: Block, first: str, rest: str) -> Iterator[Chunk]:
    for at, item in enumerate(block.children):
        sign = f"{block.number + at}. " if block.number else "- "
        within = rest + " " * len(sign)
        for place, chunk in enumerate(
            _chunks(item.children, (first if at == 0 else rest) + sign, within)
        ):
            yield replace(chunk, gap=at == 0 and place == 0 and first == rest)


def _words(inlines: tuple[Inline, ...]) -> str:
    return "".join(_part(part) for part in inlines)


def _part(part: Inline) -> str:
    match part.kind:
        case "text":
            return part.text
        case "break":
            return "\n"
        case "link":
            return _link(part)
    return _words(part.children)


def _link(part: Inline) -> str:
    """A link as "words: url", or once when the words are the address."""
    words = _words(part.children)
    if part.url.startswith("mailto:"):
        address = part.url.removeprefix("mailto:")
        return address if words == address else f"{words}: {address}"
    bare = re.sub(r"^https?://|/$", "", part.url)
    if re.sub(r"^https?://|/$", "", words) == bare:
        return part.url + _END
    return f"{words.rstrip(' :')}: {part.url}{_END}"


def _gap(chunk: Chunk, before: Chunk | None) -> str | None:
    """The line between two chunks, if there is one; within a quote it is quoted, too."""
    if before is None or not chunk.gap:
        return None
    within = chunk.rest.startswith(">") and before.first.startswith(">")
    return chunk.rest.rstrip() if within else ""


def _said(
    chunk: Chunk, marks: Marks, values: Mapping[str, str], leave: frozenset[str], width: int
) -> Words:
    if marks.word not in chunk.marked:
        return _equal_for_all(chunk, width)
    words = later.joined(marks.words(chunk.marked, values, leave=leave))
    return later.then(words, partial(_lines, chunk, width))


@lru_cache(maxsize=512)
def _equal_for_all(chunk: Chunk, width: int) -> str:
    return _lines(chunk, width, chunk.marked)


def _lines(chunk: Chunk, width: int, words: str) -> str:
    text = _finish(words)
    shown = text.upper() if chunk.capitals else text
    return f"{wrap(shown, chunk.first, chunk.rest, width=width)}\n"


def _without_end(lines: str) -> str:
    return lines.removesuffix("\n")


def _finish(text: str) -> str:
    """A URL ends at a space or the line: a full stop behind it would become part of it."""
    if _END not in text:
        return text
    text = re.sub(rf"{_END}\.(?=\s*$)", "", text)
    text = re.sub(rf"{_END}\.\s+", "\n", text)
    return re.sub(rf"{_END}(?=\S)", " ", text).replace(_END, "")
