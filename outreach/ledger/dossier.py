"""Everything about one gemeente: who works there, what we wrote, what became of it."""

from dataclasses import dataclass
from datetime import date

from outreach.campaigns.models import Campaign
from outreach.contacts import directory
from outreach.contacts.directory import Entry, Staff
from outreach.contacts.models import Function, Gemeente
from outreach.ledger import lines, timeline
from outreach.ledger.standing import Standing
from outreach.ledger.timeline import Happening, History

GRIFFIE = (Function.GRIFFIER, Function.PLV_GRIFFIER)


@dataclass(frozen=True)
class Dossier:
    staff: Staff
    happenings: list[Happening]  #: newest first
    letters: list[tuple[Campaign, Standing]]  #: newest first; those that reached for it

    @property
    def gemeente(self) -> Gemeente:
        return self.staff.gemeente

    @property
    def sentence(self) -> str:
        return timeline.sentence(self.gemeente.name, self.happenings)

    @property
    def standing(self) -> Standing:
        """That of the newest letter."""
        return self.letters[0][1] if self.letters else Standing.NOG_NIET

    @property
    def contradictions(self) -> list[list[Happening]]:
        """Answers that contradict one another and wait for a person, per letter."""
        return timeline.contradicting_in(self.happenings)

    def answer(self, answer_id: int) -> Happening | None:
        """The answer with this number, where it stands."""
        return next(
            (one for one in self.happenings
             if one.answer and one.answer.id == answer_id and one.answer.undone_at is None),
            None,
        )  # fmt: skip

    @property
    def griffie(self) -> list[Entry]:
        return [one for one in self.staff.entries if one.contact.office.function in GRIFFIE]

    @property
    def others(self) -> list[Entry]:
        return [one for one in self.staff.entries if one.contact.office.function not in GRIFFIE]


def of(code: str, *, today: date | None = None) -> Dossier:
    """
    :param today: the day from which on the next raadsvergadering is looked for
    :raises Unknown: no gemeente has this code
    """
    staff = directory.staff(code, today=today)
    history = timeline.History.of(code)
    return Dossier(staff, timeline.happenings(history), _letters(history))


def _letters(history: History) -> list[tuple[Campaign, Standing]]:
    stands = lines.of_gemeente(history)
    known = {one.id: one for _, _, one, *_ in history.letters}
    known |= {one.id: one for _, one in history.answers}
    newest = sorted(stands, key=lambda n: (known[n].created_at, n), reverse=True)
    return [(known[n], stands[n]) for n in newest]
