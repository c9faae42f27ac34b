"""What a griffie can tick on the answer page, and how that reads afterwards.

The same words stand on the page, on the mail's buttons, in the notice and on the undo
page. None of them steers: the order is that of a council's handling, not of our wishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outreach.answers.handling import Handling
from outreach.answers.models import Answer, Status
from outreach.letters import dutch
from outreach.letters import said as said_in_words
from outreach.wording import N_, _

RAAD = "raad"
COLLEGE = "college"
NOT_FOR_RAAD = N_("Niet voor deze raad bedoeld")
NOT_FOR_COLLEGE = N_("Niet voor dit college bedoeld")
_DATE = " van …"
_REASON = ", want …"


@dataclass(frozen=True)
class Choice:
    """One box to tick."""

    key: str  #: value in the form and of `?k=`
    status: Status
    label: str  #: beside the box; "…" where a date or a reason follows
    note: str = ""  #: what tells this choice from another with the same status
    offered: bool = True  #: False: understood when it is sent, not shown by itself

    @property
    def asks(self) -> str:
        """What may be filled in below the box: "date", "reason" or nothing."""
        if self.label.endswith(_DATE):
            return "date"
        return "reason" if self.label.endswith(_REASON) else ""

    @property
    def said(self) -> str:
        """The label as a finished sentence, without a full stop."""
        return self.label.removesuffix(_DATE).removesuffix(_REASON)


_GESPREK = Choice("gesprek", Status.GESPREK, N_("Wij willen graag een gesprek"))
_UNDER_WAY = (
    Choice("ontvangen", Status.ONTVANGEN, N_("Wij hebben de brief ontvangen"), offered=False),
    Choice(
        "in-behandeling", Status.IN_BEHANDELING, N_("De brief is in behandeling"), offered=False
    ),
)

CHOICES: dict[str, tuple[Choice, ...]] = {
    RAAD: (
        Choice("doorgestuurd", Status.DOORGESTUURD, N_("Wij stuurden de brief door naar de raad")),
        Choice(
            "op-lijst",
            Status.OP_LIJST,
            N_("De brief staat op de lijst van de raadsvergadering van …"),
        ),
        Choice("naar-college", Status.NAAR_COLLEGE, N_("Wij stuurden de brief naar het college")),
        Choice("geweigerd", Status.GEWEIGERD, N_("Wij zetten de brief niet op de lijst, want …")),
        Choice("niet-raad", Status.GEWEIGERD, NOT_FOR_RAAD, note=NOT_FOR_RAAD),
        _GESPREK,
        *_UNDER_WAY,
    ),
    COLLEGE: (
        Choice("naar-college", Status.NAAR_COLLEGE, N_("Wij legden de brief voor aan het college")),
        Choice(
            "op-lijst",
            Status.OP_LIJST,
            N_("De brief staat op de lijst van de collegevergadering van …"),
        ),
        Choice("doorgestuurd", Status.DOORGESTUURD, N_("Wij stuurden de brief door naar de raad")),
        Choice("geweigerd", Status.GEWEIGERD, N_("Wij nemen de brief niet in behandeling, want …")),
        Choice("niet-college", Status.GEWEIGERD, NOT_FOR_COLLEGE, note=NOT_FOR_COLLEGE),
        _GESPREK,
        *_UNDER_WAY,
    ),
}


#: As finished sentences, for the translators.
FINISHED = (
    N_("De brief staat op de lijst van de raadsvergadering"),
    N_("De brief staat op de lijst van de collegevergadering"),
    N_("Wij zetten de brief niet op de lijst"),
    N_("Wij nemen de brief niet in behandeling"),
)
#: Answers that no box stands for.
OTHER_WORDS: dict[str, str] = {
    Status.NIET_BENADEREN: N_("Over deze brief geen herinnering"),
    Status.BESPROKEN: N_("De raad besprak de brief"),
    Status.ANTWOORD: N_("U stuurde een antwoord op de brief"),
}


@dataclass(frozen=True)
class Tick:
    """A box that was ticked, with what was filled in below it."""

    choice: Choice
    on_date: date | None = None
    reason: str = ""

    @property
    def note(self) -> str:
        return self.choice.note or self.reason


def find(body: str, key: str) -> Choice | None:
    """The choice with this key; None when this body has none."""
    return next((choice for choice in CHOICES[body] if choice.key == key), None)


def shown(body: str, chosen: Sequence[str] = ()) -> list[Choice]:
    """The boxes of the page: those on offer, and any other that is already ticked."""
    return [c for c in CHOICES[body] if c.offered or c.key in chosen]


def of_answer(answer: Answer) -> Choice | None:
    """The box that an answer was given with; None when it came another way."""
    same = [c for c in CHOICES[answer.body] if c.status == answer.status]
    return next((c for c in same if c.note and c.note == answer.note), same[0] if same else None)


def said(answer: Answer, *, reason: bool = True) -> str:
    """An answer as a sentence without a full stop, with its date and its reason.

    :param reason: False leaves out what someone typed
    """
    if answer.handling:
        words = Handling(answer.handling).said
        if answer.on_date is not None:
            words = f"{words}, in de vergadering van {dutch.day_long_date(answer.on_date)}"
        return f"{words}: {answer.note}" if reason and answer.note else words
    choice = of_answer(answer)
    if choice is None:
        return OTHER_WORDS.get(answer.status, answer.status)
    if answer.on_date is not None:
        return f"{choice.said} van {dutch.day_long_date(answer.on_date)}"
    if reason and choice.asks == "reason" and answer.note:
        return f"{choice.said}, want {answer.note}"
    return choice.said


def told(answer: Answer) -> str:
    """The same for the reader of a page, in the language of the page."""
    if answer.handling:
        did = _(Handling(answer.handling).said)
        if answer.on_date is not None:
            day = said_in_words.day_long_date(answer.on_date)
            did = _("%(outcome)s, in de vergadering van %(day)s", outcome=did, day=day)
        return f"{did}: {answer.note}" if answer.note else did
    choice = of_answer(answer)
    if choice is None:
        return _(OTHER_WORDS.get(answer.status, answer.status))
    if answer.on_date is not None:
        day = said_in_words.day_long_date(answer.on_date)
        return _("%(answer)s van %(day)s", answer=_(choice.said), day=day)
    if choice.asks == "reason" and answer.note:
        return _("%(answer)s, want %(reason)s", answer=_(choice.said), reason=answer.note)
    return _(choice.said)
