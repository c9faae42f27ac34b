"""One line of a list as we understand it, what a person must say first, or what is wrong."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from outreach.contacts import names
from outreach.contacts.addresses import check
from outreach.contacts.columns import Columns, Field, basis_of, form_of, function_of
from outreach.contacts.gemeenten import Book, NoGemeente, fold
from outreach.contacts.models import Basis, FormOfAddress, Function, Gemeente
from outreach.contacts.names import Name
from outreach.contacts.offices import Key
from outreach.errors import Invalid

T = TypeVar("T")

MAX_CELL = 200  #: of names and the like
MAX_TEXT = 2_000  #: of a source or an attribute
MAX_ADDRESSES = 4  #: in one cell, to choose from
_BETWEEN_ADDRESSES = re.compile(r"[;,\s/|]+")
_SEVERAL_ADDRESSES = re.compile(r"@.*[;,\s/|].*@")
_WITHOUT_ZERO = re.compile(r"[1-9]\d{8}")
_TOTAL = re.compile(r"(?:sub)?tota(?:al|len)\b|aantal\b|total\b", re.IGNORECASE)
NOBODY = Name()
_PARTS = (Field.INITIALS, Field.FIRST_NAME, Field.PREFIX, Field.LAST_NAME)
_OF_PROVINCE = re.compile(r"^\s*(?:de\s+)?provincie\s+", re.IGNORECASE)


@dataclass(slots=True)
class Line:
    """Someone to add or to recognise. Empty text means that the list says nothing."""

    number: int
    office: Key
    email: str
    name: Name
    phone: str = ""
    party: str = ""
    portfolio: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    basis: Basis | None = None  #: of a column; an import's own basis is not the line's
    source: str = ""
    doubt: str = ""  #: why a person must look first
    remark: str = ""  #: what a person should know
    question: str = ""  #: what lines with the same doubt share
    variants: Sequence["Variant"] = ()  #: what the line can mean, when there is a doubt

    @property
    def key(self) -> str:
        return self.email.lower()


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that a doubtful line can mean."""

    key: str
    label: str  #: Dutch, as a person chooses it
    line: Line


class Refusal(Exception):
    """What is wrong with a line, in Dutch sentences."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A text that may mean several gemeenten, or probably means one."""

    sentence: str
    choices: Sequence[Gemeente]


