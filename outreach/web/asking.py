"""A campaign's questions on a form: for the griffie on its answer page, for us in the office."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from outreach.answers import questions
from outreach.answers.questions import Question
from outreach.answers.replying import Values
from outreach.errors import Invalid


@dataclass
class Asked:
    """One question with what was filled in."""

    question: Question
    values: Values = ()
    error: str = ""

    @property
    def name(self) -> str:
        """Of its fields."""
        return f"vraag-{self.question.key}"


def opened(asked: Iterable[Question], standing: Mapping[str, Values] | None = None) -> list[Asked]:
    """The questions as a page shows them first."""
    return [Asked(one, (standing or {}).get(one.key, ())) for one in asked]


def pressed(asked: Iterable[Question], button: str) -> dict[str, Values]:
    """What a button in a mail chose, as `key:option`; nothing where the letter asks no such."""
    key, _, option = button.partition(":")
    return {one.key: (option,) for one in asked if one.key == key and option in one.options}


def sent(asked: Iterable[Question], form: MultiDict[str, str]) -> list[Asked]:
    """The questions as they came back, each with its error if there is one."""
    found = []
    for question in asked:
        one = Asked(question)
        values = form.getlist(one.name)
        try:
            one.values = questions.check(question, values)
        except Invalid as error:
            one.values, one.error = tuple(values), str(error)
        found.append(one)
    return found


def given(asked: Iterable[Asked]) -> dict[Question, Values]:
    """What was filled in."""
    return {one.question: one.values for one in asked if one.values}
