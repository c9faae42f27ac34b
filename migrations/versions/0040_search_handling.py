"""Search reads what the raad did, and where a document was found: every mark is made anew."""

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Nothing to change: whoever migrates makes the triggers, and lets all be read again."""
