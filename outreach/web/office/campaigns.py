"""Brieven: all of them, and one with its map, its steps and what is in doubt."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts import audit
from outreach.accounts.models import Role
from outreach.answers.handling import Handling
from outreach.campaigns import (
    approving,
    correcting,
    exporting,
    inspecting,
    running,
    scheduling,
    softly,
    writing,
)
from outreach.campaigns.approving import Stage
from outreach.campaigns.models import Campaign, CampaignState
from outreach.clock import dutch_date, to_wall
from outreach.ledger import charts, lines, overview, report, sheet, timeline
from outreach.ledger.sheet import Sheet
from outreach.ledger.standing import SENT, GemeenteStanding, Standing
from outreach.letters import dutch
from outreach.letters.checking import Finding, Severity
from outreach.web.access import actor, may, role_required
from outreach.web.context import now, paced, settings
from outreach.web.files import as_pdf
from outreach.web.office.downloads import as_csv, as_xlsx
from outreach.web.office.gemeenten import SILENT

bp = Blueprint("campaigns", __name__, url_prefix="/kantoor/brieven")

NO_MOMENT = Finding(
    "no-moment", Severity.ERROR, "Kies het moment waarop de brief weggaat.", "stap 1"
)
#: Chosen by the number of all that were written to.
WRITTEN = "aangeschreven"
#: What a person can do something about stands above.
ASKS = (Standing.ONZEKER, Standing.ONBESTELBAAR, Standing.GESPREK)


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    return render_template("office/campaigns.html", lines=lines.everything())


@bp.get("/<slug>")
@role_required(Role.READER)
def show(slug: str) -> ResponseReturnValue:
    campaign, moment = writing.find(slug), now()
    found = sheet.of(campaign, now=moment, body=_body(campaign))
    findings = _findings(campaign, moment)
    return render_template(
        "office/campaign.html",
        campaign=campaign,
        sheet=found,
        progress=_progress(found, moment),
        counts=found.counts,
        rows=_chosen(found.rows),
        silent=request.args.get("status") in SILENT and may(Role.COORDINATOR),
        **_noted(found, request.args.get("nieuw", 0, int)),
        handled=Counter(_of_raad(row)[0] for row in found.rows),
        chosen=request.args.get("status", ""),
        body=_body(campaign),
        tiles=charts.tiles(found.rows),
        borders=charts.borders(found.rows),
        kinds=[
            ("per provincie", "provincie", charts.by_province(found.rows)),
            ("naar grootte", "inwoners", charts.by_size(found.rows)),
        ],
        plot=charts.plot(
            sheet.told_per_day(found.rows), report.letters(found), today=dutch_date(moment)
        ),
        findings=findings,
        blocked=any(one.severity is Severity.ERROR for one in findings),
        sendable=all(one.severity is not Severity.ERROR or one is NO_MOMENT for one in findings),
        warned=any(one.severity is Severity.WARNING for one in findings),
        severity=Severity,
        approval=(approval := approving.stage(campaign)),
        agreed=approval in (Stage.NOT_NEEDED, Stage.GIVEN),
        second=approval is Stage.ASKED and approving.may_give(campaign, actor()),
        name_of=audit.name_of,
        corrections=(corrections := correcting.of(campaign)),
        versions=correcting.versions_held(campaign) if corrections else {},
        sent_standings=SENT,
        soft=softly.said(campaign),
        now=moment,
    )


@bp.get("/<slug>/voortgang")
@role_required(Role.READER)
def progress(slug: str) -> ResponseReturnValue:
    """How far sending is: the part of the page that renews itself."""
    campaign = writing.find(slug)
    counted, first = sheet.by_step(campaign)
    far = overview.progress(campaign, sheet.total(counted), first, now=now(), paced=paced())
    response = Response(render_template("office/_progress.html", campaign=campaign, progress=far))
    if not far.left:
        response.headers["HX-Refresh"] = "true"  # the rest of the page has changed too
    return response


@bp.get("/<slug>/gemeenten.csv")
@role_required(Role.READER)
def download(slug: str) -> ResponseReturnValue:
    """The gemeenten that the page lists and how each stands, for a spreadsheet."""
    return as_csv(*_listed(writing.find(slug), "csv"))


@bp.get("/<slug>/gemeenten.xlsx")
@role_required(Role.READER)
def workbook(slug: str) -> ResponseReturnValue:
    """The same as a workbook."""
    return as_xlsx(*_listed(writing.find(slug), "xlsx"))


@bp.get("/<slug>/verslag.pdf")
@role_required(Role.READER)
def board(slug: str) -> ResponseReturnValue:
    """How it stands, on a page of A4 for a board."""
    moment = now()
    made = report.of(writing.find(slug), now=moment)
    return as_pdf(made, f"{dutch_date(moment)} Verslag {slug}.pdf")


@bp.get("/<slug>/brief.md")
@role_required(Role.READER)
def export(slug: str) -> ResponseReturnValue:
    """The letter as a file that loads to the same letter; attachments are only named."""
    text = exporting.as_file(writing.find(slug))
    headers = {"Content-Disposition": f'attachment; filename="{slug}.md"'}
    return Response(text, mimetype="text/markdown", headers=headers)


@bp.post("/<slug>/start")
@role_required(Role.COORDINATOR)
def start(slug: str) -> ResponseReturnValue:
    campaign, moment = writing.find(slug), now()
    running.start(
        campaign,
        by=actor(),
        now=moment,
        answers_at=settings().base_url,
        seen=request.form.getlist("gezien"),
        reason=request.form.get("reden", ""),
        at_once=bool(request.form.get("nu")),
        grace=running.GRACE,
    )
    leaves = scheduling.leaves_at(campaign.steps[0]) or moment
    flash(f"De eerste brief gaat weg op {dutch.day_time(leaves)}. U kunt hem tot dan tegenhouden.")
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/<slug>/terug")
@role_required(Role.COORDINATOR)
def withdraw(slug: str) -> ResponseReturnValue:
    running.withdraw(writing.find(slug), by=actor(), now=now())
    flash("De brief is weer een concept. Er ging niets weg.")
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/<slug>/pauzeer")
@role_required(Role.COORDINATOR)
def pause(slug: str) -> ResponseReturnValue:
    running.pause(writing.find(slug), by=actor(), now=now())
    flash("Het versturen staat stil. Er gaat niets weg tot iemand het hervat.")
    if position := request.args.get("terug", type=int):
        return redirect(url_for("correcting.correct", slug=slug, position=position), 303)
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/<slug>/hervat")
@role_required(Role.COORDINATOR)
def resume(slug: str) -> ResponseReturnValue:
    running.resume(writing.find(slug), by=actor(), now=now())
    flash("Het versturen gaat verder.")
    return redirect(url_for(".show", slug=slug), 303)


@bp.route("/<slug>/stop", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def cancel(slug: str) -> ResponseReturnValue:
    """Stopping cannot be undone, so it is asked for twice."""
    campaign = writing.find(slug)
    if request.method != "POST":
        return render_template("office/campaign_cancel.html", campaign=campaign)
    left = running.cancel(campaign, by=actor(), now=now())
    held = dutch.plural(left, "brief die klaarstond, gaat", "brieven die klaarstonden, gaan")
    flash(f"De brief is gestopt. {held} niet weg.")
    return redirect(url_for(".show", slug=slug), 303)


@bp.route("/<slug>/weg", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def remove(slug: str) -> ResponseReturnValue:
    """Throwing a draft away cannot be undone either."""
    campaign = writing.find(slug)
    if request.method != "POST":
        return render_template("office/campaign_remove.html", campaign=campaign)
    writing.remove(campaign, by=actor(), now=now())
    flash(f"Het concept “{campaign.name}” is weggegooid.")
    return redirect(url_for(".index"), 303)


def _body(campaign: Campaign) -> str | None:
    asked = request.args.get("voor", "")
    return asked if asked in campaign.variants and len(campaign.variants) > 1 else None


def _findings(campaign: Campaign, moment: datetime) -> list[Finding]:
    if campaign.state is not CampaignState.DRAFT:
        return []
    found = inspecting.findings(campaign, now=moment, answers_at=settings().base_url)
    if campaign.steps[0].send_at is None:
        found.insert(0, NO_MOMENT)
    return found


def _progress(found: Sheet, moment: datetime) -> overview.Progress | None:
    """How far sending is, while letters are leaving."""
    if found.state not in (CampaignState.RUNNING, CampaignState.PAUSED):
        return None
    far = overview.progress(
        found.campaign,
        sheet.total({line.step.id: line.counts for line in found.steps}),
        min((line.first for line in found.steps if line.first), default=None),
        now=moment,
        paced=paced(),
    )
    return far if far.left else None


def _listed(campaign: Campaign, suffix: str) -> tuple[str, list[tuple[str, ...]]]:
    """The table of the page as a file: its name, its head and its rows."""
    found = sheet.of(campaign, now=now(), body=_body(campaign))
    versions = correcting.versions_held(campaign)
    wanted = request.args.get("status", "")
    rows = [
        (
            row.code,
            row.name,
            row.province,
            row.standing.word,
            to_wall(row.since).isoformat(" ", "minutes") if row.since else "",
            row.evidence,
            versions.get(row.code, ""),
            *_of_raad(row),
        )
        for row in found.rows
        if _wanted(row, wanted)
    ]
    names = ("code", "gemeente", "provincie", "status", "sinds", "hoe weten we dit", "versie",
             "wat de raad deed", "vergadering", "in hun woorden", "link")  # fmt: skip
    part = f"-{wanted}" if wanted and rows else ""
    return f"{campaign.slug}{part}.{suffix}", [names, *rows]


def _of_raad(row: GemeenteStanding) -> tuple[str, str, str, str]:
    """What the raad did with the letter, as it was last told."""
    told = next((one for one in reversed(row.answers) if one.handling), None)
    if told is None:
        return "", "", "", ""
    day = told.on_date.isoformat() if told.on_date else ""
    return Handling(told.handling).word, day, told.note, told.url


def _wanted(row: GemeenteStanding, status: str) -> bool:
    """Whether a chip or a number of the page means this gemeente."""
    return status in ("", row.standing.value) or (status == WRITTEN and row.standing in SENT)


def _noted(found: Sheet, answer_id: int) -> dict[str, object]:
    """An answer that was noted a moment ago, and of whom it is."""
    for row in found.rows if answer_id else ():
        for answer in row.answers:
            if answer.id == answer_id:
                happening = timeline.of_answer(answer, found.campaign)
                return {"noted": happening, "noted_of": row.name}
    return {"noted": None, "noted_of": ""}


def _chosen(rows: Iterable[GemeenteStanding]) -> list[GemeenteStanding]:
    """The rows of the table: those of the chip that was chosen, what asks for someone first."""
    wanted = request.args.get("status", "")
    newest_first = sorted(
        (row for row in rows if _wanted(row, wanted)),
        key=lambda row: -row.since.timestamp() if row.since else 0.0,
    )
    return sorted(
        newest_first,
        key=lambda row: (not row.opposed and row.standing not in ASKS, row.standing.rank),
    )
