"""How long a person takes for what a test counted, by the Keystroke-Level Model.

Card, Moran and Newell, "The keystroke-level model for user performance time with interactive
systems", Communications of the ACM 23 (7), 1980. Their operators, in seconds. It says what
someone takes who knows what to do and makes no mistake: an estimate, not a measurement.
"""

from dataclasses import dataclass

K_AVERAGE = 0.28  #: a key, by who types 40 words a minute
K_SLOW = 0.50  #: a key, by who types random letters: a thumb on glass
P = 1.10  #: to point at something; here to put a thumb on it, and to swipe one screen further
B = 0.20  #: to press it
M = 1.35  #: to think what comes next
R = 1.00  #: until a page stands there. Ours: the model leaves it to who measures


@dataclass
class Effort:
    """What someone did."""

    presses: int = 0  #: links, buttons and boxes; two for a list: open it, and choose
    fields: int = 0  #: that were typed in
    keys: int = 0  #: that were typed, when nothing was filled in by the phone
    swipes: int = 0  #: a screen further
    pages: int = 0

    def seconds(self, key: float = K_SLOW) -> float:
        """Thinking before each press and each field."""
        deeds = self.presses + self.fields
        return deeds * (M + P + B) + self.keys * key + self.swipes * P + self.pages * R
