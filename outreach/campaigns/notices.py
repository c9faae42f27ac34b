"""What we tell a mailbox about things done in its name: always with a way back.

Built-in letters, one function each. The words are Dutch and plain; the link stands on a line
of its own, so that it stays whole where mail is shown as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.accounts.models import Sender
from outreach.answers import choices
from outreach.answers.models import Answer
from outreach.campaigns.links import UNDO_LASTS
from outreach.clock import dutch_date
from outreach.letters import dutch


@dataclass(frozen=True)
class Notice:
    subject: str
    text: str


@dataclass(frozen=True)
class About:
    """Which letter a notice is about, in words."""

    sender: Sender
    title: str
    party: str  #: "de raad van Zeist"
    line: str  #: the title with its date and kenmerk


def answered(about: About, answers: Sequence[Answer], undo_url: str, now: datetime) -> Notice:
    given = "\n".join(f"- {choices.said(answer)}." for answer in answers)
    then = (
        "U krijgt over deze brief geen herinnering."
        if any(answer.stops for answer in answers)
        else "Later kunt u nog een ander antwoord geven."
    )
    return _notice(
        about.sender,
        f"Genoteerd: antwoord van {about.party}",
        f"Via de link in onze brief kwam dit antwoord binnen, namens {about.party}:",
        given,
        f"Het gaat over onze brief {about.line}.",
        f"Klopt het? Dan hoeft u niets te doen. {then}",
        f"Klopt het niet? Maak het dan ongedaan. Dat kan tot en met {_last_day(now)}:",
        undo_url,
    )


def no_reminder(about: About, url: str, now: datetime) -> Notice:
    return _notice(
        about.sender,
        f"Geen herinnering meer over “{about.title}”?",
        f"Via de link in onze brief vroeg iemand namens {about.party} om geen herinnering.",
        f"Het gaat over onze brief {about.line}.",
        "Wilt u dat? Druk dan op de knop op deze pagina. Pas daarna sturen wij geen herinnering"
        f" meer. De link werkt tot en met {_last_day(now)}:",
        url,
        "Wilt u het niet? Dan hoeft u niets te doen.",
    )


def other_address(about: About, email: str, url: str, now: datetime) -> Notice:
    return _notice(
        about.sender,
        f"Voortaan een ander adres voor {about.party}?",
        f"Via de link in onze brief vroeg iemand om voortaan naar {email} te schrijven.",
        f"Het gaat om post aan {about.party}. Nu schrijven wij naar dit adres.",
        "Klopt dat? Druk dan op de knop op deze pagina. Pas daarna verandert het adres."
        f" De link werkt tot en met {_last_day(now)}:",
        url,
        "Klopt het niet? Dan hoeft u niets te doen. Wij blijven naar dit adres schrijven.",
    )


def no_more_mail(sender: Sender, everyone: bool, undo_url: str, now: datetime) -> Notice:
    whom = "alle afzenders op onze site" if everyone else sender.name
    return _notice(
        sender,
        f"U krijgt geen post meer van {whom}",
        f"Wij schrijven niet meer naar dit adres. Dat geldt voor {whom}.",
        "Klopt dat? Dan hoeft u niets te doen. Dit is het laatste bericht.",
        "Was het een vergissing, of drukte iemand anders op de knop?"
        f" Maak het dan ongedaan. Dat kan tot en met {_last_day(now)}:",
        undo_url,
    )


def _notice(sender: Sender, subject: str, *paragraphs: str) -> Notice:
    foot = f"Met vriendelijke groet,\n\n{sender.name}\n{sender.postal_address}\n{sender.email}"
    return Notice(subject, "\n\n".join(("Geachte griffie,", *paragraphs, foot)) + "\n")


def _last_day(now: datetime) -> str:
    return dutch.long_date(dutch_date(now + UNDO_LASTS))
