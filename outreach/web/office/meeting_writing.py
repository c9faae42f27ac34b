"""Writing, changing and cancelling a meeting. What mails people is shown before it is done."""

from collections.abc import Callable, Sequence
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.errors import OutreachError, Refused
from outreach.events import changing, keeping, parts
from outreach.events.changing import Affected, Preview
from outreach.events.models import Meeting, MeetingDay, MeetingPart, MeetingState
from outreach.ledger import meetings
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import meeting_links, now
from outreach.web.office.meeting_forms import MeetingForm, ReasonForm
from outreach.web.office.meetings import bp as bp
from outreach.web.office.meetings import find_day

STALE = (
    "Een collega wijzigde deze bijeenkomst terwijl u bezig was. Wat u typte, staat hieronder nog."
    " Bewaart u nu, dan geldt wat hier staat."
)
#: Fields of the preview that are no part of the meeting.
BUTTONS = ("csrf_token", "version", "gezien", "terug", "meer")


@bp.route("/nieuw", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def create() -> ResponseReturnValue:
    form = MeetingForm()
    if _only_shows(form) or not form.accepted():
        return _form(form)
    try:
        meeting = keeping.create(form.facts, by=actor(), now=now())
    except OutreachError as error:
        return _form(form, refused=str(error), status=error.status)
    flash("Het concept is bewaard. Alleen het kantoor ziet het, tot u de bijeenkomst open zet.")
    return redirect(url_for(".show", slug=meeting.slug), 303)


@bp.route("/<slug>/wijzig", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def change(slug: str) -> ResponseReturnValue:
    meeting = keeping.find(slug)
    form = MeetingForm(meeting)
    if request.method == "POST" and request.form.get("version") != str(meeting.version):
        return _stale(meeting, form)
    if _only_shows(form) or not form.accepted():
        return _form(form, meeting)
    try:
        seen = changing.preview(meeting, form.facts, now=now())
        if seen.affected and not _agreed(seen):
            return _preview(meeting, seen)
        changing.apply(
            meeting,
            form.facts,
            version=meeting.version,
            links=meeting_links(),
            by=actor(),
            now=now(),
        )
    except OutreachError as error:
        return _form(form, meeting, refused=str(error), status=error.status)
    flash(_saved(seen))
    return redirect(url_for(".show", slug=slug), 303)


@bp.route("/<slug>/annuleer", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def cancel(slug: str) -> ResponseReturnValue:
    meeting = _open(slug)
    affected = changing.preview_cancel(meeting, now=now())
    return _call_off(meeting, None, affected, partial(changing.cancel, meeting))


@bp.route("/<slug>/dag/<int:day_id>/annuleer", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def cancel_day(slug: str, day_id: int) -> ResponseReturnValue:
    meeting = _open(slug)
    day = find_day(meeting, day_id)
    affected = changing.preview_cancel_day(day, now=now())
    return _call_off(meeting, day, affected, partial(changing.cancel_day, day))


@bp.route("/<slug>/onderdeel/<int:part_id>/annuleer", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def cancel_part(slug: str, part_id: int) -> ResponseReturnValue:
    meeting = _open(slug)
    part = parts.get(meeting, part_id)
    form = ReasonForm()
    if not form.accepted():
        return _turn_part(meeting, part, form)
    told = changing.cancel_part(
        part, reason=form.reason.data, links=meeting_links(), by=actor(), now=now()
    )
    flash(f"“{part.title}” gaat niet door. {_told(told)}")
    return redirect(url_for(".show", slug=slug), 303)


@bp.route("/<slug>/onderdeel/<int:part_id>/toch", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def restore_part(slug: str, part_id: int) -> ResponseReturnValue:
    meeting = _open(slug)
    part = parts.get(meeting, part_id)
    if request.method != "POST":
        return _turn_part(meeting, part, None)
    told = changing.restore_part(part, links=meeting_links(), by=actor(), now=now())
    flash(f"“{part.title}” gaat toch door. {_told(told)}")
    return redirect(url_for(".show", slug=slug), 303)


def _turn_part(meeting: Meeting, part: MeetingPart, form: ReasonForm | None) -> ResponseReturnValue:
    """What calling a part off, or taking that back, would mail and to whom."""
    page = render_template(
        "office/meeting_part.html",
        meeting=meeting,
        part=part,
        when=parts.hours(part),
        affected=changing.preview_part(part, now=now()),
        form=form,
    )
    return page, form.status if form else 200


def _call_off(
    meeting: Meeting,
    day: MeetingDay | None,
    affected: Sequence[Affected],
    call_off: Callable[..., int],
) -> ResponseReturnValue:
    """Calling off cannot be undone: it is asked for twice, with who is told."""
    form = ReasonForm()
    if not form.accepted():
        page = render_template(
            "office/meeting_cancel.html", meeting=meeting, day=day, affected=affected, form=form
        )
        return page, form.status
    told = call_off(reason=form.reason.data, links=meeting_links(), by=actor(), now=now())
    what = dutch.day_date(day.date).capitalize() if day else "De bijeenkomst"
    flash(f"{what} gaat niet door. {_told(told)}")
    return redirect(url_for(".show", slug=meeting.slug), 303)


@bp.post("/<slug>/kopieer")
@role_required(Role.COORDINATOR)
def copy(slug: str) -> ResponseReturnValue:
    made = keeping.copy(keeping.find(slug), by=actor(), now=now())
    flash("Dit is een nieuw concept, op dezelfde weekdagen. Kijk de dagen na en bewaar het.")
    return redirect(url_for(".change", slug=made.slug), 303)


@bp.route("/<slug>/weg", methods=["GET", "POST"])
@role_required(Role.COORDINATOR)
def remove(slug: str) -> ResponseReturnValue:
    meeting = keeping.find(slug)
    if request.method != "POST":
        return render_template("office/meeting_remove.html", meeting=meeting)
    keeping.remove(meeting, by=actor(), now=now())
    flash(f"Het concept “{meeting.title}” is weggegooid.")
    return redirect(url_for(".index"), 303)


def _open(slug: str) -> Meeting:
    meeting = keeping.find(slug)
    if meeting.state is not MeetingState.OPEN:
        raise Refused("Deze bijeenkomst staat niet open, dus er valt niets te annuleren.")
    return meeting


def _only_shows(form: MeetingForm) -> bool:
    """Whether the button was one that keeps nothing: more days, or back from the preview."""
    if "meer" in request.form:
        form.add_days()
    return request.method != "POST" or "meer" in request.form or "terug" in request.form


def _form(
    form: MeetingForm,
    meeting: Meeting | None = None,
    *,
    refused: str = "",
    differs: tuple[str, ...] = (),
    status: int | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "office/meeting_form.html", form=form, meeting=meeting, refused=refused, differs=differs
    )
    return page, status or form.status


def _stale(meeting: Meeting, form: MeetingForm) -> ResponseReturnValue:
    """Someone else was first: what was typed stays, with what saving it now would change."""
    differs: tuple[str, ...] = ()
    if form.validate():
        try:
            seen = changing.preview(meeting, form.facts, now=now())
            differs = (*seen.changes, *seen.silent)
        except OutreachError as error:
            differs = (str(error),)
    return _form(form, meeting, refused=STALE, differs=differs, status=409)


def _preview(meeting: Meeting, seen: Preview) -> ResponseReturnValue:
    typed = [pair for pair in request.form.items(multi=True) if pair[0] not in BUTTONS]
    return render_template(
        "office/meeting_preview.html",
        meeting=meeting,
        seen=seen,
        mark=_mark(seen),
        typed=typed,
        stands=meetings.stands,
        roles=meetings.ROLES,
    )


def _agreed(seen: Preview) -> bool:
    """Whether this very list was shown: someone may have registered meanwhile."""
    return request.form.get("gezien") == _mark(seen)


def _mark(seen: Preview) -> str:
    return ".".join(str(one.registration.id) for one in seen.affected)


def _saved(seen: Preview) -> str:
    if not seen:
        return "Er is niets gewijzigd."
    return f"De bijeenkomst is gewijzigd. {_told(len(seen.affected))}"


def _told(count: int) -> str:
    if not count:
        return "Niemand hoefde een mail."
    return f"{dutch.plural(count, 'mens krijgt', 'mensen krijgen')} een mail."
