"""Mail that no person wrote: absences, receipts, and the signs by which it is known (RFC 3834)."""

import re
from collections.abc import Iterator
from datetime import date

from outreach.delivery.incoming import wording
from outreach.delivery.incoming.parsing import Mail

_NO_REPLY = re.compile(
    r"(?:no|non|niet|do-?not|geen)[-_.]?(?:te)?[-_.]?(?:reply|replay|antwoord\w*|beantwoorden)"
    r"|noreply",
    re.I,
)
_DAEMON = re.compile(r"mailer-?daemon|postmaster|mail-?delivery|bounces?\b|mailsysteem", re.I)
_SUBJECT = re.compile(
    r"^\s*(?:re:\s*|aw:\s*)?(?:automatisch(?:e)? (?:antwoord|beantwoording|reactie|bericht"
    r"|ontvangstbevestiging)"
    r"|automatic(?:ally)? (?:reply|generated)|auto(?:matic)?[- ]?(?:reply|response|antwoord)"
    r"|autoreply|auto:"
    r"|out of (?:the )?office|afwezig\w*|niet aanwezig|abwesen\w*|automatische antwort|vakantie"
    r"|vacation"
    r"|(?:niet )?gelezen:|(?:not )?read:|geaccepteerd:|accepted:|geweigerd:|declined:|voorlopig:"
    r"|(?:bericht )?intrekken:|recall:|(?:reactie|reaction) op:"
    r"|ontvangstbevestiging|ontvangst(?:melding|bericht)|bevestiging (?:van )?ontvangst)",
    re.I,
)
_SAYS_SO = re.compile(
    r"\b(?:(?:dit|deze) is een (?:automatisch\w*|geautomatiseerd\w*)|automatisch (?:gegenereerd"
    r"|verzonden|verstuurd|bericht"
    r"|aangemaakt)|automatische (?:ontvangst\w*|e-?mail|mail|reply)|automatically generated"
    r"|this is an automat\w+"
    r"|u kunt (?:dit|deze|op dit|op deze)\b.{0,30}\bniet (?:be)?antwoorden|op (?:dit"
    r"|deze) (?:bericht|e-?mail|mail)"
    r" (?:kunt u|kan) niet|niet (?:te )?(?:be)?antwoorden op dit|do not reply)",
    re.I | re.S,
)
_ABSENT = re.compile(
    r"\b(?:ik ben|ben ik|wij zijn|i am|i'm|i will be|(?:de griffie|het secretariaat|ons kantoor"
    r"|de griffier) is)\b.{0,60}"
    r"\b(?:afwezig|niet aanwezig|niet op kantoor|buiten kantoor|niet in de gelegenheid"
    r"|met vakantie|op vakantie"
    r"|met (?:zwangerschaps)?verlof|vrij"
    r"|out of (?:the )?office|away|on leave|on holiday|gesloten|niet bereikbaar|closed|ziek)\b"
    r"|\b(?:momenteel|tijdelijk|vandaag) (?:niet aanwezig|afwezig|gesloten)\b"
    r"|\bwegens (?:vakantie|verlof|ziekte|afwezigheid)\b"
    r"|\b(?:kerst|zomer|mei|herfst|voorjaars)(?:reces|vakantie)\b|\bafwezig (?:tot|van|t/m"
    r"|wegens|i\.v\.m)|\bout of (?:the )?office\b"
    r"|\bik ben er (?:\w+ ){0,2}niet\b|\bben ik er weer\b"
    r"|\bwerkzaam op (?:maandag|dinsdag|woensdag|donderdag|vrijdag)",
    re.I | re.S,
)
_FIRST_PERSON = re.compile(
    r"\b(?:ik ben|ben ik|i am|i'm|i will be)\b.{0,60}\b(?:afwezig|niet aanwezig|kantoor|vakantie"
    r"|verlof|out of"
    r"|away|on leave|vrij)\b"
    r"|\bafwezig(?:heid)?\b|\bout of (?:the )?office\b",
    re.I | re.S,
)
_BACK = re.compile(
    r"(?:\b(?:t/m|tot en met|tot|until|through)\b|\b(?:terug|weer|aanwezig|bereikbaar|back"
    r"|return\w*)\b.{0,40}?\b(?:op|vanaf|on|from)?)"
    r"\s*(?:\w+dag\s+)?(?P<day>\d{1,2}[ \-/]\w{1,10}(?:[ \-/]\d{2,4})?)",
    re.I | re.S,
)
#: "Maandag 20 april ben ik weer aanwezig."
_BACK_AFTER = re.compile(
    r"(?P<day>\d{1,2}[ \-/]\w{1,10}(?:[ \-/]\d{4})?)\s+(?:\w+ ){0,3}(?:weer|terug)\b", re.I
)
_DEPUTY = re.compile(
    r"(?:neem|contact|wend|wenden|bij (?:spoed|dringende)|vervang\w*|terecht|richten|mailen"
    r"|contact\w*|urgent)\b[^\n]{0,160}?"
    r"(?P<who>[\w.+-]{1,64}@[\w.-]{1,120}\.\w{2,20})",
    re.I,
)
_RECEIPT = re.compile(
    r"\bontvangstbevestiging\b|\bin goede orde\b.{0,30}\bontvangen\b|\b(?:heb|hebben|heeft|is"
    r"|zijn)\b.{0,90}\b"
    r"(?:ontvangen|geregistreerd|binnengekomen|gelezen)\b|\bwij (?:ontvingen"
    r"|bevestigen)\b.{0,60}\bontvangst\b"
    r"|\b(?:have|has been) received\b"
    r"|\bdank (?:u )?(?:wel )?voor uw (?:bericht|e-?mail|mail|brief|melding)\b"
    r"|\bbedankt voor (?:uw|je) (?:bericht|e-?mail|mail|brief)\b"
    r"|\b(?:reactie|antwoord)\b.{0,40}\bbinnen\b.{0,30}\b(?:dagen|werkdagen|weken)\b"
    r"|\bthank you for (?:your|contacting)\b",
    re.I | re.S,
)
#: What a service for secure mail says: the words themselves are kept at its site.
_HELD = re.compile(
    r"\b(?:beveiligd|versleuteld|vertrouwelijk)e? (?:e-?mail|mail|bericht)\b.{0,80}"
    r"\b(?:ontvangen|klaar|lezen|openen)\b|\b(?:secure|encrypted) (?:e-?mail|message)\b",
    re.I | re.S,
)
#: "U heeft … ontvangen": what we got, and not what they did.
_TO_US = re.compile(
    r"\b(?:u (?:heeft|hebt)|heeft u|hebt u|je hebt|you have)\b.{0,80}\b(?:ontvangen|received)\b",
    re.I | re.S,
)
#: "zaaknummer Z-2026-01187", "Zaak 1234567", "ons kenmerk: Z/26/00517", "registratienummer RG26".
_CASE = re.compile(
    r"\b(?:zaak(?:nummer|kenmerk|nr|[- ]?id)?|registratie(?:nummer|nr|kenmerk)|(?:ons|uw"
    r"|onder) (?:kenmerk|referentie)"
    r"|kenmerk|referentie(?:nummer)?|(?:onder|met)(?: het)? nummer|dossier(?:nummer|nr)?"
    r"|meldingsnummer|melding|documentnummer"
    r"|corsanummer|case(?: number)?"
    r"|reference(?: number)?|ticket(?:nummer)?|poststuk(?:nummer)?)\b"
    r"(?:\s*(?:is|van uw (?:zaak|melding|bericht|brief)|van (?:deze|uw) \w+|luidt|nummer|nr\.?"
    r"|number|:|=|#|\*|\(|“|\"|'))*\s*"
    r"(?P<number>(?=[\w./\\-]*\d)[A-Za-z0-9][\w./\\-]{2,38}\w)",
    re.I,
)
_BARE_CASE = re.compile(r"(?<![\w./-])(?P<number>Z[-/. ]?\d{2,4}[-/.]\d{3,9}|Z\d{6,12})(?![\w/-])")
_DATE_LIKE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}$|\d{4}-\d{2}-\d{2}$|(?:19|20)\d{2}$")


