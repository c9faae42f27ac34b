"""What the demo's own coordinator does by herself while the clock moves."""

from datetime import date, time

from outreach.clock import at_wall
from outreach.engine.demo.inbox import Visit

EMAIL = "marit@naastelkaar.example"
PASSWORD = "naast-elkaar-demo"  # noqa: S105 - printed for everyone
MOVE = "verhuis"
NEW_HALL = {"venue": "De Oude Drukkerij", "address": "Voorbeeldkade 9, Haarlem"}


def plans() -> list[Visit]:
    """Haarlem gets another hall, two weeks before."""
    return [Visit(0, at_wall(date(2026, 5, 20), time(10, 5)), MOVE)]
