"""A second hundred mails, by someone who had not read the rules.

A mail is a row: its name, what it is, whose it is, and how it is written. `kind` is what a person would say
of it; `unresolved` where a person would have to look. Everybody in it is invented.
"""

from dataclasses import dataclass
from email.header import Header

from tests.mailbox import mails

US, SUBJECT, KENMERK = mails.US, mails.SUBJECT, mails.KENMERK
QUOTE = "\n".join(f"> {line}" for line in mails.LETTER.splitlines())
OUTLOOK_NL = f"\n________________________________\nVan: Naast Elkaar <{US}>\nVerzonden: maandag 23 maart 2026 09:00\nAan: Griffie\nOnderwerp: {SUBJECT}\n\n{mails.LETTER}"
OUTLOOK_EN = f"\n-----Original Message-----\nFrom: Naast Elkaar <{US}>\nSent: Monday, March 23, 2026 9:00 AM\nTo: Griffie\nSubject: {SUBJECT}\n\n{mails.LETTER}"
GMAIL_NL = f"\nOp ma 23 mrt 2026 om 09:00 schreef Naast Elkaar <{US}>:\n\n{QUOTE}\n"
SIGNED = "\n\nMet vriendelijke groet,\n\nAnneke de Wit\nraadsgriffier\nT 0343 - 555 010\nAanwezig: ma, di, do\n\nDe raad vergadert op donderdag. Stukken staan op raad.{domain}.\nDenk aan het milieu voordat u dit bericht print. Aan dit bericht kunnen geen rechten worden ontleend; is het\nniet voor u bestemd, stuur het dan terug en verwijder het."


@dataclass(frozen=True)
class Row:
    """One mail, what a person would say that it is, and whose."""

    name: str
    kind: str
    place: str | None
    raw: bytes
    says: tuple[str, ...] = ()  #: of an answer: what may be recorded as done, nothing else