class Reader:
    """Understands the lines of one list; remembers what it looked up."""

    def __init__(self, columns: Columns, *, today: date) -> None:
        self._columns = columns
        self._today = today
        self._book = Book()
        #: What a text says: a code, something to ask, or what is wrong.
        self._gemeenten: dict[tuple[str, str], tuple[str, _Asked | None, str]] = {}
        self._words: dict[tuple[Callable[[str], object], str], object] = {}
        self._province = ""  # of the last line that names one: merged cells fill downwards
        self._names_provinces = False
        at = columns.fields.get
        self._width = len(columns.header)
        self._at_gemeente = columns.fields[Field.GEMEENTE]
        self._at_function = at(Field.FUNCTION)
        self._at_email = columns.fields[Field.EMAIL]
        self._at_name = at(Field.NAME)
        self._at_parts = [index for part in _PARTS if (index := at(part)) is not None]
        self._attributes = list(columns.attributes.items())

    def read(self, number: int, cells: list[str]) -> Line:
        """The line that these cells say.

        :raises Refusal: with everything that is wrong with it
        """
        cells = self._whole(cells)
        self._stand_in_province(cells)
        line = Line(number, (None, Function.PARTNER), "", NOBODY)
        try:
            self._office(line, cells)
            self._email(line, cells)
            self._name(line, cells)
            self._rest(line, cells)
        except Invalid:
            raise Refusal(self._faults(number, cells)) from None
        given = {name: cells[index] for name, index in self._attributes if cells[index]}
        line.attributes = given | line.attributes if line.attributes else given
        if line.variants:
            line.variants = [
                replace(variant, line=_completed(line, variant.line)) for variant in line.variants
            ]
        return line

    def _faults(self, number: int, cells: list[str]) -> str:
        """Everything that is wrong with a line, not only what was met first."""
        line = Line(number, (None, Function.PARTNER), "", NOBODY)
        faults = []
        for understand in (self._office, self._email, self._name, self._rest):
            try:
                understand(line, cells)
            except Invalid as fault:
                faults.append(str(fault))
        return " ".join(faults)

    def name(self, cells: list[str]) -> Name:
        """The name alone that a line gives, of one that was read before."""
        line = Line(0, (None, Function.PARTNER), "", NOBODY)
        self._name(line, cells + [""] * (self._width - len(cells)))
        return line.name

    def identity(self, cells: list[str]) -> tuple[Key, str] | None:
        """What the line is recognised by, before it is judged; None when it is not clear yet."""
        if len(cells) < self._width:
            cells = cells + [""] * (self._width - len(cells))
        self._stand_in_province(cells)
        try:
            key, asked = self._office_key(cells)
            if asked:
                return None
            email = cells[self._at_email]
            plain = email.isascii() and email[:1].isalnum() and ":" not in email
            return key, (email if plain else check(email)).lower()
        except Invalid:
            return None

    def begin(self) -> None:
        """All lines were looked at once (`identity`); now they are read, from the first on."""
        self._province = ""
        self._names_provinces = any(
            fault and self._book.is_province(text)
            for (text, _), (_, _, fault) in self._gemeenten.items()
        )
        if self._names_provinces:
            self._gemeenten.clear()

    def as_read(self, cells: list[str]) -> dict[str, str]:
        """The cells of a line that was refused, by column, to show and to give back."""
        named = zip(self._columns.names, cells, strict=False)
        return {name: cell[:MAX_CELL] for name, cell in named if cell}

    def _whole(self, cells: list[str]) -> list[str]:
        """As many cells as the header row has.

        :raises Refusal: more, too long, or a total
        """
        width = self._width
        if len(cells) > width:
            raise Refusal(f"De regel heeft {len(cells)} cellen, de kopregel {width}.")
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))
        if max(map(len, cells)) > MAX_CELL and (faults := self._too_long(cells)):
            raise Refusal(" ".join(faults))
        if not cells[self._at_email] and _TOTAL.match(next(filter(None, cells))):
            raise Refusal("Dit is een regel met een totaal, geen adres.")
        return cells

    def _too_long(self, cells: list[str]) -> list[str]:
        texts = {self._columns.fields.get(Field.SOURCE), *self._columns.attributes.values()}
        return [
            f"De cel in kolom “{self._columns.header[index]}” is langer dan {limit} tekens."
            for index, cell in enumerate(cells)
            if len(cell) > (limit := MAX_TEXT if index in texts else MAX_CELL)
        ]

    def _stand_in_province(self, cells: list[str]) -> None:
        """Remember below which province a line stands: an empty cell is as the one above it."""
        at = self._columns.province
        if at is not None and cells[at]:
            self._province = cells[at]

    def _office(self, line: Line, cells: list[str]) -> None:
        line.office, asked = self._office_key(cells)
        if asked is not None:
            text = cells[self._at_gemeente]
            line.doubt, line.question = asked.sentence, f"gemeente {fold(text)}"[:100]
            line.variants = [self._variant(line, one) for one in asked.choices]

    def _variant(self, line: Line, gemeente: Gemeente) -> Variant:
        function = line.office[1]
        there = Line(line.number, (gemeente.code, function), "", line.name)
        return Variant(gemeente.code, f"{gemeente.name}, {gemeente.province}", there)

    def _office_key(self, cells: list[str]) -> tuple[Key, _Asked | None]:
        if self._at_function is None:
            function = self._columns.function or Function.GRIFFIER
        elif cells[self._at_function]:
            function = self._word(function_of, cells[self._at_function])
        elif not cells[self._at_gemeente]:
            raise Invalid("De gemeente ontbreekt. De rol ontbreekt.")
        else:
            self._gemeente(cells[self._at_gemeente])  # what is wrong with it is said as well
            raise Invalid("De rol ontbreekt.")
        gemeente = cells[self._at_gemeente]
        if not gemeente and function is Function.PARTNER:
            return (None, function), None
        code, asked = self._gemeente(gemeente)
        return (code or None, function), asked

    def _gemeente(self, text: str) -> tuple[str, _Asked | None]:
        """The code, which is none of a gemeente that ended, and what must be asked.

        :raises Invalid: no such gemeente
        """
        if not text:
            raise Invalid("De gemeente ontbreekt.")
        known = self._gemeenten.get((text, self._province))
        if known is None:
            known = self._gemeenten[text, self._province] = self._understood(text)
        code, asked, fault = known
        if fault:
            raise Invalid(fault)
        return code, asked

    def _understood(self, text: str) -> tuple[str, _Asked | None, str]:
        found = self._looked_up(text)
        if isinstance(found, str):
            return "", None, found
        if isinstance(found, _Asked):
            return "", found, ""
        if found.valid_until and found.valid_until <= self._today:
            sentence = f"De gemeente {found.name} bestaat niet meer. Kies de opvolger."
            after = [self._book[found.successor_code]] if found.successor_code else []
            return found.code, _Asked(sentence, after), ""
        return found.code, None, ""

    def _looked_up(self, text: str) -> Gemeente | _Asked | str:
        if of := _OF_PROVINCE.match(text):
            return f"“{text[of.start() :][:80]}” is een provincie, geen gemeente."
        try:
            found = self._book.find(text)
        except NoGemeente as fault:
            if self._province and len(fault.choices) > 1:
                try:
                    return self._book.find(f"{text}, {self._province}")
                except NoGemeente:
                    pass
            if self._book.is_province(text):
                return f"“{text}” is een provincie, geen gemeente."
            return _Asked(str(fault), fault.choices) if fault.choices else str(fault)
        if self._names_provinces and self._book.is_province(text):
            sentence = f"“{text}” is ook een provincie. Bedoelt u de gemeente?"
            return _Asked(sentence, [found])
        return found

    def _email(self, line: Line, cells: list[str]) -> None:
        text = cells[self._at_email]
        if not text:
            raise Invalid("Het e-mailadres ontbreekt.")
        if text.count("@") < 2 or not _SEVERAL_ADDRESSES.search(text):
            line.email = check(text)
            return
        said = "Er staan twee adressen in één cel."
        found = list(dict.fromkeys(_addresses(text)))
        if len(found) == 1:
            line.email = found[0]
            return
        if not found or len(found) > MAX_ADDRESSES or line.variants:
            raise Invalid(f"{said} Geef elk adres een eigen regel.")
        line.doubt, line.question = f"{said} Welk adres is het goede?", ""
        line.email = found[0]
        line.variants = [
            Variant(email, email, Line(line.number, line.office, email, line.name))
            for email in found
        ]

    def _name(self, line: Line, cells: list[str]) -> None:
        columns = self._columns.fields
        whole = "" if self._at_name is None else cells[self._at_name]
        form, titles = FormOfAddress.ONBEKEND, ""
        if (at := columns.get(Field.TITLES)) is not None and cells[at]:
            form, titles = names.called(cells[at])
        if (at := columns.get(Field.FORM)) is not None and cells[at]:
            form = self._word(form_of, cells[at])
        if any(cells[index] for index in self._at_parts):
            first, initials, prefix, last = (
                cells[columns[part]] if part in columns else ""
                for part in (Field.FIRST_NAME, Field.INITIALS, Field.PREFIX, Field.LAST_NAME)
            )
            line.name = Name(form, titles, first, names.dotted(initials), prefix, last)
            return
        if not whole:
            line.name = Name(form, titles)
            return
        name = names.split(whole)
        if name and names.holds_several(whole):
            several = f"“{whole}” lijken twee personen. Geef elk een eigen regel."
            if line.doubt:
                raise Invalid(several)
            line.doubt = several
            line.variants = [
                Variant("one", "neem over zoals het er staat", Line(*_place(line), line.name))
            ]
        if name.suffix:
            line.attributes = {"titel achter de naam": name.suffix}
        line.name = Name(form or name.form_of_address, titles or name.titles, *name[2:6])

    def _rest(self, line: Line, cells: list[str]) -> None:
        fields = self._columns.fields
        if (at := fields.get(Field.PHONE)) is not None and cells[at]:
            phone = cells[at]
            # Nine digits: a spreadsheet took it for a number, and its zero with it.
            line.phone = f"0{phone}" if _WITHOUT_ZERO.fullmatch(phone) else phone
        if (at := fields.get(Field.PORTFOLIO)) is not None:
            line.portfolio = cells[at]
        if (at := fields.get(Field.SOURCE)) is not None:
            line.source = cells[at]
        if (at := fields.get(Field.BASIS)) is not None and cells[at]:
            line.basis = self._word(basis_of, cells[at])
        if (at := fields.get(Field.PARTY)) is not None and cells[at]:
            if line.office[1] is Function.RAADSLID:
                line.party = cells[at]
            else:
                line.remark = (
                    "De fractie is niet overgenomen: die bewaren wij alleen van raadsleden."
                )

    def _word(self, read: Callable[[str], T], text: str) -> T:
        known = self._words.get((read, text))
        if known is None:
            known = self._words[read, text] = read(text)
        return known  # type: ignore[return-value]


def _addresses(text: str) -> list[str]:
    """Those of a cell that are addresses, when all that looks like one is."""
    parts = [part for part in _BETWEEN_ADDRESSES.split(text) if "@" in part]
    return [check(part) for part in parts]


def _place(line: Line) -> tuple[int, Key, str]:
    return line.number, line.office, line.email


def _completed(line: Line, variant: Line) -> Line:
    """What a doubtful line means, with all that is sure of it."""
    return replace(
        line,
        office=variant.office if variant.office[0] else line.office,
        email=variant.email or line.email,
        doubt="",
        question="",
        variants=(),
    )
