"""What griffies write, a sentence at a time, and what is made of it."""

from datetime import date

import pytest

from outreach.delivery.incoming import automatic, parsing, quoting, telling, wording
from outreach.delivery.incoming.telling import About, Standing

SEEN = date(2026, 4, 8)
ABOUT = About(Standing.GRIFFIE, in_thread=True, same_subject=True, kenmerk="NE-2026-014", seen=SEEN)
#: The whole of a reply in our thread: its kind, and what is recorded of it.
WRITTEN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Geachte mevrouw Zuidema,\n\nNamens de griffie bevestig ik de goede ontvangst van uw brief d.d. 23 maart jl. De brief wordt toegevoegd aan de lijst van ingekomen stukken van de raadsvergadering d.d. 21 april 2026 met als afdoeningsvoorstel: voor kennisgeving aannemen.\n\nMet vriendelijke groet,\nAnneke",
        "answer",
        ("op-lijst",),
    ),
    (
        "Uw brief is geregistreerd onder nummer 2026-1234 en is doorgestuurd aan de raadsleden.",
        "answer",
        ("doorgestuurd",),
    ),
    (
        "Beste meneer,\n\nIk heb uw brief op de LIS geplaatst voor 12 mei.\n",
        "answer",
        ("op-lijst",),
    ),
    ("Dank. Gedaan!", "unresolved", ()),
    ("Hallo,\n\nUw mail is gedeeld met de raadsleden via iBabs.\n", "answer", ("doorgestuurd",)),
    ("De brief staat inmiddels in iBabs bij de ingekomen stukken.", "answer", ("op-lijst",)),
    ("Uw brief is geplaatst in het RIS.", "answer", ("antwoord",)),
    ("De leden van de raad hebben uw brief ontvangen.", "receipt", ("ontvangen",)),
    ("Uw e-mail heb ik aan alle fractievoorzitters toegestuurd.", "answer", ("doorgestuurd",)),
    (
        "Wij hebben uw bericht doorgegeven aan de afdeling Samenleving.",
        "receipt",
        ("in-behandeling",),
    ),
    (
        "Ik heb uw mail doorgestuurd naar mijn collega van het sociaal domein.",
        "receipt",
        ("in-behandeling",),
    ),
    ("Uw brief is doorgestuurd naar het klantcontactcentrum.", "receipt", ("in-behandeling",)),
    ("De heer Jansen van onze afdeling neemt contact met u op.", "receipt", ("in-behandeling",)),
    ("Hierbij de reactie van het college op uw brief. Zie bijlage.", "answer", ("antwoord",)),
    (
        "Het college heeft uw brief beantwoord, zie de raadsinformatiebrief van 2 april.",
        "answer",
        ("antwoord",),
    ),
    ("Uw brief is in de raad van gisteren behandeld.", "answer", ("besproken",)),
    (
        "Bij deze laten wij u weten dat de raad uw brief voor kennisgeving heeft aangenomen.",
        "answer",
        ("antwoord",),
    ),
    ("De raad heeft besloten uw brief te betrekken bij agendapunt 7.", "answer", ("antwoord",)),
    ("Uw brief zal worden betrokken bij de begrotingsbehandeling.", "unresolved", ()),
    ("I forwarded your letter to the council members.", "answer", ("doorgestuurd",)),
    (
        "We received your letter and will put it on the list of incoming documents.",
        "unresolved",
        (),
    ),
    ("Please stop emailing us.", "unsubscribe", ()),
    ("Kunt u aangeven of deze brief ook aan het college is gestuurd?", "unresolved", ()),
    ("Wij hebben uw brief ook via de post ontvangen.", "receipt", ("ontvangen",)),
    ("Helaas kunnen wij uw brief niet doorsturen.", "unresolved", ()),
    ("Wij sturen geen brieven van organisaties door aan de raad.", "unresolved", ()),
    ("De brief is aan de raad gericht en dus niet door het college behandeld.", "unresolved", ()),
    ("Voor uw informatie: onze raad heeft nieuwe leden sinds 31 maart.", "answer", ("antwoord",)),
    ("Zie onderstaand bericht van de fractie GroenLinks.", "unresolved", ()),
    ("Kunt u ons de brief in Word sturen? Dan plaatsen we hem op de lijst.", "unresolved", ()),
    (
        "Uw brief staat op de lijst van ingekomen stukken, vergadering 21/5.",
        "answer",
        ("op-lijst",),
    ),
    ("Uw brief komt op de LIS van de raad van mei.", "unresolved", ()),
    ("Ik ben blij met uw brief.", "unresolved", ()),
    ("Ik begrijp niet goed wat u van ons verwacht.", "unresolved", ()),
    ("Uw mail is in onze ongewenste post beland. Ik stuur hem morgen door.", "unresolved", ()),
    ("Graag ontvangen wij de brief op papier, ondertekend.", "unresolved", ()),
    ("Raadsleden ontvangen geen post van derden via de griffie.", "unresolved", ()),
    ("U dient uw brief via het formulier op onze website in te dienen.", "unresolved", ()),
    ("De brief ligt ter beoordeling bij het presidium.", "unresolved", ()),
    ("Vooralsnog doen wij hier niets mee tot na de formatie.", "unresolved", ()),
    ("Er zat een brief voor gemeente Bunnik bij.", "unresolved", ()),
    ("Dit is niet voor ons bedoeld, de aanhef noemt een andere gemeente.", "unresolved", ()),
    ("Fijn dat u dit doet. Mijn moeder is ook eenzaam.", "unresolved", ()),
    ("Stuur mij s.v.p. het rapport toe waar u naar verwijst.", "unresolved", ()),
    ("De link in uw brief werkt niet.", "unresolved", ()),
    ("Volgende keer graag vóór dinsdag 12.00 uur aanleveren.", "unresolved", ()),
    ("Ik vraag u op grond van artikel 15 AVG welke gegevens u heeft.", "unresolved", ()),
    ("Wij hebben uw brief niet gezien.", "unresolved", ()),
    ("Het onderwerp is opgenomen in het coalitieakkoord.", "answer", ("antwoord",)),
    ("Wij gaan hier niet op in.", "answer", ("antwoord",)),
    ("Beste Marit, de motie van de fractie Lokaal Samen is verworpen.", "answer", ("antwoord",)),
    ("Niet meer sturen a.u.b.", "unsubscribe", ()),
    ("Wilt u mij niet meer schrijven? Ik ben geen raadslid meer.", "unsubscribe", ()),
    ("Uw mails komen in de spam terecht, kunt u ze anders sturen?", "unresolved", ()),
    (
        "Geachte heer, mevrouw,\n\nUw brief is inmiddels ter kennisname aan de raadsleden gezonden.\n\nVriendelijke groet,\nGriffie",
        "answer",
        ("doorgestuurd",),
    ),
    (
        "Goedemorgen,\n\nWe hebben jullie oproep met de fracties gedeeld.\n\nGroeten, Karin",
        "answer",
        ("doorgestuurd",),
    ),
    (
        "De raad heeft kennisgenomen van uw brief in de vergadering van 16 april.",
        "answer",
        ("op-lijst",),
    ),
    (
        "Uw brief is voor kennisgeving aangenomen door de raad op 16 april 2026.",
        "answer",
        ("op-lijst",),
    ),
    (
        "Beste Marit, ik heb je mail doorgezet naar de woordvoerders zorg van alle fracties.",
        "answer",
        ("doorgestuurd",),
    ),
    (
        "Geachte mevrouw Zuidema,\n\nUw brief is opgenomen in de lijst met ingekomen stukken voor de raadsvergadering van donderdag 23 april 2026.\n\nMet vriendelijke groet,\n\nJ. Pietersen\nraadsadviseur",
        "answer",
        ("op-lijst",),
    ),
    (
        "Wij hebben uw schrijven ter afhandeling doorgestuurd naar het college van B&W.",
        "answer",
        ("naar-college",),
    ),
    (
        "De raad stelt voor uw brief in handen te stellen van het college ter afdoening.",
        "unresolved",
        (),
    ),
    ("Uw verzoek ligt bij het college ter beantwoording.", "answer", ("naar-college",)),
    ("Het presidium heeft besloten uw brief niet te agenderen.", "answer", ("geweigerd",)),
    (
        "Onze raad neemt geen oproepen van landelijke organisaties in behandeling.",
        "answer",
        ("geweigerd",),
    ),
    ("Brief is verspreid.", "answer", ("doorgestuurd",)),
    ("Akkoord, is doorgestuurd. Groet, Henk", "answer", ("doorgestuurd",)),
    ("Doorgestuurd naar de raad. Mvg, griffie", "answer", ("doorgestuurd",)),
    ("ter kennisgeving doorgeleid", "answer", ("doorgestuurd",)),
    ("Dit is niet voor de raad bedoeld maar voor het college.", "answer", ("geweigerd",)),
    (
        "Kunnen we hierover een afspraak maken? Ik ben bereikbaar op 030-1234567.",
        "answer",
        ("gesprek",),
    ),
    ("De burgemeester wil graag met u in gesprek over dit onderwerp.", "answer", ("gesprek",)),
    ("We bespreken uw oproep in de commissie Samenleving van 12 mei.", "unresolved", ()),
    (
        "De commissie heeft uw brief gisteren besproken en er is een motie aangekondigd.",
        "answer",
        ("besproken",),
    ),
    (
        "Hartelijk dank voor uw brief. De gemeente Zeist doet al veel aan eenzaamheid, zie ons actieprogramma op de website. Wij zien geen aanleiding voor verdere stappen.",
        "answer",
        ("antwoord",),
    ),
    (
        "De raad heeft in zijn vergadering van 2 april de motie Samen eten aangenomen. Daarmee is aan uw oproep gehoor gegeven.",
        "answer",
        ("antwoord",),
    ),
    ("ja, wij doen mee aan de pilot", "answer", ("antwoord",)),
    ("Goed ontvangen, dank.", "receipt", ("ontvangen",)),
    ("Dank voor uw mail, wij hebben deze in goede orde ontvangen.", "receipt", ("ontvangen",)),
    (
        "Uw brief is bij ons binnengekomen en geregistreerd onder nummer 2026-00812.",
        "receipt",
        ("ontvangen",),
    ),
    (
        "We nemen uw mail in behandeling en komen er zo snel mogelijk op terug.",
        "receipt",
        ("in-behandeling",),
    ),
    ("Bedankt voor uw bericht. Uw zaaknummer is ZK26000123.", "receipt", ("ontvangen",)),
    (
        "Uw mail is geregistreerd onder zaak 885421. Binnen 8 weken ontvangt u een reactie.",
        "receipt",
        ("ontvangen",),
    ),
    ("Zie bijlage.", "unresolved", ()),
    ("Kunt u mij bellen?", "unresolved", ("gesprek",)),
    ("Welke motie bedoelt u?", "unresolved", ()),
    ("Wij sturen uw brief door zodra de nieuwe raad is geïnstalleerd.", "unresolved", ()),
    ("Ik ben geen griffier meer. Stuur uw mail voortaan naar griffie@zeist.nl", "unresolved", ()),
    ("De griffier is met pensioen, mijn opvolger is mevrouw De Boer.", "unresolved", ()),
    ("Uw brief was niet leesbaar, kunt u hem als pdf sturen?", "unresolved", ()),
    (
        "Bent u zich ervan bewust dat dit al in februari is doorgestuurd naar de raad?",
        "unresolved",
        (),
    ),
    ("De brief is nog niet doorgestuurd naar de raad.", "unresolved", ()),
    (
        "De brief is niet naar de raad doorgestuurd omdat hij aan het college was gericht.",
        "answer",
        ("geweigerd",),
    ),
    ("Test", "unresolved", ()),
    ("👍", "unresolved", ()),
    ("Wij stellen geen prijs op verdere correspondentie.", "unsubscribe", ()),
    ("Gelieve ons niet meer te mailen.", "unsubscribe", ()),
    ("Kunt u ons adres verwijderen?", "unsubscribe", ()),
    ("Graag uitschrijven.", "unsubscribe", ()),
    ("afmelden", "unsubscribe", ()),
    ("Wij willen deze mails niet meer ontvangen.", "unsubscribe", ()),
    (
        "Stuur a.u.b. geen herinnering, wij hebben de brief al behandeld.",
        "answer",
        ("niet-benaderen",),
    ),
    ("Een herinnering is niet nodig.", "answer", ("niet-benaderen",)),
    (
        "U hoeft ons niet te herinneren, de brief staat op de lijst van 23 april.",
        "answer",
        ("niet-benaderen",),
    ),
    ("Ik zie u graag op de bijeenkomst. Wilt u mij aanmelden?", "unresolved", ()),
)


