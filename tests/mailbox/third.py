"""Mails of kinds that the two hundreds have not: what a season of letters brings once or twice."""

from tests.mailbox import mails
from tests.mailbox.second import (
    GMAIL_NL,
    OOF,
    OUTLOOK_EN,
    OUTLOOK_NL,
    SIGNED,
    SUBJECT,
    US,
    Row,
    report,
    write,
)

CALENDAR = """--C
Content-Type: text/plain; charset=utf-8

Anneke de Wit heeft de uitnodiging geaccepteerd.

--C
Content-Type: text/calendar; method=REPLY; charset=utf-8

BEGIN:VCALENDAR
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:ander-overleg@agenda.example
DTSTAMP:20260324T091112Z
DTSTART:20260407T173000Z
SUMMARY:Gesprek over de oproep
ATTENDEE;PARTSTAT=ACCEPTED:mailto:griffie@zeist.example
END:VEVENT
END:VCALENDAR

--C--
"""
SIGNED_QUESTION = """--S
Content-Type: text/plain; charset=utf-8

Goedemorgen,

Voor welke raadscommissie is uw brief bedoeld?

Griffie Utrecht

--S
Content-Type: application/pkcs7-signature; name=smime.p7s
Content-Transfer-Encoding: base64

MIIGPgYJKoZIhvcNAQcCoIIGLzCCBisCAQ==

--S--
"""
FORWARDED = (
    "Beste mensen,\n\nVan onze griffie kreeg ik onderstaande. Ik neem het mee in de fractie.\n\n"
    "Joke Lubbers\nraadslid Buurtbelang\n\n---------- Doorgestuurd bericht ----------\n"
    f"Van: Griffie Haarlem <griffie@haarlem.example>\nDatum: di 24 mrt 2026 om 09:12\n"
    f"Onderwerp: Fwd: {SUBJECT}\nAan: raadsleden\n\nTer kennisname doorgestuurd aan de raad.\n\n"
    f"Van: Naast Elkaar <{US}>\n\n{mails.LETTER}"
)


