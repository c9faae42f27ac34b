"""What a clipboard holds of Word, Outlook, Gmail or Google Docs, made into plain HTML.

Each of them writes its own: Word has paragraphs that look like lists and says so in a style,
Word on the web has a list per item, Google Docs puts everything in a `<b>` that is not bold,
Outlook has a division per line and follows links through a site of its own. Nothing of it is
trusted: it is cleaned before it is read here, and what comes out goes through `word.from_html`,
which keeps the words of a letter only.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, urlsplit

import nh3
from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

from outreach.errors import Invalid
from outreach.letters import markup

#: Elements; a letter of ten pages out of Word has some three thousand.
MOST = 6_000
#: Not the letter: what a program keeps with it.
_DROPPED = {"style", "script", "title", "xml", "del", "template", "object", "svg", "video"}
_KEPT = {"style", "class"}
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|mso-element\s*:\s*comment")
_BOLD = re.compile(r"(?<![\w-])font-weight\s*:\s*(?:bold|[6-9]00)")
_NOT_BOLD = re.compile(r"(?<![\w-])font-weight\s*:\s*(?:normal|[1-5]00)")
_ITALIC = re.compile(r"(?<![\w-])font-style\s*:\s*italic")
_LIST = re.compile(r"mso-list\s*:\s*(?!ignore|none|skip)\S+\s+level(\d)", re.IGNORECASE)
_MARKER = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
_NUMBERED = re.compile(r"\(?(\d{1,3}|[a-z]|[ivx]+)[.)]", re.IGNORECASE)
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_BLOCKS = [*_HEADINGS, "p", "div", "ul", "ol", "li", "table", "tr", "td", "th", "blockquote", "hr"]
_INLINE = ["a", "b", "strong", "i", "em", "span", "br", "img"]
#: Sites through which programs lead every link, and where the real address stands in theirs.
_AROUND = {"safelinks.protection.outlook.com": "url", "google.com": "q"}
_DEFENDED = re.compile(r"https://urldefense\.com/v3/__(.+?)__;")
_DEEPEST = 6  #: lists within each other


class TooMuch(Invalid):
    """Nobody copies a letter of this size."""


def plain(html: str) -> tuple[str, int]:
    """The same words as HTML that any program would write, and how many pictures it has lost.

    :raises TooMuch: it has more elements than any letter
    """
    # Read as a browser does, and written down with every element closed.
    cleaned = nh3.clean(
        html,
        tags={*_BLOCKS, *_INLINE},
        clean_content_tags=_DROPPED,
        attributes={"*": _KEPT, "a": {"href"} | _KEPT, "li": {"data-aria-level"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    if cleaned.count("<") > 2 * MOST:
        raise TooMuch("Dit is te veel om te plakken. Plak een korter stuk.")
    tree = BeautifulSoup(cleaned, "html.parser")
    for one in tree.find_all(style=_HIDDEN):
        one.extract()
    pictures = _without_pictures(tree)
    _lists_of_word(tree)
    _lists_of_the_web(tree)
    _emphasis(tree)
    _links(tree)
    _words(tree)
    _lines(tree)
    _tight(tree)
    return str(tree), pictures


def address(url: str) -> str:
    """The address that a link leads to, without the site that it is led through.

    >>> address("https://www.google.com/url?q=https://a.example/plan&sa=D")
    'https://a.example/plan'
    """
    if match := _DEFENDED.match(url):
        return match[1]
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
        name = next((n for site, n in _AROUND.items() if f".{host}".endswith(f".{site}")), "")
        led = parse_qs(parts.query).get(name, [""])[0] if name else ""
    except ValueError:
        return url
    return led if led.startswith(("http://", "https://", "mailto:")) else url


def _without_pictures(tree: BeautifulSoup) -> int:
    found = tree.find_all("img")
    for one in found:
        one.extract()
    return len(found)


def _style(tag: Tag) -> str:
    return str(tag.get("style") or "")


def _lists_of_word(tree: BeautifulSoup) -> None:
    """Paragraphs with a bullet in front become items; those beside each other one list."""
    items = []
    for one in tree.find_all(["p", "div", *_HEADINGS], style=_LIST):
        markers = one.find_all("span", style=_MARKER)
        sign = "".join(marker.get_text() for marker in markers).strip()
        for marker in markers:
            marker.extract()
        level = _LIST.search(_style(one))
        if one.name not in _HEADINGS:  # a numbered heading stays one
            items.append((one, int(level[1]) if level else 1, sign))
    _rebuild(tree, items)


def _lists_of_the_web(tree: BeautifulSoup) -> None:
    """A list for each item becomes one list; a list right within a list goes into its item."""
    for wrapper in tree.find_all("div", class_="ListContainerWrapper"):
        wrapper.unwrap()
    items = [
        (one, int(level), "1." if one.parent and one.parent.name == "ol" else "")
        for one in tree.find_all("li", attrs={"data-aria-level": re.compile(r"^[1-9]$")})
        if (level := str(one["data-aria-level"]))
    ]
    for one, _, _ in items:
        around = one.parent
        if around is not None and around.name in ("ul", "ol"):
            around.insert_before(one.extract())
            if not around.find("li"):
                around.extract()
    _rebuild(tree, items)
    for inner in tree.find_all(["ul", "ol"]):
        if inner.parent is not None and inner.parent.name in ("ul", "ol"):
            item = _before(inner)
            if item is not None and item.name == "li":
                item.append(inner.extract())


def _rebuild(tree: BeautifulSoup, items: Iterable[tuple[Tag, int, str]]) -> None:
    """Put items (with their level and sign) that stand beside each other in nested lists."""
    open_: list[Tag] = []
    last: Tag | None = None
    before = Tag(name="li")  #: the item before
    for one, level, sign in items:
        number = _NUMBERED.fullmatch(sign)
        kind = "ol" if number else "ul"
        if last is None or _before(one) is not last:
            open_ = []
        while len(open_) > min(level, _DEEPEST):
            open_.pop()
        if open_ and len(open_) == level and open_[-1].name != kind:
            open_.pop()
        if not open_:
            begun = last = tree.new_tag(kind)
            one.insert_before(begun)
            open_ = [begun]
            if number and number[1].isdigit() and number[1] != "1":
                begun["start"] = number[1]
        elif len(open_) < min(level, _DEEPEST):
            inner = tree.new_tag(kind)
            before.append(inner)
            open_.append(inner)
        one.name, one.attrs = "li", {}
        open_[-1].append(one.extract())
        before = one


def _before(one: PageElement) -> Tag | None:
    """The element right before it, unless words stand between them."""
    for sibling in one.previous_siblings:
        if isinstance(sibling, Tag):
            return sibling
        if str(sibling).strip():
            return None
    return None


def _emphasis(tree: BeautifulSoup) -> None:
    """Bold and italic as they look, not as they are called."""
    for one in tree.find_all(["b", "strong"], style=_NOT_BOLD):
        one.unwrap()
    for one in tree.find_all(["b", "strong", "i", "em"]):
        if one.find(_BLOCKS) or not one.get_text().strip() or one.find_parent(_HEADINGS):
            one.unwrap()  # around paragraphs, spaces or a heading it says nothing
    for one in tree.find_all("span"):
        style = _style(one)
        bold = _BOLD.search(style) and not one.find_parent(["b", "strong", *_HEADINGS])
        one.name = "strong" if bold else "em" if _ITALIC.search(style) else "span"
        if not one.get_text().strip() or one.find(_BLOCKS):
            one.name = "span"
    for one in tree.find_all("p", class_=["MsoTitle"]):
        one.name = "h1"


def _links(tree: BeautifulSoup) -> None:
    for one in tree.find_all("a"):
        url = address(str(one.get("href") or "").strip())
        if url.startswith(("http://", "https://", "mailto:")):
            one["href"] = url
        else:
            one.unwrap()  # a place in the document itself, a footnote, or nothing we follow


def _words(tree: BeautifulSoup) -> None:
    """A line's end in the source is a space: these programs break lines wherever they like."""
    for one in tree.find_all(string=True):
        if type(one) is not NavigableString:
            continue
        words, before = re.sub(r"[ \t\r\n]+", " ", one), one.previous_sibling
        if isinstance(before, Tag) and before.name == "br":
            words = words.lstrip(" ")
        one.replace_with(NavigableString(words))


def _lines(tree: BeautifulSoup) -> None:
    """Divisions that are lines become one paragraph; an empty one is where the next begins."""
    leaves = [one for one in tree.find_all("div") if not one.find(_BLOCKS)]
    for run in _runs(leaves):
        short = all(len(one.get_text()) < markup.SHORT_LINE for one in run[:-1])
        first, *rest = run
        for one in run:
            one.name = "p"
        for one in rest if short else ():
            first.append(tree.new_tag("br"))
            for child in list(one.children):
                first.append(child.extract())
            one.extract()


def _runs(leaves: Iterable[Tag]) -> Iterator[list[Tag]]:
    run: list[Tag] = []
    for one in leaves:
        if run and _before(one) is not run[-1]:
            yield run
            run = []
        if one.get_text().strip():
            run.append(one)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _tight(tree: BeautifulSoup) -> None:
    """An item of one paragraph is its words alone."""
    for one in tree.find_all("li"):
        for inner in one.find_all("p", recursive=False)[:1]:
            inner.unwrap()
