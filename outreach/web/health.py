"""What a watchman asks: does the process live, and can it work."""

from flask import Blueprint, Response

from outreach import migrating
from outreach.db import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers. Nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz() -> Response:
    """The database answers and has the schema that this program knows."""
    fault = migrating.check(db.engine)
    return Response(f"{fault or 'ready'}\n", status=503 if fault else 200, mimetype="text/plain")
