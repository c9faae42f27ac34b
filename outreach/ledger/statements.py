"""The statements that the law asks for, made from the settings: art. 13, 14 and 30 of the AVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.accounts import choices, senders
from outreach.accounts.choices import Periods, Privacy
from outreach.accounts.models import Sender
from outreach.wording import N_, _, _n

INTEREST = N_(
    "Gemeenteraden en colleges informeren over een onderwerp dat bij hen op de agenda staat, en"
    " weten wat zij ermee doen."
)
SECURITY = (
    "Alleen wie een account heeft, ziet gegevens, ieder naar zijn rol; wachtwoorden staan er"
    " versleuteld (argon2id). Post en website gaan over versleutelde verbindingen. Wie iets"
    " wijzigt, staat in een logboek. Reservekopieën zijn alleen leesbaar voor de beheerder."
)


@dataclass(frozen=True)
class Processing:
    """One purpose, as the register of processing names it (AVG art. 30)."""

    title: str
    purpose: str
    basis: str
    people: str
    data: str
    source: str
    recipients: str
    kept: str


@dataclass(frozen=True)
class Statement:
    """Who answers for the data, and what is done with it."""

    controllers: Sequence[Sender]
    privacy: Privacy
    processings: Sequence[Processing]

    @property
    def controller(self) -> str:
        return self.privacy.controller or " en ".join(one.name for one in self.controllers)

    @property
    def email(self) -> str:
        """Where people ask; "" when there is no sender yet."""
        own = [one.reply_to or one.email for one in self.controllers[:1]]
        return self.privacy.email or "".join(own)

    @property
    def processors(self) -> list[str]:
        return [line.strip() for line in self.privacy.processors.splitlines() if line.strip()]

    @property
    def interest(self) -> str:
        return self.privacy.interest or INTEREST

    @property
    def lacking(self) -> list[str]:
        """What an owner still has to fill in, in Dutch."""
        wanted = {
            "wie verantwoordelijk is": self.controller,
            "waar mensen terechtkunnen": self.email,
            "wie voor u gegevens verwerkt, zoals uw mailserver": self.privacy.processors,
        }
        return [words for words, value in wanted.items() if not value]


def current() -> Statement:
    """As things are set now."""
    privacy, periods = choices.read(Privacy), choices.read(Periods)
    return Statement(senders.everyone(), privacy, _processings(privacy, periods))


def spell(days: int) -> str:
    """A period as people say it: "2 jaar", "6 maanden", "14 dagen".

    >>> spell(730)
    '2 jaar'
    """
    if days % 365 == 0:
        return _n("%(count)s jaar", "%(count)s jaar", days // 365)
    months = round(days / 30.5)
    if days > 60 and abs(days - months * 30.5) <= 1:
        return _n("%(count)s maand", "%(count)s maanden", months)
    return _n("%(count)s dag", "%(count)s dagen", days)


def _processings(privacy: Privacy, periods: Periods) -> tuple[Processing, ...]:
    interest = privacy.interest or _(INTEREST)
    helpers = _("onze mailserver en wie deze site voor ons draait")
    return (
        Processing(
            _("Brieven aan gemeenten"),
            _("Brieven sturen aan raden en colleges, en bijhouden wat een gemeente ermee deed."),
            _(
                "Gerechtvaardigd belang (AVG art. 6, lid 1, onder f): %(interest)s Bij elk"
                " adres staat waarom wij het mogen mailen (Telecommunicatiewet art. 11.7).",
                interest=interest,
            ),
            _("Griffiers, raadsleden, bestuurders en andere mensen in een functie."),
            _(
                "Naam, aanspreekvorm, functie, gemeente, e-mailadres, telefoonnummer; van"
                " raadsleden de fractie, als die openbaar is; welke brief wanneer ging en"
                " wat erop kwam."
            ),
            _(
                "De website van de gemeente, het Register van Overheidsorganisaties, of uzelf. Bij"
                " elk adres staat waar het vandaan komt en sinds wanneer."
            ),
            _("De gemeente zelf; %(helpers)s.", helpers=helpers),
            _(
                "Tekst, adres en pdf van een brief %(letters)s; een contact %(contacts)s na de"
                " laatste dag in functie; mail van een gemeente %(replies)s, andere mail"
                " %(mail)s. Dat er een brief ging, blijft zonder naam bewaard. Wie geen"
                " post meer wil, blijft op de geen-postlijst.",
                letters=spell(periods.letters),
                contacts=spell(periods.contacts),
                replies=spell(periods.replies),
                mail=spell(periods.mail),
            ),
        ),
        Processing(
            _("Bijeenkomsten"),
            _(
                "Aanmeldingen aannemen, plaatsen verdelen, bevestigen en berichten bij een"
                " wijziging."
            ),
            _(
                "Uitvoeren waar u om vraagt (AVG art. 6, lid 1, onder b). Wensen over eten of"
                " toegang alleen met uw toestemming (art. 9, lid 2, onder a); zij staan er"
                " versleuteld, en alleen wie de bijeenkomst voorbereidt leest ze."
            ),
            _("Wie zich aanmeldt."),
            _(
                "Naam, e-mailadres, functie, gemeente, dagen, antwoorden en, als u dat wilt,"
                " wensen. Nooit uw partij."
            ),
            _("Uzelf, of wie u aanmeldde."),
            _("De organisatie van de bijeenkomst; %(helpers)s.", helpers=helpers),
            _(
                "Wensen %(needs)s na de bijeenkomst, of tot u annuleert; naam en adres"
                " %(registrations)s; daarna alleen aantallen.",
                needs=spell(periods.needs),
                registrations=spell(periods.registrations),
            ),
        ),
        Processing(
            "Accounts en logboek",
            "Weten wie van ons mag inloggen en wie wat deed.",
            "Gerechtvaardigd belang: gegevens beveiligen (AVG art. 6, lid 1, onder f).",
            "Onze eigen medewerkers.",
            "Naam, e-mailadres, rol; in het logboek alleen nummers.",
            "Wijzelf.",
            f"{helpers[0].upper()}{helpers[1:]}.",
            f"Het logboek {spell(periods.audit)}; een account zolang iemand meewerkt.",
        ),
    )
