"""Zelf brengen: a letter to a griffie with only a web form, or by post."""

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.models import Role
from outreach.campaigns import by_hand, previewing, writing
from outreach.campaigns.by_hand import Todo
from outreach.campaigns.models import Step
from outreach.campaigns.rendering import Renderer
from outreach.ledger import sheet
from outreach.web.access import actor, role_required
from outreach.web.context import links, now, store

bp = Blueprint("by_hand", __name__, url_prefix="/kantoor/brieven/<slug>/stap/<int:position>/zelf")


@bp.get("/<code>/<variant>")
@role_required(Role.READER)
def show(slug: str, position: int, code: str, variant: str) -> ResponseReturnValue:
    """The text to copy, the PDF, and where they go."""
    step, todo = _todo(slug, position, code, variant)
    recipient = by_hand.recipient(step, todo, now=now())
    content = _renderer().content(recipient, foot=False)
    return render_template(
        "office/by_hand.html",
        campaign=step.campaign,
        step=step,
        title=sheet.title(step),
        todo=todo,
        content=content,
        answer=links().answer(step.campaign_id, code, variant, now=now()),
    )


@bp.get("/<code>/<variant>/brief.pdf")
@role_required(Role.READER)
def letter(slug: str, position: int, code: str, variant: str) -> ResponseReturnValue:
    step, todo = _todo(slug, position, code, variant)
    name, data = _renderer().pdf(by_hand.recipient(step, todo, now=now()))
    response = Response(data, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@bp.post("/<code>/<variant>")
@role_required(Role.COORDINATOR)
def done(slug: str, position: int, code: str, variant: str) -> ResponseReturnValue:
    step, todo = _todo(slug, position, code, variant)
    by_hand.mark_done(step, todo, by=actor(), now=now())
    flash(f"{todo.gemeente.name}: genoteerd als verstuurd {todo.how}.")
    return redirect(url_for("steps.show", slug=slug, position=position, _anchor="zelf"), 303)


@bp.post("/<code>/<variant>/ongedaan")
@role_required(Role.COORDINATOR)
def undo(slug: str, position: int, code: str, variant: str) -> ResponseReturnValue:
    _, todo = _todo(slug, position, code, variant)
    by_hand.undo(todo, by=actor(), now=now())
    flash(f"{todo.gemeente.name}: weer nog te doen.")
    return redirect(url_for("steps.show", slug=slug, position=position, _anchor="zelf"), 303)


def _todo(slug: str, position: int, code: str, variant: str) -> tuple[Step, Todo]:
    step = previewing.step_at(writing.find(slug), position)
    return step, by_hand.todo(step, code, variant, now=now())


def _renderer() -> Renderer:
    return Renderer(links(), store(), now())
