"""A letter's Markdown, read once into a small tree that HTML, text and PDF are all made from.

Placeholders pass through the reading as words of letters and digits, so that emphasis or a
link around one still works and no value is ever read as Markdown.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Literal
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from outreach import unseen
from outreach.letters import later, placeholders
from outreach.letters.later import NOTHING, Later, Words
from outreach.letters.placeholders import Placeholder

#: A paragraph of which every line but the last is shorter keeps its lines: a signature, an
#: address. Longer lines were wrapped by an editor and flow together.
SHORT_LINE = 50
SALUTATION = re.compile(r"(?:geachte?|beste|dear)\b", re.IGNORECASE)
CLOSING = re.compile(
    r"(?:(?:met )?(?:(?:de )?\w+ )?(?:groet(?:en)?|hoogachting)|hoogachtend)[,.]?|namens\b.{1,80},",
    re.IGNORECASE,
)
BUTTON = "knop"  #: the title of a link that stands as a button
#: As the frame's own buttons: a table, for programs that know no other box.
_BOX = (
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%"'
    ' class="boxes"><tr><td align="left" class="box">{}</td></tr>'
    '<tr><td height="16" class="after">&nbsp;</td></tr></table>'
)
_BARE = re.compile(
    r"https?://[^\s<>\"“”]*[^\s<>\"“”.,;:!?)\]'’]|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
_SPACES = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(
    # Pasted text is indented or underlined for its looks, not to be code or a heading.
    ["code", "fence", "lheading", "html_block", "html_inline", "image", "reference"]
)


@dataclass(frozen=True)
class Inline:
    """Part of a line: plain text, or emphasis, a link or a line's end around such parts."""

    kind: Literal["text", "strong", "em", "link", "break"]
    text: str = ""
    url: str = ""
    children: tuple["Inline", ...] = ()


@dataclass(frozen=True)
class Block:
    """A paragraph, heading or rule; or a list, item or quote around such blocks."""

    kind: Literal[
        "paragraph", "salutation", "closing", "heading", "list", "item", "quote", "rule", "button"
    ]
    number: int = 0  #: a heading's level; a numbered list's first number; 0 = bullets
    inlines: tuple[Inline, ...] = ()
    children: tuple["Block", ...] = ()


@dataclass(frozen=True)
class Marks:
    """Words that stand for placeholders, in strings that are no longer read as Markdown."""

    word: str
    items: tuple[Placeholder, ...]

    def split(self, marked: str) -> Iterator[str | tuple[Placeholder, bool]]:
        """The pieces in order; a placeholder with whether it stands within a URL."""
        for piece in _split(self.word, marked):
            yield piece if isinstance(piece, str) else (self.items[piece[0]], piece[1])

    def fill(
        self, marked: str, values: Mapping[str, str], *, shown: Callable[[str], str] = str
    ) -> str:
        """The string with values in it: in one line, within a URL quoted as its part."""
        return later.said(self.words(marked, values, shown=shown), {})

    def words(
        self,
        marked: str,
        values: Mapping[str, str],
        *,
        leave: frozenset[str] = NOTHING,
        shown: Callable[[str], str] = str,
    ) -> tuple[Words, ...]:
        """The same in pieces; the placeholders of these names stay open."""
        return later.merged(
            piece
            if isinstance(piece, str)
            else _open(*piece, shown=shown)
            if piece[0].name in leave
            else _filled(*piece, values, shown=shown)
            for piece in self.split(marked)
        )

    @property
    def urls(self) -> str:
        """A pattern of the words that stand for a whole address."""
        numbers = [str(n) for n, one in enumerate(self.items) if placeholders.is_url(one.name)]
        return rf"{self.word}(?:{'|'.join(numbers)})t" if numbers else ""


NO_MARKS = Marks("\0", ())


@dataclass(frozen=True)
class Document:
    """A text as it was read, with its placeholders still open."""

    blocks: tuple[Block, ...]
    marks: Marks


def one_line(value: str) -> str:
    """A value without line ends and other control characters, nor hidden ones."""
    if "  " not in value and value.isprintable():
        return value.strip()
    return _SPACES.sub(" ", unseen.clean(value)).strip()


