"""Every link in a letter. All begin with BASE_URL; none in a body names a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.tokens import Purpose, Tokens

#: A council's cycle with a summer recess in it.
ANSWER_LASTS = timedelta(days=150)
UNSUBSCRIBE_LASTS = timedelta(days=730)
UNDO_LASTS = timedelta(days=30)


@dataclass(frozen=True)
class Links:
    base_url: str
    tokens: Tokens

    @property
    def key(self) -> str:
        """The instance's own secret, from which Message-IDs are made."""
        return self.tokens.keys[0]

    def answer(
        self, campaign_id: int, gemeente_code: str, body: str, *, now: datetime, k: str = ""
    ) -> str:
        """The answer page of one campaign and gemeente, equal for every reader of that copy.

        :param k: a status that is ticked beforehand
        """
        token = self.tokens.sign(
            Purpose.ANSWER, campaign_id, gemeente_code, body, until=now + ANSWER_LASTS
        )
        return f"{self.base_url}/antwoord/{token}" + (f"?k={k}" if k else "")

    def one_click(self, message_id: str, *, now: datetime) -> str:
        """List-Unsubscribe (RFC 8058) of one message; never put it in a body."""
        local = message_id.strip("<>").partition("@")[0]
        token = self.tokens.sign(Purpose.ONE_CLICK, local, until=now + UNSUBSCRIBE_LASTS)
        return f"{self.base_url}/afmelden/{token}"

    def no_more_mail(self, sender_id: int, *, now: datetime) -> str:
        """The page that asks which address wants no more mail from this sender."""
        token = self.tokens.sign(Purpose.NO_MORE_MAIL, sender_id, until=now + UNSUBSCRIBE_LASTS)
        return f"{self.base_url}/afmelden/{token}"

    def undo_answers(self, answer_ids: Iterable[int], *, now: datetime) -> str:
        """The page that takes these answers back."""
        token = self.undo_token(answer_ids, now=now)
        return f"{self.base_url}/antwoord/ongedaan/{token}"

    def undo_token(self, answer_ids: Iterable[int], *, now: datetime) -> str:
        return self.tokens.sign(Purpose.UNDO_ANSWER, *answer_ids, until=now + UNDO_LASTS)

    def no_reminder(self, campaign_id: int, gemeente_code: str, body: str, *, now: datetime) -> str:
        """The page that agrees to "stuur ons geen herinnering meer"; only ever in a notice."""
        token = self.tokens.sign(
            Purpose.NO_REMINDER, campaign_id, gemeente_code, body, until=now + UNDO_LASTS
        )
        return f"{self.base_url}/antwoord/geen-herinnering/{token}"

    def desk(self, gemeente_code: str, *, now: datetime) -> str:
        """The griffie's desk; only ever mailed to its confirmed mailboxes."""
        token = self.tokens.sign(Purpose.DESK, gemeente_code, until=now + UNDO_LASTS)
        return f"{self.base_url}/griffie/{token}"

    def other_address(self, request_id: int, *, now: datetime) -> str:
        """The page that agrees to another address; only ever in a notice to the known one."""
        token = self.tokens.sign(Purpose.CONFIRM_ADDRESS, request_id, until=now + UNDO_LASTS)
        return f"{self.base_url}/antwoord/adres/{token}"

    def undo_suppression(self, suppression_id: int, *, now: datetime) -> str:
        """The page that takes "geen post meer" back."""
        token = self.tokens.sign(Purpose.UNDO_SUPPRESSION, suppression_id, until=now + UNDO_LASTS)
        return f"{self.base_url}/afmelden/ongedaan/{token}"
