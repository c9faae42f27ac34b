"""What we tell a mailbox about things done in its name: always with a way back.

Built-in letters in the language of all letters. What people typed enters as a value, so that
it is never read as Markdown; only our own links are part of the text. A reason that someone
typed stays out altogether: whoever found a link must not write mail in our name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.accounts.models import Sender
from outreach.answers import choices
from outreach.answers.models import Answer
from outreach.campaigns.links import UNDO_LASTS
from outreach.clock import dutch_date
from outreach.letters import composing, dutch
from outreach.letters.composing import Content, Kind, Letterhead


@dataclass(frozen=True)
class About:
    """Which letter a notice is about, in words."""

    sender: Sender
    title: str
    party: str  #: "de raad van Zeist"
    line: str  #: the title with its date and kenmerk
    greeting: str  #: "Geachte griffie,"


def answered(about: About, answers: Sequence[Answer], undo_url: str, now: datetime) -> Content:
    said = {f"antwoord{n}": choices.said(a, reason=False) for n, a in enumerate(answers)}
    then = (
        "U krijgt over deze brief geen herinnering."
        if any(answer.stops for answer in answers)
        else "Later kunt u nog een ander antwoord geven."
    )
    return _notice(
        about.sender,
        about.greeting,
        "Genoteerd: antwoord van {{partij}}",
        "Via de link in onze brief kwam dit antwoord binnen, namens {{partij}}:",
        "\n".join(f"- {{{{{name}}}}}" for name in said),
        "Het gaat over {{brief}}.",
        f"Klopt het? Dan hoeft u niets te doen. {then}",
        f"Klopt het niet? Dan kunt u het ongedaan maken tot en met {_last_day(now)}.",
        f"[Bekijk het antwoord of maak het ongedaan]({undo_url})",
        values=_words(about) | said,
    )


def no_reminder(about: About, url: str, now: datetime) -> Content:
    return _notice(
        about.sender,
        about.greeting,
        "Geen herinnering meer voor {{partij}}?",
        "Via de link in onze brief vroeg iemand namens {{partij}} om geen herinnering.",
        "Het gaat over {{brief}}.",
        "Wilt u dat? Open dan deze bladzijde en druk op de knop. Pas daarna sturen wij geen"
        f" herinnering meer. De link werkt tot en met {_last_day(now)}.",
        f"[Ja, stuur ons geen herinnering meer]({url})",
        "Wilt u het niet? Dan hoeft u niets te doen.",
        values=_words(about),
    )


def other_address(about: About, email: str, url: str, now: datetime) -> Content:
    return _notice(
        about.sender,
        about.greeting,
        "Voortaan een ander adres voor {{partij}}?",
        "Via de link in onze brief vroeg iemand om voortaan naar dit adres te schrijven: {{adres}}",
        "Het gaat om onze post aan {{partij}}. Nu schrijven wij naar het adres waar u dit leest.",
        "Klopt het nieuwe adres? Open dan deze bladzijde en druk op de knop. Pas daarna verandert"
        f" het adres. De link werkt tot en met {_last_day(now)}.",
        f"[Ja, gebruik voortaan het nieuwe adres]({url})",
        "Klopt het niet? Dan hoeft u niets te doen. Wij blijven naar dit adres schrijven.",
        values=_words(about) | {"adres": email},
    )


def no_more_mail(sender: Sender, everyone: bool, undo_url: str, now: datetime) -> Content:
    return _notice(
        sender,
        "Geachte lezer,",
        "U krijgt geen post meer van {{wie}}",
        "Wij schrijven niet meer naar dit adres. Dat geldt voor {{wie}}.",
        "Klopt dat? Dan hoeft u niets te doen. Dit is het laatste bericht.",
        "Was het een vergissing, of drukte iemand anders op de knop?"
        f" Dan kunt u het ongedaan maken tot en met {_last_day(now)}.",
        f"[Ja, wij willen weer post]({undo_url})",
        values={"wie": "alle afzenders op onze site" if everyone else sender.name},
    )


def desk(sender: Sender, gemeente: str, url: str, now: datetime) -> Content:
    return _notice(
        sender,
        "Geachte griffie,",
        "Wie van {{gemeente}} komt, en meer mensen aanmelden",
        "Iemand vroeg op onze site om de bladzijde van uw griffie. Daar ziet u wie van de raad zich"
        " aanmeldde voor een bijeenkomst. U kunt er raadsleden aanmelden, alleen of met meer"
        " tegelijk, en een aanmelding annuleren.",
        f"[Open de bladzijde van uw griffie]({url})",
        f"De link werkt tot en met {_last_day(now)}. Stuur hem niet door: er staan namen op.",
        "Vroeg u dit niet? Dan hoeft u niets te doen.",
        values={"gemeente": gemeente},
    )


def names_wanted(
    sender: Sender, gemeente: str, city: str, count: int, until: datetime, url: str
) -> Content:
    """Seats that a griffie keeps and has no names for."""
    seats = dutch.plural(count, "plaats", "plaatsen")
    return _notice(
        sender,
        "Geachte griffie,",
        f"Wie komt er van {{{{gemeente}}}}? Noem de namen vóór {dutch.day_time(until)}",
        f"Wij houden {seats} voor u vast in {{{{stad}}}}, maar weten nog niet voor wie."
        f" Na {dutch.day_time(until)} gaan zij naar anderen.",
        f"[Noem wie er komt]({url})",
        "Hebt u minder plaatsen nodig? Geef ze op dezelfde bladzijde terug.",
        values={"gemeente": gemeente, "stad": city},
    )


def desk_handed_over(sender: Sender, gemeente: str, email: str) -> Content:
    return _notice(
        sender,
        "Geachte griffie,",
        "Een collega kreeg de bladzijde van uw griffie",
        "Vanaf de bladzijde van de griffie van {{gemeente}} ging een link naar {{collega}}. Wie hem"
        " heeft, ziet wie van de raad komt, en kan mensen aanmelden en annuleren.",
        "Klopt dit niet? Antwoord dan op deze mail.",
        values={"gemeente": gemeente, "collega": email},
    )


def morning(sender: Sender, waiting: Sequence[str], url: str) -> Content:
    """What waits, for those who work here."""
    values = {f"zaak{n}": one for n, one in enumerate(waiting)}
    count = dutch.plural(len(waiting), "zaak vraagt", "zaken vragen")
    return _notice(
        sender,
        "Goedemorgen,",
        f"{count} uw aandacht",
        "Dit wacht op u:",
        "\n".join(f"- {{{{{name}}}}}" for name in values),
        f"[Bekijk wat er wacht]({url})",
        "U krijgt deze mail alleen op een dag waarop er iets wacht.",
        values=values,
    )


def _words(about: About) -> dict[str, str]:
    return {"partij": about.party, "brief": about.line}


def _notice(
    sender: Sender, greeting: str, subject: str, *paragraphs: str, values: dict[str, str]
) -> Content:
    closing = "Met vriendelijke groet,\n{{afzender}}"
    text = "\n\n".join((greeting, *paragraphs, closing))
    look = Letterhead(
        sender_name=sender.name,
        subtitle=sender.subtitle,
        postal_address=sender.postal_address,
        email=sender.reply_to or sender.email,
        phone=sender.phone,
    )
    template = composing.prepare(subject, text, kind=Kind.NOTICE)
    return template.fill(values | {"afzender": sender.name}, look=look)


def _last_day(now: datetime) -> str:
    return dutch.long_date(dutch_date(now + UNDO_LASTS))
