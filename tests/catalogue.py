"""The sentences that can be translated: found in the source, kept in the catalogue.

`python -m tests.catalogue` brings each catalogue up to date: new sentences come in without a
translation, those that are gone go out.
"""

import re
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from outreach.wording import TRANSLATIONS, Language, read

ROOT = Path(__file__).parent.parent
CALLS = {"_": None, "N_": None, "_h": None, "_n": (1, 2), "plural": (2, 3)}
#: What a file that says something to visitors has in it; the rest need not be read.
SPEAKS = re.compile(rb"from outreach\.wording import|\{\{.*?(?:_|_h|_n|plural)\(|\{%.*?_[hn]?\(")
#: Beside the pages: what stands around them, and in more of them.
AROUND = (
    "base.html",
    "base_public.html",
    "error.html",
    "macros/form.html",
    "macros/questions.html",
    "office/sign_in.html",
)
OPTIONS = {"encoding": "utf-8", "trim_blocks": "true", "silent": "false"}

Message = str | tuple[str, str]


def path_of(language: Language) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def found() -> dict[Message, str]:
    """Each sentence of the source, and the file it stands in."""
    sentences: dict[Message, str] = {}
    for path, method in sources():
        content = path.read_bytes()
        if SPEAKS.search(content):
            for _line, message, _comments, _context in extract(
                method, BytesIO(content), CALLS, options=OPTIONS
            ):
                sentences.setdefault(message, str(path.relative_to(ROOT)))
    return sentences


def sources() -> list[tuple[Path, str]]:
    """Every file that may speak to visitors, and how Babel reads it."""
    code = [(path, "python") for path in sorted(ROOT.glob("outreach/**/*.py"))]
    return code + [(path, "jinja2.ext:babel_extract") for path in templates()]


def templates() -> list[Path]:
    """What visitors see. The office is Dutch."""
    around = [ROOT / "templates" / name for name in AROUND]
    return sorted([*ROOT.glob("templates/public/*.html"), *around])


def update(language: Language) -> None:
    catalogue = Catalog(locale=str(language))
    path = path_of(language)
    known = read(path.read_text(encoding="utf-8")) if path.exists() else {}
    for sentence in found():
        one = sentence if isinstance(sentence, str) else sentence[0]
        said = known.get(one, ("",))
        catalogue.add(sentence, said[0] if isinstance(sentence, str) else (said[0], said[-1]))
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, omit_header=True, sort_output=True, no_location=True)


if __name__ == "__main__":
    for one in Language:
        if one is not Language.NL:
            update(one)
