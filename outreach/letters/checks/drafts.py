"""The texts of a step as the check reads them: in words, lines and sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from outreach.letters import blocks, markup
from outreach.letters.markup import Block, Document

#: What stands in for a placeholder: a word that no check knows.
_NAME = "Naam"
_SENTENCE_END = re.compile(r"(?<=[.?!…])[\"”’)]*\s+(?=[\"“‘(]?[A-Z0-9À-Þ])")


@dataclass(frozen=True)
class Draft:
    """The words of one step for one body, as they are about to be sent."""

    subject: str
    mail: str
    letter: str = ""  #: "" = the mail's text is the letter
    attachments: tuple[str, ...] = ()  #: file names
    step: int = 1
    variant: str = "raad"
    pdf_letter: bool = False
    send_on: date | None = None  #: Dutch day on which it is planned
    meetings: tuple[str, ...] = ()  #: slugs of those that the letter invites to
    asks: bool = False  #: whether it has a question with options

    @property
    def place(self) -> str:
        """
        >>> Draft("", "", step=2, variant="college").place
        'stap 2 (college)'
        """
        body = f" ({self.variant})" if self.variant != "raad" else ""
        return f"stap {self.step}{body}"

    @cached_property
    def texts(self) -> tuple["Text", "Text"]:
        """The mail and the letter, whether or not there is one."""
        return (
            Text(f"{self.place}, mail", self.mail, _read(self.mail)),
            Text(f"{self.place}, brief", self.letter, _read(self.letter)),
        )


@dataclass(frozen=True)
class Text:
    """One of the texts of a draft, read."""

    place: str
    source: str
    document: Document

    @cached_property
    def words(self) -> str:
        """The words as they read, placeholders as a name would stand there."""
        marks = self.document.marks
        return re.sub(rf"{marks.word}\d+[tu]", _NAME, "\n".join(lines(self.document.blocks)))

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The running text in sentences, without salutation and signature."""
        running = (block for block in self.document.blocks if block.kind != "salutation")
        paragraphs = list(_paragraphs(tuple(running)))
        marks = self.document.marks
        found: list[str] = []
        for paragraph in paragraphs:
            words = re.sub(rf"{marks.word}\d+[tu]", _NAME, " ".join(paragraph.split()))
            found += [part for part in _SENTENCE_END.split(words) if part]
        return tuple(found)


def _read(source: str) -> Document:
    return markup.read(blocks.without(source))


def lines(tree: tuple[Block, ...]) -> list[str]:
    """Every line of the blocks, in order."""
    found: list[str] = []
    for block in tree:
        if block.inlines:
            found += markup.plain(block.inlines).split("\n")
        found += lines(block.children)
    return found


def _paragraphs(tree: tuple[Block, ...]) -> Iterator[str]:
    for block in tree:
        if block.kind == "closing":
            return  # what follows is who signs
        if block.inlines and block.kind != "heading":
            yield markup.plain(block.inlines)
        yield from _paragraphs(block.children)
