"""One line of a list as we understand it, or what is wrong with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from outreach.contacts import names
from outreach.contacts.addresses import check
from outreach.contacts.columns import Columns, Field, basis_of, form_of, function_of
from outreach.contacts.gemeenten import Book
from outreach.contacts.models import Basis, Function, Gemeente
from outreach.contacts.names import Name
from outreach.contacts.offices import Key
from outreach.errors import Invalid

T = TypeVar("T")

MAX_CELL = 200  #: of names and the like
MAX_TEXT = 2_000  #: of a source or an attribute
_SEVERAL_ADDRESSES = re.compile(r"@.*[;,\s/|].*@")
_PARTS = (Field.INITIALS, Field.FIRST_NAME, Field.PREFIX, Field.LAST_NAME)


@dataclass(slots=True)
class Line:
    """Someone to add or to recognise. Empty text means that the list says nothing."""

    number: int
    office: Key
    email: str
    name: Name
    phone: str = ""
    party: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    basis: Basis | None = None  #: of a column; an import's own basis is not the line's
    source: str = ""
    doubt: str = ""  #: why a person must look first
    remark: str = ""  #: what a person should know

    @property
    def key(self) -> str:
        return self.email.lower()


class Refusal(Exception):
    """What is wrong with a line, in Dutch sentences."""


class Reader:
    """Understands the lines of one list; remembers what it looked up."""

    def __init__(self, columns: Columns, *, today: date) -> None:
        self._columns = columns
        self._today = today
        self._book = Book()
        self._gemeenten: dict[str, Gemeente | str] = {}
        self._words: dict[tuple[Callable[[str], object], str], object] = {}

    def read(self, number: int, cells: list[str]) -> Line:
        """The line that these cells say.

        :raises Refusal: with everything that is wrong with it
        """
        width = len(self._columns.header)
        if len(cells) > width:
            raise Refusal(f"De regel heeft {len(cells)} cellen, de kopregel {width}.")
        cells = cells + [""] * (width - len(cells))
        faults = self._too_long(cells) if max(map(len, cells)) > MAX_CELL else []
        if faults:
            raise Refusal(" ".join(faults))
        given = {field: cells[index] for field, index in self._columns.fields.items()}
        line = Line(number, (None, Function.PARTNER), "", Name())
        for understand in (self._office, self._email, self._name, self._rest):
            try:
                understand(line, given)
            except Invalid as fault:
                faults.append(str(fault))
        if faults:
            raise Refusal(" ".join(faults))
        line.attributes = {
            name: cells[index] for name, index in self._columns.attributes.items() if cells[index]
        } | line.attributes
        return line

    def identity(self, cells: list[str]) -> tuple[Key, str] | None:
        """What the line is recognised by, before it is judged; None when it will be refused."""
        fields = self._columns.fields
        cells = cells + [""] * (len(self._columns.header) - len(cells))
        try:
            key = self._office_key(cells[fields[Field.GEMEENTE]], cells[fields[Field.FUNCTION]])
            email = cells[fields[Field.EMAIL]]
            plain = email.isascii() and email[:1].isalnum() and ":" not in email
            return key, (email if plain else check(email)).lower()
        except Invalid:
            return None

    def as_read(self, cells: list[str]) -> dict[str, str]:
        """The cells of a line that was refused, by column, to show and to give back."""
        named = zip(self._columns.header, cells, strict=False)
        return {name: cell[:MAX_CELL] for name, cell in named if cell}

    def _too_long(self, cells: list[str]) -> list[str]:
        texts = {self._columns.fields.get(Field.SOURCE), *self._columns.attributes.values()}
        return [
            f"De cel in kolom “{self._columns.header[index]}” is langer dan {limit} tekens."
            for index, cell in enumerate(cells)
            if len(cell) > (limit := MAX_TEXT if index in texts else MAX_CELL)
        ]

    def _office(self, line: Line, given: dict[Field, str]) -> None:
        line.office = self._office_key(given[Field.GEMEENTE], given[Field.FUNCTION])
        if line.office[0] is not None:
            gemeente = self._gemeente(given[Field.GEMEENTE])
            if gemeente.valid_until and gemeente.valid_until <= self._today:
                line.doubt = f"De gemeente {gemeente.name} bestaat niet meer. Kies de opvolger."

    def _office_key(self, gemeente: str, function: str) -> Key:
        if not function:
            raise Invalid("De rol ontbreekt.")
        known = self._word(function_of, function)
        if not gemeente and known is Function.PARTNER:
            return None, known
        return self._gemeente(gemeente).code, known

    def _gemeente(self, text: str) -> Gemeente:
        if not text:
            raise Invalid("De gemeente ontbreekt.")
        if text not in self._gemeenten:
            try:
                self._gemeenten[text] = self._book.find(text)
            except Invalid as fault:
                self._gemeenten[text] = str(fault)
        found = self._gemeenten[text]
        if isinstance(found, str):
            raise Invalid(found)
        return found

    def _email(self, line: Line, given: dict[Field, str]) -> None:
        text = given[Field.EMAIL]
        if not text:
            raise Invalid("Het e-mailadres ontbreekt.")
        if _SEVERAL_ADDRESSES.search(text):
            raise Invalid("Er staan twee adressen in één cel. Geef elk adres een eigen regel.")
        line.email = check(text)

    def _name(self, line: Line, given: dict[Field, str]) -> None:
        whole = given.get(Field.NAME, "")
        form, titles = names.called(given.get(Field.TITLES, ""))
        if form_text := given.get(Field.FORM, ""):
            form = self._word(form_of, form_text)
        if any(given.get(part) for part in _PARTS):
            line.name = Name(
                form,
                titles,
                given.get(Field.FIRST_NAME, ""),
                names.dotted(given.get(Field.INITIALS, "")),
                given.get(Field.PREFIX, ""),
                given.get(Field.LAST_NAME, ""),
            )
            return
        name = names.split(whole) if whole else Name()
        if name and names.holds_several(whole):
            line.doubt = f"“{whole}” lijken twee personen. Geef elk een eigen regel."
        if name.suffix:
            line.attributes = {"titel achter de naam": name.suffix}
        line.name = replace(
            name,
            form_of_address=form or name.form_of_address,
            titles=titles or name.titles,
            suffix="",
        )

    def _rest(self, line: Line, given: dict[Field, str]) -> None:
        line.phone = given.get(Field.PHONE, "")
        line.source = given.get(Field.SOURCE, "")
        if basis := given.get(Field.BASIS, ""):
            line.basis = self._word(basis_of, basis)
        party = given.get(Field.PARTY, "")
        if party and line.office[1] is Function.RAADSLID:
            line.party = party
        elif party:
            line.remark = "De fractie is niet overgenomen: die bewaren wij alleen van raadsleden."

    def _word(self, read: Callable[[str], T], text: str) -> T:
        known = self._words.get((read, text))
        if known is None:
            known = self._words[read, text] = read(text)
        return known  # type: ignore[return-value]
