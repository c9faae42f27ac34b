"""Front matter: the values between two lines `---` at the top of a Markdown file.

Values are read as strings against a schema of ours: YAML alone would make 1080 of `18:00`
and False of `no`. Every fault names its line and column.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from outreach import unseen
from outreach.clock import from_wall
from outreach.errors import Invalid, OutreachError

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

#: What a mapping may hold: name → (how its value is read, whether it must be there).
Schema = Mapping[str, tuple[Callable[[Node], Any], bool]]


class BadFile(Invalid):
    """A file with a fault; says the line and column."""


def read(file: str, schema: Schema) -> tuple[dict[str, Any], list[str], int]:
    """The values at the top of a file, the lines below them, and the number of their first.

    :raises BadFile: with the line and column of the first fault
    """
    lines = unseen.clean(file).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines or lines[0].rstrip() != "---":
        raise BadFile("Regel 1: het bestand moet beginnen met een regel ‘---’.")
    try:
        end = next(n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    except StopIteration:
        raise BadFile("Regel 1: na de gegevens bovenaan hoort weer een regel ‘---’.") from None
    top = _compose("\n".join(lines[1:end]))
    return mapping(top, schema, "het bestand"), lines[end + 1 :], end + 2


def fault(node: Node, sentence: str) -> BadFile:
    """What is wrong with a value, with its place in the file."""
    # +2: marks count from 0, and the front matter begins on the file's second line
    return BadFile(
        f"Regel {node.start_mark.line + 2}, kolom {node.start_mark.column + 1}: {sentence}"
    )


def text(node: Node) -> str:
    """One value in one line, as it was written; empty when nothing was."""
    if not isinstance(node, ScalarNode):
        raise fault(node, "hier hoort een enkele waarde.")
    value = "" if node.tag == "tag:yaml.org,2002:null" else str(node.value).strip()
    if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value):
        raise fault(node, "deze waarde bevat een regeleinde of een onzichtbaar teken.")
    return value


def filled(node: Node) -> str:
    value = text(node)
    if not value:
        raise fault(node, "deze waarde is leeg.")
    return value


def slug(node: Node) -> str:
    value = filled(node)
    if not _SLUG.fullmatch(value) or len(value) > 60:
        raise fault(node, f"‘{value}’ kan geen slug zijn: kleine letters, cijfers en streepjes.")
    return value


def flag(node: Node) -> bool:
    value = text(node).casefold()
    if value in ("true", "yes", "ja"):
        return True
    if value in ("false", "no", "nee"):
        return False
    raise fault(node, f"‘{value}’ moet true of false zijn.")


def items(node: Node) -> list[Node]:
    """The parts of a list; one value alone is a list of one."""
    if isinstance(node, SequenceNode):
        return list(node.value)
    if isinstance(node, ScalarNode):
        return [node] if text(node) else []
    raise fault(node, "hier hoort een lijst, zoals [a, b].")


def texts(node: Node) -> list[str]:
    return [filled(item) for item in items(node)]


def moment(node: Node) -> tuple[datetime, str]:
    """A moment, and how it was written; Dutch time unless there is an offset."""
    value = filled(node)
    try:
        found = datetime.fromisoformat(value.replace(" ", "T"))
    except ValueError:
        raise fault(
            node, f"‘{value}’ is geen datum en tijd. Schrijf 2026-03-23T09:00 (Nederlandse tijd)."
        ) from None
    if len(value) <= len("2026-03-23"):
        raise fault(node, f"bij ‘{value}’ ontbreekt de tijd. Schrijf {value}T09:00.")
    try:
        return (from_wall(found) if found.tzinfo is None else found), value
    except OutreachError as error:
        raise fault(node, str(error)) from None


def clock(node: Node) -> time:
    value = filled(node).replace(".", ":")
    try:
        return time.fromisoformat(value if len(value.split(":")[0]) == 2 else f"0{value}")
    except ValueError:
        raise fault(node, f'‘{text(node)}’ is geen tijd. Schrijf "09:00".') from None


def mapping(node: Node, schema: Schema, what: str) -> dict[str, Any]:
    """The values of a mapping.

    :param what: the mapping's name, for who made the fault
    :raises BadFile: it is none, a key is unknown or there twice, or one is missing
    """
    if not isinstance(node, MappingNode):
        raise fault(node, f"hier horen gegevens tussen {{ }} voor {what}.")
    found: dict[str, Any] = {}
    for key, value in node.value:
        name = text(key)
        if name not in schema:
            known = ", ".join(schema)
            raise fault(key, f"‘{name}’ is onbekend in {what}; bekend zijn {known}.")
        if name in found:
            raise fault(key, f"‘{name}’ staat er twee keer.")
        if isinstance(value, ScalarNode) and not value.value and not value.style:
            value.start_mark = key.start_mark  # nothing was written: it would be the next line's
        found[name] = schema[name][0](value)
    for name, (_, needed) in schema.items():
        if needed and name not in found:
            raise fault(node, f"‘{name}’ ontbreekt in {what}.")
    return found


def _compose(front: str) -> Node:
    try:
        # YAML 1.2: PyYAML stumbles over the "?," of an unquoted question
        node = YAML(typ="safe", pure=True).compose(front)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Regel {mark.line + 2}, kolom {mark.column + 1}: " if mark else ""
        raise BadFile(
            f'{where}dit is niet te lezen. Zet tekst met een dubbele punt of accolade tussen "…".'
        ) from None
    except (YAMLError, RecursionError) as error:
        raise BadFile(f"De gegevens bovenaan zijn niet te lezen ({error}).") from None
    if not isinstance(node, MappingNode):
        raise BadFile("Regel 2: hier horen gegevens als ‘name: …’.")
    return node
