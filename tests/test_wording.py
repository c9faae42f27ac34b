"""Every sentence for visitors is there in each language, and nobody's text is taken for ours."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from outreach.wording import Language, _, _n, known, number, read, speaking
from tests import catalogue

OTHERS = [language for language in Language if language is not Language.NL]
SLOT = re.compile(r"%\(\w+\)s|%%")
TAG = re.compile(r"<[^>]+>")
ATTRIBUTE = re.compile(r"""\b(?:aria-label|placeholder|title|alt)=["']([^"'{]*)["']""")
#: Names of others, that are the same everywhere.
NAMES = {"Outlook", "Google", "IBAN", "WCAG", "PDF", "Outreach"}


@cache
def sentences() -> dict[catalogue.Message, str]:
    return catalogue.found()


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_for_visitors_is_translated(language: Language) -> None:
    translated = known(language)

    missing = [
        f"{where}: {sentence}"
        for sentence, where in sentences().items()
        if (sentence if isinstance(sentence, str) else sentence[0]) not in translated
    ]

    assert missing == [], "run `python -m tests.catalogue` and translate what is new"


def test_a_sentence_within_a_sentence_is_found_too() -> None:
    found = {one for each in sentences() for one in ((each,) if isinstance(each, str) else each)}
    lost = []
    for path, method in catalogue.sources():
        source = path.read_text(encoding="utf-8")
        if method == "python" and "from outreach.wording import" in source:
            lost += [one for one in spoken_in(source) if one not in found]

    assert lost == [], "Babel finds no call within a call: give it a line of its own"


def spoken_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name("_" | "N_" | "_n"), args=[ast.Constant(str() as one), *_rest]
            ):
                yield one


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_slots_and_the_tags_of_its_sentence(language: Language) -> None:
    faults = []
    for sentence in sentences():
        given = (sentence,) if isinstance(sentence, str) else sentence
        said = known(language).get(given[0], given)
        for pattern in (SLOT, TAG):
            wanted = [set(pattern.findall(one)) for one in given]
            faults += [
                one
                for one, want in zip(said, wanted, strict=False)
                if set(pattern.findall(one)) != want
            ]
    assert faults == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_holds_no_sentence_that_is_gone(language: Language) -> None:
    ours = {one if isinstance(one, str) else one[0] for one in sentences()}

    assert set(known(language)) - ours == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_read_as_its_own_library_reads_it(language: Language) -> None:
    with catalogue.path_of(language).open("rb") as file:
        theirs = read_po(file, locale=str(language))

    expected = {
        one.id if isinstance(one.id, str) else one.id[0]: (
            (one.string,) if isinstance(one.string, str) else tuple(one.string)
        )
        for one in theirs
        if one.id and one.string
    }
    assert known(language) == expected


def test_what_is_read_keeps_quotes_and_lines() -> None:
    entry = 'msgid "a \\"b\\""\nmsgstr ""\n"c\\n"\n"d"\n\n#~ msgid "gone"\n#~ msgstr "x"\n'

    assert read(entry) == {'a "b"': ("c\nd",)}


def test_dutch_is_the_source_and_a_stranger_s_sentence_stays_as_it_is() -> None:
    assert _("Welkom") == "Welkom"
    assert number(1234) == "1.234"
    with speaking(Language.EN):
        assert _("Welkom") == "Welcome"
        assert _("Een vraag van %s, 100%") == "Een vraag van %s, 100%"
        assert _n("%(count)s ding", "%(count)s dingen", 1234) == "1,234 dingen"
        assert _("") == ""
    assert _("Welkom") == "Welkom"


HOLE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
#: A word of a sentence, not the name of a class or of a state.
SENTENCE = re.compile(r"[A-ZÉ][^\W\d_]+|[^\W\d_]{2,}[,.:;]? [^\W\d_]{2,}")


def test_no_page_for_visitors_says_what_cannot_be_translated() -> None:
    environment = Environment()
    left = []
    for path in catalogue.templates():
        source = path.read_text(encoding="utf-8")
        plain = HOLE.sub("\x00", source)
        said = [*TAG.sub("\x00", plain).split("\x00"), *ATTRIBUTE.findall(plain)]
        said += constants(environment.parse(source))
        left += [f"{path.name}: {one.strip()}" for one in said if SENTENCE.search(one)]

    assert [one for one in left if not NAMES & set(one.split(": ", 1)[1].split())] == []


def constants(node: nodes.Node) -> list[str]:
    """What a template says by itself, outside the calls that translate."""
    found = []
    for child in node.iter_child_nodes():
        match child:
            case nodes.Call(node=nodes.Name(name=name)) if name in catalogue.CALLS:
                found += [one for given in child.kwargs for one in constants(given)]
            case nodes.Call(node=nodes.Name(name=("url_for" | "static"))) | nodes.Compare():
                pass
            case nodes.Const(value=str() as value):
                found.append(value)
            case nodes.TemplateData():
                pass
            case _:
                found += constants(child)
    return found


def test_only_what_stands_in_a_template_may_hold_markup() -> None:
    environment = Environment()
    for path in catalogue.ROOT.glob("templates/**/*.html"):
        source = path.read_text(encoding="utf-8")
        calls = environment.parse(source).find_all(nodes.Call) if "_h(" in source else ()
        for call in calls:
            if isinstance(call.node, nodes.Name) and call.node.name == "_h":
                assert isinstance(call.args[0], nodes.Const), f"{path.name}: {call.lineno}"
