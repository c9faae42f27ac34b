"""The base of every form, and the fields WTForms lacks. The CSRF token is a macro's work."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict
from wtforms import DateTimeLocalField, Field, FieldList, FormField, TextAreaField
from wtforms import Form as WTForm
from wtforms.validators import StopValidation

from outreach.clock import from_wall, to_wall
from outreach.errors import Invalid
from outreach.wording import spoken


class Form(WTForm):
    """A form bound to this request. Its field names are the keywords of one domain function."""

    class Meta:
        @property
        def locales(self) -> tuple[str, ...]:
            return (spoken(),)

    def __init__(self, **kwargs: Any) -> None:
        sent: CombinedMultiDict[str, Any] = CombinedMultiDict([request.form, request.files])
        super().__init__(sent if request.method == "POST" else None, **kwargs)

    def accepted(self) -> bool:
        """True when the visitor sent this form and all of it is valid."""
        return request.method == "POST" and self.validate()

    def values(self) -> dict[str, Any]:
        """What was filled in, by field name."""
        return dict(self.data)

    @property
    def status(self) -> int:
        """The status to show the form with: 422 when it comes back with errors."""
        return 422 if self.errors else 200

    @property
    def wrong(self) -> list[Field]:
        """The fields with an error, in the order of the page, also those of rows."""
        return [field for one in self for field in _wrong(one)]

    def refuse(self, name: str, error: Exception) -> None:
        """Show a domain's refusal beside the field that it is about."""
        self[name].errors = (*self[name].errors, str(error))


def _wrong(field: Field) -> list[Field]:
    if isinstance(field, FieldList):
        return [found for row in field.entries for found in _wrong(row)]
    if isinstance(field, FormField):
        return [found for one in field.form for found in _wrong(one)]
    return [field] if field.errors else []


class DutchTimeField(DateTimeLocalField):
    """A moment on a Dutch clock, handed to the domain as an aware UTC moment."""

    data: datetime | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Kies een datum en een tijd, zoals 23-03-2026 09:00.") from None
        if self.data is not None:
            try:
                self.data = from_wall(self.data)
            except Invalid as error:
                self.data = None
                raise ValueError(str(error)) from None

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return str(super()._value())
        return to_wall(self.data).strftime("%Y-%m-%dT%H:%M")


class SignatoriesField(TextAreaField):
    """Who sign, one a line: a name, a comma and a function; handed over as pairs."""

    data: list[tuple[str, str]] | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        lines = (valuelist[0] if valuelist else "").splitlines()
        pairs = (line.partition(",") for line in lines if line.strip())
        self.data = [(name.strip(), function.strip()) for name, _, function in pairs]

    def _value(self) -> str:
        return "\n".join(", ".join(filter(None, one)) for one in self.data or ())


def required(sentence: str) -> Callable[[WTForm, Field], None]:
    """Refuse an empty field with a sentence of its own."""

    def check(_form: WTForm, field: Field) -> None:
        if field.data is None or (isinstance(field.data, str) and not field.data.strip()):
            field.errors = []
            raise StopValidation(sentence)

    check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check
