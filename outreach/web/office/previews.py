"""A letter as any recipient gets it: mail, text and PDF; and a proof to oneself."""

from dataclasses import dataclass, field

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from outreach.accounts import people
from outreach.accounts.models import Role
from outreach.campaigns import leafing, previewing, writing
from outreach.campaigns.leafing import Filled, Readers
from outreach.campaigns.models import Step
from outreach.campaigns.previewing import Candidate
from outreach.campaigns.rendering import Recipient, Renderer
from outreach.delivery.models import Message
from outreach.errors import OutreachError, Unknown
from outreach.ledger import sheet
from outreach.letters import dutch
from outreach.letters.composing import Content
from outreach.web.access import actor, coordinator, role_required
from outreach.web.context import links, now, store
from outreach.web.security import FRAMING_POLICY, MAIL_POLICY

bp = Blueprint("previews", __name__, url_prefix="/kantoor/brieven")

VIEWS = ("scherm", "telefoon", "tekst")


@dataclass(frozen=True)
class Preview:
    """One letter to one recipient, or why it cannot be made yet."""

    step: Step
    readers: Readers
    reader: Candidate | None
    recipient: Recipient | None = None
    fields: list[Filled] = field(default_factory=list)  #: what they give for this reader
    content: Content | None = None
    fault: str = ""

    @property
    def who(self) -> str:
        return self.reader.key if self.reader else ""

    @property
    def around(self) -> tuple[Candidate | None, Candidate | None]:
        """Who comes before and after this reader."""
        return self.readers.around(self.reader) if self.reader else (None, None)


@bp.get("/<slug>/stap/<int:position>/voorbeeld")
@role_required(Role.READER)
def show(slug: str, position: int) -> ResponseReturnValue:
    step = previewing.step_at(writing.find(slug), position)
    view = request.args.get("als", VIEWS[0])
    return framing(
        render_template(
            "office/preview.html",
            campaign=step.campaign,
            step=step,
            title=sheet.title(step),
            preview=preview(step, request.args.get("wie", "")),
            view=view if view in VIEWS else VIEWS[0],
            colleagues=[one for one in people.everyone() if one.active],
        )
    )


@bp.get("/<slug>/stap/<int:position>/voorbeeld/mail")
@role_required(Role.READER)
def mail(slug: str, position: int) -> ResponseReturnValue:
    """The HTML of the mail, in a frame where nothing of it can run or load."""
    step = previewing.step_at(writing.find(slug), position)
    found = preview(step, request.args.get("wie", ""))
    body = (
        found.content.html
        if found.content
        else render_template("office/no_preview.html", fault=found.fault)
    )
    response = Response(body, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@bp.get("/<slug>/stap/<int:position>/voorbeeld/brief.pdf")
@role_required(Role.READER)
def pdf(slug: str, position: int) -> ResponseReturnValue:
    step = previewing.step_at(writing.find(slug), position)
    renderer = _renderer()
    message = _message(step, _readers(step).find(request.args.get("wie", "")), renderer)
    name, data = renderer.pdf(previewing.recipient(message))
    response = Response(data, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=name)
    return response


@bp.post("/<slug>/stap/<int:position>/proef")
@role_required(Role.COORDINATOR)
def proof(slug: str, position: int) -> ResponseReturnValue:
    """Send the letter to whoever asks or to colleagues, as the chosen recipient would get it."""
    step = previewing.step_at(writing.find(slug), position)
    renderer, who = _renderer(), request.form.get("wie", "")
    message = _message(step, _readers(step).find(who), renderer)
    to = request.form.getlist("aan") if "collegas" in request.form else [coordinator().email]
    sent = previewing.send_proofs(message, to, renderer=renderer, by=actor(), now=renderer.now)
    flash(f"De proef gaat naar {dutch.enumeration(sent)}.")
    return redirect(url_for(".show", slug=slug, position=position, wie=who), 303)


def preview(step: Step, who: str) -> Preview:
    """The step's letter to the reader that is asked for, or to the hardest."""
    readers = _readers(step)
    reader = readers.find(who)
    if reader is None:
        return Preview(step, readers, None, fault="Er is nog geen adres dat deze brief krijgt.")
    renderer = _renderer()
    recipient = previewing.recipient(_message(step, reader, renderer))
    given = leafing.fields(recipient, base_url=renderer.links.base_url)
    try:
        content = renderer.content(recipient)
    except OutreachError as error:
        return Preview(step, readers, reader, recipient, given, fault=str(error))
    return Preview(step, readers, reader, recipient, given, content)


def framing(page: str) -> Response:
    """A page that may show our own frames."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = FRAMING_POLICY
    return response


def _renderer() -> Renderer:
    return Renderer(links(), store(), now())


def _readers(step: Step) -> Readers:
    return leafing.readers(step, now=now())


def _message(step: Step, reader: Candidate | None, renderer: Renderer) -> Message:
    if reader is None:
        raise Unknown("Er is nog geen adres dat deze brief krijgt.")
    return previewing.message_for(
        step,
        reader.email,
        gemeente_code=reader.gemeente_code,
        variant=reader.variant,
        renderer=renderer,
    )
