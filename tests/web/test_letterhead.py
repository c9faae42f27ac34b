"""Briefpapier: a logo is uploaded, seen on an example and taken off again."""

import io

from tests.factories import make_sender
from tests.letters.test_logos import SVG, png
from tests.letters.test_pdf import open_pdf, text_of
from tests.web.page import Form


def test_a_logo_stands_on_the_letters_until_it_is_taken_off(owner) -> None:
    sender = make_sender(cosigners=["Jonge Stemmen"], handled_by="Marit Zuidema")
    at = f"/kantoor/instellingen/afzender/{sender.id}/briefpapier/"

    def upload(data: bytes, name: str = "") -> int:
        given = Form(owner.page(at), at).values | {"name": name, "file": (io.BytesIO(data), "l")}
        return owner.post(at, data=given, content_type="multipart/form-data").status_code

    assert upload(png()) == 303
    assert upload(png(40), "Jonge Stemmen") == 303
    assert upload(SVG.format("<text>x</text>").encode()) == 422
    made = owner.get(f"{at}voorbeeld.pdf").data
    assert "mede namens Jonge Stemmen" in text_of(made)
    assert "Behandeld door Marit Zuidema" in text_of(made)
    assert len(open_pdf(made).pages[0].images) == 2
    shown = owner.get(f"{at}logo.svg?van=Jonge+Stemmen")
    assert "script" not in shown.headers["Content-Security-Policy"]
    assert shown.mimetype == "image/svg+xml"
    owner.submit(at, f"{at}weg")
    assert [one["name"] for one in sender.logos] == ["Jonge Stemmen"]
    assert owner.get(f"{at}logo.svg").status_code == 404