def signs(mail: Mail) -> list[str]:
    """What shows that a machine sent it, in Dutch; the surest first."""
    return list(_header_signs(mail)) + list(_other_signs(mail))


def _header_signs(mail: Mail) -> Iterator[str]:
    auto = mail.headers["auto-submitted"].lower()
    if auto and not auto.startswith("no"):
        yield f"de kopregel Auto-Submitted zegt “{auto[:40]}”"
    for name in (
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-autogenerated",
        "x-vacation",
    ):
        if mail.headers[name] and mail.headers[name].lower() not in ("no", "false"):
            yield f"de kopregel {name.title()} staat erin"
    if mail.headers["x-auto-response-suppress"].lower() not in ("", "none"):
        yield "de kopregel X-Auto-Response-Suppress staat erin"
    if (how := mail.headers["precedence"].lower()) in ("auto_reply", "auto-reply", "bulk", "junk"):
        yield f"de kopregel Precedence zegt “{how}”"
    if mail.headers["return-path"] == "<>":
        yield "de afzender van de envelop is leeg"


def _other_signs(mail: Mail) -> Iterator[str]:
    local = mail.from_email.partition("@")[0]
    if _NO_REPLY.search(local):
        yield f"de afzender is {mail.from_email}"
    if _DAEMON.search(local):
        yield f"de afzender is {mail.from_email}, een mailserver"
    if found := _SUBJECT.match(mail.subject):
        yield f"het onderwerp begint met “{found[0].strip()}”"
    if found := _SAYS_SO.search(mail.text[: wording.MOST]):
        yield f"er staat “{' '.join(found[0].split())[:80]}”"


