"""
Every error that a person or a file can cause.

* OutreachError            the text is shown to the reader, in Dutch (400)
  x Refused                understood, and not allowed by the state of the world (409)
  x Invalid                what was sent cannot be read or used (422)
  x Unknown                no such thing (404)
  x Forbidden              not for this role (403)
"""


class OutreachError(Exception):
    """Base of the errors we raise on purpose; the text is shown to the reader."""

    status = 400


class Refused(OutreachError):
    """The state of the world does not allow this."""

    status = 409


class Invalid(OutreachError):
    """A file, a form or an argument that cannot be used as it is."""

    status = 422


class Unknown(OutreachError):
    """The thing asked for does not exist."""

    status = 404


class Forbidden(OutreachError):
    """This role may not do this."""

    status = 403
