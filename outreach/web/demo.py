"""Only with ENV=demo: the bar that moves the clock, and the inbox with every mail that left."""

from collections.abc import Sequence
from datetime import date, datetime, time
from email.message import EmailMessage
from typing import Any, Protocol, cast

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from outreach.clock import at_wall
from outreach.errors import Invalid, Unknown
from outreach.web.access import safe_next
from outreach.web.context import now
from outreach.web.security import FRAMING_POLICY, MAIL_POLICY
from outreach.wording import Language, speaking

bp = Blueprint("demo", __name__, url_prefix="/demo")

PER_PAGE = 25
#: In the demo a link in a mail may be followed, in a window of its own.
OPEN_MAIL_POLICY = f"{MAIL_POLICY} allow-popups allow-popups-to-escape-sandbox"
SHOWN_INLINE = ("application/pdf", "text/plain", "image/png", "image/jpeg")


class Captured(Protocol):
    """A mail in the list; see `outreach.engine.demo.inbox`."""

    @property
    def number(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def sender_name(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def subject(self) -> str: ...


class Inbox(Protocol):
    """Every mail that left."""

    def search(self, text: str = "", *, page: int = 1, per_page: int) -> Sequence[Captured]: ...
    def count(self, text: str = "") -> int: ...
    def find(self, number: int) -> Captured: ...
    def raw(self, number: int) -> bytes: ...
    def read(self, number: int) -> EmailMessage: ...


class Coming(Protocol):
    """The next thing that happens by itself."""

    @property
    def at(self) -> datetime: ...
    @property
    def visits(self) -> int: ...


class Stage(Protocol):
    """What `serve` puts beside the application in a demo; see `outreach.engine.demo.stage`."""

    @property
    def inbox(self) -> Inbox: ...
    @property
    def target(self) -> datetime | None: ...
    @property
    def coming(self) -> Coming | None: ...
    def jump(self, button: str) -> None: ...
    def walk_to(self, target: datetime) -> None: ...


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.jinja_env.globals.update(demo_bar=bar, shown_bar=shown_bar)


def shown_bar() -> Markup:
    """The bar on every page, Dutch as it is whatever the page speaks."""
    with speaking(Language.NL):
        return Markup(render_template("demo/bar.html"))  # noqa: S704 - a template escapes


def bar() -> dict[str, Any] | None:
    """What the bar on every page shows; None without an engine that holds the clock."""
    if "outreach.demo" not in current_app.extensions:
        return None
    stage = _stage()
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return {"now": now(), "target": stage.target, "coming": stage.coming, "back": back}


@bp.route("/klok", methods=["GET", "POST"])
def clock() -> ResponseReturnValue:
    """Move the clock, and show how far it is until it stands where it was sent."""
    back = request.values.get("terug")
    if request.method == "POST":
        _move(request.form.get("naar", ""), request.form.get("dag", ""))
        return redirect(url_for(".clock", terug=back), 303)
    if back is not None and _stage().target is None:
        return redirect(safe_next(back), 303)
    page = render_template("demo/clock.html", back=back, now=now())
    return page, {"Refresh": "1"} if _stage().target else {}


@bp.get("/post")
def mails() -> ResponseReturnValue:
    text = request.args.get("zoek", "").strip()
    page = max(1, request.args.get("blad", 1, type=int))
    inbox = _stage().inbox
    return render_template(
        "demo/mails.html",
        mails=inbox.search(text, page=page, per_page=PER_PAGE),
        count=inbox.count(text),
        text=text,
        page=page,
        last=page * PER_PAGE >= inbox.count(text),
    )


@bp.get("/post/<int:number>")
def mail(number: int) -> ResponseReturnValue:
    listed, content = _find(number)
    view = request.args.get("als", "html")
    html, text = (content.get_body((kind,)) for kind in ("html", "plain"))
    page = render_template(
        "demo/mail.html",
        mail=listed,
        headers=[(name, content[name]) for name in ("From", "To", "Reply-To") if content[name]],
        view=view if html or view != "html" else "tekst",
        html=html,
        text=text.get_content() if text else "",
        raw=_stage().inbox.raw(number).decode("utf-8", "replace") if view == "bron" else "",
        parts=list(enumerate(_parts(content))),
    )
    return page, {"Content-Security-Policy": FRAMING_POLICY}


@bp.get("/post/<int:number>/html")
def mail_html(number: int) -> ResponseReturnValue:
    """The HTML part alone, for the frame: it runs and loads nothing."""
    _, content = _find(number)
    part = content.get_body(("html",))
    if part is None:
        raise Unknown("Deze mail heeft geen HTML-deel.")
    # Markup of our own around a whole document would be no document: put the base in its head.
    page = part.get_content().replace("<head>", '<head><base target="_blank">', 1)
    return Response(
        page, mimetype="text/html", headers={"Content-Security-Policy": OPEN_MAIL_POLICY}
    )


@bp.get("/post/<int:number>.eml")
def mail_raw(number: int) -> ResponseReturnValue:
    _find(number)
    return Response(_stage().inbox.raw(number), mimetype="message/rfc822")


@bp.get("/post/<int:number>/deel/<int:index>")
def mail_part(number: int, index: int) -> ResponseReturnValue:
    """One attachment or text of a mail, to open or to keep."""
    _, content = _find(number)
    parts = _parts(content)
    if index >= len(parts):
        raise Unknown("Dit deel heeft de mail niet.")
    part = parts[index]
    kind = part.get_content_type()
    shown = "inline" if kind in SHOWN_INLINE else "attachment"
    response = Response(part.get_content(), mimetype=kind)
    name = part.get_filename() or f"deel-{index}"
    response.headers.set("Content-Disposition", shown, filename=name)
    return response


def _find(number: int) -> tuple[Captured, EmailMessage]:
    inbox = _stage().inbox
    try:
        return inbox.find(number), inbox.read(number)
    except KeyError:
        raise Unknown(f"Er is geen mail met nummer {number}.") from None


def _parts(content: EmailMessage) -> list[EmailMessage]:
    return [part for part in content.walk() if not part.is_multipart()]


def _move(button: str, day: str) -> None:
    """Begin to walk to where a button points, or to 9.00 uur on a chosen day."""
    if not day:
        _stage().jump(button)
        return
    try:
        _stage().walk_to(at_wall(date.fromisoformat(day), time(9)))
    except ValueError:
        raise Invalid(f"“{day}” is geen datum. Kies een dag, zoals 2026-05-01.") from None


def _stage() -> Stage:
    """
    :raises NotFound: the pages are served without the engine, so there is nothing to move
    """
    stage = current_app.extensions.get("outreach.demo")
    if stage is None:
        raise NotFound
    return cast(Stage, stage)
