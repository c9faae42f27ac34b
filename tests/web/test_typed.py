"""What is sent has no hidden characters, whichever page reads it."""

from io import BytesIO

from flask import Flask, jsonify, request

from tests.web.page import PageClient


def test_every_value_and_the_name_of_every_file_is_clean_and_its_content_as_it_was(
    own_app: Flask, own_client: PageClient
) -> None:
    own_app.config["WTF_CSRF_ENABLED"] = False
    own_app.add_url_rule("/gekregen", "received", _received, methods=["POST"])
    files = [(BytesIO("\u202ebrief".encode()), f"\u202e{name}.pdf") for name in "ab"]

    said = own_client.post("/gekregen", data={"naam": ["\u200bJ", "K\u2066"], "bestand": files})

    assert said.json == [["J", "K"], [["a.pdf", "\u202ebrief"], ["b.pdf", "\u202ebrief"]]]


def _received():
    files = request.files.getlist("bestand")
    return jsonify(
        [request.form.getlist("naam"), [[one.filename, one.read().decode()] for one in files]]
    )
