"""What someone wrote in a mail, apart from what is quoted below it and from the signature.

Line by line, so that no text takes long: mail-parser-reply does the same with patterns that
need seven seconds for nine kilobytes of "Op Op Op …".
"""

import re
from typing import NamedTuple


class Pieces(NamedTuple):
    """A mail's text in its parts."""

    own: str  #: what was written now
    signature: str  #: from the greeting on
    quoted: str


_QUOTE = re.compile(r"\s*[>|]")
_SEPARATOR = re.compile(
    r"\s*(?:-{2,}\s*(?:oorspronkelijk|original|doorgestuurd|forwarded|begin)[^\n]{0,60}-{2,}"
    r"|begin (?:doorgestuurd|forwarded)[^\n]{0,40}:?|_{10,})\s*",
    re.I,
)
#: "Op di 5 mei 2026 om 10:22 schreef Naam <x@y>:", also broken over lines; other languages too.
_ATTRIBUTION = re.compile(
    r"(?:op|on|am|le)\b.{4,300}\b(?:schreef|geschreven|het volgende|wrote|schrieb|a écrit)\b", re.I
)
_ENDS_ATTRIBUTION = re.compile(
    r"\b(?:schreef|geschreven|wrote|schrieb|a écrit)\b.{0,200}:\s*$", re.I
)
_FIELD = re.compile(
    r"[\s*>]*(van|verzonden|verstuurd|datum|aan|cc|onderwerp|from|sent|date|to|subject)\s?\*?\s?:",
    re.I,
)
_GREETING = re.compile(
    r"\s*(?:(?:met |mvg|m\.v\.g|vr\.? ?gr|hoogachtend|groet(?:en|jes)?\b"
    r"|(?:met )?(?:vriendelijke|hartelijke|beste|zonnige|collegiale) groet"
    r"|(?:kind|best|warm) regards|regards\b|sincerely|yours ))",
    re.I,
)
_WITH = re.compile(r"\s*met (?:\w+ ){0,3}groet", re.I)
_SENT_FROM = re.compile(
    r"\s*(?:verzonden (?:vanaf|met|via) (?:mijn|outlook)|verstuurd vanaf mijn|sent from my"
    r"|outlook voor (?:ios|android)|download outlook|get outlook for)",
    re.I,
)
#: PGP signed in the text itself (RFC 9580, section 7): its first lines, and its signature.
_ARMOR = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash: [^\n]{0,80}\n)?\n?")
_ARMOR_ENDS = re.compile(r"-----BEGIN PGP SIGNATURE-----")
_DISCLAIMER = re.compile(
    r"\s*\*{0,3}\s*(?:disclaimer\b|proclaimer\b"
    r"|dit (?:e-?mail)?bericht (?:\(.{0,60}\) )?is (?:uitsluitend|alleen|enkel|"
    r"vertrouwelijk)|de informatie (?:in|verzonden met) (?:dit|deze) (?:e-?mail)?"
    r"|denk aan het milieu"
    r"|please consider the environment|this (?:e-?mail|message) (?:and|is intended))",
    re.I,
)


def split(text: str) -> Pieces:
    """A mail's text in its parts; whatever is written above, between or below quotes is own."""
    lines = _ARMOR.sub("", text, count=1).split("\n")
    end = _quote_begins(lines)
    above, quoted = lines[:end], lines[end:]
    own, kept_quote = _unquoted(above)
    sign = _signature_begins(own)
    return Pieces(
        "\n".join(own[:sign]).strip(),
        "\n".join(own[sign:]).strip(),
        "\n".join(kept_quote + quoted).strip(),
    )


def _quote_begins(lines: list[str]) -> int:
    """The line from which everything is quoted."""
    for n, line in enumerate(lines):
        if _SEPARATOR.fullmatch(line[:200]) and not _all_marked(lines[n + 1 :]):
            return n
        if _is_attribution(lines, n) and not _marked_below(lines, n):
            return n
        if _FIELD.match(line[:40]) and _is_block(lines[n : n + 6]):
            return n
    return len(lines)


def _is_block(lines: list[str]) -> bool:
    """ "Van: … Verzonden: … Aan: … Onderwerp: …": at least three of them, of whom one is who."""
    names = {found[1].lower() for line in lines if (found := _FIELD.match(line[:40]))}
    return len(names) >= 3 and bool(names & {"van", "from"})


def _is_attribution(lines: list[str], n: int) -> bool:
    if not re.match(r"\s*(?:op|on|am|le)\s", lines[n][:20], re.I):
        return False
    joined = " ".join(line.strip()[:200] for line in lines[n : n + 3])
    found = _ATTRIBUTION.match(joined[:450].strip())
    return bool(found) and ":" in joined


def _marked_below(lines: list[str], n: int) -> bool:
    """Whether the quote after an attribution is marked line by line, so that it ends by itself."""
    return any(_QUOTE.match(line[:40]) for line in lines[n + 1 : n + 6])


def _all_marked(lines: list[str]) -> bool:
    return bool(lines) and all(_QUOTE.match(one[:40]) for one in lines if one.strip())


def _unquoted(lines: list[str]) -> tuple[list[str], list[str]]:
    """Lines that are not marked as quoted, without the attributions of what is; and the rest."""
    own: list[str] = []
    quoted: list[str] = []
    for n, line in enumerate(lines):
        if _QUOTE.match(line[:40]) or _introduces(lines, n):
            quoted.append(line)
        else:
            own.append(line)
    return own, quoted


def _introduces(lines: list[str], n: int) -> bool:
    if _is_attribution(lines, n) and _marked_below(lines, n):
        return True
    # the second or third line of one that was broken
    return bool(_ENDS_ATTRIBUTION.search(lines[n][:400])) and any(
        _is_attribution(lines, before) for before in range(max(0, n - 2), n)
    )


def _signature_begins(lines: list[str]) -> int:
    for n, line in enumerate(lines):
        start = line[:120]
        if line.rstrip() in ("--", "-- ") or _ARMOR_ENDS.match(start):
            return n
        if _SENT_FROM.match(start) or _DISCLAIMER.match(start):
            return n
        if (
            _GREETING.match(start)
            and len(line.split()) <= 8
            and (not start.lower().lstrip().startswith("met ") or _WITH.match(start))
        ):
            return n
    return len(lines)
