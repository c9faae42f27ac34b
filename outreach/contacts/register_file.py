"""The file of the register of government organisations, organisation by organisation.

The export is one XML document of up to a hundred megabytes. It is read as a stream by expat,
which comes with Python: the memory that it takes is that of one organisation. What no export
holds ends the reading at once: a DTD (and so every entity), another root, a tag or a text
without end, elements without number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO
from xml.parsers import expat

from outreach.errors import Invalid

MAX_BYTES = 300_000_000
_PIECE = 64 * 1024
_MAX_TOKEN = 1_000_000  #: octets that are no whole tag or text yet
_MAX_TEXT = 2_000_000  #: characters in one organisation
_MAX_NODES = 50_000  #: elements in one organisation, or between two
_MAX_RECORDS = 50_000
_MAX_DEPTH = 40
_RECORD_DEPTH = 3  #: root, its list, the organisation

ROOT = "overheidsorganisaties"
#: The namespace changes with each version, and its host did once.
_NAMESPACE = re.compile(
    r"https?://(?:organisaties|almanak)\.overheid\.nl/(?:static/)?schema/oo/export/([0-9.]{1,20})/?"
)
_SEPARATOR = " "  #: between namespace and name; no namespace holds one
_GEMEENTE = re.compile(r"/gemeente/(gm\d{4})\b", re.IGNORECASE)


class RegisterFault(Invalid):
    """A file that is no export of the register, or not a whole one."""


@dataclass(slots=True)
class Node:
    """One element, by its name without prefix."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def all(self, *path: str) -> list["Node"]:
        """The elements at the end of a path; each step may have two spellings: "type|adresType"."""
        found = [self]
        for step in path:
            names = step.split("|")
            found = [child for node in found for child in node.children if child.name in names]
        return found

    def value(self, *path: str) -> str:
        """The text of the first element at the end of a path; empty without one."""
        return next((node.text for node in self.all(*path) if node.text), "")

    def within(self) -> Iterator["Node"]:
        """This element and all that it holds."""
        yield self
        for child in self.children:
            yield from child.within()

    @property
    def code(self) -> str:
        """The gemeente that its identifiers name: "GM0355"; empty when they name none."""
        own = [*self.attributes.values(), self.text]
        return next((found[1].upper() for text in own if (found := _GEMEENTE.search(text))), "")


@dataclass
class Export:
    """An opened export: what its root says, and its organisations, which can be read once."""

    version: str
    stamped: date | None  #: the day of the register that the file shows
    organisations: Iterator[Node]


def open_export(stream: BinaryIO) -> Export:
    """Read as far as the root; `organisations` reads on.

    Only organisations that may be a gemeente are given.

    :raises RegisterFault: also later, from `organisations`
    """
    reader = _Reader(stream)
    organisations = reader.records()
    reader.to_root()
    return Export(reader.version, reader.stamped, organisations)


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self.version = ""
        self.stamped: date | None = None
        self._stream = stream
        self._read = 0
        self._depth = 0
        self._records = 0
        self._nodes = 0
        self._length = 0
        self._open: list[Node] = []  #: from the organisation to where we are; empty when skipped
        self._ready: list[Node] = []
        self._parser = parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def to_root(self) -> None:
        while not self.version and self._feed():
            if self._read > _MAX_TOKEN:
                raise RegisterFault(_NO_XML)

    def records(self) -> Iterator[Node]:
        more = True
        while more or self._ready:
            yield from self._ready
            self._ready.clear()
            more = more and self._feed()

    def _feed(self) -> bool:
        """Read a piece; False after the last."""
        piece = self._stream.read(_PIECE)
        self._read += len(piece)
        if self._read > MAX_BYTES:
            raise RegisterFault("Dit bestand is groter dan 300 MB. Dat is het register niet.")
        try:
            self._parser.Parse(piece, not piece)
        except expat.ExpatError as error:
            raise RegisterFault(_sentence(error, self.version)) from None
        except (LookupError, ValueError):  # an encoding that nobody knows
            raise RegisterFault(_NO_XML) from None
        if self._read - max(self._parser.CurrentByteIndex, 0) > _MAX_TOKEN:
            raise RegisterFault(_SWOLLEN)
        return bool(piece)

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        namespace, _, name = qualified.rpartition(_SEPARATOR)
        self._depth += 1
        self._nodes += 1
        if self._nodes > _MAX_NODES or self._depth > _MAX_DEPTH:
            raise RegisterFault(_SWOLLEN)
        if self._depth == 1:
            self._root(namespace, name, _local(attributes))
        elif self._depth == _RECORD_DEPTH:
            self._records += 1
            if self._records > _MAX_RECORDS:
                raise RegisterFault(_SWOLLEN)
            node = Node(name, _local(attributes))
            if _may_be_gemeente(node):
                self._open = [node]
        elif self._open:
            node = Node(name, _local(attributes))
            self._open[-1].children.append(node)
            self._open.append(node)

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length > _MAX_TEXT:
            raise RegisterFault(_SWOLLEN)
        if self._open and (self._open[-1].text or not text.isspace()):
            self._open[-1].text += text

    def _end(self, _name: str) -> None:
        if self._open:
            node = self._open.pop()
            node.text = node.text.strip()
            if not self._open:
                self._ready.append(node)
        if self._depth == _RECORD_DEPTH:
            self._nodes = self._length = 0
        self._depth -= 1

    def _root(self, namespace: str, name: str, attributes: dict[str, str]) -> None:
        export = _NAMESPACE.fullmatch(namespace)
        if name != ROOT or export is None:
            raise RegisterFault(
                f"Dit is geen export van het register van overheidsorganisaties: het begint met"
                f" “{name[:60]}”. Haal exportOO_gemeenten.xml op bij organisaties.overheid.nl."
            )
        if not _is_known(export[1]):
            raise RegisterFault(
                f"Dit is versie {export[1]} van het register; wij lezen versie 2.4 tot en met 2.6."
            )
        self.version = export[1]
        self.stamped = day(attributes.get("timestamp", "")[:10])


_NO_XML = (
    "Dit bestand is geen XML. Haal exportOO_gemeenten.xml op bij organisaties.overheid.nl"
    " en kies dat."
)
_SWOLLEN = "Dit bestand bevat een onderdeel zonder einde. Dat is het register niet."


def day(text: str) -> date | None:
    """A day as the register writes it; None for anything else."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _is_known(version: str) -> bool:
    numbers = [int(part) if part else -1 for part in version.split(".")]
    return len(numbers) > 1 and numbers[0] == 2 and 4 <= numbers[1] <= 6


def _may_be_gemeente(node: Node) -> bool:
    """Not what its identifier says to be another kind of organisation, or no organisation."""
    known = node.attributes.get("resourceIdentifierTOOI", "")
    return node.name in ("organisatie", "gemeente") and (not known or bool(node.code))


def _local(attributes: dict[str, str]) -> dict[str, str]:
    if not attributes:
        return {}
    return {name.rpartition(_SEPARATOR)[2]: value for name, value in attributes.items()}


def _refuse_doctype(*_declared: object) -> None:
    raise RegisterFault(
        "Dit bestand bevat een DTD. Het register heeft die niet, en wij lezen hem niet."
    )


def _sentence(error: expat.ExpatError, version: str) -> str:
    if not version:
        return _NO_XML
    cut = (expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN)
    if expat.ErrorString(error.code) in cut:
        return f"Het bestand houdt op bij regel {error.lineno}. Haal het opnieuw op."
    return f"Het bestand is beschadigd bij regel {error.lineno}. Haal het opnieuw op."
