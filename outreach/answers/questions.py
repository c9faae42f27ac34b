"""Questions that a campaign asks every gemeente: one of some options, several, or in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from outreach.errors import Invalid

LONGEST_WORDS = 1000


class QuestionType(StrEnum):
    CHOICE = "choice"  #: one of the options
    SEVERAL = "several"  #: any of the options
    TEXT = "text"  #: in the gemeente's own words


@dataclass(frozen=True)
class Question:
    """One question of a campaign."""

    key: str
    label: str
    type: QuestionType
    options: tuple[str, ...] = ()


def of(stored: Iterable[Mapping[str, Any]]) -> list[Question]:
    """A campaign's questions, as they are kept with it."""
    return [
        Question(one["key"], one["label"], QuestionType(one["type"]), tuple(one.get("options", ())))
        for one in stored
    ]


def check(question: Question, given: Sequence[str]) -> tuple[str, ...]:
    """What was given, without blanks; options in the order of the question.

    :raises Invalid: an option that is none, two of which one is asked, or too many words
    """
    values = [" ".join(one.split()) for one in given if one.strip()]
    if question.type is QuestionType.TEXT:
        words = " ".join(values)
        if len(words) > LONGEST_WORDS:
            raise Invalid(f"Uw antwoord is langer dan {LONGEST_WORDS} tekens. Kort het in.")
        return (words,) if words else ()
    unknown = [one for one in values if one not in question.options]
    if unknown:
        known = ", ".join(question.options)
        raise Invalid(f"“{unknown[0][:80]}” is geen keuze bij deze vraag. Kies uit: {known}.")
    if question.type is QuestionType.CHOICE and len(set(values)) > 1:
        raise Invalid("Kies bij deze vraag één antwoord.")
    return tuple(option for option in question.options if option in values)


def said(question: Question, values: Sequence[str]) -> str:
    """
    >>> said(Question("pilot", "Doet u mee?", QuestionType.CHOICE, ("ja", "nee")), ["ja"])
    'Doet u mee? ja'
    """
    end = "" if question.label.endswith(("?", ":")) else ":"
    return f"{question.label}{end} {', '.join(values)}"
