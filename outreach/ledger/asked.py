"""What all gemeenten said to the questions of a letter: counted per option, and one by one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.answers import questions, replying
from outreach.answers.questions import Question
from outreach.answers.replying import Replied
from outreach.campaigns import audience
from outreach.campaigns.models import Campaign
from outreach.clock import dutch_date, to_wall
from outreach.contacts.models import Gemeente
from outreach.db import db


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
class Asked:
    """The questions of a letter with what came in."""

    questions: list[Question]
    counts: dict[str, Counter[str]]  #: by the question's key
    rows: list[Row]  #: by gemeente
    meant: int  #: gemeenten that the letter is for

    @property
    def replied(self) -> int:
        """How many gemeenten said something."""
        return len({row.gemeente.code for row in self.rows})

    def as_rows(self) -> Iterator[list[str]]:
        """A table with its header row, several options of one question with "; " between."""
        names = [one.label for one in self.questions]
        yield ["code", "gemeente", "provincie", "namens", *names, "wanneer", "hoe weten we dit"]
        for row in self.rows:
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
    codes = {code for code, _ in given}
    known = {
        one.code: one
        for one in db.session.scalars(select(Gemeente).where(Gemeente.code.in_(codes)))
    }
    rows = [Row(known[code], body, replies) for (code, body), replies in given.items()]
    meant = len(db.session.scalars(audience.gemeenten_meant(campaign, today=dutch_date(now))).all())
    return Asked(
        questions=about,
        counts=replying.counts(about, given),
        rows=sorted(rows, key=lambda row: (row.gemeente.sort_key, row.body)),
        meant=meant,
    )
