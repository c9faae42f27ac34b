"""The text part of a mail: the letter's tree in lines of 72 characters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

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
    lines: list[str] = []
    for chunk in pieces:
        if chunk.gap and lines:
            within = chunk.rest.startswith(">") and lines[-1].startswith(">")
            lines.append(chunk.rest.rstrip() if within else "")
        text = _finish(marks.fill(chunk.marked, values))
        lines.append(
            wrap(text.upper() if chunk.capitals else text, chunk.first, chunk.rest, width=width)
        )
    return "\n".join(lines)


@lru_cache(maxsize=1024)
def wrap(text: str, first: str = "", rest: str = "", *, width: int = WIDTH) -> str:
    """Lines of at most `width` characters; a URL is never broken, and its line may be longer."""
    lines: list[str] = []
    for line in text.split("\n"):
        before = current = rest if lines else first
        # Only at spaces: a hyphen belongs to its word, a no-break space holds.
        for word in filter(None, line.split(" ")):
            if current == before:
                current += word
            elif width and len(current) + 1 + len(word) > width:
                lines.append(current)
                before, current = rest, rest + word
            else:
                current += f" {word}"
        lines.append(current.rstrip() if current == before else current)
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


@lru_cache(maxsize=1024)
def _finish(text: str) -> str:
    """A URL ends at a space or the line: a full stop behind it would become part of it."""
    text = re.sub(rf"{_END}\.(?=\s*$)", "", text)
    text = re.sub(rf"{_END}\.\s+", "\n", text)
    return re.sub(rf"{_END}(?=\S)", " ", text).replace(_END, "")
