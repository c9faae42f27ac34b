"""Printbestand: the letters of a step that go on paper, in one file, and what was posted."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.campaigns import by_hand, previewing, printing, writing
from outreach.campaigns.models import Step
from outreach.campaigns.rendering import Renderer
from outreach.ledger import sheet
from outreach.letters import dutch
from outreach.web.access import actor, role_required
from outreach.web.context import links, now, store

bp = Blueprint(
    "printing", __name__, url_prefix="/kantoor/brieven/<slug>/stap/<int:position>/printbestand"
)


@bp.get("/")
@role_required(Role.READER)
def show(slug: str, position: int) -> ResponseReturnValue:
    step = _step(slug, position)
    found = printing.letters(step, now=now())
    return render_template(
        "office/printing.html",
        campaign=step.campaign,
        step=step,
        title=sheet.title(step),
        to_do=[one for one in found if not one.done],
        done=[one for one in found if one.done],
        key=printing.key,
    )


@bp.get("/brieven.pdf")
@role_required(Role.READER)
def file(slug: str, position: int) -> ResponseReturnValue:
    """The letters that are still to be posted, or those that `?k=` names.

    With `?enkelzijdig=1` without blank pages between them.
    """
    step, moment = _step(slug, position), now()
    chosen = printing.pick(printing.to_do(step, now=moment), request.args.getlist("k"))
    made = printing.file(
        step,
        chosen,
        Renderer(links(), store(), moment),
        duplex="enkelzijdig" not in request.args,
        now=moment,
    )
    response = Response(made, mimetype="application/pdf")
    name = f"Printbestand {slug} stap {position}.pdf"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@bp.post("/")
@role_required(Role.COORDINATOR)
def posted(slug: str, position: int) -> ResponseReturnValue:
    step, moment = _step(slug, position), now()
    keys = request.form.getlist("k")
    chosen = printing.pick(printing.to_do(step, now=moment), keys) if keys else []
    count = printing.posted(step, chosen, by=actor(), now=moment)
    flash(f"{dutch.plural(count, 'brief staat', 'brieven staan')} genoteerd als gepost.")
    return redirect(url_for(".show", slug=slug, position=position), 303)


@bp.post("/ongedaan")
@role_required(Role.COORDINATOR)
def undo(slug: str, position: int) -> ResponseReturnValue:
    """One of them was not posted after all."""
    step, moment = _step(slug, position), now()
    found = printing.letters(step, now=moment)
    for one in printing.pick(found, [request.form.get("k", "-")]):
        by_hand.undo(one, by=actor(), now=moment)
        flash(f"{one.gemeente.name}: weer nog te doen.")
    return redirect(url_for(".show", slug=slug, position=position), 303)


def _step(slug: str, position: int) -> Step:
    return previewing.step_at(writing.find(slug), position)