@lru_cache(maxsize=256)
def read(text: str) -> Document:
    """The tree of a text with placeholders, without hidden characters."""
    text = unseen.clean(text)
    word = "xq"
    while word in text:
        word += "z"
    pieces: list[str] = []
    items: list[Placeholder] = []
    for piece in placeholders.split(text.replace("\r\n", "\n")):
        if isinstance(piece, str):
            pieces.append(piece)
        else:
            pieces.append(f"{word}{len(items)}t")
            items.append(piece)
    marks = Marks(word, tuple(items))
    tree = SyntaxTreeNode(_MARKDOWN.parse("".join(pieces)))
    blocks = tuple(_blocks(tree, marks))
    if blocks and _is_salutation(blocks[0], marks):
        blocks = (replace(blocks[0], kind="salutation"), *blocks[1:])
    return Document(blocks, marks)


def to_html(blocks: tuple[Block, ...]) -> str:
    """The blocks as HTML, still with their marks, and nothing in it but what we allow."""
    return "\n".join(
        _BOX.format(_clean(_part_html(block.inlines[0])).replace("<a ", '<a class="button" ', 1))
        if block.kind == "button"
        else _clean(_block_html(block))
        for block in blocks
    )


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags={"p", "h2", "h3", "ul", "ol", "li", "strong", "em", "a", "br", "blockquote", "hr"},
        attributes={"a": {"href"}, "ol": {"start"}, "p": {"class"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def plain(inlines: tuple[Inline, ...]) -> str:
    """The words alone."""
    return "".join(
        "\n" if part.kind == "break" else part.text + plain(part.children) for part in inlines
    )


def links(blocks: tuple[Block, ...]) -> Iterator[Inline]:
    """Every link of the blocks, in order."""
    for block in blocks:
        yield from _links(block.inlines)
        yield from links(block.children)


def linked(text: str, marks: Marks = NO_MARKS) -> Iterator[Inline]:
    """Plain text with the addresses in it made into links."""
    at = 0
    pattern = re.compile(f"{_BARE.pattern}|{marks.urls}") if marks.urls else _BARE
    for match in pattern.finditer(text):
        yield Inline("text", text[at : match.start()])
        url = f"mailto:{match[0]}" if "@" in match[0] and ":" not in match[0] else match[0]
        yield _link(url, (Inline("text", match[0]),), marks)
        at = match.end()
    yield Inline("text", text[at:])


def is_closing(line: str) -> bool:
    """Whether a line is "Met vriendelijke groet," or one of its kind."""
    return CLOSING.fullmatch(line.strip()) is not None


def _is_salutation(block: Block, marks: Marks) -> bool:
    words = plain(block.inlines)
    open_ = [p.name for p in marks.items[:1] if words.startswith(f"{marks.word}0t")]
    begins = open_ == ["aanhef"] or SALUTATION.match(words) is not None
    return block.kind == "paragraph" and begins and len(words) < 2 * SHORT_LINE


@lru_cache(maxsize=512)
def _split(word: str, marked: str) -> tuple[str | tuple[int, bool], ...]:
    """As `Marks.split`, with the number of each placeholder; once for all who get the text."""
    pieces: list[str | tuple[int, bool]] = []
    at = 0
    for match in re.finditer(rf"{word}(\d+)([tu])", marked):
        if match.start() > at:
            pieces.append(marked[at : match.start()])
        pieces.append((int(match[1]), match[2] == "u"))
        at = match.end()
    if at < len(marked):
        pieces.append(marked[at:])
    return tuple(pieces)


def _filled(
    item: Placeholder,
    within_url: bool,
    values: Mapping[str, str],
    *,
    shown: Callable[[str], str],
) -> str:
    value = one_line(item.value(values))
    part_of_url = within_url and not placeholders.is_url(item.name)
    return quote(value, safe="") if part_of_url else shown(value)


def _open(item: Placeholder, within_url: bool, *, shown: Callable[[str], str]) -> Later:
    names = frozenset((item.name,))
    return Later(names, lambda values: _filled(item, within_url, values, shown=shown))


def _links(inlines: tuple[Inline, ...]) -> Iterator[Inline]:
    for part in inlines:
        if part.kind == "link":
            yield part
        yield from _links(part.children)


def _blocks(node: SyntaxTreeNode, marks: Marks) -> Iterator[Block]:
    for child in node.children:
        match child.type:
            case "paragraph":
                yield _paragraph(child, _line(child, marks))
            case "heading":
                yield Block("heading", int(child.tag[1]), _line(child, marks))
            case "bullet_list":
                yield Block("list", children=tuple(_blocks(child, marks)))
            case "ordered_list":
                start = int(child.attrs.get("start", 1))
                yield Block("list", start, children=tuple(_blocks(child, marks)))
            case "list_item":
                yield Block("item", children=tuple(_blocks(child, marks)))
            case "blockquote":
                yield Block("quote", children=tuple(_blocks(child, marks)))
            case "hr":
                yield Block("rule")


def _paragraph(node: SyntaxTreeNode, inlines: tuple[Inline, ...]) -> Block:
    if _is_button(node):
        return Block("button", inlines=inlines)
    return Block("closing" if is_closing(plain(inlines)) else "paragraph", inlines=inlines)


def _is_button(node: SyntaxTreeNode) -> bool:
    """Whether a paragraph is one link that `blocks` made a button of."""
    parts = node.children[0].children
    return len(parts) == 1 and parts[0].attrs.get("title") == BUTTON


def _line(node: SyntaxTreeNode, marks: Marks) -> tuple[Inline, ...]:
    inline = node.children[0]
    lines = inline.content.split("\n")
    keep = all(len(line) < SHORT_LINE for line in lines[:-1])
    return tuple(_inlines(inline, marks, keep_lines=keep))


def _inlines(
    node: SyntaxTreeNode, marks: Marks, *, keep_lines: bool, in_link: bool = False
) -> Iterator[Inline]:
    for child in node.children:
        match child.type:
            case "text" | "code_inline":
                text = child.content
                yield from [Inline("text", text)] if in_link else linked(text, marks)
            case "softbreak":
                yield Inline("break") if keep_lines else Inline("text", " ")
            case "hardbreak":
                yield Inline("break")
            case "strong" | "em" as kind:
                within = _inlines(child, marks, keep_lines=keep_lines, in_link=in_link)
                yield Inline(kind, children=tuple(within))
            case "link":
                within = _inlines(child, marks, keep_lines=keep_lines, in_link=True)
                yield _link(str(child.attrs.get("href", "")), tuple(within), marks)


def _link(url: str, words: tuple[Inline, ...], marks: Marks) -> Inline:
    def within_url(text: str) -> str:
        return re.sub(rf"({marks.word}\d+)t", r"\1u", text)

    if plain(words) in (url, url.removeprefix("mailto:")):
        # An address that stands there itself is shown as it is followed.
        words = (Inline("text", within_url(plain(words))),)
    return Inline("link", url=within_url(url), children=words)


def _block_html(block: Block) -> str:
    match block.kind:
        case "rule":
            return "<hr>"
        case "heading":
            tag = "h2" if block.number < 3 else "h3"
            return f"<{tag}>{_inline_html(block.inlines)}</{tag}>"
        case "list" | "item" | "quote":
            tag = {"list": "ol" if block.number else "ul", "item": "li"}.get(
                block.kind, "blockquote"
            )
            start = f' start="{block.number}"' if block.number > 1 else ""
            children = "\n".join(_block_html(child) for child in block.children)
            return f"<{tag}{start}>\n{children}\n</{tag}>"
    css = "" if block.kind in ("paragraph", "button") else f' class="{block.kind}"'
    return f"<p{css}>{_inline_html(block.inlines)}</p>"


def _inline_html(inlines: tuple[Inline, ...]) -> str:
    return "".join(_part_html(part) for part in inlines)


def _part_html(part: Inline) -> str:
    match part.kind:
        case "text":
            return escape(part.text)
        case "break":
            return "<br>\n"
        case "link":
            return f'<a href="{escape(part.url)}">{_inline_html(part.children)}</a>'
    return f"<{part.kind}>{_inline_html(part.children)}</{part.kind}>"
