"""Aan de deur: the links to a day's list, who is there, and what one prints for it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

from outreach.accounts.models import Role
from outreach.errors import Invalid, Unknown
from outreach.events import behalf, door_links, keeping, papers, parts, presence, qr, words
from outreach.events.models import DoorLink, MeetingDay
from outreach.web.access import actor, coordinator, role_required
from outreach.web.context import meeting_links, now
from outreach.web.files import as_pdf
from outreach.web.form import Form
from outreach.web.office.meeting_needs import bp as bp
from outreach.web.office.meetings import find_day

PAPERS = {
    "lijst": papers.name_list,
    "naambordjes": papers.badges,
    "bewijzen": papers.statements_of_day,
}


class LinkForm(Form):
    label = StringField("Voor wie is de link?")


@bp.get("/<slug>/dag/<int:day_id>/deur")
@role_required(Role.COORDINATOR)
def door(slug: str, day_id: int) -> ResponseReturnValue:
    return _page(find_day(keeping.find(slug), day_id), LinkForm())


@bp.post("/<slug>/dag/<int:day_id>/deur")
@role_required(Role.COORDINATOR)
def give_link(slug: str, day_id: int) -> ResponseReturnValue:
    """A link for a helper's phone."""
    day, form = find_day(keeping.find(slug), day_id), LinkForm()
    try:
        door_links.give(day, label=form.label.data or "", by=actor(), now=now())
    except Invalid as error:
        form.refuse("label", error)
        return _page(day, form)
    flash("De link is klaar. Laat de helper de code scannen, of stuur de link.")
    return redirect(url_for(".door", slug=slug, day_id=day_id), 303)


@bp.post("/<slug>/dag/<int:day_id>/deur/open")
@role_required(Role.COORDINATOR)
def open_door(slug: str, day_id: int) -> ResponseReturnValue:
    """The list on this very device, by a link of the coordinator's own."""
    day = find_day(keeping.find(slug), day_id)
    label = str(coordinator())[: door_links.LABEL.longest]
    link = door_links.give(day, label=label, by=actor(), now=now())
    return redirect(meeting_links().door(link), 303)


@bp.post("/<slug>/deur/<int:link_id>/intrekken")
@role_required(Role.COORDINATOR)
def revoke_link(slug: str, link_id: int) -> ResponseReturnValue:
    link = door_links.find(keeping.find(slug), link_id)
    door_links.revoke(link, by=actor(), now=now())
    flash("De link werkt niet meer. Wat ermee is gemeld, blijft staan.")
    return redirect(url_for(".door", slug=slug, day_id=link.day_id), 303)


@bp.get("/<slug>/dag/<int:day_id>/<name>.pdf")
@role_required(Role.COORDINATOR)
def paper(slug: str, day_id: int, name: str) -> ResponseReturnValue:
    """What one prints for a day."""
    day = find_day(keeping.find(slug), day_id)
    if name not in PAPERS:
        raise Unknown("Dit papier maken wij niet. Kies uit de lijst onder Om af te drukken.")
    made = PAPERS[name](day, now=now())
    return as_pdf(made, f"{name}-{slug}-{day.date}.pdf")


@bp.get("/<slug>/onderdeel/<int:part_id>/lijst.pdf")
@role_required(Role.COORDINATOR)
def part_paper(slug: str, part_id: int) -> ResponseReturnValue:
    """Who chose a part of a day."""
    part = parts.get(keeping.find(slug), part_id)
    return as_pdf(papers.part_list(part, now=now()), f"lijst-{slug}-{part_id}.pdf")


@bp.post("/<slug>/aanmelding/<int:registration_id>/dag/<int:day_id>/agenda")
@role_required(Role.COORDINATOR)
def settle_decline(slug: str, registration_id: int, day_id: int) -> ResponseReturnValue:
    """What a calendar declined: give the day up for this person, or leave it."""
    registration = behalf.find(keeping.find(slug), registration_id)
    leaves = request.form.get("doe") == "annuleer"
    behalf.settle_decline(
        registration, day_id, leaves=leaves, links=meeting_links(), by=actor(), now=now()
    )
    flash("De dag is geannuleerd. De bevestiging gaat per mail." if leaves else "De plaats blijft.")
    return redirect(url_for(".show_registration", slug=slug, registration_id=registration_id), 303)


@bp.get("/<slug>/aanmelding/<int:registration_id>/bewijs.pdf")
@role_required(Role.COORDINATOR)
def statement(slug: str, registration_id: int) -> ResponseReturnValue:
    registration = behalf.find(keeping.find(slug), registration_id)
    made = papers.statements([registration], now=now())
    return as_pdf(made, f"bewijs-van-deelname-{slug}-{registration_id}.pdf")


def _page(day: MeetingDay, form: LinkForm) -> ResponseReturnValue:
    everyone, moment = presence.rows(day), now()
    links = door_links.of_day(day)
    standing = [link for link in links if link.revoked_at is None]
    page = render_template(
        "office/door.html",
        meeting=day.meeting,
        day=day,
        hours=words.hours(day),
        form=form,
        count=presence.count(day, everyone),
        links=[(link, _address(link), qr.svg(_address(link), size=3)) for link in standing],
        revoked=len(links) - len(standing),
        opens=door_links.opens_at(day),
        shuts=door_links.shuts_at(day),
        now=moment,
    )
    return page, form.status


def _address(link: DoorLink) -> str:
    return meeting_links().door(link)