def _subject(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", 998).encode()


def write(
    name: str, kind: str, place: str | None, text: str = "", *, by: str = "Griffie <griffie@{domain}>", on: str | None = None,
    head: str = "", thread: bool = True, html: bool = False, body: str | None = None, ctype: str = "text/plain; charset=utf-8",
    encoding: str = "8bit", says: str = "",
) -> Row:  # fmt: skip
    """A mail in the form that a mail program gives it: `text` becomes its body, or `body` is it, octet for octet."""
    domain = mails.domain(place) if place else "elders.example"
    sender = by.format(domain=domain)
    if html:
        ctype, text = (
            "text/html; charset=utf-8",
            f"<html><head><style>p {{margin:0}}</style></head><body><div>{text}</div></body></html>",
        )
    lines = [
        f"From: {sender}",
        f"To: {US}",
        f"Subject: {_subject(f'RE: {SUBJECT}' if on is None else on)}",
    ]
    lines += [
        "Date: Tue, 24 Mar 2026 10:11:12 +0100",
        f"Message-ID: <second-{name.replace(' ', '.')}@{domain}>",
        "MIME-Version: 1.0",
    ]
    if thread and place:
        lines += [
            f"In-Reply-To: {mails.message_id(place)}",
            f"References: {mails.message_id(place)}",
        ]
    lines += [line.format(domain=domain) for line in head.splitlines()]
    lines += [f"Content-Type: {ctype}", f"Content-Transfer-Encoding: {encoding}"]
    inner = body if body is not None else text.replace("{domain}", domain)
    raw = "\r\n".join(lines) + "\r\n\r\n" + inner.replace("\r\n", "\n").replace("\n", "\r\n")
    return Row(name, kind, place, raw.encode("utf-8", "surrogateescape"), tuple(says.split()))


def report(
    name: str, kind: str, place: str | None, words: str, *, status: str = "5.1.1", action: str = "failed", to: str = "",
    by: str = "MAILER-DAEMON@mx.{domain} (Mail Delivery System)", on: str = "Undelivered Mail Returned to Sender",
    ours: bool = True, code: str = "550 5.1.1 User unknown", head: str = "",
) -> Row:  # fmt: skip
    """A delivery report of RFC 3464."""
    domain = mails.domain(place) if place else "elders.example"
    to = to.format(domain=domain) or f"griffie@{domain}"
    known = (
        mails.message_id(place)
        if place and ours
        else f"<other-{name.replace(' ', '.')}@relay.example>"
    )
    body = f"""--R
Content-Type: text/plain; charset=utf-8

{words.format(to=to, domain=domain)}
--R
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.{domain}
Arrival-Date: Mon, 23 Mar 2026 09:00:03 +0100

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {code}

--R
Content-Type: text/rfc822-headers

From: Naast Elkaar <{US}>
To: {to}
Subject: {_subject(SUBJECT)}
Message-ID: {known}
Date: Mon, 23 Mar 2026 09:00:00 +0100

--R--
"""
    return write(
        name, kind, place, body=body, by=by, on=on, thread=False, head=f"Auto-Submitted: auto-replied\nReturn-Path: <>\n{head}".strip(),
        ctype="multipart/report; report-type=delivery-status; boundary=R",
    )  # fmt: skip


def answers() -> list[Row]:
    """People of a griffie who say what they did."""
    return [
        write("top-posted outlook", "answer", "Zeist", "Goedemorgen,\n\nUw brief heb ik vanochtend doorgestuurd naar alle raadsleden." + SIGNED + OUTLOOK_NL, says="doorgestuurd"),
        write("under the quote", "answer", "Utrecht", f"Op 23-03-2026 09:00 schreef Naast Elkaar:\n{QUOTE}\n\nBeste mevrouw Zuidema,\n\nDe brief is vandaag verspreid onder de raadsfracties.\n\nGroet, Henk", says="doorgestuurd"),
        write("between the quote", "answer", "Haarlem", "> Wilt u de brief in de bijlage doorsturen naar de leden van de raad?\n\nDat heb ik zojuist gedaan.\n\n> De brief kan op de lijst\n> ingekomen stukken, ter kennisname.\n\nHij staat op de lijst van 2 april.\n", says="doorgestuurd op-lijst antwoord"),
        write("list with a day", "answer", "Leiden", "Geachte mevrouw Zuidema,\n\nUw brief is geplaatst op de lijst van ingekomen stukken voor de raadsvergadering van 16 april 2026. Het voorstel is om de brief voor kennisgeving aan te nemen." + SIGNED, says="op-lijst"),
        write("lis abbreviation", "answer", "Goes", "Dag,\n\nDe brief staat op de LIS van 9 april a.s., afdoening: ter kennisname.\n\nMvg Ans", says="op-lijst antwoord"),
        write("to the college", "answer", "Tilburg", "Geachte heer/mevrouw,\n\nDe raad heeft in zijn vergadering van 23 maart uw brief in handen van het college gesteld ter afdoening. U krijgt van het college bericht." + SIGNED, says="naar-college besproken"),
        write("we do not forward", "answer", "Hoorn", "Geachte afzender,\n\nWij sturen brieven van belangenorganisaties niet door aan de raad. U kunt de raadsleden zelf benaderen; hun adressen staan op onze website." + SIGNED, says="geweigerd"),
        write("gmail person", "answer", "Zutphen", "Hallo Marit, doorgezet naar de raad!" + GMAIL_NL, says="doorgestuurd"),
        write("html with a blockquote", "answer", "Veendam", "<p>Geachte mevrouw,</p><p>Ik heb uw bericht doorgestuurd aan de gemeenteraad.</p><p>Vriendelijke groet,<br>de griffie</p><blockquote>Wilt u de brief doorsturen?</blockquote>", html=True, says="doorgestuurd"),
        write("one word", "answer", "Deventer", "Gedaan!\n" + OUTLOOK_EN, says="doorgestuurd antwoord"),
        write("english", "answer", "Amersfoort", "Dear Ms Zuidema,\n\nYour letter has been forwarded to all members of the city council.\n\nKind regards,\nThe registry", says="doorgestuurd antwoord"),
        write("colleague in another mailbox", "answer", "Heerenveen", "Goedemiddag,\n\nDe griffier vroeg mij te laten weten dat uw brief naar de raadsleden is doorgestuurd.\n\nBodo Veenstra\nbestuurssecretariaat", by="Veenstra, B. <b.veenstra@{domain}>", says="doorgestuurd"),
        write("s/mime signed", "answer", "Assen", body="--S\nContent-Type: text/plain; charset=utf-8\n\nUw brief is doorgestuurd naar de raad.\n\n--S\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMIIGPgYJKoZIhvcNAQcCoIIGLzCCBisCAQ==\n\n--S--\n", ctype='multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=S', says="doorgestuurd"),
        write("pgp signed inline", "answer", "Emmen", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nDe brief is doorgestuurd aan de raadsleden.\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n", says="doorgestuurd"),
        write("new mail with our kenmerk", "answer", "Meppel", f"L.S.,\n\nUw brief met kenmerk {KENMERK} is op 24 maart doorgezonden aan de raad.", on=f"Uw brief {KENMERK}", thread=False, says="doorgestuurd"),
        write("will talk", "answer", "Ede", "Beste Marit,\n\nDe voorzitter van de commissie Samenleving wil graag met jullie in gesprek. Kunnen jullie op 7 april om 19.30 uur?\n\nGroet Wim", says="gesprek antwoord"),
        write("discussed", "answer", "Arnhem", "Geachte mevrouw Zuidema,\n\nIn de raadsvergadering van 23 maart is uw brief besproken. De motie van de fractie Lokaal Samen is aangenomen." + SIGNED, says="besproken antwoord"),
        write("already did, no reminder", "answer", "Nijmegen", "U hoeft geen herinnering te sturen, de brief is bij ontvangst al aan de raad doorgeleid.", says="doorgestuurd niet-benaderen geen-herinnering"),
        write("raadsinformatiesysteem", "answer", "Venlo", "Goedemorgen,\n\nUw brief is opgenomen in het raadsinformatiesysteem bij de ingekomen stukken van week 13 en daarmee voor alle raadsleden beschikbaar." + SIGNED, says="op-lijst doorgestuurd antwoord"),
        write("with the note below signature", "answer", "Weert", "Bij deze bevestig ik dat de brief aan de raad is doorgestuurd.\n-- \nGriffie Weert\nWij zijn op 6 april afwezig wegens Pasen.", says="doorgestuurd"),
        write("quoted-printable", "answer", "Zeist", body="De brief is doorgestuurd naar de leden van de raad =E2=80=93 zij =\nbeslissen zelf of ze reageren.\n", on="Antw: " + SUBJECT, encoding="quoted-printable", says="doorgestuurd"),
        write("the college's secretary", "answer", "Utrecht", "Geachte mevrouw Zuidema,\n\nUw brief aan de raad is aan ons college doorgestuurd ter beantwoording. Wij komen hier binnen zes weken op terug.\n\nBestuurssecretariaat college van B en W", by="College <bestuurssecretariaat@{domain}>", says="naar-college in-behandeling"),
        write("motion taken over", "answer", "Haarlem", "Beste,\n\nTer info: uw brief heeft geleid tot schriftelijke vragen van de fractie Buurtbelang. Die staan op onze site.\n\nGriffie", says="antwoord besproken"),
    ]  # fmt: skip


def almost() -> list[Row]:
    """People who did not do anything yet, or whose words only look as if they did."""
    return [
        write("asks for the attachment", "unresolved", "Leiden", "Goedemorgen,\n\nWij missen de bijlage. Kunt u de brief nogmaals sturen, dan stuur ik hem door naar de raad?" + SIGNED + OUTLOOK_NL),
        write("asks who we are", "unresolved", "Goes", "Beste mevrouw Zuidema,\n\nNamens welke organisaties schrijft u? Is uw brief aan alle gemeenten gestuurd?\n\nGroet, Ineke"),
        write("will see whether", "unresolved", "Tilburg", "Goedemorgen,\n\nIk ga na of uw brief kan worden doorgestuurd naar de raad." + SIGNED),
        write("will put it", "unresolved", "Hoorn", "Dank voor uw mail. Na overleg met de voorzitter bepalen wij of de brief op de lijst komt." + GMAIL_NL),
        write("not yet", "unresolved", "Zutphen", "Uw brief is nog niet doorgestuurd: de raad is in verkiezingsreces tot 1 april."),
        write("forward it yourself", "unresolved", "Veendam", "U kunt uw brief zelf doorsturen naar de raadsleden. Adressen vindt u op raad.veendam.example."),
        write("internally passed on", "receipt", "Deventer", "Goedendag,\n\nUw mail is binnengekomen bij het klantcontactcentrum. Ik heb hem doorgestuurd naar de juiste afdeling.\n\nKCC", by="info@{domain}"),
        write("wrong gemeente", "unresolved", "Amersfoort", "Volgens mij is deze mail niet voor ons bedoeld, in de aanhef staat een andere gemeente."),
        write("new address of the griffie", "unresolved", "Heerenveen", "Let op: de griffie heeft een nieuw e-mailadres, griffie@raadheerenveen.example. Wilt u uw bestand aanpassen?"),
        write("comes to the meeting", "unresolved", "Assen", "Ik kom graag naar de bijeenkomst in Haarlem, met twee raadsleden. Is er parkeergelegenheid?"),
        write("raadslid answers", "unresolved", "Emmen", "Beste mensen,\n\nMooi initiatief. Onze fractie heeft hierover al vragen gesteld.\n\nKees Blok\nraadslid Lokaal Emmen", by="Kees Blok <k.blok@raad.{domain}>"),
        write("citizen on a forwarded letter", "unresolved", None, "Ik las uw brief aan de gemeente. Mijn buurvrouw is ook eenzaam, kunt u mij bellen?", by="Riet Smit <riet.smit@kpnmail.example>", on="eenzaamheid", thread=False),
        write("stranger says forwarded", "unresolved", "Meppel", "Uw brief is doorgestuurd naar de raad.", by="Iemand <iemand@hotmail.example>"),
        write("stranger without thread", "unresolved", None, "Brief is doorgestuurd aan de raad.", by="Iemand <iemand@hotmail.example>", thread=False),
        write("journalist", "unresolved", None, "Kunt u mij vertellen hoeveel raden uw brief hebben behandeld?", by="Redactie <redactie@krant.example>", on="Vraag over uw oproep", thread=False),
        write("form letter conditional", "unresolved", "Ede", "Indien uw brief aan de raad is gericht, wordt deze doorgestuurd naar de raad en op de lijst ingekomen stukken geplaatst."),
        write("only a thumb", "unresolved", "Arnhem", "\U0001f44d"),
        write("only thanks", "unresolved", "Nijmegen", "Dank u wel!" + OUTLOOK_NL),
        write("quote says forwarded", "unresolved", "Venlo", f"Bedoelt u deze brief?\n\nOp 20-03-2026 schreef iemand:\n> De brief is doorgestuurd naar de raad.\n{QUOTE}"),
        write("sarcasm", "unresolved", "Weert", "Gaat u iedere week mailen? Dit is de derde brief over dit onderwerp deze maand."),
        write("newsletter of the gemeente", "unresolved", "Zeist", "Raadsnieuws maart: de raad besprak de begroting en heeft het bestemmingsplan in handen van het college gesteld.", on="Raadsnieuws maart 2026", thread=False, by="Raadsnieuws <nieuws@{domain}>", head="List-Unsubscribe: <https://nieuws.{domain}/uit>\nList-Id: <raadsnieuws.{domain}>\nPrecedence: bulk"),
        write("invitation to an evening", "unresolved", "Utrecht", "U bent uitgenodigd voor de raadsontmoeting op 14 april. Meld u aan via de griffie.", on="Raadsontmoeting 14 april", thread=False),
        write("recall by exchange", "unresolved", "Haarlem", "Griffie wil het bericht 'RE: oproep' intrekken.", on="Bericht intrekken: RE: oproep", head="X-MS-Exchange-Organization-RecallReport: true"),
        write("reaction by outlook", "unresolved", "Leiden", "Anneke de Wit heeft met duim omhoog gereageerd op uw bericht:\n\nGeachte griffier, Wilt u de brief in de bijlage doorsturen naar de leden van de raad?", on="Reactie op: " + SUBJECT),
        write("the letter came back to be signed", "unresolved", "Goes", "De brief is niet ondertekend. Wij kunnen hem zo niet aan de raad voorleggen. Stuurt u een getekend exemplaar?"),
        write("forwards it to us by mistake", "unresolved", "Tilburg", "Jan, kun jij deze doorsturen naar de raad? Of eerst langs het presidium?" + OUTLOOK_NL, on="FW: " + SUBJECT),
        write("asks to be called", "unresolved", "Hoorn", "Kunt u mij even bellen over uw brief? 0229-555010."),
        write("other griffie's list", "unresolved", None, "De brief is doorgestuurd.", by="griffie@onbekend.example", thread=False, on="Brief"),
        write("many gemeenten", "unresolved", "Diemen", "Namens de griffies van Diemen, Ouder-Amstel en Uithoorn: waar vinden wij de bijlage bij de brief?", by="Griffie <griffie@samenwerking.example>"),
        write("rhetorical", "unresolved", "Zutphen", "Is uw brief al doorgestuurd naar de raad? Dat kan ik niet terugvinden; ik vraag het na bij mijn collega."),
    ]  # fmt: skip


OOF = "Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent"


def machines() -> list[Row]:
    """What machines send by themselves, and people who say that they are away."""
    return [
        write("exchange away", "out-of-office", "Zeist", "Ik ben afwezig t/m 7 april 2026. Voor dringende zaken kunt u contact opnemen met Jan Bos, j.bos@zeist.example.", on="Automatisch antwoord: " + SUBJECT, head=OOF),
        write("exchange away english", "out-of-office", "Utrecht", "I am out of the office until April 6th with limited access to email.", on="Automatic reply: " + SUBJECT, head=OOF),
        write("gmail vacation", "out-of-office", "Haarlem", "Bedankt voor uw e-mail. Ik ben met vakantie en lees mijn mail weer op 13 april.", on="Afwezigheidsbericht Re: " + SUBJECT, head="Auto-Submitted: auto-replied\nPrecedence: bulk\nX-Autoreply: yes"),
        write("zimbra vacation", "out-of-office", "Leiden", "Ik ben er even niet. Maandag 30 maart ben ik er weer.", head="Auto-Submitted: auto-replied (zimbra; vacation)\nPrecedence: bulk"),
        write("no machine sign", "out-of-office", "Goes", "Dit is een automatisch antwoord. Op vrijdag ben ik niet aanwezig."),
        write("left the job by machine", "unresolved", "Tilburg", "Per 1 maart ben ik niet meer werkzaam bij de gemeente. Mail mijn opvolger: a.kok@tilburg.example.", on="Automatisch antwoord: " + SUBJECT, head=OOF),
        write("away and forwards", "out-of-office", "Hoorn", "Ik ben met zwangerschapsverlof tot 1 juli. Uw mail wordt niet doorgestuurd. Stuur uw bericht naar griffie@hoorn.example.", on="Automatisch antwoord: " + SUBJECT, head=OOF, by="Lotte Kaan <l.kaan@{domain}>"),
        write("away, is being forwarded", "out-of-office", "Zutphen", "Ik ben afwezig tot 30 maart. Uw bericht is doorgestuurd naar mijn collega.", on="Automatisch antwoord: " + SUBJECT, head=OOF),
        write("election recess", "out-of-office", "Veendam", "De griffie is in verband met het reces gesloten van 30 maart tot en met 10 april.", on="Automatisch antwoord", head=OOF),
        write("zaaksysteem", "receipt", "Deventer", "Geachte heer, mevrouw,\n\nWij hebben uw bericht ontvangen en geregistreerd onder zaaknummer 2026-118822. U krijgt binnen acht weken antwoord.\n\nDit is een automatisch verzonden bericht, u kunt hier niet op antwoorden.", by="Gemeente Deventer <noreply@{domain}>", on="Ontvangstbevestiging zaak 2026-118822", thread=False),
        write("zaaksysteem at a supplier", "receipt", "Amersfoort", f"Uw document '{SUBJECT}' is geregistreerd bij gemeente Amersfoort met kenmerk Z/26/204981 / D-553201.", by="noreply@zaken.leverancier.example", on="Registratie Z/26/204981"),
        write("decos", "receipt", "Heerenveen", "Uw e-mail is in goede orde ontvangen en staat bij ons bekend onder nummer 26.0012345.", on="Ontvangstbevestiging", head="Auto-Submitted: auto-generated"),
        write("ibabs", "receipt", "Assen", "Er is een ingekomen stuk geregistreerd: 'Maak eenzaamheid onderwerp van uw raadsprogramma'.\nStatus: ontvangen.\n\niBabs - papierloos vergaderen", by="iBabs <noreply@ibabs.example>", on="Ingekomen stuk geregistreerd"),
        write("notubiz form", "receipt", "Emmen", "Bedankt voor uw inzending via het formulier 'Contact met de raad'. Wij hebben uw bericht ontvangen.", by="no-reply@notubiz.example", on="Bevestiging van uw inzending"),
        write("person confirms", "receipt", "Meppel", "Goedemorgen,\n\nHierbij bevestig ik de ontvangst van uw brief." + SIGNED + OUTLOOK_NL),
        write("person confirms with a number", "receipt", "Ede", "Uw brief is ontvangen en ingeboekt onder nummer ED-2026-00451." + SIGNED),
        write("general office", "receipt", "Arnhem", "Dank voor uw bericht aan de gemeente Arnhem. Wij streven ernaar binnen 5 werkdagen te reageren.", by="Gemeente Arnhem <gemeente@{domain}>", on="Uw bericht aan de gemeente", head="Auto-Submitted: auto-replied"),
        write("receipt that promises to forward", "receipt", "Nijmegen", "Uw e-mail aan de raadsgriffie is ontvangen. Brieven aan de raad worden doorgestuurd aan de raadsleden en op de lijst ingekomen stukken geplaatst.", on="Ontvangstbevestiging griffie", head="Auto-Submitted: auto-replied"),
        write("receipt with anti-spam", "unresolved", "Venlo", "Om uw bericht te bezorgen moet u eerst op onderstaande link klikken om te bewijzen dat u een mens bent.", on="Bevestig uw bericht", by="verify@spamfilter.example", head="Auto-Submitted: auto-generated"),
        write("read receipt", "receipt", "Weert", body="--N\nContent-Type: text/plain\n\nUw bericht is gelezen op dinsdag 24 maart 2026 10:01.\n--N\nContent-Type: message/disposition-notification\n\nReporting-UA: Outlook\nFinal-Recipient: rfc822;griffie@weert.example\nOriginal-Message-ID: " + mails.message_id("Weert") + "\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--N--\n", ctype="multipart/report; report-type=disposition-notification; boundary=N", on="Gelezen: " + SUBJECT),
        write("read receipt deleted", "unresolved", "Zeist", body="--N\nContent-Type: text/plain\n\nUw bericht is ongelezen verwijderd.\n--N\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;griffie@zeist.example\nOriginal-Message-ID: " + mails.message_id("Zeist") + "\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--N--\n", ctype="multipart/report; report-type=disposition-notification; boundary=N", on="Niet gelezen: " + SUBJECT),
        write("fetched by phone", "out-of-office", "Utrecht", "<p>Beste afzender,</p><p>Ik ben afwezig van 23 maart t/m 3 april.</p>", html=True, on="Automatisch antwoord: " + SUBJECT, head=OOF),
        write("ticket", "receipt", "Haarlem", "Uw melding is geregistreerd onder TOPdesk-nummer M2603 0042.", by="Servicedesk <servicedesk@{domain}>", on="[M2603 0042] Uw melding", head="Auto-Submitted: auto-generated", thread=False),
        write("sent by ourselves", "own-copy", None, "Beste griffier, dank voor uw bericht.", by=f"Marit <{US}>", thread=False),
    ]  # fmt: skip


def servers() -> list[Row]:
    """What mail servers say, truly and falsely."""
    gone = "This is the mail system at host mx.{domain}.\n\nYour message could not be delivered to one or more recipients.\n\n<{to}>: host mx.{domain} said: 550 5.1.1 User unknown"
    return [
        report("postfix", "bounce", "Leiden", gone),
        report("exchange dutch", "bounce", "Goes", "Uw bericht kan niet worden bezorgd aan {to}. griffie is niet gevonden op {domain}.", by="Microsoft Outlook <MicrosoftExchange329e71ec@{domain}>", on="Niet bestelbaar: " + SUBJECT, status="5.1.10", code="550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
        report("exchange blocked", "bounce", "Tilburg", "Uw bericht is geblokkeerd door de organisatie van de ontvanger.", status="5.7.1", code="550 5.7.1 Message rejected as spam by Content Filtering", on="Niet bestelbaar: " + SUBJECT),
        report("gmail", "bounce", "Hoorn", "** Adres niet gevonden **\n\nJe bericht is niet bezorgd bij {to}, omdat het adres niet is gevonden of geen e-mail kan ontvangen.", by="Mail Delivery Subsystem <mailer-daemon@googlemail.example>", on="Delivery Status Notification (Failure)"),
        report("gmail delay", "delay", "Zutphen", "There was a temporary problem delivering your message to {to}. Gmail will retry for 47 more hours.", action="delayed", status="4.4.1", by="mailer-daemon@googlemail.example", on="Delivery Status Notification (Delay)", code="421 4.4.1 connection timed out"),
        report("postfix delay", "delay", "Veendam", "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.", action="delayed", status="4.7.1", on="Delayed Mail (still being retried)", code="451 4.7.1 Greylisted"),
        report("mailbox full", "bounce", "Deventer", "De postbus van {to} is vol.", status="5.2.2", code="552 5.2.2 Mailbox full"),
        report("delivered", "receipt", "Amersfoort", "De bezorging aan deze geadresseerden is voltooid.", action="delivered", status="2.0.0", on="Bezorgd: " + SUBJECT, code="250 2.0.0 OK"),
        report("relay replaced our id", "unresolved", "Heerenveen", gone, ours=False),
        report("forged, nobody's", "unresolved", None, gone, ours=False, to="directeur@elders.example"),
        report("behind the griffie", "unresolved", "Assen", gone, to="j.jansen@prive.example"),
        report("forged for another", "unresolved", "Emmen", gone, to="burgemeester@{domain}"),
        write("qmail", "bounce", "Meppel", body="Hi. This is the qmail-send program at mx.meppel.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<griffie@meppel.example>:\n10.1.2.3 does not like recipient.\nRemote host said: 550 5.1.1 no such user\nGiving up on 10.1.2.3.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <" + US + ">\nMessage-ID: " + mails.message_id("Meppel") + "\nFrom: Naast Elkaar <" + US + ">\nSubject: oproep\n\nGeachte griffier\n", by="MAILER-DAEMON@{domain}", on="failure notice", thread=False, head="Return-Path: <>"),
        write("exim", "bounce", "Ede", body="This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  griffie@ede.example\n    host mx.ede.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<griffie@ede.example>:\n    550 5.1.1 Unknown user\n\n------ This is a copy of the message, including all the headers. ------\n\nMessage-ID: " + mails.message_id("Ede") + "\nFrom: Naast Elkaar <" + US + ">\n\nGeachte griffier\n", by="Mail Delivery System <Mailer-Daemon@{domain}>", on="Mail delivery failed: returning message to sender", thread=False, head="X-Failed-Recipients: griffie@ede.example\nAuto-Submitted: auto-replied\nReturn-Path: <>"),
        write("person says it came back", "unresolved", "Arnhem", "Ik kreeg een foutmelding: 550 5.1.1 User unknown bij het doorsturen van uw brief naar een raadslid. Heeft u de juiste adressen?"),
        write("person pastes a bounce", "unresolved", "Nijmegen", "Zie onder. Wat gaat hier mis?\n\nDelivery has failed to these recipients: raad@nijmegen.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound#"),
        write("feedback loop", "complaint", "Venlo", body="--F\nContent-Type: text/plain\n\nThis is an email abuse report.\n--F\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Loop/1.0\nVersion: 1\nOriginal-Rcpt-To: griffie@venlo.example\n\n--F\nContent-Type: message/rfc822\n\nMessage-ID: " + mails.message_id("Venlo") + "\nFrom: Naast Elkaar <" + US + ">\nTo: griffie@venlo.example\nSubject: oproep\n\nGeachte griffier\n--F--\n", ctype="multipart/report; report-type=feedback-report; boundary=F", by="fbl@isp.example", on="abuse report", thread=False),
        write("dmarc report", "unresolved", None, body="--D\nContent-Type: text/plain\n\nThis is an aggregate report.\n--D\nContent-Type: application/gzip; name=report.xml.gz\nContent-Transfer-Encoding: base64\n\nH4sIAAAA\n--D--\n", ctype="multipart/mixed; boundary=D", by="dmarc-noreply@groot.example", on="Report domain: naastelkaar.example", thread=False),
    ]  # fmt: skip


def leaving() -> list[Row]:
    """Who wants no post, and who only speaks of it."""
    return [
        write("unsubscribe", "unsubscribe", "Weert", "Graag verwijderen uit uw bestand. Wij willen geen post meer van u ontvangen." + SIGNED),
        write("unsubscribe short", "unsubscribe", "Zeist", "Wilt u ons van uw mailinglijst halen?"),
        write("unsubscribe english", "unsubscribe", "Utrecht", "Please remove us from your mailing list."),
        write("not the reminder", "answer", "Haarlem", "De brief is doorgestuurd; een herinnering is niet nodig.", says="doorgestuurd niet-benaderen geen-herinnering"),
        write("off the meeting", "unresolved", "Leiden", "Helaas moet ik mij afmelden voor de bijeenkomst van 14 april."),
        write("stranger unsubscribes them", "unresolved", "Goes", "Haal de griffie van uw lijst.", by="Boze burger <boos@hotmail.example>"),
        write("law on data", "unresolved", "Tilburg", "Op grond van artikel 15 AVG vraag ik u welke gegevens u van mij heeft."),
    ]  # fmt: skip


def odd() -> list[Row]:
    """Mail that is broken, empty, locked or meant to do harm."""
    deep = "".join(
        f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(1200)
    )
    rows = [
        write("empty", "unresolved", "Hoorn", ""),
        write("only a signature", "unresolved", "Zutphen", "-- \nGriffie Zutphen\nPostbus 41"),
        write("only spaces in html", "unresolved", "Veendam", "<p>&nbsp;</p><p></p>", html=True),
        write("s/mime encrypted", "unresolved", "Deventer", body="MIIGPgYJKoZIhvcNAQcDoIIGLzCC\n", ctype="application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"),
        write("pgp encrypted", "unresolved", "Amersfoort", body="--E\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--E\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n--E--\n", ctype='multipart/encrypted; protocol="application/pgp-encrypted"; boundary=E'),
        write("zivver", "unresolved", "Heerenveen", "U heeft een beveiligd bericht ontvangen van Griffie Heerenveen. Klik hier om het bericht te lezen.", by="Griffie via Zivver <noreply@zivver.example>", on="Beveiligd bericht"),
        write("1,200 parts deep", "unresolved", "Assen", body=deep, ctype="multipart/mixed; boundary=b0"),
        write("197 kB of headers", "unresolved", "Emmen", "De brief is doorgestuurd naar de raad.", head="\n".join(f"X-Junk-{n}: {'x' * 180}" for n in range(1020))),
        write("a charset that nobody knows", "answer", "Meppel", "De brief is doorgestuurd naar de raad.", ctype="text/plain; charset=x-klingon", says="doorgestuurd"),
        write("a charset that is a codec", "unresolved", "Ede", body="QlpoOTFBWSZTWQ==", ctype="text/plain; charset=bz2_codec"),
        write("utf-7 script", "unresolved", "Arnhem", body="+ADw-script+AD4-alert(1)+ADw-/script+AD4-", ctype="text/html; charset=utf-7"),
        write("two subjects and two senders", "unresolved", "Nijmegen", "Kunt u de bijlage nog eens sturen?", head="From: ander@elders.example\nSubject: iets anders"),
        write("a kilometre of greater-than", "unresolved", "Venlo", ">" * 90_000),
        write("html of a thousand tables", "unresolved", "Weert", "<table><tr><td>" * 1000 + "Kunt u mij bellen?", html=True),
        write("nul octets", "unresolved", "Zeist", "Hoe\x00 zit\x00 dit?"),
    ]  # fmt: skip
    rows.append(Row("no head", "unresolved", None, b"\r\n\r\ngroeten uit niemandsland"))
    rows.append(Row("nothing at all", "unresolved", None, b""))
    rows.append(Row("all octets", "unresolved", None, bytes(range(256)) * 40))
    return rows


def everything() -> list[Row]:
    """All of them."""
    return [*answers(), *almost(), *machines(), *servers(), *leaving(), *odd()]
