"""What all gemeenten said to the questions of a letter: counted per option, and one by one."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.answers import questions, replying
from outreach.answers.questions import Question, QuestionType
from outreach.answers.replying import Replied
from outreach.campaigns import audience
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date, to_wall
from outreach.contacts.models import Gemeente
from outreach.db import db
from outreach.ledger import charts, signs

NOT_SAID, NOT_ASKED = "nog geen antwoord", "niet gevraagd"
_NOTHING = "niet"  #: the sign of a tile without an answer


@dataclass(frozen=True)
class Row:
    """One body of one gemeente that replied."""

    gemeente: Gemeente
    body: str
    replies: dict[str, Replied]  #: by the question's key

    @property
    def newest(self) -> Replied:
        return max(self.replies.values(), key=lambda one: one.answer.at)


@dataclass(frozen=True)
class Spot:
    """A gemeente on the map of one question."""

    code: str
    name: str
    province: str
    column: int
    row: int
    word: str  #: its answer
    sign: str  #: see `signs`
    css: str

    @property
    def x(self) -> int:
        return self.column * charts.SIDE + 1

    @property
    def y(self) -> int:
        return self.row * charts.SIDE + 1


@dataclass(frozen=True)
class Option:
    """One answer to choose, with who chose it."""

    word: str
    count: int  #: bodies of gemeenten
    share: int  #: in a hundred of all who said something
    sign: str  #: its number; see `signs`
    css: str
    x: float  #: where its part of a bar of 100 begins
    width: float


@dataclass(frozen=True)
class Asked:
    """The questions of a letter with what came in."""

    questions: list[Question]
    counts: dict[str, Counter[str]]  #: by the question's key
    rows: list[Row]  #: by gemeente
    meant: frozenset[str]  #: codes of the gemeenten that the letter is for
    places: list[Gemeente]  #: all that there are

    @property
    def replied(self) -> int:
        """How many gemeenten said something."""
        return len({row.gemeente.code for row in self.rows})

    @property
    def grid(self) -> list[Spot]:
        """The places of the map, whatever they said."""
        return [self._spot(one, "", {}) for one in self.places]

    def said(self, question: Question) -> int:
        """How many bodies of gemeenten said something to this question."""
        return sum(question.key in row.replies for row in self.rows)

    def options(self, question: Question) -> list[Option]:
        """The answers to choose from, in the order of the question."""
        said, counted, x = self.said(question), self.counts[question.key], 0.0
        all_of = counted.total() or 1
        found = []
        for number, word in enumerate(question.options):
            count = counted[word]
            width = 100 * count / all_of
            share = round(100 * count / said) if said else 0
            sign, css = _look(number)
            found.append(Option(word, count, share, sign, css, round(x, 2), round(width, 2)))
            x += width
        return found

    def spots(self, question: Question) -> list[Spot]:
        """The map of a question with one answer, in reading order; of a letter to raad and college
        it has what the raad said, or else the college. None where there are too many answers.
        """
        one_answer = question.type is QuestionType.CHOICE
        if not one_answer or len(question.options) > len(signs.DIGITS):
            return []
        looks = {word: _look(number) for number, word in enumerate(question.options)}
        said: dict[str, str] = {}
        for row in sorted(self.rows, key=lambda row: row.body != "college"):
            if question.key in row.replies:
                said[row.gemeente.code] = row.replies[question.key].values[0]
        placed = sorted(self.places, key=lambda one: (one.tile_row, one.tile_column))
        return [self._spot(one, said.get(one.code, ""), looks) for one in placed]

    def _spot(self, one: Gemeente, said: str, looks: Mapping[str, tuple[str, str]]) -> Spot:
        sign, css = looks.get(said, (_NOTHING, f"s-{_NOTHING}"))
        word = said or (NOT_SAID if one.code in self.meant else NOT_ASKED)
        place = one.tile_column, one.tile_row
        return Spot(one.code, one.name, one.province, *place, word, sign, css)

    def as_counts(self) -> Iterator[list[str]]:
        """Every number, with a header row."""
        yield ["vraag", "antwoord", "gemeenten", "van de antwoorden (%)"]
        for question in self.questions:
            for one in self.options(question):
                yield [question.label, one.word, str(one.count), str(one.share)]
            yield [question.label, "antwoordde", str(self.said(question)), ""]

    def as_rows(self, key: str = "", option: str = "") -> Iterator[list[str]]:
        """A table with its header row, several options of one question with "; " between.

        :param key: of a question: only who said `option` to it
        """
        names = [one.label for one in self.questions]
        yield ["code", "gemeente", "provincie", "namens", *names, "wanneer", "hoe weten we dit"]
        for row in self.rows:
            if key and not (key in row.replies and option in row.replies[key].values):
                continue
            said = [
                "; ".join(row.replies[one.key].values) if one.key in row.replies else ""
                for one in self.questions
            ]
            answer = row.newest.answer
            at = to_wall(answer.at).isoformat(" ", "minutes")
            how = answer.evidence or answer.actor_name
            yield [
                row.gemeente.code,
                row.gemeente.name,
                row.gemeente.province,
                row.body,
                *said,
                at,
                how,
            ]


def of(campaign: Campaign, *, now: datetime) -> Asked:
    """The questions of a letter, and what stands of the replies."""
    about = questions.of(campaign.questions)
    given = replying.standing(campaign.id)
    today = dutch_date(now)
    known = {one.code: one for one in db.session.scalars(select(Gemeente))}
    rows = [Row(known[code], body, replies) for (code, body), replies in given.items()]
    meant = db.session.scalars(audience.gemeenten_meant(campaign, today=today)).all()
    return Asked(
        questions=about,
        counts=replying.counts(about, given),
        rows=sorted(rows, key=lambda row: (row.gemeente.sort_key, row.body)),
        meant=frozenset(one.code for one in meant),
        places=[
            one for one in known.values() if one.valid_until is None or one.valid_until > today
        ],
    )


def _look(number: int) -> tuple[str, str]:
    """The sign and the colour of an answer by its place in the question."""
    return str(number + 1), f"s-{signs.COLOURS[number % len(signs.COLOURS)]}"
