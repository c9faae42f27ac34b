"""The check before sending (controle vóór verzenden): each text, and all its readers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import inspect, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from outreach.campaigns import (
    attached,
    audience,
    conditions,
    council,
    duplicates,
    meetings,
    pressure,
    rendering,
    scheduling,
    windows,
)
from outreach.campaigns.models import Campaign, Step, StepState, StepText
from outreach.campaigns.moments import UNKNOWN_SITTING, Facts, Moments
from outreach.campaigns.rendering import Edition, Recipient
from outreach.campaigns.writing import current_texts
from outreach.clock import dutch_date
from outreach.contacts import people
from outreach.contacts.models import Contact, Gemeente, Office
from outreach.db import db
from outreach.letters import checking, dutch, placeholders
from outreach.letters.checking import Draft, Finding, Severity

#: Bytes of one mail as it travels; many councils' mail hosts take no more.
LARGEST_MAIL = 10_000_000
#: A PDF letter of two pages with its fonts.
_PDF_LETTER = 60_000


def findings(campaign: Campaign, *, now: datetime, answers_at: str = "") -> list[Finding]:
    """Everything the check finds; errors refuse the start, warnings are acknowledged.

    :param answers_at: the address of this site, which the answer buttons of a mail lead to
    """
    read = _Read(campaign, now)
    found: list[Finding] = [
        *meetings.findings(campaign),
        *_reference(campaign),
        *_size(campaign),
        *_new_council(campaign, read),
        *_answers_elsewhere(campaign, answers_at),
        *duplicates.findings(campaign, now=now),
    ]
    for step in campaign.steps:
        for text in current_texts(step).values():
            found += checking.check(_draft(campaign, step, text, read))
        found += _readers(step, read)
        found += _bodies_without_text(step)
    return found


class _Read:
    """What the check of a letter looks up once for all of its steps."""

    def __init__(self, campaign: Campaign, now: datetime) -> None:
        self.now = now
        self.facts = Facts([campaign.id])
        self.pressure = pressure.Asked(now, self.facts)
        self.readers = Readers()
        _load_texts([*campaign.steps])

    def day(self, step: Step) -> date:
        """On which a step is due; today while that is not known."""
        return dutch_date(scheduling.due_at(step, facts=self.facts) or self.now)


def _load_texts(steps: Sequence[Step]) -> None:
    """Read the texts of all steps at once."""
    unread = {step.id: step for step in steps if "texts" in inspect(step).unloaded and step.id}
    if len(unread) < 2:
        return
    texts: dict[int, list[StepText]] = {step_id: [] for step_id in unread}
    rows = select(StepText).where(StepText.step_id.in_(texts)).order_by(StepText.id)
    for text in db.session.scalars(rows):
        texts[text.step_id].append(text)
    for step_id, step in unread.items():
        set_committed_value(step, "texts", texts[step_id])


def _reference(campaign: Campaign) -> Iterator[Finding]:
    if not campaign.kenmerk.strip():
        yield _warning(
            "no-kenmerk",
            "De brief heeft geen kenmerk. Geef er een: de griffie noemt het in haar antwoord.",
        )


def _size(campaign: Campaign) -> Iterator[Finding]:
    files = sum(one.size for one in campaign.attachments)
    # Base64 makes three bytes into four, and adds a line end to every 76 (RFC 2045, 6.8).
    travels = round((files + _PDF_LETTER * campaign.pdf_letter) * 4 / 3 * 78 / 76)
    if travels > LARGEST_MAIL:
        megabytes = dutch.number(round(travels / 1_000_000))
        yield _warning(
            "too-large",
            f"Elke mail wordt {megabytes} MB groot. Veel gemeenten weigeren meer dan 10 MB: maak "
            "de bijlagen kleiner of verwijs naar een website.",
        )


def _new_council(campaign: Campaign, read: _Read) -> Iterator[Finding]:
    if campaign.variants == ["college"]:
        return
    sent = read.day(campaign.steps[0])
    if begins := council.awaited(sent):
        yield _warning(
            "council-not-in-office",
            f"Op {dutch.day_date(sent)} is de nieuwe raad gekozen, maar nog niet in functie: die "
            f"begint op {dutch.day_long_date(begins)}. De brief komt bij de oude raad.",
            "stap 1",
        )


def _answers_elsewhere(campaign: Campaign, answers_at: str) -> Iterator[Finding]:
    host = urlsplit(answers_at).hostname or ""
    domain = campaign.sender.email.rpartition("@")[2].lower()
    if host and not _is_own(host) and not f".{host}".endswith(f".{domain}"):
        yield _warning(
            "answers-elsewhere",
            f"De knoppen in de mail leiden naar {host}, maar de mail komt van {domain}. Lezers en "
            "filters vertrouwen dat minder: gebruik liever een adres als "
            f"antwoord.{domain}.",
        )


def _is_own(host: str) -> bool:
    """Whether only this machine answers there, as while one tries things out."""
    return host == "localhost" or host.replace(".", "").isdigit() or ":" in host


def _warning(code: str, message: str, place: str = "") -> Finding:
    return Finding(code, Severity.WARNING, message, place)


def _draft(campaign: Campaign, step: Step, text: StepText, read: _Read) -> Draft:
    return Draft(
        subject=text.subject,
        mail=text.mail,
        letter=text.letter,
        meetings=tuple(campaign.meetings),
        asks=bool(rendering.asked(campaign)),
        attachments=tuple(one.filename for one in attached.of(text, campaign)),
        step=step.position,
        variant=text.variant,
        pdf_letter=campaign.pdf_letter,
        send_on=read.day(step),
    )


def _readers(step: Step, read: _Read) -> Iterator[Finding]:
    """Whether anyone gets the step, and whether every value that the text names is there."""
    now, place = read.now, f"stap {step.position}"
    everyone = db.session.execute(audience.members(step, now=now)).all()
    rows = [row for row in everyone if row.reason is None]
    yield from _without_basis(sum(row.reason == "no-basis" for row in everyone), place)
    if step.state is StepState.PLANNED and (
        much := pressure.exceeded(
            step, [row.gemeente_code for row in rows], now=now, asked=read.pressure
        )
    ):
        yield _warning("much-post", pressure.sentence(much), place)
    if step.state is StepState.PLANNED and step.council_days is not None:
        yield from _without_sitting(step, rows, read)
    if step.state is StepState.PLANNED and not step.not_in_recess:
        yield from _in_recess(step, rows, read)
    if not rows and not any(row.reason in conditions.REASONS for row in everyone):
        yield Finding(
            "no-recipients",
            Severity.ERROR if step.position == 1 else Severity.WARNING,
            f"Niemand krijgt stap {step.position}: er is geen adres dat wij mogen mailen.",
            place,
        )
    yield from _lacking(step, rows, read)


def _in_recess(step: Step, rows: Sequence[Any], read: _Read) -> Iterator[Finding]:
    """Letters that leave while the council of their gemeente is off."""
    facts, now = read.facts, read.now
    if (due := scheduling.due_at(step, facts=facts)) is None or not facts.calendar.recesses:
        return
    own, found = Moments(step, now=max(due, now), facts=facts), Counter[tuple[date, str]]()
    for row in rows:
        day = dutch_date(windows.next_opening(step.campaign, own.of(row).at))
        if recess := facts.calendar.within(facts.calendar.region_of(row.gemeente_code), day):
            found[day, recess.name] += 1
    if found:
        (day, name), _most = found.most_common(1)[0]
        yield _warning(
            "in-recess",
            f"Op {dutch.day_date(day)} is het {name}: {dutch.number(found.total())} van de "
            f"{dutch.plural(len(rows), 'brief', 'brieven')} van stap {step.position} "
            f"{'komt' if found.total() == 1 else 'komen'} dan in het reces. Vink bij die stap "
            "‘Niet in het reces’ aan, of kies een ander moment.",
            f"stap {step.position}",
        )


def _without_sitting(step: Step, rows: Sequence[Any], read: _Read) -> Iterator[Finding]:
    """Letters that wait for a raadsvergadering of which nobody knows when it is."""
    own = Moments(step, now=read.now, facts=read.facts)
    unknown = sum(own.of(row).why.startswith(UNKNOWN_SITTING) for row in rows)
    if unknown:
        words = ("werkdag", "werkdagen") if step.after_working else ("dag", "dagen")
        days = dutch.plural(step.after_days or 0, *words)
        yield Finding(
            "no-sitting",
            Severity.HINT,
            f"Bij {dutch.number(unknown)} van de {dutch.plural(len(rows), 'brief', 'brieven')} van "
            f"stap {step.position} weten wij niet wanneer de raad vergadert. Daar gaat hij weg "
            f"{days} na de vorige brief.",
            f"stap {step.position}",
        )


def of_step(step: Step, *, now: datetime, notes: Step | None = None) -> list[Finding]:
    """What the check finds in the texts of one step that has begun, and in its correction.

    :param notes: the step that tells its readers what was wrong; only its errors count
    """
    found: list[Finding] = []
    read = _Read(step.campaign, now)
    for text in current_texts(step).values():
        found += checking.check(_draft(step.campaign, step, text, read))
    everyone = db.session.execute(audience.members(step, now=now)).all()
    rows = [row for row in everyone if row.email]
    found += _lacking(step, rows, read)
    if notes is not None:
        for text in current_texts(notes).values():
            draft = replace(_draft(step.campaign, notes, text, read), letter="", pdf_letter=False)
            found += [replace(one, place="verbetering") for one in checking.check(draft)]
        found += _lacking(notes, rows, read)
    return [one for one in found if one.place != "verbetering" or one.severity is Severity.ERROR]


def _lacking(step: Step, rows: Sequence[Any], read: _Read) -> Iterator[Finding]:
    """Which readers have no value for what the text names."""
    place = "verbetering" if step.corrects_id else f"stap {step.position}"
    lacking: dict[str, list[str]] = {}
    for recipient in recipients(step, rows, read.day(step), read.readers):
        given = rendering.values(recipient)
        words = f"{recipient.text.subject}\n{recipient.text.mail}\n{recipient.text.letter}"
        for name in placeholders.missing(words, given):
            if placeholders.meeting_of(name) is not None:
                continue  # equal for all of them: `meetings` says it once
            lacking.setdefault(name, []).append(recipient.email)
    for name, emails in lacking.items():
        more = f" en {dutch.number(len(emails) - 3)} andere" if len(emails) > 3 else ""
        yield Finding(
            "missing-value",
            Severity.ERROR,
            f"Bij {', '.join(emails[:3])}{more} is er niets om bij {{{{{name}}}}} in te vullen.",
            place,
        )


def _without_basis(count: int, place: str) -> Iterator[Finding]:
    if count:
        many = dutch.plural(count, "adres krijgt", "adressen krijgen")
        message = f"{many} deze stap niet: wij weten niet waarom wij daarheen mogen mailen."
        yield Finding("no-basis", Severity.HINT, message, place)


class Readers:
    """The contacts and gemeenten behind rows of `audience.members`, each looked up once."""

    def __init__(self) -> None:
        self._contacts: dict[int, Contact] = {}
        self._gemeenten: dict[str, Gemeente] = {}

    def contacts(self, rows: Sequence[Any]) -> dict[int, Contact]:
        wanted = dict.fromkeys(row.contact_id for row in rows)
        self._contacts |= _contacts([one for one in wanted if one not in self._contacts])
        return self._contacts

    def gemeenten(self, rows: Sequence[Any]) -> dict[str, Gemeente]:
        wanted = {row.gemeente_code for row in rows if row.gemeente_code}
        self._gemeenten |= _gemeenten(wanted - self._gemeenten.keys())
        return self._gemeenten


def recipients(
    step: Step, rows: Sequence[Any], planned: date, readers: Readers | None = None
) -> Iterator[Recipient]:
    """What the words of a step use of each of these rows of `audience.members`, in their order.

    :param readers: where many steps are asked about at once
    """
    texts, readers = current_texts(step), readers or Readers()
    contacts, gemeenten = readers.contacts(rows), readers.gemeenten(rows)
    first = rendering.planned_first(step, planned)
    invited_to = meetings.of(db.session(), step.campaign)
    editions = {
        variant: Edition(step.campaign, step, text, invited_to) for variant, text in texts.items()
    }
    for row in rows:
        yield Recipient(
            editions.get(row.variant) or editions[step.campaign.variants[0]],
            who=people.addressee(contacts[row.contact_id]),
            gemeente=gemeenten.get(row.gemeente_code),
            variant=row.variant,
            email=row.email,
            planned=planned,
            first=first,
        )


def _gemeenten(codes: set[str]) -> dict[str, Gemeente]:
    if not codes:
        return {}
    some = select(Gemeente).where(Gemeente.code.in_(sorted(codes)))
    with_partners = some.options(selectinload(Gemeente.regions))
    return {one.code: one for one in db.session.scalars(with_partners)}


def _contacts(ids: list[int]) -> dict[int, Contact]:
    found: dict[int, Contact] = {}
    for start in range(0, len(ids), 500):
        some = select(Contact).where(Contact.id.in_(ids[start : start + 500]))
        some = some.options(joinedload(Contact.office).joinedload(Office.gemeente))
        found |= {contact.id: contact for contact in db.session.scalars(some)}
    return found


def _bodies_without_text(step: Step) -> Iterator[Finding]:
    texts = current_texts(step)
    for variant in step.campaign.variants:
        if variant not in texts:
            yield Finding(
                "no-own-text",
                Severity.WARNING,
                f"Het {variant} krijgt bij stap {step.position} de tekst van de raad."
                if variant == "college"
                else f"De {variant} heeft bij stap {step.position} geen eigen tekst.",
                f"stap {step.position}",
            )
