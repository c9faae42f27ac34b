"""Mail as griffies, mail servers, zaaksystemen and strangers send it, made by family.

All about one letter to the raad of each gemeente in `PLACES`. Everybody in it is invented.
"""

import base64
import quopri
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

US = "post@naastelkaar.example"
SUBJECT = "Maak eenzaamheid onderwerp van uw raadsprogramma"
KENMERK = "NE-2026-014"
#: Gemeenten with a griffie of their own, in the order in which cases are dealt to them.
PLACES = (
    "Zeist", "Utrecht", "Haarlem", "Leiden", "Goes", "Tilburg", "Hoorn", "Zutphen", "Veendam", "Deventer",
    "Amersfoort", "Heerenveen", "Assen", "Emmen", "Meppel", "Ede", "Arnhem", "Nijmegen", "Venlo", "Weert",
)  # fmt: skip
#: Three gemeenten whose griffies share one mailbox.
SHARED = ("Diemen", "Ouder-Amstel", "Uithoorn")
SHARED_BOX = "griffie@samenwerking.example"
_numbers = count(1)

LETTER = """Geachte griffier,

Wilt u de brief in de bijlage doorsturen naar de leden van de raad? De brief kan op de lijst
ingekomen stukken, ter kennisname. Wilt u geen post meer? Gebruik dan de link onder deze brief.

Met vriendelijke groet,
Marit Zuidema
Naast Elkaar
"""


def message_id(place: str) -> str:
    """What our letter to a gemeente is called."""
    return f"<letter-{place.lower()}@naastelkaar.example>"


def griffie(place: str) -> str:
    return SHARED_BOX if place in SHARED else f"griffie@{domain(place)}"


def domain(place: str) -> str:
    return f"{place.lower()}.example"


@dataclass(frozen=True)
class Case:
    """One mail, and what it must be."""

    name: str
    raw: bytes
    kind: str
    place: str | None = None  #: whose it is, or is proposed to be first
    statuses: tuple[str, ...] = ()  #: that are recorded
    case_number: str = ""
    settled: bool = True
    guess: str | None = None


@dataclass
class Family:
    """Cases of one kind of sender."""

    cases: list[Case] = field(default_factory=list)

    def add(
        self, name: str, raw: bytes | str, kind: str, place: str | None, **more: object
    ) -> None:
        octets = raw if isinstance(raw, bytes) else raw.encode()
        self.cases.append(Case(name, octets, kind, place, **more))  # type: ignore[arg-type]


# --- how mail programs write -------------------------------------------------------------


