"""Links that lead nowhere. Nothing is fetched: a link is judged by how it is written."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from outreach.letters import markup, placeholders
from outreach.letters.checks.drafts import Draft, Text
from outreach.letters.checks.findings import Finding, error, warning
from outreach.letters.markup import Marks

_BRACKETED = re.compile(r"\[\s*([^\[\]\n]*[^\W\d_][^\[\]\n]*)\]")
_LINK_WORD = re.compile(r"(?:link|url|hier|website|adres|www)\b.*", re.IGNORECASE)
_UNREAD_LINK = re.compile(r"\[([^\[\]\n]+)\]\(((?:[^()\n]|\([^()\n]*\))*)\)")
_RESERVED = re.compile(r"(?:.+\.)?example\.(?:com|org|net)")


def check(draft: Draft) -> Iterator[Finding]:
    for text in draft.texts:
        yield from _links(text)
        yield from _brackets(text)


def _links(text: Text) -> Iterator[Finding]:
    marks, at = text.document.marks, 0
    for link in markup.links(text.document.blocks):
        words = markup.plain(link.children)
        shown = re.sub(rf"{marks.word}\d+[tu]", "…", words) or link.url
        if (found := text.words.find(words, at)) >= 0:
            at = found + len(words)
            shown += _after(text.words[:found]) if _LINK_WORD.fullmatch(words.strip("[] ")) else ""
        yield from _judged(shown, _as_filled(link.url, marks), text.place)
    # What the reader of Markdown refused to make a link of, e.g. javascript: or a space in it.
    for match in _UNREAD_LINK.finditer(text.words):
        yield _no_address(match[1], f"is “{match[2]}” geen webadres", text.place)


def _after(before: str) -> str:
    """Where a link stands that is called "link" as others may be: after which words."""
    words = before.rsplit("\n", 1)[-1].split()[-3:]
    return f"” na “{' '.join(words)}" if words else ""


def _as_filled(url: str, marks: Marks) -> str:
    """An address with something in its placeholders: a whole address where they stand for one."""

    def sample(match: re.Match[str]) -> str:
        whole = placeholders.is_url(marks.items[int(match[1])].name)
        return "https://bijeenkomst.nl" if whole else "x"

    return re.sub(rf"{marks.word}(\d+)[tu]", sample, url)


def _judged(shown: str, url: str, place: str) -> Iterator[Finding]:
    if fault := _fault(url):
        yield _no_address(shown, fault, place)
    elif _is_placeholder_host(url):
        message = (
            f"De link “{shown}” wijst naar een voorbeeldadres ({url}). Vul het echte adres in."
        )
        yield warning("link-example", message, place)


def _no_address(shown: str, fault: str, place: str) -> Finding:
    message = f"Link zonder adres: bij “{shown}” {fault}. Vul een volledig adres in, met https://."
    return error("link-without-address", message, place)


def _fault(url: str) -> str:
    """Why nobody gets anywhere with this address; empty when they may."""
    if not url or url.startswith("#"):
        return "staat geen adres"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return f"is “{url}” geen webadres"
    if parts.scheme == "mailto":
        return "" if re.fullmatch(r"[^@\s]+@[^@\s]+", parts.path) else "staat geen mailadres"
    if parts.scheme not in ("http", "https"):
        return f"is “{unquote(url)}” geen volledig webadres"  # as it was typed
    return "" if _is_host(host) else f"mist “{url}” de naam van een website"


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or re.fullmatch(r"[^.\s]+(?:\.[^.\s]+)+", host) is not None
    return True


def _is_placeholder_host(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or parts.path.rpartition("@")[2].lower()
    return bool(_RESERVED.fullmatch(host)) or (host == "localhost" and ":" not in parts.netloc)


def _brackets(text: Text) -> Iterator[Finding]:
    """What was meant to be filled in: "[link]", "[naam]"."""
    linked = [markup.plain(link.children) for link in markup.links(text.document.blocks)]
    for match in _BRACKETED.finditer(_UNREAD_LINK.sub("", text.words)):
        if any(match[0] in words for words in linked):
            continue  # judged as a link
        written = match[1].strip()
        if _LINK_WORD.fullmatch(written):
            message = (
                f"Link zonder adres: er staat nog “[{written}]”. "
                "Maak er een link met een volledig adres van."
            )
            yield error("link-without-address", message, text.place)
        else:
            message = f"Er staat nog “[{written}]” in de tekst. Vul dit in of haal het weg."
            yield warning("left-open", message, text.place)
