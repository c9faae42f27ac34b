"""A form as most people send it is read without its fields: the same, or left to the form."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from outreach.db import db
from outreach.events.showing import Shown
from outreach.web.public.registration_fields import form_for, read_plain
from tests.conftest import NOON
from tests.factories import make_meeting

HOURS = "10:00", "17:00", 25
WORDS = st.one_of(
    st.text(max_size=12), st.sampled_from(("Noor de Wit", " ", "x" * 101, "a\r\nb\x00c"))
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "naam": WORDS,
    "email": st.one_of(
        st.sampled_from((" N.deWit@Raad.Example ", "<n@raad.example>", "n@raad", "é@raad.example")),
        WORDS,
    ),
    "functie": st.sampled_from(("raadslid", "griffier", "", "koning")),
    "gemeente": st.sampled_from(("", " ", "Haarlem", "haarlem ", "Bergen", "Nergens")),
    "dag": st.lists(st.sampled_from(("1", "2", "3", "9", "", "x")), max_size=3),
    "onderdeel": st.lists(st.sampled_from(("1", "")), max_size=1),
    "sleutel": st.sampled_from(("", "one-form", "x" * 300)),
    "u": st.sampled_from(("", "geheim")),
    "website": st.sampled_from(("", "", "http://x.example")),
    "wens": st.sampled_from(("", "", "geen noten")),
    "mag": st.sampled_from(("", "y")),
    "stray": WORDS,
}
SENT = st.fixed_dictionaries({}, optional=FIELDS)
GOOD = {"naam": "Noor de Wit", "email": "n.dewit@raad.example", "functie": "raadslid"}


@pytest.fixture
def shown(app: Flask) -> list[Shown]:
    """A meeting of one day, and one of three."""
    one = make_meeting("een", days=[(date(2026, 9, 11), *HOURS)])
    three = make_meeting("drie", days=[(date(2026, 9, 11 + n), *HOURS) for n in range(3)])
    db.session.commit()
    return [Shown(one, NOON), Shown(three, NOON)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it reads gemeenten alone
def test_who_is_read_without_the_form_is_read_as_the_form_reads(
    app: Flask, shown: list[Shown]
) -> None:
    def both(which: int, sent: dict[str, Any]) -> tuple[Any, Any]:
        body = MultiDict(sent)
        ids = [str(day.id) for day in shown[which].meeting.days]
        numbered = {str(n): id_ for n, id_ in enumerate(ids, 1)}
        body.setlist("dag", [numbered.get(one, one) for one in body.getlist("dag")])
        with app.test_request_context("/", method="POST", data=body):
            plain = read_plain(shown[which], body)
            form = form_for(shown[which], brief=True)
            return plain, form.wanted() if form.accepted() else None

    @settings(
        max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.sampled_from((0, 1)), SENT, st.booleans())
    def read(which: int, sent: dict[str, Any], good: bool) -> None:
        plain, by_form = both(which, sent | (GOOD if good else {}))
        assert plain in (None, by_form)

    read()
    for which, more in ((0, {}), (1, {"dag": ["1", "3"], "gemeente": "haarlem", "sleutel": "one"})):
        plain, by_form = both(which, GOOD | more)
        assert plain == by_form is not None
