"""What a raad does with a letter on its lijst ingekomen stukken: the outcomes that all of them
use, whatever words their list has for it. Those words stand beside it, as the answer's note.
"""

from enum import StrEnum

from outreach.answers.models import Status
from outreach.wording import N_


class Handling(StrEnum):
    """An afdoening, in the order of how often it is chosen."""

    KENNISGEVING = "kennisgeving"
    COLLEGE = "college"
    COLLEGE_BERICHT = "college-bericht"
    ADVIES = "advies"
    AGENDAPUNT = "agendapunt"
    BESPREKING = "bespreking"
    DOORVERWEZEN = "doorverwezen"
    GRIFFIE = "griffie"
    ANDERS = "anders"

    @property
    def word(self) -> str:
        """As lists and timelines say it."""
        return _WORDS[self][0]

    @property
    def said(self) -> str:
        """A sentence without a full stop, to be translated where visitors read it."""
        return _WORDS[self][1]

    @property
    def status(self) -> Status:
        """The answer that it is: on the list, or discussed."""
        discussed = (Handling.AGENDAPUNT, Handling.BESPREKING)
        return Status.BESPROKEN if self in discussed else Status.OP_LIJST


_WORDS = {
    Handling.KENNISGEVING: (
        "voor kennisgeving aangenomen",
        N_("De raad nam de brief voor kennisgeving aan"),
    ),
    Handling.COLLEGE: (
        "naar het college ter afdoening",
        N_("De raad gaf de brief aan het college om af te handelen"),
    ),
    Handling.COLLEGE_BERICHT: (
        "naar het college ter afdoening, met bericht aan de raad",
        N_("De raad gaf de brief aan het college, en wil horen wat ermee gebeurt"),
    ),
    Handling.ADVIES: (
        "naar het college voor advies",
        N_("De raad vroeg het college om advies over de brief"),
    ),
    Handling.AGENDAPUNT: (
        "betrokken bij een agendapunt",
        N_("De raad betrok de brief bij een agendapunt"),
    ),
    Handling.BESPREKING: (
        "besproken in de raad of een commissie",
        N_("De raad of een commissie besprak de brief"),
    ),
    Handling.DOORVERWEZEN: ("doorverwezen", N_("De raad verwees de brief door")),
    Handling.GRIFFIE: ("afgehandeld door de griffie", N_("De griffie handelde de brief af")),
    Handling.ANDERS: ("anders", N_("De raad deed iets anders met de brief")),
}


def word_of(handling: str) -> str:
    """The word for what an answer says of it; "" when it says nothing."""
    return Handling(handling).word if handling else ""
