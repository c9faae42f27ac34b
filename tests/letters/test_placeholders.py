import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.letters import placeholders

VALUES = {name: f"<{name}>" for name in placeholders.KNOWN}
#: Text as an attacker, or another template language, would write it.
LONGER = ("{{", "}}", "{{{{", "{%", "%}", "__class__", "aanhef", "{{aanhef}}", "{{x.__class__}}")
HOSTILE = st.lists(
    st.sampled_from((*'{}%|.x\\$" \n', *LONGER, "{{ gemeente }}", '{{naam|"u"}}'))
).map("".join)


def test_names_are_filled_with_their_values():
    text = "{{aanhef}} De raad van {{ gemeente }} kreeg {{kenmerk}}."

    filled = placeholders.fill(
        text, {"aanhef": "Geachte griffier,", "gemeente": "Zeist", "kenmerk": "ADR-1"}
    )

    assert filled == "Geachte griffier, De raad van Zeist kreeg ADR-1."


def test_a_value_is_never_read_again():
    values = {"naam": "{{aanhef}}", "aanhef": "{{naam}}"}

    assert placeholders.fill("{{naam}} {{aanhef}}", values) == "{{aanhef}} {{naam}}"


@pytest.mark.parametrize("value", ["", "  ", None])
def test_a_default_stands_for_a_blank_value(value):
    values = {} if value is None else {"voornaam": value}

    assert placeholders.fill('Beste {{voornaam|"raadslid"}},', values) == "Beste raadslid,"
    assert placeholders.fill("Beste {{voornaam|“raadslid”}},", values) == "Beste raadslid,"
    assert placeholders.fill('Beste {{ voornaam | "" }},', values) == "Beste ,"


def test_a_missing_value_is_named_before_and_refused_when_filled():
    text = "{{gemeente}} {{zaaknummer}} {{zaaknummer}} {{voornaam|“u”}}"

    assert placeholders.missing(text, {"gemeente": "Zeist", "zaaknummer": " "}) == ["zaaknummer"]
    with pytest.raises(placeholders.MissingValue, match=r"\{\{zaaknummer\}\}"):
        placeholders.fill(text, {"gemeente": "Zeist"})


@pytest.mark.parametrize(
    "written",
    [
        "{{naaam}}",
        "{{x.__class__}}",
        "{{Gemeente}}",
        "{{gemeente|raad}}",
        "{{ gemeente | upper }}",
        "{{}}",
        "{{gemeente}",
        "{% if naam %}",
        "{gemeente}",
        "{{bijeenkomst.prijs}}",
        "{{bijeenkomst.haarlem.prijs}}",
        "{{bijeenkomst..datum}}",
        "{{gemeente.haarlem.datum}}",
    ],
)
def test_what_is_no_placeholder_of_ours_is_named(written):
    assert placeholders.unknown(f"De raad van {written} las {{{{kenmerk}}}}.") != []


def test_a_good_text_has_nothing_unknown():
    assert placeholders.unknown(" ".join(f"{{{{{name}}}}}" for name in placeholders.KNOWN)) == []
    assert placeholders.unknown("Een {accolade} en een | streepje van 100%.") == []


def test_a_likely_name_is_suggested():
    assert placeholders.suggestion("{{gemeenten}}") == "gemeente"
    assert placeholders.suggestion("{{Aanhef}}") == "aanhef"
    assert placeholders.suggestion("{{qwerty}}") == ""


@given(HOSTILE)
def test_a_text_without_faults_holds_nothing_but_values_and_its_own_words(text):
    if placeholders.unknown(text):
        return

    filled = placeholders.fill(text, VALUES)

    assert "{{" not in filled


@given(HOSTILE)
def test_a_value_comes_out_as_it_went_in(value):
    shown = value if value.strip() else "leeg"

    assert placeholders.fill('-{{naam|"leeg"}}-', {"naam": value}) == f"-{shown}-"


@given(HOSTILE)
def test_nothing_but_the_closed_list_is_looked_up(text):
    asked = set(placeholders.names(text)) - set(VALUES)

    if asked:
        with pytest.raises(placeholders.MissingValue):
            placeholders.fill(text, VALUES)
        assert placeholders.unknown(text)
    else:
        placeholders.fill(text, VALUES)
