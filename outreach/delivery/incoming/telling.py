"""What a mail is, with the reasons a person is shown. Unknown is the default.

In this order: reports of mail servers, our own mail, mail of machines, mail of people. A rule
moves a mail out of "unresolved" only with a reason; what it would be if that were surer is the
proposal that a person sees.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from outreach.delivery.incoming import automatic, quoting, reports, wording
from outreach.delivery.incoming.parsing import Mail
from outreach.delivery.incoming.reports import Line, Report, Verdict
from outreach.delivery.incoming.wording import Said


class Kind(StrEnum):
    """What a mail is (CONTRACT, `inbox read`)."""

    BOUNCE = "bounce"
    DELAY = "delay"
    RECEIPT = "receipt"
    OUT_OF_OFFICE = "out-of-office"
    ANSWER = "answer"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"
    OWN_COPY = "own-copy"
    UNRESOLVED = "unresolved"


class Standing(StrEnum):
    """Who wrote it, as far as we know him."""

    GRIFFIE = "griffie"  #: an address that we wrote to, or have of a gemeente
    GEMEENTE = "gemeente"  #: another address of a gemeente
    OURS = "ours"
    OTHER = "other"


@dataclass(frozen=True)
class About:
    """What is known of a mail beside what it says."""

    standing: Standing
    in_thread: bool  #: it is a reply to a letter of ours, by its Message-IDs
    same_subject: bool  #: its subject is that of a letter to this gemeente
    kenmerk: str  #: ours; never a zaaknummer
    seen: date  #: the day it came in


@dataclass(frozen=True)
class Told:
    """What a mail is, and how we know."""

    kind: Kind
    reasons: tuple[str, ...]  #: Dutch, each a part of a sentence
    guess: Kind | None = None  #: what an unresolved one may be
    said: tuple[Said, ...] = ()
    case_number: str = ""
    back_on: date | None = None
    deputy: str = ""
    permanent: bool = False  #: a bounce that says it will never arrive
    lines: tuple[Line, ...] = ()  #: of a report
    named: tuple[str, ...] = ()  #: Message-IDs that say which letter it is about
    quiet: bool = False  #: nobody needs to look at it


Rule = Callable[["Read"], Told | None]


@dataclass(frozen=True)
class Read:
    """A mail as the rules see it."""

    mail: Mail
    about: About
    report: Report | None
    own: str  #: what was written now
    signature: str
    signs: tuple[str, ...]  #: that a machine sent it
    named: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        """What a receipt or an absence says, subject first."""
        return f"{self.mail.subject}.\n\n{self.own or self.mail.text}"

    @property
    def names_ours(self) -> bool:
        """Whether it names our kenmerk, in its subject or in what was written now."""
        ours = self.about.kenmerk.lower()
        return bool(ours) and ours in f"{self.mail.subject}\n{self.own}".lower()

    @property
    def all_words(self) -> str:
        """With what stands below the greeting: systems write there, too."""
        return f"{self.words}\n\n{self.signature}"


def names_of(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs by which a mail says which letter it is about, the most telling first."""
    report = reports.of(mail)
    return report.named if report else mail.answers


def tell(mail: Mail, about: About) -> Told:
    """Say what a mail is."""
    pieces = quoting.split(mail.text)
    report = reports.of(mail)
    read = Read(
        mail,
        about,
        report,
        pieces.own,
        pieces.signature,
        tuple(automatic.signs(mail)),
        report.named if report else mail.answers,
    )
    told = next((told for _, rule in RULES if (told := rule(read)) is not None))
    if mail.cut and told.kind is not Kind.UNRESOLVED:
        why = "de kop van het bericht is te lang; wij lazen alleen het begin"
        told = replace(told, kind=Kind.UNRESOLVED, guess=told.kind, reasons=(*told.reasons, why))
    return replace(told, named=read.named)


def _calendar_reply(read: Read) -> Told | None:
    """R1. An answer of a calendar to an invitation."""
    if read.mail.method not in ("REPLY", "COUNTER"):
        return None
    why = "een agenda antwoordt op een uitnodiging; wie komt, meldt zich aan"
    return Told(Kind.UNRESOLVED, (why,), quiet=True)


