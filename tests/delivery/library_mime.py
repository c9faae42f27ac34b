"""A mail's bytes by the standard library alone: slow, obvious, and what ours are held against."""

from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256

from outreach.delivery import mime
from outreach.delivery.mime import Mail


def build(mail: Mail) -> bytes:
    """As `mime.build`: its header lines, and a body of `EmailMessage`."""
    message = EmailMessage(policy=SMTP)
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    if mail.calendar:
        _invite(message, *mail.calendar)
    for part in mail.attachments:
        maintype, _, subtype = part.content_type.partition("/")
        message.add_attachment(
            part.data, maintype=maintype, subtype=subtype, filename=part.filename
        )
    seed = sha256(mail.message_id.encode()).hexdigest()[:24]
    containers = [part for part in message.walk() if part.is_multipart()]
    for number, container in enumerate(containers):
        container.set_boundary(f"=_{seed}.{number}")
    for inner in message.walk():
        del inner["MIME-Version"]
    head = [*mime._headers(mail), "MIME-Version: 1.0", ""]
    return "\r\n".join(head).encode("ascii") + message.as_bytes()


def _invite(message: EmailMessage, method: str, ics: bytes) -> None:
    params = {"method": method, "charset": "utf-8"}
    message.add_alternative(ics, maintype="text", subtype="calendar", params=params)
    name = "uitnodiging.ics"
    message.add_attachment(
        ics, maintype="application", subtype="ics", filename=name, params={"name": name}
    )