def everything() -> list[Row]:
    return [
        write("bare question", "unresolved", "Zeist", "Is dit een brief of een uitnodiging?"),
        write("bare question with all of it below", "unresolved", "Utrecht", "Mogen wij de brief openbaar maken?" + SIGNED + OUTLOOK_NL),
        write("s/mime question", "unresolved", "Utrecht", body=SIGNED_QUESTION, ctype='multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=S'),
        write("cc griffie", "unresolved", "Haarlem", "Beste Petra, zie onder, iets voor de commissie? cc griffie", by="Wethouder Bos <m.bos@{domain}>", head="Cc: griffie@haarlem.example"),
        write("cc griffie and done", "answer", "Leiden", "Geachte mevrouw Zuidema,\n\nUw brief is doorgestuurd naar de raadsleden (griffie in cc).\n\nM. Bos, secretariaat" + OUTLOOK_NL, by="Secretariaat <secretariaat@{domain}>", head="Cc: griffie@leiden.example", says="doorgestuurd"),
        write("forwarded by a raadslid", "unresolved", "Haarlem", FORWARDED, by="Joke Lubbers <j.lubbers@raad.{domain}>", on="Fwd: " + SUBJECT, thread=False),
        write("forwarded by a raadslid from home", "unresolved", "Haarlem", FORWARDED, by="Joke Lubbers <jokelubbers@gmail.com>", on="Fwd: " + SUBJECT, thread=False),
        write("calendar reply", "unresolved", "Zeist", body=CALENDAR, on="Geaccepteerd: Gesprek over de oproep", thread=False, ctype="multipart/alternative; boundary=C"),
        write("auto-reply with zaaknummer and question", "receipt", "Goes", "Uw bericht is ontvangen en geregistreerd onder zaaknummer Z2026-00418.\n\nHebt u ons een klacht gestuurd? Wilt u dan uw telefoonnummer doorgeven?\n\nDit is een automatisch bericht.", by="Gemeente Goes <noreply@{domain}>", on="Ontvangstbevestiging Z2026-00418", head="Auto-Submitted: auto-replied"),
        write("zimbra english", "out-of-office", "Tilburg", "I am currently out of the office and will return on Monday, April 13. In urgent cases please contact griffie@tilburg.example.", head="Auto-Submitted: auto-replied (zimbra; vacation)\nPrecedence: bulk"),
        write("zimbra english receipt", "receipt", "Hoorn", "This is an automatic reply. We have received your message and registered it as case number 2026-7781. We aim to respond within 10 working days.", head="Auto-Submitted: auto-replied (zimbra; vacation)\nPrecedence: bulk", on="Out of office: your message"),
        write("re re fw", "answer", "Zutphen", "Zie hieronder, is gebeurd: uw brief is doorgestuurd naar de raadsleden.\n\nGroet, Els" + OUTLOOK_EN, on="Re: Re: FW: " + SUBJECT, says="doorgestuurd"),
        write("re re fw with nothing", "unresolved", "Zutphen", OUTLOOK_EN, on="Re: Re: FW: " + SUBJECT),
        write("quotes all and says nothing", "unresolved", "Veendam", OUTLOOK_NL),
        write("quotes all below a signature", "unresolved", "Deventer", SIGNED + OUTLOOK_NL),
        write("quotes all marked", "unresolved", "Deventer", GMAIL_NL),
        report("delay in dutch", "delay", "Amersfoort", "Dit is een automatische melding over de aflevering van uw bericht.\n\nDE AFLEVERING IS VERTRAAGD. U hoeft het bericht niet opnieuw te sturen.\nWij proberen het nog 3 dagen: {to}", action="delayed", status="4.4.1", on="Aflevering vertraagd: " + SUBJECT, code="451 4.4.1 geen antwoord van de host"),
        write("delay in dutch without a report", "delay", "Heerenveen", "Uw bericht aan griffie@heerenveen.example is nog niet bezorgd. De server wordt nog 2 dagen geprobeerd. U hoeft niets te doen.\n\nOnderwerp: " + SUBJECT, by="Postmaster <postmaster@{domain}>", on="Bezorging vertraagd", thread=False, head="Auto-Submitted: auto-generated\nReturn-Path: <>"),
        write("question beside what was done", "answer", "Assen", "Uw brief staat op de lijst ingekomen stukken van 9 april. Mogen wij uw telefoonnummer noemen?" + SIGNED + OUTLOOK_NL, says="op-lijst antwoord"),
        write("done if you agree", "unresolved", "Emmen", "Als u akkoord bent, stuur ik de brief door naar de raadsleden. Hoor ik van u?" + SIGNED),
        write("presidium decides", "unresolved", "Meppel", "Het presidium besluit op 30 maart of uw brief op de lijst ingekomen stukken komt." + SIGNED),
        write("frisian", "answer", "Heerenveen", "Goeie,\n\nJo brief is trochstjoerd nei de riedsleden.\n\nMei freonlike groetnis,\nGriffy", says="doorgestuurd antwoord"),
        write("frisian, not yet", "unresolved", "Heerenveen", "Jo brief is noch net trochstjoerd nei de riedsleden." + SIGNED),
        write("just now", "answer", "Weert", "Ik heb uw brief net doorgestuurd naar de raadsleden." + SIGNED, says="doorgestuurd"),
        write("attached letter of the college", "answer", "Weert", "Bijgaand treft u de reactie van het college aan op uw brief." + SIGNED, by="Bestuurszaken <bestuurszaken@{domain}>", says="antwoord"),
        write("away and question", "out-of-office", "Venlo", "Ik ben afwezig tot 20 april. Hebt u een vraag over de raadsvergadering? Bel 077 359 66 66.", on="Automatisch antwoord: " + SUBJECT, head=OOF),
    ]  # fmt: skip