def _complaint(read: Read) -> Told | None:
    """R2. Someone called our mail unwanted, and his provider says so (ARF, RFC 5965)."""
    if read.report is None or read.report.kind != "complaint":
        return None
    return Told(Kind.COMPLAINT, (read.report.how,), lines=read.report.lines)


def _delivery(read: Read) -> Told | None:
    """R3. Not delivered, or later (RFC 3464, or a dialect that flufl.bounce knows)."""
    report = read.report
    if report is None or report.kind != "delivery":
        return None
    worst = {line.verdict for line in report.lines}
    failed = [line for line in report.lines if line.verdict in (Verdict.FAILED, Verdict.GAVE_UP)]
    if failed:
        line = failed[0]
        why = f"{report.how}: {line.why}" + (f" ({line.status})" if line.status else "")
        return Told(
            Kind.BOUNCE,
            (why,),
            permanent=any(line.verdict is Verdict.FAILED for line in failed),
            lines=report.lines,
        )
    if Verdict.DELAYED in worst:
        why = f"{report.how}: de bezorging duurt langer; de mailserver probeert het nog"
        return Told(Kind.DELAY, (why,), lines=report.lines)
    why = f"{report.how}: de mailserver van de ontvanger nam het bericht aan"
    return Told(Kind.RECEIPT, (why,), lines=report.lines, quiet=True)


def _opened(read: Read) -> Told | None:
    """R4. A mail program says that our mail was opened, or thrown away (RFC 8098)."""
    if read.report is None:
        return None
    if read.report.kind == "opened":
        return Told(Kind.RECEIPT, (f"{read.report.how}: de brief is geopend",))
    return Told(Kind.UNRESOLVED, (f"{read.report.how}, maar de brief is niet geopend",), quiet=True)


def _own_copy(read: Read) -> Told | None:
    """R5. From one of our own addresses."""
    if read.about.standing is not Standing.OURS:
        return None
    return Told(Kind.OWN_COPY, (f"de afzender {read.mail.from_email} zijn wij zelf",))


def _unread(read: Read) -> Told | None:
    """R6. Encrypted, kept at a service for secure mail, or without any words of its own."""
    if read.mail.encrypted:
        return _unsure("het bericht is versleuteld; lees het in uw mailprogramma", read)
    if words := automatic.held_elsewhere(read.words):
        return _unsure(f"er staat “{words}”; lees het bericht zelf in uw browser", read)
    if read.signs or read.own or read.mail.subject:
        return None
    return _unsure("er staat geen tekst in", read)


def _machine_absent(read: Read) -> Told | None:
    """R7. A machine says that someone is away."""
    if not read.signs:
        return None
    away = automatic.absence(read.words)
    number = _case_number(read)
    if not away or (number and not automatic.first_person(read.words)):
        return None
    if number and not automatic.absence(read.own):
        return None  # the host calls all that it sends by itself "Out of office"
    return _away(read, (read.signs[0], f"er staat “{away}”"))


def _machine_received(read: Read) -> Told | None:
    """R8. A machine confirms that our letter came in, mostly with a zaaknummer."""
    if not read.signs:
        return None
    if words := automatic.receipt(read.words):
        return _received(read, (read.signs[0], f"er staat “{words}”"))
    if number := _case_number(read):
        return _received(read, (read.signs[0], f"er staat een zaaknummer in: {number}"))
    return None


def _machine(read: Read) -> Told | None:
    """R9. A machine sent it, and we do not know why."""
    if not read.signs:
        return None
    why = f"automatisch verstuurd ({read.signs[0]}), maar wij herkennen niet wat het is"
    said = tuple(wording.said(read.own, seen=read.about.seen))
    guess = Kind.ANSWER if said and read.about.in_thread else None
    return replace(_unsure(why, read, guess), said=said)


