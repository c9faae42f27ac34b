"""Blocks of a letter: a name alone on a line, that becomes a few lines when the letter is made.

A block is written out in the language of letters itself, before anything is filled in. So it is
the same in HTML, in text and in the PDF, and the check reads it as it reads the rest.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

#: What a letter may have on a line of its own, and what it becomes.
KNOWN: dict[str, str] = {
    "bijeenkomsten": "de bijeenkomsten bij deze brief, met datum, plaats en link",
    "knop": "een knop: zet er een link achter, op dezelfde regel",
    "griffiekaart": "wat een griffie in haar lijst overneemt; zet er in twee regels onder waarover",
    "antwoordknoppen": "een knop voor elk antwoord op uw vragen met keuzes",
    "doorstuurtekst": "een tekst voor raadsleden, om door te sturen; uw eigen begint met >",
}
#: These are for who reads the mail, and have no place in the letter to the raad.
OF_MAIL = ("antwoordknoppen", "doorstuurtekst")
#: Where a reader answers, within what a block becomes; no writer can name it.
ANSWER_PAGE = "antwoord.link"
#: A question of the letter: its key, its label, and what may be chosen.
Asked = tuple[str, str, tuple[str, ...]]

_NAME = "|".join(KNOWN)
_ALONE = re.compile(rf"^[ ]{{0,3}}\{{\{{\s*({_NAME})\s*\}}\}}[ ]*$")
_BUTTON = re.compile(r"^[ ]{0,3}\{\{\s*knop\s*\}\}[ ]*(\[[^\[\]\n]+\]\([^()\s]+)\)[ ]*$")
_ANY = re.compile(rf"\{{\{{\s*({_NAME})\s*\}}\}}")

_MEETING = (
    "- {{bijeenkomst.SLUG.datum}}, {{bijeenkomst.SLUG.tijd}}:"
    " [{{bijeenkomst.SLUG.titel}}]({{bijeenkomst.SLUG.link}}), {{bijeenkomst.SLUG.waar}}"
)
_CARD = (
    "## Griffiekaart",
    "",
    "- Titel: {{onderwerp}}",
    "- Afzender: {{afzender}}",
    "- Datum: {{datum}}",
    '- Kenmerk: {{kenmerk|"geen"}}',
)
_FORWARD = (
    "## Tekst om door te sturen",
    "",
    "U kunt dit zo overnemen. Er staat niets in dat naar u verwijst.",
    "",
)
_OUR_WORDS = (
    "> Geachte raadsleden,",
    ">",
    "> {{afzender}} stuurde ons een brief over “{{onderwerp}}”. U vindt hem in de bijlage.",
)


def expand(
    text: str,
    *,
    meetings: Sequence[str] = (),
    asked: Sequence[Asked] = (),
    mail: bool = True,
) -> str:
    """The text with its blocks written out.

    :param meetings: slugs of those that the letter invites to
    :param asked: questions that its reader can answer with a button; what they lead to is the
        value of `ANSWER_PAGE`
    :param mail: whether it is the mail; the PDF leaves out what is only for who reads that
    """
    if "{{" not in text or not _ANY.search(text):
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    with_buttons = list(_with_buttons(lines, asked if mail else ()))
    return "\n".join(_expanded(with_buttons, meetings, mail))


def without(text: str) -> str:
    """The text as its writer wrote it: without the lines that are blocks."""
    lines = [_BUTTON.sub(r"\1)", line) for line in text.replace("\r\n", "\n").split("\n")]
    return "\n".join("" if _ALONE.match(line) else line for line in lines)


def used(text: str) -> list[str]:
    """The blocks in the text, each once, in order; also those that stand where they cannot."""
    return list(dict.fromkeys(_ANY.findall(text)))


def misplaced(text: str) -> Iterator[tuple[int, str]]:
    """The line (from 1) and the name of each block that does not stand as it must."""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        alone = _ALONE.match(line)
        if _BUTTON.match(line) or (alone and alone[1] != "knop"):
            continue
        for name in _ANY.findall(line):
            yield number, name


def _expanded(lines: Sequence[str], meetings: Sequence[str], mail: bool) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        found = _ALONE.match(line)
        if found is None:
            yield _BUTTON.sub(r'\1 "knop")', line)
            continue
        below = at
        match found[1]:
            case "bijeenkomsten" if meetings:
                yield from _block(_meetings(meetings))
            case "griffiekaart":
                while below < len(lines) and lines[below].strip():
                    below += 1
                about = " ".join(one.strip() for one in lines[at:below])
                told = (*_CARD, *([f"- Waarover: {about}"] if about else []))
                yield from _block((*told, "- Voorstel: ter kennisname"))
            case "doorstuurtekst":
                while below < len(lines) and _is_quoted(lines, below):
                    below += 1
                own = [one for one in lines[at:below] if one.strip()]
                listed = [f"> {one}" for one in ("", *_meetings(meetings)) if meetings]
                if mail:
                    yield from _block((*_FORWARD, *(own or [*_OUR_WORDS, *listed])))
            case _:
                yield line  # nothing to make of it: the check says why
        at = below


def _is_quoted(lines: Sequence[str], at: int) -> bool:
    """Whether a line is of the quote, or the blank one before it."""
    if lines[at].lstrip().startswith(">"):
        return True
    after = lines[at + 1 : at + 2]
    return not lines[at].strip() and bool(after) and after[0].lstrip().startswith(">")


def _meetings(slugs: Sequence[str]) -> list[str]:
    return [_MEETING.replace("SLUG", slug) for slug in slugs]


def _with_buttons(lines: Sequence[str], asked: Sequence[Asked]) -> Iterator[str]:
    for line in lines:
        alone = _ALONE.match(line)
        if alone is None or alone[1] != "antwoordknoppen":
            yield line
            continue
        for one in asked:
            yield from _block(_buttons(*one))


def _buttons(key: str, label: str, options: Sequence[str]) -> list[str]:
    made = [f"**{_literal(label)}**"]
    for option in options:
        chosen = quote(f"{key}:{option}", safe="")
        made += "", f'[{_literal(option)}]({{{{{ANSWER_PAGE}}}}}?k={chosen} "knop")'
    return made


def _literal(text: str) -> str:
    """Words that are no Markdown and name no placeholder, whatever stands in them."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def _block(lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield from lines
    yield ""
