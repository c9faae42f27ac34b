"""What every response promises a browser, and what every request must bring."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings, Switch

#: Nothing inline, nothing foreign. `data:` is for the small pictures in Bootstrap's stylesheet.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
#: A page that shows a mail as its reader sees it, in a frame.
FRAMING_POLICY = f"{PAGE_POLICY}; frame-src 'self'"
#: A mail has its styles inline; it may run, send and load nothing.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'; sandbox"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # a token in an address stays here; CSRF needs our own
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": PAGE_POLICY,
    "Cache-Control": "no-store",
}
SESSION_LASTS = timedelta(hours=8)  #: without a click

csrf = CSRFProtect()
#: Counts per process; `serve` is one process.
limiter = Limiter(get_remote_address, storage_uri="memory://")


def init_app(app: Flask, settings: Settings) -> None:
    app.config.update(
        SESSION_COOKIE_NAME="__Host-outreach" if settings.secure else "outreach",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
        TRUSTED_HOSTS=settings.hosts,
        # As long as the session: a letter takes longer to write than an hour.
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_ENABLED=settings.rate_limits == Switch.ON,
    )
    csrf.init_app(app)
    limiter.init_app(app)
    hsts = {"Strict-Transport-Security": "max-age=31536000"} if settings.secure else {}

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in (HEADERS | hsts).items():
            response.headers.setdefault(name, value)
        return response

    if proxies := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )


def network() -> str:
    """Where a request comes from, as limits count: of IPv6 the /64, which one household has."""
    found = get_remote_address()
    try:
        known = ip_address(found)
    except ValueError:
        return found
    return str(known) if known.version == 4 else str(IPv6Address(int(known) >> 64 << 64))


def account_key() -> str:
    """What the limit on signing in counts by: the address that was typed."""
    return request.form.get("email", "").strip().lower()