def _objection(read: Read) -> Told | None:
    """R10. Someone asks for no more mail."""
    words = wording.objects(read.own)
    if not words:
        return None
    why = f"er staat “{words}”"
    if read.about.standing in (Standing.GRIFFIE, Standing.GEMEENTE):
        return Told(Kind.UNSUBSCRIBE, (why, _whose(read)))
    # Whoever holds a forwarded letter must not silence its griffie.
    return _unsure(f"{why}, maar van een adres dat wij niet kennen", read, Kind.UNSUBSCRIBE)


def _away_by_hand(read: Read) -> Told | None:
    """R11. Someone says he is away; no header tells that a machine did it for him."""
    away = automatic.absence(read.own)
    if not away or wording.said(read.own, seen=read.about.seen):
        return None
    until = automatic.back_on(read.own, seen=read.about.seen)
    if automatic.first_person(read.own) and (until or automatic.deputy(read.own, not_="")):
        return _away(read, (f"er staat “{away}”",))
    return _unsure(
        f"er staat “{away}”; misschien een afwezigheidsbericht", read, Kind.OUT_OF_OFFICE
    )


def _what_was_done(read: Read) -> Told | None:
    """R12. A person of the gemeente says what was done with the letter."""
    said = tuple(wording.said(read.own, seen=read.about.seen))
    steps = tuple(one for one in said if one.status not in ("ontvangen", "in-behandeling"))
    if not steps:
        return None
    why = f"er staat “{steps[0].quote}”"
    unsure = _why_unsure(read)
    if not unsure and not (read.about.in_thread or read.about.same_subject or read.names_ours):
        unsure = "het is geen antwoord op een brief van ons"
    if not unsure and wording.only_asks(read.own):
        unsure = "er staan alleen vragen aan ons in"
    if unsure:
        return replace(_unsure(f"{why}, maar {unsure}", read, Kind.ANSWER), said=steps)
    reasons = (why, _whose(read), _thread(read))
    return Told(Kind.ANSWER, reasons, said=steps, case_number=_case_number(read))


def _no_reminder(read: Read) -> Told | None:
    """R13. Someone says that this letter needs no reminder."""
    words = wording.no_reminder(read.own)
    if not words:
        return None
    said = (Said("niet-benaderen", None, words),)
    why = f"er staat “{words}”"
    if unsure := _why_unsure(read):
        return replace(_unsure(f"{why}, maar {unsure}", read, Kind.ANSWER), said=said)
    return Told(Kind.ANSWER, (why, _whose(read)), said=said, case_number=_case_number(read))


def _moved(read: Read) -> Told | None:
    """R14. Another reads this mailbox, or another mailbox must be written to."""
    words = wording.moved(read.own)
    return _unsure(f"er staat “{words}”; klopt het adres nog?", read) if words else None


def _received_by_hand(read: Read) -> Told | None:
    """R15. A person, or a machine that does not say it is one, confirms that it came in."""
    said = {one.status for one in wording.said(read.own, seen=read.about.seen)}
    handling, words = wording.handling(read.own), wording.received(read.own)
    number = _case_number(read)
    if not (said or words or handling or number):
        return None
    quote = words or handling or (f"zaaknummer {number}" if number else read.own[:100])
    if wording.promised(read.own, usual=False):
        why = f"er staat “{quote}”, en iets over wat er nog met de brief gebeurt"
        return replace(_unsure(why, read, Kind.RECEIPT), case_number=number)
    if not (words or said or handling) and len(read.own) > 1500:
        return None
    status = "in-behandeling" if handling or "in-behandeling" in said else "ontvangen"
    told = _received(read, (f"er staat “{quote}”",))
    return replace(told, said=(Said(status, None, quote),))


