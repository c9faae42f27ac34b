"""What visitors send: without hidden characters, whichever page reads it."""

from typing import IO, Any

from flask import Flask, Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from outreach import unseen


class CleanParser(FormDataParser):
    """Cleans the values of a form and the names of its files; their content stays as it is."""

    def parse(
        self, *args: Any, **kwargs: Any
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        stream, form, files = super().parse(*args, **kwargs)
        for _name, file in files.items(multi=True):
            file.filename = unseen.clean(file.filename)
        kind = self.cls or MultiDict
        clean = [(name, unseen.clean(value)) for name, value in form.items(multi=True)]
        return stream, kind(clean), files


class CleanRequest(Request):
    form_data_parser_class = CleanParser


def init_app(app: Flask) -> None:
    app.request_class = CleanRequest
