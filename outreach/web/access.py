"""Who is signed in, and who may do what. A page of the office that names no role is closed."""

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import Security, SQLAlchemySessionUserDatastore, current_user, logout_user

from outreach.accounts.audit import Actor
from outreach.accounts.models import Coordinator, HeldRole, Role
from outreach.db import db
from outreach.errors import Forbidden, OutreachError

OFFICE = "/kantoor"
LONGEST_SESSION = 7 * 24 * 3600  #: seconds, by the machine's clock
RANKS = (Role.READER, Role.COORDINATOR, Role.OWNER)  #: each may do what those before it may

V = TypeVar("V", bound=Callable[..., Any])


class SignedOut(OutreachError):
    """The session ended while someone was working."""

    status = 401


def init_app(app: Flask) -> None:
    app.config.update(
        SECURITY_JOIN_USER_ROLES=False,  # one role each, in its own column
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a method
        SECURITY_PASSWORD_SINGLE_HASH=True,  # plain argon2id, as `accounts.people` makes it
    )
    datastore = SQLAlchemySessionUserDatastore(db.session, Coordinator, HeldRole)
    Security().init_app(app, datastore, register_blueprint=False)
    app.before_request(check)


def role_required(role: Role) -> Callable[[V], V]:
    """Let in whoever holds this role or a higher one. Every page of the office has it."""

    def mark(view: V) -> V:
        view.required_role = role  # type: ignore[attr-defined]
        return view

    return mark


def check() -> ResponseReturnValue | None:
    """Before each request: close the office to strangers, and its acts to readers."""
    if request.endpoint is None or not _in_office(request.path):
        return None
    if not signed_in():
        return _ask_to_sign_in()
    role = getattr(current_app.view_functions[request.endpoint], "required_role", None)
    if role is None or not may(role):
        raise Forbidden("Dit mag u niet doen met uw rol. Vraag een beheerder om hulp.")
    return None


def signed_in() -> bool:
    """Whether someone of the organisation is looking. Ends a session that is a week old."""
    if not current_user.is_authenticated:
        return False
    if time.time() - session.get("fs_paa", 0) > LONGEST_SESSION:
        logout_user()
        return False
    return True


def coordinator() -> Coordinator:
    """Who is signed in; only for pages of the office."""
    return cast(Coordinator, current_user._get_current_object())  # noqa: SLF001 - its only way


def actor() -> Actor:
    """Who acts, for the audit and the timeline."""
    person = coordinator()
    return Actor(f"coordinator:{person.id}", str(person))


def may(role: Role) -> bool:
    """Whether who is signed in holds this role or a higher one."""
    return RANKS.index(coordinator().role) >= RANKS.index(role)


def safe_next(target: str) -> str:
    """A path of our own to go to after signing in; the office when it is anything else."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\"))
    if plain and target.isprintable() and "\\" not in target and not urlsplit(target).netloc:
        return target
    return url_for("overview.show")


def _in_office(path: str) -> bool:
    return path == OFFICE or path.startswith(f"{OFFICE}/")


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.method not in ("GET", "HEAD"):
        raise SignedOut(
            "U bent niet meer ingelogd. Log in een nieuw venster in, ga in dit venster één"
            " bladzijde terug en probeer het opnieuw: wat u typte, staat er nog."
        )
    if request.headers.get("HX-Request"):
        raise SignedOut("U bent niet meer ingelogd. Laad de bladzijde opnieuw.")
    return redirect(url_for("sign_in.show", next=request.full_path.rstrip("?")))
