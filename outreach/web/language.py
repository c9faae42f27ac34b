"""In which language a request is answered: the visitor's choice, else that of whose page it is,
else the setting's.

`?taal=en` chooses, on any page; a cookie remembers it, and is set by that choice alone. What a
browser says of itself (Accept-Language) is not followed: a link in a letter opens the page as its
writer saw it, and a Dutch councillor behind an English Windows reads Dutch.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request
from markupsafe import Markup

from outreach.letters import said
from outreach.web import access
from outreach.web.context import settings
from outreach.wording import Language, _, _n, speak, spoken

NAME = "taal"  #: of the argument and of the cookie
NAMES = {Language.NL: "Nederlands", Language.EN: "English"}
REMEMBERED = timedelta(days=365)
#: What calendars and machines read, and the demo around them, is one and the same for everybody.
DUTCH = ("calendars", "demo", "health")


def init_app(app: Flask) -> None:
    app.before_request(choose)
    app.after_request(remember)
    app.teardown_request(forget)
    app.jinja_env.globals.update(
        _=_,
        _n=_n,
        _h=with_markup,
        language=spoken,
        other_language=other,
        plural=said.plural,
        enumeration=said.enumeration,
    )


def choose() -> None:
    """Before all else: also an error is told in the reader's language."""
    if _dutch():
        speak(Language.NL)
        return
    speak(_chosen() or Language(settings().language))


def prefer(language: Language) -> None:
    """Answer in this language, that of whose page it is, unless the visitor chose one."""
    speak(_chosen() or language)


def remember(response: Response) -> Response:
    """Keep a choice that was just made, in the browser alone."""
    asked = _known(request.args.get(NAME)) if request.query_string else None
    if asked and not _dutch():
        response.set_cookie(
            NAME, asked, REMEMBERED, secure=settings().secure, httponly=True, samesite="Lax"
        )
    return response


def forget(_error: BaseException | None) -> None:
    """A thread that answers requests does other work too."""
    speak(Language.NL)


def with_markup(sentence: str, **values: Any) -> Markup:
    """A sentence of ours that holds HTML, translated; its values are escaped.

    Only for what is written in a template: `_h('<b>%(naam)s</b> komt', naam=name)`.
    """
    return Markup(_(sentence)) % values  # noqa: S704 - a constant; a test holds that


def other() -> tuple[Language, str, str] | None:
    """The language that one can change to: its code, its name, and where to. Not after a POST:
    the link would lose what was typed."""
    if request.method == "POST" or _dutch():
        return None
    wanted = Language.EN if spoken() is Language.NL else Language.NL
    kept = [pair for pair in request.args.items(multi=True) if pair[0] != NAME]
    return wanted, NAMES[wanted], f"?{urlencode([*kept, (NAME, wanted)])}"


def _dutch() -> bool:
    """Whether what is asked for is Dutch for everybody."""
    return request.blueprint in DUTCH or request.path.startswith(access.OFFICE)


def _chosen() -> Language | None:
    known = (_known(request.args.get(NAME)), _known(request.cookies.get(NAME)))
    return next(filter(None, known), None)


def _known(asked: str | None) -> Language | None:
    return Language(asked) if asked in tuple(Language) else None
