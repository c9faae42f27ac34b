"""Sentences in the language of who reads them. The source is Dutch, and Dutch costs nothing.

A shell says with `speak` which language this thread speaks; without it, that is Dutch. Whatever is
written for a person then goes through `_`. What coordinators write is never translated. Letters to
gemeenten, calendars, log lines and the command line are Dutch, and do not come here.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

TRANSLATIONS = Path(__file__).parent / "translations"


class Language(StrEnum):
    NL = "nl"
    EN = "en"


_spoken: ContextVar[Language] = ContextVar("language", default=Language.NL)


def speak(language: Language) -> None:
    """Speak this language in this thread, until the next call."""
    _spoken.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak this language for a while: a mail to someone has that person's own."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> Language:
    return _spoken.get()


def _(sentence: str, **values: Any) -> str:
    """The sentence in the language that is spoken; one that nobody translated stays Dutch.

    `_("Wij mailen %(naam)s.", naam=name)`: a sentence is whole, for the order of words differs.
    Give it as it stands here, never put together, or it cannot be found for the translators.
    """
    language = _spoken.get()
    if language is not Language.NL:
        sentence = known(language).get(sentence, (sentence,))[0]
    return sentence % values if values else sentence


def _n(one: str, many: str, count: int, **values: Any) -> str:
    """One of two sentences, by a number, which is `%(count)s` in them.

    >>> _n("%(count)s plaats", "%(count)s plaatsen", 1234)
    '1.234 plaatsen'
    """
    language = _spoken.get()
    forms: tuple[str, ...] = (one, many)
    if language is not Language.NL:
        forms = known(language).get(one, forms)
    return forms[0 if count == 1 else -1] % {"count": number(count), **values}


def N_(sentence: str) -> str:
    """Mark a constant for the translators; `_` translates it where it is shown."""
    return sentence


def number(value: int) -> str:
    """
    >>> number(18129929)
    '18.129.929'
    """
    grouped = f"{value:,}"
    return grouped.replace(",", ".") if _spoken.get() is Language.NL else grouped


@cache
def known(language: Language) -> dict[str, tuple[str, ...]]:
    """What each sentence is in a language, read when it is first spoken."""
    path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    return read(path.read_text(encoding="utf-8"))


def read(catalogue: str) -> dict[str, tuple[str, ...]]:
    """The entries of a .po file as Babel writes it; one without a translation is left out."""
    found = {}
    for block in catalogue.split("\n\n"):
        parts = _parts(block)
        said = tuple(text for name, text in parts.items() if name.startswith("msgstr"))
        if parts.get("msgid") and all(said):
            found[parts["msgid"]] = said
    return found


def _parts(block: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith("#"):
            continue
        if not line.startswith('"'):
            name, line = line.split(" ", 1)
        parts[name] = parts.get(name, "") + json.loads(line)
    return parts