def is_daemon(mail: Mail) -> bool:
    """Whether a mail server wrote it, by its name."""
    return (
        bool(_DAEMON.search(mail.from_email.partition("@")[0]))
        or mail.headers["return-path"] == "<>"
    )


def absence(text: str) -> str:
    """The words that say someone is away, "" without any."""
    return _first(_ABSENT, text)


def first_person(text: str) -> bool:
    """Whether a person says so of himself, and not a desk of its opening hours."""
    return bool(_FIRST_PERSON.search(text[: wording.MOST]))


def receipt(text: str) -> str:
    """The words that thank for a mail or confirm it, "" without any."""
    return _first(_RECEIPT, text, but=_TO_US)


def held_elsewhere(text: str) -> str:
    """The words that say a message waits for us at a site, "" without any."""
    return _first(_HELD, text)


def back_on(text: str, *, seen: date) -> date | None:
    """Until when someone is away, as the text says it."""
    found = _BACK.search(text[: wording.MOST]) or _BACK_AFTER.search(text[: wording.MOST])
    return wording.day(found["day"], seen=seen) if found else None


def deputy(text: str, *, not_: str) -> str:
    """The address that an absence points to, "" without one."""
    for found in _DEPUTY.finditer(text[: wording.MOST]):
        if (who := found["who"].lower().rstrip(".")) != not_:
            return who
    return ""


def case_number(text: str, *, ours: str = "") -> str:
    """The number that a gemeente gave our letter, "" without one.

    :param ours: our own kenmerk, which it often repeats
    """
    text = text[: wording.MOST]
    for pattern in (_CASE, _BARE_CASE):
        for found in pattern.finditer(text):
            number = found["number"].strip(".-/ ")
            if number.lower() != ours.lower() and not _DATE_LIKE.match(number) and len(number) >= 4:
                return number[:40]
    return ""


def _first(pattern: re.Pattern[str], text: str, *, but: re.Pattern[str] | None = None) -> str:
    for one in wording.sentences(text[: wording.MOST]):
        if pattern.search(one) and not (but and but.search(one)):
            return one[:300]
    return ""
