"""What we make as a file to keep."""

from flask import Response


def as_pdf(made: bytes, name: str) -> Response:
    response = Response(made, content_type="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