@pytest.mark.parametrize(("body", "kind", "statuses"), WRITTEN, ids=lambda one: str(one)[:30])
def test_a_reply_is_what_its_words_say(body: str, kind: str, statuses: tuple[str, ...]) -> None:
    head = "From: griffie@zeist.example\nIn-Reply-To: <a@b.example>\nSubject: RE: Oproep\n"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\n\n{body}\n".encode()

    told = telling.tell(parsing.read(raw), ABOUT)

    assert (told.kind.value, tuple(one.status for one in told.said)) == (kind, statuses)
    assert told.reasons


@pytest.mark.parametrize(
    "text",
    [
        "Ik haal uw brief van de lijst ingekomen stukken.",
        "Wij hebben geen bericht ontvangen en sturen u morgen meer informatie.",
        "Ik schrijf u in verband met de lijst van sprekers.",
        "Ik moet mij afmelden voor de bijeenkomst van 4 juni.",
        "De raad wil niet meer dan drie brieven per vergadering bespreken.",
    ],
)
def test_what_is_no_objection(text: str) -> None:
    assert wording.objects(text) == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Uw zaaknummer is Z-2026-01187.", "Z-2026-01187"),
        ("Zaak 1234567", "1234567"),
        ("Ons kenmerk: Z/26/00517", "Z/26/00517"),
        ("geregistreerd met registratienummer RG26.04711.", "RG26.04711"),
        ("Uw brief met kenmerk NE-2026-014 is bekend als Z26/004512.", "Z26/004512"),
        ("Ontvangen op 23-03-2026, zaak van 8 april 2026.", ""),
        ("Wij bellen u op 030-1234567.", ""),
        ("De zaak ligt bij de raad.", ""),
    ],
)
def test_a_zaaknummer_is_found_and_no_date_or_number_of_ours(text: str, number: str) -> None:
    assert automatic.case_number(text, ours="NE-2026-014") == number


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("op 21 mei", date(2026, 5, 21)),
        ("op 21 mei 2027", date(2027, 5, 21)),
        ("op 3-6-2026", date(2026, 6, 3)),
        ("op 12 jan.", date(2026, 1, 12)),
        ("op 2 november", date(2026, 11, 2)),
        ("op 31 februari", None),
        ("in mei", None),
    ],
)
def test_a_day_without_a_year_is_the_nearest(text: str, day: date | None) -> None:
    assert wording.day(text, seen=SEEN) == day


def test_quotes_and_signature_are_cut_and_kept() -> None:
    text = (
        "Dag Marit,\n\nHij is doorgestuurd.\n\nMet vriendelijke groet,\nKarin\n\n"
        "Op di 5 mei 2026 om 10:22 schreef Naast Elkaar <post@naastelkaar.example>:\n"
        "> Wilt u ons antwoorden?\n"
    )

    pieces = quoting.split(text)

    assert pieces.own == "Dag Marit,\n\nHij is doorgestuurd."
    assert pieces.signature.startswith("Met vriendelijke groet")
    assert "Wilt u ons antwoorden?" in pieces.quoted


def test_what_stands_below_and_between_quotes_is_own() -> None:
    text = (
        "Op 5 mei schreef Marit:\n> Is hij doorgestuurd?\n\nJa, vandaag.\n\n> En de lijst?\n\nOok."
    )

    assert quoting.split(text).own.split() == ["Ja,", "vandaag.", "Ook."]
