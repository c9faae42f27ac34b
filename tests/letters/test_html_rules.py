"""Every shape of letter keeps the rules of docs/letter-html.md, which old mail programs ask."""

import re
from html.parser import HTMLParser

import pytest

from outreach.letters import blocks, composing
from outreach.letters.composing import Content
from tests.letters.test_composing import FOOT, LOOK, MAIL, QUOTED, VALUES

MEETINGS = ("haarlem", "zeist", "rotterdam")
ABOUT = {
    f"bijeenkomst.{slug}.{name}": said
    for slug in MEETINGS
    for name, said in {
        "datum": "do 4 juni 2026",
        "tijd": "13.30 tot 17.00 uur",
        "titel": "Inloop",
        "link": f"https://opendeur.example/bijeenkomsten/{slug}",
        "waar": "Pakhuis De Linde",
    }.items()
}
GIVEN = (
    VALUES | ABOUT | {"onderwerp": "Oproep", "afzender": "De Open Deur", "datum": "23 maart 2026"}
)
BLOCKS = """{{aanhef}}

{{bijeenkomsten}}

{{knop}} [Meld u aan](https://opendeur.example/aanmelden)

{{antwoordknoppen}}

{{doorstuurtekst}}

{{griffiekaart}}
Waar het over gaat.
"""
LONG = "{{aanhef}}\n\n" + "\n\n".join(
    f"{n}. Een alinea met [een link](https://opendeur.example/{n}) en **nadruk**. " + "woord " * 60
    for n in range(1, 60)
)
ASKED = (("pilot", "Doet u mee?", ("ja", "nee", "in beraad")),)
SHAPES = {
    "letter": (MAIL, FOOT, None),
    "reminder": (MAIL, FOOT, QUOTED),
    "proof": (MAIL, None, None),
    "blocks": (BLOCKS, FOOT, QUOTED),
    "long": (LONG, FOOT, QUOTED),
}
TAGS = {
    *("html", "head", "meta", "title", "body", "main", "table", "tbody", "tr", "td", "th", "p"),
    *("h1", "h2", "h3", "ul", "ol", "li", "strong", "em", "a", "br", "blockquote", "hr", "span"),
}
NOT_IN_STYLES = re.compile(
    r"flex|grid|float|position|url\(|var\(|calc\(|@import|@font-face|background|rgba|(?<![-\w])color:#"
)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and what is wrong with their nesting."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


@pytest.fixture(params=SHAPES)
def letter(request: pytest.FixtureRequest) -> Content:
    text, foot, quoted = SHAPES[request.param]
    words = blocks.expand(text, meetings=MEETINGS, asked=ASKED)
    template = composing.prepare("Oproep aan {{gemeente}}", words)
    given = GIVEN | {blocks.ANSWER_PAGE: "https://opendeur.example/antwoord/abc"}
    return template.fill(given, look=LOOK, foot=foot, quoted=quoted)


def test_a_letter_has_only_what_every_program_draws(letter: Content) -> None:
    elements = Elements(letter.html).found
    styles = [attrs.get("style", "") for _, attrs in elements]

    assert {tag for tag, _ in elements} <= TAGS
    assert [one for one in styles if NOT_IN_STYLES.search(one)] == []
    assert "<style" not in letter.html
    assert not [attrs for _, attrs in elements if {"class", "id", "background"} & attrs.keys()]
    assert elements[0][1]["lang"] == "nl"


def test_widths_stand_in_attributes_and_each_cell_names_its_font(letter: Content) -> None:
    elements = Elements(letter.html).found
    tables = [attrs for tag, attrs in elements if tag == "table"]
    cells = [attrs for tag, attrs in elements if tag in ("td", "th")]

    assert '<!--[if mso]><table role="presentation" width="600">' in letter.html
    assert [
        one for one in tables if {"width", "cellpadding", "cellspacing", "border"} - set(one)
    ] == []
    assert [one for one in cells if "font-family" not in one["style"]] == []
    padded = [
        t for t, attrs in elements if re.search(r"padding:(?!0[;\"])", attrs.get("style", ""))
    ]
    assert set(padded) <= {"td", "th", "a", "ul", "ol", "blockquote"}
    assert letter.html.count("mso-padding-alt") >= letter.html.count("display:block")


def test_links_lead_somewhere_and_lines_and_letters_are_short_enough(letter: Content) -> None:
    links = [attrs["href"] for tag, attrs in Elements(letter.html).found if tag == "a"]

    assert [one for one in links if not one.startswith(("https://", "mailto:"))] == []
    assert max(len(line.encode()) for line in letter.html.split("\n")) <= 998
    assert len(letter.html.encode()) <= 60_000