def mail(
    body: str,
    *,
    from_: str,
    subject: str = f"RE: {SUBJECT}",
    to: str = US,
    headers: str = "",
    encoding: str = "8bit",
    charset: str = "utf-8",
    html: bool = False,
) -> bytes:
    """One mail in one part."""
    octets = body.encode(charset)
    if encoding == "base64":
        octets = base64.encodebytes(octets)
    elif encoding == "quoted-printable":
        octets = quopri.encodestring(octets)
    kind = "html" if html else "plain"
    head = (
        f"From: {from_}\r\nTo: {to}\r\nSubject: {subject}\r\n"
        f"Message-ID: <in{next(_numbers)}@post.example>\r\n"
        f"Date: Wed, 8 Apr 2026 10:22:00 +0200\r\nMIME-Version: 1.0\r\n{headers}"
        f'Content-Type: text/{kind}; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    )
    return head.encode() + octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def thread(place: str) -> str:
    """The header lines of a reply to our letter."""
    return f"In-Reply-To: {message_id(place)}\r\nReferences: {message_id(place)}\r\n"


def outlook(body: str, place: str) -> str:
    """Our letter below, as Outlook quotes it in Dutch."""
    return (
        f"{body}\n\n________________________________\nVan: Naast Elkaar <{US}>\n"
        f"Verzonden: maandag 23 maart 2026 09:00\nAan: {griffie(place)}\nOnderwerp: {SUBJECT}\n\n{LETTER}"
    )


def outlook_english(body: str, place: str) -> str:
    return (
        f"{body}\n\nFrom: Naast Elkaar <{US}>\nSent: Monday, March 23, 2026 9:00 AM\n"
        f"To: {griffie(place)}\nSubject: {SUBJECT}\n\n{LETTER}"
    )


def gmail(body: str, _place: str) -> str:
    return (
        f"{body}\n\nOp ma 23 mrt 2026 om 09:00 schreef Naast Elkaar <\n{US}>:\n\n{_marked(LETTER)}"
    )


def apple(body: str, _place: str) -> str:
    return f"{body}\n\n> Op 23 mrt. 2026, om 09:00 heeft Naast Elkaar <{US}> het volgende geschreven:\n> \n{_marked(LETTER)}"


def thunderbird_below(body: str, _place: str) -> str:
    return f"Op 23-03-2026 om 09:00 schreef Naast Elkaar:\n{_marked(LETTER)}\n\n{body}"


def zimbra(body: str, place: str) -> str:
    return (
        f'{body}\n\n----- Oorspronkelijk bericht -----\nVan: "Naast Elkaar" <{US}>\nAan: {griffie(place)}\n'
        f"Verzonden: Maandag 23 maart 2026 09:00:00\nOnderwerp: {SUBJECT}\n\n{LETTER}"
    )


def _marked(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


STYLES: tuple[Callable[[str, str], str], ...] = (
    outlook, gmail, apple, thunderbird_below, zimbra, outlook_english,
)  # fmt: skip
SIGNED = "\n\nMet vriendelijke groet,\n\nR. Smeding\nGriffie gemeente {place}\nTel. 030 123 45 67\n\n{disclaimer}"
DISCLAIMER = "Dit bericht is uitsluitend bestemd voor de geadresseerde. Bent u dat niet, dan verzoeken wij u het te verwijderen en de afzender te melden dat u het ontvangen heeft."


def reply(
    place: str, body: str, style: Callable[[str, str], str] = outlook, **more: object
) -> bytes:
    """A griffie answers our letter."""
    text = style(body + SIGNED.format(place=place, disclaimer=DISCLAIMER), place)
    given: dict[str, object] = {
        "from_": f"Griffie {place} <{griffie(place)}>",
        "headers": thread(place),
    }
    return mail(text, **(given | more))  # type: ignore[arg-type]


def multipart(kind: str, parts: list[str], *, from_: str, subject: str, headers: str = "") -> bytes:
    body = "".join(f"--grens\r\n{part}\r\n" for part in parts)
    head = (
        f"From: {from_}\r\nTo: {US}\r\nSubject: {subject}\r\nMessage-ID: <in{next(_numbers)}@post.example>\r\n"
        f"Date: Wed, 8 Apr 2026 10:22:00 +0200\r\nMIME-Version: 1.0\r\n{headers}"
        f'Content-Type: multipart/{kind}; boundary="grens"\r\n\r\n'
    )
    return f"{head}{body}--grens--\r\n".replace("\r\n", "\n").replace("\n", "\r\n").encode()


def part(kind: str, text: str, head: str = "") -> str:
    return f"Content-Type: {kind}\r\n{head}\r\n{text}"


# --- the families ------------------------------------------------------------------------

#: What griffies write themselves, and what is recorded of it.
DONE = (
    ("De brief is doorgestuurd naar de leden van de raad.", ("doorgestuurd",)),
    ("Dank voor uw brief. Ik heb hem vanmorgen doorgezonden aan alle raadsleden.", ("doorgestuurd",)),
    ("Uw oproep is onder de raadsleden verspreid.", ("doorgestuurd",)),
    ("Hierbij laat ik u weten dat uw brief is doorgeleid naar de fracties.", ("doorgestuurd",)),
    ("Ik stuur uw mail door naar de raadsleden.", ("doorgestuurd",)),
    ("Doorgestuurd", ("doorgestuurd",)),
    ("doorgestuurd.", ("doorgestuurd",)),
    ("Is doorgezonden aan de raad", ("doorgestuurd",)),
    ("Lijst", ("op-lijst",)),
    ("College", ("naar-college",)),
    ("Nee", ("geweigerd",)),
    ("Uw brief staat op de lijst ingekomen stukken van de raadsvergadering van 21 april.", ("op-lijst",)),
    ("De brief is geplaatst op de lijst van ingekomen stukken van 23 april 2026, ter kennisname.", ("op-lijst",)),
    ("Wij hebben uw brief als ingekomen stuk geagendeerd voor de raad van 12 mei.", ("op-lijst",)),
    ("De raad heeft uw brief in handen gesteld van het college ter afdoening.", ("naar-college",)),
    ("Wij hebben uw brief doorgestuurd naar het college van burgemeester en wethouders.", ("naar-college",)),
    ("De raad heeft uw brief op 31 maart besproken in de commissie Samenleving.", ("besproken",)),
    ("De griffie heeft hem doorgestuurd naar alle raadsleden. Hij staat op de lijst ingekomen stukken van 21 april.",
     ("doorgestuurd", "op-lijst")),
    ("Wij gaan graag met u in gesprek over uw oproep. Kunt u op 22 april?", ("gesprek",)),
    ("Wij zetten uw brief niet op de lijst, want hij gaat over een taak van de provincie.", ("geweigerd",)),
    ("De raad van onze gemeente nam gisteren een motie aan waarin uw drie punten staan. De tekst vindt u op onze site.", ("antwoord",)),
    ("Uw brief wordt geplaatst op de lijst ingekomen stukken van de raadsvergadering van 21 mei 2026.", ("op-lijst",)),
    ("Uw brief is op 2 april doorgestuurd aan de raad en de wethouder is op de hoogte.", ("doorgestuurd",)),
    ("Your letter has been forwarded to the members of the council.", ("doorgestuurd",)),
)  # fmt: skip
#: What must not be taken for an answer, although a griffie wrote it.
NOT_DONE = (
    "Zal ik de brief doorsturen naar de raadsleden, of wilt u dat zelf doen?",
    "Wij kunnen uw brief pas doorsturen als hij aan de raad gericht is.",
    "De brief wordt na het reces doorgestuurd naar de raad.",
    "De bijlage ontbreekt. Kunt u die nogmaals sturen?",
    "Dank u wel!",
    "Wij plaatsen uw brief mogelijk op de lijst ingekomen stukken van juni.",
    "Wat wilt u precies van de raad?",
    "Ik zal uw vraag voorleggen aan mijn collega van het sociaal domein en kom daar dan op terug bij u.",
)


def people() -> Iterator[Case]:
    """Griffies that answer by hand."""
    family = Family()
    for n, (body, statuses) in enumerate(DONE):
        place, style = PLACES[n % len(PLACES)], STYLES[n % len(STYLES)]
        family.add(f"answer {n}", reply(place, body, style), "answer", place, statuses=statuses)
    for n, body in enumerate(NOT_DONE):
        place, style = PLACES[n], STYLES[n % len(STYLES)]
        family.add(f"no answer {n}", reply(place, body, style), "unresolved", place, settled=False)
    text = "Uw brief is doorgestuurd naar alle raadsleden en staat op de lijst ingekomen stukken van 21 mei."
    html = (
        f"<html><head><style>p {{color: red}}</style></head><body><p>{text}</p><p>Met vriendelijke groet</p>"
        f'<div id="divRplyFwdMsg"><b>Van:</b> {US}<br>geen herinneringen meer</div></body></html>'
    )
    both = ("doorgestuurd", "op-lijst")
    ways: tuple[tuple[str, dict[str, object]], ...] = (
        ("base64", {"encoding": "base64"}),
        ("quoted-printable", {"encoding": "quoted-printable"}),
        ("cp1252", {"charset": "cp1252", "encoding": "quoted-printable"}),
        ("an address of a colleague", {"from_": "Secretariaat raad <raadszaken@haarlem.example>"}),
        ("a subject of its own", {"subject": "Uw brief van 23 maart"}),
    )
    for name, how in ways:
        family.add(name, reply("Haarlem", text, **how), "answer", "Haarlem", statuses=both)  # type: ignore[arg-type]
    family.add("html alone", mail(html, from_=griffie("Leiden"), headers=thread("Leiden"), html=True), "answer",
               "Leiden", statuses=both)  # fmt: skip
    signed = multipart(
        "signed",
        [part("text/plain; charset=utf-8", text), part("application/pkcs7-signature; name=smime.p7s", "AAAA")],
        from_=griffie("Goes"), subject=f"Re: {SUBJECT}", headers=thread("Goes"),
    )  # fmt: skip
    family.add("signed", signed, "answer", "Goes", statuses=both)
    pdf = part('application/pdf; name="reactie college.pdf"', "JVBERi0=",
               'Content-Disposition: attachment; filename="reactie college.pdf"\r\nContent-Transfer-Encoding: base64\r\n')  # fmt: skip
    words = "Bijgaand ontvangt u de schriftelijke reactie van de raad op uw oproep."
    family.add("a letter attached", multipart("mixed", [part("text/plain; charset=utf-8", words), pdf],
               from_=griffie("Hoorn"), subject=f"Re: {SUBJECT}", headers=thread("Hoorn")), "answer", "Hoorn",
               statuses=("antwoord",))  # fmt: skip
    family.add(
        "no thread, our subject", reply("Ede", text, headers=""), "answer", "Ede", statuses=both
    )
    empty = reply("Emmen", "", gmail)
    family.add("nothing new", empty, "unresolved", "Emmen", settled=False)
    secret = multipart("encrypted", [part("application/pgp-encrypted", "Version: 1"),
                       part("application/octet-stream", "-----BEGIN PGP MESSAGE-----")], from_=griffie("Meppel"),
                       subject=f"Re: {SUBJECT}", headers=thread("Meppel"))  # fmt: skip
    family.add("encrypted", secret, "unresolved", "Meppel", settled=False)
    yield from family.cases


def others() -> Iterator[Case]:
    """Those who do not speak for a griffie."""
    family = Family()
    raadslid = reply(
        "Arnhem",
        "Wat een goed initiatief. De brief is doorgestuurd aan onze fractie en wij komen graag naar uw bijeenkomst in november.",
        from_="J. van der Wal <jvdwal@arnhem.example>",
    )
    raadslid = raadslid.replace(b"R. Smeding", b"J. van der Wal, raadslid")
    family.add("a councillor", raadslid, "unresolved", "Arnhem", settled=False)
    forwarded = reply(
        "Venlo",
        "Ik kreeg uw brief van de griffie en vind hem heel belangrijk. Kan ik u helpen?",
        from_="M. Kuiper <mkuiper@gmail.com>",
    )
    family.add(
        "someone it was forwarded to",
        forwarded,
        "unresolved",
        "Venlo",
        settled=False,
        guess="answer",
    )
    stop = reply(
        "Venlo",
        "Haal deze griffie van de lijst, zij willen geen herinneringen meer.",
        from_="M. Kuiper <mkuiper@gmail.com>",
    )
    family.add(
        "an objection of a stranger",
        stop,
        "unresolved",
        "Venlo",
        settled=False,
        guess="unsubscribe",
    )
    family.add(
        "a citizen",
        mail(
            "Ik ben al jaren alleen en weet niet meer wat ik moet doen.",
            from_="h.pieters@ziggo.nl",
            subject="eenzaam",
        ),
        "unresolved",
        None,
        settled=False,
    )
    family.add(
        "advertising",
        mail(
            "Bent u tevreden over uw printer? Wij bieden korting.",
            from_="actie@printers.example",
            subject="Aanbieding",
            headers="List-Id: <actie.printers.example>\r\nPrecedence: bulk\r\n",
        ),
        "unresolved",
        None,
        settled=False,
    )
    family.add(
        "another letter of a griffie",
        mail(
            "Weet u al of u op 14 mei bij ons een presentatie kunt geven?",
            from_=griffie("Weert"),
            subject="Presentatie",
        ),
        "unresolved",
        "Weert",
        settled=False,
    )
    family.add(
        "a name in the text",
        mail(
            "De gemeente Meppel heeft uw brief ontvangen en gaat ermee aan de slag in de loop van het jaar, dat leek ons goed om te melden.",
            from_="bestuur@drenthe-samen.example",
            subject="Uw brief",
        ),
        "receipt",
        "Meppel",
        settled=False,
    )
    own = mail(
        "Beste griffie, dank voor uw bericht. Wij sturen de bijlage opnieuw.",
        from_=f"Naast Elkaar <{US}>",
        to=griffie("Assen"),
        subject=f"Re: {SUBJECT}",
    )
    family.add("our own mail", own, "own-copy", None)
    yes = multipart(
        "mixed",
        [
            part("text/plain", "Geaccepteerd"),
            part(
                "text/calendar; method=REPLY; charset=utf-8",
                "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR",
            ),
        ],
        from_="k.bos@assen.example",
        subject="Geaccepteerd: bijeenkomst Haarlem",
    )
    family.add("a calendar that accepts", yes, "unresolved", "Assen")
    yield from family.cases


OBJECTIONS = (
    "Graag geen herinneringen meer over dit onderwerp.",
    "Wilt u ons van de lijst halen?",
    "Wij ontvangen liever geen mail meer van uw organisatie.",
    "Verzoek om ons e-mailadres uit uw bestand te verwijderen.",
    "Wilt u stoppen met het sturen van deze mails?",
    "Please remove us from your mailing list.",
)


def objectors() -> Iterator[Case]:
    """Griffies that want no more mail."""
    family = Family()
    for n, body in enumerate(OBJECTIONS):
        place = PLACES[-1 - n]
        family.add(
            f"objection {n}", reply(place, body, STYLES[n % len(STYLES)]), "unsubscribe", place
        )
    meeting = reply(
        "Zutphen",
        "Helaas moet ik mij afmelden voor de bijeenkomst van 4 juni in Haarlem, door ziekte.",
    )
    family.add("someone who cannot come", meeting, "unresolved", "Zutphen", settled=False)
    yield from family.cases


AUTO = "Auto-Submitted: auto-replied\r\n"
EXCHANGE = "X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-generated\r\n"
AWAY = (
    ("Exchange", EXCHANGE, f"Automatisch antwoord: {SUBJECT}",
     "Ik ben afwezig tot en met 20 april 2026. Bij spoed kunt u contact opnemen met plv.griffier@{domain}."),
    ("Gmail", AUTO + "Precedence: bulk\r\nX-Autoreply: yes\r\n", f"Out of office Re: {SUBJECT}",
     "I am out of the office until 20 April 2026 and will reply when I am back."),
    ("Zimbra", "Auto-Submitted: auto-replied (zimbra; vacation)\r\nPrecedence: bulk\r\n", f"Re: {SUBJECT}",
     "Wegens vakantie ben ik niet aanwezig. Vanaf 4 mei ben ik weer bereikbaar."),
    ("Sieve", "Auto-Submitted: auto-replied (vacation)\r\n", f"Auto: {SUBJECT}",
     "De griffie is gesloten van 27 april tot en met 1 mei. Neem voor dringende zaken contact op met raad@{domain}."),
    ("without headers", "", f"Afwezig: {SUBJECT}", "Ik ben met vakantie tot 20 april. Daarna lees ik uw mail."),
    ("part time", AUTO, f"Automatisch antwoord: {SUBJECT}",
     "Ik ben werkzaam op maandag, dinsdag en donderdag. Op andere dagen ben ik niet aanwezig."),
    ("by hand", "", f"Re: {SUBJECT}", "Ik ben tot en met 20 april met verlof. Mail voor spoed naar raad@{domain}."),
)  # fmt: skip
RECEIVED = (
    ("noreply", "noreply@zaaksysteem.example", "", "Ontvangstbevestiging zaak Z-2026-01187",
     "Wij hebben uw bericht ontvangen en geregistreerd onder zaaknummer Z-2026-01187.", "Z-2026-01187"),
    ("Zaak", "no-reply@{domain}", AUTO, "Uw bericht is ontvangen", "Uw bericht is in goede orde ontvangen. Zaak 1234567.", "1234567"),
    ("kenmerk", "niet-beantwoorden@{domain}", "", "Bevestiging ontvangst",
     "Dank voor uw brief. Ons kenmerk is 2026/00517. U krijgt binnen zes weken antwoord.", "2026/00517"),
    ("registratienummer", "griffie@{domain}", EXCHANGE, f"Automatisch antwoord: {SUBJECT}",
     "Uw mail is ontvangen en geregistreerd met registratienummer RG26.04711.", "RG26.04711"),
    ("both numbers", "noreply@{domain}", AUTO, f"Ontvangstbevestiging {KENMERK}",
     f"Uw brief met kenmerk {KENMERK} is ontvangen. Uw zaaknummer is Z26/004512.", "Z26/004512"),
    ("no number", "griffie@{domain}", AUTO, f"Automatische reactie: {SUBJECT}",
     "Bedankt voor uw bericht. Wij streven ernaar binnen vijf werkdagen te reageren.", ""),
    ("absent desk", "griffie@{domain}", AUTO, f"Ontvangstbevestiging: {SUBJECT}",
     "Wij hebben uw mail ontvangen onder zaaknummer 2026-118842. De griffie is gesloten op vrijdag.", "2026-118842"),
    ("English", "griffie@{domain}", AUTO, f"Automatic reply: {SUBJECT}",
     "Thank you for your message. We have received it and will reply within ten days.", ""),
    ("by hand", "griffie@{domain}", "", f"Re: {SUBJECT}", "Hierbij bevestig ik de ontvangst van uw brief.", ""),
    ("by hand, handled", "griffie@{domain}", "", f"Re: {SUBJECT}",
     "Wij hebben uw brief in goede orde ontvangen en in behandeling genomen onder nummer Z-2026-0099.", "Z-2026-0099"),
)  # fmt: skip


def machines() -> Iterator[Case]:
    """Absences and receipts."""
    family = Family()
    for n, (name, headers, subject, body) in enumerate(AWAY):
        place = PLACES[n]
        raw = mail(body.format(domain=domain(place)), from_=griffie(place), subject=subject,
                   headers=headers + thread(place))  # fmt: skip
        family.add(f"absence: {name}", raw, "out-of-office", place)
    for n, (name, from_, headers, subject, body, number) in enumerate(RECEIVED):
        place = PLACES[10 + n]
        raw = mail(
            body,
            from_=from_.format(domain=domain(place)),
            subject=subject,
            headers=headers + thread(place),
        )
        statuses = ("in-behandeling",) if "behandeling" in body else ("ontvangen",)
        family.add(f"receipt: {name}", raw, "receipt", place, statuses=statuses, case_number=number)
    alone = mail("Uw bericht is ontvangen. Zaaknummer Z-2026-7788.", from_="noreply@zaaksysteem.example",
                 subject="Ontvangstbevestiging gemeente Emmen")  # fmt: skip
    family.add(
        "receipt: no thread", alone, "receipt", "Emmen", settled=False, case_number="Z-2026-7788"
    )
    by_address = mail("Uw bericht is ontvangen. Zaaknummer Z-2026-7799.", from_=f"noreply@{domain('Ede')}",
                      subject=f"Ontvangstbevestiging: {SUBJECT}")  # fmt: skip
    family.add(
        "receipt: by its domain",
        by_address,
        "receipt",
        "Ede",
        statuses=("ontvangen",),
        case_number="Z-2026-7799",
    )
    promise = mail("Wij hebben uw mail ontvangen. Deze wordt doorgestuurd naar de raadsleden.", from_=griffie("Assen"),
                   subject=f"Automatisch antwoord: {SUBJECT}", headers=AUTO + thread("Assen"))  # fmt: skip
    family.add("receipt: with a promise", promise, "receipt", "Assen", statuses=("ontvangen",))
    odd = mail("Dit is een automatisch bericht van het portaal.", from_=f"portaal@{domain('Leiden')}",
               subject="Portaal", headers=AUTO)  # fmt: skip
    family.add("a machine we do not know", odd, "unresolved", "Leiden", settled=False)
    yield from family.cases


def dsn(
    place: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 User unknown",
    recipient: str = "",
    original: str = "",
    named: str = "",
    headers_only: bool = True,
    more: str = "",
) -> bytes:
    """A bounce as RFC 3464 has it."""
    to = recipient or griffie(place)
    fields = f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
    if original:
        fields = f"Original-Recipient: rfc822; {original}\r\n{fields}"
    if diagnostic:
        fields += f"Diagnostic-Code: smtp; {diagnostic}\r\n"
    back = f"Message-ID: {named or message_id(place)}\r\nFrom: {US}\r\nTo: {griffie(place)}\r\nSubject: {SUBJECT}\r\n"
    parts = [
        part("text/plain; charset=us-ascii", f"Delivery to {to} {action}."),
        part(
            "message/delivery-status", f"Reporting-MTA: dns; mx.relay.example\r\n\r\n{fields}{more}"
        ),
        part(
            "text/rfc822-headers" if headers_only else "message/rfc822",
            back + ("" if headers_only else "\r\nDag."),
        ),
    ]
    return multipart(
        "report; report-type=delivery-status",
        parts,
        from_="Mail Delivery System <MAILER-DAEMON@relay.example>",
        subject="Undelivered Mail Returned to Sender",
        headers="Auto-Submitted: auto-replied\r\nReturn-Path: <>\r\n",
    )


def servers() -> Iterator[Case]:
    """Mail servers: bounces, delays, complaints, receipts of reading."""
    family = Family()
    family.add("bounce: Postfix", dsn("Zeist"), "bounce", "Zeist")
    family.add("bounce: whole mail back", dsn("Utrecht", headers_only=False), "bounce", "Utrecht")
    family.add(
        "bounce: Exchange",
        dsn("Haarlem", status="5.1.10", diagnostic="550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
        "bounce",
        "Haarlem",
    )
    family.add(
        "bounce: policy",
        dsn("Leiden", status="5.7.1", diagnostic="550 5.7.1 Message blocked as spam"),
        "bounce",
        "Leiden",
    )
    family.add(
        "bounce: forwarded on their side",
        dsn("Goes", recipient="griffie@goes.onmicrosoft.example", original=griffie("Goes")),
        "bounce",
        "Goes",
    )
    family.add(
        "delay",
        dsn("Tilburg", action="delayed", status="4.4.1", diagnostic="connection timed out"),
        "delay",
        "Tilburg",
    )
    family.add(
        "bounce: mailbox full, given up",
        dsn("Hoorn", status="4.2.2", diagnostic="452 4.2.2 Mailbox full"),
        "bounce",
        "Hoorn",
    )
    family.add(
        "bounce of someone behind the griffie",
        dsn("Zutphen", recipient="k.bos@elders.example"),
        "unresolved",
        "Zutphen",
        settled=False,
        guess="bounce",
    )
    family.add(
        "bounce: forged",
        dsn("Veendam", named="<made-up@naastelkaar.example>", recipient="x@nergens.example"),
        "unresolved",
        None,
        settled=False,
        guess="bounce",
    )
    family.add(
        "bounce: renamed by the relay",
        dsn("Deventer", named="<0102@eu-west-1.relay.example>"),
        "unresolved",
        "Deventer",
        settled=False,
        guess="bounce",
    )
    two = "\r\nFinal-Recipient: rfc822; k.bos@elders.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    family.add(
        "bounce: two recipients, ours arrived",
        dsn("Ede", action="relayed", status="2.0.0", diagnostic="", more=two),
        "unresolved",
        "Ede",
        settled=False,
        guess="bounce",
    )
    family.add("bounce: two recipients, ours failed", dsn("Emmen", more=two), "bounce", "Emmen")
    qmail = mail(f"Hi. This is the qmail-send program at mx.relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<{griffie('Assen')}>:\n"
                 f"550 5.1.1 user unknown\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <{US}>\n"
                 f"Message-ID: {message_id('Assen')}\nSubject: {SUBJECT}\n", from_="MAILER-DAEMON@mx.relay.example",
                 subject="failure notice", headers="Return-Path: <>\r\n")  # fmt: skip
    family.add("bounce: qmail", qmail, "bounce", "Assen")
    exim = mail(f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  {griffie('Meppel')}\n    550 5.1.1 no such user\n\nMessage-ID: {message_id('Meppel')}\n",
                from_="Mailer-Daemon@mx.relay.example", subject="Mail delivery failed: returning message to sender",
                headers=f"X-Failed-Recipients: {griffie('Meppel')}\r\nAuto-Submitted: auto-replied\r\n")  # fmt: skip
    family.add("bounce: Exim", exim, "bounce", "Meppel")
    office = mail(f"Uw bericht aan {griffie('Weert')} kan niet worden bezorgd.\n\nHet e-mailadres is niet gevonden.\n"
                  f"Status: 550 5.1.10\nMessage-ID: {message_id('Weert')}\n", from_="postmaster@weert.example",
                  subject=f"Niet bezorgd: {SUBJECT}", headers="Auto-Submitted: auto-replied\r\n")  # fmt: skip
    family.add("bounce: in Dutch words", office, "bounce", "Weert")
    slow = mail(f"This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.relay.example.\n\n"
                f"Message-ID: {message_id('Arnhem')}\n\nThe address to which the message has not yet been delivered is:\n\n  {griffie('Arnhem')}\n    Delay reason: connection refused\n\nNo action is required on your part.\n",
                from_="Mailer-Daemon@mx.relay.example", subject="Warning: message delayed 24 hours",
                headers=f"X-Failed-Recipients: {griffie('Arnhem')}\r\nAuto-Submitted: auto-replied\r\n")  # fmt: skip
    family.add("delay: Exim", slow, "delay", "Arnhem")
    arf = multipart("report; report-type=feedback-report",
                    [part("text/plain", "This is an email abuse report."),
                     part("message/feedback-report", f"Feedback-Type: abuse\r\nVersion: 1\r\nUser-Agent: Loop/1\r\n"
                          f"Original-Rcpt-To: {griffie('Nijmegen')}\r\n"),
                     part("message/rfc822", f"Message-ID: {message_id('Nijmegen')}\r\nFrom: {US}\r\n\r\nDag.")],
                    from_="feedback@provider.example", subject="Abuse report")  # fmt: skip
    family.add("complaint", arf, "complaint", "Nijmegen")
    read = multipart("report; report-type=disposition-notification",
                     [part("text/plain", "Uw bericht is gelezen."),
                      part("message/disposition-notification", f"Final-Recipient: rfc822;{griffie('Venlo')}\r\n"
                           f"Original-Message-ID: {message_id('Venlo')}\r\n"
                           "Disposition: manual-action/MDN-sent-manually; displayed\r\n")],
                     from_=griffie("Venlo"), subject=f"Gelezen: {SUBJECT}")  # fmt: skip
    family.add("opened", read, "receipt", "Venlo", statuses=("ontvangen",))
    yield from family.cases


def shared() -> Iterator[Case]:
    """One mailbox that serves three gemeenten."""
    family = Family()
    one = reply("Diemen", "De brief is doorgestuurd naar de leden van de raad.")
    family.add("for one of three", one, "answer", "Diemen", statuses=("doorgestuurd",))
    all_ = reply("Ouder-Amstel", "De brief is doorgestuurd naar de drie raden van onze gemeenten.")
    family.add("for all three", all_, "unresolved", "Ouder-Amstel", settled=False, guess="answer")
    yield from family.cases


def everything() -> list[Case]:
    """All of them."""
    return [*people(), *others(), *objectors(), *machines(), *servers(), *shared()]
