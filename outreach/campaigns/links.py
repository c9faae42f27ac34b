"""Every link in a letter. All begin with BASE_URL; none in a body names a person."""

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
        local = message_id.strip("<>").split("@")[0]
        token = self.tokens.sign(Purpose.ONE_CLICK, local, until=now + UNSUBSCRIBE_LASTS)
        return f"{self.base_url}/afmelden/{token}"

    def no_more_mail(self, sender_id: int, *, now: datetime) -> str:
        """The page that asks which address wants no more mail from this sender."""
        token = self.tokens.sign(Purpose.NO_MORE_MAIL, sender_id, until=now + UNSUBSCRIBE_LASTS)
        return f"{self.base_url}/afmelden/{token}"
