"""Bijeenkomsten: all of them, and one with its days, its seats and who comes."""

from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.contacts import gemeenten
from outreach.errors import Invalid, OutreachError, Unknown
from outreach.events import (
    changing,
    feedback,
    hosts,
    keeping,
    listing,
    parts,
    recounting,
    rounds,
    showing,
    words,
)
from outreach.events.models import Meeting, MeetingDay
from outreach.ledger import afterwards as after
from outreach.ledger import meetings
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import meeting_links, now
from outreach.web.office.contacts import XLSX
from outreach.web.office.meeting_forms import CapacityForm, NoteForm

#: Not "meetings": those are the pages for everyone.
bp = Blueprint("office_meetings", __name__, url_prefix="/kantoor/bijeenkomsten")


@bp.get("/")
@role_required(Role.READER)
def index() -> ResponseReturnValue:
    coming, past = meetings.everything(now())
    return render_template("office/meetings.html", coming=coming, past=past, when=meetings.when)


@bp.get("/<slug>")
@role_required(Role.READER)
def show(slug: str) -> ResponseReturnValue:
    return page(keeping.find(slug))


@bp.get("/<slug>/na-afloop")
@role_required(Role.READER)
def afterwards(slug: str) -> str:
    """Who came, per gemeente; with "?gemeente=GM0355" one of them, by name."""
    meeting, moment = keeping.find(slug), now()
    code = request.args.get("gemeente", "")
    gemeente = gemeenten.find(code) if code else None
    found = (
        [after.of(meeting, gemeente, now=moment)]
        if gemeente
        else after.everyone(meeting, now=moment)
    )
    return render_template(
        "office/afterwards.html",
        meeting=meeting,
        gemeente=gemeente,
        asks=after.asks(gemeente) if gemeente else [],
        found=found,
        total=after.total(found),
        roles=meetings.ROLES,
    )


@bp.post("/<slug>/open")
@role_required(Role.COORDINATOR)
def publish(slug: str) -> ResponseReturnValue:
    keeping.publish(keeping.find(slug), by=actor(), now=now())
    flash("De bijeenkomst staat open: zij staat op de voorpagina en in de agenda’s.")
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/<slug>/dag/<int:day_id>/plaatsen")
@role_required(Role.COORDINATOR)
def set_capacity(slug: str, day_id: int) -> ResponseReturnValue:
    """More or fewer seats; who waits first is offered what comes free."""
    meeting, form = keeping.find(slug), CapacityForm()
    day = find_day(meeting, day_id)
    if not form.accepted():
        return page(meeting, refused=form.wrong[0].errors[0], day=day), 422
    waited = day.waiting
    try:
        _set_capacity(meeting, day, form)
    except OutreachError as error:
        return page(meeting, refused=str(error), day=day), error.status
    offered = waited - day.waiting
    said = f" {dutch.plural(offered, 'mens', 'mensen')} op de wachtlijst krijgt een aanbod."
    said = said.replace("mensen op de wachtlijst krijgt", "mensen op de wachtlijst krijgen")
    flash(f"Op {dutch.day_date(day.date)} zijn nu {dutch.number(day.capacity)} plaatsen."
          + (said if offered else ""))  # fmt: skip
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/<slug>/tel-opnieuw")
@role_required(Role.COORDINATOR)
def recount(slug: str) -> ResponseReturnValue:
    """Set the counters to what the list of people says."""
    found = recounting.mend(keeping.find(slug), by=actor(), now=now())
    days = dutch.plural(found, "dag", "dagen")
    flash(f"De telling van {days} is hersteld." if found else "De telling klopte al.")
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/<slug>/notitie")
@role_required(Role.COORDINATOR)
def note(slug: str) -> ResponseReturnValue:
    meeting, form = keeping.find(slug), NoteForm()
    if not form.accepted():
        return page(meeting, form=form), form.status
    keeping.note(meeting, form.note.data or "", by=actor(), now=now())
    flash("De notitie is bewaard.")
    return redirect(url_for(".show", slug=slug), 303)


@bp.get("/<slug>/deelnemers.csv")
@role_required(Role.COORDINATOR)
def download_csv(slug: str) -> ResponseReturnValue:
    meeting = keeping.find(slug)
    return _file(listing.to_csv(meeting), "text/csv; charset=utf-8", f"deelnemers-{slug}.csv")


@bp.get("/<slug>/deelnemers.xlsx")
@role_required(Role.COORDINATOR)
def download_xlsx(slug: str) -> ResponseReturnValue:
    meeting = keeping.find(slug)
    return _file(listing.to_xlsx(meeting), XLSX, f"deelnemers-{slug}.xlsx")


def page(
    meeting: Meeting,
    *,
    form: NoteForm | None = None,
    refused: str = "",
    day: MeetingDay | None = None,
) -> str:
    """The page of one meeting.

    :param refused: why the seats of `day` did not change
    """
    moment, links = now(), meeting_links()
    over = showing.Shown(meeting, moment).phase is showing.Phase.OVER
    return render_template(
        "office/meeting.html",
        meeting=meeting,
        sheet=meetings.of(meeting, now=moment),
        form=form or NoteForm(data={"note": meeting.notes}),
        refused=refused,
        refused_day=day,
        host=hosts.of(meeting),
        public=links.page(meeting),
        file=links.file(meeting),
        text=showing.text_html(meeting.text),
        roles=meetings.ROLES,
        stands=meetings.stands,
        moment=meetings.moment,
        hours=words.hours,
        parts_of=parts.of_day,
        part_line=parts.line,
        place=words.where(meeting),
        now=moment,
        rounds=rounds.of(meeting),
        feedback=feedback.QUESTIONS,
        thanked=rounds.thanked(meeting) if over else 0,
        over=over,
    )


def find_day(meeting: Meeting, day_id: int) -> MeetingDay:
    """
    :raises Unknown: no day of this meeting
    """
    found = next((day for day in meeting.days if day.id == day_id), None)
    if found is None:
        raise Unknown("Deze dag hoort niet bij deze bijeenkomst.")
    return found


def _set_capacity(meeting: Meeting, day: MeetingDay, form: CapacityForm) -> None:
    facts = keeping.facts_of(meeting)
    days = tuple(
        replace(one, capacity=form.capacity.data) if one.id == day.id else one for one in facts.days
    )
    if days == facts.days and form.capacity.data != day.capacity:
        raise Invalid("Deze dag gaat niet door: het aantal plaatsen verandert niet meer.")
    changing.apply(
        meeting,
        replace(facts, days=days),
        version=form.version.data,
        links=meeting_links(),
        by=actor(),
        now=now(),
    )


def _file(data: bytes, kind: str, name: str) -> Response:
    response = Response(data, content_type=kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