def _reply(read: Read) -> Told | None:
    """R16. A person of the gemeente answers our letter in words of his own."""
    if not (read.about.in_thread or read.about.same_subject):
        return None
    if unsure := _why_unsure(read) or next(_not_an_answer(read.own), ""):
        return _unsure(f"{_thread(read)}, maar {unsure}", read, Kind.ANSWER)
    stated = wording.states(read.own)
    if not stated:
        unsure = (
            "er staat niet wat er met de brief gebeurde" if read.own else "er staat niets nieuws in"
        )
        return _unsure(f"{_thread(read)}, maar {unsure}", read, Kind.ANSWER)
    why = "geen teken dat een automaat het schreef"
    return Told(
        Kind.ANSWER,
        (_thread(read), f"er staat “{stated}”", _whose(read), why),
        said=(Said("antwoord", None, read.own[:300]),),
        case_number=_case_number(read),
    )


def _not_an_answer(own: str) -> Iterator[str]:
    """What keeps words from being an answer, each a part of a sentence."""
    if wording.asks(own):
        yield "er staat een vraag aan ons in"
    if wording.misdirected(own):
        yield "er staat dat de brief niet voor hen is; klopt het adres?"
    if wording.points_below(own):
        yield "het verwijst naar wat eronder staat"
    if wording.of_mail(own):
        yield "het gaat over hoe de brief komt"
    if wording.promised(own):
        yield "er staat wat er nog met de brief gebeurt"
    if wording.of_a_meeting(own):
        yield "het gaat over een bijeenkomst"


def _unknown(read: Read) -> Told:
    """R17. The rest."""
    return _unsure("wij herkennen niet wat dit is", read)


#: In this order; the first that knows decides. The names are those of docs/incoming.md.
RULES: tuple[tuple[str, Rule], ...] = (
    ("agenda", _calendar_reply),
    ("klacht", _complaint),
    ("bezorgbericht", _delivery),
    ("leesbevestiging", _opened),
    ("van onszelf", _own_copy),
    ("onleesbaar", _unread),
    ("automaat: afwezig", _machine_absent),
    ("automaat: ontvangen", _machine_received),
    ("automaat: onbekend", _machine),
    ("bezwaar", _objection),
    ("afwezig", _away_by_hand),
    ("wat er gedaan is", _what_was_done),
    ("geen herinnering", _no_reminder),
    ("ander adres", _moved),
    ("ontvangen", _received_by_hand),
    ("antwoord", _reply),
    ("onbekend", _unknown),
)


def names() -> Iterable[str]:
    """The names of the rules."""
    return (name for name, _ in RULES)


def _why_unsure(read: Read) -> str:
    """Why words that read as an answer are not taken as one; "" when they are."""
    if read.about.standing is Standing.OTHER:
        return "de afzender is niet van een gemeente die wij schreven"
    if wording.signed_by_councillor(read.own, read.signature):
        return "het is van een raadslid, niet van de griffie"
    return ""


def _unsure(why: str, read: Read, guess: Kind | None = None) -> Told:
    if guess is None and read.about.in_thread and not read.signs:
        guess = Kind.ANSWER
    return Told(Kind.UNRESOLVED, (why,), guess=guess, case_number=_case_number(read))


def _away(read: Read, reasons: tuple[str, ...]) -> Told:
    return Told(
        Kind.OUT_OF_OFFICE,
        reasons,
        back_on=automatic.back_on(read.words, seen=read.about.seen),
        deputy=automatic.deputy(read.words, not_=read.mail.from_email),
    )


def _received(read: Read, reasons: tuple[str, ...]) -> Told:
    return Told(Kind.RECEIPT, reasons, case_number=_case_number(read))


def _case_number(read: Read) -> str:
    return automatic.case_number(read.all_words, ours=read.about.kenmerk)


def _whose(read: Read) -> str:
    if read.about.standing is Standing.GRIFFIE:
        return f"het adres {read.mail.from_email} kennen wij"
    return f"het adres {read.mail.from_email} is van de gemeente"


def _thread(read: Read) -> str:
    if read.about.in_thread:
        return "het is een antwoord op onze brief"
    if read.names_ours and not read.about.same_subject:
        return "het noemt ons kenmerk"
    if read.about.same_subject:
        return "het onderwerp is dat van onze brief"
    return "het is geen antwoord op een brief van ons"
