"""What changed between two versions, word by word."""

from hypothesis import given
from hypothesis import strategies as st

from outreach.letters import differences


def test_a_word_that_changed_stands_between_what_stayed():
    pieces = differences.between("Wij vragen u om geld.", "Wij vragen de raad om geld.")

    assert [(one.kind, one.text) for one in pieces] == [
        ("same", "Wij vragen "),
        ("gone", "u"),
        ("new", "de raad"),
        ("same", " om geld."),
    ]


@given(st.text("ab \n.", max_size=60), st.text("ab \n.", max_size=60))
def test_both_texts_can_be_read_back(old, new):
    pieces = differences.between(old, new)

    assert "".join(one.text for one in pieces if one.kind != "new") == old
    assert "".join(one.text for one in pieces if one.kind != "gone") == new
