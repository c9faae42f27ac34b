"""Words by which griffies say what they did with a letter, in Dutch and in English.

Only what someone wrote now is read, sentence by sentence. A sentence that asks, doubts, denies
or promises says nothing of what was done.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MOST = 20_000  #: characters that are looked through
MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
    "oktober", "november", "december",
)  # fmt: skip
_NUMBERS = {name: n for n, name in enumerate(MONTHS, 1)} | {
    name[:3]: n for n, name in enumerate(MONTHS, 1)
} | {"mrt": 3, "sept": 9, "march": 3, "may": 5, "june": 6, "july": 7, "october": 10}  # fmt: skip
_MONTH = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_DATE = re.compile(
    rf"\b(\d{{1,2}})(?:\s+|-)({_MONTH})\b\.?(?:(?:\s+|-)(\d{{4}}))?"
    r"|\b(\d{1,2})[-/](\d{1,2})[-/](\d{4}|\d{2})\b",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n\s*\n|\n\s*[-*•]\s")


@dataclass(frozen=True)
class Said:
    """One thing that a gemeente says it did, with the sentence it stands in."""

    status: str  #: as `answers record` knows it
    on_date: date | None
    quote: str


_COUNCIL = (
    r"(?:(?:gemeente)?ra(?:ad|den)\b|raadsle\w+|statenle\w+|fractie\w*|commissie\w*|raads\w+)"
)
_COLLEGE = r"(?:college\b|b\s?(?:&|en)\s?w\b|burgemeester|wethouder\w*|portefeuillehouder\w*)"
_PASSED_ON = (
    r"(?:door(?:gestuurd|gezonden|gezet|geleid|gegeven|gespeeld)|toegestuurd|toegezonden|verspreid"
    r"|gedeeld|onder de aandacht gebracht|voorgelegd|verstrekt|gemaild|rondgestuurd|overhandigd)"
)
_PASSES_ON = r"(?:stuurde?n?|zo?nde?n?|leidde?n?|zette?n?|heb(?:ben)?\b.{0,60}\b)"
_LIST = (
    r"(?:(?:lijst|overzicht|rubriek|agenda(?:punt)?)\W+(?:van\W+)?(?:de\W+)?"
    r"(?:ingekomen|binnengekomen)\b(?:\W+\w+)?|\bLIS\b|ingekomen (?:stuk|stukken|brief|brieven"
    r"|post)"
    r"|\bop (?:de|onze) (?:lijst|agenda)\b)"
)
#: Forms in which something is not done, not yet, or only perhaps.
_UNDONE = re.compile(
    r"\b(?:niet|geen|nooit|nog te|zodra|indien|mits|tenzij|als (?:u|het|de|dit)|wanneer|nadat"
    r"|zou|zouden"
    r"|kunnen?|kunt|mogelijk|misschien|wellicht|eventueel|zal|zullen|zult|gaat|gaan|wilt|willen"
    r"|verzoek\w*|vragen|vraagt|not|will|would|could|may|if)\b",
    re.I,
)
_FORWARDED = re.compile(
    rf"\b{_PASSED_ON}\b.{{0,80}}\b{_COUNCIL}|\b{_COUNCIL}.{{0,80}}\b{_PASSED_ON}\b"
    rf"|\b(?:stuur|stuurde|stuurden|zend|zond|zonden|leid"
    rf"|leidde)\b.{{0,80}}\bdoor\b.{{0,60}}\b{_COUNCIL}"
    rf"|\b(?:forwarded|passed on|sent)\b.{{0,60}}\b(?:council|councillors)\b",
    re.I | re.S,
)
_FORWARDED_BARE = re.compile(
    r"(?:(?:uw|de|deze) (?:brief|mail|e-mail|bericht|oproep) is |is |hij is |wij hebben (?:hem"
    r"|uw brief|deze) |"
    r"ik heb (?:hem|uw brief|deze|het) )?(?:al |inmiddels |reeds |vandaag )?"
    r"(?:door(?:gestuurd|gezonden|gezet|geleid)|forwarded)[.!]?",
    re.I,
)
_TO_COLLEGE = re.compile(
    rf"\b(?:{_PASSED_ON}|in handen (?:gesteld|gegeven)|overgedragen"
    rf"|uitgezet)\b.{{0,80}}\b{_COLLEGE}"
    rf"|\b{_COLLEGE}.{{0,60}}\b(?:{_PASSED_ON}|in handen (?:gesteld|gegeven)|ter afdoening)\b"
    rf"|\b(?:in handen (?:gesteld |gegeven )?van|ter (?:afdoening|afhandeling|beantwoording)"
    rf"(?: \w+){{0,3}}) .{{0,30}}\b{_COLLEGE}"
    rf"|\b(?:stuur|stuurde|stuurden|zend|zond|zonden)\b.{{0,60}}\b(?:door|naar"
    rf"|aan)\b.{{0,40}}\b{_COLLEGE}",
    re.I | re.S,
)
_ON_LIST = re.compile(
    rf"\b(?:staat|stond|staan|geplaatst|gezet|opgenomen|toegevoegd|geagendeerd|komt|plaatsen"
    rf"|zetten|zet|plaatst"
    rf"|added|placed)\b.{{0,90}}{_LIST}|{_LIST}.{{0,90}}\b(?:staat|geplaatst|gezet|opgenomen"
    rf"|geagendeerd)\b"
    rf"|\bals ingekomen stuk\b|list of incoming",
    re.I | re.S,
)
_DISCUSSED = re.compile(
    r"\b(?:heeft|hebben|is|werd|zijn|was)\b.{0,100}\b(?:besproken|behandeld"
    r"|aan de orde geweest)\b",
    re.I | re.S,
)
_TALK = re.compile(
    r"\b(?:graag|wil|willen|zouden)\b.{0,60}\b(?:in gesprek|(?:een )?(?:kennismakings)?gesprek"
    r"|afspraak|kennismak\w+"
    r"|(?:overleg|bellen) met u)\b|\b(?:nodigen|nodig) (?:wij )?u (?:graag )?uit (?:voor|om)\b"
    r"|\bkunt u (?:mij|ons) (?:terug)?bellen\b|\bwould like to (?:meet|talk)\b",
    re.I | re.S,
)
_REFUSED = re.compile(
    rf"\b(?:niet|geen)\b.{{0,50}}\b(?:{_LIST}|geplaatst|geagendeerd|in behandeling (?:nemen"
    rf"|genomen)|voorgelegd"
    rf"|doorgestuurd|doorgezonden|doorgeleid|geschikt|behandeld)|\b(?:zetten|plaatsen|leggen"
    rf"|sturen|nemen)\b"
    rf".{{0,60}}\bniet\b.{{0,60}}\b(?:{_LIST}|{_COUNCIL}|in behandeling|door\b)"
    rf"|\bniet voor (?:deze|de|onze) (?:raad|gemeenteraad) bedoeld",
    re.I | re.S,
)
_NOT_YET = re.compile(r"\b(?:nog niet|niet eerder|niet meer dan|niet alleen|pas )\b", re.I)
_HANDLING = re.compile(
    r"\b(?:is|hebben|heb|wordt|nemen|neem)\b.{0,60}\bin behandeling\b"
    r"|\b(?:komen|kom) (?:hier|er)(?: later| nog| zo spoedig mogelijk)? ?op terug\b"
    r"|\bontvangt (?:u )?(?:zo spoedig mogelijk|binnen .{1,30}) (?:een )?(?:reactie|antwoord)\b",
    re.I | re.S,
)
#: "Doorgestuurd" and its like: what our letters ask for as an answer of one word.
_ONE_WORD = {
    "doorgestuurd": "doorgestuurd", "doorgezonden": "doorgestuurd", "doorgezet": "doorgestuurd",
    "doorgeleid": "doorgestuurd", "forwarded": "doorgestuurd",
    "lijst": "op-lijst", "op lijst": "op-lijst", "op de lijst": "op-lijst",
    "staat op de lijst": "op-lijst", "geplaatst": "op-lijst",
    "college": "naar-college", "naar college": "naar-college", "naar het college": "naar-college",
    "nee": "geweigerd", "geweigerd": "geweigerd",
    "gesprek": "gesprek", "graag gesprek": "gesprek", "graag een gesprek": "gesprek",
    "besproken": "besproken",
    "ontvangen": "ontvangen", "in behandeling": "in-behandeling",
}  # fmt: skip
_RECEIVED = re.compile(
    r"\b(?:in goede orde|goed) (?:is |zijn )?(?:ontvangen|ontvangst)\b"
    r"|\b(?:heb|hebben|heeft|is|zijn|was)\b.{0,90}\b(?:ontvangen|binnengekomen|geregistreerd)\b"
    r"|\bbevestig(?:en|t|ing)?\b.{0,60}\bontvangst\b|\bontvangst(?:bevestiging|bericht)\b"
    r"|\bhierbij bevestig"
    r"|\b(?:have|has been|hereby) (?:well )?received\b|\back?nowledge (?:the )?receipt\b",
    re.I | re.S,
)
_MORE = (
    r"(?:(?:e-?)?mail(?:s|tjes|ings?)?|berichten|bericht|post|brieven|brief|herinnering(?:en)?"
    r"|reminders?"
    r"|nieuwsbrie\w+|correspondentie|oproepen)"
)
_OBJECTS = re.compile(
    rf"\b(?:geen|niet)\b.{{0,40}}\b{_MORE}\b.{{0,40}}\bmeer\b|\bgeen {_MORE} (?:meer|te)\b"
    rf"|\b(?:haal|haalt|halen|verwijder\w*|schrap\w*|afvoeren|uit te schrijven|schrijf)\b.{{0,60}}"
    rf"\b(?:(?:uw|de|deze|jullie|verzend|mailing|mail|contact|adres|e-mail)\s?-?\w*(?:lijst"
    rf"|bestand\w*|list)"
    rf"|adressenbestand|mailinglist|maillijst|uit\b.{{0,20}}\bbestand)"
    rf"|\b(?:verwijder|verwijdert|verwijderen)\b.{{0,40}}\b(?:(?:mail|e-mail)?adres|gegevens)\b"
    rf"|\b(?:niet (?:meer|langer|nogmaals)|niet opnieuw)\b.{{0,40}}\b(?:mailen|benaderen"
    rf"|aanschrijven|(?:aan|be)geschreven"
    rf"|te schrijven|toe ?(?:te )?(?:sturen|zenden)|lastig|herinner\w*|ontvangen)\b"
    rf"|\bstop(?:pen)? (?:a\.?u\.?b\.? )?met\b.{{0,40}}\b(?:mail\w*|{_MORE}|sturen)\b"
    rf"|\b(?:uitschrijven|unsubscribe|opt-?out|remove (?:us|me|our)|no (?:further"
    rf"|more) (?:e-?mails?|reminders?))\b"
    rf"|\bafmelden voor (?:deze|uw|de|verdere) (?:e-?mails?|mailing\w*|nieuwsbrie\w+|berichten"
    rf"|post)\b",
    re.I | re.S,
)
_LISTS = r"(?:\w*lijst|\w*bestand\w*|mailinglist|mailing)"
_TAKE_OFF = re.compile(
    rf"\b(?:van|uit)\b.{{0,30}}\b{_LISTS}\b.{{0,30}}\b(?:hal\w+|verwijder\w*|schrap\w*|afvoer\w*"
    rf"|af te voeren)",
    re.I | re.S,
)
_US = re.compile(r"\b(?:ons|mij|me|dit|mijn|onze|deze|griffie)\b", re.I)
_OF_A_MEETING = re.compile(r"\b(?:bijeenkomst|aanmelding|vergadering|ingekomen)\b", re.I)
_ASKS = re.compile(
    r"\?|\b(?:bijlage (?:ontbreekt|niet (?:te openen|bijgevoegd|aangetroffen))|(?:niet|kan"
    r"|kunnen)\b.{0,40}\bopenen"
    r"|nogmaals (?:te )?(?:sturen|toesturen)|opnieuw (?:te )?(?:sturen|toesturen)|wat bedoelt u)",
    re.I | re.S,
)
_COUNCILLOR = re.compile(
    r"\b(?:raadslid|fractievoorzitter|raadsvolger|burgerlid|commissielid|fractie (?:van )?[A-Z]"
    r"|namens de fractie"
    r"|gemeenteraadslid|statenlid)\b"
)


def said(own: str, *, seen: date) -> list[Said]:
    """What a gemeente says it did with the letter, each once, in the order of the text.

    :param own: what was written now, without quotes
    :param seen: the day it was written; a day without a year is the nearest
    """
    own = own[:MOST].strip()
    word = re.sub(r"[^\w\s-]", "", own).strip().lower()
    if (status := _ONE_WORD.get(" ".join(word.split()))) is not None:
        return [Said(status, None, own)]
    found: dict[str, Said] = {}
    for sentence in sentences(own):
        for status in _of_sentence(sentence):
            on = day(sentence, seen=seen) if status in ("op-lijst", "besproken") else None
            known = found.get(status)
            if known is None or (known.on_date is None and on is not None):
                found[status] = Said(status, on, sentence[:300])
    return list(found.values())


def _of_sentence(sentence: str) -> Iterator[str]:
    if sentence.rstrip().endswith("?"):
        if _TALK.search(sentence):
            yield "gesprek"
        return
    if _REFUSED.search(sentence) and not _NOT_YET.search(sentence):
        yield "geweigerd"
        return
    if _TALK.search(sentence):
        yield "gesprek"
    if not _UNDONE.search(sentence):
        yield from _done(sentence)


def _done(sentence: str) -> Iterator[str]:
    """ "Wordt doorgestuurd" is a promise; on a list with a day it stands as good as there."""
    becomes = re.search(r"\b(?:wordt|worden)\b", sentence, re.I)
    if _ON_LIST.search(sentence) and not (becomes and _DATE.search(sentence) is None):
        yield "op-lijst"
    if becomes:
        return
    to_college = _TO_COLLEGE.search(sentence)
    # "Aan de raad, en de wethouder is op de hoogte" went to the raad.
    if to_college and not re.search(_COUNCIL, to_college[0], re.I):
        yield "naar-college"
    elif _FORWARDED.search(sentence) or _FORWARDED_BARE.fullmatch(sentence.strip()):
        yield "doorgestuurd"
    if _DISCUSSED.search(sentence) and re.search(_COUNCIL, sentence, re.I):
        yield "besproken"


#: What may yet happen to a letter, in any form of the word.
_MAY_COME = re.compile(
    r"\b(?:door(?:st|z|ge|l)\w+|voor(?:l|ge)\w+|lijst|\w*agende\w+|geplaatst|plaatsen|bespr\w+"
    r"|besproken"
    r"|terugkom\w*|op terug|beantwoord\w*)\b",
    re.I,
)
_BECOMES = re.compile(r"\b(?:wordt|worden|komt|komen|kom|volgt)\b", re.I)


def promised(own: str) -> bool:
    """Whether it speaks of passing on, lists or councils in a way that says nothing certain."""
    return any(
        _MAY_COME.search(one) and (_UNDONE.search(one) or _BECOMES.search(one))
        for one in sentences(own[:MOST])
    )


def received(text: str) -> str:
    """The words that say a letter arrived, "" without any."""
    return next(
        (one[:300] for one in sentences(text[:MOST]) if _RECEIVED.search(one) and "?" not in one),
        "",
    )


def handling(text: str) -> str:
    """The words that say it is being handled, "" without any."""
    return next((one[:300] for one in sentences(text[:MOST]) if _HANDLING.search(one)), "")


def objects(own: str) -> str:
    """The words that ask for no more mail, "" without any. Of a meeting nobody is written off."""
    for one in sentences(own[:MOST]):
        asks = _OBJECTS.search(one) or (_TAKE_OFF.search(one) and _US.search(one))
        if asks and not _OF_A_MEETING.search(one):
            return one[:300]
    return ""


def only_asks(own: str) -> bool:
    """Whether a mail does nothing but ask us something."""
    found = [one for one in sentences(own[:MOST]) if len(one.split()) > 3]
    return bool(found) and all(_ASKS.search(one) or _is_polite(one) for one in found)


def from_councillor(signature: str) -> bool:
    """Whether it is signed by a raadslid, who does not speak for the griffie."""
    return bool(_COUNCILLOR.search(signature[:1000]))


def sentences(text: str) -> list[str]:
    """The sentences of a text, each on one line."""
    return [" ".join(one.split()) for one in _SENTENCE.split(text) if one and one.strip()]


def day(text: str, *, seen: date) -> date | None:
    """The first date in a text; without a year the nearest that is not long past."""
    found = _DATE.search(text)
    if found is None:
        return None
    year = found[3] or found[6]
    number, month = (int(found[1]), _NUMBERS[found[2].lower()]) if found[2] else (
        int(found[4]), int(found[5]))  # fmt: skip
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, number)
        one = date(seen.year, month, number)
        return one if one >= seen - timedelta(days=120) else date(seen.year + 1, month, number)
    except ValueError:
        return None


def _is_polite(sentence: str) -> bool:
    return bool(re.match(r"(?:geachte|beste|dank|goedemorgen|goedemiddag|hallo)\b", sentence, re.I))
