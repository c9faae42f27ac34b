"""`outreach answers`: what a gemeente did with a letter."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from outreach import jobs
from outreach.accounts import audit
from outreach.accounts.audit import CLI
from outreach.answers import contradicting, documents, questions, recording
from outreach.answers.handling import Handling
from outreach.answers.models import Answer, Source, Status
from outreach.answers.questions import Question
from outreach.campaigns import answering, listed, looking, on_paper, writing
from outreach.campaigns.models import Campaign
from outreach.campaigns.store import Store
from outreach.cli import shell
from outreach.cli.contacts import TARGET
from outreach.cli.shell import Opened
from outreach.clock import system_now
from outreach.contacts import gemeenten, spreadsheets
from outreach.db import db
from outreach.delivery.openbesluitvorming import Server
from outreach.errors import Refused
from outreach.ledger import asked, timeline

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
#: How an answer came, and the words for it on the timeline.
VIA = {
    "phone": (Source.PHONE, "telefoongesprek"),
    "mail": (Source.MAIL, "mail van de griffie"),
    "paper": (Source.PAPER, "brief op papier"),
    "seen": (Source.OFFICE, "zelf gezien"),
}


class Day(click.ParamType[date]):
    """A day: 2026-05-21."""

    name = "DATE"

    def convert(self, value: object, param: click.Parameter | None, ctx: object) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise click.BadParameter(f"{value!r} is not a date such as 2026-05-21.") from None


@click.group()
def answers() -> None:
    """What gemeenten did with a letter."""


@answers.command()
@click.argument("slug")
@click.argument("gemeente")
@click.argument("status")
@click.option("--on", "on_date", type=Day(), help="E.g. of the raadsvergadering.")
@click.option("--note", default="", help="In the gemeente's words.")
@click.option(
    "--question",
    "replies",
    multiple=True,
    metavar="KEY=VALUE",
    help="What it said to a question of the campaign; with STATUS antwoord. May be repeated.",
)
@click.option("--body", default="raad", show_default=True, type=click.Choice(["raad", "college"]))
@click.option(
    "--handling",
    type=click.Choice([one.value for one in Handling]),
    help="What the raad did with it.",
)
@click.option("--url", default="", help="Where that can be read.")
@click.option("--via", type=click.Choice(list(VIA)), help="How it came.")
@click.option("--dated", type=Day(), help="With --via paper: the date on the letter.")
@click.option("--scan", type=FILE, metavar="F", help="With --via paper: its PDF, for the dossier.")
@shell.json_option
def record(
    slug: str,
    gemeente: str,
    status: str,
    on_date: date | None,
    note: str,
    replies: tuple[str, ...],
    body: str,
    handling: str | None,
    url: str,
    via: str | None,
    dated: date | None,
    scan: Path | None,
    as_json: bool,
) -> None:
    """Record an answer of GEMEENTE (name, alias or code) to the campaign SLUG.

    STATUS: ontvangen, in-behandeling, doorgestuurd, naar-college, op-lijst, besproken,
    antwoord, gesprek, geweigerd, niet-benaderen, or an outcome of the campaign's own. All
    but the first two stop reminders; an own outcome says so itself.
    """
    by_post = via == "paper" and not replies and not (handling or url)
    if (dated or scan) and not by_post:
        raise click.UsageError("--dated and --scan belong to --via paper, without --question.")
    source, evidence = VIA[via] if via else (Source.CLI, "")
    with shell.opened() as product:
        campaign, found = writing.find(slug), gemeenten.find(gemeente)
        how: dict[str, Any] = {"body": body, "by": CLI, "now": product.now}
        came = how | {"source": source, "evidence": evidence}
        made = []
        if replies:
            about = _replies(campaign, status, replies)
            made.append(answering.note_replies(campaign, found.code, about, **came))
        if by_post:
            file = _scan(scan, product)
            told = how | {"on_date": on_date, "note": note, "dated": dated, "scan": file}
            made.append(on_paper.record(campaign, found.code, status, **told))
        elif not replies or note or on_date or handling:
            told = came | {"on_date": on_date, "note": note, "handling": handling or "", "url": url}
            made.append(answering.note(campaign, found.code, status, **told))
        name, data = found.name, {"gemeente": found.code, "ids": [one.id for one in made]}
    shell.report(data, f"{name}: {status}", as_json=as_json)


@answers.command("list")
@click.argument("slug")
@click.argument("gemeente", required=False)
@shell.json_option
def list_answers(slug: str, gemeente: str | None, as_json: bool) -> None:
    """The answers to the campaign SLUG that stand, oldest first; of GEMEENTE alone when given."""
    with shell.opened():
        campaign = writing.find(slug)
        code = gemeenten.find(gemeente).code if gemeente else None
        found = recording.standing_answers(campaign.id)
        rows = [_row(one) for one in found if code in (None, one.gemeente_code)]
    shell.report(rows, [_line(one) for one in rows] or "No answers.", as_json=as_json)


@answers.command("questions")
@click.argument("slug")
@click.argument("file", type=TARGET, required=False)
@shell.json_option
def questions_(slug: str, file: Path | None, as_json: bool) -> None:
    """What came in to the questions of the campaign SLUG; to FILE (CSV) what each gemeente said."""
    with shell.opened() as product:
        found = asked.of(writing.find(slug), now=product.now)
        rows = [
            {
                "key": one.key,
                "label": one.label,
                "replied": found.said(one),
                "options": {option.word: option.count for option in found.options(one)},
            }
            for one in found.questions
        ]
        if file is not None:
            shell.write(file, spreadsheets.to_csv(found.as_rows()))
        lines = [f"{found.replied} of {len(found.meant)} gemeenten replied."]
        for one in found.questions:
            lines.append(f"{one.label} ({found.said(one)})")
            lines += [f"{option.count:7} {option.word}" for option in found.options(one)]
        told = {"meant": len(found.meant), "replied": found.replied, "questions": rows}
    shell.report(told, lines, as_json=as_json)


@answers.command()
@click.argument("answer_id", type=int, metavar="ID")
def undo(answer_id: int) -> None:
    """Take back the answer with this number; `answers list` has the numbers."""
    with shell.opened() as product:
        (answer,) = answering.answers_of([answer_id])
        done = recording.undo(answer, by=CLI, now=product.now)
    click.echo(f"Answer {answer_id} is taken back." if done else "It was taken back already.")


@answers.command()
@shell.json_option
def contradictions(as_json: bool) -> None:
    """Answers of one gemeente to one letter that contradict one another and wait for a person."""
    with shell.opened():
        found = timeline.contradictions()
        rows: list[dict[str, Any]] = [
            {
                "gemeente": gemeente.code,
                "campaign": parties[0].campaign.slug if parties[0].campaign else "",
                "answers": [_row(one.answer) for one in parties if one.answer],
            }
            for gemeente, parties in found
        ]
    lines = [f"{row['campaign']}\n" + "\n".join(map(_line, row["answers"])) for row in rows]
    shell.report(rows, lines or "No contradictions.", as_json=as_json)


@answers.command("let-stand")
@click.argument("slug")
@click.argument("gemeente")
def let_stand(slug: str, gemeente: str) -> None:
    """Let contradicting answers of GEMEENTE to the campaign SLUG stand beside one another."""
    with shell.opened() as product:
        campaign, found = writing.find(slug), gemeenten.find(gemeente)
        done = contradicting.let_stand(campaign.id, found.code, by=CLI, now=product.now)
        name = found.name
    click.echo(f"{name}: {done} answers stand beside one another.")


@answers.command("listed")
@click.argument("slug")
@click.option("--look", is_flag=True, help="Ask OpenBesluitvorming first; it takes its time.")
@click.option("--record", "good", multiple=True, type=int, metavar="ID", help="It is our letter.")
@click.option("--not-ours", "bad", multiple=True, type=int, metavar="ID", help="It is not.")
@shell.json_option
def show_listed(
    slug: str, look: bool, good: tuple[int, ...], bad: tuple[int, ...], as_json: bool
) -> None:
    """Where the letter SLUG seems to stand on a lijst ingekomen stukken, by OpenBesluitvorming;
    a person confirms. Options may be repeated.
    """
    with shell.opened() as product:
        campaign = writing.find(slug)
        if look:
            _look(campaign, product)
        recorded = looking.record(campaign, good, by=CLI, now=product.now)
        refused = looking.refuse(campaign, bad, by=CLI, now=product.now)
        stands, found = looking.how_it_stands(campaign), looking.proposals(campaign)
        report: dict[str, Any] = {
            "looked_at": stands.looked_at.isoformat() if stands.looked_at else None,
            "more": stands.busy,
            "fault": stands.fault,
            "recorded": len(recorded),
            "refused": refused,
            "proposals": [
                {
                    "id": one.line,
                    "gemeente": one.gemeente.code if one.gemeente else None,
                    "on": one.on_date.isoformat() if one.on_date else None,
                    "title": one.title,
                    "url": one.url,
                    "why_not": one.doubt,
                }
                for one in found
            ],
        }
    lines = [
        f"{row['id']:5} {row['gemeente']} {row['on']} {row['title']} {row['url']}"
        + (f" ({row['why_not']})" if row["why_not"] else "")
        for row in report["proposals"]
    ]
    said = [report["fault"]] if report["fault"] else []
    said += ["Not everything was asked yet; the rest follows."] if report["more"] else []
    shell.report(report, [*lines, *said] or "No proposals.", as_json=as_json)


def _look(campaign: Campaign, product: Opened) -> None:
    url, campaign_id = product.settings.openbesluitvorming_url, campaign.id
    if not url:
        raise Refused("Zet eerst de instelling OPENBESLUITVORMING_URL.")
    at = system_now()
    if campaign_id not in looking.due(now=product.now, at=at):
        raise Refused("Er is net nog gekeken, of de brief is nog nergens. Probeer het later.")
    db.session.rollback()
    jobs.look_on_lists(Server(url, looking.MOST), now=product.now, at=at, only=campaign_id)


@answers.command()
@click.argument("slug")
@click.argument("file", type=FILE)
@click.option("--record", "confirmed", is_flag=True, help="Record all that nothing speaks against.")
@shell.json_option
def seen(slug: str, file: Path, confirmed: bool, as_json: bool) -> None:
    """Read FILE (CSV, XLSX, ODS or plain lines), a list of where the letter SLUG was seen on a
    lijst ingekomen stukken, and show what it proposes; a line has a gemeente or a link of its
    site, and may have a title, a day and a link.
    """
    with shell.opened() as product:
        campaign, plain = writing.find(slug), file.suffix.lower() in ("", ".txt")
        text = shell.text_of(file) if plain else listed.text_of(file.name, file.read_bytes())
        found = listed.read(campaign, text)
        good = {one.line for one in found if not one.fault and not one.doubt}
        if confirmed:
            listed.record(campaign, found, good, by=CLI, now=product.now)
        rows = [
            {
                "line": one.line,
                "gemeente": one.gemeente.code if one.gemeente else None,
                "title": one.title,
                "on": one.on_date.isoformat() if one.on_date else None,
                "url": one.url,
                "why_not": one.fault or one.doubt,
                "recorded": confirmed and one.line in good,
            }
            for one in found
        ]
    lines = [
        f"{row['line']:5} {row['gemeente'] or '-':6} {row['on'] or '':10} {row['title']}"
        + (f" ({row['why_not']})" if row["why_not"] else "")
        for row in rows
    ]
    shell.report(rows, lines, as_json=as_json)


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.id,
        "gemeente": answer.gemeente_code,
        "body": answer.body,
        "status": answer.status,
        "on": answer.on_date.isoformat() if answer.on_date else None,
        "note": answer.note,
        "handling": answer.handling,
        "url": answer.url,
        "source": answer.source.value,
        "evidence": answer.evidence,
        "by": answer.actor_name or audit.name_of(answer.actor),
        "at": answer.at.isoformat(),
    }


def _line(row: dict[str, Any]) -> str:
    on = f" {row['on']}" if row["on"] else ""
    known = row["evidence"] or row["source"]
    return f"{row['id']:6} {row['gemeente']} {row['body']:7} {row['status']}{on} ({known})"


def _scan(path: Path | None, product: Opened) -> documents.File | None:
    if path is None:
        return None
    return documents.keep(path.name, path.read_bytes(), Store(product.settings.instance / "files"))


def _replies(campaign: Campaign, status: str, given: tuple[str, ...]) -> dict[Question, list[str]]:
    if status != Status.ANTWOORD:
        raise click.UsageError(f"--question belongs to the status {Status.ANTWOORD}.")
    known = {one.key: one for one in questions.of(campaign.questions)}
    found: dict[Question, list[str]] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or key not in known:
            names = ", ".join(known) or "none"
            raise click.UsageError(
                f"{one!r} names no question of {campaign.slug}; it has: {names}."
            )
        found.setdefault(known[key], []).append(value)
    return found
