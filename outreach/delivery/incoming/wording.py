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
    r"|(?<![\d/.-])(\d{1,2})[-/](\d{1,2})(?:[-/](\d{4}|\d{2}))?(?![\d/-])",
    re.I,
)
#: Words that end in a dot without ending a sentence: "d.d. 21 april".
_SHORT = re.compile(
    r"\b(d\.d|dd|nr|nrs|ca|m\.b\.t|t\.a\.v|a\.u\.b|aub|o\.a|i\.v\.m|bijv|dhr|mw|mevr|drs|ing"
    r"|ir|mr|dr)\.\s",
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
    r"(?:(?:gemeente)?ra(?:ad|den)\b|raadsle\w+|statenle\w+|fractie\w*|commissie\w*|raads\w+"
    r"|(?:gemeente)?rie\b|rieds\w+)"
)
_COLLEGE = r"(?:college\b|b\s?(?:&|en)\s?w\b|burgemeester|wethouder\w*|portefeuillehouder\w*)"
_PASSED_ON = (
    r"(?:door(?:gestuurd|gezonden|gezet|geleid|gegeven|gespeeld)|toegestuurd|toegezonden|verspreid"
    r"|gedeeld|onder de aandacht gebracht|voorgelegd|verstrekt|gemaild|rondgestuurd|overhandigd"
    r"|trochstjoerd|trochjûn)"
)
_LIST = (
    r"(?:(?:lijst|overzicht|rubriek|agenda(?:punt)?)\W+(?:van\W+)?(?:de\W+)?"
    r"(?:ingekomen|binnengekomen)\b(?:\W+\w+)?|\bLIS\b|ingekomen (?:stuk|stukken|brief|brieven"
    r"|post)"
    r"|\bop (?:de|onze) (?:lijst|agenda)\b|ynkommen (?:stik|stikken|brief|brieven))"
)
#: Forms in which something is not done, not yet, or only perhaps.
_UNDONE = re.compile(
    r"\b(?:niet|geen|nooit|net(?= troch)|nog te|zodra|indien|mits|tenzij"
    r"|als (?:u|het|de|dit)|wanneer|nadat"
    r"|zou|zouden"
    r"|kunnen?|kunt|(?<!snel )(?<!spoedig )mogelijk|misschien|wellicht|eventueel|zal|zullen|zult"
    r"|gaat|gaan|wilt|willen"
    r"|verzoek(?:en|t)? (?:ik|wij|u)|(?:ik|wij) verzoek\w*|vragen|vraagt|stelt voor|voorstel|not"
    r"|will|would|could|may|if)\b",
    re.I,
)
_FORWARDED = re.compile(
    rf"\b{_PASSED_ON}\b.{{0,80}}\b{_COUNCIL}|\b{_COUNCIL}.{{0,80}}\b{_PASSED_ON}\b"
    rf"|\b(?:stuur|stuurde|stuurden|zend|zond|zonden|leid"
    rf"|leidde)\b.{{0,80}}\bdoor\b.{{0,60}}\b{_COUNCIL}"
    rf"|\b(?:aan|naar) (?:\w+ ){{0,3}}{_COUNCIL}\W+(?:\w+ ){{0,2}}(?:ge|ver)(?:zonden|stuurd)\b"
    rf"|\b(?:ge|ver)(?:zonden|stuurd) (?:aan|naar) (?:\w+ ){{0,3}}{_COUNCIL}"
    rf"|\b(?:forwarded|passed on|sent)\b.{{0,60}}\b(?:council|councillors)\b",
    re.I | re.S,
)
#: Without saying to whom: our letter asks to pass it on to the raad.
_FORWARDED_BARE = re.compile(
    r"\b(?:doorgestuurd|doorgezonden|doorgezet|doorgeleid|verspreid|rondgestuurd|forwarded)\b", re.I
)
_TO_SOMEONE = re.compile(r"\b(?:naar|aan|to|bij|binnen|collega\w*|afdeling|mij|ons|u)\b", re.I)
_TO_COLLEGE = re.compile(
    rf"\b(?:{_PASSED_ON}|in handen (?:gesteld|gegeven)|overgedragen"
    rf"|uitgezet)\b.{{0,80}}\b{_COLLEGE}"
    rf"|\b{_COLLEGE}.{{0,60}}\b(?:{_PASSED_ON}|in handen (?:gesteld|gegeven)|ter afdoening)\b"
    rf"|\b(?:in handen (?:gesteld |gegeven )?van|ter (?:afdoening|afhandeling|beantwoording)"
    rf"(?: \w+){{0,3}}) .{{0,30}}\b{_COLLEGE}"
    rf"|\bligt\b.{{0,40}}\bbij\b.{{0,20}}\b{_COLLEGE}"
    rf"|\b(?:stuur|stuurde|stuurden|zend|zond|zonden)\b.{{0,60}}\b(?:door|naar"
    rf"|aan)\b.{{0,40}}\b{_COLLEGE}",
    re.I | re.S,
)
_ON_LIST = re.compile(
    rf"\b(?:staat|stond|staan|geplaatst|gezet|opgenomen|toegevoegd|geagendeerd|komt|plaatsen"
    rf"|zetten|zet|plaatst"
    rf"|added|placed)\b.{{0,90}}{_LIST}|{_LIST}.{{0,90}}\b(?:staat|geplaatst|gezet|opgenomen"
    rf"|geagendeerd)\b"
    rf"|\bals ingekomen stuk\b|list of incoming"
    r"|\b(?:raad|brief|stuk)\b.{0,60}\b(?:(?:voor kennisgeving|ter kennisgeving) aangenomen"
    r"|kennis ?genomen)\b",
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
    r"|\bkunnen (?:we|wij)\b.{0,40}\b(?:afspraak|gesprek)\b|\bkunt u (?:mij"
    r"|ons) (?:\w+ ){0,2}(?:terug)?bellen\b|\bwould like to (?:meet|talk)\b",
    re.I | re.S,
)
_REFUSED = re.compile(
    rf"\b(?:niet|geen)\b[^,;]{{0,50}}\b(?:{_LIST}|geplaatst|plaatsen|geagendeerd|agenderen"
    rf"|voorgelegd"
    rf"|voor te leggen|in behandeling|doorgestuurd|doorgezonden|doorgeleid|door te sturen|geschikt)"
    rf"|\b(?:zetten|plaatsen|leggen|sturen|nemen|neemt"
    rf"|agenderen)\b[^,;]{{0,60}}\bniet\b[^,;]{{0,60}}"
    rf"\b(?:{_LIST}|{_COUNCIL}|in behandeling|door\b)"
    r"|\bniet voor (?:deze|de|onze) (?:raad|gemeenteraad) bedoeld",
    re.I,
)
_NOT_YET = re.compile(
    r"\b(?:nog niet|niet eerder|niet meer dan|niet alleen|pas|herinner\w*)\b", re.I
)
_HANDLING = re.compile(
    r"\b(?:is|hebben|heb|wordt|nemen|neem)\b.{0,60}\bin behandeling\b"
    rf"|\b{_PASSED_ON}\b.{{0,40}}\b(?:afdeling\w*|vakafdeling\w*|collega\w*|team\w*|medewerker\w*"
    r"|klantcontact\w*|\w*loket|secretariaat)|\bneem(?:t|en)? (?:\w+ ){0,2}contact met u op\b"
    r"|\b(?:komen|kom) (?:hier|er|daar)\b.{0,30}\bop terug\b"
    r"|\bontvangt (?:u )?(?:zo spoedig mogelijk|binnen .{1,30}) (?:een )?(?:reactie|antwoord)\b",
    re.I | re.S,
)
#: "Doorgestuurd" and its like: what our letters ask for as an answer of one word.
_ONE_WORD = {
    "doorgestuurd": "doorgestuurd", "doorgezonden": "doorgestuurd", "doorgezet": "doorgestuurd",
    "doorgeleid": "doorgestuurd", "trochstjoerd": "doorgestuurd", "forwarded": "doorgestuurd",
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
    r"|\b(?:have|has been|hereby) (?:well )?received\b|\breceived your\b"
    r"|\back?nowledge (?:the )?receipt\b",
    re.I | re.S,
)
#: Only this letter needs no reminder.
_NO_REMINDER = re.compile(
    r"\bgeen herinnering\b(?!en)|\bherinnering(?:en)?\b.{0,30}\b(?:niet nodig|overbodig|onnodig)\b"
    r"|\bniet (?:meer )?te herinneren\b|\bniet (?:meer )?herinneren\b",
    re.I | re.S,
)
_MORE = (
    r"(?:(?:e-?)?mail(?:s|tjes|ings?)?|berichten|bericht|post|brieven|brief|herinnering(?:en)?"
    r"|reminders?"
    r"|nieuwsbrie\w+|correspondentie|oproepen)"
)
_OBJECTS = re.compile(
    rf"\bgeen (?:\w+ ){{0,2}}{_MORE} (?:\w+ ){{0,5}}meer\b(?! (?:informatie|tijd|weten|dan))"
    rf"|\bgeen (?:verdere|nieuwe|andere) {_MORE}\b|\bgeen prijs\b.{{0,30}}\b{_MORE}\b"
    rf"|\b(?:niet (?:meer|langer|nogmaals)|niet opnieuw)\b.{{0,40}}\b(?:mailen|schrijven|benaderen"
    rf"|aanschrijven|(?:aan|be)geschreven|aan te schrijven|te mailen|te benaderen|te schrijven"
    rf"|toe ?(?:te )?(?:sturen|zenden)|lastig|{_MORE}.{{0,20}}ontvangen)\b"
    rf"|\b{_MORE} (?:\w+ ){{0,3}}niet (?:meer|langer) (?:te )?ontvangen\b"
    rf"|\bstop(?:pen|t)? (?:a\.?u\.?b\.? )?met\b.{{0,40}}\b(?:mailen|{_MORE})\b"
    r"|\b(?:uitschrijven|uit te schrijven|unsubscribe|opt-?out|remove (?:us|me|our))\b"
    r"|\bstop (?:e-?mailing|sending|writing)\b|^\W*niet meer (?:sturen|mailen|versturen"
    r"|schrijven)\b"
    r"|\bno (?:further|more) (?:e-?mails?|reminders?)\b|\bschrijf (?:ons|mij|me) (?:\w+ )?uit\b"
    r"|\bafmelden voor (?:deze|uw|de|verdere) (?:e-?mails?|mailing\w*|nieuwsbrie\w+|berichten"
    r"|post)\b",
    re.I | re.S,
)
_LISTS = r"(?:\w*lijst|\w*bestand\w*|mailinglist|mailing|administratie|systeem)"
_TAKES = r"(?:ha(?:al|alt|len)|verwijder\w*|schrap\w*|afvoer\w*|af te voeren|wissen)"
_TAKE_OFF = re.compile(
    rf"\b{_TAKES}\b.{{0,60}}\b{_LISTS}\b|\b{_LISTS}\b.{{0,40}}\b(?:te )?{_TAKES}\b"
    rf"|\b(?:e-?mail)?adres(?:sen|gegevens)?\b.{{0,40}}\b(?:te )?{_TAKES}\b"
    rf"|\b{_TAKES}\b.{{0,30}}\b(?:e-?mail)?adres(?:gegevens)?\b",
    re.I | re.S,
)
#: Whom to take off: never a letter, off a list of documents.
_US = re.compile(
    r"\b(?:ons|mij|me|onze|mijn|deze griffie|de griffie|dit (?:e-?mail)?adres|gemeente)\b", re.I
)
_ALL_OF_IT = ("afmelden", "uitschrijven", "unsubscribe", "stop", "graag uitschrijven")
_OF_A_MEETING = re.compile(
    r"\b(?:bijeenkomst|aanmelding|aanmelden|vergadering|ingekomen|uw (?:brief|stuk))\b", re.I
)
#: Someone else reads this mailbox, or another one must be written to.
_MOVED = re.compile(
    r"\b(?:geen griffier(?: \w+){0,2} meer|niet (?:meer|langer) (?:werkzaam|in dienst|gelezen"
    r"|gebruikt|in gebruik"
    r"|bij de (?:gemeente|griffie))|werk(?:t)? (?:\w+ ){0,3}niet (?:meer|langer)|opvolg(?:er"
    r"|ster)|met pensioen"
    r"|(?:nieuw|ander|gewijzigd) (?:e-?mail)?adres|(?:stuur|mail|gebruik"
    r"|richt)\w*\b.{0,60}\bvoortaan|voortaan\b.{0,40}@)",
    re.I | re.S,
)
_MEETING = re.compile(r"\b(?:bijeenkomst\w*|aanmeld\w*|afmeld\w*|aanwezig)\b", re.I)
_ASKS = re.compile(
    r"\?|\b(?:bijlage (?:ontbreekt|niet (?:te openen|bijgevoegd|aangetroffen))|(?:niet|kan"
    r"|kunnen)\b.{0,40}\bopenen"
    r"|nogmaals (?:te )?(?:sturen|toesturen)|opnieuw (?:te )?(?:sturen|toesturen)|wat bedoelt u)",
    re.I | re.S,
)
#: A question without its mark.
_ASKS_US = re.compile(
    r"^(?:\W*(?:graag|svp)\W+)?(?:kunt|wilt|kan|mag|hoe|wat|waar|welke|wie|waarom|wanneer|bent"
    r"|is|zijn|heeft)"
    r" (?:u|jullie|je|er|dit|deze|de|het|ik|wij|we)\b[^.!]*\?"
    r"|\b(?:ik|wij|we) (?:vraag|vragen|verzoek|verzoeken) u\b|\bvraag ik u\b"
    r"|\bverzoek(?:en)? (?:ik|wij) u\b"
    r"|\b(?:ik|wij|we) (?:hoor|horen|verneem|vernemen) graag\b",
    re.I,
)
#: A letter that came to the wrong raad, as its reader sees it.
_MISDIRECTED = re.compile(
    r"\b(?:niet (?:voor|aan) (?:ons|onze gemeente|mij)\b.{0,20}\b(?:bedoeld|bestemd|gericht)"
    r"|(?:andere|verkeerde|onjuiste) (?:gemeente|aanhef|geadresseerde|e-?mailadres|postbus)"
    r"|verkeerd (?:geadresseerd|verzonden|gestuurd|bezorgd|adres)|(?:per|bij) (?:abuis|vergissing)"
    r"|wrong (?:address|municipality|recipient))\b",
    re.I | re.S,
)
#: Those who can decide on a letter; "ik" and "u" cannot.
_ACTOR = (
    r"(?:wij|we|jullie oproep|(?:gemeente)?raad|college|gemeente|commissie|fracties?|presidium"
    r"|agendacommissie"
    r"|seniorenconvent|wethouder|burgemeester|motie\w*|amendement|onderwerp|thema|brief|oproep"
    r"|verzoek|reactie"
    r"|the council|we)"
)
_DONE_WITH = (
    r"\b(?:heeft|hebben|is|zijn|werd|werden|was|waren|has|have)\b.{0,120}"
    r"\b(?:\w{0,8}ge\w{2,}(?:d|t|en)|(?:be|ver|ont|her|onder|over)\w{3,}(?:d|t|en)|been \w+ed)\b"
)
_HOLDS = (
    r"(?:doet|doen|werkt|werken|steunt|steunen|onderschrijft|onderschrijven|ziet|zien|vindt"
    r"|vinden|heeft|hebben"
    r"|kent|kennen|voert|voeren|zet|zetten|deelt|delen|geeft|staat|nam|namen|besloot|besloten"
    r"|stelde"
    r"|stemde|sprak|behandelde|support|supports)"
)
#: A sentence that says what a gemeente did, does or decided.
_STATES = re.compile(
    rf"\b{_ACTOR}\b.{{0,60}}{_DONE_WITH}|{_DONE_WITH}.{{0,80}}\b{_ACTOR}\b"
    rf"|\b{_ACTOR}\b(?: \w+){{0,3}} {_HOLDS}\b|\b{_HOLDS} (?:wij|we|de raad|het college"
    rf"|de gemeente)\b"
    rf"|\b(?:reactie|antwoord|standpunt|beantwoording|besluit)\b.{{0,20}}\bvan (?:de|het|onze"
    rf"|ons)\b.{{0,20}}\b{_ACTOR}\b",
    re.I | re.S,
)
#: A no that is an answer: it will not change by itself.
_DECLINES = re.compile(
    r"\b(?:geen (?:aanleiding|behoefte|reden|noodzaak|gebruik|verdere (?:actie|stappen)|gehoor"
    r"|prioriteit)"
    r"|(?:doen|doet|nemen|neemt|gaan) (?:\w+ ){0,4}niet (?:aan )?(?:mee|deel|op in)|niet (?:mee"
    r"|deel|op in))\b",
    re.I,
)
_NOT = re.compile(r"\b(?:niet|geen|nooit|not|no)\b", re.I)
#: What may be otherwise next week, or is done by whom we write to.
_FOR_NOW = re.compile(
    r"\b(?:vooralsnog|voorlopig|nog|pas|eerst|binnenkort|morgen|volgende (?:week|keer|maand)"
    r"|straks|later"
    r"|momenteel|voortaan|in het vervolg|had u|u (?:dient|moet|had))\b",
    re.I,
)
_BELOW = re.compile(r"\b(?:onderstaande?|hieronder|zie onder|see below)\b", re.I)
#: Someone who writes about how a letter comes, not about what stands in it.
_OF_MAIL = re.compile(
    r"\b(?:foutmelding|delivery (?:has )?failed|(?:undelivered|returned) mail"
    r"|onbestelbaar|niet (?:te )?bestelbaar|user unknown|spam(?:filter|map|box)?|phishing|nepmail"
    r"|ongewenste|virus|mailserver|link|formulier|webformulier|pdf|word-?bestand|aanle?veren"
    r"|ondertekend|op papier|per post)\b|\b[45]\.\d\.\d{1,2}\b",
    re.I,
)
_COUNCILLOR = re.compile(
    r"\b(?:raadslid|fractievoorzitter|raadsvolger|burgerlid|commissielid|gemeenteraadslid"
    r"|statenlid)\b"
    r"|\b(?:namens )?de fractie\b|\b[Ff]ractie (?:van )?[A-Z]"
)
_FOR_PARTY = re.compile(
    r"\bnamens (?:de|onze|mijn) fractie\b|\b(?:onze|mijn) fractie (?:heeft|wil|vindt|zal|stelt"
    r"|is)\b"
    r"|\b(?:ik ben|als) (?:\w+ )?(?:raadslid|fractievoorzitter|raadsvolger|burgerlid"
    r"|commissielid)\b",
    re.I,
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
            on = _meeting_day(sentence, seen) if status in ("op-lijst", "besproken") else None
            known = found.get(status)
            if known is None or (known.on_date is None and on is not None):
                found[status] = Said(status, on, sentence[:300])
    return list(found.values())


def _meeting_day(sentence: str, seen: date) -> date | None:
    """Of two days the one behind the list: our letter has one, too."""
    on_list = _ON_LIST.search(sentence)
    behind = day(sentence[on_list.start() :], seen=seen) if on_list else None
    return behind or day(sentence, seen=seen)


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
    becomes = re.search(r"\b(?:wordt|worden|komt|komen)\b|^dan\b", sentence, re.I)
    if _ON_LIST.search(sentence) and not (becomes and _DATE.search(sentence) is None):
        yield "op-lijst"
    if becomes:
        return
    to_college = _TO_COLLEGE.search(sentence)
    # "Aan de raad, en de wethouder is op de hoogte" went to the raad.
    if to_college and not re.search(_COUNCIL, to_college[0], re.I):
        yield "naar-college"
    elif _FORWARDED.search(sentence) or _is_bare(sentence):
        yield "doorgestuurd"
    if _DISCUSSED.search(sentence) and re.search(_COUNCIL, sentence, re.I):
        yield "besproken"


def _is_bare(sentence: str) -> bool:
    """ "Akkoord, is doorgestuurd." """
    short = len(sentence.split()) <= 9 and _TO_SOMEONE.search(sentence) is None
    return short and _FORWARDED_BARE.search(sentence) is not None


#: What may yet happen to a letter, in any form of the word.
_MAY_COME = re.compile(
    r"\b(?:door(?:st|z|ge|l)\w+|voor(?:l|ge)\w+|lijst|LIS|\w*agende\w+|geplaatst|plaatsen|bespr\w+"
    r"|besproken"
    r"|behandelen|betrekken|betrokken|in handen|put it on|forward\w*|terugkom\w*|op terug"
    r"|beantwoord\w*)\b"
    r"|\b(?:stu(?:ur|ren)|zend(?:en)?)\b.{0,80}\bdoor\b",
    re.I,
)
_BECOMES = re.compile(
    r"\b(?:wordt|worden|komt|komen|kom|volgt|bespreken|behandelen|agenderen|leggen)\b|^dan\b", re.I
)
#: What is said of any mail when it is received.
_USUAL = re.compile(r"\b(?:terugkom\w*|op terug|beantwoord\w*)\b", re.I)


def promised(own: str, *, usual: bool = True) -> bool:
    """Whether it speaks of passing on, lists or councils in a way that says nothing certain.

    :param usual: False leaves out "wij komen erop terug"
    """
    return any(
        _MAY_COME.search(one if usual else _USUAL.sub("", one))
        and (_UNDONE.search(one) or _BECOMES.search(one))
        for one in sentences(own[:MOST])
    )


def no_reminder(own: str) -> str:
    """The words that say this letter needs no reminder, "" without any."""
    return next((one[:300] for one in sentences(own[:MOST]) if _NO_REMINDER.search(one)), "")


def moved(own: str) -> str:
    """The words that say someone else reads this mailbox, "" without any."""
    return next((one[:300] for one in sentences(own[:MOST]) if _MOVED.search(one)), "")


def of_a_meeting(own: str) -> bool:
    """Whether it is about coming to a meeting."""
    return bool(_MEETING.search(own[:MOST]))


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
    if re.sub(r"[^\w\s]", "", own).strip().lower() in _ALL_OF_IT:
        return own.strip()
    for one in sentences(own[:MOST]):
        asks = _OBJECTS.search(one) or (_TAKE_OFF.search(one) and _US.search(one))
        if asks and not _OF_A_MEETING.search(one):
            return one[:300]
    return ""


def only_asks(own: str) -> bool:
    """Whether a mail does nothing but ask us something."""
    found = [one for one in sentences(own[:MOST]) if len(one.split()) > 3]
    asked = [bool(_ASKS.search(one)) for one in found]
    return any(asked) and all(ask or _is_polite(one) for ask, one in zip(asked, found, strict=True))


def asks(own: str) -> bool:
    """Whether it asks us something, which a person must answer, whatever else it says."""
    return any(_ASKS.search(one) or _ASKS_US.search(one) for one in sentences(own[:MOST]))


def misdirected(own: str) -> bool:
    """Whether its reader thinks that the letter was meant for another."""
    return bool(_MISDIRECTED.search(own[:MOST]))


def points_below(own: str) -> bool:
    """Whether it passes on what someone else wrote, below it."""
    return bool(_BELOW.search(own[:MOST]))


def states(own: str) -> str:
    """The sentence that says what a gemeente did, does or decided with the letter; "" without any.

    That it was received says nothing, nor what may come, nor what someone thinks of it himself.
    """
    for sentence in sentences(own[:MOST]):
        one = sentence[:1000]  # what is longer no one wrote
        if sentence.endswith("?") or _FOR_NOW.search(one) or _RECEIVED.search(one):
            continue
        plain = _DECLINES.sub("", one)
        if plain != one and not _UNDONE.search(_NOT.sub("", plain)):
            return one[:300]
        if _STATES.search(one) and not _UNDONE.search(one):
            return one[:300]
    return ""


def of_mail(own: str) -> bool:
    """Whether it is about how letters and mail come."""
    return bool(_OF_MAIL.search(own[:MOST]))


def signed_by_councillor(own: str, signature: str) -> bool:
    """Whether it is signed by a raadslid, who does not speak for the griffie.

    Without a greeting the last lines are a signature when they are short and no sentence: what
    a raad did with the motion of a fractie, its griffie may tell.
    """
    last = [one.strip() for one in own.splitlines() if one.strip()][-4:]
    lines = [one for one in last if len(one) < 60 and not one.endswith((".", "!", "?", ":", ","))]
    return any(_COUNCILLOR.search(one[:1000]) for one in (*lines, signature)) or bool(
        _FOR_PARTY.search(own[:MOST])
    )


def sentences(text: str) -> list[str]:
    """The sentences of a text, each on one line."""
    whole = _SHORT.sub(r"\1 ", text)
    return [" ".join(one.split()) for one in _SENTENCE.split(whole) if one and one.strip()]


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
